"""Numerical gradient checks in float64 along random directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.model import Finding, FindingKind
from autograder.testing.assertions import CheckFailed
from autograder.testing.digits import two_digits
from autograder.testing.relations import Names, factor_relation, zero_relation
from autograder.testing.values import normalise, structure_finding

DIRECTIONS = 4
RELATION_RTOL = 1e-5  # finite differences are not exact, so a factor is not either
NAMES = Names("Your gradient", "the numerical slope")


def directional_derivative(
    function: Callable[[np.ndarray], float], at: np.ndarray, direction: np.ndarray, h: float
) -> float:
    """Central difference of a scalar function along a direction; its error is O(h**2).

    Source: Press et al., Numerical Recipes, section 5.7.
    """
    return (function(at + h * direction) - function(at - h * direction)) / (2 * h)


def assert_gradient(
    function: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    gradients: Mapping[str, np.ndarray],
    grad_output: np.ndarray,
    rng: np.random.Generator,
    *,
    output: str = "y",
    h: float = 1e-5,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> None:
    """Check gradients of ``sum(function(**inputs)[output] * grad_output)`` by finite differences.

    Each gradient is projected on random directions of length one, so a wrong element is found with
    probability one.

    Args:
        function: a student's probe.
        inputs: its arguments; those named in ``gradients`` are float64 arrays.
        gradients: by name of the input, an array of its shape.
        grad_output: upstream gradient, of the output's shape; random, never ones.
        rng: for the directions.
        output: name of the output.
        h: step; with float64 the rounding error is about 1e-16 / h of the function's size.
        rtol: allowed error relative to the gradient's length.
        atol: allowed absolute error.

    Raises:
        CheckFailed: for the first gradient that is wrong.
    """
    for name, gradient in gradients.items():
        at = np.asarray(inputs[name], dtype=np.float64)
        label = f"gradient with respect to {name}"
        finding = structure_finding(label, normalise(gradient), normalise(at), shapes=True)
        if finding:
            raise CheckFailed(finding)
        given = np.asarray(gradient, dtype=np.float64)
        if not np.isfinite(given).all():
            raise CheckFailed(_not_finite(label, given))
        slopes = _Slopes(function, inputs, name, np.asarray(grad_output, dtype=np.float64), output)
        numeric, analytic = np.empty(DIRECTIONS), np.empty(DIRECTIONS)
        for index in range(DIRECTIONS):
            direction = rng.standard_normal(at.shape)
            direction /= np.linalg.norm(direction)
            numeric[index] = directional_derivative(slopes.projected, at, direction, h)
            analytic[index] = np.sum(given * direction)
        allowed = atol + rtol * np.maximum(np.linalg.norm(given), np.abs(numeric))
        wrong = ~(np.abs(numeric - analytic) <= allowed)
        if wrong.any():
            hint = _relation(numeric, analytic, allowed, at.shape)
            raise CheckFailed(_gradient_finding(label, numeric, analytic, allowed, int(np.argmax(wrong)), hint))


@dataclass(frozen=True)
class _Slopes:
    """The scalar function whose slope is checked: an output projected on ``grad_output``, of one input."""

    function: Callable[..., Mapping[str, Any]]
    inputs: Mapping[str, Any]
    name: str
    grad_output: np.ndarray
    output: str

    def projected(self, value: np.ndarray) -> float:
        results = self.function(**{**self.inputs, self.name: value})
        if self.output not in results:
            raise CheckFailed(Finding(FindingKind.MISSING, f"{self.output}: nothing was returned"))
        result = normalise(results[self.output])
        finding = structure_finding(self.output, result, normalise(self.grad_output), shapes=True)
        if finding:
            raise CheckFailed(finding)
        result = np.asarray(result, dtype=np.float64)
        if not np.isfinite(result).all():
            raise CheckFailed(_not_finite(self.output, result))
        return float(np.sum(result * self.grad_output))


def _not_finite(label: str, values: np.ndarray) -> Finding:
    broken = np.argwhere(~np.isfinite(values))
    where = ", ".join(map(str, broken[0]))
    return Finding(
        FindingKind.FINITE, f"{label}: {len(broken)} of {values.size} values are not finite, the first at [{where}]"
    )


def _relation(numeric: np.ndarray, analytic: np.ndarray, allowed: np.ndarray, shape: tuple[int, ...]) -> str:
    """A factor that is the same along all directions, or ''."""
    if not analytic.any():
        return zero_relation(NAMES)
    return factor_relation(analytic, numeric, RELATION_RTOL, 10 * float(allowed.max()), shape, NAMES)


def _gradient_finding(
    label: str, numeric: np.ndarray, analytic: np.ndarray, allowed: np.ndarray, index: int, hint: str
) -> Finding:
    slope, given, limit = float(numeric[index]), float(analytic[index]), float(allowed[index])
    gap = abs(slope - given)
    size = f"{two_digits(gap / abs(slope))} times the slope" if abs(slope) > limit else two_digits(gap)
    message = (
        f"{label}: along a random direction it differs from the numerical slope of your own forward pass "
        f"by {size} (allowed: {two_digits(limit)}, the accuracy of finite differences)"
    )
    detail = f"numerical slope {slope:.6g}, slope by your gradient {given:.6g}"
    return Finding(FindingKind.GRADIENT, message, hint, detail=detail)
