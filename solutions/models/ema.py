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
        # BEGIN SOLUTION
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1, got {decay}")
        self.decay, self.warm_up, self.updates = decay, warm_up, 0
        self.parameters = [of.detach().clone() for of in model.parameters()]
        self.buffers = [of.detach().clone() for of in model.buffers()]
        # STUB: raise NotImplementedError("EMA.__init__")
        # END SOLUTION

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take the model's weights into the average. The model itself does not change."""
        # BEGIN SOLUTION
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warm_up else self.decay
        self.updates += 1
        for averaged, parameter in zip(self.parameters, model.parameters(), strict=True):
            averaged.mul_(decay).add_(parameter, alpha=1 - decay)
        for kept, buffer in zip(self.buffers, model.buffers(), strict=True):
            kept.copy_(buffer)
        # STUB: raise NotImplementedError("EMA.update")
        # END SOLUTION

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[nn.Module]:
        """Within ``with ema.applied(model):`` the model has the averaged weights; afterwards it has its own again.

        That holds when the block raises, too. The average does not change.
        """
        # BEGIN SOLUTION
        given = [*model.parameters(), *model.buffers()]
        own = [of.detach().clone() for of in given]
        try:
            self._copy([*self.parameters, *self.buffers], given)
            yield model
        finally:
            self._copy(own, given)
        # STUB: raise NotImplementedError("EMA.applied")
        # STUB: yield model
        # END SOLUTION

    # BEGIN SOLUTION
    @staticmethod
    @torch.no_grad()
    def _copy(values: list[torch.Tensor], given: list[torch.Tensor]) -> None:
        for to, value in zip(given, values, strict=True):
            to.copy_(value)

    # STUB:
    # END SOLUTION
