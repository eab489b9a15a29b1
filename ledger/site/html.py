"""HTML from the small templates next to this module."""

from __future__ import annotations

import re
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def exact(text: str) -> Markup:
    """Escape `text` so that no HTML or Markdown parser changes a character of it.

    Line ends, tabs and what means something in Markdown become references: a raw block keeps them,
    superfences finds no fence in them, and a line of running text shows them as they are.
    """
    plain = str(escape(text))
    for character in "\n\r\t`*_[|\\":
        plain = plain.replace(character, f"&#{ord(character)};")
    return Markup(plain)  # noqa: S704  # escaped above


def days(text: Markup) -> Markup:
    """Mark the dates in escaped text, so that no line ends inside one."""
    return Markup(_DAY.sub(r"<time>\g<0></time>", str(text)))  # noqa: S704  # escaped already


_ENVIRONMENT = Environment(
    loader=PackageLoader("ledger.site"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["exact"] = exact
_ENVIRONMENT.filters["days"] = days


def render(template: str, **values: Any) -> str:
    """Fill in a template; lines without text are left out, as Markdown would end a block there."""
    text = _ENVIRONMENT.get_template(f"{template}.jinja").render(values)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
