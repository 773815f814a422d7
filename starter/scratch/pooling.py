"""Pooling layers and Flatten in numpy, named as in PyTorch.

Images are (N, C, H, W). Each channel is pooled separately; windows may overlap (stride below kernel_size) or leave gaps
(stride above it). Along an axis there are floor((size + 2 * padding - kernel_size) / stride) + 1 windows;
inputs after the last window that fits have no influence.

y and grad_input have the dtype of x. ``backward`` belongs to the most recent ``forward``. No array that is passed in
is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# You can import helper functions from your conv.py here.
from scratch.nn import Array, Module


class Pool2d(Module):
    """The common base of MaxPool2d and AvgPool2d: windows of (H, W). You do not have to use it."""

    # You can put the value of padding here.

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ) -> None:
        """Each is an integer, or two for (H, W); ``stride=None`` means kernel_size.

        Raises:
            ValueError: padding is more than half of kernel_size, so that a window might contain only padding.
        """
        raise NotImplementedError("Pool2d.__init__")

    # You can put private methods here.


class MaxPool2d(Pool2d):
    """The largest value of each window. Padding counts as minus infinity, so that it is never the largest.

    Source: Ranzato, Huang, Boureau & LeCun 2007, section 3; names and meaning as in PyTorch.
    """

    # You can put the value of padding for MaxPool2d here.

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x does not have four axes, or is smaller than a window, even with its padding.
        """
        raise NotImplementedError("MaxPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: the gradient of each window goes to its largest value.

        An input that is the largest of several windows gets the sum. If several values of one window are equal and
        largest, any of them may get the gradient, or they may share it; the parts have its sign and add up to it.
        """
        raise NotImplementedError("MaxPool2d.backward")


class AvgPool2d(Pool2d):
    """The mean of each window. Padding counts as zeros: the sum is always divided by kH * kW."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x does not have four axes, or is smaller than a window, even with its padding.
        """
        raise NotImplementedError("AvgPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: all inputs of a window get an equal share."""
        raise NotImplementedError("AvgPool2d.backward")


class AdaptiveAvgPool2d(Module):
    """The mean of each channel over all its pixels, for any number of them: global average pooling.

    Source: Lin, Chen & Yan 2014, section 3.2.
    """

    def __init__(self, output_size: int | Sequence[int] = 1) -> None:
        """``output_size`` must be 1 or (1, 1); any other value raises ValueError."""
        raise NotImplementedError("AdaptiveAvgPool2d.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, 1, 1), for x of shape (N, C, H, W)."""
        raise NotImplementedError("AdaptiveAvgPool2d.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x, for grad_output of shape (N, C, 1, 1)."""
        raise NotImplementedError("AdaptiveAvgPool2d.backward")


class Flatten(Module):
    """All axes except the first in one, in their order: used between convolutions and a Linear layer."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C * H * W), for x of shape (N, C, H, W), or of any shape (N, ...)."""
        raise NotImplementedError("Flatten.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError("Flatten.backward")
