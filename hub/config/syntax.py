"""The C parser's complaints in the words of someone who edits the file; nothing from the file is quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
BARE_TEMPLATE = re.compile(r"(?:^|[:\-,\[])\s*\{[{%]")
GLUED_COLON = re.compile(r"""^\s*(?:-\s+)*[^\s'"#:{}\[\],]+:[^\s:/]""")
WIDE_COLON = re.compile(r"^\s*(?:-\s+)*\w+：")  # what a Chinese keyboard types
# What YAML 1.1 counts as the end of a line.
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
INDENT = re.compile(r"[ \t]*")
INCLUDE = re.compile(r"""^[^#\n]*?(!include\w*)[ \t]+["']?([^\s"'#,\]}]+)""", re.MULTILINE)
MOST_RESCUED = 200

TAB = "a tab in the indentation"
USE_SPACES = "indent with spaces, not with tabs"

Explained = tuple[int, int, str, str]

# A part of the parser's message -> what is wrong, what would be right.
MESSAGES = (
    (
        "could not find expected ':'",
        "neither 'key: value' nor '- item'",
        "write a colon and a space after the key",
    ),
    (
        "mapping values are not allowed",
        "a colon where none can be",
        "put the value in quotes, or mend the indentation",
    ),
    (
        "block sequence entries are not allowed",
        "a list item '- ' where none can be",
        "put it on a line of its own below the key",
    ),
    (
        "cannot start any token",
        "a value starts with a sign that YAML keeps for itself",
        "put the value in quotes",
    ),
    ("unexpected end of stream", "a quote is opened and never closed", "close it"),
    ("unexpected document indicator", "a quote is opened and never closed", "close it"),
    (
        "unknown escape",
        "an unknown escape between double quotes",
        "use single quotes, or write the backslash twice",
    ),
    (
        "hexdecimal",
        "an unfinished escape between double quotes",
        "use single quotes, or write the backslash twice",
    ),
    ("violates indentation", TAB, USE_SPACES),
    ("tab character", TAB, USE_SPACES),
    (
        "expected '-' indicator",
        "a line in a list that does not start with '- '",
        "start it with '- ', or indent it under the item above",
    ),
    ("expected ',' or ']'", "a list in [ ] without its end", "put commas between the items and ] at the end"),
    (
        "expected ',' or '}'",
        "a mapping in { } without its end",
        "put commas between the entries and } at the end",
    ),
    ("expected node content", "a value is missing", "write one, or put it in quotes"),
    ("undefined alias", "a value starts with '*', but no '&' defines that name", "put the value in quotes"),
    ("second occurrence", "the same '&' name is defined twice", "give each its own name"),
    ("another document", "a second document begins here ('---')", "keep one document in a file"),
    ("tag handle", "a value starts with '!'", "put the value in quotes"),
    ("while scanning a tag", "a value starts with '!'", "put the value in quotes"),
    ("while parsing a tag", "a value starts with '!'", "put the value in quotes"),
    ("while scanning an anchor", "a value starts with '&'", "put the value in quotes"),
    ("while scanning an alias", "a value starts with '*'", "put the value in quotes"),
    ("while scanning a block scalar", "something follows the '|' or '>'", "begin the text on the next line"),
    ("while scanning a directive", "a line starts with '%'", "put it in quotes"),
    ("<document start>", "something follows the end of the value", "mend the indentation or the quotes"),
    ("expected key", "a line that does not fit the mapping around it", "mend the indentation or the quotes"),
)


POINT_TO_THE_BEGINNING = frozenset(
    (
        "could not find expected ':'",
        "unexpected end of stream",
        "unexpected document indicator",
        "expected ',' or ']'",
        "expected ',' or '}'",
    )
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the parser stopped and where the thing it was reading began (from 0), and the lines."""

    line: int
    column: int
    start_line: int
    start_column: int
    lines: list[str]

    def text(self, line: int) -> str:
        """A line of the file, or nothing outside of it."""
        return self.lines[line] if 0 <= line < len(self.lines) else ""


def explain_syntax(error: YAMLError, text: str) -> Explained:
    """Line, column (from 1), what is wrong and what would be right."""
    if isinstance(error, ReaderError):
        return explain_character(text)
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return 1, 1, "this is not YAML", ""
    mark, start = error.problem_mark, error.context_mark or error.problem_mark
    lines = LINE_BREAK.split(text)
    spot = Spot(mark.line, mark.column, start.line, start.column, lines)
    if mark.line >= len(lines):
        # The parser puts the end of a file without a last line break on a line that is not there.
        spot = Spot(len(lines) - 1, len(lines[-1]), min(start.line, len(lines) - 1), start.column, lines)
    message = f"{error.context or ''} {error.problem or ''}"
    return explain_layout(spot, message) or explain_message(spot, message)


def explain_character(text: str) -> Explained:
    """A character that YAML forbids."""
    found = UNPRINTABLE.search(text)
    if found is None:
        return 1, 1, "a character that YAML forbids", "remove it"
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
    return line, column, f"the control character U+{ord(found.group()):04X}", "remove it"


def explain_layout(spot: Spot, message: str) -> Explained | None:
    """The mistakes one sees by looking at the line: tabs, bare templates, glued colons, indentation."""
    here = spot.text(spot.line)
    at = (spot.line + 1, spot.column + 1)
    if "\t" in (INDENT.match(here) or [""])[0]:
        return spot.line + 1, here.index("\t") + 1, TAB, USE_SPACES
    for line in (spot.line, spot.start_line, spot.line - 1):
        if (template := BARE_TEMPLATE.search(spot.text(line))) and "end of stream" not in message:
            column = template.end() - 1
            return line + 1, column, "a template without quotes", 'put quotes around it: "{{ ... }}"'
    if "expected ':'" in message or "mapping values" in message:
        for line in (spot.start_line, spot.line, spot.line - 1):
            if wide := WIDE_COLON.match(spot.text(line)):
                return line + 1, wide.end(), "a full-width colon", "write ':' and a space after the key"
            if glued := GLUED_COLON.match(spot.text(line)):
                remedy = "write 'key: value' with a space"
                return line + 1, glued.end() - 1, "no space after the colon", remedy
    if "mapping values" in message and spot.text(spot.line)[: spot.column].count(": "):
        return *at, "a second colon in one value", "put the value in quotes"
    if "mapping values" in message and (deeper := explain_deeper_line(spot)):
        return deeper
    if "expected key" in message:
        return explain_stray_line(spot)
    return None


def explain_deeper_line(spot: Spot) -> Explained | None:
    """A key that is indented deeper than the `key: value` above it."""
    above = next((text for text in reversed(spot.lines[: spot.line]) if text.strip()), "")
    wanted = len(above) - len(above.lstrip())
    begins = len(spot.text(spot.line)) - len(spot.text(spot.line).lstrip())
    if begins <= wanted or ": " not in above:
        return None
    remedy = f"let it begin at column {wanted + 1}, as that one does"
    return spot.line + 1, begins + 1, "the line is indented deeper than the one above it", remedy


def explain_stray_line(spot: Spot) -> Explained | None:
    """A line that belongs to no mapping: indented wrongly, or torn by its own quotes."""
    here = spot.text(spot.line)
    if not here[: spot.column].strip() and spot.column != spot.start_column:
        remedy = f"let it begin at column {spot.start_column + 1}, as the lines around it do"
        return spot.line + 1, spot.column + 1, "the indentation does not fit the lines around it", remedy
    if "'" in here or '"' in here:
        remedy = "use the other kind of quotes around it, or write the inner quote twice"
        return spot.line + 1, spot.column + 1, "text goes on after the closing quote", remedy
    return None


def explain_message(spot: Spot, message: str) -> Explained:
    """The parser's message by the table, or as it is."""
    for part, problem, remedy in MESSAGES:
        if part in message:
            begins = part in POINT_TO_THE_BEGINNING
            line, column = (spot.start_line, spot.start_column) if begins else (spot.line, spot.column)
            return line + 1, column + 1, problem, remedy
    return spot.line + 1, spot.column + 1, " ".join(message.split()), ""


def mentioned_includes(text: str) -> list[tuple[str, str, int]]:
    """Tag, argument and line of the includes in a text that can't be parsed."""
    found = []
    for match in INCLUDE.finditer(text):
        found.append((match.group(1), match.group(2), text.count("\n", 0, match.start(1)) + 1))
        if len(found) == MOST_RESCUED:
            break
    return found
