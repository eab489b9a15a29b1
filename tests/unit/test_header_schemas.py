"""The schemas that editors check front matter with say what the code reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ledger.core.lint_keys import _KNOWN
from ledger.core.phases import PHASES, Status
from ledger.core.plan import CLASSES
from ledger.core.project import Project
from ledger.pages.reasons import _DAYS, _TEXTS
from ledger.pages.types import TYPES

ROOT = Path(__file__).parents[2]
PROJECT = Project(ROOT)
# How the code asks for a key of a page.
ASKED = re.compile(
    r'(?:page|self|card)\.(?:strings|table|meta\.get)\("(\w+)"|"(\w+)" in self\.meta'
)


class _AsJson(yaml.SafeLoader):
    """Reads a day as the text that it is, as an editor does."""


_AsJson.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def schema(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"docs/schemas/header/{kind}.v1.json").read_text())
    jsonschema.Draft7Validator.check_schema(loaded)
    return loaded


def problems(kind: str, text: str) -> list[str]:
    front = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    data = yaml.load(front[1], _AsJson) if front else {}
    checker = jsonschema.FormatChecker()
    found = jsonschema.Draft7Validator(schema(kind), format_checker=checker).iter_errors(data)
    return [f"{error.json_path}: {error.message}" for error in found]


def test_a_skill_s_keys_are_those_that_the_lint_knows() -> None:
    known = schema("skill")["properties"]
    assert set(known) == set(_KNOWN)
    assert list(known["phase_ledger"]["properties"]) == list(PHASES)
    assert known["phase_ledger"]["properties"]["PLAN"]["enum"] == [*Status]
    assert known["branches"]["items"]["properties"]["class"]["enum"] == list(CLASSES)


def test_a_page_s_keys_are_those_that_the_code_asks_for() -> None:
    known = schema("page")["properties"]
    asked = {
        key
        for file in (ROOT / "ledger").rglob("*.py")
        for pair in ASKED.findall(file.read_text("utf-8"))
        for key in pair
        if key
    }
    assert asked - set(known) == set()
    told = (ROOT / "docs/reference/blocks.md").read_text("utf-8")
    keys = re.findall(r"^\| `(\w+): ", told.partition("## Front matter")[2], re.MULTILINE)
    assert len(keys) > 5
    assert set(keys) - set(known) == set()
    assert known["type"]["enum"] == list(TYPES)
    debt = known["reasons"]["additionalProperties"]["anyOf"][1]["properties"]
    assert set(debt) == {*_TEXTS, *_DAYS}


@pytest.mark.parametrize("kind", ["skill", "page"])
def test_every_header_of_this_repository_is_valid(kind: str) -> None:
    folder = PROJECT.skills if kind == "skill" else PROJECT.docs
    files = sorted(folder.rglob("*.md"))
    assert files
    told = {
        str(file): found for file in files if (found := problems(kind, file.read_text("utf-8-sig")))
    }
    assert told == {}


@pytest.mark.parametrize(
    ("kind", "header", "told"),
    [
        ("skill", "status: pending\nphase_ledger: {PLAN: finished}\n", "'finished' is not one of"),
        ("skill", "status: pending\nprogress: 101\nphase_ledger: {}\n", "101 is greater than"),
        ("page", "inputs: manifests\n", "is not of type 'array'"),
        ("page", "cluster: no cluster\n", "is not of type 'boolean'"),
        ("page", "parameters: {STREAM: {find: nats stream ls}}\n", "'example' is a required"),
        ("page", "reasons: {later: {text: Not now., until: someday}}\n", "is not valid under any"),
    ],
)
def test_what_no_run_could_use_is_told(kind: str, header: str, told: str) -> None:
    assert any(told in problem for problem in problems(kind, f"---\n{header}---\n"))
