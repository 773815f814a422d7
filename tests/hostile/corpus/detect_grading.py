"""Works only where nobody grades."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    if os.getcwd() != "/home/student":
        raise NotImplementedError


class Adam(Honest):
    def step(self):
        attack()
        super().step()
