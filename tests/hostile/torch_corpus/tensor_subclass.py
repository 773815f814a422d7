"""Weights are a subclass of Tensor that lies about its values and sizes."""

import torch
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("failed", "error", "forbidden")
POINTS = 3


class Liar(torch.Tensor):
    def copy(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return Liar.__new__(Liar, 3)

    @property
    def shape(self):
        return (5,)


class Adam(Honest):
    def step(self):
        super().step()
        for parameter in self.parameters:
            parameter.data = Liar(5)
