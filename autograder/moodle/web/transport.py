"""How values are written for PHP, and what a header says: no request is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

Argument: TypeAlias = "str | int | float | bool | Sequence[Argument] | Mapping[str, Argument]"


def bracketed(arguments: Mapping[str, Argument]) -> dict[str, str]:
    """Return arguments in PHP's form: ``grades[0][userid]``; booleans as 0 and 1."""
    flat: dict[str, str] = {}

    def walk(name: str, value: Argument) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{name}[{key}]", inner)
        elif isinstance(value, bool):
            flat[name] = str(int(value))
        elif isinstance(value, str | int | float):
            flat[name] = str(value)
        else:
            for place, inner in enumerate(value):
                walk(f"{name}[{place}]", inner)

    for name, value in arguments.items():
        walk(name, value)
    return flat


def retry_after_seconds(header: str, now: datetime | None = None) -> float:
    """Return how long a ``Retry-After`` header asks to wait: seconds, or until a date; 0 for any other text."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - (now or datetime.now(UTC))).total_seconds(), 0.0)
