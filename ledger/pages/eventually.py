"""What a block may ask for beyond one run: other tries, a condition, its output in a variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.errors import PageError
from ledger.pages.attributes import seconds

EVERY: Final = "2s"
KINDS: Final = ("deployment", "job", "pod")

_OBJECT: Final = re.compile(rf"(?P<kind>{'|'.join(KINDS)})/(?P<name>[a-z0-9][a-z0-9.-]*)")
_NAMESPACE: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_CONDITION: Final = re.compile(r"[A-Z][A-Za-z]*")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Retry:
    """How often a block may run until what it expects is true.

    Attributes:
        until: seconds from its first try in which another one may begin.
        every: seconds between the end of one try and the next.
    """

    until: float
    every: float


@dataclass(frozen=True)
class Wait:
    """A condition of a Kubernetes object that must become true.

    Attributes:
        condition: its type, as in `Complete`.
        kind: one of KINDS.
        name: the object.
        namespace: where it is.
    """

    condition: str
    kind: str
    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def read_retry(values: Mapping[str, str], where: str) -> Retry | None:
    """Read `until=` and `every=`; None if the block runs once.

    Raises:
        PageError: not durations, or ones that leave no room for a second try.
    """
    if "until" not in values:
        if "every" in values:
            raise PageError("every= without until=", where=where, fix="add until=60s")
        return None
    until, every = values["until"], values.get("every", EVERY)
    retry = Retry(seconds(until, where), seconds(every, where))
    if retry.every > retry.until:
        what = f"until={until} every={every} leaves no time for a second try"
        raise PageError(what, where=where, fix="wait longer, or less between tries")
    return retry


def read_variable(values: Mapping[str, str], where: str) -> str:
    """Read `set=`; empty if the block keeps nothing.

    Raises:
        PageError: not the name of a shell variable.
    """
    name = values.get("set", "")
    if name and not VARIABLE.fullmatch(name):
        fix = "letters, digits and _ only, no digit first"
        raise PageError(f"set={name} is no name of a variable", where=where, fix=fix)
    return name


def read_wait(values: Mapping[str, str], command: str, where: str) -> Wait:
    """Read the attributes of a `.wait` block, which say the same as its command.

    Raises:
        PageError: one is missing or cannot be meant, or the reader would wait for something else.
    """
    for key in ("for", "of", "ns", "timeout"):
        if key not in values:
            raise PageError(f"a .wait block without {key}=", where=where, fix=f"add {key}=...")
    condition, of, namespace = values["for"], values["of"], values["ns"]
    found = _OBJECT.fullmatch(of)
    if not found:
        fix = f"write {', '.join(f'{kind}/NAME' for kind in KINDS)}"
        raise PageError(f"of={of} is nothing to wait for", where=where, fix=fix)
    if not _CONDITION.fullmatch(condition):
        raise PageError(f"for={condition} is no condition", where=where, fix="write for=Complete")
    if not _NAMESPACE.fullmatch(namespace):
        raise PageError(f"ns={namespace} is no namespace", where=where, fix="write ns=NAME")
    timeout = f"--timeout={values['timeout']}"
    wanted = f"kubectl -n {namespace} wait --for=condition={condition} {of} {timeout}"
    if command.replace("\\\n", " ").split() != wanted.split():
        what = "the command of this .wait block is not what its attributes say"
        raise PageError(what, where=where, fix=f"write {wanted}")
    return Wait(condition, found["kind"], found["name"], namespace)
