"""Leaves a file in the temporary folder of the machine."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("passed", "forbidden")
POINTS = 4

def attack():
    open("/tmp/autograder-canary", "w").close()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
