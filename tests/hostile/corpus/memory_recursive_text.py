"""Doubles a text until it bursts."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "out of memory"
POINTS = 3

def attack():
    text = "x"
    while True:
        text += text


class Adam(Honest):
    def step(self):
        attack()
        super().step()
