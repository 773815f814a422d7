"""Calls CUDA on a machine without a device."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "crashed")
POINTS = 3


def attack():
    torch.zeros(3).cuda()
    raise RuntimeError("LEAKED: a device")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
