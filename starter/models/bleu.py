"""BLEU of a whole corpus (Papineni et al. 2002), as sacrebleu computes it from tokens (Post 2018)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

# BLEU's weakness and what you would report beside it: your answer to the written question of spec.md.
WRITTEN_ANSWER = ""

Tokens = Sequence[str] | Sequence[int]


def ngram_counts(tokens: Tokens, order: int) -> Counter[tuple[str | int, ...]]:
    """How often each n-gram of ``order`` tokens occurs."""
    raise NotImplementedError("ngram_counts")


def corpus_bleu(
    hypotheses: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    max_order: int = 4,
    smoothing: str = "none",
) -> dict[str, float]:
    """BLEU between 0 and 100.

    For each order n, matches and totals are summed over the corpus. A match of a hypothesis's n-gram counts at most as
    often as in that one of its references which has it most often. The length of the references is, sentence by
    sentence, that of the closest reference, of two equally close ones the shorter.

    Args:
        hypotheses: tokens of each sentence.
        references: the references (at least one) of each sentence.
        max_order: the greatest n.
        smoothing: "none", or "add-one": matches and totals of each order above 1 are one greater.

    Returns:
        ``bleu``; ``brevity_penalty``, 1 if c >= r and otherwise exp(1 - r / c), 0 for c = 0; ``precision_1`` ... of
        each order, between 0 and 1. A precision without n-grams is 0, and BLEU is 0 if one precision is 0.
    """
    raise NotImplementedError("corpus_bleu")



