"""Keep what a person decided, and make the marks and files that follow from it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.decisions import Decided, is_taken_back, replaced
from autograder.errors import UsageError
from autograder.gradebook import Gradebook, Mark, Record, read_people
from autograder.graded import Basis, Decision, DecisionKind
from autograder.intake import LearningSystem, Person
from autograder.model import Submission
from autograder.pipeline.fingerprints import policy_sha256
from autograder.pipeline.marking import change_line, grade_of, is_changed
from autograder.pipeline.recorded import basis_of_mark, decided_of, kept_attempt, publish_again
from autograder.report.decision_words import decision_line


@dataclass(frozen=True)
class Effect:
    """What a decision did.

    Attributes:
        decision: as it was kept.
        changes: whose mark is another one now, and why.
        notes: what a TA must know.
        files: what was written again; empty where no run has written files yet.
    """

    decision: Decision
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Effects:
    """What several decisions did together; see :class:`Effect`."""

    changes: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]


def decide(
    course: Course, stage: StageFolder, book: Gradebook, source: LearningSystem, out: Path, decision: Decision
) -> Effect:
    """Keep a decision; mark again whom it is about, from the records at hand; write pages and files again.

    Args:
        course: the checkout.
        stage: whose marks.
        book: the stage's gradebook.
        source: the learning system that the files are for.
        out: as in ``grade``: files are written where that has written some.
        decision: what was decided.

    Raises:
        GradebookError: it could not be kept; nothing changed then.
    """
    book.require_whole(stage.name)
    zone = course.configuration.module.time_zone
    earlier = replaced(book.decisions(stage.name), decision)
    (kept,) = book.add_decisions([decision])
    marker = _Marker(course, stage, book)
    changed = {key for key in marker.whom(kept) if marker.mark(key)}
    notes = [f"this ends decision {decision_line(one, zone)}" for one in earlier]
    notes += marker.notes
    if kept.kind is DecisionKind.ATTEMPT and is_taken_back(kept):
        notes.append("the newest submission counts from the next grade on")
    if not marker.whom(kept):
        notes.append("there is no mark yet: the decision counts from the next grade on")
    if not (out / stage.name / "class.html").exists():
        return Effect(kept, tuple(marker.changes), tuple(notes), ())
    published = publish_again(course, stage, book, source, out, changed)
    return Effect(kept, tuple(marker.changes), (*notes, *published.notes), tuple(published.files.values()))


def decide_all(
    course: Course,
    stage: StageFolder,
    book: Gradebook,
    source: LearningSystem,
    out: Path,
    decisions: Sequence[Decision],
) -> Effects:
    """As :func:`decide` for several decisions, written at once; without any, files are written again all the same.

    Raises:
        GradebookError: they could not be kept; nothing changed then.
    """
    book.require_whole(stage.name)
    kept = book.add_decisions(decisions) if decisions else ()
    marker = _Marker(course, stage, book)
    whom = dict.fromkeys(key for one in kept for key in marker.whom(one))
    changed = {key for key in whom if marker.mark(key)}
    if not (out / stage.name / "class.html").exists():
        return Effects(tuple(marker.changes), tuple(marker.notes), ())
    published = publish_again(course, stage, book, source, out, changed)
    return Effects(tuple(marker.changes), (*marker.notes, *published.notes), tuple(published.files.values()))


class _Marker:
    """Marks people again from the gradebook."""

    def __init__(self, course: Course, stage: StageFolder, book: Gradebook) -> None:
        self._course, self._stage, self._book = course, stage, book
        self._people, self._decisions = read_people(book, stage.name), book.decisions(stage.name)
        self._marks = book.marks(stage.name)
        self.changes: list[str] = []
        self.notes: list[str] = []

    def whom(self, decision: Decision) -> list[str]:
        """Those who have a mark that the decision is about: one, a team with its members, or everybody."""
        key = decision.participant_id
        if not key:
            return list(self._marks)
        person = self._people.get(key, Person(key))
        members = [other for other in self._marks if self._people.get(other, Person(other)).team == key]
        is_marked = key in self._marks or person.team in self._marks
        return [*([key] if is_marked else []), *members]

    def mark(self, key: str) -> bool:
        """Mark somebody again; returns whether the page must be written again."""
        person = self._people.get(key, Person(key))
        before = self._marks.get(key) or self._marks[person.team]
        if before.basis is None:
            self.notes.append(f"{key}: this mark is of an earlier kit: the decision counts from the next grade on")
            return False
        decided = decided_of(self._decisions, person)
        found = self._attempt(key, before, decided)
        if found is None:
            self.notes.append(f"{key}: this submission was not run with these tests: run grade --only {key}")
            return False
        record, basis = found
        grade = grade_of(self._course, self._stage, key, record.results if record else (), basis, decided)
        policy = policy_sha256(self._course, self._stage)
        mark = Mark(self._stage.name, grade, record.number if record else None, policy, basis)
        self._book.add_mark(mark)
        if is_changed(before.grade, grade):
            self.changes.append(change_line(self._book, before, mark, record))
        return True

    def _attempt(self, key: str, before: Mark, decided: Decided) -> tuple[Record | None, Basis] | None:
        """Record and basis of the submission that counts; None where it was never run."""
        assert before.basis is not None
        last = self._book.record(before.record) if before.record is not None else None
        if not decided.attempt or decided.attempt == before.basis.submission_sha256:
            return last, before.basis
        records = [record for record in self._book.records(self._stage.name) if record.key.participant_id == key]
        record = next((one for one in reversed(records) if one.key.submission_sha256 == decided.attempt), None)
        if record is None:
            return None
        sent = kept_attempt(
            self._book, self._stage.name, Submission(key, lateness=before.basis.lateness), decided.attempt
        )
        history = [mark.basis for mark in self._book.mark_history(self._stage.name, key) if mark.basis is not None]
        basis = next((one for one in reversed(history) if one.submission_sha256 == decided.attempt), None)
        if basis is None:
            basis = Basis("submitted", sent.lateness, decided.attempt)
        return record, basis


@dataclass(frozen=True)
class Attempt:
    """One of a participant's submissions.

    Attributes:
        number: from 1, in the order in which they were graded first.
    """

    number: int
    submission_sha256: str
    submitted: str


def attempts(book: Gradebook, stage: str, participant_id: str) -> tuple[Attempt, ...]:
    """Every submission of a participant that was graded."""
    found: dict[str, str] = {}
    for record in book.records(stage):
        if record.key.participant_id == participant_id:
            found.setdefault(record.key.submission_sha256, "")
    for mark in book.mark_history(stage, participant_id):
        if mark.basis is not None and mark.basis.submission_sha256:
            when = mark.basis.lateness.submitted_at
            found[mark.basis.submission_sha256] = f"{when:%Y-%m-%d %H:%M}" if when else ""
    return tuple(Attempt(number, sha256, when) for number, (sha256, when) in enumerate(found.items(), 1))


def reasons_to_settle(course: Course, stage: StageFolder, book: Gradebook, participant_id: str) -> list[str]:
    """What holds a mark and can be settled by a release: all but rubric marks, which a person must give.

    Raises:
        UsageError: there is no mark, or nothing that a release could settle.
    """
    person = read_people(book, stage.name).get(participant_id, Person(participant_id))
    marks = book.marks(stage.name)
    mark = marks.get(participant_id) or marks.get(person.team)
    if mark is None:
        raise UsageError(f"{participant_id} has no mark yet: there is nothing to release")
    decided = decided_of(book.decisions(stage.name), person)
    basis = basis_of_mark(book, mark)
    results = book.record(mark.record).results if mark.record is not None else ()
    held = grade_of(course, stage, participant_id, results, basis, replace(decided, held="")).held
    settled = replace(decided, held="", released=frozenset((*decided.released, *held)))
    left = grade_of(course, stage, participant_id, results, basis, settled).held
    reasons = sorted({*decided.released, *(reason for reason in held if reason not in left)})
    if not decided.held and reasons == sorted(decided.released):
        words = f"only the rubric holds it: {'; '.join(left)}" if left else "it is not held"
        raise UsageError(f"the mark of {participant_id} cannot be released: {words}")
    return reasons
