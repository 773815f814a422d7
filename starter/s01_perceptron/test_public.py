"""Public tests of s01: small cases computed by hand, the same numbers as in the specification.

The hidden tests call your code in the same ways (``probes.py``), with other inputs.
"""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# Computed by hand; the rounding errors of a dozen operations in float64 stay below 1e-14.
EXACT = {"rtol": 1e-10, "atol": 1e-12}
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def test_unit_worked_example(student):
    """A unit with the weights 1, 1 and -2 and the threshold 1 fires for the inputs of the worked example."""
    x = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])

    result = student.unit(weights=np.array([1.0, 1.0, -2.0]), threshold=1.0, x=x)

    assert_close(result["y"], np.array([1.0, 1.0, 0.0, 0.0]), label="y", **EXACT)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("and_unit", [0.0, 0.0, 0.0, 1.0], id="and"),
        pytest.param("or_unit", [0.0, 1.0, 1.0, 1.0], id="or"),
        pytest.param("not_unit", [1.0, 0.0], id="not"),
    ],
)
def test_gates(student, name, expected):
    """AND, OR and NOT have their truth tables."""
    x = np.array([[0.0], [1.0]]) if name == "not_unit" else CORNERS

    result = student.gate(name=name, inputs=2, x=x)

    assert_close(result["y"], np.array(expected), label=f"outputs of {name}", **EXACT)


def test_xor_truth_table(student):
    """The network for XOR returns 1 where exactly one of the two inputs is 1."""
    result = student.xor.loose(x=CORNERS)

    assert_close(result["y"], np.array([[0.0], [1.0], [1.0], [0.0]]), label="outputs of xor_network", **EXACT)


def test_perceptron_worked_example(student):
    """On the three examples of the worked example the perceptron makes three updates, then none."""
    result = student.perceptron(
        x=np.array([[1.0, 2.0], [2.0, 0.0], [-1.0, 0.0]]),
        y=np.array([1, -1, -1]),
        points=np.array([[0.0, 2.0], [5.0, 0.0]]),
    )

    assert_close(result["updates"], np.array([3.0, 0.0]), label="updates", **EXACT)
    assert_close(result["weight"], np.array([0.0, 2.0]), label="weight", **EXACT)
    assert_close(result["bias"], -1.0, label="bias", **EXACT)
    assert_close(result["scores"], np.array([3.0, -1.0]), label="scores", **EXACT)
    assert_close(result["classes"], np.array([1.0, -1.0]), label="classes", **EXACT)
    assert_that(result["converged"], "converged should be True: the second epoch made no update")


def test_margin_worked_example(student):
    """The margin and the bound on updates are those of the worked example."""
    result = student.geometry(
        x=np.array([[1.0, 2.0], [2.0, 0.0], [-1.0, 0.0]]),
        y=np.array([1, -1, -1]),
        weight=np.array([0.0, 2.0]),
        bias=-1.0,
    )

    assert_close(result["margin"], 1 / np.sqrt(5), label="margin", **EXACT)
    assert_close(result["bound"], 30.0, label="bound", **EXACT)


@pytest.mark.parametrize(
    ("settings", "weight", "bias", "losses"),
    [
        pytest.param({"lr": 0.1, "epochs": 2}, -0.15, 0.02, [1.0, 0.85, 0.8009], id="all_at_once"),
        pytest.param({"lr": 0.1, "epochs": 1, "batch_size": 1}, -0.32, -0.04, [1.0, 0.9248], id="one_by_one"),
    ],
)
def test_adaline_worked_example(student, settings, weight, bias, losses):
    """The first steps of the delta rule are those of the worked example."""
    result = student.adaline(
        x=np.array([[1.0], [3.0]]), y=np.array([1.0, -1.0]), points=np.array([[0.5]]), settings=settings
    )

    assert_close(result["weight"], np.array([weight]), label="weight", **EXACT)
    assert_close(result["bias"], bias, label="bias", **EXACT)
    assert_close(result["losses"], np.array(losses), label="losses", **EXACT)


def test_least_squares_worked_example(student):
    """The line through (1, 1) and (3, -1) has the slope -1 and the bias 2."""
    result = student.solved(x=np.array([[1.0], [3.0]]), y=np.array([1.0, -1.0]))

    assert_close(result, {"weight": np.array([-1.0]), "bias": 2.0}, **EXACT)
