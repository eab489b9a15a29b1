"""The quick reader of headers says what YAML says, or nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from bench.skills import skill_text
from ledger.core.forest import facts
from ledger.core.phases import PHASES
from ledger.core.scan import Facts, scan
from ledger.core.skill import Skill
from ledger.errors import SkillError

_KEYS = ["path", "status", "progress", "last_touched", "blocking", "enables", "entropy"]
_WORDS = st.sampled_from(
    ["complete", "done", "a b", "a: b", "a:b", "x#y", "x #y", "no", "~", "007", "1_0", "0x_", "=",
     "1:30", ".5", "-1", "- a", "2026-02-30", "2026-11-21", "2026-11-21 10:00:00", "0.1e-3", "<<",
     "'q'", '"q"', "'it''s'", '"\\n"', "&a b", "*a", "!x y", "|", ">-", "[]", "[a, b]", "[a, [b]]",
     "{a: b}", "{a: [b, c], d: 2026-01-01}", "{a: b, a: c}", "{a}", "[a", "a]", "?", "%", "@",
     "? a", "a\tb", "é ü", "⟿[PLAN]", "\u2028", "\x85", "# c", "0.05 budget (0.03 left)", "5%",
     "a?", ""]
)  # fmt: skip
_TEXT = st.one_of(_WORDS, st.text(max_size=12), st.text("ab:#-'\"[]{},.|>&*!?%@ 12\n", max_size=12))
_NOTES = st.one_of(st.just(""), st.builds("  # reason: {}".format, _TEXT), st.just(" #"))
_INDENTS = st.sampled_from(["", " ", "  ", "  ", "  ", "    ", "\t"])
_NAMES = st.one_of(
    st.sampled_from(
        [*_KEYS, *PHASES, "phase_ledger", "notes", "gates", "-", "'PLAN'", "<<", "a b"]
    ),
    st.text("aB-_.é1 ", min_size=1, max_size=5),
)
_ROWS = st.one_of(
    st.builds("{}{}: {}{}".format, _INDENTS, _NAMES, _TEXT, _NOTES),
    st.builds("{}{}:{}".format, _INDENTS, _NAMES, _NOTES),
    st.builds("{}- {}{}".format, _INDENTS, _TEXT, _NOTES),
    st.builds("{}{}".format, _INDENTS, _TEXT),
    st.sampled_from(["", "   ", "# a", "  # b", "notes: |", "notes: >-  # c", "...", "--- "]),
)
_ENDS = st.sampled_from(["\n", "\n", "\r\n"])


def truth(text: str) -> Facts | None:
    try:
        return facts(Skill(Path("skills/n.md"), "skills/n.md", text))
    except SkillError:
        return None


def agrees(text: str) -> None:
    found = scan(text, "n", "skills/n.md")
    assert found is None or found == truth(text)


_PLAIN = st.sampled_from(["complete", "done", "touched  # 2026-11-21: a, b: c", "pending  #x"])


@st.composite
def generated(draw: st.DrawFn) -> str:
    """A header of usual lines, and a few odd ones among them."""
    phases = draw(st.lists(st.sampled_from(PHASES), unique=True, min_size=1, max_size=4))
    lines = ["phase_ledger:", *(f"  {name}: {draw(_PLAIN)}" for name in phases)]
    for row in draw(st.lists(_ROWS, max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), row)
    body = draw(
        st.sampled_from(["", "# Title {#t}\n", "x\n## A\x0b# B\n", "```\n# no\n```\n# T\n"])
    )
    opening = draw(st.sampled_from([*["---"] * 6, "\ufeff---", "--- ", "\n---"]))
    closing = draw(st.sampled_from([*["---"] * 6, "--- ", "...", "---x"]))
    return "\n".join([opening, *lines, closing, body]).replace("\n", draw(_ENDS))


@given(generated())
@example("---\nphase_ledger:\n  PLAN: done\n---\n# A\r\n")
def test_generated_headers_read_as_yaml_reads_them(text: str) -> None:
    agrees(text)


@given(st.randoms(use_true_random=False), st.data())
def test_spoiled_real_headers_read_as_yaml_reads_them(random: object, data: st.DataObject) -> None:
    text = skill_text(random, "a-plan", ["another"], ["third"])  # type: ignore[arg-type]
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, min(len(text), 900)))
        gone = data.draw(st.integers(0, 3))
        text = text[:start] + data.draw(_TEXT) + text[start + gone :]
    agrees(text)


@given(st.randoms(use_true_random=False), _ENDS, st.sampled_from(["", "\ufeff"]))
def test_forms_that_people_write_need_no_yaml(random: object, end: str, bom: str) -> None:
    text = bom + skill_text(random, "a-plan", ["another"], ["third"]).replace("\n", end)  # type: ignore[arg-type]
    assert scan(text, "n", "skills/n.md") == truth(text) is not None
