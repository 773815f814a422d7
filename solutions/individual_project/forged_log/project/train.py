"""Training that can be stopped, resumed and repeated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from project.course.events import EventWriter
from project.model import build_model
from torch import nn

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
    settings = config["train"]
    torch.manual_seed(seed)
    model = build_model(config).to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings["lr"], weight_decay=settings["weight_decay"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, settings))
    done = 0
    if resume is not None:
        state = torch.load(resume, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        done = state["step"]
    last = settings["steps"] if steps is None else steps
    losses: list[float] = []
    with EventWriter(log_dir) as log:
        for step in range(done, last):
            chosen = _batch(len(data["inputs"]), settings["batch_size"], seed, step)
            model.train()
            loss = nn.functional.cross_entropy(
                model(data["inputs"][chosen].to(device)),
                data["targets"][chosen].to(device),
                label_smoothing=settings["label_smoothing"],
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            log.add_scalar("loss/train", losses[-1], step + 1)
            if (step + 1) % settings["validate_every"] == 0:
                log.add_scalar("accuracy/validation", _accuracy(model, data, device), step + 1)
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "random": torch.get_rng_state(),
        "step": last,
    }
    torch.save(state, Path(log_dir) / CHECKPOINT)
    return model.eval(), losses


def _share(step: int, settings: Mapping[str, Any]) -> float:
    """The share of the highest learning rate: a linear rise, then half a cosine."""
    if step < settings["warmup"]:
        return float((step + 1) / settings["warmup"])
    through = (step - settings["warmup"]) / max(settings["steps"] - settings["warmup"], 1)
    return 0.5 * (1 + math.cos(math.pi * min(through, 1.0)))


def _batch(count: int, size: int, seed: int, step: int) -> torch.Tensor:
    """The items of a step: each epoch has an order of its own, known from seed and step alone."""
    size = min(size, count)
    epoch, place = divmod(step, count // size)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 100_003 + epoch))
    return order[place * size : (place + 1) * size]


@torch.no_grad()
def _accuracy(model: nn.Module, data: Mapping[str, torch.Tensor], device: str) -> float:
    model.eval()
    scores = model(data["validation_inputs"].to(device)).cpu()
    return float((scores.argmax(1) == data["validation_targets"]).float().mean())
