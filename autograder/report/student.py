"""The page that a student gets back: one file, no scripts, good on paper and on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.graded import Graded, StageSummary
from autograder.model import Finding, Outcome, Score, TestResult, Visibility
from autograder.report.decision_words import remarks, shown_decisions
from autograder.report.pictures import drawing
from autograder.report.redaction import Reason, reasons, redact, redacted_file_findings
from autograder.report.render import render
from autograder.report.wording import (
    glyph,
    has_submission,
    in_words,
    is_official,
    lateness_words,
    on_moodles_scale,
    shown_reasons,
    worst,
)
from autograder.testing.budget_words import use_words

FIRST_REASONS = 3
FILES_SHOWN = 40


@dataclass(frozen=True)
class CaseView:
    """One case with findings, or several with the same findings."""

    case: str
    word: str
    findings: tuple[Finding, ...]
    printed: str


@dataclass(frozen=True)
class TestView:
    """One test as the page shows it."""

    anchor: str
    name: str
    sentence: str
    outcome: Outcome
    glyph: str
    score: Score
    passed_cases: int
    total_cases: int
    cases: tuple[CaseView, ...]
    section: str = ""  # of the spec
    budgets: tuple[str, ...] = ()  # what was used, and the limit; of public tests


@dataclass(frozen=True)
class FileView:
    """A file that was received; ``graded_as`` is the required file that it counts as, '' for any other."""

    path: str
    size_bytes: int
    upload: str
    graded_as: str


@dataclass(frozen=True)
class Line:
    """One line of how the mark was computed; ``value`` is None where nobody has marked yet."""

    label: str
    value: float | None
    out_of: float | None = None
    note: str = ""


def student_page(graded: Graded, summary: StageSummary) -> str:
    """One self-contained HTML file; it has only what a student may see."""
    tests = _test_views(graded, summary)
    files = _file_views(graded)
    is_of_this_machine = graded.audit is not None and graded.audit.environment_sha256 == summary.environment_sha256
    failing = [view for view in tests if view.outcome not in (Outcome.PASSED, Outcome.NOT_REACHED)]
    found = _first_reasons(graded) if len(failing) > 1 else ()
    return render(
        "student.html.j2",
        summary=summary,
        graded=graded,
        grade=graded.grade,
        held=shown_reasons(graded.grade),
        moodle=on_moodles_scale(graded.grade, summary),
        lines=_lines(graded, summary),
        decisions=shown_decisions(graded.decisions, summary.time_zone),
        remarks=remarks(graded.decisions),
        file_findings=redacted_file_findings(graded),
        public=[view for view in tests if view.score.visibility is Visibility.PUBLIC],
        hidden=[view for view in tests if view.score.visibility is Visibility.HIDDEN],
        reasons=found,
        by_name={view.name: view for view in tests},
        not_reached=[view for view in tests if view.outcome is Outcome.NOT_REACHED],
        official=is_official(graded),
        has_submission=has_submission(graded),
        files=files[:FILES_SHOWN],
        more_files=max(len(files) - FILES_SHOWN, 0),
        versions=summary.versions if is_of_this_machine else {},
        drawing=drawing,
        submission_hash=graded.audit.submission_sha256 if graded.audit else "",
    )


def _first_reasons(graded: Graded) -> tuple[Reason, ...]:
    lost = {score.name: score.out_of - score.points for score in graded.grade.scores}
    return reasons(graded.results, lost)[:FIRST_REASONS]


def _file_views(graded: Graded) -> list[FileView]:
    """Files that were graded first, then the others in the order of their paths."""
    graded_as = {(file.path, file.upload): required for required, file in graded.taken.items()}
    views = [
        FileView(file.path, file.size_bytes, file.upload, graded_as.get((file.path, file.upload), ""))
        for file in graded.submission.files
    ]
    return sorted(views, key=lambda view: not view.graded_as)


def _test_views(graded: Graded, summary: StageSummary) -> list[TestView]:
    cases: dict[str, list[TestResult]] = {}
    for result in map(redact, graded.results):
        cases.setdefault(result.name, []).append(result)
    scores = [score for score in graded.grade.scores if score.name in cases]
    return [
        _test_view(f"t{index}", score, cases[score.name], summary.sections.get(score.name, ""))
        for index, score in enumerate(scores, 1)
    ]


def _test_view(anchor: str, score: Score, cases: Sequence[TestResult], section: str) -> TestView:
    outcome = worst(tuple(case.outcome for case in cases))
    return TestView(
        anchor=anchor,
        name=score.name,
        sentence=cases[0].sentence,
        outcome=outcome,
        glyph=glyph(outcome),
        score=score,
        passed_cases=sum(case.outcome is Outcome.PASSED for case in cases),
        total_cases=len(cases),
        cases=_case_views(cases),
        section=section,
        budgets=tuple(
            use_words(case.budget) for case in cases if case.budget is not None and case.outcome is Outcome.PASSED
        ),
    )


def _case_views(cases: Sequence[TestResult]) -> tuple[CaseView, ...]:
    """Cases with findings or output; those with the same share a view."""
    alike: dict[tuple[Outcome, tuple[Finding, ...], str], list[str]] = {}
    for case in cases:
        if case.findings or case.printed.strip():
            alike.setdefault((case.outcome, case.findings, case.printed.strip("\n")), []).append(case.case)
    return tuple(
        CaseView(", ".join(filter(None, names)), str(outcome), findings, printed)
        for (outcome, findings, printed), names in alike.items()
    )


def _lines(graded: Graded, summary: StageSummary) -> list[Line]:
    """How the mark was computed, from the tests down to the points deducted for lateness."""
    grade = graded.grade
    faulty = {result.name for result in graded.results if result.outcome is Outcome.GRADER_FAULT}
    lines = []
    for label, visibility in (("Public tests", Visibility.PUBLIC), ("Hidden tests", Visibility.HIDDEN)):
        scores = [score for score in grade.scores if score.visibility is visibility]
        if scores:
            full = sum(score.points == score.out_of for score in scores)
            waiting = sum(score.name in faulty for score in scores)
            note = f"{full} of {len(scores)} passed in full" + (f", {waiting} held" if waiting else "")
            lines.append(Line(label, sum(it.points for it in scores), sum(it.out_of for it in scores), note))
    for name, out_of in summary.rubric_points.items():
        value = grade.rubric.get(name)
        note = "marked by hand (TA)" if value is not None else "marked by hand (TA), not yet marked"
        lines.append(Line(in_words(name), value, out_of, note))
    if grade.late_points or grade.late_days:
        note = lateness_words(graded.submission.lateness, grade.late_days, summary.time_zone)
        lines.append(Line("Lateness", -grade.late_points, None, note))
    if grade.computed is not None:
        lines.append(Line("Without the mark set by staff", grade.computed, grade.out_of, "tests, rubric and lateness"))
    return lines
