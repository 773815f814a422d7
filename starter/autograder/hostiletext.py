"""Text of students made fit to be shown: nothing in it moves a cursor, hides, or turns other text round."""

from __future__ import annotations

import re
import unicodedata

from autograder.model import Finding, FindingKind

ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")  # colours, titles, links
LINE_ENDS = re.compile("\r\n|\r")
JOINERS = "\u200c\u200d"  # Persian names and joined emoji need them
STACKED_MARKS = 4  # more accents on one letter would run over the lines above


def visible(text: str, *, limit: int | None = None) -> str:
    r"""The text with every control, bidirectional, invisible or lone surrogate character spelt out, as ``<U+202E>``.

    Line ends become ``\n``; tabs stay. Terminal escape sequences are left out.

    Args:
        text: whatever a student wrote or printed.
        limit: characters to keep; the rest is counted in words.
    """
    if text.isascii() and text.isprintable() and (limit is None or len(text) <= limit):
        return text  # nearly all that a report holds
    dropped = 0
    if limit is not None and len(text) > limit:
        text, dropped = text[:limit], len(text) - limit
    text = LINE_ENDS.sub("\n", ESCAPE_SEQUENCE.sub("", text))
    if not (text.isascii() and text.replace("\n", "").replace("\t", "").isprintable()):
        text = _spelt_out(text)
    return f"{text} … and {dropped:,} more characters" if dropped else text


def visible_line(text: str, *, limit: int | None = None) -> str:
    """The same on one line."""
    return " ".join(visible(text, limit=limit).split())


def short_line(text: str, limit: int = 80) -> str:
    """The same on one line of at most ``limit`` characters; the middle of a longer text is left out."""
    line = visible_line(text)
    return line if len(line) <= limit else line[: limit // 2] + "…" + line[len(line) - (limit - limit // 2 - 1) :]


def _spelt_out(text: str) -> str:
    pieces: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > STACKED_MARKS:
            continue
        hidden = category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character not in "\n\t" + JOINERS
        pieces.append(f"<U+{ord(character):04X}>" if hidden else character)
    return "".join(pieces)


def finding_lines(finding: Finding) -> list[str]:
    """Message and detail of a public test's finding; an exception's own text includes the message."""
    own_words = finding.kind is FindingKind.EXCEPTION and finding.detail
    lines = [finding.detail] if own_words else [finding.message, finding.detail]
    return [visible(line, limit=2000) for line in lines if line]
