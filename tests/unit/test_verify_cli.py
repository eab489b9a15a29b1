"""`ledger verify` as a person and a script meet it: lines, JSON, exit codes, nothing half done."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as Xml

import pytest

from ledger.cluster import workloads
from ledger.cluster.identity import Identity, Record, kubeconfig_of
from ledger.cluster.pins import Pins
from ledger.cluster.reader import USER
from ledger.cluster.recipe import recipe
from ledger.verify.progress import line
from tests.fixtures.schemas import validate
from tests.support.flat import flat
from tests.support.http_server import Quiet, address, serving, write_kubeconfig

LEDGER = str(Path(sys.executable).parent / "ledger")
FREE = "---\ncluster: false\nreasons: {no-bucket: there is no bucket here}\n---\n"
GOOD = "```bash {.verify name=good expect=none}\ntrue\n```\n"
BAD = "\n```bash {.verify name=bad expect=none}\nfalse\n```\n"
AFTER = "\n```bash {.verify name=after expect=none}\ntouch after\n```\n"
SKIP = "\n```bash {.skip name=upload reason=no-bucket}\naws s3 ls\n```\n"
UID = "11111111-2222-4333-8444-555555555555"
READER = "the-reader-s"


class Site:
    """A project in a folder, and the command in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {
            key: value for key, value in os.environ.items() if key not in {"CI", "GITHUB_ACTIONS"}
        }
        self.env |= {"XDG_STATE_HOME": str(root / "state"), "SOURCE_DATE_EPOCH": "1795219200"}

    def page(self, name: str, text: str) -> str:
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return f"docs/{name}"

    def verify(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LEDGER, "verify", *args],
            cwd=self.root,
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def refused(self, *args: str, code: int, told: str) -> None:
        """The command fails with one clear line and writes nothing."""
        before = self.files()
        done = self.verify(*args)
        assert (done.returncode, done.stdout) == (code, ""), done
        assert done.stderr.startswith("error: ")
        assert told in flat(done.stderr)
        assert "Traceback" not in done.stderr
        assert self.files() == before

    def files(self) -> set[Path]:
        return set(self.root.rglob("*"))


@pytest.fixture
def site(project: object, tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_good_page(site: Site) -> None:
    site.page("runbook/page.md", FREE + GOOD + SKIP)
    done = site.verify()
    assert (done.returncode, done.stderr) == (0, "running docs/runbook/page.md::good\n")
    lines = done.stdout.splitlines()
    assert lines[0] == "docs/runbook/page.md"
    assert lines[1].split()[0::3] == ["passed", "good"]
    assert lines[2].split(maxsplit=2) == ["skipped", "upload", "there is no bucket here"]
    assert lines[3:] == ["1 passed, 0 failed, 1 skipped"]
    assert (site.root / ".ledger/runs/runbook/page.json").is_file()
    assert not (site.root / "evidence").exists()


def test_a_failure_is_told_where_it_happened(site: Site) -> None:
    page = site.page("page.md", FREE + GOOD + BAD + AFTER)
    done = site.verify(page)
    assert done.returncode == 1
    assert "    docs/page.md:9 block bad: ended with 1, expected 0\n      | false\n" in done.stdout
    assert "not run" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed, 0 skipped, 1 not run\n")
    assert "Traceback" not in done.stdout + done.stderr


def test_what_did_not_run_is_one_line(site: Site) -> None:
    site.page("a.md", FREE + BAD + AFTER + SKIP + AFTER.replace("after", "last"))
    site.page("b.md", FREE + BAD + AFTER)
    lines = site.verify().stdout.splitlines()
    told = "  not run  because block bad failed"
    assert [lines.count(told), "\n".join(lines).count("not run")] == [2, 3]
    assert lines[-1] == "0 passed, 2 failed, 1 skipped, 3 not run"


def test_json_is_one_document_and_nothing_else(site: Site) -> None:
    site.page("page.md", FREE + GOOD + SKIP + BAD + AFTER)
    done = site.verify("--json")
    document = json.loads(done.stdout)
    assert document["schema"] == "phase-ledger/verify/v1"
    counts = [document[key] for key in ("passed", "failed", "skipped", "not_run")]
    assert counts == [1, 1, 1, 1]
    blocks = document["pages"][0]["blocks"]
    assert [(b["name"], b["line"], b["result"]) for b in blocks] == [
        ("good", 5, "passed"),
        ("upload", 9, "skipped"),
        ("bad", 13, "failed"),
        ("after", 17, "not-run"),
    ]
    assert [b["reason"] for b in blocks] == [
        "",
        "there is no bucket here",
        "ended with 1, expected 0",
        "because block bad failed",
    ]
    assert blocks[0]["seconds"] > 0
    assert done.returncode == 1


def test_every_page_with_blocks_is_the_default(site: Site) -> None:
    site.page("a.md", FREE + GOOD)
    site.page("deep/er/b.md", FREE + GOOD)
    site.page("c.md", "# No blocks\n")
    site.page("d.md", FREE + SKIP)
    pages = json.loads(site.verify("--json").stdout)["pages"]
    assert [page["page"] for page in pages] == ["docs/a.md", "docs/deep/er/b.md"]


def test_it_works_from_a_folder_below(site: Site) -> None:
    site.page("runbook/page.md", FREE + GOOD)
    done = subprocess.run(
        [LEDGER, "verify", "page.md"],
        cwd=site.root / "docs" / "runbook",
        env=site.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "docs/runbook/page.md")


def test_the_lock_is_written_when_asked_with_the_day_of_the_run(site: Site) -> None:
    page = site.page("page.md", FREE + GOOD)
    started = datetime.now(UTC).date()
    done = site.verify(page, "--update-lock")
    assert done.stderr.endswith("wrote evidence/page.json\n")
    lock = json.loads((site.root / "evidence/page.json").read_text())
    assert started <= date.fromisoformat(lock["verified"]) <= datetime.now(UTC).date()
    assert lock["blocks"]["good"]["result"] == "passed"


def test_a_page_with_a_broken_end_gets_no_lock(site: Site) -> None:
    site.page("page.md", FREE.replace("reasons", "versions: {nats: echo no}\nreasons") + GOOD)
    done = site.verify("--update-lock")
    assert done.returncode == 1
    assert "(after the last block)" in done.stdout
    assert not (site.root / "evidence").exists()


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["docs/nosuch.md"], 2, "docs/nosuch.md: no such page"),
        (["docs"], 2, "docs: no such page"),
        (["docs/plain.md"], 2, "docs/plain.md: this page has no .verify block"),
        (["README.md"], 2, "README.md: not a Markdown page below docs/"),
        (["docs/broken.md"], 1, "docs/broken.md:5: unknown attribute 'nmae'"),
        (["docs/good.md", "docs/broken.md"], 1, "docs/broken.md:5"),
        (["docs/cluster.md"], 4, "no cluster to run the pages on\n  fix: ledger cluster up"),
        (["docs/good.md", "docs/cluster.md"], 4, "no cluster to run the pages on"),
        (
            ["docs/good.md", "docs/cluster.md", "--cluster", "old"],
            4,
            "no cluster old\n  fix: ledger cluster up --name old",
        ),
    ],
)
def test_what_cannot_run_is_refused_before_anything_runs(
    site: Site, args: list[str], code: int, told: str
) -> None:
    site.page("good.md", FREE + GOOD)
    site.page("plain.md", "# Plain\n")
    site.page("broken.md", FREE + GOOD.replace("name", "nmae"))
    site.page("cluster.md", GOOD)
    (site.root / "README.md").write_text(FREE + GOOD)
    site.refused(*args, "--update-lock", code=code, told=told)


def test_without_a_cluster_the_pages_that_need_none_run_and_it_is_not_done(site: Site) -> None:
    site.page("a.md", GOOD)
    site.page("b.md", FREE + GOOD)
    site.page("c.md", GOOD)
    done = site.verify("--json", "--update-lock", CI="true")
    document = json.loads(done.stdout)
    validate(document, "verify.v1")
    assert [page["page"] for page in document["pages"]] == ["docs/b.md"]
    left = [{"page": f"docs/{name}.md", "why": "no cluster"} for name in "ac"]
    assert document["left_out"] == left
    assert done.returncode == 4
    assert done.stderr.startswith(
        "left out docs/a.md: no cluster\nleft out docs/c.md: no cluster\n"
    )
    assert done.stderr.endswith(
        "error: no cluster: 2 pages did not run\n  fix: ledger cluster up\n"
    )
    assert [path.name for path in (site.root / "evidence").iterdir()] == ["b.json"]


def test_a_failure_counts_more_than_a_cluster_that_is_not_there(site: Site) -> None:
    site.page("a.md", GOOD)
    site.page("b.md", FREE + BAD)
    assert site.verify().returncode == 1


def test_the_pages_of_another_shard_wait_for_no_cluster_here(site: Site) -> None:
    site.page("a.md", FREE + GOOD)
    site.page("b.md", GOOD)
    shards = [site.verify("--shard", f"{number}/2") for number in (1, 2)]
    assert [(done.returncode, "1 passed" in done.stdout) for done in shards] == [
        (0, True),
        (4, False),
    ]
    assert shards[1].stderr.startswith("error: no cluster to run the pages on\n")


def test_a_project_without_blocks_is_told_so(site: Site) -> None:
    site.refused(code=2, told="no page below docs/ has a .verify block")


class Api(Quiet, BaseHTTPRequestHandler):
    """An API server that knows one namespace, and lets anyone make a reader."""

    uid = UID
    answers = 1000
    got: ClassVar[list[str]] = []

    def reply(self) -> None:
        Api.answers -= 1
        Api.got.append(f"{self.command} {self.path.partition('?')[0]}")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {
            "metadata": {"uid": self.uid},
            "items": [],
            "status": {"token": READER, "resourceRules": []},
        }
        body = json.dumps(told).encode()
        self.send_response(200 if self.answers >= 0 else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = reply  # noqa: N815


@pytest.fixture
def api() -> Iterator[HTTPServer]:
    Api.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Api)
    with serving(server):
        yield server


@pytest.fixture
def kubeconfig(site: Site, api: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a cluster on record that `api` stands for, and give its kubeconfig."""
    monkeypatch.setenv("XDG_STATE_HOME", site.env["XDG_STATE_HOME"])
    path, tools = kubeconfig_of("phase-ledger"), site.root / "bin"
    identity = Identity("phase-ledger", address(api), UID, "v1.34.4", path, tools, "airgap")
    Record(identity, created="", engine={}, node_image="").write()
    write_kubeconfig(path, address(api))
    tools.mkdir()
    (tools / "kubectl").write_text("#!/bin/sh\necho 'Client Version: v1.34.4'\n")
    (tools / "kubectl").chmod(0o755)
    return path


@pytest.mark.usefixtures("kubeconfig")
def test_a_page_runs_on_the_cluster_on_record(site: Site, api: HTTPServer) -> None:
    page = site.page("page.md", GOOD + block("where", f'grep {address(api)} "$KUBECONFIG"'))
    done = site.verify(page, "--update-lock", KUBECONFIG="/somebody/production")
    assert done.returncode == 0, done
    lock = json.loads((site.root / "evidence/page.json").read_text())
    assert lock["versions"] == {"kubectl": "1.34.4", "kubernetes": "1.34.4"}


def block(name: str, text: str, attributes: str = "") -> str:
    return f"\n```bash {{.verify name={name} expect=none {attributes}}}\n{text}\n```\n"


CHANGE = f'! grep -q {READER} "$KUBECONFIG" && grep -q its-own "$KUBECONFIG"'
LOOK = f'grep -q {READER} "$KUBECONFIG" && ! grep -q its-own "$KUBECONFIG"'


def test_only_a_block_that_mutates_comes_as_itself(
    site: Site, api: HTTPServer, kubeconfig: Path
) -> None:
    write_kubeconfig(kubeconfig, address(api), token="its-own")
    text = (
        block("first", f'{LOOK} && echo "$KUBECONFIG"', "set=WHERE")
        + block("change", CHANGE, "mutates irreversible")
        + block("again", f'{LOOK} && [[ $KUBECONFIG == "$WHERE" ]]')
        + block("mode", '[[ $(stat -c %a "$KUBECONFIG") == 600 ]]')
        + block("down", CHANGE).replace(".verify", ".teardown")
    )
    head = "---\nversions:\n  kept: |\n    " + CHANGE + " && echo 1.2\n---\n"
    up = block("up", CHANGE).replace(".verify", ".setup")
    done = site.verify(site.page("page.md", head + up + text), "--update-lock")
    assert done.returncode == 0, done.stdout
    lock = json.loads((site.root / "evidence/page.json").read_text())
    assert lock["versions"]["kept"] == "1.2"


def test_a_block_that_looks_again_asks_the_cluster_nothing(site: Site, kubeconfig: Path) -> None:
    site.verify(site.page("page.md", GOOD))
    once = len(Api.got)
    Api.got.clear()
    site.verify(site.page("page.md", GOOD + block("b", "true") + block("c", "true")))
    assert len(Api.got) == once


WRITE = """python3 - "$KUBECONFIG" <<'E'
import json, sys
with open(sys.argv[1], "r+") as file:
    config = json.load(file)
    config["contexts"][0]["context"]["namespace"] = "mine"
    config["users"].append({"name": "b", "user": {"token": "another"}})
    file.seek(0)
    json.dump(config, file, indent=3)
E"""


def test_what_a_page_writes_into_its_kubeconfig_stays(site: Site, kubeconfig: Path) -> None:
    done = site.verify(
        site.page(
            "page.md",
            block("write", WRITE, "mutates irreversible")
            + block(
                "read", f'{LOOK} && grep -q mine "$KUBECONFIG" && grep -q another "$KUBECONFIG"'
            )
            + block("gone", 'rm "$KUBECONFIG"', "mutates irreversible")
            + block("stays-gone", '! test -e "$KUBECONFIG"'),
        )
    )
    assert done.returncode == 0, done.stdout


REFUSED = f"""echo 'Error from server (Forbidden): jobs.batch is forbidden: User "{USER}" cannot \
create resource "jobs" in API group "batch" in the namespace "agents"'"""


def test_a_refused_block_fails_at_once_and_says_what_is_missing(
    site: Site, kubeconfig: Path
) -> None:
    text = block("make", REFUSED, "until=60s every=1s")
    done = json.loads(site.verify(site.page("page.md", text), "--json").stdout)
    made = done["pages"][0]["blocks"][0]
    told = "it changes the cluster and does not say mutates: cannot create jobs.batch"
    assert made["reason"].startswith(told)
    assert made["seconds"] < 30


def test_what_a_block_that_mutates_prints_of_a_refusal_is_its_own(
    site: Site, kubeconfig: Path
) -> None:
    text = block("make", REFUSED, "mutates irreversible")
    assert site.verify(site.page("page.md", text)).returncode == 0


def test_a_cluster_with_another_uid_is_refused(
    site: Site, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "uid", "another")
    page = site.page("page.md", GOOD)
    site.refused(page, "--update-lock", code=5, told="is not phase-ledger")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--cluster-uid", UID], "and it is not set\n  fix: export KUBECONFIG=FILE"),
        (["--cluster-uid", ""], "and it is not set"),
        (["--cluster-uid", UID, "--update-lock"], "is no evidence: its images are unknown"),
    ],
)
def test_a_cluster_by_its_uid_is_that_of_the_user(
    site: Site, kubeconfig: Path, args: list[str], told: str
) -> None:
    site.env["KUBECONFIG"] = ""
    site.refused(site.page("page.md", GOOD), *args, code=2, told=told)
    assert not Api.got


def test_a_kubeconfig_that_leads_elsewhere_is_refused(site: Site, kubeconfig: Path) -> None:
    kubeconfig.write_text(kubeconfig.read_text().replace("127.0.0.1", "127.0.0.2"))
    page = site.page("page.md", GOOD)
    site.refused(page, "--update-lock", code=5, told="the kubeconfig leads to")


def test_a_kubeconfig_changed_under_a_run_stops_the_next_page(site: Site, kubeconfig: Path) -> None:
    change = f"sed -i s/127.0.0.1/127.0.0.2/ {kubeconfig}"
    site.page("a.md", GOOD.replace("true", change))
    site.page("b.md", GOOD.replace("true", f"touch {site.root}/ran"))
    done = site.verify("--update-lock")
    assert done.returncode == 5
    assert "error: " in done.stderr
    assert "the kubeconfig leads to" in flat(done.stderr)
    assert not (site.root / "ran").exists()
    assert not (site.root / "evidence").exists()


@pytest.fixture
def probe(site: Site, kubeconfig: Path) -> Path:
    """An image of the project, and a node that holds it as it is now."""
    (site.root / "airgap").symlink_to(Path(__file__).parents[2] / "airgap")
    dockerfile = site.root / "images" / "probe" / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_text("FROM scratch\n")
    pins = Pins.read(site.root)
    key = workloads.step(site.root, "probe", pins, recipe(pins), airgap=True).key()[:12]
    docker = kubeconfig_of("phase-ledger").parents[3] / "bin" / "docker"
    docker.write_text(
        f"#!/bin/sh\necho docker.io/phase-ledger/probe:dev\n"
        f"echo docker.io/phase-ledger/probe:{key}\n"
    )
    docker.chmod(0o755)
    return dockerfile


OLDER = "error: the cluster holds an older probe than images/probe\n  fix: ledger cluster up\n"


@pytest.mark.parametrize(
    "named", ["images/probe", "images/probe/Dockerfile", "images", "./images/"]
)
def test_a_page_never_runs_on_an_older_image_than_it_names(
    site: Site, probe: Path, named: str
) -> None:
    text = f"---\ninputs: ['{named}']\n---\n" + GOOD.replace("true", f"touch {site.root}/ran")
    page = site.page("page.md", text)
    probe.write_text("FROM scratch\nUSER 1\n")
    done = site.verify(page, "--update-lock")
    assert (done.returncode, done.stdout, done.stderr) == (4, "", OLDER)
    assert not (site.root / "ran").exists()
    assert not (site.root / "evidence").exists()


def test_a_page_runs_on_the_images_of_today(site: Site, probe: Path) -> None:
    page = site.page("page.md", "---\ninputs: [images/probe]\n---\n" + GOOD)
    done = site.verify(page)
    assert done.returncode == 0, done


def test_an_older_image_stops_only_who_names_it(site: Site, probe: Path) -> None:
    page = site.page("page.md", GOOD)
    probe.write_text("FROM scratch\nUSER 1\n")
    done = site.verify(page)
    assert done.returncode == 0, done


def test_an_image_changed_under_a_run_stops_the_next_page(site: Site, probe: Path) -> None:
    head = "---\ninputs: [images/probe]\n---\n"
    site.page("a.md", head + GOOD.replace("true", f"echo USER 1 >> {probe}"))
    site.page("b.md", head + GOOD.replace("true", f"touch {site.root}/ran"))
    done = site.verify()
    assert done.returncode == 4
    assert done.stderr.endswith(OLDER)
    assert not (site.root / "ran").exists()


@pytest.mark.parametrize(("answers", "code"), [(1, 1), (2, 4)])
def test_a_cluster_that_goes_away_is_no_success(
    site: Site, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, answers: int, code: int
) -> None:
    monkeypatch.setattr(Api, "answers", answers)
    done = site.verify(site.page("page.md", GOOD))
    assert done.returncode == code
    assert "answered with code 503" in done.stdout + done.stderr


def test_an_interrupt_ends_the_blocks_and_the_command(site: Site) -> None:
    site.page("page.md", FREE + GOOD.replace("true", "sleep 61.7") + AFTER)
    with subprocess.Popen(
        [LEDGER, "verify", "--update-lock"],
        cwd=site.root,
        env=site.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == "running docs/page.md::good\n"
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=20)
    assert process.returncode == 130
    assert talk.endswith("stopped\n")
    assert "Traceback" not in talk
    assert not (site.root / "evidence").exists()
    assert subprocess.run(["pgrep", "-f", "sleep 61.7"], check=False).returncode == 1


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(site: Site, variable: str, coloured: bool) -> None:
    site.page("page.md", FREE + GOOD)
    command = ["script", "-qec", f"{LEDGER} verify", "/dev/null"]
    done = subprocess.run(
        command,
        cwd=site.root,
        env=site.env | {"NO_COLOR": variable},
        capture_output=True,
        text=True,
    )
    assert ("\x1b[32mpassed" in done.stdout) == coloured
    assert "\x1b[" not in site.verify(NO_COLOR="").stdout


def test_help_has_examples() -> None:
    done = subprocess.run([LEDGER, "verify", "--help"], capture_output=True, text=True, check=True)
    assert "Examples:\n  ledger verify\n" in done.stdout


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": ""}


def test_github_is_told_the_line_of_each_failure(site: Site) -> None:
    site.page("a,b.md", FREE + GOOD + BAD + AFTER + SKIP)
    lines = site.verify(**GITHUB).stdout.splitlines()
    stop = lines[0].partition("::stop-commands::")[2]
    assert len(stop) == 32
    assert lines[lines.index(f"::{stop}::") + 1 :] == [
        "::error file=docs/a%2Cb.md,line=9,title=block bad failed::ended with 1, expected 0",
        "1 passed, 1 failed, 1 skipped, 1 not run",
    ]
    assert "::" not in site.verify().stdout.replace("docs/a,b.md::", "")


def test_a_block_cannot_command_github(site: Site) -> None:
    told = "echo '::error::mine'; printf '%s' '::add-path::/evil' >&2; false"
    site.page("page.md", FREE + BAD.replace("false", told))
    out = site.verify(**GITHUB).stdout
    stop = out.partition("::stop-commands::")[2].partition("\n")[0]
    assert "::add-path::" not in out.partition(f"\n::{stop}::\n")[2]
    assert "::add-path::" in out


def test_paths_for_github_begin_at_the_repository(site: Site) -> None:
    site.page("page.md", FREE + BAD)
    out = site.verify(GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(site.root.parent)).stdout
    assert f"::error file={site.root.name}/docs/page.md,line=6" in out
    done = site.verify("--json", **GITHUB)
    assert json.loads(done.stdout)["failed"] == 1
    assert "::error file=docs/page.md" in done.stderr


def test_github_hears_again_after_a_run_that_broke_off(site: Site, kubeconfig: Path) -> None:
    change = f"sed -i s/127.0.0.1/127.0.0.2/ {kubeconfig}"
    site.page("a.md", GOOD.replace("true", change))
    site.page("b.md", GOOD)
    done = site.verify(**GITHUB)
    stop = done.stdout.partition("::stop-commands::")[2].partition("\n")[0]
    assert (done.returncode, done.stdout.endswith(f"::{stop}::\n")) == (5, True)


def test_a_junit_report(site: Site) -> None:
    told = "printf 'a\\001b\\xff<&' >&2; false"
    site.page("page.md", FREE + GOOD + BAD.replace("false", told) + AFTER + SKIP)
    site.page("z.md", FREE + GOOD)
    done = site.verify("--junit", "out/report.xml")
    assert done.returncode == 1
    root = Xml.parse(site.root / "out/report.xml").getroot()
    first, second = root
    counts = [first.get(key) for key in ("name", "tests", "failures", "errors", "skipped")]
    assert counts == ["docs/page.md", "4", "1", "0", "2"]
    assert [(c.get("name"), c.get("line"), [part.tag for part in c]) for c in first] == [
        ("good", "5", []),
        ("bad", "9", ["failure"]),
        ("after", "13", ["skipped"]),
        ("upload", "17", ["skipped"]),
    ]
    failure = first[1][0]
    assert failure.get("message") == "ended with 1, expected 0"
    assert failure.text
    assert "docs/page.md:9 block bad" in failure.text
    assert second.get("failures") == "0"


def test_a_report_that_cannot_be_written_is_refused_first(site: Site) -> None:
    site.page("page.md", FREE + GOOD)
    site.refused("--junit", "docs", code=2, told="docs: no report can be written there")
    site.refused("--junit", "mkdocs.yml/x.xml", code=2, told="cannot make its folder")


@pytest.mark.parametrize(
    ("usual", "width", "told"),
    [
        (None, 80, "running docs/page.md::good 12 s"),
        (30.4, 80, "running docs/page.md::good 12 s (usually 30 s)"),
        (30.4, 40, "runnin…age.md::good 12 s (usually 30 s)"),
        (30.4, 20, "12 s (usually 30 s)"),
        (30.4, 19, "12 s …sually 30 s)"),
    ],
)
def test_progress_fits_the_terminal(usual: float | None, width: int, told: str) -> None:
    shown = line("running docs/page.md::good", 12.3, usual, width)
    assert len(shown) < width
    assert shown == told


def on_terminal(site: Site, columns: int, **env: str) -> str:
    """What the command writes to a terminal of so many columns."""
    command = f"stty cols {columns}; {LEDGER} verify"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=site.root,
        env={k: v for k, v in site.env.items() if k != "COLUMNS"} | env,
        capture_output=True,
    )
    return done.stdout.decode()


def test_a_terminal_is_told_the_usual_time_in_its_width(site: Site) -> None:
    site.page("page.md", FREE.replace("there is", "x" * 200) + GOOD.replace("true", "sleep 2"))
    site.page("q.md", FREE.replace("there is", "x" * 200) + SKIP + GOOD)
    first = on_terminal(site, 50, NO_COLOR="1")
    assert "running docs/page.md::good 0 s" in first
    assert "usually" not in first
    again = on_terminal(site, 50, NO_COLOR="1")
    renewed = re.findall(r"running docs/page.md::good (\d+) s \(usually \d+ s\)", again)
    assert renewed[0] == "0"
    assert len(set(renewed)) > 1
    parts = re.split(r"\r\x1b\[K|\r?\n", again)
    assert max(map(len, parts)) == 50
    assert "xxx" in again


def test_a_dumb_terminal_gets_plain_lines(site: Site) -> None:
    site.page("page.md", FREE + GOOD)
    out = on_terminal(site, 80, NO_COLOR="1", TERM="dumb")
    assert "running docs/page.md::good\r\n" in out
    assert "\x1b" not in out
