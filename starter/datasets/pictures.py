"""Pictures of simple shapes in which everything except the shape is a nuisance factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASS_NAMES = ("disc", "ring", "square", "triangle", "cross", "bar")
CHUNK = 256  # pictures that are drawn at once: bounds the memory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shapes:
    """Labelled pictures and how each was made.

    Attributes:
        x: float32 from 0 to 1, shape (N, 3, size, size).
        y: the shape, an index into ``class_names``; int64, shape (N,).
        factors: the values of each nuisance factor: "centre" (N, 2) in pixels from the middle, right and down;
            "radius" (N,) in pixels; "angle" (N,) in radians; "foreground" and "background" (N, 3), colours;
            "light" (N, 2), the increase of brightness from the middle to the right and lower edges;
            "noise" (N,), standard deviation of the pixels.
        class_names: the names of the labels.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    factors: Mapping[str, Floats]
    class_names: tuple[str, ...] = CLASS_NAMES


def shapes(n: int, *, size: int = 32, nuisance: float = 1.0, seed: int = 0) -> Shapes:
    """Draw n pictures in random order; the numbers of the six shapes differ by at most one.

    Args:
        n: number of pictures.
        size: height and width in pixels.
        nuisance: how much position, radius, angle, colours, light and noise vary: 1 fully, 0 not at all (a light
            shape, upright in the middle of a dark picture).
        seed: the seed of the generator.

    Raises:
        ValueError: nuisance is not from 0 to 1.
    """
    if not 0.0 <= nuisance <= 1.0:
        raise ValueError(f"nuisance is {nuisance}; it must be from 0 to 1")
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % len(CLASS_NAMES))
    factors = _draw_factors(n, size, nuisance, rng)
    x = np.empty((n, 3, size, size), np.float32)
    for start in range(0, n, CHUNK):
        some = slice(start, start + CHUNK)
        x[some] = _paint(y[some], {name: values[some] for name, values in factors.items()}, size, rng)
    return Shapes(x, y, factors)


def _draw_factors(n: int, size: int, nuisance: float, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw each factor around its value without nuisance; the shape never leaves the picture."""
    swapped = rng.random((n, 1)) < nuisance / 2  # half of the shapes are darker than their background
    light = 0.75 + nuisance * rng.uniform(-0.2, 0.2, (n, 3))
    dark = 0.25 + nuisance * rng.uniform(-0.2, 0.2, (n, 3))
    radius = size * (0.28 + nuisance * rng.uniform(-0.1, 0.08, n))
    reach = size / 2 - 1.3 * radius  # a square's corners reach 1.2 radii
    return {
        "centre": nuisance * reach[:, None] * rng.uniform(-1.0, 1.0, (n, 2)),
        "radius": radius,
        "angle": nuisance * rng.uniform(-np.pi, np.pi, n),
        "foreground": np.where(swapped, dark, light),
        "background": np.where(swapped, light, dark),
        "light": nuisance * rng.uniform(-0.15, 0.15, (n, 2)),
        "noise": nuisance * rng.uniform(0.0, 0.06, n),
    }


def _paint(y: NDArray[np.int64], factors: Mapping[str, Floats], size: int, rng: np.random.Generator) -> Floats:
    """Return pictures, shape (len(y), 3, size, size), from 0 to 1."""
    across = np.arange(size) - (size - 1) / 2  # pixel centres from the middle
    radius, angle = factors["radius"][:, None, None], factors["angle"][:, None, None]
    right = (across[None, None, :] - factors["centre"][:, 0, None, None]) / radius
    down = (across[None, :, None] - factors["centre"][:, 1, None, None]) / radius
    u = np.cos(angle) * right + np.sin(angle) * down
    v = np.cos(angle) * down - np.sin(angle) * right
    covered = np.clip(0.5 - _outside(y, u, v) * radius, 0.0, 1.0)[:, None]  # edges one pixel wide
    ground, shape = (factors[name][:, :, None, None] for name in ("background", "foreground"))
    slope = 2 * across / size
    to_right, down_there = (factors["light"][:, axis, None, None, None] for axis in (0, 1))
    picture = ground + covered * (shape - ground) + to_right * slope + down_there * slope[:, None]
    picture += factors["noise"][:, None, None, None] * rng.standard_normal(picture.shape)
    return np.clip(picture, 0.0, 1.0)


def _outside(y: NDArray[np.int64], u: Floats, v: Floats) -> Floats:
    """Return how far outside its shape each point is (below 0: inside), in radii, near the edge."""
    r, a, b = np.hypot(u, v), np.abs(u), np.abs(v)
    of_shape = {
        "disc": r - 0.95,
        "ring": np.abs(r - 0.75) - 0.22,
        "square": np.maximum(a, b) - 0.82,
        "triangle": np.maximum(v - 0.5, np.sqrt(0.75) * a - 0.5 * v - 0.5),
        "cross": np.minimum(np.maximum(a - 1.0, b - 0.32), np.maximum(a - 0.32, b - 1.0)),
        "bar": np.maximum(a - 1.05, b - 0.34),
    }
    return np.stack([of_shape[name] for name in CLASS_NAMES])[y, np.arange(len(y))]
