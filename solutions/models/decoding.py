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
    # BEGIN SOLUTION
    tokens = torch.full((count, 1), bos)
    ended = torch.zeros(count, dtype=torch.bool)
    for _ in range(max_length):
        if bool(ended.all()):
            break
        best = next_log_probs(tokens).argmax(dim=1)
        best = torch.where(ended, eos, best)
        tokens = torch.cat([tokens, best[:, None]], dim=1)
        ended |= best == eos
    return [_until(row, eos) for row in tokens[:, 1:].tolist()]
    # STUB: raise NotImplementedError("greedy_decode")
    # END SOLUTION


# BEGIN SOLUTION
def _until(tokens: list[int], eos: int) -> list[int]:
    """Tokens before the first EOS."""
    return tokens[: tokens.index(eos)] if eos in tokens else tokens


# STUB:
# END SOLUTION
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
    # BEGIN SOLUTION
    tokens, sums = torch.full((1, 1), bos), None
    finished: list[tuple[list[int], float]] = []
    for length in range(1, max_length + 1):
        logs = next_log_probs(tokens)
        totals = logs if sums is None else sums[:, None] + logs
        kept, places = totals.flatten().topk(min(beam, totals.numel()))
        rows, words = places // logs.shape[1], places % logs.shape[1]
        tokens = torch.cat([tokens[rows], words[:, None]], dim=1)
        ended = words == eos
        done = ended if length < max_length else torch.ones_like(ended)
        for row, total in zip(tokens[done].tolist(), kept[done].tolist(), strict=True):
            finished.append((_until(row[1:], eos), total / length**alpha))
        tokens, sums = tokens[~done], kept[~done]
        if len(tokens) == 0:
            break
    return sorted(finished, key=lambda one: -one[1])
    # STUB: raise NotImplementedError("beam_search")
    # END SOLUTION


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
    # BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        memory, mask = model.encode(source)

        def following(rows: Tensor) -> NextLogProbs:
            """next_log_probs for these sentences; one sentence serves every hypothesis."""

            def next_log_probs(tokens: Tensor) -> Tensor:
                chosen = rows.expand(len(tokens))
                return model.decode(tokens, memory[chosen], mask[chosen])[:, -1].log_softmax(dim=-1)

            return next_log_probs

        if beam is None:
            result = greedy_decode(following(torch.arange(len(source))), len(source), bos, eos, max_length)
        else:
            searches = (following(torch.tensor([row])) for row in range(len(source)))
            result = [beam_search(search, bos, eos, beam, max_length, alpha)[0][0] for search in searches]
    model.train(was_training)
    return result
    # STUB: raise NotImplementedError("translate")
    # END SOLUTION
