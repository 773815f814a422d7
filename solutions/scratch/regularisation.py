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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) Accuracy in per cent after 600 epochs, training / validation: none 99.3 / 83.4, dropout 89.3 / 92.5,
L2 87.7 / 92.1, L1 90.0 / 86.0, label smoothing 94.3 / 89.8. Only about 82 % of the training labels are right, so
99.3 % means that the run without regularisation memorised the wrong ones. It also shows in its validation loss,
which falls to 0.43 by epoch 150 and then rises while the training loss continues to fall. L1 does the same more
slowly; with dropout and L2 the validation loss does not rise.

(b) In training every step measures another half of the network. In evaluation all units are used, like an average
over those halves, which is better than each of them. So the two losses are not of the same network, and a validation
loss below the training loss is no sign of swapped data.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


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
        # BEGIN SOLUTION
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p is a probability, not {p}")
        self.p = p
        self.rng = np.random.default_rng() if rng is None else rng
        # STUB: raise NotImplementedError("Dropout.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x, which may have any number of axes."""
        # BEGIN SOLUTION
        self._factor = self._draw(x.shape) if self.training else None
        return x if self._factor is None else x * self._factor
        # STUB: raise NotImplementedError("Dropout.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input: the same elements are 0 and the others have the same factor as in forward."""
        # BEGIN SOLUTION
        return grad_output if self._factor is None else grad_output * self._factor
        # STUB: raise NotImplementedError("Dropout.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _draw(self, shape: tuple[int, ...]) -> Array:
        """Return 0 where an element is dropped and 1 / (1 - p) where it is kept."""
        if self.p == 1.0:
            return np.zeros(shape)  # 1 / (1 - p) would be infinite
        kept = self.rng.random(shape) >= self.p  # random() is in [0, 1): p = 0 keeps all
        return kept / (1.0 - self.p)

    # STUB:
    # END SOLUTION


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
        # BEGIN SOLUTION
        if x.ndim != 4:
            raise ValueError(f"Dropout2d takes x (N, C, H, W), not the shape {x.shape}")
        return super().forward(x)
        # STUB: raise NotImplementedError("Dropout2d.forward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _draw(self, shape: tuple[int, ...]) -> Array:
        """Return one factor for each channel of each image, shape (N, C, 1, 1)."""
        return super()._draw((*shape[:2], 1, 1))

    # STUB:
    # END SOLUTION


def penalised_parameters(module: Module) -> list[Parameter]:
    """Return the parameters of a module that have two axes or more: its weight matrices and filters.

    Biases, and the scales and shifts of normalisation layers, have one axis. They hardly over-fit, and a penalty on
    them can make the result worse (Goodfellow, Bengio & Courville 2016, section 7.1).
    """
    # BEGIN SOLUTION
    return [parameter for parameter in module.parameters() if parameter.data.ndim >= 2]
    # STUB: raise NotImplementedError("penalised_parameters")
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.params = list(params)
        self.strength = strength
        # STUB: raise NotImplementedError("L2Penalty.__init__")
        # END SOLUTION

    def forward(self) -> float:
        """Return the penalty for the current weights."""
        # BEGIN SOLUTION
        return 0.5 * self.strength * sum(float(np.sum(param.data**2)) for param in self.params)
        # STUB: raise NotImplementedError("L2Penalty.forward")
        # END SOLUTION

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        # BEGIN SOLUTION
        for param in self.params:
            param.accumulate(self.strength * param.data)
        # STUB: raise NotImplementedError("L2Penalty.backward")
        # END SOLUTION


class L1Penalty(Module):
    """strength times the sum of the absolute values of all weights in ``params``; used in the same way as L2Penalty.

    Its gradient is strength * sign(w). Where w is 0, any value from -strength to strength is right.

    Source: Goodfellow, Bengio & Courville 2016, section 7.1.2.
    """

    def __init__(self, params: Iterable[Parameter], strength: float) -> None:
        """``params`` is any iterable, also one that can be read only once, such as a generator."""
        # BEGIN SOLUTION
        self.params = list(params)
        self.strength = strength
        # STUB: raise NotImplementedError("L1Penalty.__init__")
        # END SOLUTION

    def forward(self) -> float:
        """Return the penalty for the current weights."""
        # BEGIN SOLUTION
        return self.strength * sum(float(np.sum(np.abs(param.data))) for param in self.params)
        # STUB: raise NotImplementedError("L1Penalty.forward")
        # END SOLUTION

    def backward(self) -> None:
        """Add the penalty's gradient to the ``grad`` of each parameter."""
        # BEGIN SOLUTION
        for param in self.params:
            param.accumulate(self.strength * np.sign(param.data))
        # STUB: raise NotImplementedError("L1Penalty.backward")
        # END SOLUTION


class LabelSmoothingCrossEntropy(Module):
    """Cross-entropy against softened targets: the mean over the counted tokens of -sum_k q[k] log softmax(input)[k].

    With K classes, that of the target has q = 1 - label_smoothing + label_smoothing / K, and each other class
    q = label_smoothing / K. A token whose target is ``ignore_index`` does not count: it adds nothing to the sum and
    to the number by which the sum is divided, and its gradient is 0. If no token counts, the loss is 0.0.

    Source: Szegedy et al. 2016, section 7; ``torch.nn.CrossEntropyLoss``.
    """

    def __init__(self, label_smoothing: float = 0.1, ignore_index: int = -100) -> None:
        """Raise ValueError if label_smoothing is not between 0 and 1."""
        # BEGIN SOLUTION
        if not 0.0 <= label_smoothing <= 1.0:
            raise ValueError(f"label_smoothing is a share, not {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index
        # STUB: raise NotImplementedError("LabelSmoothingCrossEntropy.__init__")
        # END SOLUTION

    def forward(self, input: Array, target: NDArray[np.integer[Any]]) -> float:
        """Return the loss of input, logits of shape (..., K), and target, integer classes of shape (...).

        Raises:
            ValueError: target does not have the shape of input without its last axis.
        """
        # BEGIN SOLUTION
        if target.shape != input.shape[:-1]:
            raise ValueError(f"target has shape {target.shape}, not {input.shape[:-1]}")
        classes = input.shape[-1]
        self._counted = target != self.ignore_index  # (...)
        hard = np.eye(classes)[np.where(self._counted, target, 0)]  # (..., K); any class where it does not count
        self._target = (1.0 - self.label_smoothing) * hard + self.label_smoothing / classes
        self._log_probabilities = log_softmax(input)
        losses = -np.sum(self._target * self._log_probabilities, axis=-1)  # (...)
        return float(losses[self._counted].sum() / max(self._counted.sum(), 1))
        # STUB: raise NotImplementedError("LabelSmoothingCrossEntropy.forward")
        # END SOLUTION

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, in the shape of input."""
        # BEGIN SOLUTION
        grad = np.exp(self._log_probabilities) - self._target
        return grad * self._counted[..., None] / max(self._counted.sum(), 1)
        # STUB: raise NotImplementedError("LabelSmoothingCrossEntropy.backward")
        # END SOLUTION
