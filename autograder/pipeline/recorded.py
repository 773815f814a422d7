"""A class as the gradebook has it: its pages and files are made again without its download."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import overload

from autograder.course import Course, StageFolder
from autograder.decisions import Decided, decided_for
from autograder.gradebook import Gradebook, Mark, read_people, read_worksheet_of
from autograder.graded import Basis, Decision, Graded
from autograder.intake import LearningSystem, Person
from autograder.model import Lateness, Submission, SubmittedFile
from autograder.pipeline.marking import grade_of, graded_of
from autograder.pipeline.publishing import Published, Publisher
from autograder.pipeline.storing import unpack

NOT_SENT = Basis(status="none", lateness=Lateness(), nothing_to_run=True)


class KeptFiles(Sequence[SubmittedFile]):
    """The files of a submission, read from the gradebook when they are wanted, once while somebody looks at them.

    Nobody looks at all of a class at once: it does not fit into memory.
    """

    def __init__(self, book: Gradebook, sha256: str) -> None:
        self._book, self._sha256 = book, sha256

    @cached_property
    def _files(self) -> Sequence[SubmittedFile]:
        return unpack("", self._book.archive(self._sha256)).files

    def __bool__(self) -> bool:
        return True  # a submission without files has no hash

    @overload
    def __getitem__(self, index: int) -> SubmittedFile: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SubmittedFile]: ...

    def __getitem__(self, index: int | slice) -> SubmittedFile | Sequence[SubmittedFile]:
        return self._files[index]

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[SubmittedFile]:
        return iter(self._files)


def kept_submission(book: Gradebook, person: Person, basis: Basis) -> Submission:
    """What a participant sent, as it was graded."""
    files = KeptFiles(book, basis.submission_sha256) if basis.submission_sha256 else ()
    return Submission(person.participant_id, person.name, files, basis.lateness, basis.intake_findings, basis.status)


def kept_attempt(book: Gradebook, stage: str, newest: Submission, sha256: str) -> Submission:
    """An earlier submission of the same participant, with its own time of submission where a mark has it."""
    bases = [mark.basis for mark in book.mark_history(stage, newest.participant_id) if mark.basis is not None]
    basis = next((basis for basis in reversed(bases) if basis.submission_sha256 == sha256), None)
    if basis is None:
        return replace(newest, files=KeptFiles(book, sha256), findings=())
    person = Person(newest.participant_id, "", newest.name)
    return kept_submission(book, person, basis)


def basis_of_mark(book: Gradebook, mark: Mark) -> Basis:
    """A mark's basis; of a mark from before schema 2, what its record shows."""
    if mark.basis is not None:
        return mark.basis
    sha256 = book.record(mark.record).key.submission_sha256 if mark.record is not None else ""
    return Basis("submitted", Lateness(), sha256, nothing_to_run=mark.record is None)


def decided_of(decisions: Sequence[Decision], person: Person) -> Decided:
    """What is in effect for a person: in a team, what was decided for the team, too."""
    return decided_for(decisions, *filter(None, (person.team, person.participant_id)))


def recorded_class(
    course: Course, stage: StageFolder, book: Gradebook, people: Mapping[str, Person], decisions: Sequence[Decision]
) -> Iterator[Graded]:
    """Everybody as they were marked last, one at a time; without a mark those who sent nothing."""
    marks = book.marks(stage.name)
    for key in [*marks, *(key for key, person in people.items() if key not in marks and not person.team)]:
        person = people.get(key, Person(key))
        decided, mark = decided_of(decisions, person), marks.get(key)
        if mark is None:
            grade = grade_of(course, stage, key, (), NOT_SENT, decided)
            yield graded_of(Submission(key, person.name, status="none"), None, NOT_SENT, grade, decided)
            continue
        basis = basis_of_mark(book, mark)
        record = book.record(mark.record) if mark.record is not None else None
        yield graded_of(kept_submission(book, person, basis), record, basis, mark.grade, decided)


def publish_again(
    course: Course, stage: StageFolder, book: Gradebook, source: LearningSystem, out: Path, changed: Container[str]
) -> Published:
    """Write the class's page and files from the gradebook, and the pages of those whose mark changed.

    Pages of others are left as they are, unless they are missing.
    """
    people, decisions = read_people(book, stage.name), book.decisions(stage.name)
    marks = book.marks(stage.name)
    owners = [people.get(key, Person(key)) for key in dict.fromkeys([*marks, *people])]
    sent = [
        kept_submission(book, person, basis_of_mark(book, marks[person.participant_id]))
        if person.participant_id in marks
        else Submission(person.participant_id, person.name, status="none")
        for person in owners
        if not person.team
    ]
    submitted = source.reopen(read_worksheet_of(book, stage.name), sent, tuple(people.values()))
    publisher = Publisher(course, stage, out / stage.name, submitted, decisions)
    for one in recorded_class(course, stage, book, people, decisions):
        publisher.add(one, again=one.submission.participant_id in changed)
    return publisher.finish()
