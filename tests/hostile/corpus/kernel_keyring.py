"""Reads the keyring."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    raw.call("keyctl", 0, -3, 0)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
