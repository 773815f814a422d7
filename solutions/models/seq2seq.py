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
        # BEGIN SOLUTION
        self.query = nn.Linear(query_size, attention_size, bias=False)
        self.key = nn.Linear(key_size, attention_size, bias=False)
        self.score = nn.Linear(attention_size, 1, bias=False)
        # STUB: raise NotImplementedError("BahdanauAttention")
        # END SOLUTION

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """query: (N, Q); keys: (N, S, K), also the values; mask: (N, S), True where it may attend, never all False.

        Returns:
            context (N, K), and weights (N, S).
        """
        # BEGIN SOLUTION
        scores = self.score((self.query(query)[:, None] + self.key(keys)).tanh()).squeeze(2)
        return _attend(scores, keys, mask)
        # STUB: raise NotImplementedError("BahdanauAttention.forward")
        # END SOLUTION


class LuongAttention(nn.Module):
    """Multiplicative attention (Luong et al. 2015, section 3.1, "general"): score = q · W k, W (Q, K), no bias."""

    def __init__(self, query_size: int, key_size: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.key = nn.Linear(key_size, query_size, bias=False)
        # STUB: raise NotImplementedError("LuongAttention")
        # END SOLUTION

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As in ``BahdanauAttention``."""
        # BEGIN SOLUTION
        scores = (self.key(keys) @ query[:, :, None]).squeeze(2)
        return _attend(scores, keys, mask)
        # STUB: raise NotImplementedError("LuongAttention.forward")
        # END SOLUTION


# BEGIN SOLUTION
def _attend(scores: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Context (N, K) and weights (N, S) of scores (N, S)."""
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
    return (weights[:, None] @ keys).squeeze(1), weights


# STUB:
# END SOLUTION
class Encoder(nn.Module):
    """Reads the source in both directions: embedding, bidirectional GRU, and a first state for the decoder.

    ``parameters()``: embedding; the GRU as PyTorch lists it; weight (H, 2 H) and bias of the linear layer.
    """

    def __init__(self, vocab_size: int, embedding_size: int, hidden_size: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden_size, hidden_size)
        # STUB: raise NotImplementedError("Encoder")
        # END SOLUTION

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """source: (N, S), padded at the end; lengths: (N,), the greatest is S.

        Returns:
            outputs (N, S, 2 H), what is at padding is free; mask (N, S), True where a token is; state (N, H),
            tanh(linear(last state of the forward direction, first state of the backward direction)).
        """
        # BEGIN SOLUTION
        packed = pack_padded_sequence(self.embedding(source), lengths, batch_first=True, enforce_sorted=False)
        packed, final = self.rnn(packed)
        outputs, _ = pad_packed_sequence(packed, batch_first=True)
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        state = self.bridge(torch.cat([final[0], final[1]], dim=1)).tanh()
        return outputs, mask, state
        # STUB: raise NotImplementedError("Encoder.forward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        self.kind = kind
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        if kind == "bahdanau":
            self.attention = BahdanauAttention(hidden_size, 2 * hidden_size, hidden_size)
            self.cell = nn.GRUCell(embedding_size + 2 * hidden_size, hidden_size)
            self.output = nn.Linear(3 * hidden_size, vocab_size)
        else:
            self.attention = LuongAttention(hidden_size, 2 * hidden_size)
            self.cell = nn.GRUCell(embedding_size, hidden_size)
            self.combine = nn.Linear(3 * hidden_size, hidden_size, bias=False)
            self.output = nn.Linear(hidden_size, vocab_size)
        # STUB: raise NotImplementedError("Decoder")
        # END SOLUTION

    def step(self, tokens: Tensor, state: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """tokens: (N,), the ones before; state: (N, H). Returns: logits (N, V), new state, weights (N, S)."""
        # BEGIN SOLUTION
        embedded = self.embedding(tokens)
        if self.kind == "bahdanau":
            context, weights = self.attention(state, keys, mask)
            state = self.cell(torch.cat([embedded, context], dim=1), state)
            return self.output(torch.cat([state, context], dim=1)), state, weights
        state = self.cell(embedded, state)
        context, weights = self.attention(state, keys, mask)
        hidden = self.combine(torch.cat([context, state], dim=1)).tanh()
        return self.output(hidden), state, weights
        # STUB: raise NotImplementedError("Decoder.step")
        # END SOLUTION


class Seq2Seq(nn.Module):
    """Encoder and decoder. ``parameters()``: those of the encoder, then those of the decoder."""

    def __init__(
        self, source_size: int, target_size: int, embedding_size: int, hidden_size: int, kind: str = "bahdanau"
    ) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.encoder = Encoder(source_size, embedding_size, hidden_size)
        self.decoder = Decoder(target_size, embedding_size, hidden_size, kind)
        # STUB: raise NotImplementedError("Seq2Seq")
        # END SOLUTION

    def forward(self, source: Tensor, lengths: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """inputs: (N, T) of ``teacher_forcing``. Returns: logits (N, T, V), and weights (N, T, S)."""
        # BEGIN SOLUTION
        keys, mask, state = self.encoder(source, lengths)
        found = []
        for tokens in inputs.unbind(dim=1):
            logits, state, weights = self.decoder.step(tokens, state, keys, mask)
            found.append((logits, weights))
        all_logits, all_weights = zip(*found, strict=True)
        return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)
        # STUB: raise NotImplementedError("Seq2Seq.forward")
        # END SOLUTION
