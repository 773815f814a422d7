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
        # BEGIN SOLUTION
        generator = np.random.default_rng() if rng is None else rng
        self.weight = Parameter(generator.standard_normal((num_embeddings, embedding_dim)))
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.weight.data[padding_idx] = 0.0
        # STUB: raise NotImplementedError("Embedding.__init__")
        # END SOLUTION

    def forward(self, indices: Indices) -> Array:
        """Return the rows, shape (*indices.shape, embedding_dim), for integers of any shape.

        Raises:
            IndexError: an index is negative, or not below num_embeddings.
        """
        # BEGIN SOLUTION
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self.weight.data):  # -1 is a row to numpy
            raise IndexError(f"indices from {indices.min()} to {indices.max()} of {len(self.weight.data)} rows")
        self._indices = indices
        return self.weight.data[indices]
        # STUB: raise NotImplementedError("Embedding.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> None:
        """Accumulate into ``weight.grad``: each row gets the sum of the gradients of all positions that used it.

        grad_output has the shape of the last output. There is no gradient to return: indices are integers.
        """
        # BEGIN SOLUTION
        grad = np.zeros_like(self.weight.data)
        rows = grad_output.reshape(-1, grad.shape[1])
        np.add.at(grad, self._indices.ravel(), rows)  # grad[indices] += rows would count a repeated word once
        if self.padding_idx is not None:
            grad[self.padding_idx] = 0.0
        self.weight.accumulate(grad)
        # STUB: raise NotImplementedError("Embedding.backward")
        # END SOLUTION


def skip_gram_pairs(tokens: Indices, window: int) -> tuple[Indices, Indices]:
    """Return centres and contexts, shape (P,) each: every word with every word at most ``window`` positions away.

    A word is not its own context, but an equal word at another position is. Words at the ends of the text have
    fewer neighbours. The pairs may be in any order. Both arrays have an integer dtype, also if there is no pair.

    Args:
        tokens: the text, shape (L,).
        window: at least 1.
    """
    # BEGIN SOLUTION
    centres, contexts = [tokens[:0]], [tokens[:0]]
    for distance in range(1, min(window, len(tokens) - 1) + 1):
        left, right = tokens[:-distance], tokens[distance:]
        centres += [left, right]
        contexts += [right, left]
    return np.concatenate(centres), np.concatenate(contexts)
    # STUB: raise NotImplementedError("skip_gram_pairs")
    # END SOLUTION


def noise_probabilities(counts: ArrayLike, power: float = 0.75) -> Array:
    """Return how often each word is drawn as a negative: counts**power, divided by its sum; shape (V,).

    Source: Mikolov et al. 2013, section 2.2.
    """
    # BEGIN SOLUTION
    weights = np.asarray(counts, dtype=np.float64) ** power
    return weights / weights.sum()
    # STUB: raise NotImplementedError("noise_probabilities")
    # END SOLUTION


def draw_negatives(probabilities: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Indices:
    """Return words drawn from ``rng`` with these probabilities, independently, with repeats; integers of ``shape``."""
    # BEGIN SOLUTION
    return rng.choice(len(probabilities), size=shape, p=probabilities)
    # STUB: raise NotImplementedError("draw_negatives")
    # END SOLUTION


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
        # BEGIN SOLUTION
        generator = np.random.default_rng() if rng is None else rng
        self.centre = Embedding(vocabulary_size, embedding_dim, rng=generator)
        self.context = Embedding(vocabulary_size, embedding_dim, rng=generator)
        for table in (self.centre, self.context):
            table.weight.data /= np.sqrt(embedding_dim)  # scores of order one for any dimension
        # STUB: raise NotImplementedError("SkipGram.__init__")
        # END SOLUTION

    def forward(self, centres: Indices, contexts: Indices, negatives: Indices) -> float:
        """Return the mean over the pairs of the loss above; finite for scores of any size.

        Args:
            centres: shape (N,).
            contexts: shape (N,).
            negatives: shape (N, K). A negative may equal the context, or another negative: each one counts.
        """
        # BEGIN SOLUTION
        self._v = self.centre(centres)  # (N, D)
        self._u = self.context(np.concatenate([contexts[:, None], negatives], axis=1))  # (N, 1 + K, D)
        signs = np.where(np.arange(self._u.shape[1]) == 0, 1.0, -1.0)  # the first is the true one
        self._margins = signs * np.einsum("nkd,nd->nk", self._u, self._v)
        self._signs = signs
        return float(np.logaddexp(0.0, -self._margins).sum() / len(centres))  # -log sigmoid(m) = log(1 + exp(-m))
        # STUB: raise NotImplementedError("SkipGram.forward")
        # END SOLUTION

    def backward(self) -> None:
        """Accumulate the gradients of the mean loss into ``centre.weight`` and ``context.weight``."""
        # BEGIN SOLUTION
        grad_scores = -self._signs * sigmoid(-self._margins) / len(self._v)  # (N, 1 + K)
        self.centre.backward(np.einsum("nk,nkd->nd", grad_scores, self._u))
        self.context.backward(grad_scores[:, :, None] * self._v[:, None, :])
        # STUB: raise NotImplementedError("SkipGram.backward")
        # END SOLUTION
