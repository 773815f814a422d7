"""From the rubric's sheet to decisions in the gradebook, and back."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from autograder.course import StageFolder
from autograder.decisions import decided_for
from autograder.gradebook import Gradebook
from autograder.graded import Decision, DecisionKind
from autograder.outputfiles import write_file
from autograder.pipeline.rubric import Cells, RubricSheet, remark_column, write_rubric

SHEET = "rubric.csv"


@dataclass(frozen=True)
class Recorded:
    """What became of a sheet's cells.

    Attributes:
        notes: on what does not count.
        stale: participant and column of cells that hold what a later decision has replaced.
    """

    notes: tuple[str, ...]
    stale: frozenset[tuple[str, str]]


def record_sheet(book: Gradebook, stage: StageFolder, sheet: RubricSheet, known: Iterable[str], by: str) -> Recorded:
    """Keep what was typed since the last run as decisions.

    Args:
        book: of the stage.
        stage: has the criteria.
        sheet: as it was read.
        known: participants of the class; rows of others stay in the file only.
        by: who runs the command.
    """
    people = set(known)
    stale: set[tuple[str, str]] = set()
    notes = [f"{sheet.path.name}: the column {name!r} is kept and not read" for name in sheet.foreign_columns]

    def typed(decisions: tuple[Decision, ...]) -> Iterator[Decision]:
        for key, cells in sheet.cells.items():
            where = f"{sheet.path.name}:{sheet.lines[key]}"
            if key not in people:
                if cells.points or cells.remarks:
                    notes.append(f"{where}: no participant {key} is in this class: the row is kept and does not count")
                continue
            own = [one for one in decisions if one.participant_id == key]
            for column, decision in _changes(stage.name, key, cells, decisions, by):
                if _is_stale(decision, own):
                    stale.add((key, column))
                    notes.append(f"{where}: {column}: a later decision has replaced this cell; the sheet has it now")
                else:
                    yield decision

    # within the transaction: another command may be recording the same sheet
    book.decide(stage.name, typed)
    return Recorded(tuple(notes), frozenset(stale))


def _changes(
    stage: str, key: str, cells: Cells, decisions: Iterable[Decision], by: str
) -> Iterator[tuple[str, Decision]]:
    decided = decided_for(decisions, key)
    for criterion, points in cells.points.items():
        if points != decided.rubric.get(criterion):
            value = {"criterion": criterion, "points": None if points is None else str(points), "sheet": True}
            yield criterion, Decision(stage, key, DecisionKind.RUBRIC, value, f"typed in {SHEET}", by)
    for criterion, text in cells.remarks.items():
        if text != decided.remarks.get(criterion, ""):
            value = {"criterion": criterion, "text": text, "sheet": True}
            yield remark_column(criterion), Decision(stage, key, DecisionKind.REMARK, value, f"typed in {SHEET}", by)


def _is_stale(typed: Decision, own: Iterable[Decision]) -> bool:
    """Whether a cell holds what was decided before the last decision, and that one was not typed in the sheet."""
    about = (typed.kind, typed.value["criterion"])
    before = [one.value for one in own if (one.kind, one.value.get("criterion")) == about]
    main = "points" if typed.kind is DecisionKind.RUBRIC else "text"
    return bool(before) and not before[-1].get("sheet") and typed.value[main] in [value[main] for value in before[:-1]]


def update_sheet(
    sheet: RubricSheet,
    stage: StageFolder,
    names: Mapping[str, str],
    decisions: Iterable[Decision],
    stale: Container[tuple[str, str]] = (),
) -> list[str]:
    """Add to the sheet who and what it lacks; returns notes.

    A file that changed since it was read is left alone, since somebody types in it: the new one is written beside it.
    """
    decisions = tuple(decisions)
    rows = {key: (name, _held(decisions, key)) for key, name in names.items()}
    data = write_rubric(sheet, stage.policy, rows, stale)
    now = sheet.path.read_bytes() if sheet.path.is_file() else None
    if now == sheet.data:
        if data is not None:
            write_file(sheet.path, data, private=True, below=sheet.path.parent.parent)
        return []
    if data is None:
        return [f"{sheet.path.name} was changed during this run. Run the command again to count what was typed"]
    beside = sheet.path.with_name("rubric.new.csv")
    write_file(beside, data, private=True, below=beside.parent.parent)
    return [
        f"{sheet.path.name} was changed during this run and is left as it is; the sheet of this run is {beside.name}. "
        "Run the command again to count what was typed"
    ]


def _held(decisions: Iterable[Decision], key: str) -> Cells:
    decided = decided_for(decisions, key)
    points: dict[str, Decimal | None] = dict(decided.rubric)
    return Cells(points, decided.remarks)
