"""How the tests of s08_cnn call your code: plain arrays in, named results out.

Nothing here knows the right results. You may call a probe yourself to see what a test sees. Your code
receives copies, except where a test looks at what it does with the arrays that it receives.
"""

import numpy as np


def _module(name):
    """The module in which a class is defined."""
    from scratch import conv

    if name.startswith("Conv"):
        return conv
    if name.endswith("Block"):
        from scratch import blocks

        return blocks
    from scratch import pooling

    return pooling


def _make(layer, settings, parameters=None):
    """Make a layer by its class's name.

    ``settings`` are the arguments of its constructor, with tuples in place of lists; ``parameters`` are arrays by
    path, such as "weight", "bn1.bias" or "branch2.2.weight" (layer 2 of a Sequential).
    """
    arguments = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    module = getattr(_module(layer), layer)(**arguments)
    for path, values in (parameters or {}).items():
        _at(module, path).data = values.copy()
    return module


def _at(module, path):
    """The parameter at a path: names of attributes, and positions in a Sequential."""
    for part in path.split("."):
        module = module.layers[int(part)] if part.isdecimal() else getattr(module, part)
    return module


def _gradients(module, parameters):
    found = {path: _at(module, path).grad for path in parameters or {}}
    return {f"grad of {path}": None if grad is None else np.array(grad) for path, grad in found.items()}


def fresh(*, layer, settings, paths, seed=None):
    """A new layer's parameters at some paths, None where there is none, and the number of all of its parameters."""
    rng = {} if seed is None else {"rng": np.random.default_rng(seed)}
    module = _make(layer, settings | rng)
    outputs = {"parameters": len(list(module.parameters()))}
    for path in paths:
        parameter = _at(module, path)
        outputs[path] = None if parameter is None else np.array(parameter.data)
    return outputs


def forward(*, layer, settings, x, **parameters):
    """One forward pass, as a function of x and of the parameters by path: y."""
    return {"y": _make(layer, settings, parameters)(x.copy())}


def forward_backward(*, layer, settings, x, grad_output, parameters=None):
    """One forward and one backward pass: y, grad_input, and "grad of ..." for each of ``parameters``."""
    module = _make(layer, settings, parameters)
    outputs = {"y": np.array(module(x.copy())), "grad_input": module.backward(grad_output.copy())}
    return outputs | _gradients(module, parameters)


def grid(*, cases):
    """Many layers at once: ``cases`` has for each label the arguments of ``forward_backward``.

    Returns:
        y, grad_input, and each "grad of ...": arrays by label.
    """
    outputs = {}
    for label, case in cases.items():
        for name, values in forward_backward(**case).items():
            outputs.setdefault(name, {})[label] = values
    return outputs


def grid_forward(*, cases):
    """The same without the backward pass: ``cases`` has for each label layer, settings, x and parameters."""
    return {
        "y": {
            label: _make(case["layer"], case["settings"], case.get("parameters"))(case["x"].copy())
            for label, case in cases.items()
        }
    }


def block_forward(*, layer, settings, x, parameters=None, running=None, mode="train"):
    """A block's output in training, or in evaluation with ``running`` statistics (mean, var) by path: y."""
    module = _make(layer, settings, parameters)
    for path, (mean, var) in (running or {}).items():
        norm = _at(module, path)
        norm.running_mean, norm.running_var = mean.copy(), var.copy()
    module.train(mode == "train")
    return {"y": module(x.copy())}


def sequence(*, layer, settings, steps, parameters=None):
    """A layer through several steps, each a dict with one key: "x" for forward, "grad_output" for backward.

    Returns:
        y, grad_input: a list with one array for each forward and each backward; "grad of ..." at the end.
    """
    module = _make(layer, settings, parameters)
    outputs = {"y": [], "grad_input": []}
    for step in steps:
        if "x" in step:
            outputs["y"].append(np.array(module(step["x"].copy())))
        else:
            outputs["grad_input"].append(np.array(module.backward(step["grad_output"].copy())))
    return outputs | _gradients(module, parameters)


def refused(*, layer, settings, x=None):
    """Whether making the layer, or its forward pass if x is given, raises ValueError: the name, or ''."""
    try:
        module = _make(layer, settings)
        if x is not None:
            module(x.copy())
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def leaves_alone(*, layer, settings, x, grad_output, parameters=None):
    """Whether x, grad_output, the parameters and the output are unchanged after forward and backward."""
    module = _make(layer, settings, parameters)
    given_x, given_grad = x.copy(), grad_output.copy()
    y = module(given_x)
    y_before = np.array(y)
    module.backward(given_grad)
    same = [np.array_equal(_at(module, path).data, values) for path, values in (parameters or {}).items()]
    return {
        "x": bool(np.array_equal(given_x, x)),
        "grad_output": bool(np.array_equal(given_grad, grad_output)),
        "parameters": bool(all(same)),
        "y": bool(np.array_equal(y, y_before)),
    }


def memory_layouts(*, layer, settings, x, grad_output, parameters=None):
    """Forward and backward of the same numbers, in other memory layouts.

    "columns first": the axes in the reverse order; "part of a larger array": every second number of it;
    "backwards": with negative steps; "read-only": an array that cannot be written to.

    Returns:
        y, grad_input and "grad of ...": arrays by layout.
    """
    outputs = {}
    for name, lay_out in LAYOUTS.items():
        module = _make(layer, settings, parameters)
        found = {"y": np.array(module(lay_out(x))), "grad_input": np.array(module.backward(lay_out(grad_output)))}
        for key, values in (found | _gradients(module, parameters)).items():
            outputs.setdefault(key, {})[name] = values
    return outputs


def _part_of_a_larger_array(values):
    larger = np.zeros(tuple(2 * size for size in values.shape))
    part = larger[tuple(slice(1, None, 2) for _ in values.shape)]
    part[...] = values
    return part


def _backwards(values):
    reverse = (slice(None, None, -1),) * values.ndim
    return values[reverse].copy()[reverse]


def _read_only(values):
    own = values.copy()
    own.flags.writeable = False
    return own


LAYOUTS = {
    "columns first": np.asfortranarray,
    "part of a larger array": _part_of_a_larger_array,
    "backwards": _backwards,
    "read-only": _read_only,
}


def _weighted_sum(values, weights):
    """The elements' sum, each with a weight of the test: what was not computed cannot have this sum."""
    total = 0.0
    for number, part in enumerate(values):  # one by one: a copy of a strided array is small
        flat = np.ravel(part)
        full = flat.size - flat.size % weights.size
        sums = flat[:full].reshape(-1, weights.size) @ weights
        rest = flat[full:] @ weights[: flat.size - full]
        total += weights[number % weights.size] * (sums @ np.resize(weights, sums.size) + rest)
    return float(total)


def busy(*, layer, settings, x, grad_output, weights, parameters=None):
    """Forward and backward of a large layer, for tests of time and memory: only weighted sums are returned."""
    module = _make(layer, settings, parameters)
    y = module(x)
    grad_input = module.backward(grad_output)
    return {"total": _weighted_sum(y, weights), "total_grad": _weighted_sum(grad_input, weights)}


def small_cnn(*, parameters, x, target, x_test, target_test, batch_size, epochs, lr, momentum):
    """A small CNN, trained by gradient descent with momentum, with the batches in order.

    Conv2d 3 x 3, ReLU, MaxPool2d 2, Conv2d 3 x 3, ReLU, MaxPool2d 2, Flatten, Linear; padding 1.

    Returns:
        losses: before each step; accuracy: of the trained network on the test images.
    """
    from scratch import conv, nn, pooling

    first, second, weight = (parameters[name] for name in ("0.weight", "3.weight", "7.weight"))
    network = nn.Sequential(
        conv.Conv2d(first.shape[1], first.shape[0], 3, padding=1),
        nn.ReLU(),
        pooling.MaxPool2d(2),
        conv.Conv2d(second.shape[1], second.shape[0], 3, padding=1),
        nn.ReLU(),
        pooling.MaxPool2d(2),
        pooling.Flatten(),
        nn.Linear(weight.shape[1], weight.shape[0]),
    )
    for path, values in parameters.items():
        place, name = path.split(".")
        getattr(network.layers[int(place)], name).data = values.copy()
    criterion, losses = nn.CrossEntropyLoss(), []
    trained = list(network.parameters())
    velocities = [np.zeros(parameter.data.shape) for parameter in trained]
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            network.zero_grad()
            batch = slice(start, start + batch_size)
            losses.append(float(criterion.forward(network(x[batch].copy()), target[batch])))
            network.backward(criterion.backward())
            for number, parameter in enumerate(trained):
                velocities[number] = momentum * velocities[number] + parameter.grad
                parameter.data = parameter.data - lr * velocities[number]
    network.eval()
    right = network(x_test.copy()).argmax(axis=1) == target_test
    return {"losses": np.array(losses), "accuracy": float(np.mean(right))}
