"""A stage's tests as a pytest session that grades one submission after another.

Tests are collected once. A test that asks for our fixtures and parameters alone, as nearly all do, is
called directly for each submission. One that has fixtures of its own goes through pytest's setup, call
and teardown hooks, so that it works as in any pytest run. Reports and tracebacks, which cost more than
the tests, are never made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from autograder.model import Finding, Outcome, TestResult, Usage, Visibility
from autograder.tester.bench import Bench
from autograder.tester.harness import GradingHarness
from autograder.tester.hints import Hints
from autograder.tester.jobs import Job
from autograder.tester.judge import judge
from autograder.testing import plugin
from autograder.testing.harness import Harness, Side
from autograder.testing.plugin import HARNESS, needed_by, sentence_of

OUR_VALUES: Mapping[str, Callable[[Harness, pytest.Item], object]] = {
    "student": lambda harness, item: Side(harness, is_student=True),
    "reference": lambda harness, item: Side(harness, is_student=False),
    "rng": plugin.random_numbers,
    "budget": plugin.budget_check,
}
OUR_FIXTURES = frozenset({*OUR_VALUES, "harness", "request"})


class Suite:
    """The collected tests of a stage, and how to run them on a bench."""

    def __init__(
        self, items: list[pytest.Item], harness: GradingHarness, hints: Hints, budgets: dict[str, float]
    ) -> None:
        self._items, self._harness, self._hints, self._budgets = items, harness, hints, budgets

    def run(self, job: Job, bench: Bench) -> Iterator[TestResult]:
        """The results of every case; a fault of one costs no other."""
        self._harness.start_submission(bench, bytes.fromhex(job.seed))
        passed: dict[str, bool] = {}
        wanted = [item for item in self._items if not job.only or function_name(item) in job.only]
        for item, following in zip(wanted, [*wanted[1:], None], strict=True):
            name = function_name(item)
            missing = [
                need for need in needed_by(item) if not passed.get(need, need not in job.only and bool(job.only))
            ]
            result = self._not_reached(item, missing) if missing else self._run_item(item, following, job, bench)
            passed[name] = passed.get(name, True) and result.outcome is Outcome.PASSED
            yield result

    def _run_item(self, item: pytest.Item, following: pytest.Item | None, job: Job, bench: Bench) -> TestResult:
        name, visibility = function_name(item), visibility_of(item)
        self._harness.start_test(self._budgets.get(name))
        error = self._raised(item, following)
        if error is None:
            return _result(item, Outcome.PASSED, usage=bench.usage)
        outcome, finding = judge(error, bench.workspace, visibility, item.path)
        if outcome is Outcome.FAILED and job.hints and finding.kind != "time":
            finding = self._with_hint(name, finding)
        printed = bench.printed if visibility is Visibility.PUBLIC else ""
        return _result(item, outcome, finding, usage=bench.usage, printed=printed)

    def _with_hint(self, test: str, finding: Finding) -> Finding:
        calls = tuple(self._harness.calls)
        right = [self._harness.reference.call(call.probe, call.inputs) for call in calls]
        hint = self._hints.find(test, calls, right)
        if not hint:
            return finding
        return Finding(finding.kind, finding.message, hint, finding.place, finding.detail)

    def _raised(self, item: pytest.Item, following: pytest.Item | None) -> BaseException | None:
        """What one run of an item raised, first of setup, call and teardown."""
        arguments = self._simple_arguments(item)
        if arguments is not None:
            return self._phase("call", partial(item.obj, **arguments))  # type: ignore[attr-defined]  # a Function
        item._initrequest()  # type: ignore[attr-defined]  # pytest has no public way to run an item again
        hooks = item.ihook
        raised = self._phase("setup", partial(hooks.pytest_runtest_setup, item=item))
        if raised is None:
            raised = self._phase("call", partial(hooks.pytest_runtest_call, item=item))
        # The next item is named so that fixtures of wider scope live as long as pytest promises.
        ended = self._phase("teardown", partial(hooks.pytest_runtest_teardown, item=item, nextitem=following))
        return raised if raised is not None else ended

    def _simple_arguments(self, item: pytest.Item) -> dict[str, object] | None:
        """The arguments of a test that needs our fixtures and parameters alone; None for any other."""
        if not isinstance(item, pytest.Function) or item.cls is not None:
            return None
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        # fixturenames holds what the test asks for, what that asks for, and fixtures that apply by themselves.
        if set(item.fixturenames) - OUR_FIXTURES - parameters.keys() or _has_own(item, item.fixturenames):
            return None
        given: dict[str, object] = {
            name: OUR_VALUES[name](self._harness, item) for name in OUR_VALUES if name in item.fixturenames
        }
        wanted = item._fixtureinfo.argnames
        return {name: parameters[name] if name in parameters else given[name] for name in wanted}

    @staticmethod
    def _phase(when: str, run: Callable[[], object]) -> BaseException | None:
        info = pytest.CallInfo.from_call(run, when, reraise=(KeyboardInterrupt,))  # type: ignore[arg-type]  # one of pytest's three literals
        return info.excinfo.value if info.excinfo is not None else None

    @staticmethod
    def _not_reached(item: pytest.Item, missing: list[str]) -> TestResult:
        message = f"not reached: {', '.join(missing)} did not pass"
        return _result(item, Outcome.NOT_REACHED, Finding("missing", message))


def _has_own(item: pytest.Function, names: Iterable[str]) -> bool:
    """Whether the test's file has a fixture in place of one of ours."""
    found = item._fixtureinfo.name2fixturedefs
    return any(
        found[name][-1].func.__module__ != plugin.__name__
        for name in OUR_FIXTURES & found.keys() & {*names} - {"request"}
    )


def function_name(item: pytest.Item) -> str:
    """The test function's name, without parameters."""
    return str(getattr(item, "originalname", None) or item.name)


def visibility_of(item: pytest.Item) -> Visibility:
    """Public tests stand in ``test_public.py``; whatever stands elsewhere is hidden."""
    return Visibility.PUBLIC if item.path.name == "test_public.py" else Visibility.HIDDEN


def _result(
    item: pytest.Item,
    outcome: Outcome,
    finding: Finding | None = None,
    *,
    usage: Usage | None = None,
    printed: str = "",
) -> TestResult:
    name = function_name(item)
    return TestResult(
        name=name,
        case=item.name[len(name) :].strip("[]"),
        visibility=visibility_of(item),
        sentence=sentence_of(item),
        outcome=outcome,
        findings=(finding,) if finding else (),
        usage=usage or Usage(),
        printed=printed,
    )


class _Loop:
    """The pytest plugin that serves jobs in place of running the tests once."""

    def __init__(self, harness: GradingHarness, serve: Callable[[list[pytest.Item]], None]) -> None:
        self._harness, self._serve = harness, serve
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[HARNESS] = self._harness

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.problems:
            self._serve(session.items)
        return True


def collect_and_serve(
    files: list[Path], harness: GradingHarness, serve: Callable[[list[pytest.Item]], None]
) -> list[str]:
    """Collect the tests and hand them to ``serve``; returns why that could not be done."""
    loop = _Loop(harness, serve)
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:capture", "-p", "no:faulthandler"]
    quiet += ["-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:warnings", "-p", "no:doctest"]
    quiet += ["-p", "no:junitxml", "-p", "no:pastebin", "-p", "no:stepwise", "-p", "no:setuponly"]
    arguments = [
        *quiet,
        "--assert=plain",
        "--import-mode=importlib",
        "-c",
        "/dev/null",
        "--rootdir",
        str(files[0].parent),
    ]
    arguments += ["-p", "autograder.testing.plugin", *map(str, files)]
    code = pytest.main(arguments, plugins=[loop])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not loop.problems:
        loop.problems.append(f"pytest ended with {code!r}")
    sys.stdout.flush()
    return loop.problems
