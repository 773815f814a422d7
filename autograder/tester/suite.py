"""A stage's tests as a pytest session that grades one submission after another.

Tests are collected once. A test that uses only our fixtures and parameters, as nearly all do, is called
directly for each submission. One with fixtures of its own goes through pytest's setup, call and teardown
hooks, so that it works as in any pytest run. Reports and tracebacks, which cost more than the tests, are
never made. README.md has the picture.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pytest

from autograder.course import StageFolder
from autograder.course.mistakes import Mistake
from autograder.errors import ConfigurationFault
from autograder.model import (
    BUDGET_KINDS,
    BudgetKind,
    BudgetUse,
    Finding,
    FindingKind,
    Outcome,
    TestResult,
    Usage,
    Visibility,
)
from autograder.tester.cases import Case, case_of, with_needs
from autograder.tester.coursefaults import import_fault
from autograder.tester.endings import CaseKey, Endings, endings_of
from autograder.tester.grading_harness import GradingHarness
from autograder.tester.hidden_messages import refused_by_messages
from autograder.tester.hints import Call, Hints
from autograder.tester.jobs import Job
from autograder.tester.judge import judge, with_names_of_public_tests
from autograder.tester.outputfuzz import raises_on
from autograder.tester.prefetch import Batch, DryRunResult, ExpectedCall, dry_run, plan
from autograder.tester.reference import ReferenceCall
from autograder.tester.refusals import NO_STATE, refused_by_fixtures, refused_by_text
from autograder.tester.statewatch import StateWatch
from autograder.tester.student_process import StudentProcess
from autograder.testing.plugin import HARNESS

# pytest's own plugins that would cost time, or report that no tests ran
LEFT_OUT = (
    "terminal", "cacheprovider", "logging", "capture", "faulthandler", "unraisableexception", "threadexception",
    "warnings", "doctest", "junitxml", "pastebin", "stepwise", "setuponly",
)  # fmt: skip
Serve: TypeAlias = Callable[[Sequence[Case]], None]


class Suite:
    """The collected tests of a stage, run on one submission after another."""

    def __init__(
        self,
        cases: Sequence[Case],
        harness: GradingHarness,
        hints: Hints,
        budgets: Mapping[str, Mapping[BudgetKind, float]],
    ) -> None:
        self._cases = cases
        self._harness, self._hints, self._budgets = harness, hints, budgets
        harness.public_tests = frozenset(case.test_id for case in cases if case.visibility is Visibility.PUBLIC)
        self._seed, self._batches = "", dict[int, Batch]()
        self._passes_with: dict[str, list[ReferenceCall]] = {}
        self._changes: dict[str, tuple[str, ...]] = {}  # by test id: values that it leaves changed
        self._unexplained: dict[CaseKey, list[Call]] = {}  # the calls of failed tests without a hint
        self._of_properties: set[CaseKey] = set()  # of those, the ones that compare nothing with the reference

    def run(self, job: Job, process: StudentProcess) -> list[TestResult]:
        """The result of every case, or up to the first that is lost; a fault in one does not affect another."""
        if job.made_up:
            return self._on_made_up_results(job, process)
        results = with_names_of_public_tests(list(self._run_cases(job, process)))
        return self._with_later_hints(results, job) if job.hints else results

    def _run_cases(self, job: Job, process: StudentProcess) -> Iterator[TestResult]:
        self._harness.start_submission(process, bytes.fromhex(job.seed))
        self._hints.start_submission()
        self._unexplained.clear()
        self._of_properties.clear()
        if job.seed != self._seed:
            self._start_run(job.seed)
        passed: dict[str, bool] = {}
        chosen = with_needs(self._cases, job.only)
        for index in self._order(job.first):
            case = self._cases[index]
            if case.name not in chosen:
                continue
            if index in self._batches and not job.only:  # a batch has calls of other tests too
                self._harness.prefetch(self._batches[index])
            missing = [need for need in case.needs if not passed.get(need, False)]
            result = _not_reached(case, missing) if missing else self._run_case(case, job, process)
            passed[case.name] = passed.get(case.name, True) and result.outcome is Outcome.PASSED
            yield result
            if job.until_lost and result.outcome is not Outcome.PASSED:
                return

    def _on_made_up_results(self, job: Job, process: StudentProcess) -> list[TestResult]:
        """Passed where a case ends on any result, a fault of the grader where it raises; no process is asked."""
        self._harness.start_submission(process, bytes.fromhex(job.seed))
        rng = np.random.default_rng([*bytes.fromhex(job.seed)])
        found = [(case, raises_on(case, self._harness.reference, self._harness, rng)) for case in self._cases]
        return [
            _result(case, Outcome.GRADER_FAULT, Finding(FindingKind.GRADER, raised))
            if raised
            else _result(case, Outcome.PASSED)
            for case, raised in found
        ]

    def _order(self, first: str) -> list[int]:
        """The cases' indices: those of the test ``first`` and of what it needs before all others."""
        early = with_needs(self._cases, (first,) if first else ())
        return sorted(range(len(self._cases)), key=lambda index: self._cases[index].name not in early)

    def _start_run(self, seed: str) -> None:
        """Find the calls that a run with this seed makes on every submission."""
        watch, dry_runs = StateWatch(), dict[str, DryRunResult]()
        self._changes.clear()
        for case in self._cases:
            done, changed = watch.run(case, partial(dry_run, case, self._harness.reference, self._harness))
            dry_runs[case.test_id] = done
            if changed:
                self._changes[case.test_id] = changed
        of_tests: dict[str, list[ExpectedCall]] = {}
        for case in self._cases:
            of_tests.setdefault(case.name, []).extend(dry_runs[case.test_id].calls)
        self._hints.start_run(seed, of_tests)
        self._seed, self._batches = seed, plan(self._cases, dry_runs)
        self._passes_with = {
            test_id: [call.reference for call in done.calls] for test_id, done in dry_runs.items() if done.passes
        }

    def _run_case(self, case: Case, job: Job, process: StudentProcess) -> TestResult:
        if case.test_id in self._changes:
            return _refused(case, self._changes[case.test_id])
        self._harness.start_test(case.test_id, self._budgets.get(case.name, {}))
        expected = self._passes_with.get(case.test_id)
        if expected is not None and self._harness.answers_as_reference(expected):
            # with identical answers the test passes as it did in the dry run
            return _result(case, Outcome.PASSED, usage=process.usage)
        error = self._raised(case)
        budget = self._harness.budget_use if case.visibility is Visibility.PUBLIC else None
        if error is None:
            return _result(case, Outcome.PASSED, usage=process.usage, budget=budget)
        outcome, finding = judge(
            error, process.workspace, case.visibility, case.path, partial(self._passes_with_reference, case)
        )
        # no known mistake explains a budget
        if outcome in (Outcome.FAILED, Outcome.ERROR) and job.hints and finding.kind not in BUDGET_KINDS:
            finding = self._with_hint(case, finding)
        printed = process.printed if case.visibility is Visibility.PUBLIC else ""
        return _result(case, outcome, finding, usage=process.usage, printed=printed, budget=budget)

    def _with_hint(self, case: Case, finding: Finding) -> Finding:
        hint = self._hints.find(case.name, self._harness.calls)
        if not hint:
            self._unexplained[case.name, case.case] = [*self._harness.calls]
            if self._harness.looks_at_properties:
                self._of_properties.add((case.name, case.case))
        return replace(finding, hint=hint) if hint else finding

    def _with_later_hints(self, results: list[TestResult], job: Job) -> list[TestResult]:
        """Add hints that depend on how all tests ended."""
        passed = {result.name for result in results}
        passed -= {result.name for result in results if result.outcome is not Outcome.PASSED}
        of_properties = {key: end for key, end in endings_of(results).items() if key in self._of_properties}

        def run(mistake: Mistake, process: StudentProcess) -> Endings:
            graded = replace(job, hints=False, until_lost=False, only=mistake.killed_by, first="")
            return endings_of(self._run_cases(graded, process))

        found = {
            **self._hints.find_alike(self._unexplained, passed),
            **self._hints.find_ending_alike(of_properties, passed, run),  # the last: it grades other code
        }
        return [
            replace(
                result, findings=tuple(replace(one, hint=found[result.name, result.case]) for one in result.findings)
            )
            if (result.name, result.case) in found
            else result
            for result in results
        ]

    def _passes_with_reference(self, case: Case) -> bool:
        """Whether only the student's values can have made a case raise: it passes now with the reference's."""
        if not self._harness.has_other_values():
            return False
        with self._harness.reference_in_place():
            return self._raised(case) is None

    def _raised(self, case: Case) -> BaseException | None:
        """What a case raised; None if it passed."""
        if case.simple is None:
            return _run_by_pytest(case.item)
        arguments = case.arguments(self._harness)
        try:
            case.item.obj(**arguments)  # type: ignore[attr-defined]  # a Function, or it would not be simple
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # judge() decides whose fault it is
            return error
        return None


def _run_by_pytest(item: pytest.Item) -> BaseException | None:
    """What an item with fixtures of its own raised, the first of setup, call and teardown; None if it passed."""
    item._initrequest()  # type: ignore[attr-defined]  # pytest has no public way to run an item again
    hooks = item.ihook
    raised = _phase("setup", partial(hooks.pytest_runtest_setup, item=item))
    if raised is None:
        raised = _phase("call", partial(hooks.pytest_runtest_call, item=item))
    # no next item: fixtures of a wider scope are refused at collection, so everything ends with the test
    ended = _phase("teardown", partial(hooks.pytest_runtest_teardown, item=item, nextitem=None))
    return raised if raised is not None else ended


def _phase(when: Literal["setup", "call", "teardown"], run: Callable[[], object]) -> BaseException | None:
    info = pytest.CallInfo.from_call(run, when, reraise=(KeyboardInterrupt,))
    return info.excinfo.value if info.excinfo is not None else None


def _not_reached(case: Case, missing: list[str]) -> TestResult:
    message = f"not reached: {', '.join(missing)} did not pass"
    return _result(case, Outcome.NOT_REACHED, Finding(FindingKind.MISSING, message))


def _refused(case: Case, changed: tuple[str, ...]) -> TestResult:
    """A test that leaves something behind is not run: whether another one passes would depend on it."""
    finding = Finding(
        FindingKind.GRADER,
        "the test itself failed: this is a fault of the grader, not of your code",
        detail=f"{case.path.name}: {case.name}: {', '.join(changed)} changed while it ran; {NO_STATE}",
    )
    return _result(case, Outcome.GRADER_FAULT, finding)


def _result(
    case: Case,
    outcome: Outcome,
    finding: Finding | None = None,
    *,
    usage: Usage | None = None,
    printed: str = "",
    budget: BudgetUse | None = None,
) -> TestResult:
    return TestResult(
        name=case.name,
        case=case.case,
        visibility=case.visibility,
        sentence=case.sentence,
        outcome=outcome,
        findings=(finding,) if finding else (),
        usage=usage or Usage(),
        printed=printed,
        budget=budget,
    )


@dataclass(frozen=True)
class SuiteFiles:
    """The files to collect.

    Attributes:
        root: of the course.
        visibility: whether students may read it, by file.
    """

    root: Path
    visibility: Mapping[Path, Visibility]


def suite_files(stage: StageFolder) -> SuiteFiles:
    """A stage's public and hidden tests."""
    return SuiteFiles(stage.root, {stage.public_tests: Visibility.PUBLIC, stage.hidden_tests: Visibility.HIDDEN})


def refused_tests(tests: SuiteFiles) -> list[ConfigurationFault]:
    """What the text of the tests shows and must not do; nothing is run."""
    hidden = [path for path, visibility in tests.visibility.items() if visibility is Visibility.HIDDEN]
    return refused_by_text(tests.visibility, tests.root) + refused_by_messages(hidden, tests.root)


class _Loop:
    """The pytest plugin that serves jobs in place of running the tests once."""

    def __init__(self, tests: SuiteFiles, harness: GradingHarness, serve: Serve) -> None:
        self._tests, self._harness, self._serve = tests, harness, serve
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[HARNESS] = self._harness

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:  # a file that skips itself would leave its tests out
            self.problems.append(str(report.longrepr))

    def pytest_exception_interact(self, node: pytest.Collector, call: pytest.CallInfo[object]) -> None:
        """A file that cannot be imported; the tests themselves are not run by pytest's own loop."""
        if call.when == "collect" and call.excinfo is not None:
            error = call.excinfo.value.__cause__ or call.excinfo.value
            self.problems.append(str(import_fault(error, node.path, self._tests.root)))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.problems:
            self.problems += map(str, refused_by_fixtures(session.items, self._tests.root))
        if not self.problems:
            self._serve([case_of(item, self._tests.visibility[item.path]) for item in session.items])
        return True


def collect_and_serve(tests: SuiteFiles, harness: GradingHarness, serve: Serve) -> list[str]:
    """Collect the tests and pass them to ``serve``; returns the problems of the collection."""
    if refused := refused_tests(tests):
        return [str(fault) for fault in refused]
    loop = _Loop(tests, harness, serve)
    arguments = [
        *(word for name in LEFT_OUT for word in ("-p", f"no:{name}")),
        "--assert=plain",
        "--import-mode=importlib",
        "-c",
        "/dev/null",
        "--rootdir",
        str(next(iter(tests.visibility)).parent),
        "--noconftest",
    ]
    arguments += ["-p", "autograder.testing.plugin", *map(str, tests.visibility)]
    code = pytest.main(arguments, plugins=[loop])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not loop.problems:
        loop.problems.append(f"pytest ended with {code!r}")
    sys.stdout.flush()
    return loop.problems
