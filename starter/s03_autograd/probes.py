"""How the tests call your code: each probe builds tensors from plain arrays and returns the results.

You may read and run this file. It holds no expected values: those of the public tests are in ``test_public.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Program = Sequence[Sequence[Any]]

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "@": lambda a, b: a @ b,
    "**": lambda a, exponent: a**exponent,
    "neg": lambda a: -a,
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "relu": lambda a: a.relu(),
    "tanh": lambda a: a.tanh(),
    "sigmoid": lambda a: a.sigmoid(),
    "sum": lambda a, **settings: a.sum(**settings),
    "mean": lambda a, **settings: a.mean(**settings),
    "max": lambda a, **settings: a.max(**settings),
    "reshape": lambda a, shape: a.reshape(*shape),
    "reshape with a tuple": lambda a, shape: a.reshape(tuple(shape)),
    "transpose": lambda a, axes=(): a.transpose(*axes),
    "T": lambda a: a.T,
    "[]": lambda a, index: a[_index(index)],
}


def unary(*, name: str, x: Array, grad_output: Array, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One operation on one tensor: y, and after y.backward(grad_output) grad_x.

    ``name`` is a key of ``OPERATIONS``; ``settings`` are its further arguments, such as axis and keepdims,
    exponent, shape, axes or index.
    """
    leaf = _leaf(x)
    y = OPERATIONS[name](leaf, **_plain_settings(settings or {}))
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_x": _copy(leaf.grad)}


def binary(*, name: str, a: Array, b: Array, grad_output: Array) -> dict[str, Any]:
    """One operation on two tensors: y, and after y.backward(grad_output) grad_a and grad_b."""
    left, right = _leaf(a), _leaf(b)
    y = OPERATIONS[name](left, right)
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_a": _copy(left.grad), "grad_b": _copy(right.grad)}


def with_constant(
    *, name: str, x: Array, constant: Array | float, constant_is_left: bool, grad_output: Array
) -> dict[str, Any]:
    """One operation on a tensor and a plain number or array on either side: y, grad_x."""
    leaf = _leaf(x)
    other = constant.copy() if isinstance(constant, np.ndarray) else constant
    y = OPERATIONS[name](other, leaf) if constant_is_left else OPERATIONS[name](leaf, other)
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_x": _copy(leaf.grad)}


def joined(
    *, parts: Sequence[Array], use: Sequence[int], axis: int, grad_output: Array, constant: Array | None = None
) -> dict[str, Any]:
    """``concatenate`` of the parts numbered in ``use``, in that order: y, and grad_0, grad_1, ... of the parts.

    With ``constant``, this plain array comes last.
    """
    from scratch.tensor import concatenate

    leaves = [_leaf(part) for part in parts]
    constants = [] if constant is None else [constant.copy()]
    y = concatenate([*(leaves[number] for number in use), *constants], axis=axis)
    y.backward(np.array(grad_output))
    return {"y": _values(y)} | {f"grad_{number}": _copy(leaf.grad) for number, leaf in enumerate(leaves)}


def graph(
    *,
    leaves: Mapping[str, Array],
    program: Program,
    backward: Sequence[Sequence[Any]],
    constants: Mapping[str, Array] | None = None,
) -> dict[str, Any]:
    """Values of every result of a program, and the leaves' gradients after some calls of ``backward``.

    Args:
        leaves: tensors that require grad, by name.
        program: steps in order, each [name of the result, key of ``OPERATIONS``, operand, ...]; an operand is
            the name of a tensor or a number.
        backward: calls in order, each [name of a tensor] or [name of a tensor, grad_output].
        constants: tensors that do not require grad, by name.

    Returns:
        values and grads, both by name; grads holds None where there is no gradient.
    """
    tensors = _tensors(leaves, constants or {})
    for result, name, *operands in program:
        found = [tensors[operand] if isinstance(operand, str) else operand for operand in operands]
        tensors[result] = OPERATIONS[name](*found)
    for name, *grad_output in backward:
        tensors[name].backward(*(np.array(grad) for grad in grad_output))
    given = [*leaves, *(constants or {})]
    return {
        "values": {step[0]: _values(tensors[step[0]]) for step in program},
        "grads": {name: _copy(tensors[name].grad) for name in given},
    }


def chain(*, x: Array, factor: float, shift: float, links: int, grad_output: Array) -> dict[str, Any]:
    """Repeat y = y * factor + shift from y = x on, ``links`` times: a graph 2 * links operations deep."""
    leaf = _leaf(x)
    y = leaf
    for _ in range(links):
        y = y * factor + shift
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_x": _copy(leaf.grad)}


def diamonds(*, x: Array, a: float, b: float, levels: int, grad_output: Array) -> dict[str, Any]:
    """Repeat y = y * a + y * b from y = x on: two paths a level, 2**levels from the leaf to the result."""
    leaf = _leaf(x)
    y = leaf
    for _ in range(levels):
        y = y * a + y * b
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_x": _copy(leaf.grad)}


def from_scalar(*, value: float) -> dict[str, Any]:
    """Values, gradient and shapes of y = tanh(x) * x for one number, with ``backward`` without an argument."""
    from scratch.tensor import Tensor

    leaf = Tensor(value, requires_grad=True)
    y = leaf.tanh() * leaf
    y.backward()
    return {
        "y": float(y.data),
        "grad_x": float(leaf.grad),
        "shapes": [list(np.shape(y.data)), list(np.shape(leaf.grad))],
    }


def flags(*, x: Array) -> dict[str, bool]:
    """``requires_grad`` of results whose parents require grad or not, and of tensors made directly."""
    from scratch.tensor import Tensor, concatenate

    wants, constant = Tensor(x.copy(), requires_grad=True), Tensor(x.copy())
    return {
        "made directly": bool(constant.requires_grad),
        "made directly with requires_grad=True": bool(wants.requires_grad),
        "constant * constant": bool((constant * constant).requires_grad),
        "constant * tensor": bool((constant * wants).requires_grad),
        "tensor.exp()": bool(wants.exp().requires_grad),
        "constant.exp()": bool(constant.exp().requires_grad),
        "concatenate of both": bool(concatenate([constant, wants]).requires_grad),
    }


def without_recording(*, x: Array, grad_output: Array) -> dict[str, Any]:
    """The effects of ``no_grad``: flags inside, nested and after; and gradients computed after a block.

    Returns:
        flags: ``requires_grad`` of results, by the place where they were made;
        value_k, grad_x: of y = x * x + k, with k = x * 3 made within ``no_grad`` and so a constant.
    """
    from scratch.tensor import Tensor, no_grad

    leaf = _leaf(x)
    found: dict[str, bool] = {}
    with no_grad():
        k = leaf * 3
        found["inside"] = bool(k.requires_grad)
        with no_grad():
            found["inside two"] = bool((leaf * 2).requires_grad)
        found["inside one, after the second"] = bool((leaf * 2).requires_grad)
        found["made directly inside"] = bool(Tensor(x.copy(), requires_grad=True).requires_grad)
    found["after"] = bool((leaf * 2).requires_grad)
    y = leaf * leaf + k
    y.backward(np.array(grad_output))
    return {"flags": found, "value_k": _values(k), "grad_x": _copy(leaf.grad)}


def after_exception(*, x: Array) -> dict[str, bool]:
    """Whether results require grad, after an exception has left a ``no_grad`` block and the block around it."""
    from scratch.tensor import no_grad

    leaf, found = _leaf(x), {}
    try:
        try:
            with no_grad(), no_grad():
                raise KeyError("inner")
        except KeyError:
            found["after both"] = bool((leaf * 2).requires_grad)
        with no_grad():
            try:
                with no_grad():
                    raise KeyError("inner")
            except KeyError:
                found["within the outer"] = bool((leaf * 2).requires_grad)
    finally:
        sys.modules.pop("scratch.tensor", None)  # if recording is still off, other tests must not fail because of it
    return found


def refusal(*, x: Array, requires_grad: bool, grad_output: Array | None) -> dict[str, str]:
    """The class of the exception that (x * x).backward raises, '' if none.

    With ``grad_output`` None ``backward`` is called without an argument.
    """
    from scratch.tensor import Tensor

    leaf = Tensor(x.copy(), requires_grad=requires_grad)
    y = leaf * leaf
    try:
        if grad_output is None:
            y.backward()
        else:
            y.backward(np.array(grad_output))
    except (ValueError, RuntimeError) as error:
        is_stub = isinstance(error, NotImplementedError)  # is a RuntimeError too, but not the expected one
        if is_stub:
            raise
        return {"raised": "ValueError" if isinstance(error, ValueError) else "RuntimeError"}
    return {"raised": ""}


def kept(*, x: Array, b: Array, grad_output: Array) -> dict[str, Any]:
    """The arrays that were passed in, after every kind of operation and after ``backward`` twice."""
    from scratch.tensor import concatenate

    leaf, other = _leaf(x), _leaf(b)
    given = np.array(grad_output)
    for name in ("relu", "exp", "tanh", "sigmoid", "neg"):
        OPERATIONS[name](leaf).backward(given)
    for name in ("+", "-", "*", "/"):
        OPERATIONS[name](leaf, other).backward(given)
    rest = [leaf + other, leaf.reshape(*x.shape), leaf[:], leaf.sum(axis=0, keepdims=True) * other, leaf.T.T]
    for y in rest:
        y.backward(given)
        y.backward(given)
    y = concatenate([leaf, other])
    y.backward(np.concatenate([given, given]))
    return {"x": np.array(leaf.data), "b": np.array(other.data), "grad_output": given}


def dtypes(*, x: Array, weight: Array) -> dict[str, str]:
    """The dtypes of a result and of gradients, where all tensors are float32 and all numbers Python numbers.

    "float64" is that of a float32 tensor times a float64 array.
    """
    from scratch.tensor import Tensor

    leaf, other = (Tensor(values.astype(np.float32), requires_grad=True) for values in (x, weight))
    y = (2.0 * (leaf @ other) / 3 - 0.5).relu().mean() + (1 - leaf).tanh().sum() ** 2 + leaf.max(axis=0).sum()
    y.backward()
    seeded = Tensor(x.astype(np.float32), requires_grad=True)
    (seeded * 1.0).backward(x.copy())  # float64
    return {
        "y": str(y.data.dtype),
        "grad_x": str(leaf.grad.dtype),
        "grad_weight": str(other.grad.dtype),
        "grad of a float64 grad_output": str(seeded.grad.dtype),
        "float64": str((leaf * np.full(x.shape, 2.0)).data.dtype),
    }


def of_integers(*, values: Sequence[int], grad_output: Array) -> dict[str, Any]:
    """Value and gradient of y = x * x for a tensor made from a list of integers: y, grad_x."""
    from scratch.tensor import Tensor

    leaf = Tensor(list(values), requires_grad=True)
    y = leaf * leaf
    y.backward(np.array(grad_output))
    return {"y": _values(y), "grad_x": _copy(leaf.grad)}


def tensor_curve(
    *,
    activation: str,
    loss: str,
    weights: Sequence[Array],
    biases: Sequence[Array],
    x: Array,
    target: Array,
    lr: float,
    steps: int,
) -> dict[str, Array]:
    """Loss before each step of gradient descent on an MLP of tensors, and after the last: losses (steps + 1,).

    ``activation`` is "relu", "tanh" or "sigmoid" and is used between each two layers; ``loss`` is "MSELoss", or
    "CrossEntropyLoss" for integer targets; ``weights`` have the shape (out, in), as in Linear of s02_backprop.
    """
    from scratch.tensor import Tensor

    params = [(_leaf(weight), _leaf(bias)) for weight, bias in zip(weights, biases, strict=True)]
    inputs, losses = Tensor(x.copy()), []
    for step in range(steps + 1):
        hidden = inputs
        for number, (weight, bias) in enumerate(params):
            hidden = hidden if number == 0 else OPERATIONS[activation](hidden)
            hidden = hidden @ weight.T + bias
        objective = _mse(hidden, target) if loss == "MSELoss" else _cross_entropy(hidden, target)
        losses.append(objective.item())
        if step < steps:
            for param in [param for pair in params for param in pair]:
                param.zero_grad()
            objective.backward()
            for param in [param for pair in params for param in pair]:
                param.data = param.data - lr * param.grad
    return {"losses": np.array(losses)}


def module_curve(
    *,
    activation: str,
    loss: str,
    weights: Sequence[Array],
    biases: Sequence[Array],
    x: Array,
    target: Array,
    lr: float,
    steps: int,
) -> dict[str, Array]:
    """The same as ``tensor_curve`` with the layers, losses and written-out gradients of s02_backprop."""
    from scratch import nn

    layers: list[Any] = []
    for weight, bias in zip(weights, biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
        layers += [linear, {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[activation]()]
    network, criterion, losses = nn.Sequential(*layers[:-1]), getattr(nn, loss)(), []
    for step in range(steps + 1):
        losses.append(float(criterion.forward(network(x.copy()), target.copy())))
        if step < steps:
            network.zero_grad()
            network.backward(criterion.backward())
            for param in network.parameters():
                param.data = param.data - lr * param.grad
    return {"losses": np.array(losses)}


def _mse(outputs: Any, target: Array) -> Any:
    return ((outputs - target) ** 2).mean()


def _cross_entropy(logits: Any, target: Array) -> Any:
    """The mean of -log softmax(logits)[target], logits (N, K), with operations of Tensor only."""
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp of a large logit would overflow
    log_sum = shifted.exp().sum(axis=1).log()  # (N,)
    return (log_sum - shifted[np.arange(len(target)), target]).mean()


def _leaf(values: Array) -> Any:
    from scratch.tensor import Tensor

    return Tensor(np.array(values), requires_grad=True)


def _tensors(leaves: Mapping[str, Array], constants: Mapping[str, Array]) -> dict[str, Any]:
    from scratch.tensor import Tensor

    made: dict[str, Any] = {name: _leaf(values) for name, values in leaves.items()}
    return made | {name: Tensor(np.array(values)) for name, values in constants.items()}


def _values(tensor: Any) -> Array:
    """A copy of a tensor's data as an array."""
    return np.array(tensor.data)


def _copy(grad: Any) -> Any:
    """A copy of a gradient, or None: the next ``backward`` may write into the original."""
    return None if grad is None else np.array(grad)


def _plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A list of axes becomes a tuple, as numpy needs it."""
    made = dict(settings)
    if isinstance(made.get("axis"), list):
        made["axis"] = tuple(made["axis"])
    return made


def _index(parts: Sequence[Any]) -> Any:
    """An index from plain data: numbers, arrays, None, "...", and {"slice": [start, stop, step]}."""
    made: list[Any] = []
    for part in parts:
        if isinstance(part, dict):
            made.append(slice(*part["slice"]))
        else:
            made.append(Ellipsis if isinstance(part, str) else part)
    return made[0] if len(made) == 1 else tuple(made)
