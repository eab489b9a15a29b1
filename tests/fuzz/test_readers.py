"""Whatever a file holds, a reader gives what it means or says in words what is wrong.

Nothing else ends it: no other exception, and no text that has the reader think for minutes.
"""

from __future__ import annotations

import contextlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.project import Project
from ledger.core.reading import read_signifiers
from ledger.core.scan import scan
from ledger.core.skill import Skill
from ledger.errors import LedgerError, SignatureError
from ledger.pages.attributes import read_info
from ledger.pages.block import Expectation
from ledger.pages.evidence import Lock
from ledger.pages.importing.page import Wishes, import_page
from ledger.pages.page import parse_page
from ledger.verify.attested import read_told
from ledger.verify.expect import compare
from ledger.verify.redact import Redactor
from ledger.verify.screen import screen
from ledger.verify.signature import PAYLOAD, load_public, load_signer, sign, unseal
from tests.fixtures.flow_project import PAGE, SEED, SKILL
from tests.fuzz.mutants import mutants
from tests.support.signing import PRIVATE, PUBLIC, write_keys

# The machine may be busy.
ROOT = Path(__file__).parents[2]
PROJECT = Project(ROOT)
TARGET = PROJECT.docs / "fuzz.md"
LOCK = (ROOT / "evidence/reference/plugin.json").read_text("utf-8")
RECORD = """\
{"_type": "https://in-toto.io/Statement/v1",
 "subject": [{"name": "docs/a.md", "digest": {"sha256": "00"}}],
 "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
 "predicate": {
  "result": "PASSED",
  "configuration": [{"name": "a", "digest": {"phaseLedgerTree": "0"}}],
  "phaseLedger": {
   "variant": "", "finished": "2026-11-21T00:00:00Z", "commit": "", "versions": {"a": "1"},
   "blocks": [{"name": "one", "sha256": "0", "result": "passed"}]}}}
"""
PLAIN = """\
# Disk full

Look:

```bash
$ df -h
/dev/sda1 10G
$ rm -rf /tmp/<name>
```

    kubectl get pods
"""
OUTPUTS = (
    "NAME READY AGE\nnats-0 2/2 5d\n",
    '{"a": [1, {"b": null}], "c": 1.5}',
    "line\n...\nlast",
    "(a+)+$",
)
ANSWER = "⟿[PLAN] done\nspent: 0.01\nhandles: {a: b}\n```\n⟂[RUNAWAY_LOOP]\n```\n"


@given(mutants(PAGE, PLAIN))
def test_pages(text: str) -> None:
    with contextlib.suppress(LedgerError):
        parse_page(PROJECT, TARGET, StringIO(text, newline=None).read())  # as a file is read


@given(mutants(PLAIN, PAGE))
def test_plain_runbooks(text: str) -> None:
    with contextlib.suppress(LedgerError):
        import_page(PROJECT, TARGET, text.encode(), Wishes())


@given(mutants("bash {.verify name=one timeout=5m exit=1}", "text {.expect match=like}"))
def test_info_strings(info: str) -> None:
    with contextlib.suppress(LedgerError):
        read_info(info, "a.md:1")


@given(mutants(SKILL, SEED.read_text("utf-8"), edits=6))
def test_skills(text: str) -> None:
    scan(text, "a", "skills/a.md")
    with contextlib.suppress(LedgerError):
        skill = Skill(ROOT / "skills/a.md", "skills/a.md", text)
        _ = (skill.title, skill.ledger, skill.budget)


@given(mutants(ANSWER, SKILL))
def test_answers(text: str) -> None:
    read_signifiers(text)


@given(mutants(LOCK))
def test_locks(text: str) -> None:
    with contextlib.suppress(LedgerError):
        Lock.from_json(text, "evidence/a.json")


@given(mutants(RECORD) | st.binary())
def test_records(data: str | bytes) -> None:
    with contextlib.suppress(LedgerError):
        read_told(data, "a.json")


@given(st.sampled_from(["exact", "like", "contains", "json"]), mutants(*OUTPUTS), mutants(*OUTPUTS))
def test_expectations(match: str, expected: str, got: str) -> None:
    expectation = Expectation(match, expected)
    compare(expectation, got)
    if match in {"exact", "like"}:
        assert compare(expectation, expected) is None


@given(mutants(*OUTPUTS), mutants(*OUTPUTS))
def test_patterns(expected: str, got: str) -> None:
    if "(a+)+" not in expected:  # a page's own pattern may be slow: its author sees it
        compare(Expectation("regex", expected), got)


@given(st.binary() | mutants(*OUTPUTS, "password=hunter22\n").map(str.encode))
def test_outputs(data: bytes) -> None:
    assert "password=hunter22" not in Redactor({})(screen(data))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Any]:
    """An envelope, and the key that opens it."""
    folder = tmp_path_factory.mktemp("keys")
    write_keys(folder)
    data = sign(RECORD.encode(), load_signer(folder / PRIVATE))
    return data, load_public(folder / PUBLIC)


@given(place=st.integers(min_value=0), byte=st.integers(0, 255))
def test_no_byte_of_a_signed_record_can_be_changed(
    sealed: tuple[bytes, Any], place: int, byte: int
) -> None:
    """What a changed byte leaves as it was is the layout of the JSON, and nothing it says."""
    data, key = sealed
    place %= len(data)
    changed = data[:place] + bytes([byte]) + data[place + 1 :]
    with contextlib.suppress(SignatureError):
        assert unseal(changed, key) == unseal(data, key)
        assert json.loads(changed) == json.loads(data)


@given(data=st.data())
def test_whatever_is_no_signed_record_is_refused(
    sealed: tuple[bytes, Any], data: st.DataObject
) -> None:
    text = data.draw(mutants(sealed[0].decode()) | st.text())
    value = {"payload": text, "payloadType": PAYLOAD, "signatures": data.draw(JSON)}
    for junk in (text.encode(), json.dumps(value).encode()):
        with contextlib.suppress(SignatureError):
            assert unseal(junk, sealed[1]) == RECORD.encode()
            assert json.loads(junk) == json.loads(sealed[0])


JSON = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["keyid", "sig"]), inner),
)
