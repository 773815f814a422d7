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

# BEGIN SOLUTION
from scratch.conv import add_windows, in_each_axis, padded, windows_of, without_padding

# STUB: # You can import helper functions from your conv.py here.
# END SOLUTION
from scratch.nn import Array, Module


class Pool2d(Module):
    """The common base of MaxPool2d and AvgPool2d: windows of (H, W). You do not have to use it."""

    # BEGIN SOLUTION
    fill = 0.0  # the value of padding
    # STUB: # You can put the value of padding here.
    # END SOLUTION

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
        # BEGIN SOLUTION
        self.kernel_size = in_each_axis(kernel_size, 2)
        self.stride = self.kernel_size if stride is None else in_each_axis(stride, 2)
        self.padding = in_each_axis(padding, 2)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(f"padding {self.padding} is more than half of kernel_size {self.kernel_size}")
        # STUB: raise NotImplementedError("Pool2d.__init__")
        # END SOLUTION

    # BEGIN SOLUTION
    def _windows(self, x: Array) -> Array:
        """Return the windows of x with their padding, (N, C, kH, kW, H', W'), and store what backward needs."""
        if x.ndim != 4:
            raise ValueError(f"{type(self).__name__} was given x of shape {x.shape}, not (N, C, H, W)")
        wide = padded(x, self.padding, self.fill)
        self._padded_shape = wide.shape
        self._dtype = x.dtype
        return windows_of(wide, self.kernel_size, self.stride, (1, 1))

    def _add_back(self, grad_windows: Array) -> Array:
        """Return grad_input: the gradient of each window added at its position."""
        grad_wide = add_windows(grad_windows, self._padded_shape, self.stride, (1, 1))
        return without_padding(grad_wide, self.padding).astype(self._dtype)

    # STUB: # You can put private methods here.
    # END SOLUTION


class MaxPool2d(Pool2d):
    """The largest value of each window. Padding counts as minus infinity, so that it is never the largest.

    Source: Ranzato, Huang, Boureau & LeCun 2007, section 3; names and meaning as in PyTorch.
    """

    # BEGIN SOLUTION
    fill = -np.inf
    # STUB: # You can put the value of padding for MaxPool2d here.
    # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x does not have four axes, or is smaller than a window, even with its padding.
        """
        # BEGIN SOLUTION
        windows = self._windows(x)
        self._windows_shape = windows.shape
        values = windows.reshape(*x.shape[:2], -1, *windows.shape[4:])  # (N, C, kH * kW, H', W')
        self._winner = values.argmax(axis=2)[:, :, None]
        return np.take_along_axis(values, self._winner, axis=2)[:, :, 0]
        # STUB: raise NotImplementedError("MaxPool2d.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: the gradient of each window goes to its largest value.

        An input that is the largest of several windows gets the sum. If several values of one window are equal and
        largest, any of them may get the gradient, or they may share it; the parts have its sign and add up to it.
        """
        # BEGIN SOLUTION
        n, channels, kernel_height, kernel_width, *positions = self._windows_shape
        grad_windows = np.zeros((n, channels, kernel_height * kernel_width, *positions), grad_output.dtype)
        np.put_along_axis(grad_windows, self._winner, grad_output[:, :, None], axis=2)
        return self._add_back(grad_windows.reshape(self._windows_shape))
        # STUB: raise NotImplementedError("MaxPool2d.backward")
        # END SOLUTION


class AvgPool2d(Pool2d):
    """The mean of each window. Padding counts as zeros: the sum is always divided by kH * kW."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, H', W'), for x of shape (N, C, H, W).

        Raises:
            ValueError: x does not have four axes, or is smaller than a window, even with its padding.
        """
        # BEGIN SOLUTION
        windows = self._windows(x)
        self._windows_shape = windows.shape
        return windows.mean(axis=(2, 3))
        # STUB: raise NotImplementedError("AvgPool2d.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x: all inputs of a window get an equal share."""
        # BEGIN SOLUTION
        kernel_height, kernel_width = self.kernel_size
        shares = grad_output[:, :, None, None] / (kernel_height * kernel_width)
        return self._add_back(np.broadcast_to(shares, self._windows_shape))
        # STUB: raise NotImplementedError("AvgPool2d.backward")
        # END SOLUTION


class AdaptiveAvgPool2d(Module):
    """The mean of each channel over all its pixels, for any number of them: global average pooling.

    Source: Lin, Chen & Yan 2014, section 3.2.
    """

    def __init__(self, output_size: int | Sequence[int] = 1) -> None:
        """``output_size`` must be 1 or (1, 1); any other value raises ValueError."""
        # BEGIN SOLUTION
        if in_each_axis(output_size, 2) != (1, 1):
            raise ValueError(f"output_size is {output_size}, and only 1 is supported")
        # STUB: raise NotImplementedError("AdaptiveAvgPool2d.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C, 1, 1), for x of shape (N, C, H, W)."""
        # BEGIN SOLUTION
        self._shape, self._dtype = x.shape, x.dtype
        return x.mean(axis=(2, 3), keepdims=True)
        # STUB: raise NotImplementedError("AdaptiveAvgPool2d.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x, for grad_output of shape (N, C, 1, 1)."""
        # BEGIN SOLUTION
        height, width = self._shape[2:]
        return np.broadcast_to(grad_output / (height * width), self._shape).astype(self._dtype)
        # STUB: raise NotImplementedError("AdaptiveAvgPool2d.backward")
        # END SOLUTION


class Flatten(Module):
    """All axes except the first in one, in their order: used between convolutions and a Linear layer."""

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, C * H * W), for x of shape (N, C, H, W), or of any shape (N, ...)."""
        # BEGIN SOLUTION
        self._shape = x.shape
        return x.reshape(len(x), -1)
        # STUB: raise NotImplementedError("Flatten.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        return grad_output.reshape(self._shape)
        # STUB: raise NotImplementedError("Flatten.backward")
        # END SOLUTION
