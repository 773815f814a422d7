"""Takes its own rights to its temporary folder away."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('passed', 'forbidden', 'error')
POINTS = 4


def attack():
    os.chmod(".", 0)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
