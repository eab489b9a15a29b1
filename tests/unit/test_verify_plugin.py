"""Pages run as pytest items, with real fixtures, and fail so that a person can read it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

# Loaded here, so that the pytest inside a test does not load its own copy each time.
import ledger.verify.items
import ledger.verify.record  # noqa: F401
from ledger import cluster as clusters
from ledger.cluster import Identity, places
from ledger.cluster.identity import Record, path_of
from ledger.cluster.lock import locked
from ledger.errors import ClusterError

PAGE = """\
---
title: Page
cluster: false
fixtures: [orders]
versions: {bash: bash --version}
parameters: {STREAM: {example: ORDERS, find: nats stream ls}}
reasons: {no-bucket: there is no bucket in this cluster}
---

# Page

```bash {.verify name=define expect=none}
greet() { echo "hello $STREAM"; }
```

```bash {.skip name=upload reason=no-bucket}
aws s3 ls
```

```bash {.verify name=use}
greet
```

```text {.expect}
hello ORDERS
```

```bash {.show}
never run
```
"""
CONFTEST = """\
import pytest

@pytest.fixture(scope="module")
def orders():
    with open("log", "a") as log:
        log.write("up\\n")
    yield
    with open("log", "a") as log:
        log.write("down\\n")

@pytest.fixture(scope="module")
def broken():
    raise RuntimeError("no orders today")
"""


@pytest.fixture
def site(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with no page yet; no cluster is on record, and no CI variable is set."""
    monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / "state"))
    monkeypatch.delenv("CI", raising=False)
    # They take long to load and have no part in it.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:examples")
    pytester.makefile(".yml", mkdocs="site_name: Test\n")
    pytester.makeconftest(CONFTEST)
    pytester.mkdir("docs")
    return pytester


def write(site: pytest.Pytester, name: str, text: str) -> Path:
    path = site.path / "docs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def block(name: str, text: str, attributes: str = "expect=none") -> str:
    return f"```bash {{.verify name={name} {attributes}}}\n{text}\n```\n"


def front(**keys: str) -> str:
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in keys.items()) + "---\n"


def run(site: pytest.Pytester, *args: str) -> pytest.RunResult:
    return site.runpytest_inprocess("--ledger-docs", "-rsx", "docs", *args)


def test_blocks_are_items_with_fixtures_parameters_and_shared_state(site: pytest.Pytester) -> None:
    write(site, "runbook/page.md", PAGE)
    result = run(site, "-v")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "docs/runbook/page.md::define PASSED*",
            "docs/runbook/page.md::upload SKIPPED*there is no bucket*",
            "docs/runbook/page.md::use PASSED*",
        ]
    )
    assert (site.path / "log").read_text() == "up\ndown\n"


def test_pages_are_left_alone_without_the_option(site: pytest.Pytester) -> None:
    write(site, "page.md", PAGE)
    assert site.runpytest_inprocess("docs").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_only_pages_below_docs_are_pages(site: pytest.Pytester) -> None:
    (site.path / "README.md").write_text("```bash\nbare\n```\n")
    write(site, "page.md", PAGE)
    site.runpytest_inprocess("--ledger-docs", ".").assert_outcomes(passed=2, skipped=1)


def test_a_block_can_be_chosen_by_its_id(site: pytest.Pytester) -> None:
    write(site, "page.md", PAGE)
    result = site.runpytest_inprocess("--ledger-docs", "docs/page.md::define")
    result.assert_outcomes(passed=1)


def test_a_failure_is_told_without_a_traceback_and_stops_the_page(site: pytest.Pytester) -> None:
    text = front(cluster="false", fixtures="[orders]") + block("first", "echo ok")
    text += block("check", "echo 'nats-0   0/1'\necho token=abcdef >&2", "timeout=9s")
    text += "\n```text {.expect match=like}\nnats-0 1/1\n```\n" + block("after", "touch after")
    write(site, "page.md", text)
    write(site, "other.md", front(cluster="false") + block("fine", "true"))
    result = run(site)
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "docs/page.md:8 block check: unexpected output: line 1 differs",
            "  | echo 'nats-0   0/1'",
            "  exit code: expected 0, got 0",
            "      expected: nats-0 1/1",
            "      got:      nats-0 0/1",
            "  stderr:",
            "    token=[[]redacted[]]",
            "SKIPPED * docs/page.md: not run because block check failed",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*abcdef*")
    assert (site.path / "log").read_text() == "up\ndown\n"


@pytest.mark.parametrize(
    ("command", "attributes", "told"),
    [
        ("(exit 3)", "", "ended with 3, expected 0"),
        ("exit 3", "", "called exit 3, expected 0"),
        ("true", "exit=1", "ended with 0, expected 1"),
        ("sleep 30", "timeout=300ms", "took longer than 0.3 s"),
        ("kill -9 $$", "", "ended the page's shell (signal SIGKILL)"),
        ("nosuchcommand", "", "ended with 127, expected 0"),
    ],
)
def test_each_way_to_fail_is_named(
    site: pytest.Pytester, command: str, attributes: str, told: str
) -> None:
    text = front(cluster="false") + block("bad", command, f"expect=none {attributes}")
    write(site, "page.md", text + block("after", "true"))
    result = run(site)
    result.assert_outcomes(failed=1, skipped=1)
    assert f"docs/page.md:4 block bad: {told}" in result.outlines


def test_a_failure_that_the_page_expects_is_a_pass(site: pytest.Pytester) -> None:
    text = front(cluster="false") + block("bad", "x=1\nexit 3", "expect=none exit=3")
    write(site, "page.md", text + block("after", "[[ $x == 1 ]]"))
    run(site).assert_outcomes(passed=2)


def test_a_broken_page_is_one_line(site: pytest.Pytester) -> None:
    write(site, "page.md", front(cluster="false") + "```bash {.verify nmae=x}\ntrue\n```\n")
    result = run(site)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["docs/page.md:4: unknown attribute 'nmae' of .verify", "  fix: *name?"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_unknown_fixture_is_one_line(site: pytest.Pytester) -> None:
    write(site, "page.md", front(cluster="false", fixtures="[ordres]") + block("a", "true"))
    result = run(site)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["docs/page.md:1: fixtures: there is no fixture 'ordres'"])


def test_a_broken_fixture_stops_the_page_and_only_it(site: pytest.Pytester) -> None:
    text = front(cluster="false", fixtures="[broken]") + block("a", "true") + block("b", "true")
    write(site, "page.md", text)
    write(site, "zother.md", front(cluster="false") + block("fine", "true"))
    result = run(site)
    result.assert_outcomes(passed=1, errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*no orders today*", "*not run because the page's set-up failed"])


@pytest.mark.parametrize("option", ["--tb=auto", "--tb=long"])
def test_what_a_broken_fixture_tells_and_prints_holds_no_secret(
    site: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("NATS_TOKEN", "very-s3cret")
    site.makeconftest(
        """
import os, pytest

@pytest.fixture(scope="module")
def orders():
    print("printed", os.environ["NATS_TOKEN"])
    raise RuntimeError(f"told {os.environ['NATS_TOKEN']}")
"""
    )
    write(site, "page.md", front(cluster="false", fixtures="[orders]") + block("a", "true"))
    result = run(site, option, "--junitxml=report.xml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*told [[]redacted[]]*"])
    result.stdout.fnmatch_lines(["*printed [[]redacted[]]*"])
    shown = result.stdout.str() + (site.path / "report.xml").read_text()
    assert "very-s3cret" not in shown


def test_a_secret_in_a_long_line_is_not_cut_before_it_is_masked(
    site: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATS_TOKEN", "very-s3cret")
    command = "printf '\"%0495dvery-s3cret\"' 0"
    text = block("a", command, "match=json").replace(" match=json", "")
    write(site, "page.md", front(cluster="false") + text + "```json {.expect match=json}\n1\n```\n")
    result = run(site)
    result.assert_outcomes(failed=1)
    diff = next(line for line in result.outlines if "got: " in line and "00000" in line)
    assert "very" not in diff


def test_a_page_without_a_version_to_tell_is_an_error(site: pytest.Pytester) -> None:
    text = front(cluster="false", versions="{nats: echo none}") + block("a", "true")
    write(site, "page.md", text)
    result = run(site)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["docs/page.md:1: no version in what `echo none` prints"])


def test_a_missing_input_stops_the_page_before_it_runs(site: pytest.Pytester) -> None:
    text = front(cluster="false", inputs="[manifests]") + block("a", "touch ran")
    write(site, "page.md", text)
    result = run(site)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["docs/page.md:1: input manifests does not exist"])


def test_a_run_starts_in_an_empty_folder_with_an_empty_home(site: pytest.Pytester) -> None:
    command = "[[ -z $(ls -A) && -z $(ls -A ~) && $HOME != /root ]]"
    write(site, "page.md", front(cluster="false") + block("a", command))
    run(site).assert_outcomes(passed=1)


def test_a_block_sees_no_secret_of_the_user(site: pytest.Pytester) -> None:
    write(
        site, "page.md", front(cluster="false") + block("a", "[[ -z ${AWS_SECRET_ACCESS_KEY-} ]]")
    )
    site._monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    run(site).assert_outcomes(passed=1)


def test_a_page_without_a_cluster_cannot_reach_one(site: pytest.Pytester) -> None:
    command = "[[ $KUBECONFIG == /dev/null && -z ${KUBERNETES_SERVICE_HOST-} ]]"
    write(site, "page.md", front(cluster="false") + block("a", command))
    site._monkeypatch.setenv("KUBECONFIG", "/somebody/production")
    site._monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    run(site).assert_outcomes(passed=1)


@pytest.mark.parametrize("other", ["--cluster-up", "--ledger-cluster=green"])
def test_a_cluster_is_named_in_one_way(site: pytest.Pytester, other: str) -> None:
    result = run(site, "--ledger-cluster-uid=1", other)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ledger-cluster-uid excludes*"])


def test_without_a_cluster_the_page_is_skipped_with_one_line(site: pytest.Pytester) -> None:
    write(site, "page.md", block("a", "true") + block("b", "true"))
    result = run(site)
    result.assert_outcomes(skipped=2)
    told = (
        "SKIPPED [[]1[]] docs/page.md:{}: no cluster: run `ledger cluster up`, or pass --cluster-up"
    )
    result.stdout.fnmatch_lines([told.format(1), told.format(4)])


def test_in_ci_a_missing_cluster_is_a_failure(
    site: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    write(site, "page.md", block("a", "true"))
    result = run(site)
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def standing(site: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cluster on record that proves itself; what is done to it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.path / "cache"))
    identity = Identity("phase-ledger", "", "", "v1", site.path / "kubeconfig", site.path, "airgap")
    Record(identity, created="", engine={}, node_image="").write()
    done: list[str] = []

    def up(name: str, say: Callable[[str], None]) -> Identity:
        with locked(places.cache_home(), say):
            done.append("up")
        return identity

    monkeypatch.setattr(clusters, "prove", lambda _: None)
    monkeypatch.setattr(clusters, "up", up)
    monkeypatch.setattr(clusters, "down", lambda *_, **__: done.append("down"))
    site.makepyfile("def test_it(cluster):\n    assert cluster.name == 'phase-ledger'")
    return done


@pytest.mark.parametrize(("options", "expected"), [((), []), (("--cluster-up",), ["up"])])
def test_a_standing_cluster_gets_changed_images_and_stays(
    site: pytest.Pytester, standing: list[str], options: tuple[str, ...], expected: list[str]
) -> None:
    site.runpytest_inprocess(*options).assert_outcomes(passed=1)
    assert standing == expected


def test_a_run_within_a_run_leaves_the_outer_one_its_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PHASE_LEDGER_RESERVED", "1 the outer one's")
    with clusters.reserved("phase-ledger", lambda _: None):
        assert os.environ["PHASE_LEDGER_RESERVED"].startswith(f"{os.getpid()} ")
    assert os.environ["PHASE_LEDGER_RESERVED"] == "1 the outer one's"


def test_two_runs_within_a_run_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    outer = places.state_home() / "runs" / "phase-ledger"
    monkeypatch.setenv("PHASE_LEDGER_RESERVED", f"1 {outer}")
    program = (
        "from ledger.cluster import reserved\n"
        "with reserved('phase-ledger', print):\n"
        "    print('mine', flush=True)\n"
        "    input()\n"
    )
    command, pipe, said = [sys.executable, "-c", program], subprocess.PIPE, list[str]()
    with (
        locked(outer, lambda _: None),
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as sibling,
    ):
        assert sibling.stdout and sibling.stdout.readline() == "mine\n"

        def end_it(told: str) -> None:
            said.append(told)
            sibling.communicate("\n")

        with clusters.reserved("phase-ledger", end_it):
            assert [told.partition(";")[2] for told in said] == [" waiting for it ..."]


def test_a_second_run_on_the_cluster_waits_and_says_so(
    site: pytest.Pytester, standing: list[str]
) -> None:
    held, waits = threading.Event(), threading.Event()
    reserved = clusters.reserved

    def hold() -> None:
        with reserved("phase-ledger", lambda _: None):
            held.set()
            waits.wait(60)
            standing.append("end of the first")

    def telling(name: str, say: Callable[[str], None]) -> AbstractContextManager[None]:
        def tell(text: str) -> None:
            say(text)
            waits.set()

        return reserved(name, tell)

    site._monkeypatch.setattr(clusters, "reserved", telling)
    first = threading.Thread(target=hold)
    first.start()
    held.wait(60)
    result = site.runpytest_inprocess("--cluster-up")
    first.join()
    result.assert_outcomes(passed=1)
    assert standing == ["end of the first", "up"]
    told = "another run of pages or tests is on cluster phase-ledger; waiting for it ..."
    assert told in result.errlines


def test_the_cluster_is_one_run_s_alone_to_its_end(
    site: pytest.Pytester, standing: list[str]
) -> None:
    said: list[str] = []

    def use() -> None:
        with clusters.reserved("phase-ledger", said.append):
            said.append("mine")

    site.makepyfile(
        """
        import time
        from test_the_other import other

        def test_it(cluster):
            other.start()
            time.sleep(1)
            assert other.is_alive()
        """
    )
    other = types.ModuleType("test_the_other")
    other.other = threading.Thread(target=use)  # type: ignore[attr-defined]
    site._monkeypatch.setitem(sys.modules, "test_the_other", other)
    site.runpytest_inprocess().assert_outcomes(passed=1)
    other.other.join(10)
    assert said[1:] == ["mine"]


@pytest.mark.parametrize(("option", "expected"), [("-q", ["down"]), ("--ledger-keep", [])])
def test_a_cluster_that_was_raised_goes_unless_all_is_kept(
    site: pytest.Pytester, standing: list[str], option: str, expected: list[str]
) -> None:
    identity = clusters.recorded()
    (path_of("phase-ledger")).unlink()
    site._monkeypatch.setattr(clusters, "up", lambda *_, **__: identity)
    site.runpytest_inprocess("--cluster-up", option).assert_outcomes(passed=1)
    assert standing == expected


def test_an_engine_that_was_started_in_vain_is_stopped(
    site: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.path / "cache"))
    record = places.engine_home() / "engine.json"
    engine = subprocess.Popen(["dockerd", "60"], executable=shutil.which("sleep"))

    def up(name: str, say: Callable[[str], None]) -> Identity:
        record.parent.mkdir(parents=True)
        record.write_text(json.dumps({"pid": engine.pid, "bin": "/nowhere", "made": []}))
        raise ClusterError("a step failed", where="its.log", fix="mend it")

    monkeypatch.setattr(clusters, "up", up)
    site.makepyfile("def test_it(cluster): ...")
    result = site.runpytest_inprocess("--cluster-up", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no cluster can be had here: a step failed (its.log); mend it"])
    assert engine.poll() is not None
    assert not record.exists()


@pytest.mark.parametrize(("chosen", "page"), [("cluster", "far"), ("not cluster", "near")])
def test_pages_on_a_cluster_are_marked(site: pytest.Pytester, chosen: str, page: str) -> None:
    write(site, "far.md", block("a", "true"))
    write(site, "near.md", front(cluster="false") + block("a", "true"))
    result = run(site, "--strict-markers", "--collect-only", "-q", "-m", chosen)
    assert [line for line in result.outlines if "::" in line] == [f"docs/{page}.md::a"]


def test_a_run_record_is_written_where_the_page_lies(site: pytest.Pytester) -> None:
    write(site, "runbook/page.md", PAGE)
    run(site, "--ledger-record", "records")
    record = json.loads((site.path / "records/runbook/page.json").read_text())
    assert record["predicate"]["passedTests"] == ["define", "use"]


def test_a_selection_is_known_as_one(site: pytest.Pytester) -> None:
    write(site, "page.md", PAGE)
    site.makeconftest(
        CONFTEST
        + """
def pytest_sessionfinish(session):
    from ledger.verify.items import RUNS
    print("whole:", [run.whole for run in session.config.stash[RUNS]])
"""
    )
    run(site, "-s").stdout.fnmatch_lines(["*whole: [[]True[]]"])
    run(site, "-s", "-k", "define").stdout.fnmatch_lines(["*whole: [[]False[]]"])


def test_the_plugin_imports_nothing_heavy() -> None:
    heavy = ("kubernetes", "markdown", "pymdownx", "yaml", "click")
    code = f"import sys, ledger.verify.plugin; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=True,
    )
    assert done.stdout.strip() == "[]"
