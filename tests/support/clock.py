"""A clock that is wrong, as the backup on the test cluster sees it: the node keeps its own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.support import nats

SETTING = "clock-ahead"
"""The ConfigMap that makes the clock wrong: without it the backup has the node's time again."""

# Python imports it first, and whoever asks for the time after it gets this one.
_TWO_HOURS_AHEAD = """
import datetime

class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(hours=2)

datetime.datetime = Ahead
"""


def set_ahead(env: Mapping[str, str]) -> None:
    """Set the clock of the backup two hours ahead."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": SETTING},
        "data": {"sitecustomize.py": _TWO_HOURS_AHEAD},
    }
    nats.kubectl(env, "apply", "-f", "-", given=json.dumps(manifest))
    path = "/clock:/opt/nats-backup:/opt/nats-backup/site-packages"
    optional = {"name": SETTING, "optional": True}
    mount = {"mountPath": "/clock", "name": "clock", "readOnly": True}
    volume = {"name": "clock", "configMap": optional}
    _patch(env, {"name": "PYTHONPATH", "value": path}, mount, volume)


def set_right(env: Mapping[str, str]) -> None:
    """Give the backup the node's clock again, and take away what made it wrong."""
    gone = {"$patch": "delete"}
    variable, volume = {"name": "PYTHONPATH", **gone}, {"name": "clock", **gone}
    _patch(env, variable, {"mountPath": "/clock", **gone}, volume)
    nats.kubectl(env, "delete", "configmap", SETTING, "--ignore-not-found")


def _patch(env: Mapping[str, str], variable: object, mount: object, volume: object) -> None:
    container = {"name": "nats-backup", "env": [variable], "volumeMounts": [mount]}
    pod = {"containers": [container], "volumes": [volume]}
    patch = {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}
    nats.kubectl(env, "patch", "cronjob", "nats-backup", "--patch", json.dumps(patch))
