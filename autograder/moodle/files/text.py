"""Hostile text made fit for a terminal."""

from __future__ import annotations


def printable(text: str, limit: int = 80) -> str:
    """Return the text in one line, without control or direction characters, its middle cut out if it is long."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return plain if len(plain) <= limit else plain[: limit // 2] + "…" + plain[-limit // 2 :]
