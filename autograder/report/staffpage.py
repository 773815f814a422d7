"""A page for staff on one student: code and written answer beside the rubric, to judge by hand. Read only."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from autograder.graded import Graded, StageSummary
from autograder.hostiletext import visible
from autograder.model import SubmittedFile
from autograder.report.decision_words import decision_line, remarks
from autograder.report.redaction import Reason, reasons, redacted_file_findings
from autograder.report.render import render
from autograder.report.wording import has_submission, in_words
from autograder.runner.written import written_answers

MOST_CHARACTERS = 300_000  # of one file
MOST_LINES = 6_000


@dataclass(frozen=True)
class CodeView:
    """One required file.

    Attributes:
        anchor: of its lines: line 7 of "f1" is "f1-7".
        line_count: how many lines are shown.
        html: the lines, made visible and escaped, each in an element of its own.
        is_cut: there is more that is not shown.
    """

    anchor: str
    path: str
    sent_as: str
    line_count: int
    html: Markup
    is_cut: bool


@dataclass(frozen=True)
class Criterion:
    """A row of the rubric; ``points`` is None until it is marked."""

    label: str
    points: float | None
    out_of: float
    remark: str


def staff_page(graded: Graded, summary: StageSummary, page: str) -> str:
    """One self-contained HTML file for staff, without scripts; the code is never run, only shown.

    Args:
        graded: the participant.
        summary: the stage.
        page: name of the student's page's file without its ending.
    """
    files = [_code_view(f"f{index}", *item) for index, item in enumerate(graded.taken.items(), 1)]
    lost = {score.name: score.out_of - score.points for score in graded.grade.scores}
    found = dict(remarks(graded.decisions))
    return render(
        "staff.html.j2",
        summary=summary,
        graded=graded,
        grade=graded.grade,
        page=page,
        files=files,
        answers=written_answers(summary.stage, graded.taken.values(), graded.submission.files),
        rubric=[
            Criterion(in_words(name), graded.grade.rubric.get(name), out_of, found.get(in_words(name), ""))
            for name, out_of in summary.rubric_points.items()
        ],
        remark=found.get("", ""),
        reasons=[(reason, _line_links(reason, files)) for reason in reasons(graded.results, lost)],
        decisions=[decision_line(one, summary.time_zone) for one in graded.decisions],
        file_findings=redacted_file_findings(graded),
        has_submission=has_submission(graded),
    )


def _text(file: SubmittedFile) -> str:
    with file.open() as stream:
        return stream.read(4 * MOST_CHARACTERS).decode("utf-8-sig", "replace")[:MOST_CHARACTERS]


def _code_view(anchor: str, path: str, file: SubmittedFile) -> CodeView:
    text = _text(file)
    lines = visible(text).split("\n")
    is_cut = len(lines) > MOST_LINES or len(text.encode("utf-8", "replace")) < file.size_bytes - 3  # a byte order mark
    sent_as = file.path if file.path != path else ""
    del lines[MOST_LINES:]
    return CodeView(anchor, path, sent_as, len(lines), _numbered(anchor, lines), is_cut)


def _numbered(anchor: str, lines: list[str]) -> Markup:
    """Every line in an element that a link reaches; escaped at once, since a template's loop costs a class seconds."""
    escaped = str(escape("\n".join(lines))).split("\n")
    return Markup("").join(
        [Markup(f'<span id="{anchor}-{number}">{line}</span>') for number, line in enumerate(escaped, 1)]  # noqa: S704 (escaped above; the anchor is our own)
    )


def _line_links(reason: Reason, files: list[CodeView]) -> list[tuple[str, str]]:
    """The lines that a reason names, each with the anchor of that line, '' where the file is not shown."""
    anchors = {view.path: view for view in files}
    links = []
    for place in reason.places[:5]:
        view = anchors.get(place.path)
        is_shown = view is not None and 1 <= place.line <= view.line_count
        links.append((str(place), f"{view.anchor}-{place.line}" if view is not None and is_shown else ""))
    return links
