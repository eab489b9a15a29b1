"""The gate `rules`: each alert rule is in a file that Prometheus' own tool was run on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from ledger.flow.gates.result import Finding, GateResult, Subject, counted
from ledger.pages.state import State

_PROMTOOL: Final = re.compile(r"\bpromtool\s+(?:test|check)\s+rules\b")


def rules(subject: Subject) -> GateResult:
    """Each file under `rules:` holds Prometheus groups and was an input of a verified promtool."""
    names = subject.skill.strings("rules")
    tested = _tested(subject)
    findings = [found for name in names for found in _file_findings(subject, name, tested)]
    if not names:
        findings.append(_no_rules(subject))
    return GateResult(
        "rules", f"{counted(len(names), 'rule file')} tested" if names else "", tuple(findings)
    )


def _tested(subject: Subject) -> list[PurePosixPath]:
    """The inputs of every page on which a block that runs promtool is verified."""
    locks = [
        state.lock
        for page in subject.evidence
        for state in page.states
        if state.state is State.VERIFIED and _PROMTOOL.search(state.block.text)
    ]
    return [PurePosixPath(name) for lock in locks if lock for name in lock.inputs]


def _file_findings(subject: Subject, name: str, tested: list[PurePosixPath]) -> Iterable[Finding]:
    _, wrong = read_groups(subject.project.root / name)
    if wrong:
        yield Finding(name, wrong, "write groups:, each with a name and its rules")
    if not any(PurePosixPath(name).is_relative_to(path) for path in tested):
        fix = "have a page of docs: run promtool test rules on it, name it under the page's inputs:"
        mend = " and ".join(dict.fromkeys(page.mend() for page in subject.evidence))
        yield Finding(
            subject.at("rules"),
            f"no verified block runs promtool on {name}",
            f"{fix}, then {mend}" if mend else fix,
        )


def read_groups(path: Path) -> tuple[list[Mapping[str, Any]], str]:
    """The groups of a file of Prometheus rules, and why it holds none; empty if it does."""
    try:
        data = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        return [], f"cannot be read: {getattr(error, 'strerror', error)}"
    except yaml.YAMLError as error:
        return [], f"broken YAML: {getattr(error, 'problem', None) or 'not text'}"
    groups = data.get("groups") if isinstance(data, Mapping) else None
    if not isinstance(groups, list) or not groups:
        return [], "no Prometheus groups in it"
    return groups, next(filter(None, map(_group_problem, groups)), "")


def _group_problem(group: Any) -> str:
    if not isinstance(group, Mapping) or not group.get("name"):
        return "a group has no name"
    found = group.get("rules")
    if not isinstance(found, list) or not found:
        return f"group {group['name']} has no rules"
    whole = (
        isinstance(r, Mapping) and r.get("expr") and ("alert" in r or "record" in r) for r in found
    )
    return "" if all(whole) else f"group {group['name']} has a rule without expr, alert or record"


def _no_rules(subject: Subject) -> Finding:
    return Finding(
        subject.at("rules"),
        "no files under rules:, so nothing proves that an alert fires",
        f"name them under rules:, or give the phase no gate: gates: {{{subject.phase}: []}}",
    )
