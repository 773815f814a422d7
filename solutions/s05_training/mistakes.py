"""Wrong training code that students write, the tests that each piece exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

VECTORISED = "scratch/vectorised.py"
DATA = "scratch/data.py"
INIT = "scratch/init.py"
TRAINING = "scratch/training.py"
TUNING = "scratch/tuning.py"

# the reference's lines that several mistakes change
SOFTMAX_POWERS = (
    "exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))  # every slice by its own largest entry"
)
SOFTMAX_RATIO = "return exponentials / exponentials.sum(axis=-1, keepdims=True)"
CONFUSION = (
    "np.add.at(counts, (target, predicted), 1)  # counts[target, predicted] += 1 would count a repeated pair once"
)
MOVING = "return np.lib.stride_tricks.sliding_window_view(x, window).mean(axis=-1)"
STD = "self.std = np.where(constant, 1.0, x.std(axis=0))"
TRANSFORM = "return (x - self.mean) / self.std"
SPLIT_PARTS = "return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]"
FOLD_ORDER = "order = np.arange(n) if rng is None else rng.permutation(n)"
OTHERS = "(np.concatenate([other for j, other in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)"
FOLD_FIT = "standardizer = Standardizer().fit(x[train])"
LOADER_ORDER = "order = self.rng.permutation(n) if self.shuffle else np.arange(n)"
LOADER_ROWS = "rows = order[number * self.batch_size : (number + 1) * self.batch_size]"
LOADER_YIELD = "yield tuple(array[rows] for array in self.dataset)"
LOADER_LEN = "return full + (rest > 0 and not self.drop_last)"
FANS = "return shape[1] * kernel, shape[0] * kernel"
XAVIER = "return gain * math.sqrt(2.0 / (fan_in + fan_out))"
KAIMING = "return calculate_gain(nonlinearity, a) / math.sqrt(fan)"
UNIFORM_FILL = "param.data[...] = generator.uniform(-bound, bound, param.data.shape)  # in place: the dtype stays"
NORMAL_FILL = "param.data[...] = generator.normal(0.0, std, param.data.shape)"
EVALUATE_SUM = "        total += criterion.forward(model(x), y) * len(x)\n        samples += len(x)\n"
TRAIN_SUM = "        total += loss * len(x)\n        samples += len(x)\n"
TRAIN_MODE = "    model.train()\n    total, samples"
BETTER = "if history.val_loss[-1] < best_loss:  # False for nan"
KEEP = "best_weights = [param.data.copy() for param in model.parameters()]  # optimisers write in place"
PATIENCE = "if patience is not None and epoch - best_or_start >= patience:\n                break"
RESTORE = "            param.data = weights\n"
SCHEDULE = "        if scheduler is not None:\n            scheduler.step()\n"
LOG_UNIFORM = "return float(np.exp(rng.uniform(math.log(low), math.log(high))))"
DRAW_ALL = "        settings = {name: _draw(rule, rng) for name, rule in space.items()}\n"
SORTED = "return sorted(found, key=lambda trial: (math.isnan(trial.score), trial.score))"

MISTAKES = [
    # --- vectorised.py ---
    Mistake(
        name="distances_in_loops",
        hint="There are two Python loops over points: each pass of the inner loop costs a microsecond or more.",
        catches=("test_pairwise_distances_in_time",),
        changes=(redefine(VECTORISED, "pairwise_distances = pairwise_distances_in_loops"),),
        source="student-bugs 89",
    ),
    Mistake(
        name="squared_distances",
        hint="These are squared distances: the root is missing.",
        catches=("test_pairwise_distances",),
        changes=(
            edit(VECTORISED, "return np.sqrt((differences**2).sum(axis=-1))", "return (differences**2).sum(axis=-1)"),
        ),
    ),
    Mistake(
        name="distances_summed_over_the_wrong_axis",
        hint="The squares are summed over points: which axis of the differences holds the features?",
        catches=("test_pairwise_distances",),
        changes=(
            edit(
                VECTORISED,
                "return np.sqrt((differences**2).sum(axis=-1))",
                "return np.sqrt((differences.transpose(0, 2, 1) ** 2).sum(axis=-1))",
            ),
        ),
    ),
    Mistake(
        name="root_of_a_negative_square",
        hint="|a|^2 + |b|^2 - 2ab of equal points can be slightly below 0 after rounding, and its root is nan.",
        catches=("test_pairwise_distances_of_equal_points",),
        changes=(
            redefine(
                VECTORISED,
                """
def pairwise_distances(x, y):
    with np.errstate(invalid="ignore"):
        return np.sqrt((x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2.0 * x @ y.T)
""",
            ),
        ),
    ),
    Mistake(
        name="softmax_in_loops",
        hint="There is a Python loop over rows: numpy can compute the maximum and the sum of all rows at once.",
        catches=("test_softmax_in_time",),
        changes=(
            redefine(
                VECTORISED,
                """
def softmax(logits, temperature=1.0):
    rows = logits.reshape(-1, logits.shape[-1]) / temperature
    result = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        powers = np.exp(row - row.max())
        result[i] = powers / powers.sum()
    return result.reshape(logits.shape)
""",
            ),
        ),
    ),
    Mistake(
        name="softmax_without_shift",
        hint="exp of a large logit overflows: subtract the largest logit of each row first.",
        catches=("test_softmax_of_large_logits",),
        changes=(
            edit(VECTORISED, SOFTMAX_POWERS, 'with np.errstate(all="ignore"):\n        exponentials = np.exp(scaled)'),
        ),
        source="student-bugs 19",
    ),
    Mistake(
        name="softmax_shift_of_the_batch",
        hint="The largest logit of the whole array is subtracted: rows with much smaller logits become 0 / 0.",
        catches=("test_softmax_of_large_logits",),
        changes=(
            edit(
                VECTORISED,
                SOFTMAX_POWERS + "\n    " + SOFTMAX_RATIO,
                "exponentials = np.exp(scaled - scaled.max())\n"
                '    with np.errstate(all="ignore"):\n'
                "        return exponentials / exponentials.sum(axis=-1, keepdims=True)",
            ),
        ),
        source="student-bugs 20",
    ),
    Mistake(
        name="softmax_over_axis_0",
        hint="The probabilities of each column sum to 1: the classes are the last axis.",
        catches=("test_softmax",),
        changes=(
            edit(VECTORISED, SOFTMAX_RATIO, "return exponentials / exponentials.sum(axis=0, keepdims=True)"),
            edit(
                VECTORISED,
                "scaled.max(axis=-1, keepdims=True))  # every",
                "scaled.max(axis=0, keepdims=True))  # every",
            ),
        ),
        source="student-bugs 22",
    ),
    Mistake(
        name="temperature_multiplies",
        hint="The logits are multiplied by the temperature: a high temperature should make the probabilities more "
        "equal.",
        catches=("test_softmax",),
        changes=(edit(VECTORISED, "scaled = logits / temperature\n    exp", "scaled = logits * temperature\n    exp"),),
    ),
    Mistake(
        name="confusion_in_loops",
        hint="There is a Python loop over samples: count all pairs of a true and a predicted class in one call.",
        catches=("test_confusion_matrix_in_time",),
        changes=(redefine(VECTORISED, "confusion_matrix = confusion_matrix_in_loops"),),
    ),
    Mistake(
        name="confusion_counts_repeats_once",
        hint="counts[target, predicted] += 1 counts each repeated pair once: numpy reads all entries before it writes.",
        catches=("test_confusion_matrix",),
        changes=(edit(VECTORISED, CONFUSION, "counts[target, predicted] += 1"),),
        source="student-bugs 97",
    ),
    Mistake(
        name="confusion_transposed",
        hint="Rows and columns are exchanged: the true class is the row.",
        catches=("test_confusion_matrix",),
        changes=(edit(VECTORISED, CONFUSION, "np.add.at(counts, (predicted, target), 1)"),),
    ),
    Mistake(
        name="confusion_of_the_classes_seen",
        hint="The matrix has only the classes that occur; it should have all classes.",
        catches=("test_confusion_matrix",),
        changes=(
            redefine(
                VECTORISED,
                """
def confusion_matrix(target, predicted, classes):
    seen = max(target.max(), predicted.max()) + 1
    return np.bincount(target * seen + predicted, minlength=seen**2).reshape(seen, seen)
""",
            ),
        ),
    ),
    Mistake(
        name="averages_in_loops",
        hint="There is a Python loop over time steps: the sum of a window is the difference of two running sums.",
        catches=("test_moving_average_in_time",),
        changes=(redefine(VECTORISED, "moving_average = moving_average_in_loops"),),
    ),
    Mistake(
        name="averages_of_partial_windows",
        hint='The series is padded: mode "same" gives windows that are not full at both ends.',
        catches=("test_moving_average",),
        changes=(edit(VECTORISED, MOVING, 'return np.convolve(x, np.full(window, 1.0 / window), mode="same")'),),
    ),
    Mistake(
        name="averages_without_the_first_window",
        hint="The first window is missing: the running sum needs a 0 before its first value.",
        catches=("test_moving_average",),
        changes=(
            edit(VECTORISED, MOVING, "sums = np.cumsum(x)\n    return (sums[window:] - sums[:-window]) / window"),
        ),
    ),
    # --- data.py ---
    Mistake(
        name="standardizer_learns_from_what_it_transforms",
        hint="transform uses mean and deviation of its own input: it should use those that fit computed.",
        catches=("test_transform_learns_nothing",),
        changes=(edit(DATA, TRANSFORM, "self.fit(x)\n        return (x - self.mean) / self.std"),),
    ),
    Mistake(
        name="standardizer_scales_by_n_minus_1",
        hint="The variance is divided by N - 1: here it should be divided by N.",
        catches=("test_standardizer_uses_the_training_data",),
        changes=(edit(DATA, STD, "self.std = np.where(constant, 1.0, x.std(axis=0, ddof=1))"),),
        source="student-bugs 54",
    ),
    Mistake(
        name="standardizer_over_all_features",
        hint="All features have one common mean and deviation: each feature should have its own.",
        catches=("test_standardizer_with_constant_features",),
        changes=(
            edit(DATA, "self.mean = x.mean(axis=0)", "self.mean = np.full(x.shape[1], x.mean())"),
            edit(DATA, STD, "self.std = np.full(x.shape[1], x.std())"),
        ),
    ),
    Mistake(
        name="standardizer_divides_by_zero",
        hint="A feature whose values are all equal is divided by a deviation of 0.",
        catches=("test_standardizer_with_constant_features",),
        changes=(
            edit(DATA, STD, "self.std = x.std(axis=0)"),
            edit(DATA, TRANSFORM, 'with np.errstate(all="ignore"):\n            return (x - self.mean) / self.std'),
        ),
    ),
    Mistake(
        name="standardizer_trusts_the_deviation",
        hint="The deviation of equal values can be 1e-17 instead of 0 after rounding: compare the values themselves.",
        catches=("test_standardizer_with_constant_features",),
        changes=(edit(DATA, "constant = x.max(axis=0) == x.min(axis=0)", "constant = x.std(axis=0) == 0.0"),),
    ),
    Mistake(
        name="standardizer_adds_eps",
        hint="A constant feature is divided by a tiny eps: it should not be scaled at all.",
        catches=("test_standardizer_with_constant_features",),
        changes=(edit(DATA, STD, "self.std = x.std(axis=0) + 1e-8"),),
    ),
    Mistake(
        name="standardizer_divides_by_the_variance",
        hint="The features are divided by their variances: the root is missing.",
        catches=("test_standardizer_uses_the_training_data",),
        changes=(edit(DATA, STD, "self.std = np.where(constant, 1.0, x.var(axis=0))"),),
    ),
    Mistake(
        name="standardizer_keeps_the_first_fit",
        hint="A second fit changes nothing: it should forget the first.",
        catches=("test_fit_forgets_the_earlier_fit",),
        changes=(
            edit(
                DATA,
                "        self.mean = x.mean(axis=0)\n",
                '        if hasattr(self, "mean"):\n            return self\n        self.mean = x.mean(axis=0)\n',
            ),
        ),
    ),
    Mistake(
        name="inverse_in_the_wrong_order",
        hint="The inverse shifts before it scales: it must undo the last step first.",
        catches=("test_standardizer_can_be_inverted",),
        changes=(edit(DATA, "return x * self.std + self.mean", "return (x + self.mean) * self.std"),),
    ),
    Mistake(
        name="split_in_order",
        hint="The rows are split in their given order: if a data set is sorted by class, some parts lack classes.",
        catches=("test_split_is_random",),
        changes=(edit(DATA, "order = rng.permutation(n)\n    n_val", "order = np.arange(n)\n    n_val"),),
    ),
    Mistake(
        name="split_with_replacement",
        hint="Rows are drawn with replacement: some occur twice and others never.",
        catches=("test_split_partitions_the_rows",),
        changes=(edit(DATA, "order = rng.permutation(n)\n    n_val", "order = rng.integers(0, n, n)\n    n_val"),),
    ),
    Mistake(
        name="split_parts_overlap",
        hint="The training part is taken from all rows, also from those for validation and test.",
        catches=("test_split_partitions_the_rows", "test_split_is_random"),
        changes=(edit(DATA, SPLIT_PARTS, "return order, order[:n_val], order[n_val : n_val + n_test]"),),
    ),
    Mistake(
        name="test_fraction_of_what_is_left",
        hint="The test part is a fraction of the rows that remain after validation: it should be a fraction of all "
        "rows.",
        catches=("test_split_partitions_the_rows",),
        changes=(
            edit(
                DATA,
                "round(n * val_fraction), round(n * test_fraction)",
                "round(n * val_fraction), round((n - round(n * val_fraction)) * test_fraction)",
            ),
        ),
    ),
    Mistake(
        name="split_seeds_numpy",
        hint="np.random.seed and np.random.shuffle change the random state of the whole program: use the argument rng.",
        catches=("test_random_choices_come_from_the_generator",),
        changes=(
            edit(
                DATA,
                "order = rng.permutation(n)\n    n_val",
                "np.random.seed(int(rng.integers(2**31)))\n    order = np.random.permutation(n)\n    n_val",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="k_fold_drops_the_rest",
        hint="Every fold has n // k rows, and the remaining rows are never used for validation.",
        catches=("test_k_fold_partitions_the_rows",),
        changes=(
            edit(
                DATA,
                "return _folds(np.array_split(order, k))",
                "size = n // k\n"
                "    return [\n"
                "        (np.setdiff1d(order, order[i * size : (i + 1) * size]), order[i * size : (i + 1) * size])\n"
                "        for i in range(k)\n"
                "    ]",
            ),
        ),
    ),
    Mistake(
        name="rest_goes_to_the_last_fold",
        hint="The last fold has all the remaining rows: give at most one of them to each fold.",
        catches=("test_k_fold_partitions_the_rows",),
        changes=(
            edit(
                DATA,
                "return _folds(np.array_split(order, k))",
                "return _folds(np.split(order, [n // k * i for i in range(1, k)]))",
            ),
        ),
    ),
    Mistake(
        name="k_fold_ignores_the_generator",
        hint="The folds are blocks of neighbouring rows although a generator was given.",
        catches=("test_k_fold_in_order_and_shuffled",),
        changes=(edit(DATA, FOLD_ORDER, "order = np.arange(n)"),),
    ),
    Mistake(
        name="validation_rows_in_training",
        hint="The training indices of a fold also contain its validation rows.",
        catches=("test_k_fold_partitions_the_rows",),
        changes=(edit(DATA, OTHERS, "(np.concatenate(list(parts)), part) for part in parts"),),
    ),
    Mistake(
        name="stratified_is_plain",
        hint="The folds are drawn without using the classes.",
        catches=("test_stratified_k_fold_keeps_the_shares",),
        changes=(
            redefine(
                DATA,
                """
_refusing = stratified_k_fold


def stratified_k_fold(y, k, rng):
    _refusing(y, k, np.random.default_rng(0))
    return k_fold(len(y), k, rng)
""",
            ),
        ),
    ),
    Mistake(
        name="stratified_by_sorting",
        hint="The sorted labels are given to the folds in turn, so nothing is random: shuffle within each class.",
        catches=("test_stratified_k_fold_is_random",),
        changes=(edit(DATA, "rng.permutation(np.flatnonzero(y == label))", "np.flatnonzero(y == label)"),),
    ),
    Mistake(
        name="stratified_labels_as_positions",
        hint="The classes are expected to be 0, 1, 2, ...: labels may be any integers.",
        catches=("test_stratified_k_fold_is_random",),
        changes=(edit(DATA, "for label in classes:", "for label in range(len(classes)):"),),
    ),
    Mistake(
        name="impossible_folds_are_made",
        hint="More folds than rows give empty validation parts: refuse them with ValueError.",
        catches=("test_impossible_folds_are_refused",),
        changes=(
            edit(DATA, "if not 2 <= k <= n:", "if k < 1:"),
            edit(DATA, "if k < 2 or counts.min() < k:", "if k < 1:"),
        ),
    ),
    Mistake(
        name="standardised_before_the_folds",
        hint=(
            "The features are standardised on all rows before the folds are made: training then uses the validation "
            "rows."
        ),
        catches=("test_cross_validation_does_not_leak",),
        changes=(edit(DATA, FOLD_FIT, "standardizer = Standardizer().fit(x)"),),
    ),
    Mistake(
        name="validation_standardised_by_itself",
        hint="The validation rows are standardised by their own mean and deviation, not by those of the training rows.",
        catches=("test_cross_validation_does_not_leak",),
        changes=(
            edit(
                DATA,
                "y[train], standardizer.transform(x[val]), y[val])",
                "y[train], Standardizer().fit(x[val]).transform(x[val]), y[val])",
            ),
        ),
    ),
    Mistake(
        name="loader_loses_the_last_batch",
        hint="The last, smaller batch is missing: some rows are never used for training.",
        catches=("test_unshuffled_batches_are_in_order", "test_batches_have_their_sizes"),
        changes=(edit(DATA, LOADER_LEN, "return full"),),
    ),
    Mistake(
        name="loader_len_counts_an_empty_batch",
        hint="The length is always one more than the number of full batches: if the rows fill them exactly, the last "
        "is empty.",
        catches=("test_batches_have_their_sizes",),
        changes=(edit(DATA, LOADER_LEN, "return full + (not self.drop_last)"),),
    ),
    Mistake(
        name="loader_ignores_drop_last",
        hint="With drop_last the smaller last batch is still there.",
        catches=("test_batches_have_their_sizes",),
        changes=(edit(DATA, LOADER_LEN, "return full + (rest > 0)"),),
    ),
    Mistake(
        name="loader_shuffles_arrays_apart",
        hint="Features and labels are shuffled in different orders: use the same order for all arrays.",
        catches=("test_every_row_comes_once_with_its_label",),
        changes=(
            edit(
                DATA,
                LOADER_YIELD,
                "again = self.rng.permutation(n)[number * self.batch_size : (number + 1) * self.batch_size]\n"
                "            first, *others = self.dataset\n"
                "            yield (first[rows], *(array[again if self.shuffle else rows] for array in others))",
            ),
        ),
    ),
    Mistake(
        name="loader_shuffles_once",
        hint="The order is drawn once, when the loader is made: every iteration should have a new one.",
        catches=("test_every_iteration_is_shuffled_anew",),
        changes=(
            edit(
                DATA,
                "        self.drop_last = drop_last\n        self.rng =",
                "        self.drop_last = drop_last\n        self.order = None\n        self.rng =",
            ),
            edit(
                DATA,
                LOADER_ORDER,
                "if self.order is None:\n"
                "            self.order = self.rng.permutation(n) if self.shuffle else np.arange(n)\n"
                "        order = self.order",
            ),
        ),
    ),
    Mistake(
        name="loader_draws_batches",
        hint="Each batch is drawn from all rows again: in one iteration some rows occur twice and others never.",
        catches=("test_every_row_comes_once_with_its_label",),
        changes=(
            edit(
                DATA,
                LOADER_ROWS,
                LOADER_ROWS + "\n            rows = self.rng.integers(0, n, len(rows)) if self.shuffle else rows",
            ),
        ),
    ),
    Mistake(
        name="loader_shuffles_only_batches",
        hint="The order of the batches is random, but each contains the same neighbouring rows every time.",
        catches=("test_every_iteration_is_shuffled_anew",),
        changes=(
            edit(
                DATA,
                LOADER_ORDER,
                "blocks = [np.arange(i, min(i + self.batch_size, n)) for i in range(0, n, self.batch_size)]\n"
                "        picked = self.rng.permutation(len(blocks)) if self.shuffle else np.arange(len(blocks))\n"
                "        order = np.concatenate([blocks[i] for i in sorted(picked, key=lambda i: len(blocks[i]) "
                "< self.batch_size)])",
            ),
        ),
    ),
    Mistake(
        name="loader_is_its_own_iterator",
        hint="The position is stored in the loader itself, so two iterations of one loader disturb each other.",
        catches=("test_unshuffled_batches_are_in_order",),
        changes=(
            edit(
                DATA,
                "        order = self.rng.permutation(n) if self.shuffle else np.arange(n)\n",
                (
                    "        self.order = self.rng.permutation(n) if self.shuffle else np.arange(n)\n"
                    "        self.start = 0\n"
                ),
            ),
            edit(
                DATA,
                "        for number in range(len(self)):\n",
                "        while self.start + (self.batch_size if self.drop_last else 1) <= n:\n",
            ),
            edit(
                DATA,
                LOADER_ROWS,
                (
                    "rows = self.order[self.start : self.start + self.batch_size]\n"
                    "            self.start += self.batch_size"
                ),
            ),
        ),
    ),
    Mistake(
        name="loader_has_a_fixed_seed",
        hint="Without a generator every loader shuffles in the same order: the default generator has a fixed seed.",
        catches=("test_without_a_generator_choices_differ",),
        changes=(
            edit(
                DATA,
                "self.rng = np.random.default_rng() if rng is None else rng",
                "self.rng = np.random.default_rng(42) if rng is None else rng",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="loader_takes_anything",
        hint="Arrays of different lengths, or a batch size of 0, are accepted.",
        catches=("test_impossible_loaders_are_refused",),
        changes=(
            edit(DATA, "if len({len(array) for array in dataset}) != 1:", "if not dataset:"),
            edit(DATA, "if batch_size < 1:", "if batch_size < 0:"),
        ),
    ),
    # --- init.py ---
    Mistake(
        name="fans_exchanged",
        hint="Fan in and fan out are exchanged: a weight has the shape (out, in).",
        catches=("test_fans",),
        changes=(edit(INIT, FANS, "return shape[0] * kernel, shape[1] * kernel"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="fans_without_the_kernel",
        hint="The size of the kernel is ignored: each fan of a convolution is a number of channels times that size.",
        catches=("test_fans",),
        changes=(edit(INIT, FANS, "return shape[1], shape[0]"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="gain_as_a_variance",
        hint="The gain is 2 where it should be its root: it multiplies the standard deviation, not the variance.",
        catches=("test_gains", "test_signal_through_twenty_layers"),
        changes=(
            edit(INIT, '"relu": math.sqrt(2.0),', '"relu": 2.0,'),
            edit(INIT, '"leaky_relu": math.sqrt(2.0 / (1.0 + a**2)),', '"leaky_relu": 2.0 / (1.0 + a**2),'),
        ),
        source="student-bugs 123",
    ),
    Mistake(
        name="leaky_slope_is_not_squared",
        hint="The slope of the leaky ReLU is not squared: the gain contains its square.",
        catches=("test_gains",),
        changes=(
            edit(INIT, '"leaky_relu": math.sqrt(2.0 / (1.0 + a**2)),', '"leaky_relu": math.sqrt(2.0 / (1.0 + a)),'),
        ),
    ),
    Mistake(
        name="uniform_bound_without_root_3",
        hint="The bound is the standard deviation: a uniform distribution on (-b, b) has the deviation b / sqrt(3).",
        catches=("test_distribution_of_initial_weights",),
        changes=(edit(INIT, "bound = math.sqrt(3.0) * std", "bound = std"),),
    ),
    Mistake(
        name="xavier_with_fan_in_only",
        hint="Xavier uses the mean of fan in and fan out; this uses fan in alone.",
        catches=("test_variance_of_initial_weights",),
        changes=(edit(INIT, XAVIER, "return gain * math.sqrt(1.0 / fan_in)"),),
    ),
    Mistake(
        name="normal_with_the_variance_as_scale",
        hint="A normal distribution's scale is its standard deviation; this is the variance.",
        catches=("test_variance_of_initial_weights",),
        changes=(edit(INIT, NORMAL_FILL, "param.data[...] = generator.normal(0.0, std**2, param.data.shape)"),),
    ),
    Mistake(
        name="kaiming_ignores_the_mode",
        hint='mode="fan_out" has no effect.',
        catches=("test_variance_of_initial_weights",),
        changes=(edit(INIT, 'fan = {"fan_in": fan_in, "fan_out": fan_out}[mode]', "fan = fan_in"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="kaiming_without_gain",
        hint="The gain of the activation is missing: ReLU halves the variance, and the gain should correct that.",
        catches=("test_variance_of_initial_weights",),
        changes=(edit(INIT, KAIMING, "return 1.0 / math.sqrt(fan)"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="normal_is_uniform",
        hint="The normal functions draw from a uniform distribution: the variance is right, the distribution is not.",
        catches=("test_distribution_of_initial_weights",),
        changes=(
            edit(
                INIT,
                NORMAL_FILL,
                "param.data[...] = generator.uniform(-math.sqrt(3.0) * std, math.sqrt(3.0) * std, param.data.shape)",
            ),
        ),
    ),
    Mistake(
        name="weights_become_float64",
        hint="data is replaced by a float64 array: its dtype should not change.",
        catches=("test_initial_weights_keep_their_dtype",),
        changes=(
            edit(INIT, UNIFORM_FILL, "param.data = generator.uniform(-bound, bound, param.data.shape)"),
            edit(INIT, NORMAL_FILL, "param.data = generator.normal(0.0, std, param.data.shape)"),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="weights_seed_numpy",
        hint="Weights are drawn from np.random, not from the given generator.",
        catches=("test_random_choices_come_from_the_generator",),
        changes=(edit(INIT, NORMAL_FILL, "param.data[...] = np.random.normal(0.0, std, param.data.shape)"),),
        source="student-bugs 76",
    ),
    # --- training.py ---
    Mistake(
        name="evaluate_averages_batches",
        hint="The mean of the batches' losses gives a small last batch the same weight as a full one.",
        catches=("test_evaluate_counts_samples_not_batches",),
        changes=(
            edit(
                TRAINING,
                EVALUATE_SUM,
                "        total += criterion.forward(model(x), y)\n        samples += 1\n",
            ),
        ),
        source="student-bugs 106",
    ),
    Mistake(
        name="evaluate_in_training_mode",
        hint="The model is in training mode in evaluate: dropout and batch normalisation would still be active.",
        catches=("test_evaluate_uses_and_restores_the_mode", "test_fit_trains_and_validates_in_the_right_mode"),
        changes=(
            edit(
                TRAINING,
                "    model.eval()\n    total, samples = 0.0, 0\n    for x, y in loader:\n        total += crit",
                "    total, samples = 0.0, 0\n    for x, y in loader:\n        total += crit",
            ),
        ),
    ),
    Mistake(
        name="evaluate_leaves_evaluation_mode",
        hint="The model stays in evaluation mode after evaluate.",
        catches=("test_evaluate_uses_and_restores_the_mode",),
        changes=(
            edit(
                TRAINING,
                (
                    "    model.train(was_training)\n    return total / samples\n"
                    '    # STUB: raise NotImplementedError("evaluate")'
                ),
                '    return total / samples\n    # STUB: raise NotImplementedError("evaluate")',
            ),
        ),
        source="student-bugs 125",
    ),
    Mistake(
        name="evaluate_always_ends_in_training_mode",
        hint="The model is in training mode after evaluate, even if it was not before.",
        catches=("test_evaluate_uses_and_restores_the_mode",),
        changes=(
            edit(
                TRAINING,
                (
                    "    model.train(was_training)\n    return total / samples\n"
                    '    # STUB: raise NotImplementedError("evaluate")'
                ),
                '    model.train()\n    return total / samples\n    # STUB: raise NotImplementedError("evaluate")',
            ),
        ),
    ),
    Mistake(
        name="mode_of_the_outermost_module_only",
        hint="Only the model's own attribute training is set: its layers keep their mode. Call eval().",
        catches=("test_evaluate_uses_and_restores_the_mode", "test_fit_trains_and_validates_in_the_right_mode"),
        changes=(
            edit(
                TRAINING,
                "    model.eval()\n    total, samples = 0.0, 0\n    for x, y in loader:\n        total += crit",
                (
                    "    model.training = False\n    total, samples = 0.0, 0\n    for x, y in loader:\n"
                    "        total += crit"
                ),
            ),
        ),
        source="student-bugs 66",
    ),
    Mistake(
        name="accuracy_averages_batches",
        hint="The mean of the batches' accuracies gives a small last batch the same weight as a full one.",
        catches=("test_accuracy_counts_samples_not_batches",),
        changes=(
            edit(
                TRAINING,
                "        right += int((model(x).argmax(axis=1) == y).sum())\n        samples += len(y)\n",
                "        right += float((model(x).argmax(axis=1) == y).mean())\n        samples += 1\n",
            ),
        ),
        source="student-bugs 106",
    ),
    Mistake(
        name="accuracy_in_training_mode",
        hint="The model is in training mode in accuracy: dropout and batch normalisation would still be active.",
        catches=("test_accuracy_counts_samples_not_batches",),
        changes=(edit(TRAINING, "    model.eval()\n    right, samples = 0, 0\n", "    right, samples = 0, 0\n"),),
        source="own",
    ),
    Mistake(
        name="gradients_are_never_cleared",
        hint="The gradients of earlier batches are never removed: they add up from step to step.",
        catches=("test_fit_makes_the_steps",),
        changes=(edit(TRAINING, "        optimiser.zero_grad()\n", ""),),
        source="student-bugs 15",
    ),
    Mistake(
        name="one_step_an_epoch",
        hint="There is one step for each epoch, after the last batch; there should be one after each batch.",
        catches=("test_fit_makes_the_steps",),
        changes=(
            edit(TRAINING, "        optimiser.step()\n        total += loss", "        total += loss"),
            edit(
                TRAINING,
                "        samples += len(x)\n    return total / samples\n\n\n# STUB: # One",
                "        samples += len(x)\n    optimiser.step()\n    return total / samples\n\n\n# STUB: # One",
            ),
        ),
    ),
    Mistake(
        name="fit_averages_batches",
        hint="train_loss is the mean of the batches' losses: a small last batch has the same weight as a full one.",
        catches=("test_training_loss_counts_samples_not_batches",),
        changes=(edit(TRAINING, TRAIN_SUM, "        total += loss\n        samples += 1\n"),),
        source="student-bugs 106",
    ),
    Mistake(
        name="training_mode_once",
        hint="fit never sets training mode: the model trains in the mode that it had before.",
        catches=("test_fit_trains_and_validates_in_the_right_mode",),
        changes=(edit(TRAINING, TRAIN_MODE, "    total, samples"),),
        source="student-bugs 125",
    ),
    Mistake(
        name="loss_of_the_last_batch",
        hint="train_loss is the loss of the last batch, not the mean over the epoch.",
        catches=("test_training_loss_counts_samples_not_batches",),
        changes=(edit(TRAINING, TRAIN_SUM, "        total, samples = loss, 1\n"),),
    ),
    Mistake(
        name="validation_loss_of_the_training_data",
        hint="val_loss is computed on the training data.",
        catches=("test_fit_trains_and_validates_in_the_right_mode",),
        changes=(
            edit(TRAINING, "evaluate(model, criterion, val_loader))", "evaluate(model, criterion, train_loader))"),
        ),
    ),
    Mistake(
        name="patience_counts_one_too_many",
        hint="Training continues for one epoch more than patience allows.",
        catches=("test_early_stopping",),
        changes=(edit(TRAINING, PATIENCE, PATIENCE.replace(">=", ">")),),
    ),
    Mistake(
        name="patience_is_never_renewed",
        hint="Epochs without improvement are counted over the whole training: set the count to 0 after an improvement.",
        catches=("test_early_stopping",),
        changes=(
            edit(
                TRAINING,
                "best_loss, best_weights = np.inf, None\n",
                "best_loss, best_weights, waited = np.inf, None, 0\n",
            ),
            edit(
                TRAINING,
                PATIENCE,
                "waited += history.best_epoch != epoch\n"
                "            if patience is not None and waited >= patience:\n                break",
            ),
        ),
    ),
    Mistake(
        name="compares_with_the_epoch_before",
        hint="The validation loss is compared with that of the previous epoch, not with the lowest so far.",
        catches=("test_early_stopping",),
        changes=(
            edit(
                TRAINING,
                BETTER,
                "if len(history.val_loss) < 2 or history.val_loss[-1] < history.val_loss[-2]:",
            ),
        ),
    ),
    Mistake(
        name="equal_counts_as_better",
        hint="An equal validation loss counts as an improvement: if the loss stays the same, training never stops "
        "early.",
        catches=("test_early_stopping",),
        changes=(edit(TRAINING, BETTER, "if history.val_loss[-1] <= best_loss:"),),
    ),
    Mistake(
        name="nan_is_never_beaten",
        hint="A first validation loss of nan stays the best: every comparison with nan is False.",
        catches=("test_early_stopping",),
        changes=(edit(TRAINING, BETTER, "if history.best_epoch is None or history.val_loss[-1] < best_loss:"),),
    ),
    Mistake(
        name="best_weights_are_not_copied",
        hint="The best weights are the same arrays that the optimiser continues to change: keep copies.",
        catches=("test_best_weights_are_restored",),
        changes=(edit(TRAINING, KEEP, "best_weights = [param.data for param in model.parameters()]"),),
        source="student-bugs 44",
    ),
    Mistake(
        name="last_weights_are_kept",
        hint="The model ends with the weights of the last epoch, not of the best one.",
        catches=("test_best_weights_are_restored",),
        changes=(edit(TRAINING, RESTORE, "            pass\n"),),
    ),
    Mistake(
        name="restored_only_after_stopping",
        hint="The best weights are restored only after early stopping, not after the last epoch.",
        catches=("test_best_weights_are_restored",),
        changes=(
            edit(
                TRAINING,
                "    if best_weights is not None:\n",
                "    if best_weights is not None and len(history.lr) < epochs:\n",
            ),
        ),
    ),
    Mistake(
        name="schedule_steps_every_batch",
        hint="The schedule makes a step after each batch: it should make one after each epoch.",
        catches=("test_learning_rate_decays_every_epoch",),
        changes=(
            edit(
                TRAINING,
                SCHEDULE,
                (
                    "        if scheduler is not None:\n            for _ in train_loader:\n"
                    "                scheduler.step()\n"
                ),
            ),
        ),
    ),
    Mistake(
        name="schedule_steps_before_the_epoch",
        hint="The schedule makes its step before the epoch: the first epoch does not use the first learning rate.",
        catches=("test_learning_rate_decays_every_epoch",),
        changes=(
            edit(TRAINING, SCHEDULE, ""),
            edit(
                TRAINING,
                "        history.lr.append(optimiser.lr)\n",
                (
                    "        if scheduler is not None:\n            scheduler.step()\n"
                    "        history.lr.append(optimiser.lr)\n"
                ),
            ),
        ),
        source="student-bugs 51",
    ),
    Mistake(
        name="lr_is_noted_after_the_step",
        hint="history.lr contains the learning rate of the next epoch: record it before the schedule's step.",
        catches=("test_learning_rate_decays_every_epoch",),
        changes=(
            edit(TRAINING, "        history.lr.append(optimiser.lr)\n", ""),
            edit(TRAINING, SCHEDULE, SCHEDULE + "        history.lr.append(optimiser.lr)\n"),
        ),
    ),
    Mistake(
        name="decay_multiplies_by_t",
        hint="The learning rate is base_lr * gamma * t: it should be multiplied by gamma once in each step.",
        catches=("test_learning_rate_decays_every_epoch", "test_exponential_decay_table"),
        changes=(
            edit(TRAINING, "return self.base_lr * self.gamma**t", "return self.base_lr * self.gamma * max(t, 1)"),
        ),
    ),
    # --- tuning.py ---
    Mistake(
        name="log_uniform_is_uniform",
        hint="The numbers are uniform: nearly all of them are close to the upper bound in size.",
        catches=("test_log_uniform_draws",),
        changes=(edit(TUNING, LOG_UNIFORM, "return float(rng.uniform(low, high))"),),
    ),
    Mistake(
        name="log_uniform_mixes_bases",
        hint="A natural logarithm is used as the exponent of 10: the logarithm and the power must have the same base.",
        catches=("test_log_uniform_draws",),
        changes=(edit(TUNING, LOG_UNIFORM, "return float(10 ** rng.uniform(math.log(low), math.log(high)))"),),
    ),
    Mistake(
        name="log_of_a_uniform_number",
        hint="The exponent is the logarithm of a uniform number, so the result is the uniform number itself.",
        catches=("test_log_uniform_draws",),
        changes=(edit(TUNING, LOG_UNIFORM, "return float(10 ** math.log10(rng.uniform(low, high)))"),),
    ),
    Mistake(
        name="search_sorts_downwards",
        hint="The highest score is first: scores are losses here, so the lowest should be first.",
        catches=("test_random_search_sorts_the_trials",),
        changes=(
            edit(TUNING, SORTED, "return sorted(found, key=lambda trial: (math.isnan(trial.score), -trial.score))"),
        ),
    ),
    Mistake(
        name="search_sorts_nan_anywhere",
        hint="A score of nan makes the order wrong: every comparison with nan is False.",
        catches=("test_random_search_sorts_the_trials",),
        changes=(edit(TUNING, SORTED, "return sorted(found, key=lambda trial: trial.score)"),),
    ),
    Mistake(
        name="search_tries_one_setting",
        hint="The settings are drawn once, before the loop: every trial has the same settings.",
        catches=("test_random_search_sorts_the_trials",),
        changes=(
            edit(
                TUNING,
                "    found = []\n    for _ in range(trials):\n" + DRAW_ALL,
                (
                    "    found = []\n    settings = {name: _draw(rule, rng) for name, rule in space.items()}\n"
                    "    for _ in range(trials):\n"
                ),
            ),
        ),
    ),
    Mistake(
        name="search_shares_one_draw",
        hint="All settings of a trial use the same random number: they depend on each other.",
        catches=("test_random_search_draws_from_the_space",),
        changes=(
            edit(
                TUNING,
                DRAW_ALL,
                "        seed = int(rng.integers(2**31))\n"
                "        settings = {name: _draw(rule, np.random.default_rng(seed)) for name, rule in space.items()}\n",
            ),
        ),
    ),
    Mistake(
        name="search_scores_the_wrong_settings",
        hint="Sorted scores are combined with settings in the order of the trials: each score needs its own settings.",
        catches=("test_random_search_sorts_the_trials",),
        changes=(
            edit(
                TUNING,
                SORTED,
                "scores = sorted((trial.score for trial in found), key=lambda score: (math.isnan(score), score))\n"
                "    return [Trial(trial.settings, score) for trial, score in zip(found, scores, strict=True)]",
            ),
        ),
    ),
    Mistake(
        name="integers_without_the_upper_end",
        hint="The highest integer is never drawn: by default rng.integers does not include its upper end.",
        catches=("test_random_search_draws_from_the_space",),
        changes=(edit(TUNING, "rng.integers(*of_kind, endpoint=True)", "rng.integers(*of_kind)"),),
    ),
    Mistake(
        name="variance_around_the_target",
        hint="The variance is computed around the target: it should be around the mean prediction of the models.",
        catches=("test_bias_and_variance",),
        changes=(
            edit(TUNING, "float(np.mean((predictions - mean) ** 2))", "float(np.mean((predictions - target) ** 2))"),
        ),
    ),
    Mistake(
        name="bias_before_averaging_the_models",
        hint="The mean is taken over the test points: average the predictions of the models at each point.",
        catches=("test_bias_and_variance",),
        changes=(
            edit(
                TUNING, "    mean = predictions.mean(axis=0)\n", "    mean = predictions.mean(axis=1, keepdims=True)\n"
            ),
        ),
    ),
    Mistake(
        name="variance_of_a_sample",
        hint="The variance is divided by the number of models minus 1: then bias and variance do not add up to the "
        "error.",
        catches=("test_bias_and_variance",),
        changes=(
            edit(
                TUNING, "float(np.mean((predictions - mean) ** 2))", "float(np.mean(predictions.var(axis=0, ddof=1)))"
            ),
        ),
    ),
]
