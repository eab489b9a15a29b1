"""No secret is stored or shown."""

from __future__ import annotations

import pytest

from ledger.verify.redact import MASK, redactor

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
    shown = redactor({})(text)
    assert SECRET not in shown
    assert MASK in shown


def test_values_of_secret_variables_are_masked_wherever_they_stand() -> None:
    redact = redactor({"NATS_PASSWORD": SECRET, "GITHUB_TOKEN": "ghs_abcdef", "HOME": "/home/me"})
    assert redact(f"it said {SECRET}! ghs_abcdef /home/me") == f"it said {MASK}! {MASK} /home/me"


def test_identifiers_of_keys_are_masked() -> None:
    assert redactor({})("user AKIAIOSFODNN7EXAMPLE in") == f"user {MASK} in"


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
    assert redactor(places)(text) == text
