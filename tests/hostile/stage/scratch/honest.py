"""A correct solution of the fixture stage; released to submissions, so that an attack can do the rest honestly."""

import numpy as np


class Parameter:
    """An array and its gradient."""

    def __init__(self, data):
        self.data = data
        self.grad = None


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters, self.lr, self.momentum = list(parameters), lr, momentum
        self.velocity = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def step(self):
        """Take one step."""
        for parameter, velocity in zip(self.parameters, self.velocity, strict=True):
            velocity *= self.momentum
            velocity += parameter.grad
            parameter.data = parameter.data - self.lr * velocity


class Adam:
    """Kingma & Ba 2015, algorithm 1."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps, self.t = list(parameters), lr, betas, eps, 0
        self.m = [np.zeros_like(parameter.data) for parameter in self.parameters]
        self.v = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def step(self):
        """Take one step."""
        self.t += 1
        beta1, beta2 = self.betas
        for parameter, m, v in zip(self.parameters, self.m, self.v, strict=True):
            m += (1 - beta1) * (parameter.grad - m)
            v += (1 - beta2) * (parameter.grad**2 - v)
            m_hat, v_hat = m / (1 - beta1**self.t), v / (1 - beta2**self.t)
            parameter.data = parameter.data - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def clip_grad_norm_(parameters, max_norm):
    """Scale the gradients to a norm of at most ``max_norm``; return the norm before."""
    norm = float(np.sqrt(sum((parameter.grad**2).sum() for parameter in parameters)))
    for parameter in parameters:
        parameter.grad = parameter.grad * min(1.0, max_norm / (norm + 1e-6))
    return norm
