"""The corpora under the strongest backend of this machine; ``make hostile`` runs them under all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from autograder.runner.runtimes import NUMPY, TORCH
from autograder.sandbox.select import build, doctor
from tests.hostile.cases import Case, read_cases
from tests.hostile.judge import Surroundings, judge_benign, judge_hostile, survey

REPORT = doctor()
pytestmark = pytest.mark.skipif(REPORT.strength == "plain", reason="without isolation nothing is contained")
HOSTILE, BENIGN, WITH_TORCH = read_cases("corpus"), read_cases("benign"), read_cases("torch_corpus")


@pytest.fixture(scope="module")
def around() -> Iterator[Surroundings]:
    """A sandbox with a neighbour in it."""
    sandbox = build(REPORT, NUMPY)
    yield survey(sandbox, f"SECRET-{secrets.token_hex(8)}")
    sandbox.close()


@pytest.fixture(scope="module")
def around_with_torch() -> Iterator[Surroundings]:
    """The same with torch in its processes."""
    pytest.importorskip("torch")
    sandbox = build(REPORT, TORCH)
    yield survey(sandbox, f"SECRET-{secrets.token_hex(8)}")
    sandbox.close()


def test_the_corpora_are_large_enough() -> None:
    """At least 80 hostile submissions, 20 with torch and 12 benign ones, each with a sentence."""
    assert len(WITH_TORCH) >= 20
    assert len(HOSTILE) >= 80
    assert len(BENIGN) >= 12
    assert [] == [case.name for case in HOSTILE + BENIGN + WITH_TORCH if not case.sentence.endswith(".")]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_a_hostile_submission_is_contained(case: Case, around: Surroundings) -> None:
    """It ends as declared, earns its honest part, leaks nothing, leaves nothing, changes nothing."""
    assert [] == judge_hostile(case, around)


@pytest.mark.slow
@pytest.mark.parametrize("case", WITH_TORCH, ids=lambda case: case.name)
def test_a_hostile_submission_with_torch_is_contained(case: Case, around_with_torch: Surroundings) -> None:
    """The same where torch is in the process: pickles, compilers, threads, shared memory, devices, the network."""
    assert [] == judge_hostile(case, around_with_torch)


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.name)
def test_a_benign_submission_gets_full_marks(case: Case, around: Surroundings) -> None:
    """Honest code that does unusual things loses nothing."""
    assert [] == judge_benign(case, around)
