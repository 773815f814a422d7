"""Hidden tests of s01: gates of many inputs, convergence and its bound, the delta rule and what it converges to."""

import itertools

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# The rounding errors of some hundreds of float64 operations stay below 1e-12; every known mistake differs by more
# than 1e-3.
EXACT = {"rtol": 1e-9, "atol": 1e-10}
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def corners(inputs):
    """All rows of zeros and ones, shape (2**inputs, inputs)."""
    return np.array(list(itertools.product([0.0, 1.0], repeat=inputs)))


def fires(x, unit):
    """The outputs of a unit with these weights and this threshold."""
    return (x @ unit["weights"] >= unit["threshold"]).astype(float)


def separable(rng, count, features, gap):
    """Examples on both sides of a random plane, none nearer to it than ``gap``; the plane's weight and bias."""
    weight = rng.standard_normal(features)
    weight /= np.linalg.norm(weight)
    bias = float(rng.choice([-1.0, 1.0])) * (2 * gap + 0.5)
    x = rng.standard_normal((count, features))
    score = x @ weight + bias
    sign = np.where(np.arange(count) % 2 == 0, 1, -1)  # both classes are there
    x += np.outer(sign * (gap + np.abs(score)) - score, weight)
    # Two examples on one ray from the origin and on both sides of the plane: no weights separate them without a bias.
    x[:2] = np.outer([-2 * bias, -0.1 * np.sign(bias)], weight)
    sign[:2] = [-np.sign(bias), np.sign(bias)]
    return x, sign, weight, bias


def overlapping(rng, count, features):
    """Examples whose classes are drawn at random: no plane separates so many."""
    y = np.where(rng.permutation(count) % 2 == 0, 1, -1)
    return rng.standard_normal((count, features)), y


def fastest_lr(x):
    """One over the largest curvature of half the mean squared error: no step is too large."""
    with_ones = np.column_stack([x, np.ones(len(x))])
    return float(1 / np.linalg.eigvalsh(with_ones.T @ with_ones / len(x)).max())


def test_units_with_whole_weights(student, rng):
    """Units of four inputs fire where the weighted sum reaches the threshold; a sum equal to it is enough."""
    x = corners(4)
    for threshold in (-1.0, 0.0, 2.0):
        weights = rng.permutation([-2.0, -1.0, 1.0, 2.0])  # some sums equal each threshold
        result = student.unit(weights=weights, threshold=threshold, x=x)
        expected = fires(x, {"weights": weights, "threshold": threshold})
        assert_close(result["y"], expected, label=f"outputs at threshold {threshold:g}", **EXACT)


@pytest.mark.parametrize("inputs", [1, 3, 5])
@pytest.mark.parametrize("name", ["and_unit", "or_unit"])
def test_gates_of_many_inputs(student, name, inputs):
    """AND and OR of one, three and five inputs have their truth tables, and so has a unit with their weights."""
    x = corners(inputs)
    result = student.gate(name=name, inputs=inputs, x=x)
    expected = x.min(axis=1) if name == "and_unit" else x.max(axis=1)
    assert_close(result["y"], expected, label="outputs", **EXACT)
    assert_close(fires(x, result), expected, label="outputs of a unit with your weights and threshold", **EXACT)


def test_networks_of_units(student, rng):
    """Each layer of a network receives the outputs of the layer before, in their order."""
    of_layers = [
        [([1, 0, 0, -1], 1), ([1, 1, -2, 0], 1), ([-1, 0, 1, 1], 1)],
        [([1, -1, 0], 1), ([0, 1, 1], 1), ([-1, -1, -1], -1), ([1, 1, -2], 0), ([1, 0, 1], 2)],
        [([1, 1, -1, 1, 1], 1), ([-1, 2, -1, 0, 1], 1)],
    ]
    order = rng.permutation(4)
    layers = [[{"weights": np.array(w, dtype=float), "threshold": float(t)} for w, t in layer] for layer in of_layers]
    layers[0] = [unit | {"weights": unit["weights"][order]} for unit in layers[0]]
    x = corners(4)
    expected = x
    for layer in layers:
        expected = np.stack([fires(expected, unit) for unit in layer], axis=1)
    assert_close(student.network(layers=layers, x=x)["y"], expected, label="y", **EXACT)


def test_xor_is_made_of_two_layers(student):
    """The network for XOR has two layers of units, and computes XOR with their weights and thresholds alone."""
    result = student.xor.loose(x=CORNERS)
    assert_that(result["all_units"], "a unit of xor_network is not a McCullochPitts")
    assert_that(len(result["layers"]) == 2, "xor_network does not have 2 layers")
    x = CORNERS
    for layer in result["layers"]:
        fitting = all(np.shape(unit["weights"]) == x.shape[1:] for unit in layer)
        assert_that(
            layer and fitting,
            "a layer is empty, or a unit does not have one weight for each output of the layer before",
        )
        x = np.stack([fires(x, unit) for unit in layer], axis=1)
    assert_close(x, np.array([[0.0], [1.0], [1.0], [0.0]]), label="outputs of units with your weights", **EXACT)


@pytest.mark.parametrize(("lr", "first"), [(1.0, -1.0), (0.3, 1.0)], ids=["lr_1", "lr_0.3"])
def test_perceptron_follows_rosenblatts_rule(student, reference, rng, lr, first):
    """Weights, bias and updates after 15 epochs on classes that overlap (Rosenblatt 1958)."""
    x, y = overlapping(rng, 41, 3)
    # the first score is 0: a mistake for either class, whatever predict returns for it
    x, y = first * y[0] * x, first * y[0] * y
    inputs = {
        "x": x,
        "y": y,
        "points": rng.standard_normal((5, 3)),
        "settings": {"lr": lr, "max_epochs": 15},
    }
    assert_close(student.perceptron(**inputs), reference.perceptron(**inputs), **EXACT)


def test_perceptron_converges_on_separable_data(student, rng):
    """On separable classes training ends with all examples right, after the first epoch without updates."""
    x, y, _, _ = separable(rng, 60, 4, gap=0.3)
    result = student.perceptron.loose(x=x, y=y, points=x)
    assert_that(result["converged"], "converged is False on separable classes")
    assert_that(result["updates"].ndim == 1, "updates does not have one axis, with a number for each epoch")
    assert_that(result["updates"].size > 0, "updates is empty after fit")
    assert_that(result["right"] == 60, "not all examples are classified correctly after convergence")
    assert_that(result["updates"][-1] == 0, "the last epoch made updates")
    assert_that(np.all(result["updates"][:-1] > 0), "an epoch without updates was not the last one")


@pytest.mark.parametrize("gap", [0.1, 0.4, 1.5], ids=lambda gap: f"gap_{gap}")
def test_updates_stay_below_novikoffs_bound(student, rng, gap):
    """The updates of all epochs together are no more than (R / margin)^2, whatever the order of the examples."""
    x, y, weight, bias = separable(rng, 50, 3, gap)
    length = np.sqrt(weight @ weight + bias**2)
    bound = (np.square(x).sum(axis=1) + 1).max() / ((y * (x @ weight + bias)).min() / length) ** 2
    result = student.perceptron.loose(x=x, y=y, points=x)
    assert_that(result["updates"].sum() <= bound, "the number of updates is above the bound of the theorem")
    assert_that(result["converged"], "converged is False on separable classes")


def test_learning_rate_is_only_a_unit_of_length(student, rng):
    """From zero weights, lr = 0.25 makes the same updates as lr = 1, and weights a quarter as large."""
    x, y = overlapping(rng, 30, 2)
    inputs = {"x": x, "y": y, "points": x[:3]}
    one = student.perceptron(**inputs, settings={"lr": 1.0, "max_epochs": 8})
    quarter = student.perceptron(**inputs, settings={"lr": 0.25, "max_epochs": 8})
    assert_close(quarter["updates"], one["updates"], label="updates with lr = 0.25", **EXACT)
    assert_close(quarter["weight"], one["weight"] / 4, label="weight with lr = 0.25", **EXACT)
    assert_close(quarter["bias"], one["bias"] / 4, label="bias with lr = 0.25", **EXACT)


@pytest.mark.parametrize("max_epochs", [1, 12])
def test_xor_never_converges(student, max_epochs):
    """On XOR the perceptron makes updates in every epoch until max_epochs."""
    y = np.array([-1, 1, 1, -1])
    result = student.perceptron.loose(x=CORNERS, y=y, points=CORNERS, settings={"max_epochs": max_epochs})
    assert_that(not result["converged"], "converged is True on XOR")
    assert_that(
        len(result["updates"]) == max_epochs, f"updates does not have one entry for each of {max_epochs} epochs"
    )
    assert_that(np.all(result["updates"] > 0), "an epoch on XOR made no update")
    assert_that(result["right"] < 4, "all four examples of XOR are classified correctly, which no line can do")


def test_a_second_fit_counts_anew(student, rng):
    """After a second fit, ``updates`` and ``converged`` are those of that fit alone."""
    x, y, _, _ = separable(rng, 30, 2, gap=0.4)
    # no line is right about XOR: whatever weights the second fit starts from, it makes updates in all three epochs
    result = student.refitted.loose(x=x, y=y, other_x=CORNERS, other_y=np.array([-1, 1, 1, -1]), max_epochs=3)
    assert_that(len(result["updates"]) == 3, "updates does not have one entry for each epoch of the second fit")
    assert_that(np.all(result["updates"] > 0), "an epoch on XOR made no update")
    assert_that(not result["converged"], "converged is True after a second fit, on XOR")


def test_other_classes_are_refused(student, rng):
    """Classes 0 and 1 raise a ValueError: the rule would learn nothing from the zeros."""
    x = rng.standard_normal((6, 2))
    zeros_and_ones = student.refusal(x=x, y=np.array([0, 1, 1, 0, 1, 0]))
    assert_that(zeros_and_ones["raised"] == "ValueError", "classes 0 and 1 did not raise a ValueError")
    signs = student.refusal(x=x, y=np.array([-1.0, 1.0, 1.0, -1.0, 1.0, -1.0]))
    assert_that(signs["raised"] == "", "classes -1.0 and 1.0 raised a ValueError")


def test_margin_and_bound(student, reference, rng):
    """The margin counts the bias as a weight, and the bound counts the input 1 that belongs to it (Novikoff 1962)."""
    x, y, weight, bias = separable(rng, 20, 3, gap=0.5)
    inputs = {"x": x, "y": y, "weight": 3.0 * weight + 0.02 * rng.standard_normal(3), "bias": 3.0 * bias}
    assert_close(student.geometry(**inputs), reference.geometry(**inputs), **EXACT)


def test_margin_does_not_see_the_length_of_the_weights(student, rng):
    """Weights and bias five times as large have the same margin and the same bound."""
    x, y, weight, bias = separable(rng, 20, 3, gap=0.5)
    once = student.geometry(x=x, y=y, weight=weight, bias=bias)
    five_times = student.geometry(x=x, y=y, weight=5 * weight, bias=5 * bias)
    assert_close(five_times["margin"], once["margin"], label="margin", **EXACT)
    assert_close(five_times["bound"], once["bound"], label="bound", **EXACT)


def test_margin_of_weights_that_do_not_separate(student, reference, rng):
    """With an example on the wrong side the margin is negative, and the bound raises a ValueError."""
    x, y = overlapping(rng, 30, 2)
    inputs = {"x": x, "y": y, "weight": rng.standard_normal(2), "bias": 0.1}
    assert_close(student.only_margin(**inputs), reference.only_margin(**inputs), **EXACT)
    assert_that(student.bound_refusal(**inputs)["raised"] == "ValueError", "mistake_bound did not raise ValueError")


@pytest.mark.parametrize("batch_size", [None, 1, 4, 50], ids=lambda size: f"batch_size_{size}")
def test_delta_rule(student, reference, rng, batch_size):
    """Weights, bias and losses of ADALINE over 12 epochs, for batches of several sizes, the last one smaller."""
    x = rng.standard_normal((11, 3)) + 0.5
    inputs = {
        "x": x,
        "y": rng.standard_normal(11),
        "points": rng.standard_normal((4, 3)),
        "settings": {"lr": 0.05, "epochs": 12, "batch_size": batch_size},
    }
    assert_close(student.adaline(**inputs), reference.adaline(**inputs), **EXACT)


def test_adaline_ends_at_the_least_squares_solution(student, rng):
    """With small steps on all examples at once, ADALINE converges to the weights with the smallest squared error."""
    x = rng.standard_normal((80, 3)) + 0.3
    y = np.where(x @ rng.standard_normal(3) + rng.standard_normal(80) > 0, 1.0, -1.0)
    with_ones = np.column_stack([x, np.ones(80)])
    best = np.linalg.lstsq(with_ones, y, rcond=None)[0]
    settings = {"lr": fastest_lr(x), "epochs": 600}
    result = student.adaline(x=x, y=y, points=x[:2], settings=settings)
    # The condition number is below 10 for such x: 0.9**600 is 1e-27.
    assert_close(result["weight"], best[:3], rtol=0.0, atol=1e-8, label="weight")
    assert_close(result["bias"], float(best[3]), rtol=0.0, atol=1e-8, label="bias")
    assert_close(result["losses"][-1], float(np.mean((with_ones @ best - y) ** 2)), rtol=1e-8, label="last loss")


def test_adaline_loss_falls(student, rng):
    """With a learning rate that is small enough no epoch makes the mean squared error larger."""
    x = rng.standard_normal((30, 4)) * np.array([0.5, 1.0, 2.0, 3.0])
    y = rng.standard_normal(30) + x[:, 0]
    result = student.adaline(x=x, y=y, points=x[:2], settings={"lr": fastest_lr(x), "epochs": 40})
    losses = result["losses"]
    assert_close(losses[0], float(np.mean(y**2)), label="first loss", **EXACT)
    assert_that(np.all(np.diff(losses) <= 1e-12), "a loss is larger than the one before")
    assert_that(losses[-1] < 0.99 * losses[0], "the loss has not fallen by one per cent in 40 epochs")


def test_least_squares(student, rng):
    """The residual of the least-squares solution is orthogonal to every feature and its sum is 0."""
    x = rng.standard_normal((25, 3)) * np.array([1.0, 5.0, 0.2]) + np.array([0.0, 3.0, -1.0])
    y = rng.standard_normal(25) + 2.0
    result = student.solved(x=x, y=y)
    residual = y - x @ result["weight"] - result["bias"]
    # Both sums are of order 100 for weights that are not the solution; rounding errors are of order 1e-13.
    assert_close(residual @ x, np.zeros(3), rtol=0.0, atol=1e-8, label="residual times features")
    assert_close(float(residual.sum()), 0.0, rtol=0.0, atol=1e-8, label="sum of the residual")


def test_fit_returns_the_object(student, rng):
    """Both fit methods return the object that they were called on."""
    x, y, _, _ = separable(rng, 20, 2, gap=0.5)
    result = student.returns_itself(x=x, y=y)
    for name in ("Perceptron", "Adaline"):
        assert_that(result[name], f"{name}.fit does not return self")
