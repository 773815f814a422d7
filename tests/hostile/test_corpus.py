"""The corpora under the strongest backend of this machine; ``make hostile`` runs them under all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import build, doctor
from tests.hostile.cases import Case, read_cases
from tests.hostile.judge import Surroundings, judge_benign, judge_hostile, survey

REPORT = doctor()
pytestmark = pytest.mark.skipif(REPORT.strength == "plain", reason="without isolation nothing is contained")
HOSTILE, BENIGN = read_cases("corpus"), read_cases("benign")


@pytest.fixture(scope="module")
def around() -> Iterator[Surroundings]:
    """A sandbox with a neighbour in it."""
    sandbox = build(REPORT, NUMPY)
    yield survey(sandbox, f"SECRET-{secrets.token_hex(8)}")
    sandbox.close()


def test_the_corpora_are_large_enough() -> None:
    """At least 80 hostile and 12 benign submissions, each with a sentence."""
    assert len(HOSTILE) >= 80
    assert len(BENIGN) >= 12
    assert [] == [case.name for case in HOSTILE + BENIGN if not case.sentence.endswith(".")]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_a_hostile_submission_is_contained(case: Case, around: Surroundings) -> None:
    """It ends as declared, earns its honest part, leaks nothing, leaves nothing, changes nothing."""
    assert [] == judge_hostile(case, around)


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.name)
def test_a_benign_submission_gets_full_marks(case: Case, around: Surroundings) -> None:
    """Honest code that does unusual things loses nothing."""
    assert [] == judge_benign(case, around)
