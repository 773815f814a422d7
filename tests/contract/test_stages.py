"""The contract of every stage: wrong code loses marks, right code does not, and nothing leaks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from autograder.course import Course
from autograder.course.kills import kills_text
from autograder.course.mistake_faults import check_mistakes
from autograder.mutation.mutants import choose, mutants_of
from autograder.mutation.run import mutate
from autograder.prove import prove
from autograder.starter import build_starter
from autograder.tester.pool import PoolOptions
from tests.builders.torch_stages import skip_without_torch, uses_torch

ROOT = Path(__file__).parents[2]
STAGES = list(yaml.safe_load((ROOT / "grading.yml").read_text(encoding="utf-8"))["stages"])
SEEDS = 20
# The reference of a PyTorch stage trains for seconds, and its mistakes with all tests and hints take minutes: here the
# reference has few seeds, and a mistake is graded with the tests that it exists for. `make prove` does the whole.
SEEDS_WITH_TORCH = 4
MUTANTS = 100
FEWEST_MISTAKES = {
    "s02_backprop": 25,
    "s04_optimisers": 25,
    "s08_cnn": 30,
    "s09_rnn": 30,
    "s11_vision": 60,
    "s12_sequences": 60,
    "s13_generative": 60,
    "individual_project": 18,
}
FEWEST_VARIANTS = {
    "s08_cnn": 10,
    "s09_rnn": 10,
    "s11_vision": 20,
    "s12_sequences": 20,
    "s13_generative": 20,
    "individual_project": 6,
}
PROPERTIES_ONLY = {"individual_project"}  # of a student's own design: another learning rate or layer is not wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_contract_holds(name: str, course: Course, pool_options: PoolOptions) -> None:
    """Each mistake is killed by the tests that kills.json names; variants and, on every seed, the reference pass."""
    stage = course.stage(name)
    skip_without_torch(stage)
    brief = uses_torch(stage)
    proof = prove(stage, SEEDS_WITH_TORCH if brief else SEEDS, pool_options, brief=brief)

    assert () == proof.problems
    assert proof.mistakes >= FEWEST_MISTAKES.get(name, 20)
    assert proof.variants >= FEWEST_VARIANTS.get(name, 8)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STAGES if name not in PROPERTIES_ONLY])
def test_tests_kill_mutants(name: str, course: Course, pool_options: PoolOptions) -> None:
    """Each of a hundred small changes of the reference is killed, or a person has said why it may survive."""
    stage = course.stage(name)
    skip_without_torch(stage)
    report = mutate(stage, choose(mutants_of(stage.reference_files()), MUTANTS), 1, pool_options)

    assert () == report.problems


@pytest.mark.parametrize("name", STAGES)
def test_rubric_has_the_criteria_of_the_policy(name: str, course: Course) -> None:
    """The rubric's sections and points are those of grading.yml."""
    stage = course.stage(name)
    sections = re.findall(
        r"^## (\w+) \((\d+(?:\.\d+)?) points?\)", (stage.assignment / "rubric.md").read_text("utf-8"), re.M
    )

    assert {key: float(points) for key, points in stage.policy.rubric.items()} == {
        key: float(points) for key, points in sections
    }


@pytest.mark.parametrize("name", STAGES)
def test_every_test_has_a_sentence(name: str, course: Course) -> None:
    """A test's docstring is what the student reads as its title."""
    stage = course.stage(name)
    for path in (stage.public_tests, stage.hidden_tests):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        without = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
        ]
        assert [] == without


@pytest.mark.parametrize("name", STAGES)
def test_public_tests_do_without_the_reference(name: str, course: Course) -> None:
    """On a student's machine there is no reference; there a time budget goes by what the starter says of it."""
    tree = ast.parse(course.stage(name).public_tests.read_text(encoding="utf-8"))
    in_budgets = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "budget"
        for inner in ast.walk(node)
    }
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "reference"]

    assert [] == [node.lineno for node in uses if id(node) not in in_budgets]


@pytest.mark.parametrize("name", STAGES)
def test_mistakes_and_variants_fit_the_reference(name: str, course: Course) -> None:
    """Every edit's text is in the reference, names are unique, and the tests that a mistake exists for exist."""
    assert [] == list(check_mistakes(course.stage(name)))


@pytest.mark.parametrize("name", STAGES)
def test_hints_are_sentences(name: str, course: Course) -> None:
    """A student reads them as they are."""
    hints = [mistake.hint for mistake in course.stage(name).mistakes()]

    assert [] == [hint for hint in hints if not hint.strip().endswith((".", "?"))]


@pytest.mark.parametrize("name", STAGES)
def test_kills_are_of_this_stage(name: str, course: Course) -> None:
    """The generated matrix has each mistake and no other, tests that exist, and for each the tests that it is for."""
    stage = course.stage(name)
    kills = stage.kills() or {}

    assert {mistake.name for mistake in stage.mistakes()} == kills.keys()
    assert {test for tests in kills.values() for test in tests} <= {*stage.policy.test_points}
    assert [] == [mistake.name for mistake in stage.mistakes() if not {*mistake.catches} <= {*kills[mistake.name]}]
    assert {*stage.policy.tests.hidden} <= {test for tests in kills.values() for test in tests}
    assert kills_text(kills) == stage.kills_file.read_text("utf-8")


def test_bundle_holds_no_seed_and_no_hidden_test(course: Course) -> None:
    """Nothing that a student gets names a hidden test's code, a run's seed or a path of the solutions."""
    files = build_starter(course)
    for stage_name in STAGES:
        hidden = course.stage(stage_name).hidden_tests.read_bytes()
        assert [] == [path for path, data in files.items() if hidden in data]
    assert [] == [path for path, data in files.items() if not path.startswith("autograder/") and b"solutions/" in data]
