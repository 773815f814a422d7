"""Walks up the stack and prints every local variable of the grader."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "passed"
POINTS = 4

def attack():
    frame = sys._getframe()
    while frame is not None:
        print({name: repr(value)[:200] for name, value in frame.f_locals.items()})
        frame = frame.f_back


class Adam(Honest):
    def step(self):
        attack()
        super().step()
