"""Texts that nobody meant: real ones, damaged in a few places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from hypothesis import strategies as st

# What the formats give a meaning to, and what commonly breaks readers of text.
TOKENS: Sequence[str] = (
    *(
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "    ",
        "\x00",
        "\x0c",
        "\x85",
        "\x1b[31m",
        "\u2028",
        "\ufeff",
        "é",
        "\U0001f600",
    ),
    *("---\n", "```", "````", "~~~", "```bash {.verify name=x}\n", "{", "}", "[", "]", '"', "'"),
    *(": ", "- ", "# ", "&a ", "*a", "<<: ", "!!python/object ", "? ", "| ", "> ", "null", "~"),
    *("0", "-1", "1e999", "0x1f", "2026-02-30", "NaN", "true", "99999999999999999999"),
    *(
        "name=",
        "timeout=",
        "match=regex",
        ".expect",
        ".skip",
        "reason=",
        "until=",
        "(?",
        "(a+)+",
        "\\",
    ),
    *("$(", "${X:?set X}", "<<EOF", "<", "&", "<script>", "--8<--", "<!--", "-->", "⟿[PLAN]", "⟂["),
)
_PLACE = st.floats(min_value=0, max_value=1)
_EDIT = st.tuples(_PLACE, _PLACE, st.sampled_from(["cut", "copy", "put"]), st.sampled_from(TOKENS))


def mutants(*seeds: str, edits: int = 4) -> st.SearchStrategy[str]:
    """One of `seeds` with some spans cut or doubled, and some tokens put in."""
    changes = st.lists(_EDIT, max_size=edits)
    return st.builds(
        lambda seed, todo: reduce(_changed, todo, seed), st.sampled_from(seeds), changes
    )


def _changed(text: str, edit: tuple[float, float, str, str]) -> str:
    first, last = sorted(round(place * len(text)) for place in edit[:2])
    kind, token = edit[2:]
    if kind == "cut":
        return text[:first] + text[last:]
    if kind == "copy":
        return text[:last] + text[first:]
    return text[:first] + token + text[first:]
