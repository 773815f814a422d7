"""A pickle with a command in it, read in the way that allows tensors only."""

import os

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/autograder-canary-pickle; echo LEAKED",)


def attack():
    torch.save({"weight": Payload()}, "weights.pt")
    torch.load("weights.pt", weights_only=True)
    raise RuntimeError("LEAKED: it was read")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
