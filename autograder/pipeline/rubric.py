"""The sheet in which a TA writes what only a person can judge."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from autograder.course.models import StagePolicy
from autograder.errors import ConfigurationError, ConfigurationFault
from autograder.model import Submission
from autograder.pipeline.files import write_file

FIXED = ("participant", "name")
Marks = Mapping[str, Mapping[str, Decimal | None]]


def read_rubric(path: Path, policy: StagePolicy) -> Marks:
    """Points by participant and criterion; None where the cell is empty.

    Raises:
        ConfigurationError: every cell that is no number of points, or stands where none can.
    """
    if not policy.rubric or not path.is_file():
        return {}
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    faults: list[ConfigurationFault] = []
    header = rows[0] if rows else []
    missing = [name for name in ("participant", *policy.rubric) if name not in header]
    if missing:
        allowed = ", ".join((*FIXED, *policy.rubric))
        raise ConfigurationError(
            [ConfigurationFault(path.name, 1, "header", f"no column {', '.join(missing)}", allowed)]
        )
    marks: dict[str, dict[str, Decimal | None]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        cells = dict(zip(header, row, strict=False))
        participant = cells["participant"]
        if participant in marks:
            faults.append(ConfigurationFault(path.name, number, participant, "a second row", "one row each"))
        marks[participant] = {}
        for name, most in policy.rubric.items():
            try:
                marks[participant][name] = _points(cells.get(name, ""), most)
            except ValueError as error:
                faults.append(
                    ConfigurationFault(path.name, number, f"{participant}: {name}", str(error), f"0 to {most}")
                )
    if faults:
        raise ConfigurationError(faults)
    return marks


def _points(cell: str, most: Decimal) -> Decimal | None:
    if not cell.strip():
        return None
    try:
        value = Decimal(cell.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"{cell[:30]!r} is not a number") from None
    if not (value.is_finite() and 0 <= value <= most):
        raise ValueError(f"{cell.strip()[:30]} is out of range")
    return value


def write_rubric(path: Path, policy: StagePolicy, submissions: Iterable[Submission], marks: Marks) -> None:
    """The sheet with a row for everybody who submitted; what was filled in stays."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([*FIXED, *policy.rubric])
    people = {submission.participant_id: submission.name for submission in submissions if submission.files}
    for participant in sorted(people.keys() | marks.keys()):
        given = marks.get(participant, {})
        cells = ["" if given.get(name) is None else str(given[name]) for name in policy.rubric]
        writer.writerow([participant, spreadsheet_text(people.get(participant, "")), *cells])
    write_file(path, ("\ufeff" + stream.getvalue()).encode())


def spreadsheet_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{clean}" if clean[:1] in ("=", "+", "-", "@", "\t", "\r") else clean
