"""Translation with recurrent networks: an encoder, and a decoder that attends to it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class BahdanauAttention(nn.Module):
    """Additive attention (Bahdanau et al. 2015, appendix A.1.2): score = v · tanh(W q + U k).

    ``parameters()``: W (A, Q), U (A, K), v (1, A); there are no biases.
    """

    def __init__(self, query_size: int, key_size: int, attention_size: int) -> None:
        super().__init__()
        raise NotImplementedError("BahdanauAttention")

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """query: (N, Q); keys: (N, S, K), also the values; mask: (N, S), True where it may attend, never all False.

        Returns:
            context (N, K), and weights (N, S).
        """
        raise NotImplementedError("BahdanauAttention.forward")


class LuongAttention(nn.Module):
    """Multiplicative attention (Luong et al. 2015, section 3.1, "general"): score = q · W k, W (Q, K), no bias."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        raise NotImplementedError("LuongAttention")

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As in ``BahdanauAttention``."""
        raise NotImplementedError("LuongAttention.forward")



class Encoder(nn.Module):
    """Reads the source in both directions: embedding, bidirectional GRU, and a first state for the decoder.

    ``parameters()``: embedding; the GRU as PyTorch lists it; weight (H, 2 H) and bias of the linear layer.
    """

    def __init__(self, vocab_size: int, embedding_size: int, hidden_size: int) -> None:
        super().__init__()
        raise NotImplementedError("Encoder")

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """source: (N, S), padded at the end; lengths: (N,), the greatest is S.

        Returns:
            outputs (N, S, 2 H), what is at padding is free; mask (N, S), True where a token is; state (N, H),
            tanh(linear(last state of the forward direction, first state of the backward direction)).
        """
        raise NotImplementedError("Encoder.forward")


class Decoder(nn.Module):
    """Writes the target one token at a time.

    kind="bahdanau": context from the *old* state; new state = GRU(embedding and context, old state); logits =
    linear(new state and context). kind="luong": new state = GRU(embedding, old state); context from the *new* state;
    h = tanh(C (context and new state)), C without bias; logits = linear(h).

    "a and b" is a concatenation in this order. The attention's keys have 2 H features, its query H, and A = H.
    ``parameters()``: embedding; attention; GRU (weight_ih, weight_hh, bias_ih, bias_hh); for Luong C (H, 3 H); linear
    layer, with (V, 3 H) for Bahdanau and (V, H) for Luong.
    """

    def __init__(self, vocab_size: int, embedding_size: int, hidden_size: int, kind: str = "bahdanau") -> None:
        super().__init__()
        raise NotImplementedError("Decoder")

    def step(self, tokens: Tensor, state: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """tokens: (N,), the ones before; state: (N, H). Returns: logits (N, V), new state, weights (N, S)."""
        raise NotImplementedError("Decoder.step")


class Seq2Seq(nn.Module):
    """Encoder and decoder. ``parameters()``: those of the encoder, then those of the decoder."""

    def __init__(
        self, source_size: int, target_size: int, embedding_size: int, hidden_size: int, kind: str = "bahdanau"
    ) -> None:
        super().__init__()
        raise NotImplementedError("Seq2Seq")

    def forward(self, source: Tensor, lengths: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """inputs: (N, T) of ``teacher_forcing``. Returns: logits (N, T, V), and weights (N, T, S)."""
        raise NotImplementedError("Seq2Seq.forward")
