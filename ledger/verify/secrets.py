"""The values that a cluster keeps secret, in every form in which a block may print them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from ledger.cluster.api import Api
from ledger.errors import ClusterError

# Shorter values stand in half of all words.
SHORTEST: Final = 6
_LONG_LINE: Final = 16
# What leads to a thing is no secret, though it may lie beside one: `bucket`, `AWS_REGION`, `host`.
_PLACE_KEY: Final = re.compile(
    r"(?i)(?:^|[._-])(bucket|region|host|hostname|port|user|username|name|namespace|prefix"
    r"|token-id)$"
)
_ADDRESS_KEY: Final = re.compile(r"(?i)(?:^|[._-])(url|uri|endpoint)$")
# One with a path may be a secret: whoever knows the address of a webhook may post to it.
_ADDRESS: Final = re.compile(r"(\w+://[\w.:-]+|[\w-]+(\.[\w-]+)+(:\d+)?|[\w-]+:\d+)?/?")
_OWN_KEYS: Final = ("token", "password", "client-key-data", "client-certificate-data")


class Secrets:
    """The Secrets of all namespaces of a cluster, and what its kubeconfig holds.

    Args:
        kubeconfig: leads to the cluster as one who may list them.

    Raises:
        ClusterError: it is no kubeconfig.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self._api = Api(kubeconfig)
        self._seen: set[tuple[str, str]] = set()
        users = yaml.safe_load(kubeconfig.read_text("utf-8")).get("users") or []
        self._forms = {form for user in users for form in _of_user(user.get("user") or {})}

    def forms(self) -> set[str]:
        """How the values may be printed: those of now, and all that were seen before.

        Raises:
            ClusterError: they cannot be read.
        """
        found: list[dict[str, Any]] = self._api.get("/api/v1/secrets").get("items") or []
        pairs = {pair for secret in found for pair in (secret.get("data") or {}).items()}
        for key, value in pairs - self._seen:
            raw = base64.b64decode(value)
            if not is_place(key, raw.decode("utf-8", "replace")):
                self._forms |= set(forms(raw))
        self._seen |= pairs
        return self._forms

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()


def is_place(key: str, value: str) -> bool:
    """Whether a Secret's value only says where something is, or whose it is."""
    if _ADDRESS_KEY.search(key):
        return bool(_ADDRESS.fullmatch(value.strip()))
    return bool(_PLACE_KEY.search(key))


def forms(value: bytes) -> Iterator[str]:
    """How a value may be printed: as it is, in JSON, in base64, and the long lines of these."""
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        text = ""  # no screen shows such a value as it is
    if len(text or value) < SHORTEST:
        return
    stripped = text.encode() or value
    # `echo "$PASSWORD" | base64` encodes a newline too.
    for data in {value, stripped, stripped + b"\n"}:
        yield base64.b64encode(data).decode()
        yield from _long_lines(base64.encodebytes(data).decode())
    if text:
        yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        yield from _in_go(text)
        yield from _long_lines(text)


def _in_go(text: str) -> Iterator[str]:
    """As kubectl writes it in JSON, and in JSON within JSON: an annotation holds what came."""
    go = json.dumps(text, ensure_ascii=False)[1:-1]
    for mark in "&<>":
        go = go.replace(mark, f"\\u{ord(mark):04x}")
    yield from (go, json.dumps(go, ensure_ascii=False)[1:-1])


def _long_lines(text: str) -> Iterator[str]:
    """Lines that are secret by themselves; not those that begin and end a key."""
    for line in map(str.strip, text.splitlines()):
        if len(line) >= _LONG_LINE and not line.startswith("-----"):
            yield line


def _of_user(user: dict[str, Any]) -> Iterator[str]:
    for key in _OWN_KEYS:
        value = str(user.get(key) or "")
        try:
            raw = base64.b64decode(value, validate=True) if key.endswith("-data") else b""
        except binascii.Error as error:
            raise ClusterError(f"{key} is no base64") from error
        yield from forms(raw or value.encode())
