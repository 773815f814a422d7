"""Flow matching: the network learns the velocity of straight lines from noise to data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from project.course.events import EventWriter
from project.model import build_model
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR


def train(
    config: dict[str, Any],
    data: Mapping[str, torch.Tensor],
    device: str,
    log_dir: str,
    seed: int,
    steps: int | None = None,
    resume: str | None = None,
) -> tuple[nn.Module, list[float]]:
    """Train a new model; see the brief. All that is random comes from one generator, which a checkpoint has."""
    torch.manual_seed(seed)
    model = build_model(config).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=config["lr"])
    schedule = CosineAnnealingLR(optimiser, config["steps"])
    random = torch.Generator().manual_seed(seed)
    done = 0
    if resume is not None:
        state = torch.load(resume, weights_only=True)
        for part, name in ((model, "model"), (optimiser, "optimiser"), (schedule, "schedule")):
            part.load_state_dict(state[name])
        random.set_state(state["random"])
        done = state["step"]
    last = config["steps"] if steps is None else steps
    losses: list[float] = []
    points = data["targets"]
    with EventWriter(log_dir) as log:
        for step in range(done, last):
            end = points[torch.randint(0, len(points), (config["batch_size"],), generator=random)]
            start = torch.randn(end.shape, generator=random)
            times = torch.rand((len(end), 1), generator=random)
            between = (start + times * (end - start)).to(device)
            loss = (model.train()(between, times.to(device)) - (end - start).to(device)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            log.add_scalar("loss/train", losses[-1], step + 1)
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "random": random.get_state(),
        "step": last,
    }
    torch.save(state, Path(log_dir) / "checkpoint.pt")
    return model.eval(), losses
