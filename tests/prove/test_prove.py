"""What a proof finds, and how it says so."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course.kills import differences, kills_text, read_kills
from autograder.course.mistake_faults import check_mistakes
from autograder.prove import named_tests, prove
from autograder.tester.pool import PoolOptions
from tests.builders.course import HIDDEN, KILLS, POLICY, STAGE, write_course
from tests.cli.test_commands import run

FOLDER = f"solutions/{STAGE}"
NAMES = st.lists(st.text(max_size=8), unique=True, max_size=4).map(tuple)
SURVIVORS = """
from autograder.course.mistakes import Mistake, edit

def changed(name, test, old, new):
    return Mistake(name, "A hint.", (test,), (edit("scratch/tiny.py", old, new),))

MISTAKES = [
    changed("square", "test_double_is_even", "np.asarray(x) * 2.0", "np.asarray(x) ** 2"),
    changed("triple_adds", "test_double", "np.asarray(x) * 3.0", "np.asarray(x) + 3.0"),
    changed("nothing", "test_double", "np.asarray(x) * 2.0", "np.asarray(x) * (1.0 + 1.0)"),
]
"""


def test_the_contract_of_the_tiny_stage_holds(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Every mistake is killed, the variant and the reference get full marks, and kills.json is as it should be."""
    proof = prove(write_course(tmp_path).stage(STAGE), 3, pool_options)

    assert () == proof.problems
    assert (3, 3, 1, 1, 3) == (proof.killed, proof.mistakes, proof.passed, proof.variants, proof.seeds_passed)
    assert json.loads(KILLS) == {name: list(tests) for name, tests in (proof.kills or {}).items()}


def test_a_test_that_raises_on_made_up_results_is_reported(tmp_path: Path, pool_options: PoolOptions) -> None:
    """It passes with the reference and with every mistake, and a value that a student may send makes it raise."""
    value = "float(student.double(x=x)['y'].sum())"
    hidden = HIDDEN.replace(
        "    x = rng.standard_normal(size)\n", f"    x = rng.standard_normal(size)\n    int({value})\n"
    )
    proof = prove(write_course(tmp_path, hidden=hidden).stage(STAGE), 1, pool_options)

    words = "raises on NaN in place of its results (ValueError: cannot convert float NaN to integer)"
    assert (
        tuple(f"test_double[{case}] {words}; a test must pass or fail on any result" for case in ("two", "five"))
        == proof.problems
    )


def test_a_mistake_that_survives_is_reported(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Each way to survive has its sentence; a test that was not reached kills nothing."""
    proof = prove(write_course(tmp_path, mistakes=SURVIVORS).stage(STAGE), 1, pool_options)

    assert ("square", "triple_adds", "nothing") == proof.survivors
    assert (
        "mistake square: test_double_is_even was not reached: a test that it needs failed",
        "mistake triple_adds survives test_double; these kill it: test_triple",
        "mistake nothing survives test_double and every other test that was run",
        "test_double_is_even kills no mistake: every hidden test must kill at least one",
        f"kills.json has four_of_them, which mistakes.py no longer has: run autograder prove {STAGE} --update",
        f"mistake nothing is not in kills.json: look at it and run autograder prove {STAGE} --update",
    ) == proof.problems


def test_a_brief_proof_runs_only_what_mistakes_exist_for(tmp_path: Path, pool_options: PoolOptions) -> None:
    """A needed test is run all the same; a hidden test that no mistake exists for is run; there is no matrix."""
    proof = prove(write_course(tmp_path, mistakes=SURVIVORS).stage(STAGE), 1, pool_options, brief=True)

    assert ("square", "triple_adds", "nothing") == proof.survivors
    assert (
        "mistake square: test_double_is_even was not reached: a test that it needs failed",
        "mistake triple_adds survives test_double; these kill it: test_triple",
        "mistake nothing survives test_double and every other test that was run",
        "test_double_is_even kills no mistake: every hidden test must kill at least one",
    ) == proof.problems
    assert proof.kills is None


def test_a_brief_proof_holds_where_the_whole_one_does(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Every hidden test is run on wrong code: one that no mistake exists for, with a mistake that it kills."""
    stage = write_course(tmp_path).stage(STAGE)
    proof = prove(stage, 2, pool_options, brief=True)

    assert () == proof.problems
    assert {*stage.policy.tests.hidden} <= {test for tests in named_tests(stage).values() for test in tests}


def test_a_changed_matrix_is_reported_in_words() -> None:
    """What is new, what is gone, for tests and for mistakes; the same order each time."""
    before = {"adds": ("test_a", "test_b"), "old": ("test_a",), "same": ("test_a",)}
    now = {"same": ("test_a",), "new": ("test_a",), "adds": ("test_b", "test_c")}

    assert [
        "kills.json has old, which mistakes.py no longer has: run autograder prove s01_x --update",
        "mistake adds is now also killed by test_c and no longer killed by test_a: "
        "look at it and run autograder prove s01_x --update",
        "mistake new is not in kills.json: look at it and run autograder prove s01_x --update",
    ] == differences(before, now, "s01_x")
    assert ["there is no kills.json: autograder prove s01_x --update writes it"] == differences(None, now, "s01_x")


@given(st.dictionaries(st.text(max_size=8), NAMES, max_size=4))
@settings(deadline=None)
def test_what_is_written_is_read(kills: dict[str, tuple[str, ...]]) -> None:
    """The file has one text for one matrix, with one mistake a line, and reading it gives the matrix again."""
    text = kills_text(kills)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kills.json"
        path.write_text(text, "utf-8")
        read = read_kills(path, "kills.json")

    assert {name: tuple(sorted(tests)) for name, tests in kills.items()} == read
    assert text == kills_text(dict(reversed(kills.items())))
    assert len(kills) + 2 == len(text.splitlines()) or not kills


@pytest.mark.slow
def test_update_writes_what_is_then_compared(tmp_path: Path) -> None:
    """A new test changes no list by hand: one command writes the matrix, sorted, one mistake a line."""
    hidden = HIDDEN + (
        '\n\ndef test_double_of_two(student, reference, rng):\n    """Twice two numbers."""\n'
        "    x = rng.standard_normal(2)\n"
        "    assert_close(student.double(x=x), reference.double(x=x), rtol=1e-12)\n"
    )
    policy = POLICY.replace("test_triple: 30", "test_triple: 20, test_double_of_two: 10")
    write_course(tmp_path, hidden=hidden, policy=policy)
    command = ("--course", str(tmp_path), "prove", "--seeds", "1", "--workers", "1", "--unsafe")
    different, updated, same = run(*command), run(*command, "--update"), run(*command)

    assert (1, 0, 0) == (different.returncode, updated.returncode, same.returncode)
    assert "mistake square is now also killed by test_double_of_two: look at it" in different.stdout
    assert f"{FOLDER}/kills.json: 1 of 3 mistakes changed" in updated.stderr
    assert (
        '{\n  "four_of_them": ["test_double_is_even"],\n'
        '  "square": ["test_double", "test_double_is_even", "test_double_of_one", "test_double_of_two"],\n'
        '  "triple_adds": ["test_triple"]\n}\n'
    ) == (tmp_path / FOLDER / "kills.json").read_text("utf-8")


def test_every_change_that_does_not_fit_is_reported_at_once(tmp_path: Path) -> None:
    """Exit code 2 and a line for each fault, with the line of the file; nothing is graded, no traceback."""
    mistakes = """
from autograder.course.mistakes import Mistake, edit, redefine

PATH = "scratch/tiny.py"
MISTAKES = [
    Mistake("gone", "Gone.", ("test_double",), (
        edit(PATH, "np.asarray(x) * 2.0", "x"),
        edit(PATH, "np.abs(x)", "x"),
    )),
    Mistake(
        name="twice",
        hint="Twice.",
        catches=("test_doubel", "test_triple", "test_double"),
        changes=(edit(PATH, "np.asarray(x)", "x"), redefine("scratch/other.py", "x = 1")),
    ),
    Mistake("gone", "Again.", (), (redefine(PATH, "x = 1"),)),
]
"""
    write_course(tmp_path, mistakes=mistakes)
    variants = tmp_path / FOLDER / "variants.py"
    variants.write_text(variants.read_text("utf-8").replace('"np.asarray(x) * 2.0"', '"x * 2.0"'), "utf-8")
    done = run("--course", str(tmp_path), "prove", "--unsafe")

    assert 2 == done.returncode
    assert [
        f"{FOLDER}/mistakes.py:7: gone: the text 'np.abs(x)' does not occur in scratch/tiny.py; "
        "text that occurs there exactly once",
        f"{FOLDER}/mistakes.py:9: twice: catches names 3 tests; the one or two tests that the mistake exists for",
        f"{FOLDER}/mistakes.py:9: twice: catches: no such test: test_doubel; did you mean test_double?",
        f"{FOLDER}/mistakes.py:13: twice: scratch/other.py is not a file of this stage; one of scratch/tiny.py",
        f"{FOLDER}/mistakes.py:13: twice: the text 'np.asarray(x)' occurs 2 times in scratch/tiny.py; "
        "text that occurs there exactly once",
        f"{FOLDER}/mistakes.py:15: gone: an earlier entry has this name; another name",
        f"{FOLDER}/mistakes.py:15: gone: catches names 0 tests; the one or two tests that the mistake exists for",
        f"{FOLDER}/variants.py:3: sum: the text 'x * 2.0' does not occur in scratch/tiny.py; "
        "text that occurs there exactly once",
    ] == done.stderr.splitlines()


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "mistakes.py",
            "MISTAKES = [\n",
            r"mistakes\.py:1: MISTAKES: SyntaxError: '\[' was never closed.*; MIST",
        ),
        ("mistakes.py", "\nMISTAKES = nothing\n", r"mistakes\.py:2: MISTAKES: NameError: .*'nothing'.*; MISTAKES = "),
        ("mistakes.py", "MISTAKES = ['square']\n", r"mistakes\.py:1: MISTAKES: missing, or something else in it; "),
        ("variants.py", "VARIANT = []\n", r"variants\.py:1: VARIANTS: missing, or something else in it; VARIANTS = "),
        ("kills.json", '{\n  "square": [,]\n}\n', r"kills\.json:2: \(JSON\): .*; \{\"mistake\": \[\"test_name\""),
        ("kills.json", "[]\n", r"kills\.json:1: \(file\): not an object; "),
        ("kills.json", '{\n  "a": [],\n  "b": "test"\n}\n', r"kills\.json:3: b: not a list of names of tests; "),
    ],
)
def test_files_that_cannot_be_read_are_reported_with_their_line(
    tmp_path: Path, file: str, text: str, expected: str
) -> None:
    """One line in place of a traceback."""
    stage = write_course(tmp_path).stage(STAGE)
    (tmp_path / FOLDER / file).write_text(text, "utf-8")
    found = "".join(f"{fault}\n" for fault in check_mistakes(stage))

    assert re.fullmatch(rf"{re.escape(FOLDER)}/{expected}.*\n", found)


def test_faults_of_several_files_are_reported_together(tmp_path: Path) -> None:
    """A file that cannot be imported hides no fault of another."""
    stage = write_course(tmp_path, mistakes="MISTAKES = 1 / 0\n").stage(STAGE)
    variants = tmp_path / FOLDER / "variants.py"
    variants.write_text(variants.read_text("utf-8").replace('"np.asarray(x) * 2.0"', '"x * 2.0"'), "utf-8")

    assert ["mistakes.py", "variants.py"] == [Path(fault.file).name for fault in check_mistakes(stage)]
