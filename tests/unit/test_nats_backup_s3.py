"""Archives in a bucket: a real S3 store, and what it and the way to it can answer."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ConnectionClosedError
from nats_backup import archive, bucket, listing, markers, settings, store
from nats_backup.bucket import Bucket
from nats_backup.errors import ArchiveError, BucketError, Exit, SettingsError
from nats_backup.sources import newest, source

from tests.support.archives import NOW, describe, folders, put, spoil
from tests.support.nats_server import NEEDS_NATS, Server, remove, told
from tests.support.s3_server import BUCKET, Store

DAY = timedelta(days=1)
SMALL_PART = 5 << 20


class Place:
    """One prefix of the store's bucket, seen from outside and through the tool."""

    def __init__(self, s3: Store, environment: dict[str, str]) -> None:
        self.client, self.environment = s3.client(), environment
        self.settings = settings.from_environment({**environment, "FROM": "s3"})
        self.prefix = self.settings.remote.prefix

    def bucket(self, endpoint: str = "") -> Bucket:
        remote = self.settings.remote
        return Bucket(replace(remote, endpoint=endpoint or remote.endpoint))

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        return [item["Key"].removeprefix(self.prefix) for item in found.get("Contents", [])]

    def get(self, name: str) -> bytes:
        body = self.client.get_object(Bucket=BUCKET, Key=self.prefix + name)["Body"].read()
        assert isinstance(body, bytes)
        return body

    def write(self, name: str, data: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=self.prefix + name, Body=data)

    def unfinished(self) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=self.prefix)
        return [item["Key"].removeprefix(self.prefix) for item in found.get("Uploads", [])]

    def versions(self, name: str) -> int:
        found = self.client.list_object_versions(Bucket=BUCKET, Prefix=self.prefix + name)
        return len(found.get("Versions", []))


@pytest.fixture
def place(s3: Store, monkeypatch: pytest.MonkeyPatch) -> Place:
    environment = s3.environment()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, environment[name])
    return Place(s3, environment)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "PART_BYTES", SMALL_PART)


def stored(tmp_path: Path, moment: datetime = NOW) -> tuple[Path, bytes]:
    """An archive on a volume, and what `LATEST` says of it."""
    volume, path = put(tmp_path, moment)
    return path, (volume.root / markers.LATEST).read_bytes()


def large(tmp_path: Path) -> tuple[Path, bytes]:
    """An archive of three parts."""
    root = folders(tmp_path / "large", "ORDERS")
    (root / "ORDERS" / "stream.tar.s2").write_bytes(os.urandom(2 * SMALL_PART + 12345))
    volume = tmp_path / "pvc"
    volume.mkdir()
    name = store.archive_name(NOW)
    latest = store.Store(volume).put(name, describe(root, "ORDERS"), root)
    return volume / name, latest


class TestUpload:
    def test_the_object_is_the_archive_and_latest_names_it(
        self, place: Place, tmp_path: Path
    ) -> None:
        path, latest = stored(tmp_path)
        place.bucket().put(path.name, path, latest)
        assert place.get(path.name) == path.read_bytes()
        assert json.loads(place.get("LATEST")) == {
            "archive": path.name,
            "sha256": sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size,
            "created": "2026-11-21T06:00:00Z",
        }
        assert sorted(place.keys()) == [path.name, "LATEST"]

    def test_a_large_archive_goes_up_in_parts(
        self, place: Place, tmp_path: Path, small_parts: None
    ) -> None:
        path, latest = large(tmp_path)
        place.bucket().put(path.name, path, latest)
        assert place.get(path.name) == path.read_bytes()
        key = {"Bucket": BUCKET, "Key": place.prefix + path.name}
        assert place.client.head_object(**key)["ETag"].endswith('-3"')
        assert place.unfinished() == []

    @pytest.mark.parametrize("parts", [1, 3])
    def test_an_object_is_never_overwritten(
        self, place: Place, tmp_path: Path, small_parts: None, parts: int
    ) -> None:
        path, latest = stored(tmp_path) if parts == 1 else large(tmp_path)
        place.write(path.name, b"what was there before")
        with pytest.raises(BucketError, match="another object of that name exists") as caught:
            place.bucket().put(path.name, path, latest)
        assert caught.value.where == f"s3://{BUCKET}/{place.prefix}{path.name}"
        assert place.get(path.name) == b"what was there before"
        assert place.versions(path.name) == 1
        assert (place.keys(), place.unfinished()) == ([path.name], [])

    def test_an_answer_that_was_lost_is_no_failure(self, place: Place, tmp_path: Path) -> None:
        path, latest = stored(tmp_path)
        for _ in range(2):
            place.bucket().put(path.name, path, latest)
        assert place.versions(path.name) == 1

    def test_a_store_that_keeps_no_checksum_is_read_back(
        self, place: Place, tmp_path: Path
    ) -> None:
        path, latest = stored(tmp_path)
        place.write(path.name, path.read_bytes())
        place.bucket().put(path.name, path, latest)
        spoil(path)
        with pytest.raises(BucketError, match="another object"):
            place.bucket().put(path.name, path, latest)

    def test_an_object_that_differs_is_found_by_the_comparison(
        self, place: Place, tmp_path: Path
    ) -> None:
        path, latest = stored(tmp_path)
        read = Path.read_bytes
        with pytest.MonkeyPatch.context() as disk:
            disk.setattr(Path, "read_bytes", lambda path: read(path)[:-1] + b"x")
            with pytest.raises(BucketError, match="object differs from the archive"):
                place.bucket().put(path.name, path, latest)
        assert place.keys() == [path.name]


class TestBrokenOff:
    def test_an_upload_that_fails_leaves_nothing(
        self, place: Place, tmp_path: Path, small_parts: None
    ) -> None:
        path, latest = large(tmp_path)
        before = b'{"archive": "20261120-060000.tar"}\n'
        place.write("LATEST", before)
        target = place.bucket()

        def cut(params: dict[str, Any], **_: object) -> None:
            if "partNumber=2" in params["url"]:
                raise ConnectionClosedError(endpoint_url="the store")

        client: Any = target._client
        client.meta.events.register("before-call.s3.UploadPart", cut)
        with pytest.raises(BucketError, match="UploadPart: Connection was closed"):
            target.put(path.name, path, latest)
        assert (place.keys(), place.unfinished()) == (["LATEST"], [])
        assert place.get("LATEST") == before

    def test_what_a_killed_upload_left_is_aborted_by_the_next(
        self,
        place: Place,
        tmp_path: Path,
        small_parts: None,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path, latest = large(tmp_path)
        other = place.prefix + "not-an-archive"
        place.client.create_multipart_upload(Bucket=BUCKET, Key=other)
        code = (
            "import os, sys; from pathlib import Path; from nats_backup import bucket, settings;"
            f"bucket.PART_BYTES = {SMALL_PART}; remote = settings.from_environment(os.environ);"
            "path = Path(sys.argv[1]); bucket.Bucket(remote.remote).put(path.name, path, b'')"
        )
        environment = {**os.environ, **place.environment, "PYTHONPATH": "images/nats-backup"}
        running = subprocess.Popen([sys.executable, "-c", code, path], env=environment)
        while path.name not in place.unfinished():
            assert running.poll() is None
        running.kill()
        running.wait()
        assert sorted(place.unfinished()) == [path.name, "not-an-archive"]
        assert place.keys() == []
        place.bucket().put(path.name, path, latest)
        assert place.unfinished() == ["not-an-archive"]
        told = f'msg="unfinished upload removed" archive={path.name}'
        assert told in capsys.readouterr().out
        assert sorted(place.keys()) == [path.name, "LATEST"]


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


class TestErrors:
    @pytest.mark.parametrize(
        ("variable", "value", "what", "fix"),
        [
            ("S3_BUCKET", "nobody-made-it", "bucket does not exist (NoSuchBucket)", "S3_BUCKET"),
            ("S3_BUCKET", "Not A Name", "Invalid bucket name", "S3_BUCKET"),
            (
                "AWS_ACCESS_KEY_ID",
                "nobody",
                "access key does not exist (InvalidAccessKeyId)",
                "AWS_ACCESS_KEY_ID",
            ),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wrong-secret",
                "secret key does not fit the access key (SignatureDoesNotMatch)",
                "AWS_SECRET_ACCESS_KEY",
            ),
            ("S3_ENDPOINT", "http://127.0.0.1:1", "Could not connect", "S3_ENDPOINT"),
            ("S3_ENDPOINT", "http://s3.invalid:8333", "Could not connect", "S3_ENDPOINT"),
            ("S3_ENDPOINT", "s3.invalid", "Invalid endpoint", "S3_ENDPOINT"),
        ],
    )
    def test_each_is_one_line_with_a_fix(
        self,
        place: Place,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
        value: str,
        what: str,
        fix: str,
    ) -> None:
        path, latest = stored(tmp_path)
        monkeypatch.setenv(variable, value)
        changed = settings.from_environment({**place.environment, variable: value})
        with pytest.raises(BucketError) as caught:
            Bucket(changed.remote).put(path.name, path, latest)
        error = caught.value
        assert what in error.what
        assert fix in error.fix
        assert "\n" not in error.what
        assert place.keys() == []

    def test_a_store_that_is_silent_is_given_up(
        self, place: Place, silent: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bucket, "ANSWER_SECONDS", 0.2)
        with pytest.raises(BucketError, match="Read timeout on endpoint"):
            place.bucket(endpoint=silent).sizes()

    def test_plain_http_behind_an_https_address(self, place: Place) -> None:
        address = place.settings.remote.endpoint.replace("http:", "https:")
        with pytest.raises(BucketError, match="SSL validation failed") as caught:
            place.bucket(endpoint=address).sizes()
        assert isinstance(caught.value.__cause__, Exception)
        assert ssl.SSLError.__name__ not in caught.value.fix

    def test_a_clock_that_is_off(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        later = datetime.now(UTC) + timedelta(hours=1)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: later)
        with pytest.raises(BucketError, match="RequestTimeTooSkewed") as caught:
            place.bucket().sizes()
        assert caught.value.fix == "set the clock of the node"


@pytest.fixture
def deny(place: Place) -> Iterator[Callable[[str], None]]:
    """Refuse an action below the prefix of the test, even to the store's administrator."""

    def refuse(action: str) -> None:
        resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/{place.prefix}*"]
        rule = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resources}
        policy = {"Version": "2012-10-17", "Statement": [rule]}
        place.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    yield refuse
    place.client.delete_bucket_policy(Bucket=BUCKET)


class TestDenied:
    def test_a_refused_upload_names_the_action(
        self, place: Place, tmp_path: Path, deny: Callable[[str], None]
    ) -> None:
        path, latest = stored(tmp_path)
        deny("s3:PutObject")
        with pytest.raises(
            BucketError, match=r"PutObject: access denied \(AccessDenied\)"
        ) as caught:
            place.bucket().put(path.name, path, latest)
        assert caught.value.fix == "allow it in the policy of the user or of the bucket"
        assert place.keys() == []

    def test_one_who_may_not_see_leftovers_uploads_all_the_same(
        self,
        place: Place,
        tmp_path: Path,
        deny: Callable[[str], None],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path, latest = stored(tmp_path)
        deny("s3:ListBucketMultipartUploads")
        place.bucket().put(path.name, path, latest)
        assert sorted(place.keys()) == [path.name, "LATEST"]
        assert 'msg="ListBucketMultipartUploads: access denied' in capsys.readouterr().out


class TestReading:
    def test_archives_are_listed_newest_first_and_nothing_else(
        self, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for age in (0, 2, 1):
            path, latest = stored(tmp_path / str(age), NOW - age * DAY)
            place.bucket().put(path.name, path, latest)
        damaged = store.archive_name(NOW - 3 * DAY)
        place.write(damaged, bytes(10240))
        place.write("20260101-000000.tar.gz", b"")
        place.write(f"other/{store.archive_name(NOW)}", b"")
        assert newest(source(place.settings), NOW) == store.archive_name(NOW)
        listing.run(place.settings, NOW + timedelta(minutes=1), as_json=False)
        assert capsys.readouterr().out.splitlines() == [
            "ARCHIVE              AGE  SIZE   MESSAGES  CHECKSUM  STREAMS",
            "20261121-060000.tar  1m   20KiB  1990      manifest  KV_config,ORDERS",
            "20261120-060000.tar  1d   20KiB  1990      manifest  KV_config,ORDERS",
            "20261119-060000.tar  2d   20KiB  1990      manifest  KV_config,ORDERS",
            "20261118-060000.tar  3d   10KiB  -         BAD       archive has no manifest",
        ]

    def test_a_download_is_the_archive_and_goes_away(self, place: Place, tmp_path: Path) -> None:
        path, latest = stored(tmp_path)
        place.bucket().put(path.name, path, latest)
        work = tmp_path / "work"
        work.mkdir()
        with place.bucket().fetched(path.name, work) as copy:
            assert copy.read_bytes() == path.read_bytes()
            assert archive.verify(copy) == archive.verify(path)
        assert list(work.iterdir()) == []

    def test_what_is_not_there_is_told(self, place: Place, tmp_path: Path) -> None:
        name = store.archive_name(NOW)
        with pytest.raises(ArchiveError, match="no such archive") as caught:
            place.bucket().manifest(name)
        assert caught.value.where == f"s3://{BUCKET}/{place.prefix}{name}"
        with pytest.raises(ArchiveError, match="there is no archive"):
            newest(source(place.settings), NOW)

    def test_reading_from_a_bucket_needs_one(self) -> None:
        with pytest.raises(SettingsError, match="no bucket is configured") as caught:
            source(settings.from_environment({"FROM": "s3"}))
        assert caught.value.fix == "set S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"


class TestSettings:
    @pytest.mark.parametrize(
        ("given", "prefix"), [("", "nats/"), ("/", ""), ("dr", "dr/"), ("/dr/nats/", "dr/nats/")]
    )
    def test_a_prefix_ends_with_a_slash(self, given: str, prefix: str) -> None:
        assert settings.from_environment({"S3_PREFIX": given}).remote.prefix == prefix

    def test_no_secret_is_kept_in_the_settings(self, place: Place) -> None:
        text = repr(settings.from_environment(place.environment))
        assert place.environment["AWS_SECRET_ACCESS_KEY"] not in text
        assert place.environment["AWS_ACCESS_KEY_ID"] not in text


class TestRuns:
    """The whole tool, as its image runs it."""

    pytestmark = NEEDS_NATS

    def test_a_backup_is_on_the_volume_and_in_the_bucket(
        self, orders: Server, place: Place
    ) -> None:
        done = orders.backup("backup", **place.environment)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        (path,) = orders.archives()
        uploaded = f'msg="archive uploaded" archive={path.name} bucket={BUCKET}'
        assert f"level=info stage=upload {uploaded}" in done.stdout.splitlines()
        assert 'msg="Backup Complete"' in done.stdout.splitlines()[-1]
        assert place.get(path.name) == path.read_bytes()
        assert place.get("LATEST") == (path.parent / "LATEST").read_bytes()

    @pytest.mark.parametrize(
        ("variable", "value", "code"),
        [
            ("S3_BUCKET", "nobody-made-it", "NoSuchBucket"),
            ("AWS_ACCESS_KEY_ID", "nobody-has-this-key", "InvalidAccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "this-is-not-the-secret", "SignatureDoesNotMatch"),
            ("S3_ENDPOINT", "http://127.0.0.1:1", "Could not connect"),
        ],
    )
    def test_an_upload_that_fails_keeps_the_archive_and_fails_the_run(
        self, saved: Path, orders: Server, place: Place, variable: str, value: str, code: str
    ) -> None:
        old = saved.rename(saved.with_name("20200101-020000.tar"))
        (again := saved.with_name("20200102-020000.tar")).write_bytes(old.read_bytes())
        started = time.monotonic()
        done = orders.backup("backup", **{**place.environment, variable: value})
        assert time.monotonic() - started < 60
        assert done.returncode == Exit.UPLOAD
        error = told(done.stderr)
        made = orders.archives()[-1]
        assert code in error["msg"]
        assert error["fix"].endswith(f"; {made.name} is on the volume")
        assert archive.verify(made).names == ("KV_config", "ORDERS")
        assert "Backup Complete" not in done.stdout
        secrets = {place.environment[n] for n in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        for secret in {*secrets, value} if variable.startswith("AWS") else secrets:
            assert secret not in done.stdout + done.stderr
        # A bucket that is away does not fill the volume.
        assert orders.archives() == [again, made]
        assert place.keys() == []

    @pytest.mark.parametrize("absent", settings.S3_VARIABLES)
    def test_half_a_configuration_ends_the_run_before_anything_is_done(
        self, orders: Server, place: Place, absent: str
    ) -> None:
        done = orders.backup("backup", **{**place.environment, absent: ""})
        assert done.returncode == Exit.USAGE
        assert told(done.stderr)["msg"] == f"bucket half configured: no {absent}"
        assert list((orders.folder / "backup").iterdir()) == []

    def test_half_a_configuration_never_stops_a_restore_from_the_volume(
        self, saved: Path, orders: Server
    ) -> None:
        remove(orders, "ORDERS", "KV_config")
        done = orders.backup("restore", ARCHIVE=saved.name, S3_BUCKET=BUCKET)
        assert (done.returncode, done.stderr) == (Exit.DONE, "")

    def test_a_restore_from_the_bucket_needs_no_volume(self, orders: Server, place: Place) -> None:
        assert orders.backup("backup", **place.environment).returncode == Exit.DONE
        (path,) = orders.archives()
        path.unlink()
        message = orders.nats("stream", "get", "ORDERS", "321", "--json")
        remove(orders, "ORDERS", "KV_config")
        variables = {**place.environment, "BACKUP_DIR": "/nowhere", "ARCHIVE": path.name}
        done = orders.backup("restore", **variables, FROM="s3")
        assert (done.returncode, done.stderr) == (Exit.DONE, "")
        assert done.stdout.count("  ok") == 10
        assert done.stdout.splitlines()[-1].endswith("streams=2 messages=499")
        assert orders.nats("stream", "get", "ORDERS", "321", "--json") == message
        assert list((orders.folder / "work").iterdir()) == []

    @pytest.mark.parametrize("damage", ["cut", "flip"])
    def test_a_damaged_object_is_refused_before_anything_is_restored(
        self, saved: Path, orders: Server, place: Place, damage: str
    ) -> None:
        remove(orders, "ORDERS", "KV_config")
        data = bytearray(saved.read_bytes())
        at = data.rindex(b"stream.tar.s2") + 1000
        data[at] ^= 1
        place.write(saved.name, bytes(data if damage == "flip" else data[:at]))
        variables = {**place.environment, "FROM": "s3", "ARCHIVE": saved.name}
        done = orders.backup("restore", **variables)
        assert done.returncode == Exit.ARCHIVE
        assert told(done.stderr)["where"] == saved.name
        assert orders.nats("stream", "ls", "-a", "--names").split() == []

    def test_a_bucket_that_cannot_be_read_has_a_code_of_its_own(
        self, orders: Server, place: Place
    ) -> None:
        variables = {**place.environment, "FROM": "s3", "S3_BUCKET": "nobody-made-it"}
        done = orders.backup("list", **variables)
        assert (done.returncode, done.stdout) == (Exit.BUCKET, "")
        assert told(done.stderr)["msg"] == "ListBucket: bucket does not exist (NoSuchBucket)"
