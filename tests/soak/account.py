"""An account with five streams of all kinds, written and read without the tool under test."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, KeyValueConfig, StreamConfig

from tests.support.commands import forward
from tests.support.nats import NAMESPACE, kubectl

T = TypeVar("T")
Env = Mapping[str, str]

GIBIBYTE = 1 << 30
_AT_ONCE = 200


def fill(env: Env, share: float = 1.0) -> None:
    """Make five streams with gaps, and three consumers that stand at different places.

    Args:
        env: environment of kubectl.
        share: 1.0 makes somewhat more than a gibibyte.
    """
    _connected(env, lambda client: _fill(client.jetstream(timeout=60), share))


def read(env: Env) -> dict[str, Any]:
    """All that a restore has to bring back, by stream.

    Of each stream its configuration, its state with each deleted sequence, where its consumers
    stand, and a digest of each message: sequence, time in microseconds, subject, headers, data.
    """
    return _connected(env, _read)


def _connected(env: Env, work: Callable[[Client], Awaitable[T]]) -> T:
    secret = json.loads(kubectl(env, "get", "secret", "nats-auth", "-o", "json"))["data"]
    password = b64decode(secret["operator"]).decode()

    async def run(port: int) -> T:
        client = await nats.connect(
            f"nats://127.0.0.1:{port}", user="operator", password=password, allow_reconnect=False
        )
        try:
            return await work(client)
        finally:
            await client.close()

    with forward(env, NAMESPACE, "service/nats", 4222) as port:
        return asyncio.run(run(port))


async def _fill(stream: JetStreamContext, share: float) -> None:
    await _orders(stream, int(100_000 * share))
    await _invoices(stream, int(4_000 * share))
    await _clicks(stream, int(60_000 * share))
    await _prices(stream, int(10_000 * share))
    await _scans(stream, int(100 * (1 << 20) * share))


async def _orders(stream: JetStreamContext, count: int) -> None:
    """Messages with headers; all of one subject are gone, and two consumers are at work."""
    await stream.add_stream(StreamConfig(name="ORDERS", subjects=["orders.>"]))
    subjects = ("new", "paid", "shipped", "new", "cancelled")
    await _all(
        stream.publish(
            f"orders.{subjects[number % 5]}",
            os.urandom(2_000),
            headers={"Nats-Msg-Id": f"order-{number}", "Trace": os.urandom(8).hex()},
        )
        for number in range(count)
    )
    await stream.purge_stream("ORDERS", subject="orders.cancelled")
    taken = count // 20
    await _consume(stream, "ORDERS", "billing", taken, left={taken // 2, taken - 1})
    await _consume(stream, "ORDERS", "shipping", taken // 10, subject="orders.shipped")


async def _invoices(stream: JetStreamContext, count: int) -> None:
    """Large messages, some deleted one by one."""
    await stream.add_stream(StreamConfig(name="INVOICES", subjects=["invoices"]))
    await _all(stream.publish("invoices", os.urandom(1 << 16)) for _ in range(count))
    await _all(stream.delete_msg("INVOICES", gone) for gone in range(7, count, 97))
    await _consume(stream, "INVOICES", "archive", count // 2, policy=AckPolicy.ALL)


async def _clicks(stream: JetStreamContext, count: int) -> None:
    """A limit has removed the first messages."""
    limit = count * 5 // 6
    await stream.add_stream(StreamConfig(name="CLICKS", subjects=["clicks"], max_msgs=limit))
    await _all(stream.publish("clicks", os.urandom(1_000)) for _ in range(count))


async def _prices(stream: JetStreamContext, count: int) -> None:
    """A key-value bucket with history, deleted keys and purged keys."""
    bucket = await stream.create_key_value(KeyValueConfig(bucket="prices", history=4))
    keys = [f"item.{number}" for number in range(count // 5)]
    await _all(bucket.put(key, os.urandom(10_240)) for _ in range(5) for key in keys)
    await _all(bucket.delete(key) for key in keys[::20])
    await _all(bucket.purge(key) for key in keys[7::50])


async def _scans(stream: JetStreamContext, size: int) -> None:
    """An object store: five objects, and the gap that a sixth has left."""
    store = await stream.create_object_store("scans")
    for number in range(6):
        await store.put(f"scan-{number}.tiff", os.urandom(size))
    await store.delete("scan-2.tiff")


async def _consume(
    stream: JetStreamContext,
    name: str,
    durable: str,
    count: int,
    subject: str = "",
    policy: AckPolicy = AckPolicy.EXPLICIT,
    left: Iterable[int] = (),
) -> None:
    """Take messages and acknowledge them, but for those left."""
    config = ConsumerConfig(ack_policy=policy, ack_wait=3600, max_ack_pending=-1)
    puller = await stream.pull_subscribe(subject, durable, stream=name, config=config)
    taken: list[Any] = []
    while len(taken) < count:
        taken += await puller.fetch(min(_AT_ONCE, count - len(taken)), timeout=60)
    await _all(m.ack_sync(timeout=60) for number, m in enumerate(taken) if number not in left)
    await puller.unsubscribe()


async def _read(client: Client) -> dict[str, Any]:
    names = (await _ask(client, "STREAM.NAMES"))["streams"] or []
    return {name: await _stream(client, name) for name in sorted(names)}


async def _stream(client: Client, name: str) -> dict[str, Any]:
    info = await _ask(client, f"STREAM.INFO.{name}", deleted_details=True)
    consumers = (await _ask(client, f"CONSUMER.LIST.{name}"))["consumers"]
    # The consumer that reads the messages below is counted for a while.
    durable = {each["name"]: each for each in consumers if "durable_name" in each["config"]}
    return {
        "config": info["config"],
        "state": _without(info["state"], "consumer_count"),
        "consumers": {consumer: _position(each) for consumer, each in durable.items()},
        "messages": await _digest(client.jetstream(timeout=60), name, info["state"]["messages"]),
    }


def _position(consumer: dict[str, Any]) -> dict[str, Any]:
    """Where a consumer stands, and how it is made; not when it was last asked."""
    counts = ("num_ack_pending", "num_redelivered", "num_pending")
    return {
        "config": consumer["config"],
        **{key: _without(consumer[key], "last_active") for key in ("delivered", "ack_floor")},
        **{key: consumer[key] for key in counts},
    }


async def _digest(stream: JetStreamContext, name: str, count: int) -> str:
    sha = hashlib.sha256()
    reader = await stream.subscribe(">", stream=name, ordered_consumer=True)
    for _ in range(count):
        message = await reader.next_msg(timeout=60)
        found = message.metadata
        place = [found.sequence.stream, found.timestamp.isoformat(), message.subject]
        head = [*place, sorted((message.headers or {}).items()), len(message.data)]
        sha.update(json.dumps(head).encode() + message.data)
    await reader.unsubscribe()
    return sha.hexdigest()


async def _ask(client: Client, subject: str, **body: object) -> dict[str, Any]:
    answer = await client.request(f"$JS.API.{subject}", json.dumps(body).encode(), timeout=60)
    found: dict[str, Any] = json.loads(answer.data)
    assert "error" not in found, found
    return found


async def _all(calls: Iterable[Awaitable[object]]) -> None:
    """Await all, some at a time: on one connection they stay in order."""
    rest = iter(calls)
    while some := list(islice(rest, _AT_ONCE)):
        await asyncio.gather(*some)


def _without(found: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != key}
