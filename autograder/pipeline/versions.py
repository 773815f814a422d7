"""Whether this machine has the versions that grading.yml publishes for students."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.course.models import GraderPolicy


def version_notes(grader: GraderPolicy, description: Mapping[str, str]) -> list[str]:
    """One line for each version that is not the one published in ``grading.yml``.

    Args:
        grader: what is published; '3.11' is any 3.11.x, and a version that is not given may be any.
        description: what marks are made with here, as in :class:`autograder.gradebook.environment.Environment`.
    """
    names = {"python": "Python", "numpy": "numpy", "torch": "torch"}
    return [
        f"marks are made here with {names[name]} {description[name]}; grading.yml (grader.{name}) publishes {wanted}"
        for name, wanted in grader.model_dump(exclude_none=True).items()
        if name in description and not f"{description[name]}.".startswith((f"{wanted}.", f"{wanted}+"))
    ]
