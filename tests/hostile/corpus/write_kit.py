"""Writes into the worker."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    open(sys.modules["_child.worker"].__file__, "a").write("# canary")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
