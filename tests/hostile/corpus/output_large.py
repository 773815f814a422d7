"""Prints 100 MB, then answers honestly."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("passed", "timed out")
POINTS = 4

def attack():
    for _ in range(100):
        sys.stdout.write("x" * 10**6)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
