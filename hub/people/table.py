"""A spreadsheet as it comes out of Excel, WPS or a registry: its bytes to rows, whatever it was saved as."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 100
LONGEST_CELL = 2000
DELIMITERS = ",;\t|，"
_AS_TEXT = re.compile(r'="([^"=]*)"\Z')  # how a cell is kept from becoming a number


class TableFault(ValueError):
    """A file that is no table: `problem` and `remedy`; `line` is 0 when the whole file is meant."""

    def __init__(self, problem: str, remedy: str, line: int = 0) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem, self.remedy, self.line = problem, remedy, line


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as clean text; rows bear the line that they end on."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    encoding: str
    delimiter: str


def read_table(raw: bytes) -> Table:
    """A CSV file's bytes; TableFault."""
    if len(raw) > MOST_BYTES:
        raise TableFault(f"the file is larger than {MOST_BYTES // 2**20} MiB", "split it")
    text, encoding = decode(raw)
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    if not rows:
        raise TableFault("the file is empty", "write a header line: 姓名,电话,楼栋,单元,房号,角色")
    header = rows[0][1]
    if len(header) > MOST_COLUMNS:
        raise TableFault(f"there are more than {MOST_COLUMNS} columns", "keep those that are needed", 1)
    return Table(header, tuple(rows[1:]), encoding, delimiter)


def decode(raw: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-8 with or without a mark, UTF-16 with one, or GB18030; TableFault."""
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TableFault("it is an Excel workbook", "save it as CSV UTF-8 (File, Save as) and import that")
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return _decoded(raw, encoding), encoding
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decoded(raw, "gb18030"), "gb18030"


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableFault("the text can't be read", "save it as CSV UTF-8", line) from error


def _delimiter(text: str) -> str:
    """The one that the header line has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda one: (first.count(one), -DELIMITERS.index(one)))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    try:
        for row in reader:
            cells = tuple(clean(cell) for cell in row)
            if any(cells):
                yield reader.line_num, cells
            if reader.line_num > MOST_ROWS:
                raise TableFault(f"there are more than {MOST_ROWS:,} lines", "split the file", MOST_ROWS)
    except csv.Error as error:
        raise TableFault(f"the line can't be read ({error})", "see to its quotes", reader.line_num) from error


def clean(cell: str) -> str:
    """Plain text of a cell: full-width digits and letters made plain, invisible characters and Excel's marks gone."""
    text = unicodedata.normalize("NFKC", cell[:LONGEST_CELL])
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs"))
    text = " ".join(text.split())
    match = _AS_TEXT.match(text)
    return match[1].strip() if match else text.removeprefix("'")
