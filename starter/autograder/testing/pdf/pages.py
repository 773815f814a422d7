"""The text of a PDF file's pages, in lines: what is drawn, where, and what is a space or a new line between it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.testing.pdf.document import Document
from autograder.testing.pdf.fonts import NO_FONT, Font, read_font
from autograder.testing.pdf.glyphs import UNKNOWN
from autograder.testing.pdf.syntax import FEWER_POINTS, Name, Operator, PdfError, Reader, Value

MOST_DRAWINGS = 5_000  # that are drawn within pages and within each other
MOST_CHARACTERS = 1_000_000
MOST_NESTED = 8
MOST_OPERANDS = 2_000
FEWEST_CHARACTERS = 100  # of a page, before what its figures have in them counts as its text
SPACE_EMS, LINE_EMS = 0.15, 0.4  # a gap that is a space; a step across that is a new line
Matrix = tuple[float, float, float, float, float, float]
SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class PdfText:
    """What can be read of a file.

    Attributes:
        pages: the text of each, a line of the page on a line; hyphens at the ends of lines are as they are.
        unread_share: of the characters, those whose meaning the fonts do not say; 0 where there are none.
    """

    pages: tuple[str, ...]
    unread_share: float = 0.0


def read_pdf(data: bytes) -> PdfText:
    """The text of a file. Nothing of it is run, and time and memory do not go beyond the limits of this package.

    Raises:
        PdfError: it is no whole PDF file, is encrypted, has a program in it, or is larger than the limits allow.
    """
    document = Document(data)
    drawing = _Drawing(document)
    pages = tuple(drawing.page(page.content, page.resources) for page in document.pages())
    characters = sum(len(page) for page in pages)
    return PdfText(pages, sum(page.count(UNKNOWN) for page in pages) / characters if characters else 0.0)


@dataclass
class _Lines:
    """Pieces of text put together to lines, as they are drawn."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    end: tuple[float, float, float, float] | None = None  # direction, place along it and across it, size

    def add(self, text: str, direction: float, along: float, across: float, size: float, width: float) -> None:
        if self.end is not None:
            last_direction, last_along, last_across, last_size = self.end
            em = max(size, last_size, 1e-6)
            gap = along - last_along
            if abs(direction - last_direction) > 0.01 or abs(across - last_across) > LINE_EMS * em or gap < -em:
                self.parts.append("\n")
            elif gap > SPACE_EMS * em and not self.parts[-1].endswith(" ") and not text.startswith(" "):
                self.parts.append(" ")
        self.parts.append(text)
        self.length += len(text)
        self.end = (direction, along + width, across, size)

    def text(self) -> str:
        lines = "".join(self.parts).split("\n")
        return unicodedata.normalize("NFKC", "\n".join(" ".join(line.split()) for line in lines if line.strip()))


@dataclass
class _State:
    """Of text and of the page (8.4, 9.3)."""

    matrix: Matrix = SAME
    font: Font = NO_FONT
    size: float = 1.0
    character_space: float = 0.0
    word_space: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> _State:
        return _State(**vars(self))


class _Drawing:
    """Carries out what pages draw, as far as text goes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._fonts: dict[int, Font] = {}
        self._contents: dict[int, bytes] = {}  # of figures; none where there is no text in one, as in a plot's points
        self._kept: list[Value] = []  # so that no other value gets the id of one
        self._drawings = self._characters = 0

    def page(self, content: bytes, resources: dict[str, Value]) -> str:
        """The text of a page; that of its figures only where there is hardly any other."""
        own, inner = _Lines(), _Lines()
        self._draw(content, resources, _State(), (own, inner), 0)
        return (own if own.length >= FEWEST_CHARACTERS or not inner.length else _both(own, inner)).text()

    def _draw(
        self, content: bytes, resources: dict[str, Value], state: _State, lines: tuple[_Lines, _Lines], depth: int
    ) -> None:
        reader, operands, saved = Reader(content, self._document.meter), list[Value](), list[_State]()
        pen = _Pen(state, lines[min(depth, 1)], self._count_characters)
        while True:
            word = reader.next()
            if not isinstance(word, Operator):
                if len(operands) < MOST_OPERANDS:
                    operands.append(word)
                continue
            if word == "":
                return
            if word == "q" and len(saved) < 200:
                saved.append(pen.state.copy())
            elif word == "Q" and saved:
                pen.state = saved.pop()
            elif word == "BI":
                reader.skip_inline_image()
            elif word == "Tf" and len(operands) >= 2:
                pen.state.font, pen.state.size = self._font(resources, operands[-2]), _float(operands[-1])
            elif word == "Do" and operands:
                self._draw_inner(resources, operands[-1], pen.state, lines, depth)
            else:
                pen.do(word, operands)
            operands = []

    def _draw_inner(
        self, resources: dict[str, Value], name: Value, state: _State, lines: tuple[_Lines, _Lines], depth: int
    ) -> None:
        """A figure, or another part of a page that is drawn by its name (8.10)."""
        document = self._document
        value = document.dictionary(resources.get("XObject")).get(str(name))
        entries = document.dictionary(value)
        if entries.get("Subtype") != "Form":
            return
        content = self._content(value, entries)
        if not content:
            return
        self._drawings += 1
        if depth >= MOST_NESTED or self._drawings > MOST_DRAWINGS:
            raise _too_much("has drawings within drawings without end")
        matrix = [document.number(one) for one in document.array(entries.get("Matrix"))]
        inner = state.copy()
        if len(matrix) == 6:
            inner.matrix = _times((matrix[0], matrix[1], matrix[2], matrix[3], matrix[4], matrix[5]), state.matrix)
        self._draw(
            content,
            document.dictionary(entries.get("Resources")) or resources,
            inner,
            lines,
            depth + 1,
        )

    def _content(self, value: Value, entries: dict[str, Value]) -> bytes:
        """What a figure draws, unpacked once."""
        if id(entries) not in self._contents:
            content = self._document.unpacked(value)
            self._kept.append(entries)
            self._contents[id(entries)] = content if b"T" in content or b"Do" in content else b""
        return self._contents[id(entries)]

    def _font(self, resources: dict[str, Value], name: Value) -> Font:
        value = self._document.dictionary(resources.get("Font")).get(str(name))
        entries = self._document.dictionary(value)
        if id(entries) not in self._fonts:
            self._kept.append(entries)
            self._fonts[id(entries)] = read_font(self._document, value) if entries else NO_FONT
        return self._fonts[id(entries)]

    def _count_characters(self, count: int) -> None:
        self._characters += count
        if self._characters > MOST_CHARACTERS:
            raise _too_much(f"has more than {MOST_CHARACTERS:,} characters")


class _Pen:
    """The text operators of one stream (9.4)."""

    def __init__(self, state: _State, lines: _Lines, count: Callable[[int], None]) -> None:
        self.state, self._lines, self._count = state, lines, count
        self._line = self._text = SAME

    def do(self, name: str, operands: list[Value]) -> None:
        """Carry out an operator; those that do not concern text are passed over."""
        numbers = [_float(one) for one in operands[-6:]]
        state = self.state
        if name == "cm" and len(numbers) == 6:
            state.matrix = _times(_matrix(numbers), state.matrix)
        elif name == "BT":
            self._line = self._text = SAME
        elif name == "Tm" and len(numbers) == 6:
            self._line = self._text = _matrix(numbers)
        elif name in ("Td", "TD") and len(numbers) >= 2:
            if name == "TD":
                state.leading = -numbers[-1]
            self._next_line(numbers[-2], numbers[-1])
        elif name == "T*":
            self._next_line(0.0, -state.leading)
        elif name in ("Tj", "'", '"') and operands:
            if name == '"' and len(numbers) >= 3:
                state.word_space, state.character_space = numbers[-3], numbers[-2]
            if name != "Tj":
                self._next_line(0.0, -state.leading)
            self._show([operands[-1]])
        elif name == "TJ" and operands and isinstance(operands[-1], list):
            self._show(operands[-1])
        elif numbers:
            self._set(name, numbers[-1])

    def _set(self, name: str, number: float) -> None:
        if name == "Tc":
            self.state.character_space = number
        elif name == "Tw":
            self.state.word_space = number
        elif name == "Tz":
            self.state.scale = number / 100
        elif name == "TL":
            self.state.leading = number
        elif name == "Ts":
            self.state.rise = number

    def _next_line(self, right: float, up: float) -> None:
        self._line = self._text = _times((1.0, 0.0, 0.0, 1.0, right, up), self._line)

    def _show(self, parts: list[Value]) -> None:
        state = self.state
        for part in parts:
            if isinstance(part, bytes):
                self._show_string(part)
            elif isinstance(part, int | float):
                self._advance(-_float(part) / 1000 * state.size * state.scale)

    def _show_string(self, data: bytes) -> None:
        state = self.state
        pieces, width = list[str](), 0.0
        for text, ems, is_space in state.font.read(data):
            pieces.append(text)
            width += (ems * state.size + state.character_space + state.word_space * is_space) * state.scale
        text = "".join(pieces).replace("\n", " ")
        self._count(len(data))
        if text:
            a, b, c, d, x, y = _times(self._text, state.matrix)
            stretch = math.hypot(a, b) or 1e-9
            right, up = a / stretch, b / stretch
            x, y = x + c * state.rise, y + d * state.rise
            along, across = x * right + y * up, y * right - x * up
            size = abs(state.size) * math.hypot(c, d)
            self._lines.add(text, math.atan2(up, right), along, across, size, width * stretch)
        self._advance(width)

    def _advance(self, width: float) -> None:
        self._text = _times((1.0, 0.0, 0.0, 1.0, width, 0.0), self._text)


def _both(own: _Lines, inner: _Lines) -> _Lines:
    return _Lines([*own.parts, "\n", *inner.parts])


def _too_much(what: str) -> PdfError:
    return PdfError(what, FEWER_POINTS)


def _float(value: Value) -> float:
    """A number that can be multiplied a few times; 0 for anything else."""
    if isinstance(value, Name | bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        return 0.0
    return float(value)


def _matrix(numbers: list[float]) -> Matrix:
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def _times(one: Matrix, other: Matrix) -> Matrix:
    """The matrix that does ``one`` first; numbers stay within a range that floats hold."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    made = (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
    return made if max(map(abs, made)) < 1e12 else SAME
