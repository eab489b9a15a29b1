"""Take secrets out of text before anything is stored or shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

MASK: Final = "[redacted]"
_SHORTEST: Final = 6

_SECRET_NAME = re.compile(
    r"(?i)(secret|token|passw|passphrase|credential|api_?key|access_?key|private_?key|auth)"
)
# Names such as AWS_SHARED_CREDENTIALS_FILE hold where a secret lies, not the secret.
_PLACE_NAME = re.compile(r"(?i)(file|path|dir|name|url|sock|socket)$")
_PATTERNS: Final = (
    (
        re.compile(r"-----BEGIN ([A-Z ]+)-----.*?(-----END \1-----|\Z)", re.DOTALL),
        f"-----BEGIN \\1----- {MASK}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"), MASK),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w+/=.~-]{8,}"), f"\\1{MASK}"),
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s@]+@"), f"\\1{MASK}@"),
    (
        re.compile(
            r"""(?ix)
            (["']?[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key
              |private[_-]?key)[\w.-]*["']?[ \t]*[=:][ \t]*)
            (?:"[^"]*"|'[^']*'|[^\s,;&"']+)
            """
        ),
        f"\\1{MASK}",
    ),
)


def redactor(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Make a function that masks secrets.

    Args:
        environment: variables; the values of those whose names look secret are masked anywhere.
    """
    values = sorted(
        (v for k, v in environment.items() if _is_secret(k) and len(v) >= _SHORTEST),
        key=len,
        reverse=True,
    )
    known = re.compile("|".join(map(re.escape, values))) if values else None

    def redact(text: str) -> str:
        text = known.sub(MASK, text) if known else text
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    return redact


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _PLACE_NAME.search(name)
