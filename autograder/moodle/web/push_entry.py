"""What became of one mark in a push or an undo."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sent(StrEnum):
    """What became of one mark."""

    SENT = "sent"
    PART = "sent without its files"
    ALREADY = "already there"
    WOULD = "would be sent"
    CONFLICT = "changed in Moodle"
    HELD = "held"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True)
class PushEntry:
    """One participant's."""

    key: str
    name: str
    result: Sent
    why: str = ""
