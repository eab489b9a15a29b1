"""Disposable kind clusters: raise one on any machine, prove which one it is, remove it."""

from __future__ import annotations

from ledger.cluster.down import down
from ledger.cluster.given import given, lock_name
from ledger.cluster.guard import prove
from ledger.cluster.identity import NAME, Identity, environment, recorded
from ledger.cluster.images import outdated
from ledger.cluster.lock import reserved
from ledger.cluster.status import Status, status
from ledger.cluster.up import up

__all__ = [
    "NAME",
    "Identity",
    "Status",
    "down",
    "environment",
    "given",
    "lock_name",
    "outdated",
    "prove",
    "recorded",
    "reserved",
    "status",
    "up",
]
