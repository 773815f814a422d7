"""Plants links that lead to each other, and a chain of a thousand."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('passed', 'error', 'timed out')  # where a link takes the disk long, a thousand reach the limit of CPU time
POINTS = 4


def attack():
    os.symlink("b", "a")
    os.symlink("a", "b")
    for number in range(1000):
        os.symlink(f"chain{number + 1}", f"chain{number}")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
