"""Public tests of s07_dropout: worked examples of spec.md, and what must hold for any random numbers."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# worked by hand in spec.md; a dozen operations in float64 stay below 1e-14
EXACT = {"rtol": 1e-10, "atol": 1e-12}


def nowhere_zero(rng, shape):
    """Random values between 0.5 and 2 of either sign: a 0 in the output has been dropped."""
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def test_dropout_scales_what_it_keeps(student, rng):
    """With p = 0.75 elements that are kept become four times as large, so that the expectation stays the same."""
    x, grad_output = nowhere_zero(rng, (20, 30)), nowhere_zero(rng, (20, 30))

    result = student.dropout_factors(layer="Dropout", p=0.75, x=x, grad_output=grad_output, seed=1)

    # 600 elements: none is kept, or all are, with probability 1e-75
    assert_close(
        result,
        {"forward_smallest": 4.0, "forward_largest": 4.0},
        **EXACT,
        names=("forward_smallest", "forward_largest"),
    )


def test_dropout_drops_about_a_share_of_p(student):
    """With p = 0.2 about one fifth of 10,000 elements is dropped."""
    result = student.kept(layer="Dropout", p=0.2, shape=[1, 10000], seed=1, forwards=1)

    # ten standard deviations of 0.004 either side: wrong once in 1e22 times
    assert_that(
        0.76 < result["kept"].mean() < 0.84, "with p = 0.2 between 76 % and 84 % of 10,000 elements should be kept"
    )


def test_dropout_backward_has_the_mask_of_forward(student, rng):
    """Backward drops the same elements as forward, and multiplies the others by the same factor."""
    x, grad_output = nowhere_zero(rng, (20, 30)), nowhere_zero(rng, (20, 30))

    result = student.dropout_factors(layer="Dropout", p=0.75, x=x, grad_output=grad_output, seed=2)

    assert_that(result["same_dropped"], "grad_input should be 0 exactly where y is 0: keep the mask of forward")
    assert_close(
        result,
        {"backward_smallest": 4.0, "backward_largest": 4.0},
        **EXACT,
        names=("backward_smallest", "backward_largest"),
    )


@pytest.mark.parametrize("layer", ["Dropout", "Dropout2d"])
def test_dropout_does_nothing_in_evaluation(student, rng, layer):
    """In evaluation y is x and grad_input is grad_output."""
    x, grad_output = nowhere_zero(rng, (4, 3, 2, 5)), nowhere_zero(rng, (4, 3, 2, 5))

    result = student.dropout(layer=layer, p=0.4, x=x, grad_output=grad_output, seed=1, mode="eval")

    assert_close(result, {"y": x, "grad_input": grad_output}, rtol=1e-12)  # nothing is computed


def test_dropout2d_drops_whole_channels(student):
    """Dropout2d keeps or drops all pixels of a channel together, and not the same channels in every image."""
    kept = student.kept(layer="Dropout2d", p=0.5, shape=[20, 10, 3, 4], seed=1, forwards=1)["kept"][0]

    channels = kept.reshape(20, 10, 12)
    assert_that(np.all(channels == channels[:, :, :1]), "the pixels of a channel should be all kept or all dropped")
    # 20 images of 10 channels agree with probability 2**-190
    assert_that(np.any(channels != channels[:1]), "the dropped channels should be drawn separately for each image")


def test_l2_worked_example(student):
    """The L2 penalty is half the strength times the sum of squares; its gradient is strength times the weights."""
    result = student.penalty(
        name="L2Penalty", weights=[np.array([[1.0, -2.0]]), np.array([[3.0], [0.5]])], strength=0.2
    )

    # 0.1 * (1 + 4 + 9 + 0.25)
    expected = {"value": 1.425, "grads": [np.array([[0.2, -0.4]]), np.array([[0.6], [0.1]])]}
    assert_close(result, expected, **EXACT, names=expected)


def test_l1_worked_example(student):
    """The L1 penalty is the strength times the sum of absolute values; its gradient is strength times the signs."""
    result = student.penalty(
        name="L1Penalty", weights=[np.array([[1.0, -2.0]]), np.array([[3.0], [0.5]])], strength=0.2
    )

    # 0.2 * (1 + 2 + 3 + 0.5)
    expected = {"value": 1.3, "grads": [np.array([[0.2, -0.2]]), np.array([[0.2], [0.2]])]}
    assert_close(result, expected, **EXACT, names=expected)


def test_label_smoothing_worked_example(student):
    """Four classes, smoothing 0.2: loss and gradient of one token; a second token is ignored."""
    logits = np.log(np.array([[0.4, 0.3, 0.2, 0.1], [0.7, 0.1, 0.1, 0.1]]))  # so the probabilities are these

    result = student.smoothed_loss(input=logits, target=np.array([0, -100]), settings={"label_smoothing": 0.2})

    # targets 0.85, 0.05, 0.05, 0.05; divided by the one token that counts
    expected = {
        "loss": -0.85 * np.log(0.4) - 0.05 * np.log(0.3 * 0.2 * 0.1),
        "grad_input": np.array([[-0.45, 0.25, 0.15, 0.05], [0.0, 0.0, 0.0, 0.0]]),
    }
    assert_close(result, expected, **EXACT)


def test_label_smoothing_gradient_is_the_slope(student, rng):
    """The gradient of the smoothed loss is the slope of your own forward pass, for sequences with padding."""
    inputs = {
        "input": rng.standard_normal((3, 4, 5)),
        "target": np.array([[1, 2, 0, 0], [4, 0, 0, 0], [3, 3, 1, 2]]),
        "settings": {"label_smoothing": 0.3, "ignore_index": 0},
    }

    result = student.smoothed_loss(**inputs)

    # central differences at h = 1e-5 are accurate to 1e-10 here
    gradients = {"input": result["grad_input"]}
    assert_gradient(student.smoothed_loss, inputs, gradients, np.float64(1.0), rng, output="loss", rtol=1e-6, atol=1e-9)
