"""The bucket: archives as objects that are never overwritten, and `LATEST`, written last."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from nats_backup import archive
from nats_backup.errors import ArchiveError, BucketError
from nats_backup.log import event, warning
from nats_backup.manifest import Manifest
from nats_backup.markers import LATEST
from nats_backup.s3_errors import DeniedError, MissingObjectError, ObjectExistsError, told
from nats_backup.settings import Remote
from nats_backup.store import archive_time, checked_name

PART_BYTES = 16 << 20
"""An archive that is larger goes up in parts of this size."""
CONNECT_SECONDS, ANSWER_SECONDS, ATTEMPTS = 5, 30, 3
_MOST_PARTS = 10_000


class _Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


class Bucket:
    """The archives below one prefix of a bucket.

    Args:
        remote: where it is.
    """

    checked = "manifest"

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        with told("Connect", self._url("")):
            self._client = _client(remote)

    def sizes(self) -> dict[str, int]:
        """Size in bytes of each archive, newest first."""
        place = {"Bucket": self._remote.bucket, "Prefix": self._remote.prefix, "Delimiter": "/"}
        with told("ListBucket", self._url("")):
            pages = list(self._client.get_paginator("list_objects_v2").paginate(**place))
        found = [item for page in pages for item in page.get("Contents", [])]
        sizes = {i["Key"].removeprefix(self._remote.prefix): int(i["Size"]) for i in found}
        return {name: sizes[name] for name in sorted(sizes, reverse=True) if archive_time(name)}

    def manifest(self, name: str) -> Manifest:
        """What an archive holds, from its first bytes: the archive itself stays where it is."""
        with self._open(name) as body:
            return archive.read_manifest(body)

    @contextmanager
    def fetched(self, name: str, work: Path) -> Iterator[Path]:
        """Download an archive into a folder of its own, for a while."""
        with TemporaryDirectory(prefix="nats-download-", dir=work) as folder:
            target = Path(folder) / checked_name(name)
            with self._open(name) as body, target.open("wb") as file:
                for part in _parts(body, 1 << 20):
                    file.write(part)
            yield target

    def put(self, name: str, path: Path, latest: bytes) -> None:
        """Upload an archive, compare it with the object, and only then point `LATEST` to it.

        Raises:
            BucketError: the store refused, does not answer, or holds another object.
        """
        self._clear()
        large = max(PART_BYTES, -(-path.stat().st_size // _MOST_PARTS))
        with path.open("rb") as file:
            digests = [hashlib.sha256(part).digest() for part in _parts(file, large)]
        wanted = (path.stat().st_size, _checksum(digests))
        try:
            self._send(name, path, large, digests)
        except ObjectExistsError:
            # Whoever gets no answer asks again: what is there may be this very archive.
            if self._head(name, large) != wanted:
                raise
        if self._head(name, large) != wanted:
            fix = "remove the object and run it again"
            raise BucketError("object differs from the archive", where=self._url(name), fix=fix)
        self._put(LATEST, latest)

    def _send(self, name: str, path: Path, large: int, digests: Sequence[bytes]) -> None:
        if len(digests) == 1:
            self._put(name, path.read_bytes(), IfNoneMatch="*")
            return
        place = self._place(name)
        with told("CreateMultipartUpload", self._url(name)):
            answer = self._client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")
        place["UploadId"] = answer["UploadId"]
        try:
            with path.open("rb") as file:
                parts = [self._part(place, n, p) for n, p in enumerate(_parts(file, large), 1)]
            whole = {"MultipartUpload": {"Parts": parts}, "IfNoneMatch": "*"}
            with told("CompleteMultipartUpload", self._url(name)):
                self._client.complete_multipart_upload(**place, **whole)
        except BaseException:
            self._abort(place)
            raise

    def _part(self, place: dict[str, str], number: int, data: bytes) -> dict[str, object]:
        given = {"PartNumber": number, "ChecksumSHA256": _checksum([hashlib.sha256(data).digest()])}
        with told("UploadPart", f"s3://{place['Bucket']}/{place['Key']}"):
            answer = self._client.upload_part(**place, **given, Body=data)
        return {**given, "ETag": answer["ETag"]}

    def _put(self, name: str, data: bytes, **conditions: str) -> None:
        checksum = _checksum([hashlib.sha256(data).digest()])
        with told("PutObject", self._url(name)):
            self._client.put_object(
                **self._place(name), Body=data, ChecksumSHA256=checksum, **conditions
            )

    def _clear(self) -> None:
        """Abort what a killed run left half uploaded: it costs money and nobody sees it."""
        place = {"Bucket": self._remote.bucket, "Prefix": self._remote.prefix}
        try:
            with told("ListBucketMultipartUploads", self._url("")):
                found = self._client.list_multipart_uploads(**place).get("Uploads", [])
        except DeniedError as error:
            # No reason to give up the upload: a lifecycle rule can do the same.
            warning("upload", error.what, where=error.where)
            return
        for item in found:
            name = item["Key"].removeprefix(self._remote.prefix)
            if archive_time(name) and self._abort(
                {**self._place(name), "UploadId": item["UploadId"]}
            ):
                event("upload", "unfinished upload removed", archive=name)

    def _abort(self, place: dict[str, str]) -> bool:
        try:
            with told("AbortMultipartUpload", f"s3://{place['Bucket']}/{place['Key']}"):
                self._client.abort_multipart_upload(**place)
        except BucketError as error:
            warning("upload", error.what, where=error.where)
            return False
        return True

    def _head(self, name: str, large: int) -> tuple[int, str]:
        """Size and checksum of an object; a store that keeps no checksum is read back."""
        with told("HeadObject", self._url(name)):
            answer = self._client.head_object(**self._place(name), ChecksumMode="ENABLED")
        if "ChecksumSHA256" in answer:
            return int(answer["ContentLength"]), str(answer["ChecksumSHA256"])
        with self._open(name) as body:
            digests = [hashlib.sha256(part).digest() for part in _parts(body, large)]
        return int(answer["ContentLength"]), _checksum(digests)

    @contextmanager
    def _open(self, name: str) -> Iterator[Any]:
        try:
            with told("GetObject", self._url(name)):
                answer = self._client.get_object(**self._place(checked_name(name)))
                with closing(answer["Body"]) as body:
                    yield body
        except MissingObjectError as error:
            fix = "choose a name from the list of archives"
            raise ArchiveError("no such archive", where=error.where, fix=fix) from None

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self._remote.bucket, "Key": f"{self._remote.prefix}{name}"}

    def _url(self, name: str) -> str:
        return f"s3://{self._remote.bucket}/{self._remote.prefix}{name}"


def _client(remote: Remote) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Every checksum that counts is given or compared here; not every store takes others.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if remote.endpoint else None,
    )
    endpoint = remote.endpoint or None
    session = boto3.Session(region_name=remote.region)
    return session.client("s3", endpoint_url=endpoint, config=config)


def _parts(source: _Readable, large: int) -> Iterator[bytes]:
    while part := source.read(large):
        yield part


def _checksum(digests: Sequence[bytes]) -> str:
    """The checksum of an object as S3 writes it: of its parts' checksums, where it has parts."""
    if len(digests) == 1:
        return b64encode(digests[0]).decode()
    return f"{b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"
