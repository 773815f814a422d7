"""Pooling layers and Flatten in numpy, named as in PyTorch.

Images are (N, C, H, W). Each channel is pooled by itself; windows may overlap (stride below kernel_size) or leave gaps
(stride above it). Along an axis there are floor((size + 2 * padding - kernel_size) / stride) + 1 of them;
inputs behind the last window that fits have no influence.

y and grad_input have the dtype of x. ``backward`` belongs to the last ``forward``. No array that is handed in is
changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Helpers that you wrote in conv.py can be imported here.
from scratch.nn import Array, Module


class Pool2d(Module):
    """What MaxPool2d and AvgPool2d have in common: windows of (H, W). Use it or leave it out."""

    # What padding consists of could stand here.

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ) -> None:
        """Each is an integer, or two for (H, W); ``stride=None`` means kernel_size.

        Raises:
            ValueError: padding is more than half of kernel_size, so that a window might hold nothing but padding.
        """
        raise NotImplementedError("Pool2d.__init__")

    # Private helpers could stand here.


class MaxPool2d(Pool2d):
    """The largest value of each window. Padding never wins: it counts as minus infinity.

    Source: Ranzato, Huang, Boureau & LeCun 2007, section 3; names and meaning as in PyTorch.
    """

    # ... and here.

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x has not four axes, or is, with its padding, smaller than a window.
        """
        raise NotImplementedError("MaxPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: each window hands its gradient to its largest value.

        An input that is the largest of several windows gets the sum. Among equal largest values of one window the
        gradient may go to any, or be shared, as long as the parts have its sign and add up to it.
        """
        raise NotImplementedError("MaxPool2d.backward")


class AvgPool2d(Pool2d):
    """The mean of each window. Padding counts as zeros: the sum is always divided by kH * kW."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x has not four axes, or is, with its padding, smaller than a window.
        """
        raise NotImplementedError("AvgPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: each window shares its gradient equally."""
        raise NotImplementedError("AvgPool2d.backward")


class AdaptiveAvgPool2d(Module):
    """The mean of each channel over all its pixels, whatever their number: global average pooling.

    Source: Lin, Chen & Yan 2014, section 3.2.
    """

    def __init__(self, output_size: int | Sequence[int] = 1) -> None:
        """``output_size`` 1, or (1, 1), is all that is asked for; any other raises ValueError."""
        raise NotImplementedError("AdaptiveAvgPool2d.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, 1, 1), for x of shape (N, C, H, W)."""
        raise NotImplementedError("AdaptiveAvgPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x, for grad_output of shape (N, C, 1, 1)."""
        raise NotImplementedError("AdaptiveAvgPool2d.backward")


class Flatten(Module):
    """All axes but the first in one, in their order: what stands between convolutions and a Linear layer."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C * H * W), for x of shape (N, C, H, W), or of any shape (N, ...)."""
        raise NotImplementedError("Flatten.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError("Flatten.backward")
