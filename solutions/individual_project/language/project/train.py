"""Training on every place of a context, with the norm of the gradients limited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from project.course.events import EventWriter
from project.model import build_model
from torch import nn


def train(
    config: dict[str, Any],
    data: Mapping[str, torch.Tensor],
    device: str,
    log_dir: str,
    seed: int,
    steps: int | None = None,
    resume: str | None = None,
) -> tuple[nn.Module, list[float]]:
    """Train a new model; see the brief."""
    torch.manual_seed(seed)
    model = build_model(config).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=config["lr"])
    order = torch.Generator().manual_seed(seed)
    losses: list[float] = []
    done = 0
    if resume is not None:
        state = torch.load(resume, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        order.set_state(state["order"])
        torch.set_rng_state(state["random"])
        done = state["step"]
    last = config["steps"] if steps is None else steps
    sequences = torch.cat([data["inputs"], data["targets"][:, None]], 1)
    with EventWriter(log_dir) as log:
        for step in range(done, last):
            for group in optimiser.param_groups:
                group["lr"] = config["lr"] * min(1.0, 2.0 * (1 - step / config["steps"]))
            chosen = sequences[torch.randint(0, len(sequences), (config["batch_size"],), generator=order)].to(device)
            scores = model.train()(chosen[:, :-1])
            loss = nn.functional.cross_entropy(scores.flatten(0, 1), chosen[:, 1:].flatten())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), config["largest_norm"])
            optimiser.step()
            losses.append(loss.item())
            log.add_scalar("loss/train", losses[-1], step + 1)
            if (step + 1) % 50 == 0:
                log.add_scalar("nats/validation", validation_nats(model, data, device), step + 1)
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "order": order.get_state(),
        "random": torch.get_rng_state(),
        "step": last,
    }
    torch.save(state, Path(log_dir) / "checkpoint.pt")
    return model.eval(), losses


@torch.no_grad()
def validation_nats(model: nn.Module, data: Mapping[str, torch.Tensor], device: str) -> float:
    """Mean nats of the token after each validation context."""
    scores = model.eval()(data["validation_inputs"].to(device))[:, -1].cpu()
    return nn.functional.cross_entropy(scores, data["validation_targets"]).item()
