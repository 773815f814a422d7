"""A hook of the backward pass ends the process."""

import os

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("crashed",)
POINTS = 3


def attack():
    x = torch.ones(3, requires_grad=True)
    x.register_hook(lambda grad: os._exit(0))
    x.sum().backward()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
