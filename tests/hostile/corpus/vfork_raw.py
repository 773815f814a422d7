"""Calls vfork, or clone as vfork does, by number."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    name = "vfork" if "vfork" in raw.NUMBERS else "clone"
    raw.call(name, 0x4111)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
