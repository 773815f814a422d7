"""A character language model: it reads text and returns the probabilities of the next character.

An embedding, a recurrent layer and a linear layer, trained by truncated backpropagation through time. Characters are
integers, numbered by ``Vocabulary``.

    vocabulary = Vocabulary(text)
    model = CharLM(len(vocabulary), embedding_dim=16, hidden_size=64)
    chunks = text_chunks(vocabulary.encode(text), batch_size=32, seq_len=25)
    losses = train_epoch(model, Adam(model.parameters(), lr=1e-2), chunks, max_norm=1.0)
    print(perplexity(model, chunks))
    print(vocabulary.decode(generate(model, vocabulary.encode("The "), 200, temperature=0.7)))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratch.embedding import Embedding
from scratch.functional import softmax
from scratch.nn import Array, CrossEntropyLoss, Linear, Module
from scratch.optim import Optimiser, clip_grad_norm_
from scratch.rnn import LSTM, Recurrent, State

Indices: TypeAlias = NDArray[np.integer[Any]]
Chunk: TypeAlias = tuple[Indices, Indices]  # inputs and targets, shape (N, T) each


class Vocabulary:
    """The characters of a text in their order, numbered from 0."""

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(text)))
        self.numbers = {character: number for number, character in enumerate(self.characters)}

    def __len__(self) -> int:
        """How many characters there are."""
        return len(self.characters)

    def encode(self, text: str) -> Indices:
        """Return the numbers of a text's characters, int64; KeyError for one that is not in the vocabulary."""
        return np.array([self.numbers[character] for character in text], dtype=np.int64)

    def decode(self, indices: Indices) -> str:
        """Return the text of an array of numbers."""
        return "".join(self.characters[index] for index in indices)


def text_chunks(tokens: Indices, batch_size: int, seq_len: int) -> list[Chunk]:
    """Cut a text into chunks for truncated backpropagation through time.

    The text is cut into ``batch_size`` streams, one after another: with S = (len(tokens) - 1) // batch_size, stream n
    has the inputs tokens[n * S], ..., tokens[n * S + S - 1]. The target of each input is the token after it. Chunk k
    holds the steps k * seq_len, ..., (k + 1) * seq_len - 1 of all streams, so that row n of a chunk continues where
    row n of the chunk before ended. The last chunk may be shorter.

    Returns:
        pairs of inputs and targets, shape (batch_size, seq_len) each, of the last one (batch_size, 1 to seq_len).
    """
    raise NotImplementedError("text_chunks")


class CharLM(Module):
    """Embedding, recurrent layer, linear layer: logits of the next character.

    Attributes:
        embedding: Embedding(vocabulary_size, embedding_dim).
        rnn: cell(embedding_dim, hidden_size, num_layers), batch first.
        head: Linear(hidden_size, vocabulary_size).
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int,
        hidden_size: int,
        num_layers: int = 1,
        cell: Callable[..., Recurrent] = LSTM,
        rng: np.random.Generator | None = None,
    ) -> None:
        """``cell``: RNN, LSTM or GRU. All initial weights are drawn from ``rng``."""
        raise NotImplementedError("CharLM.__init__")

    def forward(self, indices: Indices, hx: State | None = None) -> tuple[Array, State]:
        """Return the logits, shape (N, T, vocabulary_size), for indices (N, T), and the state after the last step."""
        raise NotImplementedError("CharLM.forward")

    def backward(self, grad_logits: Array, grad_hx: State | None = None) -> State:
        """Accumulate every parameter's gradient; return the gradient with respect to the initial state.

        ``grad_hx``: gradient with respect to the final state; None: nothing depends on it.
        """
        raise NotImplementedError("CharLM.backward")


def train_epoch(model: CharLM, optimiser: Optimiser, chunks: Iterable[Chunk], max_norm: float) -> Array:
    """Train by truncated backpropagation through time, one step of the optimiser for each chunk, in their order.

    The first chunk starts from a state of zeros, each later one from the final state of the chunk before
    (carried). No gradient goes from a chunk into the one before (detached). The loss is the mean cross-entropy
    over all N * T characters of the chunk. The gradients of all parameters together are clipped to ``max_norm``
    before the step.

    Returns:
        the loss of each chunk, before its step; shape (number of chunks,).
    """
    raise NotImplementedError("train_epoch")


def perplexity(model: CharLM, chunks: Iterable[Chunk]) -> float:
    """Return exp of the mean cross-entropy over all characters of all chunks, with the state carried as in training.

    Every character counts the same, also in a shorter last chunk. The model is not changed.
    """
    raise NotImplementedError("perplexity")


def next_probabilities(logits: Array, temperature: float = 1.0) -> Array:
    """Return softmax(logits / temperature) along the last axis, of the shape of logits.

    At temperature 0 the largest logit of a row has the probability 1 and the others 0 (the limit; no test has equal
    largest logits).

    Raises:
        ValueError: temperature is negative.
    """
    raise NotImplementedError("next_probabilities")


def generate(
    model: CharLM, prompt: Indices, length: int, temperature: float = 1.0, rng: np.random.Generator | None = None
) -> Indices:
    """Return ``length`` characters that the model writes after a prompt, integers of shape (length,).

    The model reads the prompt from a state of zeros. Then each character is drawn from ``next_probabilities`` of the
    last logits, and the model reads it next.

    Args:
        model: the language model.
        prompt: at least one character, shape (P,); it is not part of the result.
        length: how many characters to write.
        temperature: for ``next_probabilities``.
        rng: the generator for the draws (default: a new ``np.random.default_rng()``).
    """
    raise NotImplementedError("generate")
