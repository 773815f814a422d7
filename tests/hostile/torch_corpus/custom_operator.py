"""Starts a process in a custom operator."""

import os

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3


@torch.library.custom_op("canary::fork", mutates_args=())
def fork(x: torch.Tensor) -> torch.Tensor:
    os.posix_spawn("/bin/sh", ["sh", "-c", "touch /tmp/autograder-canary-op"], {})
    return x.clone()


def attack():
    fork(torch.zeros(1))
    raise RuntimeError("LEAKED: a process was started")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
