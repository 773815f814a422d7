"""Right implementations of s02_backprop written another way: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

NN, FUNCTIONAL, GRADCHECK = "scratch/nn.py", "scratch/functional.py", "scratch/gradcheck.py"

VARIANTS = [
    Variant(
        "gradients_in_place",
        "grad is made once, added to in place, and filled with zeros by zero_grad.",
        (
            redefine(
                NN,
                """
def _accumulate(self, grad):
    if np.shape(grad) != self.data.shape:
        raise ValueError("gradient and data differ in shape")
    if self.grad is None:
        self.grad = np.zeros_like(self.data)
    self.grad += grad


def _zero_grad(self):
    if self.grad is not None:
        self.grad[...] = 0.0


Parameter.accumulate, Parameter.zero_grad = _accumulate, _zero_grad
""",
            ),
        ),
    ),
    Variant(
        "recursive_search_that_returns_lists",
        "Modules are searched by recursion, containers before attributes; the methods return lists, not generators.",
        (
            redefine(
                NN,
                """
def _parts(value):
    if isinstance(value, Module):
        return list(vars(value).items())[::-1]
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, (list, tuple)) else []


def _search(value, path, found, visited):
    if id(value) in visited:
        return
    if isinstance(value, (Module, Parameter)):
        visited.add(id(value))
        found.append((path, value))
    for key, part in _parts(value):
        _search(part, path + [str(key)], found, visited)


def _everything(module):
    found = []
    _search(module, [], found, set())
    return found


Module.named_parameters = lambda self: [(".".join(p), v) for p, v in _everything(self) if isinstance(v, Parameter)]
Module.parameters = lambda self: [v for _, v in _everything(self) if isinstance(v, Parameter)]
Module.modules = lambda self: [v for _, v in _everything(self) if isinstance(v, Module)]
""",
            ),
        ),
    ),
    Variant(
        "linear_by_einsum",
        "Linear by einsum, which stores a copy of its input, and whose results are not contiguous in memory.",
        (
            redefine(
                NN,
                """
class Linear(Linear):
    def forward(self, x):
        self.saved = np.array(x)
        out = np.einsum("...d,kd->...k", x, self.weight.data)
        if self.bias is not None:
            out = out + self.bias.data
        return np.asfortranarray(out)

    def backward(self, grad_output):
        g = grad_output.reshape(int(np.prod(grad_output.shape[:-1])), grad_output.shape[-1])
        x = self.saved.reshape(len(g), self.saved.shape[-1])
        self.weight.accumulate(np.einsum("nk,nd->dk", g, x).T)
        if self.bias is not None:
            self.bias.accumulate(np.ones(len(g)) @ g)
        return np.einsum("...k,kd->...d", grad_output, self.weight.data)
""",
            ),
        ),
    ),
    Variant(
        "linear_by_tensordot",
        "Linear by tensordot over all leading axes, and by an outer product where there are none.",
        (
            edit(
                NN, "grad_rows.T @ rows", "np.tensordot(grad_output, self._x, (list(range(grad_output.ndim - 1)),) * 2)"
            ),
            edit(NN, "grad_rows.sum(axis=0)", "grad_output.sum(axis=tuple(range(grad_output.ndim - 1)))"),
        ),
    ),
    Variant(
        "relu_with_slope_one_at_zero",
        "ReLU by multiplication with a mask that is 1 at 0.",
        (
            edit(NN, "self._positive = x > 0", "self._positive = (x >= 0).astype(float)"),
            edit(NN, "np.where(self._positive, x, 0.0)", "x * self._positive"),
            edit(NN, "np.where(self._positive, grad_output, 0.0)", "grad_output * self._positive"),
        ),
    ),
    Variant(
        "sigmoid_that_warns",
        "1 / (1 + exp(-x)) overflows with a warning for very negative x, but its value, 0, is right.",
        (edit(FUNCTIONAL, "np.exp(-np.logaddexp(0.0, -x))", "1.0 / (1.0 + np.exp(-x))"),),
    ),
    Variant(
        "sigmoid_in_two_branches",
        "Sigmoid by the sign of x, and tanh by sigmoid.",
        (
            redefine(
                FUNCTIONAL,
                """
def sigmoid(x):
    out = np.empty(x.shape)
    positive = x >= 0
    out[positive] = 1.0 / (1.0 + np.exp(-x[positive]))
    powers = np.exp(x[~positive])
    out[~positive] = powers / (1.0 + powers)
    return out
""",
            ),
            edit(NN, "self._y = np.tanh(x)", "self._y = 2.0 * functional.sigmoid(2.0 * x) - 1.0"),
        ),
    ),
    Variant(
        "softmax_first",
        "softmax by division, log_softmax by the shifted logits, logsumexp by logaddexp.reduce.",
        (
            redefine(
                FUNCTIONAL,
                """
def logsumexp(x, axis=-1, keepdims=False):
    return np.logaddexp.reduce(x, axis=axis, keepdims=keepdims)


def softmax(x, axis=-1):
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
""",
            ),
        ),
    ),
    Variant(
        "losses_from_their_gradients_parts",
        "Losses return 0-d arrays; cross-entropy by one-hot rows, binary cross-entropy by softplus.",
        (
            redefine(
                NN,
                """
class MSELoss(MSELoss):
    def forward(self, input, target):
        if input.shape != target.shape:
            raise ValueError("shapes differ")
        self.n, self.residual = input.size, target - input
        return np.asarray(np.vdot(self.residual, self.residual) / self.n)

    def backward(self):
        return -(2 / self.n) * self.residual


class BCEWithLogitsLoss(BCEWithLogitsLoss):
    def forward(self, input, target):
        if input.shape != target.shape:
            raise ValueError("shapes differ")
        self.grad = (0.5 * (1.0 + np.tanh(0.5 * input)) - target) / input.size
        return np.asarray((np.logaddexp(0.0, input) - target * input).sum() / input.size)

    def backward(self):
        return self.grad


class CrossEntropyLoss(CrossEntropyLoss):
    def forward(self, input, target):
        rows, classes = input.shape
        if target.shape != (rows,):
            raise ValueError("one class a row is needed")
        keep = (target != self.ignore_index)[:, None]
        hot = (np.arange(classes) == target[:, None]) & keep
        count = max(int(keep.sum()), 1)
        self.grad = np.where(keep, functional.softmax(input, axis=1) - hot, 0.0) / count
        gaps = functional.logsumexp(input, axis=1) - np.where(hot, input, 0.0).sum(axis=1)
        return np.asarray((gaps * keep[:, 0]).sum() / count)

    def backward(self):
        return self.grad
""",
            ),
        ),
    ),
    Variant(
        "sequential_by_reduce",
        "Sequential by functools.reduce over a tuple, MLP with an inserted activation.",
        (
            redefine(
                NN,
                """
import functools


class Sequential(Sequential):
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        return functools.reduce(lambda value, layer: layer.forward(value), self.layers, x)

    def backward(self, grad_output):
        return functools.reduce(lambda grad, layer: layer.backward(grad), self.layers[::-1], grad_output)


class MLP(Sequential):
    def __init__(self, sizes, activation=ReLU, rng=None):
        layers = [Linear(a, b, rng=rng) for a, b in zip(sizes, sizes[1:])]
        for place in range(len(layers) - 1, 0, -1):
            layers.insert(place, activation())
        super().__init__(*layers)
""",
            ),
        ),
    ),
    Variant(
        "gradcheck_along_directions",
        "gradcheck along random directions of length one, and numerical_gradient by four points.",
        (
            redefine(
                GRADCHECK,
                """
def numerical_gradient(function, x, *, eps=1e-5):
    work = np.asarray(x).astype(float)
    flat, grad = work.reshape(-1), np.zeros(work.size)
    for i in range(flat.size):
        keep = flat[i]
        for shift, factor in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
            flat[i] = keep + shift * eps
            grad[i] += factor * function(work)
        flat[i] = keep
    return grad.reshape(work.shape) / (12 * eps)


def gradcheck(module, x, *, eps=1e-5, rtol=1e-4, atol=1e-7, rng=None):
    rng = rng or np.random.default_rng()
    upstream = rng.uniform(0.5, 1.5, module.forward(x).shape) * rng.choice([-1.0, 1.0], module.forward(x).shape)
    module.zero_grad()
    module.forward(x)
    pairs = [(module.backward(upstream), x, None)]
    pairs += [(p.grad, p.data, p) for _, p in module.named_parameters()]
    for grad, value, parameter in pairs:
        if grad is None or grad.shape != value.shape:
            return False
        for _ in range(5):
            direction = rng.standard_normal(value.shape)
            direction /= np.linalg.norm(direction)
            sides = []
            for step in (eps, -eps):
                if parameter is None:
                    out = module.forward(value + step * direction)
                else:
                    parameter.data = value + step * direction
                    out = module.forward(x)
                    parameter.data = value
                sides.append((out * upstream).sum())
            slope = (sides[0] - sides[1]) / (2 * eps)
            if not abs(slope - (grad * direction).sum()) <= atol + rtol * np.linalg.norm(grad):
                return False
    return True
""",
            ),
        ),
    ),
    Variant(
        "gradcheck_by_relative_norm",
        "gradcheck by |a - n| / (|a| + |n|), with parameters moved in place and moved back.",
        (
            redefine(
                GRADCHECK,
                """
def _slopes(array, objective, eps):
    grad = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        array[index] += eps
        high = objective()
        array[index] -= 2 * eps
        low = objective()
        array[index] += eps
        grad[index] = (high - low) / (2 * eps)
    return grad


def gradcheck(module, x, *, eps=1e-5, rtol=1e-4, atol=1e-7, rng=None):
    rng = np.random.default_rng(7) if rng is None else rng
    x = x.copy()
    upstream = rng.standard_normal(module(x).shape)
    for parameter in module.parameters():
        parameter.grad = None
    grads = [module.backward(upstream)] + [parameter.grad for parameter in module.parameters()]
    arrays = [x] + [parameter.data for parameter in module.parameters()]
    verdict = True
    for grad, array in zip(grads, arrays):
        numeric = _slopes(array, lambda: np.vdot(module(x), upstream), eps)
        if grad is None or grad.shape != numeric.shape:
            verdict = False
            continue
        size = np.linalg.norm(grad) + np.linalg.norm(numeric)
        verdict = verdict and (size == 0 or np.linalg.norm(grad - numeric) / size < 1e-5)
    return verdict
""",
            ),
        ),
    ),
]
