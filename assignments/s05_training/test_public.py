"""Public tests of s05: small cases computed by hand, the same numbers as in the specification.

The hidden tests call your code in the same ways (``probes.py``), with other inputs, and some within a time budget.
"""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# Few float64 operations; the expected numbers are exact.
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def test_pairwise_distances_worked_example(student):
    """The distances of (0, 0) and (3, 4) from (0, 0), (3, 0) and (0, 4) are 0, 3, 4 and 5, 4, 3."""
    x, y = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    outputs = student.distances(x=x, y=y)
    # The difference of equal squares can be up to 1e-15, whose root is 3e-8.
    assert_close(outputs, {"distances": np.array([[0.0, 3.0, 4.0], [5.0, 4.0, 3.0]])}, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [[0.25, 0.75], [0.5, 0.5]], id="temperature_1"),
        # e^(z / 0.5) = e^(2 z): 1 to 9
        pytest.param({"temperature": 0.5}, [[0.1, 0.9], [0.5, 0.5]], id="temperature_0.5"),
    ],
)
def test_softmax_worked_example(student, settings, expected):
    """Logits 0 and ln 3 have the probabilities 1/4 and 3/4, or 1/10 and 9/10 at temperature 1/2."""
    logits = np.array([[0.0, np.log(3.0)], [2.0, 2.0]])
    outputs = student.probabilities(logits=logits, settings=settings)
    assert_close(outputs, {"probabilities": np.array(expected)}, **EXACT)


def test_confusion_matrix_worked_example(student):
    """Six samples of three classes are counted by true class (row) and predicted class (column)."""
    outputs = student.confusion(target=np.array([0, 0, 1, 1, 1, 2]), predicted=np.array([0, 1, 1, 1, 2, 0]), classes=3)
    assert_close(outputs, {"counts": np.array([[1, 1, 0], [0, 2, 1], [1, 0, 0]])}, rtol=0.0)  # counts are exact


def test_moving_average_worked_example(student):
    """The means of each three consecutive numbers of 1, 2, 6, 4, 5 are 3, 4, 5."""
    outputs = student.averages(x=np.array([1.0, 2.0, 6.0, 4.0, 5.0]), window=3)
    assert_close(outputs, {"averages": np.array([3.0, 4.0, 5.0])}, **EXACT)


def test_standardizer_worked_example(student):
    """Fitted on (1, 5), (3, 5), the point (4, 7) becomes (2, 2): mean (2, 5), deviation 1, and 1 for a constant."""
    outputs = student.standardized(fits=[np.array([[1.0, 5.0], [3.0, 5.0]])], data=[np.array([[4.0, 7.0]])])
    assert_close(outputs["mean"], np.array([2.0, 5.0]), **EXACT, label="mean")
    # The tolerance allows a tiny eps added to the deviation of a feature that varies.
    assert_close(outputs["std"], np.array([1.0, 1.0]), rtol=1e-6, label="std")
    assert_close(outputs["transformed"], [np.array([[2.0, 2.0]])], rtol=1e-6, label="transformed")
    assert_close(outputs["restored"], [np.array([[4.0, 7.0]])], rtol=1e-6, label="restored")


def test_split_has_every_row_once(student):
    """Of ten rows, two are for validation, three for the test and the other five for training."""
    outputs = student.split(n=10, val_fraction=0.2, test_fraction=0.3, seed=0)
    assert_that(len(outputs["val"]) == 2, "the validation part should have 2 of 10 rows")
    assert_that(len(outputs["test"]) == 3, "the test part should have 3 of 10 rows")
    rows = np.sort(np.concatenate([outputs["train"], outputs["val"], outputs["test"]]))
    assert_close(rows, np.arange(10), rtol=0.0, label="all indices, sorted")  # integers are exact


def test_k_fold_worked_example(student):
    """Without a generator, seven rows in three folds are validated as 0 1 2, 3 4 and 5 6."""
    outputs = student.folds(n=7, k=3, seed=None)
    assert_close(
        outputs["val"], [np.array([0, 1, 2]), np.array([3, 4]), np.array([5, 6])], rtol=0.0, label="val"
    )  # integers are exact
    assert_close([np.sort(part) for part in outputs["train"]][1], np.array([0, 1, 2, 5, 6]), rtol=0.0, label="train[1]")


def test_stratified_k_fold_worked_example(student):
    """With four rows of class 0 and two of class 1, each of two folds validates two and one of them."""
    y = np.array([0, 0, 1, 0, 1, 0])
    outputs = student.stratified_folds(y=y, k=2, seed=0)
    for number, part in enumerate(outputs["val"]):
        rows = part.dtype.kind in "iu" and np.all((part >= 0) & (part < 6))
        assert_that(rows, f"val of fold {number} does not have indices from 0 to 5")
        assert_close(np.sort(y[part]), np.array([0, 0, 1]), rtol=0.0, label=f"classes of fold {number}")  # integers


def test_data_loader_worked_example(student):
    """Five rows in batches of two, in order: two batches of two rows and one of one row."""
    x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    outputs = student.batches(x=x, y=y, settings={"batch_size": 2})
    assert_close(outputs["length"], 3, rtol=0.0, label="len(loader)")  # integers are exact
    assert_close(outputs["x"], [[x[:2], x[2:4], x[4:]]], rtol=0.0, label="x")  # copies are exact
    assert_close(outputs["y"], [[y[:2], y[2:4], y[4:]]], rtol=0.0, label="y")


def test_fans_and_gains_worked_example(student):
    """A kernel of shape (8, 3, 5, 5) has fan in 75 and fan out 200; the gain of ReLU is the root of 2."""
    assert_close(student.fans(shape=[8, 3, 5, 5]), {"fan_in": 75, "fan_out": 200}, rtol=0.0)  # integers are exact
    assert_close(student.gain(arguments=["relu"]), {"gain": np.sqrt(2.0)}, **EXACT)


def test_kaiming_worked_example(student):
    """Uniform Kaiming weights of a layer with six inputs are between -1 and 1, and some are beyond 0.8."""
    outputs = student.drawn(function="kaiming_uniform_", shape=[500, 6], settings={"nonlinearity": "relu"}, seed=0)
    # The bound is sqrt(3) * sqrt(2) / sqrt(6) = 1; the probability that none of 3000 is beyond 0.8 is 0.8**3000.
    largest = np.abs(outputs["weight"]).max()
    assert_that(0.8 < largest <= 1.0, "the largest of 3000 weights should be between 0.8 and 1")


# a linear layer y = 2 x + 1 without hidden layer, and its errors 1, 1 and 4
LINE = [np.array([[2.0]]), np.array([1.0])]
X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0], [9.0]])


def test_evaluate_worked_example(student):
    """Errors of 1 and 1 in one batch and 4 in another have a mean square of 6, not of 8.5."""
    outputs = student.evaluated(weights=LINE, x=X, y=Y, sizes=[2, 1], loss="MSELoss")
    assert_close(outputs["loss"], 6.0, **EXACT, label="loss")


def test_fit_worked_example(student):
    """One epoch with two steps of gradient descent has the weights and losses of the worked example."""
    outputs = student.fitted(
        weights=LINE,
        train={"x": X / 2, "y": Y, "sizes": [2, 1]},  # the network's first layer doubles while it trains
        val={"x": X, "y": Y, "sizes": [3]},
        loss="MSELoss",
        optimiser="SGD",
        optimiser_settings={"lr": 0.1},
        settings={"epochs": 1},
    )
    # first batch: errors 1, 1; gradient of the weight 1, of the bias 2: weight 1.9, bias 0.8, loss 1
    # second batch: 1.9 * 2 + 0.8 - 9 = -4.4; gradients -17.6 and -8.8: weight 3.66, bias 1.68, loss 19.36
    assert_close(outputs["weight_0"], np.array([[3.66]]), **EXACT, label="weight")
    assert_close(outputs["weight_1"], np.array([1.68]), **EXACT, label="bias")
    assert_close(outputs["train_loss"], np.array([(2 * 1.0 + 19.36) / 3]), **EXACT, label="train_loss")
    # errors 1.68, 3.34 and 0 on the validation data
    assert_close(outputs["val_loss"], np.array([(1.68**2 + 3.34**2) / 3]), **EXACT, label="val_loss")
    assert_close(outputs["lr"], np.array([0.1]), **EXACT, label="lr")


def test_early_stopping_worked_example(student):
    """After the losses 5, 4, 4.5, 4.2 a patience of two ends the training, and the weights are those of epoch 1."""
    losses = np.array([5.0, 4.0, 4.5, 4.2, 3.0, 2.0])
    outputs = student.scripted.loose(val_losses=losses, steps=3, epochs=6, patience=2, replace_data=False)
    assert_close(len(outputs["val_loss"]), 4, rtol=0.0, label="epochs run")  # a count
    assert_close(outputs["best_epoch"], 1, rtol=0.0, label="best_epoch")
    assert_close(outputs["weight"], np.array([6.0]), rtol=0.0, label="weight")  # it counts the steps: 2 epochs of 3


def test_random_search_worked_example(student):
    """Three trials are returned from the lowest score to the highest, each with its own settings."""
    outputs = student.searched(space={"lr": ["log_uniform", 1e-3, 1e-1]}, scores=np.array([0.5, 0.2, 0.9]), seed=0)
    assert_close(outputs["score"], np.array([0.2, 0.5, 0.9]), rtol=0.0, label="score")  # the same numbers
    assert_close(outputs["trial"], [1, 0, 2], rtol=0.0, label="trial")
    lrs = np.array(outputs["lr"])
    assert_that(np.all((lrs >= 1e-3) & (lrs <= 1e-1)), "a learning rate is outside 1e-3 to 1e-1")


def test_bias_variance_worked_example(student):
    """Predictions 1 and 3 for a target of 0 have the squared bias 4 and the variance 1."""
    outputs = student.decomposed(predictions=np.array([[1.0], [3.0]]), target=np.array([0.0]))
    assert_close(outputs, {"bias": 4.0, "variance": 1.0}, **EXACT)


@pytest.mark.needs("test_pairwise_distances_worked_example")
def test_pairwise_distances_time_budget(student, reference, budget):
    """The distances of 400 points from 350 others stay within the limit of CPU time."""

    def inputs_of(rng):
        x, y = rng.standard_normal((400, 3)), rng.standard_normal((350, 3))
        return {"x": x, "y": y, "weights": rng.standard_normal(97)}

    budget(student.many_distances, reference.many_distances, inputs_of)
