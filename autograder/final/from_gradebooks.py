"""The stages' marks of a class from its gradebooks.

They are joined by ID number: Moodle gives each person another participant number in each assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.errors import UsageError
from autograder.final.class_marks import ClassMarks
from autograder.final.final_policy import StudentMarks
from autograder.gradebook import Gradebook, Mark, read_people
from autograder.hostiletext import short_line
from autograder.intake import Person

MOST_REASONS = 3  # a mark can be held for each of thirty tests
NOT_SUBMITTED = "no mark: nothing was submitted"
NOT_LISTED = "no mark: not among the participants of the stage"
NOBODY = "no mark of anybody in the gradebook: grade the stage, give its --gradebook, or delete it from grading.yml"
UNOFFICIAL = "not official: it was made without a sandbox (--unsafe)"


@dataclass(frozen=True)
class _Entry:
    """What one gradebook has of one participant of one stage: per cent, or None and why there is none that counts."""

    person: Person
    percent: Decimal | None
    why: str = ""


def class_marks(books: Sequence[Gradebook], stages: Iterable[str], project: str = "project") -> ClassMarks:
    """Return the marks of everybody that the gradebooks know.

    Args:
        books: a stage may be in more than one of them.
        stages: those that count.
        project: the stage whose mark is the project's.

    Raises:
        GradebookError: one cannot be read.
        UsageError: nobody in them has an ID number.
    """
    found: dict[str, dict[str, list[_Entry]]] = {}
    without_id: list[str] = []
    unmarked = set(stages := tuple(stages))
    for stage in stages:
        for entry in (entry for book in books for entry in _entries(book, stage)):
            if entry.why != NOT_SUBMITTED:
                unmarked.discard(stage)
            key = entry.person.id_number.strip()
            if key:
                found.setdefault(key, {}).setdefault(stage, []).append(entry)
            else:
                without_id.append(_without_id(stage, entry))
    if not found:
        shown = "; ".join(without_id[:MOST_REASONS])
        raise UsageError(
            f"nobody with an ID number is in the gradebook{f' ({shown})' if shown else ''}; allowed: a gradebook of "
            "stages that were graded with Moodle's worksheet, or --marks"
        )
    people = {key: _student(key, found[key], stages, unmarked, project) for key in sorted(found)}
    return ClassMarks(people, tuple(without_id))


def _entries(book: Gradebook, stage: str) -> Iterator[_Entry]:
    """Each person of a stage once; a member of a team has the team's mark, or an own one where that was decided."""
    people, marks, unofficial = read_people(book, stage), book.marks(stage), book.unofficial_records(stage)
    teams = {person.team for person in people.values() if person.team}
    for key in dict.fromkeys((*people, *marks)):
        if key not in teams:
            person = people.get(key, Person(key))
            yield _entry(person, marks.get(key) or marks.get(person.team), unofficial)


def _entry(person: Person, mark: Mark | None, unofficial: frozenset[int]) -> _Entry:
    if mark is None:
        return _Entry(person, None, NOT_SUBMITTED)
    held = mark.grade.held
    if held:
        more = f" and {len(held) - MOST_REASONS} more" if len(held) > MOST_REASONS else ""
        return _Entry(person, None, f"held: {'; '.join(short_line(one, 160) for one in held[:MOST_REASONS])}{more}")
    if mark.record in unofficial:
        return _Entry(person, None, UNOFFICIAL)
    if mark.grade.out_of <= 0:
        return _Entry(person, None, "no test of it counts")
    return _Entry(person, Decimal(str(mark.grade.points)) * 100 / Decimal(str(mark.grade.out_of)))


def _without_id(stage: str, entry: _Entry) -> str:
    person = entry.person
    who = f"participant {short_line(person.participant_id, 24)} {short_line(person.name, 32)}".strip()
    mark = entry.why if entry.percent is None else f"the mark, {entry.percent:.2f} per cent, is left out"
    return f"{stage}: {who}: no ID number; {mark}"


def _student(
    key: str, entries: Mapping[str, Sequence[_Entry]], stages: Sequence[str], unmarked: set[str], project: str
) -> StudentMarks:
    percents: dict[str, Decimal | None] = {}
    unknown: dict[str, str] = {}
    for stage in stages:
        name = "project" if stage == project else stage
        percent, why = _one_mark(entries.get(stage, ()))
        if percent is None:
            unknown[name] = NOBODY if stage in unmarked else why
        else:
            percents[name] = percent
    names = [entry.person.name for several in entries.values() for entry in several]
    of_project = percents.pop("project", None)
    return StudentMarks(key, next(filter(None, names), ""), None, percents, of_project, unknown)


def _one_mark(entries: Sequence[_Entry]) -> tuple[Decimal | None, str]:
    """The mark, or why there is none. Two that differ are none: which one is right, a person must know."""
    there = [entry for entry in entries if entry.why != NOT_SUBMITTED]
    if not there:
        return None, NOT_SUBMITTED if entries else NOT_LISTED
    whys = dict.fromkeys(entry.why for entry in there if entry.why)
    if whys:
        return None, "; ".join(whys)
    percents = {entry.percent for entry in there}
    if len(percents) > 1:
        shown = " and ".join(f"{entry.percent:.2f} (participant {entry.person.participant_id})" for entry in there)
        return None, f"more than one mark for this ID number: {shown}"
    return there[0].percent, ""
