"""Train the backbone for transfer learning and write its weights: ``python -m datasets.train_backbone``.

It learns to distinguish four of the six shapes, whatever their place, size, turn, colours, light and noise. The other
two, cross and bar, are left for the new task. It takes about 20 seconds on one core and needs PyTorch. The last digits
depend on the version of PyTorch and on the machine, so the file that is checked in has its checksum in the catalogue.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from datasets.backbone import FILE, WIDTHS, write_safetensors
from datasets.pictures import CLASS_NAMES, shapes

KNOWN = 4  # disc, ring, square, triangle
TRAIN, VALID = 3000, 1000
EPOCHS, BATCH, LR, SEED = 8, 50, 1e-2, 11


def make_backbone() -> nn.Sequential:
    """Four stages of convolution, batch norm, ReLU and pooling: (N, 3, H, W) to features (N, 64)."""
    stages = []
    for number, (inputs, outputs) in enumerate(zip((3, *WIDTHS), WIDTHS, strict=False)):
        conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        last = number == len(WIDTHS) - 1
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if last else [nn.MaxPool2d(2)]
        stages.append(nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(), *pool))
    return nn.Sequential(*stages)


def pictures(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pictures of the known shapes and their classes."""
    drawn = shapes(count * len(CLASS_NAMES) // KNOWN, seed=seed)
    known = drawn.y < KNOWN
    return torch.from_numpy(drawn.x[known]), torch.from_numpy(drawn.y[known])


def train() -> tuple[nn.Sequential, float]:
    """The trained backbone, and its accuracy on new pictures with the head that is then thrown away."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    images, classes = pictures(TRAIN, seed=1)
    backbone = make_backbone()
    network = nn.Sequential(backbone, nn.Linear(WIDTHS[-1], KNOWN))
    optimiser = torch.optim.Adam(network.parameters(), LR)
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LR, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), classes[batch]).backward()
            optimiser.step()
            schedule.step()
    network.eval()
    images, classes = pictures(VALID, seed=2)
    with torch.no_grad():
        accuracy = float((network(images).argmax(dim=1) == classes).double().mean())
    return backbone, accuracy


def main(path: Path = FILE) -> None:
    """Train, write the file, and print what the catalogue has of it."""
    backbone, accuracy = train()
    arrays = {name: np.asarray(tensor) for name, tensor in backbone.state_dict().items()}
    data = write_safetensors(arrays, {"made_by": "datasets.train_backbone", "accuracy": f"{accuracy:.3f}"})
    path.write_bytes(data)
    print(f"accuracy on {VALID} new pictures: {accuracy:.3f}")  # noqa: T201  # a script's result
    print(f"bytes = {len(data)}\nsha256 = {hashlib.sha256(data).hexdigest()!r}")  # noqa: T201


if __name__ == "__main__":
    main()
