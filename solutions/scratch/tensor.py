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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) b = 2a, c = 3b, y = b + c, at a = 1: dy/da = 2 + 6 = 8. In the order y, b, c, a (breadth first) y adds 1 to b and
1 to c; b passes on its 1, so a gets 2; then c adds 3 to b, but b is not visited again. a.grad is 2. In a reverse
topological order a tensor is visited after all that were computed from it, when the sum over its uses is complete.

(b) Reverse mode computes the derivatives of one loss with respect to all n parameters in one pass, at a small multiple
of the cost of the forward pass. Forward mode computes one direction per pass: n passes for a gradient. The disadvantage
of reverse mode is memory: the values that the backward rules need are stored from the forward pass until then.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION

# BEGIN SOLUTION
_recording: ContextVar[bool] = ContextVar("recording", default=True)


# STUB: # The variable that your no_grad switches can be here.
# END SOLUTION
@contextmanager
def no_grad() -> Iterator[None]:
    """Record no graph within a ``with`` block: the results of operations do not require grad.

    Afterwards recording is as it was before the block, also after nested blocks and after an exception.
    A tensor that is made directly inside keeps the ``requires_grad`` that it was given.
    """
    # BEGIN SOLUTION
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)
    # STUB: raise NotImplementedError("no_grad")
    # STUB: yield
    # END SOLUTION


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
        # BEGIN SOLUTION
        values = np.asarray(data)
        self.data: Array = values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float64)
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self._parents: tuple[Tensor, ...] = ()
        self._pull: Callable[[Array], Sequence[Array]] | None = None  # grad_output to one gradient a parent
        # END SOLUTION

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
        # BEGIN SOLUTION
        if not self.requires_grad:
            raise RuntimeError("backward of a tensor that does not require grad")
        if grad_output is None:
            if self.data.size != 1:
                raise ValueError(f"grad_output is needed for a tensor of shape {self.shape}")
            grad_output = np.ones_like(self.data)
        upstream = np.asarray(grad_output, dtype=self.data.dtype)
        if upstream.shape != self.shape:
            raise ValueError(f"grad_output has shape {upstream.shape}, not {self.shape}")
        # Unfinished gradients belong to this call only: a second call must not find those of the first.
        flowing: dict[int, Array] = {id(self): upstream}
        for tensor in _reverse_topological(self):
            grad = flowing.pop(id(tensor))
            if tensor._pull is None:
                tensor.grad = np.array(grad) if tensor.grad is None else np.asarray(tensor.grad + grad)
                continue
            for parent, pulled in zip(tensor._parents, tensor._pull(grad), strict=True):
                if parent.requires_grad:
                    part = _unbroadcast(pulled, parent.shape)
                    flowing[id(parent)] = flowing[id(parent)] + part if id(parent) in flowing else part
        # END SOLUTION

    # BEGIN SOLUTION
    def _constant(self, value: Tensor | ArrayLike) -> Tensor:
        """``value`` as a tensor; a Python number takes this tensor's dtype."""
        if isinstance(value, Tensor):
            return value
        return Tensor(np.asarray(value, dtype=self.data.dtype if isinstance(value, int | float) else None))

    # STUB: # Private helpers of Tensor can be here.
    # END SOLUTION
    # ------------------------------------------------ arithmetic, with numpy's broadcasting

    def __neg__(self) -> Tensor:
        """Return -self."""
        # BEGIN SOLUTION
        return _result(-self.data, (self,), lambda grad: (-grad,))
        # END SOLUTION

    def __add__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self + other."""
        # BEGIN SOLUTION
        other = self._constant(other)
        return _result(self.data + other.data, (self, other), lambda grad: (grad, grad))
        # END SOLUTION

    def __radd__(self, other: ArrayLike) -> Tensor:
        """Return other + self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self + other
        # END SOLUTION

    def __sub__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self - other."""
        # BEGIN SOLUTION
        other = self._constant(other)
        return _result(self.data - other.data, (self, other), lambda grad: (grad, -grad))
        # END SOLUTION

    def __rsub__(self, other: ArrayLike) -> Tensor:
        """Return other - self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self._constant(other) - self
        # END SOLUTION

    def __mul__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self * other, element by element."""
        # BEGIN SOLUTION
        other = self._constant(other)
        return _result(self.data * other.data, (self, other), lambda grad: (grad * other.data, grad * self.data))
        # END SOLUTION

    def __rmul__(self, other: ArrayLike) -> Tensor:
        """Return other * self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self * other
        # END SOLUTION

    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return self / other, element by element."""
        # BEGIN SOLUTION
        other = self._constant(other)
        quotient = self.data / other.data
        return _result(quotient, (self, other), lambda grad: (grad / other.data, -grad * quotient / other.data))
        # END SOLUTION

    def __rtruediv__(self, other: ArrayLike) -> Tensor:
        """Return other / self, where other is a number or an array."""
        # BEGIN SOLUTION
        return self._constant(other) / self
        # END SOLUTION

    def __pow__(self, exponent: float) -> Tensor:
        """Return self ** exponent, element by element; the exponent is a Python number, not a tensor."""
        # BEGIN SOLUTION
        power = self.data**exponent
        return _result(power, (self,), lambda grad: (grad * exponent * self.data ** (exponent - 1),))
        # END SOLUTION

    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor:
        """Return the matrix product over the last two axes; leading axes are batches and broadcast as in numpy.

        Both have two axes or more: (..., N, K) @ (..., K, M) is (..., N, M).
        """
        # BEGIN SOLUTION
        other = self._constant(other)
        return _result(
            self.data @ other.data,
            (self, other),
            lambda grad: (grad @ other.data.swapaxes(-1, -2), self.data.swapaxes(-1, -2) @ grad),
        )
        # END SOLUTION

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        """Return other @ self, where other is an array."""
        # BEGIN SOLUTION
        return self._constant(other) @ self
        # END SOLUTION

    # ------------------------------------------------ functions, element by element

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        # BEGIN SOLUTION
        y = np.exp(self.data)
        return _result(y, (self,), lambda grad: (grad * y,))
        # END SOLUTION

    def log(self) -> Tensor:
        """Return the natural logarithm of each element, which is positive."""
        # BEGIN SOLUTION
        return _result(np.log(self.data), (self,), lambda grad: (grad / self.data,))
        # END SOLUTION

    def relu(self) -> Tensor:
        """Return max(x, 0) for each element x. The derivative at 0 is your choice."""
        # BEGIN SOLUTION
        positive = self.data > 0
        return _result(np.where(positive, self.data, 0), (self,), lambda grad: (np.where(positive, grad, 0),))
        # END SOLUTION

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element, finite for every x."""
        # BEGIN SOLUTION
        y = np.tanh(self.data)
        return _result(y, (self,), lambda grad: (grad * (1 - y**2),))
        # END SOLUTION

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) for each element x, finite for every x."""
        # BEGIN SOLUTION
        y = np.exp(-np.logaddexp(0, -self.data))  # exp(-log(1 + exp(-x))) never overflows
        return _result(y, (self,), lambda grad: (grad * y * (1 - y),))
        # END SOLUTION

    # ------------------------------------------------ reductions; axis and keepdims as in numpy

    def sum(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the sum over one axis, several (a tuple), or all (None); negative axes count from the end."""
        # BEGIN SOLUTION
        total = self.data.sum(axis=axis, keepdims=keepdims)
        return _result(
            total, (self,), lambda grad: (np.broadcast_to(_with_axes(grad, self.shape, axis, keepdims), self.shape),)
        )
        # END SOLUTION

    def mean(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the mean over one axis, several, or all."""
        # BEGIN SOLUTION
        total = self.sum(axis=axis, keepdims=keepdims)
        return total / (self.data.size / max(total.data.size, 1))  # the mean of no numbers is NaN, as in numpy
        # END SOLUTION

    def max(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """Return the largest element over one axis, several, or all. In a tie, the choice of the gradient is yours."""
        # BEGIN SOLUTION
        largest = self.data.max(axis=axis, keepdims=True)
        chosen = self.data == largest
        share = chosen / chosen.sum(axis=axis, keepdims=True, dtype=self.data.dtype)  # equal parts of a tie
        return _result(
            self.data.max(axis=axis, keepdims=keepdims),
            (self,),
            lambda grad: (_with_axes(grad, self.shape, axis, keepdims) * share,),
        )
        # END SOLUTION

    # ------------------------------------------------ rearrangements

    def reshape(self, *shape: int | tuple[int, ...]) -> Tensor:
        """Return the same elements in another shape, given as numbers or one tuple; one size may be -1."""
        # BEGIN SOLUTION
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        return _result(self.data.reshape(sizes), (self,), lambda grad: (grad.reshape(self.shape),))
        # END SOLUTION

    def transpose(self, *axes: int) -> Tensor:
        """Return the axes in another order: axis i of the result is axis axes[i]; without arguments, reversed."""
        # BEGIN SOLUTION
        order = [axis % self.data.ndim for axis in axes] or list(reversed(range(self.data.ndim)))
        return _result(self.data.transpose(order), (self,), lambda grad: (grad.transpose(np.argsort(order)),))
        # END SOLUTION

    def __getitem__(self, index: Any) -> Tensor:
        """Return the elements that numpy would return for numbers, slices, None, ..., integer and boolean arrays.

        If an array of integers takes an element twice, both gradients are added for that element.
        """

        # BEGIN SOLUTION
        def pull(grad: Array) -> tuple[Array]:
            back = np.zeros_like(self.data)
            np.add.at(back, index, grad)
            return (back,)

        return _result(self.data[index], (self,), pull)
        # END SOLUTION


def concatenate(tensors: Sequence[Tensor | ArrayLike], axis: int = 0) -> Tensor:
    """Return the tensors (or constant arrays) joined along an axis that they already have."""
    # BEGIN SOLUTION
    parts = [part if isinstance(part, Tensor) else Tensor(part) for part in tensors]
    ends = np.cumsum([part.shape[axis] for part in parts])
    data = np.concatenate([part.data for part in parts], axis=axis)
    return _result(data, tuple(parts), lambda grad: np.split(grad, ends[:-1], axis=axis))
    # END SOLUTION


# BEGIN SOLUTION
def _result(data: ArrayLike, parents: tuple[Tensor, ...], pull: Callable[[Array], Sequence[Array]]) -> Tensor:
    """The tensor that an operation returns; it holds its parents only if it requires grad."""
    tensor = Tensor(data)
    if _recording.get() and any(parent.requires_grad for parent in parents):
        tensor.requires_grad, tensor._parents, tensor._pull = True, parents, pull
    return tensor


def _reverse_topological(root: Tensor) -> list[Tensor]:
    """Every tensor that ``root`` depends on and that requires grad, each after all that were computed from it.

    Depth first with an explicit stack: Python allows about 1,000 nested calls.
    """
    order: list[Tensor] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        tensor, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            stack.extend((parent, False) for parent in tensor._parents if parent.requires_grad)
    return order[::-1]


def _unbroadcast(grad: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``grad`` over the axes that broadcasting added or repeated, down to ``shape``."""
    if grad.shape == shape:
        return grad
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and grad.shape[axis] != 1)
    return grad.sum(axis=stretched, keepdims=True)


def _with_axes(grad: Array, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Array:
    """Insert the axes, with size 1, that a reduction of an array of ``shape`` removed."""
    if keepdims:
        return grad
    return np.expand_dims(grad, tuple(range(len(shape))) if axis is None else axis)


# STUB: # Private helpers can be here: the order of the graph, and the sum that undoes broadcasting.
# END SOLUTION
