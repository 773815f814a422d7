"""Right optimisers written in other ways: every one of them must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine, write

OPTIM = "scratch/optim.py"

ADAM_STEP = """\
            m_hat = self.m[index] / (1 - beta1**self.t)
            v_hat = self.v[index] / (1 - beta2**self.t)
            param.data -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
"""

# one class without a base for everything, state in dicts, nothing but functions of numbers and arrays beneath
FUNCTIONAL = '''
"""Optimisers as pure functions: (weights, gradient, state) in, (weights, state) out."""

import math

import numpy as np


def sgd(w, g, state, t, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    g = g + weight_decay * w
    if not momentum:
        return w - lr * g, {}
    b = momentum * state["b"] + (1 - dampening) * g if state else g
    return w - lr * (g + momentum * b if nesterov else b), {"b": b}


def rmsprop(w, g, state, t, lr, alpha=0.99, eps=1e-8, weight_decay=0.0):
    g = g + weight_decay * w
    v = alpha * state.get("v", 0.0) + (1 - alpha) * np.square(g)
    return w - lr * g / (v**0.5 + eps), {"v": v}


def adam(w, g, state, t, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    g = g + weight_decay * w
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * g
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * np.square(g)
    root = np.sqrt(v) / math.sqrt(1 - betas[1] ** t)
    return w - lr / (1 - betas[0] ** t) * m / (root + eps), {"m": m, "v": v}


def adamw(w, g, state, t, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
    return adam(w * (1 - lr * weight_decay), g, state, t, lr, betas, eps)


def make(rule, default_lr):
    class Chosen:
        def __init__(self, params, lr=default_lr, *args, **settings):
            names = rule.__code__.co_varnames[5 : rule.__code__.co_argcount]
            self.settings = dict(zip(names, args)) | settings
            self.lr = lr
            self.slots = [(p, {}) for p in params]
            self.t = 0

        def zero_grad(self):
            for p, _ in self.slots:
                p.grad = np.zeros_like(p.data)

        def step(self):
            self.t += 1
            for p, state in self.slots:
                if p.grad is not None:
                    p.data, new = rule(p.data, p.grad, state, self.t, self.lr, **self.settings)
                    state.update(new)

    return Chosen


SGD, RMSprop, Adam, AdamW = make(sgd, 1e-3), make(rmsprop, 1e-2), make(adam, 1e-3), make(adamw, 1e-3)


def clip_grad_norm_(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    norm = math.sqrt(math.fsum(float((p.grad**2).sum()) for p in parameters))
    if norm > max_norm:
        for p in parameters:
            p.grad *= max_norm / norm
    return norm


def schedule(optimiser, factors):
    """A scheduler that multiplies the first learning rate by the factors."""

    class Schedule:
        def __init__(self):
            self.first = optimiser.lr
            self.factors = factors(optimiser.lr)
            self.step()

        def step(self):
            optimiser.lr = self.first * next(self.factors)

        def get_last_lr(self):
            return optimiser.lr

    return Schedule()


def StepLR(optimiser, step_size, gamma=0.1):
    def factors(lr):
        factor = 1.0
        while True:
            for _ in range(step_size):
                yield factor
            factor *= gamma

    return schedule(optimiser, factors)


def CosineAnnealingLR(optimiser, T_max, eta_min=0.0):
    def factors(lr):
        t = 0
        while True:
            yield (eta_min + (lr - eta_min) * math.cos(math.pi * t / T_max / 2) ** 2) / lr
            t += 1

    return schedule(optimiser, factors)


def LinearWarmup(optimiser, total_iters, start_factor=1 / 3):
    def factors(lr):
        for t in range(total_iters):
            yield start_factor + (1 - start_factor) * t / total_iters
        while True:
            yield 1.0

    return schedule(optimiser, factors)
'''

# the reference's classes, with everything in one long array
FLAT = """
class _Flat(Optimiser):
    def __init__(self, params, lr, weight_decay, **settings):
        super().__init__(params, lr)
        self.weight_decay = weight_decay
        self.s = settings
        self.ends = np.cumsum([0] + [param.data.size for param in self.params])
        self.seen = np.zeros(self.ends[-1], dtype=bool)
        self.one = np.zeros(self.ends[-1])
        self.two = np.zeros(self.ends[-1])
        self.t = 0

    def step(self):
        here = np.concatenate([np.full(p.data.size, p.grad is not None) for p in self.params])
        if not here.any():
            return
        self.t += 1
        w = np.concatenate([p.data.ravel() for p in self.params]).astype(np.float64)
        g = np.concatenate([(p.data * 0 if p.grad is None else p.grad).ravel() for p in self.params]).astype(np.float64)
        one, two = self.one.copy(), self.two.copy()
        w_new = self.rule(w, g)
        self.one = np.where(here, self.one, one)
        self.two = np.where(here, self.two, two)
        self.seen |= here
        w_new = np.where(here, w_new, w)
        for p, start, end in zip(self.params, self.ends, self.ends[1:]):
            p.data = w_new[start:end].reshape(p.data.shape).astype(p.data.dtype)


class SGD(_Flat):
    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(params, lr, weight_decay, momentum=momentum, dampening=dampening, nesterov=nesterov)

    def rule(self, w, g):
        g = g + self.weight_decay * w
        mu = self.s["momentum"]
        if mu == 0:
            return w - self.lr * g
        self.one = np.where(self.seen, mu * self.one + (1 - self.s["dampening"]) * g, g)
        return w - self.lr * (g + mu * self.one if self.s["nesterov"] else self.one)


class RMSprop(_Flat):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay, alpha=alpha, eps=eps)

    def rule(self, w, g):
        g = g + self.weight_decay * w
        self.one = self.one + (1 - self.s["alpha"]) * (g * g - self.one)
        return w - self.lr * g / (np.sqrt(self.one) + self.s["eps"])


class Adam(_Flat):
    coupled = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr, weight_decay, betas=betas, eps=eps)

    def rule(self, w, g):
        (a, b), eps = self.s["betas"], self.s["eps"]
        if self.coupled:
            g = g + self.weight_decay * w
        self.one = self.one + (1 - a) * (g - self.one)
        self.two = self.two + (1 - b) * (g * g - self.two)
        change = self.lr * (self.one / (1 - a**self.t)) / (np.sqrt(self.two / (1 - b**self.t)) + eps)
        return w - change - (0.0 if self.coupled else self.lr * self.weight_decay * w)


class AdamW(Adam):
    coupled = False

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr, betas, eps, weight_decay)
"""

CHAINED = """
class Scheduler:
    def __init__(self, optimiser):
        self.optimiser = optimiser
        self.base_lr = optimiser.lr
        self.last_epoch = 0

    def step(self):
        self.last_epoch += 1
        self.optimiser.lr = self.next_lr(self.optimiser.lr, self.last_epoch)

    def get_last_lr(self):
        return self.optimiser.lr


class StepLR(Scheduler):
    def __init__(self, optimiser, step_size, gamma=0.1):
        super().__init__(optimiser)
        self.step_size, self.gamma = step_size, gamma

    def next_lr(self, lr, t):
        return lr if t % self.step_size else lr * self.gamma


class CosineAnnealingLR(Scheduler):
    def __init__(self, optimiser, T_max, eta_min=0.0):
        super().__init__(optimiser)
        self.T_max, self.eta_min = T_max, eta_min

    def next_lr(self, lr, t):
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # out of the minimum, where the quotient below is 0 / 0
            return lr + (self.base_lr - self.eta_min) * (1 - np.cos(np.pi / self.T_max)) / 2
        quotient = (1 + np.cos(np.pi * t / self.T_max)) / (1 + np.cos(np.pi * (t - 1) / self.T_max))
        return quotient * (lr - self.eta_min) + self.eta_min


class LinearWarmup(Scheduler):
    def __init__(self, optimiser, total_iters, start_factor=1 / 3):
        super().__init__(optimiser)
        self.total_iters, self.start_factor = total_iters, start_factor
        optimiser.lr *= start_factor

    def next_lr(self, lr, t):
        if t > self.total_iters:
            return lr
        rise = 1.0 - self.start_factor
        return lr * (1.0 + rise / (self.total_iters * self.start_factor + (t - 1) * rise))
"""

ON_THE_PARAMETER = """
class Adam(Optimiser):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay

    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data[...] = self.moved(p, p.grad + self.weight_decay * p.data, p.data)

    def moved(self, p, g, w):
        if not hasattr(p, "state"):
            p.state = {"step": 0, "exp_avg": np.zeros_like(w), "exp_avg_sq": np.zeros_like(w)}
        s = p.state
        s["step"] += 1
        s["exp_avg"] += (1 - self.betas[0]) * (g - s["exp_avg"])
        s["exp_avg_sq"] += (1 - self.betas[1]) * (g * g - s["exp_avg_sq"])
        bias1, bias2 = (1 - beta ** s["step"] for beta in self.betas)
        return w - self.lr / bias1 * s["exp_avg"] / (np.sqrt(s["exp_avg_sq"] / bias2) + self.eps)


class AdamW(Adam):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr, betas, eps, weight_decay)

    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data[...] = self.moved(p, p.grad, p.data * (1.0 - self.lr * self.weight_decay))
"""

VARIANTS = [
    Variant(
        name="adam_in_efficient_form",
        why="End of section 2 of the paper: both corrections are part of the step size, and eps is not rescaled.",
        changes=(
            edit(
                OPTIM,
                ADAM_STEP,
                """\
            size = self.lr * float(np.sqrt(1 - beta2**self.t)) / (1 - beta1**self.t)
            param.data -= size * self.m[index] / (np.sqrt(self.v[index]) + self.eps)
""",
            ),
        ),
    ),
    Variant(
        name="data_is_replaced",
        why="A new array in place of a change in place; the code keeps the dtype itself.",
        changes=(
            edit(
                OPTIM,
                "param.data -= self.lr * direction",
                "param.data = (param.data - self.lr * direction).astype(param.data.dtype)",
            ),
            edit(
                OPTIM,
                "param.data -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
                "param.data = param.data - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
            ),
        ),
    ),
    Variant(
        name="state_by_parameter_id",
        why="The state is in a dict with the parameter's id as the key: parameters exist as long as the optimiser.",
        changes=(
            edit(OPTIM, "self.buffers: list[Array | None] = [None for _ in self.params]", "self.buffers = {}"),
            edit(
                OPTIM,
                "direction = self._smoothed(index, direction)",
                "direction = self._smoothed(id(param), direction)",
            ),
            edit(OPTIM, "buffer = self.buffers[index]", "buffer = self.buffers.get(index)"),
            edit(
                OPTIM,
                "self.mean_squares = [np.zeros_like(param.data) for param in self.params]",
                "self.mean_squares = {id(param): 0.0 for param in self.params}",
            ),
            edit(OPTIM, "self.alpha * self.mean_squares[index]", "self.alpha * self.mean_squares[id(param)]"),
            edit(OPTIM, "self.mean_squares[index] = mean_square", "self.mean_squares[id(param)] = mean_square"),
        ),
    ),
    Variant(
        name="state_on_the_parameter",
        why="Moments and t are attributes of the parameter; t is counted for each parameter, as in PyTorch.",
        changes=(redefine(OPTIM, ON_THE_PARAMETER),),
    ),
    Variant(
        name="everything_in_one_flat_array",
        why="All parameters are in one long vector, with a mask for those without a gradient; float64 inside.",
        changes=(redefine(OPTIM, FLAT),),
    ),
    Variant(
        name="functional",
        why="Pure functions, no base classes, schedules as generators, zero_grad with zeros, positional settings.",
        changes=(write(OPTIM, FUNCTIONAL),),
    ),
    Variant(
        name="schedules_from_step_to_step",
        why="Each learning rate is computed from the one before, as in PyTorch's chainable form.",
        changes=(redefine(OPTIM, CHAINED),),
    ),
    Variant(
        name="zero_grad_in_place",
        why="Gradients that are not None are filled with zeros in place.",
        changes=(
            edit(
                OPTIM,
                "param.grad = None\n        # STUB",
                "if param.grad is not None:\n                param.grad.fill(0.0)\n        # STUB",
            ),
        ),
    ),
    Variant(
        name="clipping_over_one_long_vector",
        why="The norm of all gradients joined to one vector, without PyTorch's 1e-6, scaled in place if too large.",
        changes=(
            edit(
                OPTIM,
                "norm = float(np.sqrt(sum(float(np.sum(np.square(param.grad))) for param in with_grad)))",
                "norm = np.linalg.norm(np.concatenate([np.zeros(0)] + [param.grad.ravel() for param in with_grad]))",
            ),
            edit(
                OPTIM,
                "factor = min(1.0, max_norm / (norm + 1e-6))  # 1e-6 as in PyTorch: a norm of 0 is no division by 0",
                "factor = max_norm / norm if norm > max_norm else 1.0",
            ),
            edit(OPTIM, "param.grad = param.grad * factor", "param.grad *= factor"),
        ),
    ),
    Variant(
        name="momentum_from_a_buffer_of_zeros",
        why="The buffer exists from the start; a flag marks the first step, which is not dampened.",
        changes=(
            edit(
                OPTIM,
                "self.buffers: list[Array | None] = [None for _ in self.params]",
                "self.buffers = [np.zeros_like(param.data) for param in self.params]\n"
                "        self.started = [False] * len(self.params)",
            ),
            edit(
                OPTIM,
                """\
        buffer = grad if buffer is None else self.momentum * buffer + (1 - self.dampening) * grad
""",
                """\
        buffer *= self.momentum
        buffer += (1 - self.dampening) * grad if self.started[index] else grad
        self.started[index] = True
""",
            ),
        ),
    ),
    Variant(
        name="running_powers_of_beta",
        why="The power beta**t is a running product, and the moments are changed in place.",
        changes=(
            edit(OPTIM, "self.t = 0\n        self.m", "self.power1 = self.power2 = 1.0\n        self.m"),
            edit(
                OPTIM,
                "self.t += 1  # once a step, whatever the number of parameters",
                "self.power1 *= beta1\n        self.power2 *= beta2",
            ),
            edit(OPTIM, "(1 - beta1**self.t)", "(1 - self.power1)"),
            edit(OPTIM, "(1 - beta2**self.t)", "(1 - self.power2)"),
            edit(
                OPTIM,
                "self.m[index] = beta1 * self.m[index] + (1 - beta1) * grad",
                "self.m[index] *= beta1\n            self.m[index] += (1 - beta1) * grad",
            ),
        ),
    ),
    Variant(
        name="lr_as_a_property",
        why="The attribute lr is a property; numpy's float64 numbers are cast on assignment.",
        changes=(
            edit(
                OPTIM,
                '    def zero_grad(self) -> None:\n        """Reset every',
                "    @property\n    def lr(self):\n        return self.group['lr']\n\n"
                "    @lr.setter\n    def lr(self, value):\n"
                "        self.group = {'lr': np.float64(value)}\n\n"
                '    def zero_grad(self) -> None:\n        """Reset every',
            ),
        ),
    ),
    Variant(
        name="adamw_in_one_line",
        why="The decay and Adam's step are one expression, on a copy of the weights before the step.",
        changes=(
            edit(
                OPTIM,
                """\
        for param in self.params:
            if param.grad is not None:
                param.data -= self.lr * self.decoupled_decay * param.data
        super().step()
""",
                """\
        before = [np.array(param.data) for param in self.params]
        super().step()
        for param, old in zip(self.params, before):
            param.data -= 0.0 if param.grad is None else self.lr * self.decoupled_decay * old
""",
            ),
        ),
    ),
]
