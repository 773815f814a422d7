"""The final grade: engagement (attendance and homework) and project, by the weights of ``grading.yml``.

All sums are exact decimals. The total is rounded to two places, half up, before its letter is looked
up, so that the letter always fits the printed total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import combinations

from autograder.final.final_policy import FinalPolicy, StudentMarks
from autograder.moodle.files.csvtext import clean_cell, write_csv

_HUNDRED = Decimal(100)
_PLACES = Decimal("0.01")


@dataclass(frozen=True)
class FinalGrade:
    """A final grade and its parts, in per cent.

    Attributes:
        homework: with 0 for a stage that is open.
        missing: what is open: stages, attendance, project.
        total: None while something is open.
    """

    id_number: str
    name: str
    attendance: Decimal | None
    homework: Decimal
    dropped: tuple[str, ...]
    engagement: Decimal | None
    project: Decimal | None
    total: Decimal | None
    letter: str
    missing: tuple[str, ...]


def final_grade(marks: StudentMarks, policy: FinalPolicy) -> FinalGrade:
    """Return somebody's final grade."""
    homework, dropped = homework_percent(marks.homework, policy)
    missing = (
        *(stage for stage in policy.stages if stage in marks.unknown),
        *(name for name in ("attendance", "project") if marks.value(name) is None and policy.counts(name)),
    )
    engagement = None
    if marks.attendance is not None or not policy.attendance_share:
        attended = (marks.attendance or Decimal(0)) * policy.attendance_share
        engagement = (attended + homework * policy.homework_share) / _HUNDRED
    total = None
    if engagement is not None and not missing:
        exact = (engagement * policy.engagement + (marks.project or Decimal(0)) * policy.project) / _HUNDRED
        total = exact.quantize(_PLACES, ROUND_HALF_UP)
    return FinalGrade(
        id_number=marks.id_number,
        name=marks.name,
        attendance=marks.attendance,
        homework=homework,
        dropped=dropped,
        engagement=engagement,
        project=marks.project,
        total=total,
        letter=letter_of(total, policy) if total is not None else "",
        missing=missing,
    )


def homework_percent(homework: Mapping[str, Decimal | None], policy: FinalPolicy) -> tuple[Decimal, tuple[str, ...]]:
    """Return the weighted mean of the stages that count, and those dropped.

    Dropped are those whose absence helps most. Of equal weights these are the lowest; of unequal ones a
    better mark in a heavy stage could cost somebody points if simply the lowest were dropped.
    """
    percents = {stage: homework.get(stage) or Decimal(0) for stage in policy.stages}
    lowest_first = sorted(percents, key=lambda stage: (percents[stage], -policy.stages[stage]))
    number = min(policy.drop_lowest, max(len(percents) - 1, 0))

    def mean_without(dropped: tuple[str, ...]) -> Decimal:
        counted = [stage for stage in percents if stage not in dropped]
        weight = sum((policy.stages[stage] for stage in counted), Decimal(0))
        return sum((percents[stage] * policy.stages[stage] for stage in counted), Decimal(0)) / weight

    if not percents:
        return Decimal(0), ()
    best = max(combinations(lowest_first, number), key=mean_without)  # of equal ones the first: the lowest
    return mean_without(best), best


def letter_of(total: Decimal, policy: FinalPolicy) -> str:
    """Return the letter of a total, the last one if it is below all."""
    return next((letter for letter, start in policy.letters if total >= start), policy.letters[-1][0])


def what_if(marks: StudentMarks, policy: FinalPolicy, changes: Mapping[str, Decimal]) -> FinalGrade:
    """Return the final grade with some marks changed: ``attendance``, ``project`` or a stage's name.

    Raises:
        KeyError: there is no such mark.
    """
    return final_grade(changed_marks(marks, policy, changes), policy)


def changed_marks(marks: StudentMarks, policy: FinalPolicy, changes: Mapping[str, Decimal]) -> StudentMarks:
    """Return the marks with some of them changed; a mark that was unknown is known then.

    Raises:
        KeyError: there is no such mark.
    """
    for name, percent in changes.items():
        if name not in ("attendance", "project", *policy.stages):
            raise KeyError(name)
        marks = marks.with_value(name, percent)
    return marks


def project_needed(marks: StudentMarks, policy: FinalPolicy) -> dict[str, Decimal | None]:
    """Return for each letter the lowest project mark that earns it; None where none does.

    To the hundredth of a per cent, rounded up. What is open counts as 0.
    """
    needed: dict[str, Decimal | None] = {}
    base = replace(marks, attendance=marks.attendance or Decimal(0))
    start = final_grade(replace(base, project=Decimal(0)), policy).engagement or Decimal(0)
    for letter, lowest in policy.letters:
        # the total is rounded half up: half a hundredth below the boundary is enough
        missing = (lowest - _PLACES / 2) * _HUNDRED - start * policy.engagement
        percent = max(Decimal(0), (missing / policy.project).quantize(_PLACES, ROUND_CEILING))
        needed[letter] = percent if percent <= _HUNDRED else None
    return needed


def export(grades: Sequence[FinalGrade]) -> bytes:
    """Return a CSV for the import into *manual* grade items of Moodle's gradebook, by ID number.

    Never import into an assignment's own item: that overrides its grade for good. Only complete grades
    are in it.
    """
    rows = [["ID number", "Engagement", "Project", "Final grade", "Letter"]]
    for grade in grades:
        if grade.total is None or grade.engagement is None or grade.project is None:
            continue
        numbers = [grade.engagement, grade.project, grade.total]
        rows.append(
            [clean_cell(grade.id_number), *(f"{number.quantize(_PLACES, ROUND_HALF_UP)}" for number in numbers)]
        )
        rows[-1].append(grade.letter)
    return write_csv(rows)
