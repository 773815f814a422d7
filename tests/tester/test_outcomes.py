"""Every way in which a test can end, seen from the results of a whole tester process."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.course.workspace import build_workspace
from autograder.errors import UsageError
from autograder.model import Outcome, TestResult
from autograder.prove import seed_of
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from autograder.testing.faults import UNUSABLE
from tests.builders.course import HIDDEN, POLICY, STAGE, submission, tiny, write_course

Results = dict[str, TestResult]
FAULTS = {
    "loops": ("while True: pass", Outcome.TIMED_OUT, "time"),
    "exits": ("import os; os._exit(0)", Outcome.CRASHED, "crash"),
    "raises SystemExit": ("raise SystemExit", Outcome.CRASHED, "crash"),
    "wants a long list": ("return [1] * (1 << 40)", Outcome.OUT_OF_MEMORY, "memory"),
    "wants a large array": ("return np.zeros(1 << 40)", Outcome.OUT_OF_MEMORY, "memory"),
    "raises": ("return x[99]", Outcome.ERROR, "exception"),
    "returns None": ("return None", Outcome.FAILED, "type"),
    "returns a string": ("return 'three'", Outcome.FAILED, "type"),
    "returns objects": ("return np.array([object()])", Outcome.ERROR, "exception"),
    "has another shape": ("return x[:-1]", Outcome.FAILED, "shape"),
    "is not finite": ("return x * np.nan", Outcome.FAILED, "finite"),
    "has another value": ("return x * 3.1", Outcome.FAILED, "value"),
    "writes into its input": ("x *= 3.0; return x", Outcome.ERROR, "exception"),
}
SPOIL = "import sys, probes\nnp.asarray = np.multiply = None\nprobes.double = lambda x: {}\nsys.modules.clear()"
LEAK = "print(x.tolist()); raise type(f'E{abs(x[0]):.6f}'.replace('.', '_'), (Exception,), {})(str(x.tolist()))"
TEXTS = {
    "right": tiny(),
    "wrong sign": tiny(double="return x * -2.0"),
    "loops once": tiny(double="if x.size == 3:\n    while True: pass\nreturn x * 2.0"),
    "does not import": tiny(top="import nothing_of_that_name"),
    "leaks": tiny(triple=LEAK),
    "speaks": tiny(double="print('seen', x.size)\nraise ValueError('because')"),
    "squares": tiny(double="return np.square(x)"),
    "spoils": tiny(top=SPOIL),
    "right again": tiny(),
    **{name: tiny(triple=body) for name, (body, _, _) in FAULTS.items()},
}


def grade(course: Course, texts: dict[str, str], options: PoolOptions) -> dict[str, Results]:
    """The results of each text by test and case, from one tester, in the order of the texts."""
    stage = course.stage(STAGE)
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    results = {result.key: result for result in run_jobs(stage, jobs, options)}
    assert [""] * len(texts) == [result.fault for result in results.values()]
    return {
        key: {f"{r.name}[{r.case}]" if r.case else r.name: r for r in result.results} for key, result in results.items()
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions) -> dict[str, Results]:
    """All texts, one after another in one tester."""
    return grade(write_course(tmp_path_factory.mktemp("course")), TEXTS, pool_options)


def test_a_chosen_test_is_run_first(tmp_path: Path, pool_options: PoolOptions) -> None:
    """After what it needs, the others in their order; each ends as it does in the order of the files."""
    stage = write_course(tmp_path).stage(STAGE)
    workspace = build_workspace(stage, submission(tiny(double="return np.square(x)")))
    jobs = [Job(first, workspace, seed_of(0), hints=False, first=first) for first in ("", "test_double_is_even")]
    in_order, chosen = (result.results for result in run_jobs(stage, jobs, pool_options))

    assert ["test_double", "test_double", "test_double_is_even"] == [one.name for one in chosen[:3]]
    assert {(one.name, one.case): (one.outcome, one.findings) for one in in_order} == {
        (one.name, one.case): (one.outcome, one.findings) for one in chosen
    }
    job = Job("lost", workspace, seed_of(0), hints=False, until_lost=True, first="test_triple")
    (until_lost,) = run_jobs(stage, [job], pool_options)
    assert ("test_triple", Outcome.PASSED) == (until_lost.results[0].name, until_lost.results[0].outcome)
    assert Outcome.FAILED is until_lost.results[-1].outcome


def outcomes(results: dict[str, TestResult]) -> list[str]:
    """The outcomes, in the order of the tests."""
    return [str(result.outcome) for result in results.values()]


def test_right_code_passes_everything(graded: dict[str, Results]) -> None:
    """Public, parametrised, needing and with a fixture of its own: all pass, in the order of the files."""
    results = graded["right"]

    assert [
        "test_double_of_one",
        "test_double[two]",
        "test_double[five]",
        "test_double_is_even",
        "test_triple",
    ] == list(results)
    assert ["passed"] * 5 == outcomes(results)


def test_wrong_code_fails_what_looks_at_it(graded: dict[str, Results]) -> None:
    """What is needed did not pass, so the test that needs it is not reached; the rest is not touched."""
    results = graded["wrong sign"]

    assert ["failed", "failed", "failed", "not reached", "passed"] == outcomes(results)
    assert "sign" in results["test_double[five]"].findings[0].hint


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_costs_one_test(graded: dict[str, Results], name: str) -> None:
    """A loop, crash, exception or wrong value in triple costs test_triple alone, and is named rightly."""
    results = graded[name]
    _, outcome, kind = FAULTS[name]

    assert ["passed"] * 4 == outcomes(results)[:4]
    assert (outcome, kind) == (results["test_triple"].outcome, results["test_triple"].findings[0].kind)


def test_a_loop_in_one_test_leaves_the_next_alone(graded: dict[str, Results]) -> None:
    """After a loop in the first test the process is opened anew for the others."""
    results = graded["loops once"]

    assert ["timed out", "passed", "passed", "passed", "passed"] == outcomes(results)


def test_import_error_names_the_line(graded: dict[str, Results]) -> None:
    """A file that does not import costs every test that needs it, with the line."""
    results = graded["does not import"]

    assert ["error"] * 3 + ["not reached", "error"] == outcomes(results)
    finding = results["test_triple"].findings[0]
    assert "ModuleNotFoundError was raised" == finding.message
    assert "scratch/tiny.py, line 2" == str(finding.place)


def test_hidden_tests_tell_no_text_of_an_exception(graded: dict[str, Results]) -> None:
    """The hidden inputs could leave by an exception's text, by the name of its class, or by what is printed."""
    results = graded["leaks"]
    finding = results["test_triple"].findings[0]

    assert "an exception of a class that is not built into Python was raised" == finding.message
    assert ("", "") == (finding.detail, results["test_triple"].printed)


def test_public_tests_show_everything(graded: dict[str, Results]) -> None:
    """What a public test's inputs lead to may be shown: text and output."""
    results = graded["speaks"]

    assert "ValueError: because" == results["test_double_of_one"].findings[0].detail
    assert "seen 3" == results["test_double_of_one"].printed.strip()


def test_a_known_mistake_is_recognised(graded: dict[str, Results]) -> None:
    """The mistake's own words are the hint, whoever wrote it and however."""
    results = graded["squares"]

    assert "Is this the square?" == results["test_double[two]"].findings[0].hint


def test_a_known_mistake_is_recognised_by_every_test_that_kills_it(graded: dict[str, Results]) -> None:
    """The tests of kills.json, not only those that the mistake exists for."""
    assert "Is this the square?" == graded["squares"]["test_double_of_one"].findings[0].hint


def test_submissions_do_not_touch_each_other(graded: dict[str, Results]) -> None:
    """A submission that spoils numpy, the probes and everything it can reach leaves the next one as it was."""
    assert ["passed"] * 5 == outcomes(graded["right again"])
    assert graded["right"].keys() == graded["right again"].keys()


def test_a_fault_of_a_test_is_the_graders(tmp_path: Path, pool_options: PoolOptions) -> None:
    """An exception in a test's own code, an assert of numpy's, a skip or state is never the student's fault."""
    hidden = HIDDEN + (
        '\n\ndef test_broken(student):\n    """Broken."""\n    student.double(x=1.0)[\'y\'].no_such_method()\n'
        '\n\ndef test_skips(student):\n    """Skips."""\n    pytest.skip(\'no\')\n'
        '\n\nSEEN = []\n\n\ndef test_keeps(student):\n    """Keeps."""\n'
        "    seen = SEEN\n    seen.append(1)\n    assert student.double(x=1.0)['y'] == 2.0\n"
        '\n\ndef test_numpy_asserts(student):\n    """Asserts elsewhere."""\n'
        "    import numpy as np\n    np.testing.assert_allclose(1.0, 2.0)\n"
    )
    policy = POLICY.replace(
        "test_triple: 30", "test_triple: 30, test_broken: 1, test_skips: 1, test_keeps: 1, test_numpy_asserts: 1"
    )
    results = grade(write_course(tmp_path, hidden=hidden, policy=policy), {"right": tiny()}, pool_options)["right"]

    assert ["passed"] * 5 + ["grader fault"] * 4 == outcomes(results)
    assert "test_keeps: SEEN changed while it ran; allowed: values" in results["test_keeps"].findings[0].detail


DEMANDING = """

def test_index(student):
    \"\"\"Uses a value as an index.\"\"\"
    assert_that([0, 1, 2][int(student.triple(x=0.25)["y"] * 4 - 1)] == 2, "an index")


def test_index_with_a_fixture(student, three):
    \"\"\"Uses a value as an index, and pytest runs it.\"\"\"
    y = student.triple(x=np.array([1.0, 2.0]))["y"]
    assert_that([0, 1, 2, 3, 4, 5, 6][int(y[-1])] == 6, "an index")


def test_numpy_compares(student):
    \"\"\"Compares by an assert of numpy's.\"\"\"
    np.testing.assert_allclose(student.triple(x=1.0)["y"], 3.0)


def test_misspelt(student):
    \"\"\"Has a name that does not exist, which wrong values only reach.\"\"\"
    assert_that(student.triple(x=1.0)["y"] == 3.0 or no_such_name, "never reached by right code")


def test_broken(student):
    \"\"\"Breaks whatever is returned.\"\"\"
    student.triple(x=1.0)["y"].no_such_method()
"""
DEMANDING_TESTS = ["test_index", "test_index_with_a_fixture", "test_numpy_compares", "test_misspelt", "test_broken"]
UNUSABLE_VALUES = {
    "nan": "return x * np.nan",
    "infinite": "return x * np.inf",
    "huge": "return x * 1e300",
    "large": "return x * 99.0",
}


@pytest.fixture(scope="module")
def demanding(tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions) -> dict[str, Results]:
    """Tests that cannot use every value, on code that returns such values."""
    policy = POLICY.replace("test_triple: 30", ", ".join(f"{name}: 1" for name in ["test_triple", *DEMANDING_TESTS]))
    course = write_course(
        tmp_path_factory.mktemp("course"), hidden="import numpy as np\n" + HIDDEN + DEMANDING, policy=policy
    )
    texts = {name: tiny(triple=body) for name, body in UNUSABLE_VALUES.items()}
    return grade(course, {"right": tiny(), **texts}, pool_options)


@pytest.mark.parametrize("name", UNUSABLE_VALUES)
def test_values_that_a_test_cannot_use_are_the_students_fault(demanding: dict[str, Results], name: str) -> None:
    """A test that raises on them and passes with the reference's fails, and holds no mark; no value is shown."""
    results = demanding[name]

    assert ["failed"] * 3 == [str(results[test].outcome) for test in DEMANDING_TESTS[:3]]
    assert [(UNUSABLE, "")] * 3 == [
        (finding.message, finding.detail) for test in DEMANDING_TESTS[:3] for finding in results[test].findings
    ]


def test_a_broken_test_stays_the_graders_fault(demanding: dict[str, Results]) -> None:
    """One that fails with the reference, too, and one with a misspelt name, whoever returns what."""
    assert ["passed"] * 4 + ["grader fault"] == [str(demanding["right"][test].outcome) for test in DEMANDING_TESTS]
    for name in UNUSABLE_VALUES:
        assert ["grader fault"] * 2 == [str(demanding[name][test].outcome) for test in DEMANDING_TESTS[3:]]


def test_tests_that_cannot_be_collected_are_a_fault(tmp_path: Path, pool_options: PoolOptions) -> None:
    """No submission is marked by half a suite."""
    course = write_course(tmp_path, hidden=HIDDEN.replace("import pytest", "import pytest\nimport no_such_module"))
    stage = course.stage(STAGE)
    jobs = [Job("1", build_workspace(stage, submission(tiny())), seed_of(0))]
    with pytest.raises(UsageError, match=r"test_hidden\.py:\d+: .*no_such_module"):
        next(iter(run_jobs(stage, jobs, pool_options)))


@pytest.mark.parametrize("broken", ["import nothing_of_that_name", "def test_broken(:"])
def test_tests_that_cannot_be_collected_stop_a_run(tmp_path: Path, pool_options: PoolOptions, broken: str) -> None:
    """The place is named, whatever the size of the first job; nobody's code is run."""
    stage = write_course(tmp_path).stage(STAGE)
    stage.hidden_tests.write_text(f"{stage.hidden_tests.read_text('utf-8')}\n\n{broken}\n", encoding="utf-8")
    longer_than_a_pipe = tiny(top=f"# {'x' * 200_000}")  # the tester has ended before such a job is sent
    texts = {"1": tiny(), "2": longer_than_a_pipe}
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    with pytest.raises(UsageError, match=r"test_hidden\.py:\d+: "):
        list(run_jobs(stage, jobs, pool_options))
