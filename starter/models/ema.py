"""A moving average of a model's weights, which often gives better samples than the last weights do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class EMA:
    """Exponential moving average of the parameters of one model.

    It starts as a copy of the model. One update makes every averaged parameter a into d a + (1 - d) p, with the model's
    parameter p. Buffers, such as running statistics, are not averaged: an update copies them.

    Args:
        model: whose weights are averaged. The average is in memory of its own: it does not follow the model.
        decay: d, at least 0 and below 1; otherwise ValueError.
        warm_up: in update number n = 0, 1, 2, ... d is min(decay, (1 + n) / (10 + n)), so that the random weights of
            the beginning are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float = 0.99, warm_up: bool = False) -> None:
        raise NotImplementedError("EMA.__init__")

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take the model's weights into the average. The model itself does not change."""
        raise NotImplementedError("EMA.update")

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[nn.Module]:
        """Within ``with ema.applied(model):`` the model has the averaged weights; afterwards it has its own again.

        That holds when the block raises, too. The average does not change.
        """
        raise NotImplementedError("EMA.applied")
        yield model


