"""The metric of each track, with an interval by the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from project.course.data import TRACKS

RESAMPLES = 200


@dataclass(frozen=True)
class Measured:
    """A metric on some data.

    Attributes:
        value: the metric.
        error: its standard error: that of the items drawn, not of the training.
    """

    value: float
    error: float


def measure(track: str, predictions: NDArray[np.generic], targets: NDArray[np.generic]) -> Measured:
    """Return the metric of a track.

    Vision: accuracy of the class with the highest score. Language: mean negative logarithm of the probability of the
    token that followed, in nats; scores are logits. Generative: energy distance of the points to the targets,
    2 E|x - y| - E|x - x'| - E|y - y'|, with each pair of different points once.

    Source of the energy distance: Székely & Rizzo 2013, "Energy statistics".
    """
    rng = np.random.default_rng(0)
    if TRACKS[track].metric == "energy distance":
        return _energy(np.asarray(predictions, np.float64), np.asarray(targets, np.float64), rng)
    scores = np.asarray(predictions, np.float64)
    if TRACKS[track].metric == "accuracy":
        items = (scores.argmax(1) == targets).astype(np.float64)
    else:
        shifted = scores - scores.max(1, keepdims=True)
        items = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(targets)), targets]
    means = [items[rng.integers(0, len(items), len(items))].mean() for _ in range(RESAMPLES)]
    return Measured(float(items.mean()), float(np.std(means)))


def _energy(x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator) -> Measured:
    between, within_x, within_y = (_distances(*pair) for pair in ((x, y), (x, x), (y, y)))
    values = []
    for number in range(RESAMPLES // 10 + 1):
        # the first is the value itself; a point drawn twice is in no pair with itself
        i = np.arange(len(x)) if number == 0 else rng.integers(0, len(x), len(x))
        j = np.arange(len(y)) if number == 0 else rng.integers(0, len(y), len(y))
        values.append(2 * between[np.ix_(i, j)].mean() - _pairs(within_x, i) - _pairs(within_y, j))
    return Measured(float(values[0]), float(np.std(values[1:])))


def _pairs(distances: NDArray[np.float64], chosen: NDArray[np.intp]) -> float:
    different = chosen[:, None] != chosen[None, :]
    return float(distances[np.ix_(chosen, chosen)].sum() / different.sum())


def _distances(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    square = (x**2).sum(1)[:, None] + (y**2).sum(1)[None] - 2 * x @ y.T
    root: NDArray[np.float64] = np.sqrt(np.maximum(square, 0.0))
    return root
