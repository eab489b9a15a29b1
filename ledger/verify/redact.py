"""Take secrets out of text before anything is stored or shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ledger.errors import ClusterError
from ledger.verify.secrets import Secrets, forms

MASK: Final = "[redacted]"

_SECRET_NAME = re.compile(
    r"(?i)(secret|token|passw|passphrase|credential|api_?key|access_?key|private_?key|auth)"
)
# Names such as AWS_SHARED_CREDENTIALS_FILE hold where a secret lies, not the secret.
_PLACE_NAME = re.compile(r"(?i)(file|path|dir|name|url|sock|socket)$")


def _tail(found: re.Match[str]) -> str:
    return f"{MASK} {found[1]}" if found[1] else found[0]


_PATTERNS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(r"-----BEGIN ([A-Z ]+)-----.*?(-----END \1-----|\Z)", re.DOTALL),
        f"-----BEGIN \\1----- {MASK}",
    ),
    # An excerpt may begin within a key. Words that end in none are passed over once, not by line.
    (re.compile(r"^[A-Za-z0-9+/=\s]{16,}+(-----END [A-Z ]+-----)?", re.M), _tail),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"), MASK),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w+/=.~-]{8,}"), f"\\1{MASK}"),
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+@"), f"\\1{MASK}@"),
    (
        re.compile(
            r"""(?ix)
            ((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key
              |private[_-]?key)[\w.-]{0,64}["']?[ \t]*[=:][ \t]*)
            (?:"[^"]*"|'[^']*'|[^\s,;&"']+)
            """
        ),
        f"\\1{MASK}",
    ),
)


class Redactor:
    """Masks secrets: call it with a text.

    Args:
        environment: variables; the values of those whose names look secret are masked anywhere.
        kubeconfig: leads to the cluster whose Secrets are masked too; None if there is none.
    """

    def __init__(self, environment: Mapping[str, str], kubeconfig: Path | None = None) -> None:
        secret = (value for name, value in environment.items() if _is_secret(name))
        self._known = {form for value in secret for form in forms(os.fsencode(value))}
        self._kubeconfig = kubeconfig
        self._secrets: Secrets | None = None
        # A block may print a Secret and delete it.
        self._look()

    def __call__(self, text: str) -> str:
        """Mask what is known to be secret, and what looks so."""
        text = self._mask(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def printed(self, text: str) -> str:
        """Mask what is known to be secret, also on the cluster now, in what a program printed.

        Nothing of the text is given where that cannot be told: it could hold a new secret.
        """
        if text and (why := self._look()):
            return f"{MASK} all of it: the Secrets of the cluster cannot be read ({why})"
        return self._mask(text)

    def shown(self, text: str) -> str:
        """What may be shown and kept of what a program printed: both of the above."""
        return self(self.printed(text))

    def close(self) -> None:
        """Let go of the connections to the cluster; what is known stays known."""
        if self._secrets:
            self._secrets.close()
            self._secrets = None

    def _look(self) -> str:
        """Learn what the cluster keeps secret now; why that cannot be told, if it cannot."""
        try:
            if self._kubeconfig and not self._secrets:
                self._secrets = Secrets(self._kubeconfig)
            if self._secrets:
                self._known |= self._secrets.forms()
        except ClusterError as error:
            return error.what
        return ""

    def _mask(self, text: str) -> str:
        # Most are not in the text, and a value may hold another one.
        for form in sorted((form for form in self._known if form in text), key=len, reverse=True):
            text = text.replace(form, MASK)
        return text


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _PLACE_NAME.search(name)
