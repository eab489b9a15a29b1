"""A page's front matter, held against the schema that editors use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from ledger.core.problem import Problem
from ledger.core.shipped import shipped
from ledger.pages.lint_rules import BAD_HEADER
from ledger.pages.lint_shape import line_of
from ledger.pages.page import Page

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

# The extra `offline` brings it; without it nothing is said of a value that no run reads.
CHECKED: Final = find_spec("jsonschema") is not None


def header_problems(page: Page, text: str) -> Iterator[Problem]:
    """What the schema of a page's front matter refuses.

    Args:
        page: the page.
        text: all of its file.
    """
    if not CHECKED:
        return
    # A day is a text to the schema, as it is to an editor.
    plain = json.loads(json.dumps(page.meta, default=str))
    for error in _validator().iter_errors(plain):
        key = ".".join(map(str, error.absolute_path))
        if key == "type":  # told with the nearest one by a rule of its own
            continue
        line = line_of(f"{key.partition('.')[0]}:", text)
        what = f"{key}: {error.message}" if key else error.message
        yield BAD_HEADER.at(page.where, line, what)


@cache
def _validator() -> Validator:
    from jsonschema.validators import validator_for

    schema = json.loads(shipped("docs/schemas/header/page.v1.json").read_text("utf-8"))
    return validator_for(schema)(schema)
