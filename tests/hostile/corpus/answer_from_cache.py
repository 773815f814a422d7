"""Remembers the first answer and gives it to every later test."""

from scratch.honest import Adam, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import SGD as Honest

EXPECT = "failed"
POINTS = 2

remembered = []


class SGD(Honest):
    def step(self):
        super().step()
        remembered.append(self.parameters[0].data)
        self.parameters[0].data = remembered[0]
