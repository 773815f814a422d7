"""How the tests of s02_backprop call your code: plain arrays in, named results out.

This file holds no expected values. You may call a probe yourself to see what a test gets. Your code receives
copies, so that a layer that changes its input fails only the test that looks at that.
"""

import numpy as np

# functions and parameters


def function(*, name, x, axis=None):
    """A function of ``scratch.functional``: y."""
    from scratch import functional

    settings = {} if axis is None else {"axis": axis}
    return {"y": getattr(functional, name)(x.copy(), **settings)}


def parameter(*, data, grads):
    """A parameter after ``accumulate`` of each of ``grads``: its grad, and whether ``grads`` are unchanged."""
    from scratch.nn import Parameter

    param = Parameter(data.copy())
    given = [grad.copy() for grad in grads]
    for grad in given:
        param.accumulate(grad)
    unchanged = all(np.array_equal(mine, theirs) for mine, theirs in zip(given, grads, strict=True))
    return {"data": param.data, "grad": param.grad, "grads_unchanged": unchanged}


def parameter_raises(*, data, grad):
    """The name of the exception that ``accumulate`` raises for a gradient, or ''."""
    from scratch.nn import Parameter

    param = Parameter(data.copy())
    try:
        param.accumulate(grad.copy())
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


# modules


def _tree(value, shared):
    """A module with parameters at every depth, and the modules it holds."""
    from scratch.nn import Module, Parameter

    class Leaf(Module):
        def __init__(self):
            self.weight = Parameter(value.copy())

    class Tree(Module):
        def __init__(self):
            self.note = "neither parameter nor module"
            self.own = Parameter(value.copy())
            self.child = Leaf()
            self.stack = [Leaf(), Leaf()]
            self.pair = (Leaf(), [Leaf(), Parameter(value.copy())])
            self.table = {"left": Leaf(), "right": {"deep": Leaf()}}
            if shared:
                self.again = [self.child, self.own]

    tree = Tree()
    leaves = [tree.child, *tree.stack, tree.pair[0], tree.pair[1][0], tree.table["left"], tree.table["right"]["deep"]]
    return tree, [tree, *leaves]


def tree_parameters(*, value, shared):
    """What ``named_parameters`` and ``parameters`` find in nested lists, tuples and dicts."""
    tree, _ = _tree(value, shared)
    named = list(tree.named_parameters())
    # With ``shared``, either name of a parameter is correct, so names are not returned.
    return {
        "names": [] if shared else sorted(name for name, _ in named),
        "named": len(named),
        "parameters": len(list(tree.parameters())),
        "different": len({id(param) for param in tree.parameters()}),
    }


def tree_zero_grad(*, value):
    """How many parameters still have a gradient after ``zero_grad``, of how many that had one."""
    tree, modules = _tree(value, False)
    params = [tree.own, tree.pair[1][1], *(module.weight for module in modules[1:])]
    for param in params:
        param.accumulate(value.copy())
    tree.zero_grad()
    return {"had": len(params), "still": sum(param.grad is not None and bool(np.any(param.grad)) for param in params)}


def tree_training(*, value):
    """``training`` of a module and of every module within it, after ``eval`` and after ``train``."""
    tree, modules = _tree(value, False)
    before = [bool(module.training) for module in modules]
    returned = tree.eval()
    after_eval = [bool(module.training) for module in modules]
    tree.train()
    after_train = [bool(module.training) for module in modules]
    return {
        "before": before,
        "after_eval": after_eval,
        "after_train": after_train,
        "eval_returns_module": returned is tree,
        "modules": len(list(tree.modules())),
    }


# layers


def _linear(weight, bias):
    from scratch.nn import Linear

    layer = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.data = weight.copy()
    if bias is not None:
        layer.bias.data = bias.copy()
    return layer


def _layer(name, weight, bias):
    from scratch import nn

    return _linear(weight, bias) if name == "Linear" else getattr(nn, name)()


def linear(*, x, weight, bias, grad_output):
    """One forward and one backward pass of ``Linear``; ``bias`` None means ``bias=False``."""
    layer = _linear(weight, bias)
    outputs = {"y": layer(x.copy()), "grad_input": layer.backward(grad_output.copy()), "grad_weight": layer.weight.grad}
    if bias is None:
        return outputs | {"bias_is_none": layer.bias is None, "parameters": len(list(layer.parameters()))}
    return outputs | {"grad_bias": layer.bias.grad}


def linear_steps(*, weight, bias, steps):
    """``Linear`` through several steps: forward with x, backward with grad_output, or zero_grad."""
    layer = _linear(weight, bias)
    outputs = {"y": [], "grad_input": []}
    for step in steps:
        if "x" in step:
            outputs["y"].append(np.array(layer(step["x"].copy())))
        elif "grad_output" in step:
            outputs["grad_input"].append(np.array(layer.backward(step["grad_output"].copy())))
        elif "zero_grad" in step:
            layer.zero_grad()
    return outputs | {"grad_weight": layer.weight.grad, "grad_bias": layer.bias.grad}


def initial_weights(*, in_features, out_features, layers, seed=None):
    """Weights and biases of new layers, made one after another, from one generator or by default."""
    from scratch.nn import Linear

    settings = {} if seed is None else {"rng": np.random.default_rng(seed)}
    made = [Linear(in_features, out_features, **settings) for _ in range(layers)]
    return {"weight": np.stack([m.weight.data for m in made]), "bias": np.stack([m.bias.data for m in made])}


def activation(*, name, x, grad_output, first=None):
    """One forward and one backward pass of an activation, after a forward pass of ``first`` if given."""
    from scratch import nn

    layer = getattr(nn, name)()
    if first is not None:
        layer(first.copy())
    return {"y": np.array(layer(x.copy())), "grad_input": layer.backward(grad_output.copy())}


def layer_leaves_alone(*, name, x, grad_output, weight, bias):
    """Whether the arrays that a layer was given, and its output, are unchanged after backward."""
    layer = _layer(name, weight, bias)
    given_x, given_grad = x.copy(), grad_output.copy()
    y = layer(given_x)
    x_after_forward = np.array_equal(given_x, x)
    y_before = np.array(y)
    layer.backward(given_grad)
    return {
        "x": x_after_forward and np.array_equal(given_x, x),
        "grad_output": np.array_equal(given_grad, grad_output),
        "y": np.array_equal(y, y_before),
    }


# losses


def loss(*, name, input, target, settings=None):
    """Loss and gradient of a loss."""
    from scratch import nn

    criterion = getattr(nn, name)(**(settings or {}))
    value = criterion.forward(input.copy(), target.copy())
    return {"loss": float(value), "grad_input": criterion.backward()}


def loss_raises(*, name, input, target):
    """The name of the exception that a loss raises for a target of the wrong shape, or ''."""
    from scratch import nn

    criterion = getattr(nn, name)()
    try:
        criterion.forward(input.copy(), target.copy())
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def loss_leaves_alone(*, name, input, target):
    """Whether input and target are unchanged after forward, and whether two backward passes agree."""
    from scratch import nn

    criterion = getattr(nn, name)()
    given, labels = input.copy(), target.copy()
    criterion.forward(given, labels)
    first = np.array(criterion.backward())
    second = criterion.backward()
    return {
        "input": np.array_equal(given, input),
        "target": np.array_equal(labels, target),
        "backward_agrees_with_itself": np.array_equal(first, second),
    }


# networks


def _network(kind, activation, weights, biases):
    from scratch import nn

    act = getattr(nn, activation)
    if kind == "MLP":
        network = nn.MLP([weights[0].shape[1], *(len(bias) for bias in biases)], activation=act)
        for layer, weight, bias in zip(_linears(network), weights, biases, strict=True):
            layer.weight.data, layer.bias.data = weight.copy(), bias.copy()
        return network
    layers = []
    for weight, bias in zip(weights, biases, strict=True):
        layers += [_linear(weight, bias), act()]
    return nn.Sequential(*layers[:-1])


def _linears(network):
    from scratch import nn

    return [layer for layer in network.layers if isinstance(layer, nn.Linear)]


def network(*, kind, activation, weights, biases, x, grad_output):
    """Forward and backward of Linear layers with activations between: ``Sequential`` or ``MLP``."""
    net = _network(kind, activation, weights, biases)
    y, grad_input = net(x.copy()), net.backward(grad_output.copy())
    return {
        "y": y,
        "grad_input": grad_input,
        "grad_weights": [layer.weight.grad for layer in _linears(net)],
        "grad_biases": [layer.bias.grad for layer in _linears(net)],
    }


def mlp_weights(*, sizes, seed):
    """The weights of a new ``MLP`` whose generator has this seed, layer after layer."""
    from scratch.nn import MLP

    return {"weights": [layer.weight.data for layer in _linears(MLP(sizes, rng=np.random.default_rng(seed)))]}


def mlp_layers(*, sizes, activation):
    """The layers of a new ``MLP`` by class, the shapes of its weights, and its number of parameters."""
    from scratch import nn

    net = nn.MLP(sizes, activation=getattr(nn, activation))
    return {
        "layers": [type(layer).__name__ for layer in net.layers],
        "shapes": [list(layer.weight.data.shape) for layer in _linears(net)],
        "parameters": len(list(net.parameters())),
        "numbers": sum(int(param.data.size) for param in net.parameters()),
    }


def training_curve(*, name, activation, weights, biases, x, target, lr, steps):
    """Loss before each step of gradient descent on all of x, and after the last."""
    from scratch import nn

    net = _network("MLP", activation, weights, biases)
    criterion = getattr(nn, name)()
    losses = []
    for step in range(steps + 1):
        losses.append(float(criterion.forward(net(x.copy()), target.copy())))
        if step < steps:
            net.zero_grad()
            net.backward(criterion.backward())
            for param in net.parameters():
                param.data = param.data - lr * param.grad
    return {"losses": np.array(losses)}


# gradient checking


def numeric(*, x, coefficients, rate):
    """``numerical_gradient`` of sum(coefficients * exp(rate * x)) + sum(x)**2, and x afterwards."""
    from scratch.gradcheck import numerical_gradient

    def f(values):
        return float(np.sum(coefficients * np.exp(rate * values)) + np.sum(values) ** 2)

    given = x.copy()
    return {"grad": numerical_gradient(f, given), "x_after": given}


class _PlantedParameter:
    """A parameter with the attributes and methods that spec.md names, independent of yours."""

    def __init__(self, data):
        self.data, self.grad = data, None

    def zero_grad(self):
        self.grad = None

    def accumulate(self, grad):
        self.grad = grad + (0.0 if self.grad is None else self.grad)


def _planted_module(weight, bias, rate, scale, spoil, uses_grad_output):
    """A module, scale * sin(rate * (w x + b)) for each feature; ``spoil(name, grad)`` may change its gradients."""

    class Wave:
        def __init__(self):
            self.training = True
            self.weight, self.bias = _PlantedParameter(weight.copy()), _PlantedParameter(bias.copy())

        def __call__(self, x):
            return self.forward(x)

        def forward(self, x):
            self._x = x.copy()
            return scale * np.sin(rate * (self.weight.data * self._x + self.bias.data))

        def backward(self, grad_output):
            upstream = grad_output if uses_grad_output else np.ones_like(grad_output)
            slope = upstream * scale * rate * np.cos(rate * (self.weight.data * self._x + self.bias.data))
            batch_axes = tuple(range(slope.ndim - 1))
            for name, param, terms in [("weight", self.weight, slope * self._x), ("bias", self.bias, slope)]:
                altered = spoil(name, terms.sum(axis=batch_axes))
                if altered is not None:
                    param.accumulate(altered)
            return spoil("input", slope * self.weight.data)

        def named_parameters(self):
            return iter([("weight", self.weight), ("bias", self.bias)])

        def parameters(self):
            return iter([self.weight, self.bias])

        def modules(self):
            return iter([self])

        def zero_grad(self):
            self.weight.zero_grad()
            self.bias.zero_grad()

        def train(self, mode=True):
            self.training = mode
            return self

        def eval(self):
            return self.train(False)

    return Wave()


def verdict(
    *, x, weight, bias, seed, rate=1.0, scale=1.0, factors=None, offsets=None, fault="", stale=False, settings=None
):
    """The result of ``gradcheck`` for a test module: scale * sin(rate * (weight * x + bias)), feature by feature.

    Its gradients of "input", "weight" and "bias" are the correct ones times ``factors`` plus ``offsets``.
    ``fault`` is an error of another kind: "ones" (backward uses ones in place of grad_output), "row" (the
    bias's gradient has the shape (1, D)), "absent" (it stays None). ``stale``: the gradients of an earlier
    backward pass are still there. ``settings``: eps, rtol, atol. ``seed``: of rng, or None to pass no rng;
    ``draws`` is whether gradcheck drew from it.
    """
    from scratch.gradcheck import gradcheck

    def spoil(name, grad):
        altered = grad * (factors or {}).get(name, 1.0) + (offsets or {}).get(name, 0.0)
        if name == "bias" and fault in ("row", "absent"):
            return altered.reshape(1, -1) if fault == "row" else None
        return altered

    module = _planted_module(weight, bias, rate, scale, spoil, fault != "ones")
    if stale:
        module.backward(np.ones_like(module.forward(x)))
    given = x.copy()
    generator = None if seed is None else np.random.default_rng(seed)
    before = generator and repr(generator.bit_generator.state)
    accepted = gradcheck(module, given, **(settings or {}), **({} if generator is None else {"rng": generator}))
    return {
        "accepted": bool(accepted),
        "draws": bool(generator) and repr(generator.bit_generator.state) != before,
        "weight_after": module.weight.data,
        "bias_after": module.bias.data,
        "x_after": given,
    }
