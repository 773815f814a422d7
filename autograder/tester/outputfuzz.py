"""Made-up results of a student's code: none may make a test raise, so that it is seen before a student sends one.

A test that raises on a value would be judged as the student's (:func:`autograder.tester.judge.judge`). That is a net: a
test should say what is wrong. Here each test is run, in the tester alone, on results with the reference's names, kinds
and shapes and other values, as they pass the check of their form when grading.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import SandboxFault
from autograder.tester.cases import Case
from autograder.tester.prefetch import DryRun
from autograder.tester.reference import Reference
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import raised_in
from autograder.testing.forms import Form, form_finding
from autograder.testing.harness import Harness
from autograder.testing.values import Outputs, normalise, structure_finding

MIXTURES = 4  # with a change drawn for each value
MOST_RIGHT = 2  # calls whose results are left as they are, so that what follows them in a test is reached, too


@dataclass(frozen=True)
class Change:
    """One way to change every value of a result.

    Attributes:
        number: in the place of a number, given the number.
        array: in the place of an array, given the array.
        text: in the place of a string.
    """

    number: Callable[[float], Any]
    array: Callable[[np.ndarray], np.ndarray]
    text: str = ""


def _constant(value: float, text: str = "") -> Change:
    return Change(lambda _: value, lambda array: np.full(array.shape, value), text)


def _one_axis_less(array: np.ndarray) -> np.ndarray:
    return array[0] if array.ndim and len(array) else array


CHANGES: Mapping[str, Change] = {
    "NaN": _constant(math.nan),
    "infinity": _constant(math.inf, "inf"),
    "minus infinity": _constant(-math.inf, "-inf"),
    "zero": _constant(0, "0"),
    "minus one": _constant(-1, "-1"),
    "a large integer": _constant((1 << 63) - 1, "9" * 400),
    "the least integer": _constant(-(1 << 63), "\x00"),
    "1e300": _constant(1e300, "nan"),
    "1e-320": _constant(1e-320, "é" * 70),
    "a truth value": _constant(value=True, text="True"),
    "floats": Change(float, lambda array: array.astype(np.float64), "1.0"),
    "truth values": Change(bool, lambda array: array != 0, "False"),
    "half more": Change(lambda value: value + 0.5, lambda array: array + 0.5, " "),
    "no values": Change(lambda value: value, lambda array: np.empty((0, *array.shape[1:])), ""),
    "one axis less": Change(lambda value: value, _one_axis_less, "\n"),
    "one axis more": Change(lambda value: value, lambda array: array[None], "[]"),
    "twice as many": Change(lambda value: value, lambda array: np.concatenate([array, array]), "{}"),
}


class Fuzzed(DryRun):
    """A harness in which changed results of the reference are the student's."""

    def __init__(self, reference: Reference, seeds: Harness, choose: Callable[[], Change], right: int) -> None:
        super().__init__(reference, seeds)
        self._choose, self._right = choose, right

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        """The reference's outputs, changed, if their form is that of the reference's.

        Raises:
            CheckFailed: it is not.
        """
        expected = super().call_student(probe, inputs, shapes=shapes)
        outputs = self._made_up(expected)
        finding = structure_finding("", outputs, expected, shapes=shapes)
        if finding:
            raise CheckFailed(finding)
        return Outputs(outputs, "the student's code")

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        """The same, compared with a form."""
        outputs = self._made_up(super().call_student(probe, inputs, shapes=False))
        finding = form_finding(outputs, form)
        if finding:
            raise CheckFailed(finding)
        return Outputs({name: outputs[name] for name in form}, "the student's code")

    def _made_up(self, expected: Outputs) -> dict[str, Any]:
        return dict(expected) if len(self.calls) <= self._right else changed(dict(expected), self._choose)


def changed(value: Any, choose: Callable[[], Change]) -> Any:
    """A plain value with each array, number and string in it changed; lists keep their length."""
    if isinstance(value, Mapping):
        return {key: changed(item, choose) for key, item in value.items()}
    if isinstance(value, list):
        return [changed(item, choose) for item in value]
    change = choose()
    if isinstance(value, np.ndarray):
        return normalise(change.array(value))
    if isinstance(value, bool | int | float):
        return normalise(change.number(value))
    return change.text if isinstance(value, str) else value


def raises_on(case: Case, reference: Reference, seeds: Harness, rng: np.random.Generator) -> str:
    """What makes a case raise and what it raises, in words; '' if every change makes it pass or fail."""
    if case.simple is None:
        return ""
    every = list(CHANGES.values())

    def any_change() -> Change:
        return every[rng.integers(len(every))]

    ways: dict[str, Callable[[], Change]] = {name: partial(lambda one: one, one) for name, one in CHANGES.items()}
    ways |= dict.fromkeys((f"mixture {number}" for number in range(1, MIXTURES + 1)), any_change)
    for right, (name, choose) in product(range(MOST_RIGHT + 1), ways.items()):
        harness = Fuzzed(reference, seeds, choose, right)
        try:
            with warnings.catch_warnings(action="ignore"):
                case.item.obj(**case.arguments(harness))  # type: ignore[attr-defined]  # a Function, or not simple
        except (KeyboardInterrupt, SandboxFault):
            raise
        except BaseException as error:  # noqa: BLE001  # what a test raises is what is looked for
            if not _is_a_verdict(error, case.path):
                return f"{name} in place of its results ({type(error).__name__}: {error})"
    return ""


def _is_a_verdict(error: BaseException, test_file: Path) -> bool:
    return isinstance(error, CheckFailed) or (isinstance(error, AssertionError) and raised_in(error, test_file))
