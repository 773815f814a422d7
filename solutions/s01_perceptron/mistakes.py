"""Wrong units, perceptrons and delta rules that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

PERCEPTRON = "scratch/perceptron.py"

MISTAKES = [
    # ------------------------------------------------ units
    Mistake(
        name="unit_must_pass_the_threshold",
        hint="A unit whose sum equals its threshold gives 0: it should give 1 when the sum reaches the threshold.",
        catches=("test_networks_of_units", "test_units_with_whole_weights"),
        changes=(edit(PERCEPTRON, "x @ self.weights >= self.threshold", "x @ self.weights > self.threshold"),),
    ),
    Mistake(
        name="unit_counts_its_inputs",
        hint="The unit adds its inputs without multiplying them by their weights.",
        catches=("test_units_with_whole_weights",),
        changes=(edit(PERCEPTRON, "(x @ self.weights >= self.threshold)", "(x.sum(axis=1) >= self.threshold)"),),
    ),
    Mistake(
        name="unit_returns_its_sum",
        hint="The unit returns the weighted sum minus the threshold: where is the step to 0 or 1?",
        catches=("test_units_with_whole_weights", "test_gates_of_many_inputs"),
        changes=(
            edit(PERCEPTRON, "(x @ self.weights >= self.threshold).astype(int)", "x @ self.weights - self.threshold"),
        ),
    ),
    Mistake(
        name="and_of_two_only",
        hint="The unit for AND has the threshold 2 for any number of inputs.",
        catches=("test_gates_of_many_inputs",),
        changes=(edit(PERCEPTRON, "McCullochPitts(np.ones(inputs), inputs)", "McCullochPitts(np.ones(inputs), 2)"),),
    ),
    Mistake(
        name="or_is_a_majority",
        hint="The unit for OR gives 1 when half of its inputs are 1: one input should be enough.",
        catches=("test_gates_of_many_inputs",),
        changes=(
            edit(PERCEPTRON, "McCullochPitts(np.ones(inputs), 1)", "McCullochPitts(np.ones(inputs), inputs / 2)"),
        ),
    ),
    Mistake(
        name="and_and_or_exchanged",
        hint="AND gives 1 when one input is 1, and OR only when all are: the two are exchanged.",
        catches=("test_gates", "test_gates_of_many_inputs"),
        changes=(
            edit(PERCEPTRON, "McCullochPitts(np.ones(inputs), 1)", "McCullochPitts(np.ones(inputs), inputs + 0)"),
            edit(PERCEPTRON, "McCullochPitts(np.ones(inputs), inputs)", "McCullochPitts(np.ones(inputs), 1)"),
        ),
    ),
    Mistake(
        name="not_that_copies",
        hint="The unit for NOT gives 1 when its input is 1: which sign should the weight of its input have?",
        catches=("test_gates",),
        changes=(edit(PERCEPTRON, "McCullochPitts([-1], 0)", "McCullochPitts([1], 1)"),),
    ),
    Mistake(
        name="every_layer_sees_the_input",
        hint="Each layer receives the network's input: the second layer should receive the outputs of the first.",
        catches=("test_networks_of_units",),
        changes=(
            edit(
                PERCEPTRON,
                "            x = np.stack([unit(x) for unit in layer], axis=1)\n        return x\n",
                "            y = np.stack([unit(x) for unit in layer], axis=1)\n        return y\n",
            ),
        ),
    ),
    Mistake(
        name="units_in_rows",
        hint="The outputs of a layer have one row for each unit; they should have one row for each example, as the "
        "input has.",
        catches=("test_networks_of_units",),
        changes=(
            edit(PERCEPTRON, "np.stack([unit(x) for unit in layer], axis=1)", "np.stack([unit(x) for unit in layer])"),
        ),
    ),
    Mistake(
        name="xor_that_is_or",
        hint="The network also gives 1 when both inputs are 1: which unit of the first layer recognises that case?",
        catches=("test_xor_truth_table",),
        changes=(edit(PERCEPTRON, "McCullochPitts([-1, -1], -1)", "or_unit()"),),
    ),
    Mistake(
        name="xor_without_units",
        hint="XOR is computed with a formula: it should follow from weights and thresholds of units in two layers.",
        catches=("test_xor_is_made_of_two_layers",),
        changes=(
            redefine(
                PERCEPTRON,
                """
class _Xor:
    layers = [[or_unit(), and_unit()], [or_unit()]]

    def __call__(self, x):
        return (x[:, :1] != x[:, 1:]).astype(int)


def xor_network():
    return _Xor()
""",
            ),
        ),
    ),
    Mistake(
        name="xor_in_three_layers",
        hint="XOR is right, but the network has one layer more than it needs.",
        catches=("test_xor_is_made_of_two_layers",),
        changes=(
            edit(
                PERCEPTRON,
                "UnitNetwork([[or_unit(), nand_unit], [and_unit()]])",
                "UnitNetwork([[or_unit(), nand_unit], [and_unit()], [or_unit(1)]])",
            ),
        ),
    ),
    # ------------------------------------------------ Rosenblatt's perceptron
    Mistake(
        name="update_by_every_example",
        hint="Every example changes the weights: an example that is already right should not change them.",
        catches=("test_updates_stay_below_novikoffs_bound",),
        changes=(edit(PERCEPTRON, "if sign * (row @ self.weight + self.bias) <= 0:", "if True:"),),
    ),
    Mistake(
        name="zero_is_right",
        hint="A score of exactly 0 counts as right: when all weights are 0 at the start, does learning ever begin?",
        catches=("test_learning_rate_is_only_a_unit_of_length",),
        changes=(
            edit(
                PERCEPTRON,
                "if sign * (row @ self.weight + self.bias) <= 0:",
                "if sign * (row @ self.weight + self.bias) < 0:",
            ),
        ),
    ),
    Mistake(
        name="update_twice_as_long",
        hint="Each update is 2 lr y x: the difference of class and prediction is 1 - (-1) = 2.",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "self.weight = self.weight + lr * sign * row",
                "self.weight = self.weight + 2 * lr * sign * row",
            ),
            edit(
                PERCEPTRON,
                "                    self.bias += lr * sign\n",
                "                    self.bias += 2 * lr * sign\n",
            ),
        ),
        source="own; the form of several textbooks",
    ),
    Mistake(
        name="bias_never_learns",
        hint="The bias stays 0: what is its update?",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(edit(PERCEPTRON, "                    self.bias += lr * sign\n", ""),),
    ),
    Mistake(
        name="bias_without_learning_rate",
        hint="The bias changes by y; it should change by lr y.",
        catches=("test_learning_rate_is_only_a_unit_of_length",),
        changes=(
            edit(PERCEPTRON, "                    self.bias += lr * sign\n", "                    self.bias += sign\n"),
        ),
    ),
    Mistake(
        name="one_update_an_epoch",
        hint="All examples of an epoch use the weights from the start of the epoch: each update should be used at "
        "once.",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "            mistakes = 0\n",
                "            mistakes, before, shift = 0, self.weight, self.bias\n",
            ),
            edit(
                PERCEPTRON,
                "if sign * (row @ self.weight + self.bias) <= 0:",
                "if sign * (row @ before + shift) <= 0:",
            ),
        ),
    ),
    Mistake(
        name="margin_in_place_of_mistake",
        hint="Examples that are right by less than 1 also cause updates: that is the rule of a support vector machine.",
        catches=("test_learning_rate_is_only_a_unit_of_length",),
        changes=(
            edit(
                PERCEPTRON,
                "if sign * (row @ self.weight + self.bias) <= 0:",
                "if sign * (row @ self.weight + self.bias) < 1:",
            ),
        ),
    ),
    Mistake(
        name="errors_at_the_end_of_the_epoch",
        hint="updates contains the number of examples that are wrong after each epoch, not the number of updates in "
        "it.",
        catches=("test_perceptron_converges_on_separable_data",),
        changes=(
            edit(
                PERCEPTRON,
                "            self.updates.append(mistakes)\n",
                "            self.updates.append(int((self.predict(x) != y).sum()))\n",
            ),
        ),
        source="student-bugs 121",
    ),
    Mistake(
        name="stops_when_all_are_right",
        hint="fit stops as soon as all examples are right: the 0 of an epoch without a mistake is missing in updates.",
        catches=("test_perceptron_converges_on_separable_data",),
        changes=(
            edit(
                PERCEPTRON,
                "            self.converged = mistakes == 0\n",
                "            self.converged = bool((y * (x @ self.weight + self.bias) > 0).all())\n",
            ),
        ),
    ),
    Mistake(
        name="goes_on_to_the_last_epoch",
        hint="fit continues to max_epochs after an epoch without a mistake.",
        catches=("test_perceptron_converges_on_separable_data",),
        changes=(
            edit(
                PERCEPTRON,
                "while len(self.updates) < max_epochs and not self.converged:",
                "while len(self.updates) < max_epochs:",
            ),
        ),
    ),
    Mistake(
        name="always_converged",
        hint="converged is True after max_epochs although the last epoch made updates.",
        catches=("test_xor_never_converges",),
        changes=(
            edit(
                PERCEPTRON,
                "            self.converged = mistakes == 0\n        return self\n",
                "            self.converged = mistakes == 0\n        self.converged = True\n        return self\n",
            ),
        ),
    ),
    Mistake(
        name="any_classes_accepted",
        hint="Classes 0 and 1 are accepted: with class 0 the update lr * 0 * x changes nothing.",
        catches=("test_other_classes_are_refused",),
        changes=(edit(PERCEPTRON, "        _require_signs(y)\n", ""),),
    ),
    Mistake(
        name="classes_are_zero_and_one",
        hint="predict returns 0 for the class -1.",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "class Adaline:",
                "Perceptron.predict = lambda self, x: (self.decision_function(x) > 0).astype(int)\n\n\nclass Adaline:",
            ),
        ),
    ),
    Mistake(
        name="fit_returns_nothing",
        hint="fit returns None: a line such as model = Perceptron(2).fit(x, y) needs the object.",
        catches=("test_fit_returns_the_object",),
        changes=(
            edit(
                PERCEPTRON,
                "            self.converged = mistakes == 0\n        return self\n",
                "            self.converged = mistakes == 0\n",
            ),
            edit(
                PERCEPTRON,
                "            self.losses.append(self._loss(x, y))\n        return self\n",
                "            self.losses.append(self._loss(x, y))\n",
            ),
        ),
    ),
    # ------------------------------------------------ margin and bound
    Mistake(
        name="margin_without_length",
        hint="The margin grows with the length of the weights: what is it divided by?",
        catches=("test_margin_does_not_see_the_length_of_the_weights",),
        changes=(edit(PERCEPTRON, ".min() / length)", ".min())"),),
    ),
    Mistake(
        name="length_without_bias",
        hint="The margin is divided by the length of the weight alone: here the bias is one more weight.",
        catches=("test_margin_of_weights_that_do_not_separate",),
        changes=(edit(PERCEPTRON, "np.sqrt(weight @ weight + bias**2)", "np.sqrt(weight @ weight)"),),
    ),
    Mistake(
        name="mean_margin",
        hint="The margin is the mean over the examples; it is the value of the nearest example.",
        catches=("test_margin_and_bound",),
        changes=(edit(PERCEPTRON, "(y * (x @ weight + bias)).min()", "(y * (x @ weight + bias)).mean()"),),
    ),
    Mistake(
        name="margin_without_classes",
        hint="The margin ignores the side: an example on the wrong side should make it negative.",
        catches=("test_margin_of_weights_that_do_not_separate",),
        changes=(edit(PERCEPTRON, "(y * (x @ weight + bias)).min()", "np.abs(x @ weight + bias).min()"),),
    ),
    Mistake(
        name="radius_without_bias",
        hint="R is the length of the longest x, not of the longest (x, 1).",
        catches=("test_margin_and_bound",),
        changes=(edit(PERCEPTRON, "(np.square(x).sum(axis=1) + 1).max()", "np.square(x).sum(axis=1).max()"),),
    ),
    Mistake(
        name="bound_not_squared",
        hint="The bound is R / margin; the square is missing.",
        catches=("test_margin_and_bound",),
        changes=(
            edit(
                PERCEPTRON,
                "float((np.square(x).sum(axis=1) + 1).max() / gamma**2)",
                "float(np.sqrt((np.square(x).sum(axis=1) + 1).max()) / gamma)",
            ),
        ),
    ),
    Mistake(
        name="bound_by_any_weights",
        hint="mistake_bound returns a number for weights that do not separate the classes: the square hides the sign.",
        catches=("test_margin_of_weights_that_do_not_separate",),
        changes=(edit(PERCEPTRON, "    if gamma <= 0:\n", "    if gamma == 0:\n"),),
    ),
    # ------------------------------------------------ ADALINE
    Mistake(
        name="error_after_the_threshold",
        hint="ADALINE's error uses the class and not the score: that is the perceptron's error.",
        catches=("test_adaline_loss_falls",),
        changes=(
            edit(
                PERCEPTRON,
                "error = y[start : start + size] - self.decision_function(rows)",
                "error = y[start : start + size] - self.predict(rows)",
            ),
        ),
        source="student-bugs 122",
    ),
    Mistake(
        name="gradient_of_the_whole_square",
        hint="Each step is twice as long: the delta rule follows the gradient of half the squared error.",
        catches=("test_delta_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "error = y[start : start + size] - self.decision_function(rows)",
                "error = 2 * (y[start : start + size] - self.decision_function(rows))",
            ),
        ),
    ),
    Mistake(
        name="sum_over_the_batch",
        hint="The step is the sum over the batch; it should be the mean.",
        catches=("test_delta_rule",),
        changes=(
            edit(PERCEPTRON, "lr * (error @ rows) / len(rows)", "lr * (error @ rows)"),
            edit(PERCEPTRON, "lr * float(error.mean())", "lr * float(error.sum())"),
        ),
        source="student-bugs 7",
    ),
    Mistake(
        name="divides_by_the_nominal_batch_size",
        hint="The last batch is smaller, but its step is still divided by batch_size.",
        catches=("test_delta_rule",),
        changes=(
            edit(PERCEPTRON, "lr * (error @ rows) / len(rows)", "lr * (error @ rows) / size"),
            edit(PERCEPTRON, "lr * float(error.mean())", "lr * float(error.sum()) / size"),
        ),
    ),
    Mistake(
        name="last_batch_is_dropped",
        hint="The last batch is not used when it is smaller than the others.",
        catches=("test_delta_rule",),
        changes=(edit(PERCEPTRON, "range(0, len(x), size)", "range(0, len(x) - size + 1, size)"),),
    ),
    Mistake(
        name="bias_after_the_weight",
        hint="The bias is updated with the error after the weight's update; both should use the same error.",
        catches=("test_delta_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "lr * float(error.mean())",
                "lr * float((y[start : start + size] - self.decision_function(rows)).mean())",
            ),
        ),
    ),
    Mistake(
        name="adaline_without_bias",
        hint="ADALINE's bias stays 0.",
        catches=("test_adaline_ends_at_the_least_squares_solution",),
        changes=(edit(PERCEPTRON, "                self.bias += lr * float(error.mean())\n", ""),),
    ),
    Mistake(
        name="uphill",
        hint="The error has the wrong sign: the loss increases from epoch to epoch.",
        catches=("test_adaline_loss_falls",),
        changes=(
            edit(
                PERCEPTRON,
                "error = y[start : start + size] - self.decision_function(rows)",
                "error = self.decision_function(rows) - y[start : start + size]",
            ),
        ),
    ),
    Mistake(
        name="losses_are_halved",
        hint="losses contains half the mean squared error.",
        catches=("test_adaline_loss_falls",),
        changes=(
            edit(
                PERCEPTRON,
                "np.mean((y - self.decision_function(x)) ** 2)",
                "np.mean((y - self.decision_function(x)) ** 2) / 2",
            ),
        ),
        source="student-bugs 25",
    ),
    Mistake(
        name="first_loss_is_missing",
        hint="losses starts after the first epoch; the loss before it is missing.",
        catches=("test_adaline_loss_falls",),
        changes=(edit(PERCEPTRON, "        self.losses = [self._loss(x, y)]\n", "        self.losses = []\n"),),
    ),
    Mistake(
        name="loss_of_the_classes",
        hint="losses contains the squared error of the predicted classes, not of the scores.",
        catches=("test_adaline_loss_falls",),
        changes=(
            edit(PERCEPTRON, "np.mean((y - self.decision_function(x)) ** 2)", "np.mean((y - self.predict(x)) ** 2)"),
        ),
    ),
    Mistake(
        name="updates_of_all_fits",
        hint="A second fit adds its epochs to the first one's; updates and converged should be those of the last fit.",
        catches=("test_a_second_fit_counts_anew",),
        changes=(edit(PERCEPTRON, "        self.updates, self.converged = [], False\n", ""),),
    ),
    Mistake(
        name="updates_where_the_predicted_class_differs",
        hint="An example of class -1 with the score 0 gets no update; a score of 0 is a mistake for both classes.",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "if sign * (row @ self.weight + self.bias) <= 0:",
                "if self.predict(row[None])[0] != sign:",
            ),
        ),
        source="second-round",
    ),
    Mistake(
        name="no_update_of_class_one_at_zero",
        hint="An example of class 1 with the score 0 gets no update; a score of 0 is a mistake for both classes.",
        catches=("test_perceptron_follows_rosenblatts_rule",),
        changes=(
            edit(
                PERCEPTRON,
                "if sign * (row @ self.weight + self.bias) <= 0:",
                "if (1 if row @ self.weight + self.bias >= 0 else -1) != sign:",
            ),
        ),
        source="second-round",
    ),
    # ------------------------------------------------ least squares
    Mistake(
        name="least_squares_through_the_origin",
        hint="The solution has no bias: it goes through the origin.",
        catches=("test_least_squares",),
        changes=(edit(PERCEPTRON, "np.ones(len(x))])\n    solution", "np.zeros(len(x))])\n    solution"),),
    ),
    Mistake(
        name="bias_is_the_mean_of_the_targets",
        hint="The bias is the mean of y: that is right only if each feature has the mean 0.",
        catches=("test_least_squares",),
        changes=(
            edit(
                PERCEPTRON,
                "    with_ones = np.column_stack([x, np.ones(len(x))])\n"
                "    solution = np.linalg.lstsq(with_ones, y, rcond=None)[0]\n"
                "    return solution[:-1], float(solution[-1])\n",
                "    return np.linalg.lstsq(x - x.mean(axis=0), y, rcond=None)[0], float(y.mean())\n",
            ),
        ),
    ),
]
