"""Fills POSIX shared memory."""

from multiprocessing import shared_memory
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "out of memory", "crashed")
POINTS = 3

def attack():
    hoard = [shared_memory.SharedMemory(create=True, size=1 << 30)]
    hoard[0].buf[:] = bytes(1 << 30)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
