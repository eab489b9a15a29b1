"""The gate `secrets`: nothing that opens a door stands in the files that a skill answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detect_secrets.filters.allowlist import is_line_allowlisted
from detect_secrets.filters.heuristic import is_templated_secret
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector
from detect_secrets.util.code_snippet import get_code_snippet

from ledger.flow.gates.result import Finding, GateResult, Subject, counted
from ledger.flow.signal import handles

# Only detectors that know a secret by its form: a guess by entropy or by a word such as `password`
# would cry wolf on every digest and every manifest.
_DETECTORS: Final = (
    AWSKeyDetector(),
    AzureStorageKeyDetector(),
    BasicAuthDetector(),
    GitHubTokenDetector(),
    GitLabTokenDetector(),
    JwtTokenDetector(),
    NpmDetector(),
    OpenAIDetector(),
    PrivateKeyDetector(),
    PypiTokenDetector(),
    SendGridDetector(),
    SlackDetector(),
    StripeDetector(),
    TelegramBotTokenDetector(),
    TwilioKeyDetector(),
)
# Some detectors know a value only in quotes, which YAML and shells let people leave out.
_BARE: Final = re.compile(r"^(?P<key>.*[\w-][ \t]*[:=])[ \t]*(?P<value>[^\s'\"]+)[ \t]*$")
_PLACEHOLDER: Final = "REPLACE_WITH_"
_FIX: Final = (
    "take it out and revoke it; if it opens nothing, end its line with # pragma: allowlist secret"
)


def secrets(subject: Subject) -> GateResult:
    """No secret in the skill, its pages and its handles; what is found is never shown."""
    files = dict.fromkeys(_files(subject))
    findings = tuple(found for path in files for found in _findings(subject, path))
    return GateResult("secrets", f"no secret in {counted(len(files), 'file')}", findings)


def _findings(subject: Subject, path: Path) -> Iterator[Finding]:
    where = subject.project.relative(path)
    try:
        found = find_secrets(path)
    except OSError as error:
        yield Finding(where, f"cannot be read: {error.strerror}", "make it readable")
        return
    for line, kind in found:
        yield Finding(f"{where}:{line}", f"a secret stands here: {kind}", _FIX)


def find_secrets(path: Path) -> list[tuple[int, str]]:
    """Line and kind of each secret in a file, in order; placeholders and allowed lines are none."""
    lines = path.read_text("utf-8", errors="replace").split("\n")
    return [
        (number, kind)
        for number, line in enumerate(lines, 1)
        for kind in _kinds(line, "".join(lines[number : number + 1]))
        if not is_line_allowlisted(path.name, line, get_code_snippet(lines, number))
    ]


def _kinds(line: str, below: str) -> list[str]:
    """The kinds of secret on a line; below the head of a private key stands its value."""
    bare = _BARE.match(line)
    texts = [line, f'{bare["key"]} "{bare["value"]}"'] if bare else [line]
    found = {
        detector.secret_type
        for detector in _DETECTORS
        for text in texts
        for value in detector.analyze_string(text)
        if not _is_placeholder(below if isinstance(detector, PrivateKeyDetector) else value)
    }
    return sorted(found)


def _is_placeholder(value: str) -> bool:
    """Whether a value only says what to put there."""
    return _PLACEHOLDER in value or is_templated_secret(value)


def _files(subject: Subject) -> Iterator[Path]:
    """The skill, its pages and its handles, folders with all in them; what is outside is not."""
    root = subject.project.root.resolve()
    named = [handle.path for handle in handles(subject.project, subject.skill)]
    for name in (*named, *subject.skill.strings("docs")):
        try:
            path = (root / name).resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name that no file can have
            continue
        for found in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if found.is_file() and found.resolve().is_relative_to(root):
                yield found.resolve()
