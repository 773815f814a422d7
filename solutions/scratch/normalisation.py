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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) The mean and variance of 4 images are noisy: the output for an image depends on the other three in its batch,
and the running averages used in evaluation are not what the later layers were trained on. GroupNorm takes its
statistics from one image alone, over the pixels of several channels, so the batch size does not matter, and
training and evaluation do the same.

(b) BatchNorm subtracts the mean of each feature over the batch. A constant added to all rows is in that mean too, so y
does not depend on it. Its gradient is the sum over the batch of BatchNorm's grad_input, which is 0. BatchNorm's
own bias replaces it.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


# BEGIN SOLUTION
def _normalise(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array, Array, Array]:
    """Return (x - mean) / sqrt(var + eps) in float64, 1 / sqrt(var + eps), mean and var; the last three keep axes."""
    wide = x.astype(np.float64)
    mean = wide.mean(axis=axes, keepdims=True)
    centred = wide - mean  # E[x^2] - E[x]^2 would lose every digit where the mean is large
    var = np.mean(centred**2, axis=axes, keepdims=True)
    inverse_std = 1.0 / np.sqrt(var + eps)
    return centred * inverse_std, inverse_std, mean, var


def _normalise_backward(grad_normalised: Array, normalised: Array, inverse_std: Array, axes: tuple[int, ...]) -> Array:
    """Return the gradient with respect to x, also through the mean and the variance."""
    through_mean = grad_normalised.mean(axis=axes, keepdims=True)
    through_var = normalised * np.mean(grad_normalised * normalised, axis=axes, keepdims=True)
    return inverse_std * (grad_normalised - through_mean - through_var)


def _spread(per_channel: Array, ndim: int) -> Array:
    """Return shape (C, 1, ...): a value for each channel that broadcasts against x."""
    return per_channel.reshape(-1, *(1,) * (ndim - 2))


# STUB: # You can put helper functions that several classes use here.
# END SOLUTION


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
        # BEGIN SOLUTION
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = Parameter(np.ones(num_features)) if affine else None
        self.bias = Parameter(np.zeros(num_features)) if affine else None
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)
        # STUB: raise NotImplementedError("BatchNorm.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x.

        Raises:
            ValueError: the number of axes of x is not in ``numbers_of_axes``; x does not have num_features
                channels; or, in training, a channel has only one value, so that there is no variance.
        """
        # BEGIN SOLUTION
        if x.ndim not in self.numbers_of_axes or x.shape[1] != self.num_features:
            raise ValueError(f"{type(self).__name__}({self.num_features}) was given x of shape {x.shape}")
        self._axes = (0, *range(2, x.ndim))
        self._dtype = x.dtype
        self._batch_statistics = self.training
        if self.training:
            count = x.size // self.num_features
            if count < 2:
                raise ValueError(f"one value per channel in training: x has the shape {x.shape}")
            self._normalised, self._inverse_std, mean, var = _normalise(x, self._axes, self.eps)
            self._follow(mean.ravel(), var.ravel() * count / (count - 1))
        else:
            self._inverse_std = 1.0 / np.sqrt(_spread(self.running_var, x.ndim) + self.eps)
            self._normalised = (x - _spread(self.running_mean, x.ndim)) * self._inverse_std
        y = self._normalised
        if self.weight is not None and self.bias is not None:
            y = y * _spread(self.weight.data, x.ndim) + _spread(self.bias.data, x.ndim)
        return y.astype(x.dtype)
        # STUB: raise NotImplementedError("BatchNorm.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x.

        After a forward in training the mean and the variance depend on x too. After one in evaluation they are
        constants: grad_input = grad_output * weight / sqrt(running_var + eps).
        """
        # BEGIN SOLUTION
        grad = grad_output.astype(np.float64)
        if self.weight is not None and self.bias is not None:
            self.weight.accumulate(np.sum(grad * self._normalised, axis=self._axes))
            self.bias.accumulate(np.sum(grad, axis=self._axes))
            grad = grad * _spread(self.weight.data, grad.ndim)
        if self._batch_statistics:
            grad_input = _normalise_backward(grad, self._normalised, self._inverse_std, self._axes)
        else:
            grad_input = grad * self._inverse_std
        return grad_input.astype(self._dtype)
        # STUB: raise NotImplementedError("BatchNorm.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _follow(self, mean: Array, unbiased_var: Array) -> None:
        """Move the running statistics towards a batch's."""
        self.running_mean = (1.0 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1.0 - self.momentum) * self.running_var + self.momentum * unbiased_var

    # STUB:
    # END SOLUTION


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
        # BEGIN SOLUTION
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.eps = eps
        self.weight = Parameter(np.ones(shape)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(shape)) if elementwise_affine else None
        # STUB: raise NotImplementedError("LayerNorm.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (..., *normalized_shape).

        Raises:
            ValueError: the last axes of x do not have the shape normalized_shape.
        """
        # BEGIN SOLUTION
        leading = x.ndim - len(self.normalized_shape)
        if leading < 0 or x.shape[leading:] != self.normalized_shape:
            raise ValueError(f"LayerNorm({self.normalized_shape}) was given x of shape {x.shape}")
        self._leading_axes = tuple(range(leading))
        self._axes = tuple(range(leading, x.ndim))
        self._dtype = x.dtype
        self._normalised, self._inverse_std, _, _ = _normalise(x, self._axes, self.eps)
        y = self._normalised
        if self.weight is not None and self.bias is not None:
            y = y * self.weight.data + self.bias.data
        return y.astype(x.dtype)
        # STUB: raise NotImplementedError("LayerNorm.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        # BEGIN SOLUTION
        grad = grad_output.astype(np.float64)
        if self.weight is not None and self.bias is not None:
            self.weight.accumulate(np.sum(grad * self._normalised, axis=self._leading_axes))
            self.bias.accumulate(np.sum(grad, axis=self._leading_axes))
            grad = grad * self.weight.data
        return _normalise_backward(grad, self._normalised, self._inverse_std, self._axes).astype(self._dtype)
        # STUB: raise NotImplementedError("LayerNorm.backward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        if num_channels % num_groups:
            raise ValueError(f"{num_channels} channels cannot be cut into {num_groups} equal groups")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.weight = Parameter(np.ones(num_channels)) if affine else None
        self.bias = Parameter(np.zeros(num_channels)) if affine else None
        # STUB: raise NotImplementedError("GroupNorm.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (N, num_channels, ...).

        Raises:
            ValueError: x does not have num_channels channels.
        """
        # BEGIN SOLUTION
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"GroupNorm for {self.num_channels} channels was given x of shape {x.shape}")
        self._dtype = x.dtype
        grouped = x.reshape(len(x), self.num_groups, -1)  # (N, G, C/G * H * W)
        self._normalised, self._inverse_std, _, _ = _normalise(grouped, (2,), self.eps)
        y = self._normalised.reshape(x.shape)
        if self.weight is not None and self.bias is not None:
            y = y * _spread(self.weight.data, x.ndim) + _spread(self.bias.data, x.ndim)
        return y.astype(x.dtype)
        # STUB: raise NotImplementedError("GroupNorm.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape and dtype of x."""
        # BEGIN SOLUTION
        grad = grad_output.astype(np.float64)
        if self.weight is not None and self.bias is not None:
            others = (0, *range(2, grad.ndim))
            self.weight.accumulate(np.sum(grad * self._normalised.reshape(grad.shape), axis=others))
            self.bias.accumulate(np.sum(grad, axis=others))
            grad = grad * _spread(self.weight.data, grad.ndim)
        grouped = grad.reshape(self._normalised.shape)
        grad_input = _normalise_backward(grouped, self._normalised, self._inverse_std, (2,))
        return grad_input.reshape(grad_output.shape).astype(self._dtype)
        # STUB: raise NotImplementedError("GroupNorm.backward")
        # END SOLUTION
