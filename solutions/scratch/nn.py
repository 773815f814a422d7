"""Layers, losses and the module that holds them, in numpy, named as in PyTorch.

A layer's ``forward`` remembers what its ``backward`` needs. ``backward`` takes the gradient of the
loss with respect to the layer's output, adds the gradients of the parameters to ``Parameter.grad``,
and returns the gradient with respect to the layer's input. Losses average over the batch; layers sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
        # STUB: raise NotImplementedError("Parameter.__init__")
        # END SOLUTION

    def accumulate(self, grad: Array) -> None:
        """Add ``grad`` to ``self.grad``; ``grad`` itself is never changed, now or later.

        Raises:
            ValueError: the shape is not that of ``data``. Without this check numpy would broadcast
                a gradient of the wrong shape and training would go on, wrongly.
        """
        # BEGIN SOLUTION
        if grad.shape != self.data.shape:
            raise ValueError(f"gradient of shape {grad.shape} for a parameter of shape {self.data.shape}")
        self.grad = grad.copy() if self.grad is None else self.grad + grad
        # STUB: raise NotImplementedError("Parameter.accumulate")
        # END SOLUTION

    def zero_grad(self) -> None:
        """Forget the gradient: ``grad`` is None again."""
        # BEGIN SOLUTION
        self.grad = None
        # STUB: raise NotImplementedError("Parameter.zero_grad")
        # END SOLUTION


class Module:
    """The base of layers and models. A subclass writes ``forward`` and ``backward``.

    Parameters and sub-modules are found in the attributes, and in lists, tuples and dicts of any depth
    within them. A subclass need not call ``super().__init__()``.

    Attributes:
        training: True in training, False in evaluation; set with ``train`` and ``eval``.
    """

    training: bool = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the output and remember what ``backward`` needs."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulate the parameters' gradients and return the input's."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield each parameter once, with its name: attributes, list positions and dict keys joined by dots.

        The bias of the second module in the list ``self.layers`` is ``layers.1.bias``. A parameter that
        can be reached in two ways is yielded under one of its names only.
        """
        # BEGIN SOLUTION
        seen: set[int] = set()
        for name, found in _walk(self, ""):
            if isinstance(found, Parameter) and id(found) not in seen:
                seen.add(id(found))
                yield name, found
        # STUB: raise NotImplementedError("Module.named_parameters")
        # END SOLUTION

    def parameters(self) -> Iterator[Parameter]:
        """Yield each parameter of this module and its sub-modules once."""
        # BEGIN SOLUTION
        for _, parameter in self.named_parameters():
            yield parameter
        # STUB: raise NotImplementedError("Module.parameters")
        # END SOLUTION

    def modules(self) -> Iterator[Module]:
        """Yield this module and each of its sub-modules, of any depth, once."""
        # BEGIN SOLUTION
        for _, found in _walk(self, ""):
            if isinstance(found, Module):
                yield found
        # STUB: raise NotImplementedError("Module.modules")
        # END SOLUTION

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        # BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.zero_grad()
        # STUB: raise NotImplementedError("Module.zero_grad")
        # END SOLUTION

    def train(self, mode: bool = True) -> Module:
        """Put this module and all its sub-modules into training mode, or out of it; return ``self``."""
        # BEGIN SOLUTION
        for module in self.modules():
            module.training = mode
        return self
        # STUB: raise NotImplementedError("Module.train")
        # END SOLUTION

    def eval(self) -> Module:
        """Put this module and all its sub-modules into evaluation mode; return ``self``."""
        return self.train(False)


# BEGIN SOLUTION
def _walk(root: Module, root_name: str) -> Iterator[tuple[str, Module | Parameter]]:
    """Yield the modules and parameters that hang on ``root``, itself first, each container once."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(root_name, root)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Parameter):
            yield name, value
            continue
        if isinstance(value, Module):
            parts = vars(value).items()
        elif isinstance(value, dict):
            parts = value.items()
        elif isinstance(value, list | tuple):
            parts = enumerate(value)
        else:
            continue
        if id(value) in seen:  # a module used twice, or a child that knows its parent
            continue
        seen.add(id(value))
        if isinstance(value, Module):
            yield name, value
        prefix = f"{name}." if name else ""
        # the stack gives back the last one first
        waiting.extend(reversed([(f"{prefix}{key}", part) for key, part in parts]))


# STUB:
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
        # STUB: raise NotImplementedError("Sequential.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return the gradient with respect to the first layer's input."""
        # BEGIN SOLUTION
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output
        # STUB: raise NotImplementedError("Sequential.backward")
        # END SOLUTION
