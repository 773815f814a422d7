"""Normalisation layers in numpy, named as in PyTorch.

All four subtract a mean and divide by a standard deviation; they differ in the axes over which these are
computed. Images are (N, C, H, W), rows (N, C), sequences (N, C, L) for batch and group normalisation and
(N, T, D) for layer normalisation.

Rules for every layer here:

* The variance is the mean squared deviation from the mean (divided by n, not by n - 1), and ``eps`` is added
  to it before the root.
* ``backward`` belongs to the most recent ``forward``, in the mode in which that forward ran.
* y and grad_input have the dtype of x; means and variances are float64.
* No array that is passed in is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scratch.nn import Array, Module, Parameter

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""


# You can put helper functions that several classes use here.


class BatchNorm(Module):
    """Normalise each channel over the batch: the common base of BatchNorm1d and BatchNorm2d.

    y = weight * (x - mean) / sqrt(var + eps) + bias, with the mean and the variance of each channel (axis 1)
    over all other axes of x in training, and ``running_mean`` and ``running_var`` in evaluation.

    Each forward in training sets, once, running = (1 - momentum) * running + momentum * batch, with the batch's
    mean, and with its unbiased variance (divided by n - 1, where n is the number of values of a channel).
    A forward in evaluation does not change them.

    Attributes:
        weight: Parameter, shape (num_features,), ones at first; None with ``affine=False``.
        bias: Parameter, shape (num_features,), zeros at first; None with ``affine=False``.
        running_mean: array, not a Parameter, shape (num_features,), zeros at first.
        running_var: array, not a Parameter, shape (num_features,), ones at first.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2; momentum and running_var as in PyTorch.
    """

    numbers_of_axes: tuple[int, ...] = ()  # the numbers of axes that x may have; each subclass sets its own

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        raise NotImplementedError("BatchNorm.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x.

        Raises:
            ValueError: the number of axes of x is not in ``numbers_of_axes``; x does not have num_features
                channels; or, in training, a channel has only one value, so that there is no variance.
        """
        raise NotImplementedError("BatchNorm.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x.

        After a forward in training the mean and the variance depend on x too. After one in evaluation they are
        constants: grad_input = grad_output * weight / sqrt(running_var + eps).
        """
        raise NotImplementedError("BatchNorm.backward")




class BatchNorm1d(BatchNorm):
    """Batch normalisation of rows, x (N, C), or of sequences, x (N, C, L)."""

    numbers_of_axes = (2, 3)


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images, x (N, C, H, W)."""

    numbers_of_axes = (4,)


class LayerNorm(Module):
    """Normalise each sample on its own, over the last axes of x, in training and in evaluation.

    y = weight * (x - mean) / sqrt(var + eps) + bias, with mean and variance over the last
    len(normalized_shape) axes, and a weight and a bias for each element.

    Attributes:
        weight: Parameter, shape normalized_shape, ones at first; None with ``elementwise_affine=False``.
        bias: Parameter, shape normalized_shape, zeros at first; None with ``elementwise_affine=False``.

    Source: Ba, Kiros & Hinton 2016, section 3.
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True
    ) -> None:
        """``normalized_shape``: the shape of x's last axes; an integer D means (D,)."""
        raise NotImplementedError("LayerNorm.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (..., *normalized_shape).

        Raises:
            ValueError: the last axes of x do not have the shape normalized_shape.
        """
        raise NotImplementedError("LayerNorm.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        raise NotImplementedError("LayerNorm.backward")


class GroupNorm(Module):
    """Normalise each group of channels of each sample on its own, in training and in evaluation.

    The C channels (axis 1) are divided into num_groups groups of C / num_groups neighbouring channels. Mean and
    variance are those of one group of one sample, over its channels and all axes after them. Then
    y = weight * (x - mean) / sqrt(var + eps) + bias, with a weight and a bias for each channel.

    Attributes:
        weight: Parameter, shape (num_channels,), ones at first; None with ``affine=False``.
        bias: Parameter, shape (num_channels,), zeros at first; None with ``affine=False``.

    Source: Wu & He 2018, section 3.
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> None:
        """Raise ValueError if num_groups does not divide num_channels."""
        raise NotImplementedError("GroupNorm.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (N, num_channels, ...).

        Raises:
            ValueError: x does not have num_channels channels.
        """
        raise NotImplementedError("GroupNorm.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        raise NotImplementedError("GroupNorm.backward")
