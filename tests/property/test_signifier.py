"""What holds for every text: it is read, and a halt is never overruled."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.core.phases import PHASES
from ledger.core.reading import Reading, read_signifiers
from ledger.core.signifier import MARKS, Continue, Elastic, Halt, Role, read_meaning

WORDS = st.text(st.sampled_from("abc XYZ_-,.:;/é=0"), max_size=20)
# No mark ends before its bracket does, so a word may hold pairs of them, and marks inside.
INNER = st.recursive(
    WORDS, lambda inner: st.builds("{}[{}]{}".format, WORDS, inner, WORDS), max_leaves=3
)
HALTS = st.sampled_from(
    ["BLOCKED", "ENTROPY_DEPLETED", "RUNAWAY_LOOP", "HUMAN_INTERRUPT", "DETACH", "QA", "TEST", ""]
)
EXITS = st.sampled_from([*PHASES, "META-RE-METABOLIZE", "ACT", "COMPLETE", "PLAN[next_skill]"])
VERBS = st.sampled_from(["COMPRESS", "BRANCH", "EXPAND", "JOIN", "CHECKPOINT"])
TOKENS = st.one_of(
    EXITS.map("⟿[{}]".format),
    st.builds("⟂[{}:{}]".format, HALTS, INNER),
    st.builds("⤳[{}:{}]".format, VERBS, WORDS),
    st.sampled_from([*MARKS, "⟿[NEXT_PHASE]", "⟿[QA", "⟂[BLOCKED:"]),
)
FRAMES = [
    "{}",
    "{} why, and how",
    "{} on success",
    "**{}**",
    "- {}",
    "> {}",
    "`{}`",
    "so {}",
    "|{}",
]
LINES = st.one_of(
    st.builds(str.format, st.sampled_from(FRAMES), TOKENS),
    st.builds("{} | {}".format, TOKENS, TOKENS),
    st.sampled_from(
        ["", "```", "~~~~", "  ````text", "handles: a=b; c=d", "/hydrate", "mission: go", "prose"]
    ),
    st.text(max_size=30),
)
PROMPT = "concept.forest.manifest[phase=TEST]"
PROSE = st.lists(LINES, max_size=14).map("\n".join)


def lawful(text: str) -> Reading:
    """Read `text`, and find in it what holds for any."""
    reading = read_signifiers(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert all(one.text in lines[one.line - 1] for one in reading.signifiers)
    assert [one.line for one in reading.signifiers] == sorted(o.line for o in reading.signifiers)
    exits = [one for one in reading.sent if isinstance(one.meaning, Continue)]
    halts = [one for one in reading.sent if isinstance(one.meaning, Halt)]
    assert len(exits) <= 1
    assert not (exits and halts)
    assert reading.signal == next(reversed(halts or exits), None)
    return reading


@given(st.text(), st.text(st.sampled_from(MARKS + "[]:,|`~>-* \n\r\tQA${}")))
def test_any_text_is_read(text: str, noise: str) -> None:
    lawful(text)
    lawful(noise)


@given(st.binary())
@example(b"\xe2\x9f\xbf[\xff\n\xe2\x9f\x82")
def test_any_bytes_are_read(data: bytes) -> None:
    lawful(data.decode("utf-8-sig", errors="replace"))


@given(PROSE)
def test_what_the_grammar_makes_is_read(text: str) -> None:
    lawful(text)


@given(PROSE, HALTS, INNER, PROSE)
def test_halt_between_paragraphs_always_wins(
    before: str, cause: str, detail: str, after: str
) -> None:
    before = before.replace("`", "").replace("~", "")
    reading = lawful(f"{before}\n\nBut:\n\n⟂[{cause}:{detail}] why\n\nSo it is.\n\n{after}")
    assert reading.signal is not None
    assert isinstance(reading.signal.meaning, Halt)
    assert Halt(cause, detail.strip()) in [one.meaning for one in reading.sent]


@given(PROSE, EXITS, st.sampled_from(["", "all done", "see: the log, line 3"]))
def test_continuation_at_the_end_is_sent_unless_something_halts(
    before: str, target: str, remark: str
) -> None:
    before = before.replace("`", "").replace("~", "").replace("⟂", "")
    reading = lawful(f"{before}\n\nSo:\n\n⟿[{target}] {remark}\nhandles: a=b")
    assert reading.signal is not None
    assert reading.signal.text == f"⟿[{target}]"
    assert reading.signal.remark == remark
    assert reading.payload == {"handles": "a=b"}


@given(PROSE)
def test_nothing_is_sent_in_a_prompt_a_fence_or_a_quotation(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    for around in (f"{PROMPT}\n{text}", f"{'`' * 50}\n{text}\n{'`' * 50}", quoted):
        assert read_signifiers(around).sent == ()


@given(PROSE)
def test_line_endings_change_nothing(text: str) -> None:
    unix = text.replace("\r", "")
    assert read_signifiers(unix.replace("\n", "\r\n")) == read_signifiers(unix)


@given(st.sampled_from(MARKS), INNER)
def test_brackets_hold_what_was_written(mark: str, inner: str) -> None:
    (one,) = read_signifiers(f"{mark}[{inner}]").signifiers
    assert one.text == f"{mark}[{inner}]"
    assert one.meaning == read_meaning(mark, inner)
    assert (one.role is Role.PLACEHOLDER) <= (not isinstance(one.meaning, Halt))
    assert isinstance(one.meaning, {"⟿": Continue, "⟂": Halt, "⤳": Elastic}[mark])
