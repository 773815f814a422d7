"""Four computations in loops, and the same four in whole arrays.

The functions whose names end in ``_in_loops`` are correct, and slow: read them as the definition. Yours must
return the same numbers without a Python loop over points, rows, samples or time steps. A few passes over whole
arrays (one for each feature, class or position in the window) are allowed.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.integer[Any]]


def pairwise_distances_in_loops(x: Array, y: Array) -> Array:
    """Return the Euclidean distance of each row of x, (N, D), from each row of y, (M, D): shape (N, M)."""
    distances = np.zeros((len(x), len(y)))
    for i in range(len(x)):
        for j in range(len(y)):
            distances[i, j] = math.sqrt(((x[i] - y[j]) ** 2).sum())
    return distances


def pairwise_distances(x: Array, y: Array) -> Array:
    """Return what ``pairwise_distances_in_loops`` returns: finite, and never below 0.

    The distance of two equal points may be a small number instead of 0, up to 1e-6 for coordinates of
    order one: with |a|^2 + |b|^2 - 2 a.b rounding errors remain in the difference of two large numbers,
    which can also be negative.
    """
    raise NotImplementedError("pairwise_distances")


def softmax_in_loops(logits: Array, temperature: float = 1.0) -> Array:
    """Return exp(z) / sum(exp(z)) of each row, z = logits / temperature, for logits of shape (N, K)."""
    result = np.zeros(logits.shape)
    for i in range(len(logits)):
        largest = max(logits[i])
        exponentials = [math.exp((value - largest) / temperature) for value in logits[i]]
        for k in range(len(exponentials)):
            result[i, k] = exponentials[k] / sum(exponentials)
    return result


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """Return what ``softmax_in_loops`` returns, along the last axis of logits of any shape (..., K).

    Finite for logits of any size; ``logits`` is not changed.
    """
    raise NotImplementedError("softmax")


def confusion_matrix_in_loops(target: Integers, predicted: Integers, classes: int) -> Integers:
    """Count, for each true class (row), how often each class (column) was predicted: shape (K, K), integers."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    for true, guess in zip(target, predicted, strict=True):
        counts[true, guess] += 1
    return counts


def confusion_matrix(target: Integers, predicted: Integers, classes: int) -> Integers:
    """Return what ``confusion_matrix_in_loops`` returns; some of the ``classes`` may never occur."""
    raise NotImplementedError("confusion_matrix")


def moving_average_in_loops(x: Array, window: int) -> Array:
    """Return the mean of each ``window`` consecutive values of x, (T,), from the first on: (T - window + 1,)."""
    return np.array([x[start : start + window].mean() for start in range(len(x) - window + 1)])


def moving_average(x: Array, window: int) -> Array:
    """Return what ``moving_average_in_loops`` returns: full windows only, 1 <= window <= T."""
    raise NotImplementedError("moving_average")
