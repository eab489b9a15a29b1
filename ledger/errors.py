"""Every error a user can meet, in one place, with one base class."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the `ledger` command, one meaning each."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    HALTED = 3
    NO_CLUSTER = 4
    WRONG_CLUSTER = 5


class LedgerError(Exception):
    """A problem that a user can mend: shown as one line and a fix, never as a traceback.

    Args:
        what: what is wrong, in one clause.
        where: `file:line`, a name or a URL; empty where there is none.
        fix: what to do next, an imperative sentence or a command; empty where nothing helps.
    """

    exit_code: Exit = Exit.FOUND

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The error as `where: what`, and the fix on a second line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  fix: {self.fix}" if self.fix else head


class UsageError(LedgerError):
    """The command was called with something that cannot be used."""

    exit_code = Exit.USAGE


class SkillError(LedgerError):
    """A skill file that cannot be read or edited."""


class PageError(LedgerError):
    """A page whose blocks cannot be trusted to mean what they say."""


class SignatureError(LedgerError):
    """A record that is not what a signature says, or bears none."""


class GateError(LedgerError):
    """A phase that may not settle yet."""


class HaltError(LedgerError):
    """A plan that must stop: its budget is gone or it has looped too long."""

    exit_code = Exit.HALTED


class ClusterError(LedgerError):
    """A cluster that cannot be raised, reached or removed."""

    exit_code = Exit.NO_CLUSTER


class WrongClusterError(LedgerError):
    """A kubeconfig that points at a cluster which this project did not create."""

    exit_code = Exit.WRONG_CLUSTER
