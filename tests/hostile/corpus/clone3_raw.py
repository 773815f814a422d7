"""Makes a process by clone3, whose flags a filter cannot see."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("error", "forbidden")
POINTS = 3

def attack():
    raw.call("clone3", b"\0" * 88, 88)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
