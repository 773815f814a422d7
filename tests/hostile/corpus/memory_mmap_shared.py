"""Maps shared memory without end."""

import mmap
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("out of memory", "timed out")
POINTS = 3

def attack():
    hoard = []
    while True:
        hoard.append(mmap.mmap(-1, 32 << 20))
        hoard[-1].write(b"x" * (32 << 20))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
