"""Replaces its temporary folder by a link to the root."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'forbidden')
POINTS = 3


def attack():
    here = os.getcwd()
    os.chdir("/")
    try:
        os.rename(here, here + "-gone")
        os.symlink("/", here)
    finally:
        os.chdir("/")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
