"""Wants 256 threads."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed", "out of memory", "timed out")
POINTS = 3


def attack():
    torch.set_num_threads(256)
    x = torch.ones(2000, 2000)
    (x @ x).sum().item()
    raise RuntimeError("contained")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
