"""Layers, losses and their base class ``Module``, in numpy, named as in PyTorch.

A layer's ``forward`` stores what its ``backward`` needs. ``backward`` takes the gradient of the loss with
respect to the layer's output, adds the gradients of the parameters to ``Parameter.grad``, and returns
the gradient with respect to the layer's input. Losses average; layers sum. No function changes an array
that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scratch import functional

Array: TypeAlias = NDArray[np.floating[Any]]


class Parameter:
    """An array that training changes, with the gradient of the loss with respect to it.

    Attributes:
        data: the values, a floating-point array (integers become float64).
        grad: None before the first ``backward``, then an array of the shape of ``data``.
    """

    def __init__(self, data: ArrayLike) -> None:
        raise NotImplementedError

    def accumulate(self, grad: Array) -> None:
        """Add ``grad`` to ``self.grad``; ``grad`` itself is never changed, now or later.

        Raises:
            ValueError: the shape is not that of ``data``. Without this check numpy would broadcast
                a gradient of the wrong shape, and training would continue with wrong steps.
        """
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Reset the gradient: ``grad`` is None again, or zeros of the shape of ``data`` (both are accepted)."""
        raise NotImplementedError


class Module:
    """The base class of layers and models. A subclass defines ``forward`` and ``backward``.

    Parameters and sub-modules are found in the attributes, and in lists, tuples and dicts nested to any
    depth within them. A subclass does not have to call ``super().__init__()``.

    Attributes:
        training: True in training, False in evaluation; set with ``train`` and ``eval``.
    """

    training: bool = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output and store what ``backward`` needs."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulate the gradients of the parameters and return the gradient of the input."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield each parameter once, with its name: attributes, list positions and dict keys joined by dots.

        The bias of the second module in the list ``self.layers`` is ``layers.1.bias``. A parameter that
        can be reached in two ways is yielded once, under one of its names.
        """
        raise NotImplementedError

    def parameters(self) -> Iterator[Parameter]:
        """Yield each parameter of this module and its sub-modules once."""
        raise NotImplementedError

    def modules(self) -> Iterator[Module]:
        """Yield this module and each of its sub-modules, of any depth, once."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Reset the gradients of all parameters."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> Module:
        """Set this module and all its sub-modules to training mode (or evaluation mode); return ``self``."""
        raise NotImplementedError

    def eval(self) -> Module:
        """Set this module and all its sub-modules to evaluation mode; return ``self``."""
        return self.train(False)


# A private helper that searches attributes, lists, tuples and dicts can be here.


class Sequential(Module):
    """Modules one after another: the output of each is the input of the next."""

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def forward(self, x: Array) -> Array:
        """Return the last layer's output."""
        raise NotImplementedError

    def backward(self, grad_output: Array) -> Array:
        """Return the gradient with respect to the first layer's input."""
        raise NotImplementedError


class Linear(Module):
    """y = x W^T + b on the last axis.

    Attributes:
        weight: Parameter, shape (out_features, in_features).
        bias: Parameter, shape (out_features,), or None with ``bias=False``.

    Initial values of both are uniform on (-1/sqrt(in_features), 1/sqrt(in_features)), as in PyTorch,
    drawn from ``rng`` (default: a new ``np.random.default_rng()``).
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, rng: np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError

    def forward(self, x: Array) -> Array:
        """Return y, shape (..., out_features), for x of shape (..., in_features); x may have one axis only."""
        raise NotImplementedError

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape of x."""
        raise NotImplementedError


class ReLU(Module):
    """y = max(x, 0), element by element. The derivative at 0 is your choice."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        raise NotImplementedError

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)), element by element, finite for every x."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        raise NotImplementedError

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError


class Tanh(Module):
    """y = tanh(x), element by element, finite for every x."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        raise NotImplementedError

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError


class MSELoss(Module):
    """The mean over all elements of (input - target)^2."""

    def forward(self, input: Array, target: Array) -> float:
        """Return the loss of input and target, two arrays of one shape.

        Raises:
            ValueError: the shapes differ, even where numpy could broadcast them.
        """
        raise NotImplementedError

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, of the shape of input."""
        raise NotImplementedError


class BCEWithLogitsLoss(Module):
    """The mean over all elements of -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)), for logits x.

    Correct for logits of any size: the only exponential is that of -|x|, so nothing can overflow.
    """

    def forward(self, input: Array, target: Array) -> float:
        """Return the loss of input (logits) and target (in [0, 1]), two arrays of one shape.

        Raises:
            ValueError: the shapes differ, even where numpy could broadcast them.
        """
        raise NotImplementedError

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, of the shape of input."""
        raise NotImplementedError


class CrossEntropyLoss(Module):
    """The mean over the counted rows of -log softmax(input)[target].

    A row whose target is ``ignore_index`` is not counted: it adds nothing to the sum and nothing to the
    number that the sum is divided by, and its gradient is 0. If no row is counted, the loss is 0.0.
    """

    def __init__(self, ignore_index: int = -100) -> None:
        self.ignore_index = ignore_index

    def forward(self, input: Array, target: NDArray[np.integer[Any]]) -> float:
        """Return the loss of input, logits of shape (N, K), and target, integer classes of shape (N,).

        Raises:
            ValueError: the shape of target is not (N,).
        """
        raise NotImplementedError

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, shape (N, K)."""
        raise NotImplementedError


class MLP(Sequential):
    """A multi-layer perceptron: Linear layers with an activation between each two, and none at the end.

    ``MLP([4, 8, 3], activation=Tanh)`` has ``layers`` Linear(4, 8), Tanh(), Linear(8, 3).

    Args:
        sizes: features of the input, of each hidden layer, and of the output.
        activation: a class, or any function that returns a module; called once for each activation layer.
        rng: the generator of the initial weights of all layers.
    """

    def __init__(
        self, sizes: Sequence[int], activation: Callable[[], Module] = ReLU, rng: np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError


# Private helpers of several classes can be here.
