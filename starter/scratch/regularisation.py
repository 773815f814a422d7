"""Regularisation in numpy: dropout, penalties on weights, and label smoothing, named as in PyTorch.

Rules for every class here:

* ``backward`` belongs to the most recent ``forward``, in the mode in which that forward ran.
* No array that is passed in is changed.
* Random numbers come from the layer's own generator, never from the global state of ``np.random``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch.functional import log_softmax
from scratch.nn import Array, Module, Parameter

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""


class Dropout(Module):
    """In training set each element of x to 0 with probability p and divide the others by 1 - p.

    So the expectation of y is x. In evaluation y = x, whatever p is. Every forward in training draws a new mask,
    each element independently. With p = 1 all of y is 0, with p = 0 y is x.

    Source: Srivastava et al. 2014, section 10 (the inverted form, as in PyTorch).
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | None = None) -> None:
        """Take the probability of dropping, and a generator (default: a new ``np.random.default_rng()``).

        Raises:
            ValueError: p is not between 0 and 1.
        """
        raise NotImplementedError("Dropout.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x, which may have any number of axes."""
        raise NotImplementedError("Dropout.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input: the same elements are 0 and the others have the same factor as in forward."""
        raise NotImplementedError("Dropout.backward")




class Dropout2d(Dropout):
    """Drop whole channels of images: for x (N, C, H, W), one draw for each channel of each image.

    Neighbouring pixels are so similar that dropping single ones would remove little information.

    Source: Tompson et al. 2015, section 3.2 (SpatialDropout).
    """

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x.

        Raises:
            ValueError: x does not have four axes.
        """
        raise NotImplementedError("Dropout2d.forward")




def penalised_parameters(module: Module) -> list[Parameter]:
    """Return the parameters of a module that have two axes or more: its weight matrices and filters.

    Biases, and the scales and shifts of normalisation layers, have one axis. They hardly over-fit, and a penalty on
    them can make the result worse (Goodfellow, Bengio & Courville 2016, section 7.1).
    """
    raise NotImplementedError("penalised_parameters")


class L2Penalty(Module):
    """strength / 2 times the sum of the squares of all weights in ``params``: its gradient is strength * w.

    Used together with a loss; it adds to the value and to the gradients:

        value = criterion(model(x), target) + penalty()
        model.backward(criterion.backward())
        penalty.backward()

    Source: Goodfellow, Bengio & Courville 2016, section 7.1.1.
    """

    def __init__(self, params: Iterable[Parameter], strength: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        raise NotImplementedError("L2Penalty.__init__")

    def forward(self) -> float:
        """Return the penalty for the current weights."""
        raise NotImplementedError("L2Penalty.forward")

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        raise NotImplementedError("L2Penalty.backward")


class L1Penalty(Module):
    """strength times the sum of the absolute values of all weights in ``params``; used in the same way as L2Penalty.

    Its gradient is strength * sign(w). Where w is 0, any value from -strength to strength is right.

    Source: Goodfellow, Bengio & Courville 2016, section 7.1.2.
    """

    def __init__(self, params: Iterable[Parameter], strength: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        raise NotImplementedError("L1Penalty.__init__")

    def forward(self) -> float:
        """Return the penalty for the current weights."""
        raise NotImplementedError("L1Penalty.forward")

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        raise NotImplementedError("L1Penalty.backward")


class LabelSmoothingCrossEntropy(Module):
    """Cross-entropy against softened targets: the mean over the counted tokens of -sum_k q[k] log softmax(input)[k].

    With K classes, that of the target has q = 1 - label_smoothing + label_smoothing / K, and each other class
    q = label_smoothing / K. A token whose target is ``ignore_index`` does not count: it adds nothing to the sum and
    to the number by which the sum is divided, and its gradient is 0. If no token counts, the loss is 0.0.

    Source: Szegedy et al. 2016, section 7; ``torch.nn.CrossEntropyLoss``.
    """

    def __init__(self, label_smoothing: float = 0.1, ignore_index: int = -100) -> None:
        """Raise ValueError if label_smoothing is not between 0 and 1."""
        raise NotImplementedError("LabelSmoothingCrossEntropy.__init__")

    def forward(self, input: Array, target: NDArray[np.integer[Any]]) -> float:
        """Return the loss of input, logits of shape (..., K), and target, integer classes of shape (...).

        Raises:
            ValueError: target does not have the shape of input without its last axis.
        """
        raise NotImplementedError("LabelSmoothingCrossEntropy.forward")

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, in the shape of input."""
        raise NotImplementedError("LabelSmoothingCrossEntropy.backward")
