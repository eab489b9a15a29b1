"""What the site says of a command in each state, on the command and at the top of its page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from bs4 import Tag

from ledger.site.heads import duration
from tests.site.building import TODAY, VERSIONS, Site

RESTORE = """\
```bash {.verify name=save mutates undo=drop timeout=90s}
nats stream backup ORDERS /tmp/orders
```
```text {.expect match=contains}
Received 3 bytes
```

```bash {.verify name=drop mutates irreversible exit=1 expect=none}
nats stream rm ORDERS --force
```
"""
LATER = """\
```bash {.verify name=newest until=60s every=2s set=ARCHIVE expect=none}
ls -t /backup | head -n 1
```

```bash {.wait name=done for=Complete of=job/backup ns=agents timeout=120s}
kubectl -n agents wait --for=condition=Complete job/backup --timeout=120s
```
"""
PROOFS = """\
- whole: <!--[ proof("docs/deferred.md") ]-->
- one: <!--[ proof("docs/deferred.md", "save") ]-->
- | --- | <!--[ proof("docs/odd.md") ]-->
"""
ODD = "`a*b*` _c_ [d](e) | \\* <i>"
AGAINST = "Kubernetes 1.34.4, NATS 2.14.6"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("states") / "project")
    for name in ("verified", "stale", "moved", "old", "failed", "never"):
        site.page(f"{name}.md", RESTORE)
    site.page("deferred.md", RESTORE + "\n```bash {.skip reason=no-bucket}\naws s3 ls\n```\n")
    site.page("later.md", LATER)
    odd = site.page("odd.md", RESTORE)
    odd.write_text(odd.read_text().replace("title: A page", f"title: {json.dumps(ODD)}"))
    site.write("docs/proofs.md", PROOFS)
    site.page("shown.md", "```bash {.show}\nls\n```\n")
    for name in ("verified", "stale", "moved", "deferred", "later"):
        site.lock(f"{name}.md")
    site.lock("old.md", TODAY - timedelta(days=31))
    site.lock("failed.md", save="failed", drop="not-run")
    moved = site.root / "docs/moved.md"
    moved.write_text(moved.read_text().replace("[manifests]", "[manifests, inputs/x.yaml]"))
    site.write("inputs/x.yaml", "a: 1\n")
    stale = site.root / "docs/stale.md"
    stale.write_text(stale.read_text().replace("rm ORDERS --force", "rm ORDERS --forcE"))
    result = site.build()
    assert result.returncode == 0, result.stderr
    return site


def block(built: Site, page: str, name: str) -> Tag:
    found = built.html(f"{page}/index.html").find(id=name)
    assert isinstance(found, Tag)
    return found


def mark(element: Tag) -> str:
    found = element.select_one(".lg-mark")
    assert found is not None
    assert found.svg is not None, "a mark has a shape, not only a colour"
    return " ".join(found.get_text().split())


@pytest.mark.parametrize(
    ("page", "name", "tone", "text"),
    [
        ("verified", "save", "verified", "verified on 2026-11-21"),
        ("stale", "save", "verified", "verified on 2026-11-21"),
        (
            "stale",
            "drop",
            "stale",
            "stale: its text changed since the run (last run 2026-11-21)",
        ),
        (
            "moved",
            "save",
            "stale",
            "stale: input inputs/x.yaml changed since the run (last run 2026-11-21)",
        ),
        (
            "old",
            "save",
            "stale",
            "stale: the run is 31 days old, more than 30 (last run 2026-10-21)",
        ),
        ("failed", "save", "failed", "failed on 2026-11-21"),
        ("failed", "drop", "failed", "failed on 2026-11-21: a block before it failed"),
        ("never", "save", "never", "never run"),
    ],
)
def test_a_command_shows_its_state(built: Site, page: str, name: str, tone: str, text: str) -> None:
    found = block(built, page, name)
    assert mark(found) == text
    assert f"lg-{tone}" in (found.get("class") or [])


def test_a_verified_command_says_against_what(built: Site) -> None:
    against = block(built, "verified", "save").select_one(".lg-against")
    assert against is not None
    assert against.get_text(strip=True) == f"against {AGAINST}"
    assert block(built, "stale", "drop").select_one(".lg-against") is None


CARE = "Read it before you run it, and keep what it prints."
STALE = f"Nobody has proved it as it stands now. {CARE}"
MEND = "ledger cluster up && ledger verify --update-lock docs/"
AGAIN, FIRST = f"Run the page again: {MEND}", f"Mend the page, or what it runs; then: {MEND}"


@pytest.mark.parametrize(
    ("page", "name", "text", "folded"),
    [
        ("stale", "drop", STALE, f"its text changed since the run {AGAIN}stale.md"),
        ("moved", "save", STALE, f"input inputs/x.yaml changed since the run {AGAIN}moved.md"),
        ("old", "save", STALE, f"the run is 31 days old, more than 30 {AGAIN}old.md"),
        (
            "failed",
            "save",
            "It failed when it last ran. Know the way back and whom to wake before you run it.",
            f"only the record of the run tells it, and it is not here {FIRST}failed.md",
        ),
        ("failed", "drop", f"It was not reached: save failed. {CARE}", f"{FIRST}failed.md"),
        ("never", "save", f"No run has ever proved it. {CARE}", f"{AGAIN}never.md"),
    ],
)
def test_a_command_that_evidence_does_not_hold_warns_above_it(
    built: Site, page: str, name: str, text: str, folded: str
) -> None:
    found = block(built, page, name)
    warning = found.select_one(".lg-warning[role=note]")
    assert warning is not None
    assert warning.p is not None
    assert warning.p.get_text() == text
    details = warning.details
    assert details is not None
    assert details.summary is not None
    assert details.summary.extract().get_text()
    assert " ".join(details.get_text(" ", strip=True).split()) == folded
    head, between, command = found.find_all(recursive=False)
    assert "lg-head" in head["class"]
    assert between is warning
    assert command.select_one("pre > code") is not None


def test_a_verified_command_and_an_example_do_not_warn(built: Site) -> None:
    assert block(built, "verified", "save").select_one(".lg-warning") is None
    assert built.html("shown/index.html").select_one(".lg-warning") is None


def test_a_command_that_is_put_off_tells_what_is_known(site: Site) -> None:
    path = site.page("later.md", "```bash {.skip reason=no-bucket}\naws s3 ls\n```\n")
    known = "no-bucket: {text: there is none, risk: no copy, fallback: by hand, owner: ops}"
    path.write_text(path.read_text().replace("no-bucket: no bucket is provisioned here", known))
    assert site.build().returncode == 0
    warning = site.html("later/index.html").select_one(".lg-deferred .lg-warning")
    assert warning is not None
    assert warning.p is not None
    assert warning.p.get_text() == f"Nobody has proved it here. {CARE}"
    assert [item.get_text() for item in warning.select("details li")] == [
        *("risk: no copy", "instead: by hand", "owner: ops"),
    ]


def test_a_skipped_command_says_why(built: Site) -> None:
    page = built.html("deferred/index.html")
    found = page.select_one(".lg-block.lg-deferred")
    assert found is not None
    assert mark(found) == "deferred: no bucket is provisioned here"


def test_an_example_is_no_step(built: Site) -> None:
    found = built.html("shown/index.html").select_one(".lg-block")
    assert found is not None
    assert mark(found) == "an example, not a step"


@pytest.mark.parametrize(
    ("page", "headline", "counts", "doubts"),
    [
        ("verified", f"verified against {AGAINST} on 2026-11-21", "2 verified", []),
        (
            "deferred",
            f"verified against {AGAINST} on 2026-11-21",
            "2 verified, 1 deferred",
            ["aws s3 ls"],
        ),
        ("never", "never run", "2 never run", []),
        ("failed", "failed on 2026-11-21", "2 failed", ["save", "drop"]),
        (
            "stale",
            "stale: its text changed since the run (last run 2026-11-21)",
            "1 verified, 1 stale",
            ["drop"],
        ),
    ],
)
def test_a_page_is_worth_its_worst_command(
    built: Site, page: str, headline: str, counts: str, doubts: list[str]
) -> None:
    strip = built.html(f"{page}/index.html").select_one(".lg-page")
    assert strip is not None
    assert mark(strip) == headline
    assert strip.select(".lg-counts")[0].get_text() == counts
    named = strip.select(".lg-doubts li > a, .lg-doubts li > code")
    assert [item.get_text() for item in named] == doubts
    assert "platform team" in strip.get_text()
    assert "@platform-oncall after 15 minutes" in strip.get_text()


def test_a_command_names_its_way_back(built: Site) -> None:
    save, drop = block(built, "verified", "save"), block(built, "verified", "drop")
    undo = save.select_one(".lg-changes a")
    assert undo is not None
    assert undo["href"] == "#drop"
    assert "irreversible" in drop.get_text()
    assert "exits with 1" in drop.get_text()
    assert "may take 1 min 30 s" in save.get_text()


def test_a_command_that_becomes_true_later_is_verified_and_says_so(built: Site) -> None:
    newest, done = block(built, "later", "newest"), block(built, "later", "done")
    assert "retried for up to 60 s" in newest.get_text()
    assert "ARCHIVE holds the output: export ARCHIVE=$(…)" in newest.get_text()
    assert mark(done) == "verified on 2026-11-21"
    assert "may take 2 min 0 s" in done.get_text()
    copied = "kubectl -n agents wait --for=condition=Complete job/backup --timeout=120s"
    assert done["data-copy"] == copied


def test_an_expected_output_has_a_caption_and_no_button(built: Site) -> None:
    found = built.html("verified/index.html").select(".lg-expect")
    assert len(found) == 1
    assert found[0].select_one(".lg-caption") is not None
    assert found[0].get_text(" ", strip=True) == "Expected somewhere in the output Received 3 bytes"
    assert "no-copy" in (found[0].get("class") or [])
    assert found[0].find_parent(attrs={"data-copy": True}) is None


def test_evidence_stays_out_of_the_search(built: Site) -> None:
    index = (built.root / "site/search/search_index.json").read_text("utf-8")
    assert "nats stream backup" in index
    assert "verified against" not in index


def test_a_variant_stands_beside_the_state_and_does_not_touch_it(site: Site) -> None:
    path = site.page("kinds.md", RESTORE)
    names = ("next", "same", "old", "bad", "none")
    declared = f"variants: {{{', '.join(f'{name}: []' for name in names)}}}\nreasons:"
    path.write_text(path.read_text().replace("reasons:", declared))
    site.lock("kinds.md")
    later = VERSIONS | {"nats-server": "2.15.1"}
    site.lock_variant("kinds.md", "next", later)
    site.lock_variant("kinds.md", "same", VERSIONS)
    site.lock_variant("kinds.md", "old", {"nats-server": "2.12.0"}, TODAY - timedelta(days=31))
    site.lock_variant("kinds.md", "bad", later, save="failed", drop="not-run")
    result = site.build()
    assert result.returncode == 0, result.stderr
    for name, last in (("save", "failed"), ("drop", "not reached")):
        found = block(site, "kinds", name)
        assert mark(found) == "verified on 2026-11-21"
        assert [told.get_text() for told in found.select(".lg-against .lg-mark > span")] == [
            "also with NATS 2.15.1",
            "also with same",
            "stale with NATS 2.12.0 on 2026-10-21",
            f"{last} with NATS 2.15.1",
        ]
    strip = site.html("kinds/index.html").select_one(".lg-page")
    assert strip is not None
    assert mark(strip) == f"verified against {AGAINST} on 2026-11-21"
    own = f"verified against {AGAINST} on 2026-11-21"
    lines = [" ".join(line.get_text().split()) for line in strip.select("p .lg-mark")]
    assert lines == [
        own,
        "old: stale: the run is 31 days old, more than 30 (last run 2026-10-21)",
        "bad: failed on 2026-11-21",
        "none: never run",
        "next: verified against Kubernetes 1.34.4, NATS 2.15.1 on 2026-11-21",
        f"same: {own}",
    ]
    folded = strip.select_one(".lg-more")
    assert folded is not None
    assert folded.summary is not None
    assert folded.summary.get_text() == "also verified: next, same"
    assert [len(folded.select(f".lg-{tone}")) for tone in ("verified", "stale", "failed")] == [
        *(2, 0, 0),
    ]


STAGED = """\
```bash {.setup name=prepare expect=none}
ls
```

```bash {.verify name=use expect=none}
ls
```

```bash {.teardown name=clean expect=none}
ls
```
"""


def test_a_page_shows_its_stages_and_what_it_needs(site: Site) -> None:
    site.page("deep/base.md", STAGED, title="The base")
    path = site.page("app.md", STAGED)
    front = "needs: {deep/base.md: use}\nreasons:"
    path.write_text(path.read_text().replace("reasons:", front))
    site.lock("app.md")
    result = site.build("--no-directory-urls")
    assert result.returncode == 0, result.stderr
    page = site.html("app.html")
    assert [found.get_text(" ", strip=True) for found in page.select(".lg-head .lg-counts")] == [
        "set-up: before the procedure",
        "tear-down: at the end, also after a failure",
    ]
    needs = page.select(".lg-page dd")[-1]
    assert needs.get_text() == "The base (already met? use)"
    assert [link["href"] for link in needs.select("a")] == ["deep/base.html", "deep/base.html#use"]
    assert len(page.select(".lg-block.lg-verified")) == 3


def test_a_need_that_no_run_can_meet_fails_the_build(site: Site) -> None:
    path = site.page("app.md", STAGED)
    path.write_text(path.read_text().replace("reasons:", "needs: {gone.md: use}\nreasons:"))
    result = site.build()
    assert result.returncode != 0
    assert "docs/app.md:6: it needs gone.md, and there is no such page" in result.stderr


FAILURE: dict[str, Any] = {
    "result": "failed",
    "reason": "unexpected output: line 1 differs",
    "exit": {"expected": 0, "got": 7},
    "stdout": "</code><script>alert(1)</script> [redacted]\n",
    "stderr": "error: no space & left\n",
}


def record(site: Site, page: str, failure: str = "", **seconds: float) -> None:
    """Write the record of a run: every command named passed, but for that of `failure`."""
    digests = {block.name: block.sha256 for block in site.read(page).blocks}
    blocks = [
        {"name": name, "sha256": digests[name], "result": "passed", "seconds": took}
        | (FAILURE if name == failure else {})
        for name, took in seconds.items()
    ]
    text = json.dumps({"predicate": {"phaseLedger": {"blocks": blocks}}})
    site.write(f".ledger/runs/{page.removesuffix('.md')}.json", text)


def test_a_run_record_tells_how_long_it_took(site: Site) -> None:
    path = site.page("timed.md", RESTORE)
    record(site, "timed.md", save=2.25, drop=0.5)
    site.lock("timed.md")
    path.write_text(path.read_text().replace("rm ORDERS --force", "rm ORDERS -f"))
    assert site.build().returncode == 0
    assert mark(block(site, "timed", "save")) == "verified on 2026-11-21, took 2.2 s"
    assert "took" not in block(site, "timed", "drop").get_text()


def test_a_run_that_is_not_evidence_tells_no_time(site: Site) -> None:
    site.page("timed.md", RESTORE)
    record(site, "timed.md", save=2.25)
    assert site.build().returncode == 0
    assert "never run" in block(site, "timed", "save").get_text()
    assert "took" not in block(site, "timed", "save").get_text()


def test_a_failed_command_shows_what_it_printed(site: Site) -> None:
    site.page("broken.md", RESTORE)
    record(site, "broken.md", failure="save", save=1.0)
    site.lock("broken.md", save="failed", drop="not-run")
    assert site.build().returncode == 0
    folded = block(site, "broken", "save").select_one(".lg-warning details")
    assert folded is not None
    assert "open" not in folded.attrs
    assert folded.script is None
    assert [text.get_text() for text in folded.select("summary, li, pre")] == [
        "Why this failed",
        FAILURE["reason"],
        FAILURE["stdout"],
        FAILURE["stderr"],
    ]
    assert "Exit code: expected 0, got 7." in folded.get_text()


def test_what_another_text_printed_is_not_shown(site: Site) -> None:
    path = site.page("broken.md", RESTORE)
    site.lock("broken.md", save="failed", drop="not-run")
    record(site, "broken.md", failure="save", save=1.0)
    path.write_text(path.read_text().replace("backup ORDERS", "backup OTHERS"))
    site.lock("broken.md", save="failed", drop="not-run")
    assert site.build().returncode == 0
    assert FAILURE["reason"] not in block(site, "broken", "save").get_text()
    assert block(site, "broken", "save").select_one(".lg-warning pre") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.02, "0.1 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 min 0 s"), (3725, "62 min 5 s")],
)
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_home_page_tells_how_the_runbooks_stand(site: Site) -> None:
    for name in ("good", "bad"):
        site.page(f"{name}.md", RESTORE, f"The {name} one")
    site.lock("good.md")
    site.lock("bad.md", TODAY - timedelta(days=2), save="failed", drop="not-run")
    site.write("docs/index.md", "# Home\n\n<!--[ standing() ]-->\n")
    assert site.build().returncode == 0
    box = site.html().select_one(".lg-standing")
    assert box is not None
    assert " ".join(box.get_text().split()) == (
        "1 of 2 pages hold; their commands last ran between 2026-11-19 and 2026-11-21. "
        "2 verified2 failed Read the warnings on: The bad one 2 failed"
    )
    assert [share["style"] for share in box.select(".lg-shares span")] == ["width:50.0%"] * 2
    assert [link["href"] for link in box.select("a")] == ["bad/"]


def test_a_broken_run_record_fails(site: Site) -> None:
    site.page("timed.md", RESTORE)
    site.write(".ledger/runs/timed.json", "{}")
    result = site.build()
    assert result.returncode != 0
    assert ".ledger/runs/timed.json: not a run record" in result.stderr


def test_another_page_shows_what_is_known_of_a_page_and_of_a_block(built: Site) -> None:
    whole, one, odd = built.html("proofs/index.html").select("article li")
    assert [link["href"] for link in (whole.a, one.a, odd.a) if link] == [
        "../deferred/",
        "../deferred/#save",
        "../odd/",
    ]
    words = [" ".join(item.get_text().split()) for item in (whole, one, odd)]
    assert words == [
        f"whole: A page verified against {AGAINST} on 2026-11-21 2 verified, 1 deferred",
        f"one: A page: save verified against {AGAINST} on 2026-11-21",
        f"| --- | {ODD} never run 2 never run",
    ]
