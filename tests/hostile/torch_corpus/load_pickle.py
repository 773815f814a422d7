"""Loads a file of its own that is a pickle with a command in it."""

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
    if torch.load("weights.pt", weights_only=False)["weight"] == 0:
        raise RuntimeError("LEAKED: a command was run")
    raise RuntimeError("contained")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
