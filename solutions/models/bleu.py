"""BLEU of a whole corpus (Papineni et al. 2002), as sacrebleu computes it from tokens (Post 2018)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

# BLEU's weakness and what you would report beside it: your answer to the written question of spec.md.
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) The loss sees the right prefix at every step; in decoding the model reads its own output. After one wrong token it
is in a state that it never saw in training, and errors grow along the sentence (exposure bias). I would compare greedy
decoding with teacher forcing by position, or draw some inputs of training from the model (scheduled sampling).

(b) The sum of log-probabilities falls with every token, so a wider beam finds ever shorter hypotheses, in the end the
empty one. BLEU then has a brevity penalty: exp(1 - r/c). I would look at the ratio c/r for each width; divide the sum
by length**alpha, with alpha chosen on validation data.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION

Tokens = Sequence[str] | Sequence[int]


def ngram_counts(tokens: Tokens, order: int) -> Counter[tuple[str | int, ...]]:
    """How often each n-gram of ``order`` tokens occurs."""
    # BEGIN SOLUTION
    return Counter(tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1))
    # STUB: raise NotImplementedError("ngram_counts")
    # END SOLUTION


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
    # BEGIN SOLUTION
    matches, totals = [0] * max_order, [0] * max_order
    hypothesis_length = reference_length = 0
    for hypothesis, group in zip(hypotheses, references, strict=True):
        length = len(hypothesis)
        hypothesis_length += length
        reference_length += min((abs(len(one) - length), len(one)) for one in group)[1]
        for order in range(1, max_order + 1):
            most: Counter[tuple[str | int, ...]] = Counter()
            for one in group:
                most |= ngram_counts(one, order)
            counts = ngram_counts(hypothesis, order)
            matches[order - 1] += (counts & most).total()
            totals[order - 1] += counts.total()
    extra = [1 if smoothing == "add-one" and order > 0 else 0 for order in range(max_order)]
    precisions = [
        (match + more) / (total + more) if total + more else 0.0
        for match, total, more in zip(matches, totals, extra, strict=True)
    ]
    penalty = _brevity_penalty(hypothesis_length, reference_length)
    score = 0.0
    if min(precisions) > 0:
        score = 100 * penalty * math.exp(sum(math.log(precision) for precision in precisions) / max_order)
    found = {f"precision_{order}": precision for order, precision in enumerate(precisions, 1)}
    return {"bleu": score, "brevity_penalty": penalty, **found}
    # STUB: raise NotImplementedError("corpus_bleu")
    # END SOLUTION


# BEGIN SOLUTION
def _brevity_penalty(hypothesis_length: int, reference_length: int) -> float:
    """1 for hypotheses that are long enough."""
    if hypothesis_length == 0:
        return 0.0
    return min(1.0, math.exp(1 - reference_length / hypothesis_length))


# STUB:
# END SOLUTION
