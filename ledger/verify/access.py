"""As whom a page's commands come to the cluster: a block that changes nothing comes as a reader."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ledger.cluster import Identity
from ledger.cluster.api import Api
from ledger.cluster.reader import LOOK, USER, Reader

_REFUSED: Final = re.compile(
    rf'User \\?"{re.escape(USER)}\\?" cannot (\S+) '
    r'resource \\?"([^"\\]+)\\?" in API group \\?"([^"\\]*)\\?"'.encode()
)


class Access:
    """A page's own kubeconfig, in which the user changes and all else is the page's.

    Args:
        identity: the cluster; its kubeconfig has one user.
        namespace: the current one of the page; empty for that of the cluster's own kubeconfig.

    Attributes:
        kubeconfig: the file; no other page and no other user reads it.
    """

    def __init__(self, identity: Identity, namespace: str = "") -> None:
        config: dict[str, Any] = yaml.safe_load(identity.kubeconfig.read_text("utf-8"))
        for one in config["contexts"] if namespace else ():
            one["context"]["namespace"] = namespace
        self._config = config
        self._api = Api(identity.kubeconfig)
        self._folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.kubeconfig = self._folder / "kubeconfig"
        self._reader: Reader | None = None
        self._changed = False
        self._user = self._config["users"][0]["user"]
        self._write(self._config)

    def change(self) -> None:
        """Let the commands that come change the cluster."""
        self._changed = True
        self._become(self._config["users"][0]["user"])

    def look(self) -> None:
        """Let the commands that come look at the cluster, at what is there now, and no more.

        Raises:
            ClusterError: the cluster has no account for that, and refuses to make one.
        """
        if self._reader is None:
            self._reader = Reader(self._api, self._config, self._folder / "reader")
        elif self._changed:
            self.renew()
        self._changed = False
        self._become(self._reader.user)

    def renew(self) -> None:
        """Let the reader look at what the cluster serves now; the errors are those of `look`."""
        if self._reader:
            self._reader.renew()

    def close(self, *, keep: bool = False) -> None:
        """Remove the file, or leave it as one that may change the cluster."""
        if self._reader:
            self._reader.close()
        self._api.close()
        if keep:
            self.change()
            (self._folder / "reader").unlink(missing_ok=True)
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _become(self, user: dict[str, Any]) -> None:
        """Write the user into the file as the page has left it: a namespace it chose stays."""
        if user == self._user:
            return
        self._user = user
        own = self._config["users"][0]["name"]
        try:
            config = self._read()
            others = [one for one in config["users"] if one["name"] != own]
        except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
            return  # the page took it away: nothing is led anywhere by it
        self._write(config | {"users": [*others, {"name": own, "user": user}]})

    def _read(self) -> dict[str, Any]:
        text = self.kubeconfig.read_text("utf-8")
        # YAML is slow to read, and few pages write a kubeconfig.
        found = json.loads(text) if text == self._written else yaml.safe_load(text)
        return dict(found)

    def _write(self, config: dict[str, Any]) -> None:
        self._written = json.dumps(config, indent=1)
        draft = self.kubeconfig.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(self._written, "utf-8")
        draft.replace(self.kubeconfig)


@dataclass(frozen=True)
class Refusal:
    """What the cluster did not let the reader do.

    Attributes:
        reason: it, in one clause.
        look: whether it was only to look at something.
    """

    reason: str
    look: bool


def refusal(*outputs: Path) -> Refusal | None:
    """The first refusal that a block printed."""
    for path in outputs:
        with path.open("rb") as file:
            for line in file:
                if found := _REFUSED.search(line):
                    return _told(*(part.decode(errors="replace") for part in found.groups()))
    return None


def _told(verb: str, resource: str, group: str) -> Refusal:
    name, _, sub = resource.partition("/")
    what = (f"{name}.{group}" if group else name) + (f"/{sub}" if sub else "")
    if verb in LOOK and not sub:
        return Refusal(f"the read-only account cannot {verb} {what}", look=True)
    reason = f"it changes the cluster and does not say mutates: cannot {verb} {what}"
    return Refusal(reason, look=False)
