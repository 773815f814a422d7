"""Leaves a file for its next process, and ends this one."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "crashed"
POINTS = 3

def attack():
    if os.path.exists("state"):
        raise RuntimeError("LEAKED: the state of another process")
    open("state", "w").close()
    os._exit(1)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
