"""The short comment beside a grade in Moodle; the page has the rest."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.graded import Graded, StageSummary
from autograder.model import Outcome
from autograder.report.decision_words import remarks, shown_decisions
from autograder.report.redaction import reasons, redact, redacted_file_findings
from autograder.report.render import render
from autograder.report.wording import has_submission, is_official, lateness_words, shown_reasons, worst

LARGEST_BYTES = 4000
MOST_REASONS = 6
TEXT_CHARACTERS = (320, 160, 80, 20)  # tried in turn until the comment is small enough


@dataclass(frozen=True)
class _Counts:
    passed: int
    tests: int


def moodle_comment(graded: Graded, summary: StageSummary) -> str:
    """A few paragraphs of HTML in tags that Moodle keeps, at most 4000 bytes, without any backslash.

    All text is in spans that Moodle's filters leave unchanged, so that none of it becomes a formula or a link.
    """
    comment = ""
    for characters in TEXT_CHARACTERS:
        for count in range(MOST_REASONS, -1, -1):
            comment = _comment(graded, summary, count, characters)
            if len(comment.encode()) <= LARGEST_BYTES:
                return comment
    return comment


def _comment(graded: Graded, summary: StageSummary, count: int, characters: int) -> str:
    lost = {score.name: score.out_of - score.points for score in graded.grade.scores}
    found = reasons(graded.results, lost)
    html = render(
        "comment.html.j2",
        summary=summary,
        grade=graded.grade,
        counts=_counts(graded),
        reasons=found[:count],
        more=max(len(found) - count, 0),
        held=shown_reasons(graded.grade)[:3],
        file_findings=redacted_file_findings(graded)[:3],
        official=is_official(graded),
        has_submission=has_submission(graded),
        late=lateness_words(graded.submission.lateness, graded.grade.late_days, summary.time_zone),
        decisions=shown_decisions(graded.decisions, summary.time_zone),
        remarks=remarks(graded.decisions),
        characters=characters,
    )
    return html.strip().replace("\\", "&#92;")  # PHP's CSV reader reads a backslash as an escape


def _counts(graded: Graded) -> _Counts:
    outcomes: dict[str, tuple[Outcome, ...]] = {}
    for result in map(redact, graded.results):
        outcomes[result.name] = (*outcomes.get(result.name, ()), result.outcome)
    passed = sum(worst(of_test) is Outcome.PASSED for of_test in outcomes.values())
    return _Counts(passed, len(outcomes))
