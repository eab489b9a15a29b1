"""The NATS CLI, driven without a terminal, and the JetStream API through it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nats_backup.errors import (
    RestoreError,
    SettingsError,
    SnapshotError,
    UnreachableError,
)
from nats_backup.manifest import Consumer, Stream


@dataclass(frozen=True)
class Live:
    """A stream as the server reports it now."""

    state: Stream
    storage: str

    @property
    def in_memory(self) -> bool:
        """Whether the stream lives in memory: such a one cannot be snapshotted."""
        return self.storage == "memory"


@dataclass(frozen=True)
class Nats:
    """A NATS account, reached as the environment says (NATS_URL and the CLI's other variables).

    NATS_USER and NATS_PASSWORD reach the CLI that way too, never on a command line.

    Args:
        timeout: how long one answer may take, as the CLI writes it: `60s`.
        environment: instead of the environment of this process.
    """

    timeout: str
    environment: Mapping[str, str] | None = None

    @property
    def address(self) -> str:
        """The server's address as configured, without credentials."""
        variables = os.environ if self.environment is None else self.environment
        return re.sub(r"//[^@/]*@", "//", variables.get("NATS_URL", "the CLI's default context"))

    def streams(self) -> dict[str, Live]:
        """Every stream of the account with its durable consumers, by name.

        An ephemeral consumer lives as long as its client: a backup can promise nothing about it.

        Raises:
            UnreachableError: NATS or JetStream does not answer, or a stream has no leader.
        """
        found = sorted(
            self._pages("STREAM.LIST", "streams"), key=lambda s: str(s["config"]["name"])
        )
        return {str(raw["config"]["name"]): self._live(raw) for raw in found}

    def server_version(self, stream: str) -> str:
        """Version of the server that answers for a stream; every server from 2.11 tells it."""
        metadata = self._api(f"STREAM.INFO.{stream}", {})["config"].get("metadata", {})
        return str(metadata.get("_nats.ver", "unknown"))

    def cli_version(self) -> str:
        """Version of the NATS CLI."""
        return self._run("--version").stdout.strip().removeprefix("v")

    def snapshot(self, stream: str, target: Path) -> None:
        """Snapshot one stream into a folder that does not exist yet.

        Raises:
            SnapshotError: the stream is damaged, gone or in memory, or the server stalls.
        """
        done = self._run("stream", "backup", stream, str(target), "--check", "--no-progress")
        if done.returncode:
            fix = "nothing was stored; the last archive is intact"
            raise SnapshotError(_reason(done), where=stream, fix=fix)

    def restore(self, folder: Path, replicas: str = "") -> None:
        """Restore one stream from its folder, with the replicas it had or another number of them.

        Raises:
            RestoreError: the server refused it.
        """
        flags = ["--replicas", replicas] if replicas else []
        done = self._run("stream", "restore", str(folder), "--no-progress", *flags)
        if done.returncode:
            raise RestoreError(_reason(done), where=folder.name)

    def remove(self, stream: str) -> None:
        """Delete one stream.

        Raises:
            UnreachableError: the server does not do it.
        """
        self._api(f"STREAM.DELETE.{stream}", {})

    def _live(self, raw: dict[str, Any]) -> Live:
        name = str(raw["config"]["name"])
        listed = self._pages(f"CONSUMER.LIST.{name}", "consumers")
        durable = [_consumer(raw) for raw in listed if raw["config"].get("durable_name")]
        consumers = tuple(sorted(durable, key=lambda consumer: consumer.name))
        state = stream_state(name, raw, consumers)
        return Live(state, str(raw["config"]["storage"]))

    def _pages(self, subject: str, key: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._api(subject, {"offset": offset})
            if page.get("missing") or page.get("offline"):
                lost = ", ".join([*page.get("missing", []), *page.get("offline", {})])
                raise UnreachableError(f"no leader answers for: {lost}", where=self.address)
            items = page.get(key) or []
            yield from items
            offset += len(items)
            if not items or offset >= page["total"]:
                return

    def _api(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        done = self._run("request", f"$JS.API.{subject}", json.dumps(body), "--raw")
        # The CLI exits 0 when nobody answers: only the answer itself tells.
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise self._unanswered(done) from None
        if problem := answer.get("error"):
            raise UnreachableError(f"{subject}: {problem.get('description')}", where=self.address)
        return answer

    def _unanswered(self, done: subprocess.CompletedProcess[str]) -> UnreachableError:
        reason = _reason(done)
        if "Authorization Violation" in reason:
            what = f"NATS refuses the user: {reason}"
            fix = "correct the Secret nats-auth; if it was changed, restart NATS"
            return UnreachableError(what, where=self.address, fix=fix)
        what = f"{'NATS' if done.returncode else 'JetStream'} does not answer: {reason}"
        fix = "see that NATS runs, with JetStream, and that this pod may reach it"
        return UnreachableError(what, where=self.address, fix=fix)

    def _run(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = ["nats", *args, "--timeout", self.timeout]
        try:
            done = subprocess.run(
                command,
                env=self.environment,
                check=False,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise SettingsError("the `nats` command is not on PATH") from None
        if done.returncode and "setup failed" in done.stderr:
            raise UnreachableError(_reason(done), where=self.address)
        return done


def stream_state(name: str, raw: dict[str, Any], consumers: tuple[Consumer, ...]) -> Stream:
    """Read a stream's config and state as the server writes them; it leaves out a zero."""
    state, max_age = raw["state"], int(raw["config"].get("max_age", 0))
    counts = {k: int(state.get(k, 0)) for k in ("messages", "first_seq", "last_seq", "num_deleted")}
    return Stream(name=name, consumers=consumers, max_age=max_age, **counts)


def _consumer(raw: dict[str, Any]) -> Consumer:
    floor = int(raw["ack_floor"]["stream_seq"])
    return Consumer(str(raw["name"]), floor, floor)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """What the CLI said went wrong, in one line; its warnings go to stdout."""
    lines = [text.strip() for text in (done.stdout + done.stderr).splitlines()]
    telling = [text for text in lines if re.search(r"error:|failed|responders", text)]
    cleaned = [re.sub(r"^nats: error: |^\d\d:\d\d:\d\d ", "", text) for text in telling]
    return "; ".join(dict.fromkeys(cleaned)) or f"the nats command ended with {done.returncode}"
