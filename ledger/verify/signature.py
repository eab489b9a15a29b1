"""Sign a run record, and open what was signed: a DSSE envelope around an in-toto Statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ledger.core.extra import require
from ledger.errors import SignatureError, UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import Key, Signer

PAYLOAD: Final = "application/vnd.in-toto+json"
SUFFIX: Final = ".intoto.jsonl"
_OTHERS: Final = 0o077
_T = TypeVar("_T")


def load_signer(path: Path) -> Signer:
    """The private key in a PEM file: Ed25519, or ECDSA on a NIST curve.

    Raises:
        UsageError: there is none that can be used, others can read it, or no library is installed.
    """
    if path.is_file() and path.stat().st_mode & _OTHERS:
        raise UsageError(
            "others on this machine can read the key", where=str(path), fix=f"chmod 600 {path}"
        )
    return _load(path, "private", _signer)


def load_public(path: Path) -> Key:
    """The public key in a PEM file.

    Raises:
        UsageError: there is none that can be used, or no library is installed.
    """
    return _load(path, "public", _public)


def files(paths: Iterable[Path], suffix: str) -> list[Path]:
    """The files that are meant: of a folder those below it whose names end with `suffix`.

    Raises:
        UsageError: a folder has none.
    """
    found = []
    for path in paths:
        below = sorted(path.rglob(f"*{suffix}")) if path.is_dir() else [path]
        if not below:
            raise UsageError(f"holds no *{suffix}", where=str(path))
        found += below
    return found


def read(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None


def sign(record: bytes, signer: Signer) -> bytes:
    """A record in its envelope: one line of JSON."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(record, PAYLOAD, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict()).encode() + b"\n"


def unseal(data: bytes, key: Key) -> bytes:
    """What was signed.

    Args:
        data: the envelope; not a bit of what it says may differ from what `sign` wrote.
        key: whose signature it must bear.

    Raises:
        SignatureError: it is no envelope, of something else, or not signed so by this key.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    try:
        envelope = Envelope.from_dict(json.loads(data, object_pairs_hook=_unique))
        # Base64 has several spellings of the same bytes.
        if envelope.to_dict() != json.loads(data) or envelope.payload_type != PAYLOAD:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SignatureError("not a signed record, or damaged") from None
    try:
        envelope.verify([key], 1)
    except VerificationError:
        raise SignatureError("not signed by this key, or changed since") from None
    return envelope.payload


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice one reader takes the first value, and another the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _signer(pem: bytes) -> Signer:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    return CryptoSigner(load_pem_private_key(pem, None))


def _public(pem: bytes) -> Key:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    return SSlibKey.from_crypto(load_pem_public_key(pem))


def _load(path: Path, kind: str, load: Callable[[bytes], _T]) -> _T:
    require("sign")
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(read(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the libraries say may quote the key.
        what = f"holds no {kind} key that can be used"
        fix = "name a PEM file without a password: Ed25519, or ECDSA on P-256, P-384 or P-521"
        raise UsageError(what, where=str(path), fix=fix) from None
