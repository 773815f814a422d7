"""What is counted and checked in a report, in Markdown and in a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import FindingKind
from autograder.testing import CheckFailed, read_report
from autograder.testing.citations import unresolved
from tests.builders.pdf_file import page_file, text_file

PDFS = Path(__file__).with_name("pdfs")
SECTIONS = ("question", "data", "method", "results", "analysis", "reproducibility", "use of generative ai")
MARKDOWN = (
    b"# Title\n\n## Question\n\nWhich? ![A curve](a.png)\n\n## Data\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nTODO\n"
)


def test_markdown_is_counted() -> None:
    """Words, sections, figures, tables, what is still to write."""
    report = read_report({"project/report.md": b"\xef\xbb\xbf" + MARKDOWN})
    assert report is not None
    assert ("report.md", 0, 1, 1, 1) == (report.name, report.pages, report.figures, report.tables, report.to_write)
    assert ["method"] == report.missing(("question", "data", "method"))


@pytest.mark.parametrize(
    ("name", "pages", "figures", "tables"), [("browser", 2, 0, 0), ("latex", 3, 1, 1), ("latex_bitmaps", 3, 1, 1)]
)
def test_pdfs_are_counted_as_markdown_is(name: str, pages: int, figures: int, tables: int) -> None:
    """The same report by three programs: its sections with and without numbers, its captions, its citations."""
    report = read_report({"project/report.pdf": (PDFS / f"{name}.pdf").read_bytes()})
    assert report is not None
    assert (pages, figures, tables) == (report.pages, report.figures, report.tables)
    assert [] == report.missing(SECTIONS)
    assert 700 <= report.words <= 800
    assert () == report.unresolved


def test_markdown_comes_first_and_nothing_is_none() -> None:
    """One report counts."""
    report = read_report({"a/report.pdf": b"", "a/report.md": MARKDOWN})
    assert report is not None
    assert "a/report.md" == report.path
    assert read_report({"a/notes.txt": b""}) is None


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("report.md", b"\xff\xfe", "report.md cannot be read: it is not UTF-8 text"),
        ("report.md", bytes(2 << 20), "more than 1 MiB"),
        ("report.pdf", b"%PDF-1.7 rubbish %%EOF", "report.pdf cannot be read: it has no objects"),
        ("report.pdf", page_file(b"q 100 0 0 100 0 0 cm /Scan Do Q"), "is it a scan?"),
        (
            "report.pdf",
            page_file(b"BT /F 9 Tf (" + b"ab" * 50 + b") Tj ET", {5: b"<</Subtype/Type0/DescendantFonts[6 0 R]>>"}),
            "does not say which letters 100 % of its signs are",
        ),
    ],
)
def test_what_cannot_be_read_is_a_finding_on_the_file(path: str, data: bytes, words: str) -> None:
    """With what to do about it: the mark is held for it."""
    with pytest.raises(CheckFailed) as caught:
        read_report({path: data})
    finding = caught.value.finding
    assert FindingKind.FILE is finding.kind
    assert words in finding.message
    assert finding.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("As in [1] and [2, 3].\n\nReferences\n[1] A 2001.\n[2] B 2002.\n[3] C 2003.", ()),
        ("As in [1–3].\n## References\n1. A\n2. B\n3. C", ()),
        (
            "As in [1] and [4].\nReferences\n[1] A\n[2] B\n[3] C\nand 1999.",
            (
                "[4] is cited and not in the list of references",
                "[2] is in the list of references and never cited",
                "[3] is in the list of references and never cited",
            ),
        ),
        ("As in [1].", ("[1] is cited, and there is no list of references",)),
        ("A link [1](https://example.org), values in [0, 1], shapes [64, 128].", ()),
        ("Values in [0, 1] as He et al. (2016) have.\n7 References\nHe, Zhang 2016. Deep.", ()),
        (
            "As He et al. 2016 and (Noether, 1918) say.\n## Sources\n* He and others 2016.",
            ("Noether 1918 is cited and not in the list of references",),
        ),
        ("As He et al. (2016) say.", ("He 2016 is cited, and there is no list of references",)),
        ("As in [?] and Table ??.", ("a reference is not resolved: ? or ?? in its place, 2 times",)),
        ("Why?? What???", ()),
        ("In May 2026, with Python 3.11 (2022), it was 0.5 [0.4, 0.6].", ()),
    ],
)
def test_citations_are_looked_up(text: str, found: tuple[str, ...]) -> None:
    """Numbers, names with years, and what LaTeX leaves; intervals, shapes and links are no citations."""
    assert found == unresolved(text)


@given(st.text(max_size=400))
def test_any_text_has_citations_or_none(text: str) -> None:
    """Never an error, and few sentences."""
    assert len(unresolved("x [1] " + text + "\nReferences\n" + text)) <= 20


def test_a_report_with_two_words_on_a_page_is_read() -> None:
    """Short is not unreadable."""
    report = read_report(
        {"report.pdf": text_file("A line of text that is long enough.", "1. Question:", "And another.")}
    )
    assert report is not None
    assert [] == report.missing(["question"])
