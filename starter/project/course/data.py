"""The data of the three tracks: drawn by a formula, any number of items, the same for the same seed.

Grading draws held-out data in the same way, with a seed that nobody knows before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

SIZE = 16  # pixels of an image's side
SHAPES = ("disc", "square", "triangle", "cross", "ring", "bars")
TOKENS, CONTEXT, TOPICS = 16, 20, 4
NOISE = 2  # numbers from which a generated point is made


@dataclass(frozen=True)
class Split:
    """Inputs and targets, item by item.

    Attributes:
        inputs: vision (N, 1, 16, 16), float32; language (N, 20), int64; generative (N, 2), float32: noise.
        targets: vision (N,), int64: the shape; language (N,), int64: the token that follows; generative (N, 2),
            float32: points of the distribution to be learnt, in no relation to the noise beside them.
    """

    inputs: NDArray[np.generic]
    targets: NDArray[np.generic]


@dataclass(frozen=True)
class Track:
    """One track: how its data are drawn, and what its public splits are.

    Attributes:
        draw: the split of a number of items and a generator.
        outputs: numbers that ``predict`` returns for each input.
        metric: its name in ``results.json``.
        higher_is_better: of the metric.
        counts: items of the public splits.
    """

    draw: Callable[[int, np.random.Generator], Split]
    outputs: int
    metric: str
    higher_is_better: bool
    counts: Mapping[str, int]


def make_data(track: str, count: int, seed: int) -> Split:
    """Return ``count`` items of a track.

    Raises:
        KeyError: there is no such track.
    """
    return TRACKS[track].draw(count, np.random.default_rng(seed))


def public_split(track: str, split: str) -> Split:
    """Return the public "training", "validation" or "test" data of a track."""
    return make_data(track, TRACKS[track].counts[split], seed=SEEDS[split])


def _shapes(count: int, rng: np.random.Generator) -> Split:
    """Images of one shape each: any place, size and brightness, with noise."""
    targets = rng.integers(0, len(SHAPES), count)
    centre = rng.uniform(5.5, 9.5, (2, count, 1, 1))
    radius = rng.uniform(2.8, 5.0, (count, 1, 1))
    rows, columns = np.mgrid[:SIZE, :SIZE][:, None]
    y, x = (rows - centre[0]) / radius, (columns - centre[1]) / radius
    square = np.maximum(abs(x), abs(y)) < 0.9
    masks = np.stack([
        x**2 + y**2 < 1,
        square,
        (abs(x) < (y + 1) / 2) & (y < 0.9),
        square & (np.minimum(abs(x), abs(y)) < 0.3),
        (x**2 + y**2 < 1) & (x**2 + y**2 > 0.3),
        square & (abs(x) > 0.35),
    ])  # fmt: skip
    bright = rng.uniform(0.6, 1.2, (count, 1, 1))
    images = bright * masks[targets, np.arange(count)] + 0.4 * rng.standard_normal((count, SIZE, SIZE))
    return Split(images[:, None].astype(np.float32), targets.astype(np.int64))


def _chains(count: int, rng: np.random.Generator) -> Split:
    """Sequences in which each token depends on the one before and on a topic, which the context shows."""
    topic = rng.integers(0, TOPICS, count)
    sequence = np.empty((count, CONTEXT + 1), np.int64)
    sequence[:, 0] = rng.integers(0, TOKENS, count)
    for place in range(1, CONTEXT + 1):
        expected = _NEXT[topic, sequence[:, place - 1]]
        other = rng.integers(0, TOKENS, count)
        sequence[:, place] = np.where(rng.random(count) < 0.8, expected, other)
    return Split(sequence[:, :-1], sequence[:, -1])


def _arcs(count: int, rng: np.random.Generator) -> Split:
    """Points of three arcs far from one another, with one half, a third and a sixth of the points."""
    arc = rng.choice(3, count, p=[1 / 2, 1 / 3, 1 / 6])
    angle = rng.uniform(0.0, np.pi, count) + 2 * arc
    centre = np.array([[-2.5, 0.0], [2.0, 1.5], [1.0, -3.0]])[arc]
    points = centre + 0.8 * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.08 * rng.standard_normal((count, 2))
    return Split(rng.standard_normal((count, NOISE)).astype(np.float32), points.astype(np.float32))


_NEXT = np.stack([np.random.default_rng(topic).permutation(TOKENS) for topic in range(TOPICS)])
SEEDS: Mapping[str, int] = MappingProxyType({"training": 1, "validation": 2, "test": 3})
TRACKS: Mapping[str, Track] = MappingProxyType({
    "vision": Track(
        _shapes, len(SHAPES), "accuracy", True, MappingProxyType({"training": 1500, "validation": 500, "test": 1000})
    ),
    "language": Track(
        _chains, TOKENS, "nats", False, MappingProxyType({"training": 3000, "validation": 500, "test": 1000})
    ),
    "generative": Track(
        _arcs, 2, "energy distance", False, MappingProxyType({"training": 2000, "validation": 500, "test": 1000})
    ),
})  # fmt: skip
