"""The network: an embedding, a GRU and a layer that returns a score for each token."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class LanguageModel(nn.Module):
    """Scores of the next token after each place of a context: (N, T) to (N, T, tokens)."""

    def __init__(self, tokens: int, width: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.recurrent = nn.GRU(width, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.scores = nn.Linear(width, tokens)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(self.embedding(tokens))
        return self.scores(self.dropout(states))


def build_model(config: dict[str, Any]) -> nn.Module:
    """Return a new network for ``config``."""
    return LanguageModel(**config["model"])
