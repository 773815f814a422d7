"""Replaces the functions of the module that answers for it."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('crashed', 'forbidden', 'error', 'failed')
POINTS = 3


def attack():
    for name in list(vars(sys.modules["_child.worker"])):
        if not name.startswith("__"):
            setattr(sys.modules["_child.worker"], name, None)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
