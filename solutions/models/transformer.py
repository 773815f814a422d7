"""A small Transformer for translation, with a cache for decoding (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


def causal_mask(length: int) -> Tensor:
    """(length, length), bool: row t is True for the keys 0 to t."""
    # BEGIN SOLUTION
    return torch.ones(length, length, dtype=torch.bool).tril()
    # STUB: raise NotImplementedError("causal_mask")
    # END SOLUTION


def key_mask(tokens: Tensor, pad: int) -> Tensor:
    """(N, 1, 1, S), bool: True for keys that are not padding, for all heads and queries. tokens: (N, S)."""
    # BEGIN SOLUTION
    return (tokens != pad)[:, None, None]
    # STUB: raise NotImplementedError("key_mask")
    # END SOLUTION


def sinusoidal_positions(length: int, d_model: int) -> Tensor:
    """(length, d_model), float64: column 2 i is sin(t / 10000^(2 i / d_model)), column 2 i + 1 its cosine; t from 0."""
    # BEGIN SOLUTION
    steps = torch.arange(length, dtype=torch.float64)[:, None]
    angles = steps / 10000.0 ** (torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :d_model]
    # STUB: raise NotImplementedError("sinusoidal_positions")
    # END SOLUTION


class MultiHeadAttention(nn.Module):
    """Attention with several heads (section 3.2); head h has the features h D / H to (h + 1) D / H − 1.

    ``parameters()``: weight and bias of four linear layers (D, D): query, key, value, output.
    """

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.heads = heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)
        # STUB: raise NotImplementedError("MultiHeadAttention")
        # END SOLUTION

    # BEGIN SOLUTION
    def split(self, x: Tensor) -> Tensor:
        """(N, L, D) → (N, H, L, D / H)."""
        count, length, features = x.shape
        return x.view(count, length, self.heads, features // self.heads).transpose(1, 2)

    def keys_and_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Both as (N, H, S, D / H)."""
        return self.split(self.key(memory)), self.split(self.value(memory))

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The same as forward, with keys and values that are already projected and split."""
        query = self.split(self.query(queries))
        scores = query @ keys.transpose(2, 3) / math.sqrt(query.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(dim=-1)
        return self.output((weights @ values).transpose(1, 2).flatten(2)), weights

    # STUB:
    # END SOLUTION
    def forward(self, queries: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """queries: (N, L, D); memory: (N, S, D), keys and values; mask: broadcasts to (N, H, L, S), True: may attend.

        Returns:
            (N, L, D), and weights (N, H, L, S). No row of the mask is all False.
        """
        # BEGIN SOLUTION
        return self.attend(queries, *self.keys_and_values(memory), mask)
        # STUB: raise NotImplementedError("MultiHeadAttention.forward")
        # END SOLUTION


# BEGIN SOLUTION
class Residual(nn.Module):
    """x + dropout(layer(norm(x))) with pre-LN, norm(x + dropout(layer(x))) with post-LN; owns the norm only."""

    def __init__(self, d_model: int, norm: str, dropout: float) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.norm = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, layer: Any) -> Tensor:
        if self.pre:
            return x + self.dropout(layer(self.norm(x)))
        return self.norm(x + self.dropout(layer(x)))


def _feed_forward(d_model: int, d_ff: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))


# STUB:
# END SOLUTION
class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward network, each with a residual connection and a LayerNorm.

    norm="post": x ← norm(x + dropout(f(x))). norm="pre": x ← x + dropout(f(norm(x))). The feed-forward network is
    linear, ReLU, linear. ``parameters()``: attention, its norm, feed-forward network, its norm.
    """

    def __init__(self, d_model: int, heads: int, d_ff: int, norm: str = "pre", dropout: float = 0.0) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.attention = MultiHeadAttention(d_model, heads)
        self.first = Residual(d_model, norm, dropout)
        self.feed_forward = _feed_forward(d_model, d_ff)
        self.second = Residual(d_model, norm, dropout)
        # STUB: raise NotImplementedError("EncoderLayer")
        # END SOLUTION

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: (N, S, D); mask as in ``MultiHeadAttention``. Returns: (N, S, D)."""
        # BEGIN SOLUTION
        x = self.first(x, lambda y: self.attention(y, y, mask)[0])
        return self.second(x, self.feed_forward)
        # STUB: raise NotImplementedError("EncoderLayer.forward")
        # END SOLUTION


class DecoderLayer(nn.Module):
    """Self-attention, attention to the source, feed-forward network; residual connections and norms as in the encoder.

    The source (memory) is not normalised again. ``parameters()``: self-attention, its norm, attention to the source,
    its norm, feed-forward network, its norm.
    """

    def __init__(self, d_model: int, heads: int, d_ff: int, norm: str = "pre", dropout: float = 0.0) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.self_attention = MultiHeadAttention(d_model, heads)
        self.first = Residual(d_model, norm, dropout)
        self.source_attention = MultiHeadAttention(d_model, heads)
        self.second = Residual(d_model, norm, dropout)
        self.feed_forward = _feed_forward(d_model, d_ff)
        self.third = Residual(d_model, norm, dropout)
        # STUB: raise NotImplementedError("DecoderLayer")
        # END SOLUTION

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None, memory_mask: Tensor | None) -> Tensor:
        """x: (N, T, D); memory: (N, S, D); masks for x and for memory. Returns: (N, T, D)."""
        # BEGIN SOLUTION
        x = self.first(x, lambda y: self.self_attention(y, y, mask)[0])
        x = self.second(x, lambda y: self.source_attention(y, memory, memory_mask)[0])
        return self.third(x, self.feed_forward)
        # STUB: raise NotImplementedError("DecoderLayer.forward")
        # END SOLUTION

    # BEGIN SOLUTION
    def cached(self, x: Tensor, cache: dict[str, Any], memory_mask: Tensor) -> tuple[Tensor, dict[str, Any]]:
        """One new token, (N, 1, D), with the keys and values of those before and of the source."""
        kept: dict[str, Any] = {"source": cache["source"]}

        def attend_to_past(y: Tensor) -> Tensor:
            new = self.self_attention.keys_and_values(y)
            kept["self"] = [torch.cat([old, one], dim=2) for old, one in zip(cache["self"], new, strict=True)]
            return self.self_attention.attend(y, *kept["self"], None)[0]

        x = self.first(x, attend_to_past)
        x = self.second(x, lambda y: self.source_attention.attend(y, *cache["source"], memory_mask)[0])
        return self.third(x, self.feed_forward), kept

    # STUB:
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.pad = pad
        self.source_embedding = nn.Embedding(source_size, d_model)
        self.target_embedding = nn.Embedding(target_size, d_model)
        for table in (self.source_embedding, self.target_embedding):
            nn.init.normal_(table.weight, std=d_model**-0.5)
        if positions == "learned":
            self.positions = nn.Parameter(0.02 * torch.randn(max_length, d_model))
        else:
            self.register_buffer("positions", sinusoidal_positions(max_length, d_model))
        self.encoder = nn.ModuleList(EncoderLayer(d_model, heads, d_ff, norm, dropout) for _ in range(layers))
        self.encoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()
        self.decoder = nn.ModuleList(DecoderLayer(d_model, heads, d_ff, norm, dropout) for _ in range(layers))
        self.decoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()
        self.output = nn.Linear(d_model, target_size)
        self.dropout = nn.Dropout(dropout)
        # STUB: raise NotImplementedError("Transformer")
        # END SOLUTION

    # BEGIN SOLUTION
    def embed(self, table: nn.Embedding, tokens: Tensor, first: int = 0) -> Tensor:
        """(N, L) → (N, L, D); the first token is at position ``first``."""
        vectors = table(tokens) * math.sqrt(table.embedding_dim)
        places = self.positions[first : first + tokens.shape[1]].to(vectors.dtype)
        return self.dropout(vectors + places)

    # STUB:
    # END SOLUTION
    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: (N, S). Returns: memory (N, S, D), and ``key_mask`` of the source."""
        # BEGIN SOLUTION
        mask = key_mask(source, self.pad)
        x = self.embed(self.source_embedding, source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x), mask
        # STUB: raise NotImplementedError("Transformer.encode")
        # END SOLUTION

    def decode(self, inputs: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """inputs: (N, T); memory and its mask from ``encode``. Returns: logits (N, T, V) of the next tokens."""
        # BEGIN SOLUTION
        mask = causal_mask(inputs.shape[1]) & key_mask(inputs, self.pad)
        x = self.embed(self.target_embedding, inputs)
        for layer in self.decoder:
            x = layer(x, memory, mask, memory_mask)
        return self.output(self.decoder_norm(x))
        # STUB: raise NotImplementedError("Transformer.decode")
        # END SOLUTION

    def forward(self, source: Tensor, inputs: Tensor) -> Tensor:
        """source: (N, S); inputs: (N, T) of ``teacher_forcing``, never padding first. Returns: logits (N, T, V)."""
        # BEGIN SOLUTION
        return self.decode(inputs, *self.encode(source))
        # STUB: raise NotImplementedError("Transformer.forward")
        # END SOLUTION

    def start(self, source: Tensor) -> dict[str, Any]:
        """A cache for ``step`` before the first token; what is in it is your choice."""
        # BEGIN SOLUTION
        memory, memory_mask = self.encode(source)
        empty = [self.decoder[0].self_attention.split(memory[:, :0])] * 2
        layers = [{"self": empty, "source": layer.source_attention.keys_and_values(memory)} for layer in self.decoder]
        return {"layers": layers, "memory_mask": memory_mask, "length": 0}
        # STUB: raise NotImplementedError("Transformer.start")
        # END SOLUTION

    def step(self, tokens: Tensor, cache: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """One more token for each sentence, with the keys and values of all tokens before from the cache.

        The cache that is given stays as it is, so that a search can go on from it twice.

        Args:
            tokens: (N,), no padding.
            cache: of ``start``, or of the step before.

        Returns:
            logits (N, V) of the next token, equal to the last ones of ``decode``; and a new cache.
        """
        # BEGIN SOLUTION
        x = self.embed(self.target_embedding, tokens[:, None], cache["length"])
        layers = []
        for layer, kept in zip(self.decoder, cache["layers"], strict=True):
            x, kept = layer.cached(x, kept, cache["memory_mask"])
            layers.append(kept)
        logits = self.output(self.decoder_norm(x))[:, 0]
        return logits, {**cache, "layers": layers, "length": cache["length"] + 1}
        # STUB: raise NotImplementedError("Transformer.step")
        # END SOLUTION
