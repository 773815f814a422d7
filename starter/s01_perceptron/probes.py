"""How the tests call your code: each probe passes plain arrays to ``scratch.perceptron`` and returns the results.

You may read and run this file. It holds no expected values: those of the public tests are in ``test_public.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def unit(*, weights: Array, threshold: float, x: Array) -> dict[str, Array]:
    """Outputs of one McCulloch-Pitts unit for the rows of x: y, shape (N,)."""
    from scratch.perceptron import McCullochPitts

    return {"y": np.array(McCullochPitts(weights.copy(), threshold)(x.copy()), dtype=float)}


def gate(*, name: str, inputs: int, x: Array) -> dict[str, Any]:
    """Outputs of ``and_unit``, ``or_unit`` or ``not_unit`` (by name) for the rows of x, its weights and threshold."""
    from scratch import perceptron

    made = getattr(perceptron, name)() if name == "not_unit" else getattr(perceptron, name)(inputs)
    return {
        "y": np.array(made(x.copy()), dtype=float),
        "weights": np.array(made.weights, dtype=float),
        "threshold": float(made.threshold),
    }


def network(*, layers: Sequence[Sequence[Mapping[str, Any]]], x: Array) -> dict[str, Array]:
    """Outputs of a ``UnitNetwork`` for the rows of x: y, shape (N, units of the last layer).

    ``layers`` holds the weights and the threshold of each unit of each layer.
    """
    from scratch.perceptron import McCullochPitts, UnitNetwork

    made = UnitNetwork([[McCullochPitts(of["weights"].copy(), of["threshold"]) for of in layer] for layer in layers])
    return {"y": np.array(made(x.copy()), dtype=float)}


def xor(*, x: Array) -> dict[str, Any]:
    """Outputs of ``xor_network`` for the rows of x: y, shape (N, 1); and the units of each layer.

    Returns:
        y; layers: the weights and thresholds of each layer's units; all_units: whether they are ``McCullochPitts``.
    """
    from scratch.perceptron import McCullochPitts, xor_network

    made = xor_network()
    units = [one for layer in made.layers for one in layer]
    return {
        "y": np.array(made(x.copy()), dtype=float),
        "all_units": all(isinstance(one, McCullochPitts) for one in units),
        "layers": [
            [
                {"weights": np.array(one.weights, dtype=float), "threshold": float(one.threshold)}
                for one in layer
                if isinstance(one, McCullochPitts)
            ]
            for layer in made.layers
        ],
    }


def perceptron(*, x: Array, y: Array, points: Array, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a new ``Perceptron`` has learnt from x and y, and its scores and classes for ``points``.

    Returns:
        weight, bias, updates (epochs,), converged; scores and classes of the points; right: how many rows of x it
        classifies correctly.
    """
    from scratch.perceptron import Perceptron

    made = Perceptron(x.shape[1])
    made.fit(x.copy(), y.copy(), **(settings or {}))
    return {
        "weight": np.array(made.weight, dtype=float),
        "bias": float(made.bias),
        "updates": np.array(made.updates, dtype=float),
        "converged": bool(made.converged),
        "scores": np.array(made.decision_function(points.copy()), dtype=float),
        "classes": np.array(made.predict(points.copy()), dtype=float),
        "right": int(np.sum(np.array(made.predict(x.copy())) == y)),
    }


def refitted(*, x: Array, y: Array, other_x: Array, other_y: Array, max_epochs: int) -> dict[str, Any]:
    """``updates`` and ``converged`` of a ``Perceptron`` that was fitted to x and y, then to other_x and other_y."""
    from scratch.perceptron import Perceptron

    made = Perceptron(x.shape[1])
    made.fit(x.copy(), y.copy())
    made.fit(other_x.copy(), other_y.copy(), max_epochs=max_epochs)
    return {"updates": np.array(made.updates, dtype=float), "converged": bool(made.converged)}


def returns_itself(*, x: Array, y: Array) -> dict[str, bool]:
    """Whether ``fit`` returns the object that it was called on."""
    from scratch.perceptron import Adaline, Perceptron

    first, second = Perceptron(x.shape[1]), Adaline(x.shape[1])
    return {"Perceptron": first.fit(x.copy(), y.copy()) is first, "Adaline": second.fit(x.copy(), y.copy()) is second}


def refusal(*, x: Array, y: Array) -> dict[str, str]:
    """'ValueError' if ``Perceptron.fit`` raises it for the classes y, else ''."""
    from scratch.perceptron import Perceptron

    try:
        Perceptron(x.shape[1]).fit(x.copy(), y.copy(), max_epochs=10)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def geometry(*, x: Array, y: Array, weight: Array, bias: float) -> dict[str, float]:
    """The margin of x and y, and the bound on the number of updates, for weights that separate them."""
    from scratch.perceptron import margin, mistake_bound

    arrays = (x.copy(), y.copy(), weight.copy())
    return {"margin": float(margin(*arrays, bias)), "bound": float(mistake_bound(*arrays, bias))}


def only_margin(*, x: Array, y: Array, weight: Array, bias: float) -> dict[str, float]:
    """The margin alone, for weights that may not separate x and y."""
    from scratch.perceptron import margin

    return {"margin": float(margin(x.copy(), y.copy(), weight.copy(), bias))}


def bound_refusal(*, x: Array, y: Array, weight: Array, bias: float) -> dict[str, str]:
    """'ValueError' if ``mistake_bound`` raises it for weights that do not separate x and y, else ''."""
    from scratch.perceptron import mistake_bound

    try:
        mistake_bound(x.copy(), y.copy(), weight.copy(), bias)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def adaline(*, x: Array, y: Array, points: Array, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a new ``Adaline`` has learnt from x and y, and its scores and classes for ``points``.

    Returns:
        weight, bias, losses (epochs + 1,), scores and classes of the points.
    """
    from scratch.perceptron import Adaline

    made = Adaline(x.shape[1])
    made.fit(x.copy(), y.copy(), **(settings or {}))
    return {
        "weight": np.array(made.weight, dtype=float),
        "bias": float(made.bias),
        "losses": np.array(made.losses, dtype=float),
        "scores": np.array(made.decision_function(points.copy()), dtype=float),
        "classes": np.array(made.predict(points.copy()), dtype=float),
    }


def solved(*, x: Array, y: Array) -> dict[str, Any]:
    """The weight and bias of ``least_squares``."""
    from scratch.perceptron import least_squares

    weight, bias = least_squares(x.copy(), y.copy())
    return {"weight": np.array(weight, dtype=float), "bias": float(bias)}
