"""A signed record proves what its page says, or is refused."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519

from ledger.cli import main
from ledger.core.project import Project
from ledger.errors import Exit, SignatureError
from ledger.pages.state import MAX_AGE
from ledger.verify.signature import PAYLOAD, load_public, load_signer, sign, unseal
from tests.fixtures.schemas import validate
from tests.support.signing import PRIVATE, PUBLIC, Pair, record, write_keys

PAGE = """\
---
cluster: false
inputs: [manifests]
variants: {other: []}
---

```bash {.verify name=one expect=none}
true
```
"""
GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=a@example.org")

Ledger = Callable[..., tuple[int, str]]


@pytest.fixture
def ledger(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Ledger:
    """Runs a command in a project with a page, an input and keys; gives its code and its words."""
    (project.docs / "page.md").write_text(PAGE)
    (project.root / "manifests").mkdir()
    (project.root / "manifests/a.yaml").write_text("a: 1\n")
    write_keys(project.root)
    monkeypatch.chdir(project.root)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["ledger", "evidence", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "PRIVATE KEY" not in said.out + said.err
        return int(str(ended.value.code)), said.out + said.err

    return run


@pytest.fixture
def signed(ledger: Ledger, project: Project) -> Path:
    """The signed record of the page's run."""
    made = record(project, "docs/page.md")
    assert ledger("sign", str(made), "--key", PRIVATE)[0] == Exit.DONE
    return made.with_suffix(".intoto.jsonl")


def look(ledger: Ledger, file: Path, *more: str) -> tuple[int, str]:
    code, said = ledger("verify", str(file), "--key", PUBLIC, *more)
    return code, " ".join(said.split())


def test_it_proves_the_page_and_says_of_which_run(ledger: Ledger, signed: Path) -> None:
    code, said = look(ledger, signed)
    assert code == Exit.DONE, said
    assert re.search(r"docs/page\.md, run of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said)


def test_what_is_signed_is_the_record_to_the_byte(signed: Path) -> None:
    document = json.loads(signed.read_text())
    assert document["payloadType"] == PAYLOAD
    text = signed.with_name("page.json").read_bytes()
    assert base64.b64decode(document["payload"]) == text


def test_openssl_agrees(signed: Path, project: Project) -> None:
    """The signature is what DSSE says it is: one of the type's and the payload's lengths too."""
    document = json.loads(signed.read_text())
    payload = base64.b64decode(document["payload"])
    text = b"DSSEv1 %d %s %d " % (len(PAYLOAD), PAYLOAD.encode(), len(payload)) + payload
    (project.root / "text").write_bytes(text)
    (project.root / "sig").write_bytes(base64.b64decode(document["signatures"][0]["sig"]))
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-in", "text", "-sigfile", "sig"]
    subprocess.run([*command, "-pubin", "-inkey", PUBLIC], cwd=project.root, check=True)


def test_json_is_as_its_schema_says(ledger: Ledger, signed: Path) -> None:
    code, said = ledger("verify", str(signed), "page.md", "--key", PUBLIC, "--json")
    assert code == Exit.USAGE
    assert "page.md: cannot be read: No such file" in said
    signed.with_name("other.intoto.jsonl").write_text("{}")
    code, said = ledger("verify", ".ledger/runs", "--key", PUBLIC, "--json")
    document = json.loads(said)
    validate(document, "evidence-verify.v1")
    assert code == Exit.FOUND
    assert [(one["holds"], one["page"]) for one in document["files"]] == [
        (False, None),
        (True, "docs/page.md"),
    ]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("docs/page.md", PAGE.replace("true", "false"), "docs/page.md is not the file that ran"),
        ("docs/page.md", None, "there is no page docs/page.md here"),
        ("manifests/a.yaml", "a: 2\n", "input manifests changed since the run"),
        ("airgap/pins.toml", "versions = {", "broken TOML"),
    ],
)
def test_another_page_or_input_is_told(
    ledger: Ledger, signed: Path, project: Project, file: str, text: str | None, told: str
) -> None:
    path = project.root / file
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True) if text is None else path.write_text(text)
    code, said = look(ledger, signed)
    assert (code, told in said) == (Exit.FOUND, True), said


def test_a_run_that_failed_proves_nothing(ledger: Ledger, project: Project) -> None:
    made = record(project, "docs/page.md")
    made.write_text(made.read_text().replace('"PASSED"', '"FAILED"'))
    ledger("sign", str(made), "--key", PRIVATE)
    code, said = look(ledger, made.with_suffix(".intoto.jsonl"))
    assert (code, "not every block passed" in said) == (Exit.FOUND, True)


def test_a_run_is_too_old_by_the_rule_of_all_evidence(ledger: Ledger, project: Project) -> None:
    made = record(project, "docs/page.md")
    raw = json.loads(made.read_text())
    raw["predicate"]["phaseLedger"]["finished"] = "2026-11-01T00:00:00Z"
    made.write_text(json.dumps(raw))
    ledger("sign", str(made), "--key", PRIVATE)
    file = made.with_suffix(".intoto.jsonl")
    assert look(ledger, file, "--now", "2026-12-01")[0] == Exit.DONE
    code, said = look(ledger, file, "--now", "2026-12-02")
    assert (code, f"31 days old, more than {MAX_AGE.days}" in said) == (Exit.FOUND, True)


def test_the_commit_that_is_asked_for_is_the_one_that_ran(ledger: Ledger, project: Project) -> None:
    git = partial(subprocess.run, cwd=project.root, check=True, capture_output=True, text=True)
    git([*GIT, "init", "-q"])
    (project.root / ".gitignore").write_text(".ledger\n*.pem\n")
    git([*GIT, "add", "."])
    git([*GIT, "commit", "-qm", "first"])
    head = git([*GIT, "rev-parse", "HEAD"]).stdout.strip()
    ledger("sign", str(made := record(project, "docs/page.md")), "--key", PRIVATE)
    file = made.with_suffix(".intoto.jsonl")
    assert look(ledger, file, "--commit", head)[0] == Exit.DONE
    assert look(ledger, file, "--commit", head[:12])[0] == Exit.DONE
    assert f"the run was of commit {head}" in look(ledger, file, "--commit", "0" * 40)[1]
    (project.root / "manifests/a.yaml").write_text("a: 2\n")
    ledger("sign", str(record(project, "docs/page.md")), "--key", PRIVATE)
    assert look(ledger, file)[0] == Exit.DONE
    assert f"files differed from commit {head}" in look(ledger, file, "--commit", head)[1]


def test_the_record_of_a_variant_is_told_as_such(ledger: Ledger, project: Project) -> None:
    made = record(project, "docs/page.md", "other")
    ledger("sign", str(made), "--key", PRIVATE)
    code, said = look(ledger, made.with_suffix(".intoto.jsonl"))
    assert (code, "docs/page.md@other" in said) == (Exit.DONE, True)


@pytest.mark.parametrize(
    "curve",
    [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), None],
    ids=lambda c: getattr(c, "name", "ed25519"),
)
def test_each_kind_of_key_signs(ledger: Ledger, project: Project, curve: Any) -> None:
    key: Pair = ec.generate_private_key(curve) if curve else ed25519.Ed25519PrivateKey.generate()
    write_keys(project.root, key)
    ledger("sign", str(made := record(project, "docs/page.md")), "--key", PRIVATE)
    assert look(ledger, made.with_suffix(".intoto.jsonl"))[0] == Exit.DONE


def test_another_key_is_refused(ledger: Ledger, signed: Path, project: Project) -> None:
    write_keys(project.root)
    code, said = look(ledger, signed)
    assert (code, "not signed by this key" in said) == (Exit.FOUND, True)


def test_a_key_that_others_can_read_signs_nothing(ledger: Ledger, project: Project) -> None:
    (project.root / PRIVATE).chmod(0o640)
    code, said = ledger("sign", str(record(project, "docs/page.md")), "--key", PRIVATE)
    assert (code, "chmod 600 key.pem" in said) == (Exit.USAGE, True)
    assert not list(project.runs.glob("*.jsonl"))


def _locked(key: Any) -> bytes:
    how = form.BestAvailableEncryption(b"word")
    return bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, how))


def _open(key: Any) -> bytes:
    how = form.NoEncryption()
    return bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, how))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        _locked(ed25519.Ed25519PrivateKey.generate()),
        _open(x25519.X25519PrivateKey.generate()),
        _open(ec.generate_private_key(ec.SECP256K1())),
        _open(ed25519.Ed25519PrivateKey.generate())[:80],
    ],
    ids=["empty", "no text", "with a password", "not for signing", "other curve", "cut short"],
)
def test_a_key_that_cannot_be_used_is_named_and_not_shown(
    ledger: Ledger, project: Project, data: bytes
) -> None:
    made = record(project, "docs/page.md")
    (project.root / PRIVATE).write_bytes(data)
    (project.root / PUBLIC).write_bytes(data)
    for words in (("sign", str(made), "--key", PRIVATE), ("verify", str(made), "--key", PUBLIC)):
        code, said = ledger(*words)
        assert (code, "key that can be used" in said) == (Exit.USAGE, True), said
        assert all(line not in said for line in data.decode("latin-1").splitlines() if line)


def test_only_the_record_of_a_run_is_signed(ledger: Ledger, project: Project) -> None:
    (project.root / "a.json").write_text('{"_type": "https://in-toto.io/Statement/v1"}')
    code, said = ledger("sign", "a.json", "--key", PRIVATE)
    assert (code, "not the record of a run" in said) == (Exit.FOUND, True)
    assert ledger("sign", "docs", "--key", PRIVATE)[0] == Exit.USAGE


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Any]:
    """An envelope, and the key that opens it."""
    folder = tmp_path_factory.mktemp("keys")
    write_keys(folder)
    data = sign(b'{"_type": "x", "n": [1, 2]}', load_signer(folder / PRIVATE))
    return data, load_public(folder / PUBLIC)


def test_every_bit_of_it_counts(sealed: tuple[bytes, Any]) -> None:
    data, key = sealed
    accepted = set()
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with contextlib.suppress(SignatureError):
                unseal(bytes(changed), key)
                accepted.add(data[place : place + 1])
    assert accepted <= {b"\n", b" "}
