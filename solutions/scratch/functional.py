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
    # BEGIN SOLUTION
    largest = x.max(axis=axis, keepdims=True)
    result = largest + np.log(np.exp(x - largest).sum(axis=axis, keepdims=True))
    return result if keepdims else result.squeeze(axis)
    # STUB: raise NotImplementedError("logsumexp")
    # END SOLUTION


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return log(softmax(x)) along an axis, of the shape of x: x - logsumexp(x).

    It never takes the logarithm of a probability that was rounded to 0.
    """
    # BEGIN SOLUTION
    return x - logsumexp(x, axis=axis, keepdims=True)
    # STUB: raise NotImplementedError("log_softmax")
    # END SOLUTION


def softmax(x: Array, axis: int = -1) -> Array:
    """Return exp(x) / sum(exp(x)) along an axis, of the shape of x: each slice sums to 1."""
    # BEGIN SOLUTION
    return np.exp(log_softmax(x, axis=axis))
    # STUB: raise NotImplementedError("softmax")
    # END SOLUTION


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), element by element, of the shape of x, finite for every x."""
    # BEGIN SOLUTION
    return np.exp(-np.logaddexp(0.0, -x))  # exp(-log(1 + exp(-x))): neither overflows nor loses small values
    # STUB: raise NotImplementedError("sigmoid")
    # END SOLUTION
