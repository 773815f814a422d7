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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
Let a perceptron return +1 where w1 x1 + w2 x2 + b > 0. To compute XOR it needs
    (0, 0) -> -1:            b <= 0
    (1, 0) -> +1:       w1 + b >  0
    (0, 1) -> +1:       w2 + b >  0
    (1, 1) -> -1:  w1 + w2 + b <= 0
The second and third add up to (w1 + w2 + b) + b > 0. But both terms are <= 0 by the fourth and first: a contradiction,
so there are no such weights, whatever the training rule.

The first layer computes OR and NAND. (0, 0) becomes (0, 1), (1, 1) becomes (1, 0), and the two points where XOR is 1
both become (1, 1). A single line separates that point from the other two: AND. The missing feature is computed by the
first layer.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


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
        # BEGIN SOLUTION
        return (x @ self.weights >= self.threshold).astype(int)
        # STUB: raise NotImplementedError("McCullochPitts")
        # END SOLUTION


def and_unit(inputs: int = 2) -> McCullochPitts:
    """Return a unit that fires where all of its inputs are 1."""
    # BEGIN SOLUTION
    return McCullochPitts(np.ones(inputs), inputs)
    # STUB: raise NotImplementedError("and_unit")
    # END SOLUTION


def or_unit(inputs: int = 2) -> McCullochPitts:
    """Return a unit that fires where at least one of its inputs is 1."""
    # BEGIN SOLUTION
    return McCullochPitts(np.ones(inputs), 1)
    # STUB: raise NotImplementedError("or_unit")
    # END SOLUTION


def not_unit() -> McCullochPitts:
    """Return a unit with one input that fires where that input is 0."""
    # BEGIN SOLUTION
    return McCullochPitts([-1], 0)
    # STUB: raise NotImplementedError("not_unit")
    # END SOLUTION


class UnitNetwork:
    """Layers of units: every unit of a layer receives the outputs of all units of the layer before.

    Attributes:
        layers: lists of ``McCullochPitts``; the units of the first list receive the network's input.
    """

    def __init__(self, layers: Sequence[Sequence[McCullochPitts]]) -> None:
        self.layers = [list(layer) for layer in layers]

    def __call__(self, x: Array) -> Array:
        """Return the outputs of the last layer, shape (N, its number of units), for x of shape (N, D)."""
        # BEGIN SOLUTION
        for layer in self.layers:
            x = np.stack([unit(x) for unit in layer], axis=1)
        return x
        # STUB: raise NotImplementedError("UnitNetwork")
        # END SOLUTION


def xor_network() -> UnitNetwork:
    """Return a network of two layers with two inputs and one output, which is 1 where exactly one input is 1."""
    # BEGIN SOLUTION
    nand_unit = McCullochPitts([-1, -1], -1)
    return UnitNetwork([[or_unit(), nand_unit], [and_unit()]])
    # STUB: raise NotImplementedError("xor_network")
    # END SOLUTION


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
        # BEGIN SOLUTION
        return x @ self.weight + self.bias
        # STUB: raise NotImplementedError("Perceptron.decision_function")
        # END SOLUTION

    def predict(self, x: Array) -> Array:
        """Return the class of each row of x, -1 or +1, shape (N,): the sign of its score (for 0: your choice)."""
        # BEGIN SOLUTION
        return np.where(self.decision_function(x) > 0, 1, -1)
        # STUB: raise NotImplementedError("Perceptron.predict")
        # END SOLUTION

    def fit(self, x: Array, y: Array, lr: float = 1.0, max_epochs: int = 1000) -> Perceptron:
        """Learn from examples x (N, D) and classes y (N,), in their order, epoch after epoch; return ``self``.

        An example with y (w . x + b) <= 0 is a mistake: lr y x is added to w, and lr y to b, before the next
        example is looked at. Training ends after the first epoch without a mistake, and at the latest after
        ``max_epochs`` epochs. A second ``fit`` goes on from the weights that it finds, and counts anew.

        Raises:
            ValueError: a class is neither -1 nor +1.
        """
        # BEGIN SOLUTION
        _require_signs(y)
        self.updates, self.converged = [], False
        while len(self.updates) < max_epochs and not self.converged:
            mistakes = 0
            for row, sign in zip(x, y, strict=True):
                if sign * (row @ self.weight + self.bias) <= 0:
                    self.weight = self.weight + lr * sign * row
                    self.bias += lr * sign
                    mistakes += 1
            self.updates.append(mistakes)
            self.converged = mistakes == 0
        return self
        # STUB: raise NotImplementedError("Perceptron.fit")
        # END SOLUTION


def margin(x: Array, y: Array, weight: Array, bias: float) -> float:
    """Return the smallest y (w . x + b) / ||(w, b)|| over the examples; negative if one is on the wrong side.

    The bias counts as one more weight, with an input that is always 1, as it does in the perceptron's rule.
    """
    # BEGIN SOLUTION
    length = np.sqrt(weight @ weight + bias**2)
    return float((y * (x @ weight + bias)).min() / length)
    # STUB: raise NotImplementedError("margin")
    # END SOLUTION


def mistake_bound(x: Array, y: Array, weight: Array, bias: float) -> float:
    """Return (R / margin)^2, where R is the length of the longest (x, 1).

    No perceptron makes more updates on x and y.

    Raises:
        ValueError: ``weight`` and ``bias`` do not separate the classes.

    Source: Novikoff 1962.
    """
    # BEGIN SOLUTION
    gamma = margin(x, y, weight, bias)
    if gamma <= 0:
        raise ValueError("the weights do not separate the classes")
    return float((np.square(x).sum(axis=1) + 1).max() / gamma**2)
    # STUB: raise NotImplementedError("mistake_bound")
    # END SOLUTION


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
        # BEGIN SOLUTION
        return x @ self.weight + self.bias
        # STUB: raise NotImplementedError("Adaline.decision_function")
        # END SOLUTION

    def predict(self, x: Array) -> Array:
        """Return the class of each row of x, -1 or +1, shape (N,): the sign of its score (for 0: your choice)."""
        # BEGIN SOLUTION
        return np.where(self.decision_function(x) > 0, 1, -1)
        # STUB: raise NotImplementedError("Adaline.predict")
        # END SOLUTION

    def fit(self, x: Array, y: Array, lr: float = 0.01, epochs: int = 100, batch_size: int | None = None) -> Adaline:
        """Learn from examples x (N, D) and any real targets y (N,), in their order; return ``self``.

        Each epoch goes through the examples in batches of ``batch_size`` (None: all at once), the last of which
        may be smaller. With e = y - (w . x + b), lr times the mean of e x over the batch is added to w, and lr
        times the mean of e is added to b.
        """
        # BEGIN SOLUTION
        size = len(x) if batch_size is None else batch_size
        self.losses = [self._loss(x, y)]
        for _ in range(epochs):
            for start in range(0, len(x), size):
                rows = x[start : start + size]
                error = y[start : start + size] - self.decision_function(rows)
                self.weight = self.weight + lr * (error @ rows) / len(rows)
                self.bias += lr * float(error.mean())
            self.losses.append(self._loss(x, y))
        return self
        # STUB: raise NotImplementedError("Adaline.fit")
        # END SOLUTION

    # BEGIN SOLUTION
    def _loss(self, x: Array, y: Array) -> float:
        """The mean squared error."""
        return float(np.mean((y - self.decision_function(x)) ** 2))

    # STUB: # Private methods can be here.
    # END SOLUTION


def least_squares(x: Array, y: Array) -> tuple[Array, float]:
    """Return the weight (D,) and bias with the smallest mean squared error on x (N, D) and y (N,), computed directly.

    You may assume that the columns of x and a column of ones are linearly independent.
    """
    # BEGIN SOLUTION
    with_ones = np.column_stack([x, np.ones(len(x))])
    solution = np.linalg.lstsq(with_ones, y, rcond=None)[0]
    return solution[:-1], float(solution[-1])
    # STUB: raise NotImplementedError("least_squares")
    # END SOLUTION


# BEGIN SOLUTION
def _require_signs(y: Array) -> None:
    """Raise for classes 0 and 1: from an example of class 0 the rule would learn nothing."""
    if not np.isin(y, (-1, 1)).all():
        raise ValueError("classes must be -1 and +1")


# STUB: # Private helpers can be here.
# END SOLUTION
