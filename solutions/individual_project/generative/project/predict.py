"""Points made of noise."""

from __future__ import annotations

import torch
from torch import nn

STEPS = 30


@torch.no_grad()
def predict(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Follow the velocity from each row of noise (N, 2), in steps of the midpoint rule; return points (N, 2)."""
    model.eval()
    points = inputs.to(next(model.parameters()).device)
    for step in range(STEPS):
        times = torch.full((len(points), 1), step / STEPS, device=points.device)
        half = points + model(points, times) / (2 * STEPS)
        points = points + model(half, times + 1 / (2 * STEPS)) / STEPS
    return points.cpu()
