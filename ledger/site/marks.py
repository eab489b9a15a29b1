"""What a state looks like: a shape, a tone and words, so that colour is never alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.phases import Status, read_status
from ledger.core.skill import Entry
from ledger.pages.state import BlockState, State, least_trusted

NAMES: Final = {
    "kubernetes": "Kubernetes",
    "nats-server": "NATS",
    "nats": "nats CLI",
    "kubectl": "kubectl",
    "velero": "Velero",
}


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
    """The mark of a phase."""
    return word(entry.raw)


def word(raw: str) -> Mark:
    """The mark of a status; an unknown word is shown as it is, and as blocked."""
    tone = read_status(raw) or Status.BLOCKED
    return Mark(tone.value.replace("_", "-"), raw.replace("_", " "))


def block(state: BlockState) -> Mark:
    """The mark of one command: what the reader may believe of it, and why."""
    return Mark(tone(state.state), _words(state))


def page(states: Sequence[BlockState]) -> Mark:
    """The mark of a page: that of its least trusted command."""
    return block(least_trusted(states)) if states else Mark("none", "no commands")


def short(states: Sequence[BlockState]) -> Mark:
    """The mark of several commands, in as few words as a list has room for."""
    return Mark(page(states).tone, counts(states) or "no commands")


def variant(name: str, states: Sequence[BlockState]) -> Mark:
    """The mark of a page in one of its variants."""
    mark = page(states)
    return Mark(mark.tone, f"{name}: {mark.text}")


def counts(states: Sequence[BlockState]) -> str:
    """How many commands are in which state, in one clause."""
    found = Counter(state.state for state in states)
    return ", ".join(f"{found[state]} {state}" for state in State if found[state])


def tone(state: State) -> str:
    """The tone of a state, as a mark has it."""
    return "never" if state is State.NEVER else state.value


def _words(state: BlockState) -> str:
    lock = state.lock
    if state.state is State.DEFERRED:
        return f"deferred: {state.why}"
    if lock is None or state.state is State.NEVER:
        return "never run"
    if state.state is State.STALE:
        return f"stale: {state.why} (last run {lock.verified})"
    if state.state is State.FAILED:
        failed = lock.blocks[state.block.name].result == "failed"
        return f"failed on {lock.verified}" + ("" if failed else f": {state.why}")
    against = f" against {versions(lock.versions)}" if lock.versions else ""
    return f"verified{against} on {lock.verified}"
