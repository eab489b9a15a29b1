"""Build steps: what decides their keys, and what a failed or killed build leaves behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ledger.cluster.lock import locked
from ledger.cluster.run import CommandFailed, Shell
from ledger.cluster.steps import Step, Store, Task, remove
from ledger.core.files import digest
from ledger.errors import ClusterError


def write(task: Task) -> None:
    (task.out / "text").write_text(task.inputs.get("text", ""))


def join(task: Task) -> None:
    parts = [(folder / "text").read_text() for _, folder in sorted(task.needs.items())]
    (task.out / "text").write_text("+".join(parts))


def fail(task: Task) -> None:
    (task.out / "half").write_text("half-made")
    task.shell.run("sh -c", "echo one; echo the cause >&2; exit 3")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    return Store(tmp_path / "cache", tmp_path / "logs", said.append)


def test_a_result_is_built_once(store: Store, said: list[str]) -> None:
    step = Step("greet", write, 1, inputs={"text": "hello"})
    first = store.get(step)
    (first / "text").write_text("kept")
    assert (store.get(step) / "text").read_text() == "kept"
    assert [line.split(" ... ")[0] for line in said] == [
        "building greet (usually 1 s) ...",
        "building greet",
    ]


def test_what_a_step_needs_is_built_first(store: Store) -> None:
    needs = (Step("a", write, 1, inputs={"text": "A"}), Step("b", write, 1, inputs={"text": "B"}))
    assert (store.get(Step("both", join, 1, needs=needs)) / "text").read_text() == "A+B"


def test_all_that_decides_a_result_decides_its_key(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("1")

    def step(text: str = "x", need: str = "y") -> Step:
        other = Step("other", write, 1, inputs={"text": need})
        return Step("s", write, 1, inputs={"text": text}, sources=(source,), needs=(other,))

    keys = {step().key(), step(text="z").key(), step(need="z").key()}
    (source / "file").write_text("2")
    keys.add(step().key())
    (source / "file").chmod(0o755)
    keys.add(step().key())
    (source / "file").rename(source / "renamed")
    keys.add(step().key())
    assert len(keys) == 6


def test_the_usual_time_does_not_decide_the_key() -> None:
    assert Step("s", write, 1).key() == Step("s", write, 99).key()


def test_digest_tells_a_link_from_its_target(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "target").write_text("t")
    (tmp_path / "a" / "name").symlink_to("target")
    (tmp_path / "b" / "name").write_text("t")
    assert digest(tmp_path / "a") != digest(tmp_path / "b")


def test_a_failed_build_says_step_log_and_cause_and_leaves_no_result(store: Store) -> None:
    step = Step("bad", fail, 1)
    with pytest.raises(ClusterError) as caught:
        store.get(step)
    assert "bad failed: sh ended with code 3" in caught.value.what
    assert "the cause" in caught.value.what
    assert caught.value.where == str(store.logs / "bad.log")
    assert "ledger cluster up" in caught.value.fix
    assert not store.folder(step).exists()


def test_a_killed_build_leaves_no_result_and_the_next_starts_clean(
    store: Store, tmp_path: Path
) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from pathlib import Path
            from ledger.cluster.steps import Step, Store, Task

            def build(task: Task) -> None:
                if (task.out / "half").exists():
                    raise SystemExit("found a half-made result")
                (task.out / "half").write_text("x")
                if len(sys.argv) > 3:
                    print("ready", flush=True)
                    time.sleep(60)
                (task.out / "whole").write_text("x")

            store = Store(Path(sys.argv[1]), Path(sys.argv[2]), lambda _: None)
            print(store.get(Step("slow", build, 1)))
            """
        )
    )
    command = [sys.executable, str(script), str(store.root), str(store.logs)]
    child = subprocess.Popen([*command, "wait"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert not (store.root / "steps").exists()
    result = Path(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    )
    assert sorted(path.name for path in result.iterdir()) == ["half", "whole"]


def test_old_results_go_the_last_two_stay(store: Store) -> None:
    steps = [Step("s", write, 1, inputs={"text": text}) for text in "123"]
    other = Step("s-other", write, 1)
    store.get(other)
    for step in steps:
        store.get(step)
        time.sleep(0.02)
    there = [store.folder(step).exists() for step in (*steps, other)]
    assert there == [False, True, True, True]


def test_remove_takes_folders_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "locked" / "inner"
    folder.mkdir(parents=True)
    (folder / "file").write_text("x")
    folder.chmod(0o555)
    remove(tmp_path / "locked")
    assert not (tmp_path / "locked").exists()


def _hold(
    folder: Path,
    ready: multiprocessing.synchronize.Event,
    told: multiprocessing.synchronize.Event,
) -> None:
    with locked(folder, lambda _: None):
        ready.set()
        told.wait(60)
        (folder / "over").touch()


def test_the_lock_makes_a_second_command_wait_and_says_so(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready, told = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, told))
    holder.start()
    ready.wait(60)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        told.set()

    with locked(tmp_path, say):
        assert (tmp_path / "over").exists()
    holder.join()
    assert said == ["another `ledger cluster` command is at work; waiting for it ..."]


def test_a_dead_process_lets_go_of_the_lock(tmp_path: Path) -> None:
    pid = os.fork()
    if not pid:
        with locked(tmp_path, lambda _: None):
            os._exit(0)
    os.waitpid(pid, 0)
    said: list[str] = []
    with locked(tmp_path, said.append):
        assert said == []


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="took longer than 0 s"):
        Shell(tmp_path / "log").run("sleep 30", seconds=0.1)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no-such-program is not to be found"):
        Shell(tmp_path / "log").run("no-such-program --help")


def test_the_log_has_the_command_and_all_it_printed(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "log", {"WORD": "given"})
    assert shell.run("sh -c", 'echo "$WORD"; echo warned >&2') == "given\n"
    assert (tmp_path / "log").read_text().splitlines() == [
        """$ sh -c 'echo "$WORD"; echo warned >&2'""",
        "warned",
        "given",
    ]
