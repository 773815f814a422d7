"""Convolution layers in numpy, named as in PyTorch.

Sequences are (N, C, L), images (N, C, H, W), volumes (N, C, D, H, W): whatever follows the first two axes is
called spatial. What PyTorch and this course call convolution is, in mathematics, cross-correlation: the kernel is not
flipped.

What holds for every layer here:

* An output has floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1 positions along
  each spatial axis. Inputs behind the last window that fits have no influence.
* y and grad_input have the dtype of x; parameters and their gradients are float64.
* ``backward`` belongs to the last ``forward``. No array that is handed in is changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scratch.nn import Array, Module, Parameter

# Your answers to the written questions of spec.md, at most 150 words together.
WRITTEN_ANSWER = ""


# Helpers that several layers share could stand here; pooling.py may import them.


class Conv(Module):
    """What Conv1d, Conv2d and Conv3d have in common.

    y[n, o, p] = bias[o] + sum over c and k of weight[o, c, k] * x[n, c, stride * p + dilation * k], with x
    padded by zeros, p and k vectors of spatial indices, and c the channels of o's group: with ``groups`` G, the inputs
    are cut into G groups of in_channels / G neighbours, the outputs into G groups of out_channels / G, and
    outputs see the inputs of their own group only.

    Attributes:
        weight: Parameter, shape (out_channels, in_channels / groups, *kernel_size).
        bias: Parameter, shape (out_channels,), or None with ``bias=False``.

    Both start uniform on (-b, b) with b = 1 / sqrt(in_channels / groups * product of kernel_size), as PyTorch's
    do, drawn from ``rng`` (default: a fresh ``np.random.default_rng()``).

    Source: Dumoulin & Visin 2016, chapter 2; names and meaning as in PyTorch.
    """

    spatial_axes: int = 0  # a subclass says how many

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
        """Of kernel_size, stride, padding and dilation each is an integer for all spatial axes, or one for each.

        Raises:
            ValueError: ``groups`` does not divide in_channels and out_channels.
        """
        raise NotImplementedError("Conv.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, out_channels, *positions), for x of shape (N, in_channels, *size).

        Raises:
            ValueError: x has another number of axes or of channels, or is, with its padding, smaller than a window.
        """
        raise NotImplementedError("Conv.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        raise NotImplementedError("Conv.backward")

    # Private methods could stand here.


class Conv1d(Conv):
    """Convolution of sequences, x (N, C, L)."""

    spatial_axes = 1


class Conv2d(Conv):
    """Convolution of images, x (N, C, H, W)."""

    spatial_axes = 2


class Conv3d(Conv):
    """Convolution of volumes, x (N, C, D, H, W)."""

    spatial_axes = 3
