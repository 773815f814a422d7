"""What a case of a public test compared, from the process that ran it to the notebook that shows it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.picture import Picture
from autograder.testing.recording import Comparison


@dataclass(frozen=True)
class Shown:
    """One case of a test: how it ended, why, and what it compared."""

    name: str
    case: str
    sentence: str
    outcome: str
    lines: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


def write_shown(path: Path, shown: list[Shown]) -> None:
    """As JSON, for another process."""
    path.write_text(json.dumps([asdict(one) for one in shown]), encoding="utf-8")


def read_shown(path: Path) -> list[Shown]:
    """What :func:`write_shown` wrote.

    Raises:
        OSError: it is not there.
    """
    return [
        Shown(**{**one, "lines": tuple(one["lines"]), "comparisons": tuple(map(_comparison, one["comparisons"]))})
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]


def _comparison(fields: dict[str, Any]) -> Comparison:
    tuples = {name: tuple(fields[name]) for name in ("shape", "edges", "expected_counts", "got_counts")}
    picture = fields["picture"]
    if picture is not None:
        rows = {side: tuple(map(tuple, picture[side])) for side in ("expected", "got")}
        picture = Picture(**{**picture, **rows, "wrong": tuple(picture["wrong"])})
    return Comparison(**{**fields, **tuples, "picture": picture})
