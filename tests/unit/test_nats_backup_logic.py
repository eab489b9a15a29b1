"""The backup tool without a server: names, retention, archives, comparison, settings."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from nats_backup import archive, cli, listing, log, manifest, markers, settings, store
from nats_backup.errors import (
    ArchiveError,
    Exit,
    SettingsError,
    StorageError,
    ToolError,
)
from nats_backup.manifest import Check, Consumer, Verdict

from tests.support.archives import NOW, ORDERS, describe, folders, put, spoil

WEEK = timedelta(days=7)


class TestNames:
    def test_a_name_is_the_utc_time_and_reads_back(self) -> None:
        tokyo = timezone(timedelta(hours=9))
        assert store.archive_name(datetime(2026, 1, 2, 3, 4, 5, tzinfo=tokyo)) == (
            "20260101-180405.tar"
        )
        assert store.archive_time("20260101-180405.tar") == datetime(
            2026, 1, 1, 18, 4, 5, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        "name",
        ["", "x", "20260231-000000.tar", "20260101-180405.tar.gz", "../20260101-180405.tar"],
    )
    def test_other_names_are_refused(self, name: str, tmp_path: Path) -> None:
        assert store.archive_time(name) is None
        with pytest.raises(SettingsError, match="not an archive name"):
            store.Store(tmp_path).path(name)


class TestRetention:
    def test_archives_older_than_the_limit_go_and_strangers_stay(self, tmp_path: Path) -> None:
        ages = [0, 6, 7, 8, 30]
        for age in ages:
            volume, _ = put(tmp_path, NOW - timedelta(days=age))
        (volume.root / "lost+found").mkdir()
        (volume.root / "20200101-000000.tar.gz").touch()
        removed = volume.prune(NOW, WEEK)
        assert removed == [store.archive_name(NOW - timedelta(days=age)) for age in (30, 8)]
        assert len(volume.names()) == 3
        assert (volume.root / "20200101-000000.tar.gz").exists()

    def test_the_newest_good_one_stays_however_old(self, tmp_path: Path) -> None:
        volume, good = put(tmp_path, NOW - timedelta(days=90))
        put(tmp_path, NOW - timedelta(days=91))
        for age in (0, 40):
            spoil(put(tmp_path, NOW - timedelta(days=age))[1])
        volume.prune(NOW, WEEK)
        assert good.exists()
        assert volume.names() == [store.archive_name(NOW), good.name]

    def test_what_was_just_made_does_not_count_as_the_newest_good_one(self, tmp_path: Path) -> None:
        volume, good = put(tmp_path, NOW - timedelta(days=30))
        _, made = put(tmp_path, NOW)
        assert volume.prune(NOW, WEEK, made.name) == []
        assert volume.prune(NOW, WEEK) == [good.name]

    def test_the_newest_verified_one_stays_however_old(self, tmp_path: Path) -> None:
        volume, verified = put(tmp_path, NOW - timedelta(days=90))
        for age in (91, 30, 0):
            put(tmp_path, NOW - timedelta(days=age))
        volume.mark_verified(verified.name, NOW)
        assert volume.prune(NOW, WEEK) == [
            store.archive_name(NOW - timedelta(days=age)) for age in (91, 30)
        ]
        assert volume.names() == [store.archive_name(NOW), verified.name]

    def test_ten_days_of_archives_become_a_week(self, tmp_path: Path) -> None:
        for age in range(10):
            volume, _ = put(tmp_path, NOW - timedelta(days=age))
        volume.mark_verified(volume.names()[1], NOW)
        volume.prune(NOW, timedelta(days=6))
        assert volume.names() == [store.archive_name(NOW - timedelta(days=age)) for age in range(7)]

    @pytest.mark.parametrize("damage", [b"", b"not a tar", bytes(10240)])
    def test_what_cannot_be_read_is_left_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: bytes
    ) -> None:
        volume, _ = put(tmp_path, NOW)
        strange = volume.path("20200101-020000.tar")
        strange.write_bytes(damage)
        assert volume.prune(NOW, WEEK) == []
        assert strange.read_bytes() == damage
        assert 'msg="archive kept, it cannot be read"' in capsys.readouterr().out

    def test_an_archive_of_another_tool_version_is_left_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(manifest, "SCHEMA", {"name": "nats-backup", "version": 2})
        _, newer = put(tmp_path, NOW - timedelta(days=30))
        monkeypatch.undo()
        volume, _ = put(tmp_path, NOW)
        assert volume.prune(NOW, WEEK) == []
        assert newer.exists()

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"archive": 3}'])
    def test_a_marker_that_says_nothing_is_no_obstacle(self, tmp_path: Path, content: str) -> None:
        volume, _ = put(tmp_path, NOW)
        (volume.root / markers.VERIFIED).write_text(content)
        assert volume.verified(NOW) == ""
        volume.mark_verified(store.archive_name(NOW), NOW)
        assert volume.verified(NOW) == store.archive_name(NOW)

    def test_one_of_the_future_is_no_other_ones_excuse_to_go(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        volume, future = put(tmp_path, NOW + timedelta(days=365))
        _, newest = put(tmp_path, NOW - timedelta(days=30))
        _, older = put(tmp_path, NOW - timedelta(days=31))
        volume.mark_verified(future.name, NOW)
        assert volume.prune(NOW, WEEK) == [older.name]
        assert volume.names() == [future.name, newest.name]
        told = f'msg="archive kept, its time is still to come" archive={future.name}'
        assert told in capsys.readouterr().out
        volume.mark_verified(newest.name, NOW)
        assert volume.verified(NOW) == newest.name

    def test_the_file_time_does_not_count(self, tmp_path: Path) -> None:
        volume, old = put(tmp_path, NOW - timedelta(days=8))
        put(tmp_path, NOW)
        old.touch()
        assert volume.prune(NOW, WEEK) == [old.name]


class TestStore:
    def test_one_writer_at_a_time(self, tmp_path: Path) -> None:
        with (
            store.Store(tmp_path).locked(),
            pytest.raises(StorageError, match="another backup is running"),
            store.Store(tmp_path).locked(),
        ):
            pass

    def test_what_a_killed_run_left_is_cleared(self, tmp_path: Path) -> None:
        left = tmp_path / ".20260101-000000.tar.partial"
        left.touch()
        with store.Store(tmp_path).locked():
            assert not left.exists()

    def test_a_name_is_never_overwritten(self, tmp_path: Path) -> None:
        _, first = put(tmp_path, NOW, "ORDERS")
        content = first.read_bytes()
        root = folders(tmp_path / "other", "OTHER")
        with pytest.raises(StorageError, match="archive exists"):
            store.Store(first.parent).put(first.name, describe(root, "OTHER"), root)
        assert first.read_bytes() == content

    def test_a_write_that_fails_leaves_nothing(self, tmp_path: Path) -> None:
        volume, _ = put(tmp_path, NOW - timedelta(days=1))
        before = {path.name: path.read_bytes() for path in volume.root.iterdir()}
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(StorageError, match="File too large"):
                put(tmp_path, NOW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert {path.name: path.read_bytes() for path in volume.root.iterdir()} == before

    def test_a_volume_that_gives_back_other_bytes_fails_the_backup(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        volume, before = put(tmp_path, NOW - timedelta(days=1))
        flush = os.fsync

        def bad_disk(descriptor: int) -> None:
            flush(descriptor)
            for partial in volume.root.glob(".*.partial"):
                spoil(partial)

        monkeypatch.setattr(os, "fsync", bad_disk)
        with pytest.raises(StorageError, match="the volume gave back other bytes") as caught:
            put(tmp_path, NOW)
        assert caught.value.exit_code == Exit.STORAGE
        assert {path.name for path in volume.root.iterdir()} == {before.name, markers.LATEST}
        assert json.loads((volume.root / markers.LATEST).read_bytes())["archive"] == before.name

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="does not exist"):
            store.Store(tmp_path / "none")


class TestArchive:
    def test_it_gives_back_what_it_took(self, tmp_path: Path) -> None:
        _, path = put(tmp_path, NOW)
        found = archive.verify(path)
        assert found.names == ("KV_config", "ORDERS")
        archive.extract(path, ["ORDERS"], tmp_path / "out")
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["ORDERS"]
        assert archive.fingerprint(tmp_path / "out").items() <= found.files.items()

    def test_equal_streams_make_an_equal_archive(self, tmp_path: Path) -> None:
        _, one = put(tmp_path, NOW)
        _, two = put(tmp_path, NOW + timedelta(days=1))
        assert one.read_bytes() == two.read_bytes()

    def test_no_flipped_bit_changes_what_is_restored(self, tmp_path: Path) -> None:
        _, path = put(tmp_path, NOW)
        good, data = archive.verify(path), path.read_bytes()
        refused = 0
        for at in range(0, len(data), 13):
            path.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
            try:
                assert archive.verify(path) == good
            except ArchiveError:
                refused += 1
        assert refused > len(data.rstrip(b"\0")) / 13 / 3

    @pytest.mark.parametrize("cut", [1, 512, 9000, 10240])
    def test_a_truncated_one_is_refused(self, cut: int, tmp_path: Path) -> None:
        _, path = put(tmp_path, NOW, *(f"S{number}" for number in range(12)))
        path.write_bytes(path.read_bytes()[:-cut])
        with pytest.raises(ArchiveError) as caught:
            archive.verify(path)
        assert caught.value.where == path.name

    @pytest.mark.parametrize("size", [0, 10240])
    def test_zeros_are_refused(self, size: int, tmp_path: Path) -> None:
        path = tmp_path / "20260101-000000.tar"
        path.write_bytes(bytes(size))
        with pytest.raises(ArchiveError):
            archive.verify(path)

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("../evil", tarfile.REGTYPE),
            ("/etc/passwd", tarfile.REGTYPE),
            ("streams/../../evil", tarfile.REGTYPE),
            ("streams/ORDERS/../evil", tarfile.REGTYPE),
            ("streams/ORDERS/backup.json", tarfile.REGTYPE),
            ("streams/ORDERS/link", tarfile.SYMTYPE),
            ("streams/ORDERS/pipe", tarfile.FIFOTYPE),
            ("backup.json", tarfile.REGTYPE),
        ],
    )
    def test_an_entry_that_should_not_be_there_is_refused(
        self, name: str, kind: bytes, tmp_path: Path
    ) -> None:
        _, path = put(tmp_path, NOW)
        with tarfile.open(path, "a") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member, io.BytesIO())
        with pytest.raises(ArchiveError, match="holds an entry it should not"):
            archive.verify(path)

    def test_a_stream_that_the_manifest_does_not_know_is_refused(self, tmp_path: Path) -> None:
        _, path = put(tmp_path, NOW)
        with tarfile.open(path, "a") as tar:
            tar.addfile(tarfile.TarInfo("streams/EXTRA/backup.json"), io.BytesIO())
        with pytest.raises(ArchiveError, match="disagree on streams/EXTRA/backup"):
            archive.verify(path)

    def test_a_stream_without_files_is_refused(self, tmp_path: Path) -> None:
        root = folders(tmp_path / "streams", "ORDERS")
        path = tmp_path / "20260101-000000.tar"
        with path.open("wb") as file:
            archive.write(file, describe(root, "GONE", "ORDERS"), root)
        with pytest.raises(ArchiveError, match="disagree on stream GONE"):
            archive.verify(path)


class TestManifest:
    def test_it_reads_back(self, tmp_path: Path) -> None:
        saved = describe(folders(tmp_path, "ORDERS"), "ORDERS")
        aging = replace(saved.streams[0], max_age=60_000_000_000)
        saved = replace(saved, streams=(aging,), excluded=("MEM",))
        assert manifest.loads(manifest.dumps(saved)) == saved

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"[]",
            b"{}",
            b'{"schema": {"name": "nats-backup", "version": 2}}',
            b'{"schema": {"name": "nats-backup", "version": 1}, "streams": [{}]}',
        ],
    )
    def test_another_schema_is_refused(self, data: bytes) -> None:
        with pytest.raises(ArchiveError):
            manifest.loads(data)

    @pytest.mark.parametrize(
        ("change", "item"),
        [
            ({"messages": 994}, "messages"),
            ({"first_seq": 2}, "first_seq"),
            ({"last_seq": 1001}, "last_seq"),
            ({"num_deleted": 0}, "num_deleted"),
            ({"consumers": ()}, "consumer billing ack_floor"),
            ({"consumers": (Consumer("billing", 399, 399),)}, "consumer billing ack_floor"),
            ({"consumers": (Consumer("billing", 401, 401),)}, "consumer billing ack_floor"),
        ],
    )
    def test_each_difference_is_found(self, change: dict[str, object], item: str) -> None:
        found = replace(ORDERS, **change)  # type: ignore[arg-type]
        wrong = [check for check in manifest.compare(ORDERS, found) if not check.good]
        assert [check.item for check in wrong] == [item]

    @pytest.mark.parametrize(
        ("change", "verdicts"),
        [
            ({}, "ok ok ok ok"),
            ({"messages": 500, "first_seq": 501, "num_deleted": 0}, "expired expired ok expired"),
            ({"messages": 0, "first_seq": 1001, "num_deleted": 0}, "expired expired ok expired"),
            ({"messages": 994, "num_deleted": 6}, "DIFFERS ok ok DIFFERS"),
            ({"messages": 996, "first_seq": 2}, "DIFFERS DIFFERS ok ok"),
            ({"messages": 0, "first_seq": 0, "last_seq": 0}, "DIFFERS DIFFERS DIFFERS ok"),
            ({"messages": 996, "last_seq": 1001}, "DIFFERS ok DIFFERS ok"),
        ],
    )
    def test_only_what_max_age_explains_has_expired(
        self, change: dict[str, int], verdicts: str
    ) -> None:
        saved = replace(ORDERS, max_age=60_000_000_000, consumers=())
        checks = list(manifest.compare(saved, replace(saved, **change)))  # type: ignore[arg-type]
        assert " ".join(check.verdict for check in checks) == verdicts
        assert [check.good for check in checks] == [v != "DIFFERS" for v in verdicts.split()]

    def test_an_equal_stream_passes_and_a_new_consumer_is_no_difference(self) -> None:
        found = replace(ORDERS, consumers=(*ORDERS.consumers, Consumer("new", 0, 0)))
        assert all(check.good for check in manifest.compare(ORDERS, found))

    def test_a_missing_stream_differs_in_everything(self) -> None:
        checks = list(manifest.compare(ORDERS, None))
        assert checks[0] == Check("ORDERS", "messages", "995", "missing", Verdict.DIFFERS)
        assert not any(check.good for check in checks)

    @pytest.mark.parametrize(
        ("floor", "good"), [(399, False), (400, True), (410, True), (411, False)]
    )
    def test_a_floor_that_moved_during_the_snapshot_is_a_range(
        self, floor: int, good: bool
    ) -> None:
        consumer = Consumer("billing", 400, 410)
        assert consumer.admits(floor) is good
        assert consumer.ack_floor == "400..410"


class TestListing:
    def test_good_and_bad_ones_newest_first(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        put(tmp_path, NOW - timedelta(days=3, hours=2))
        put(tmp_path, NOW + timedelta(hours=2))
        spoil(put(tmp_path, NOW - timedelta(minutes=5))[1])
        listing.run(_settings(tmp_path / "pvc"), NOW, as_json=False)
        assert capsys.readouterr().out.splitlines() == [
            "ARCHIVE              AGE   SIZE   MESSAGES  CHECKSUM  STREAMS",
            "20261121-080000.tar  -2h   20KiB  1990      ok        KV_config,ORDERS",
            "20261121-055500.tar  5m    20KiB  -         BAD       "
            "checksum of streams/ORDERS/stream.tar.s2 does not match the manifest",
            "20261118-040000.tar  3d2h  20KiB  1990      ok        KV_config,ORDERS",
        ]


class TestCommand:
    def test_the_help_explains_every_exit_code(self) -> None:
        told = re.findall(r"^ +(\d+)  \w", cli.__doc__ or "", re.MULTILINE)
        assert [int(code) for code in told] == sorted(Exit)

    def test_each_stage_has_an_exit_code_of_its_own(self) -> None:
        kinds = [kind for kind in ToolError.__subclasses__() if kind.exit_code]
        assert sorted(kind.exit_code for kind in kinds) == sorted(set(Exit) - {Exit.DONE})

    @pytest.mark.parametrize("argv", [[], ["back"], ["list", "--yaml"], ["backup", "x"]])
    def test_a_wrong_call_is_told_on_stderr(
        self, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            cli.main(argv)
        assert caught.value.code == Exit.USAGE
        assert "usage:" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "value"),
        [("RETENTION_DAYS", "0"), ("RETENTION_DAYS", "week"), ("NATS_TIMEOUT", "60")],
    )
    def test_a_setting_that_cannot_be_used_ends_the_run(
        self,
        name: str,
        value: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv(name, value)
        assert cli.main(["list"]) == Exit.USAGE
        told = capsys.readouterr()
        assert told.out == ""
        assert f'msg="{name} is not' in told.err
        assert len(told.err.splitlines()) == 1

    def test_streams_are_split_and_empty_means_all(self) -> None:
        assert settings.from_environment({"STREAM": " A, B,"}).streams == ("A", "B")
        assert settings.from_environment({"STREAM": ""}).streams == ()


def test_an_event_is_one_line_whatever_it_holds() -> None:
    text = log.line("info", "store", 'a "b"\nc', path="x=y", empty="", number=3)
    assert text == r'level=info stage=store msg="a \"b\"\nc" path="x=y" empty="" number=3'


@pytest.mark.parametrize("name", ["NATS_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_secret_in_the_words_of_another_program_is_not_shown(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "open-sesame")
    log.failure("backup", StorageError("denied to open-sesame", where="s3://open-sesame/"))
    log.warning("upload", "denied to open-sesame")
    told = capsys.readouterr()
    assert told.err == (
        f'level=error stage=backup msg="denied to [{name}]" where=s3://[{name}]/ exit=6\n'
    )
    assert told.out == f'level=warn stage=upload msg="denied to [{name}]"\n'


def _settings(root: Path) -> settings.Settings:
    return settings.from_environment({"BACKUP_DIR": str(root)})
