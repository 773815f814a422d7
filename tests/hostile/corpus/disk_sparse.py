"""Makes a file with a hole of a pebibyte."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "error"
POINTS = 3

def attack():
    with open("sparse", "wb") as file:
        file.truncate(1 << 50)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
