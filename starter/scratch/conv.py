"""Convolution layers in numpy, named as in PyTorch.

Sequences are (N, C, L), images (N, C, H, W), volumes (N, C, D, H, W): all axes after the first two are called
spatial. What PyTorch and this course call convolution is called cross-correlation in mathematics: the kernel is not
flipped.

Rules for every layer here:

* An output has floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1 positions along
  each spatial axis. Inputs after the last window that fits have no influence.
* y and grad_input have the dtype of x; parameters and their gradients are float64.
* ``backward`` belongs to the most recent ``forward``. No array that is passed in is changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scratch.nn import Array, Module, Parameter

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""


# You can put helper functions that several layers use here; pooling.py may import them.


class Conv(Module):
    """The common base of Conv1d, Conv2d and Conv3d.

    y[n, o, p] = bias[o] + sum over c and k of weight[o, c, k] * x[n, c, stride * p + dilation * k], with x padded
    by zeros, p and k vectors of spatial indices, and c the channels of o's group. With ``groups`` G, the inputs are
    divided into G groups of in_channels / G neighbouring channels, the outputs into G groups of out_channels / G,
    and outputs depend only on the inputs of their own group.

    Attributes:
        weight: Parameter, shape (out_channels, in_channels / groups, *kernel_size).
        bias: Parameter, shape (out_channels,), or None with ``bias=False``.

    Both are initially uniform on (-b, b) with b = 1 / sqrt(in_channels / groups * product of kernel_size), as in
    PyTorch, drawn from ``rng`` (default: a new ``np.random.default_rng()``).

    Source: Dumoulin & Visin 2016, chapter 2; names and meaning as in PyTorch.
    """

    spatial_axes: int = 0  # each subclass sets its number

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Each of kernel_size, stride, padding and dilation is one integer for all spatial axes, or one for each.

        Raises:
            ValueError: ``groups`` does not divide in_channels and out_channels.
        """
        raise NotImplementedError("Conv.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, out_channels, *positions), for x of shape (N, in_channels, *size).

        Raises:
            ValueError: x has a wrong number of axes or channels, or is smaller than a window, even with its padding.
        """
        raise NotImplementedError("Conv.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        raise NotImplementedError("Conv.backward")

    # You can put private methods here.


class Conv1d(Conv):
    """Convolution of sequences, x (N, C, L)."""

    spatial_axes = 1


class Conv2d(Conv):
    """Convolution of images, x (N, C, H, W)."""

    spatial_axes = 2


class Conv3d(Conv):
    """Convolution of volumes, x (N, C, D, H, W)."""

    spatial_axes = 3
