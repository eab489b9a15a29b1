"""A page: its front matter and its command blocks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from ledger.core.debt import Debt
from ledger.core.project import Project
from ledger.errors import PageError, UsageError
from ledger.pages.attributes import nearest
from ledger.pages.block import Block, read_blocks
from ledger.pages.eventually import VARIABLE
from ledger.pages.extensions import site_extensions
from ledger.pages.fences import Fence, parse
from ledger.pages.needs import Need, prerequisites, read_needs
from ledger.pages.reasons import read_reasons
from ledger.pages.variants import read_variants

_FRONT: Final = re.compile(r"-{3}[ \t]*\n(?P<yaml>.*?\n)(?:\.{3}|-{3})[ \t]*\n", re.DOTALL)
# Without front matter MkDocs reads `key: value` at the very top as MultiMarkdown does.
_SWALLOWED: Final = re.compile(r" {0,3}[A-Za-z0-9_-]+:")

_FRESH: Final = "namespace: fresh"

# What finds the fences of a body, as `ledger.pages.fences.parse` does.
Parser = Callable[[str, dict[str, dict[str, Any]], Callable[[int], str], Path], list[Fence]]


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes:
        path: the file.
        where: its name in errors and evidence, relative to the project.
        meta: its front matter.
        blocks: its command blocks, in order.
        fences: every fence that the reader sees, in order; `line` and `end` count in the body.
        variant: the variant that it is run as, or looked at as; empty for the page itself.
        needs: the pages whose procedures must be done before, in order.
    """

    path: Path
    where: str
    meta: Mapping[str, Any]
    blocks: tuple[Block, ...]
    fences: tuple[Fence, ...] = ()
    variant: str = ""
    needs: tuple[Need, ...] = ()

    @property
    def title(self) -> str:
        """The page's title; its path if the front matter has none."""
        return str(self.meta.get("title") or self.where)

    @cached_property
    def verified_blocks(self) -> tuple[Block, ...]:
        """The blocks that a run executes; none if there is no procedure to set up for."""
        found = tuple(block for block in self.blocks if block.kind == "verify")
        return found if any(not block.stage for block in found) else ()

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts in the front matter; empty if absent.

        Raises:
            PageError: the key holds something else.
        """
        raw = self.meta.get(key) or []
        if not isinstance(raw, list):
            fix = f"write {key}: [ONE, OTHER]"
            raise PageError(f"{key} must be a list", where=f"{self.where}:1", fix=fix)
        return tuple(str(item) for item in raw)

    def table(self, key: str) -> dict[str, Any]:
        """A mapping in the front matter; empty if absent.

        Raises:
            PageError: the key holds something else.
        """
        raw = self.meta.get(key) or {}
        if not isinstance(raw, Mapping):
            fix = f"write {key}: {{NAME: ...}}"
            raise PageError(f"{key} must be a mapping", where=f"{self.where}:1", fix=fix)
        return dict(raw)

    @cached_property
    def reasons(self) -> dict[str, Debt]:
        """What the tokens of `reason=` mean, and who sees to it until when.

        Raises:
            PageError: one of them cannot be used.
        """
        return read_reasons(self.table("reasons"), self.where)

    @property
    def parameters(self) -> dict[str, str]:
        """The page's shell parameters, with the example that a run uses.

        Raises:
            PageError: a parameter without an example.
        """
        found = {}
        for name, spec in self.table("parameters").items():
            if not isinstance(spec, Mapping) or "example" not in spec:
                raise PageError(
                    f"parameter {name} has no example",
                    where=f"{self.where}:1",
                    fix=f"write {name}: {{example: ..., find: ...}}",
                )
            found[str(name)] = str(spec["example"])
        return found

    @cached_property
    def variants(self) -> dict[str, tuple[str, ...]]:
        """The fixtures that hold in addition while the page runs as a variant, by its name.

        Raises:
            PageError: one of them cannot be used.
        """
        always = ("kubernetes", "kubectl") if self.needs_cluster else ()
        noted = (*always, *self.table("versions"))
        return read_variants(self.table("variants"), noted, self.where)

    def as_variant(self, name: str) -> Page:
        """The page as it runs as one of its variants, whose fixtures come first."""
        fixtures = [*self.variants[name], *self.strings("fixtures")]
        return replace(self, meta={**self.meta, "fixtures": fixtures}, variant=name)

    @property
    def needs_cluster(self) -> bool:
        """Whether the page runs on the cluster: unless it says `cluster: false`."""
        return self.meta.get("cluster", True) is not False

    @property
    def fresh_namespace(self) -> bool:
        """Whether each run makes a namespace for the page alone: `namespace: fresh`."""
        return "namespace" in self.meta

    @property
    def setup(self) -> str:
        """Digest of what the front matter says of a run: its parameters, fixtures, versions, needs.

        Raises:
            PageError: one of them cannot be used.
        """
        parts: list[Any] = [
            self.parameters,
            self.strings("fixtures"),
            self.table("versions"),
            self.needs_cluster,
        ]
        if self.needs:
            parts.append([[need.page, need.block] for need in self.needs])
        if self.fresh_namespace:
            parts.append(_FRESH)
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def read_page(project: Project, path: Path, fences: Parser = parse) -> Page:
    """Read a page and its blocks.

    Args:
        project: the project whose page it is.
        path: the file.
        fences: finds its fences.

    Raises:
        UsageError: no such file.
        PageError: broken front matter or a block that cannot be trusted.
    """
    where = project.relative(path)
    try:
        # MkDocs reads pages with this encoding too; a byte order mark would hide the front matter.
        text = path.read_text("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError("no such page", where=where, fix="name a page below docs/") from None
    except UnicodeDecodeError:
        raise PageError("not UTF-8 text", where=where, fix="save it as UTF-8") from None
    return parse_page(project, path, text, fences)


def parse_page(project: Project, path: Path, text: str, fences: Parser = parse) -> Page:
    """Read a page whose file holds `text`, or is meant to.

    Raises:
        PageError: broken front matter or a block that cannot be trusted.
    """
    where = project.relative(path)
    meta, body = split_page(text, where)
    before = text.count("\n", 0, len(text) - len(body))

    def at(line: int) -> str:
        return f"{where}:{before + line}"

    found = fences(body, site_extensions(project.root), at, project.root)
    blocks = (replace(block, line=block.line + before) for block in read_blocks(found))
    needs = read_needs(meta.get("needs"), text[: len(text) - len(body)], where)
    page = Page(path, where, meta, tuple(blocks), tuple(found), needs=needs)
    _check_reasons(page)
    _check_waits(page)
    _check_namespace(page)
    _check_parameters(page, text)
    _ = page.variants
    return page


def needed_pages(project: Project, page: Page) -> dict[str, Page]:
    """Every page that a page needs, directly or not, each before those that need it.

    Returns:
        The pages by their paths from the root, without `page` itself.

    Raises:
        PageError: one of them cannot be needed.
    """

    def read(name: str) -> Page:
        path = (project.docs / name).resolve()
        if path.suffix != ".md" or not path.is_relative_to(project.docs.resolve()):
            raise UsageError("not a Markdown page below docs/")
        return read_page(project, path)

    return prerequisites(page, read)


def split_page(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Front matter and body, where MkDocs parts them too.

    Raises:
        PageError: broken front matter, or a body that begins like one.
    """
    parts = _FRONT.match(text)
    if not parts and _SWALLOWED.match(text):
        raise PageError(
            "MkDocs takes this line for metadata and shows it to nobody",
            where=f"{where}:1",
            fix="begin the page with front matter between --- lines, or with a heading",
        )
    meta = _read_yaml(parts["yaml"], where) if parts else None
    if not parts or not isinstance(meta, dict):
        return {}, text.lstrip("\n")
    return meta, text[parts.end() :].lstrip("\n")


def _read_yaml(text: str, where: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", "") or "broken"
        what, fix = f"broken YAML: {problem}", "correct the line, or one above it"
        raise PageError(what, where=f"{where}:{line}", fix=fix) from None


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for number, key in enumerate(keys):
            if key in keys[:number] and key != "<<":
                mark = node.value[number][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"{key} twice", mark)
        return super().construct_mapping(node, deep)


def _check_reasons(page: Page) -> None:
    reasons = page.reasons
    for block in page.blocks:
        if block.reason and block.reason not in reasons:
            raise PageError(
                f"reason={block.reason} is not explained",
                where=block.where,
                fix=f"add to the front matter: reasons: {{{block.reason}: one sentence}}",
            )


def _check_waits(page: Page) -> None:
    for block in page.blocks:
        if block.wait and not page.needs_cluster:
            what = "a .wait block on a page without a cluster"
            raise PageError(what, where=block.where, fix="take away cluster: false")


def _check_parameters(page: Page, text: str) -> None:
    """A shell would pass over a variable of another name, and the page run without it."""
    for name in map(str, page.table("parameters")):
        if not VARIABLE.fullmatch(name):
            lines = enumerate(text.splitlines(), 1)
            line = next((number for number, line in lines if f"{name}:" in line), 1)
            what = f"parameter {name} is no name of a shell variable"
            fix = "letters, digits and _ only, no digit first"
            raise PageError(what, where=f"{page.where}:{line}", fix=fix)


def _check_namespace(page: Page) -> None:
    where = f"{page.where}:1"
    if page.fresh_namespace and page.meta["namespace"] != "fresh":
        word = str(page.meta["namespace"])
        what = f"namespace: {word} is not known"
        raise PageError(what, where=where, fix=nearest(word, ("fresh",), form="namespace: {}"))
    if page.fresh_namespace and not page.needs_cluster:
        what = f"{_FRESH} on a page without a cluster"
        raise PageError(what, where=where, fix="take away cluster: false")
