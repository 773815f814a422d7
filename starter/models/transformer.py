"""A small Transformer for translation, with a cache for decoding (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


def causal_mask(length: int) -> Tensor:
    """(length, length), bool: row t is True for the keys 0 to t."""
    raise NotImplementedError("causal_mask")


def key_mask(tokens: Tensor, pad: int) -> Tensor:
    """(N, 1, 1, S), bool: True for keys that are not padding, for all heads and queries. tokens: (N, S)."""
    raise NotImplementedError("key_mask")


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """(length, d_model), float64: column 2 i is sin(t / 10000^(2 i / d_model)), column 2 i + 1 its cosine; t from 0."""
    raise NotImplementedError("sinusoidal_positions")


class MultiHeadAttention(nn.Module):
    """Attention with several heads (section 3.2); head h has the features h D / H to (h + 1) D / H − 1.

    ``parameters()``: weight and bias of four linear layers (D, D): query, key, value, output.
    """

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        raise NotImplementedError("MultiHeadAttention")


    def forward(self, queries: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """queries: (N, L, D); memory: (N, S, D), keys and values; mask: broadcasts to (N, H, L, S), True: may attend.

        Returns:
            (N, L, D), and weights (N, H, L, S). No row of the mask is all False.
        """
        raise NotImplementedError("MultiHeadAttention.forward")



class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward network, each with a residual connection and a LayerNorm.

    norm="post": x ← norm(x + dropout(f(x))). norm="pre": x ← x + dropout(f(norm(x))). The feed-forward network is
    linear, ReLU, linear. ``parameters()``: attention, its norm, feed-forward network, its norm.
    """

    def __init__(self, d_model: int, heads: int, d_ff: int, norm: str = "pre", dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError("EncoderLayer")

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: (N, S, D); mask as in ``MultiHeadAttention``. Returns: (N, S, D)."""
        raise NotImplementedError("EncoderLayer.forward")


class DecoderLayer(nn.Module):
    """Self-attention, attention to the source, feed-forward network; residual connections and norms as in the encoder.

    The source (memory) is not normalised again. ``parameters()``: self-attention, its norm, attention to the source,
    its norm, feed-forward network, its norm.
    """

    def __init__(self, d_model: int, heads: int, d_ff: int, norm: str = "pre", dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError("DecoderLayer")

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None, memory_mask: Tensor | None) -> Tensor:
        """x: (N, T, D); memory: (N, S, D); masks for x and for memory. Returns: (N, T, D)."""
        raise NotImplementedError("DecoderLayer.forward")




class Transformer(nn.Module):
    """Encoder and decoder with token embeddings times √D plus positions, then dropout.

    ``parameters()``: for learned positions one table (max_length, D) that source and target use; source embedding;
    target embedding; encoder layers; for pre-LN the norm after the last of them; decoder layers; for pre-LN the norm
    after the last of them; weight (V, D) and bias of the output layer. Nothing is tied. Token embeddings are
    initialised with mean 0 and standard deviation D^-0.5, so that times √D they are as large as the positions.

    Args:
        norm: "pre" or "post".
        positions: "sinusoidal" or "learned".
        pad: id of padding in source and target.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        d_model: int = 32,
        heads: int = 4,
        layers: int = 1,
        d_ff: int = 64,
        norm: str = "pre",
        positions: str = "sinusoidal",
        max_length: int = 64,
        dropout: float = 0.0,
        pad: int = 0,
    ) -> None:
        super().__init__()
        raise NotImplementedError("Transformer")


    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: (N, S). Returns: memory (N, S, D), and ``key_mask`` of the source."""
        raise NotImplementedError("Transformer.encode")

    def decode(self, inputs: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """inputs: (N, T); memory and its mask from ``encode``. Returns: logits (N, T, V) of the next tokens."""
        raise NotImplementedError("Transformer.decode")

    def forward(self, source: Tensor, inputs: Tensor) -> Tensor:
        """source: (N, S); inputs: (N, T) of ``teacher_forcing``, never padding first. Returns: logits (N, T, V)."""
        raise NotImplementedError("Transformer.forward")

    def start(self, source: Tensor) -> dict[str, Any]:
        """A cache for ``step`` before the first token; what is in it is your choice."""
        raise NotImplementedError("Transformer.start")

    def step(self, tokens: Tensor, cache: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """One more token for each sentence, with the keys and values of all tokens before from the cache.

        The cache that is given stays as it is, so that a search can go on from it twice.

        Args:
            tokens: (N,), no padding.
            cache: of ``start``, or of the step before.

        Returns:
            logits (N, V) of the next token, equal to the last ones of ``decode``; and a new cache.
        """
        raise NotImplementedError("Transformer.step")
