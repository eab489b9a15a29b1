"""The rules that pages are checked by; docs/reference/checks.md lists them."""

from __future__ import annotations

from typing import Final

from ledger.core.problem import Rule, Severity

UNREADABLE: Final = Rule(
    "P101",
    Severity.ERROR,
    "the page or one of its blocks cannot be read",
    "no run and no reader can know what it means",
    "correct the line",
)
NO_TITLE: Final = Rule(
    "P102",
    Severity.ERROR,
    "no title",
    "the site's menu, its search and every report would name the file instead",
    "add to the front matter: title: ...",
)
NO_OWNER: Final = Rule(
    "P103",
    Severity.ERROR,
    "a page with a procedure, of a type that people follow at night, without owner or escalate",
    "who follows it at night would not know whom to wake",
    "add to the front matter of the page, or of its skill: owner: ... and escalate: ...",
)
PROMPT: Final = Rule(
    "P104",
    Severity.ERROR,
    "a shell's prompt in a command block",
    "pasted with the rest, the prompt is run as a command",
    "write the command alone; what comes back goes into a text fence",
)
PLACEHOLDER: Final = Rule(
    "P105",
    Severity.ERROR,
    "a placeholder in angle brackets in a command block",
    "the shell reads the brackets as files; pasted as it is, it may overwrite one",
    "use a shell parameter, ${NAME:?set NAME}, and explain it under parameters:",
)
DEAD_LINK: Final = Rule(
    "P106",
    Severity.ERROR,
    "a relative link or image that leads to no file of docs/",
    "the reader meets a page that is not there",
    "correct the link, or add the file",
)
BAD_NEED: Final = Rule(
    "P107",
    Severity.ERROR,
    "a need that no run can meet",
    "the page never runs: what it needs is not there, must not be asked, or needs the page itself",
    "name a page below docs/ and a block of it that only looks; let no page need itself",
)
BAD_TYPE: Final = Rule(
    "P108",
    Severity.ERROR,
    "type names no type of page",
    "nobody would check what readers count on in pages of a type",
    "write a type that is known, or leave it out: the folder tells it",
)
NO_SECTION: Final = Rule(
    "P109",
    Severity.ERROR,
    "a section that all pages of the type have is missing, or stands in another place",
    "who knows one page looks in the same place of every other, and links lead to its anchor",
    "write the sections of the type, in their order; others may stand between",
)
NO_ANCHOR: Final = Rule(
    "P110",
    Severity.ERROR,
    "a section without an anchor of its own, on a page of a type",
    "its anchor changes with its words, and an alert that leads there finds nothing",
    "write the anchor behind the heading: { #name }",
)
LATE: Final = Rule(
    "P111",
    Severity.ERROR,
    "symptom, impact or stop-loss is not on the first screen",
    "whoever was woken reads one screen before he acts",
    "say it within the first 20 lines, before the first command: **Symptom**: ..., or a heading",
)
BAD_HEADER: Final = Rule(
    "P112",
    Severity.ERROR,
    "a value in the front matter that its key does not take",
    "it is not read as it was meant, or not at all",
    "write what docs/schemas/header/page.v1.json allows",
)
NO_SKILL: Final = Rule(
    "P113",
    Severity.ERROR,
    "skill names no plan",
    "the page belongs to nobody's plan, and what it takes from there is missing",
    "name a file of skills/, without .md",
)
NO_WAY_BACK: Final = Rule(
    "P114",
    Severity.WARNING,
    "a step of the procedure surely changes a system, and does not say so",
    "who pastes it at night does not learn that, nor what takes it back",
    "add mutates, and undo=NAME or irreversible; what prepares a run is a .setup block",
)
RULES: Final = (
    *(UNREADABLE, NO_TITLE, NO_OWNER, PROMPT, PLACEHOLDER, DEAD_LINK, BAD_NEED, BAD_TYPE),
    *(NO_SECTION, NO_ANCHOR, LATE, BAD_HEADER, NO_SKILL, NO_WAY_BACK),
)
