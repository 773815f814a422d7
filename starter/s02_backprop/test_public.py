"""Public tests of s02_backprop: worked examples of spec.md, and slopes of your own forward passes."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# Computed by hand in spec.md; the rounding errors of a dozen operations in float64 stay below 1e-14.
EXACT = {"rtol": 1e-10, "atol": 1e-12}


def test_parameter_adds_gradients_up(student):
    """Two gradients accumulated into a parameter are added, and its data stays as it is."""
    data = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    first, second = np.full((2, 3), 0.5), np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0]])

    result = student.parameter(data=data, grads=[first, second])

    assert_close(result["grad"], np.array([[1.5, 0.5, -0.5], [2.5, 0.5, -1.5]]), label="grad", **EXACT)
    assert_close(result["data"], data, label="data", **EXACT)


def test_module_finds_parameters(student, rng):
    """A module finds the parameters in its attributes, in lists, tuples and dicts, and names each by its path."""
    names = ["child.weight", "own", "pair.0.weight", "pair.1.0.weight", "pair.1.1"]
    names += ["stack.0.weight", "stack.1.weight", "table.left.weight", "table.right.deep.weight"]

    result = student.tree_parameters(value=rng.standard_normal((2, 3)), shared=False)

    assert_that(sorted(result["names"]) == names, f"the names should be {', '.join(names)}")
    assert_that(result["different"] == result["parameters"] == 9, "parameters() should yield nine different parameters")


def test_linear_worked_example(student):
    """Linear gives the outputs and the four gradients of the worked example."""
    result = student.linear(
        x=np.array([[1.0, 2.0], [0.0, -1.0]]),
        weight=np.array([[1.0, 0.0], [-1.0, 2.0], [0.5, 1.0]]),
        bias=np.array([0.0, 1.0, -1.0]),
        grad_output=np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 0.0]]),
    )

    assert_close(result["y"], np.array([[1.0, 4.0, 1.5], [0.0, -1.0, -2.0]]), label="y", **EXACT)
    assert_close(result["grad_weight"], np.array([[1.0, 3.0], [0.0, -3.0], [2.0, 4.0]]), label="grad_weight", **EXACT)
    assert_close(result["grad_bias"], np.array([0.0, 3.0, 2.0]), label="grad_bias", **EXACT)
    assert_close(result["grad_input"], np.array([[2.0, 2.0], [-4.0, 6.0]]), label="grad_input", **EXACT)


def test_linear_gradients_agree_with_slopes(student, rng):
    """Linear's three gradients agree with slopes of its own forward pass, for a random upstream gradient."""
    inputs = {
        "x": rng.standard_normal((7, 4)),
        "weight": rng.standard_normal((3, 4)),
        "bias": rng.standard_normal(3),
        "grad_output": rng.standard_normal((7, 3)),
    }

    result = student.linear(**inputs)
    gradients = {"x": result["grad_input"], "weight": result["grad_weight"], "bias": result["grad_bias"]}

    assert_gradient(student.linear, inputs, gradients, inputs["grad_output"], rng)


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh"])
def test_activation_gradients_agree_with_slopes(student, rng, name):
    """An activation's gradient agrees with slopes of its own forward pass, for a random upstream gradient."""
    x = rng.standard_normal((6, 5))
    x += 0.1 * np.sign(x)  # the step of the check does not reach 0, where ReLU has no derivative
    inputs = {"name": name, "x": x, "grad_output": rng.standard_normal((6, 5))}

    result = student.activation(**inputs)

    assert_gradient(student.activation, inputs, {"x": result["grad_input"]}, inputs["grad_output"], rng)


def test_softmax_worked_example(student):
    """softmax, log_softmax and logsumexp give the values of the worked example."""
    x = np.array([[0.0, np.log(2.0), np.log(5.0)], [np.log(3.0) + 1.0, 1.0, 1.0]])
    probabilities = np.array([[1 / 8, 2 / 8, 5 / 8], [3 / 5, 1 / 5, 1 / 5]])

    y = {name: student.function(name=name, x=x)["y"] for name in ["softmax", "log_softmax", "logsumexp"]}

    assert_close(y["softmax"], probabilities, label="softmax", **EXACT)
    assert_close(y["log_softmax"], np.log(probabilities), label="log_softmax", **EXACT)
    assert_close(y["logsumexp"], np.array([np.log(8.0), 1.0 + np.log(5.0)]), label="logsumexp", **EXACT)


def test_cross_entropy_worked_example(student):
    """CrossEntropyLoss gives the loss and the gradient of the worked example."""
    logits = np.array([[0.0, np.log(2.0), np.log(5.0)], [np.log(3.0) + 1.0, 1.0, 1.0]])

    result = student.loss(name="CrossEntropyLoss", input=logits, target=np.array([2, 1]))

    assert_close(result["loss"], np.log(8.0) / 2, label="loss", **EXACT)
    expected = np.array([[1 / 16, 1 / 8, -3 / 16], [3 / 10, -4 / 10, 1 / 10]])
    assert_close(result["grad_input"], expected, label="grad_input", **EXACT)


def test_mse_worked_example(student):
    """MSELoss averages over all six elements, and so does its gradient."""
    outputs = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    target = np.array([[0.0, 2.0, 5.0], [1.0, -1.0, 1.0]])

    result = student.loss(name="MSELoss", input=outputs, target=target)

    assert_close(result["loss"], 2.5, label="loss", **EXACT)
    expected = np.array([[1 / 3, 0.0, -2 / 3], [-1 / 3, 0.0, 1.0]])
    assert_close(result["grad_input"], expected, label="grad_input", **EXACT)


def test_bce_worked_example(student):
    """BCEWithLogitsLoss gives the loss and the gradient of the worked example."""
    logits = np.array([[np.log(3.0)], [-np.log(3.0)], [0.0]])

    result = student.loss(name="BCEWithLogitsLoss", input=logits, target=np.array([[1.0], [1.0], [0.0]]))

    assert_close(result["loss"], np.log(32 / 3) / 3, label="loss", **EXACT)
    assert_close(result["grad_input"], np.array([[-1 / 12], [-1 / 4], [1 / 6]]), label="grad_input", **EXACT)


@pytest.mark.parametrize("name", ["MSELoss", "BCEWithLogitsLoss", "CrossEntropyLoss"])
def test_losses_refuse_broadcasting(student, name):
    """A loss raises ValueError for a target that numpy would broadcast to another shape."""
    if name == "CrossEntropyLoss":
        inputs = {"input": np.zeros((4, 3)), "target": np.array([[0], [1], [2], [0]])}
    else:
        inputs = {"input": np.zeros((4, 1)), "target": np.array([0.0, 1.0, 1.0, 0.0])}

    result = student.loss_raises(name=name, **inputs)

    shapes = f"input {inputs['input'].shape} and target {inputs['target'].shape}"
    assert_that(result["raised"] == "ValueError", f"{name} should raise ValueError for {shapes}")


def test_mlp_has_the_layers_asked_for(student):
    """MLP([4, 8, 5, 3], Tanh) has a Linear for each two sizes, a Tanh between each two, and none at the end."""
    result = student.mlp_layers(sizes=[4, 8, 5, 3], activation="Tanh")

    assert_that(result["layers"] == ["Linear", "Tanh", "Linear", "Tanh", "Linear"], f"layers are {result['layers']}")
    assert_that(result["shapes"] == [[8, 4], [5, 8], [3, 5]], f"the weights' shapes are {result['shapes']}")
    assert_that(result["numbers"] == 103, f"4*8 + 8 + 8*5 + 5 + 5*3 + 3 = 103 numbers, not {result['numbers']}")


def test_numerical_gradient_of_a_known_function(student):
    """numerical_gradient gives the gradient of a function whose gradient is known as a formula."""
    # f = 2 exp(x0) - exp(x1) + (x0 + x1)^2, so df/dx0 = 2 exp(x0) + 2 (x0 + x1), df/dx1 = -exp(x1) + 2 (x0 + x1)
    x = np.array([0.0, 1.0])

    result = student.numeric(x=x, coefficients=np.array([2.0, -1.0]), rate=1.0)

    # The truncation error h^2 |f'''| / 6 is below 1e-10 here, the rounding error below 1e-9.
    assert_close(result["grad"], np.array([4.0, 2.0 - np.e]), label="grad", rtol=1e-7, atol=1e-7)
    assert_close(result["x_after"], x, label="x afterwards", **EXACT)


def test_gradcheck_tells_right_from_doubled(student, rng):
    """A layer whose gradients are correct is accepted by gradcheck, and rejected when one of them is doubled."""
    inputs = {"x": rng.standard_normal((6, 4)), "weight": 1.0 + rng.random(4), "bias": rng.standard_normal(4)}
    inputs |= {"seed": 2}

    assert_that(student.verdict(**inputs)["accepted"], "the layer with correct gradients should be accepted")
    for name in ["input", "weight", "bias"]:
        rejected = not student.verdict(**inputs, factors={name: 2.0})["accepted"]
        assert_that(rejected, f"the layer with a doubled gradient of {name} should be rejected")
