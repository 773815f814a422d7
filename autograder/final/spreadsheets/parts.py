"""The XML files in a spreadsheet's zip, read within limits and without entities."""

from __future__ import annotations

import zipfile
from typing import Never
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from autograder.intake.archives import entry_chunks, entry_fault

MOST_BYTES = 32 << 20  # unpacked, of all files that are read; an export of 400 students has 4 MB
MOST_RATIO = 200  # unpacked to packed size; Moodle's own have up to 40
MOST_ENTRIES = 10_000


class DamagedSpreadsheet(Exception):
    """A spreadsheet is not as its format says, or has more in it than is read."""


class _WithoutEntities(TreeBuilder):
    """Builds a tree; a document type, which alone can define entities, is refused."""

    def doctype(self, *_: object) -> Never:
        """Called by the parser when it meets one."""
        raise DamagedSpreadsheet("it has a document type")


class Parts:
    """The files of a spreadsheet by their names."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise DamagedSpreadsheet("it has too many files in it")
        self._archive = archive
        self._entries = {entry.filename: entry for entry in entries}
        self._left = MOST_BYTES

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return name in self._entries

    def root(self, name: str) -> Element:
        """Return the root element of a file.

        Raises:
            DamagedSpreadsheet: there is no such file, it is too large, or defines entities.
            GrowthError: it grows too much when it is unpacked.
            ParseError: it is no XML.
        """
        if name not in self._entries:
            raise DamagedSpreadsheet(f"there is no {name} in it")
        entry = self._entries[name]
        if fault := entry_fault(entry):
            raise DamagedSpreadsheet(f"{name}: {fault}")
        parser = XMLParser(target=_WithoutEntities())  # noqa: S314 - entities are refused, and the size is bounded
        for chunk in entry_chunks(self._archive, entry, MOST_RATIO):
            self._left -= len(chunk)
            if self._left < 0:
                raise DamagedSpreadsheet(f"more than {MOST_BYTES >> 20} MiB unpacked")
            parser.feed(chunk)
        root: Element = parser.close()
        return root


def local_name(name: str) -> str:
    """Return an element's or attribute's name without its namespace: two of them are in use for ``.xlsx``."""
    return name.rpartition("}")[2]
