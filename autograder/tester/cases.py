"""What is fixed for each collected test before any submission is graded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from autograder.model import FindingKind, Visibility
from autograder.testing import plugin
from autograder.testing.harness import Harness, Side
from autograder.testing.plugin import needed_by, sentence_of, test_id_of

OUR_VALUES: Mapping[str, Callable[[Harness, str], object]] = {
    "student": lambda harness, test_id: Side(harness, is_student=True),
    "reference": lambda harness, test_id: Side(harness, is_student=False),
    "submitted": lambda harness, test_id: harness.submitted,
    "rng": lambda harness, test_id: np.random.default_rng(harness.seed(test_id)),
    "budget": partial(plugin.budget_check, FindingKind.TIME),
    "memory_budget": partial(plugin.budget_check, FindingKind.MEMORY),
}
OUR_FIXTURES = frozenset({*OUR_VALUES, "harness", "request"})


@dataclass(frozen=True)
class Case:
    """One test with one set of parameters.

    Attributes:
        item: pytest's item.
        name: of the function.
        case: the parameters' id, '' without.
        test_id: what its seed is derived from.
        simple: names of the arguments, if all are our fixtures or parameters; None if pytest must set the test up.
        parameters: by name.
    """

    item: pytest.Item
    name: str
    case: str
    test_id: str
    path: Path
    visibility: Visibility
    sentence: str
    needs: tuple[str, ...]
    simple: tuple[str, ...] | None
    parameters: Mapping[str, object]

    def arguments(self, harness: Harness) -> dict[str, object]:
        """New arguments for a simple case."""
        return {
            name: self.parameters[name] if name in self.parameters else OUR_VALUES[name](harness, self.test_id)
            for name in self.simple or ()
        }


def case_of(item: pytest.Item, visibility: Visibility) -> Case:
    """What is read from a pytest item, once."""
    name = str(getattr(item, "originalname", None) or item.name)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return Case(
        item=item,
        name=name,
        case=item.name[len(name) :].strip("[]"),
        test_id=test_id_of(item),
        path=item.path,
        visibility=visibility,
        sentence=sentence_of(item),
        needs=needed_by(item),
        simple=_simple_arguments(item, parameters),
        parameters=parameters,
    )


def _simple_arguments(item: pytest.Item, parameters: Mapping[str, object]) -> tuple[str, ...] | None:
    if not isinstance(item, pytest.Function) or item.cls is not None:
        return None
    # fixturenames has the test's fixtures, those that they use, and autouse fixtures.
    if set(item.fixturenames) - OUR_FIXTURES - parameters.keys() or _has_own(item, item.fixturenames):
        return None
    wanted = tuple(item._fixtureinfo.argnames)
    return wanted if set(wanted) <= OUR_VALUES.keys() | parameters.keys() else None


def _has_own(item: pytest.Function, names: Iterable[str]) -> bool:
    """Whether the test's file overrides one of our fixtures."""
    found = item._fixtureinfo.name2fixturedefs
    ours = OUR_FIXTURES & found.keys() & {*names} - {"request"}
    return any(found[name][-1].func.__module__ != plugin.__name__ for name in ours)


def with_needs(cases: Iterable[Case], names: Iterable[str]) -> set[str]:
    """Names of tests with those that they need, and so on; every test where no name is given."""
    needs = {case.name: case.needs for case in cases}
    found, waiting = set[str](), [*(names or needs)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs.get(name, ())
    return found
