"""Puts memory into files without a name."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    fd = os.memfd_create("hoard")
    while True:
        os.write(fd, bytes(1 << 20))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
