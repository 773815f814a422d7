"""``autograder.show("test_x")``: a student's results beside those that a public test expects."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from autograder.commandline import counted
from autograder.errors import UsageError
from autograder.studentcli.drawing import MOST_DRAWN, figure_png, heading, is_drawn, table_lines
from autograder.studentcli.fresh import ProgressLine, display_module, in_kernel, run_fresh
from autograder.studentcli.machine import missing_packages
from autograder.studentcli.shown import Shown, read_shown
from autograder.testing.public_course import PublicCourse, find_root, read_public_course
from autograder.testing.recording import Comparison

MODULE = "autograder.studentcli.comparing"


def show_tests(tests: Sequence[str], stage: str) -> None:
    """Run the tests in a fresh process and show what they compared: figures in Jupyter, tables elsewhere.

    Args:
        tests: names of public tests of one stage.
        stage: a name or number; '' for the one that has these tests.

    Raises:
        UsageError: there are no such tests, or they cannot be run.
    """
    course = read_public_course(find_root(Path.cwd()))
    name = _stage_of(course, tests, stage)
    line = ProgressLine(f"show {', '.join(tests)}")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "shown.json")
        ended = run_fresh(MODULE, [name, str(target), *tests], course.root, line.show, {})
        line.end(ended.status)
        if ended.status:
            raise UsageError(ended.printed.strip() or "the tests could not be run")
        found = read_shown(target)
    for one in found:
        _show(one)


def _stage_of(course: PublicCourse, tests: Sequence[str], stage: str) -> str:
    if not tests:
        raise UsageError('name a public test of spec.md: autograder.show("test_adam_worked_example")')
    if stage:
        return course.stage(stage).name
    owners = [one.name for one in course.stages.values() if set(tests) <= one.points.keys()]
    here = Path.cwd().name
    if len(owners) == 1 or here in owners:
        return here if here in owners else owners[0]
    if owners:
        raise UsageError(
            f"{' and '.join(owners)} have it: say which one, as in show({tests[0]!r}, stage={owners[0]!r})"
        )
    if here in course.stages:
        return here  # its words for an unknown test have the nearest names
    raise UsageError(f"no stage of this bundle has {', '.join(tests)} among its public tests: spec.md has their names")


def _show(shown: Shown) -> None:
    case = f" [{shown.case}]" if shown.case else ""
    _print(f"{shown.name}{case}: {shown.outcome or 'passed'}", shown.sentence, *shown.lines)
    if not shown.comparisons:
        if not shown.outcome:
            _print("  It compares no numbers with expected ones: it looks at a property of your results.")
        return
    rest = [one for one in shown.comparisons if not _displayed(one)]
    for one in rest:
        _print(heading(one), *table_lines(one))
    drawn = [one for one in shown.comparisons if _displayed(one)]
    if drawn:
        drawn.sort(key=lambda one: not one.wrong)  # those that differ first
        display = display_module()
        words = "; ".join(heading(one) for one in drawn[:MOST_DRAWN])
        display.display(display.Image(figure_png(drawn[:MOST_DRAWN]), alt=words))
        if len(drawn) > MOST_DRAWN:
            _print(f"… and {counted(len(drawn) - MOST_DRAWN, 'more comparison')}")
    _print()


def _displayed(comparison: Comparison) -> bool:
    """Whether a figure shows it: in Jupyter, where matplotlib is installed."""
    return is_drawn(comparison) and in_kernel() and not missing_packages(["matplotlib"])


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines or ("",)))
