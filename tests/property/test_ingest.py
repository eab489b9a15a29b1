"""Whatever comes back: an answer is taken whole or not at all, and never twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.header import Header
from ledger.errors import LedgerError
from ledger.flow.ingest import plan_ingest, take_in
from tests.fixtures.flow_project import DAY, SKILL, Fake

LINES = st.one_of(
    st.sampled_from(
        [
            "⟿[EDUCATE]", "⟿[PLAN]", "⟿[REFLECT]", "⟿[ACT]", "⟿", "⟿[EDUCATE] on success",
            "⟂[BLOCKED:bucket] none", "⟂[BLOCKED: a: b, # c] 'd'", "⟂[DETACH:x]", "⟂", "⟂[QA:x",
            "⤳[BRANCH:b]", "⤳[BRANCH:{c},d: e] 'x' # y", "⤳[BRANCH:a  b]", "```", "> quoted", "",
            "pour 0.01", "sip 0.005", "sip 0.000001", "sip 7", "entropy: spent=0.025",
            "handles: a=docs; b=manifests; c=nowhere; page=docs; d=../..", "  - e: airgap",
        ]
    ),
    st.text(max_size=20),
    st.text(max_size=20).map("⟂[BLOCKED:{}] so".format),
    st.text(max_size=20).map("⤳[BRANCH:{}] so".format),
    st.text(max_size=20).map("handles: new={}".format),
)  # fmt: skip
ANSWERS = st.lists(LINES, max_size=8).map("\n".join)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Fake:
    return Fake(tmp_path_factory.mktemp("project"))


def ingest(fake: Fake, text: str) -> list[str]:
    """Take `text` in; give what was written."""
    skill = fake.skill()
    found = plan_ingest(fake.project, skill, text, "answer.md", today=DAY)
    return [fake.project.relative(path) for path in take_in(found)]


@pytest.fixture(scope="module")
def fresh(fake: Fake) -> Callable[[], Fake]:
    def start() -> Fake:
        fake.write("skills/backup.md", SKILL)
        return fake

    return start


@settings(max_examples=80)
@given(ANSWERS)
def test_answer_is_taken_whole_or_not_and_never_twice(fresh: Callable[[], Fake], text: str) -> None:
    fake = fresh()
    try:
        written = ingest(fake, text)
    except LedgerError:
        assert fake.read("skills/backup.md") == SKILL
        return
    after = fake.read("skills/backup.md")
    assert (after != SKILL) == ("skills/backup.md" in written)
    assert ingest(fake, text) == []
    assert fake.read("skills/backup.md") == after
    assert after.endswith(SKILL.split("---\n")[2])
    Header(after, "")
