"""Makes cyclic garbage with the collector switched off."""

import gc
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "out of memory"
POINTS = 3

def attack():
    gc.disable()
    while True:
        cycle = [bytearray(1 << 16)]
        cycle.append(cycle)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
