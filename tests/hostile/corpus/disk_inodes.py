"""Makes empty files without end."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden", "timed out")
POINTS = 3

def attack():
    number = 0
    while True:
        open(f"empty{number}", "w").close()
        number += 1


class Adam(Honest):
    def step(self):
        attack()
        super().step()
