"""A class by what went wrong, by what holds marks, and by equal files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.report.classrow import ClassRow
from autograder.report.owncauses import OwnCause

_RUBRIC = re.compile(r"rubric: .* has not been marked")
RUBRIC_NOT_FILLED_IN = "rubric not filled in"


@dataclass(frozen=True)
class Cause:
    """Why several students lost points."""

    text: str
    tests: tuple[str, ...]
    lost_points: float
    rows: tuple[ClassRow, ...]


def class_causes(rows: Sequence[ClassRow]) -> list[Cause]:
    """Causes over the class, by the points that they cost, the costliest first."""
    found: dict[str, list[tuple[ClassRow, OwnCause]]] = {}
    for row in rows:
        for cause in row.causes:
            found.setdefault(cause.text, []).append((row, cause))
    causes = [
        Cause(
            text,
            tuple(dict.fromkeys(name for _, cause in pairs for name in cause.tests)),
            sum(cause.lost_points for _, cause in pairs),
            tuple(row for row, _ in pairs),
        )
        for text, pairs in found.items()
    ]
    return sorted(causes, key=lambda cause: (-cause.lost_points, -len(cause.rows), cause.text))


def held_groups(rows: Sequence[ClassRow]) -> list[tuple[str, tuple[ClassRow, ...]]]:
    """Held marks by reason, the most frequent first; what the rubric lacks is one reason."""
    found: dict[str, list[ClassRow]] = {}
    for row in rows:
        for reason in dict.fromkeys(RUBRIC_NOT_FILLED_IN if _RUBRIC.fullmatch(it) else it for it in row.held):
            found.setdefault(reason, []).append(row)
    return sorted(((reason, tuple(who)) for reason, who in found.items()), key=lambda it: (-len(it[1]), it[0]))


def equal_files(rows: Sequence[ClassRow]) -> list[tuple[str, tuple[ClassRow, ...]]]:
    """Required files that several students sent with the same contents, apart from those that nobody has changed."""
    found: dict[tuple[str, str], list[ClassRow]] = {}
    for row in rows:
        for path, sha256 in row.own_files:
            found.setdefault((path, sha256), []).append(row)
    return [(path, tuple(who)) for (path, _), who in sorted(found.items()) if len(who) > 1]
