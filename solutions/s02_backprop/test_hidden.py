"""Hidden tests of s02_backprop: other shapes, other inputs, and properties."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# Sums of at most a few hundred float64 products of order 1: rounding, in whatever order they are added,
# stays below 1e-12. Every known mistake is off by 1e-2 or more.
CLOSE = {"rtol": 1e-8, "atol": 1e-10}


def _linear_inputs(rng, leading, in_features=5, out_features=3):
    return {
        "x": rng.standard_normal((*leading, in_features)),
        "weight": rng.standard_normal((out_features, in_features)),
        "bias": rng.standard_normal(out_features),
        "grad_output": rng.standard_normal((*leading, out_features)),
    }


def _layer_and_two_batches(rng):
    layer = {"weight": rng.standard_normal((3, 5)), "bias": rng.standard_normal(3)}
    return layer, *({"x": rng.standard_normal((n, 5)), "grad_output": rng.standard_normal((n, 3))} for n in (6, 4))


def _passes(batch):
    return [{"x": batch["x"]}, {"grad_output": batch["grad_output"]}]


def _network_inputs(rng, sizes, batch):
    return {
        "weights": [rng.standard_normal((sizes[i + 1], sizes[i])) / np.sqrt(sizes[i]) for i in range(len(sizes) - 1)],
        "biases": [0.5 * rng.standard_normal(size) for size in sizes[1:]],
        "x": rng.standard_normal((batch, sizes[0])),
    }


def _targets(rng, name, shape):
    if name == "CrossEntropyLoss":
        return rng.integers(0, shape[1], shape[0])
    return rng.random(shape) if name == "BCEWithLogitsLoss" else rng.standard_normal(shape)


LOSSES = ["MSELoss", "BCEWithLogitsLoss", "CrossEntropyLoss"]


def test_parameter_keeps_its_own_gradient(student, reference, rng):
    """A parameter leaves given gradients alone, makes integers float64, and raises ValueError for another shape."""
    data = rng.standard_normal((4, 3))
    inputs = {"data": data, "grads": list(rng.standard_normal((3, 4, 3)))}

    result = student.parameter(**inputs)

    assert_close(result, reference.parameter(**inputs), names=["data", "grad"], **CLOSE)
    assert_that(result["grads_unchanged"], "the arrays passed to accumulate should not change")
    whole = {"data": rng.integers(-5, 5, (2, 3)), "grads": [rng.standard_normal((2, 3))]}
    # exact: small integers are floating-point numbers
    assert_close(
        student.parameter(**whole), reference.parameter(**whole), names=["data"], dtype=True, rtol=0.0, atol=0.0
    )
    raised = student.parameter_raises(data=data, grad=rng.standard_normal((1, 3)))["raised"]
    assert_that(raised == "ValueError", "accumulate should raise ValueError for a gradient of another shape")


def test_shared_parameters_are_yielded_once(student, rng):
    """A parameter or module that can be reached in two ways is found once."""
    result = student.tree_parameters(value=rng.standard_normal((3, 2)), shared=True)

    for name in ["named", "parameters", "different"]:
        assert_that(result[name] == 9, "each of the nine parameters should be yielded once, and no other")


def test_train_and_eval_reach_every_module(student, rng):
    """The methods eval and train set the mode of every module within, also in lists, tuples and dicts."""
    result = student.tree_training(value=rng.standard_normal(2))

    assert_that(all(result["before"]), "training should be True from the start")
    assert_that(not any(result["after_eval"]), "after eval(), training should be False in every module")
    assert_that(all(result["after_train"]), "after train(), training should be True in every module")
    assert_that(result["eval_returns_module"], "eval() should return the module itself")
    assert_that(result["modules"] == 8, "modules() should yield the module itself and the seven within it")


def test_zero_grad_starts_anew(student, rng):
    """After zero_grad no parameter has a gradient, and the next backward starts from zero."""
    result = student.tree_zero_grad(value=1.0 + rng.random((2, 2)))
    assert_that(result["still"] == 0, "after zero_grad(), every gradient should be None or zeros")

    layer, first, second = _layer_and_two_batches(rng)
    result = student.linear_steps(**layer, steps=[*_passes(first), {"zero_grad": True}, *_passes(second)])
    alone = student.linear(**layer, **second)
    assert_close(result, alone, names=["grad_weight", "grad_bias"], **CLOSE)


LEADING = {"batch": (7,), "batch_of_one": (1,), "no_batch_axis": (), "sequences": (4, 6), "three_axes": (2, 3, 4)}


@pytest.mark.parametrize("leading", LEADING)
def test_linear_over_leading_axes(student, reference, rng, leading):
    """Linear's output and gradients are correct for any number of leading axes, also none, and a batch of one."""
    inputs = _linear_inputs(rng, LEADING[leading])

    assert_close(student.linear(**inputs), reference.linear(**inputs), **CLOSE)


def test_linear_without_bias(student, reference, rng):
    """Linear with bias=False has no bias and one parameter, and its gradients are correct."""
    inputs = _linear_inputs(rng, (6,)) | {"bias": None}

    assert_close(student.linear(**inputs), reference.linear(**inputs), **CLOSE)


def test_backward_belongs_to_the_last_forward(student, rng):
    """After two forward passes with batches of different sizes, backward differentiates the second."""
    layer, first, second = _layer_and_two_batches(rng)
    result = student.linear_steps(**layer, steps=[{"x": first["x"]}, *_passes(second)])
    alone = student.linear(**layer, **second)
    assert_close(result, alone, names=["grad_weight", "grad_bias"], **CLOSE)
    assert_close(result["grad_input"][0], alone["grad_input"], label="grad_input", **CLOSE)

    x, grad_output = rng.standard_normal((2, 4, 5))
    for name in ["ReLU", "Sigmoid", "Tanh"]:
        inputs = {"name": name, "x": x, "grad_output": grad_output}
        result = student.activation(**inputs, first=rng.standard_normal((6, 5)))
        assert_close(result, student.activation(**inputs), **CLOSE)


def test_two_backward_calls_add_up(student, rng):
    """The gradients of two forward and backward passes without zero_grad are added."""
    layer, *batches = _layer_and_two_batches(rng)

    result = student.linear_steps(**layer, steps=[step for batch in batches for step in _passes(batch)])

    alone = [student.linear(**layer, **batch) for batch in batches]
    for name in ["grad_weight", "grad_bias"]:
        assert_close(result[name], alone[0][name] + alone[1][name], label=name, **CLOSE)


def test_initial_weights(student, rng):
    """Initial weights are uniform on (-1/sqrt(in), 1/sqrt(in)), differ between layers, and depend on the generator."""
    inputs = {"in_features": 64, "out_features": 50, "layers": 2}
    bound = 1 / 8

    result = student.initial_weights(**inputs)

    for name in ["weight", "bias"]:
        assert_that(np.abs(result[name]).max() <= bound, f"{name}: no value should exceed 1/sqrt(in_features)")
    # 6400 uniform draws: the largest misses 0.9 of the bound with probability 0.9^6400 < 1e-290. The mean has the
    # standard deviation 0.58/80 of the bound, so 0.06 is 8 of them; the spread has 0.0056 of itself, so 0.05 is 8.
    # Of the 100 biases the same holds with 0.58/10 and 0.045: 0.5 and 0.4 are more than 8 of them.
    bias = result["bias"] / bound
    assert_that(abs(bias.mean()) < 0.5, "bias: the mean should be near 0")
    assert_that(abs(bias.std() * np.sqrt(3) - 1) < 0.4, "bias: the standard deviation should be that of the weights")
    weight = result["weight"] / bound
    assert_that(np.abs(weight).max() > 0.9, "weight: some values should be near 1/sqrt(in_features)")
    assert_that(abs(weight.mean()) < 0.06, "weight: the mean should be near 0")
    spread = abs(weight.std() * np.sqrt(3) - 1)
    assert_that(spread < 0.05, "weight: the standard deviation should be that of a uniform distribution")
    assert_that(not np.array_equal(weight[0], weight[1]), "two layers should start with different weights")
    seed = int(rng.integers(1, 2**31))
    first, second = (student.initial_weights(**inputs, seed=seed)["weight"] for _ in range(2))
    assert_that(np.array_equal(first, second), "two generators of one seed should give the same weights")
    assert_that(not np.array_equal(first[0], first[1]), "a generator's second layer should differ from its first")
    one, same, other = (student.mlp_weights(sizes=[7, 5, 5, 2], seed=one)["weights"] for one in (seed, seed, seed + 1))
    for layer in range(3):
        assert_that(np.array_equal(one[layer], same[layer]), "two MLPs from generators of one seed should be the same")
        assert_that(not np.array_equal(one[layer], other[layer]), "MLPs from generators of two seeds should differ")


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh"])
def test_activation_values(student, reference, rng, name):
    """An activation's output and gradient are correct for three axes and a random upstream gradient."""
    x = 2.0 * rng.standard_normal((3, 4, 5))
    x += 0.1 * np.sign(x)  # away from the kink
    inputs = {"name": name, "x": x, "grad_output": rng.standard_normal((3, 4, 5))}

    assert_close(student.activation(**inputs), reference.activation(**inputs), **CLOSE)


@pytest.mark.parametrize("name", ["Sigmoid", "Tanh"])
def test_activations_of_extreme_inputs(student, reference, rng, name):
    """Sigmoid and Tanh and their gradients are finite and correct for inputs from -1000 to 1000."""
    x = np.array([[-1000.0, -500.0, -30.0, -2.0], [1000.0, 500.0, 30.0, 2.0]])
    inputs = {"name": name, "x": x, "grad_output": 1.0 + rng.random((2, 4))}

    # sigmoid(-30) is 9e-14: whether it is kept or rounded to 0 is not the point here
    assert_close(student.activation(**inputs), reference.activation(**inputs), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", ["Linear", "ReLU", "Sigmoid", "Tanh"])
def test_layers_leave_their_inputs_alone(student, rng, name):
    """No layer changes the array it is given in forward or backward, nor the one it returned."""
    inputs = _linear_inputs(rng, (6,), 4, 4)

    result = student.layer_leaves_alone(name=name, **inputs)
    for array in ["x", "grad_output", "y"]:
        assert_that(result[array], f"{name}: {array} should not change in forward or backward")


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_softmax_over_an_axis(student, reference, rng, name):
    """logsumexp, softmax and log_softmax work along any axis, counted from either end; the last is the default."""
    x = 2.0 * rng.standard_normal((3, 4, 5))

    for axis in [None, 0, 1, -2, -1]:
        inputs = {"name": name, "x": x, "axis": axis}
        assert_close(student.function(**inputs), reference.function(**inputs), **CLOSE)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_softmax_of_extreme_logits(student, reference, rng, name):
    """logsumexp, softmax and log_softmax are correct for logits of 1000, -1000, one row of 10000, and -inf."""
    x = rng.standard_normal((5, 4))
    x[0] += 1000.0
    x[1] -= 1000.0
    x[2, 1] = 1e4
    x[3, 2] = -np.inf
    inputs = {"name": name, "x": x}

    # 1e4 in float64 is rounded by 1e-12; nothing else is worse
    assert_close(student.function(**inputs), reference.function(**inputs), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("shape", [pytest.param((6, 4), id="table"), pytest.param((5,), id="vector")])
def test_mse_values(student, reference, rng, shape):
    """MSELoss and its gradient average over all elements, whatever the number of axes."""
    inputs = {"name": "MSELoss", "input": rng.standard_normal(shape), "target": 3.0 + rng.standard_normal(shape)}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **CLOSE)


def test_bce_values(student, reference, rng):
    """BCEWithLogitsLoss and its gradient are correct for targets between 0 and 1, and average over all elements."""
    inputs = {"name": "BCEWithLogitsLoss", "input": 2.0 * rng.standard_normal((6, 3)), "target": rng.random((6, 3))}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **CLOSE)


def test_bce_of_extreme_logits(student, reference):
    """BCEWithLogitsLoss and its gradient are finite and correct for logits of 1000 and -1000, with either target."""
    logits = np.array([[1000.0, -1000.0, 60.0], [1000.0, -1000.0, -60.0]])
    inputs = {"name": "BCEWithLogitsLoss", "input": logits, "target": np.array([[1.0, 0, 0], [0, 1.0, 1.0]])}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **CLOSE)


@pytest.mark.parametrize("shape", [pytest.param((7, 4), id="batch"), pytest.param((1, 5), id="batch_of_one")])
def test_cross_entropy_values(student, reference, rng, shape):
    """CrossEntropyLoss and its gradient are correct for a batch and for a batch of one."""
    target = rng.integers(0, shape[1], shape[0])
    inputs = {"name": "CrossEntropyLoss", "input": 2.0 * rng.standard_normal(shape), "target": target}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **CLOSE)


def test_cross_entropy_of_extreme_logits(student, reference, rng):
    """CrossEntropyLoss and its gradient are correct where the target's probability rounds to 0."""
    logits = rng.standard_normal((4, 5))
    logits[0, 2] = 1e4
    logits[1] -= 1000.0
    logits[2, 3] = -1000.0
    inputs = {"name": "CrossEntropyLoss", "input": logits, "target": np.array([0, 4, 3, 1])}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **CLOSE)


def test_cross_entropy_ignores_an_index(student, reference, rng):
    """Rows whose target is ignore_index are not counted in the sum or in the mean, and their gradient is 0."""
    inputs = {"name": "CrossEntropyLoss", "input": 2.0 * rng.standard_normal((6, 4))}
    some = inputs | {"target": np.array([3, -1, 0, -1, -1, 2]), "settings": {"ignore_index": -1}}
    default = inputs | {"target": np.array([1, 0, -100, 3, 2, -100])}
    every = inputs | {"target": np.full(6, 2), "settings": {"ignore_index": 2}}

    for case in [some, default, every]:
        assert_close(student.loss(**case), reference.loss(**case), **CLOSE)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_leave_their_inputs_alone(student, rng, name):
    """No loss changes input or target, and a second backward returns the same values as the first."""
    target = _targets(rng, name, (6, 4))

    result = student.loss_leaves_alone(name=name, input=rng.standard_normal((6, 4)), target=target)

    for array in ["input", "target"]:
        assert_that(result[array], f"{name}: {array} should not change in forward or backward")
    assert_that(result["backward_agrees_with_itself"], f"{name}: two calls of backward should return the same")


@pytest.mark.parametrize("name", LOSSES)
def test_a_repeated_batch_gives_the_same_steps(student, rng, name):
    """With every example twice in the batch, the loss and the steps of gradient descent are the same."""
    inputs = _network_inputs(rng, [3, 5, 4], 6) | {"name": name, "activation": "Tanh", "lr": 0.2, "steps": 3}
    target = _targets(rng, name, (6, 4))

    once = student.training_curve(**inputs, target=target)
    inputs |= {"x": np.concatenate([inputs["x"], inputs["x"]])}
    twice = student.training_curve(**inputs, target=np.concatenate([target, target]))

    assert_close(twice["losses"], once["losses"], label="losses of the repeated batch", **CLOSE)


def test_sequential_runs_backward_in_reverse(student, reference, rng):
    """Sequential of three Linear layers and two ReLUs gives every gradient, down to the input's."""
    inputs = _network_inputs(rng, [4, 6, 5, 3], 7) | {"kind": "Sequential", "activation": "ReLU"}
    inputs |= {"grad_output": rng.standard_normal((7, 3))}

    assert_close(student.network(**inputs), reference.network(**inputs), **CLOSE)


@pytest.mark.parametrize("activation", ["ReLU", "Sigmoid", "Tanh"])
def test_mlp_gradients(student, reference, rng, activation):
    """MLP with two hidden layers of different widths gives every gradient, down to the input's."""
    inputs = _network_inputs(rng, [4, 7, 5, 3], 6) | {"kind": "MLP", "activation": activation}
    inputs |= {"grad_output": rng.standard_normal((6, 3))}

    assert_close(student.network(**inputs), reference.network(**inputs), **CLOSE)


@pytest.mark.parametrize("name", LOSSES)
def test_training_curve(student, reference, rng, name):
    """Thirty steps of gradient descent with an MLP give the reference's losses."""
    inputs = _network_inputs(rng, [3, 6, 5, 4], 10) | {"name": name, "activation": "Tanh", "lr": 0.2, "steps": 30}
    inputs |= {"target": _targets(rng, name, (10, 4))}

    # The curve is smooth and the steps are short: rounding errors stay below 1e-11.
    assert_close(student.training_curve(**inputs), reference.training_curve(**inputs), rtol=1e-7)


def test_numerical_gradient_values(student, rng):
    """numerical_gradient has an error of order eps^2, for two axes and for integers, and does not change x."""
    for x, rate in [(rng.uniform(-0.5, 0.5, (3, 4)), 10.0), (np.arange(-3, 3).reshape(2, 3), 0.5)]:
        coefficients = 1.0 + rng.random(x.shape)
        expected = coefficients * rate * np.exp(rate * x) + 2.0 * x.sum()

        result = student.numeric(x=x, coefficients=coefficients, rate=rate)

        # central differences: rate^2 h^2 / 6 = 2e-9 of the size, and a rounding error of 1e-16 * 1e3 / h = 1e-8;
        # one-sided differences are off by rate h / 2 = 5e-5
        assert_close(result["grad"], expected, label="grad", rtol=1e-7, atol=1e-6)
        assert_close(result["x_after"], x, label="x afterwards", rtol=1e-12, atol=1e-12)


def _planted_inputs(rng, leading=(6,)):
    seed = int(rng.integers(1, 2**31))
    x, bias = rng.standard_normal((*leading, 4)), rng.standard_normal(4)
    return {"x": x, "weight": 1.0 + rng.random(4), "bias": bias, "seed": seed, "rate": 0.25}  # almost linear


def _at(shape, index, value):
    array = np.zeros(shape)
    array[index] = value
    return array


# Each case is accepted by one kind of faulty check only, so that its hint can be right.
BUGS = {
    "all_of_wrong_sign": {"factors": {"input": -1.0, "weight": -1.0, "bias": -1.0}},
    "input_all_zeros": {"factors": {"input": 0.0}},
    "weight_averaged": {"factors": {"weight": 1 / 6}},
    "bias_averaged": {"factors": {"bias": 1 / 6}},
    "last_entries": {
        "offsets": {"weight": _at(4, 3, 0.05), "bias": _at(4, 3, 0.05), "input": _at((6, 4), (5, 3), 0.05)}
    },
    "nan_in_weight": {"offsets": {"weight": _at(4, 2, np.nan)}},
    "upstream_taken_for_ones": {"fault": "ones"},
    "bias_as_a_row": {"fault": "row"},
    "bias_without_gradient": {"fault": "absent"},
    "small_gradients_doubled": {"scale": 1e-4, "factors": {"weight": 2.0, "bias": 2.0, "input": 2.0}},
}


@pytest.mark.parametrize("bug", BUGS)
def test_gradcheck_rejects(student, rng, bug):
    """A correct layer is accepted by gradcheck, and the same layer with one deliberate error is rejected."""
    inputs = _planted_inputs(rng)
    right = inputs | {"scale": BUGS[bug].get("scale", 1.0)}

    assert_that(student.verdict(**right)["accepted"], "the layer with correct gradients should be accepted")
    assert_that(not student.verdict(**inputs, **BUGS[bug])["accepted"], "the layer with the error should be rejected")


RIGHT = {
    "large_gradients": {"scale": 1e4},
    "sharp_curvature": {"rate": 400.0, "scale": 1 / 400},
    "gradients_left_behind": {"stale": True},
}
RIGHT |= {"sequences": {}, "gradients_of_zero": {}}


@pytest.mark.parametrize("case", RIGHT)
def test_gradcheck_accepts(student, rng, case):
    """Correct gradients are accepted by gradcheck: large, zero, strongly curved, over two leading axes."""
    inputs = _planted_inputs(rng, (2, 3) if case == "sequences" else (6,)) | RIGHT[case]
    if case == "sharp_curvature":  # central differences are off by (rate weight eps)^2 / 6 < 1.1e-5 of every slope
        inputs |= {"x": inputs["x"] / 400, "bias": inputs["bias"] / 400}
    if case == "gradients_of_zero":
        inputs |= {"x": np.zeros((6, 4))}  # so the weight's gradient is 0

    assert_that(student.verdict(**inputs)["accepted"], "the layer with correct gradients should be accepted")
    doubled = student.verdict(**inputs, factors={"bias": 2.0})["accepted"]
    assert_that(not doubled, "the same layer with a doubled gradient should be rejected")


def test_gradcheck_uses_its_arguments(student, rng):
    """Gradcheck takes steps of eps, draws grad_output from rng, and makes a generator where rng is left out."""
    inputs = _planted_inputs(rng)

    assert_that(student.verdict(**inputs)["draws"], "grad_output should be drawn from rng")
    unseeded = inputs | {"seed": None}
    assert_that(student.verdict(**unseeded)["accepted"], "correct gradients should be accepted without rng, too")
    assert_that(
        not student.verdict(**unseeded, factors={"weight": -1.0})["accepted"], "a wrong sign should be rejected"
    )
    # the central difference of sin(4 w x) is off by sin(4 w eps) / (4 w eps): at least a tenth for eps = 0.2, w >= 1
    curved, wide = inputs | {"rate": 4.0}, {"eps": 0.2}
    assert_that(student.verdict(**curved)["accepted"], "correct gradients should be accepted with the default eps")
    assert_that(not student.verdict(**curved, settings=wide)["accepted"], "with eps = 0.2 the error is a tenth")


def test_gradcheck_leaves_the_module_as_it_was(student, rng):
    """After gradcheck, the parameters and x have the same values as before."""
    inputs = _planted_inputs(rng)

    result = student.verdict(**inputs)

    # A value moved up and down again may differ in its last bit; a step that was not undone is 1e-5.
    for name, before in [("weight_after", "weight"), ("bias_after", "bias"), ("x_after", "x")]:
        assert_close(result[name], inputs[before], label=f"{before} afterwards", rtol=1e-12, atol=1e-12)
    assert_that(result["accepted"], "the layer with correct gradients should be accepted")
