"""What the reference needs in public time tests: measured on request, checked in, and put into ``course.json``.

A student's machine has no reference, so the starter has its time as a multiple of a fixed piece of work. It is data:
it is not measured when the starter is built, since no two measurements are the same.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import Course, StageFolder
from autograder.errors import UsageError
from autograder.model import BudgetKind, FindingKind
from autograder.outputfiles import write_file
from autograder.runner.protocol import Reply
from autograder.testing.home_budget import Yardstick, ratios, weighted_sum
from autograder.testing.local import LocalHarness
from autograder.testing.plugin import HARNESS
from autograder.testing.values import normalise

PAIRS = 31
DIGITS = 3  # of a multiple: another measurement differs in the second
ReferenceUses = dict[str, dict[str, Any]]


def read_reference_use(stage: StageFolder) -> ReferenceUses:
    """What was measured, by test; empty where the stage has no public time test.

    Raises:
        UsageError: the file is not what ``--measure`` writes.
    """
    path = stage.reference_use_file
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(test): {
                "yardsticks": float(use["yardsticks"]),
                "result": {str(name): float(value) for name, value in use["result"].items()},
            }
            for test, use in data.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        where = path.relative_to(stage.root)
        raise UsageError(f"{where}: it cannot be read; run autograder starter --measure {stage.name}") from None


def unmeasured(course: Course) -> list[str]:
    """A line for each public time test without a measurement, and each measurement without a test."""
    lines = []
    for name, policy in course.configuration.stages.items():
        budgets = {test for test in policy.budgets if test in policy.tests.public}
        measured = {title.partition("[")[0] for title in read_reference_use(course.stage(name))}
        lines += [
            f"{name}: the reference's time in {test} was not measured; run autograder starter --measure {name}"
            for test in sorted(budgets - measured)
        ]
        lines += [
            f"assignments/{name}/budgets.json: {test} is no public time test; run autograder starter --measure {name}"
            for test in sorted(measured - budgets)
        ]
    return lines


def measure_reference_use(stage: StageFolder, bundle: Mapping[str, bytes]) -> ReferenceUses:
    """Run the stage's public time tests with the reference in the student's place.

    Args:
        stage: with budgets for public tests.
        bundle: the starter with the reference in it.

    Raises:
        UsageError: a test fails with the reference.
    """
    wanted = {test for test in stage.policy.budgets if test in stage.policy.tests.public}
    if not wanted:
        return {}
    with tempfile.TemporaryDirectory(prefix="autograder-measure-") as folder:
        root = Path(folder)
        for path, data in bundle.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            write_file(root / path, data)
        plugin = _Measure(_MeasuringHarness(root, root / stage.name), wanted)
        quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--noconftest"]
        quiet += ["-p", "autograder.testing.plugin", "--import-mode=importlib", "-o", "addopts="]
        try:
            code = pytest.main([*quiet, "--rootdir", str(root), str(root / stage.name / "test_public.py")], [plugin])
        finally:
            plugin.harness.close()
    if code is not pytest.ExitCode.OK:
        raise UsageError(
            f"{stage.name}: {', '.join(plugin.failed) or code!r}: a time test does not run with the reference"
        )
    return plugin.harness.uses


class _MeasuringHarness(LocalHarness):
    """Measures what a test compares with its budget."""

    def __init__(self, root: Path, stage_folder: Path) -> None:
        super().__init__(root, stage_folder)
        self.uses: ReferenceUses = {}

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:  # noqa: ARG002  # the Protocol's form
        """Record the reference's use; nothing is compared."""
        if kind is not FindingKind.TIME:
            return
        rng = np.random.default_rng(self.seed(test_id))

        def call() -> Reply:
            return self.reply(probe, inputs_of(rng))

        outputs = normalise(call().outputs)
        found = statistics.median(islice(ratios(call, Yardstick(self.sandbox, self.home.stage.limits)), PAIRS))
        self.uses[test_id.partition("::")[2]] = {
            "yardsticks": float(f"{found:.{DIGITS}g}"),
            "result": {name: weighted_sum(value)[0] for name, value in sorted(outputs.items())},
        }


class _Measure:
    """The pytest plugin that selects the time tests and gives them the harness."""

    def __init__(self, harness: _MeasuringHarness, wanted: set[str]) -> None:
        self.harness, self._wanted = harness, wanted
        self.failed: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[HARNESS] = self.harness

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if getattr(item, "originalname", item.name) in self._wanted]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.append(f"{report.nodeid.rpartition('::')[2]}: {report.longreprtext.splitlines()[-1]}")
