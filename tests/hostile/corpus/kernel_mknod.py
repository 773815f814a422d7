"""Makes a device."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    os.mknod("disk", 0o60666, os.makedev(254, 0))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
