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
        # BEGIN SOLUTION
        if tied and embedding_size != hidden_size:
            raise ValueError("tied weights need embedding_size == hidden_size")
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        between = dropout if layers > 1 else 0.0
        self.rnn = kind(embedding_size, hidden_size, layers, batch_first=True, dropout=between)
        self.output = nn.Linear(hidden_size, vocab_size)
        if tied:
            self.output.weight = self.embedding.weight
        self.dropout = nn.Dropout(dropout)
        # STUB: raise NotImplementedError("LanguageModel")
        # END SOLUTION

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """tokens: (N, T); state: of the step before, None at the start. Returns: logits (N, T, V), and the state."""
        # BEGIN SOLUTION
        hidden, state = self.rnn(self.dropout(self.embedding(tokens)), state)
        return self.output(self.dropout(hidden)), state
        # STUB: raise NotImplementedError("LanguageModel.forward")
        # END SOLUTION


def detached(state: State) -> State:
    """The same numbers without their history: gradients do not flow into the window before."""
    # BEGIN SOLUTION
    if isinstance(state, Tensor):
        return state.detach()
    return tuple(part.detach() for part in state)
    # STUB: raise NotImplementedError("detached")
    # END SOLUTION


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
    # BEGIN SOLUTION
    model.train()
    state, total, count = None, 0.0, 0
    for inputs, targets in windows_of(streams, length):
        optimiser.zero_grad()
        logits, state = model(inputs, None if state is None else detached(state))
        loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        if max_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimiser.step()
        total += float(loss.detach()) * targets.numel()
        count += targets.numel()
    return total / count
    # STUB: raise NotImplementedError("train_on_streams")
    # END SOLUTION


def perplexity(model: LanguageModel, streams: Tensor, length: int) -> float:
    """The exponential of the mean negative log-likelihood (natural logarithm) over all tokens of the windows.

    In evaluation mode and without gradients; the state goes from window to window. Afterwards the model is in the mode
    in which it was. The result does not depend on ``length``.
    """
    # BEGIN SOLUTION
    was_training = model.training
    model.eval()
    state, total, count = None, 0.0, 0
    with torch.no_grad():
        for inputs, targets in windows_of(streams, length):
            logits, state = model(inputs, state)
            total += float(cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum"))
            count += targets.numel()
    model.train(was_training)
    return math.exp(total / count)
    # STUB: raise NotImplementedError("perplexity")
    # END SOLUTION
