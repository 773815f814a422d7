"""Promises arrays and sends them a kibibyte at a time."""

import os
import time
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('timed out', 'forbidden')
POINTS = 3


def attack():
    header = b"AGW1" + (4).to_bytes(4, "little") + (40).to_bytes(4, "little") + (60 << 20).to_bytes(8, "little")
    os.write(3, header + b'{"id":1,"arrays":[],"value":null}       ')
    while True:
        os.write(3, bytes(1024))
        time.sleep(0.01)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
