"""Calls of several tests sent together: every test ends as it would have alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.course.workspace import build_workspace
from autograder.model import Outcome, TestResult
from autograder.prove import seed_of
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from tests.builders.course import POLICY, STAGE, submission, tiny, write_course
from tests.tester.test_outcomes import FAULTS

pytestmark = pytest.mark.slow
SIZES = (2, 3, 4)
PUBLIC = '''
import numpy as np
import pytest

from autograder.testing import assert_close


@pytest.mark.parametrize("size", [2, 3, 4])
def test_double_of_one(student, size):
    """Twice one is two."""
    assert_close(student.double(x=np.ones(size)), {"y": np.full(size, 2.0)}, rtol=1e-12)
'''
TESTS = [f"test_{number}" for number in range(6)]
HIDDEN = (
    """
import numpy as np
import pytest

from autograder.testing import assert_close, assert_that
"""
    + "".join(
        f'''

def {name}(student, reference, rng):
    """Twice and thrice."""
    x = rng.standard_normal({number + 3})
    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-12)
    assert_close(student.triple(x=x), reference.triple(x=x), rtol=1e-12)
'''
        for number, name in enumerate(TESTS)
    )
    + '''

def test_of_what_came_back(student, rng):
    """The next question depends on the answer."""
    x = student.double(x=rng.standard_normal(2))["y"]
    assert_close(student.double(x=x)["y"], 2.0 * x, rtol=1e-12)


def test_twice_the_same(student):
    """The same question twice is answered alike."""
    x = np.ones(2)
    assert_that((student.triple(x=x)["y"] == student.triple(x=x)["y"]).all(), "the second answer differs")


@pytest.mark.parametrize("size", [1, 200_000], ids=["small", "large"])
def test_sizes(student, reference, size):
    """A large question goes alone."""
    x = np.arange(size, dtype=float)
    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-12)
'''
)
NAMES = [*TESTS, "test_of_what_came_back", "test_twice_the_same", "test_sizes"]
HIDDEN_POLICY = POLICY.replace(
    "{test_double: 40, test_double_is_even: 20, test_triple: 30}",
    "{" + ", ".join(f"{name}: 1" for name in NAMES) + "}",
)
SIZE_5 = "if x.size == 5:\n    {}\nreturn x * 3.0"
COUNTS = "global calls\ncalls += 1\nreturn x * 3.0 + (calls == {})"
TEXTS = {
    "right": tiny(),
    **{name: tiny(triple=SIZE_5.format(body.replace("\n", "\n    "))) for name, (body, _, _) in FAULTS.items()},
    "counts to the fourth": tiny(top="calls = 0", triple=COUNTS.format(4)),
    "other the second time": tiny(top="seen = set()", triple="new = x.size == 2 and 2 not in seen\n"
                                  "seen.add(x.size)\nreturn x * 3.0 + new"),
    "prints": tiny(double='print("size", x.size)\nreturn x * 2.0 + (x.sum() == x.size)'),
    "prints and counts to the second": tiny(
        top="calls = 0", double="global calls\ncalls += 1\nprint(calls)\nreturn x * 2.0 + (calls == 2)"
    ),
    "wrong for large": tiny(double="return x * 2.0 + (x.size > 1000)"),
    "slow but within the limit of a call": tiny(
        top="import time", double="t = time.process_time()\nwhile time.process_time() < t + 0.3: pass\nreturn x * 2.0"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions) -> Mapping[str, dict[str, TestResult]]:
    """The results of each text by test and case."""
    course = write_course(tmp_path_factory.mktemp("course"), public=PUBLIC, hidden=HIDDEN, policy=HIDDEN_POLICY)
    stage = course.stage(STAGE)
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in TEXTS.items()]
    found: dict[str, dict[str, Any]] = {}
    for result in run_jobs(stage, jobs, pool_options):
        assert "" == result.fault
        found[result.key] = {r.name + r.case: r for r in result.results}
    return found


def failures(results: dict[str, TestResult]) -> dict[str, Outcome]:
    """Whatever did not pass."""
    return {name: result.outcome for name, result in results.items() if result.outcome is not Outcome.PASSED}


def test_right_code_passes(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """Expected and unexpected calls, small and large."""
    assert {} == failures(graded["right"])
    assert sum(result.usage.cpu_seconds for result in graded["right"].values()) > 0


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_the_test_that_asks_for_it(graded: Mapping[str, dict[str, TestResult]], name: str) -> None:
    """A loop, crash, exit or exception in the middle of a batch costs its own test alone, and is named rightly."""
    _, outcome, kind = FAULTS[name]

    assert {"test_2": outcome} == failures(graded[name])
    assert kind == graded[name]["test_2"].findings[0].kind


def test_calls_are_made_in_the_order_of_the_tests(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """The fourth call of triple is that of the fourth test, as if each had been made when its test ran."""
    assert {"test_3": Outcome.FAILED} == failures(graded["counts to the fourth"])


def test_the_same_question_is_asked_twice(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """One answer is not taken for both."""
    assert {"test_twice_the_same": Outcome.FAILED} == failures(graded["other the second time"])


def test_a_large_call_goes_alone(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """And is compared as any other."""
    assert {"test_sizeslarge": Outcome.FAILED} == failures(graded["wrong for large"])


def test_slow_code_is_not_held_up_by_the_sum_of_its_calls(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """Many calls, each of them within the limit of one, are within it."""
    assert {} == failures(graded["slow but within the limit of a call"])


def test_what_a_public_test_printed_is_shown_with_it(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """Each with its own lines alone; what is printed while hidden tests run is not kept."""
    results = graded["prints"]

    names = [f"test_double_of_one{size}" for size in SIZES]
    assert dict.fromkeys(names, Outcome.FAILED) == failures(results)
    assert [f"size {size}" for size in SIZES] == [results[name].printed.strip() for name in names]
    assert {""} == {result.printed for result in results.values() if result.name != "test_double_of_one"}


def test_calls_made_again_because_of_output_are_the_first_ones(graded: Mapping[str, dict[str, TestResult]]) -> None:
    """They go to a fresh process, which has counted none."""
    results = graded["prints and counts to the second"]

    assert {"test_double_of_one3": Outcome.FAILED} == failures(results)
    assert "2" == results["test_double_of_one3"].printed.strip()


def test_the_references_own_answers_are_not_looked_at_twice(tmp_path: Path, pool_options: PoolOptions) -> None:
    """A test runs in the dry run, and for answers that differ by a rounding, or are wrong."""
    log = tmp_path / "log"
    test = f"""
def test_double(student, reference, rng):
    \"\"\"Twice, and it writes that it ran.\"\"\"
    with open({str(log)!r}, "a") as file:
        file.write("ran\\n")
    x = rng.standard_normal(3)
    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-9)
"""
    head = "from autograder.testing import assert_close\n\n"
    policy = POLICY.replace("{test_double: 40, test_double_is_even: 20, test_triple: 30}", "{test_double: 90}")
    stage = write_course(tmp_path, hidden=head + test, policy=policy).stage(STAGE)
    texts = {
        "right": tiny(),
        "rounded": tiny(double="return x * 2.0 * (1 + 1e-13)"),
        "wrong": tiny(double="return x * 2.0 + (x.size == 3 and x.std() > 0)"),
        "right again": tiny(double="return x + x"),
    }
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    ended = {result.key: [one.outcome for one in result.results] for result in run_jobs(stage, jobs, pool_options)}

    passed = [Outcome.PASSED] * 2
    assert {"right": passed, "rounded": passed, "right again": passed} == {
        name: outcomes for name, outcomes in ended.items() if name != "wrong"
    }
    assert [Outcome.PASSED, Outcome.FAILED] == ended["wrong"]
    assert 3 == len(log.read_text().splitlines())
