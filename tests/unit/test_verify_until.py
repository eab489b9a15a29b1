"""Blocks that run until what they expect is true, and blocks whose output goes into a variable."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.block import Block, Expectation
from ledger.pages.eventually import Retry
from ledger.pages.page import Page, read_page
from ledger.site.heads import facts
from ledger.verify.attempt import MAX_KEPT, Attempt, carry_out
from ledger.verify.session import Shell

COUNT = "n=$((${n:-0} + 1)); echo try >> tries; echo $n"
FRONT = "---\ncluster: false\n---\n"


@pytest.fixture
def shell() -> Iterator[Shell]:
    with closing(Shell(os.environ, grace=0.5)) as shell:
        yield shell


def block(
    text: str,
    expected: str = "",
    *,
    until: float = 0,
    every: float = 0.1,
    timeout: float = 10,
    exit: int = 0,  # noqa: A002
    variable: str = "",
) -> Block:
    return Block(
        "verify",
        "it",
        text,
        1,
        timeout=timeout,
        exit=exit,
        expectation=Expectation("exact", expected) if expected else Expectation("none"),
        retry=Retry(until, every) if until else None,
        variable=variable,
    )


def tries(shell: Shell) -> int:
    path = shell.work / "tries"
    return len(path.read_text().splitlines()) if path.exists() else 0


def done(shell: Shell, wanted: Block) -> Attempt:
    return carry_out(shell, wanted, None)


def test_a_block_runs_until_its_output_is_as_expected(shell: Shell) -> None:
    last = done(shell, block(COUNT, "4", until=20))
    assert (last.reason, last.diff, tries(shell)) == ("", "", 4)
    assert last.outcome.stdout.read_text() == "4\n"
    assert last.outcome.seconds >= 0.3


def test_a_block_runs_until_it_exits_as_expected(shell: Shell) -> None:
    last = done(shell, block(f"{COUNT}\n[[ $n == 3 ]]", until=20))
    assert (last.reason, last.outcome.status, tries(shell)) == ("", 0, 3)
    again = done(shell, block(f"{COUNT}\n(exit $n)", exit=5, until=20))
    assert (again.reason, again.outcome.status, tries(shell)) == ("", 5, 5)


def test_a_block_that_holds_at_once_runs_once(shell: Shell) -> None:
    assert done(shell, block(COUNT, "1", until=20)).reason == ""
    assert tries(shell) == 1


def test_without_until_there_is_one_try(shell: Shell) -> None:
    last = done(shell, block(COUNT, "2"))
    assert (last.reason, tries(shell)) == ("unexpected output: line 1 differs", 1)


def test_a_failure_shows_the_last_try_and_how_many_there_were(shell: Shell) -> None:
    last = done(shell, block(COUNT, "never", until=2, every=0.2))
    count = tries(shell)
    assert 2 <= count <= 11
    told = rf"unexpected output: line 1 differs \(last of {count} tries in \d+\.\d s\)"
    assert re.fullmatch(told, last.reason)
    assert f"got:      {count}" in last.diff
    assert last.outcome.seconds > 1.8


def test_the_tries_before_the_last_leave_no_files(shell: Shell) -> None:
    last = done(shell, block(COUNT, "3", until=20))
    assert len(list(shell.work.parent.glob("*/.stdout"))) == 1
    assert last.outcome.stdout.exists()


def test_a_try_that_hangs_is_one_of_several(shell: Shell) -> None:
    hang = f"{COUNT} >&2\n((n >= 3)) || sleep 60\necho held"
    last = done(shell, block(hang, "held", until=20, timeout=0.4))
    # A busy machine may need one more.
    assert (last.reason, tries(shell) >= 3) == ("", True)


def test_a_block_that_ended_the_shell_is_not_tried_again(shell: Shell) -> None:
    last = done(shell, block(f"{COUNT}\nkill -9 $$", until=20))
    assert last.reason.startswith("ended the page's shell (signal SIGKILL) (last of 1 tries in ")


def test_every_try_is_strict(shell: Shell) -> None:
    last = done(shell, block(f"set +e\n{COUNT}", "2", until=20))
    assert last.reason == ""
    assert done(shell, block(f"{COUNT}\nfalse\ntrue", until=0.5)).outcome.status == 1


def test_output_goes_into_a_variable_as_in_a_command_substitution(shell: Shell) -> None:
    text = "printf '  a  b*\\n$HOME `x` \"q\" é\\n\\n\\n'"
    assert done(shell, block(text, variable="KEPT")).reason == ""
    last = done(shell, block(f'[[ $KEPT == "$({text})" ]]\nbash -c \'printf %s "$KEPT"\''))
    assert last.reason == ""
    assert last.outcome.stdout.read_text() == '  a  b*\n$HOME `x` "q" é'


def test_only_standard_output_is_kept(shell: Shell) -> None:
    assert done(shell, block("echo out; echo err >&2", variable="KEPT")).reason == ""
    assert done(shell, block("echo $KEPT", "out")).reason == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("true", "printed nothing to keep in KEPT"),
        ("echo; echo ' '", "printed nothing to keep in KEPT"),
        (f"head -c {MAX_KEPT + 1} /dev/zero", "printed 100 KiB, too much for KEPT"),
        ("echo a; false", "ended with 1, expected 0"),
        ("readonly KEPT=a; echo b", "cannot set KEPT: "),
    ],
)
def test_what_cannot_be_kept_is_a_failure(shell: Shell, text: str, told: str) -> None:
    assert done(shell, block(text, variable="KEPT")).reason.startswith(told)
    assert "b" not in done(shell, block("echo ${KEPT-}")).outcome.stdout.read_text()


def test_the_most_that_is_kept_harms_no_later_command(shell: Shell) -> None:
    most = block(f"head -c {MAX_KEPT} /dev/zero | tr '\\0' x", variable="KEPT")
    assert done(shell, most).reason == ""
    assert done(shell, block("/bin/echo ${#KEPT}", str(MAX_KEPT))).reason == ""


def test_a_block_may_be_tried_until_there_is_something_to_keep(shell: Shell) -> None:
    text = f"{COUNT} >/dev/null\n[[ $n -lt 3 ]] || echo found$n"
    assert done(shell, block(text, until=20, variable="KEPT")).reason == ""
    assert done(shell, block("echo $KEPT", "found3")).reason == ""


def read(tmp_path: Path, text: str) -> Page:
    (tmp_path / "mkdocs.yml").write_text("site_name: t\n")
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text(FRONT + text)
    return read_page(Project(tmp_path), page)


def fence(attributes: str, text: str = "true") -> str:
    return f"```bash {{.verify name=a expect=none{attributes}}}\n{text}\n```\n"


def test_the_attributes_are_read(tmp_path: Path) -> None:
    (found,) = read(tmp_path, fence(" until=2m every=500ms set=NAME")).blocks
    assert (found.retry, found.variable) == (Retry(120, 0.5), "NAME")


def test_without_every_tries_are_two_seconds_apart(tmp_path: Path) -> None:
    (found,) = read(tmp_path, fence(" until=60s")).blocks
    assert found.retry == Retry(60, 2)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        (" every=2s", "every= without until="),
        (" until=1s", "until=1s every=2s leaves no time for a second try"),
        (" until=5s every=10s", "until=5s every=10s leaves no time for a second try"),
        (" until=60", "'60' is not a duration"),
        (" until=0s", "'0s' is not a duration"),
        (" until=60s every=0s", "'0s' is not a duration"),
        (" until", "attribute 'until' is malformed"),
        (" untl=60s", "unknown attribute 'untl'"),
        (" until=60s until=60s", "attribute 'until' twice"),
        (" set=1A", "set=1A is no name of a variable"),
        (" set=A-B", "set=A-B is no name of a variable"),
        (" set=", "attribute 'set=' is malformed"),
    ],
)
def test_what_cannot_be_meant_is_an_error(tmp_path: Path, attributes: str, told: str) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, fence(attributes))
    assert caught.value.what.startswith(told)
    assert caught.value.where == "docs/page.md:4"
    assert caught.value.fix


def test_the_digest_covers_each_attribute_and_is_the_old_one_without_them() -> None:
    plain = block("true", "a")
    # The digest before there were such attributes: committed evidence holds ones like it.
    assert plain.sha256 == "a437e037b20843281678db47b472c8c10f0c8234f9299fb5710deb5e7e6a90e2"
    others = [
        block("true", "a", until=60),
        block("true", "a", until=61),
        block("true", "a", until=60, every=3),
        block("true", "a", variable="A"),
        block("true", "a", variable="B"),
        block("true", "a", variable="A", until=60),
    ]
    assert len({plain.sha256, *(other.sha256 for other in others)}) == len(others) + 1


def test_the_reader_is_told() -> None:
    assert list(facts(block("true", until=60))) == ["retried for up to 60 s"]
    assert list(facts(block("true", variable="NAME"))) == [
        "NAME holds the output: export NAME=$(…)"
    ]


PAGE = fence(" until=30s every=100ms set=SEEN", COUNT + "\n[[ $n == 3 ]]") + (
    "\n```bash {.verify name=use until=1s every=300ms}\necho $SEEN\n```\n"
    "\n```text {.expect}\n4\n```\n"
    "\n```bash {.verify name=after expect=none}\ntrue\n```\n"
    "\n```bash {.verify name=last expect=none}\ntrue\n```\n"
)


def test_a_page_tells_the_last_try_and_its_record_keeps_its_shape(
    pytester: pytest.Pytester,
) -> None:
    pytester.makefile(".yml", mkdocs="site_name: Test\n")
    pytester.mkdir("docs")
    (pytester.path / "docs/page.md").write_text(FRONT + PAGE)
    result = pytester.runpytest_inprocess("--ledger-docs", "--ledger-record=runs", "-rs", "docs")
    result.assert_outcomes(passed=1, failed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "docs/page.md:9 block use: unexpected output: line 1 differs (last of * tries in * s)",
            "      expected: 4",
            "      got:      3",
            "SKIPPED [[]2[]] docs/page.md: not run because block use failed",
        ]
    )
    record = json.loads((pytester.path / "runs/page.json").read_text())
    first, second = record["predicate"]["phaseLedger"]["blocks"][:2]
    assert first.keys() == second.keys()
    assert {"name", "line", "sha256", "result", "reason", "exit", "seconds"} < first.keys()
    assert (first["result"], first["stdout"]) == ("passed", "3\n")
