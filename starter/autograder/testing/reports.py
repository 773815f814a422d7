"""A written report, Markdown or PDF: its text, and what a machine can count and check in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.model import Finding, FindingKind
from autograder.testing.assertions import CheckFailed
from autograder.testing.citations import unresolved
from autograder.testing.pdf import PdfError, read_pdf

MOST_MARKDOWN_BYTES = 1 << 20
MOST_UNREAD_SHARE = 0.1  # of the characters of a PDF
FEWEST_CHARACTERS_A_PAGE = 20  # on the average; a scan has none
MOST_HEADING_WORDS = 8
NOT_TEXT = re.compile(r"(?s)```.*?```|<!--.*?-->")
NUMBERED = re.compile(r"(?:[0-9]{1,2}|[IVX]{1,4}|[A-Z])(?:\.[0-9]{1,2})*[.)]?\s+(?=\S)")
CAPTION = re.compile(r"(?im)^[\s*_]*(figure|fig\.|table)\s*(\d{1,3})\s*[:.–—-]")
PICTURE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{1,500}\)|<img\b")
TABLE_RULE = re.compile(r"(?m)^\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?$")
BROKEN_WORD = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
HINT_SCAN = "Export the PDF from the program that you wrote the report with: a scan or a picture of text has no text."


@dataclass(frozen=True)
class Report:
    """What a report says and how much of what it has.

    Attributes:
        path: the file that was read.
        text: of the report, without code blocks and comments; a PDF's lines as they are on its pages.
        pages: of a PDF; 0 for Markdown, which has none.
        headings: in small letters, without their numbers; of a PDF each short line, since it has no headings.
        to_write: how often TODO is left.
        figures: pictures in Markdown, or captions of figures, whichever are more.
        tables: the same of tables.
        unresolved: citations without an entry and entries without a citation, a sentence each.
    """

    path: str
    text: str
    pages: int
    words: int
    headings: frozenset[str]
    to_write: int
    figures: int
    tables: int
    unresolved: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]

    def missing(self, sections: Iterable[str]) -> list[str]:
        """Those of the sections, in small letters, that the report does not have."""
        return [section for section in sections if section not in self.headings]


def read_report(files: Mapping[str, bytes]) -> Report | None:
    """The report of a submission: the first file that ends in .md, else in .pdf; None where there is none.

    Args:
        files: by path, those that may be the report.

    Raises:
        CheckFailed: it cannot be read. The finding's kind is FILE: the mark is held, since a file that cannot be
            read says nothing about the work.
    """
    for ending, read in ((".md", _read_markdown), (".pdf", _read_pdf)):
        for path in sorted(files):
            if path.lower().endswith(ending):
                return read(path, files[path])
    return None


def _unreadable(path: str, what: str, hint: str, detail: str = "") -> CheckFailed:
    name = path.rpartition("/")[2]
    return CheckFailed(Finding(FindingKind.FILE, f"{name} cannot be read: it {what}", hint, detail=detail))


def _read_markdown(path: str, data: bytes) -> Report:
    if len(data) > MOST_MARKDOWN_BYTES:
        size = f"{MOST_MARKDOWN_BYTES >> 20} MiB"
        raise _unreadable(path, f"has more than {size} of text", "Put pictures into files of their own.")
    try:
        text = NOT_TEXT.sub(" ", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text", "Save it again as UTF-8.") from None
    headings = frozenset(_plain_heading(line) for line in text.splitlines() if line.startswith("## "))
    figures, tables = _captions(text)
    return Report(
        path,
        text,
        0,
        len(text.split()),
        headings,
        text.count("TODO"),
        max(figures, len(PICTURE.findall(text))),
        max(tables, len(TABLE_RULE.findall(text))),
        unresolved(text),
    )


def _read_pdf(path: str, data: bytes) -> Report:
    try:
        found = read_pdf(data)
    except PdfError as error:
        raise _unreadable(path, error.what, error.remedy) from None
    whole = "\n".join(found.pages)
    count = len(found.pages)
    if len(whole) < FEWEST_CHARACTERS_A_PAGE * count:
        pages = "1 page" if count == 1 else f"{count} pages"
        raise _unreadable(path, f"has {pages} and hardly any text: is it a scan?", HINT_SCAN)
    if found.unread_share > MOST_UNREAD_SHARE:
        what = f"does not say which letters {100 * found.unread_share:.0f} % of its signs are"
        raise _unreadable(path, what, HINT_SCAN)
    text = BROKEN_WORD.sub("", whole)
    short = (line for line in text.splitlines() if len(line.split()) <= MOST_HEADING_WORDS)
    figures, tables = _captions(text)
    return Report(
        path,
        text,
        count,
        len(text.split()),
        frozenset(map(_plain_heading, short)),
        text.count("TODO"),
        figures,
        tables,
        unresolved(text),
    )


def _plain_heading(line: str) -> str:
    return NUMBERED.sub("", line.strip("# \t"), count=1).strip(" :.").casefold()


def _captions(text: str) -> tuple[int, int]:
    """How many figures and how many tables have a caption with a number of their own."""
    found = {(kind[0].casefold(), number) for kind, number in CAPTION.findall(text)}
    return sum(kind == "f" for kind, _ in found), sum(kind == "t" for kind, _ in found)
