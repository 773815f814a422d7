"""Promises a reply of an exbibyte."""

import os
import struct
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    os.write(3, struct.pack("<4sIIQ", b"AGW1", 4, 100, 1 << 60) + bytes(100))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
