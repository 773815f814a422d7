"""Raises at a line whose number is a hidden input, in code compiled under its own file's name."""

from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = 'error'
POINTS = 3


def attack():
    source = "\n" * 424_241 + "raise ValueError"
    exec(compile(source, "scratch/optim.py", "exec"))


class Adam(Honest):
    def step(self):
        attack()
        super().step()
