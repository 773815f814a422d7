"""The numerical gradient check: it passes right gradients and finds each kind of wrong one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.model import Finding
from autograder.model import FindingKind as Kind
from autograder.testing import CheckFailed, Outputs, assert_gradient, directional_derivative

RNG = np.random.default_rng(20270118)
X = RNG.standard_normal((4, 3))
W = RNG.standard_normal((5, 3))
G = RNG.standard_normal((4, 5))
DX, DW = (G * (1 - np.tanh(X @ W.T) ** 2)) @ W, (G * (1 - np.tanh(X @ W.T) ** 2)).T @ X


def layer(*, x: np.ndarray, w: np.ndarray) -> Outputs:
    """A linear layer and its activation: y = tanh(x @ w.T)."""
    return Outputs({"y": np.tanh(x @ w.T)}, "a test")


def found(dx: np.ndarray, function: Callable[..., Outputs] = layer) -> Finding:
    """What the check says of a gradient with respect to x."""
    with pytest.raises(CheckFailed) as caught:
        assert_gradient(function, {"x": X, "w": W}, {"x": dx}, G, np.random.default_rng(1))
    return caught.value.finding


def test_central_difference_is_second_order():
    """Halving h divides the error of the slope by four."""

    def error(h: float) -> float:
        return abs(directional_derivative(lambda x: float(np.sin(x)[0]), np.array([0.3]), np.ones(1), h) - np.cos(0.3))

    assert 4.0 == pytest.approx(error(1e-3) / error(5e-4), rel=1e-2)  # h**4 terms are below 1e-6 of this ratio


@pytest.mark.parametrize("seed", range(20))
def test_right_gradients_pass(seed: int):
    """Of both inputs, along any directions."""
    assert_gradient(layer, {"x": X, "w": W}, {"x": DX, "w": DW}, G, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_one_wrong_element_is_found(seed: int):
    """A relative error of one in a thousand in one of twelve values shows along every set of directions."""
    wrong = DX.copy()
    wrong[2, 1] *= 1.001
    with pytest.raises(CheckFailed):
        assert_gradient(layer, {"x": X, "w": W}, {"x": wrong}, G, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("gradient", "kind", "hint"),
    [
        pytest.param(-DX, "gradient", "Your gradient has the opposite sign everywhere.", id="sign"),
        pytest.param(
            DX / 3,
            "gradient",
            "Your gradient is 1/3 times the numerical slope; 3 is the size of axis 1: is it a mean instead of a sum?",
            id="1/N",
        ),
        pytest.param(0.37 * DX, "gradient", "Your gradient is 0.37 times the numerical slope.", id="factor"),
        pytest.param(0 * DX, "gradient", "Your gradient is zero everywhere.", id="zero"),
        pytest.param(DX + 0.1, "gradient", "", id="offset"),
        pytest.param(DX.T, "shape", "The axes are in another order: is something transposed?", id="transposed"),
        pytest.param(np.where(DX > 0, DX, np.nan), "finite", "", id="NaN"),
    ],
)
def test_wrong_gradients_have_their_own_kind(gradient: np.ndarray, kind: str, hint: str):
    """The kind of the finding and what is known of its cause."""
    finding = found(gradient)

    assert (kind, hint) == (finding.kind, finding.hint)


def test_the_message_has_no_value_of_the_slope():
    """Slope and gradient are only in the detail."""
    finding = found(2 * DX)
    slope = finding.detail.split()[2].rstrip(",")

    assert slope not in finding.message + finding.hint
    assert "differs from the numerical slope of your own forward pass by 1 times the slope" in finding.message


def test_a_missing_output_is_reported():
    """The probe returned something else."""
    assert Finding(Kind.MISSING, "y: nothing was returned") == found(DX, lambda x, w: Outputs({"z": x}, "a test"))


def test_an_output_of_another_shape_is_reported():
    """Compared with grad_output's shape."""
    assert "shape" == found(DX, lambda x, w: Outputs({"y": x}, "a test")).kind


def test_an_output_that_is_not_finite_is_reported():
    """No slope can be taken of it."""
    assert "finite" == found(DX, lambda x, w: Outputs({"y": np.full((4, 5), np.inf)}, "a test")).kind


def test_a_number_counts_as_an_input_and_an_output():
    """The slope of a**2 at 3 is 6; grad_output 1.5 makes it 9."""
    rng = np.random.default_rng(0)

    assert_gradient(lambda a: {"y": float(a) ** 2}, {"a": 3.0}, {"a": 9.0}, np.array(1.5), rng)
