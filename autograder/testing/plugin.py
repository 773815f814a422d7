"""The pytest plugin: fixtures ``student``, ``reference``, ``rng``, ``budget``, ``memory_budget``, and "not reached"."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograder.errors import AutograderError
from autograder.hostiletext import finding_lines, visible, visible_line
from autograder.model import BudgetKind, Finding, FindingKind
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import UNUSABLE, UNUSABLE_HINT, may_be_of_values, raised_in
from autograder.testing.harness import BoundProbe, Harness, Side

if TYPE_CHECKING:
    from autograder.testing.local import LocalHarness

HARNESS = pytest.StashKey[Harness]()
LOCAL = pytest.StashKey[dict[Path, "LocalHarness"]]()


def test_id_of(item: pytest.Item) -> str:
    """A test's id within its stage: the function's name and its parameters' id."""
    return f"{item.path.stem}::{item.name}"


@pytest.fixture
def harness(request: pytest.FixtureRequest) -> Harness:
    """How probes are called; when grading, the tester has put one into the stash."""
    stash = request.config.stash
    given = stash.get(HARNESS, None)
    return given if given is not None else _local_harness(request.config, request.node.path.parent)


def _local_harness(config: pytest.Config, folder: Path) -> LocalHarness:
    """The one harness of a stage's folder, kept to the end of the session."""
    from autograder.testing.local import LocalHarness, bundle_root  # not needed when grading

    kept = config.stash.setdefault(LOCAL, {})
    if folder not in kept:
        kept[folder] = LocalHarness(bundle_root(folder, config.rootpath), folder)
    return kept[folder]


@pytest.fixture
def student(harness: Harness) -> Side:
    """The student's code, by probes."""
    return Side(harness, is_student=True)


@pytest.fixture
def reference(harness: Harness) -> Side:
    """The reference, by the same probes."""
    return Side(harness, is_student=False)


@pytest.fixture
def submitted(harness: Harness) -> Callable[[str], dict[str, bytes]]:
    """The submission's other files by a pattern, as they were sent: ``submitted("project/runs/*")``."""
    return harness.submitted


@pytest.fixture
def rng(harness: Harness, request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers of this test: the same for every submission of a run."""
    return np.random.default_rng(harness.seed(test_id_of(request.node)))


@pytest.fixture
def budget(harness: Harness, request: pytest.FixtureRequest) -> Callable[..., None]:
    """A time budget: ``budget(student.conv2d, reference.conv2d, inputs_of, times=4)``."""
    return budget_check(FindingKind.TIME, harness, test_id_of(request.node))


@pytest.fixture
def memory_budget(harness: Harness, request: pytest.FixtureRequest) -> Callable[..., None]:
    """A memory budget: ``memory_budget(student.conv2d, reference.conv2d, inputs_of, times=4)``."""
    return budget_check(FindingKind.MEMORY, harness, test_id_of(request.node))


def budget_check(kind: BudgetKind, harness: Harness, test_id: str) -> Callable[..., None]:
    """The value of a budget fixture in one test."""

    def check(student: BoundProbe, reference: BoundProbe, inputs_of: Any, *, times: float | None = None) -> None:
        if student.probe != reference.probe:
            raise ValueError(f"a budget compares one probe with itself, not {student.probe} with {reference.probe}")
        harness.check_budget(kind, student.probe, inputs_of, times, test_id)

    return check


def pytest_configure(config: pytest.Config) -> None:
    """Register our marker."""
    config.addinivalue_line("markers", "needs(*names): not reached unless these tests passed")


def needed_by(item: pytest.Item) -> tuple[str, ...]:
    """Names of the tests that this one needs."""
    return tuple(str(name) for marker in item.iter_markers("needs") for name in marker.args)


# On a student's own machine: a plain session records what did not pass.
FAILED = pytest.StashKey[set[tuple[Path, str]]]()  # stage folder, function name
NEED = pytest.StashKey[str]()  # of a test that is not reached: the one that it needs
USAGE = "usage"  # a report's property: CPU and wall seconds of the student's code
BUDGET = "budget"  # a report's property: what was used of a budget
FINDING = "finding"  # a report's property: what a failed check found
NOT_REACHED = "not reached"  # a report's property: the test that is needed and did not pass
ASSERTION = "assertion"  # a report's property: text of an assert of the test's own


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Record failures, and show a student the finding in place of our own frames."""
    if call.excinfo is not None:
        name = str(getattr(item, "originalname", item.name))
        item.session.stash.setdefault(FAILED, set()).add((item.path.parent, name))
    report = yield
    if HARNESS not in item.config.stash:
        _add_finding(item, call, report)
    return report


def _add_finding(item: pytest.Item, call: pytest.CallInfo[None], report: Any) -> None:
    """Add finding and usage to the report of a student's own run."""
    error = call.excinfo.value if call.excinfo is not None else None
    harness = item.config.stash.get(LOCAL, {}).get(item.path.parent)
    if isinstance(error, CheckFailed):
        report.longrepr = failure_text(sentence_of(item), error.finding)
        # plain, so that pytest-xdist can send it
        report.user_properties.append((FINDING, {**asdict(error.finding), "kind": error.finding.kind.value}))
    elif call.excinfo is not None and NEED in item.stash:
        report.user_properties.append((NOT_REACHED, item.stash[NEED]))
    elif isinstance(error, AssertionError) and raised_in(error, item.path):
        report.user_properties.append((ASSERTION, str(error)))
    elif isinstance(error, AutograderError):
        report.longrepr = visible(str(error))
    elif error is not None and harness is not None and harness.has_returned and may_be_of_values(error):
        # published tests pass with the reference, so it is the values that this one cannot use
        finding = Finding(FindingKind.VALUE, UNUSABLE, UNUSABLE_HINT, detail=f"{type(error).__name__}: {error}")
        report.longrepr = failure_text(sentence_of(item), finding)
        report.user_properties.append((FINDING, {**asdict(finding), "kind": finding.kind.value}))
    if call.when == "call" and harness is not None:
        usage = harness.take_usage()
        report.user_properties.append((USAGE, (usage.cpu_seconds, usage.wall_seconds)))
        if (use := harness.take_budget_use()) is not None:
            report.user_properties.append((BUDGET, asdict(use)))


def sentence_of(item: pytest.Item) -> str:
    """The first line of a test's docstring, else its name."""
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
    return str(doc).strip().splitlines()[0]


def failure_text(sentence: str, finding: Finding) -> str:
    """A finding in the lines that plain pytest prints."""
    lines = finding_lines(finding)
    if finding.place is not None:
        lines.append(f"where: {visible_line(str(finding.place))}")
    if finding.hint:
        lines.append(f"hint: {visible(finding.hint, limit=1000)}")
    return f"{sentence}\n" + textwrap.indent("\n".join(lines), "  ")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test if one that it needs did not pass, on a student's own machine."""
    failed = item.session.stash.get(FAILED, set())  # a test that was skipped did not pass either
    for name in needed_by(item):
        if (item.path.parent, name) in failed:
            item.stash[NEED] = name
            pytest.skip(f"not reached: {name} did not pass")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the processes of a student's own run."""
    for harness in config.stash.get(LOCAL, {}).values():
        harness.close()
