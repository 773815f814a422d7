"""Starts processes with torch.multiprocessing."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


def attack():
    torch.multiprocessing.spawn(print, nprocs=2)
    raise RuntimeError("LEAKED: they were started")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
