"""Evidence goes stale by itself: whatever changes, the state says so and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ledger.core.project import Project, find_root
from ledger.errors import PageError, UsageError
from ledger.pages.evidence import Lock, Result, input_digests, lock_path, read_lock, write_lock
from ledger.pages.page import Page, read_page
from ledger.pages.state import State, page_states, worst
from tests.fixtures import flow_project

DAY = date(2026, 11, 21)
PAGE = flow_project.PAGE + "\n```bash {.show}\nls\n```\n"


class Site:
    """A project with one page, verified on DAY."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = Project(root)
        self.write("mkdocs.yml", "markdown_extensions: [pymdownx.superfences]\n")
        self.write("airgap/pins.toml", '[versions]\nkubernetes = "1.34.4"\n')
        self.write("manifests/a.yaml", "a: 1\n")
        self.write("docs/runbook/page.md", PAGE)
        self.save(self.lock())

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def page(self) -> Page:
        return read_page(self.project, self.root / "docs/runbook/page.md")

    def lock(self) -> Lock:
        return Lock(
            page="docs/runbook/page.md",
            verified=DAY,
            setup=self.page.setup,
            versions={"kubernetes": "1.34.4", "elsewhere": "1"},
            inputs=input_digests(self.project, ["manifests"], ""),
            blocks={b.name: Result(b.sha256, "passed") for b in self.page.verified_blocks},
        )

    def save(self, lock: Lock) -> None:
        write_lock(self.project, self.page, lock)

    def states(self, today: date = DAY) -> list[tuple[State, str]]:
        return [(s.state, s.why) for s in page_states(self.project, self.page, today)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_fresh_evidence_verifies_and_a_skip_is_deferred(site: Site) -> None:
    assert site.states() == [
        (State.VERIFIED, ""),
        (State.VERIFIED, ""),
        (State.DEFERRED, "there is no bucket yet"),
    ]


def test_one_changed_character_is_stale_from_its_block_on(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("echo one", "echo  one"))
    assert site.states() == [
        (State.STALE, "its text changed since the run"),
        (State.STALE, "a block before it changed since the run"),
        (State.DEFERRED, "there is no bucket yet"),
    ]


def test_what_ran_before_a_changed_block_still_holds(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("\ntrue\n", "\ntrue # really\n"))
    assert [state for state, _ in site.states()] == [State.VERIFIED, State.STALE, State.DEFERRED]


@pytest.mark.parametrize(
    "change",
    [
        ("```bash {.verify name=one}\necho one\n```\n\n```text {.expect}\none\n```\n", ""),
        (
            "```bash {.verify name=two",
            "```bash {.verify name=new expect=none}\n:\n```\n\n```bash {.verify name=two",
        ),
    ],
    ids=["one fewer", "one more"],
)
def test_another_block_before_it_makes_a_block_stale(site: Site, change: tuple[str, str]) -> None:
    site.write("docs/runbook/page.md", PAGE.replace(*change))
    states = dict(zip([b.name for b in site.page.blocks], site.states(), strict=False))
    assert states["two"] == (State.STALE, "a block before it changed since the run")


@pytest.mark.parametrize(
    "line",
    [
        "parameters: {STREAM: {example: ORDERS}}",
        "fixtures: [orders]",
        "versions: {nats: nats --version}",
        "cluster: false",
        "namespace: fresh",
    ],
)
def test_another_setup_is_stale(site: Site, line: str) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("title: Page", f"title: Page\n{line}"))
    assert site.states()[0] == (
        State.STALE,
        "what the page's front matter says of a run changed since",
    )


def test_another_title_is_not(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("title: Page", "title: Other"))
    assert site.states()[0][0] is State.VERIFIED


def test_an_input_no_longer_declared_is_stale(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("inputs: [manifests]\n", ""))
    assert site.states()[0] == (State.STALE, "input manifests changed since the run")


def test_a_run_of_tomorrow_proves_nothing(site: Site) -> None:
    assert site.states(DAY - timedelta(days=1))[0] == (
        State.STALE,
        "the run is dated 2026-11-21, after today",
    )


def test_a_changed_expectation_is_stale(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("\none\n", "\nOne\n"))
    assert site.states()[0][0] is State.STALE


def test_moving_a_block_does_not_stale_it(site: Site) -> None:
    site.write(
        "docs/runbook/page.md",
        PAGE.replace("\n\n```bash {.verify name=two", "\n\nmore\n\n```bash {.verify name=two"),
    )
    assert site.states()[1][0] is State.VERIFIED


@pytest.mark.parametrize("name", ["manifests/a.yaml", "manifests/new.yaml"])
def test_a_changed_or_new_input_is_stale(site: Site, name: str) -> None:
    site.write(name, "a: 2\n")
    assert site.states()[0] == (State.STALE, "input manifests changed since the run")


def test_a_renamed_input_is_stale(site: Site) -> None:
    (site.root / "manifests/a.yaml").rename(site.root / "manifests/b.yaml")
    assert site.states()[0][0] is State.STALE


def test_caches_of_python_are_no_input(site: Site) -> None:
    site.write("manifests/__pycache__/a.pyc", "x")
    assert site.states()[0][0] is State.VERIFIED


def test_a_new_pin_is_stale(site: Site) -> None:
    site.write("airgap/pins.toml", '[versions]\nkubernetes = "1.35.0"\n')
    assert site.states()[0] == (
        State.STALE,
        "kubernetes is pinned to 1.35.0 now, the run had 1.34.4",
    )


@pytest.mark.parametrize(("pin", "holds"), [("1.34", True), ("1.3", False), ("1.34.40", False)])
def test_a_pin_of_a_minor_release_covers_its_patches(site: Site, pin: str, holds: bool) -> None:
    pins = f'[versions]\nkubernetes = "1.99.0"\n[evidence]\nkubernetes = "{pin}"\n'
    site.write("airgap/pins.toml", pins)
    assert site.states()[0][0].holds is holds


def test_age_counts_from_the_day_after_the_thirtieth(site: Site) -> None:
    assert site.states(DAY + timedelta(days=30))[0][0] is State.VERIFIED
    assert site.states(DAY + timedelta(days=31))[0] == (
        State.STALE,
        "the run is 31 days old, more than 30",
    )


def test_failed_and_what_came_after_it(site: Site) -> None:
    lock = site.lock()
    one, two = lock.blocks.values()
    site.save(
        replace(
            lock,
            blocks={"one": replace(one, result="failed"), "two": replace(two, result="not-run")},
        )
    )
    assert site.states()[:2] == [
        (State.FAILED, "it failed"),
        (State.FAILED, "a block before it failed"),
    ]


def test_never_run(site: Site) -> None:
    lock_path(site.project, site.page).unlink()
    assert [state for state, _ in site.states()] == [State.NEVER, State.NEVER, State.DEFERRED]


def test_a_block_that_the_run_did_not_know_was_never_run(site: Site) -> None:
    lock = site.lock()
    site.save(replace(lock, blocks={"one": lock.blocks["one"]}))
    assert site.states()[1][0] is State.NEVER


def test_the_lock_is_the_same_bytes_every_time(site: Site) -> None:
    path = lock_path(site.project, site.page)
    assert path == site.root / "evidence/runbook/page.json"
    before = path.read_bytes()
    lock = read_lock(site.project, site.page)
    assert lock == site.lock()
    site.save(lock)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "other"}', '{"schema": "phase-ledger/lock/v1"}']
)
def test_evidence_that_cannot_be_read_is_said(site: Site, text: str) -> None:
    lock_path(site.project, site.page).write_text(text)
    with pytest.raises(PageError, match=r"evidence/runbook/page\.json: not evidence"):
        site.states()


def test_a_missing_input_is_said(site: Site) -> None:
    site.write("docs/runbook/page.md", PAGE.replace("[manifests]", "[gone]"))
    with pytest.raises(PageError, match="input gone does not exist"):
        site.states()


@pytest.mark.parametrize("name", ["/etc/hostname", "../beside", "docs/../../beside"])
def test_an_input_elsewhere_is_said(site: Site, name: str) -> None:
    (site.project.root.parent / "beside").write_text("not the project's\n")
    with pytest.raises(PageError, match="not written as a path below the project"):
        input_digests(site.project, [name], "docs/page.md")


def test_worst() -> None:
    assert worst([]) is None
    assert worst([State.VERIFIED, State.STALE, State.DEFERRED]) is State.STALE
    assert worst([State.DEFERRED, State.VERIFIED]) is State.VERIFIED
    assert worst([State.DEFERRED]) is State.DEFERRED
    assert worst(State) is State.FAILED


def test_the_root_is_found_from_below(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_ROOT", raising=False)
    assert find_root(site.root / "docs/runbook") == site.root.resolve()
    with pytest.raises(UsageError, match=r"no mkdocs\.yml"):
        find_root(Path("/proc"))
    monkeypatch.setenv("LEDGER_ROOT", str(site.root))
    assert find_root(Path("/proc")) == site.root.resolve()


def test_a_last_block_that_is_gone_is_noticed_on_the_one_before(site: Site) -> None:
    start = PAGE.index("```bash {.verify name=two")
    end = PAGE.index("```", start + 3) + 4
    site.write("docs/runbook/page.md", PAGE[:start] + PAGE[end:])
    assert site.states()[0] == (State.STALE, "block two of the run is gone")


def test_another_way_back_is_stale_once_a_run_has_recorded_it(site: Site) -> None:
    told = PAGE.replace("name=two", "name=two mutates undo=one")
    site.write("docs/runbook/page.md", told)
    assert site.states()[1][0] is State.VERIFIED
    blocks = {b.name: Result(b.sha256, "passed", b.back) for b in site.page.verified_blocks}
    site.save(replace(site.lock(), blocks=blocks))
    assert site.states()[1][0] is State.VERIFIED
    site.write("docs/runbook/page.md", told.replace("undo=one", "irreversible"))
    assert site.states()[1] == (State.STALE, "its way back changed since the run")
