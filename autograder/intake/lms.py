"""What the pipeline needs of a learning management system (LMS), whichever it is.

``moodle`` implements it for files that a person downloads and uploads. The pipeline knows these types only:
another system, or none, takes Moodle's place without a change of the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, Protocol

from autograder.intake.spool import Spool
from autograder.model import Submission


@dataclass(frozen=True)
class Person:
    """A participant of one stage, as far as the system names them.

    Attributes:
        participant_id: the system's number in this assignment, or the key of a team's submission.
        id_number: the university's; '' where it is not known.
        team: key of the submission that counts for this person, '' where each works alone.
    """

    participant_id: str
    id_number: str = ""
    name: str = ""
    team: str = ""


@dataclass(frozen=True)
class OutgoingGrade:
    """What one submission gets.

    Attributes:
        grade: on the system's own scale: a number, or a scale's word; None leaves the stored grade as it is.
        comment_html: HTML; '' leaves the stored comment as it is.
    """

    grade: Decimal | float | str | None
    comment_html: str = ""


@dataclass(frozen=True)
class OutgoingFile:
    """A file for a person to upload.

    Attributes:
        label: what it is, for people: "worksheet".
        name: its file name.
        write: writes its contents; called once, when the file is made.
    """

    label: str
    name: str
    write: Callable[[BinaryIO], None]


@dataclass(frozen=True)
class Publication:
    """What goes back: files in the order in which they are written, and notes for the person who uploads them."""

    files: tuple[OutgoingFile, ...]
    notes: tuple[str, ...] = ()


class SubmittedClass(Protocol):
    """All that was submitted for a stage, with the way back for marks and feedback."""

    @property
    def submissions(self) -> Sequence[Submission]:
        """One for each participant or team, with lateness; those who sent nothing have the status "none"."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What does not fit together, for the TA; never about a student's code."""
        ...

    @property
    def people(self) -> Sequence[Person]:
        """Everybody who takes part: the owners of the submissions, and each member of a team."""
        ...

    @property
    def accepts_grades(self) -> bool:
        """Whether grades and comments can go back; if not, only feedback pages do."""
        ...

    @property
    def kept(self) -> bytes | None:
        """What the gradebook keeps, so that the class can be opened again without the download; None: nothing."""
        ...

    def publish(self, grades: Mapping[str, OutgoingGrade], pages: Mapping[str, Mapping[str, bytes]]) -> Publication:
        """Return what goes back to the system.

        Args:
            grades: by the submission's key, or of one member of a team by that person's number; never one that is
                held. Nothing goes to a member whose grade is None without a comment.
            pages: feedback files by the submission's key, then by file name; a file is read when it is written.
        """
        ...


class LearningSystem(Protocol):
    """The source of submissions and the destination of marks."""

    def read_class(self, due_at: datetime, spool: Spool) -> SubmittedClass:
        """Read the submissions of one stage.

        Args:
            due_at: the stage's due date, for those for whom the system has no date of its own.
            spool: where the files' bytes are kept.

        Raises:
            UsageError: what was given is not a class's submissions.
        """
        ...

    def reopen(self, kept: bytes | None, submissions: Sequence[Submission], people: Sequence[Person]) -> SubmittedClass:
        """Return a class from what the gradebook has of it.

        Args:
            kept: of the class as it was read last.
            submissions: as they were graded.
            people: everybody who takes part.
        """
        ...
