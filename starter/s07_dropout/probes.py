"""How the tests of s07_dropout call your code: plain arrays in, named results out.

Nothing here knows the right results. You may call a probe yourself to see what a test sees. Your code
receives copies, so that a layer that changes its input fails only the test that looks for this.
"""

import numpy as np

# dropout


def _dropout(layer, p, seed):
    """Make a dropout layer by its class's name; p None: the default; seed None: a layer without generator."""
    from scratch import regularisation

    settings = {} if p is None else {"p": p}
    if seed is not None:
        settings["rng"] = np.random.default_rng(seed)
    return getattr(regularisation, layer)(**settings)


def dropout(*, layer, p, x, grad_output, seed, mode="train"):
    """One forward and one backward pass: y, grad_input."""
    module = _dropout(layer, p, seed)
    module.train(mode == "train")
    return {"y": np.array(module(x.copy())), "grad_input": module.backward(grad_output.copy())}


def dropout_factors(*, layer, p, x, grad_output, seed):
    """The factors of forward and backward: the smallest and largest y / x and grad_input / grad_output, without zeros.

    Neither x nor grad_output contains a 0. ``same_dropped``: whether y and grad_input are 0 at the same places.
    """
    module = _dropout(layer, p, seed)
    y = np.array(module(x.copy()))
    grad_input = np.array(module.backward(grad_output.copy()))
    outputs = {"same_dropped": bool(np.array_equal(y == 0, grad_input == 0))}
    for name, factors in (("forward", (y / x)[y != 0]), ("backward", (grad_input / grad_output)[grad_input != 0])):
        outputs[f"{name}_smallest"] = float(factors.min()) if factors.size else 0.0
        outputs[f"{name}_largest"] = float(factors.max()) if factors.size else 0.0
    return outputs


def kept(*, layer, p, shape, seed, forwards):
    """Which elements are not 0 after each of several forward passes of ones in training: shape (forwards, *shape)."""
    module = _dropout(layer, p, seed)
    return {"kept": np.stack([np.array(module(np.ones(shape))) != 0 for _ in range(forwards)])}


def dropout_sequence(*, layer, p, steps, seed):
    """A layer through several steps, each a dict with one key.

    {"mode": "train"} or {"mode": "eval"}; {"x": ...} for forward; {"grad_output": ...} for backward.

    Returns:
        y, grad_input: a list with one array for each forward and each backward.
    """
    module = _dropout(layer, p, seed)
    outputs = {"y": [], "grad_input": []}
    for step in steps:
        if "mode" in step:
            module.train() if step["mode"] == "train" else module.eval()
        elif "x" in step:
            outputs["y"].append(np.array(module(step["x"].copy())))
        else:
            outputs["grad_input"].append(np.array(module.backward(step["grad_output"].copy())))
    return outputs


def random_numbers(*, layer, p, x, seed, other_seed):
    """Which generator a layer uses for its random numbers.

    Returns:
        equal_seeds_equal: whether two layers with generators of the same seed drop the same elements, three times;
        other_seed_equal: the same for two different seeds;
        no_generator_equal: the same for two layers made without a generator;
        global_seed_equal: the same, with np.random.seed called with the same number before each of the two;
        global_state_changed: whether making a layer and using it changed the state of np.random.
    """

    def draws(of_seed):
        module = _dropout(layer, p, of_seed)
        return np.stack([np.array(module(x.copy())) != 0 for _ in range(3)])

    first = draws(seed)
    outputs = {
        "equal_seeds_equal": bool(np.array_equal(first, draws(seed))),
        "other_seed_equal": bool(np.array_equal(first, draws(other_seed))),
        "no_generator_equal": bool(np.array_equal(draws(None), draws(None))),
    }
    np.random.seed(1234)  # noqa: NPY002  # to see whether it makes a difference
    before = np.random.get_state()[1:3]  # noqa: NPY002  # to see whether it is used
    seeded = draws(None)
    after = np.random.get_state()[1:3]  # noqa: NPY002  # as above
    np.random.seed(1234)  # noqa: NPY002  # as above
    outputs["global_seed_equal"] = bool(np.array_equal(seeded, draws(None)))
    outputs["global_state_changed"] = not (np.array_equal(before[0], after[0]) and before[1] == after[1])
    return outputs


def dropout_refused(*, layer, p, shape=None):
    """Whether making the layer, or its forward pass if a shape is given, raises ValueError: the name, or ''."""
    try:
        module = _dropout(layer, p, 1)
        if shape is not None:
            module(np.ones(shape))
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def dropout_leaves_alone(*, layer, p, x, grad_output, seed):
    """Whether x, grad_output and the output are as they were after forward and backward."""
    module = _dropout(layer, p, seed)
    given_x, given_grad = x.copy(), grad_output.copy()
    y = module(given_x)
    y_before = np.array(y)
    module.backward(given_grad)
    return {
        "x": bool(np.array_equal(given_x, x)),
        "grad_output": bool(np.array_equal(given_grad, grad_output)),
        "y": bool(np.array_equal(y, y_before)),
    }


# penalties


def penalty(*, name, weights, strength, grads=None, passes=1, handling="list", then=None):
    """A penalty on some parameters: its value, and their gradients after ``passes`` times forward and backward.

    Args:
        name: L1Penalty or L2Penalty.
        weights: an array for each parameter.
        strength: the strength of the penalty.
        grads: the parameters' grad before; None: no gradient.
        passes: how often forward and backward are called.
        handling: "list" or "generator": how the parameters are passed.
        then: weights that replace the first ones after the penalty has been made; None: the first ones are kept.

    Returns:
        value; grads, a list; weights_unchanged, whether the weights are as they were.
    """
    from scratch import regularisation
    from scratch.nn import Parameter

    params = [Parameter(weight.copy()) for weight in weights]
    for param, grad in zip(params, grads or [], strict=False):
        param.grad = grad.copy()
    given = (param for param in params) if handling == "generator" else params
    chosen = getattr(regularisation, name)(given, strength)
    if then is not None:
        for param, weight in zip(params, then, strict=True):
            param.data = weight.copy()
    value = 0.0
    for _ in range(passes):
        value = float(chosen())
        chosen.backward()
    held = weights if then is None else then
    return {
        "value": value,
        "grads": [param.grad for param in params],
        "weights_unchanged": all(np.array_equal(param.data, w) for param, w in zip(params, held, strict=True)),
    }


def penalised_descent(*, name, weight, strength, lr, steps):
    """Gradient descent on a penalty alone: the weights after each step, shape (steps, *shape)."""
    from scratch import regularisation
    from scratch.nn import Parameter

    param = Parameter(weight.copy())
    chosen = getattr(regularisation, name)([param], strength)
    path = []
    for _ in range(steps):
        param.zero_grad()
        chosen.backward()
        param.data = param.data - lr * param.grad
        path.append(param.data)
    return {"path": np.stack(path)}


def penalised(*, sizes, filters):
    """The names of the parameters that ``penalised_parameters`` finds in a model, in alphabetical order.

    The model has an MLP of the given sizes in a list, a parameter of the shape ``filters``, and a scale of one axis.
    """
    from scratch.nn import MLP, Module, Parameter
    from scratch.regularisation import penalised_parameters

    class Model(Module):
        def __init__(self):
            self.blocks = [MLP(sizes)]
            self.filters = Parameter(np.ones(filters))
            self.scale = Parameter(np.ones(sizes[-1]))

    model = Model()
    names = {id(param): name for name, param in model.named_parameters()}
    return {"names": sorted(names.get(id(param), "something else") for param in penalised_parameters(model))}


# label smoothing


def smoothed_loss(*, input, target, settings):
    """Loss and gradient of ``LabelSmoothingCrossEntropy``."""
    from scratch.regularisation import LabelSmoothingCrossEntropy

    criterion = LabelSmoothingCrossEntropy(**settings)
    value = criterion.forward(input.copy(), target.copy())
    return {"loss": float(value), "grad_input": criterion.backward()}


def smoothed_loss_refused(*, settings, shape=None, target_shape=None):
    """Whether making the loss, or its forward pass if shapes are given, raises ValueError: the name, or ''."""
    from scratch.regularisation import LabelSmoothingCrossEntropy

    try:
        criterion = LabelSmoothingCrossEntropy(**settings)
        if shape is not None:
            criterion.forward(np.zeros(shape), np.zeros(target_shape, dtype=int))
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def smoothed_loss_leaves_alone(*, input, target, settings):
    """Whether input and target are unchanged after forward and two backward passes, and whether these two agree."""
    from scratch.regularisation import LabelSmoothingCrossEntropy

    criterion = LabelSmoothingCrossEntropy(**settings)
    given, labels = input.copy(), target.copy()
    criterion.forward(given, labels)
    first = np.array(criterion.backward())
    second = criterion.backward()
    return {
        "input": bool(np.array_equal(given, input)),
        "target": bool(np.array_equal(labels, target)),
        "backward_agrees_with_itself": bool(np.array_equal(first, second)),
    }


# everything together


def training_curve(*, weights, biases, x, target, x_test, target_test, label_smoothing, l1, l2, lr, steps):
    """Linear, ReLU, Dropout(0), Linear with both penalties and smoothed labels, by gradient descent.

    Returns:
        losses: loss and penalties before each step; test_losses: the loss alone after each step, in evaluation.
    """
    from scratch import nn, regularisation

    linears = [nn.Linear(weight.shape[1], weight.shape[0]) for weight in weights]
    for linear, weight, bias in zip(linears, weights, biases, strict=True):
        linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
    network = nn.Sequential(linears[0], nn.ReLU(), regularisation.Dropout(0.0), linears[1])
    criterion = regularisation.LabelSmoothingCrossEntropy(label_smoothing)
    chosen = list(regularisation.penalised_parameters(network))
    penalties = [regularisation.L1Penalty(chosen, l1), regularisation.L2Penalty(chosen, l2)]
    losses, test_losses = [], []
    for _ in range(steps):
        network.train()
        network.zero_grad()
        loss = float(criterion.forward(network(x.copy()), target.copy()))
        losses.append(loss + sum(float(each()) for each in penalties))
        network.backward(criterion.backward())
        for each in penalties:
            each.backward()
        for parameter in network.parameters():
            parameter.data = parameter.data - lr * parameter.grad
        network.eval()
        test_losses.append(float(criterion.forward(network(x_test.copy()), target_test.copy())))
    return {"losses": np.array(losses), "test_losses": np.array(test_losses)}
