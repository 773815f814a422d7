"""Classifying texts of different lengths: padding must change nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def pad_batch(sequences: Sequence[Sequence[int]], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Sequences of different lengths as one array, filled with ``pad`` at the end.

    Returns:
        tokens (N, T) with T the greatest length, and lengths (N,); both int64, in the order of the sequences.
    """
    raise NotImplementedError("pad_batch")


class AttentionPooling(nn.Module):
    """One vector from many, with learnt weights (Yang et al. 2016, section 2.2).

    u_t = tanh(W h_t + b), weights = softmax over the allowed t of v · u_t, result = sum of weights times h_t.
    ``parameters()``: W (A, D), b (A,), v (1, A).
    """

    def __init__(self, size: int, attention_size: int) -> None:
        super().__init__()
        raise NotImplementedError("AttentionPooling")

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """states: (N, T, D); mask: (N, T), True where a token is. Returns: (N, D), and weights (N, T)."""
        raise NotImplementedError("AttentionPooling.forward")


class SentimentClassifier(nn.Module):
    """A score for each text: embedding, bidirectional GRU, pooling, linear layer.

    ``parameters()``: embedding; the GRU as PyTorch lists it (forward, then backward); the attention pooling, if there
    is one; weight (1, 2 H) and bias of the linear layer.

    Args:
        pooling: "last", the last state of the forward direction and the first of the backward one; "mean", the mean of
            the outputs at all tokens; or "attention", an ``AttentionPooling(2 * hidden_size, attention_size)``.
    """

    def __init__(
        self, vocab_size: int, embedding_size: int, hidden_size: int, pooling: str = "last", attention_size: int = 8
    ) -> None:
        super().__init__()
        raise NotImplementedError("SentimentClassifier")

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens: (N, T), padded at the end; lengths: (N,), at least 1. Returns: logits (N,)."""
        raise NotImplementedError("SentimentClassifier.forward")
