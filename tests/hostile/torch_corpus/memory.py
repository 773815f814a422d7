"""A tensor of 256 GiB, then many small ones."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "out of memory", "crashed")
POINTS = 3


def attack():
    try:
        torch.ones(1 << 38, dtype=torch.uint8)
    except RuntimeError:
        pass
    kept = []
    while True:
        kept.append(torch.ones(1 << 22))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
