"""Makes a hard link to a file of somebody else."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    os.link("/usr/bin/env", "env")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
