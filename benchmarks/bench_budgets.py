"""Are the budgets fair? Right code must never miss one, slow or hungry code always, however busy the machine is.

    python benchmarks/bench_budgets.py [--stages s05_training,…] [--decisions N] [--loads idle,one,all,memory] [--json]

Every budget test of the stages is decided again and again, each time in fresh processes and with fresh inputs: for
the reference and the correct variants, and for the known mistakes that the test for its budget kills. The loads:
nothing else running; one core computing; every core computing; every core copying large arrays, which takes the
memory's bandwidth.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from autograder.course import StageFolder, read_course
from autograder.course.mistakes import apply_changes
from autograder.course.workspace import reference_workspace, workspace_of
from autograder.model import BudgetKind, Visibility
from autograder.prove import seed_of
from autograder.runner.protocol import Sandbox, StudentFault
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import choose
from autograder.tester.__main__ import budgets_of, sandbox_limits
from autograder.tester.budget import Measured, SideBySide
from autograder.tester.cases import Case
from autograder.tester.grading_harness import MEASURE, GradingHarness
from autograder.tester.reference import Reference
from autograder.tester.student_process import StudentProcess
from autograder.tester.suite import collect_and_serve, suite_files
from autograder.testing.assertions import CheckFailed
from autograder.testing.forms import Form
from autograder.testing.values import Outputs

ROOT = Path(__file__).parents[1]
SPIN = "while True: pass"
COPY = "import numpy as np\na = np.ones(1 << 25)\nb = np.empty_like(a)\nwhile True: b[:] = a"
CORES = os.cpu_count() or 1
LOADS: Mapping[str, tuple[str, int]] = {
    "idle": ("", 0),
    "one": (SPIN, 1),
    "all": (SPIN, CORES),
    "memory": (COPY, CORES),
}
WORDS = {
    "idle": "idle",
    "one": "one core computing",
    "all": f"all {CORES} cores computing",
    "memory": f"{CORES} cores copying",
}


@dataclass(frozen=True)
class Code:
    """A submission whose answer is known: right codes pass, the others miss the budgets of ``misses``."""

    name: str
    files: dict[str, str]
    misses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """One budget of one code."""

    stage: str
    load: str
    test: str
    code: Code
    allowed: float
    ratio: float
    missed: bool
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether the code must pass."""
        return self.test not in self.code.misses


@dataclass
class Recorder:
    """A harness that decides budgets as the tester does and keeps what was measured."""

    harness: GradingHarness
    student: StudentProcess
    reference: StudentProcess
    allowed: Mapping[BudgetKind, float]
    found: list[tuple[float, Measured]] = field(default_factory=list)

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        """As when grading."""
        return self.harness.call_student(probe, inputs, shapes=shapes)

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        """As when grading."""
        return self.harness.call_formed(probe, inputs, form)

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """As when grading."""
        return self.harness.call_reference(probe, inputs)

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """As the harness."""
        return self.harness.submitted(pattern)

    def seed(self, test_id: str) -> int:
        """As when grading."""
        return self.harness.seed(test_id)

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:
        """Measure; nothing is raised, so that every budget of a test is decided."""
        allowed = times if times is not None else self.allowed[kind]
        rng = np.random.default_rng(self.seed(test_id))
        sides = SideBySide(self.student, self.reference, probe, lambda: inputs_of(rng))
        self.found.append((allowed, MEASURE[kind](sides, allowed)))


@contextlib.contextmanager
def load(name: str) -> Iterator[None]:
    """Keep the machine busy."""
    source, count = LOADS[name]
    hogs = [subprocess.Popen([sys.executable, "-c", source]) for _ in range(count)]
    time.sleep(1.0 if hogs else 0.0)
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def codes_of(stage: StageFolder, tests: Mapping[str, Case]) -> list[Code]:
    """The reference, every variant, and the mistakes that a budget's test kills but none that it needs."""
    reference = stage.reference_files()
    codes = [Code("reference", reference)]
    codes += [Code(variant.name, apply_changes(reference, variant.changes)) for variant in stage.variants()]
    for mistake in stage.mistakes():
        killed_by = {*mistake.killed_by}
        misses = {name for name, case in tests.items() if name in killed_by and not {*case.needs} & killed_by}
        if misses:
            codes.append(Code(mistake.name, apply_changes(reference, mistake.changes), frozenset(misses)))
    return codes


class StageBudgets:
    """One stage's budgets, ready to be decided."""

    def __init__(self, stage: StageFolder, sandbox: Sandbox, cases: Sequence[Case]) -> None:
        self.stage, self._sandbox = stage, sandbox
        self._limits = sandbox_limits(stage.limits)
        self._reference = Reference(stage)
        self._allowed = budgets_of(stage.policy)
        self.cases = [case for case in cases if {"budget", "memory_budget"} & {*(case.simple or ())}]
        self.codes = codes_of(stage, {case.name: case for case in self.cases})

    def decide(self, case: Case, code: Code, load_name: str, number: int) -> list[Decision]:
        """Decide a test's budgets once, in fresh processes."""
        process = StudentProcess(self._sandbox, workspace_of(self.stage, code.files), self._limits)
        reference = StudentProcess(self._sandbox, reference_workspace(self.stage), self._limits)
        harness = GradingHarness(self._reference, reference)
        harness.public_tests = frozenset(one.test_id for one in self.cases if one.visibility is Visibility.PUBLIC)
        harness.start_submission(process, bytes.fromhex(seed_of(number)))
        allowed = self._allowed.get(case.name, {})
        harness.start_test(case.test_id, allowed)
        recorder = Recorder(harness, process, reference, allowed)
        start = time.perf_counter()
        try:
            case.item.obj(**case.arguments(recorder))  # type: ignore[attr-defined]  # a Function, as simple cases are
        except (StudentFault, CheckFailed):  # a limit of the sandbox, or a value: not within the budget
            recorder.found.append((1.0, Measured(float("inf"), missed=True)))
        finally:
            process.close()
            reference.close()
        seconds = (time.perf_counter() - start) / max(len(recorder.found), 1)
        return [
            Decision(self.stage.name, load_name, case.name, code, allowed, measured.ratio, measured.missed, seconds)
            for allowed, measured in recorder.found
        ]


def decide_all(budgets: StageBudgets, loads: list[str], right: int, wrong: int) -> list[Decision]:
    """About ``right`` decisions of right codes and ``wrong`` of the others under each load, in a mixed order."""
    decisions: list[Decision] = []
    # A code that must miss one test's budget says nothing about the others'.
    groups = [
        ([(case, code) for code in budgets.codes for case in budgets.cases if not code.misses], right),
        ([(case, code) for code in budgets.codes for case in budgets.cases if case.name in code.misses], wrong),
    ]
    with Progress(console=Console(stderr=True)) as progress:
        for name in loads:
            work = [pair for group, count in groups for pair in itertools.islice(itertools.cycle(group), count)]
            random.Random(name).shuffle(work)
            task = progress.add_task(f"{budgets.stage.name}, {WORDS[name]}", total=len(work))
            with load(name):
                for number, (case, code) in enumerate(work):
                    decisions += budgets.decide(case, code, name, number)
                    progress.advance(task)
    return decisions


def table_of_loads(decisions: list[Decision]) -> Table:
    """False fails and what went through, by load."""
    table = Table(title="Budgets", caption="shares: measured ratio over the allowed one")
    for column in (
        "load",
        "right code: missed / decided",
        "largest share",
        "slow or hungry: missed / decided",
        "least share",
    ):
        table.add_column(column, justify="left" if column == "load" else "right")
    for name in dict.fromkeys(decision.load for decision in decisions):
        row = [WORDS[name]]
        for is_right, pick in ((True, max), (False, min)):
            found = [decision for decision in decisions if decision.load == name and decision.is_right == is_right]
            missed = sum(decision.missed for decision in found)
            shares = [decision.ratio / decision.allowed for decision in found]
            row += [f"{missed} / {len(found)}", f"{pick(shares):.2f}" if shares else "–"]
        table.add_row(*row)
    return table


def table_of_tests(decisions: list[Decision]) -> Table:
    """For each budget how near right code comes to it, and how far over it the rest is."""
    table = Table(title="Tests")
    for column in (
        "stage",
        "test",
        "allowed",
        "right: largest ratio",
        "by",
        "others: least ratio",
        "by",
        "s a decision",
    ):
        table.add_column(column, justify="left" if column in ("stage", "test", "by") else "right")
    keys = dict.fromkeys((decision.stage, decision.test) for decision in decisions)
    for stage, test in keys:
        mine = [decision for decision in decisions if (decision.stage, decision.test) == (stage, test)]
        right = max((decision for decision in mine if decision.is_right), key=lambda one: one.ratio, default=None)
        others = min((decision for decision in mine if not decision.is_right), key=lambda one: one.ratio, default=None)
        cells = [f"{mine[0].allowed:g}"]
        for worst in (right, others):
            cells += [f"{worst.ratio:.2f}", worst.code.name] if worst else ["–", ""]
        seconds = [decision.seconds for decision in mine if decision.is_right]
        table.add_row(stage, test, *cells, f"{np.median(seconds):.2f}" if seconds else "–")
    return table


def measure_stage(stage: StageFolder, sandbox: Sandbox, loads: list[str], right: int, wrong: int) -> list[Decision]:
    """All decisions of one stage."""
    decisions: list[Decision] = []

    def serve(cases: Sequence[Case]) -> None:
        decisions.extend(decide_all(StageBudgets(stage, sandbox, cases), loads, right, wrong))

    harness = GradingHarness(
        Reference(stage), StudentProcess(sandbox, reference_workspace(stage), sandbox_limits(stage.limits))
    )
    problems = collect_and_serve(suite_files(stage), harness, serve)
    if problems:
        raise RuntimeError("\n".join(problems))
    return decisions


def main() -> None:
    """Decide, and print two tables, or with --json one more line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", default="")
    parser.add_argument("--decisions", type=int, default=2000, help="of right code, over all stages and loads")
    parser.add_argument("--slow-decisions", type=int, default=200, help="of the others")
    parser.add_argument("--loads", default=",".join(LOADS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    course = read_course(ROOT)
    policies = course.configuration.stages
    names = [name for name in options.stages.split(",") if name] or [
        name for name, policy in policies.items() if policy.budgets or policy.memory_budgets
    ]
    loads = options.loads.split(",")
    share = len(names) * len(loads)
    sandbox = choose(NUMPY, "container")
    decisions: list[Decision] = []
    try:
        for name in names:
            right, wrong = -(-options.decisions // share), -(-options.slow_decisions // share)
            decisions += measure_stage(course.stage(name), sandbox, loads, right, wrong)
    finally:
        sandbox.close()
    console = Console(width=150)
    console.print(table_of_loads(decisions))
    console.print(table_of_tests(decisions))
    if options.json:
        false_fails = sum(one.missed for one in decisions if one.is_right)
        let_through = sum(not one.missed for one in decisions if not one.is_right)
        print(json.dumps({"decisions": len(decisions), "false_fails": false_fails, "let_through": let_through}))


if __name__ == "__main__":
    main()
