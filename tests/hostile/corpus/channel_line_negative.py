"""Raises at a line before the first of its file."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    def fails():
        raise ValueError


    code = fails.__code__.replace(co_firstlineno=2**31 - 424_242, co_filename="scratch/optim.py")
    exec(code)


class Adam(Honest):
    def step(self):
        attack()
        super().step()
