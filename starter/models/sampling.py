"""Texts from a language model: temperature, top-k, top-p."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from models.language_model import LanguageModel


def next_probabilities(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """Probabilities from which the next token is drawn.

    In this order: divide by the temperature; keep the ``top_k`` most probable tokens; of these, made to sum to 1, keep
    the smallest set of most probable tokens whose sum is at least ``top_p`` (Holtzman et al. 2020, section 3.1). Tokens
    that are not kept have probability 0, the others are divided by their sum. None leaves a step out.

    Args:
        logits: (N, V).
        temperature: positive.
        top_k: at least 1; more than V keeps all.
        top_p: in (0, 1]; at least one token is kept.

    Returns:
        (N, V), each row with sum 1.
    """
    raise NotImplementedError("next_probabilities")


def generate(
    model: LanguageModel,
    prompt: Tensor,
    steps: int,
    generator: Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Continue prompts by ``steps`` tokens, each drawn with ``generator`` from ``next_probabilities``.

    In evaluation mode and without gradients; afterwards the model is in the mode in which it was. Each token is
    computed from the one before and the state: the prompt is read once.

    Args:
        model: gives the logits.
        prompt: (N, T), T at least 1.
        steps: number of new tokens.
        generator: the source of all random numbers.
        temperature: as in ``next_probabilities``, and so are top_k and top_p.
        top_k: the same.
        top_p: the same.

    Returns:
        (N, T + steps): prompt and new tokens.
    """
    raise NotImplementedError("generate")
