"""Regularisation in numpy: dropout, penalties on weights, and label smoothing, named as in PyTorch.

What holds for every class here:

* ``backward`` belongs to the last ``forward``, in the mode that the layer was in then.
* No array that is handed in is changed.
* Random numbers come from a generator of the layer's own, never from ``np.random``'s global state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch.functional import log_softmax
from scratch.nn import Array, Module, Parameter

# Your answer to the written question of spec.md, at most 150 words.
WRITTEN_ANSWER = ""


class Dropout(Module):
    """In training set each element of x to 0 with probability p and divide the others by 1 - p.

    So the expectation of y is x, and in evaluation y = x, whatever p is. Every forward in training draws a fresh
    mask, element by element. With p = 1 all of y is 0, with p = 0 it is x.

    Source: Srivastava et al. 2014, section 10 (the inverted form, as in PyTorch).
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | None = None) -> None:
        """Take the probability of dropping, and a generator (default: a fresh ``np.random.default_rng()``).

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

    Neighbouring pixels tell nearly the same, so dropping single ones would take away little.

    Source: Tompson et al. 2015, section 3.2 (SpatialDropout).
    """

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x.

        Raises:
            ValueError: x has not four axes.
        """
        raise NotImplementedError("Dropout2d.forward")




def penalised_parameters(module: Module) -> list[Parameter]:
    """Return the parameters of a module that have two axes or more: its weight matrices and filters.

    Biases, and the scales and shifts of normalisation layers, have one axis. They cannot over-fit much, and pulling
    them towards 0 does harm (Goodfellow, Bengio & Courville 2016, section 7.1).
    """
    raise NotImplementedError("penalised_parameters")


class L2Penalty(Module):
    """strength / 2 times the sum of the squares of all weights in ``params``: its gradient is strength * w.

    Used beside a loss, whose value and gradients it adds to:

        value = criterion(model(x), target) + penalty()
        model.backward(criterion.backward())
        penalty.backward()

    Source: Goodfellow, Bengio & Courville 2016, section 7.1.1.
    """

    def __init__(self, params: Iterable[Parameter], strength: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        raise NotImplementedError("L2Penalty.__init__")

    def forward(self) -> float:
        """Return the penalty for the weights as they are now."""
        raise NotImplementedError("L2Penalty.forward")

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        raise NotImplementedError("L2Penalty.backward")


class L1Penalty(Module):
    """strength times the sum of the absolute values of all weights in ``params``; used as L2Penalty is.

    Its gradient is strength * sign(w). Where w is 0 anything from -strength to strength is right.

    Source: Goodfellow, Bengio & Courville 2016, section 7.1.2.
    """

    def __init__(self, params: Iterable[Parameter], strength: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        raise NotImplementedError("L1Penalty.__init__")

    def forward(self) -> float:
        """Return the penalty for the weights as they are now."""
        raise NotImplementedError("L1Penalty.forward")

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        raise NotImplementedError("L1Penalty.backward")


class LabelSmoothingCrossEntropy(Module):
    """Cross-entropy against softened targets: the mean over the counted tokens of -sum_k q[k] log softmax(input)[k].

    Of K classes the target's has q = 1 - label_smoothing + label_smoothing / K, each other q = label_smoothing / K.
    A token whose target is ``ignore_index`` does not count: it adds nothing to the sum, is not in the number
    that the sum is divided by, and its gradient is 0. Where no token counts, the loss is 0.0.

    Source: Szegedy et al. 2016, section 7; ``torch.nn.CrossEntropyLoss``.
    """

    def __init__(self, label_smoothing: float = 0.1, ignore_index: int = -100) -> None:
        """Raise ValueError where label_smoothing is not between 0 and 1."""
        raise NotImplementedError("LabelSmoothingCrossEntropy.__init__")

    def forward(self, input: Array, target: NDArray[np.integer[Any]]) -> float:
        """Return the loss of input, logits of shape (..., K), and target, integer classes of shape (...).

        Raises:
            ValueError: target has not the shape of input without its last axis.
        """
        raise NotImplementedError("LabelSmoothingCrossEntropy.forward")

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, of its shape."""
        raise NotImplementedError("LabelSmoothingCrossEntropy.backward")
