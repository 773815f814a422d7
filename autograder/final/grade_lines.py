"""Final grades, what is missing for them, and what could still be, as lines of text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from autograder.commandline import counted
from autograder.errors import UsageError
from autograder.final.final_grade import FinalGrade, changed_marks, final_grade, project_needed
from autograder.final.final_policy import FinalPolicy, StudentMarks
from autograder.final.percentages import percent_in
from autograder.hostiletext import short_line


@dataclass(frozen=True)
class Supposed:
    """What one student's grade is asked for.

    Attributes:
        changes: name of a mark to per cent; all of them together.
        shown: the same as it was typed.
        needed: whether the project mark for each letter is wanted.
    """

    changes: dict[str, Decimal] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    needed: bool = False


def missing_for_all(people: Iterable[StudentMarks]) -> dict[str, str]:
    """Return what nobody has, for the same reason, with it; nothing of fewer than two students."""
    unknown = [one.unknown for one in people]
    if len(unknown) < 2:
        return {}
    return {name: why for name, why in unknown[0].items() if all(one.get(name) == why for one in unknown)}


def grade_line(grade: FinalGrade, for_all: Collection[str] = ()) -> str:
    """One student's grade and its parts, or what is open.

    Args:
        grade: of the student.
        for_all: what nobody has, see :func:`missing_for_all`; it is counted, not listed.
    """
    who = _who(grade.id_number, grade.name)
    dropped = f" without {', '.join(grade.dropped)}" if grade.dropped else ""
    if grade.total is None:
        has_stages = set(grade.missing) <= {"attendance", "project"}
        homework = f"homework {grade.homework:.2f}{dropped}; " if has_stages else ""
        own = [name for name in grade.missing if name not in for_all]
        more = len(grade.missing) - len(own)
        open_names = [*own, *([f"{counted(more, 'mark')} that nobody has"] if more else [])]
        return f"{who}: {homework}open: {', '.join(open_names)}"
    parts = {"engagement": grade.engagement, "attendance": grade.attendance, "project": grade.project}
    shown = {name: "–" if value is None else f"{value:.2f}" for name, value in parts.items()}
    return (
        f"{who}: {grade.total} {grade.letter} (engagement {shown['engagement']}: attendance {shown['attendance']}, "
        f"homework {grade.homework:.2f}{dropped}; project {shown['project']})"
    )


def unknown_line(marks: StudentMarks, unknown: Mapping[str, str], zero: Collection[str] = ()) -> str:
    """Which marks of a student do not count, and why.

    Args:
        marks: of a student who has some that are unknown.
        unknown: which of them to list, with the reason.
        zero: those that are counted as 0 all the same.
    """
    return f"{_who(marks.id_number, marks.name)}: {unknown_text(unknown, zero)}"


def unknown_text(unknown: Mapping[str, str], zero: Collection[str] = ()) -> str:
    """Names of marks with why they do not count, those with one reason together."""
    stages: dict[str, list[str]] = {}
    for stage, why in unknown.items():
        stages.setdefault(f"{why}; counted as 0" if stage in zero else why, []).append(stage)
    return "; ".join(f"{', '.join(several)} ({why})" for why, several in stages.items())


def read_supposed(texts: Sequence[str], people: Mapping[str, StudentMarks]) -> dict[str, Supposed]:
    """Return what is asked for each student, by ID number; several changes for one student are one question.

    Args:
        texts: such as ``25200100:project=70``, or ``25200100:`` for the project mark that each letter needs.
        people: by ID number.

    Raises:
        UsageError: a text has another form, nobody has its ID number, or it sets what another one sets.
    """
    found: dict[str, Supposed] = {}
    for text in texts:
        key, colon, rest = text.partition(":")
        name, equals, percent = rest.rpartition("=")  # the name of an item may have one, too
        if not colon or key not in people:
            raise UsageError(f"--what-if {text!r}: no such ID number; allowed: 25200100:project=70, or 25200100:")
        one = found.get(key, Supposed())
        if not equals:
            found[key] = Supposed(one.changes, one.shown, needed=True)
            continue
        try:
            value = percent_in(percent)
        except UsageError as error:
            raise UsageError(f"--what-if {text!r}: {error}") from error
        if value is None:
            raise UsageError(f"--what-if {text!r}: the percentage is missing; allowed: 25200100:project=70")
        if name in one.changes:
            raise UsageError(f"--what-if {text!r}: {name} of {key} is given twice; allowed: once for each mark")
        changes, shown = {**one.changes, name: value}, {**one.shown, name: percent.strip()}
        found[key] = Supposed(changes, shown, one.needed)
    return found


def supposed_lines(marks: StudentMarks, supposed: Supposed, policy: FinalPolicy) -> Iterator[str]:
    """The grade of one student with all changes together, and the project mark that each letter needs then.

    Raises:
        UsageError: there is no such mark, or the project does not count.
    """
    try:
        changed = changed_marks(marks, policy, supposed.changes)
    except KeyError as error:
        allowed = ", ".join(("attendance", "project", *policy.stages))
        raise UsageError(f"--what-if {marks.id_number}: no mark {error.args[0]!r}; allowed: {allowed}") from error
    start = ""
    if supposed.changes:
        start = f"what if {', '.join(f'{name} = {text}' for name, text in supposed.shown.items())}: "
        yield start + grade_line(final_grade(changed, policy))
    if not supposed.needed:
        return
    if not policy.project:
        raise UsageError(f"--what-if {marks.id_number}: the project has no weight in grading.yml")
    letters = project_needed(changed, policy).items()
    shown = ", ".join(f"{letter} {'–' if percent is None else percent}" for letter, percent in letters)
    names = ("attendance", *policy.stages)
    zero = [name for name in names if name in changed.unknown and policy.counts(name)]
    more = f" (counted as 0: {', '.join(zero)})" if zero else ""
    yield f"{start}{short_line(marks.id_number, 20)}: project mark needed: {shown}{more}"


def _who(id_number: str, name: str) -> str:
    return f"{short_line(id_number, 20)} {short_line(name, 32)}".strip()
