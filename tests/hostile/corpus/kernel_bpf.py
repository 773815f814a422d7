"""Loads a BPF program."""

from scratch import raw
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = "forbidden"
POINTS = 3

def attack():
    raw.call("bpf", 5, b"\0" * 128, 128)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
