"""What a student may see of a result. Every page and comment is made from redacted results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.graded import Graded
from autograder.model import Finding, FindingKind, Outcome, Place, TestResult, Visibility

OUR_FAULT = (
    "Something went wrong on our side in this test. It is not your fault. A member of staff will look at it before your"
    " mark is released."
)


def redact(result: TestResult) -> TestResult:
    """Return the result without what a student must not see.

    A hidden test keeps neither detail nor picture nor program output; a fault of the grader keeps only the fact that
    it happened.
    """
    is_public = result.visibility is Visibility.PUBLIC
    if not result.findings and (is_public or not result.printed) and result.outcome is not Outcome.GRADER_FAULT:
        return result  # most tests of most students
    findings = tuple(_redact_finding(finding, is_public=is_public) for finding in result.findings)
    if result.outcome is Outcome.GRADER_FAULT:
        findings = (Finding(FindingKind.GRADER, OUR_FAULT),)
    return replace(result, findings=findings, printed=result.printed if is_public else "")


def _redact_finding(finding: Finding, *, is_public: bool) -> Finding:
    if finding.kind is FindingKind.GRADER:
        return Finding(FindingKind.GRADER, OUR_FAULT)
    return finding if is_public else replace(finding, detail="", picture=None)


def redacted_file_findings(graded: Graded) -> tuple[Finding, ...]:
    """What was found in the files before any test, each once; details stay with the staff."""
    found = (*graded.submission.findings, *graded.findings)
    return tuple(dict.fromkeys(_redact_finding(finding, is_public=False) for finding in found))


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong, and the tests that it costs.

    Attributes:
        text: the hint where there is one, else the message.
        message: what was seen first, where ``text`` is a hint.
        example: an exception's own text, of a public test.
        tests: function names.
        lost_points: of those tests; a test with several reasons counts for each.
    """

    text: str
    message: str
    places: tuple[Place, ...]
    tests: tuple[str, ...]
    lost_points: float
    example: str = ""


def reasons(results: Iterable[TestResult], lost_points: Mapping[str, float]) -> tuple[Reason, ...]:
    """Findings grouped by what they say, the costliest first; "not reached" is no reason."""
    groups: dict[object, list[tuple[str, Finding]]] = {}
    for result in map(redact, results):
        if result.outcome in (Outcome.PASSED, Outcome.NOT_REACHED, Outcome.GRADER_FAULT):
            continue
        for finding in result.findings:
            key = finding.hint or (finding.kind, finding.message, finding.place)
            groups.setdefault(key, []).append((result.name, finding))
    return tuple(sorted((_reason(group, lost_points) for group in groups.values()), key=lambda it: -it.lost_points))


def _reason(group: Sequence[tuple[str, Finding]], lost_points: Mapping[str, float]) -> Reason:
    tests = tuple(dict.fromkeys(name for name, _ in group))
    places = tuple(dict.fromkeys(finding.place for _, finding in group if finding.place is not None))
    first = group[0][1]
    message = first.message if first.hint else ""
    lost = sum(lost_points.get(name, 0.0) for name in tests)
    details = (finding.detail for _, finding in group if finding.kind is FindingKind.EXCEPTION)
    example = next(filter(None, details), "")
    return Reason(first.hint or first.message, message, places, tests, lost, example)
