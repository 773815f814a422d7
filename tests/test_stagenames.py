"""How a stage may be written on a command line."""

from __future__ import annotations

import pytest

from autograder.errors import UsageError
from autograder.stagenames import choose_stage

STAGES = ("s01_perceptron", "s04_optimisers", "s10_attention", "s10_vision", "project")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s04_optimisers", "s04_optimisers"),
        ("s04_optimisers/", "s04_optimisers"),
        (r".\s04_optimisers" + "\\", "s04_optimisers"),
        ("s04", "s04_optimisers"),
        ("s4", "s04_optimisers"),
        ("S4", "s04_optimisers"),
        ("s1", "s01_perceptron"),
        ("s01/", "s01_perceptron"),
        ("project", "project"),
    ],
)
def test_a_stage_is_meant_by_name_folder_or_number(written: str, meant: str) -> None:
    """Leading zeros and the shell's slash do not matter; s1 is not s10."""
    assert meant == choose_stage(written, STAGES, "There are")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("s10", "'s10' can mean s10_attention or s10_vision: write the name in full"),
        ("s04_optimizers", "there is no stage 's04_optimizers'; did you mean s04_optimisers? There are"),
        ("optimisers", "there is no stage 'optimisers'; did you mean s04_optimisers? There are"),
        ("s04_opt", "did you mean s04_optimisers? There are"),
        (
            "s99",
            "there is no stage 's99'. There are s01_perceptron, s04_optimisers, s10_attention, s10_vision, project.",
        ),
        ("s", "did you mean s01_perceptron?"),
        ("", "there is no stage ''. There are"),
        ("0", "there is no stage '0'. There are"),
    ],
)
def test_anything_else_is_answered_with_the_stages(written: str, message: str) -> None:
    """One that is close is named; nothing is guessed."""
    with pytest.raises(UsageError) as refused:
        choose_stage(written, STAGES, "There are")

    assert message in str(refused.value)


def test_a_course_without_stages() -> None:
    """The list is then the word none."""
    with pytest.raises(UsageError, match="There are none"):
        choose_stage("s04", (), "There are")
