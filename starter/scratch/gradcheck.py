"""A numerical check of gradients: write it first, then check your layers with it.

The gradients of ``backward`` are compared with slopes that are measured by changing one number at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratch.nn import Module

Array: TypeAlias = NDArray[np.floating[Any]]

# The written question of the specification (at most 150 words).
WRITTEN_ANSWER = ""


def numerical_gradient(function: Callable[[Array], float], x: Array, *, eps: float = 1e-5) -> Array:
    """Return the gradient of a scalar function at x by central differences, float64, of the shape of x.

    grad[i] = (function(x + eps * e_i) - function(x - eps * e_i)) / (2 * eps), with e_i the array that
    is 1 at i and 0 elsewhere. ``x`` may hold integers and is not changed.
    """
    raise NotImplementedError("numerical_gradient")


def gradcheck(
    module: Module,
    x: Array,
    *,
    eps: float = 1e-5,
    rtol: float = 1e-4,
    atol: float = 1e-7,
    rng: np.random.Generator | None = None,
) -> bool:
    """Return whether ``module.backward`` agrees with the numerical gradient, for x and every parameter.

    For a random ``grad_output`` of the output's shape, the gradients of sum(module(x) * grad_output) must
    have the correct shapes, and no entry may be NaN or differ by more than ``atol + rtol * s`` from the
    numerical one, where s is the largest absolute value in that array's numerical gradient. Gradients that
    the parameters had before do not change the result. Afterwards the parameters' ``data`` hold the same
    values as before.

    Args:
        module: its ``forward`` takes x alone and is not random; its parameters are float64.
        x: float64; not changed.
        eps: the step of the central differences.
        rtol: allowed error relative to the largest entry.
        atol: allowed absolute error, for gradients that are 0.
        rng: the generator of ``grad_output`` (default: a new ``np.random.default_rng()``).
    """
    raise NotImplementedError("gradcheck")


# A private helper that compares two gradients can be here.
