"""A graded submission: what its mark was made of, and what a person decided about it. Frozen values; staff only.

``model.py`` has the values that ship to students.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from autograder.model import Finding, Grade, Lateness, Submission, SubmittedFile, TestResult

LOOKING = "A member of staff is looking at your mark."  # where there is no wording for the student


class DecisionKind(StrEnum):
    """What a person can decide about marks: a closed set."""

    RUBRIC = "rubric"  # points for a criterion
    REMARK = "remark"  # words to the student
    OVERRIDE = "override"  # the mark, in place of what tests and rubric give
    ATTEMPT = "attempt"  # which submission counts
    EXTEND = "extend"  # another due date
    WAIVE = "waive"  # lateness costs nothing
    HOLD = "hold"  # the mark waits
    RELEASE = "release"  # what held the mark is settled
    DROP_TEST = "drop-test"  # everybody gets a test's points, or it does not count


@dataclass(frozen=True)
class Decision:
    """What a person decided about a stage's marks, and why.

    Attributes:
        participant_id: whose mark; '' for everybody's.
        value: plain values; the keys are in ``docs/formats.md``.
        decided_by: a person's name.
    """

    stage: str
    participant_id: str
    kind: DecisionKind
    value: Mapping[str, Any]
    reason: str
    decided_by: str
    number: int = 0
    made_at: str = ""


@dataclass(frozen=True)
class Hold:
    """Why a mark waits for a person: the same reason in words for each reader.

    Attributes:
        staff: with the remedy and the command for it; a release names it.
        student: without what only the staff can do.
    """

    staff: str
    student: str


@dataclass(frozen=True)
class Basis:
    """What a mark was made of besides outcomes and decisions, so that it can be made again from the gradebook.

    Attributes:
        status: of the submission, as in :class:`Submission`.
        submission_sha256: '' where no file was received.
        intake_findings: what intake could not read.
        findings: what was found in the files before any test.
        held: what holds the mark, apart from outcomes, rubric and decisions; for the staff.
        shown_reasons: the same for the student, in the same order; fewer in a mark of an older kit.
        nothing_to_run: no file that could be tested.
    """

    status: str
    lateness: Lateness
    submission_sha256: str = ""
    intake_findings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: tuple[str, ...] = ()
    nothing_to_run: bool = False
    shown_reasons: tuple[str, ...] = ()

    def holds(self) -> tuple[Hold, ...]:
        """What holds the mark, in both wordings."""
        return tuple(
            Hold(staff, student) for staff, student in zip_longest(self.held, self.shown_reasons, fillvalue=LOOKING)
        )


@dataclass(frozen=True)
class Audit:
    """What a mark was made from, so that it can be made again."""

    submission_sha256: str
    kit_version: str
    stage_sha256: str
    environment_sha256: str
    seed: str
    layers: tuple[str, ...]
    official: bool  # False: graded with --unsafe; every page says so
    graded_at: datetime


@dataclass(frozen=True)
class Graded:
    """One participant after grading: all that reports and Moodle files are made of.

    ``results`` is empty and ``audit`` None where nothing was submitted.
    """

    submission: Submission
    results: tuple[TestResult, ...]
    grade: Grade
    findings: tuple[Finding, ...] = ()
    audit: Audit | None = None
    decisions: tuple[Decision, ...] = ()  # those in effect
    taken: Mapping[str, SubmittedFile] = field(default_factory=dict)  # by required path, the file that was graded


@dataclass(frozen=True)
class StageSummary:
    """What a report says about the stage itself, without any of its code.

    Attributes:
        time_zone: the module's, an IANA name: every time on a page is in it.
        sections: by test, the heading of the spec's section that it is about.
        limits: of one call, in words.
        versions: of Python and the packages on the grading machine, by name.
        environment_sha256: of the records that were made with those versions.
        rubric_text: of ``rubric.md``, for staff.
        starter_sha256: by required path, the hash of the file as handed out, line ends as LF.
    """

    stage: str
    title: str
    module: str
    out_of: float
    grade_maximum: float
    points: Mapping[str, float]
    rubric_points: Mapping[str, float] = field(default_factory=dict)
    time_zone: str = "UTC"
    sections: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    environment_sha256: str = ""
    starter_sha256: Mapping[str, str] = field(default_factory=dict)
    rubric_text: str = ""
