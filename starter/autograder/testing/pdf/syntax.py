"""PDF's objects and operators from bytes (ISO 32000-1, 7.2 and 7.3). The bytes are anybody's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

MOST_DEPTH = 50  # of arrays and dictionaries within each other
MOST_TOKENS = 2_000_000  # of one file
SPACE = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*)*+"
TOKEN = re.compile(SPACE + rb"(<<|>>|[\[\]{}<(]|/[^\0\t\n\f\r ()<>\[\]{}/%]*|[^\0\t\n\f\r ()<>\[\]{}/%]+|[>)])")
REFERENCE = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+\d{1,5}[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>\[\]{}/%])")
NUMBER = re.compile(rb"[+-]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})")
NAME_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
IN_STRING = re.compile(rb"[()\\]")
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
OCTAL = re.compile(rb"[0-7]{1,3}")
NOT_HEX = re.compile(rb"[^0-9A-Fa-f]")
END_OF_INLINE_IMAGE = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)")


class PdfError(ValueError):
    """The file cannot be read, or is not to be read.

    Attributes:
        what: is wrong with it; it follows the file's name in a sentence.
        remedy: what its author can do.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


EXPORT_AGAIN = "Export the report as a PDF once more, open it to see that all is there, and send that file."
FEWER_POINTS = "Put drawings with very many points into the report as pictures (PNG), and export it again."


class Name(str):
    """A name: /Type is Name("Type")."""

    __slots__ = ()


class Operator(str):
    """A word that is no value: an operator of a page, "obj", "R"."""

    __slots__ = ()


@dataclass(frozen=True)
class Reference:
    """The number of an object that is elsewhere in the file."""

    number: int


Value: TypeAlias = "bool | int | float | bytes | Name | Operator | Reference | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True)
class Stream:
    """A dictionary and the bytes that belong to it, as they are in the file."""

    entries: dict[str, Value]
    raw: bytes = field(repr=False)


END = Operator("")  # of the bytes
CLOSING = {b"]": Operator("]"), b">>": Operator(">>"), b"}": Operator("}"), b"{": Operator("{")}
WORDS: dict[bytes, Value] = {b"true": True, b"false": False, b"null": None}


class Meter:
    """How many values and operators of one file may still be read; so no file takes longer than some seconds."""

    def __init__(self) -> None:
        self.left = MOST_TOKENS

    def too_much(self) -> PdfError:
        """The error where nothing is left."""
        return PdfError(f"has more than {MOST_TOKENS:,} numbers, names and operators", FEWER_POINTS)


class Reader:
    """Reads one value or operator after the other."""

    def __init__(self, data: bytes, meter: Meter, place: int = 0) -> None:
        self.data, self.meter, self.place = data, meter, place

    def next(self, depth: int = 0) -> Value:
        """The next value or operator; END where there is no more.

        Raises:
            PdfError: arrays or dictionaries are nested too deeply, or the file has too many values.
        """
        self.meter.left -= 1
        if self.meter.left < 0:
            raise self.meter.too_much()
        match = TOKEN.match(self.data, self.place)
        if match is None:
            self.place = len(self.data)
            return END
        token, self.place = match[1], match.end()
        first = token[:1]
        if first == b"/":
            return _name(token)
        if token == b"(":
            return self._string()
        if token == b"<":
            return self._hex()
        if token in (b"[", b"<<"):
            if depth >= MOST_DEPTH:
                raise PdfError(f"has values that are nested more than {MOST_DEPTH} deep", EXPORT_AGAIN)
            return self._array(depth) if token == b"[" else self._dictionary(depth)
        if first in b"0123456789+-.":
            return self._number(token, match.start(1))
        if token in WORDS:
            return WORDS[token]
        return CLOSING.get(token) or Operator(token[:40].decode("latin-1"))

    def skip_inline_image(self) -> None:
        """Go on after the image whose BI was read."""
        match = END_OF_INLINE_IMAGE.search(self.data, self.place)
        self.place = match.end() if match else len(self.data)

    def _number(self, token: bytes, start: int) -> Value:
        if token.isdigit() and (match := REFERENCE.match(self.data, start)):
            self.place = match.end()
            return Reference(int(match[1]))
        if not NUMBER.fullmatch(token):
            return Operator(token[:40].decode("latin-1"))
        return float(token) if b"." in token else int(token)

    def _array(self, depth: int) -> list[Value]:
        found: list[Value] = []
        while True:
            value = self.next(depth + 1)
            if isinstance(value, Operator):
                if value in ("", "]"):
                    return found
                continue  # a word that is not known
            found.append(value)

    def _dictionary(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while True:
            key = self.next(depth + 1)
            if isinstance(key, Operator) and key in ("", ">>"):
                return found
            if not isinstance(key, Name):
                continue
            value = self.next(depth + 1)
            if isinstance(value, Operator):
                if value in ("", ">>"):
                    return found
                continue
            found[str(key)] = value

    def _string(self) -> bytes:
        parts: list[bytes] = []
        depth, start = 1, self.place
        while match := IN_STRING.search(self.data, self.place):
            sign, self.place = match[0], match.end()
            self.meter.left -= 1
            if self.meter.left < 0:
                raise self.meter.too_much()
            if sign == b"\\":
                parts.append(self.data[start : match.start()])
                parts.append(self._escape())
                start = self.place
            elif sign == b"(":
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    parts.append(self.data[start : match.start()])
                    return b"".join(parts)
        self.place = len(self.data)
        return b"".join([*parts, self.data[start:]])

    def _escape(self) -> bytes:
        if octal := OCTAL.match(self.data, self.place):
            self.place = octal.end()
            return bytes([int(octal[0], 8) & 255])
        sign = self.data[self.place : self.place + 1]
        self.place += 1
        if sign == b"\r":
            self.place += self.data[self.place : self.place + 1] == b"\n"
            return b""
        return b"" if sign == b"\n" else ESCAPES.get(sign, sign)

    def _hex(self) -> bytes:
        end = self.data.find(b">", self.place)
        end = end if end >= 0 else len(self.data)
        digits = NOT_HEX.sub(b"", self.data[self.place : end])
        self.place = end + 1
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _name(token: bytes) -> Name:
    plain = NAME_CODE.sub(lambda match: bytes([int(match[1], 16)]), token[1:201])
    return Name(plain.decode("latin-1"))
