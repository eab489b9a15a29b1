"""What the command tells, without the ends of lines that only keep it within 80 columns."""

from __future__ import annotations

import re


def flat(text: str) -> str:
    """Join lines that were broken for the width: those after the first are indented by four."""
    return re.sub(r"\n {4,}(?=\S)", " ", text)
