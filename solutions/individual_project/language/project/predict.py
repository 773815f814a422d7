"""Scores of the token that follows each context."""

from __future__ import annotations

import torch
from torch import nn


def predict(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Return scores (N, tokens)."""
    model.eval()
    device = next(model.parameters()).device
    with torch.no_grad():
        return model(inputs.to(device))[:, -1].cpu()
