"""The text of PDF files: real ones of several programs, and hostile ones."""

from __future__ import annotations

import contextlib
import io
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing.pdf import PdfError, read_pdf
from autograder.testing.pdf.filters import MOST_UNPACKED_BYTES, Unpacker
from tests.builders.pdf_file import FONT, TREE, page_file, pdf_file, stream, text_file

PDFS = Path(__file__).with_name("pdfs")  # a model project's report, by three programs


def text_of(data: bytes) -> str:
    return "\n".join(read_pdf(data).pages)


@pytest.mark.parametrize("name", ["browser", "latex", "latex_bitmaps"])
def test_reports_of_usual_programs_are_read(name: str) -> None:
    """A browser's, LaTeX's with outlines and with bitmaps: words are whole, also with ligatures and hyphens."""
    text = " ".join(text_of((PDFS / f"{name}.pdf").read_bytes()).split())
    assert "how much does a residual network of 29,000 parameters gain over a linear classifier?" in text
    assert "two shapes are hard to distinguish" in text.casefold()
    assert "0.883" in text
    assert "�" not in text


@pytest.mark.parametrize("kind", [3, 42])
def test_reports_of_matplotlib_are_read(kind: int) -> None:
    """Fonts as drawings and as TrueType."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": kind}), PdfPages(file) as pages:
        for number in (1, 2):
            figure = pyplot.figure()
            figure.text(0.1, 0.5, f"Page {number}: the first difference\nof two figures is 0.25")
            pages.savefig(figure)
            pyplot.close(figure)
    found = read_pdf(file.getvalue()).pages
    assert [f"Page {number}: the first difference\nof two figures is 0.25" for number in (1, 2)] == list(found)


def test_a_plot_of_many_points_is_no_bomb() -> None:
    """Each point of matplotlib's is a drawing of its own: 20,000 of them are within the limits."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    file, figure = io.BytesIO(), pyplot.figure()
    pyplot.plot(range(20_000), "o")
    pyplot.xlabel("number of the step")
    figure.savefig(file, format="pdf")
    pyplot.close(figure)
    assert "number of the step" in text_of(file.getvalue())


def test_places_decide_what_is_a_space_and_what_is_a_line() -> None:
    """A gap of a third of the size is a space, a kerning is none, a step down is a line, and a column is a space."""
    content = b"BT /F 10 Tf 50 700 Td [(two)-333(wor)20(ds)] TJ 0 -12 Td (next) Tj 200 0 Td (column) Tj ET"
    assert "two words\nnext column" == text_of(page_file(content))


def test_a_page_that_is_one_drawing_is_read_and_a_figure_in_a_page_is_not() -> None:
    """Some programs draw a page as a figure; the words in a figure are not the report's."""
    form = stream(
        b"BT /F 9 Tf 5 5 Td (in the figure) Tj ET", b"/Type/XObject/Subtype/Form/Resources<</Font<</F 5 0 R>>>>"
    )
    resources = b"/XObject<</A 6 0 R>>"
    long = b"BT /F 9 Tf 50 700 Td (" + b"a word " * 20 + b") Tj ET /A Do"
    assert "in the figure" == text_of(page_file(b"/A Do", {6: form}, resources))
    assert "figure" not in text_of(page_file(long, {6: form}, resources))


def test_objects_within_streams_and_later_ones_count() -> None:
    """An object stream (PDF 1.5), and a change that was saved at the end."""
    inner = b"3 0 5 79 <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>" + b" " * 3 + FONT
    first = inner.index(b"<<")
    inner = inner.replace(b"79", b"%d" % (inner.index(FONT) - first), 1)
    objects = TREE | {
        4: stream(b"BT /F 9 Tf (old) Tj ET"),
        9: stream(inner, b"/Type/ObjStm/N 2/First %d" % first),
    }
    old = pdf_file(objects)
    assert "old" == text_of(old)
    assert "new" == text_of(old + b"4 0 obj\n" + stream(b"BT /F 9 Tf (new) Tj ET") + b"\nendobj\n%%EOF\n")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ASCII85Decode", b"<~87cURD]j~>"),
        ("ASCIIHexDecode", b"48 65 6c 6c 6f>"),
        ("FlateDecode", zlib.compress(b"Hello")),
    ],
)
def test_filters_give_the_bytes_back(name: str, data: bytes) -> None:
    """Each filter that text streams have."""
    assert b"Hello" == Unpacker().unpack(data, [(name, {})])[:5]


def test_lzw_and_rows_of_differences_are_unpacked() -> None:
    """The example of ISO 32000-1, 7.4.4.2, and PNG's filters 1 and 2."""
    packed = bytes([0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01])
    assert bytes([45, 45, 45, 45, 45, 65, 45, 45, 45, 66]) == Unpacker().unpack(packed, [("LZWDecode", {})])
    rows = zlib.compress(bytes([1, 5, 1, 1, 2, 1, 1, 1]))
    assert bytes([5, 6, 7, 6, 7, 8]) == Unpacker().unpack(rows, [("FlateDecode", {"Predictor": 15, "Columns": 3})])


def bomb() -> bytes:
    """A gigabyte of zeros in a megabyte."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()


def bomb_file() -> bytes:
    packed = bomb()
    page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>"
    content = b"<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (len(packed), packed)
    return pdf_file(TREE | {3: page, 4: content})


def nested_forms() -> bytes:
    """Ten drawings that each draw the next ten times: 10^9 in all."""
    resources = b"/XObject<<" + b"".join(b"/X%d %d 0 R" % (number, number) for number in range(10, 20)) + b">>"
    forms = {
        number: stream(b"/X%d Do " % (number + 1) * 10, b"/Subtype/Form/Resources<<%s>>" % resources)
        for number in range(10, 20)
    }
    return page_file(b"/X10 Do", forms, resources)


HOSTILE = {
    "empty": (b"", "is empty"),
    "another file": (b"PK\3\4" + b"x" * 3000 + b"%%EOF", "is no PDF file"),
    "rubbish with the right ends": (b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"\n%%EOF", "has no objects"),
    "cut": (text_file("a line")[:-30], "is cut"),
    "encrypted": (pdf_file(TREE | {9: b"<</Filter/Standard/V 4>>"}, b"/Root 1 0 R/Encrypt 9 0 R"), "is encrypted"),
    "a script": (
        pdf_file(TREE | {1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"}),
        "something in it that can run",
    ),
    "a script with codes in its name": (
        pdf_file(TREE | {1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Java#53cript>>>>"}),
        "something in it that can run",
    ),
    "a script in an object stream": (
        pdf_file(TREE | {9: stream(b"7 0 <</S/JavaScript>>", b"/Type/ObjStm/N 1/First 4")}),
        "something in it that can run",
    ),
    "an attached file": (
        pdf_file(TREE | {8: b"<</Type/EmbeddedFile>>"}),
        "something in it that can run or holds another file",
    ),
    "pages in a circle": (
        pdf_file(TREE | {2: b"<</Type/Pages/Kids[3 0 R]>>", 3: b"<</Type/Pages/Kids[2 0 R]>>"}),
        "in circles",
    ),
    "a page a thousand times": (
        pdf_file(TREE | {2: b"<</Type/Pages/Kids[" + b"<</Type/Page>>" * 1000 + b"]>>"}),
        "more than 500 pages",
    ),
    "no pages": (pdf_file({1: b"<</Type/Catalog>>"}), "has no pages"),
    "a million objects": (
        b"%PDF-1.7\n" + b"1 0 obj 1 endobj\n" * 1_000_000 + b"%%EOF",
        "more than 100,000 objects",
    ),
    "a million objects in a stream": (
        pdf_file(TREE | {9: stream(b"7 0 " * 1_000_000, b"/Type/ObjStm/N 1000000/First 4000000")}),
        "more than 100,000 objects",
    ),
    "a gigabyte in a megabyte": (bomb_file(), "more than 64 MiB when it is unpacked"),
    "arrays within arrays": (page_file(b"BT " + b"[" * 100_000), "nested more than 50 deep"),
    "drawings within drawings": (nested_forms(), "drawings within drawings"),
    "three million numbers": (page_file(b"BT " + b"1 " * 3_000_000), "more than 2,000,000 numbers"),
    "three million escapes": (page_file(b"BT (" + b"\\n" * 3_000_000), "more than 2,000,000 numbers"),
    "too many letters": (
        page_file(b"BT /F 1 Tf " + (b"(" + b"a" * 1000 + b") Tj ") * 2000, None),
        "more than 1,000,000 characters",
    ),
    "large": (b"%PDF-1.7" + bytes(21 << 20) + b"%%EOF", "more than 20 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name: str) -> None:
    """Each kind by its own words, with something that its author can do, and nothing of it is run."""
    data, words = HOSTILE[name]
    with pytest.raises(PdfError, match=re.escape(words)) as caught:
        read_pdf(data)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "data",
    [
        page_file(b"BT /F 9 Tf (a) Tj ET", {4: b"<</Length 4 0 R>>\nstream\nBT ET\nendstream"}),
        page_file(b"q " * 100_000),
        page_file(b"1e999 nan inf -inf 1_0 --5 +.- cm BT 9999999999999999999 0 0 1 0 0 Tm (a) Tj ET"),
        page_file(b"BT /F 99999999 Tf 1e9 1e9 Td " + b"99999999 0 0 99999999 0 0 cm " * 1000 + b"(a) Tj ET"),
        pdf_file(TREE | {3: b"3 0 R"}),
        pdf_file(TREE | {3: b"4 0 R", 4: b"3 0 R"}),
        page_file(b"BT /F 9 Tf (a) Tj ET", {5: b"<</Subtype/Type0/ToUnicode 7 0 R>>", 7: stream(b"<0> <F> endbfchar")}),
        page_file(b"BT /F 9 Tf (a) Tj ET", {5: b"<</Subtype/Type3/FontMatrix[]/Widths 5 0 R/Encoding 5 0 R>>"}),
    ],
)  # fmt: skip
def test_odd_files_end_in_text_or_in_a_reason(data: bytes) -> None:
    """Numbers that are none, objects that name themselves, fonts without their parts: no other error."""
    with contextlib.suppress(PdfError):
        read_pdf(data)


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes, font: bytes, objects: bytes) -> None:
    """Nothing but a PdfError leaves the reader, whatever is drawn, said of the font or put between the objects."""
    data = page_file(content, {5: b"<<" + font + b">>"}).replace(b"trailer", objects + b"\ntrailer")
    for one in (
        data,
        content,
        page_file(b"BT /F 1 Tf (ab) Tj ET", {5: b"<</ToUnicode 7 0 R" + font + b">>", 7: stream(content)}),
    ):
        with contextlib.suppress(PdfError):
            read_pdf(one)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_changed_reports_are_read_or_refused(data: st.DataObject) -> None:
    """A real file in which some bytes are others."""
    whole = bytearray((PDFS / "browser.pdf").read_bytes())
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=20)):
        whole[place] = byte
    with contextlib.suppress(PdfError):
        read_pdf(bytes(whole))


def test_what_is_unpacked_is_bounded_over_all_streams() -> None:
    """Many streams of half the limit each."""
    unpacker, packed = Unpacker(), zlib.compress(bytes(MOST_UNPACKED_BYTES // 2))
    unpacker.unpack(packed, [("FlateDecode", {})])
    unpacker.unpack(packed, [("FlateDecode", {})])
    with pytest.raises(PdfError, match="when it is unpacked"):
        unpacker.unpack(packed, [("FlateDecode", {})])
