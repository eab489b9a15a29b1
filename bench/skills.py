"""A forest of skill files for measurements and tests: the forms that people write, from a seed."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

from ledger.core.phases import PHASES

COUNT: Final = 335
SEED: Final = 20261121

_TOPICS = [
    "backup",
    "restore",
    "billing",
    "search",
    "ingest",
    "mirror",
    "cache",
    "login",
    "export",
    "audit",
    "quota",
    "drill",
]
_PARTS = [
    "api",
    "store",
    "worker",
    "client",
    "schema",
    "gateway",
    "console",
    "index",
    "queue",
    "bridge",
    "agent",
    "ledger",
]
_NOTES = (
    "2026-{month:02}-{day:02}: {count} tests pass, {topic} left for later",
    "see docs/{topic}/{part}.md, section {count}",
    "{count} call sites moved to the new {part}",
    "the {part} of {topic} holds; the rest is: {count} small things",
)
_REASONS = (
    "no {topic} metrics yet",
    "single track, {part} shared with nobody",
    "waits for the {part} team; asked on 2026-{month:02}-{day:02}",
    "{topic} has no users before the {part} is out",
)
_DONE = ("touched", "complete", "touched", "complete", "skipped", "deferred")
_ODD_WORDS = ("done", "COMPLETE", "partial", "not_applicable", "pre-analyzed", "phase2_complete")
_PLAN_WORDS = ("active", "complete", "dormant", "pending", "research", "ready", "spec", "planning")
_BODY = """\
## Context

The {part} of {topic} grew by {count} over the last months, and nobody wrote down why. This plan
says what stays, what goes, and how we will see that it worked.

| Piece | Where | State |
| --- | --- | --- |
| {part} | `src/{topic}/{part}.py` | built |
| {topic} | `docs/{topic}.md` | open |

- [ ] The {part} answers within {count} ms
- [x] Nothing of {topic} is lost when the {part} stops

"""
_EXAMPLE = """\
```yaml
phase_ledger:
  PLAN: touched
entropy:
  planned: {count}
```

"""


def skill_text(random: Random, name: str, before: list[str], after: list[str]) -> str:
    """One skill file's text; it may wait on skills `before` it and be waited on by some `after`."""
    header = [
        f"path: plans/{random.choice(_TOPICS)}/{name}",
        f"status: {random.choice(_PLAN_WORDS)}",
        f"progress: {random.choice([random.randrange(101), random.randrange(100) / 2])}",
        f"last_touched: 2026-{random.randint(1, 11):02}-{random.randint(1, 28):02}",
        f"touched_by: {random.choice(['maintainers', 'on-call', 'ops'])}",
        *_list(random, "blocking", [*before, "external/cost_approval", "decision/which-bucket"]),
        *_list(random, "enables", [*after, f"{name}-rollout", "plans/not/written-yet"]),
        *_extras(random),
    ]
    ledger = ["phase_ledger:", *_phases(random)]
    budget = _entropy(random)
    parts = [*ledger, *budget] if random.random() < 0.9 else [*budget, *ledger]
    return "\n".join(["---", *header, *parts, "---", "", _body(random, name)])


def write_skills(folder: Path, count: int = COUNT, seed: int = SEED) -> None:
    """Write `count` skill files into `folder`; the same seed gives the same bytes."""
    random = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{_TOPICS[i % 12]}-{_PARTS[i // 12 % 12]}-{i:03}" for i in range(count)]
    for index, name in enumerate(names):
        text = skill_text(random, name, names[:index][-9:], names[index + 1 :][:9])
        (folder / f"{name}.md").write_bytes(text.encode())


def _phases(random: Random) -> list[str]:
    """A ledger as people keep it: phases missing, foreign, in odd words, without a reason."""
    reached = random.randrange(len(PHASES) + 1)
    lines = []
    for index, phase in enumerate(PHASES):
        word = random.choice(_DONE) if index < reached else "pending"
        if index == reached:
            word = random.choice(["in_progress", "pending", "pending", "blocked"])
        if random.random() < 0.02:
            word = random.choice(_ODD_WORDS)
        if random.random() > 0.03:
            lines.append(f"  {phase}: {word}{_comment(random, word)}")
    if random.random() < 0.05:
        lines.append(f"  POLISH: {random.choice(_DONE)}")
    return lines


def _comment(random: Random, word: str) -> str:
    if word in {"skipped", "deferred", "blocked"}:
        text = f"reason: {_fill(random, random.choice(_REASONS))}"
        return f"  # {text}" if random.random() < 0.9 else ""
    if word == "pending" or random.random() < 0.6:
        return ""
    return f"  # {_fill(random, random.choice(_NOTES))}"


def _entropy(random: Random) -> list[str]:
    planned = random.choice(["0.05", "0.07", "0.10", "0.75"])
    spent = random.choice(["0", "0.0", "0.02", "0.03", "0.030000000000000002"])
    if random.random() < 0.1:
        return ["entropy:", f"  budget: {planned}", "  remaining: 0.02", "  sip_allowed: true"]
    if random.random() < 0.05:
        return [f"entropy: {{planned: {planned}, spent: {spent}, returned: 0.01}}"]
    return ["entropy:", f"  planned: {planned}", f"  spent: {spent}", "  returned: 0.0"]


def _list(random: Random, key: str, names: list[str]) -> list[str]:
    chosen = random.sample(names, random.choice([0, 0, 1, 1, 2]))
    if not chosen:
        return [f"{key}: []"]
    if random.random() < 0.1:
        return [f"{key}: [{', '.join(chosen)}]"]
    note = "" if random.random() < 0.7 else f"  # {_fill(random, random.choice(_NOTES))}"
    return [f"{key}:", *(f"  - {name}{note}" for name in chosen)]


def _extras(random: Random) -> list[str]:
    """Keys that only some headers have."""
    extras = [
        ["session_notes: |", *(f"  {_fill(random, note)}" for note in random.sample(_NOTES, 2))],
        [f"parent: plans/{random.choice(_TOPICS)}"],
        [f"priority: {random.randint(1, 5)}"],
        [f'title: "{_fill(random, "The {part}: {topic}, at last")}"'],
        [f"tags: [{', '.join(random.sample(_TOPICS, 2))}]"],
        [f"requires: {random.choice(_PARTS)}  # {_fill(random, random.choice(_REASONS))}"],
    ]
    odds = (0.7, 0.3, 0.15, 0.1, 0.15, 0.1)
    chosen = (lines for lines, odd in zip(extras, odds, strict=True) if random.random() < odd)
    return [line for lines in chosen for line in lines]


def _body(random: Random, name: str) -> str:
    parts = [f"# Plan: {name.replace('-', ' ')}\n\n"]
    parts += [_fill(random, _BODY) for _ in range(random.randint(2, 14))]
    if random.random() < 0.2:
        parts.insert(1, _fill(random, _EXAMPLE))
    if random.random() < 0.5:
        parts.append("⟿[IMPLEMENT]\n⟂[BLOCKED:cost_approval, and nobody to ask]\n")
    return "".join(parts)


def _fill(random: Random, text: str) -> str:
    return text.format(
        topic=random.choice(_TOPICS),
        part=random.choice(_PARTS),
        count=random.randint(2, 400),
        month=random.randint(1, 12),
        day=random.randint(1, 28),
    )
