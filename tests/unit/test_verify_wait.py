"""A `.wait` block ends at once when its cause is lost, and believes the cluster, not kubectl."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.core.project import Project
from ledger.errors import ClusterError, PageError
from ledger.pages.block import Block, Expectation
from ledger.pages.eventually import Wait
from ledger.pages.page import Page, read_page
from ledger.verify.attempt import Attempt, carry_out
from ledger.verify.session import Shell
from ledger.verify.wait import NAME, Watch
from tests.support.http_server import Quiet, serving, write_kubeconfig

JOB = "/apis/batch/v1/namespaces/agents/jobs/backup"
POD = "/api/v1/namespaces/agents/pods/nats-0"
COMPLETE = Wait("Complete", "job", "backup", "agents")
READY = Wait("Ready", "pod", "nats-0", "agents")


@dataclass
class Api:
    """An API server that knows the objects it is given."""

    kubeconfig: Path
    objects: dict[str, Any] = field(default_factory=dict)
    code: int = 200
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, **conditions: str) -> None:
        told = [{"type": name, "status": status} for name, status in conditions.items()]
        self.objects[path] = {"status": {"conditions": told}}

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        if self.code == 200 and path not in self.objects:
            return 404, {}
        return self.code, self.objects.get(path)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    found = Api(tmp_path / "kubeconfig")

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, document = found.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        write_kubeconfig(found.kubeconfig, address)
        yield found


@pytest.fixture
def shell() -> Iterator[Shell]:
    with closing(Shell(os.environ, grace=0.5)) as shell:
        yield shell


def block(text: str, wait: Wait = COMPLETE, *, timeout: float = 30) -> Block:
    return Block(
        "verify", "it", text, 1, timeout=timeout, expectation=Expectation("none"), wait=wait
    )


# A block for which something happens once it runs: it ends behind that.
UNTIL_THEN = "touch begun; until [[ -e over ]]; do sleep 0.05; done"


def once_it_runs(shell: Shell, api: Api, action: Callable[[], None]) -> None:
    """Act when the block has said that it has begun, and the API server has been asked."""

    def act() -> None:
        while not (api.asked and (shell.work / "begun").exists()):
            time.sleep(0.02)
        action()
        (shell.work / "over").touch()

    threading.Thread(target=act, daemon=True).start()


def done(shell: Shell, api: Api, wanted: Block) -> Attempt:
    return carry_out(shell, wanted, api.kubeconfig)


def test_a_condition_that_is_true_is_a_pass(shell: Shell, api: Api) -> None:
    api.put(JOB, SuccessCriteriaMet="True", Complete="True")
    last = done(shell, api, block("echo met"))
    assert (last.reason, last.outcome.stdout.read_text()) == ("", "met\n")


def test_a_job_that_has_failed_ends_the_wait_at_once(shell: Shell, api: Api) -> None:
    api.put(JOB, Suspended="False")
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"}
    fails = {JOB: {"status": {"conditions": [failed]}}}
    once_it_runs(shell, api, lambda: api.objects.update(fails))
    last = done(shell, api, block("echo waiting; touch begun; sleep 60; echo on"))
    assert last.reason == "job/backup is Failed, never Complete (BackoffLimitExceeded: m)"
    assert last.outcome.stdout.read_text() == "waiting\n"
    assert carry_out(shell, block("true", READY), api.kubeconfig).outcome.status == 0


def test_a_job_that_completes_is_never_failed(shell: Shell, api: Api) -> None:
    api.put(JOB, Complete="True")
    failed = Wait("Failed", "job", "backup", "agents")
    last = done(shell, api, block("sleep 60", failed))
    assert last.reason == "job/backup is Complete, never Failed"


@pytest.mark.parametrize("conditions", [{}, {"Failed": "False"}, {"Failed": "Unknown"}])
def test_a_job_that_may_still_complete_is_waited_for(
    shell: Shell, api: Api, conditions: dict[str, str]
) -> None:
    api.put(JOB, **conditions)
    once_it_runs(shell, api, lambda: api.put(JOB, Complete="True"))
    assert done(shell, api, block(UNTIL_THEN)).reason == ""


def test_a_job_that_is_not_there_yet_may_come(shell: Shell, api: Api) -> None:
    once_it_runs(shell, api, lambda: api.put(JOB, Complete="True"))
    assert done(shell, api, block(UNTIL_THEN)).reason == ""


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({}, "job/backup is not Complete"),
        ({"Complete": "False"}, "job/backup is not Complete"),
        ({"Complete": "Unknown"}, "job/backup is not Complete"),
        ({"Completed": "True"}, "job/backup is not Complete"),
    ],
)
def test_a_command_that_says_met_is_not_believed(
    shell: Shell, api: Api, conditions: dict[str, str], told: str
) -> None:
    api.put(JOB, **conditions)
    assert done(shell, api, block("echo job.batch/backup condition met")).reason == told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (404, "job/backup is not there"),
        (403, "job/backup cannot be read: Forbidden"),
        (503, "job/backup cannot be read: Service Unavailable"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(shell: Shell, api: Api, code: int, told: str) -> None:
    api.code = code
    assert done(shell, api, block("true")).reason == told


@pytest.mark.parametrize("document", [{}, {"status": None}, [], "x", {"status": {"conditions": 1}}])
def test_an_answer_of_another_form_is_a_failure(shell: Shell, api: Api, document: object) -> None:
    api.objects[JOB] = document
    assert done(shell, api, block("true")).reason.startswith("job/backup ")


def test_what_the_command_says_comes_first(shell: Shell, api: Api) -> None:
    api.put(JOB, Complete="True")
    assert done(shell, api, block("exit 3")).reason == "called exit 3, expected 0"
    assert done(shell, api, block("kill -9 $$")).reason.startswith("ended the page's shell")


def test_a_pod_is_asked_for_by_its_own_path(shell: Shell, api: Api) -> None:
    api.put(POD, Ready="True")
    assert done(shell, api, block("true", READY)).reason == ""
    assert set(api.asked) == {POD}


def test_kubectl_has_time_to_say_that_its_time_is_over(shell: Shell, api: Api) -> None:
    api.put(JOB)
    late = "sleep 1; echo error: timed out >&2; (exit 1)"
    assert done(shell, api, block(late, timeout=0.2)).reason == "ended with 1, expected 0"


def test_the_watch_leaves_no_thread(api: Api) -> None:
    with Watch(COMPLETE, api.kubeconfig, every=60):
        assert _watching()
    assert not _watching()


def _watching() -> list[threading.Thread]:
    """The server of these tests has threads of its own."""
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def test_a_kubeconfig_that_is_gone_is_told(shell: Shell, api: Api) -> None:
    api.kubeconfig.unlink()
    with pytest.raises(ClusterError):
        carry_out(shell, block("true"), api.kubeconfig)


COMMAND = "kubectl -n agents wait --for=condition=Complete job/backup --timeout=120s"
ATTRIBUTES = "name=done for=Complete of=job/backup ns=agents timeout=120s"
FIX = f"write {COMMAND}"


def read(tmp_path: Path, attributes: str, command: str, front: str = "") -> Page:
    (tmp_path / "mkdocs.yml").write_text("site_name: t\n")
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(f"{front}```bash {{.wait {attributes}}}\n{command}\n```\n")
    return read_page(Project(tmp_path), page)


def test_a_wait_block_is_what_the_reader_copies(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ATTRIBUTES, COMMAND).verified_blocks
    assert (found.kind, found.name, found.text) == ("verify", "done", COMMAND)
    assert (found.wait, found.timeout) == (COMPLETE, 120)
    assert found.expectation == Expectation("none")


def test_a_long_command_may_be_broken(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ATTRIBUTES, COMMAND.replace(" job", " \\\n  job")).blocks
    assert found.wait == COMPLETE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("job/backup", "job/other"),
        ("job/backup", "pod/backup"),
        ("Complete", "Failed"),
        ("-n agents", "-n default"),
        ("-n agents ", ""),
        ("120s", "60s"),
        (" --timeout=120s", ""),
        ("kubectl", "oc"),
        ("120s", "120s || true"),
        ("kubectl", "echo kubectl"),
    ],
)
def test_a_command_that_waits_for_something_else_is_an_error(
    tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, ATTRIBUTES, COMMAND.replace(old, new))
    assert (caught.value.where, caught.value.fix) == ("docs/page.md:1", FIX)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name=done ", "", "a .wait block has a name"),
        ("for=Complete ", "", "a .wait block without for="),
        ("of=job/backup ", "", "a .wait block without of="),
        ("ns=agents ", "", "a .wait block without ns="),
        (" timeout=120s", "", "a .wait block without timeout="),
        ("of=job/backup", "of=backup", "of=backup is nothing to wait for"),
        ("of=job/backup", "of=cronjob/backup", "of=cronjob/backup is nothing to wait for"),
        ("of=job/backup", "of=job/$JOB", "of=job/$JOB is nothing to wait for"),
        ("for=Complete", "for=complete", "for=complete is no condition"),
        ("ns=agents", "ns=$NS", "ns=$NS is no namespace"),
        ("timeout=120s", "timeout=120", "'120' is not a duration"),
        ("timeout=120s", "timeout=120s exit=1", "unknown attribute 'exit' of .wait"),
        ("name=done", ".verify name=done", ".wait and .verify on one block"),
    ],
)
def test_attributes_that_cannot_be_meant_are_errors(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, ATTRIBUTES.replace(old, new), COMMAND)
    assert (caught.value.where, caught.value.what) == ("docs/page.md:1", told)
    assert caught.value.fix


def test_a_page_without_a_cluster_has_nothing_to_wait_for(tmp_path: Path) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, ATTRIBUTES, COMMAND, "---\ncluster: false\n---\n")
    assert caught.value.where == "docs/page.md:4"


def test_the_condition_is_in_the_digest() -> None:
    plain = block("true")
    other = block("true", Wait("Complete", "job", "backup", "other"))
    without = Block("verify", "it", "true", 1, timeout=30, expectation=Expectation("none"))
    assert len({plain.sha256, other.sha256, without.sha256}) == 3
