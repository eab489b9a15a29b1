"""No secret is stored or shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.verify.redact import MASK, Redactor
from ledger.verify.screen import excerpt

SECRET = "s3cr3t-Value/9"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"Password: {SECRET}",
        f"--from-literal=password={SECRET} --namespace agents",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"  secret_key: {SECRET}",
        f'{{"token": "{SECRET}", "ok": true}}',
        f"api-key='{SECRET}'",
        f"Authorization: Bearer {SECRET}",
        f"nats://orders:{SECRET}@nats:4222",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\ncut short {SECRET}",
    ],
)
def test_what_looks_secret_is_masked(text: str) -> None:
    shown = Redactor({})(text)
    assert SECRET not in shown
    assert MASK in shown


def test_values_of_secret_variables_are_masked_wherever_they_stand() -> None:
    redact = Redactor({"NATS_PASSWORD": SECRET, "GITHUB_TOKEN": "ghs_abcdef", "HOME": "/home/me"})
    assert redact(f"it said {SECRET}! ghs_abcdef /home/me") == f"it said {MASK}! {MASK} /home/me"


def test_identifiers_of_keys_are_masked() -> None:
    assert Redactor({})("user AKIAIOSFODNN7EXAMPLE in") == f"user {MASK} in"


@pytest.mark.parametrize(
    "text",
    [
        "secret/nats-backup-s3 created",
        "NAME   READY   STATUS\nnats-0   1/1   Running",
        "1000 messages in ORDERS",
        "https://127.0.0.1:6443/api",
        "Password:\nnext line",
    ],
)
def test_the_rest_stays(text: str) -> None:
    places = {"AWS_SHARED_CREDENTIALS_FILE": "nats-0", "TOKEN_COUNT": "1000", "SECRET": ""}
    assert Redactor(places)(text) == text


def test_a_key_that_begins_before_the_text_is_masked() -> None:
    text = f"[...]\n{'TUlJRXZRSUJBREFOQmdrcWg' * 3}\nc2Vj\n-----END PRIVATE KEY-----\nafter"
    assert Redactor({})(text) == f"[...]\n{MASK} -----END PRIVATE KEY-----\nafter"


def test_an_excerpt_shows_no_half_of_a_line(tmp_path: Path) -> None:
    line = b"x" * 90 + SECRET.encode() + b"\n"
    for shift in range(0, 100, 7):
        path = tmp_path / "out"
        path.write_bytes(b"y" * shift + b"\n" + line * 400 + b"z" * shift)
        shown = Redactor({"SECRET": SECRET}).printed(excerpt(path))
        assert "bytes left out" in shown
        assert not any(SECRET[:n] in shown or SECRET[-n:] in shown for n in (3, 5, 9))
    path.write_bytes(line.strip() * 400)
    assert excerpt(path).strip() == f"[... {path.stat().st_size} bytes left out ...]"
