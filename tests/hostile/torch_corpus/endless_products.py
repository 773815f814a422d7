"""Multiplies matrices without end, outside Python."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("timed out",)
POINTS = 3


def attack():
    x = torch.eye(300)
    while True:
        x = x @ x


class Adam(Honest):
    def step(self):
        attack()
        super().step()
