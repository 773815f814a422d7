"""Points and sequences drawn by a formula: any number of them, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAD, START, END = 0, 1, 2  # for ``reversing``, whose symbols begin at 3


@dataclass(frozen=True)
class Pairs:
    """Inputs and targets; each generator describes their shapes and dtypes."""

    x: NDArray[Any]
    y: NDArray[Any]


def spirals(n: int, *, classes: int = 3, turns: float = 0.75, noise: float = 0.1, seed: int = 0) -> Pairs:
    """Return points on the arms of a spiral in random order: x (n, 2), y (n,) the arm, about equally many on each.

    Args:
        n: number of points.
        classes: number of arms.
        turns: number of turns of each arm.
        noise: standard deviation of the angle, in radians.
        seed: the seed of the generator.
    """
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % classes)
    along = np.sqrt(rng.uniform(0.01, 1.0, n))  # the root: equal areas get equally many points
    angle = 2 * np.pi * (y / classes + turns * along) + noise * rng.standard_normal(n)
    return Pairs(along[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), y)


def adding(n: int, *, length: int = 50, seed: int = 0) -> Pairs:
    """Return the adding problem: x (n, length, 2), y (n,).

    Channel 0 holds uniform numbers on (0, 1). Channel 1 is 1 at two positions, one in each half, and 0 elsewhere.
    y is the sum of the two numbers there. Always predicting 1 has a mean squared error of 1/6.

    Raises:
        ValueError: length is less than 2.

    Source: Hochreiter & Schmidhuber 1997, experiment 4, in the form of Le, Jaitly & Hinton 2015.
    """
    if length < 2:
        raise ValueError(f"length is {length}; it must be at least 2, for the two numbers to be added")
    rng = np.random.default_rng(seed)
    x = np.zeros((n, length, 2))
    x[:, :, 0] = rng.uniform(0.0, 1.0, (n, length))
    rows = np.arange(n)
    places = rng.integers(0, length // 2, n), rng.integers(length // 2, length, n)
    for place in places:
        x[rows, place, 1] = 1.0
    return Pairs(x, x[rows, places[0], 0] + x[rows, places[1], 0])


def copying(n: int, *, symbols: int = 10, delay: int = 20, alphabet: int = 8, seed: int = 0) -> Pairs:
    """Return the copying problem: x and y (n, delay + 2 * symbols), integers.

    x has ``symbols`` symbols from 1 to ``alphabet``, then blanks (0), then a marker (``alphabet`` + 1) after which
    the symbols must be repeated. y is 0 up to the marker, then the symbols.

    Raises:
        ValueError: delay is less than 1.

    Source: Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016, section 5.1.
    """
    if delay < 1:
        raise ValueError(f"delay is {delay}; it must be at least 1, for the marker")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(1, alphabet + 1, (n, symbols))
    x = np.zeros((n, delay + 2 * symbols), np.int64)
    y = np.zeros_like(x)
    x[:, :symbols] = drawn
    x[:, symbols + delay - 1] = alphabet + 1
    y[:, -symbols:] = drawn
    return Pairs(x, y)


def reversing(n: int, *, shortest: int = 3, longest: int = 8, alphabet: int = 10, seed: int = 0) -> Pairs:
    """Return sequences and their reverse for sequence-to-sequence models, padded with 0: integers.

    x (n, longest + 1) holds the symbols (3 to alphabet + 2), then END (2); y (n, longest + 2) START (1), the symbols
    in reverse, END.

    Raises:
        ValueError: not 1 <= shortest <= longest.
    """
    if not 1 <= shortest <= longest:
        raise ValueError(f"lengths are {shortest} to {longest}; they must be 1 <= shortest <= longest")
    rng = np.random.default_rng(seed)
    lengths = rng.integers(shortest, longest + 1, n)
    drawn = rng.integers(END + 1, END + 1 + alphabet, (n, longest))
    place = np.arange(longest + 1)
    inside = place[:longest] < lengths[:, None]  # (n, longest)
    x = np.full((n, longest + 1), PAD, np.int64)
    x[:, :longest][inside] = drawn[inside]
    x[np.arange(n), lengths] = END
    y = np.full((n, longest + 2), PAD, np.int64)
    y[:, 0] = START
    mirrored = np.take_along_axis(drawn, np.clip(lengths[:, None] - 1 - place[:longest], 0, None), axis=1)
    y[:, 1:-1][inside] = mirrored[inside]
    y[np.arange(n), lengths + 1] = END
    return Pairs(x, y)
