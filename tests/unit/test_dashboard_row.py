"""The backup's row in a dashboard: what the command writes, and what it leaves alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.errors import LedgerError
from tools.dashboard import panels, splice
from tools.dashboard.__main__ import BUILT

ROOT = Path(__file__).parents[2]
ROW: list[dict[str, Any]] = json.loads(BUILT.read_text())["panels"]
RULES = [
    rule
    for path in (ROOT / "manifests/observability/rules").glob("*.yaml")
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = [
    {"id": 7, "type": "stat", "title": "Orders", "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0}},
    {
        "id": 3,
        "type": "text",
        "title": 'a "{[,:]}" b',
        "gridPos": {"h": 3, "w": 12, "x": 12, "y": 0},
    },
]
FOLDED: dict[str, Any] = {
    "id": 4,
    "type": "row",
    "title": "Folded",
    "collapsed": True,
    "gridPos": {"h": 1, "w": 24, "x": 0, "y": 8},
    "panels": [{"id": 8, "type": "stat", "gridPos": {"h": 4, "w": 6, "x": 0, "y": 9}}],
}


def dashboard(*shown: dict[str, Any], version: int = 41) -> dict[str, Any]:
    """A dashboard; of its keys some come before the panels and some behind them."""
    head = {"annotations": {"list": []}, "editable": True, "panels": [*shown]}
    return {**head, "schemaVersion": version, "title": 'Team "panels": [1]'}


def indented(indent: str | int, *shown: dict[str, Any], version: int = 41) -> str:
    return json.dumps(dashboard(*shown, version=version), indent=indent) + "\n"


SHAPES = {
    "without rows": indented(2, *PANELS),
    "with a folded row": indented(2, *PANELS, FOLDED),
    "without panels": indented(2),
    "old schema": indented(2, *PANELS, version=16),
    "tabs": indented("\t", *PANELS),
    "CRLF": indented(4, *PANELS).replace("\n", "\r\n"),
    "CRLF without panels": indented(4).replace("\n", "\r\n"),
    "no final newline": indented(2, *PANELS).rstrip("\n"),
    "one line": json.dumps(dashboard(*PANELS)),
    "one line without panels": json.dumps(dashboard()) + "\n",
    "tight": json.dumps(dashboard(*PANELS), separators=(",", ":")),
    "blanks everywhere": '\n {"panels" :\n[ {"id":1 , "gridPos" :null}\n ,{} ] ,"rows":[]}\n',
    "braces on one line": '{\n  "panels": [{\n    "id": 5\n  }],\n  "schemaVersion": 41\n}\n',
    "panels twice": '{"panels": [{"id": 1}], "title": "x", "panels": [{"id": 2}]}',
}


@pytest.fixture(params=SHAPES.values(), ids=list(SHAPES))
def text(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def flat(text: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(text)["panels"]
    return [each for panel in shown for each in (panel, *panel.get("panels", []))]


def test_what_is_committed_is_what_the_code_builds() -> None:
    assert BUILT.read_text() == panels.build(), "python -m tools.dashboard build"


def test_what_the_site_shows_was_asked_with_the_queries_as_they_are() -> None:
    shown = json.loads((ROOT / "docs/reference/dashboard.json").read_text())["panels"]
    assert [(panel["title"], panel["query"]) for panel in shown] == [
        (panel["title"], panel["targets"][0]["expr"]) for panel in ROW[1:]
    ], "make figures"


def test_a_panel_turns_red_when_the_alert_fires() -> None:
    limits = {
        match[1]
        for rule in RULES
        if (match := re.search(r"> ([\d.]+)$", rule["expr"].strip())) and "alert" in rule
    }
    shown = {
        panel["title"]: str(step["value"])
        for panel in ROW[1:]
        for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
        if step["color"] == "red" and step["value"]
    }
    objective = shown.pop("Restore time")
    assert objective == "900"
    assert len(shown) == 3
    assert set(shown.values()) <= limits


def test_a_panel_asks_for_nothing_but_what_is_recorded() -> None:
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    for panel in ROW[1:]:
        asked = set(re.findall(r"\b\w+:\w+:\w+", panel["targets"][0]["expr"]))
        assert asked, panel["title"]
        assert asked <= recorded
        assert "kube" not in panel["targets"][0]["expr"]


def test_the_row_is_added_and_nothing_else_changes(text: str) -> None:
    before, after = json.loads(text), json.loads(splice.add(text, ROW))
    there = len(before["panels"])
    titles = [panel["title"] for panel in after["panels"][there:]]
    assert titles == [panel["title"] for panel in ROW]
    assert {**after, "panels": after["panels"][:there]} == before


def test_every_byte_that_was_there_stays(text: str) -> None:
    added = splice.add(text, ROW)
    start = next(at for at, (old, new) in enumerate(zip(text, added, strict=False)) if old != new)
    if json.loads(text)["panels"]:
        assert added.endswith(text[start:])
    else:
        # Of an empty list only the blanks within may change.
        assert added.endswith(text[start:].lstrip().removeprefix("]"))


def test_a_second_time_changes_nothing(text: str) -> None:
    added = splice.add(text, ROW)
    assert splice.add(added, ROW) == added


def test_ids_are_new_and_places_are_below(text: str) -> None:
    added = flat(splice.add(text, ROW))
    ids = [panel["id"] for panel in added if panel.get("id") is not None]
    assert len(set(ids)) == len(ids)
    mine, others = added[-len(ROW) :], added[: -len(ROW)]
    places = [panel.get("gridPos") or {"y": 0, "h": 0} for panel in others]
    bottom = max((place["y"] + place["h"] for place in places if place["y"] != 9), default=0)
    assert [panel["gridPos"]["y"] - bottom for panel in mine] == [
        panel["gridPos"]["y"] for panel in ROW
    ]


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        ("without rows", '\n    {\n      "'),
        ("tabs", '\n\t\t{\n\t\t\t"'),
        ("CRLF", '\r\n        {\r\n            "'),
        ("without panels", '"panels": [\n    {\n      "'),
    ],
)
def test_the_row_is_written_as_the_file_is(shape: str, line: str) -> None:
    added = splice.add(SHAPES[shape], ROW)
    assert line in added
    assert added.count("\r\n") == ("CRLF" in shape) * added.count("\n")


@pytest.mark.parametrize(
    ("shape", "separators"),
    [
        ("one line", (", ", ": ")),
        ("one line without panels", (", ", ": ")),
        ("tight", (",", ":")),
    ],
)
def test_one_line_stays_one_line(shape: str, separators: tuple[str, str]) -> None:
    added = splice.add(SHAPES[shape], ROW)
    assert added.rstrip("\n") == json.dumps(json.loads(added), separators=separators)


def test_a_row_that_is_written_in_another_form_is_the_same_row() -> None:
    found = json.loads(splice.add(SHAPES["without rows"], ROW))
    text = f'{{\n\t"panels": {json.dumps(found["panels"], sort_keys=True)}\n}}'
    assert splice.add(text, ROW) == text


def changed(added: str) -> str:
    """The row as an older version made it, somewhere else, with another data source."""
    found = json.loads(added)
    *others, row, last, success, _ = found["panels"][: len(PANELS) + 4]
    last["description"] = "old"
    last["datasource"] = {"uid": "mine"}
    success |= {"id": 55, "gridPos": {"h": 9, "w": 9, "x": 9, "y": 99}}
    other = {"id": 60, "type": "row", "title": "Below"}
    return json.dumps({**found, "panels": [*others, row, last, success, other]}, indent=2)


def test_a_row_that_is_there_is_renewed_in_its_place() -> None:
    old = changed(splice.add(SHAPES["without rows"], ROW))
    new = flat(splice.add(old, ROW))
    was = {panel["title"]: panel for panel in flat(old)}
    assert [panel["title"] for panel in new] == [
        *(panel["title"] for panel in [*PANELS, *ROW]),
        "Below",
    ]
    for panel in new:
        if panel["title"] in was:
            assert panel["id"] == was[panel["title"]]["id"]
            assert panel.get("gridPos") == was[panel["title"]].get("gridPos")
    assert new[3]["datasource"] == {"uid": "mine"}
    assert new[3]["description"] == ROW[1]["description"]
    assert len({panel["id"] for panel in new}) == len(new)


def test_a_row_that_is_folded_stays_folded() -> None:
    found = json.loads(splice.add(SHAPES["without rows"], ROW))
    row, *below = found["panels"][len(PANELS) :]
    folded = row | {"collapsed": True, "panels": below}
    text = json.dumps({**found, "panels": [*PANELS, folded]}, indent=2)
    assert splice.add(text, ROW) == text
    del below[0]["description"]
    renewed = splice.add(json.dumps({**found, "panels": [*PANELS, folded]}, indent=2), ROW)
    assert renewed == text


@pytest.mark.parametrize("title", ["Queue", "Freshness"])
def test_other_panels_in_the_row_are_not_lost(title: str) -> None:
    found = json.loads(splice.add(SHAPES["without rows"], ROW))
    found["panels"].append({"id": 80, "type": "stat", "title": title})
    with pytest.raises(LedgerError, match=f"has other panels, too: {title}"):
        splice.add(json.dumps(found), ROW)


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.dashboard", *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("title: team\n", "it is no JSON"),
        ("[]", "it is no dashboard"),
        ('{"panels": [1]}', "it is no dashboard"),
        ('{"apiVersion": "dashboard.grafana.app/v2beta1", "spec": {}}', "it is no dashboard"),
        ('{"schemaVersion": 14, "rows": [{"panels": []}]}', "Grafana 4 or older"),
        ("\udcff", "cannot be read"),
    ],
)
def test_what_is_no_dashboard_is_refused_and_stays(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "team.json"
    path.write_text(text, errors="surrogateescape")
    done = run("add", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {path}: {what}") or what in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_text(errors="surrogateescape") == text


def test_a_file_that_is_missing_or_read_only_is_told(tmp_path: Path) -> None:
    path = tmp_path / "team.json"
    assert f"error: {path}: cannot be read or written" in run("add", path).stderr
    path.write_text(SHAPES["tabs"])
    path.chmod(0o444)
    assert run("add", path).stderr == f"error: {path}: it is read-only\n  fix: chmod u+w {path}\n"
    assert path.read_text() == SHAPES["tabs"]


def test_the_command_writes_once_and_shows_before(tmp_path: Path) -> None:
    path = tmp_path / "team.json"
    path.write_bytes(SHAPES["CRLF"].encode())
    diff = run("add", "--diff", path, "--datasource", "${source}").stdout
    assert path.read_bytes() == SHAPES["CRLF"].encode()
    assert run("add", path, "--datasource", "${source}").stderr == f"the row is in {path}\n"
    source = {"datasource": {"type": "prometheus", "uid": "${source}"}}
    row = [ROW[0], *(panel | source for panel in ROW[1:])]
    assert path.read_bytes().decode() == splice.add(SHAPES["CRLF"], row)
    assert diff.count('\n+                "uid": "${source}"') == len(ROW) - 1
    assert run("add", path).stderr == "the row is there, up to date\n"


def test_the_diff_of_a_file_without_a_final_newline(tmp_path: Path) -> None:
    path = tmp_path / "team.json"
    path.write_text(SHAPES["one line"])
    lines = run("add", "--diff", path).stdout.splitlines()
    assert [line[0] for line in lines] == ["-", "+", "@", "-", "\\", "+", "\\"]
