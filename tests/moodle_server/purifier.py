"""What Moodle leaves of a comment's HTML when it is shown: a model of its cleaning, for the test double."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

# fmt: off
_KEPT = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "code", "table", "thead", "tbody", "tfoot", "tr", "th", "td",
    "ul", "ol", "li", "blockquote", "hr", "br", "b", "i", "em", "strong", "u", "s", "sub", "sup", "del", "ins",
    "kbd", "span", "div", "a", "img", "small", "dl", "dt", "dd",
}
# fmt: on
_SILENT = {"script", "style", "iframe"}
_VOID = {"hr", "br", "img"}
_ATTRIBUTES = {"id", "class", "scope", "href", "target", "title", "colspan", "rowspan", "style", "alt", "src", "border"}
_STYLES = {"color", "background-color", "text-align", "font-family", "white-space", "width", "font-weight"}
_COLOURS = {"red": "#FF0000", "green": "#008000", "blue": "#0000FF", "black": "#000000", "white": "#FFFFFF"}


def purify(html: str) -> str:
    """Return the HTML as ``mod_assign_get_submission_status`` gives it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.out).replace("\n", "<br />\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        if self.silent or tag not in _KEPT:
            return
        values = {name: value or "" for name, value in attrs if name in _ATTRIBUTES}
        if tag == "img" and values.get("src", "data:").startswith("data:"):
            return
        if values.get("href", "").strip().lower().startswith("javascript:"):
            values.pop("href")
        if "target" in values:
            values["rel"] = "noreferrer noopener"
        if "style" in values:
            values["style"] = _style(values["style"])
        inside = "".join(f' {name}="{escape(value)}"' for name, value in values.items() if value)
        self.out.append(f"<{tag}{inside}{' /' if tag in _VOID else ''}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif not self.silent and tag in _KEPT and tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(escape(data, quote=False))


def _style(text: str) -> str:
    kept = []
    for part in text.split(";"):
        name, _, value = part.partition(":")
        if name.strip() in _STYLES:
            kept.append(f"{name.strip()}:{_COLOURS.get(value.strip(), value.strip())};")
    return re.sub(r"\s+", " ", "".join(kept))
