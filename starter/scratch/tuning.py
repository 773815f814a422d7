"""Search for hyper-parameters, and measure whether a model is too small or too large."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Settings: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried, and its score: lower is better."""

    settings: Settings
    score: float


def log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """Return a random number between low and high, 0 < low < high, whose logarithm is uniform.

    Each power of ten is equally likely: from 1e-4 to 1, a quarter of the numbers are below 1e-3.

    Source: Bergstra & Bengio 2012, section 2.2.
    """
    raise NotImplementedError("log_uniform")


def random_search(
    objective: Callable[[Settings], float],
    space: Mapping[str, Sequence[Any]],
    trials: int,
    rng: np.random.Generator,
) -> list[Trial]:
    """Compute the scores of ``trials`` random settings and return them from the lowest score to the highest.

    Args:
        objective: called once for each trial with a new dict of name to value; returns the score.
        space: for each name, how its value is drawn, independently of the others:
            ("log_uniform", low, high), ("uniform", low, high),
            ("integers", low, high) with both ends possible, or ("choice", [value, ...]).
        trials: how many settings to try.
        rng: the generator of all draws: the same generator state gives the same settings.

    A score of NaN (training diverged) is last, never first.

    Raises:
        ValueError: a rule other than these four.
    """
    raise NotImplementedError("random_search")


# A private helper that draws one value can be here.


def bias_variance(predictions: Array, target: Array) -> tuple[float, float]:
    """Return (squared bias, variance) of models that were trained on different samples.

    With m the mean prediction of the models: the squared bias is the mean of (m - target)^2, the variance is the
    mean of (prediction - m)^2, over all models, test points and outputs (divided by their number, not by one
    less). Their sum is the mean of (prediction - target)^2.

    Args:
        predictions: shape (models, *shape of target).
        target: shape (N,) or (N, K).

    Source: Geman, Bienenstock & Doursat 1992, section 2.2.
    """
    raise NotImplementedError("bias_variance")


# The written question of the specification (at most 150 words).
WRITTEN_ANSWER = ""
