"""The walk through three headers that merges them, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from ledger.core.merge_frame import (
    above_of,
    around,
    chosen,
    disputed,
    frame_of,
    keys_of,
    laid_out,
    wrap,
)
from ledger.core.merge_notes import arrange, blend, note_of, three_way, unite_notes
from ledger.core.merge_parts import Part
from ledger.core.merge_rules import add_up, in_phase_order, judge, later
from ledger.core.phases import PHASES, Status, read_status
from ledger.core.plan import PLAN_WORDS, derived

Keys = tuple[str, ...]
# Merges base, ours and theirs line by line: the result, and whether it is clean.
LineMerge = Callable[[str, str, str], tuple[str, bool]]

_LEDGER: Final = ("phase_ledger",)
_SUMS: Final = {("entropy", "spent"), ("entropy", "returned"), ("entropy", "remaining")}
_DERIVED: Final = {("status",), ("progress",)}


class Decision(NamedTuple):
    """What both sides changed and a rule decided.

    Attributes:
        key: the key in the header, such as `phase_ledger.TEST`.
        value: what it says now.
        why: the rule, in one clause.
    """

    key: str
    value: str
    why: str


class Merged(NamedTuple):
    """A merged file.

    Attributes:
        text: all of it, with conflict markers where there are conflicts.
        conflicts: the keys that a person must decide; `body` is the Markdown.
        decisions: what a rule decided.
    """

    text: str
    conflicts: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass
class TreeMerge:
    """One merge of three headers, and what it met on the way.

    Attributes:
        lines: merges what is only text.
        marker_size: the length of a conflict marker.
        conflicts: the keys that a person must decide.
        decisions: what a rule decided.
    """

    lines: LineMerge
    marker_size: int
    conflicts: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    _later: int = 0
    _statuses: list[Status | None] = field(default_factory=list)
    _mixed: bool = False

    def merge(self, base: Part, ours: Part, theirs: Part) -> str:
        """Merge three headers; the result has conflict markers where there are conflicts."""
        self._later = later(ours.find("last_touched"), theirs.find("last_touched"))
        merged = self._collection((), base, ours, theirs)
        return merged.body if merged else ""

    def give_up(self, base: Part, ours: Part, theirs: Part) -> str:
        """The three headers as one conflict."""
        self.decisions.clear()
        self.conflicts.append("front matter")
        return self._hunk("", base, ours, theirs).body

    def text(self, key: str, base: str, ours: str, theirs: str) -> str:
        """Merge what is only text, with conflict markers where there are conflicts."""
        text, clean = self.lines(base, ours, theirs)
        if not clean:
            self.conflicts.append(key)
        return text

    def _part(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> Part | None:
        """Merge what both sides have; None if it is a conflict."""
        kinds = {ours.kind, theirs.kind}
        if path in _DERIVED and kinds == {"scalar"}:
            return self._scalar(path, base, ours, theirs)
        if base and ours.text == base.text:
            return theirs
        if base and theirs.text == base.text:
            return ours
        if path[:-1] == _LEDGER and kinds == {"scalar"}:
            return self._phase(path, base, ours, theirs)
        if kinds == {"scalar"}:
            return self._scalar(path, base, ours, theirs)
        if kinds in ({"map"}, {"list"}):
            return self._collection(path, base, ours, theirs)
        return self._opaque(path, base, ours, theirs)

    def _collection(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> Part | None:
        base = base if base and base.kind == ours.kind else None
        frame = frame_of(base, ours, theirs)
        sides = [laid_out(side, frame) for side in (base, ours, theirs)]
        old, one, two = sides
        kept = {part.key for part in old.parts if disputed(part, one, two)}
        first, second = (one, two) if frame is ours else (two, one)
        order = arrange(keys_of(old).keys() - kept, [*keys_of(first)], [*keys_of(second)])
        if path == _LEDGER:
            order = in_phase_order(order, keys_of(one).keys() ^ keys_of(two).keys())
        found: dict[str, Part | None] = {}
        # What the plan's own keys say follows from its phases.
        for key in sorted(order, key=lambda key: key != _LEDGER[0]):
            found[key] = self._child((*path, key), sides, flow=frame.flow)
            if (*path, key) == _LEDGER:
                self._weigh(found[key], one.find(key), two.find(key))
        parts = tuple(part for key in order if (part := found[key]))
        if len(parts) < len(order):
            return None
        return replace(wrap(base, ours, theirs, frame), parts=parts)

    def _child(self, path: Keys, sides: Iterable[Part], *, flow: bool) -> Part | None:
        """Merge one key of three collections; a conflict in brackets is one of all they hold."""
        base, ours, theirs = (side.find(path[-1]) for side in sides)
        begun = len(self.decisions)
        if ours and theirs:
            merged = self._part(path, base, ours, theirs)
        elif base is None or path[:-1] == _LEDGER:
            return ours or theirs
        else:
            merged = self._conflict(path)
        if merged or flow:
            return merged
        del self.decisions[begun:]
        return self._hunk(path[-1], base, ours, theirs)

    def _weigh(self, merged: Part | None, ours: Part | None, theirs: Part | None) -> None:
        """Note what the phases are now, and whether they are so on neither side."""
        self._statuses = _statuses(merged)
        self._mixed = self._statuses not in (_statuses(ours), _statuses(theirs))

    def _phase(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> Part | None:
        verdict = judge(base, ours, theirs)
        if verdict is None:
            return self._conflict(path)
        stands, yields, rivals = verdict
        notes = note_of(base), note_of(stands), note_of(yields)
        note = None if rivals else three_way(*notes)
        if note is None:
            note = unite_notes(*notes, keep=rivals)
        if rivals:
            self._decide(path, stands.word, f"beats {yields.word or 'an empty value'}")
        elif three_way(*notes) is None:
            self._decide(path, stands.word, "both notes kept")
        tail = blend(base.tail if base else "", ours.tail, theirs.tail, note)
        return replace(around(base, ours, theirs, stands.value), word=stands.word, tail=tail)

    def _scalar(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> Part | None:
        value = self._value(path, base, ours, theirs)
        if value is None:
            return self._conflict(path)
        return around(base, ours, theirs, value)

    def _value(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> str | None:
        if path in _SUMS:
            return self._sum(path, base, ours, theirs)
        if path in _DERIVED:
            return self._derived(path, base, ours, theirs)
        value = chosen(base, ours, theirs)
        if value is None and path in {("last_touched",), ("touched_by",)} and self._later:
            return (ours if self._later > 0 else theirs).value
        return value

    def _sum(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> str | None:
        total = add_up(base, ours, theirs)
        if total not in (None, ours.value, theirs.value):
            self._decide(path, str(total), "both draws counted")
        return total

    def _derived(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> str | None:
        """A key that the ledger decides, unless one side gave it a word of its own."""
        value = chosen(base, ours, theirs)
        if value is not None and not self._mixed:
            return value
        changed = [side for side in (ours, theirs) if value in (None, side.value)]
        own = [side for side in changed if not _decided(path, side)]
        if own:
            return own[0].value if len({side.value for side in own}) == 1 else None
        part = changed[0]
        word = int(part.word) if part.word.isdecimal() else part.word
        meant = derived(self._statuses, {path[0]: word}).get(path[0]) if self._statuses else None
        return part.value.replace(part.word, meant) if meant else value

    def _opaque(self, path: Keys, base: Part | None, ours: Part, theirs: Part) -> Part | None:
        """Merge what is not taken apart, as text."""
        body = three_way(base.body if base else None, ours.body, theirs.body)
        if body is None:
            if base is None or {base.kind, ours.kind, theirs.kind} != {"text"}:
                return self._conflict(path)
            body = self.text(".".join(path), base.body, ours.body, theirs.body)
        return Part(ours.key, above_of(base, ours, theirs), value=body)

    def _conflict(self, path: Keys) -> Part | None:
        self.conflicts.append(".".join(path))
        return None

    def _decide(self, path: Keys, value: str, why: str) -> None:
        self.decisions.append(Decision(".".join(path), value, why))

    def _hunk(self, key: str, base: Part | None, ours: Part | None, theirs: Part | None) -> Part:
        """The three texts between conflict markers, as git writes them."""
        bodies = [side.body if side else "" for side in (base, ours, theirs)]
        end = "\r\n" if any("\r\n" in body for body in bodies) else "\n"
        signs = ("<", " ours"), ("|", " base"), ("=", ""), (">", " theirs")
        marks = [f"{sign * self.marker_size}{label}{end}" for sign, label in signs]
        old, one, two = bodies
        text = marks[0] + one + marks[1] + old + marks[2] + two + marks[3]
        sides = [side for side in (ours, theirs) if side]
        return Part(key, above_of(base, sides[0], sides[-1]), value=text)


def _decided(path: Keys, part: Part) -> bool:
    """Whether a plan's key has a word that the ledger decides."""
    return part.word in PLAN_WORDS if path == ("status",) else part.word.isdecimal()


def _statuses(ledger: Part | None) -> list[Status | None]:
    """The eleven phases' statuses; empty if there is no ledger."""
    if ledger is None:
        return []
    found = {part.key: read_status(part.word) for part in ledger.parts}
    return [found.get(phase, Status.PENDING) for phase in PHASES]
