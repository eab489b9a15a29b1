"""Programs that the support code runs on the cluster; what fails says so with all it printed."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping


def kubectl(env: Mapping[str, str], *args: str, namespace: str = "default", given: str = "") -> str:
    """Run kubectl and return what it prints.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    return run(env, "kubectl", "--namespace", namespace, *args, given=given)


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
