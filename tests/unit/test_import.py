"""`ledger import`: plain runbooks become pages of which nothing runs unreviewed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.project import Project
from ledger.pages.importing import Wishes, import_page
from ledger.pages.page import Page, parse_page, read_page
from ledger.pages.reasons import IMPORTED
from tests.fixtures.schemas import validate
from tests.support.flat import flat

ROOT = Path(__file__).parents[2]
LEDGER = str(Path(sys.executable).with_name("ledger"))
RUNBOOKS = ROOT / "tests/fixtures/runbooks"
OWNED = ("--owner", "storage", "--escalate", "#storage")


def ledger(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([LEDGER, *words], cwd=root, capture_output=True, text=True)
    assert done.returncode == code, done
    return done


def imported(project: Project, text: str, **examples: str) -> str:
    """What a page with this text becomes."""
    wishes = Wishes(examples=examples)
    data, _ = import_page(project, project.docs / "page.md", text.encode(), wishes)
    return data.decode()


def page(project: Project, text: str, **examples: str) -> Page:
    return parse_page(project, project.docs / "page.md", imported(project, text, **examples))


def kinds(project: Project, *commands: str, **examples: str) -> list[tuple[str, str]]:
    """Kind and reason of each command, each in a fence of its own."""
    text = "\n".join(f"```bash\n{command}\n```\n" for command in commands)
    return [(block.kind, block.reason) for block in page(project, text, **examples).blocks]


@pytest.fixture
def here(project: Project) -> Path:
    """A project with this repository's own Markdown extensions."""
    shutil.copy2(ROOT / "mkdocs.yml", project.root)
    return project.root


def test_three_shapes_of_runbooks_pass_every_check(here: Path) -> None:
    done = ledger(here, "import", str(RUNBOOKS), "-o", "docs/imported", *OWNED, "--json")
    document = json.loads(done.stdout)
    validate(document, "import.v1")
    assert document["written"] and document["problems"] == []
    assert len(document["pages"]) == 3
    ledger(here, "check", "--pages", "--strict")
    ledger(here, "verify", "--offline")
    before = {path: path.read_bytes() for path in here.rglob("*.md")}
    again = ledger(here, "import", "docs", "--json")
    assert not any(one["changed"] for one in json.loads(again.stdout)["pages"])
    ledger(here, "import", str(RUNBOOKS), "-o", "docs/imported", *OWNED)
    assert {path: path.read_bytes() for path in here.rglob("*.md")} == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Head\n\n{}Text.\n", "# Head\n\n<!--[ verified() ]-->\n\n{}Text.\n"),
        ("# Head\nText.\n\n{}", "# Head\n\n<!--[ verified() ]-->\n\nText.\n\n{}"),
        ("Text.\n\n{}\n# Head\n", "<!--[ verified() ]-->\n\nText.\n\n{}\n# Head\n"),
        ("# Head\n\n<!--[ verified() ]-->\n\n{}", "# Head\n\n<!--[ verified() ]-->\n\n{}"),
    ],
    ids=["heading", "text-at-once", "heading-too-late", "there"],
)
def test_the_site_is_told_to_show_the_state_once(project: Project, text: str, told: str) -> None:
    plain, ours = "```bash\nls\n```\n", "```bash {.verify name=ls expect=none}\nls\n```\n"
    for front in ("", "---\ntitle: A\n---\n", "---\ntitle: A\n---\n\n"):
        found = imported(project, front + text.format(plain))
        assert found.endswith(
            "\n---\n" + "\n" * (not front or front[-2:] == "\n\n") + told.format(ours)
        )


def test_a_page_without_commands_shows_no_state(project: Project) -> None:
    assert "verified()" not in imported(project, "# Head\n\n```text\nls\n```\n")


def test_a_block_that_runs_only_looks(here: Path) -> None:
    ledger(here, "import", str(RUNBOOKS), "-o", "docs/imported")
    project = Project(here)
    pages = [read_page(project, path) for path in sorted(project.docs.rglob("*.md"))]
    runs = [block.text for one in pages for block in one.verified_blocks]
    assert runs == [
        "kubectl -n storage logs ds/disk-agent -c agent",
        "velero restore get",
        "kubectl get namespaces",
        "kubectl version --client",
        "velero version --client-only",
        "oc get nodes -l node-role.kubernetes.io/master=",
        'POD=$(oc -n store get pods -o name | head -n 1)\noc -n store describe "$POD"',
    ]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -A -o wide",
        "kubectl -n a --context=b logs pod/x | grep -v error",
        "kubectl rollout status deploy/a --timeout=60s",
        "timeout 10s kubectl get nodes 2>/dev/null || true",
        'for p in a b; do kubectl logs "$p"; done',
        "curl -sSf -H 'Accept: text/plain' http://localhost:9090/-/ready",
        "aws s3 ls s3://bucket",
        "sed -n 's/a/b/p' file | sort -n | uniq -c",
        "kubectl get pods -o name | xargs -n 1 kubectl get -o yaml",
        "git log --oneline",
    ],
)
def test_what_only_looks_runs(project: Project, command: str) -> None:
    assert kinds(project, command) == [("verify", "")]


@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete pod x",
        "kubectl get pods && kubectl delete pod x",
        "kubectl get pods | xargs kubectl delete",
        "echo $(kubectl delete pod x)",
        "cat <(kubectl delete pod x)",
        'echo "`kubectl delete pod x`"',
        "cat <<EOF\n$(kubectl delete pod x)\nEOF",
        "! kubectl delete pod x",
        "f() { kubectl delete pod x; }; f",
        "if true; then kubectl delete pod x; fi",
        "kubectl --unknown get delete pod x",
        "kubectl exec pod -- rm x",
        "k delete pod x",
        "$TOOL get pods",
        "get=delete; kubectl $get pod x",
        "kubectl get pods > /etc/passwd",
        "kubectl get pods &> file",
        "./fix.sh",
        "eval kubectl get pods",
        "bash -c 'kubectl get pods'",
        "sed -i s/a/b/ file",
        "sed -n 's/a/b/w out' file",
        "find . -name x -delete",
        "curl -X POST http://x",
        "curl -sd a=b http://x",
        "curl -o /etc/x http://x",
        "awk '{ system(\"rm x\") }' file",
        "sort -o file file",
        "git branch --unset-upstream",
        "date -s tomorrow",
        "timeout 5 rm x",
        "command rm x",
        "env A=1 rm x",
        "sed 's|a|b|e' file",
        "sed -n '1e rm x' file",
        "terraform providers lock",
        "git -c alias.status=!rm status",
        "echo rm x | bash",
        "kubectl get pods -o name | while read -r p; do kubectl delete $p; done",
        "journalctl --vac 1d",
        "aws s3 rm s3://bucket/key",
        "helm template x --output-dir .",
        "alias ls=rm",
        "exec rm x",
        "trap 'rm x' EXIT",
        'A=1 kubectl delete "pod" x',
        "kubectl 'delete' pod x",
        "\\rm x",
        "case a in a) kubectl delete pod x;; esac",
        "(kubectl delete pod x)",
        "coproc kubectl delete pod x",
        "kubectl get x; rm<y",
    ],
)
def test_what_may_change_something_never_runs(project: Project, command: str) -> None:
    example = kinds(project, command, TOOL="kubectl")
    assert all(kind != "verify" for kind, _ in example)
    assert example in ([("skip", "not-reviewed")], [])


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("ssh node-1", "interactive"),
        ("sudo ls", "interactive"),
        ("kubectl exec -it pod -- sh", "interactive"),
        ("kubectl edit deploy/a", "interactive"),
        ("kubectl get pods -w", "interactive"),
        ("kubectl logs -f pod", "interactive"),
        ("tail -100f log", "interactive"),
        ("vim file", "interactive"),
        ("while true; do kubectl get pods; done", "interactive"),
        ("kubectl get ...", "incomplete"),
        ("kubectl get pods\n# ...", "incomplete"),
        ("kubectl get pod {{ pod }}", "incomplete"),
        ("kubectl get pod $POD", "no-example"),
        ("kubectl get pod <pod>", "no-example"),
    ],
)
def test_what_cannot_be_verified_says_why(project: Project, command: str, reason: str) -> None:
    assert kinds(project, command) == [("skip", reason)]


def test_what_a_block_sets_that_does_not_run_is_not_there(project: Project) -> None:
    blocks = kinds(
        project, "POD=$(./find-pod)", 'kubectl get pod "$POD"', "POD=a", 'kubectl get pod "$POD"'
    )
    assert blocks == [("skip", "not-reviewed"), ("skip", "not-set"), ("verify", ""), ("verify", "")]


def test_an_example_lets_a_block_run(project: Project) -> None:
    found = page(
        project, "```sh\nkubectl get pod <pod-name> $OTHER\n```\n", POD_NAME="a", OTHER="b"
    )
    assert [block.kind for block in found.blocks] == ["verify"]
    assert found.parameters == {"POD_NAME": "a", "OTHER": "b"}


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("ls <a-b>", 'ls "${A_B:?set A_B}"'),
        ("ls x/<a>", 'ls x/"${A:?set A}"'),
        ('ls \'{"a": "<a>"}\'', 'ls \'{"a": "\'"${A:?set A}"\'"}\''),
        ('ls "$HOME/<a>"', 'ls "$HOME/${A:?set A}"'),
        ('ls "$(cat <a>)"', 'ls "$(cat "${A:?set A}")"'),
        ("cat <<E\n<a>\nE", "cat <<E\n${A:?set A}\nE"),
        ("ls # of <a>", "ls # of A"),
        ("ls <path>", 'ls "${PATH_VALUE:?set PATH_VALUE}"'),
        ("kubectl get x | grep '<none>'", "kubectl get x | grep '<none>'"),
    ],
)
def test_a_placeholder_becomes_a_parameter(project: Project, command: str, meant: str) -> None:
    (block,) = page(project, f"```bash\n{command}\n```\n").blocks
    assert block.text == meant


@pytest.mark.parametrize("command", ["cat <<'E'\n<a>\nE", "ls $'<a>'", "for x in <a>", "ls 'a"])
def test_what_is_no_shell_becomes_text(project: Project, command: str) -> None:
    text = imported(project, f"```bash\n{command}\n```\n")
    assert text.endswith(f"```text\n{command}\n```\n")


def test_a_placeholder_in_quotes_reaches_the_command_as_one_word(project: Project) -> None:
    (block,) = page(project, "```bash\nprintf '[%s]' '{\"a\": \"<a>\"}' x/<a>\n```\n").blocks
    done = subprocess.run(["bash", "-c", block.text], env={"A": "b c"}, capture_output=True)
    assert done.stdout == b'[{"a": "b c"}][x/b c]'


SESSION = """```console
banner
$ kubectl get \\
>   pods
NAME   READY
a      1/1
# and then
$ kubectl logs a | \\
grep b
[me@host ~]$ kubectl get nodes
...
n   Ready
root@host:~# kubectl get secrets
s
$ kubectl logs <a>
pod <a>
```
"""


def test_a_session_is_parted_into_commands_and_output(project: Project) -> None:
    text = imported(project, SESSION, A="x").partition("---\n\n")[2]
    assert (
        text
        == """<!--[ verified() ]-->

```text
banner
```

```bash {.verify name=kubectl-get-pods}
kubectl get \\
  pods
```

```text {.expect match=like}
NAME   READY
a      1/1
```

```bash {.verify name=kubectl-logs-a expect=none}
# and then
kubectl logs a | \\
grep b
```

```bash {.verify name=kubectl-get-nodes}
kubectl get nodes
```

```text {.expect match=contains}
...
n   Ready
```

```bash {.skip name=kubectl-get-secrets reason=interactive}
kubectl get secrets
```

```text
s
```

```bash {.verify name=kubectl-logs expect=none}
kubectl logs "${A:?set A}"
```

```text
pod <a>
```
"""
    )


def test_a_session_right_below_a_line_of_text_stays_in_its_place(project: Project) -> None:
    text = "Do this:\n1. Look.\n    ```sh\n    $ ls <a>\n    x\n    $ pwd\n    ```\n"
    blocks = page(project, text, A="b").blocks
    assert [(block.text, block.kind) for block in blocks] == [
        ('ls "${A:?set A}"', "verify"),
        ("pwd", "verify"),
    ]


def test_prose_line_ends_and_other_fences_stay(project: Project) -> None:
    source = (
        "\ufeffTitle: x\r\n\r\n> ~~~sh\r\n> ls\t-l\r\n> ~~~\r\n\r\n```yaml\r\na: <b>\r\n```\r\nend"
    )
    text = imported(project, source)
    assert text == (
        "\ufeff---\r\ntitle: page\r\n---\r\n\r\n<!--[ verified() ]-->\r\n\r\nTitle: x\r\n\r\n"
        "> ~~~bash {.verify name=ls expect=none}\r\n> ls\t-l\r\n> ~~~\r\n\r\n"
        "```yaml\r\na: <b>\r\n```\r\nend"
    ).replace("~~~bash", "~~~sh")


def test_front_matter_keeps_what_it_has(project: Project) -> None:
    source = """---
weight: 20   # first
title: "Mine"
owner:
reasons: {old: "A reason."}
parameters:
    A: {example: x}
---

```sh {.skip reason=old}
rm a
```
```sh
ls <A> <b>
rm b
```
"""
    wishes = Wishes(owner="me: #1", escalate="on call")
    data, _ = import_page(project, project.docs / "page.md", source.encode(), wishes)
    front = data.decode().partition("\n---\n")[0]
    assert (
        front
        == """---
weight: 20   # first
title: "Mine"
reasons: {not-reviewed: "REVIEW", old: "A reason."}
parameters:
    B: {example: "b"}
    A: {example: x}
owner: "me: #1"
escalate: on call""".replace("REVIEW", IMPORTED["not-reviewed"])
    )


def test_names_of_blocks_are_unique(project: Project) -> None:
    text = "```sh {.verify name=ls expect=none}\nls\n```\n```sh\nls\n```\n```sh\nls\n```\n"
    assert [block.name for block in page(project, text).blocks] == ["ls", "ls-2", "ls-3"]


def test_a_fence_without_a_language_is_left_if_it_is_no_command(project: Project) -> None:
    text = "```\nNAME   READY\na      1/1\n```\n\n```\nkubectl get pods\n```\n"
    assert [block.text for block in page(project, text).blocks] == ["kubectl get pods"]


def test_files_that_a_page_links_to_come_along_and_no_others(here: Path) -> None:
    wiki = here / "wiki"
    for name in ("secret.txt", "books/img/a b.png", "books/other.txt", "books/sub/x.sh"):
        (wiki / name).parent.mkdir(parents=True, exist_ok=True)
        (wiki / name).write_text(name)
    links = "![A](img/a%20b.png) [x](<sub/x.sh> 't') [no](../secret.txt) [p](page.md)"
    links += f" [gone](y.png) [long]({'x' * 300}) [nul](%00)"
    (wiki / "books/page.md").write_text(f"# P\n\n{links} [abs](/etc/hosts)\n")
    dry = ledger(here, "import", "wiki/books", "-o", "docs/w", "--dry-run", "--json")
    assert json.loads(dry.stdout)["pages"][0]["files"] == ["docs/w/img/a b.png", "docs/w/sub/x.sh"]
    assert not (here / "docs/w").exists()
    ledger(here, "import", "wiki/books", "-o", "docs/w")
    found = {path.relative_to(here / "docs/w").as_posix() for path in here.glob("docs/w/**/*.*")}
    assert found == {"page.md", "img/a b.png", "sub/x.sh"}
    assert (here / "docs/w/img/a b.png").read_text() == "books/img/a b.png"


@pytest.mark.parametrize("how", ["--dry-run", "--diff"])
def test_a_preview_writes_nothing(here: Path, how: str) -> None:
    done = ledger(here, "import", str(RUNBOOKS), "-o", "docs/a", how)
    assert done.stderr.endswith("; nothing was written\n")
    assert not (here / "docs/a").exists()
    assert ("+    ```bash {.verify name=velero-restore-get expect=none}" in done.stdout) == (
        how == "--diff"
    )


def test_what_is_told_of_a_command_fits_and_names_its_place_once(here: Path) -> None:
    folder = "docs/a folder of pages from before"
    (here / "p.md").write_text("# P\n\n```bash\nkubectl delete pod a\n```\n")
    told = ledger(here, "import", "p.md", "-o", folder).stdout
    why = "not-reviewed: kubectl delete is not known to only look"
    assert flat(told) == f"{folder}/p.md:11: {why}\n"
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(("source", "output"), [("docs/p.md", ()), ("p.md", ("-o", "docs"))])
def test_the_diff_is_a_patch_that_git_takes(
    here: Path, source: str, output: tuple[str, ...]
) -> None:
    plain = b"# P\n\n```bash\ndf -h\n```\n\nA \x0c page, and no end of its last line"
    (here / source).write_bytes(plain)
    patch = ledger(here, "import", source, *output, "--diff").stdout
    subprocess.run(["git", "apply"], cwd=here, input=patch, text=True, check=True)
    patched = (here / "docs/p.md").read_bytes()
    (here / "docs/p.md").unlink()
    (here / source).write_bytes(plain)
    ledger(here, "import", source, *output)
    assert (here / "docs/p.md").read_bytes() == patched


def test_a_page_that_somebody_changed_is_not_overwritten(here: Path) -> None:
    ledger(here, "import", str(RUNBOOKS), "-o", "docs/a")
    path = here / "docs/a/guide/restore.md"
    path.write_text(path.read_text() + "\nMine.\n")
    done = ledger(here, "import", str(RUNBOOKS), "-o", "docs/a", code=1)
    assert "docs/a/guide/restore.md: this page is there" in done.stderr
    assert path.read_text().endswith("\nMine.\n")


def test_without_its_parser_it_says_how_to_get_it(here: Path) -> None:
    code = "import sys; sys.modules['tree_sitter'] = None; from ledger.cli import main; main()"
    words = ("import", str(RUNBOOKS), "-o", "docs/a")
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=here, capture_output=True)
    assert (
        b"tree_sitter is not installed\n  fix: pip install 'phase-ledger[offline]'" in done.stderr
    )
    assert not (here / "docs/a").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["gone.md"], 2, "gone.md: no such file"),
        (["empty"], 2, "empty: no Markdown file in this folder"),
        (["plain.md"], 2, "plain.md: not below docs/"),
        (["plain.md", "-o", "elsewhere"], 2, "elsewhere: not a folder below docs/"),
        (["plain.md", "sub/plain.md", "-o", "docs"], 2, "two files would become docs/plain.md"),
        (["plain.md", "-o", "docs", "--example", "x"], 2, "--example 'x' is not NAME=VALUE"),
        (["latin.md", "-o", "docs"], 1, "docs/latin.md: not UTF-8 text"),
        (["open.md", "-o", "docs"], 1, "docs/open.md:3: this fence is not rendered as code"),
        (["front.md", "-o", "docs"], 1, "docs/front.md:2: broken YAML"),
        (["number.md", "-o", "docs"], 1, "docs/number.md:1: parameters must be a mapping"),
    ],
)
def test_what_cannot_be_imported_is_told(
    here: Path, words: list[str], code: int, told: str
) -> None:
    (here / "empty").mkdir()
    (here / "sub").mkdir()
    for name in ("plain.md", "sub/plain.md"):
        (here / name).write_text("# Plain\n")
    (here / "latin.md").write_bytes(b"\xe4")
    (here / "open.md").write_text("a\n\n```sh\nls\n")
    (here / "number.md").write_text("---\nparameters: 5\n---\n")
    (here / "front.md").write_text("---\n: {\n---\n")
    done = ledger(here, "import", *words, code=code)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
