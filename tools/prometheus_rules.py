"""Write the rules of manifests/observability as resources for the Prometheus operator.

python -m tools.prometheus_rules, after each change of rules/: a unit test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "manifests" / "observability"
_HEAD: Final = """\
# Made of ../rules/{name}.yaml by python -m tools.prometheus_rules: change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
  namespace: observability
spec:
"""


def resources() -> dict[Path, str]:
    """Give each resource's file and its text: the file of rules, indented."""
    return {
        FOLDER / "operator" / rules.name: _HEAD.format(name=rules.stem)
        + indent(rules.read_text("utf-8"), "  ")
        for rules in sorted(FOLDER.glob("rules/*.yaml"))
    }


if __name__ == "__main__":
    for path, text in resources().items():
        path.write_text(text, "utf-8")
