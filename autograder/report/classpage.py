"""The staff's page on a stage: marks, what failed and why, whom to look at."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from autograder.graded import Decision, StageSummary
from autograder.model import Outcome
from autograder.report.bars import SCATTER_HEIGHT, SCATTER_MARGIN, SCATTER_WIDTH, Bar, dots, marks_bars, time_bars
from autograder.report.causes import class_causes, equal_files, held_groups
from autograder.report.classrow import ClassRow
from autograder.report.decision_words import decision_words
from autograder.report.render import clip, moment, render
from autograder.report.wording import LETTER

SLOWEST = 8
FEW_NAMES = 12  # so many are named where they are counted
NOTE_CHARACTERS = 600
_NUMBER = re.compile(r"(?<![\w.])(\d{4,}|group-\d+)(?![\w.]*\d)")  # of a participant or a team; shorter ones are counts


@dataclass(frozen=True)
class TestRow:
    """One test over the whole class.

    Attributes:
        counts: for each outcome but passed, those whose worst case ended so.
        lost_points: by all of them together.
    """

    name: str
    points: float
    passed: tuple[ClassRow, ...]
    counts: tuple[tuple[str, tuple[ClassRow, ...]], ...]
    lost_points: float


@dataclass
class Groups:
    """The people behind each number of the page: a number is a link to a list of them."""

    lists: list[tuple[str, str, Sequence[ClassRow]]] = field(default_factory=list)

    def add(self, title: str, rows: Sequence[ClassRow]) -> str:
        """The anchor of a list."""
        anchor = f"g{len(self.lists) + 1}"
        self.lists.append((anchor, title, rows))
        return anchor


@dataclass(frozen=True)
class DecisionRow:
    """A decision that made a mark another one.

    Attributes:
        row: whom it is about; None for everybody, and for somebody who is not in the class.
        who: the participant's number, or everybody.
        words: what was decided.
        why: the reason, who decided and when.
    """

    row: ClassRow | None
    who: str
    words: str
    why: str


def class_page(
    people: Sequence[ClassRow],
    summary: StageSummary,
    *,
    notes: Sequence[str] = (),
    decisions: Sequence[Decision] = (),
) -> str:
    """One self-contained HTML file for staff, without scripts.

    Args:
        people: every participant, in any order.
        summary: the stage.
        notes: what else happened in the run, a sentence each.
        decisions: those in effect that rubric and remarks do not show.
    """
    rows = sorted(people, key=lambda row: (row.name.casefold(), row.participant_id))
    marked = [row for row in rows if row.is_there and not row.held]
    there = [row for row in rows if row.is_there]
    return render(
        "class.html.j2",
        summary=summary,
        notes=[linked(note, rows) for note in notes],
        decisions=[_decision_row(one, rows, summary.time_zone) for one in decisions],
        rows=rows,
        groups=Groups(),
        tests=rows_of_tests(rows, summary),
        causes=class_causes(rows),
        there=there,
        marked=marked,
        quartiles=quartiles([row.points for row in marked]),
        marks=_with_widths(marks_bars(marked, summary.out_of)) if marked else [],
        times=_with_widths(time_bars(there)),
        dots=dots(rows, sum(summary.points.values()), sum(summary.rubric_points.values())),
        scatter=(SCATTER_WIDTH, SCATTER_HEIGHT, SCATTER_MARGIN),
        slowest=sorted((row for row in rows if row.cpu_seconds > 0), key=lambda row: -row.cpu_seconds)[:SLOWEST],
        held=held_groups(rows),
        all_held=[row for row in rows if row.held],
        late=sorted((row for row in rows if row.late_days), key=lambda row: -row.late_days),
        trouble=[row for row in rows if row.trouble],
        missing=[row for row in rows if not row.is_there],
        equal=equal_files(rows),
        legend=[(letter, str(outcome)) for outcome, letter in LETTER.items()],
        official=all(row.official for row in rows),
        made=_made(rows, summary.time_zone),
        few=FEW_NAMES,
    )


def linked(note: str, rows: Iterable[ClassRow]) -> list[tuple[str, ClassRow | None]]:
    """A note in pieces: each number of a participant is one, with the row behind it."""
    by_number = {row.participant_id: row for row in rows if row.page}
    pieces = _NUMBER.split(clip(note, NOTE_CHARACTERS))
    return [(piece, by_number.get(piece)) for piece in pieces if piece]


def _decision_row(decision: Decision, rows: Iterable[ClassRow], time_zone: str) -> DecisionRow:
    row = next((row for row in rows if row.participant_id == decision.participant_id), None)
    when = moment(datetime.fromisoformat(decision.made_at), time_zone)
    return DecisionRow(
        row,
        decision.participant_id or "everybody",
        decision_words(decision, time_zone),
        f"{decision.reason} ({decision.decided_by or 'unknown'}, {when})",
    )


def _with_widths(bars: Sequence[Bar]) -> list[tuple[Bar, float, float]]:
    """Bars with the widths of their two parts, in per cent of the longest."""
    tallest = max((len(bar.on_time) + len(bar.late) for bar in bars), default=0) or 1
    return [(bar, 100 * len(bar.on_time) / tallest, 100 * len(bar.late) / tallest) for bar in bars]


def rows_of_tests(rows: Sequence[ClassRow], summary: StageSummary) -> list[TestRow]:
    """Outcomes of each test over the class, by the points that it cost, the costliest first."""
    tests = []
    for place, (name, points) in enumerate(summary.points.items()):
        found = {outcome: tuple(row for row in rows if row.outcomes[place] is outcome) for outcome in Outcome}
        passed = found.pop(Outcome.PASSED)
        counts = tuple((str(outcome), who) for outcome, who in found.items() if who)
        lost = sum(row.lost[place] for row in rows if row.lost)
        tests.append(TestRow(name, points, passed, counts, lost))
    return sorted(tests, key=lambda test: -test.lost_points)


def quartiles(points: Sequence[float]) -> tuple[float, float, float] | None:
    """Lower quartile, median and upper quartile; None of fewer than two."""
    if len(points) < 2:
        return None
    low, middle, high = statistics.quantiles(points, n=4, method="inclusive")
    return low, middle, high


def _made(rows: Iterable[ClassRow], time_zone: str) -> str:
    made = [row.made for row in rows if row.made is not None]
    if not made:
        return ""
    versions = ", ".join(sorted({version for version, _ in made}))
    return f"kit {versions}, graded {moment(max(graded_at for _, graded_at in made), time_zone)}"
