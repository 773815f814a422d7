"""Hidden tests of s05: other sizes, time budgets, leakage, and properties that need no reference."""

from itertools import pairwise

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# A few dozen float64 operations on values of order one; every known mistake differs by more than 1e-3.
EXACT = {"rtol": 1e-9, "atol": 1e-12}


def whole(rng):
    """A seed for the generator of a probe."""
    return int(rng.integers(2**31))


# --- vectorised.py ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m", "d"), [(7, 5, 3), (4, 9, 1), (1, 6, 11)], ids=["7x5", "one_feature", "one_row"])
def test_pairwise_distances(student, rng, n, m, d):
    """Distances of each row of x from each row of y, for unequal numbers of rows."""
    x, y = rng.standard_normal((n, d)), rng.standard_normal((m, d)) + 2.0
    expected = np.array([[np.sqrt(np.sum((a - b) ** 2)) for b in y] for a in x])
    # With |a|^2 + |b|^2 - 2ab the error is up to 1e-13, for squares of order 1e-2 or more.
    assert_close(student.distances(x=x, y=y), {"distances": expected}, rtol=1e-8, atol=1e-6)


def test_pairwise_distances_of_equal_points(student, rng):
    """The distances of 200 points from themselves are finite, the matrix is symmetric, and its diagonal is 0."""
    x = rng.standard_normal((200, 7))
    found = student.distances(x=x, y=x)["distances"]
    assert_that(np.all(np.isfinite(found)), "a distance between equal points is not a finite number")
    # After rounding, up to 1e-14 of the squares is left, whose root is 1e-7.
    assert_close(np.diag(found), np.zeros(200), rtol=0.0, atol=1e-6, label="distances of points from themselves")
    assert_close(found, found.T, rtol=1e-7, atol=1e-6, label="distances")


@pytest.mark.needs("test_pairwise_distances")
def test_pairwise_distances_in_time(student, reference, budget):
    """400 by 350 distances take at most the allowed multiple of the reference's time."""

    def inputs_of(rng):
        x, y = rng.standard_normal((400, 3)), rng.standard_normal((350, 3))
        return {"x": x, "y": y, "weights": rng.standard_normal(97)}

    budget(student.many_distances, reference.many_distances, inputs_of)


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        pytest.param((6, 4), {}, id="rows"),
        pytest.param((5,), {"temperature": 2.5}, id="one_vector"),
        pytest.param((3, 5, 4), {"temperature": 0.3}, id="three_axes"),
    ],
)
def test_softmax(student, rng, shape, settings):
    """Softmax along the last axis of logits of one, two and three axes, at several temperatures."""
    logits = rng.standard_normal(shape)
    powers = np.exp(logits / settings.get("temperature", 1.0))
    expected = powers / powers.sum(axis=-1, keepdims=True)
    assert_close(student.probabilities(logits=logits, settings=settings), {"probabilities": expected}, **EXACT)


@pytest.mark.parametrize("temperature", [1.0, 0.02], ids=["temperature_1", "temperature_0.02"])
def test_softmax_of_large_logits(student, rng, temperature):
    """Rows of logits near 1e4, -1e4 and 0, and one with both ends, have the probabilities of their differences."""
    differences = temperature * rng.standard_normal((3, 4))
    powers = np.exp(differences / temperature)
    expected = powers / powers.sum(axis=-1, keepdims=True)
    outputs = student.probabilities(
        logits=differences + np.array([[1e4], [-1e4], [0.0]]), settings={"temperature": temperature}
    )
    # A logit of 1e4 has a rounding error of 2e-12, which is 1e-10 after division by 0.02.
    assert_close(outputs, {"probabilities": expected}, rtol=1e-7)
    ends = student.probabilities(logits=np.array([[-2e3, 1e3, -1e3]]), settings={"temperature": temperature})
    assert_close(ends, {"probabilities": np.array([[0.0, 1.0, 0.0]])}, rtol=1e-12)  # e**-2000 rounds to 0


@pytest.mark.needs("test_softmax")
def test_softmax_in_time(student, reference, budget):
    """Softmax of 40,000 rows takes at most the allowed multiple of the reference's time."""

    def inputs_of(rng):
        return {"logits": rng.standard_normal((40_000, 10)), "weights": rng.standard_normal(97)}

    budget(student.many_probabilities, reference.many_probabilities, inputs_of)


@pytest.mark.parametrize(
    ("samples", "classes"), [(60, 4), (200, 3), (12, 7)], ids=["4_classes", "3_classes", "absent_classes"]
)
def test_confusion_matrix(student, rng, samples, classes):
    """Rows are true classes, columns are predicted ones; repeated pairs are all counted; other entries are 0."""
    target = rng.integers(0, max(classes - 2, 2), samples)
    predicted = np.where(rng.random(samples) < 0.6, target, rng.integers(0, classes - 1, samples))
    target[:3], predicted[:3] = 1, 0  # not symmetric: 0 is predicted for 1 more often than 1 for 0
    predicted[target == 0] = 0
    expected = np.zeros((classes, classes))
    for true, guess in zip(target, predicted, strict=True):
        expected[true, guess] += 1
    outputs = student.confusion(target=target, predicted=predicted, classes=classes)
    assert_close(outputs, {"counts": expected}, rtol=0.0)  # counts are exact
    assert_that(np.asarray(outputs["counts"]).dtype.kind in "iu", "the counts are not integers")


@pytest.mark.needs("test_confusion_matrix")
def test_confusion_matrix_in_time(student, reference, budget):
    """Counting 400,000 samples of three classes takes at most the allowed multiple of the reference's time."""

    def inputs_of(rng):
        classes = rng.integers(0, 3, (2, 400_000), dtype=np.int8)
        return {"target": classes[0], "predicted": classes[1], "classes": 3}

    budget(student.many_counts, reference.many_counts, inputs_of)


@pytest.mark.parametrize("window", [1, 4, 5, 23], ids=["window_1", "even", "odd", "everything"])
def test_moving_average(student, rng, window):
    """The mean of each full window, whether its size is 1, even, odd, or the length of the series."""
    x = rng.standard_normal(23) + 3.0
    expected = np.array([np.mean(x[start : start + window]) for start in range(23 - window + 1)])
    assert_close(student.averages(x=x, window=window), {"averages": expected}, **EXACT)


@pytest.mark.needs("test_moving_average")
def test_moving_average_in_time(student, reference, budget):
    """A moving average of 200,000 values takes at most the allowed multiple of the reference's time."""

    def inputs_of(rng):
        return {"x": rng.standard_normal(200_000), "window": 12, "weights": rng.standard_normal(97)}

    budget(student.many_averages, reference.many_averages, inputs_of)


# --- data.py: scaling ------------------------------------------------------------------------------------------


def features(rng, n, shift=0.0):
    """Rows whose four features have different means and deviations."""
    return (rng.standard_normal((n, 4)) + shift) * np.array([0.1, 1.0, 20.0, 300.0]) + np.array([5.0, 0.0, -3.0, 900.0])


def test_standardizer_uses_the_training_data(student, rng):
    """Other data are shifted and scaled by the mean and deviation (divided by N) of the training data."""
    train, other = features(rng, 17), features(rng, 6, shift=2.0)
    outputs = student.standardized(fits=[train], data=[train, other])
    expected = [(x - train.mean(axis=0)) / train.std(axis=0) for x in (train, other)]
    # An eps of 1e-8 added to the deviation would change the result by 1e-7 only.
    assert_close(outputs["transformed"], expected, rtol=1e-6, atol=1e-9, label="transformed")
    assert_close(outputs["mean"], train.mean(axis=0), **EXACT, label="mean")
    assert_close(outputs["std"], train.std(axis=0), rtol=1e-6, label="std")  # as above


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([3.0, 0.0, -2.0], id="whole_numbers"),
        # The sum of thirty of each is rounded, so that the computed deviation of equal numbers is not 0.
        pytest.param([0.1, 0.7, 1.1, 3.3], id="rounded_numbers"),
    ],
)
def test_standardizer_with_constant_features(student, rng, values):
    """A feature whose training values are all equal is shifted and not scaled; another feature is scaled."""
    varied = rng.standard_normal((30, 1)) * 4.0
    train = np.hstack([np.tile(values, (30, 1)), varied])
    other = rng.standard_normal((5, len(values) + 1))
    outputs = student.standardized(fits=[train], data=[train, other])
    std = np.append(np.ones(len(values)), varied.std())
    expected = [(x - np.append(values, varied.mean())) / std for x in (train, other)]
    # The relative error of the mean of equal numbers is 1e-16.
    assert_close(outputs["transformed"], expected, rtol=1e-6, atol=1e-9, label="transformed")


def test_standardizer_can_be_inverted(student, rng):
    """After transform, inverse_transform gives the original data, also for constant features."""
    train, other = features(rng, 12), features(rng, 5, shift=-1.0)
    train[:, 1] = 2.0
    outputs = student.standardized(fits=[train], data=[other])
    assert_close(outputs["restored"], [other], rtol=1e-9, atol=1e-9, label="restored")  # float64 rounding of 900


def test_transform_learns_nothing(student, rng):
    """Rows that are transformed one by one have the same results as together, before and after other data."""
    train, other = features(rng, 15), features(rng, 4, shift=3.0)
    outputs = student.standardized(fits=[train], data=[other, *np.split(other, 4), features(rng, 9), other])
    first, *rows, _, again = outputs["transformed"]
    assert_close(np.vstack(rows), first, **EXACT, label="rows that were transformed one by one")
    assert_close(again, first, **EXACT, label="the same rows after other data")


def test_fit_forgets_the_earlier_fit(student, rng):
    """A Standardizer that is fitted twice has the mean and deviation of the second data set."""
    first, second = features(rng, 9, shift=4.0), features(rng, 14)
    outputs = student.standardized(fits=[first, second], data=[second])
    assert_close(outputs["mean"], second.mean(axis=0), **EXACT, label="mean")
    assert_close(outputs["std"], second.std(axis=0), rtol=1e-6, label="std")  # an eps of 1e-8 is accepted


# --- data.py: splits and folds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "val_fraction", "test_fraction"),
    [(100, 0.15, 0.25), (47, 0.3, 0.1), (200, 0.07, 0.29)],
    ids=["100_rows", "47_rows", "200_rows"],
)
def test_split_partitions_the_rows(student, rng, n, val_fraction, test_fraction):
    """Every index is in exactly one part, and the parts have the sizes asked for, rounded up or down."""
    outputs = student.split.loose(n=n, val_fraction=val_fraction, test_fraction=test_fraction, seed=whole(rng))
    check_axes([outputs[name] for name in ("train", "val", "test")])
    rows = np.sort(np.concatenate([outputs["train"], outputs["val"], outputs["test"]]))
    assert_close(rows, np.arange(n), rtol=0.0, label="all indices, sorted")  # integers are exact
    for name, share in (("val", val_fraction), ("test", test_fraction)):
        # up or down: less than one row away, plus the rounding of the product
        assert_that(abs(len(outputs[name]) - n * share) < 1 + 1e-9, f"{name} does not have its fraction of the rows")


def test_split_is_random(student, rng):
    """Each part is drawn from all the rows, and another generator gives another split."""
    one, other = (student.split.loose(n=300, val_fraction=0.2, test_fraction=0.2, seed=whole(rng)) for _ in range(2))
    for name in ("train", "val", "test"):
        check_axes([one[name], other[name]])
        # rows between 0 and 299, 60 or more of them: the mean of a part is off by 11 at most, six times that is 67
        assert_that(abs(np.mean(one[name]) - 149.5) < 75, f"{name} is not drawn uniformly from all the rows")
        # The probability that two random choices of 60 of 300 rows agree is below 1e-60.
        differs = set(one[name].tolist()) != set(other[name].tolist())
        assert_that(differs, f"{name} has the same rows for two different generators")


def check_axes(parts):
    """Check that indices are in arrays of one axis, so that they can be joined and compared."""
    assert_that(all(part.ndim == 1 for part in parts), "the indices of a part are not in an array of one axis")


def check_folds(outputs, n, k):
    """Check that the validation parts are a partition and each training part is the complement."""
    assert_that(len(outputs["val"]) == k, "the number of folds is not k")
    check_axes([*outputs["train"], *outputs["val"]])
    rows = np.sort(np.concatenate(outputs["val"]))
    assert_close(rows, np.arange(n), rtol=0.0, label="all validation indices, sorted")  # integers are exact
    for number, (train, val) in enumerate(zip(outputs["train"], outputs["val"], strict=True)):
        rows = np.sort(np.concatenate([train, val]))
        assert_close(rows, np.arange(n), rtol=0.0, label=f"training and validation indices of fold {number}, sorted")


@pytest.mark.parametrize("shuffled", [False, True], ids=["in_order", "shuffled"])
@pytest.mark.parametrize(("n", "k"), [(23, 4), (20, 5), (6, 6)], ids=["23_in_4", "20_in_5", "leave_one_out"])
def test_k_fold_partitions_the_rows(student, rng, n, k, shuffled):
    """Every index is validated once and trained on in all other folds; sizes differ by one at most."""
    outputs = student.folds.loose(n=n, k=k, seed=whole(rng) if shuffled else None)
    check_folds(outputs, n, k)
    sizes = [len(val) for val in outputs["val"]]
    assert_that(max(sizes) - min(sizes) <= 1, "the validation parts differ by more than one row")


def test_k_fold_in_order_and_shuffled(student, rng):
    """Without a generator the folds are consecutive blocks, with one they are not."""
    in_order = student.folds.loose(n=41, k=4, seed=None)["val"]
    blocks = [np.arange(0, 11), np.arange(11, 21), np.arange(21, 31), np.arange(31, 41)]
    assert_close([np.sort(part) for part in in_order], blocks, rtol=0.0, label="val, sorted")  # integers are exact
    shuffled = student.folds.loose(n=41, k=4, seed=whole(rng))["val"]
    # The probability that a random part of ten of 41 rows is one block is 31 in 1e9.
    check_axes(shuffled)
    assert_that(all(part.size for part in shuffled), "a fold has no rows to validate")
    spread = [part.max() > part.min() + (len(part) - 1.0) for part in shuffled]
    assert_that(sum(spread) >= 3, "with a generator the folds are still blocks of consecutive rows")


@pytest.mark.parametrize(
    ("counts", "k"), [((30, 12, 5), 5), ((11, 26), 3), ((9, 9, 9, 10), 4)], ids=["5_folds", "3_folds", "4_folds"]
)
def test_stratified_k_fold_keeps_the_shares(student, rng, counts, k):
    """Every validation part has its share of every class, rounded up or down, for any order of the rows."""
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    for order in (y, np.sort(y)):
        outputs = student.stratified_folds.loose(y=order, k=k, seed=whole(rng))
        check_folds(outputs, len(y), k)
        for val in outputs["val"]:
            assert_that(val.dtype.kind in "iu", "the indices of a validation part are not integers")
            shares = np.bincount(order[val], minlength=len(counts)) - np.array(counts) / k
            assert_that(np.all(np.abs(shares) < 1), "a validation part has too many or too few rows of a class")


def test_stratified_k_fold_is_random(student, rng):
    """Within a class the rows of a fold are drawn at random, and labels may be other integers than 0, 1, 2."""
    y = np.repeat([-3, 8], 60)
    one, other = (student.stratified_folds.loose(y=y, k=3, seed=whole(rng))["val"] for _ in range(2))
    check_axes([*one, *other])
    check = [np.sum(np.ediff1d(np.sort(part.astype(np.float64))) == 1) < 35 for part in one]
    # 40 random rows of 120 have 13 neighbouring pairs on average, with a deviation of 3; a block of each class has 38.
    assert_that(all(check), "the rows of a fold are consecutive rows of their class")
    differs = any(set(a.tolist()) != set(b.tolist()) for a, b in zip(one, other, strict=True))
    assert_that(differs, "two different generators gave the same folds")


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        pytest.param("k_fold", {"n": 5, "k": 6}, id="more_folds_than_rows"),
        pytest.param("k_fold", {"n": 5, "k": 1}, id="one_fold"),
        pytest.param("stratified_k_fold", {"y": np.array([0, 0, 1, 1]), "k": 1, "seed": 1}, id="one_stratified_fold"),
        pytest.param("stratified_k_fold", {"y": np.array([0, 0, 0, 1, 1]), "k": 3, "seed": 1}, id="small_class"),
    ],
)
def test_impossible_folds_are_refused(student, function, arguments):
    """More folds than rows, a single fold, or more folds than rows of a class raise ValueError."""
    outputs = student.refused(function=function, arguments=arguments)
    assert_that(outputs["raised"] == "ValueError", "folds that are not possible did not raise ValueError")
    for possible in (2, 5):
        outputs = student.refused(function="k_fold", arguments={"n": 5, "k": possible})
        assert_that(outputs["raised"] == "nothing", f"{possible} folds of 5 rows are possible, and raised an exception")


def test_cross_validation_does_not_leak(student, rng):
    """Each fold's features are standardised by that fold's training rows alone; the scores have the folds' order."""
    x, y = features(rng, 18), rng.integers(0, 3, 18)
    x[::3] += 5.0 * np.array([0.1, 1.0, 20.0, 300.0])  # the folds have different means and deviations
    order = rng.permutation(18)
    val = [order[:5], order[5:12], order[12:]]
    train = [order[5:], np.concatenate([order[12:], order[:5]]), order[:12]]
    outputs = student.cross_validated(x=x, y=y, train=train, val=val)
    scores = []
    for number, (of_train, of_val) in enumerate(zip(train, val, strict=True)):
        mean, std = x[of_train].mean(axis=0), x[of_train].std(axis=0)
        expected = {"x_train": (x[of_train] - mean) / std, "x_val": (x[of_val] - mean) / std}
        for name, value in expected.items():
            # An eps of 1e-8 added to the deviation would change the result by 1e-7 only.
            assert_close(outputs[name][number], value, rtol=1e-6, atol=1e-9, label=f"{name} of fold {number}")
        assert_close(outputs["y_train"][number], y[of_train], rtol=0.0, label=f"y_train of fold {number}")  # copies
        assert_close(outputs["y_val"][number], y[of_val], rtol=0.0, label=f"y_val of fold {number}")
        scores.append(10.0 * number + np.mean(expected["x_val"] ** 2))
    assert_close(outputs["scores"], np.array(scores), rtol=1e-6, label="scores")  # as above


# --- data.py: batches ------------------------------------------------------------------------------------------


def rows(rng, n):
    """Features that are different in each row, and labels that are the row's number."""
    y = np.arange(n)
    return np.column_stack([y + 0.25, rng.standard_normal(n)]), y


@pytest.mark.parametrize("shuffle", [False, True], ids=["in_order", "shuffled"])
@pytest.mark.parametrize("drop_last", [False, True], ids=["keep_last", "drop_last"])
@pytest.mark.parametrize(("n", "batch_size"), [(17, 5), (15, 5), (4, 9)], ids=["ragged", "even", "one_batch"])
def test_batches_have_their_sizes(student, rng, n, batch_size, drop_last, shuffle):
    """Full batches, then the remaining rows, if there are any and drop_last is False; len counts the batches."""
    x, y = rows(rng, n)
    settings = {"batch_size": batch_size, "drop_last": drop_last, "shuffle": shuffle}
    outputs = student.batches.loose(x=x, y=y, settings=settings, seed=whole(rng))
    expected = [batch_size] * (n // batch_size) + ([n % batch_size] if n % batch_size and not drop_last else [])
    assert_close([len(batch) for batch in outputs["x"][0]], expected, rtol=0.0, label="sizes")  # counts are exact
    assert_close(outputs["length"], len(expected), rtol=0.0, label="len(loader)")


@pytest.mark.parametrize("shuffle", [False, True], ids=["in_order", "shuffled"])
def test_every_row_comes_once_with_its_label(student, rng, shuffle):
    """In each of three passes every row occurs exactly once, together with its own label."""
    x, y = rows(rng, 19)
    outputs = student.batches(x=x, y=y, settings={"batch_size": 4, "shuffle": shuffle}, seed=whole(rng), epochs=3)
    for of_x, of_y in zip(outputs["x"], outputs["y"], strict=True):
        found = np.concatenate(of_y)
        assert_close(np.sort(found), y, rtol=0.0, label="labels of one iteration, sorted")  # copies are exact
        assert_close(np.concatenate(of_x), x[found.astype(int)], rtol=0.0, label="rows beside their labels")


def test_unshuffled_batches_are_in_order(student, rng):
    """Without shuffling the rows are in order, in every pass, also if two passes run at the same time."""
    x, y = rows(rng, 13)
    for settings in ({"epochs": 2}, {"two_at_once": True}):
        outputs = student.batches(x=x, y=y, settings={"batch_size": 3}, **settings)
        for of_y in outputs["y"]:
            assert_close(np.concatenate(of_y), y, rtol=0.0, label="labels")  # copies are exact


def test_every_iteration_is_shuffled_anew(student, rng):
    """With shuffling, the order is not that of the data, and each pass has another order."""
    x, y = rows(rng, 50)
    outputs = student.batches(x=x, y=y, settings={"batch_size": 8, "shuffle": True}, seed=whole(rng), epochs=3)
    # The probability that two random orders of 50 rows are equal is 3e-65.
    orders = {tuple(np.concatenate(of_y).tolist()) for of_y in outputs["y"]}
    assert_that(tuple(y.tolist()) not in orders, "shuffled batches are in the order of the data")
    assert_that(len(orders) == 3, "two passes have the same order")
    mixed = [batch.max() > batch.min() + (len(batch) - 1.0) for of_y in outputs["y"] for batch in of_y[:6]]
    # The probability that eight random rows of 50 are consecutive is 8e-8.
    assert_that(sum(mixed) > 12, "shuffled batches hold rows that are consecutive in the data")


@pytest.mark.parametrize("wrong", ["lengths", "batch_size"])
def test_impossible_loaders_are_refused(student, rng, wrong):
    """Arrays of different lengths, or a batch size of 0, raise ValueError."""
    x, y = rows(rng, 6)
    dataset, batch_size = ([x, y[:5]], 2) if wrong == "lengths" else ([x, y], 0)
    outputs = student.refused(function="DataLoader", arguments={"dataset": dataset, "batch_size": batch_size})
    assert_that(outputs["raised"] == "ValueError", "impossible arguments of DataLoader did not raise ValueError")


# --- init.py ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [((7, 3), 3, 7), ((6, 4, 5), 20, 30), ((2, 9, 3, 5), 135, 30), ((4, 3, 2, 3, 5), 90, 120)],
    ids=["linear", "conv1d", "conv2d", "conv3d"],
)
def test_fans(student, shape, fan_in, fan_out):
    """Fan in and fan out of linear layers and of kernels with one, two and three axes."""
    assert_close(student.fans(shape=list(shape)), {"fan_in": fan_in, "fan_out": fan_out}, rtol=0.0)  # integers


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["linear"], 1.0),
        (["sigmoid"], 1.0),
        (["tanh"], 5 / 3),
        (["leaky_relu"], np.sqrt(2 / 1.0001)),
        (["leaky_relu", 0.5], np.sqrt(1.6)),
    ],
    ids=["linear", "sigmoid", "tanh", "leaky_relu", "leaky_relu_0.5"],
)
def test_gains(student, arguments, expected):
    """The gains of torch.nn.init.calculate_gain; another name, and a weight with one axis, raise ValueError."""
    assert_close(student.gain(arguments=arguments), {"gain": expected}, rtol=1e-12)  # one root
    for function, given in (("calculate_gain", {"nonlinearity": "rectifier"}), ("calculate_fans", {"shape": [7]})):
        raised = student.refused(module="init", function=function, arguments=given)["raised"]
        assert_that(raised == "ValueError", f"{function} did not raise ValueError")


FILLS = pytest.mark.parametrize(
    ("function", "settings", "numerator", "mode"),
    [
        pytest.param("xavier_uniform_", {}, 1.0, "mean", id="xavier_uniform"),
        pytest.param("xavier_normal_", {"gain": 5 / 3}, 25 / 9, "mean", id="xavier_normal"),
        pytest.param("kaiming_uniform_", {"nonlinearity": "relu"}, 2.0, "fan_in", id="kaiming_uniform"),
        pytest.param("kaiming_normal_", {"mode": "fan_out"}, 2.0, "fan_out", id="kaiming_normal"),
        pytest.param("kaiming_uniform_", {"nonlinearity": "linear", "mode": "fan_out"}, 1.0, "fan_out", id="linear"),
        pytest.param("kaiming_normal_", {"a": 1.0}, 1.0, "fan_in", id="leaky_relu"),
    ],
)


@FILLS
@pytest.mark.parametrize("shape", [(300, 200), (40, 25, 7, 3)], ids=["linear_layer", "convolution"])
def test_variance_of_initial_weights(student, rng, function, settings, numerator, mode, shape):
    """Mean 0 and variance gain^2 / fan, with the fan of the formula, for linear layers and convolutions."""
    kernel = int(np.prod(shape[2:]))
    fan_in, fan_out = shape[1] * kernel, shape[0] * kernel
    fan = {"fan_in": fan_in, "fan_out": fan_out, "mean": (fan_in + fan_out) / 2}[mode]
    weight = student.drawn(function=function, shape=list(shape), settings=settings, seed=whole(rng))["weight"]
    variance = numerator / fan
    # 21,000 normal draws or more: one deviation of the variance is 1 %, of the mean 0.7 % of the variance's root.
    assert_that(abs(weight.mean()) < 6 * np.sqrt(variance / weight.size), "the mean of the weights is not 0")
    # 8 % is eight deviations: correct code fails once in 1e14 runs.
    assert_close(weight.var() / variance, 1.0, rtol=0.08, label="variance of the weights, divided by what it should be")


@FILLS
def test_distribution_of_initial_weights(student, rng, function, settings, numerator, mode):
    """Uniform weights fill their interval up to its bounds; normal weights have the tails of a normal distribution."""
    fan = {"fan_in": 200, "fan_out": 300, "mean": 250}[mode]
    weight = student.drawn(function=function, shape=[300, 200], settings=settings, seed=whole(rng))["weight"]
    sizes = np.abs(weight) / np.sqrt(numerator / fan)  # in standard deviations
    beyond = np.mean(sizes > np.sqrt(3))  # 0 for uniform draws, 8.3 % for normal ones, with a deviation of 0.1 %
    if "uniform" in function:
        assert_that(beyond == 0, "a uniform weight is outside its interval")
        # The probability that none of 60,000 is in the outer 1 % is e**-600.
        assert_that(sizes.max() > 0.99 * np.sqrt(3), "the weights do not fill the interval up to its bounds")
    else:
        assert_that(abs(beyond - 0.0833) < 0.01, "the weights are not normally distributed")


@pytest.mark.parametrize("function", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_initial_weights_keep_their_dtype(student, rng, function):
    """A float32 parameter is float32 after it has been filled, with a generator or without."""
    for seed in (whole(rng), None):
        outputs = student.drawn(function=function, shape=[6, 4], settings={}, seed=seed, dtype="float32")
        assert_that(outputs["dtype"] == "float32", "data of a float32 parameter has another dtype after it was filled")
        # two of 24 draws of float32 are equal with a probability below 1e-4; all of them never are
        assert_that(np.ptp(outputs["weight"]) > 0, "all weights are the same")


@pytest.mark.parametrize(
    ("function", "settings", "activation"),
    [
        pytest.param("kaiming_normal_", {"nonlinearity": "relu"}, "relu", id="kaiming_normal_relu"),
        pytest.param("kaiming_uniform_", {"nonlinearity": "relu"}, "relu", id="kaiming_uniform_relu"),
        pytest.param("xavier_normal_", {"gain": 5 / 3}, "tanh", id="xavier_normal_tanh"),
        pytest.param("xavier_uniform_", {}, "linear", id="xavier_uniform_linear"),
    ],
)
def test_signal_through_twenty_layers(student, rng, function, settings, activation):
    """After each of 20 layers the root mean square of the activations is still between 0.1 and 10."""
    inputs = {
        "function": function,
        "settings": settings,
        "activation": activation,
        "x": rng.standard_normal((32, 200)),
        "sizes": [220, 180] * 10,
        "seed": whole(rng),
    }
    rms = student.signal(**inputs)["rms"]
    # In 20 ReLU layers of width 200 one deviation of the logarithm is 0.28: 2.3 is more than seven deviations.
    # A gain of 1 in place of the root of 2 gives 0.001, a gain of 2 gives 1000.
    assert_that(np.all((rms > 0.1) & (rms < 10)), "the activations vanish or explode in 20 layers")


# --- training.py -----------------------------------------------------------------------------------------------


WEIGHTS = ("weight_0", "weight_1", "weight_2", "weight_3")  # of two linear layers


def network(rng, *sizes):
    """Weight and bias of each linear layer, of order one."""
    found = []
    for fan_in, fan_out in pairwise(sizes):
        found += [rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_in), 0.1 * rng.standard_normal(fan_out)]
    return found


def regression(rng, n, sizes):
    """Three features, two targets, and the sizes of the batches."""
    x = rng.standard_normal((n, 3))
    return {"x": x, "y": np.tanh(x[:, :2] * 1.5) + 0.1 * rng.standard_normal((n, 2)), "sizes": sizes}


def classification(rng, n, sizes):
    """Three features, four classes, and the sizes of the batches."""
    x = rng.standard_normal((n, 3))
    return {"x": x, "y": (x[:, 0] > 0) * 2 + (x[:, 1] > 0).astype(np.int64), "sizes": sizes}


@pytest.mark.parametrize("loss", ["MSELoss", "CrossEntropyLoss"])
def test_evaluate_counts_samples_not_batches(student, rng, loss):
    """The loss over batches of 5, 5 and 1 is the mean over all eleven samples."""
    data = regression(rng, 11, [5, 5, 1]) if loss == "MSELoss" else classification(rng, 11, [5, 5, 1])
    weights = network(rng, 3, 6, data["y"].shape[-1] if loss == "MSELoss" else 4)
    hidden = np.tanh(data["x"] @ weights[0].T + weights[1])
    logits = hidden @ weights[2].T + weights[3]
    if loss == "MSELoss":
        expected = np.mean((logits - data["y"]) ** 2)
    else:
        of_target = logits[np.arange(11), data["y"]]
        expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - of_target)
    outputs = student.evaluated(weights=weights, loss=loss, **data)
    assert_close(outputs["loss"], expected, **EXACT, label="loss")


@pytest.mark.parametrize("training", [True, False], ids=["from_training", "from_evaluation"])
def test_evaluate_uses_and_restores_the_mode(student, reference, rng, training):
    """All layers of the model are in evaluation mode during evaluate, and in their earlier mode afterwards."""
    inputs = {"weights": network(rng, 3, 5, 2), "loss": "MSELoss", "training": training, **regression(rng, 8, [4, 4])}
    outputs = student.evaluated(**inputs)
    assert_close(outputs["loss"], reference.evaluated(**inputs)["loss"], **EXACT, label="loss")
    assert_that(all(mode == training for mode in outputs["training"]), "evaluate changed the mode")


def test_accuracy_counts_samples_not_batches(student, rng):
    """The accuracy over batches of 70, 70 and 30 is the share of correct classes of all 170 samples."""
    # so many that with dropout, in training mode, some class is another on every seed
    data = classification(rng, 170, [70, 70, 30])
    weights = network(rng, 3, 6, 4)
    logits = np.tanh(data["x"] @ weights[0].T + weights[1]) @ weights[2].T + weights[3]
    data["y"] = logits.argmax(axis=1)
    wrong = [*range(20), *range(150, 170)]  # 20 of 70, 0 of 70, 20 of 30
    data["y"][wrong] = (data["y"][wrong] + 1) % 4
    for training in (False, True):
        outputs = student.share_right(weights=weights, training=training, **data)
        assert_close(outputs["accuracy"], 130 / 170, rtol=1e-12, label="accuracy")  # one division
        assert_that(outputs["training"] == training, "accuracy changed the mode of the model")


@pytest.mark.parametrize(
    ("loss", "optimiser", "optimiser_settings"),
    [
        pytest.param("MSELoss", "SGD", {"lr": 0.05, "momentum": 0.9}, id="regression_momentum"),
        pytest.param("CrossEntropyLoss", "Adam", {"lr": 0.02}, id="classification_adam"),
    ],
)
def test_fit_makes_the_steps(student, reference, rng, loss, optimiser, optimiser_settings):
    """The weights after eight epochs without validation are those of the training loop in the specification."""
    make, outputs = (regression, 2) if loss == "MSELoss" else (classification, 4)
    inputs = {
        "weights": network(rng, 3, 7, outputs),
        "train": make(rng, 22, [8, 8, 6]),
        "val": None,
        "loss": loss,
        "optimiser": optimiser,
        "optimiser_settings": optimiser_settings,
        "settings": {"epochs": 8},
    }
    # 24 steps: rounding errors grow to 1e-13; every known mistake differs by more than 1e-3.
    assert_close(student.fitted(**inputs), reference.fitted(**inputs), rtol=1e-7, atol=1e-9, names=WEIGHTS)


def test_training_loss_counts_samples_not_batches(student, rng):
    """With a learning rate of 0, train_loss is the mean loss of all samples, whatever the batches."""
    weights, train = network(rng, 3, 2), regression(rng, 13, [6, 6, 1])
    train["y"][-1] += 3.0  # the small batch has the large loss
    outputs = student.fitted(
        weights=weights,
        train=train,
        val=None,
        loss="MSELoss",
        optimiser="SGD",
        optimiser_settings={"lr": 0.0},
        settings={"epochs": 2},
    )
    # The first layer of the network doubles its input in training mode.
    expected = np.mean((2 * train["x"] @ weights[0].T + weights[1] - train["y"]) ** 2)
    assert_close(outputs["train_loss"], np.full(2, expected), **EXACT, label="train_loss")


def test_fit_trains_and_validates_in_the_right_mode(student, reference, rng):
    """Every epoch trains in training mode and validates in evaluation mode, also after the first epoch."""
    inputs = {
        "weights": network(rng, 3, 6, 2),
        "train": regression(rng, 16, [8, 8]),
        "val": regression(rng, 8, [4, 4]),
        "loss": "MSELoss",
        "optimiser": "SGD",
        "optimiser_settings": {"lr": 0.02},
        "settings": {"epochs": 4},
    }
    outputs, expected = student.fitted(**inputs), reference.fitted(**inputs)
    # The rounding errors of 8 float64 steps; every known mistake differs by more than 1e-3.
    assert_close(outputs, expected, rtol=1e-7, names=("train_loss", "val_loss"))


# validation losses, patience, epochs that should be run, the best of them
SCRIPTS = pytest.mark.parametrize(
    ("losses", "patience", "run", "best"),
    [
        pytest.param([5, 4, 3, 3.5, 3.6, 3.7, 1, 1], 3, 6, 2, id="falls_then_rises"),
        pytest.param([5, 4, 4.5, 4.6, 3, 3.5, 3.6, 3.7, 2], 3, 8, 4, id="recovers_in_time"),
        pytest.param([3, 3, 3, 3, 3], 2, 3, 0, id="stays_equal"),
        pytest.param([5, 4, 3, 2, 1], 1, 5, 4, id="always_better"),
        pytest.param([5, 6, 1, 1, 1], 1, 2, 0, id="patience_of_one"),
        pytest.param([np.nan, np.nan, 3, 2, np.nan, 4, 4, 1], 3, 7, 3, id="not_a_number"),
        pytest.param([np.nan] * 6, 2, 2, None, id="never_a_number"),
        pytest.param([4, 2, 3, 5, 2.5, 6], None, 6, 1, id="no_patience"),
    ],
)


@SCRIPTS
def test_early_stopping(student, rng, losses, patience, run, best):
    """Training ends after patience epochs in a row without a lower validation loss, and not before."""
    values = rng.uniform(0.5, 2.0) * np.array(losses)
    outputs = student.scripted.loose(
        val_losses=values, steps=2, epochs=len(losses), patience=patience, replace_data=False
    )
    assert_that(len(outputs["val_loss"]) == run, "training ended too early or too late")
    assert_close(outputs["val_loss"], values[:run], rtol=1e-12, label="val_loss")  # the same numbers
    assert_that(outputs["best_epoch"] == best, "best_epoch is not the first epoch with the lowest validation loss")


@SCRIPTS
@pytest.mark.parametrize("replace_data", [False, True], ids=["in_place", "new_array"])
def test_best_weights_are_restored(student, rng, losses, patience, run, best, replace_data):
    """The weights afterwards are those of the best epoch, whether or not training was stopped early."""
    values = rng.uniform(0.5, 2.0) * np.array(losses)
    outputs = student.scripted.loose(
        val_losses=values, steps=4, epochs=len(losses), patience=patience, replace_data=replace_data
    )
    epochs = run if best is None else best + 1  # without a best epoch the weights stay those of the last
    assert_close(outputs["weight"], np.array([4.0 * epochs]), rtol=0.0, label="weight")  # it counts steps


@pytest.mark.parametrize(
    ("scheduler", "scheduler_settings"),
    [
        pytest.param("ExponentialLR", {"gamma": 0.8}, id="ExponentialLR"),
        pytest.param("StepLR", {"step_size": 2, "gamma": 0.3}, id="StepLR"),
    ],
)
def test_learning_rate_decays_every_epoch(student, reference, rng, scheduler, scheduler_settings):
    """The schedule makes one step after each epoch; history.lr is the learning rate of the epoch's steps."""
    inputs = {
        "weights": network(rng, 3, 6, 2),
        "train": regression(rng, 16, [6, 6, 4]),
        "val": None,
        "loss": "MSELoss",
        "optimiser": "SGD",
        "optimiser_settings": {"lr": 0.1},
        "settings": {"epochs": 6},
        "scheduler": scheduler,
        "scheduler_settings": scheduler_settings,
    }
    outputs, expected = student.fitted(**inputs), reference.fitted(**inputs)
    # The rounding errors of 18 float64 steps; every known mistake differs by more than 1e-3.
    assert_close(outputs, expected, rtol=1e-7, atol=1e-9, names=(*WEIGHTS, "lr"))


def test_exponential_decay_table(student, rng):
    """ExponentialLR sets the learning rate to base_lr * gamma**t, from t = 0 on."""
    lr, gamma = float(rng.uniform(0.1, 1.0)), float(rng.uniform(0.7, 0.95))
    expected = lr * gamma ** np.arange(13)
    # float64 products, in one power or one after another
    assert_close(student.decayed(lr=lr, gamma=gamma, steps=12), {"lr": expected}, rtol=1e-12)


# --- tuning.py -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high"), [(1e-4, 1.0), (0.5, 32.0)], ids=["four_decades", "six_octaves"])
def test_log_uniform_draws(student, rng, low, high):
    """Every draw is between the bounds, and equal ratios are equally likely."""
    draws = student.log_uniform_draws(low=low, high=high, draws=3000, seed=whole(rng))["draws"]
    # exp(log(x)) differs from x by rounding only.
    assert_that(np.all((draws >= low * (1 - 1e-9)) & (draws <= high * (1 + 1e-9))), "a draw is outside the bounds")
    counts, _ = np.histogram(np.log(draws), bins=np.linspace(np.log(low * 0.999), np.log(high * 1.001), 5))
    # 750 of 3000 in each quarter, with a deviation of 24: 150 is six deviations.
    assert_that(np.all(np.abs(counts - 750) < 150), "small and large numbers are not equally likely on a log scale")


@pytest.mark.parametrize("diverged", [False, True], ids=["numbers", "some_not_a_number"])
def test_random_search_sorts_the_trials(student, rng, diverged):
    """Every trial is returned once, from the lowest score to the highest, NaN last; an unknown rule raises."""
    scores = rng.permutation(np.linspace(-1.0, 2.0, 12)) + 0.01 * rng.random()
    if diverged:
        scores[[0, 4, 9]] = np.nan
    outputs = student.searched(space={"lr": ["log_uniform", 1e-3, 1.0]}, scores=scores, seed=whole(rng))
    assert_close(outputs["calls"], 12, rtol=0.0, label="calls of the objective")  # a count
    assert_close(outputs["score"], np.sort(scores), rtol=1e-12, label="score")  # np.sort puts nan last as well
    found = np.array(outputs["trial"])
    known = found.dtype.kind in "iu" and np.all(found >= 0)
    assert_that(known, "a trial has settings that the objective was never called with")
    assert_close(np.sort(found), np.arange(12), rtol=0.0, label="numbers of the trials, sorted")  # integers
    assert_close(scores[found], np.sort(scores), rtol=1e-12, label="scores of the returned settings")
    unknown = {"space": {"lr": ["gamma", [1.0, 2.0]]}, "trials": 1, "seed": whole(rng)}
    raised = student.refused(module="tuning", function="random_search", arguments=unknown)["raised"]
    assert_that(raised == "ValueError", "a rule that does not exist did not raise ValueError")


def test_random_search_draws_from_the_space(student, rng):
    """Each name is drawn by its rule, again for each trial and independently of the other names."""
    trials = 400
    space = {
        "momentum": ["uniform", 0.2, 0.8],
        "decay": ["uniform", 0.2, 0.8],
        "lr": ["log_uniform", 1e-6, 1e-2],
        "hidden": ["integers", 3, 7],
        "activation": ["choice", ["relu", "tanh", "sigmoid"]],
    }
    outputs = student.searched(space=space, scores=rng.standard_normal(trials), seed=whole(rng))
    momentum, decay, lr = (np.array(outputs[name]) for name in ("momentum", "decay", "lr"))
    assert_that(np.all((momentum >= 0.2) & (momentum <= 0.8)), "a uniform value is outside its bounds")
    # The mean is 0.5, with a deviation of 0.0087: 0.06 is more than six deviations.
    assert_that(abs(momentum.mean() - 0.5) < 0.06, "uniform values are not uniform")
    # Half of the learning rates are below 1e-4, with a deviation of 2.5 %: 16 % is more than six deviations.
    assert_that(abs(np.mean(lr < 1e-4) - 0.5) < 0.16, "log_uniform values are not uniform in their logarithm")
    # The correlation of 400 independent pairs is 0, with a deviation of 0.05: 0.33 is more than six deviations.
    assert_that(abs(np.corrcoef(momentum, decay)[0, 1]) < 0.33, "two names have values that depend on each other")
    # The probability that one of five values is missing from 400 draws is 1e-38.
    assert_that(set(outputs["hidden"]) == {3, 4, 5, 6, 7}, "integers are not exactly those from low to high")
    assert_that(set(outputs["activation"]) == {"relu", "tanh", "sigmoid"}, "choice does not draw from its values")


@pytest.mark.parametrize(("models", "shape"), [(5, (8,)), (9, (6, 3))], ids=["one_output", "three_outputs"])
def test_bias_and_variance(student, rng, models, shape):
    """Squared bias and variance are means over points and outputs, and their sum is the mean squared error."""
    target = rng.standard_normal(shape)
    predictions = target + 0.7 + rng.standard_normal((models, *shape)) * np.linspace(0.5, 2.0, shape[-1])
    mean = sum(predictions) / models
    expected = {
        "bias": np.sum((mean - target) ** 2) / target.size,
        "variance": np.sum((predictions - mean) ** 2) / predictions.size,
    }
    outputs = student.decomposed(predictions=predictions, target=target)
    assert_close(outputs, expected, **EXACT)
    error = np.mean((predictions - target) ** 2)
    assert_close(outputs["bias"] + outputs["variance"], error, **EXACT, label="squared bias plus variance")


@pytest.mark.parametrize("what", ["split", "k_fold", "stratified", "loader", "init", "search"])
def test_random_choices_come_from_the_generator(student, rng, what):
    """Equal generators give equal choices, and numpy's and Python's global generators are neither used nor seeded."""
    outputs = student.random_choices(what=what, seed=whole(rng))
    assert_that(outputs["same"], "two calls with equal generators make different choices")
    assert_that(outputs["global_untouched"], "the global random state is changed")


@pytest.mark.parametrize("what", ["loader", "init"])
def test_without_a_generator_choices_differ(student, rng, what):
    """Without a generator, two loaders have different orders and two layers have different initial weights."""
    if what == "loader":
        x, y = rows(rng, 40)
        found = [student.batches.loose(x=x, y=y, settings={"shuffle": True})["y"][0] for _ in range(2)]
        one_axis = all(part.ndim == 1 for of_y in found for part in of_y)
        assert_that(one_axis, "the labels of a batch do not have one axis")
        one, other = (np.concatenate(of_y) for of_y in found)
    else:
        functions = {"function": "kaiming_normal_", "shape": [6, 5], "settings": {}, "seed": None}
        one, other = (student.drawn(**functions)["weight"] for _ in range(2))
    # Equal by chance: once in 40!, or never.
    assert_that(not np.array_equal(one, other), "two calls without a generator make the same random choices")
