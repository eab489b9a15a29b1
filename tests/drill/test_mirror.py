"""Drills of a mirror: what it carries, what it tells, how it takes over, and the way back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.drill.lab import Lab, ack_floor, attempt, consumers, counts, orders, remove, streams
from tests.drill.pair import (
    ORIGIN,
    STANDBY,
    TOOL,
    Pair,
    checked,
    config,
    follow,
    info,
    last,
    link,
    message,
    mirror,
    promote,
    publish,
    until,
)
from tests.support.nats_server import Server


@pytest.fixture
def pair(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """ORDERS of 498 messages at the origin, mirrored by the standby."""
    linked = link(lab, monkeypatch)
    orders(linked.origin)
    mirror(linked.origin, linked.standby, ORIGIN)
    return linked


def test_messages_come_with_their_sequences_and_times(pair: Pair) -> None:
    """Messages that were deleted before leave the same gaps."""
    publish(pair.origin, "new")
    follow(pair.origin, pair.standby)
    assert counts(pair.standby) == counts(pair.origin) == (499, 1, 501, 2)
    for sequence in (1, 449, 501):
        assert message(pair.standby, sequence) == message(pair.origin, sequence)


def test_a_standby_that_was_away_catches_up(pair: Pair) -> None:
    pair.standby.pause()
    publish(pair.origin, "meanwhile", 300)
    pair.standby.resume()
    follow(pair.origin, pair.standby)
    assert counts(pair.standby) == (798, 1, 800, 2)


def test_lag_is_zero_while_the_origin_is_away(pair: Pair) -> None:
    """Lag is what the origin said last: only the time since then tells that it is silent."""
    until(lambda: checked(pair.standby).startswith("OK "))
    pair.origin.stop()
    until(lambda: checked(pair.standby).startswith("CRITICAL ORDERS Crit:Mirror Seen "))
    assert info(pair.standby)["mirror"]["lag"] == 0


def test_an_origin_made_anew_looks_healthy(pair: Pair) -> None:
    """The mirror asks for what comes behind its own end. What is before it is never compared."""
    remove(pair.origin, "ORDERS")
    pair.origin.nats("stream", "add", "ORDERS", "--subjects", "orders.>", "--defaults")
    publish(pair.origin, "another", 505)
    follow(pair.origin, pair.standby)
    until(lambda: checked(pair.standby).startswith("OK "))
    same = [message(pair.standby, n) == message(pair.origin, n) for n in (5, 500, 501, 505)]
    assert same == [False, False, True, True]


def test_deletes_and_consumers_stay_behind(pair: Pair) -> None:
    pair.origin.nats("stream", "rmm", "ORDERS", "100", "-f")
    publish(pair.origin, "behind the delete")
    follow(pair.origin, pair.standby)
    assert counts(pair.origin) == (498, 1, 501, 3)
    assert counts(pair.standby) == (499, 1, 501, 2)
    pair.origin.nats("stream", "purge", "ORDERS", "--force")
    publish(pair.origin, "behind the purge")
    follow(pair.origin, pair.standby)
    assert (counts(pair.origin)[0], counts(pair.standby)[0]) == (1, 500)
    assert (consumers(pair.origin, "ORDERS"), consumers(pair.standby, "ORDERS")) == (
        {"billing"},
        set(),
    )


def test_work_that_is_done_stays_in_the_mirror_of_a_queue(pair: Pair) -> None:
    """The origin removes what is acknowledged; whoever takes over would do it once more.

    A consumer of a queue has no start of its own: what is below the ack floor is purged instead.
    """
    source = ("--subjects", "jobs.>", "--retention", "work", "--defaults")
    pair.origin.nats("stream", "add", "JOBS", *source)
    publish(pair.origin, "job", 10, "jobs.new")
    mirror(pair.origin, pair.standby, ORIGIN, "JOBS")
    pair.origin.nats(
        "consumer", "add", "JOBS", "worker", "--pull", "--ack", "explicit", "--defaults"
    )
    pair.origin.nats("consumer", "next", "JOBS", "worker", "--count", "4", "--ack", "--raw")
    publish(pair.origin, "job", 1, "jobs.new")
    follow(pair.origin, pair.standby, "JOBS")
    until(lambda: counts(pair.origin, "JOBS")[0] == 7)
    assert counts(pair.standby, "JOBS")[0] == 11
    promote(pair.standby, "JOBS")
    path = pair.standby.folder / "worker.json"
    path.write_text(config(pair.origin, "consumer", "info", "JOBS", "worker"), "utf-8")
    refused = attempt(pair.standby, "consumer", "add", "JOBS", "--config", path)
    assert "(10101)" in refused.stderr
    pair.standby.nats("stream", "purge", "JOBS", "--seq", "5", "--force")
    assert counts(pair.standby, "JOBS") == counts(pair.origin, "JOBS") == (7, 5, 11, 0)


def test_a_bucket_of_keys_comes_with_its_deletes(pair: Pair) -> None:
    """A key's delete is a message. `stream edit` refuses to promote a bucket without a terminal."""
    for command in (
        ("add", "settings", "--history", "5"),
        ("put", "settings", "region", "eu-west"),
        ("put", "settings", "old", "1"),
    ):
        pair.origin.nats("kv", *command)
    mirror(pair.origin, pair.standby, ORIGIN, "KV_settings")
    pair.origin.nats("kv", "put", "settings", "region", "eu-north")
    pair.origin.nats("kv", "del", "settings", "old", "--force")
    follow(pair.origin, pair.standby, "KV_settings")
    flags = ("--no-mirror", "--subjects", "$KV.settings.>", "--force")
    refused = attempt(pair.standby, "stream", "edit", "KV_settings", *flags)
    assert (refused.returncode, "without a terminal" in refused.stderr) == (1, True)
    promote(pair.standby, "KV_settings")
    for read in (pair.origin, pair.standby):
        assert read.nats("kv", "get", "settings", "region", "--raw").strip() == "eu-north"
    assert pair.standby.nats("kv", "ls", "settings").split() == ["region"]
    pair.standby.nats("kv", "put", "settings", "region", "us-east")
    history = [message(pair.standby, number, "KV_settings")["subject"] for number in (1, 3, 5)]
    assert history == ["$KV.settings.region"] * 3


def test_a_mirror_takes_no_message_until_it_is_promoted(pair: Pair) -> None:
    """Promoted, it has the origin's configuration, and goes on behind the last message."""
    pair.origin.stop()
    assert "no responders" in attempt(pair.standby, "pub", "orders.new", "x", "--jetstream").stderr
    early = attempt(pair.standby, "stream", "edit", "ORDERS", "--subjects", "orders.>", "--force")
    assert "(10034)" in early.stderr
    promote(pair.standby)
    publish(pair.standby, "first of the new one")
    assert (last(pair.standby), info(pair.standby)["config"]["subjects"]) == (501, ["orders.>"])
    assert checked(pair.standby).startswith("CRITICAL ORDERS Crit:not mirrored")
    pair.start_origin()
    assert info(pair.standby)["config"] == info(pair.origin)["config"]


def test_no_mirror_of_a_mirror_and_no_promotion_twice(pair: Pair) -> None:
    """The page removes a stream only when the tool has written what is to take its place."""
    for server, domain, told in (
        (pair.standby, [STANDBY], "ORDERS is a mirror: promote it first\n"),
        (pair.origin, [], "ORDERS is no mirror\n"),
    ):
        given = server.nats("stream", "info", "ORDERS", "--json")
        command = [sys.executable, str(TOOL), *domain]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_the_link_carries_copies_and_nothing_else(pair: Pair) -> None:
    """Both ends take the same subject and neither hears the other; nor may one look or delete."""
    promote(pair.standby)
    publish(pair.origin, "here")
    publish(pair.origin, "here")
    publish(pair.standby, "there")
    assert (last(pair.origin), last(pair.standby)) == (502, 501)
    for server, domain in ((pair.standby, ORIGIN), (pair.origin, STANDBY)):
        for command in (("info", "ORDERS"), ("rm", "ORDERS", "-f"), ("ls",)):
            refused = attempt(server, "--js-domain", domain, "stream", *command)
            assert (refused.returncode, "no responders" in refused.stderr) == (1, True), command
    assert streams(pair.origin) == streams(pair.standby) == ["ORDERS"]
    client = attempt(pair.origin, "--user", "mirror", "--password", "secret", "stream", "ls")
    assert "Authorization Violation" in client.stderr


def test_what_was_never_mirrored_is_at_the_origin_alone(pair: Pair) -> None:
    """The same sequence is then two messages, and no stream becomes a mirror again."""
    pair.standby.stop()
    publish(pair.origin, "never mirrored")
    pair.origin.stop()
    pair.start_standby()
    promote(pair.standby)
    publish(pair.standby, "after")
    pair.start_origin()
    assert message(pair.origin, 501) != message(pair.standby, 501)
    path = pair.origin.folder / "ORDERS.json"
    path.write_text(config(pair.standby, "stream", "info", "ORDERS", domain=STANDBY), "utf-8")
    refused = attempt(pair.origin, "stream", "edit", "ORDERS", "--config", path, "--force")
    assert "(10055)" in refused.stderr


def test_the_way_back(pair: Pair) -> None:
    """The origin mirrors the standby and is promoted; then the standby mirrors it again."""
    pair.origin.stop()
    promote(pair.standby)
    publish(pair.standby, "while it was away", 10)
    pair.start_origin()
    hand_over(pair.standby, pair.origin, STANDBY)
    publish(pair.origin, "back")
    remove(pair.standby, "ORDERS")
    mirror(pair.origin, pair.standby, ORIGIN)
    assert counts(pair.standby) == counts(pair.origin) == (509, 1, 511, 2)
    assert message(pair.origin, 505) == message(pair.standby, 505)


def hand_over(active: Server, other: Server, domain: str) -> None:
    """Make the other one the active one, without what it held."""
    remove(other, "ORDERS")
    mirror(active, other, domain)
    promote(other)


def test_a_consumer_goes_on_from_its_ack_floor(pair: Pair) -> None:
    """The tool gives it the sequence; `consumer add --config` would not take `--deliver`."""
    path = pair.standby.folder / "billing.json"
    path.write_text(config(pair.origin, "consumer", "info", "ORDERS", "billing"), "utf-8")
    pair.standby.nats("consumer", "add", "ORDERS", "--config", str(path))
    assert ack_floor(pair.standby, "billing") == ack_floor(pair.origin, "billing") == 200
    promote(pair.standby)
    got = [
        s.nats("consumer", "next", "ORDERS", "billing", "--raw")
        for s in (pair.origin, pair.standby)
    ]
    assert got[0] == got[1]
    assert "order 201" in got[0]


def test_a_copy_that_must_be_paced_comes_to_its_end(pair: Pair) -> None:
    """Of much data the origin sends a part, and waits until the mirror says that it has it."""
    there, back = (pair.origin, pair.standby, ORIGIN), (pair.standby, pair.origin, STANDBY)
    for name, (active, other, domain) in (("THERE", there), ("BACK", back)):
        active.nats("stream", "add", name, "--subjects", "big.>", "--defaults")
        publish(active, "x" * 65536, 600, "big.new")
        mirror(active, other, domain, name)
        assert counts(other, name) == counts(active, name) == (600, 1, 600, 0)


def test_a_bucket_of_objects_comes_whole(pair: Pair) -> None:
    """It has two subjects, and has both again."""
    blob = pair.origin.folder / "blob"
    blob.write_bytes(bytes(range(256)) * 1024)
    pair.origin.nats("object", "add", "files")
    pair.origin.nats("object", "put", "files", str(blob), "--name", "blob", "--no-progress")
    mirror(pair.origin, pair.standby, ORIGIN, "OBJ_files")
    promote(pair.standby, "OBJ_files")
    assert info(pair.standby, "OBJ_files")["config"] == info(pair.origin, "OBJ_files")["config"]
    got = pair.standby.folder / "got"
    pair.standby.nats("object", "get", "files", "blob", "--output", str(got), "--no-progress")
    assert got.read_bytes() == blob.read_bytes()
