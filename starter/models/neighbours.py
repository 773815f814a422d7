"""What word vectors know: neighbours and analogies."""

from __future__ import annotations

import torch
from torch import Tensor


def nearest(vectors: Tensor, word: int, count: int) -> list[int]:
    """The ``count`` other words with the greatest cosine to ``word``, the nearest first.

    Args:
        vectors: (V, D), a row for each word; no row is zero.
        word: its row.
        count: of neighbours.
    """
    raise NotImplementedError("nearest")


def analogy(vectors: Tensor, a: int, b: int, c: int, count: int = 1) -> list[int]:
    """Words d for "a is to b as c is to d": the greatest cosine to b − a + c, without a, b and c themselves.

    All vectors are divided by their length before the sum (Levy & Goldberg 2014, section 3: 3CosAdd).
    """
    raise NotImplementedError("analogy")



