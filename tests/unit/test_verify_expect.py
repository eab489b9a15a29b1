"""An expectation forgives what time and chance decide, and nothing else."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.pages.block import Block, Expectation
from ledger.verify.expect import Mismatch, compare
from ledger.verify.failure import describe

PODS = """\
NAME                         READY   STATUS      RESTARTS       AGE     IP            NODE
nats-0                       2/2     Running     0              2m30s   10.244.0.7    ci-worker
nats-box-6d8f7c9b4-x7k2p     1/1     Running     1 (5m ago)     5d      10.244.0.9    ci-worker
nats-backup-29394120-qtd9w   0/1     Completed   0              25h     10.244.0.12   ci-worker
"""
AGAIN = """\
NAME                        READY  STATUS     RESTARTS     AGE    IP          NODE
nats-0                      2/2    Running    0            14s    10.244.1.3  ci-worker
nats-box-77c5bd9f8c-zz4bq   1/1    Running    1 (13s ago)  3m1s   10.244.1.4  ci-worker
nats-backup-29400001-bbbbb  0/1    Completed  0            6d12h  10.244.1.5  ci-worker


"""
# A busy machine is no reason to fail.
words = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)
texts = st.lists(words, min_size=1, max_size=6).map("\n".join)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def check(match: str, expected: str, got: str) -> Mismatch | None:
    return compare(Expectation(match, expected), got)


@pytest.mark.parametrize("match", ["exact", "like", "contains"])
@given(text=texts)
def test_every_text_is_what_it_is(match: str, text: str) -> None:
    assert check(match, text, text) is None


@given(text=texts)
def test_every_text_matches_itself_as_a_regex(text: str) -> None:
    pattern = "\n".join(re.escape(line.rstrip()) for line in text.split("\n"))
    assert check("regex", pattern, text) is None


@pytest.mark.parametrize("match", ["exact", "like"])
@given(text=texts)
def test_blanks_at_the_end_do_not_count(match: str, text: str) -> None:
    assert check(match, text, text.replace("\n", "  \t\n") + " \n\n \n") is None


@pytest.mark.parametrize("match", ["exact", "like"])
@given(text=texts, line=st.text("abcdefXYZ", min_size=1, max_size=6))
def test_a_line_more_or_less_is_a_mismatch(match: str, text: str, line: str) -> None:
    assert check(match, text, f"{text}\n{line}") is not None
    assert check(match, f"{text}\n{line}", text) is not None


def test_like_forgives_ages_addresses_generated_names_and_widths() -> None:
    assert check("like", PODS, AGAIN) is None
    assert check("exact", PODS, AGAIN) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2/2", "1/2"),
        ("1/1", "0/1"),
        ("Completed", "Error"),
        ("Running     0", "CrashLoopBackOff 0"),
        ("Running     0", "Running 4"),
        ("1 (5m ago)", "2 (5m ago)"),
        ("1 (5m ago)", "1"),
        ("nats-0 ", "nats-1 "),
        ("nats-box-", "nats-shell-"),
        ("nats-box-6d8f7c9b4-x7k2p", "nats-box"),
        ("ci-worker\n", "ci-worker2\n"),
        ("2m30s", "<unknown>"),
        ("10.244.0.7", "<none>"),
        ("READY", "DESIRED"),
        ("nats-backup-29394120-qtd9w", "nats-restore-29394120-qtd9w"),
    ],
)
def test_like_forgives_nothing_that_a_person_would_look_at(old: str, new: str) -> None:
    assert old in PODS
    assert check("like", PODS, PODS.replace(old, new, 1)) is not None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("took 1.2s", "took 350ms"),
        ("took 1m0.5s, done", "took 2h, done"),
        ("at 2026-11-21T06:19:54Z", "at 2025-01-01T00:00:00.123Z"),
        ("at 2026-11-21 06:19:54", "at 2025-01-01 00:00:00"),
        ("on 2026-11-21", "on 2027-01-02"),
        ("[INF] 2026/11/21 06:19:54 up", "[INF] 2026/11/22 16:19:54 up"),
        ("Start: Sat, 21 Nov 2026 06:19:54 +0000", "Start: Sun, 22 Nov 2026 07:00:00 +0100"),
        ("nats-20261121T061954Z.tar.gz", "nats-20270101T000000Z.tar.gz"),
        ("id 3f2a9c1d-1111-4222-8333-444455556666", "id 00000000-aaaa-4bbb-8ccc-ddddeeeeffff"),
        ("commit 3f2a9c1", "commit 91c0ffe"),
        ("sha256:" + "a1" * 32, "sha256:" + "0f" * 32),
        ("from fd00::1:2", "from fe80::42"),
        ("10.96.0.1:4222", "10.96.7.9:4222"),
        ("job.batch/nats-backup-29394120 created", "job.batch/nats-backup-29400001 created"),
        ("replicaset/nats-box-6d8f7c9b4", "replicaset/nats-box-77c5bd9f8c"),
        ("╭────────╮", "╭──────────────╮"),
    ],
)
def test_like_forgives(expected: str, got: str) -> None:
    assert check("like", expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("1000 messages", "1001 messages"),
        ("1048576 bytes", "1048577 bytes"),
        ("Replicas: 3", "Replicas: 1"),
        ("version 2.14.6", "version 2.14.5"),
        ("10.96.0.1:4222", "10.96.0.1:4223"),
        ("web-node1", "web-node2"),
        ("5Gi", "6Gi"),
        ("deadline", "headline"),
        ("nats-backup-s3 created", "nats-backup-gcs created"),
        ("retention-7d", "retention-8d"),
        ("90000 s", "90001 s"),
        ("Ready True", "Ready False"),
        ("v1.34.4", "v1.34.5"),
    ],
)
def test_like_does_not_forgive(expected: str, got: str) -> None:
    assert check("like", expected, got) is not None


@given(digits=st.integers(0, 10**9), other=st.integers(0, 10**9))
def test_like_never_takes_one_count_for_another(digits: int, other: int) -> None:
    assert (check("like", f"{digits} msgs", f"{other} msgs") is None) == (digits == other)


def test_contains_wants_the_lines_in_order() -> None:
    got = 'one\ntwo  and more\nthree\nlevel=info msg="Backup Complete" seconds=3\n'
    assert check("contains", "one\nthree", got) is None
    assert check("contains", "one\n...\nBackup Complete\n", got) is None
    assert check("contains", "two and more", got) is None
    assert check("contains", "three\none", got) is not None
    assert check("contains", "one\none", got) is not None


@pytest.mark.parametrize(
    ("expected", "got"),
    [("1/1", "11/1"), ("1/1", "1/10"), ("Ready", "NotReady"), ("ready", "not-ready"), ("1", "1.5")],
)
def test_contains_wants_whole_words(expected: str, got: str) -> None:
    assert check("contains", expected, got) is not None


def test_regex_wants_every_line_whole() -> None:
    assert (
        check("regex", r"nats-\d\n.*Running.*".replace(r"\n", "\n"), "nats-0\nx Running y") is None
    )
    assert check("regex", r"nats-\d", "nats-10") is not None
    assert check("regex", r"nats-\d", "nats-1\nmore") is not None
    broken = check("regex", "(", "(")
    assert broken
    assert "no regular expression" in broken.reason


@given(document=documents)
def test_every_document_holds_itself(document: object) -> None:
    assert check("json", json.dumps(document), json.dumps(document)) is None


@given(document=st.dictionaries(st.text(max_size=4), documents, min_size=1), more=documents)
def test_a_document_with_more_in_it_still_holds_the_expectation(
    document: dict[str, object], more: object
) -> None:
    bigger = {**document, "another key": more}
    assert check("json", json.dumps(document), json.dumps(bigger)) is None
    assert check("json", json.dumps(bigger), json.dumps(document)) is not None


@pytest.mark.parametrize(
    ("expected", "got", "where"),
    [
        ('{"a": {"b": 1}}', '{"a": {"b": 2, "c": 3}}', "$.a.b"),
        ('{"a": 1}', '{"a": true}', "$.a"),
        ('{"a": []}', '{"a": [1]}', "$.a"),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', "$.a[1]"),
        ('{"a": null}', "{}", "$.a"),
        ("1", '"1"', "$"),
    ],
)
def test_json_names_the_first_difference(expected: str, got: str, where: str) -> None:
    found = check("json", expected, got)
    assert found
    assert found.reason == f"{where} differs"


def test_json_finds_items_among_others() -> None:
    got = '{"conditions": [{"type": "A", "s": 1}, {"type": "Complete", "status": "True", "n": 0}]}'
    assert check("json", '{"conditions": [{"type": "Complete", "status": "True"}]}', got) is None
    assert check("json", '{"conditions": [{"type": "Complete", "status": "False"}]}', got)


@pytest.mark.parametrize("got", ["", "not json", "{} {}"])
def test_output_that_is_no_json_is_a_mismatch(got: str) -> None:
    found = check("json", "{}", got)
    assert found
    assert found.reason.startswith("the output is no JSON")


def test_none_takes_anything() -> None:
    assert check("none", "", "anything") is None


def test_the_diff_puts_expected_above_got_and_the_first_difference_first() -> None:
    found = check("exact", "same\nnats-0   1/1\nend", "same\nnats-0   0/1\nend")
    assert found == Mismatch(
        "line 2 differs",
        "line 2\n  expected: nats-0   1/1\n  got:      nats-0   0/1\n" + " " * 21 + "^",
    )


def test_the_diff_of_a_table_puts_word_under_word_and_marks_the_one_that_counts() -> None:
    found = check("like", "nats-0   1/1   Running   5d", "nats-0  1/1  CrashLoopBackOff  2m30s")
    assert found
    assert found.diff.splitlines() == [
        "line 1",
        "  expected: nats-0 1/1 Running          5d",
        "  got:      nats-0 1/1 CrashLoopBackOff 2m30s",
        "                       ^",
    ]


def test_the_diff_says_which_line_is_missing_or_too_much() -> None:
    missing, extra = check("exact", "a\nb\nc", "a\nc"), check("exact", "a\nc", "a\nb\nc")
    assert missing
    assert extra
    assert missing.reason == "line 2 is missing: 'b'"
    assert extra.reason == "line 2 is too much: 'b'"
    assert extra.diff == "line 2\n  expected: (nothing)\n  got:      b"


def test_the_diff_stays_short() -> None:
    many = "\n".join(str(n) for n in range(1000))
    found = check("exact", many, many.replace("9", "x"))
    assert found
    assert len(found.diff.splitlines()) < 25
    assert found.diff.endswith("more lines differ")


def test_a_line_in_the_place_of_another_does_not_make_all_others_differ() -> None:
    found = check("exact", "a\nb\nc\nd\ne", "b\nc\nd\ne\nf")
    assert found
    assert found.reason == "line 1 is missing: 'a'"
    assert found.diff == (
        "line 1\n  expected: a\n  got:      (nothing)\nline 5\n  expected: (nothing)\n  got:      f"
    )


def test_of_two_ways_to_tell_a_difference_the_shorter_one_is_told() -> None:
    found = check("exact", "up\nup\ndown", "up\ndown\ndown")
    assert found
    assert found.reason == "line 2 differs"
    assert found.diff.count("line ") == 1


def test_a_regex_finds_the_line_that_is_missing() -> None:
    found = check("regex", r"first" + "\n" + r"nats-\d" + "\n" + r"\d+ msgs", "nats-0\n12 msgs")
    assert found
    assert found.reason == "line 1 is missing: 'first'"
    assert found.diff == "line 1\n  expected: first\n  got:      (nothing)"


def test_a_regex_has_no_mark_in_a_line_that_it_cannot_be_laid_over() -> None:
    found = check("regex", r"nats-\d+ Running", "nats-0 Pending")
    assert found
    assert found.diff == "line 1\n  expected: nats-\\d+ Running\n  got:      nats-0 Pending"


def test_contains_shows_the_nearest_line_and_where_it_looked() -> None:
    found = check("contains", "one\nbackup complete", "one\ntwo\nbackup completed: 0\nthree")
    assert found
    assert found.reason == "no line after line 1 holds 'backup complete'"
    assert found.diff == (
        "expected: backup complete\nnearest:  backup completed: 0\n"
        "got after line 1:\n  two\n  backup completed: 0\n  three"
    )


def test_contains_of_nothing_says_so() -> None:
    found = check("contains", "one", "")
    assert found
    assert found.diff == "expected: one\ngot:\n  (nothing)"


@pytest.mark.parametrize(
    ("status", "order"), [(0, ["output", "stderr"]), (1, ["stderr", "output"])]
)
def test_the_cause_comes_first(status: int, order: list[str]) -> None:
    block = Block("verify", "it", "true", 1, expectation=Expectation("exact", "a"))
    told = describe("page.md:1", block, "why", status, "line 1", "no such host\n")
    assert [line.strip(" :") for line in told.splitlines() if line.endswith(":")] == order


@given(expected=st.lists(words, max_size=8), got=st.lists(words, max_size=8))
def test_every_difference_is_told_and_nothing_that_is_none(
    expected: list[str], got: list[str]
) -> None:
    found = check("exact", "\n".join(expected), "\n".join(got))
    if found:
        assert re.match(r"line \d+ (differs|is missing: |is too much: )", found.reason)
        told = re.findall(r"expected: (.*)\n  got:      (.*)", found.diff)
        assert told
        assert all(one.rstrip() != other.rstrip() for one, other in told)
