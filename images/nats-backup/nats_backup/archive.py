"""The archive: one uncompressed tar, its manifest first, and nothing restored from a damaged one.

    manifest.json  manifest.json.sha256
    streams/<stream>/backup.json  streams/<stream>/stream.tar.s2

The manifest stays outside `streams/`, because a restore takes every entry there for a stream.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO

from nats_backup import manifest as manifests
from nats_backup.errors import ArchiveError
from nats_backup.manifest import File, Manifest

MANIFEST = "manifest.json"
DIGEST = "manifest.json.sha256"
_STREAM_FILE = re.compile(r"streams/(?P<stream>[^/\s.*>\\]+)/(?P<file>[A-Za-z0-9][\w.-]*)")


def fingerprint(root: Path) -> dict[str, File]:
    """Size and checksum of every file below a folder, by path inside the archive."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {f"streams/{path.relative_to(root).as_posix()}": digest(path) for path in files}


def write(target: BinaryIO, manifest: Manifest, root: Path) -> None:
    """Write the archive of the streams below a folder."""
    data = manifests.dumps(manifest)
    recorded = f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        _add(tar, MANIFEST, len(data), io.BytesIO(data))
        _add(tar, DIGEST, len(recorded), io.BytesIO(recorded))
        for name, file in manifest.files.items():
            with (root / name.removeprefix("streams/")).open("rb") as source:
                _add(tar, name, file.size, source)


def verify(path: Path) -> Manifest:
    """Check every byte that a restore would use, and return the manifest.

    Raises:
        ArchiveError: the archive is missing, cut short, altered, or holds what it should not.
    """
    with _reading(path) as tar:
        members = _members(tar)
        head = [members[name] for name in (MANIFEST, DIGEST) if name in members]
        manifest = _manifest({member.name: _content(tar, member).read() for member in head})
        _same_names(members, manifest)
        for name, file in manifest.files.items():
            if _digest(_content(tar, members[name])) != file:
                raise ArchiveError(f"checksum of {name} does not match the manifest")
    return manifest


def read_manifest(content: IO[bytes]) -> Manifest:
    """Read the manifest at the head of an archive; nothing behind it is read or checked.

    Raises:
        ArchiveError: there is no manifest that can be read.
    """
    try:
        with tarfile.open(fileobj=content, mode="r|") as tar:
            return _manifest({m.name: _content(tar, m).read() for m in islice(tar, 2)})
    except tarfile.TarError as error:
        raise ArchiveError(f"archive cannot be read: {error}") from error


def digest(path: Path) -> File:
    """Size and checksum of a file."""
    with path.open("rb") as content:
        return _digest(content)


def extract(path: Path, streams: Iterable[str], target: Path) -> None:
    """Write the folders of the named streams of a verified archive below a folder."""
    wanted = set(streams)
    with _reading(path) as tar:
        for name, member in _members(tar).items():
            match = _STREAM_FILE.fullmatch(name)
            if match and match["stream"] in wanted:
                folder = target / match["stream"]
                folder.mkdir(parents=True, exist_ok=True)
                with (folder / match["file"]).open("wb") as file:
                    shutil.copyfileobj(_content(tar, member), file)


@contextmanager
def _reading(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        if path.stat().st_size % tarfile.RECORDSIZE:
            raise ArchiveError("archive is cut short")
        with tarfile.open(path, mode="r:") as tar:
            yield tar
    except FileNotFoundError:
        fix = "choose a name from the list of archives"
        raise ArchiveError("no such archive", where=path.name, fix=fix) from None
    except (tarfile.TarError, OSError) as error:
        raise ArchiveError(f"archive cannot be read: {error}", where=path.name) from error
    except ArchiveError as error:
        error.where = error.where or path.name
        error.fix = error.fix or "choose another archive"
        raise


def _members(tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    for member in tar:
        known = member.name in (MANIFEST, DIGEST) or _STREAM_FILE.fullmatch(member.name)
        if not known or not member.isreg() or member.name in members:
            raise ArchiveError(f"archive holds an entry it should not: {member.name!r}")
        members[member.name] = member
    return members


def _manifest(head: Mapping[str, bytes]) -> Manifest:
    if MANIFEST not in head or DIGEST not in head:
        raise ArchiveError("archive has no manifest")
    recorded = head[DIGEST].split(b" ")[0]
    if hashlib.sha256(head[MANIFEST]).hexdigest().encode() != recorded:
        raise ArchiveError(f"checksum of {MANIFEST} does not match")
    return manifests.loads(head[MANIFEST])


def _same_names(members: dict[str, tarfile.TarInfo], manifest: Manifest) -> None:
    found = members.keys() - {MANIFEST, DIGEST}
    # A damaged header ends a tar without an error: only the manifest tells what is gone.
    if odd := found ^ manifest.files.keys():
        raise ArchiveError(f"archive and manifest disagree on {min(odd)}")
    folders = {name.split("/")[1] for name in found}
    if odd := folders ^ set(manifest.names):
        raise ArchiveError(f"archive and manifest disagree on stream {min(odd)}")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:  # a member that is no regular file was refused before
        raise ArchiveError(f"archive holds an entry it should not: {member.name!r}")
    return content


def _add(tar: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o644
    tar.addfile(member, content)


def _digest(content: IO[bytes]) -> File:
    sha, size = hashlib.sha256(), 0
    while chunk := content.read(1 << 20):
        sha.update(chunk)
        size += len(chunk)
    return File(size, sha.hexdigest())
