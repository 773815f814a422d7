"""Numerical gradient checks in float64 along random directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.model import Finding
from autograder.testing.assertions import CheckFailed
from autograder.testing.values import structure_finding

DIRECTIONS = 4


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

    Each gradient is projected on random directions of length one, so a wrong element anywhere shows
    with probability one.

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
        finding = structure_finding(f"gradient with respect to {name}", gradient, at, shapes=True)
        if finding:
            raise CheckFailed(finding)

        def projected(value: np.ndarray, name: str = name) -> float:
            result = function(**{**inputs, name: value})[output]
            finding = structure_finding(output, result, np.asarray(grad_output) if np.ndim(grad_output) else 0.0, shapes=True)
            if finding:
                raise CheckFailed(finding)
            return float(np.sum(np.asarray(result, dtype=np.float64) * grad_output))

        for _ in range(DIRECTIONS):
            direction = rng.standard_normal(at.shape)
            direction /= np.linalg.norm(direction)
            numeric = directional_derivative(projected, at, direction, h)
            analytic = float(np.sum(np.asarray(gradient, dtype=np.float64) * direction))
            allowed = atol + rtol * max(float(np.linalg.norm(gradient)), abs(numeric))
            if not abs(numeric - analytic) <= allowed:
                raise CheckFailed(_gradient_finding(name, numeric, analytic, allowed))


def _gradient_finding(name: str, numeric: float, analytic: float, allowed: float) -> Finding:
    size = abs(numeric - analytic) / max(abs(numeric), 1e-300)
    message = (
        f"gradient with respect to {name}: along a random direction it differs from the slope of your own forward pass "
        f"by {size:.2g} of the slope (allowed: {allowed:.2g} in absolute size, what finite differences can tell)"
    )
    return Finding("gradient", message, detail=f"slope of the forward pass {numeric:.6g}, your gradient gives {analytic:.6g}")
