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
        # BEGIN SOLUTION
        values = np.asarray(data)
        self.data: Array = values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)
        self.grad: Array | None = None
        # END SOLUTION

    def accumulate(self, grad: Array) -> None:
        """Add ``grad`` to ``self.grad``; ``grad`` itself is never changed, now or later.

        Raises:
            ValueError: the shape is not that of ``data``. Without this check numpy would broadcast
                a gradient of the wrong shape, and training would continue with wrong steps.
        """
        # BEGIN SOLUTION
        if grad.shape != self.data.shape:
            raise ValueError(f"gradient of shape {grad.shape} for a parameter of shape {self.data.shape}")
        self.grad = grad.copy() if self.grad is None else self.grad + grad
        # END SOLUTION

    def zero_grad(self) -> None:
        """Reset the gradient: ``grad`` is None again, or zeros of the shape of ``data`` (both are accepted)."""
        # BEGIN SOLUTION
        self.grad = None
        # END SOLUTION


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
        # BEGIN SOLUTION
        seen: set[int] = set()
        for name, found in _walk(self, ""):
            if isinstance(found, Parameter) and id(found) not in seen:
                seen.add(id(found))
                yield name, found
        # END SOLUTION

    def parameters(self) -> Iterator[Parameter]:
        """Yield each parameter of this module and its sub-modules once."""
        # BEGIN SOLUTION
        for _, parameter in self.named_parameters():
            yield parameter
        # END SOLUTION

    def modules(self) -> Iterator[Module]:
        """Yield this module and each of its sub-modules, of any depth, once."""
        # BEGIN SOLUTION
        for _, found in _walk(self, ""):
            if isinstance(found, Module):
                yield found
        # END SOLUTION

    def zero_grad(self) -> None:
        """Reset the gradients of all parameters."""
        # BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.zero_grad()
        # END SOLUTION

    def train(self, mode: bool = True) -> Module:
        """Set this module and all its sub-modules to training mode (or evaluation mode); return ``self``."""
        # BEGIN SOLUTION
        for module in self.modules():
            module.training = mode
        return self
        # END SOLUTION

    def eval(self) -> Module:
        """Set this module and all its sub-modules to evaluation mode; return ``self``."""
        return self.train(False)


# BEGIN SOLUTION
def _walk(root: Module, root_name: str) -> Iterator[tuple[str, Module | Parameter]]:
    """Yield the modules and parameters within ``root``, itself first, each container once."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(root_name, root)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Parameter):
            yield name, value
            continue
        if isinstance(value, Module):
            parts: Iterable[tuple[Any, Any]] = vars(value).items()
        elif isinstance(value, dict):
            parts = value.items()
        elif isinstance(value, list | tuple):
            parts = enumerate(value)
        else:
            continue
        if id(value) in seen:  # a module used twice, or a child that holds its parent
            continue
        seen.add(id(value))
        if isinstance(value, Module):
            yield name, value
        prefix = f"{name}." if name else ""
        # The stack returns the last one first.
        waiting.extend(reversed([(f"{prefix}{key}", part) for key, part in parts]))


# STUB: # A private helper that searches attributes, lists, tuples and dicts can be here.
# END SOLUTION


class Sequential(Module):
    """Modules one after another: the output of each is the input of the next."""

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def forward(self, x: Array) -> Array:
        """Return the last layer's output."""
        # BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return the gradient with respect to the first layer's input."""
        # BEGIN SOLUTION
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output
        # END SOLUTION


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
        # BEGIN SOLUTION
        generator = np.random.default_rng() if rng is None else rng
        bound = 1.0 / np.sqrt(in_features)
        self.weight = Parameter(generator.uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(generator.uniform(-bound, bound, out_features)) if bias else None
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (..., out_features), for x of shape (..., in_features); x may have one axis only."""
        # BEGIN SOLUTION
        self._x = x
        y = x @ self.weight.data.T
        return y if self.bias is None else y + self.bias.data
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into ``weight.grad`` and ``bias.grad``; return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        rows = self._x.reshape(-1, self._x.shape[-1])  # (N, in_features): all leading axes are one batch
        grad_rows = grad_output.reshape(-1, grad_output.shape[-1])  # (N, out_features)
        self.weight.accumulate(grad_rows.T @ rows)
        if self.bias is not None:
            self.bias.accumulate(grad_rows.sum(axis=0))
        return grad_output @ self.weight.data
        # END SOLUTION


class ReLU(Module):
    """y = max(x, 0), element by element. The derivative at 0 is your choice."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        # BEGIN SOLUTION
        self._positive = x > 0
        return np.where(self._positive, x, 0.0)
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        return np.where(self._positive, grad_output, 0.0)
        # END SOLUTION


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)), element by element, finite for every x."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        # BEGIN SOLUTION
        self._y = functional.sigmoid(x)
        return self._y
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        return grad_output * self._y * (1.0 - self._y)
        # END SOLUTION


class Tanh(Module):
    """y = tanh(x), element by element, finite for every x."""

    def forward(self, x: Array) -> Array:
        """Return y, of the shape of x."""
        # BEGIN SOLUTION
        self._y = np.tanh(x)
        return self._y
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        return grad_output * (1.0 - self._y**2)
        # END SOLUTION


class MSELoss(Module):
    """The mean over all elements of (input - target)^2."""

    def forward(self, input: Array, target: Array) -> float:
        """Return the loss of input and target, two arrays of one shape.

        Raises:
            ValueError: the shapes differ, even where numpy could broadcast them.
        """
        # BEGIN SOLUTION
        _require_shape(target, input.shape)
        self._difference = input - target
        return float(np.mean(self._difference**2))
        # END SOLUTION

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, of the shape of input."""
        # BEGIN SOLUTION
        return 2.0 * self._difference / self._difference.size
        # END SOLUTION


class BCEWithLogitsLoss(Module):
    """The mean over all elements of -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)), for logits x.

    Correct for logits of any size: the only exponential is that of -|x|, so nothing can overflow.
    """

    def forward(self, input: Array, target: Array) -> float:
        """Return the loss of input (logits) and target (in [0, 1]), two arrays of one shape.

        Raises:
            ValueError: the shapes differ, even where numpy could broadcast them.
        """
        # BEGIN SOLUTION
        _require_shape(target, input.shape)
        self._input, self._target = input, target
        losses = np.maximum(input, 0.0) - input * target + np.log1p(np.exp(-np.abs(input)))
        return float(losses.mean())
        # END SOLUTION

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, of the shape of input."""
        # BEGIN SOLUTION
        return (functional.sigmoid(self._input) - self._target) / self._input.size
        # END SOLUTION


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
        # BEGIN SOLUTION
        _require_shape(target, input.shape[:1])
        self._counted = target != self.ignore_index  # (N,)
        self._classes = np.where(self._counted, target, 0)  # any class where the row is not counted
        self._log_probabilities = functional.log_softmax(input, axis=1)  # (N, K)
        of_target = self._log_probabilities[np.arange(len(target)), self._classes]
        return float(-of_target[self._counted].sum() / max(self._counted.sum(), 1))
        # END SOLUTION

    def backward(self) -> Array:
        """Return the gradient of the loss with respect to input, shape (N, K)."""
        # BEGIN SOLUTION
        grad = np.exp(self._log_probabilities)  # a new array: the stored one must not change
        grad[np.arange(len(grad)), self._classes] -= 1.0
        grad[~self._counted] = 0.0
        return grad / max(self._counted.sum(), 1)
        # END SOLUTION


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
        # BEGIN SOLUTION
        layers: list[Module] = []
        for i in range(1, len(sizes)):
            layers += [Linear(sizes[i - 1], sizes[i], rng=rng), activation()]
        super().__init__(*layers[:-1])
        # END SOLUTION


# BEGIN SOLUTION
def _require_shape(target: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise for a target that numpy would broadcast."""
    if target.shape != shape:
        raise ValueError(f"target has shape {target.shape}, not {shape}")


# STUB: # Private helpers of several classes can be here.
# END SOLUTION
