"""From the rubric's sheet to decisions in the gradebook, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from autograder.course import StageFolder
from autograder.decisions import decided_for
from autograder.gradebook import Gradebook
from autograder.model import Decision, DecisionKind
from autograder.pipeline.files import write_file
from autograder.pipeline.rubric import Cells, RubricSheet, write_rubric

SHEET = "rubric.csv"


def record_sheet(book: Gradebook, stage: StageFolder, sheet: RubricSheet, known: Iterable[str], by: str) -> list[str]:
    """Keep what was typed since the last run as decisions; returns notes on what does not count.

    Args:
        book: of the stage.
        stage: has the criteria.
        sheet: as it was read.
        known: participants of the class; rows of others stay in the file only.
        by: who runs the command.
    """
    decisions = book.decisions(stage.name)
    people = set(known)
    new: list[Decision] = []
    notes = [f"{sheet.path.name}: the column {name!r} is kept and not read" for name in sheet.foreign_columns]
    for key, cells in sheet.cells.items():
        if key in people:
            new += _changes(stage.name, key, cells, decisions, by)
        elif cells.points or cells.remarks:
            where = f"{sheet.path.name}:{sheet.lines[key]}"
            notes.append(f"{where}: no participant {key} is in this class: the row is kept and does not count")
    book.add_decisions(new)
    return notes


def _changes(stage: str, key: str, cells: Cells, decisions: Iterable[Decision], by: str) -> Iterator[Decision]:
    decided = decided_for(decisions, key)
    for criterion, points in cells.points.items():
        if points != decided.rubric.get(criterion):
            value = {"criterion": criterion, "points": None if points is None else str(points)}
            yield Decision(stage, key, DecisionKind.RUBRIC, value, f"typed in {SHEET}", by)
    for criterion, text in cells.remarks.items():
        if text != decided.remarks.get(criterion, ""):
            value = {"criterion": criterion, "text": text}
            yield Decision(stage, key, DecisionKind.REMARK, value, f"typed in {SHEET}", by)


def update_sheet(
    sheet: RubricSheet, stage: StageFolder, names: Mapping[str, str], decisions: Iterable[Decision]
) -> list[str]:
    """Add to the sheet who and what it lacks; returns notes.

    A file that changed since it was read is left alone, since somebody types in it: the new one is written beside it.
    """
    decisions = tuple(decisions)
    rows = {key: (name, _held(decisions, key)) for key, name in names.items()}
    data = write_rubric(sheet, stage.policy, rows)
    if data is None:
        return []
    now = sheet.path.read_bytes() if sheet.path.is_file() else None
    if now == sheet.data:
        write_file(sheet.path, data)
        return []
    beside = sheet.path.with_name("rubric.new.csv")
    write_file(beside, data)
    return [
        f"{sheet.path.name} was changed during this run and is left as it is; the sheet of this run is {beside.name}. "
        "Run the command again to count what was typed"
    ]


def _held(decisions: Iterable[Decision], key: str) -> Cells:
    decided = decided_for(decisions, key)
    points: dict[str, Decimal | None] = dict(decided.rubric)
    return Cells(points, decided.remarks)
