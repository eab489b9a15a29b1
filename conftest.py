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
def nats(cluster: Identity, ledger_keep: bool) -> Iterator[Env]:
    """NATS on the cluster, without a stream or an archive; gives the environment of its clients."""
    from tests.support import nats, volumes

    env = environment(cluster)
    nats.deploy(env)
    nats.wipe(env)
    volumes.empty(env, volumes.BACKUP)
    yield env
    if not ledger_keep:
        nats.wipe(env)


@pytest.fixture(scope="module")
def nats_2_15(nats: Env, ledger_keep: bool) -> Iterator[Env]:
    """NATS with the next minor release of its server; an older one cannot read its archives."""
    from tests.support import nats as server
    from tests.support import volumes

    server.use(nats, "nats-server-2.15")
    yield nats
    if not ledger_keep:
        server.wipe(nats)
        volumes.empty(nats, volumes.BACKUP)
        server.use(nats, "nats-server")


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
def storage_lost(saved: Env) -> Iterator[Env]:
    """No NATS, and nothing of what it stored; an archive of its streams is on the volume."""
    from tests.support.faults import storage_lost

    with storage_lost(saved):
        yield saved


@pytest.fixture(scope="module")
def one_server(saved: Env) -> Iterator[Env]:
    """NATS as `saved`, on one server; at the end it is one again, with an empty volume."""
    from tests.support.nats import reset

    yield saved
    reset(saved)


@pytest.fixture(scope="module")
def old_archives(saved: Env) -> Env:
    """Three archives on the volume: a new one, and two that are older than the retention."""
    from tests.support.faults import add_old_archives

    add_old_archives(saved)
    return saved


@pytest.fixture(scope="module")
def backup_volume_full(saved: Env) -> Iterator[Env]:
    """A backup volume without a free byte; a good archive is on it, and two that are too old."""
    from tests.support.faults import backup_volume_full

    with backup_volume_full(saved):
        yield saved


@pytest.fixture(scope="module")
def nats_volume_full(saved: Env) -> Iterator[Env]:
    """Streams lost, hardly room for others; the newest archive is cut short, an older one good."""
    from tests.support.faults import nats_volume_full, newest_archive_cut

    with newest_archive_cut(saved), nats_volume_full(saved):
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
def prometheus(nats: Env, ledger_keep: bool) -> Iterator[Env]:
    """NATS, and a Prometheus with the rules that watch its backup; gives the environment."""
    from tests.support import observability

    observability.deploy(nats)
    yield nats
    if not ledger_keep:
        observability.remove(nats)


@pytest.fixture(scope="module")
def velero(bucket: Env, ledger_keep: bool) -> Iterator[Env]:
    """Velero with the bucket as its location, and no backup in it; gives the environment."""
    from tests.support import velero

    velero.deploy(bucket)
    velero.wipe(bucket)
    yield bucket
    if not ledger_keep:
        velero.wipe(bucket)
        velero.stop(bucket)


@pytest.fixture(scope="module")
def velero_absent(cluster: Identity) -> Env:
    """A cluster that knows nothing of Velero; who needs Velero installs it anew."""
    from tests.support import velero

    env = environment(cluster)
    velero.remove(env)
    return env


@pytest.fixture(scope="module")
def shop(cluster: Identity, ledger_keep: bool) -> Iterator[Env]:
    """An application in the namespace `shop`: settings, a Secret, a Service, a pod and a volume."""
    from tests.support import shop

    env = environment(cluster)
    shop.deploy(env)
    yield env
    if not ledger_keep:
        shop.remove(env)


@pytest.fixture(scope="module")
def velero_location_unavailable(velero: Env, saved: Env) -> Iterator[Env]:
    """A Velero whose key is not the bucket's; NATS as `saved`, backed up as `agents-monday`."""
    from tests.support.velero_faults import location_unavailable

    with location_unavailable(velero):
        yield velero


@pytest.fixture(scope="module")
def velero_partially_failed(velero: Env, shop: Env) -> Iterator[Env]:
    """A backup of `shop` and its restore into staging that have both failed in part."""
    from tests.support.velero_faults import partially_failed

    with partially_failed(velero):
        yield velero


@pytest.fixture(scope="module")
def velero_changed(velero: Env, shop: Env) -> Env:
    """The application `shop`, backed up as `shop-monday` and changed by mistake since."""
    from tests.support.velero_faults import changed

    changed(velero)
    return velero


@pytest.fixture(scope="module")
def velero_expired(velero: Env, shop: Env) -> Env:
    """Backups of `shop`: one has expired and is gone, one has expired since, one has not."""
    from tests.support.velero_faults import expired

    expired(velero)
    return velero


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


@pytest.fixture(scope="module")
def clock_ahead(uploaded: Env) -> Iterator[Env]:
    """A backup whose clock is two hours ahead; an archive is in the bucket, and on the volume."""
    from tests.support.faults import clock_ahead

    with clock_ahead(uploaded):
        yield uploaded


@pytest.fixture(scope="module")
def upload_cut(uploaded: Env) -> Iterator[Env]:
    """The newest archive is whole on the volume, and in the bucket only in part."""
    from tests.support.faults import upload_cut

    with upload_cut(uploaded):
        yield uploaded


@pytest.fixture(scope="module")
def mirrored(nats: Env, ledger_keep: bool) -> Iterator[Env]:
    """NATS with ORDERS and `settings`, a standby that mirrors both, and a client that publishes."""
    from tests.support import mirror

    mirror.deploy(nats)
    yield nats
    if not ledger_keep:
        mirror.remove(nats)


@pytest.fixture(scope="module")
def password_changed(saved: Env) -> Iterator[Env]:
    """A backup with a new password, and a NATS that still asks for the old one."""
    from tests.support.faults import password_changed

    with password_changed(saved):
        yield saved


@pytest.fixture(scope="module")
def failed_backup(nats: Env) -> None:
    """A backup that has just failed, of the fault whose fixture a page names before this one."""
    from tests.support.nats import job

    job(nats, "nats-backup", "failed")


@pytest.fixture(scope="module")
def overdue(nats: Env) -> None:
    """The last success of each CronJob is 27 hours ago; for a page with `saved` before this one."""
    from tests.support.alert_faults import overdue

    overdue(nats)


@pytest.fixture(scope="module")
def verify_s3(uploaded: Env) -> Iterator[Env]:
    """An archive in the bucket, and the CronJob that verifies what is there."""
    from tests.support.alert_faults import verify_s3

    with verify_s3(uploaded):
        yield uploaded


@pytest.fixture(scope="module")
def never_backed_up(nats: Env) -> Env:
    """NATS with ORDERS and without an archive: no run of the backup's CronJob has gone well."""
    from tests.support.alert_faults import never_backed_up
    from tests.support.nats import seed_orders

    seed_orders(nats)
    never_backed_up(nats)
    return nats


@pytest.fixture(scope="module")
def backup_removed(saved: Env) -> Iterator[Env]:
    """NATS with ORDERS and an archive; the CronJob of the backup has been deleted."""
    from tests.support.alert_faults import removed

    with removed(saved):
        yield saved


@pytest.fixture(scope="module")
def backup_suspended(saved: Env) -> Iterator[Env]:
    """NATS with ORDERS and an archive; the CronJob of the backup has been suspended."""
    from tests.support.alert_faults import suspended

    with suspended(saved):
        yield saved


@pytest.fixture(scope="module")
def backup_stuck(saved: Env) -> Iterator[Env]:
    """A backup that waits for a node; an archive is on the volume."""
    from tests.support.alert_faults import stuck

    with stuck(saved):
        yield saved


@pytest.fixture(scope="module")
def backup_inodes_taken(saved: Env) -> Iterator[Env]:
    """A backup volume without a free inode; a good archive is on it, and two that are too old."""
    from tests.support.alert_faults import no_inodes

    with no_inodes(saved):
        yield saved


@pytest.fixture(scope="module")
def velero_schedule_broken(velero: Env) -> Iterator[Env]:
    """Velero whose schedule names a location that is not there; its newest backup has failed."""
    from tests.support.alert_faults import schedule_broken

    with schedule_broken(velero):
        yield velero


@pytest.fixture(scope="module")
def velero_paused(velero: Env) -> Iterator[Env]:
    """Velero whose schedule somebody has paused, and no backup."""
    from tests.support.alert_faults import schedule_paused

    with schedule_paused(velero):
        yield velero


@pytest.fixture(scope="module")
def velero_stopped(velero: Env) -> Env:
    """Velero's Deployment scaled to nothing; its location still says what it last saw."""
    from tests.support.velero import stop

    stop(velero)
    return velero


@pytest.fixture(scope="module")
def failed_restores(saved: Env, orders: None) -> Iterator[None]:
    """ORDERS emptied, the newest archive cut short, and restores that failed, each of its own."""
    from tests.support.faults import failed_restores, newest_archive_cut

    with newest_archive_cut(saved):
        failed_restores(saved)
        yield


@pytest.fixture(scope="module")
def primary_lost(cluster: Identity, ledger_keep: bool) -> Iterator[Env]:
    """A standby, with the bucket and a Velero that reads there; its primary is gone for good.

    That was a cluster of its own, with NATS as in `saved`. It was backed up twice by Velero, and
    its streams once, before it was removed.
    """
    from tests.support import dr, velero
    from tests.support.nats import back_up, seed_orders

    env = environment(cluster)
    dr.publish_bucket(env)
    dr.remove_nats(env)
    dr.stand_by(env, bucket=env)
    with dr.cluster(f"{cluster.name}-primary") as primary:
        dr.serve(primary, bucket=env)
        dr.back_up_objects(primary)
        seed_orders(primary)
        dr.back_up_objects(primary)
        back_up(primary)
    dr.look_again(env)
    yield env
    if not ledger_keep:
        dr.remove_nats(env)
        velero.remove(env)
        dr.withdraw_bucket(env)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of its own."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\n", "utf-8")
    (tmp_path / "docs").mkdir()
    return Project(tmp_path)
