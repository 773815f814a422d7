"""A tensor that remembers how it was computed, in numpy, named as in PyTorch.

Every operation makes a new ``Tensor`` that holds its parents: the graph of the computation grows while
the program runs. ``backward`` goes through that graph once, from the result to the leaves, and adds to
the ``grad`` of every leaf that requires one. No function changes an array that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Axes: TypeAlias = "int | tuple[int, ...] | None"

# Your answer to the written question of spec.md, in two parts, at most 100 words each.
WRITTEN_ANSWER = ""

# The variable that your no_grad switches can be here.
@contextmanager
def no_grad() -> Iterator[None]:
    """Record no graph within a ``with`` block: the results of operations do not require grad.

    Afterwards recording is as it was before the block, also after nested blocks and after an exception.
    A tensor that is made directly inside keeps the ``requires_grad`` that it was given.
    """
    raise NotImplementedError("no_grad")
    yield


class Tensor:
    """An array with a gradient, and the operation that made it.

    A *leaf* is a tensor that was made directly, not by an operation. Every operation accepts a number or an
    array in place of one of its two tensors, on either side: it is a constant. A number takes the dtype of
    the other operand.

    Attributes:
        data: the values, a floating-point array (float32 stays float32, integers become float64).
        grad: None; after ``backward``, for a leaf with ``requires_grad``, an array of ``data``'s shape and dtype.
        requires_grad: as given, for a leaf; otherwise True if it is True for one of the parents.
    """

    __array_ufunc__ = None  # so that array + tensor calls Tensor.__radd__; numpy would make an array of tensors

    def __init__(self, data: ArrayLike, requires_grad: bool = False) -> None:
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of ``data``."""
        return self.data.shape

    @property
    def T(self) -> Tensor:
        """The tensor with its axes reversed."""
        return self.transpose()

    def item(self) -> float:
        """The only number of a tensor that holds one."""
        return float(self.data.item())

    def zero_grad(self) -> None:
        """Reset the gradient: ``grad`` is None again."""
        self.grad = None

    def __repr__(self) -> str:
        return f"Tensor({self.data!r}{', requires_grad=True' if self.requires_grad else ''})"

    def backward(self, grad_output: ArrayLike | None = None) -> None:
        """Add the gradient of sum(self * grad_output) to ``grad`` of every leaf that requires one.

        May be called again, on the same tensor or on another of the same graph: the gradients add up. The
        value of ``grad`` for a tensor that is not a leaf is your choice. The time is linear in the size of
        the graph, and the graph may be 10,000 operations deep.

        Args:
            grad_output: gradient with respect to this tensor, of its shape; may be left out if the tensor
                holds a single number, and is 1 then. It is not changed.

        Raises:
            ValueError: ``grad_output`` is missing for a tensor of several numbers (or none), or has another shape.
            RuntimeError: this tensor does not require grad.
        """
        raise NotImplementedError

    # Private helpers of Tensor can be here.
    # ------------------------------------------------ arithmetic, with numpy's broadcasting

    def __neg__(self) -> Tensor:
        """Return -self."""
        raise NotImplementedError

    def __add__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self + other."""
        raise NotImplementedError

    def __radd__(self, other: ArrayLike) -> Tensor:
        """Return other + self, where other is a number or an array."""
        raise NotImplementedError

    def __sub__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self - other."""
        raise NotImplementedError

    def __rsub__(self, other: ArrayLike) -> Tensor:
        """Return other - self, where other is a number or an array."""
        raise NotImplementedError

    def __mul__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self * other, element by element."""
        raise NotImplementedError

    def __rmul__(self, other: ArrayLike) -> Tensor:
        """Return other * self, where other is a number or an array."""
        raise NotImplementedError

    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self / other, element by element."""
        raise NotImplementedError

    def __rtruediv__(self, other: ArrayLike) -> Tensor:
        """Return other / self, where other is a number or an array."""
        raise NotImplementedError

    def __pow__(self, exponent: float) -> Tensor:
        """Return self ** exponent, element by element; the exponent is a Python number, not a tensor."""
        raise NotImplementedError

    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return the matrix product over the last two axes; leading axes are batches and broadcast as in numpy.

        Both have two axes or more: (..., N, K) @ (..., K, M) is (..., N, M).
        """
        raise NotImplementedError

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        """Return other @ self, where other is an array."""
        raise NotImplementedError

    # ------------------------------------------------ functions, element by element

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        raise NotImplementedError

    def log(self) -> Tensor:
        """Return the natural logarithm of each element, which is positive."""
        raise NotImplementedError

    def relu(self) -> Tensor:
        """Return max(x, 0) for each element x. The derivative at 0 is your choice."""
        raise NotImplementedError

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element, finite for every x."""
        raise NotImplementedError

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) for each element x, finite for every x."""
        raise NotImplementedError

    # ------------------------------------------------ reductions; axis and keepdims as in numpy

    def sum(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the sum over one axis, several (a tuple), or all (None); negative axes count from the end."""
        raise NotImplementedError

    def mean(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the mean over one axis, several, or all."""
        raise NotImplementedError

    def max(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the largest element over one axis, several, or all. In a tie, the choice of the gradient is yours."""
        raise NotImplementedError

    # ------------------------------------------------ rearrangements

    def reshape(self, *shape: int | tuple[int, ...]) -> Tensor:
        """Return the same elements in another shape, given as numbers or one tuple; one size may be -1."""
        raise NotImplementedError

    def transpose(self, *axes: int) -> Tensor:
        """Return the axes in another order: axis i of the result is axis axes[i]; without arguments, reversed."""
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Tensor:
        """Return the elements that numpy would return for numbers, slices, None, ..., integer and boolean arrays.

        If an array of integers takes an element twice, both gradients are added for that element.
        """

        raise NotImplementedError


def concatenate(tensors: Sequence[Tensor | ArrayLike], axis: int = 0) -> Tensor:
    """Return the tensors (or constant arrays) joined along an axis that they already have."""
    raise NotImplementedError


# Private helpers can be here: the order of the graph, and the sum that undoes broadcasting.
