"""PDF files from objects, good and hostile ones."""

from __future__ import annotations

import zlib

TREE = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"}
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def stream(data: bytes, entries: bytes = b"", *, pack: bool = True) -> bytes:
    """A stream, packed by Flate."""
    packed = zlib.compress(data) if pack else data
    kind = b"/Filter/FlateDecode" if pack else b""
    return b"<<%s%s/Length %d>>\nstream\n%s\nendstream" % (kind, entries, len(packed), packed)


def pdf_file(objects: dict[int, bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A file of these objects; its table of places is left out, which readers of damaged files allow for."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, value) for number, value in objects.items())
    return b"%PDF-1.7\n" + body + b"trailer\n<<" + trailer + b">>\nstartxref\n0\n%%EOF\n"


def page_file(content: bytes, more: dict[int, bytes] | None = None, resources: bytes = b"") -> bytes:
    """A file of one page that draws ``content`` with the font F."""
    page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>" % resources
    return pdf_file(TREE | {3: page, 4: stream(content), 5: FONT} | (more or {}))


def text_file(*lines: str) -> bytes:
    """A file with these lines of text."""
    shown = b"".join(b"(%s) Tj T*\n" % line.encode("cp1252") for line in lines)
    return page_file(b"BT /F 11 Tf 14 TL 50 800 Td\n%sET" % shown)
