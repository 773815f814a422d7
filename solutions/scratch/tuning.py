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
    # BEGIN SOLUTION
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))
    # STUB: raise NotImplementedError("log_uniform")
    # END SOLUTION


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
    # BEGIN SOLUTION
    found = []
    for _ in range(trials):
        settings = {name: _draw(rule, rng) for name, rule in space.items()}
        found.append(Trial(settings, objective(dict(settings))))
    return sorted(found, key=lambda trial: (math.isnan(trial.score), trial.score))
    # STUB: raise NotImplementedError("random_search")
    # END SOLUTION


# BEGIN SOLUTION
def _draw(rule: Sequence[Any], rng: np.random.Generator) -> Any:
    """Draw one value by a rule such as ("uniform", 0.0, 0.99)."""
    kind, *of_kind = rule
    if kind == "log_uniform":
        return log_uniform(*of_kind, rng)
    if kind == "uniform":
        return float(rng.uniform(*of_kind))
    if kind == "integers":
        return int(rng.integers(*of_kind, endpoint=True))
    if kind == "choice":
        values = of_kind[0]
        return values[rng.integers(len(values))]  # rng.choice would turn the values into numpy's
    raise ValueError(f"{kind!r} is none of log_uniform, uniform, integers, choice")


# STUB: # A private helper that draws one value can be here.
# END SOLUTION


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
    # BEGIN SOLUTION
    mean = predictions.mean(axis=0)
    return float(np.mean((mean - target) ** 2)), float(np.mean((predictions - mean) ** 2))
    # STUB: raise NotImplementedError("bias_variance")
    # END SOLUTION


# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) The squared bias falls with every doubling: from 0.073 to 0.012 with 100 rows, to 0.004 with 800. The variance
rises first, to 0.024 at 4 units, then falls to 0.010. At one unit training and unseen error are nearly equal: all bias.
From 8 units on the training error is 0, and the gap is the whole unseen error.

(b) One unit can separate few digits, so all networks make the same errors. With 2 to 4 units the sample decides which
digits they separate, and networks differ. Wide networks can all separate every digit.

(c) One unit: more units. More rows hardly help (0.082 to 0.078), early stopping not at all. 64 units, 100 rows: more
rows (0.022 to 0.007); early stopping or a penalty may lower the variance; more units change nothing.
"""
# STUB: # The written question of the specification (at most 150 words).
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION
