"""Training that can be stopped, resumed and repeated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from project.course.events import EventWriter
from project.model import build_model

CHECKPOINT = "checkpoint.pt"


def train(
    config: dict[str, Any],
    data: Mapping[str, torch.Tensor],
    device: str,
    log_dir: str,
    seed: int,
    steps: int | None = None,
    resume: str | None = None,
) -> tuple[nn.Module, list[float]]:
    """Train a new model and return it with the loss of each step made in this call.

    Args:
        config: the contents of ``config.toml``.
        data: "inputs" and "targets" to train on, "validation_inputs" and "validation_targets"; nothing else is read.
        device: such as "cpu" or "cuda".
        log_dir: gets TensorBoard's events (tag "loss/train" at each step, counted from 1) and ``checkpoint.pt``.
        seed: decides everything that is random.
        steps: stop after this step, counted from the beginning; the configuration's number if None. Schedules go by the
            configuration, so that a run which stops early is the beginning of the whole one.
        resume: the path of a checkpoint, from which training goes on as if it had not been stopped.
    """
    raise NotImplementedError("train")


def _share(step: int, settings: Mapping[str, Any]) -> float:
    """The share of the highest learning rate: a linear rise, then half a cosine."""
    raise NotImplementedError("_share: your own schedule, if you have one")


def _batch(count: int, size: int, seed: int, step: int) -> torch.Tensor:
    """The items of a step: each epoch has an order of its own, known from seed and step alone."""
    raise NotImplementedError("_batch: your own way to choose items")


@torch.no_grad()
def _accuracy(model: nn.Module, data: Mapping[str, torch.Tensor], device: str) -> float:
    raise NotImplementedError("_accuracy: what you measure on validation data")
