"""Public tests of s06_normalisation: worked examples of spec.md, and slopes of your own forward passes."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# worked by hand in spec.md; a dozen operations in float64 stay below 1e-14
EXACT = {"rtol": 1e-10, "atol": 1e-12}

# The numbers of spec.md: eps is so large that its effect is easy to see. The first channel has the mean 5 and the
# variance 16, so sqrt(16 + 9) = 5 and (x - mean) / 5 = -0.8 or 0.8; the second is constant.
ROWS = np.array([[1.0, 7.0], [9.0, 7.0], [9.0, 7.0], [1.0, 7.0]])
SETTINGS = {"num_features": 2, "eps": 9.0}
SCALE, SHIFT = np.array([2.0, 3.0]), np.array([1.0, -1.0])


@pytest.mark.parametrize(
    ("layer", "settings", "shape"),
    [
        pytest.param("BatchNorm1d", {"num_features": 3}, (3,), id="BatchNorm1d"),
        pytest.param("BatchNorm2d", {"num_features": 4}, (4,), id="BatchNorm2d"),
        pytest.param("LayerNorm", {"normalized_shape": 5}, (5,), id="LayerNorm"),
        pytest.param("LayerNorm", {"normalized_shape": [2, 5]}, (2, 5), id="LayerNorm_of_two_axes"),
        pytest.param("GroupNorm", {"num_groups": 2, "num_channels": 6}, (6,), id="GroupNorm"),
    ],
)
def test_new_layers_scale_by_one_and_shift_by_zero(student, layer, settings, shape):
    """A new layer has weights of 1, biases of 0, running means of 0 and running variances of 1."""
    result = student.fresh(layer=layer, settings=settings)

    expected = {"weight": np.ones(shape), "bias": np.zeros(shape)}
    if layer.startswith("BatchNorm"):
        expected |= {"running_mean": np.zeros(shape), "running_var": np.ones(shape)}
    assert_close(result, expected, rtol=0.0, names=expected)  # nothing has been computed
    assert_that(result["parameters"] == 2, "parameters() should yield the weight and the bias, and nothing else")


def test_batch_norm_worked_example(student):
    """In training each feature is normalised over the batch, scaled and shifted."""
    result = student.forward(layer="BatchNorm1d", settings=SETTINGS, x=ROWS, weight=SCALE, bias=SHIFT)

    # 2 * 0.8 + 1 and 2 * -0.8 + 1; the constant feature becomes 3 * 0 - 1
    expected = np.array([[-0.6, -1.0], [2.6, -1.0], [2.6, -1.0], [-0.6, -1.0]])
    assert_close(result, {"y": expected}, **EXACT)


def test_running_statistics_worked_example(student):
    """Each of two batches in training changes the running statistics by the share 0.1, with the unbiased variance."""
    result = student.running_statistics(layer="BatchNorm1d", settings=SETTINGS, batches=[ROWS, ROWS + 1.0])

    # unbiased variance 4 * 16 / 3 = 64 / 3: 0.9 * 1 + 6.4 / 3, then 0.9 of that + 6.4 / 3
    expected = {
        "running_mean": np.array([[0.5, 0.7], [0.9 * 0.5 + 0.6, 0.9 * 0.7 + 0.8]]),
        "running_var": np.array([[0.9 + 6.4 / 3, 0.9], [0.81 + 1.9 * 6.4 / 3, 0.81]]),
    }
    assert_close(result, expected, **EXACT)


def test_evaluation_worked_example(student):
    """In evaluation a single row is normalised with the running statistics."""
    running = {"mean": np.array([1.0, 2.0]), "var": np.array([16.0, 0.0])}

    result = student.forward(
        layer="BatchNorm1d",
        settings=SETTINGS,
        x=np.array([[5.0, 8.0]]),
        weight=SCALE,
        bias=SHIFT,
        running=running,
        mode="eval",
    )

    # 2 * (5 - 1) / 5 + 1 and 3 * (8 - 2) / 3 - 1
    assert_close(result, {"y": np.array([[2.6, 5.0]])}, **EXACT)


def test_batch_norm_of_images_worked_example(student):
    """BatchNorm2d takes the statistics of a channel over the images and their pixels."""
    images = np.array([[[[1.0, 9.0]], [[7.0, 7.0]]], [[[9.0, 1.0]], [[7.0, 7.0]]]])  # (2, 2, 1, 2)

    result = student.forward(layer="BatchNorm2d", settings=SETTINGS, x=images, weight=SCALE, bias=SHIFT)

    expected = np.array([[[[-0.6, 2.6]], [[-1.0, -1.0]]], [[[2.6, -0.6]], [[-1.0, -1.0]]]])
    assert_close(result, {"y": expected}, **EXACT)


def test_layer_norm_worked_example(student):
    """LayerNorm normalises each row on its own, with a weight and a bias for each element."""
    result = student.forward(
        layer="LayerNorm",
        settings={"normalized_shape": 4, "eps": 9.0},
        x=np.array([[1.0, 9.0, 9.0, 1.0], [7.0, 7.0, 7.0, 7.0]]),
        weight=np.array([1.0, 2.0, 3.0, 4.0]),
        bias=np.array([0.0, 0.0, 1.0, 1.0]),
    )

    # -0.8, 0.8, 0.8, -0.8 in the first row, zeros in the second
    assert_close(result, {"y": np.array([[-0.8, 1.6, 3.4, -2.2], [0.0, 0.0, 1.0, 1.0]])}, **EXACT)


def test_group_norm_worked_example(student):
    """GroupNorm normalises each group of neighbouring channels of each sample on its own."""
    result = student.forward(
        layer="GroupNorm",
        settings={"num_groups": 2, "num_channels": 4, "eps": 9.0},
        x=np.array([[1.0, 9.0, 7.0, 7.0]]),
        weight=np.array([1.0, 2.0, 3.0, 4.0]),
        bias=np.array([0.0, 0.0, 1.0, 1.0]),
    )

    # the groups are (1, 9) and (7, 7): -0.8, 0.8, 0 and 0
    assert_close(result, {"y": np.array([[-0.8, 1.6, 1.0, 1.0]])}, **EXACT)


@pytest.mark.parametrize(
    ("layer", "settings", "shape", "of_weight"),
    [
        pytest.param("BatchNorm1d", {"num_features": 3}, (5, 3), (3,), id="BatchNorm1d"),
        pytest.param("BatchNorm2d", {"num_features": 3}, (4, 3, 2, 5), (3,), id="BatchNorm2d"),
        pytest.param("LayerNorm", {"normalized_shape": 5}, (2, 3, 5), (5,), id="LayerNorm"),
        pytest.param("GroupNorm", {"num_groups": 2, "num_channels": 6}, (3, 6, 2, 4), (6,), id="GroupNorm"),
    ],
)
def test_gradients_are_slopes_of_the_forward_pass(student, rng, layer, settings, shape, of_weight):
    """The gradients of x, weight and bias in training are the slopes of your own forward pass."""
    inputs = {
        "layer": layer,
        "settings": settings,
        "x": rng.standard_normal(shape),
        "weight": rng.uniform(0.5, 2.0, of_weight),
        "bias": rng.standard_normal(of_weight),
    }
    grad_output = rng.standard_normal(shape)

    result = student.forward_backward(grad_output=grad_output, **inputs)

    gradients = {"x": result["grad_input"], "weight": result["grad_weight"], "bias": result["grad_bias"]}
    # central differences at h = 1e-5 are accurate to 1e-9 here
    assert_gradient(student.forward, inputs, gradients, grad_output, rng, rtol=1e-6, atol=1e-7)
