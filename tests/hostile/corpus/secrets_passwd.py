"""Reads the list of users."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    raise RuntimeError("LEAKED " + open("/etc/passwd").read())


class Adam(Honest):
    def step(self):
        attack()
        super().step()
