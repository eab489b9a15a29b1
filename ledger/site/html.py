"""HTML from the small templates next to this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ledger.site.again import keep_compiled

_CODE: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_WORDS: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def exact(text: str) -> Markup:
    """Escape `text` so that no HTML or Markdown parser changes a character of it.

    Line ends, tabs and what means something in Markdown become references: a raw block keeps them,
    superfences finds no fence in them, and a line of running text shows them as they are.
    """
    plain = str(escape(text))
    for character in "\n\r\t`*_[{|\\":
        plain = plain.replace(character, f"&#{ord(character)};")
    return Markup(plain)  # noqa: S704  # escaped above


def inline(text: str) -> Markup:
    """Escape a line of Markdown as `exact` does; only its `code` is shown as code."""
    parts = [exact(part) for part in _CODE.split(text)]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def words(text: str) -> Markup:
    """Escape a name as `exact` does; a line may end before each capital in it."""
    return Markup("<wbr>").join(exact(word) for word in _WORDS.split(text))


def escaped(value: Any) -> Any:
    """The same data with every text in it escaped: for who prints it as if it were HTML."""
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return str(escape(value)) if isinstance(value, str) else value


def days(text: Markup) -> Markup:
    """Mark the dates in escaped text, so that no line ends inside one."""
    return Markup(_DAY.sub(r"<time>\g<0></time>", str(text)))  # noqa: S704  # escaped already


_ENVIRONMENT = Environment(
    loader=PackageLoader("ledger.site"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
keep_compiled(_ENVIRONMENT)
_ENVIRONMENT.filters["exact"] = exact
_ENVIRONMENT.filters["inline"] = inline
_ENVIRONMENT.filters["words"] = words
_ENVIRONMENT.filters["days"] = days


def render(template: str, **values: Any) -> str:
    """Fill in a template; lines without text are left out, as Markdown would end a block there."""
    text = _ENVIRONMENT.get_template(f"{template}.jinja").render(values)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
