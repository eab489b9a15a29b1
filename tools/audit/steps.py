"""The steps of the audit. Each gives what it found wrong, one line each; nothing is good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from ledger.core import git
from ledger.core.problem import Severity
from ledger.verify.offline_data import read_yaml
from ledger.verify.offline_kube import Schemas
from tools.audit.advisories import advisories
from tools.audit.server import server
from tools.audit.subject import LeftOutError, Subject, ToolError
from tools.audit.workflows import workflows

PLACEHOLDER: Final = "REPLACE_WITH_"
_HERE: Final = Path(__file__).parent
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"


def placeholders(subject: Subject) -> Iterator[str]:
    """Templates hold placeholders, and nothing else does: neither a file nor what is rendered."""
    for path in sorted(filter(Path.is_file, subject.manifests.rglob("*"))):
        template, where = path.parent.name == "secrets", subject.project.relative(path)
        lines = path.read_text("utf-8").splitlines()
        held = [number for number, line in enumerate(lines, 1) if PLACEHOLDER in line]
        if template and not held:
            yield f"{where}: a template without {PLACEHOLDER}...: was it filled in?"
        elif held and not template:
            yield f"{where}:{held[0]}: holds {PLACEHOLDER}..., and is no template in secrets/"
    for where, resource in subject.resources():
        if PLACEHOLDER in json.dumps(resource):
            yield f"{where} holds {PLACEHOLDER}... and would be applied"


def secrets(subject: Subject) -> Iterator[str]:
    """No key, token or password in the work tree; what is found is not shown."""
    for leak in _leaks(subject, "dir"):
        yield _told(leak)


def history(subject: Subject) -> Iterator[str]:
    """None in any commit either: what was once pushed is known, whoever deleted it since.

    Raises:
        LeftOutError: the history is not here, or not whole.
    """
    if git.output(subject.project.root, "rev-parse", "--is-shallow-repository") != b"false\n":
        raise LeftOutError("the history is not whole here; git fetch --unshallow brings it")
    for leak in _leaks(subject, "git"):
        yield f"commit {leak['Commit'][:12]}: {_told(leak)}"


def _leaks(subject: Subject, where: str) -> list[dict[str, Any]]:
    config = str(_HERE / "gitleaks.toml")
    flags = ("--no-banner", "--redact", "--config", config, "-f", "json", "-r", "-", "-l", "error")
    done = subject.run("gitleaks", where, *flags, ".")
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        raise ToolError(f"gitleaks: {done.stderr.strip()}") from None
    return found


def _told(leak: Mapping[str, Any]) -> str:
    return f"{leak['File']}:{leak['StartLine']}: {leak['Description']} ({leak['RuleID']})"


def schemas(subject: Subject) -> Iterator[str]:
    """Every rendered resource is one of the pinned Kubernetes version, without unknown keys."""
    known = Schemas.of(subject.project)
    for where, text in subject.rendered.items():
        data = read_yaml(text, where)
        for problem in (*data.problems, *known.problems(data.documents)):
            # Of a custom resource no schema is known: it is applied by the tests.
            if problem.severity is not Severity.INFO:
                yield f"{where}: rendered line {problem.line}: {problem.what}"


def pod_security(subject: Subject) -> Iterator[str]:
    """Every pod is restricted, and every namespace accepts no other."""
    rules = Draft202012Validator(json.loads((_HERE / "pod-security.json").read_text("utf-8")))
    for where, resource in subject.resources():
        labels = resource["metadata"].get("labels", {})
        if resource["kind"] == "Namespace" and labels.get(_ENFORCE) != "restricted":
            yield f"{where}: no label {_ENFORCE}=restricted"
        for spec in _pods(resource):
            for error in rules.iter_errors(spec):
                yield f"{where}: {error.json_path.replace('$', 'pod', 1)}: {error.message}"


def _pods(value: Any) -> Iterator[dict[str, Any]]:
    """Every pod's spec in a resource, wherever its kind keeps it."""
    if isinstance(value, dict):
        if "containers" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _pods(part)


def iam(subject: Subject) -> Iterator[str]:
    """Every policy is valid, and parliament has nothing to say about it."""
    for path in sorted(subject.manifests.glob("*/iam/*-policy.json")):
        # It ignores --file where standard input is no terminal.
        done = subject.run("parliament", "--json", given=path.read_text("utf-8"))
        told = done.stdout.splitlines() or done.stderr.splitlines()[-1:]
        if done.returncode or done.stdout:
            for line in told:
                yield f"{subject.project.relative(path)}: {line}"


STEPS: Final[Mapping[str, Callable[[Subject], Iterator[str]]]] = {
    "placeholders": placeholders,
    "secrets": secrets,
    "history": history,
    "schemas": schemas,
    "pod-security": pod_security,
    "iam": iam,
    "workflows": workflows,
    "server": server,
    "advisories": advisories,
}
