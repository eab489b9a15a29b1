"""The public face for tests of users' own: `ledger.testing` and the fixture `ledger_pages`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import testing
from ledger.errors import PageError
from ledger.testing import Pages

FRONT = "---\ncluster: false\n---\n"


@pytest.fixture(scope="module")
def orders() -> Iterator[None]:
    """What a page of these tests may name."""
    yield


@pytest.fixture(scope="module")
def broken() -> None:
    raise RuntimeError("no orders today")


def block(name: str, text: str, attributes: str = "expect=none") -> str:
    return f"```bash {{.verify name={name} {attributes}}}\n{text}\n```\n"


def test_the_public_face_is_this_and_no_more() -> None:
    assert testing.__all__ == ["BlockResult", "Identity", "PageResult", "Pages", "environment"]
    assert all(hasattr(testing, name) for name in testing.__all__)


def test_each_block_has_a_name_a_line_a_result_and_what_it_printed(ledger_pages: Pages) -> None:
    text = FRONT.replace("---\n", "---\nreasons: {why: Because.}\n", 1)
    text += block("first", "echo out; echo err >&2") + "```bash {.skip name=upload reason=why}\n"
    text += "true\n```\n" + block("second", "(exit 3)") + block("third", "true")
    page = ledger_pages.run(text)
    assert page.results == {
        "first": "passed",
        "upload": "skipped",
        "second": "failed",
        "third": "not-run",
    }
    first = page["first"]
    assert (first.line, first.reason, first.report) == (5, "", "")
    assert (first.stdout, first.stderr) == ("out\n", "err\n")
    assert page["upload"].reason == "Because."
    assert page["second"].reason == "ended with 3, expected 0"
    assert page["second"].report.startswith("page.md:11 block second: ended with 3, expected 0\n")
    assert page["third"].reason == "because block second failed"
    with pytest.raises(KeyError, match="fourth"):
        page["fourth"]


def test_a_page_names_fixtures_of_the_test_s_module(ledger_pages: Pages) -> None:
    good = ledger_pages.run(
        FRONT.replace("\n---", "\nfixtures: [orders]\n---") + block("a", "true")
    )
    assert good.results == {"a": "passed"}
    bad = ledger_pages.run(FRONT.replace("\n---", "\nfixtures: [broken]\n---") + block("a", "true"))
    assert bad["a"].result == "failed"
    assert "no orders today" in bad["a"].report


def test_a_page_that_cannot_be_read_is_an_error(ledger_pages: Pages) -> None:
    with pytest.raises(PageError, match="unknown attribute 'nmae'") as caught:
        ledger_pages.run(FRONT + "```bash {.verify nmae=x}\ntrue\n```\n", "docs/page.md")
    assert caught.value.where == "docs/page.md:4"


def test_what_goes_wrong_after_the_last_block_is_a_result(ledger_pages: Pages) -> None:
    front = "---\ncluster: false\nversions: {nats: echo none}\n---\n"
    page = ledger_pages.run(front + block("a", "true"))
    assert page.results == {"a": "passed", "(after the last block)": "failed"}


def test_inputs_lie_in_the_test_s_folder(ledger_pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "orders.txt").write_text("ORDERS\n")
    front = "---\ncluster: false\ninputs: [orders.txt]\n---\n"
    assert ledger_pages.run(front + block("a", "cat orders.txt"))["a"].stdout == "ORDERS\n"


def test_the_test_s_own_pytest_options_are_not_the_page_s(
    ledger_pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nosuchoption")
    assert ledger_pages.run(FRONT + block("a", "true")).results == {"a": "passed"}
    assert os.environ["PYTEST_ADDOPTS"] == "--nosuchoption"


OUTER = """\
import pytest

@pytest.fixture(scope="session")
def cluster():
    note("cluster")
    return "the cluster"

def pytest_addoption(parser):
    parser.addoption("--stream", default="ORDERS")

@pytest.fixture(scope="module")
def stream(request):
    note(request.config.getoption("--stream"))

@pytest.fixture(scope="module")
def on_cluster(cluster):
    note("on " + cluster)

def note(text):
    with open("log", "a") as log:
        log.write(text + "\\n")
"""
FAR = """\
BLOCK = "```bash {.verify name=a expect=none}\\ntrue\\n```\\n"
PAGE = "---\\ncluster: false\\nfixtures: [stream, on_cluster]\\n---\\n" + BLOCK

def test_one(ledger_pages, cluster):
    assert ledger_pages.run(PAGE).results == {"a": "passed"}

def test_another(ledger_pages):
    assert ledger_pages.run(PAGE).results == {"a": "passed"}
"""
NEAR_CONFTEST = """\
import pytest

@pytest.fixture(scope="session")
def cluster():
    pytest.skip("no cluster here")

@pytest.fixture(scope="module")
def stream():
    with open("log", "a") as log:
        log.write("nearer\\n")
"""
NEAR = """\
BLOCK = "```bash {.verify name=a expect=none}\\ntrue\\n```\\n"

def test_without_a_cluster(ledger_pages):
    page = ledger_pages.run("---\\ncluster: false\\nfixtures: [stream]\\n---\\n" + BLOCK)
    assert page.results == {"a": "passed"}

def test_with_a_cluster(ledger_pages):
    ledger_pages.run(BLOCK)
"""


def outer(pytester: pytest.Pytester, name: str, text: str, conftest: str = "") -> list[str]:
    """Run a test file in a folder of its own; give what its fixtures noted."""
    folder = pytester.mkdir(name)
    (folder / "test_it.py").write_text(text)
    (folder / "conftest.py").write_text(conftest)
    pytester.makeconftest(OUTER)
    pytester.runpytest_inprocess("-rs").assert_outcomes(
        passed=text.count("results"), skipped=text.count("run(BLOCK)")
    )
    return (pytester.path / "log").read_text().splitlines()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """These take long to load and have no part in it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:examples")


def test_conftest_files_hold_and_the_cluster_is_the_session_s(pytester: pytest.Pytester) -> None:
    noted = outer(pytester, "far", FAR)
    assert noted == ["cluster", *["ORDERS", "on the cluster"] * 2]


def test_a_nearer_conftest_overrides_and_without_a_cluster_the_test_is_skipped(
    pytester: pytest.Pytester,
) -> None:
    assert outer(pytester, "near", NEAR, NEAR_CONFTEST) == ["nearer"]
