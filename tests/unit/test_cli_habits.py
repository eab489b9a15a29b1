"""Habits that every command has. Commands are found, not listed: a new one is tested as it comes.

What a command is run with is the first example of its own help.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from ledger.cli import COMMANDS, main
from ledger.cli.common import say_error
from ledger.cli.parser import build
from ledger.cluster import Identity
from ledger.core.project import Project
from ledger.errors import Exit, LedgerError, UsageError
from ledger.verify import signature
from tests.fixtures.flow_project import SEED, Fake
from tests.fixtures.schemas import SCHEMAS, validate
from tests.support import signing
from tests.support.flat import flat

ROOT = Path(__file__).parents[2]
LEDGER = str(Path(sys.executable).with_name("ledger"))
# One would raise a cluster, one would not end; tests/cluster and tests/site run them.
NEVER_RUN = {"cluster up", "site serve"}
# What would make commands behave otherwise than they do for people.
_LEFT_OUT = {"CI", "COLUMNS", "PYTHONUNBUFFERED"}
NO_JSON = {"completion": "prints a script", "site serve": "prints nothing"}
PAGE = """\
---
title: Page
cluster: false
---

```bash {.verify name=publish expect=none}
true
```
"""


class Command(NamedTuple):
    """A command that can be run: its words and its parser."""

    words: str
    parser: argparse.ArgumentParser

    @property
    def examples(self) -> list[list[str]]:
        """The words behind `ledger` in each example, up to what only a shell understands."""
        text = str(self.parser.epilog).replace("\\\n", " ")
        lines = [line.strip() for line in text.splitlines()]
        told = [line for line in lines if line.startswith("ledger ")]
        return [_until_shell(shlex.split(line, comments=True)[1:]) for line in told]

    @property
    def dests(self) -> set[str]:
        return {action.dest for action in self.parser._actions}


def _until_shell(words: list[str]) -> list[str]:
    ends = [words.index(mark) for mark in ("|", "&&", ">", "<") if mark in words]
    return words[: min(ends, default=len(words))]


def _leaves(words: str, parser: argparse.ArgumentParser) -> Iterator[Command]:
    nested = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in nested:
        for name, child in action.choices.items():
            yield from _leaves(f"{words} {name}".strip(), child)
    if not nested:
        yield Command(words, parser)


def _parser(name: str) -> argparse.ArgumentParser:
    subparsers = next(
        action
        for action in build(COMMANDS, [name])._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    parser = subparsers.choices[name]
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


ALL = [command for name in COMMANDS for command in _leaves(name, _parser(name))]
RUN = [command for command in ALL if command.words not in NEVER_RUN]
every = pytest.mark.parametrize("command", ALL, ids=lambda command: command.words)
runnable = pytest.mark.parametrize("command", RUN, ids=lambda command: command.words)
of_a_skill = pytest.mark.parametrize(
    "command", [c for c in RUN if "skill" in c.dests], ids=lambda command: command.words
)
of_a_phase = pytest.mark.parametrize(
    "command", [c for c in RUN if "phase" in c.dests], ids=lambda command: command.words
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project under git, with the skill that examples name, and all that they read."""
    fake = Fake(tmp_path_factory.mktemp("habits") / "project")
    fake.seed()
    fake.replace(f"skills/{SEED.name}", "spent: 0.03", "spent: 0.01")
    fake.write("runbooks/disk-full.md", "# Disk full\n\n```sh\ndf -h\n```\n")
    fake.write("answer.md", f"skill: {SEED.stem}\n\n⟿[PLAN]\n")
    fake.write("docs/page.md", PAGE)
    fake.verify()
    fake.write("mkdocs.yml", f"site_name: Habits\n{fake.read('mkdocs.yml')}")
    fake.write("public/index.html", "<h1>A site</h1>\n")
    signing.write_keys(fake.root)
    made = signing.record(Project(fake.root), "docs/page.md")
    signer = signature.load_signer(fake.root / signing.PRIVATE)
    made.with_suffix(signature.SUFFIX).write_bytes(signature.sign(made.read_bytes(), signer))
    for shard in ("shard-1", "shard-2"):
        fake.write(f"{shard}/evidence/page.json", fake.read("evidence/page.json"))
    commit = ("-c", "user.name=Ada", "-c", "user.email=a@example.org", "commit", "-qm", "first")
    for words in (("init", "-q"), ("add", "."), commit):
        subprocess.run(("git", *words), cwd=fake.root, check=True)
    return fake.root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "project")


def environment(root: Path) -> dict[str, str]:
    """The environment of a command: nothing of this machine's clusters, and the day of Fake."""
    homes = {f"XDG_{name}_HOME": str(root.parent / name) for name in ("STATE", "CACHE", "CONFIG")}
    kept = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    return kept | homes | {"SOURCE_DATE_EPOCH": "1795219200"}


def run(
    root: Path, *words: str, text: str | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LEDGER, *words],
        cwd=root,
        env=environment(root),
        text=True,
        check=False,
        timeout=60,
        **{"capture_output": True, "stdin": subprocess.DEVNULL} | options,
    )


def refused(root: Path, *words: str) -> str:
    """The command line is refused: exit 2, one error on standard error, nothing else."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(root),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["ledger", *words])
        main()
    assert (ended.value.code, out.getvalue()) == (Exit.USAGE, "")
    assert err.getvalue().startswith("error: ")
    return flat(err.getvalue())


def test_help_lists_every_command_in_eighty_columns(root: Path) -> None:
    for words in ([], ["--help"], ["-h"]):
        said = run(root, *words)
        assert said.returncode == 0
        assert max(map(len, said.stdout.splitlines())) <= 80
        assert all(f"    {name} " in said.stdout for name in COMMANDS)


def test_an_error_is_told_in_eighty_columns_and_can_be_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, command = f"{tmp_path}/a folder/" + "f" * 60, f"ledger verify {'x' * 60} --update-lock"
    say_error(
        LedgerError(
            f"{'what is wrong ' * 9}\xa0: \x1b[31m\n  | {'as printed ' * 9}",
            where=place,
            fix=f"{'first look at it ' * 5}, or at `{'a b' * 30}`; then {command}, or wait",
        )
    )
    told = capsys.readouterr().err
    lines = told.splitlines()
    assert lines[0] == f"error: {place}:"
    assert f"  | {'as printed ' * 9}" in lines
    assert {line for line in lines if len(line) > 80} == {
        lines[0],
        f"  | {'as printed ' * 9}",
        f"       `{'a b' * 30}`;",
        f"       {command},",
    }
    assert "wrong \xa0: \\x1b[31m\n" in told


@pytest.mark.parametrize(
    ("front", "words"),
    [
        ("a: [", ["verify"]),
        ("a: 1\na: 2", ["verify"]),
        ("inputs: manifests", ["evidence", "show"]),
        ("parameters: [STREAM]", ["check", "--pages"]),
        ("cluster: false\nfixtures: [nosuch]", ["verify", "docs/page.md"]),
        ("title: a", ["verify", "docs/nosuch.md"]),
        ("title: a", ["verify", "skills/backup.md"]),
        ("title: a", ["verify", "--offline", "docs/nosuch.md"]),
        ("title: a", ["check", "docs/nosuch.md"]),
        ("title: a", ["why", "docs/nosuch.md"]),
        ("skill: [", ["advance", "backup"]),
        ("extension: x_y", ["verify"]),
    ],
)
def test_an_error_says_where_and_what_to_do(tmp_path: Path, front: str, words: list[str]) -> None:
    fake = Fake(tmp_path)
    block = "```bash {.verify name=one expect=none}\ntrue\n```\n"
    fake.write("docs/page.md", f"---\n{front}\n---\n\n{block}")
    if front.startswith("skill"):
        fake.write("skills/backup.md", "---\nstatus: [\n---\n")
    if front.startswith("extension"):
        fake.write("mkdocs.yml", "markdown_extensions: [x_y]\n")
    said = run(tmp_path, *words)
    assert said.returncode in {Exit.FOUND, Exit.USAGE}
    assert re.search(
        r"(docs/|skills/|mkdocs)[^ ]+: .*\n(?:.+\n)*? +fix: ", said.stdout + said.stderr
    )


@every
def test_help_tells_shows_and_fits(command: Command) -> None:
    text = command.parser.format_help()
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(f"usage: ledger {command.words} ")
    assert command.parser.description
    assert "\nExamples:\n  " in text
    assert all(action.help for action in command.parser._actions)


@every
def test_every_example_can_be_typed(command: Command) -> None:
    assert command.examples
    for words in command.examples:
        args = build(COMMANDS, words).parse_args(words)
        assert callable(args.run), words


@every
def test_json_is_everywhere(command: Command) -> None:
    assert ("json" in command.dests) == (command.words not in NO_JSON)


def test_a_word_that_is_nearly_a_command(root: Path) -> None:
    assert "did you mean status?" in refused(root, "statsu")
    assert "did you mean up?" in refused(root, "cluster", "upp")
    assert "did you mean fish?" in refused(root, "completion", "fsh")


@every
def test_a_word_that_is_nearly_an_option(command: Command) -> None:
    option = max((text for a in command.parser._actions for text in a.option_strings), key=len)
    words = [*command.examples[0], f"{option[:-1]}{option[-1] * 2}"]
    with pytest.raises(UsageError, match=f"did you mean {option}"):
        build(COMMANDS, words).parse_args(words)


@of_a_skill
def test_a_word_that_is_nearly_a_skill(command: Command, root: Path) -> None:
    example = next(words for words in command.examples if SEED.stem in words)
    words = [word.replace(SEED.stem, f"{SEED.stem}s") for word in example]
    assert f"did you mean {SEED.stem}?" in refused(root, *words)


@of_a_phase
def test_a_word_that_is_nearly_a_phase(command: Command, root: Path) -> None:
    flags = [a.option_strings for a in command.parser._actions if a.dest == "phase"]
    words = ["--phase", "tset"] if flags[0] else ["tset"]
    examples = [example for example in command.examples if "--phase" not in example]
    refusals = [refused(root, *example, *words) for example in examples]
    assert any("did you mean TEST?" in refusal for refusal in refusals)


@runnable
def test_data_on_standard_output_as_its_schema_says(command: Command, root: Path) -> None:
    if command.words in NO_JSON:
        return
    done = run(root, *command.examples[0], "--json")
    assert done.returncode in {Exit.DONE, Exit.FOUND}, done.stderr
    document = json.loads(done.stdout)
    kind = document["schema"].removeprefix("phase-ledger/").replace("/", ".")
    validate(document, kind)


def test_a_cluster_that_was_raised_is_told_as_its_schema_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = Identity("a", "https://b:1", "c", "v1.34.4", Path("/d"), Path("/e"), "airgap")
    monkeypatch.setattr("ledger.cluster.up", lambda *_, **__: raised)
    monkeypatch.setattr(sys, "argv", ["ledger", "cluster", "up", "--json"])
    with pytest.raises(SystemExit):
        main()
    validate(json.loads(capsys.readouterr().out), "cluster.v1")


@runnable
def test_nothing_is_asked_and_nothing_coloured(command: Command, root: Path) -> None:
    """On a terminal whose NO_COLOR is set, and whose standard input is closed."""
    main, side = pty.openpty()
    env = environment(root) | {"NO_COLOR": "1", "TERM": "xterm-256color"}
    shell = ["sh", "-c", 'exec "$@" <&-', "sh", LEDGER, *command.examples[0]]
    process = subprocess.Popen(shell, cwd=root, env=env, stdout=side, stderr=side)
    os.close(side)
    said = _all(main)
    assert process.wait(timeout=60) in {Exit.DONE, Exit.FOUND}, said
    assert not re.search(rb"\x1b\[[\d;]*m", said)
    assert b"Traceback" not in said


def _all(terminal: int) -> bytes:
    said = b""
    try:
        while part := os.read(terminal, 4096):
            said += part
    except OSError as error:  # what Linux says when the other end is closed
        assert error.errno == errno.EIO
    return said


@runnable
def test_a_reader_that_goes_away_is_no_error(command: Command, root: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run(
        root, *command.examples[0], capture_output=False, stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    assert done.returncode in {Exit.DONE, Exit.FOUND, 128 + signal.SIGPIPE}
    assert not {"Traceback", "Exception ignored", "BrokenPipe"} & set(done.stderr.split())


def test_a_reader_of_help_that_goes_away_is_no_error(root: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run(root, "--help", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_streams_that_the_caller_closed_are_nobody_s(root: Path) -> None:
    shell = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", LEDGER, "show", SEED.stem]
    assert subprocess.run(shell, cwd=root, env=environment(root), check=False).returncode == 0


def test_data_is_utf_8_in_every_locale(root: Path) -> None:
    odd = os.fsdecode(b"skills/\xff.md")
    shutil.copy(root / f"skills/{SEED.name}", root / odd)
    for words in (("prompt", SEED.stem), ("show", odd)):
        said = [
            subprocess.run(
                [LEDGER, *words],
                cwd=root,
                env=environment(root) | {"PYTHONIOENCODING": encoding},
                capture_output=True,
                check=True,
            ).stdout
            for encoding in ("utf-8", "ascii")
        ]
        assert said[0] == said[1] != b""


@of_a_skill
def test_an_interrupt_is_no_error(command: Command, root: Path) -> None:
    """The skill is a pipe that nobody writes to, so that the command waits when it is stopped."""
    skill = root / f"skills/{SEED.name}"
    skill.unlink()
    os.mkfifo(skill)
    process = subprocess.Popen(
        [LEDGER, *command.examples[0]],
        cwd=root,
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    writer = _writer(skill, process)
    _until_it_waits(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    os.close(writer)
    assert (process.returncode, out, err) == (128 + signal.SIGINT, "", "stopped\n")


def _writer(fifo: Path, process: subprocess.Popen[str]) -> int:
    """Open the pipe as soon as somebody reads it."""
    for _ in range(3000):
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            assert error.errno == errno.ENXIO
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
    raise AssertionError("the skill was never read")


def _until_it_waits(process: subprocess.Popen[str]) -> None:
    """Python that is hit just before it begins to read looks at the signal only after it has."""
    stat = Path(f"/proc/{process.pid}/stat")
    for _ in range(3000):
        if stat.read_text().rpartition(")")[2].split()[0] == "S":
            return
        time.sleep(0.02)
    raise AssertionError("the command never waits")


@runnable
def test_outside_a_project_the_way_in_is_told(command: Command, tmp_path: Path) -> None:
    if command.words.split()[0] in {"completion", "cluster", "doctor", "init", "merge"}:
        return  # these need no project
    assert "no mkdocs.yml here" in refused(tmp_path, *command.examples[0])


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_a_schema_is_valid_strict_and_told(path: Path) -> None:
    schema = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"].startswith("ledger ")
    assert schema["properties"]["schema"]["const"] == f"phase-ledger/{path.stem.replace('.', '/')}"
    for table in _objects(schema):
        assert table["additionalProperties"] is False
        assert set(table["required"]) == set(table["properties"])


def test_the_page_lists_every_schema() -> None:
    page = (ROOT / "docs/reference/json.md").read_text("utf-8")
    rows = ["| Command | Schema | Says |", "| --- | --- | --- |"]
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        link = f"[{path.stem}](../schemas/{path.name})"
        rows.append(f"| `{schema['title']}` | {link} | {schema['description']} |")
    table = "\n".join(rows)
    told = "put this between its marks in docs/reference/json.md:"
    assert f"<!-- schemas -->\n\n{table}\n\n<!-- /schemas -->" in page, f"{told}\n\n{table}\n"


def test_the_page_lists_every_exit_code() -> None:
    page = (ROOT / "docs/reference/ledger.md").read_text("utf-8").partition("## Exit codes")[2]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == [*Exit]
    told = build(COMMANDS, []).format_help()
    assert [int(code) for code in re.findall(r"(\d) [a-z]", told.partition("Exit codes")[2])] == [
        *Exit
    ]


def _objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every part of a schema that names properties."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from _objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(part)
