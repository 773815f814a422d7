"""A PDF file's objects and pages (ISO 32000-1, 7.5 and 7.7).

The table of the objects' places is not used: every object is found by its first line, and the last one of a number
counts, as it does after a change that was saved at the end of the file. So a wrong table, or one that leads in circles,
is no special case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.testing.pdf.filters import Unpacker
from autograder.testing.pdf.syntax import (
    EXPORT_AGAIN,
    FEWER_POINTS,
    Meter,
    Name,
    Operator,
    PdfError,
    Reader,
    Reference,
    Stream,
    Value,
)

MOST_FILE_BYTES = 20 << 20
MOST_OBJECTS = 100_000
MOST_PAGES = 500
MOST_STEPS = 20  # from a reference to a reference
HEADER_BYTES, END_BYTES = 1024, 2048
OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj(?![A-Za-z])")
END_OF_OBJECT = re.compile(rb"endobj|stream\r?\n|stream\r")
TRAILER = re.compile(rb"trailer[\0\t\n\f\r ]*(?=<<)")
ACTIVE = frozenset({"JavaScript", "JS", "Launch", "EmbeddedFiles", "EmbeddedFile", "RichMedia", "XFA", "SubmitForm"})
ACTIVE_NAME = re.compile(rb"/(?:" + b"|".join(name.encode() for name in sorted(ACTIVE)) + rb")(?![A-Za-z])")
WITH_CODES = re.compile(rb"/[A-Za-z]*#")  # a name that is not written out


@dataclass(frozen=True)
class Page:
    """What a page draws, and what it draws with."""

    content: bytes
    resources: dict[str, Value]


@dataclass(frozen=True)
class _Place:
    """Where an object is: in the file, or in an object stream.

    Attributes:
        start: of its value, within ``data``.
        raw: of its stream, None where it has none.
    """

    data: bytes
    start: int
    raw: tuple[int, int] | None = None


class Document:
    """The objects of one file.

    Raises:
        PdfError: it is no whole PDF file, is encrypted, has a program in it, or more than the limits allow.
    """

    def __init__(self, data: bytes) -> None:
        if not data.strip():
            raise PdfError("is empty", EXPORT_AGAIN)
        if len(data) > MOST_FILE_BYTES:
            words = "Make the figures smaller: drawings with fewer points, pictures with fewer pixels."
            raise PdfError(f"has more than {MOST_FILE_BYTES >> 20} MiB", words)
        if b"%PDF-" not in data[:HEADER_BYTES]:
            raise PdfError("is no PDF file: it does not begin with %PDF-", EXPORT_AGAIN)
        if b"%%EOF" not in data[-END_BYTES:]:
            raise PdfError("is cut: its end is missing", EXPORT_AGAIN)
        self._data, self._unpacker, self.meter = data, Unpacker(), Meter()
        self._places: dict[int, _Place] = {}
        self._made: dict[int, Value | Stream] = {}
        self._trailers: list[dict[str, Value]] = []
        self._count = 0
        self._find_objects()
        self._refuse()

    def pages(self) -> list[Page]:
        """The pages in their order.

        Raises:
            PdfError: there is none, there are too many, or the tree of pages leads in circles.
        """
        found = [self._page(node, resources) for node, resources in self._leaves()]
        if not found:
            raise PdfError("has no pages", EXPORT_AGAIN)
        return found

    def value(self, value: Value | Stream) -> Value | Stream:
        """The value that a reference is to; any other value as it is."""
        for _ in range(MOST_STEPS):
            if not isinstance(value, Reference):
                return value
            value = self._object(value.number)
        return None

    def dictionary(self, value: Value | Stream) -> dict[str, Value]:
        """A dictionary, or that of a stream; empty where it is none."""
        found = self.value(value)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}

    def array(self, value: Value | Stream) -> list[Value]:
        """An array; empty where it is none."""
        found = self.value(value)
        return found if isinstance(found, list) else []

    def number(self, value: Value | Stream, otherwise: float = 0.0) -> float:
        """A number, or another one where it is none or very large."""
        found = self.value(value)
        is_number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e9
        return float(found) if is_number else otherwise  # type: ignore[arg-type]  # it is a number

    def unpacked(self, value: Value | Stream) -> bytes:
        """The bytes of a stream; empty where it is none."""
        stream = self.value(value)
        if not isinstance(stream, Stream):
            return b""
        names = self.value(stream.entries.get("Filter", stream.entries.get("F")))
        parameters = self.value(stream.entries.get("DecodeParms", stream.entries.get("DP")))
        all_names = names if isinstance(names, list) else [names] if isinstance(names, Name) else []
        all_parameters = parameters if isinstance(parameters, list) else [parameters]
        filters = []
        for place, name in enumerate(all_names):
            given = self.dictionary(all_parameters[place] if place < len(all_parameters) else None)
            filters.append((str(self.value(name)), {key: int(self.number(one)) for key, one in given.items()}))
        return self._unpacker.unpack(stream.raw, filters)

    def _find_objects(self) -> None:
        place = 0
        while match := OBJECT.search(self._data, place):
            self._add(int(match[1]), _Place(self._data, match.end()))
            place = self._end_of(int(match[1]), match.end())
        for found in list(TRAILER.finditer(self._data))[-10:]:
            trailer = Reader(self._data, self.meter, found.end()).next()
            if isinstance(trailer, dict):
                self._trailers.append(trailer)

    def _add(self, number: int, place: _Place) -> None:
        self._count += 1
        if self._count > MOST_OBJECTS:
            raise PdfError(f"has more than {MOST_OBJECTS:,} objects", FEWER_POINTS)
        self._places[number] = place
        self._made.pop(number, None)

    def _end_of(self, number: int, start: int) -> int:
        """Where the next object can begin; on the way, what the object says about the file is kept."""
        found = END_OF_OBJECT.search(self._data, start)
        if found is None:
            return len(self._data)
        self._refuse_active(self._data[start : found.start()])
        if found[0] == b"endobj":
            return found.end()
        head = Reader(self._data, self.meter, start).next()
        if not isinstance(head, dict):
            return found.end()
        length = head.get("Length")
        end = found.end() + length if isinstance(length, int) and length >= 0 else -1
        if end < 0 or not self._data[end : end + 12].lstrip().startswith(b"endstream"):
            end = self._data.find(b"endstream", found.end())
            end = end if end >= 0 else len(self._data)
        self._places[number] = _Place(self._data, start, (found.end(), end))
        if head.get("Type") == "XRef":
            self._trailers.append(head)
        elif head.get("Type") == "ObjStm":
            self._add_inner(Reference(number))
        return end

    def _add_inner(self, reference: Reference) -> None:
        """The objects of an object stream (7.5.7): pairs of number and place, then the values."""
        entries, data = self.dictionary(reference), self.unpacked(reference)
        first, reader = int(self.number(entries.get("First"))), Reader(data, self.meter)
        self._refuse_active(data)
        for _ in range(min(int(self.number(entries.get("N"))), MOST_OBJECTS + 1)):
            number, place = reader.next(), reader.next()
            if type(number) is not int or type(place) is not int:
                return
            self._add(number, _Place(data, first + place))

    def _object(self, number: int) -> Value | Stream:
        if number not in self._made:
            place = self._places.get(number)
            made: Value | Stream = None
            if place is not None:
                value = Reader(place.data, self.meter, place.start).next()
                made = None if isinstance(value, Operator) else value
                if place.raw is not None and isinstance(made, dict):
                    made = Stream(made, place.data[slice(*place.raw)])
            self._made[number] = made
        return self._made[number]

    def _refuse(self) -> None:
        if any(self.value(trailer.get("Encrypt")) is not None for trailer in self._trailers):
            words = "Export it without a password and without restrictions on printing or copying."
            raise PdfError("is encrypted", words)
        if not self._places:
            raise PdfError("has no objects in it: it is no whole PDF file", EXPORT_AGAIN)

    def _refuse_active(self, head: bytes) -> None:
        if WITH_CODES.search(head):
            head = re.sub(rb"#([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), head)
        if found := ACTIVE_NAME.search(head):
            what = f"has something in it that can run or holds another file ({found[0].decode()[1:]})"
            raise PdfError(what, "Export it as a plain PDF: without forms, scripts, films and attached files.")

    def _leaves(self) -> Iterator[tuple[dict[str, Value], Value]]:
        """Each page of the tree with the resources that it has or inherits (7.7.3)."""
        roots = [self.dictionary(trailer.get("Root")) for trailer in self._trailers]
        trees = [root["Pages"] for root in roots if "Pages" in root]
        waiting: list[tuple[Value, Value]] = [(trees[-1], None)] if trees else []
        seen: set[int] = set()
        count = 0
        while waiting:
            node, resources = waiting.pop()
            if isinstance(node, Reference):
                if node.number in seen:
                    raise PdfError("has pages that lead in circles", EXPORT_AGAIN)
                seen.add(node.number)
            entries = self.dictionary(node)
            resources = entries.get("Resources", resources)
            kids = self.array(entries.get("Kids"))
            if kids:
                waiting += [(kid, resources) for kid in reversed(kids)]
            elif entries.get("Type") != "Pages" and entries:
                count += 1
                if count > MOST_PAGES:
                    raise PdfError(f"has more than {MOST_PAGES} pages", EXPORT_AGAIN)
                yield entries, resources

    def _page(self, entries: dict[str, Value], resources: Value) -> Page:
        contents = self.value(entries.get("Contents"))
        streams = contents if isinstance(contents, list) else [entries.get("Contents")]
        return Page(b"\n".join(self.unpacked(one) for one in streams), self.dictionary(resources))
