"""What the front matter needs of other pages, the stages of a page, and what of it is refused."""

from __future__ import annotations

import hashlib
import json

import pytest

from ledger.core.project import Project
from ledger.errors import PageError
from ledger.pages.lint import page_problems
from ledger.pages.page import Page, needed_pages, read_page
from ledger.pages.state import State, page_states
from tests.mutation.judge import DAY

HEAD = "title: Page\ncluster: false\n"


def block(name: str, kind: str = "verify", more: str = "expect=none") -> str:
    return f"```bash {{.{kind} name={name} {more}}}\ntrue\n```\n"


def write(project: Project, name: str, front: str = "", body: str = "") -> Page:
    path = project.docs / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"---\n{HEAD}{front}---\n\n{body or block('ready')}")
    return read_page(project, path)


def needs(project: Project, front: str) -> list[str]:
    return [page.where for page in needed_pages(project, write(project, "a.md", front)).values()]


def test_a_page_comes_behind_all_that_it_needs(project: Project) -> None:
    write(project, "base.md")
    write(project, "sub/app.md", "needs: {base.md: ready}\n")
    write(project, "other.md", "needs: {sub/app.md: ready}\n")
    found = needs(project, "needs:\n  other.md: ready\n  base.md: ready\n  sub/app.md: ready\n")
    assert found == ["docs/base.md", "docs/sub/app.md", "docs/other.md"]


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("needs: [base.md]", "docs/a.md:1: needs must be a mapping"),
        ("needs:\n  base.md:", "docs/a.md:5: need base.md names no block"),
        ("needs: {base.md: [ready]}", "docs/a.md:4: need base.md names no block"),
        ("needs: {gone.md: ready}", "docs/a.md:4: it needs gone.md, and there is no such page"),
        ("needs: {../x.md: ready}", "docs/a.md:4: it needs ../x.md, and there is no such page"),
        (
            "needs:\n  base.md: ready\n  sub/app.md: raedy",
            "docs/a.md:6: docs/sub/app.md runs no block raedy\n  fix: did you mean ready?",
        ),
        ("needs: {base.md: skipped}", "docs/a.md:4: docs/base.md runs no block skipped"),
        (
            "needs: {base.md: change}",
            "docs/a.md:4: block change of docs/base.md changes the system",
        ),
        ("needs: {kube.md: ready}", "docs/a.md:4: docs/kube.md runs on the cluster"),
        ("namespace: fesh", "docs/a.md:1: namespace: fesh is not known\n  fix: did you mean name"),
        ("namespace:", "docs/a.md:1: namespace: None is not known\n  fix: one of namespace: fresh"),
        ("namespace: fresh", "docs/a.md:1: namespace: fresh on a page without a cluster"),
        ("needs: {a.md: ready}", "docs/a.md:4: the page needs itself: docs/a.md:4 -> docs/a.md"),
    ],
)
def test_a_need_that_no_run_can_meet_is_refused(project: Project, front: str, told: str) -> None:
    body = block("ready") + "```bash {.skip name=skipped reason=late}\ntrue\n```\n"
    body += block("change", more="expect=none mutates irreversible")
    write(project, "base.md", "reasons: {late: Later.}\n", body)
    write(project, "sub/app.md")
    write(project, "kube.md")
    kube = project.docs / "kube.md"
    kube.write_text(kube.read_text().replace("cluster: false\n", ""))
    with pytest.raises(PageError) as error:
        needs(project, f"{front}\n")
    assert str(error.value).startswith(told)


def test_a_page_with_a_namespace_of_its_own_is_needed_by_none(project: Project) -> None:
    for name, front in (("base.md", "namespace: fresh\n"), ("a.md", "needs: {base.md: ready}\n")):
        text = f"---\ntitle: Page\n{front}---\n\n{block('ready')}"
        (project.docs / name).write_text(text)
    (found,) = page_problems(project, project.docs / "a.md")
    assert (found.code, found.line) == ("P107", 3)
    assert found.what.startswith("docs/base.md works in a namespace of its own")


def test_pages_that_need_each_other_are_spelled_out(project: Project) -> None:
    write(project, "c.md")
    write(project, "b.md", "inputs: []\nneeds: {c.md: ready}\n")
    write(project, "c.md", "needs: {a.md: ready}\n")
    ring = "docs/a.md:4 -> docs/b.md:5 -> docs/c.md:4 -> docs/a.md"
    with pytest.raises(PageError, match=f"^docs/a.md:4: pages need each other: {ring}"):
        needs(project, "needs: {b.md: ready}\n")
    write(project, "in.md", "needs: {b.md: ready}\n")
    found = {
        name: [(p.code, p.where, p.line) for p in page_problems(project, project.docs / name)]
        for name in ("a.md", "b.md", "c.md", "in.md")
    }
    assert found == {
        "a.md": [("P107", "docs/a.md", 4)],
        "b.md": [("P107", "docs/b.md", 5)],
        "c.md": [("P107", "docs/c.md", 4)],
        "in.md": [],
    }


def test_the_evidence_covers_needs_and_that_of_other_pages_stays(project: Project) -> None:
    plain = write(project, "a.md")
    was = hashlib.sha256(json.dumps([{}, [], {}, False]).encode()).hexdigest()
    assert plain.setup == was
    write(project, "b.md")
    digests = {
        write(project, "a.md", f"{front}needs: {{b.md: {name}}}\n").setup
        for front, name in (("", "ready"), ("owner: me\n", "ready"), ("", "other"))
    }
    assert len(digests) == 2
    assert was not in digests


def test_a_stage_is_part_of_what_was_verified(project: Project) -> None:
    body = block("one", "setup", "expect=none exit=3 timeout=5s mutates undo=three")
    body += block("two") + block("three", "teardown", "expect=none mutates irreversible set=X")
    page = write(project, "a.md", "", body)
    assert [(b.kind, b.stage) for b in page.blocks] == [
        ("verify", "setup"),
        ("verify", ""),
        ("verify", "teardown"),
    ]
    assert page.blocks[0].exit == 3
    assert page.blocks[2].variable == "X"
    other = write(project, "a.md", "", body.replace(".setup", ".verify"))
    assert other.blocks[0].sha256 != page.blocks[0].sha256
    assert other.blocks[1].sha256 == page.blocks[1].sha256


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (("verify", "setup"), "docs/a.md:9: setup block b1 stands behind block b0"),
        (("setup", "teardown", "verify"), "docs/a.md:12: block b2 stands behind teardown block b1"),
        (("teardown", "setup"), "docs/a.md:9: setup block b1 stands behind teardown block b0"),
    ],
)
def test_a_page_sets_up_first_and_takes_down_last(
    project: Project, kinds: tuple[str, ...], told: str
) -> None:
    body = "".join(block(f"b{number}", kind) for number, kind in enumerate(kinds))
    with pytest.raises(PageError) as error:
        write(project, "a.md", "", body)
    assert str(error.value).startswith(told)


def test_set_up_and_tear_down_alone_have_nothing_to_run(project: Project) -> None:
    page = write(project, "a.md", "", block("one", "setup") + block("two", "teardown"))
    assert page.verified_blocks == ()
    assert [state.state for state in page_states(project, page, DAY)] == [State.NEVER] * 2
