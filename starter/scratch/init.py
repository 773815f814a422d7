"""Initial weights with which the signal neither vanishes nor explodes in a deep network.

The functions whose names end in ``_`` fill ``Parameter.data`` with new values of the same shape and dtype, drawn
from ``rng`` (default: a new ``np.random.default_rng()``), and return nothing. Names, arguments and defaults are
those of ``torch.nn.init``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scratch.nn import Parameter


def calculate_fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight of shape (out, in, *kernel), such as (out, in) of a linear layer.

    fan_in is the number of inputs of one output unit: in times the size of the kernel; fan_out is the number of
    output units that depend on one input unit: out times the size of the kernel.

    Raises:
        ValueError: the shape has fewer than two axes.
    """
    raise NotImplementedError("calculate_fans")


def calculate_gain(nonlinearity: str, a: float = 0.01) -> float:
    """Return the factor by which weights must be larger because of an activation.

    "linear" and "sigmoid": 1; "tanh": 5/3; "relu": sqrt(2); "leaky_relu" with negative slope a: sqrt(2 / (1 + a^2)).

    Raises:
        ValueError: another name.
    """
    raise NotImplementedError("calculate_gain")


def xavier_uniform_(param: Parameter, gain: float = 1.0, rng: np.random.Generator | None = None) -> None:
    """Fill with uniform values of variance gain^2 * 2 / (fan_in + fan_out) and mean 0.

    A uniform distribution on (-bound, bound) has the variance bound^2 / 3.

    Source: Glorot & Bengio 2010, equation 16.
    """
    raise NotImplementedError("xavier_uniform_")


def xavier_normal_(param: Parameter, gain: float = 1.0, rng: np.random.Generator | None = None) -> None:
    """Fill with normal values of variance gain^2 * 2 / (fan_in + fan_out) and mean 0 (Glorot & Bengio 2010)."""
    raise NotImplementedError("xavier_normal_")


def kaiming_uniform_(
    param: Parameter,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: np.random.Generator | None = None,
) -> None:
    """Fill with uniform values of variance gain^2 / fan and mean 0.

    The gain is that of ``nonlinearity`` (with slope ``a``). fan is fan_in, which keeps the variance of the
    activations constant in the forward pass, or with ``mode="fan_out"`` it is fan_out, which keeps the variance of
    the gradients constant in the backward pass.

    Source: He, Zhang, Ren & Sun 2015, equations 10 and 14.
    """
    raise NotImplementedError("kaiming_uniform_")


def kaiming_normal_(
    param: Parameter,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: np.random.Generator | None = None,
) -> None:
    """Fill with normal values of the same mean and variance as ``kaiming_uniform_``."""
    raise NotImplementedError("kaiming_normal_")


# Private helpers of several functions can be here.
