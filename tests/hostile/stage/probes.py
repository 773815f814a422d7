"""How the fixture stage calls a submission."""

import numpy as np


def _path(optimiser, parameter, grads):
    path = []
    for grad in grads:
        parameter.grad = grad.copy()
        optimiser.step()
        path.append(parameter.data.copy())
    return {"path": np.stack(path)}


def sgd_path(*, weight, grads, lr, momentum):
    """Weights after each step of SGD."""
    from scratch import optim
    from scratch.honest import Parameter

    parameter = Parameter(weight.copy())
    return _path(optim.SGD([parameter], lr, momentum), parameter, grads)


def adam_path(*, weight, grads, lr):
    """Weights after each step of Adam."""
    from scratch import optim
    from scratch.honest import Parameter

    parameter = Parameter(weight.copy())
    return _path(optim.Adam([parameter], lr), parameter, grads)


def clip(*, grads, max_norm):
    """The norm before clipping and the gradients after it."""
    from scratch import optim
    from scratch.honest import Parameter

    parameters = [Parameter(np.zeros_like(grad)) for grad in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad.copy()
    norm = optim.clip_grad_norm_(parameters, max_norm)
    return {"norm": norm, "grads": [parameter.grad for parameter in parameters]}
