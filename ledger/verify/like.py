"""What differs from run to run in the output of kubectl and nats, and nothing else."""

from __future__ import annotations

import re
from typing import Final

# The letters and digits that Kubernetes makes names of: no vowels, so that no word comes out.
_MADE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK: Final = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?"

# In order: what an earlier rule took is no longer there for a later one.
_RULES: Final = tuple(
    (re.compile(pattern), f"<{name}>")
    for name, pattern in (
        ("uid", r"(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)"),
        ("time", rf"(?<!\w){_DAY},? \d{{1,2}} {_MONTH} \d{{4}} {_CLOCK}(?!\w)"),
        ("time", rf"(?<![\w.])\d{{4}}[-/]\d{{2}}[-/]\d{{2}}(?:[T ]{_CLOCK})?(?!\w)"),
        ("time", r"(?<!\d)\d{8}[T_-]\d{6}Z?(?!\d)"),
        ("time", rf"(?<![\w:.]){_CLOCK}(?![\w:])"),
        ("ip", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"),
        (
            "ip",
            r"(?<![\w:.])(?=[0-9a-f:]*::|(?:[0-9a-f]+:){7})"
            r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])",
        ),
        ("hash", r"(?<!\w)sha(?:256|512):[0-9a-f]{64,128}(?!\w)"),
        # A letter and a digit at least: a count of bytes is no hash.
        ("hash", r"(?<![\w.-])(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{7,64}(?![\w.-])"),
        # A Job of a CronJob: the minutes since 1970; then, or alone, the suffix of a Pod.
        ("made", rf"(?<=[a-z0-9])-\d{{8}}(?:-{_MADE}{{5}})?(?![\w-])"),
        ("made", rf"(?<=[a-z0-9])-(?:{_MADE}{{8,10}}-)?{_MADE}{{5}}(?![\w-])"),
        ("made", rf"(?<=[a-z0-9])-{_MADE}{{8,10}}(?![\w-])"),
        ("age", r"(?<![\w.:-])(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhdwy]))+(?![\w-])"),
    )
)
_BLANKS = re.compile(r"\s+")
_BORDER = re.compile(r"([-=─━═])\1{2,}")


def canonical(line: str) -> str:
    """A line with the width of its columns, and all that time and chance decide, made equal."""
    line = _BORDER.sub(r"\1\1\1", _BLANKS.sub(" ", line.strip()))
    for pattern, name in _RULES:
        line = pattern.sub(name, line)
    return line
