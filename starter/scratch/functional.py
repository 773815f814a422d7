"""Functions of arrays that layers and losses use, correct for logits of any size."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]


def logsumexp(x: Array, axis: int = -1, keepdims: bool = False) -> Array:
    """Return log(sum(exp(x))) along an axis.

    With m the largest entry of a slice: m + log(sum(exp(x - m))), in which no exponential exceeds 1
    and the sum is at least 1.

    Args:
        x: finite entries; -inf (the logarithm of 0) is allowed where its slice has a finite entry.
        axis: the axis of the sum, as in numpy.
        keepdims: whether that axis is kept, with size 1.

    Source: Goodfellow, Bengio & Courville 2016, section 4.1.
    """
    raise NotImplementedError("logsumexp")


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return log(softmax(x)) along an axis, of the shape of x: x - logsumexp(x).

    It never takes the logarithm of a probability that was rounded to 0.
    """
    raise NotImplementedError("log_softmax")


def softmax(x: Array, axis: int = -1) -> Array:
    """Return exp(x) / sum(exp(x)) along an axis, of the shape of x: each slice sums to 1."""
    raise NotImplementedError("softmax")


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), element by element, of the shape of x, finite for every x."""
    raise NotImplementedError("sigmoid")
