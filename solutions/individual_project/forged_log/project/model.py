"""The network: a small residual CNN for images of 16 x 16 pixels."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two convolutions and a shortcut; (N, C, H, W) to (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return relu(x + f(x)); He et al. 2016, section 3.1."""
        return torch.relu(x + self.convolutions(x))


def build_model(config: dict[str, Any]) -> nn.Module:
    """Return a new network for ``config``, the contents of ``config.toml``; every size comes from there."""
    width, dropout = config["model"]["width"], config["model"]["dropout"]
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(2),
        ResidualBlock(width),
        nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        ResidualBlock(2 * width),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(2 * width, config["model"]["classes"]),
    )
