"""How the tests of s06_normalisation call your code: plain arrays in, named results out.

Nothing here knows the right results. You may call a probe yourself to see what a test sees. Your code
receives copies, so that a layer that changes its input fails only the test that looks for this.
"""

import numpy as np


def _make(layer, settings, weight=None, bias=None, running=None):
    """Make a layer by its class's name; ``settings`` are its constructor's arguments, with tuples in place of lists."""
    from scratch import normalisation

    arguments = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    module = getattr(normalisation, layer)(**arguments)
    if weight is not None:
        module.weight.data = weight.copy()
        module.bias.data = bias.copy()
    if running is not None:
        module.running_mean = running["mean"].copy()
        module.running_var = running["var"].copy()
    return module


def fresh(*, layer, settings):
    """What a new layer has: its parameters, its running statistics if it has any, and how many parameters."""
    module = _make(layer, settings)
    outputs = {"parameters": len(list(module.parameters()))}
    for name in ("weight", "bias"):
        parameter = getattr(module, name)
        outputs[name] = None if parameter is None else np.array(parameter.data)
    for name in ("running_mean", "running_var"):
        if hasattr(module, name):
            outputs[name] = np.array(getattr(module, name))
    return outputs


def forward(*, layer, settings, x, weight=None, bias=None, running=None, mode="train"):
    """One forward pass: y."""
    module = _make(layer, settings, weight, bias, running)
    module.train(mode == "train")
    return {"y": module(x.copy())}


def forward_backward(*, layer, settings, x, grad_output, weight=None, bias=None, running=None, mode="train"):
    """One forward and one backward pass: y, grad_input, and grad_weight and grad_bias where there are parameters."""
    module = _make(layer, settings, weight, bias, running)
    module.train(mode == "train")
    outputs = {"y": np.array(module(x.copy())), "grad_input": module.backward(grad_output.copy())}
    if weight is not None:
        outputs |= {"grad_weight": module.weight.grad, "grad_bias": module.bias.grad}
    return outputs


def running_statistics(*, layer, settings, batches):
    """``running_mean`` and ``running_var`` after each forward pass in training: shape (batches, C)."""
    module = _make(layer, settings)
    means, variances = [], []
    for x in batches:
        module(x.copy())
        means.append(np.array(module.running_mean))
        variances.append(np.array(module.running_var))
    return {"running_mean": np.stack(means), "running_var": np.stack(variances)}


def sequence(*, layer, settings, steps, weight=None, bias=None, running=None):
    """A layer through several steps, each a dict with one key.

    {"mode": "train"} or {"mode": "eval"}; {"x": ...} for forward; {"grad_output": ...} for backward;
    {"zero_grad": True}.

    Returns:
        y, grad_input: a list with one array for each forward and each backward; running_mean, running_var:
        after each forward, where the layer has them; grad_weight, grad_bias: at the end, where it has parameters.
    """
    module = _make(layer, settings, weight, bias, running)
    outputs = {"y": [], "grad_input": []}
    if hasattr(module, "running_mean"):
        outputs |= {"running_mean": [], "running_var": []}
    for step in steps:
        if "mode" in step:
            module.train() if step["mode"] == "train" else module.eval()
        elif "x" in step:
            outputs["y"].append(np.array(module(step["x"].copy())))
            if "running_mean" in outputs:
                outputs["running_mean"].append(np.array(module.running_mean))
                outputs["running_var"].append(np.array(module.running_var))
        elif "grad_output" in step:
            outputs["grad_input"].append(np.array(module.backward(step["grad_output"].copy())))
        else:
            module.zero_grad()
    if weight is not None:
        outputs |= {"grad_weight": module.weight.grad, "grad_bias": module.bias.grad}
    return outputs


def refused(*, layer, settings, x=None, mode="train"):
    """Whether making the layer, or its forward pass if x is given, raises ValueError: the name, or ''."""
    try:
        module = _make(layer, settings)
        module.train(mode == "train")
        if x is not None:
            module(x.copy())
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def leaves_alone(*, layer, settings, x, grad_output, weight, bias):
    """Whether x, grad_output, the weights and the first output are as they were after forward and backward."""
    module = _make(layer, settings, weight, bias)
    given_x, given_grad = x.copy(), grad_output.copy()
    y = module(given_x)
    y_before = np.array(y)
    module.backward(given_grad)
    return {
        "x": bool(np.array_equal(given_x, x)),
        "grad_output": bool(np.array_equal(given_grad, grad_output)),
        "weight": bool(np.array_equal(module.weight.data, weight)),
        "y": bool(np.array_equal(y, y_before)),
    }


def training_curve(*, weights, biases, batches, targets, x_test, target_test, lr):
    """Linear, BatchNorm1d, ReLU, Linear trained by gradient descent, one step a batch.

    Returns:
        losses: before each step, in training; test_losses: after each step, in evaluation.
    """
    from scratch import nn

    linears = [nn.Linear(weight.shape[1], weight.shape[0]) for weight in weights]
    for linear, weight, bias in zip(linears, weights, biases, strict=True):
        linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
    norm = _make("BatchNorm1d", {"num_features": len(biases[0])})
    network, criterion = nn.Sequential(linears[0], norm, nn.ReLU(), linears[1]), nn.MSELoss()
    losses, test_losses = [], []
    for x, target in zip(batches, targets, strict=True):
        network.train()
        network.zero_grad()
        losses.append(float(criterion.forward(network(x.copy()), target.copy())))
        network.backward(criterion.backward())
        for parameter in network.parameters():
            parameter.data = parameter.data - lr * parameter.grad
        network.eval()
        test_losses.append(float(criterion.forward(network(x_test.copy()), target_test.copy())))
    return {"losses": np.array(losses), "test_losses": np.array(test_losses)}
