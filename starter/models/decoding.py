"""From probabilities to sentences: greedy decoding and beam search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from models.transformer import Transformer

# (N, t) tokens so far, BOS first → (N, V) log-probabilities of the next token
NextLogProbs = Callable[[Tensor], Tensor]


def greedy_decode(next_log_probs: NextLogProbs, count: int, bos: int, eos: int, max_length: int) -> list[list[int]]:
    """The most probable token at each step, for ``count`` sentences side by side.

    Row n of the tokens that ``next_log_probs`` gets belongs to sentence n in each call. A sentence ends with its own
    first EOS, or after ``max_length`` tokens. No call is made after all have ended.

    Returns:
        The tokens of each sentence, without BOS, up to its first EOS, without it.
    """
    raise NotImplementedError("greedy_decode")



def beam_search(
    next_log_probs: NextLogProbs, bos: int, eos: int, beam: int, max_length: int, alpha: float = 0.0
) -> list[tuple[list[int], float]]:
    """The best sentences that a beam of the given width finds, for one sentence of the source.

    Begin with one open hypothesis, BOS, with the sum 0. At each step every open hypothesis is continued with every
    token; a continuation's sum is that of its hypothesis plus the log-probability of the token. Of all continuations
    together keep the ``beam`` with the greatest sums. Those that end with EOS are finished and are not continued; the
    others are the open hypotheses of the next step, so that there may be fewer of them than ``beam``. After
    ``max_length`` steps the open hypotheses are finished as they are. The score of a finished hypothesis is its sum
    divided by n ** alpha, n: the number of its tokens with EOS and without BOS. Sums are never divided.

    Returns:
        All finished hypotheses, the greatest score first: their tokens without BOS and EOS, and their score.
    """
    raise NotImplementedError("beam_search")


def translate(
    model: Transformer, source: Tensor, bos: int, eos: int, max_length: int, beam: int | None = None, alpha: float = 0.0
) -> list[list[int]]:
    """Translations of a padded batch: greedy, or the best of ``beam_search`` for each sentence.

    In evaluation mode and without gradients; afterwards the model is in the mode in which it was. A sentence's
    translation does not depend on the others of its batch.

    Args:
        model: translates.
        source: (N, S).
        bos: id of the beginning of a sentence.
        eos: id of its end.
        max_length: the greatest number of new tokens.
        beam: its width; None: greedy.
        alpha: as in ``beam_search``.
    """
    raise NotImplementedError("translate")
