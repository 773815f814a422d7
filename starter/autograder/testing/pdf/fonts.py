"""What the codes of a font mean, and how wide its glyphs are (ISO 32000-1, 9.5 to 9.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.testing.pdf.document import Document
from autograder.testing.pdf.glyphs import UNKNOWN, character
from autograder.testing.pdf.syntax import Meter, Name, Operator, Reader, Value

MOST_CODES = 70_000  # with a meaning or a width, in one font
ENCODINGS = {"WinAnsiEncoding": "cp1252", "MacRomanEncoding": "mac_roman"}
STANDARD_DIFFERENCES = {0x27: "’", 0x60: "‘", 0xAE: "fi", 0xAF: "fl", 0xB1: "–", 0xD0: "—", 0xAA: "“", 0xBA: "”"}
PUT = re.compile(rb"dup\s+(\d{1,3})\s*/(\S{1,60})\s+put")
OF_BITMAPS = re.compile(r"[a-z]\d{1,3}")
CORK = {
    16: "“", 17: "”", 18: "„", 19: "«", 20: "»", 21: "–", 22: "—", 23: " ", 27: "ff", 28: "fi", 29: "fl", 30: "ffi",
    31: "ffl", 32: " ", 39: "’", 96: "‘", 127: "-", 215: "Œ", 223: "SS", 247: "œ", 255: "ß",
}  # fmt: skip
USUAL_WIDTH, COURIER_WIDTH = 0.5, 0.6  # of an em, where a font does not say
SMALL, LARGE = 1, 2  # bytes of a code


@dataclass(frozen=True)
class Font:
    """How to read the strings of one font.

    Attributes:
        code_bytes: of a code: 1 or 2.
        meanings: of codes; a code without one has ``plain``'s, or none.
        plain: of the 256 codes of a small font.
        widths: in ems, by code.
        usual_width: of the codes that ``widths`` lacks.
    """

    code_bytes: int
    meanings: dict[int, str]
    plain: tuple[str, ...]
    widths: dict[int, float]
    usual_width: float

    def read(self, data: bytes) -> Iterator[tuple[str, float, bool]]:
        """Text, width in ems, and whether it is the code of a word space (9.3.3), for each code."""
        step = self.code_bytes
        for place in range(0, len(data) - step + 1, step):
            code = data[place] if step == SMALL else data[place] << 8 | data[place + 1]
            meaning = self.meanings.get(code)
            if meaning is None:
                meaning = self.plain[code] if code < len(self.plain) else UNKNOWN
            yield meaning, self.widths.get(code, self.usual_width), step == SMALL and code == 32


NO_FONT = Font(SMALL, {}, tuple(bytes([code]).decode("latin-1") for code in range(256)), {}, USUAL_WIDTH)


def read_font(document: Document, value: Value) -> Font:
    """The font of a page's resources."""
    entries = document.dictionary(value)
    unicode_map = _unicode_map(document.unpacked(entries.get("ToUnicode")), document.meter)
    if entries.get("Subtype") == "Type0":
        return _large_font(document, entries, unicode_map)
    scale = 0.001
    if entries.get("Subtype") == "Type3":
        matrix = document.array(entries.get("FontMatrix"))
        scale = abs(document.number(matrix[0])) if matrix else scale
    descriptor = document.dictionary(entries.get("FontDescriptor"))
    first = int(document.number(entries.get("FirstChar")))
    widths = document.array(entries.get("Widths"))[:256]
    usual = COURIER_WIDTH if "Courier" in str(entries.get("BaseFont")) else USUAL_WIDTH
    if widths:
        usual = scale * document.number(descriptor.get("MissingWidth"))
    return Font(
        SMALL,
        unicode_map,
        _small_encoding(document, entries, descriptor),
        {first + place: scale * document.number(width) for place, width in enumerate(widths)},
        usual,
    )


def _large_font(document: Document, entries: dict[str, Value], unicode_map: dict[int, str]) -> Font:
    """A font with codes of two bytes, which are its glyphs' numbers (Identity-H), as all current programs write it."""
    fonts = document.array(entries.get("DescendantFonts"))
    inner = document.dictionary(fonts[0]) if fonts else {}
    widths: dict[int, float] = {}
    row = [document.value(one) for one in document.array(inner.get("W"))[:MOST_CODES]]
    place = 0
    while place + 1 < len(row) and len(widths) < MOST_CODES:
        first, second = row[place], row[place + 1]
        if not isinstance(first, int):
            break
        if isinstance(second, list):
            widths |= {first + at: 0.001 * document.number(one) for at, one in enumerate(second[:MOST_CODES])}
            place += 2
        elif isinstance(second, int) and place + 2 < len(row):
            width = 0.001 * document.number(row[place + 2])
            widths |= dict.fromkeys(range(first, min(second, first + MOST_CODES) + 1), width)
            place += 3
        else:
            break
    return Font(LARGE, unicode_map, (), widths, 0.001 * document.number(inner.get("DW"), 1000.0))


def _small_encoding(document: Document, entries: dict[str, Value], descriptor: dict[str, Value]) -> tuple[str, ...]:
    """The characters of the 256 codes: the named encoding, or the font program's own, and the differences from it."""
    encoding = document.value(entries.get("Encoding"))
    base = encoding.get("BaseEncoding") if isinstance(encoding, dict) else encoding
    codec = ENCODINGS.get(str(base)) if isinstance(base, Name) else None
    found = [bytes([code]).decode(codec or "latin-1", "replace") for code in range(256)]
    if codec is None:
        for code, sign in STANDARD_DIFFERENCES.items():
            found[code] = sign
        program = document.unpacked(descriptor.get("FontFile"))
        for number, name in PUT.findall(program.partition(b"eexec")[0]):
            if int(number) < 256:
                found[int(number)] = character(name.decode("latin-1"))
    code = 0
    for value in document.array(encoding.get("Differences")) if isinstance(encoding, dict) else []:
        if isinstance(value, int):
            code = value
        elif isinstance(value, Name):
            if 0 <= code < 256:
                found[code] = _cork(code) if OF_BITMAPS.fullmatch(value) else character(value)
            code += 1
    return tuple(found)


def _cork(code: int) -> str:
    """LaTeX's T1 encoding: its bitmap fonts have numbers in place of names, /a65."""
    return CORK.get(code) or bytes([code]).decode("latin-1")


def _unicode_map(data: bytes, meter: Meter) -> dict[int, str]:
    """Meanings of codes as a ToUnicode table gives them (9.10.3)."""
    found: dict[int, str] = {}
    reader, operands = Reader(data, meter), list[Value]()
    while len(found) < MOST_CODES:
        word = reader.next()
        if not isinstance(word, Operator):
            operands.append(word)
            continue
        if word == "":
            break
        if word == "endbfchar":
            for code, text in zip(operands[0::2], operands[1::2], strict=False):
                if isinstance(code, bytes) and isinstance(text, bytes):
                    found[int.from_bytes(code[:4])] = _utf16(text)
        elif word == "endbfrange":
            for low, high, text in zip(operands[0::3], operands[1::3], operands[2::3], strict=False):
                if isinstance(low, bytes) and isinstance(high, bytes):
                    _add_range(found, int.from_bytes(low[:4]), int.from_bytes(high[:4]), text)
        operands = []
    return found


def _add_range(found: dict[int, str], low: int, high: int, text: Value) -> None:
    codes = range(low, min(high, low + 0xFFFF) + 1)
    if isinstance(text, list):
        found |= {code: _utf16(one) for code, one in zip(codes, text, strict=False) if isinstance(one, bytes)}
    elif isinstance(text, bytes) and len(text) >= 2:
        last = int.from_bytes(text[-2:])
        for code in codes[: MOST_CODES - len(found)]:
            found[code] = _utf16(text[:-2] + ((last + code - low) & 0xFFFF).to_bytes(2))


def _utf16(data: bytes) -> str:
    return data[:64].decode("utf-16-be", "replace") if len(data) > 1 else data.decode("latin-1")
