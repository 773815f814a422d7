"""The bytes of a stream, unpacked (ISO 32000-1, 7.4), within a limit for the whole file."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

import numpy as np

from autograder.testing.pdf.syntax import EXPORT_AGAIN, FEWER_POINTS, PdfError

MOST_UNPACKED_BYTES = 64 << 20
MOST_SLOW_BYTES = 4 << 20  # that are unpacked byte by byte
MOST_FILTERS = 4
PICTURES = frozenset({"DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode"})
SHORT = {"Fl": "FlateDecode", "LZW": "LZWDecode", "A85": "ASCII85Decode", "AHx": "ASCIIHexDecode"}
WHITE = re.compile(rb"[\0\t\n\f\r ]")
LZW_CLEAR, LZW_END = 256, 257
LZW_WIDEST_BITS = 12


class Unpacker:
    """Unpacks the streams of one file; all of them together have at most MOST_UNPACKED_BYTES."""

    def __init__(self) -> None:
        self._left_bytes, self._left_slow_bytes = MOST_UNPACKED_BYTES, MOST_SLOW_BYTES

    def unpack(self, raw: bytes, filters: list[tuple[str, dict[str, int]]]) -> bytes:
        """The bytes after all filters; nothing of a picture, whose bytes are never looked at.

        Raises:
            PdfError: there are more bytes than allowed, or too many filters.
        """
        if len(filters) > MOST_FILTERS:
            raise PdfError(f"has a stream with more than {MOST_FILTERS} filters", EXPORT_AGAIN)
        data = raw
        for name, parameters in filters:
            data = self._unpack(data, SHORT.get(name, name), parameters)
        return data

    def _unpack(self, data: bytes, name: str, parameters: dict[str, int]) -> bytes:
        if name == "FlateDecode":
            return self._unpredicted(self._spend(self._flate(data)), parameters)
        if name == "LZWDecode":
            self._spend_slowly(len(data))
            return self._unpredicted(self._spend(self._lzw(data, parameters.get("EarlyChange", 1))), parameters)
        if name == "ASCII85Decode":
            return self._spend(_ascii85(data))
        if name == "ASCIIHexDecode":
            digits = re.sub(rb"[^0-9A-Fa-f]", b"", data.partition(b">")[0])
            return self._spend(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")))
        return b""  # a picture, or a filter that nothing uses for text

    def _spend(self, data: bytes) -> bytes:
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise self._too_much()
        return data

    def _spend_slowly(self, count: int) -> None:
        self._left_slow_bytes -= count
        if self._left_slow_bytes < 0:
            raise PdfError(f"has more than {MOST_SLOW_BYTES >> 20} MiB that are packed in old ways", EXPORT_AGAIN)

    def _unpredicted(self, data: bytes, parameters: dict[str, int]) -> bytes:
        """Rows as they were before each was written as a difference to its neighbours (PNG's; TIFF's are rare)."""
        if parameters.get("Predictor", 1) < 10:
            return data
        self._spend_slowly(len(data))
        bits = parameters.get("Colors", 1) * parameters.get("BitsPerComponent", 8)
        width = (parameters.get("Columns", 1) * bits + 7) // 8
        step = max(1, bits // 8)
        if not 1 <= width <= 1 << 16 or step > 64:
            return b""
        above = np.zeros(width, np.uint8)
        rows: list[bytes] = []
        for start in range(0, len(data) - width, width + 1):
            kind, row = data[start], np.frombuffer(data, np.uint8, width, start + 1).copy()
            if kind == 2:
                row += above
            elif kind in (1, 3, 4):
                _by_neighbours(kind, row, above, step)
            above = row
            rows.append(row.tobytes())
        return b"".join(rows)

    def _too_much(self) -> PdfError:
        return PdfError(
            f"has more than {MOST_UNPACKED_BYTES >> 20} MiB when it is unpacked",
            FEWER_POINTS,
        )

    def _flate(self, data: bytes) -> bytes:
        """As far as it can be unpacked: a checksum that is wrong at the end costs nothing."""
        unpacker, parts = zlib.decompressobj(), list[bytes]()
        size, rest = 0, data
        try:
            while rest and not unpacker.eof:
                part = unpacker.decompress(rest, 1 << 20)
                rest = unpacker.unconsumed_tail
                parts.append(part)
                size += len(part)
                if size > self._left_bytes:
                    raise self._too_much()
                if not part and not rest:
                    break
        except zlib.error:
            pass
        return b"".join(parts)

    def _lzw(self, data: bytes, early: int) -> bytes:
        """LZW with codes of 9 to 12 bits, the highest bit first."""
        table = [bytes([code]) for code in range(256)] + [b"", b""]
        parts, before, size = list[bytes](), b"", 0
        held, held_bits, width = 0, 0, 9
        for byte in data:
            held, held_bits = (held << 8 | byte) & 0xFFFFFFFF, held_bits + 8
            if held_bits < width:
                continue
            held_bits -= width
            code = (held >> held_bits) & ((1 << width) - 1)
            if code == LZW_END:
                break
            if code == LZW_CLEAR:
                del table[258:]
                before, width = b"", 9
                continue
            if code < len(table):
                part = table[code]
            elif before:
                part = before + before[:1]
            else:
                break
            if before and len(table) < 1 << LZW_WIDEST_BITS:
                table.append(before + part[:1])
            parts.append(part)
            before, size = part, size + len(part)
            if size > self._left_bytes:
                raise self._too_much()
            if len(table) + early >= 1 << width and width < LZW_WIDEST_BITS:
                width += 1
        return b"".join(parts)


def _ascii85(data: bytes) -> bytes:
    text = WHITE.sub(b"", data).removeprefix(b"<~").partition(b"~")[0]
    try:
        return base64.a85decode(text)
    except (ValueError, binascii.Error):
        return b""


def _by_neighbours(kind: int, row: np.ndarray, above: np.ndarray, step: int) -> None:
    for place in range(len(row)):
        left = int(row[place - step]) if place >= step else 0
        up = int(above[place])
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            corner = int(above[place - step]) if place >= step else 0
            guess = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
        row[place] = (int(row[place]) + guess) & 255
