"""What ``check`` and ``submit`` print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.commandline import counted
from autograder.hostiletext import finding_lines, visible, visible_line
from autograder.model import Finding, Outcome, TestResult
from autograder.studentcli.checking import earned
from autograder.studentcli.submitting import Package
from autograder.testing.budget_words import use_words
from autograder.testing.public_course import PublicStage

STYLE = {Outcome.PASSED: "green", Outcome.NOT_REACHED: "yellow", Outcome.GRADER_FAULT: "magenta"}
PRINTED_LINES = 12


def number(value: float) -> str:
    """Points without needless decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(value: float) -> str:
    return f"{number(value)} point{'' if value == 1 else 's'}"


def due_line(stage: PublicStage, now: datetime) -> str:
    """When the stage is due, in this machine's time, and how long that is."""
    due = stage.due.astimezone()
    left = stage.due - now
    hours = abs(left.total_seconds()) / 3600
    span = f"{hours / 24:.0f} days" if hours >= 48 else counted(round(hours), "hour")
    when = f"{span} left" if left.total_seconds() > 0 else f"{span} ago"
    return f"due {due:%a %d %b %Y, %H:%M} (UTC{due:%z}), {when}"


def print_check(
    console: Console, stage: PublicStage, results: tuple[TestResult, ...], notes: Sequence[str] = (), device: str = ""
) -> None:
    """One block a test: outcome, points, time, and why; each cause once.

    Args:
        console: where.
        stage: whose tests were run.
        results: of every case.
        notes: what differs between this machine and the grader.
        device: on what the tests computed, where that is a question.
    """
    console.print(Text(f"{stage.name}: {stage.title}", style="bold"))
    console.print(Text(due_line(stage, _now()), style="dim"))
    if device:
        console.print(Text(visible_line(device), style="dim"))
    console.print()
    points = earned(stage, results)
    groups: dict[str, list[TestResult]] = {}
    for result in results:
        groups.setdefault(result.name, []).append(result)
    causes: dict[object, str] = {}
    for name, cases in groups.items():
        _print_test(console, stage, cases, points[name], causes)
    console.print()
    print_notes(console, notes)
    _print_total(console, stage, points)


def print_notes(console: Console, notes: Sequence[str]) -> None:
    """What a student should know before the files are sent."""
    for note in notes:
        console.print(Text(f"Note: {visible(note)}", style="yellow"))


def _print_test(
    console: Console,
    stage: PublicStage,
    cases: list[TestResult],
    points: tuple[float, float],
    causes: dict[object, str],
) -> None:
    wrong = [case for case in cases if case.outcome is not Outcome.PASSED]
    outcome = wrong[0].outcome if wrong else Outcome.PASSED
    seconds = sum(case.usage.cpu_seconds or case.usage.wall_seconds for case in cases)
    words = str(outcome) + (f", {len(wrong)} of {len(cases)}" if wrong and len(cases) > 1 else "")
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(width=15)
    row.add_column(width=7, justify="right")
    row.add_column(width=7, justify="right")
    row.add_column(ratio=1)
    row.add_row(
        Text(words, style=STYLE.get(outcome, "red")),
        Text(f"{number(points[0])} / {number(points[1])}"),
        Text(f"{seconds:.2f} s", style="dim"),
        Text(visible_line(cases[0].sentence)),
    )
    console.print(row)
    alike: dict[object, list[TestResult]] = {}
    for case in cases:
        if case.outcome is not Outcome.PASSED or case.printed.strip():
            alike.setdefault((case.findings, case.printed), []).append(case)
    details = [Text(cases[0].name, style="dim")] if wrong else []
    details += [line for group in alike.values() for line in _why(group, causes)]
    details += _budget_lines(stage, cases)
    if details:
        console.print(Padding(Group(*details), (0, 0, 1, 4)))


def _budget_lines(stage: PublicStage, cases: list[TestResult]) -> list[Text]:
    """What was used of a budget, or where nothing was measured what is allowed when graded."""
    uses = [case.budget for case in cases if case.budget is not None and case.outcome is Outcome.PASSED]
    if uses:
        return [Text(use_words(use), style="yellow" if use.times > use.limit else "dim") for use in uses]
    allowed = ((stage.budgets, "time"), (stage.memory_budgets, "memory"))
    return [
        Text(f"when graded: at most {number(budgets[name])} times the reference's {what}", style="dim")
        for budgets, what in allowed
        if (name := cases[0].name) in budgets and all(case.budget is None for case in cases)
    ]


def _why(alike: list[TestResult], causes: dict[object, str]) -> list[Text]:
    """What cases that ended alike have in common; a cause that another test has shown already is named only."""
    case = alike[0]
    lines = [Text(visible_line(", ".join(f"[{one.case}]" for one in alike)), style="dim")] if case.case else []
    for finding in case.findings:
        first = causes.setdefault(finding, case.name) if case.outcome is not Outcome.NOT_REACHED else case.name
        lines += [Text(f"the same as in {first}")] if first != case.name else _finding_lines(finding)
    printed = visible(case.printed, limit=4000).strip("\n").splitlines()
    if printed and printed[0]:
        lines.append(Text("your code printed:", style="dim"))
        lines.extend(Text(f"  {line}", style="dim") for line in printed[:PRINTED_LINES])
        if len(printed) > PRINTED_LINES:
            lines.append(Text(f"  … and {counted(len(printed) - PRINTED_LINES, 'more line')}", style="dim"))
    return lines


def _finding_lines(finding: Finding) -> list[Text]:
    lines = [Text(line) for line in finding_lines(finding)]
    if finding.place is not None:
        lines.append(Text(f"where: {visible_line(str(finding.place))}", style="cyan"))
    if finding.hint:
        lines.append(Text(f"hint: {visible(finding.hint, limit=1000)}", style="yellow"))
    return lines


def _print_total(console: Console, stage: PublicStage, points: dict[str, tuple[float, float]]) -> None:
    got, out_of = sum(pair[0] for pair in points.values()), sum(pair[1] for pair in points.values())
    left_out = len(stage.points.keys() - points.keys())
    if left_out:
        these = "This test" if len(points) == 1 else f"These {len(points)} tests"
        console.print(Text(f"{these}: {number(got)} of {number(out_of)} points.", style="bold"))
        console.print(Text(f"Not run: {left_out} other public test{'s' if left_out > 1 else ''} of {stage.name}."))
        return
    console.print(Text(f"Public tests: {number(got)} of {number(out_of)} points.", style="bold"))
    later = []
    if stage.hidden_points:
        later.append(f"hidden tests ({_points(stage.hidden_points)})")
    if stage.rubric_points:
        later.append(f"what a TA marks by hand ({_points(stage.rubric_points)})")
    if later:
        console.print(Text(f"Marked after you submit: {' and '.join(later)}."))


def print_package(console: Console, stage: PublicStage, package: Package) -> None:
    """What is in the zip, and what to do with it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("file")
    table.add_column("bytes", justify="right")
    table.add_column("start of SHA-256")
    for file in package.submission.files:
        table.add_row(Text(visible_line(file.path)), f"{len(file.data):,}", package.digest_of(file)[:16])
    console.print(table)
    print_notes(console, package.warnings)
    console.print(Text(f"Submission hash: {package.submission.sha256}"), soft_wrap=True)
    console.print(Text(f"Written: {package.path}", style="bold"), soft_wrap=True)
    console.print(Text(f"Upload this file to Moodle, {due_line(stage, _now())}. Your report will show the same hash."))


def _now() -> datetime:
    return datetime.now(UTC)
