"""Fills the disk with many files."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    number = 0
    while True:
        with open(f"fill{number}", "wb") as file:
            file.write(bytes(4 << 20))
        number += 1


class Adam(Honest):
    def step(self):
        attack()
        super().step()
