"""Programs that the support code runs on the cluster; what fails says so with all it printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


def kubectl(env: Mapping[str, str], *args: str, namespace: str = "default", given: str = "") -> str:
    """Run kubectl and return what it prints.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    return run(env, "kubectl", "--namespace", namespace, *args, given=given)


def await_rollout(env: Mapping[str, str], workload: str, namespace: str) -> None:
    """Wait until every pod of a workload runs as it is written, three minutes at most.

    Raises:
        AssertionError: they do not.
    """
    kubectl(env, "rollout", "status", workload, "--timeout=180s", namespace=namespace)


def run(env: Mapping[str, str], *command: str, given: str = "") -> str:
    """Run a program, with `given` on its standard input, and return what it prints.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    done = subprocess.run(
        command,
        env=dict(env),
        check=False,
        capture_output=True,
        text=True,
        input=given,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def forward(env: Mapping[str, str], namespace: str, target: str, port: int) -> Iterator[int]:
    """Give a port of this machine that leads to a port of the cluster, for as long as the block."""
    command = ["kubectl", "-n", namespace, "port-forward", target, f":{port}"]
    with subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            told = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", told)
            assert found, f"no port forward: {told!r}"
            yield int(found[1])
        finally:
            process.terminate()
