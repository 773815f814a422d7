"""The first learning machines: McCulloch-Pitts units, Rosenblatt's perceptron, Widrow and Hoff's ADALINE.

Inputs are arrays of shape (N, D), one example per row. Classes are -1 and +1, except for the units of McCulloch
and Pitts, whose inputs and outputs are 0 and 1. No function changes an array that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[Any]

# Your answer to the written question of spec.md, at most 150 words.
WRITTEN_ANSWER = ""


class McCullochPitts:
    """A unit that outputs 1 (it fires) where the weighted sum of its inputs reaches its threshold, and 0 elsewhere.

    Attributes:
        weights: shape (D,); positive weights excite, negative ones inhibit.
        threshold: the sum at which the unit fires; a sum equal to it is enough.

    Source: McCulloch & Pitts 1943, in the weighted form that Rosenblatt used later.
    """

    def __init__(self, weights: ArrayLike, threshold: float) -> None:
        self.weights = np.asarray(weights, dtype=float)
        self.threshold = float(threshold)

    def __call__(self, x: Array) -> Array:
        """Return 0 or 1 for each row of x, shape (N,), for x of zeros and ones, shape (N, D)."""
        raise NotImplementedError("McCullochPitts")


def and_unit(inputs: int = 2) -> McCullochPitts:
    """Return a unit that fires where all of its inputs are 1."""
    raise NotImplementedError("and_unit")


def or_unit(inputs: int = 2) -> McCullochPitts:
    """Return a unit that fires where at least one of its inputs is 1."""
    raise NotImplementedError("or_unit")


def not_unit() -> McCullochPitts:
    """Return a unit with one input that fires where that input is 0."""
    raise NotImplementedError("not_unit")


class UnitNetwork:
    """Layers of units: every unit of a layer receives the outputs of all units of the layer before.

    Attributes:
        layers: lists of ``McCullochPitts``; the units of the first list receive the network's input.
    """

    def __init__(self, layers: Sequence[Sequence[McCullochPitts]]) -> None:
        self.layers = [list(layer) for layer in layers]

    def __call__(self, x: Array) -> Array:
        """Return the outputs of the last layer, shape (N, its number of units), for x of shape (N, D)."""
        raise NotImplementedError("UnitNetwork")


def xor_network() -> UnitNetwork:
    """Return a network of two layers with two inputs and one output, which is 1 where exactly one input is 1."""
    raise NotImplementedError("xor_network")


class Perceptron:
    """A linear classifier that learns from its mistakes, one example at a time.

    Attributes:
        weight: shape (D,), zeros at first.
        bias: a number, 0 at first.
        updates: after ``fit``, how many updates each epoch made.
        converged: after ``fit``, whether the last epoch made no update.

    Source: Rosenblatt 1958.
    """

    def __init__(self, in_features: int) -> None:
        self.weight = np.zeros(in_features)
        self.bias = 0.0
        self.updates: list[int] = []
        self.converged = False

    def decision_function(self, x: Array) -> Array:
        """Return w . x + b for each row of x, shape (N,)."""
        raise NotImplementedError("Perceptron.decision_function")

    def predict(self, x: Array) -> Array:
        """Return the class of each row of x, -1 or +1, shape (N,): the sign of its score (for 0: your choice)."""
        raise NotImplementedError("Perceptron.predict")

    def fit(self, x: Array, y: Array, lr: float = 1.0, max_epochs: int = 1000) -> Perceptron:
        """Learn from examples x (N, D) and classes y (N,), in their order, epoch after epoch; return ``self``.

        An example with y (w . x + b) <= 0 is a mistake: lr y x is added to w, and lr y to b, before the next
        example is looked at. Training ends after the first epoch without a mistake, and at the latest after
        ``max_epochs`` epochs. A second ``fit`` goes on from the weights that it finds, and counts anew.

        Raises:
            ValueError: a class is neither -1 nor +1.
        """
        raise NotImplementedError("Perceptron.fit")


def margin(x: Array, y: Array, weight: Array, bias: float) -> float:
    """Return the smallest y (w . x + b) / ||(w, b)|| over the examples; negative if one is on the wrong side.

    The bias counts as one more weight, with an input that is always 1, as it does in the perceptron's rule.
    """
    raise NotImplementedError("margin")


def mistake_bound(x: Array, y: Array, weight: Array, bias: float) -> float:
    """Return (R / margin)^2, where R is the length of the longest (x, 1).

    No perceptron makes more updates on x and y.

    Raises:
        ValueError: ``weight`` and ``bias`` do not separate the classes.

    Source: Novikoff 1962.
    """
    raise NotImplementedError("mistake_bound")


class Adaline:
    """A linear unit that learns by the delta rule: from the error of its score, before any threshold.

    Attributes:
        weight: shape (D,), zeros at first.
        bias: a number, 0 at first.
        losses: after ``fit``, the mean squared error on all examples before the first epoch and after each epoch.

    Source: Widrow & Hoff 1960.
    """

    def __init__(self, in_features: int) -> None:
        self.weight = np.zeros(in_features)
        self.bias = 0.0
        self.losses: list[float] = []

    def decision_function(self, x: Array) -> Array:
        """Return w . x + b for each row of x, shape (N,)."""
        raise NotImplementedError("Adaline.decision_function")

    def predict(self, x: Array) -> Array:
        """Return the class of each row of x, -1 or +1, shape (N,): the sign of its score (for 0: your choice)."""
        raise NotImplementedError("Adaline.predict")

    def fit(self, x: Array, y: Array, lr: float = 0.01, epochs: int = 100, batch_size: int | None = None) -> Adaline:
        """Learn from examples x (N, D) and any real targets y (N,), in their order; return ``self``.

        Each epoch goes through the examples in batches of ``batch_size`` (None: all at once), the last of which
        may be smaller. With e = y - (w . x + b), lr times the mean of e x over the batch is added to w, and lr
        times the mean of e is added to b.
        """
        raise NotImplementedError("Adaline.fit")

    # Private methods can be here.


def least_squares(x: Array, y: Array) -> tuple[Array, float]:
    """Return the weight (D,) and bias with the smallest mean squared error on x (N, D) and y (N,), computed directly.

    You may assume that the columns of x and a column of ones are linearly independent.
    """
    raise NotImplementedError("least_squares")


# Private helpers can be here.
