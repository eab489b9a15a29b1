"""Fixtures of this repository: for its tests, and for the pages that name them."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ledger.cluster import Identity, environment
from ledger.core.project import Project

pytest_plugins = ["pytester"]

Env = Mapping[str, str]

# What a shell runs in its background is deaf to Ctrl-C, and so is all that is started there.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def nats(cluster: Identity) -> Iterator[Env]:
    """NATS on the cluster, without a stream or an archive; gives the environment of its clients."""
    from tests.support import nats, volumes

    env = environment(cluster)
    nats.deploy(env)
    nats.wipe(env)
    volumes.empty(env, volumes.BACKUP)
    yield env
    nats.wipe(env)


@pytest.fixture(scope="module")
def saved(nats: Env) -> Env:
    """NATS with the bucket `settings` and the stream ORDERS, both backed up."""
    from tests.support.nats import back_up, seed_orders

    seed_orders(nats)
    back_up(nats)
    return nats


@pytest.fixture(scope="module")
def orders(saved: Env) -> None:
    """NATS with the bucket `settings` and the stream ORDERS: backed up, then emptied by mistake."""
    from tests.support.nats import box

    box(saved, "nats", "stream", "purge", "ORDERS", "--force")


@pytest.fixture(scope="module")
def nats_down(saved: Env) -> Iterator[Env]:
    """No NATS; an archive of its streams is on the volume."""
    from tests.support.faults import nats_down

    with nats_down(saved):
        yield saved


@pytest.fixture(scope="module")
def backup_volume_full(saved: Env) -> Iterator[Env]:
    """A backup volume without a free byte; a good archive is on it, and two that are too old."""
    from tests.support.faults import backup_volume_full

    with backup_volume_full(saved):
        yield saved


@pytest.fixture(scope="module")
def bucket(nats: Env) -> Iterator[Env]:
    """An empty bucket, and a backup that knows of it."""
    from tests.support import s3

    s3.deploy(nats)
    s3.empty(nats)
    s3.configure(nats)
    yield nats
    s3.forget(nats)


@pytest.fixture(scope="module")
def uploaded(bucket: Env, saved: Env) -> Env:
    """NATS with the bucket `settings` and the stream ORDERS, both backed up into the bucket too."""
    return saved


@pytest.fixture(scope="module")
def s3_down(uploaded: Env) -> Iterator[Env]:
    """No object store; an archive is in it, and on the volume."""
    from tests.support.faults import s3_down

    with s3_down(uploaded):
        yield uploaded


@pytest.fixture(scope="module")
def bucket_missing(uploaded: Env) -> Iterator[Env]:
    """An object store without the bucket; an archive is on the volume."""
    from tests.support.faults import bucket_missing

    with bucket_missing(uploaded):
        yield uploaded


@pytest.fixture(scope="module")
def bad_s3_credentials(uploaded: Env) -> Iterator[Env]:
    """A backup whose secret key is not the bucket's; an archive is in it, and on the volume."""
    from tests.support.faults import bad_s3_credentials

    with bad_s3_credentials(uploaded):
        yield uploaded


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of its own."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    (tmp_path / "docs").mkdir()
    return Project(tmp_path)
