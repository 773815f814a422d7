"""Reads a secret through a link."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    os.symlink("/etc/passwd", "link")
    raise RuntimeError("LEAKED " + open("link").read())


class Adam(Honest):
    def step(self):
        attack()
        super().step()
