"""How the tests call your code: each probe passes plain arrays to ``scratch`` and returns the results.

You may read and run this file. It holds no expected values: those of the public tests are in ``test_public.py``.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Settings = Mapping[str, Any]


# --- vectorised.py ---------------------------------------------------------------------------------------------


def distances(*, x: Array, y: Array) -> dict[str, Array]:
    """The result of ``pairwise_distances``."""
    from scratch.vectorised import pairwise_distances

    return {"distances": pairwise_distances(x, y)}


def probabilities(*, logits: Array, settings: Settings) -> dict[str, Array]:
    """The result of ``softmax``; ``settings`` may hold a temperature."""
    from scratch.vectorised import softmax

    return {"probabilities": softmax(logits, **settings)}


def confusion(*, target: Array, predicted: Array, classes: int) -> dict[str, Array]:
    """The result of ``confusion_matrix``."""
    from scratch.vectorised import confusion_matrix

    return {"counts": confusion_matrix(target, predicted, classes)}


def averages(*, x: Array, window: int) -> dict[str, Array]:
    """The result of ``moving_average``."""
    from scratch.vectorised import moving_average

    return {"averages": moving_average(x, window)}


# For time budgets: only sums are returned.


def _weighted_sum(values: Sequence[Array], weights: Array) -> float:
    """The elements' sum, each with a weight of the test: what was not computed cannot have this sum."""
    total = 0.0
    for number, part in enumerate(values):  # one by one: a copy of a strided array is small
        flat = np.ravel(part)
        full = flat.size - flat.size % weights.size
        sums = flat[:full].reshape(-1, weights.size) @ weights
        rest = flat[full:] @ weights[: flat.size - full]
        total += weights[number % weights.size] * (sums @ np.resize(weights, sums.size) + rest)
    return float(total)


def many_distances(*, x: Array, y: Array, weights: Array) -> dict[str, float]:
    """A weighted sum of what ``pairwise_distances`` returns."""
    return {"total": _weighted_sum([distances(x=x, y=y)["distances"]], weights)}


def many_probabilities(*, logits: Array, weights: Array) -> dict[str, float]:
    """A weighted sum of what ``softmax`` returns."""
    return {"total": _weighted_sum([probabilities(logits=logits, settings={})["probabilities"]], weights)}


def many_counts(*, target: Array, predicted: Array, classes: int) -> dict[str, Array]:
    """The result of ``confusion_matrix``; classes are sent as one byte each and become int64 here."""
    classes_of = {"target": target.astype(np.int64), "predicted": predicted.astype(np.int64)}
    return confusion(**classes_of, classes=classes)


def many_averages(*, x: Array, window: int, weights: Array) -> dict[str, float]:
    """A weighted sum of what ``moving_average`` returns."""
    return {"total": _weighted_sum([averages(x=x, window=window)["averages"]], weights)}


# --- data.py ---------------------------------------------------------------------------------------------------


def standardized(*, fits: Sequence[Array], data: Sequence[Array]) -> dict[str, Any]:
    """A ``Standardizer`` fitted on each of ``fits`` in turn, then applied to each of ``data``, one after the other.

    Returns:
        mean and std at the end; transformed: a list of arrays;
        restored: the results of ``inverse_transform`` for those.
    """
    from scratch.data import Standardizer

    standardizer = Standardizer()
    for x in fits:
        standardizer = standardizer.fit(x)
    transformed = [standardizer.transform(x) for x in data]
    return {
        "transformed": transformed,
        "restored": [standardizer.inverse_transform(x) for x in transformed],
        "mean": standardizer.mean,
        "std": standardizer.std,
    }


def split(*, n: int, val_fraction: float, test_fraction: float, seed: int) -> dict[str, Array]:
    """What ``train_val_test_split`` returns: train, val, test."""
    from scratch.data import train_val_test_split

    parts = train_val_test_split(n, val_fraction, test_fraction, np.random.default_rng(seed))
    return {name: np.asarray(part) for name, part in zip(("train", "val", "test"), parts, strict=True)}


def folds(*, n: int, k: int, seed: int | None) -> dict[str, Any]:
    """What ``k_fold`` returns, without a generator where ``seed`` is None: train and val, lists of k arrays."""
    from scratch.data import k_fold

    return _folds(k_fold(n, k) if seed is None else k_fold(n, k, np.random.default_rng(seed)))


def stratified_folds(*, y: Array, k: int, seed: int) -> dict[str, Any]:
    """What ``stratified_k_fold`` returns: train and val, lists of k arrays."""
    from scratch.data import stratified_k_fold

    return _folds(stratified_k_fold(y, k, np.random.default_rng(seed)))


def refused(*, function: str, arguments: Settings, module: str = "data") -> dict[str, str]:
    """The class of the exception that a function of a module of ``scratch`` raises, or "nothing".

    A function that is not written yet, or is missing, raises its error as usual.
    """
    given = dict(arguments)
    if function == "random_search":
        given["objective"] = lambda _: 0.0
    if "seed" in given:
        given["rng"] = np.random.default_rng(given.pop("seed"))
    called = getattr(importlib.import_module(f"scratch.{module}"), function)
    try:
        called(**given)
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001  # the test looks at the class of the exception
        return {"raised": type(error).__name__}
    return {"raised": "nothing"}


def cross_validated(*, x: Array, y: Array, train: Sequence[Array], val: Sequence[Array]) -> dict[str, Any]:
    """What ``cross_validate`` passes to the function that trains and scores, and the scores that it returns.

    The score of fold i is 10 * i plus the mean of the squares of the validation features it was given.
    """
    from scratch.data import cross_validate

    seen: dict[str, list[Array]] = {"x_train": [], "y_train": [], "x_val": [], "y_val": []}

    def train_and_score(x_train: Array, y_train: Array, x_val: Array, y_val: Array) -> float:
        score = 10.0 * len(seen["x_val"]) + float(np.mean(x_val**2))
        for name, value in zip(seen, (x_train, y_train, x_val, y_val), strict=True):
            seen[name].append(np.array(value))
        return score

    scores = cross_validate(train_and_score, x, y, list(zip(train, val, strict=True)))
    return {**seen, "scores": np.asarray(scores)}


def batches(
    *,
    x: Array,
    y: Array,
    settings: Settings,
    seed: int | None = None,
    epochs: int = 1,
    two_at_once: bool = False,
) -> dict[str, Any]:
    """The batches of a ``DataLoader`` of (x, y).

    Args:
        x: features, one row for each sample.
        y: labels, one for each sample.
        settings: batch_size, shuffle, drop_last.
        seed: of the generator that it is given; None: it is given no generator.
        epochs: how often it is iterated.
        two_at_once: take a batch of each of two passes in turn, in place of one pass after the other.

    Returns:
        x and y: for each pass a list of the batches' arrays; length: the result of ``len``.
    """
    from scratch.data import DataLoader

    given = {} if seed is None else {"rng": np.random.default_rng(seed)}
    loader = DataLoader((x, y), **settings, **given)
    if two_at_once:
        pairs = list(zip(loader, loader, strict=True))
        iterations = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    else:
        iterations = [list(loader) for _ in range(epochs)]
    return {
        "x": [[np.array(batch[0]) for batch in of_one] for of_one in iterations],
        "y": [[np.array(batch[1]) for batch in of_one] for of_one in iterations],
        "length": len(loader),
    }


# --- init.py ---------------------------------------------------------------------------------------------------


def fans(*, shape: Sequence[int]) -> dict[str, int]:
    """What ``calculate_fans`` returns."""
    from scratch.init import calculate_fans

    fan_in, fan_out = calculate_fans(tuple(shape))
    return {"fan_in": int(fan_in), "fan_out": int(fan_out)}


def gain(*, arguments: Sequence[Any]) -> dict[str, float]:
    """What ``calculate_gain`` returns."""
    from scratch.init import calculate_gain

    return {"gain": float(calculate_gain(*arguments))}


def drawn(
    *, function: str, shape: Sequence[int], settings: Settings, seed: int | None, dtype: str = "float64"
) -> dict[str, Any]:
    """The weight that a function of ``scratch.init`` has filled, and its dtype.

    With a ``seed`` of None the function is given no generator.
    """
    return _filled(function, shape, settings, None if seed is None else np.random.default_rng(seed), dtype)


def signal(
    *, function: str, settings: Settings, activation: str, x: Array, sizes: Sequence[int], seed: int
) -> dict[str, Array]:
    """The root mean square of the activations after each layer, shape (layers,).

    Each layer multiplies by a weight that ``function`` has filled and applies "relu", "tanh" or "linear".
    """
    generator = np.random.default_rng(seed)
    apply = {"relu": lambda z: np.maximum(z, 0.0), "tanh": np.tanh, "linear": lambda z: z}[activation]
    found = []
    for out_features in sizes:
        weight = _filled(function, (out_features, x.shape[1]), settings, generator, "float64")["weight"]
        x = apply(x @ weight.T)
        found.append(float(np.sqrt(np.mean(x**2))))
    return {"rms": np.array(found)}


# --- training.py -----------------------------------------------------------------------------------------------


def evaluated(
    *, weights: Sequence[Array], x: Array, y: Array, sizes: Sequence[int], loss: str, training: bool = False
) -> dict[str, Any]:
    """The result of ``evaluate`` for an MLP with a layer whose output depends on the mode.

    Args:
        weights: weight and bias of each linear layer in turn.
        x: features, one row for each sample.
        y: targets, one for each sample.
        sizes: of the batches in which x and y are passed.
        loss: name of the criterion in ``scratch.nn``.
        training: the mode of the model before the call.

    Returns:
        loss; training: the modes of the model and of its layers afterwards.
    """
    from scratch import nn
    from scratch.training import evaluate

    model = _network(weights)
    model.train(training)
    found = evaluate(model, getattr(nn, loss)(), _cut(x, y, sizes))
    return {"loss": float(found), "training": [model.training, *(layer.training for layer in model.layers)]}


def share_right(
    *, weights: Sequence[Array], x: Array, y: Array, sizes: Sequence[int], training: bool = False
) -> dict[str, Any]:
    """What ``accuracy`` returns for an MLP with the given weights, and the modes before and after."""
    from scratch.training import accuracy

    model = _network(weights).train(training)
    return {"accuracy": float(accuracy(model, _cut(x, y, sizes))), "training": bool(model.training)}


def fitted(
    *,
    weights: Sequence[Array],
    train: Mapping[str, Any],
    val: Mapping[str, Any] | None,
    loss: str,
    optimiser: str,
    optimiser_settings: Settings,
    settings: Settings,
    scheduler: str | None = None,
    scheduler_settings: Settings | None = None,
) -> dict[str, Any]:
    """The result of ``fit`` for an MLP with a layer whose output depends on the mode.

    Args:
        weights: weight and bias of each linear layer in turn, before training.
        train: x, y and sizes, the sizes of the batches; each epoch has the same batches in the same order.
        val: the same, or None for no validation.
        loss: name of the criterion in ``scratch.nn``.
        optimiser: name of the optimiser in ``scratch.optim``.
        optimiser_settings: lr and its other arguments.
        settings: epochs, patience.
        scheduler: name of the schedule in ``scratch.training`` or ``scratch.optim``.
        scheduler_settings: gamma and its other arguments.

    Returns:
        weight_0, weight_1, ...: the parameters afterwards; train_loss, val_loss, lr and best_epoch of the history.
    """
    from scratch import nn, optim, training

    model = _network(weights)
    model.eval()  # as other code may have left it after an evaluation
    chosen = getattr(optim, optimiser)(model.parameters(), **optimiser_settings)
    given: dict[str, Any] = dict(settings)
    if scheduler is not None:
        made = getattr(training, scheduler, None) or getattr(optim, scheduler)
        given["scheduler"] = made(chosen, **(scheduler_settings or {}))
    val_loader = None if val is None else _cut(val["x"], val["y"], val["sizes"])
    train_loader = _cut(train["x"], train["y"], train["sizes"])
    history = training.fit(model, getattr(nn, loss)(), chosen, train_loader, val_loader, **given)
    outputs = {f"weight_{index}": np.array(param.data) for index, param in enumerate(model.parameters())}
    return {**outputs, **_history(history)}


def scripted(*, val_losses: Array, steps: int, epochs: int, patience: int | None, replace_data: bool) -> dict[str, Any]:
    """The result of ``fit`` where the validation loss after epoch i is ``val_losses[i]``.

    The model's only weight counts its steps, ``steps`` of them in each epoch. The optimiser writes into ``data``, or
    with ``replace_data`` replaces it by a new array.

    Returns:
        weight: afterwards; train_loss, val_loss, lr and best_epoch of the history.
    """
    from scratch.training import fit

    model, criterion = _scripted(val_losses, steps)
    optimiser = _counter(list(model.parameters()), replace_data)
    train_loader = [(np.ones((2, 1)), np.ones((2, 1)))] * steps
    settings = {} if patience is None else {"patience": patience}
    history = fit(model, criterion, optimiser, train_loader, train_loader[:1], epochs=epochs, **settings)
    return {"weight": np.array(model.count.data), **_history(history)}


def decayed(*, lr: float, gamma: float, steps: int) -> dict[str, Array]:
    """The optimiser's ``lr`` when an ``ExponentialLR`` has been made and after each of its steps."""
    from scratch import optim
    from scratch.nn import Parameter
    from scratch.training import ExponentialLR

    optimiser = optim.SGD([Parameter(np.zeros(1))], lr=lr)
    schedule = ExponentialLR(optimiser, gamma)
    found = [optimiser.lr]
    for _ in range(steps):
        schedule.step()
        found.append(optimiser.lr)
    return {"lr": np.array(found, dtype=float)}


# --- tuning.py -------------------------------------------------------------------------------------------------


def log_uniform_draws(*, low: float, high: float, draws: int, seed: int) -> dict[str, Array]:
    """What ``log_uniform`` returns, called ``draws`` times with one generator."""
    from scratch.tuning import log_uniform

    generator = np.random.default_rng(seed)
    return {"draws": np.array([float(log_uniform(low, high, generator)) for _ in range(draws)])}


def searched(*, space: Mapping[str, Sequence[Any]], scores: Array, seed: int) -> dict[str, Any]:
    """The result of ``random_search`` with as many trials as ``scores``; the score of trial i is ``scores[i]``.

    Returns:
        score: of the trials returned, in their order; trial: the number of the call whose settings each of them
        holds, -1 where there was no such call; calls: how often the objective was called; and for each name of
        the space what was drawn for it, in the order of the calls.
    """
    from scratch.tuning import random_search

    calls: list[dict[str, Any]] = []

    def objective(settings: dict[str, Any]) -> float:
        calls.append(dict(settings))
        return float(scores[min(len(calls), len(scores)) - 1])

    found = random_search(objective, space, len(scores), np.random.default_rng(seed))
    outputs: dict[str, Any] = {
        "score": np.array([float(trial.score) for trial in found]),
        "trial": [calls.index(trial.settings) if trial.settings in calls else -1 for trial in found],
        "calls": len(calls),
    }
    for name in space:
        outputs[name] = [settings[name] for settings in calls]
    return outputs


def decomposed(*, predictions: Array, target: Array) -> dict[str, float]:
    """What ``bias_variance`` returns."""
    from scratch.tuning import bias_variance

    bias, variance = bias_variance(predictions, target)
    return {"bias": float(bias), "variance": float(variance)}


def random_choices(*, what: str, seed: int) -> dict[str, bool]:
    """Whether random choices use the generator that is passed in, and nothing else.

    Returns:
        same: two calls with equal generators agree, for any state of numpy's and Python's global generators;
        global_untouched: these states do not change.
    """
    choose = _choosers()[what]
    found, untouched = [], []
    for global_seed in (1, 2):
        np.random.seed(global_seed)  # noqa: NPY002  # the global generator is what this is about
        random.seed(global_seed)
        before = (np.random.get_state()[1].tolist(), np.random.get_state()[2], random.getstate())  # noqa: NPY002  # same
        found.append(choose(np.random.default_rng(seed)))
        after = (np.random.get_state()[1].tolist(), np.random.get_state()[2], random.getstate())  # noqa: NPY002  # same
        untouched.append(before == after)
    return {"same": found[0] == found[1], "global_untouched": all(untouched)}


# --- what the probes share -------------------------------------------------------------------------------------


def _folds(found: Sequence[tuple[Array, Array]]) -> dict[str, Any]:
    return {
        "train": [np.asarray(train) for train, _ in found],
        "val": [np.asarray(val) for _, val in found],
    }


def _filled(
    function: str, shape: Sequence[int], settings: Settings, generator: np.random.Generator | None, dtype: str
) -> dict[str, Any]:
    """Fill a parameter of ones."""
    from scratch import init
    from scratch.nn import Parameter

    param = Parameter(np.ones(tuple(shape), dtype))
    given = {} if generator is None else {"rng": generator}
    getattr(init, function)(param, **settings, **given)
    return {"weight": np.array(param.data), "dtype": str(param.data.dtype)}


def _cut(x: Array, y: Array, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """Cut x and y into batches of the given sizes, in order."""
    ends = np.cumsum(sizes)
    return [(x[end - size : end], y[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def _network(weights: Sequence[Array]) -> Any:
    """Linear layers with the given weights and tanh between them, after a layer that doubles in training mode."""
    from scratch.nn import Linear, Module, Sequential, Tanh

    class Doubler(Module):
        """Like dropout or batch normalisation, it works differently in training and in evaluation."""

        def forward(self, x: Array) -> Array:
            self._factor = 2.0 if self.training else 1.0
            return self._factor * x

        def backward(self, grad_output: Array) -> Array:
            return self._factor * grad_output

    layers: list[Any] = [Doubler()]
    for weight, bias in zip(weights[::2], weights[1::2], strict=True):
        linear = Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
        layers += [linear, Tanh()]
    return Sequential(*layers[:-1])


def _scripted(val_losses: Array, steps: int) -> tuple[Any, Any]:
    """Make a model that counts its steps and a criterion whose validation loss depends on that count."""
    from scratch.nn import Module, Parameter

    class Model(Module):
        def __init__(self) -> None:
            self.count = Parameter(np.zeros(1))

        def forward(self, x: Array) -> Array:
            self.trained_last = self.training
            return x

        def backward(self, grad_output: Array) -> Array:
            self.count.accumulate(np.ones(1))
            return grad_output

    class Criterion(Module):
        def forward(self, input: Array, target: Array) -> float:  # noqa: ARG002  # what a criterion is called with
            if model.trained_last:
                return 1.0
            return float(val_losses[round(float(model.count.data[0])) // steps - 1])

        def backward(self) -> Array:
            return np.ones((2, 1))

    model = Model()
    return model, Criterion()


def _counter(params: list[Any], replace_data: bool) -> Any:
    """Make an optimiser that adds 1 to every weight in each step."""
    from scratch.optim import Optimiser

    class Counter(Optimiser):
        def step(self) -> None:
            for param in self.params:
                if replace_data:
                    param.data = param.data + 1.0
                else:
                    param.data += 1.0

    return Counter(params, lr=1.0)


def _history(history: Any) -> dict[str, Any]:
    return {
        "train_loss": np.array(history.train_loss, dtype=float),
        "val_loss": np.array(history.val_loss, dtype=float),
        "lr": np.array(history.lr, dtype=float),
        "best_epoch": None if history.best_epoch is None else int(history.best_epoch),
    }


def _choosers() -> dict[str, Callable[[np.random.Generator], Any]]:
    """Everything random in this stage, as functions of a generator that return plain lists."""

    def in_plain(value: Any) -> Any:
        return [in_plain(item) for item in value] if isinstance(value, list | tuple) else np.asarray(value).tolist()

    def split_up(rng: np.random.Generator) -> Any:
        from scratch.data import train_val_test_split

        return in_plain(train_val_test_split(60, 0.2, 0.2, rng))

    def fold(rng: np.random.Generator) -> Any:
        from scratch.data import k_fold

        return in_plain(k_fold(60, 4, rng))

    def stratify(rng: np.random.Generator) -> Any:
        from scratch.data import stratified_k_fold

        return in_plain(stratified_k_fold(np.arange(60) % 3, 4, rng))

    def load(rng: np.random.Generator) -> Any:
        from scratch.data import DataLoader

        return in_plain(list(DataLoader((np.arange(60),), batch_size=7, shuffle=True, rng=rng)))

    def fill(rng: np.random.Generator) -> Any:
        names = ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")
        return [_filled(name, (5, 4), {}, rng, "float64")["weight"].tolist() for name in names]

    def search(rng: np.random.Generator) -> Any:
        from scratch.tuning import random_search

        space = {"lr": ("log_uniform", 1e-4, 1.0), "n": ("integers", 1, 99), "c": ("choice", list("abcdefgh"))}
        found = random_search(lambda settings: settings["lr"], space, 9, rng)
        return [(dict(trial.settings), float(trial.score)) for trial in found]

    return {"split": split_up, "k_fold": fold, "stratified": stratify, "loader": load, "init": fill, "search": search}
