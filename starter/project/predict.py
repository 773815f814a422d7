"""Predictions of a trained model."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def predict(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Return one row for each input, in the order of the inputs, on the CPU.

    Vision and language: scores (N, classes), logits, the highest for the most probable class or next token. Generative:
    points (N, 2), each made of the noise in its row. The model is used as for evaluation, whatever its mode.
    """
    raise NotImplementedError("predict")
