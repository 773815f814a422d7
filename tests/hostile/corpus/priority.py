"""Raises its own priority, changes its processors and its scheduling class."""

import os
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    for step in (lambda: os.nice(-10), lambda: os.sched_setaffinity(0, {0}), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))):
        try:
            step()
        except PermissionError:
            continue
        raise RuntimeError("LEAKED: a privilege")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
