"""What the class page and the terminal show of one participant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autograder.graded import Graded, StageSummary
from autograder.model import Lateness, Outcome
from autograder.report.owncauses import OwnCause, own_causes
from autograder.report.redaction import redacted_file_findings
from autograder.report.render import moment
from autograder.report.wording import LETTER, has_submission, is_official, worst
from autograder.testing.packing import starter_digest


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One participant: all that the class page shows, and small enough to keep in memory for a whole class.

    Attributes:
        outcomes: of each test, in the order of the stage's points; None where there is none.
        made: kit version and time of the grading; None where nothing was graded.
        official: whether the mark may be sent.
        page: name of the page's file without its ending; '' where there is none.
        causes: why points were lost.
        test_points: for the tests together.
        hand_points: for the rubric together; None until all of it is marked.
        own_files: path and hash of each required file that is not as handed out.
        lost: points that each test cost, in the order of the stage's points.
    """

    participant_id: str
    name: str
    points: float
    share_percent: float
    held: tuple[str, ...]
    late_days: int
    late_points: float
    outcomes: tuple[Outcome | None, ...]
    cpu_seconds: float
    slowest_test: str
    trouble: tuple[str, ...]
    is_there: bool
    submitted: str
    made: tuple[str, datetime] | None
    official: bool
    lateness: Lateness
    page: str = ""
    causes: tuple[OwnCause, ...] = ()
    test_points: float = 0.0
    hand_points: float | None = None
    own_files: tuple[tuple[str, str], ...] = ()
    lost: tuple[float, ...] = ()

    @property
    def strip(self) -> str:
        """One sign a test."""
        return "".join(LETTER[outcome] if outcome else " " for outcome in self.outcomes)


def class_row(graded: Graded, summary: StageSummary, page: str = "") -> ClassRow:
    """What the class table shows of one participant; ``page`` is the name of their page's file without its ending."""
    grade, submission = graded.grade, graded.submission
    outcomes = _outcomes(graded)
    slowest = max(graded.results, key=lambda result: result.usage.cpu_seconds, default=None)
    when = submission.lateness.submitted_at
    lost = {score.name: score.out_of - score.points for score in grade.scores}
    hand = [points for points in grade.rubric.values() if points is not None]
    return ClassRow(
        participant_id=submission.participant_id,
        name=submission.name,
        points=grade.points,
        share_percent=min(max(100 * grade.points / grade.out_of, 0.0), 100.0) if grade.out_of else 0.0,
        held=grade.held,
        late_days=grade.late_days,
        late_points=grade.late_points,
        outcomes=tuple(outcomes.get(name) for name in summary.points),
        cpu_seconds=sum(result.usage.cpu_seconds for result in graded.results),
        slowest_test=slowest.name if slowest else "",
        trouble=tuple(finding.message for finding in redacted_file_findings(graded)),
        is_there=has_submission(graded),
        submitted=moment(when, summary.time_zone) if when else "",
        made=(graded.audit.kit_version, graded.audit.graded_at) if graded.audit else None,
        official=is_official(graded),
        page=page if submission.status != "none" else "",
        causes=own_causes(graded.results, lost),
        test_points=sum(score.points for score in grade.scores),
        hand_points=sum(hand) if hand and len(hand) == len(summary.rubric_points) else None,
        lateness=submission.lateness,
        own_files=tuple(_own_files(graded, summary)),
        lost=tuple(lost.get(name, 0.0) for name in summary.points),
    )


def _own_files(graded: Graded, summary: StageSummary) -> list[tuple[str, str]]:
    hashes = {path: starter_digest(file.data) for path, file in graded.taken.items()}
    return [(path, sha256) for path, sha256 in hashes.items() if sha256 != summary.starter_sha256.get(path)]


def _outcomes(graded: Graded) -> dict[str, Outcome]:
    cases: dict[str, tuple[Outcome, ...]] = {}
    for result in graded.results:
        cases[result.name] = (*cases.get(result.name, ()), result.outcome)
    return {name: worst(outcomes) for name, outcomes in cases.items()}
