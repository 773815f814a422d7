"""Right tensors written in other ways; each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine, write

TENSOR = "scratch/tensor.py"

INDEPENDENT = '''
"""Another author's tensors: closures that add into their parents' buffers, ordered by age."""

import heapq
import itertools

import numpy as np

WRITTEN_ANSWER = ""
_ages = itertools.count()


class no_grad:
    depth = 0

    def __enter__(self):
        no_grad.depth += 1

    def __exit__(self, *exception):
        no_grad.depth -= 1


def _reduce(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size != grad.shape[axis]:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


class Tensor:
    __array_ufunc__ = None

    def __init__(self, data, requires_grad=False, _inputs=(), _send=None):
        if type(data) is not np.ndarray:
            data = np.array(data, dtype=getattr(data, "dtype", float))
        self.data = data if data.dtype.kind == "f" else data.astype(float)
        self.grad = None
        self._age = next(_ages)
        recorded = [tensor for tensor in _inputs if tensor.requires_grad]
        self._inputs = recorded if no_grad.depth == 0 else []
        self._send = _send if self._inputs else None
        self.requires_grad = bool(requires_grad or self._inputs)

    shape = property(lambda self: self.data.shape)
    T = property(lambda self: self.transpose())

    def item(self):
        return float(self.data)

    def zero_grad(self):
        self.grad = None

    def backward(self, grad_output=None):
        if not self.requires_grad:
            raise RuntimeError("nothing to differentiate")
        if grad_output is None and self.data.size == 1:
            grad_output = np.ones(self.shape)
        if grad_output is None or np.shape(grad_output) != self.shape:
            raise ValueError("grad_output")
        buffers = {self: np.array(grad_output, dtype=self.data.dtype)}
        heap = [(-self._age, self)]
        while heap:
            tensor = heapq.heappop(heap)[1]
            buffer = buffers.pop(tensor)
            if tensor._send is None:
                if tensor.grad is None:
                    tensor.grad = np.zeros_like(tensor.data)
                tensor.grad += buffer
                continue

            def add(parent, grad):
                if not parent.requires_grad:
                    return
                if parent not in buffers:
                    buffers[parent] = np.zeros_like(parent.data)
                    heapq.heappush(heap, (-parent._age, parent))
                buffers[parent] += _reduce(np.asarray(grad), parent.shape)

            tensor._send(buffer, add)

    def _lift(self, other):
        if isinstance(other, Tensor):
            return other
        return Tensor(np.array(other, dtype=self.data.dtype if np.isscalar(other) else None))

    def __add__(self, other):
        other = self._lift(other)

        def send(grad, add):
            add(self, grad)
            add(other, grad)

        return Tensor(np.asarray(self.data + other.data), _inputs=(self, other), _send=send)

    def __mul__(self, other):
        other = self._lift(other)

        def send(grad, add):
            add(self, other.data * grad)
            add(other, self.data * grad)

        return Tensor(np.asarray(self.data * other.data), _inputs=(self, other), _send=send)

    def __matmul__(self, other):
        other = self._lift(other)

        def send(grad, add):
            add(self, np.einsum("...nm,...km->...nk", grad, other.data))
            add(other, np.einsum("...nk,...nm->...km", self.data, grad))

        return Tensor(self.data @ other.data, _inputs=(self, other), _send=send)

    def __pow__(self, exponent):
        return self._map(np.power(self.data, exponent), lambda: exponent * np.power(self.data, exponent - 1.0))

    __radd__ = __add__
    __rmul__ = __mul__
    __neg__ = lambda self: self * -1.0
    __sub__ = lambda self, other: self + -self._lift(other)
    __rsub__ = lambda self, other: -self + other
    __truediv__ = lambda self, other: self * self._lift(other) ** -1
    __rtruediv__ = lambda self, other: self._lift(other) * self**-1
    __rmatmul__ = lambda self, other: self._lift(other) @ self

    def _map(self, values, slope):
        return Tensor(
            np.asarray(values, dtype=self.data.dtype),
            _inputs=(self,),
            _send=lambda grad, add: add(self, grad * np.asarray(slope(), dtype=self.data.dtype)),
        )

    def exp(self):
        return self._map(np.exp(self.data), lambda: np.exp(self.data))

    def log(self):
        return self._map(np.log(self.data), lambda: 1.0 / self.data)

    def relu(self):
        return self._map(self.data * (self.data >= 0), lambda: self.data >= 0)

    def tanh(self):
        values = np.tanh(self.data)
        return self._map(values, lambda: 1.0 - values * values)

    def sigmoid(self):
        values = 0.5 * (1.0 + np.tanh(0.5 * self.data))
        return self._map(values, lambda: values * (1.0 - values))

    def _axes(self, axis):
        if axis is None:
            return tuple(range(self.data.ndim))
        return tuple(one % self.data.ndim for one in np.atleast_1d(axis))

    def sum(self, axis=None, keepdims=False):
        axes = self._axes(axis)

        def send(grad, add):
            kept = [1 if one in axes else size for one, size in enumerate(self.shape)]
            add(self, np.zeros_like(self.data) + grad.reshape(kept))

        return Tensor(np.asarray(np.sum(self.data, axis=axes, keepdims=keepdims)), _inputs=(self,), _send=send)

    def mean(self, axis=None, keepdims=False):
        return self.sum(axis, keepdims) * (1.0 / np.prod([self.shape[one] for one in self._axes(axis)]).item())

    def max(self, axis=None, keepdims=False):
        axes = self._axes(axis)
        rest = [one for one in range(self.data.ndim) if one not in axes]
        sizes = [self.shape[one] for one in rest]
        rows = self.data.transpose(*rest, *axes).reshape(int(np.prod(sizes)), -1 if self.data.size else 3)
        best = rows.argmax(axis=1)

        def send(grad, add):
            back = np.zeros_like(rows)
            back[np.arange(len(rows)), best] = grad.reshape(-1)
            back = back.reshape(*sizes, *(self.shape[one] for one in axes))
            add(self, back.transpose(np.argsort([*rest, *axes])))

        return Tensor(np.asarray(self.data.max(axis=axes, keepdims=keepdims)), _inputs=(self,), _send=send)

    def reshape(self, *shape):
        return Tensor(
            self.data.reshape(*shape), _inputs=(self,), _send=lambda grad, add: add(self, grad.reshape(self.shape))
        )

    def transpose(self, *axes):
        axes = axes or tuple(range(self.data.ndim))[::-1]

        def send(grad, add):
            back = np.zeros_like(self.data)
            back.transpose(axes)[...] = grad
            add(self, back)

        return Tensor(self.data.transpose(axes), _inputs=(self,), _send=send)

    def __getitem__(self, index):
        places = np.arange(self.data.size).reshape(self.shape)[index]

        def send(grad, add):
            back = np.bincount(np.ravel(places), weights=np.ravel(grad), minlength=self.data.size)
            add(self, back.astype(self.data.dtype).reshape(self.shape))

        return Tensor(np.asarray(self.data[index]), _inputs=(self,), _send=send)


def concatenate(tensors, axis=0):
    tensors = [tensor if isinstance(tensor, Tensor) else Tensor(tensor) for tensor in tensors]

    def send(grad, add):
        start = 0
        for tensor in tensors:
            end = start + tensor.shape[axis]
            add(tensor, np.take(grad, np.arange(start, end), axis=axis))
            start = end

    return Tensor(np.concatenate([tensor.data for tensor in tensors], axis), _inputs=tensors, _send=send)
'''

VARIANTS = [
    Variant(
        name="independent_author",
        why="Only the names are the same as in the reference: composite operations, order by age, in-place buffers.",
        changes=(write(TENSOR, INDEPENDENT),),
    ),
    Variant(
        name="recursion_with_a_higher_limit",
        why="A recursive search is correct if Python's limit has been raised first.",
        changes=(
            redefine(
                TENSOR,
                """
import sys


def _reverse_topological(root):
    sys.setrecursionlimit(100_000)
    order, seen = [], set()

    def visit(tensor):
        seen.add(tensor)
        for parent in tensor._parents:
            if parent not in seen and parent.requires_grad:
                visit(parent)
        order.append(tensor)

    visit(root)
    return order[::-1]
""",
            ),
        ),
    ),
    Variant(
        name="kahns_algorithm",
        why="A tensor is visited when the number of its unfinished uses is 0 (Kahn 1962).",
        changes=(
            redefine(
                TENSOR,
                """
def _reverse_topological(root):
    uses, waiting, seen = {root: 0}, [root], {root}
    while waiting:
        for parent in waiting.pop()._parents:
            if parent.requires_grad:
                uses[parent] = uses.get(parent, 0) + 1
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
    order = [root]
    for tensor in order:
        for parent in tensor._parents:
            if parent.requires_grad:
                uses[parent] -= 1
                if uses[parent] == 0:
                    order.append(parent)
    return order
""",
            ),
        ),
    ),
    Variant(
        name="inner_tensors_keep_their_gradients",
        why="The value of grad for a tensor that is not a leaf is the student's choice: here that of the last call.",
        changes=(
            redefine(
                TENSOR,
                """
class Tensor(Tensor):
    def backward(self, grad_output=None):
        if not self.requires_grad:
            raise RuntimeError
        if grad_output is None:
            if self.data.size != 1:
                raise ValueError
            grad_output = np.ones_like(self.data)
        if np.shape(grad_output) != self.shape:
            raise ValueError
        order = _reverse_topological(self)
        for tensor in order:
            if tensor._pull is not None:
                tensor.grad = np.zeros_like(tensor.data)
        if self.grad is None:
            self.grad = np.zeros_like(self.data)
        self.grad += grad_output
        for tensor in order:
            if tensor._pull is not None:
                for parent, part in zip(tensor._parents, tensor._pull(tensor.grad)):
                    if parent.requires_grad:
                        if parent.grad is None:
                            parent.grad = np.zeros_like(parent.data)
                        parent.grad += _unbroadcast(part, parent.shape)
""",
            ),
        ),
    ),
    Variant(
        name="ties_and_kinks_the_other_way",
        why="Which element gets the gradient of a tie, and the slope of relu at 0, are the student's choice.",
        changes=(
            edit(TENSOR, "positive = self.data > 0", "positive = self.data >= 0"),
            edit(
                TENSOR,
                "share = chosen / chosen.sum(axis=axis, keepdims=True, dtype=self.data.dtype)",
                "share = chosen.astype(self.data.dtype)",
            ),
        ),
    ),
    Variant(
        name="no_grad_by_a_flag_of_the_class",
        why="A class with __enter__ and __exit__ that restores the earlier state is a context manager, too.",
        changes=(
            edit(TENSOR, "if _recording.get() and any(", "if no_grad.recording and any("),
            redefine(
                TENSOR,
                """
class no_grad:
    recording = True

    def __enter__(self):
        self.before, no_grad.recording = no_grad.recording, False

    def __exit__(self, *exception):
        no_grad.recording = self.before
""",
            ),
        ),
    ),
    Variant(
        name="fortran_order_and_numpy_scalars",
        why="No test looks at memory order, or at whether a gradient of shape () is a numpy number or an array.",
        changes=(
            edit(
                TENSOR,
                "np.array(grad) if tensor.grad is None else np.asarray(tensor.grad + grad)",
                'np.array(grad if tensor.grad is None else tensor.grad + grad, order="F")[()]',
            ),
            edit(
                TENSOR,
                "self.data: Array = values if",
                'values = np.asarray(values, order="F")\n        self.data: Array = values if',
            ),
        ),
    ),
    Variant(
        name="sigmoid_in_two_halves",
        why="The exponential is only taken of negative numbers, on either side of 0.",
        changes=(
            edit(
                TENSOR,
                "y = np.exp(-np.logaddexp(0, -self.data))",
                "small = np.exp(-np.abs(self.data))\n        y = np.where(self.data >= 0, 1, small) / (1 + small)",
            ),
        ),
    ),
    Variant(
        name="sigmoid_that_warns",
        why="1 / (1 + exp(-x)) overflows with a warning, and the result 0 is correct.",
        changes=(edit(TENSOR, "y = np.exp(-np.logaddexp(0, -self.data))", "y = 1 / (1 + np.exp(-self.data))"),),
    ),
    Variant(
        name="rules_in_other_words",
        why="Quotient, power, matrix product and sum of repeated axes written with other numpy functions.",
        changes=(
            edit(TENSOR, "-grad * quotient / other.data", "-grad * self.data / other.data**2"),
            edit(TENSOR, "grad @ other.data.swapaxes(-1, -2)", 'np.einsum("...nm,...km->...nk", grad, other.data)'),
            edit(TENSOR, "self.data.swapaxes(-1, -2) @ grad", 'np.einsum("...nk,...nm->...km", self.data, grad)'),
            edit(TENSOR, "grad.transpose(np.argsort(order))", "np.moveaxis(grad, range(grad.ndim), order)"),
            edit(TENSOR, "(grad / self.data,))", "(grad * self.data**-1.0,))"),
        ),
    ),
]
