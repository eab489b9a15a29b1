"""The cluster that a run of pytest holds: one that stands, one that is raised for it, or none."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest

from ledger import cluster as clusters
from ledger.cluster import Identity, engine
from ledger.cluster.identity import names
from ledger.errors import ClusterError, LedgerError
from ledger.verify import NO_CLUSTER


@contextmanager
def hold(
    name: str | None, say: Callable[[str], None], *, uid: str | None, up: bool, keep: bool
) -> Iterator[Identity]:
    """Hold a cluster, for this run alone; skip or fail the test where there is none.

    Args:
        name: its name on record; the usual one if None.
        say: tells a person what takes long.
        uid: the UID of the cluster that $KUBECONFIG leads to, in place of one on record.
        up: raise one if none stands, bring changed images into one that does.
        keep: leave one that was raised.
    """
    if uid is not None:
        with _given(uid, say) as given:
            yield given
        return
    if not up and not names():
        _do_without(f"no cluster: {NO_CLUSTER}")
    name = name or clusters.NAME
    with clusters.reserved(name, say):
        identity, why = _standing(name)
        if identity:
            yield _renewed(name, say) if up else identity
        elif up:
            with _raised(name, say, keep=keep) as identity:
                yield identity
        else:
            _do_without(f"{why}: {NO_CLUSTER}")


@contextmanager
def _given(uid: str, say: Callable[[str], None]) -> Iterator[Identity]:
    """Give the cluster that $KUBECONFIG leads to, if it is the one that is meant."""
    try:
        with clusters.given(uid) as identity, clusters.reserved(clusters.lock_name(identity), say):
            yield identity
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)


def _standing(name: str) -> tuple[Identity | None, str]:
    """Give the cluster on record if it answers, else why there is none."""
    try:
        identity = clusters.recorded(name)
        if identity:
            clusters.prove(identity)
    except ClusterError as error:
        return None, f"the recorded cluster cannot be used: {error.what}"
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)
    return identity, "no cluster"


def _renewed(name: str, say: Callable[[str], None]) -> Identity:
    """Bring changed images into a cluster that stands."""
    try:
        return clusters.up(name, say=say)
    except LedgerError as error:
        pytest.fail(str(error), pytrace=False)


@contextmanager
def _raised(name: str, say: Callable[[str], None], *, keep: bool) -> Iterator[Identity]:
    """Raise a cluster, and take away at the end what there was not before, however it ends.

    One that was made stays if all is to be kept.
    """
    had_engine = engine.runs()
    made = False
    try:
        identity = clusters.up(name, say=say)
        made = True
        yield identity
    except LedgerError as error:
        if made:
            raise
        what = error.what.splitlines()[0]
        _do_without(f"no cluster can be had here: {what} ({error.where or 'no log'}); {error.fix}")
    finally:
        started = engine.runs() and not had_engine
        if (made and not keep) or (started and not made):
            clusters.down(name, everything=started, say=_say)


def _do_without(why: str) -> NoReturn:
    """Skip what needs a cluster; with CI=true fail, because there a skip would look like a pass."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
