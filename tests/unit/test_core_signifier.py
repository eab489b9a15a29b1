"""Every form of ⟿ ⟂ ⤳ that people and agents write, and what is sent by it."""

from __future__ import annotations

import time

import pytest

from ledger.core.reading import read_signifiers
from ledger.core.signifier import Continue, Elastic, Halt, Meaning, Role, is_placeholder

PROMPT = """\
concept.forest.manifest[phase=TEST][sprint=backup]@span=dr

## Exit Criteria

- [ ] tested

⟿[EDUCATE]
/hydrate
handles: runbook=docs/runbook.md; branches=none
mission: write it down

⟂[BLOCKED:s3_bucket] S3 bucket not provisioned
⟂[ENTROPY_DEPLETED] Budget exhausted
"""
TAIL = PROMPT[PROMPT.index("⟿") :]


def sent(text: str) -> str:
    """The signal of a text, as written; empty if none was sent."""
    signal = read_signifiers(text).signal
    return signal.text if signal else ""


def roles(text: str) -> list[str]:
    return [str(one.role) for one in read_signifiers(text).signifiers]


@pytest.mark.parametrize(
    ("text", "meaning", "remark"),
    [
        ("⟿[QA]", Continue("QA"), ""),
        ("⟿[CROSS-SYNERGIZE] all settled", Continue("CROSS-SYNERGIZE"), "all settled"),
        ("⟿[META-RE-METABOLIZE]", Continue("META-RE-METABOLIZE"), ""),
        ("⟿[PLAN[next_skill]]", Continue("PLAN", "next_skill"), ""),
        ("⟿[a[b[c]]]", Continue("a[b[c]]"), ""),
        ("⟿", Continue(), ""),
        ("⟿ and go", Continue(), "and go"),
        ("⟿[]", Continue(), ""),
        ("⟿[QA", Continue(), ""),
        ("**⟿[QA]** — done", Continue("QA"), "done"),
        ("   _⟿[QA]_:", Continue("QA"), ""),
        ("⟂", Halt(), ""),
        ("⟂ wait, please", Halt(), "wait, please"),
        ("⟂[BLOCKED:no money, no time] a: b", Halt("BLOCKED", "no money, no time"), "a: b"),
        ("⟂[BLOCKED: a: b ]", Halt("BLOCKED", "a: b"), ""),
        ("⟂[BLOCKED:waits on ⟿[QA] of x] so", Halt("BLOCKED", "waits on ⟿[QA] of x"), "so"),
        ("⟂[BLOCKED:cut off in the mid", Halt("BLOCKED", "cut off in the mid"), ""),
        ("⟂[ENTROPY_DEPLETED] Budget", Halt("ENTROPY_DEPLETED"), "Budget"),
        ("⟂[RUNAWAY_LOOP]", Halt("RUNAWAY_LOOP"), ""),
        ("⟂[HUMAN_INTERRUPT]", Halt("HUMAN_INTERRUPT"), ""),
        ("⟂[DETACH:awaiting_human] x", Halt("DETACH", "awaiting_human"), "x"),
        ("⟂[QA:blocked]", Halt("QA", "blocked"), ""),
        ("⟂[TEST:blocked]", Halt("TEST", "blocked"), ""),
        ("⟂[BLOCKED:${reason}]", Halt("BLOCKED", "${reason}"), ""),
        ("⤳[BRANCH:s3-quick] if it: is", Elastic("BRANCH", ("s3-quick",)), "if it: is"),
        ("⤳[JOIN:a, b]", Elastic("JOIN", ("a", "b")), ""),
        ("⤳[COMPRESS:PLAN,RESEARCH]", Elastic("COMPRESS", ("PLAN", "RESEARCH")), ""),
        ("⤳[EXPAND:TEST]", Elastic("EXPAND", ("TEST",)), ""),
        ("⤳[CHECKPOINT]", Elastic("CHECKPOINT"), ""),
        ("⤳", Elastic(), ""),
    ],
)  # fmt: skip
def test_what_one_mark_says(text: str, meaning: Meaning, remark: str) -> None:
    for ending in ("", "\n", "\r\n", "\r"):
        reading = read_signifiers(f"Done.{ending or chr(10)}{text}{ending}")
        (one,) = reading.signifiers
        assert (one.line, one.meaning, one.remark, one.role) == (2, meaning, remark, Role.SENT)
        assert reading.signal == (None if isinstance(meaning, Elastic) else one)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("- **All tests pass**: `⟿[EDUCATE]`", "menu"),
        ("* ⟿[EDUCATE]", "menu"),
        ("1. ⟂[BLOCKED:x] on failure", "menu"),
        ("| all pass | ⟿[EDUCATE] |", "menu"),
        ("|⟿[EDUCATE]|", "menu"),
        ("⟿[QA] on success", "menu"),
        ("⟿[QA] (if the tests pass)", "menu"),
        ("⟿[QA] → once approved", "menu"),
        ("⟿[QA] | tests pass", "menu"),
        ("`⟿[EDUCATE]`", "quoted"),
        ("we send ``a ` ⟿[EDUCATE]`` then", "quoted"),
        ("> ⟿[EDUCATE]", "quoted"),
        ("```\n⟿[EDUCATE]\n```", "quoted"),
        ("  ~~~ text\n⟿[EDUCATE]\n```\n~~~~", "quoted"),
        ("```never closed\n⟿[EDUCATE]", "quoted"),
        ("⟿[NEXT_PHASE]", "placeholder"),
        ("⟿[${next}]", "placeholder"),
        ("⟿[<phase>]", "placeholder"),
        ("⟿[...]", "placeholder"),
        ("⤳[BRANCH:{{ name }}]", "placeholder"),
        ("We may send ⟿[QA] next.", "prose"),
        ("    ⟿[QA]", "prose"),
        ("\t⟿[QA]", "prose"),
        ("a `b` ⟿[QA] `c`", "prose"),
    ],
)
def test_what_is_not_sent(text: str, role: str) -> None:
    assert roles(text) == [role]
    assert sent(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        PROMPT,
        f"```markdown\n{PROMPT}```\n",
        f"Here is what I was given.\n\n{PROMPT}",
        TAIL,
        "⟿[QA] on success | ⟂[BLOCKED:cost_approval] if budget review needed",
        "⟿[QA] on success\n\n⟂[BLOCKED:x] on failure",
        "```\n⟿[QA]\n``` never closed by this\n⟿[TEST]",
        "```\n# Normal exit:\n⟿[QA]\nmission: m\n\n# Halt:\n⟂[BLOCKED:x] why\n```",
    ],
)
def test_exits_that_are_offered_are_a_menu(text: str) -> None:
    assert set(roles(text)) == {"menu"}
    assert sent(text) == ""


def test_prompt_behind_a_signal_is_its_payload_not_a_menu_of_it() -> None:
    indented = "".join(f"  {line}\n" for line in PROMPT.splitlines())
    reading = read_signifiers(f"⟿[TEST]\n\n{indented}\n  ⟿[EDUCATE] on success\n")
    assert reading.signal and reading.signal.line == 1
    assert reading.prompt == 3
    assert {one.role for one in reading.signifiers[1:]} == {Role.MENU}


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("⟿[QA]\n⟂[BLOCKED:x] no", "⟂[BLOCKED:x]"),
        ("⟂[BLOCKED:x] no\n\nprose\n\n⟿[QA]", "⟂[BLOCKED:x]"),
        ("⟂[BLOCKED:x] if budget review is needed\n\n⟿[QA]", "⟂[BLOCKED:x]"),
        ("⟂\n⟿[QA]", "⟂"),
        ("⟂[BLOCKED:<why>]\n⟿[QA]", "⟂[BLOCKED:<why>]"),
        ("⟂[BLOCKED:cut\n⟿[QA]", "⟂[BLOCKED:cut"),
        ("⟂[BLOCKED:x] cannot go on to ⟿[QA]", "⟂[BLOCKED:x]"),
        ("⟿[NEXT_PHASE]\n⟂[BLOCKED:x]", "⟂[BLOCKED:x]"),
        ("⟂[BLOCKED:a]\n⟂[DETACH:awaiting_human]", "⟂[DETACH:awaiting_human]"),
        (f"{TAIL}\nI ran all of it.\n\n⟿[EDUCATE]\n", "⟿[EDUCATE]"),
    ],
)
def test_halt_always_wins(text: str, signal: str) -> None:
    reading = read_signifiers(text)
    assert reading.signal and reading.signal.text == signal
    halted = signal.startswith("⟂")
    assert all(
        one.role is not Role.SENT
        for one in reading.signifiers
        if halted and isinstance(one.meaning, Continue)
    )


def test_every_halt_that_was_sent_counts() -> None:
    text = "⟂[BLOCKED:a]\n⟂[DETACH:b]\n⟿[QA]"
    assert [one.text for one in read_signifiers(text).sent] == ["⟂[BLOCKED:a]", "⟂[DETACH:b]"]


def test_last_of_several_continuations_is_the_signal() -> None:
    assert roles("⟿[QA]\n\nQA is done too.\n\n⟿[TEST]\n") == ["overruled", "sent"]
    assert sent("⟿[QA]\n\nQA is done too.\n\n⟿[TEST]\n") == "⟿[TEST]"


def test_code_that_looks_like_a_fence_opens_none() -> None:
    assert sent("```a``` and `b`\n⟿[QA]") == "⟿[QA]"


def test_prose_behind_a_signal_does_not_unsend_it() -> None:
    assert sent("⟿[QA]\n\nThe bucket is still missing.\n") == "⟿[QA]"


def test_elastic_marks_stand_beside_the_signal() -> None:
    reading = read_signifiers("⤳[BRANCH:a]\n⟿[QA]\n⤳[BRANCH:b]\n")
    assert reading.signal and reading.signal.text == "⟿[QA]"
    assert [one.text for one in reading.sent] == ["⤳[BRANCH:a]", "⟿[QA]", "⤳[BRANCH:b]"]


@pytest.mark.parametrize(
    ("lines", "payload"),
    [
        ("handles: a=b; c=d\nmission: go\n", {"handles": "a=b; c=d", "mission": "go"}),
        ("/hydrate\n\n**Handles:** a=b\n/x\nexit: e", {"handles": "a=b", "exit": "e"}),
        ("handles:\n  - a: b\n  - c: d\n\nexit: e", {"handles": "\n- a: b\n- c: d", "exit": "e"}),
        ("mission: one\n  and two\nactions: x", {"mission": "one\nand two", "actions": "x"}),
        ("handles: a=b\n\nBy the way.\nexit: e", {"handles": "a=b"}),
        ("handles: a=b\n⤳[BRANCH:x]\nexit: e", {"handles": "a=b"}),
        ("> handles: a=b", {}),
        ("handles: ${handles}", {"handles": "${handles}"}),
        ("handles:", {"handles": ""}),
        ("Text.\nhandles: a=b", {}),
    ],
)
def test_payload_is_what_stands_behind_the_signal(lines: str, payload: dict[str, str]) -> None:
    assert read_signifiers(f"handles: before=it\n⟿[QA]\n{lines}").payload == payload


def test_lines_are_counted_as_editors_do() -> None:
    text = "a\x0cb\u2028c\x85d\r\ne\rf\n⟿[QA]"
    assert [one.line for one in read_signifiers(text).signifiers] == [4]


def test_spoken_lines_leave_out_fences_quotations_and_prompts() -> None:
    text = f"a\n```\nb\n```\n> c\nd\n{PROMPT}"
    assert read_signifiers(text).spoken == ((1, "a"), (6, "d"))


@pytest.mark.parametrize("text", ["", " ", "X", "NEXT_PHASE", "${a}", "{{ a }}", "<a b>", "…"])
def test_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["x", "PLAN", "a < b", "next", "$5", "Xen"])
def test_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "⟿[" * 50_000,
        "⟿[QA]\n" * 20_000,
        "⟂[BLOCKED:x]\n\n" * 10_000 + "⟿[QA]",
        "⟿" + "".join("`" * n + " " for n in range(400)),
        "```\n⟿\n" * 20_000,
        "⟿[a] | " * 5_000,
    ],
    ids=["unclosed", "repeated", "halts", "ticks", "fences", "one line"],
)
def test_long_texts_are_read_in_little_time(text: str) -> None:
    began = time.perf_counter()
    read_signifiers(text)
    assert time.perf_counter() - began < 5
