"""Run a stage's public tests in this process and keep what came of each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.errors import UsageError
from autograder.model import (
    OUTCOME_OF_KIND,
    BudgetUse,
    Finding,
    FindingKind,
    Outcome,
    Place,
    TestResult,
    Usage,
    Visibility,
)
from autograder.studentcli.fresh import Progress
from autograder.testing.plugin import ASSERTION, BUDGET, FINDING, NOT_REACHED, USAGE, sentence_of
from autograder.testing.public_course import PublicCourse, PublicStage

QUIET = (
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"),
    *("-p", "autograder.testing.plugin", "--import-mode=importlib", "-o", "addopts="),
)


@dataclass
class _Collector:
    """The pytest plugin that keeps results; a test that was set up but not called counts too."""

    show: Callable[[Progress], None]
    only: Collection[str] = ()
    results: list[TestResult] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    sentences: dict[str, tuple[str, str]] = field(default_factory=dict)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if not self.only or _function_of(item) in self.only]
        for item in items:
            self.sentences[item.nodeid] = (_function_of(item), sentence_of(item))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.show(Progress(len(self.results), len(self.sentences), self.sentences[nodeid][1]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        name, sentence = self.sentences[report.nodeid]
        properties: dict[str, Any] = dict(report.user_properties)
        cpu, wall = properties.get(USAGE, (0.0, 0.0))
        outcome, finding = _outcome(report, properties)
        budget = properties.get(BUDGET)
        self.results.append(
            TestResult(
                name=name,
                case=report.nodeid.rpartition("::")[2][len(name) :].strip("[]"),
                visibility=Visibility.PUBLIC,
                sentence=sentence,
                outcome=outcome,
                findings=(finding,) if finding else (),
                usage=Usage(cpu, wall),
                printed=report.capstdout,
                budget=BudgetUse(**budget) if budget else None,
            )
        )


def _function_of(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", item.name))


def _outcome(report: pytest.TestReport, properties: Mapping[str, Any]) -> tuple[Outcome, Finding | None]:
    if report.passed:
        return Outcome.PASSED, None
    if NOT_REACHED in properties:
        return Outcome.NOT_REACHED, Finding(FindingKind.MISSING, f"not reached: {properties[NOT_REACHED]} did not pass")
    if FINDING in properties:
        finding = _finding(properties[FINDING])
        is_over_budget = BUDGET in properties  # the code ended by itself
        return Outcome.FAILED if is_over_budget else OUTCOME_OF_KIND.get(finding.kind, Outcome.FAILED), finding
    if ASSERTION in properties:
        message = "an assertion of this test failed"
        return Outcome.FAILED, Finding(FindingKind.PROPERTY, message, detail=properties[ASSERTION])
    message = "the test itself could not run: this is the course's fault, not yours; please report it"
    return Outcome.GRADER_FAULT, Finding(FindingKind.GRADER, message, detail=report.longreprtext)


def _finding(fields: Mapping[str, Any]) -> Finding:
    place = fields["place"]
    return Finding(**{**fields, "kind": FindingKind(fields["kind"]), "place": Place(**place) if place else None})


def choose_tests(stage: PublicStage, names: Iterable[str]) -> frozenset[str]:
    """The names, each of which is a public test of the stage as its specification lists it.

    Raises:
        UsageError: some are not; one line for each, with the nearest name.
    """
    wanted = dict.fromkeys(names)
    unknown = [name for name in wanted if name not in stage.points]
    if not unknown:
        return frozenset(wanted)
    lines = []
    for name in unknown:
        near = difflib.get_close_matches(name.partition("[")[0], stage.points, 1)
        lines.append(f"{stage.name} has no public test {name!r}" + (f"; did you mean {near[0]}?" if near else "."))
    raise UsageError("\n".join([*lines, f"The public tests are: {', '.join(stage.points)}."]))


def run_public_tests(
    course: PublicCourse,
    stage: PublicStage,
    show: Callable[[Progress], None] = lambda progress: None,
    only: Collection[str] = (),
    plugins: Sequence[object] = (),
) -> tuple[TestResult, ...]:
    """The result of every case of the stage's public tests, in their order.

    Args:
        course: the starter.
        stage: of which the tests are run.
        show: called before each case.
        only: names of the tests to run; all if it is empty.
        plugins: of pytest, beside the one that keeps results.

    Raises:
        UsageError: the tests are not there, or cannot be collected.
    """
    tests = course.root / stage.name / "test_public.py"
    if not tests.is_file():
        raise UsageError(f"{tests} is not there: it belongs to the course; unpack the starter again beside your work")
    collector = _Collector(show, only)
    where = ["--rootdir", str(course.root)]
    code = pytest.main([*QUIET, *where, str(tests)], plugins=[collector, *plugins])
    if code is pytest.ExitCode.INTERRUPTED and not collector.problems:
        raise KeyboardInterrupt  # pytest keeps it to itself
    if collector.problems:
        raise UsageError("the public tests cannot be read:\n" + "\n".join(collector.problems))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise UsageError(f"pytest ended with {code!r} before the tests were done")
    return tuple(collector.results)


def earned(stage: PublicStage, results: tuple[TestResult, ...]) -> dict[str, tuple[float, float]]:
    """Points and possible points by test; its cases share them equally."""
    cases: dict[str, list[bool]] = {}
    for result in results:
        cases.setdefault(result.name, []).append(result.outcome is Outcome.PASSED)
    return {
        name: (stage.points.get(name, 0.0) * sum(passed) / len(passed), stage.points.get(name, 0.0))
        for name, passed in cases.items()
    }
