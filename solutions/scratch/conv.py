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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) Two 3x3 layers have 2 * 9 * C^2 = 18 C^2 weights, one 5x5 layer 25 C^2. An output of the second 3x3 layer depends
on 3x3 outputs of the first, each of which depends on 3x3 inputs: 5x5 together. Also, there is a non-linearity between
the two.

(b) y = F(x) + x, so dL/dx = dL/dy (dF/dx + I). However small dF/dx is, the identity passes dL/dy back at full size,
and over many blocks the product of the Jacobians keeps a term that no layer has made smaller.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


# BEGIN SOLUTION
def in_each_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Return ``axes`` integers: a single one is repeated."""
    return (value,) * axes if isinstance(value, int) else tuple(value)


def windows_of(x: Array, kernel_size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Array:
    """Return all windows of x (N, C, *size) as a read-only view of shape (N, C, *kernel_size, *positions).

    Raises:
        ValueError: x is smaller than one window.
    """
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True))
    if any(size < span for size, span in zip(x.shape[2:], spans, strict=True)):
        raise ValueError(f"a window of {spans} does not fit into {x.shape[2:]}")
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(2, x.ndim)))
    steps = [slice(None, None, step) for step in (*stride, *dilation)]
    view = view[(slice(None), slice(None), *steps)]  # (N, C, *positions, *kernel_size)
    axes = len(spans)
    return np.moveaxis(view, range(-axes, 0), range(2, 2 + axes))


def add_windows(windows: Array, shape: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Array:
    """Return zeros of ``shape`` with each window added at its position: the adjoint of ``windows_of``.

    One loop over the kernel, not over the positions: the values at one place of all windows never overlap.
    """
    total = np.zeros(shape, windows.dtype)
    axes = len(stride)
    kernel_size, positions = windows.shape[2 : 2 + axes], windows.shape[2 + axes :]
    for offset in np.ndindex(*kernel_size):
        starts = [d * at for d, at in zip(dilation, offset, strict=True)]
        places = [slice(at, at + s * n, s) for at, s, n in zip(starts, stride, positions, strict=True)]
        total[(slice(None), slice(None), *places)] += windows[(slice(None), slice(None), *offset)]
    return total


def padded(x: Array, padding: Sequence[int], value: float = 0.0) -> Array:
    """Return x with ``padding`` more elements of ``value`` at both ends of each spatial axis."""
    if not any(padding):
        return x
    return np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=value)


def without_padding(x: Array, padding: Sequence[int]) -> Array:
    """Return x without ``padding`` elements at both ends of each spatial axis."""
    inner = [slice(p, size - p) for p, size in zip(padding, x.shape[2:], strict=True)]
    return x[(slice(None), slice(None), *inner)]


# STUB: # You can put helper functions that several layers use here; pooling.py may import them.
# END SOLUTION


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
        # BEGIN SOLUTION
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{in_channels} and {out_channels} channels cannot both be cut into {groups} groups")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = in_each_axis(kernel_size, self.spatial_axes)
        self.stride = in_each_axis(stride, self.spatial_axes)
        self.padding = in_each_axis(padding, self.spatial_axes)
        self.dilation = in_each_axis(dilation, self.spatial_axes)
        generator = np.random.default_rng() if rng is None else rng
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        bound = 1.0 / math.sqrt(math.prod(shape[1:]))
        self.weight = Parameter(generator.uniform(-bound, bound, shape))
        self.bias = Parameter(generator.uniform(-bound, bound, out_channels)) if bias else None
        # STUB: raise NotImplementedError("Conv.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, out_channels, *positions), for x of shape (N, in_channels, *size).

        Raises:
            ValueError: x has a wrong number of axes or channels, or is smaller than a window, even with its padding.
        """
        # BEGIN SOLUTION
        if x.ndim != 2 + self.spatial_axes or x.shape[1] != self.in_channels:
            raise ValueError(f"{type(self).__name__} of {self.in_channels} channels was given x of shape {x.shape}")
        self._dtype = x.dtype
        wide = padded(x, self.padding)
        self._padded_shape = wide.shape
        windows = windows_of(wide, self.kernel_size, self.stride, self.dilation)  # (N, C, *kernel_size, *positions)
        self._windows_shape = windows.shape
        positions = windows.shape[2 + self.spatial_axes :]
        # im2col (Chellapilla, Puri & Simard 2006): a window is a column, a convolution a matrix product
        self._columns = windows.reshape(len(x), self.groups, -1, math.prod(positions))  # (N, G, C/G * K, P)
        y = self._matrix() @ self._columns  # (N, G, O/G, P)
        y = y.reshape(len(x), self.out_channels, *positions)
        if self.bias is not None:
            y += self.bias.data.reshape(-1, *(1,) * self.spatial_axes)
        return y.astype(self._dtype, copy=False)
        # STUB: raise NotImplementedError("Conv.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        # BEGIN SOLUTION
        outputs = self.out_channels // self.groups
        grad = grad_output.reshape(len(grad_output), self.groups, outputs, -1)  # (N, G, O/G, P)
        grad_weight = (grad @ self._columns.swapaxes(-1, -2)).sum(axis=0, dtype=np.float64)  # (G, O/G, C/G * K)
        self.weight.accumulate(grad_weight.reshape(self.weight.data.shape))
        if self.bias is not None:
            self.bias.accumulate(grad.sum(axis=(0, 3), dtype=np.float64).ravel())
        grad_columns = self._matrix().swapaxes(-1, -2) @ grad  # (N, G, C/G * K, P)
        grad_windows = grad_columns.reshape(self._windows_shape)
        grad_wide = add_windows(grad_windows, self._padded_shape, self.stride, self.dilation)
        return without_padding(grad_wide, self.padding).astype(self._dtype)
        # STUB: raise NotImplementedError("Conv.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _matrix(self) -> Array:
        """Return the weights as one matrix for each group, shape (G, O/G, C/G * K)."""
        return self.weight.data.reshape(self.groups, self.out_channels // self.groups, -1)

    # STUB: # You can put private methods here.
    # END SOLUTION


class Conv1d(Conv):
    """Convolution of sequences, x (N, C, L)."""

    spatial_axes = 1


class Conv2d(Conv):
    """Convolution of images, x (N, C, H, W)."""

    spatial_axes = 2


class Conv3d(Conv):
    """Convolution of volumes, x (N, C, D, H, W)."""

    spatial_axes = 3
