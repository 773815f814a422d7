"""Weights by their order: a specification fixes order and shapes, and the names of submodules stay free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

Network = TypeVar("Network")


def set_weights(network: Network, weights: Sequence[np.ndarray]) -> Network:
    """Copy arrays into ``network.parameters()``, in this order, and return the network.

    Raises:
        ValueError: their number or a shape is not what the arrays have; the message has the first difference.
    """
    import torch

    given: list[Any] = list(network.parameters())  # type: ignore[attr-defined]  # a Module, which is imported late
    shapes, expected = [tuple(one.shape) for one in given], [tuple(one.shape) for one in weights]
    if shapes != expected:
        place = next((n for n, pair in enumerate(zip(shapes, expected, strict=False)) if pair[0] != pair[1]), None)
        if place is None:
            raise ValueError(f"parameters() has {len(shapes)} parameters; the specification says {len(expected)}")
        raise ValueError(
            f"parameters() has shape {shapes[place]} at place {place}; the specification says {expected[place]}: "
            "is the order of the submodules in __init__ that of the specification?"
        )
    with torch.no_grad():
        for one, values in zip(given, weights, strict=True):
            one.copy_(torch.as_tensor(np.array(values)))
    return network


def seeded_weights(network: Network, seed: int) -> Network:
    """Give ``network.parameters()``, in their order, the numbers of a seed, and return the network.

    They are drawn from a normal distribution with mean 0 and standard deviation 1, for a parameter with more than one
    axis 1.5 divided by the root of its last axis' size: so large that every input matters.
    """
    rng, weights = np.random.default_rng(seed), []
    for one in network.parameters():  # type: ignore[attr-defined]  # a Module, which is imported late
        draws = rng.standard_normal(tuple(one.shape))
        weights.append(draws * (1.5 / np.sqrt(one.shape[-1])) if one.ndim > 1 else draws)
    return set_weights(network, weights)
