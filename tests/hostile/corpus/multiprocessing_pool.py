"""Uses a pool of processes."""

import multiprocessing
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("forbidden", "error")
POINTS = 3

def attack():
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(abs, range(100))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
