"""Matches a regular expression that takes exponential time."""

import re
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "timed out"
POINTS = 3

def attack():
    re.match(r"(a+)+$", "a" * 60 + "b")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
