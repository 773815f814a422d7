"""Raises exceptions with the names of the grader's own."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ('error', 'crashed')
POINTS = 3


def attack():
    raise type("SandboxFault", (BaseException,), {"exit_code": 3})("the sandbox failed: 424242")


class Adam(Honest):
    def step(self):
        attack()
        super().step()
