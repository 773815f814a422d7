"""Run public tests and write what they compared: ``python -m autograder.studentcli.comparing STAGE FILE TEST…``.

Expected values are those that a public test itself holds or works out: this machine has no reference and no hidden
test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.hostiletext import finding_lines, visible_line
from autograder.model import Outcome, TestResult
from autograder.runner.child.startup import DEVICE
from autograder.studentcli.checking import choose_tests, run_public_tests
from autograder.studentcli.fresh import write_progress
from autograder.studentcli.machine import choose_device, require_packages
from autograder.studentcli.shown import Shown, write_shown
from autograder.testing.public_course import find_root, read_public_course
from autograder.testing.recording import Comparison, recording


@dataclass
class _Recorder:
    """The pytest plugin that keeps the comparisons of each case."""

    found: dict[str, list[Comparison]] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with recording() as comparisons:
            self.found[item.name] = comparisons
            yield


def compared(root: Path, stage: str, tests: list[str]) -> list[Shown]:
    """What these public tests compared, case by case.

    Raises:
        UsageError: a test is not a public one of the stage, or a package of the stage is not installed.
    """
    course = read_public_course(find_root(root))
    chosen = course.stage(stage)
    names = choose_tests(chosen, tests)
    require_packages(chosen)
    os.environ[DEVICE] = choose_device(chosen).name
    recorder = _Recorder()
    results = run_public_tests(course, chosen, write_progress, names, plugins=(recorder,))
    return [_shown(result, recorder.found.get(result.title, [])) for result in results]


def _shown(result: TestResult, comparisons: list[Comparison]) -> Shown:
    lines = []
    for finding in result.findings:
        lines += finding_lines(finding)
        lines += [f"where: {visible_line(str(finding.place))}"] if finding.place is not None else []
        lines += [f"hint: {finding.hint}"] if finding.hint else []
    outcome = "" if result.outcome is Outcome.PASSED else str(result.outcome)
    return Shown(
        result.name, result.case, result.sentence, outcome, tuple(map(visible_line, lines)), tuple(comparisons)
    )


def main() -> None:
    """A fault of the student's files or names is one sentence and exit status 2."""
    stage, target, *tests = sys.argv[1:]
    try:
        write_shown(Path(target), compared(Path.cwd(), stage, tests))
    except AutograderError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
