"""The network: the velocity that carries noise to points of the distribution (Lipman et al. 2023, flow matching)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn


class Velocity(nn.Module):
    """Points (N, 2) and times (N, 1) to velocities (N, 2)."""

    def __init__(self, width: int, layers: int, waves: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.arange(1, waves + 1) * torch.pi)
        sizes = [2 + 2 * waves, *[width] * layers]
        hidden = [module for a, b in pairwise(sizes) for module in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(width, 2))

    def forward(self, points: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        angles = times * self.frequencies
        return self.layers(torch.cat([points, angles.sin(), angles.cos()], 1))


def build_model(config: dict[str, Any]) -> nn.Module:
    """Return a new network for ``config``."""
    return Velocity(**config["model"])
