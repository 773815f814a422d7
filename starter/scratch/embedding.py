"""Word vectors in numpy: a table of rows, and skip-gram, which learns it from text.

Words are integers, 0 to V - 1. ``Embedding`` is the first layer of every language model, named as in
PyTorch; ``SkipGram`` is word2vec with negative sampling (Mikolov et al. 2013). Losses average over pairs. No array
that is passed in is ever changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scratch.functional import sigmoid
from scratch.nn import Array, Module, Parameter

Indices = NDArray[np.integer[Any]]


class Embedding(Module):
    """A table with a row for each word: y = weight[indices].

    Attributes:
        weight: Parameter, shape (num_embeddings, embedding_dim), initially standard normal, drawn from ``rng``
            (default: a new ``np.random.default_rng()``); row ``padding_idx`` is initially zeros.
        padding_idx: a row whose gradient is always 0, so that training does not change it, or None.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError("Embedding.__init__")

    def forward(self, indices: Indices) -> Array:
        """Return the rows, shape (*indices.shape, embedding_dim), for integers of any shape.

        Raises:
            IndexError: an index is negative, or not below num_embeddings.
        """
        raise NotImplementedError("Embedding.forward")

    def backward(self, grad_output: Array) -> None:
        """Accumulate into ``weight.grad``: each row gets the sum of the gradients of all positions that used it.

        grad_output has the shape of the last output. There is no gradient to return: indices are integers.
        """
        raise NotImplementedError("Embedding.backward")


def skip_gram_pairs(tokens: Indices, window: int) -> tuple[Indices, Indices]:
    """Return centres and contexts, shape (P,) each: every word with every word at most ``window`` positions away.

    A word is not its own context, but an equal word at another position is. Words at the ends of the text have
    fewer neighbours. The pairs may be in any order. Both arrays have an integer dtype, also if there is no pair.

    Args:
        tokens: the text, shape (L,).
        window: at least 1.
    """
    raise NotImplementedError("skip_gram_pairs")


def noise_probabilities(counts: ArrayLike, power: float = 0.75) -> Array:
    """Return how often each word is drawn as a negative: counts**power, divided by its sum; shape (V,).

    Source: Mikolov et al. 2013, section 2.2.
    """
    raise NotImplementedError("noise_probabilities")


def draw_negatives(probabilities: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Indices:
    """Return words drawn from ``rng`` with these probabilities, independently, with repeats; integers of ``shape``."""
    raise NotImplementedError("draw_negatives")


class SkipGram(Module):
    """Word vectors that distinguish the neighbours of a word from words drawn at random.

    Each word has two vectors: v as a centre, u as a context. A pair of centre c and context o with the negatives
    n_1 ... n_K has the loss

        -log sigmoid(u_o . v_c) - sum_k log sigmoid(-u_nk . v_c)

    Attributes:
        centre: Embedding(vocabulary_size, embedding_dim) of the v.
        context: Embedding(vocabulary_size, embedding_dim) of the u.

    Source: Mikolov, Sutskever, Chen, Corrado & Dean 2013, equation 4.
    """

    def __init__(self, vocabulary_size: int, embedding_dim: int, rng: np.random.Generator | None = None) -> None:
        """Make both tables; you choose their initial values."""
        raise NotImplementedError("SkipGram.__init__")

    def forward(self, centres: Indices, contexts: Indices, negatives: Indices) -> float:
        """Return the mean over the pairs of the loss above; finite for scores of any size.

        Args:
            centres: shape (N,).
            contexts: shape (N,).
            negatives: shape (N, K). A negative may equal the context, or another negative: each one counts.
        """
        raise NotImplementedError("SkipGram.forward")

    def backward(self) -> None:
        """Accumulate the gradients of the mean loss into ``centre.weight`` and ``context.weight``."""
        raise NotImplementedError("SkipGram.backward")
