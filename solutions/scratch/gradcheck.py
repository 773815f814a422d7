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

# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) With grad_output of ones the check looks at the sum of the outputs. A softmax's outputs always
sum to 1, so the correct gradient of that sum is 0, and a backward that returns zeros is accepted.

(b) The central difference has a truncation error of h^2 |f'''| / 6 and, as each value of f is
rounded by about u |f| with u = 1.1e-16, a rounding error of about u |f| / h. The sum is smallest
where its derivative is 0: h^3 = 3 u |f| / |f'''|. With |f| and |f'''| near 1, h is about 7e-6.
At h = 1e-2 the truncation error dominates (2e-5); at h = 1e-12 the rounding error does (1e-4).
"""
# STUB: # The written question of the specification (at most 150 words).
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


def numerical_gradient(function: Callable[[Array], float], x: Array, *, eps: float = 1e-5) -> Array:
    """Return the gradient of a scalar function at x by central differences, float64, of the shape of x.

    grad[i] = (function(x + eps * e_i) - function(x - eps * e_i)) / (2 * eps), with e_i the array that
    is 1 at i and 0 elsewhere. ``x`` may hold integers and is not changed.
    """
    # BEGIN SOLUTION
    point = np.array(x, dtype=np.float64)
    grad = np.empty_like(point)
    for index in np.ndindex(point.shape):
        sides = []
        for step in (eps, -eps):
            moved = point.copy()  # the function may keep a reference to its argument
            moved[index] += step
            sides.append(float(function(moved)))
        grad[index] = (sides[0] - sides[1]) / (2.0 * eps)
    return grad
    # STUB: raise NotImplementedError("numerical_gradient")
    # END SOLUTION


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
    # BEGIN SOLUTION
    generator = np.random.default_rng() if rng is None else rng
    grad_output = generator.standard_normal(np.shape(module(x.copy())))
    module.zero_grad()
    module(x.copy())  # the last forward before backward is at x itself
    grad_input = module.backward(grad_output.copy())
    checked = [(grad_input, numerical_gradient(lambda moved: float(np.sum(module(moved) * grad_output)), x, eps=eps))]

    for parameter in module.parameters():
        original = parameter.data

        def objective(moved: Array, parameter: Any = parameter) -> float:
            parameter.data = moved
            return float(np.sum(module(x.copy()) * grad_output))

        checked.append((parameter.grad, numerical_gradient(objective, original, eps=eps)))
        parameter.data = original
    return all(_agree(analytic, numeric, rtol, atol) for analytic, numeric in checked)
    # STUB: raise NotImplementedError("gradcheck")
    # END SOLUTION


# BEGIN SOLUTION
def _agree(analytic: Array | None, numeric: Array, rtol: float, atol: float) -> bool:
    """Whether a gradient exists, has the correct shape and is close enough; NaN never is."""
    if analytic is None or np.shape(analytic) != numeric.shape:
        return False
    allowed = atol + rtol * np.abs(numeric).max(initial=0.0)
    return bool(np.all(np.abs(analytic - numeric) <= allowed))


# STUB: # A private helper that compares two gradients can be here.
# END SOLUTION
