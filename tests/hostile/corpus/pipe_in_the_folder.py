"""Makes a named pipe where a reader would wait for ever."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'forbidden')
POINTS = 3


def attack():
    os.mkfifo("answer")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
