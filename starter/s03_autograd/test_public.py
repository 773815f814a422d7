"""Public tests of s03: small cases computed by hand in spec.md, and slopes of your own forward passes.

The hidden tests call your code in the same ways (``probes.py``), with other inputs.
"""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# Computed by hand; the rounding errors of a dozen operations in float64 stay below 1e-14.
EXACT = {"rtol": 1e-10, "atol": 1e-12}


def test_worked_example(student):
    """The graph of the worked example, in which two tensors are used twice, has its values and gradients."""
    result = student.graph(
        leaves={"a": np.array(2.0), "b": np.array(-3.0)},
        program=[["c", "*", "a", "b"], ["d", "+", "c", "a"], ["y", "*", "d", "c"]],
        backward=[["y"]],
    )

    assert_close(result["values"], {"c": -6.0, "d": -4.0, "y": 24.0}, label="values", **EXACT)
    assert_close(result["grads"], {"a": 24.0, "b": -20.0}, label="grads", **EXACT)


def test_broadcasting_worked_example(student):
    """A row that is broadcast over a matrix gets the gradient of the worked example, in its own shape."""
    result = student.binary(
        name="*",
        a=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        b=np.array([10.0, 20.0, 30.0]),
        grad_output=np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 1.0]]),
    )

    assert_close(result["y"], np.array([[10.0, 40.0, 90.0], [40.0, 100.0, 180.0]]), label="y", **EXACT)
    assert_close(result["grad_a"], np.array([[10.0, 0.0, 60.0], [-10.0, 60.0, 30.0]]), label="grad_a", **EXACT)
    assert_close(result["grad_b"], np.array([-3.0, 15.0, 12.0]), label="grad_b", **EXACT)


@pytest.mark.parametrize("name", ["+", "-", "*", "/"], ids=["add", "subtract", "multiply", "divide"])
def test_arithmetic_agrees_with_slopes(student, rng, name):
    """Both gradients of + - * / agree with slopes of your own forward pass, for a random upstream gradient."""
    inputs = {
        "name": name,
        "a": rng.standard_normal((4, 3)),
        "b": rng.uniform(0.5, 2.0, (4, 3)),  # not near 0, because b divides
        "grad_output": rng.standard_normal((4, 3)),
    }

    result = student.binary(**inputs)

    gradients = {"a": result["grad_a"], "b": result["grad_b"]}
    assert_gradient(student.binary, inputs, gradients, inputs["grad_output"], rng)


@pytest.mark.parametrize("name", ["neg", "exp", "log", "relu", "tanh", "sigmoid"])
def test_functions_agree_with_slopes(student, rng, name):
    """The gradient of each function agrees with slopes of your own forward pass, for a random upstream gradient."""
    x = rng.uniform(0.2, 2.0, (3, 5))  # not near 0: log and the slope of relu are undefined there
    x *= 1.0 if name == "log" else rng.choice([-1.0, 1.0], (3, 5))
    inputs = {"name": name, "x": x, "grad_output": rng.standard_normal((3, 5))}

    result = student.unary(**inputs)

    assert_gradient(student.unary, inputs, {"x": result["grad_x"]}, inputs["grad_output"], rng)


def test_power_worked_example(student):
    """The cube and the reciprocal of 2 and -4 have the values and gradients that the formulas give."""
    x, grad_output = np.array([2.0, -4.0]), np.array([1.0, 0.5])

    cube, inverse = (
        student.unary(name="**", x=x, grad_output=grad_output, settings={"exponent": exponent}) for exponent in (3, -1)
    )

    assert_close(cube, {"y": np.array([8.0, -64.0]), "grad_x": np.array([12.0, 24.0])}, **EXACT)
    assert_close(inverse, {"y": np.array([0.5, -0.25]), "grad_x": np.array([-0.25, -0.03125])}, **EXACT)


def test_matmul_agrees_with_slopes(student, rng):
    """Both gradients of a matrix product agree with slopes of your own forward pass."""
    inputs = {
        "name": "@",
        "a": rng.standard_normal((2, 4)),
        "b": rng.standard_normal((4, 3)),
        "grad_output": rng.standard_normal((2, 3)),
    }

    result = student.binary(**inputs)

    gradients = {"a": result["grad_a"], "b": result["grad_b"]}
    assert_gradient(student.binary, inputs, gradients, inputs["grad_output"], rng)


@pytest.mark.parametrize(
    ("name", "y", "grad_x"),
    [
        pytest.param("sum", [6.0, 15.0], [[2.0, 2.0, 2.0], [-3.0, -3.0, -3.0]], id="sum"),
        pytest.param("mean", [2.0, 5.0], [[2 / 3, 2 / 3, 2 / 3], [-1.0, -1.0, -1.0]], id="mean"),
        pytest.param("max", [3.0, 6.0], [[0.0, 0.0, 2.0], [0.0, -3.0, 0.0]], id="max"),
    ],
)
def test_reductions_worked_example(student, name, y, grad_x):
    """Sum, mean and max of each row, with the gradients 2 and -3, are those of the worked example."""
    result = student.unary(
        name=name,
        x=np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 4.0]]),
        grad_output=np.array([2.0, -3.0]),
        settings={"axis": 1},
    )

    assert_close(result, {"y": np.array(y), "grad_x": np.array(grad_x)}, **EXACT)


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        pytest.param("reshape", {"shape": [3, 4]}, (3, 4), id="reshape"),
        pytest.param("transpose", {"axes": [2, 0, 1]}, (3, 2, 2), id="transpose"),
        pytest.param("[]", {"index": [1, {"slice": [None, None, None]}, 2]}, (2,), id="slices"),
        pytest.param("[]", {"index": [np.array([0, 1, 0])]}, (3, 2, 3), id="repeats"),
    ],
)
def test_rearrangements_agree_with_slopes(student, rng, name, settings, shape):
    """The gradient of reshape, transpose and [] is at the place from which each element was taken."""
    inputs = {
        "name": name,
        "x": rng.standard_normal((2, 2, 3)),
        "settings": settings,
        "grad_output": rng.standard_normal(shape),
    }

    result = student.unary(**inputs)

    assert_gradient(student.unary, inputs, {"x": result["grad_x"]}, inputs["grad_output"], rng)


def test_concatenate_worked_example(student):
    """The columns of two matrices are joined: each matrix gets its own columns of the gradient."""
    result = student.joined(
        parts=[np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])],
        use=[0, 1],
        axis=1,
        grad_output=np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
    )

    assert_close(result["y"], np.array([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]), label="y", **EXACT)
    assert_close(result["grad_0"], np.array([[0.1, 0.2], [0.4, 0.5]]), label="grad of the first", **EXACT)
    assert_close(result["grad_1"], np.array([[0.3], [0.6]]), label="grad of the second", **EXACT)


def test_constants_have_no_gradient(student):
    """After backward a tensor that does not require grad has none; the others have theirs."""
    result = student.graph(
        leaves={"a": np.array([1.0, 2.0])},
        constants={"k": np.array([3.0, 5.0])},
        program=[["y", "*", "a", "k"]],
        backward=[["y", np.array([1.0, -1.0])]],
    )

    assert_close(result["grads"]["a"], np.array([3.0, -5.0]), label="grad of a", **EXACT)
    assert_that(result["grads"]["k"] is None, "grad of a tensor without requires_grad should be None")


def test_backward_needs_a_gradient_of_the_right_shape(student):
    """Backward of a tensor of three numbers raises ValueError without grad_output, or with one of shape (1,)."""
    x = np.array([1.0, 2.0, 3.0])

    without = student.refusal(x=x, requires_grad=True, grad_output=None)
    broadcast = student.refusal(x=x, requires_grad=True, grad_output=np.ones(1))

    assert_that(without["raised"] == "ValueError", "backward() without grad_output did not raise ValueError")
    assert_that(broadcast["raised"] == "ValueError", "backward with grad_output of shape (1,) did not raise ValueError")


def test_training_worked_example(student):
    """Five steps of gradient descent on XOR with two layers of tensors have the losses of the worked example."""
    result = student.tensor_curve(
        activation="tanh",
        loss="CrossEntropyLoss",
        weights=[np.array([[0.5, -0.2], [-0.3, 0.8], [0.1, 0.4]]), np.array([[0.2, -0.6, 0.3], [-0.4, 0.5, 0.7]])],
        biases=[np.array([0.1, 0.0, -0.1]), np.zeros(2)],
        x=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
        target=np.array([0, 1, 1, 0]),
        lr=0.5,
        steps=5,
    )

    # The same as in PyTorch 2, in float64; atol: the numbers are rounded to seven digits.
    expected = [0.7453767, 0.7328899, 0.7253217, 0.7199748, 0.7158638, 0.7125675]
    assert_close(result["losses"], np.array(expected), rtol=0.0, atol=2e-7, label="losses")
