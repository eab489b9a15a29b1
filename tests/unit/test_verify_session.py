"""The page's shell gives the strict answer, whatever a block does; every case on a real bash."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.verify import session
from ledger.verify.processes import _table as running
from ledger.verify.processes import started_by
from ledger.verify.screen import excerpt
from ledger.verify.session import Outcome, Shell

# Seconds in which a busy machine, too, ends what would else hang.
SOON = 15


@pytest.fixture
def shell() -> Iterator[Shell]:
    with closing(Shell({**os.environ, "GIVEN": "yes"}, grace=0.5)) as shell:
        yield shell


def run(shell: Shell, text: str, timeout: float = 20) -> Outcome:
    return shell.run(text, timeout=timeout)


def printed(shell: Shell, text: str) -> str:
    outcome = run(shell, text)
    assert (outcome.status, outcome.problem) == (0, ""), outcome.stderr.read_text()
    return outcome.stdout.read_text()


# What a strict runner answers to each: the block's status, and what the next block sees. None is
# the status of a block that ended the shell; then the page ends there.
PROBES: dict[str, tuple[str, int | None, str, str]] = {
    "false then true": ("false\ntrue", 1, "echo next", "next\n"),
    "a pipe whose first part fails": ("false | true", 1, "echo next", "next\n"),
    "reads standard input": ("cat", 0, "echo next", "next\n"),
    "exit 0": ("exit 0", 0, "echo next", "next\n"),
    "exec": ("exec true", None, "", ""),
    "set -e left on": ("set -e", 0, "grep -c x /dev/null || echo next", "0\nnext\n"),
    "a job in the background": ("sleep 20 &", 0, "echo next", "next\n"),
    "export": ("export X='a  b'", 0, "bash -c 'echo \"$X\"'", "a  b\n"),
    "an unexported variable": ("X=a", 0, "echo $X", "a\n"),
    "cd": ("mkdir d; cd d", 0, 'basename "$PWD"', "d\n"),
    "a function": ('twice() { echo "$1$1"; }', 0, "twice a", "aa\n"),
    "an array": ('X=(a "b c")', 0, '[[ ${#X[@]} == 2 ]]; echo "${X[1]}"', "b c\n"),
    "a trap": ("trap 'echo trapped' USR1", 0, "kill -USR1 $$; echo next", "trapped\nnext\n"),
    "a heredoc": ("cat > f <<'END'\n$X `y`\nEND", 0, "cat f", "$X `y`\n"),
    "a heredoc without end": ("cat <<END\na", 0, "echo next", "next\n"),
    "5 seconds": ("sleep 5; touch done", 0, "ls", "done\n"),
    "10 MB of output": ("head -c 10485760 /dev/zero", 0, "echo next", "next\n"),
    "binary output": (r"printf '\x00\xff\xfe'", 0, "echo next", "next\n"),
    "a progress bar": (r"printf '1%%\r100%%\r'", 0, "echo next", "next\n"),
    "closes its descriptors": ("exec 0<&- 1>&- 2>&-", 0, "echo next", "next\n"),
}


@pytest.mark.parametrize("probe", PROBES)
def test_probe(shell: Shell, probe: str) -> None:
    text, status, then, seen = PROBES[probe]
    outcome = run(shell, text)
    assert (outcome.status, shell.alive) == (status, status is not None)
    assert outcome.problem == (
        "" if shell.alive else "ended the page's shell (its exit status was 0)"
    )
    assert outcome.seconds < SOON
    if shell.alive:
        assert printed(shell, then) == seen


def test_probe_a_child_that_ignores_sigterm(shell: Shell) -> None:
    outcome = run(shell, "bash -c 'trap \"\" TERM; sleep 60; sleep 60'", timeout=0.5)
    assert outcome.problem == "took longer than 0.5 s"
    assert outcome.seconds < SOON
    assert printed(shell, "echo next") == "next\n"
    assert not started_by(shell._process.pid)


def test_a_job_that_began_just_before_a_block_is_not_ended_with_it(shell: Shell) -> None:
    outcome = run(shell, "sleep 40 & echo $!")
    late = run(shell, "sleep 40 & sleep 60", timeout=0.3)
    assert late.problem == "took longer than 0.3 s"
    assert started_by(shell._process.pid) == {int(outcome.stdout.read_text())}


def test_a_block_can_be_stopped_from_outside(shell: Shell) -> None:
    begun = time.monotonic()
    outcome = shell.run(
        "sleep 60\necho on",
        timeout=60,
        stop=lambda: "no hope" if time.monotonic() - begun > 0.2 else "",
    )
    assert outcome.problem == "no hope"
    assert outcome.seconds < SOON
    assert outcome.stdout.read_text() == ""
    assert printed(shell, "echo next") == "next\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("true", 0),
        ("false\ntrue", 1),
        ("false | true", 1),
        ("(exit 4) | cat\ntrue", 4),
        ("f() { false; echo on; }\nf\ntrue", 1),
        ("( false; true )\ntrue", 1),
        ("x=$(false; echo on)\ntrue", 1),
        ("{ false; echo on; } | cat\ntrue", 1),
        ("false && true", 1),
        ("f() { return 7; }\nf\ntrue", 7),
        ("return 3", 3),
        ("nosuchcommand\ntrue", 127),
        # What a reader's shell lets pass on purpose passes here.
        ("if false; then :; fi", 0),
        ("false || true", 0),
        ("! false", 0),
        ("f() { false; true; }\nf || false", 0),
        ("set +e\nfalse\ntrue", 0),
        ("set +o pipefail\nfalse | true", 0),
        ("break\ntrue", 0),
    ],
)
def test_status_is_strict_and_the_shell_lives(shell: Shell, text: str, status: int) -> None:
    outcome = run(shell, text)
    assert (outcome.status, outcome.problem) == (status, "")
    assert "on" not in outcome.stdout.read_text().split()
    assert printed(shell, "echo next") == "next\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("exit 0\necho on", 0),
        ("exit 5\necho on", 5),
        ("exit 256", 0),
        ("(exit 6) || exit\necho on", 6),
        ("false || exit 5\necho on", 5),
        ("for i in 1 2; do if true; then exit 7; fi; done\necho on", 7),
        ("while :; do exit 8; done\necho on", 8),
        ("die() { inner; echo on; }\ninner() { exit 9; echo on; }\ndie || echo on\necho on", 9),
    ],
)
def test_exit_ends_the_block_and_not_the_shell(shell: Shell, text: str, status: int) -> None:
    outcome = run(shell, f"kept=1\n{text}")
    assert (outcome.status, outcome.exited, outcome.problem) == (status, True, "")
    assert outcome.stdout.read_text() == ""
    assert printed(shell, "f() { echo in; }; f; echo $kept") == "in\n1\n"
    assert not run(shell, "true").exited


def test_exit_leaves_nothing_behind(shell: Shell) -> None:
    run(shell, "set -o functrace")
    run(shell, "exit 0")
    assert printed(shell, "echo next") == "next\n"


def test_exit_in_a_subshell_ends_only_that(shell: Shell) -> None:
    outcome = run(
        shell, "( exit 3 ) || echo $?\nx=$(exit 4) || echo $?\nbash -c 'exit 5' || echo $?"
    )
    assert (outcome.status, outcome.exited) == (0, False)
    assert outcome.stdout.read_text() == "3\n4\n5\n"


@pytest.mark.parametrize("text", ["cat", "read line || true", "exec 0</dev/null", "bash -s", "sh"])
def test_a_block_that_reads_finds_nothing_and_takes_nothing(shell: Shell, text: str) -> None:
    assert printed(shell, text) == ""
    assert printed(shell, "echo next") == "next\n"


def test_state_reaches_the_next_block(shell: Shell, tmp_path: Path) -> None:
    run(
        shell,
        f"""cd {tmp_path}
export OUT=exported
plain=unexported
list=(a "b c" d)
declare -A map=([k]=v)
twice() {{ echo "$1 $1"; }}
shopt -s extglob
set -- first second
trap 'echo trapped > {tmp_path}/trap' EXIT
trap 'echo user' USR1""",
    )
    assert printed(shell, 'pwd; echo $plain "${list[1]}" ${#list[@]} ${map[k]} $2; twice x') == (
        f"{tmp_path}\nunexported b c 3 v second\nx x\n"
    )
    assert printed(shell, "bash -c 'echo $OUT'; kill -USR1 $$; echo +([a-z])") == (
        "exported\nuser\n+([a-z])\n"
    )
    shell.close()
    assert (tmp_path / "trap").read_text() == "trapped\n"


def test_an_exit_trap_runs_to_its_end(shell: Shell, tmp_path: Path) -> None:
    run(shell, f"trap 'false; false | true; echo done > {tmp_path}/trap' EXIT")
    shell.close()
    assert (tmp_path / "trap").read_text() == "done\n"


def test_heredocs_and_odd_bytes_run_as_written(shell: Shell) -> None:
    text = "cat <<'END'\n\ttab $HOME `x` \\ é\n  END\nEND\ncat <<-END\n\t$GIVEN\n\tEND"
    assert printed(shell, text) == "\ttab $HOME `x` \\ é\n  END\nyes\n"


def test_the_text_in_the_file_is_the_block_byte_for_byte(shell: Shell) -> None:
    text = "cat \"${BASH_SOURCE[0]}\" # 'é' \\ $X \t"
    assert printed(shell, text) == text + "\n"


@pytest.mark.parametrize("option", ["-e", "-u", "-x", "-f", "-o noclobber", "-o errtrace", "-a"])
def test_an_option_left_on_does_no_harm(shell: Shell, option: str) -> None:
    run(shell, f"set {option}")
    assert printed(shell, "echo next") == "next\n"
    assert run(shell, "false\ntrue").status == 1
    assert printed(shell, "echo after") == "after\n"


@pytest.mark.parametrize(
    "text",
    [
        "sleep 30 &",
        "(sleep 30; true) & disown",
        "nohup sleep 30 &",
        "( trap '' TERM; while :; do sleep 1; done ) &",
    ],
)
def test_a_background_job_holds_nothing_up_and_ends_with_the_page(shell: Shell, text: str) -> None:
    begun = time.monotonic()
    run(shell, text)
    assert time.monotonic() - begun < SOON
    jobs = started_by(shell._process.pid)
    assert jobs
    shell.close()
    assert not jobs & running().keys()


def test_a_job_of_one_block_can_be_waited_for_in_the_next(shell: Shell) -> None:
    run(shell, "{ sleep 0.2; exit 3; } &")
    assert printed(shell, "wait $! || echo $?") == "3\n"


@pytest.mark.parametrize(
    "text",
    [
        "sleep 60",
        "sleep 60 || true\necho on",
        "if ! sleep 60; then echo on; fi",
        "while :; do :; done\necho on",
        "while :; do sleep 0.1 || true; done\necho on",
        "f() { sleep 60; echo on; }\nf || echo on",
        "x=$(sleep 60); echo on",
        "sleep 60 | cat",
        "sleep 60 & wait",
        "set -m; sleep 60; echo on",
        "setsid -w sleep 60; echo on",
        "bash -c 'trap \"\" TERM; sleep 60; sleep 60; echo on'",
        "( trap '' TERM; while :; do sleep 1; done )",
        "trap '' TERM INT; sleep 60",
    ],
)
def test_a_timeout_ends_the_block_and_its_children_but_not_the_shell(
    shell: Shell, text: str
) -> None:
    run(shell, "kept=1; sleep 40 & background=$!")
    outcome = run(shell, text, timeout=0.5)
    assert outcome.problem == "took longer than 0.5 s"
    assert outcome.seconds < SOON
    assert "on" not in outcome.stdout.read_text().split()
    assert printed(shell, "echo $kept; kill -0 $background && echo there") == "1\nthere\n"
    assert len(started_by(shell._process.pid)) == 1


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("exec true", "its exit status was 0"),
        ("kill -9 $$", "signal SIGKILL"),
        ("builtin exit 0", "its exit status was 0"),
        ("echo ${UNSET_PARAMETER:?set it}", "its exit status was"),
        ('for i in {0..255}; do eval "exec $i>&-"; done', "its exit status was"),
    ],
)
def test_a_block_that_ends_the_shell_is_told_and_hangs_nothing(
    shell: Shell, text: str, how: str
) -> None:
    outcome = run(shell, text)
    assert outcome.status is None
    assert outcome.problem.startswith(f"ended the page's shell ({how}")
    assert outcome.seconds < SOON
    assert not shell.alive
    again = run(shell, "echo next")
    assert (again.status, again.stdout.read_text()) == (None, "")


def test_exec_of_something_that_hangs_is_a_timeout(shell: Shell) -> None:
    outcome = run(shell, "exec sleep 60", timeout=0.5)
    assert outcome.problem == "took longer than 0.5 s"
    assert outcome.seconds < SOON


@pytest.mark.parametrize("text", ["exec >&- 2>&-", "exec 1>/dev/null", "exec 3>&- 4>&- 9>&-"])
def test_a_block_may_close_or_move_its_descriptors(shell: Shell, text: str) -> None:
    assert run(shell, text).status == 0
    assert printed(shell, "echo next; umask 777") == "next\n"
    assert printed(shell, "echo last") == "last\n"


def test_ten_megabytes_stay_on_disk_and_the_excerpt_is_small(shell: Shell) -> None:
    zeros = "head -c 10485760 /dev/zero"
    outcome = run(shell, f"echo first; {zeros} | tr '\\0' x | fold; echo; echo last")
    assert outcome.status == 0
    assert outcome.stdout.stat().st_size > 10 << 20
    shown = excerpt(outcome.stdout)
    assert len(shown) < 20_000
    assert shown.startswith("first\n")
    assert shown.endswith("\nlast\n")
    assert "bytes left out" in shown


def test_output_without_end_is_stopped(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_OUTPUT", 1 << 20)
    outcome = run(shell, "yes", timeout=60)
    assert outcome.problem == "printed more than 1 MiB"
    assert outcome.seconds < SOON


def test_binary_output_and_progress_bars_become_text(shell: Shell) -> None:
    outcome = run(shell, r"printf '\x00\xff\x1b[31mred\x1b[0m\n 1%%\r50%%\r100%%\r\nend\r\n'")
    assert excerpt(outcome.stdout) == "\\x00\N{REPLACEMENT CHARACTER}red\n100%\nend\n"


def test_a_user_of_the_err_trap_is_still_judged(shell: Shell) -> None:
    outcome = run(shell, "trap 'echo mine' ERR\nfalse\necho on")
    assert outcome.problem.startswith("ended the page's shell")
    assert outcome.stdout.read_text() == "mine\n"


def test_startup_files_of_the_user_stay_out(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("ls() { echo fake; }\n")
    with closing(Shell({**os.environ, "BASH_ENV": str(tmp_path / "env")})) as shell:
        assert printed(shell, "type -t ls") == "file\n"


def test_a_signal_from_outside_does_not_stay_unnoticed(shell: Shell) -> None:
    shell._process.send_signal(signal.SIGKILL)
    assert "SIGKILL" in run(shell, "true").problem
