"""Every rule of skill files, in one table. A code keeps its meaning for ever."""

from __future__ import annotations

from typing import Final

from ledger.core.problem import Rule, Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
MEND: Final = "ledger fix SKILL --write"
_BUDGET: Final = "write entropy: {planned: 0.05, spent: 0, returned: 0}"

# The file

UNREADABLE: Final = Rule(
    "L101",
    _ERROR,
    "the file cannot be read, or is not UTF-8",
    "no command can show the plan",
    "save it as UTF-8 text that you may read",
)
NO_HEADER: Final = Rule(
    "L102",
    _ERROR,
    "no front matter",
    "a plan lives in its front matter; without one the file is no skill",
    "start the file with a --- block of YAML, or move it out of skills/",
)
NOT_CLOSED: Final = Rule(
    "L103",
    _ERROR,
    "the front matter is never closed",
    "where the body begins would be a guess",
    "end the front matter with a line ---",
)
BROKEN: Final = Rule(
    "L104",
    _ERROR,
    "the front matter is broken YAML",
    "nothing below the break can be trusted",
    "mend the line; indent with blanks, quote texts that hold ': ' or ' #'",
)
TWINS: Final = Rule(
    "L105",
    _ERROR,
    "a key stands twice",
    "YAML keeps the last one silently, so the other would be lost",
    "keep one of them",
)
CONFLICT: Final = Rule(
    "L106",
    _ERROR,
    "merge markers in the front matter",
    "two versions of the plan stand in one file",
    "keep what is true of both sides and delete the marker lines",
)
NO_LEDGER: Final = Rule(
    "L107",
    _ERROR,
    "no phase_ledger, or one that is no mapping",
    "the plan has no phases to show or to settle",
    "add phase_ledger: with one line a phase, such as PLAN: pending",
)
OPEN_FENCE: Final = Rule(
    "L108",
    _WARNING,
    "a code fence in the body is never closed",
    "headings below it count as code, so a prompt does not find them",
    "close the fence",
)

# The ledger

MISSING: Final = Rule(
    "L201",
    _WARNING,
    "phases are left out",
    "they count as pending, and no one sees that they are open",
    MEND,
)
FOREIGN: Final = Rule(
    "L202",
    _WARNING,
    "a phase of another name",
    "it is kept, but no command reads it",
    "give it one of the eleven names, or move it out of the ledger",
)
RESPELLED: Final = Rule(
    "L203",
    _WARNING,
    "a phase in another spelling",
    "the phase that is meant counts as pending",
    MEND,
)
ORDER: Final = Rule(
    "L204",
    _WARNING,
    "phases out of order",
    "people read the ledger from the top, and look for the open phase there",
    MEND,
)
ALIAS: Final = Rule(
    "L205",
    _WARNING,
    "a status in another word",
    "it is read as the status that it means; other tools need not",
    MEND,
)
NO_STATUS: Final = Rule(
    "L206",
    _ERROR,
    "a word that is no status",
    "it counts as pending, whatever was meant",
    "ledger advance SKILL PHASE --to STATUS",
)
EMPTY: Final = Rule(
    "L207",
    _WARNING,
    "a phase without a status",
    "it counts as pending",
    MEND,
)
NO_WORD: Final = Rule(
    "L208",
    _ERROR,
    "a status that is more than one word",
    "it counts as pending, and no command can change it",
    "write one status, and the rest as a comment behind it",
)
NO_REASON: Final = Rule(
    "L209",
    _ERROR,
    "skipped, deferred or blocked without a reason",
    "a debt that says nothing cannot be weighed, and is forgotten",
    "write behind the status: # reason: and why",
)
IMPLEMENT_SKIPPED: Final = Rule(
    "L210",
    _ERROR,
    "IMPLEMENT is skipped",
    "a plan of which nothing is built has nothing to test or to teach",
    "do it, or defer it with a reason",
)
OPEN_BEFORE: Final = Rule(
    "L211",
    _WARNING,
    "a phase is open, a later one done",
    "the open one is easily lost",
    "settle it: ledger advance SKILL PHASE",
)
NOT_IMPLEMENTED: Final = Rule(
    "L212",
    _ERROR,
    "IMPLEMENT is open, a later phase done",
    "what was tested, taught or measured does not exist",
    "settle IMPLEMENT first: ledger advance SKILL IMPLEMENT",
)
BRACES: Final = Rule(
    "L213",
    _WARNING,
    "the ledger stands in braces",
    "a reason is a comment, and has no place there",
    MEND,
)
ANCHORED: Final = Rule(
    "L214",
    _WARNING,
    "a phase with an anchor, an alias or a tag",
    "a change of one phase would change another, so commands refuse it",
    "write the status as a word",
)
OVERDUE: Final = Rule(
    "L215",
    _WARNING,
    "a debt is overdue",
    "somebody counts on what was promised for that day",
    "do the phase, or set another day: ledger advance SKILL PHASE --to ... --until ...",
)
NO_DAY: Final = Rule(
    "L216",
    _WARNING,
    "until: or since: of a debt is no date",
    "its age is not known, and it never falls due",
    "write YYYY-MM-DD",
)
NO_OWNER: Final = Rule(
    "L217",
    _INFO,
    "deferred, and neither an owner nor a day",
    "what nobody has promised for a day is rarely done",
    "add behind the reason: ; owner: NAME; until: YYYY-MM-DD",
)

# The budget

NO_NUMBER: Final = Rule(
    "L301",
    _ERROR,
    "a figure of entropy that is no number",
    "the plan cannot be advanced until the book can be read",
    "write a decimal such as 0.05",
)
NO_BOOK: Final = Rule(
    "L302", _ERROR, "entropy is not a mapping", "it is not read, so nothing can be drawn", _BUDGET
)
OLD_NAMES: Final = Rule(
    "L303",
    _WARNING,
    "budget or remaining in entropy",
    "what is left is computed; a copy kept by hand goes wrong with the next draw",
    MEND,
)
NOISE: Final = Rule(
    "L304",
    _WARNING,
    "a figure with the noise of binary fractions",
    "0.30000000000000004 was 0.3 before a program touched it",
    MEND,
)
SUMS: Final = Rule(
    "L305",
    _ERROR,
    "the book contradicts itself",
    "which figure is wrong, only people know",
    "correct the wrong figure; what is left is planned - spent - returned",
)
OVERDRAWN: Final = Rule(
    "L306",
    _ERROR,
    "the budget is overdrawn",
    "the plan halts",
    "raise entropy.planned, or correct what was spent",
)
DEPLETED: Final = Rule(
    "L307",
    _WARNING,
    "less than 0.01 is left, and phases are open",
    "the plan halts",
    "give the rest back or raise entropy.planned",
)
NEGATIVE: Final = Rule(
    "L308",
    _ERROR,
    "a figure of entropy below zero",
    "it would make budget out of nothing",
    "write what was planned, spent or returned; all are zero or more",
)
NOT_READ: Final = Rule(
    "L309",
    _INFO,
    "a key of entropy that is not read",
    "it is kept as it is",
    "nothing to do, unless planned, spent or returned was meant",
)
NO_BUDGET: Final = Rule("L310", _INFO, "no entropy", "a phase can draw nothing", _BUDGET)
TOO_MUCH: Final = Rule(
    "L311",
    _WARNING,
    "more than 1 is planned",
    "entropy is a share of the plan's effort; 0.05 is five per cent",
    "write the share: 0.05 for five per cent",
)

# The other keys

PROGRESS: Final = Rule(
    "L401",
    _ERROR,
    "progress is no number from 0 to 100",
    "no command shows or keeps it",
    "ledger set SKILL progress N",
)
FRACTION: Final = Rule(
    "L402",
    _INFO,
    "progress is not a whole number",
    "0.7 may be 70 per cent or less than one, so ledger advance leaves it alone",
    "ledger set SKILL progress N, from 0 to 100",
)
NO_DATE: Final = Rule(
    "L403",
    _WARNING,
    "last_touched is no date",
    "the plan's age is not known",
    "write YYYY-MM-DD",
)
FUTURE: Final = Rule(
    "L404",
    _WARNING,
    "last_touched is in the future",
    "the plan looks fresh until then",
    "write the day on which it was last touched",
)
NO_LIST: Final = Rule(
    "L405",
    _ERROR,
    "blocking, enables, docs, rules or branches is no list",
    "it is not read",
    "write one item a line behind a dash, or [] for none",
)
DANGLING: Final = Rule(
    "L406",
    _INFO,
    "enables names no skill here",
    "the graph of plans ends there",
    "nothing to do if that plan is still to be written",
)
NO_PAGE: Final = Rule(
    "L407",
    _ERROR,
    "docs names a page that does not exist",
    "the plan answers for it, so the gate verify stays shut",
    "write the page, or correct the path; it starts at the project's root",
)
NO_HANDLE: Final = Rule(
    "L408",
    _WARNING,
    "a handle names a path that does not exist",
    "whoever goes on with the plan will look for it; the gate handles asks for it",
    "make it, or correct the path; it starts at the project's root",
)
NO_TABLE: Final = Rule(
    "L409",
    _ERROR,
    "handles or gates is no mapping",
    "it is not read",
    "write one name: value a line",
)
NO_GATE: Final = Rule(
    "L410",
    _ERROR,
    "gates names an unknown phase or gate",
    "the plan cannot be advanced",
    "write gates: {TEST: [verify]}",
)
NO_BRANCH: Final = Rule(
    "L411",
    _ERROR,
    "a branch without a name, or of an unknown class or phase",
    "it cannot be listed",
    "write - {name: NAME, class: deferred, phase: PLAN}",
)
NOT_COMPLETE: Final = Rule(
    "L412",
    _WARNING,
    "the plan is called complete while phases are open",
    "lists of plans show it as finished",
    "settle the phases, or: ledger set SKILL status active",
)
NEAR_KEY: Final = Rule(
    "L413",
    _INFO,
    "a key that is nearly a known one",
    "it is kept, but no command reads it",
    "rename it if the known one was meant",
)

RULES: Final = tuple(rule for rule in list(globals().values()) if isinstance(rule, Rule))
