"""Recurses until the stack of the process is gone."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("crashed", "out of memory", "error")
POINTS = 3

def deeper(level):
    return sorted([level], key=lambda item: deeper(item + 1))


def attack():
    sys.setrecursionlimit(10**9)
    return deeper(0)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
