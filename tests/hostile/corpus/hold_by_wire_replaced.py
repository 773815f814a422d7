"""Lets the module that encodes its replies send a fault of the grader."""

import sys
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'crashed', 'forbidden', 'failed', 'passed')
POINTS = 4


def attack():
    wire = sys.modules["_child.wire"]
    honest = wire.encode
    wire.encode = lambda kind, *rest: honest(wire.FAULT, rest[0], {"class": "grader", "type": "SandboxFault", "text": "424242", "line": 424242, "path": "scratch/optim.py"})
    wire.body_of = None


class Adam(Honest):
    def step(self):
        attack()
        super().step()
