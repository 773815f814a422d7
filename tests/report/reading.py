"""Read HTML as a browser does, far enough to see tags, attributes and text."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.ids: list[str] = []
        self.comments: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and its attributes."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        self.ids += [str(value) for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """Keep the comment."""
        self.comments.append(data)


def read(page: str) -> Reader:
    """The page taken apart."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def dangerous_characters(text: str) -> set[str]:
    """Control, direction and other invisible characters, and lone surrogates."""
    allowed = "\n\t\u200c\u200d"
    return {it for it in text if unicodedata.category(it) in ("Cc", "Cf", "Cs", "Zl", "Zp") and it not in allowed}
