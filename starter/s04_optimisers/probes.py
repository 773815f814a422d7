"""How the tests call your code: each probe passes plain arrays to ``scratch.optim`` and returns the results.

You may read and run this file. It holds no expected values: those of the public tests are in ``test_public.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Settings = Mapping[str, Any]


def optimiser_path(
    *,
    optimiser: str,
    settings: Settings,
    weights: Sequence[Array],
    grads: Sequence[Array],
    present: Array | None = None,
    lrs: Array | None = None,
    handling: str = "new arrays",
) -> dict[str, Array]:
    """Weights of every parameter after each step, with a new optimiser.

    Args:
        optimiser: the name of the class.
        settings: its keyword arguments.
        weights: the initial values of each parameter.
        grads: for each parameter its gradient at each step, shape (steps, *shape of the parameter).
        present: False where ``grad`` is None, shape (steps, parameters); None: all present.
        lrs: the learning rate to set before each step, shape (steps,); None: do not change it.
        handling: "new arrays": each step gets a new ``grad``;
            "generator": the same, and the parameters are given as a generator;
            "same gradient array": each gradient is written into one array, which is ``grad`` at every step;
            "new data": the same as "new arrays", and ``data`` is replaced by a copy of itself before each step.

    Returns:
        path_0, path_1, ...: shape (steps, *shape of the parameter).
    """
    params = _parameters(weights)
    given = _one_by_one(params) if handling == "generator" else params
    chosen = _make(optimiser, given, settings)
    paths: list[list[Array]] = [[] for _ in params]
    for step in range(len(grads[0])):
        for index, param in enumerate(params):
            if handling == "same gradient array" and param.grad is not None:
                param.grad[...] = grads[index][step]
            else:
                is_there = present is None or present[step, index]
                param.grad = grads[index][step].copy() if is_there else None
            if handling == "new data":
                param.data = param.data.copy()
        if lrs is not None:
            chosen.lr = float(lrs[step])
        chosen.step()
        for path, param in zip(paths, params, strict=True):
            path.append(np.array(param.data))
    return {f"path_{index}": np.stack(path) for index, path in enumerate(paths)}


def gradients_after_steps(
    *, optimiser: str, settings: Settings, weights: Sequence[Array], grads: Sequence[Array]
) -> dict[str, Any]:
    """Every parameter's ``grad`` after each step: grad_0, grad_1, ... of the shapes of ``grads``.

    And moved: whether all weights have changed.
    """
    params = _parameters(weights)
    chosen = _make(optimiser, params, settings)
    found: list[list[Array]] = [[] for _ in params]
    for step in range(len(grads[0])):
        for param, of_param in zip(params, grads, strict=True):
            param.grad = of_param[step].copy()
        chosen.step()
        for after, param in zip(found, params, strict=True):
            after.append(np.array(param.grad))
    outputs: dict[str, Any] = {f"grad_{index}": np.stack(after) for index, after in enumerate(found)}
    outputs["moved"] = all(bool(np.all(param.data != at)) for param, at in zip(params, weights, strict=True))
    return outputs


def dtype_after_steps(*, optimiser: str, settings: Settings, weight: Array, grads: Array) -> dict[str, Any]:
    """The dtype of ``data`` after some steps of a float32 parameter with float32 gradients, and whether it moved."""
    start = weight.astype(np.float32)
    params = _parameters([start])
    chosen = _make(optimiser, params, settings)
    for grad in grads.astype(np.float32):
        params[0].grad = grad.copy()
        chosen.step()
    return {"dtype": str(params[0].data.dtype), "moved": bool(np.all(params[0].data != start))}


def descend_quadratic(
    *, optimiser: str, settings: Settings, curvature: Array, start: Array, steps: int
) -> dict[str, Array]:
    """Minimise sum(curvature * w**2) / 2 from ``start``: path, shape (steps + 1, D), the start included."""
    params = _parameters([start])
    chosen = _make(optimiser, params, settings)
    path = [start]
    for _ in range(steps):
        params[0].grad = curvature * params[0].data
        chosen.step()
        path.append(np.array(params[0].data))
    return {"path": np.stack(path)}


def cleared(*, weights: Sequence[Array], grads: Sequence[Array], times: int) -> dict[str, Array]:
    """Whether each ``grad`` is None or zeros of its parameter's shape after ``times`` calls of ``zero_grad``.

    An empty array in ``grads`` means that this gradient is None from the beginning.
    """
    params = _parameters(weights)
    for param, grad in zip(params, grads, strict=True):
        param.grad = grad.copy() if grad.size else None
    chosen = _make("SGD", params, {"lr": 0.1})
    for _ in range(times):
        chosen.zero_grad()
    return {
        "cleared": np.array(
            [
                param.grad is None or (np.shape(param.grad) == weight.shape and not np.any(param.grad))
                for param, weight in zip(params, weights, strict=True)
            ]
        )
    }


def clipped(
    *, grads: Sequence[Array | None], max_norm: float, handling: str = "list", dtype: str = "float64"
) -> dict[str, Any]:
    """The result of ``clip_grad_norm_``, and the gradients after it.

    Args:
        grads: None for a parameter without gradient.
        max_norm: as in ``clip_grad_norm_``.
        handling: "list" or "generator": how the parameters are given.
        dtype: of the parameters and gradients.

    Returns:
        norm; grad_0, grad_1, ... of those that had a gradient; dtype of the first of them;
        none_stay_none: whether the others still have none.
    """
    from scratch.optim import clip_grad_norm_

    params = _parameters([np.zeros(3 if grad is None else grad.shape, dtype) for grad in grads])
    for param, grad in zip(params, grads, strict=True):
        param.grad = None if grad is None else grad.astype(dtype)
    norm = clip_grad_norm_(_one_by_one(params) if handling == "generator" else params, max_norm)
    had_grad = [index for index, grad in enumerate(grads) if grad is not None]
    outputs: dict[str, Any] = {f"grad_{index}": np.array(params[index].grad) for index in had_grad}
    outputs["dtype"] = str(params[had_grad[0]].grad.dtype) if had_grad else dtype
    outputs["none_stay_none"] = all(params[i].grad is None for i, grad in enumerate(grads) if grad is None)
    outputs["norm"] = None if norm is None else float(norm)
    return outputs


def schedule(*, scheduler: str, settings: Settings, lr: float, steps: int) -> dict[str, Array]:
    """The optimiser's ``lr`` when the scheduler has been made and after each of its steps: shape (steps + 1,)."""
    chosen = _make("SGD", _parameters([np.zeros(1)]), {"lr": lr})
    schedule_of = _make(scheduler, chosen, settings)
    found = [chosen.lr]
    for _ in range(steps):
        schedule_of.step()
        found.append(chosen.lr)
    return {"lr": np.array(found, dtype=float)}


def last_lr(*, scheduler: str, settings: Settings, lr: float, steps: int) -> dict[str, Array]:
    """What ``get_last_lr`` returns when the scheduler has been made and after each step: shape (steps + 1,)."""
    chosen = _make("SGD", _parameters([np.zeros(1)]), {"lr": lr})
    schedule_of = _make(scheduler, chosen, settings)
    found = [schedule_of.get_last_lr()]
    for _ in range(steps):
        schedule_of.step()
        found.append(schedule_of.get_last_lr())
    return {"lr": np.array(found, dtype=float)}


def scheduled_path(
    *,
    optimiser: str,
    settings: Settings,
    scheduler: str,
    scheduler_settings: Settings,
    weight: Array,
    grads: Array,
) -> dict[str, Array]:
    """Weights after each step of a training loop that calls ``optimiser.step``, then ``scheduler.step``: path."""
    params = _parameters([weight])
    chosen = _make(optimiser, params, settings)
    schedule_of = _make(scheduler, chosen, scheduler_settings)
    path = []
    for grad in grads:
        chosen.zero_grad()
        params[0].grad = grad.copy()
        chosen.step()
        schedule_of.step()
        path.append(np.array(params[0].data))
    return {"path": np.stack(path)}


def _parameters(weights: Sequence[Array]) -> list[Any]:
    """Make a new parameter from a copy of each array."""
    from scratch.nn import Parameter

    return [Parameter(weight.copy()) for weight in weights]


def _one_by_one(params: list[Any]) -> Iterator[Any]:
    """Yield the parameters once, as ``Module.parameters`` does."""
    yield from params


def _make(name: str, first: Any, settings: Settings) -> Any:
    """Make the optimiser or scheduler of that name from ``scratch.optim``.

    A setting that is a list, such as ``betas``, becomes a tuple.
    """
    from scratch import optim

    values = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    return getattr(optim, name)(first, **values)
