"""A recurrent language model: truncated backpropagation through time, perplexity, weight tying."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.corpus import windows_of

State = Tensor | tuple[Tensor, Tensor]


class LanguageModel(nn.Module):
    """Logits of the next token: an embedding, an LSTM or GRU, and a linear layer.

    ``parameters()``: embedding; recurrent layers as PyTorch lists them; weight of the linear layer, if it is not tied;
    its bias.

    Args:
        vocab_size: V.
        embedding_size, hidden_size: E and H.
        layers: of the recurrent network.
        cell: "lstm" or "gru".
        tied: the linear layer's weight *is* the embedding's (Press & Wolf 2017); E must be H.
        dropout: after the embedding, between layers, and before the linear layer.

    Raises:
        ValueError: tied, and E is not H.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        layers: int = 1,
        cell: str = "lstm",
        tied: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        raise NotImplementedError("LanguageModel")

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """tokens: (N, T); state: of the step before, None at the start. Returns: logits (N, T, V), and the state."""
        raise NotImplementedError("LanguageModel.forward")


def detached(state: State) -> State:
    """The same numbers without their history: gradients do not flow into the window before."""
    raise NotImplementedError("detached")


def train_on_streams(
    model: LanguageModel,
    streams: Tensor,
    length: int,
    optimiser: torch.optim.Optimizer,
    max_norm: float | None = None,
) -> float:
    """Train on the windows of streams once, in training mode: one step of the optimiser a window.

    The state goes from window to window, detached; the first has none. The loss is the mean over the window's tokens.
    ``max_norm`` clips the total norm of the gradients.

    Returns:
        Mean over all tokens of the loss that each had before its window's step.
    """
    raise NotImplementedError("train_on_streams")


def perplexity(model: LanguageModel, streams: Tensor, length: int) -> float:
    """The exponential of the mean negative log-likelihood (natural logarithm) over all tokens of the windows.

    In evaluation mode and without gradients; the state goes from window to window. Afterwards the model is in the mode
    in which it was. The result does not depend on ``length``.
    """
    raise NotImplementedError("perplexity")
