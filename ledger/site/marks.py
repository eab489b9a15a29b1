"""What a state looks like: a shape, a tone and words, so that colour is never alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.phases import Status
from ledger.core.skill import Entry
from ledger.pages.state import BlockState, State, least_trusted

NAMES: Final = {
    "kubernetes": "Kubernetes",
    "nats-server": "NATS",
    "nats": "nats CLI",
    "kubectl": "kubectl",
    "velero": "Velero",
}
LACKING: Final = {State.DEFERRED: "not verified", State.NEVER: "never run"}


@dataclass(frozen=True)
class Mark:
    """A shape with its words.

    Attributes:
        tone: names the shape and the colour: a status or a state, in one word.
        text: what it says.
    """

    tone: str
    text: str


def versions(found: Mapping[str, str]) -> str:
    """What a run ran against, the best known first."""
    rank = {name: number for number, name in enumerate(NAMES)}
    names = sorted(found, key=lambda name: (rank.get(name, len(rank)), name))
    return ", ".join(f"{NAMES.get(name, name)} {found[name]}" for name in names)


def status(entry: Entry) -> Mark:
    """The mark of a phase; an unknown word is shown as it is, and as blocked."""
    tone = entry.status.value if entry.status else Status.BLOCKED.value
    return Mark(tone.replace("_", "-"), entry.raw.replace("_", " "))


def block(state: BlockState) -> Mark:
    """The mark of one command: what the reader may believe of it, and why."""
    return Mark(_tone(state.state), _words(state))


def page(states: Sequence[BlockState]) -> Mark:
    """The mark of a page: that of its least trusted command."""
    return block(least_trusted(states)) if states else Mark("none", "no commands")


def variant(name: str, states: Sequence[BlockState]) -> Mark:
    """The mark of a page in one of its variants."""
    mark = page(states)
    return Mark(mark.tone, f"{name}: {mark.text}")


def also(name: str, state: BlockState, own: BlockState) -> str:
    """What a variant's run says of one command, in one clause; empty if it says nothing.

    Args:
        name: the variant.
        state: the command in the variant.
        own: the command in the page's own run: what both ran against is not told again.
    """
    lock = state.lock
    if lock is None or state.state in LACKING:
        return ""
    same = own.lock.versions.items() if own.lock else ()
    other = versions(
        {key: value for key, value in lock.versions.items() if (key, value) not in same}
    )
    word = "also" if state.state is State.VERIFIED else state.state.value
    if state.state is State.FAILED and lock.blocks[state.block.name].result != "failed":
        word = "not reached"
    return f"{word} with {other or name} ({lock.verified})"


def counts(states: Sequence[BlockState]) -> str:
    """How many commands are in which state, in one clause."""
    found = Counter(state.state for state in states)
    words = ((found[state], LACKING.get(state, state.value)) for state in State)
    return ", ".join(f"{number} {word}" for number, word in words if number)


def _tone(state: State) -> str:
    return "never" if state is State.NEVER else state.value


def _words(state: BlockState) -> str:
    lock = state.lock
    if state.state is State.DEFERRED:
        return f"not verified: {state.why}"
    if lock is None or state.state is State.NEVER:
        return "never run"
    if state.state is State.STALE:
        return f"stale: {state.why} (last run {lock.verified})"
    if state.state is State.FAILED:
        failed = lock.blocks[state.block.name].result == "failed"
        return f"failed on {lock.verified}" + ("" if failed else f": {state.why}")
    against = f" against {versions(lock.versions)}" if lock.versions else ""
    return f"verified{against} on {lock.verified}"
