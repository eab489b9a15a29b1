"""Keys, and the record of a run to sign with them."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ledger.core.project import Project
from ledger.pages.page import read_page
from ledger.verify.record import write_record
from ledger.verify.run import PageRun

PRIVATE = "key.pem"
PUBLIC = "public.pem"
Pair = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def write_keys(folder: Path, key: Pair | None = None) -> None:
    """Write both halves of a key, as openssl does."""
    key = key or ed25519.Ed25519PrivateKey.generate()
    pem = form.Encoding.PEM
    private = key.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption())
    (folder / PRIVATE).touch(0o600)
    (folder / PRIVATE).write_bytes(private)
    public = key.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo)
    (folder / PUBLIC).write_bytes(public)


def record(project: Project, page: str, variant: str = "") -> Path:
    """Run a page that needs no cluster, and give the path of its record."""
    read = read_page(project, project.root / page)
    run = PageRun(project, read.as_variant(variant) if variant else read, None)
    try:
        for block in run.page.verified_blocks:
            run.run(block)
    finally:
        run.finish()
    return write_record(project.runs, run)
