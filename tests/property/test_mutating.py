"""Whatever words stand in a text, only a command that runs changes something."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from ledger.pages.shell.mutating import first_mutation

WORDS = st.sampled_from(
    [
        *("kubectl", "delete", "nats", "stream", "rm", "aws", "s3", "s3://a"),
        *("-n", "--", "-rf", "/a", "\n", "$(", ")", "`", "|", "&&", ";", "'"),
        *('"', "\\", "#", "<<EOF", "EOF", "{", "}", "()"),
    ]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r")
)
MUTATION = "kubectl delete pod a"


@given(TEXTS)
def test_what_is_only_text_is_never_found(text: str) -> None:
    quoted, lines = shlex.quote(text), text.split("\n")
    body = "\n".join(line for line in lines if line != "END")
    assert first_mutation(f"echo {quoted}") is None
    assert first_mutation(f"NOTE={quoted}") is None
    assert first_mutation("\n".join(f"# {line}" for line in lines)) is None
    assert first_mutation(f"cat <<'END'\n{body}\nEND") is None


@given(TEXTS)
def test_a_command_is_found_beside_any_text(text: str) -> None:
    found = first_mutation(f"echo {shlex.quote(text)} || {MUTATION}")
    assert found and found.command == "kubectl delete"
    assert found.line == 1 + text.count("\n")


@given(TEXTS)
def test_any_text_has_an_answer(text: str) -> None:
    found = first_mutation(text)
    assert not found or 1 <= found.line <= text.count("\n") + 1
