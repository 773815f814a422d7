"""Why one student lost points, in words that are the same for a whole class."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.model import TestResult
from autograder.report.redaction import reasons

# numbers differ from student to student; those in names (path_0, float64) do not
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(\.\d+)?([eE][-+]?\d+)?")
_WHERE = re.compile(r"(?<= differ), the first at .*", re.DOTALL)  # where and by how much is each student's own


@dataclass(frozen=True, slots=True)
class OwnCause:
    """Why one student lost points.

    Attributes:
        text: the hint where there is one, else what was found, without its numbers.
        tests: function names.
        lost_points: of those tests.
    """

    text: str
    tests: tuple[str, ...]
    lost_points: float


def own_causes(results: Sequence[TestResult], lost_points: Mapping[str, float]) -> tuple[OwnCause, ...]:
    """A student's causes, those with the same words together."""
    found: dict[str, tuple[dict[str, None], float]] = {}
    for reason in reasons(results, lost_points):
        text = reason.text if reason.message else _NUMBER.sub("…", _WHERE.sub("", reason.text))
        tests, _ = found.get(text, ({}, 0.0))
        tests |= dict.fromkeys(reason.tests)
        found[text] = tests, sum(lost_points.get(name, 0.0) for name in tests)
    return tuple(OwnCause(text, tuple(tests), lost) for text, (tests, lost) in found.items())
