"""Right solutions written in other ways; each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine, write

PERCEPTRON = "scratch/perceptron.py"

INDEPENDENT = '''
"""Another author's file: plain loops, and the bias kept as the last of the weights."""

import numpy as np

WRITTEN_ANSWER = ""


class McCullochPitts:
    def __init__(self, weights, threshold):
        self.weights, self.threshold = list(weights), threshold

    def __call__(self, x):
        fired = []
        for row in x:
            total = sum(w * one for w, one in zip(self.weights, row))
            fired.append(1.0 if total >= self.threshold else 0.0)
        return np.array(fired)


def and_unit(inputs=2):
    return McCullochPitts([1.0 / inputs] * inputs, 1.0 - 0.5 / inputs)


def or_unit(inputs=2):
    return McCullochPitts([10] * inputs, 0.1)


def not_unit():
    return McCullochPitts([-2.0], -1.0)


class UnitNetwork:
    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            columns = np.zeros((len(x), len(layer)))
            for number, unit in enumerate(layer):
                columns[:, number] = unit(x)
            x = columns
        return x


def xor_network():
    one_not_other = [McCullochPitts([1, -1], 1), McCullochPitts([-1, 1], 1)]
    return UnitNetwork([one_not_other, [or_unit()]])


class _Linear:
    def __init__(self, in_features):
        self.w = np.zeros(in_features + 1)

    weight = property(lambda self: self.w[:-1])
    bias = property(lambda self: self.w[-1])

    def decision_function(self, x):
        return np.hstack([x, np.ones((len(x), 1))]) @ self.w

    def predict(self, x):
        return np.sign(self.decision_function(x)).astype(int)


class Perceptron(_Linear):
    def fit(self, x, y, lr=1.0, max_epochs=1000):
        if set(np.unique(y)) - {-1, 1}:
            raise ValueError("classes")
        rows = np.hstack([x, np.ones((len(x), 1))]) * np.asarray(y)[:, None]  # turned: all are to be positive
        updates = []
        for _ in range(max_epochs):
            updates.append(0)
            for row in rows:
                if not self.w @ row > 0:
                    self.w += lr * row
                    updates[-1] += 1
            if not updates[-1]:
                break
        self.updates = np.array(updates)
        self.converged = updates[-1] == 0
        return self


def margin(x, y, weight, bias):
    w = np.append(weight, bias)
    return min(float(sign) * (np.append(row, 1.0) @ w) for row, sign in zip(x, y)) / np.linalg.norm(w)


def mistake_bound(x, y, weight, bias):
    gamma = margin(x, y, weight, bias)
    if not gamma > 0:
        raise ValueError("not separated")
    radius = max(np.linalg.norm(np.append(row, 1.0)) for row in x)
    return (radius / gamma) ** 2


class Adaline(_Linear):
    def fit(self, x, y, lr=0.01, epochs=100, batch_size=None):
        rows = np.hstack([x, np.ones((len(x), 1))])
        batch_size = batch_size or len(x)
        losses = [((rows @ self.w - y) ** 2).mean()]
        for _ in range(epochs):
            first = 0
            while first < len(rows):
                part, target = rows[first : first + batch_size], y[first : first + batch_size]
                self.w = self.w + lr * ((target - part @ self.w)[:, None] * part).mean(axis=0)
                first += batch_size
            losses.append(((rows @ self.w - y) ** 2).mean())
        self.losses = np.array(losses)
        return self


def least_squares(x, y):
    rows = np.hstack([x, np.ones((len(x), 1))])
    solution = np.linalg.solve(rows.T @ rows, rows.T @ y)
    return solution[:-1], solution[-1]
'''

VARIANTS = [
    Variant(
        name="independent_author",
        why="Only the names are the same as in the reference: loops, augmented weights, normal equations.",
        changes=(write(PERCEPTRON, INDEPENDENT),),
    ),
    Variant(
        name="xor_by_or_and_and",
        why="Two layers can compute XOR in many ways; here: one input or the other, and not both.",
        changes=(
            edit(
                PERCEPTRON,
                "UnitNetwork([[or_unit(), nand_unit], [and_unit()]])",
                "UnitNetwork([[or_unit(), and_unit()], [McCullochPitts([1, -1], 1)]])",
            ),
        ),
    ),
    Variant(
        name="xor_with_an_idle_unit",
        why="A first layer of three units is allowed.",
        changes=(
            edit(
                PERCEPTRON,
                "UnitNetwork([[or_unit(), nand_unit], [and_unit()]])",
                "UnitNetwork([[or_unit(), and_unit(), nand_unit], [McCullochPitts([0.5, 0, 0.5], 0.75)]])",
            ),
        ),
    ),
    Variant(
        name="thresholds_between_the_sums",
        why="Thresholds halfway between two sums make the same gates.",
        changes=(
            edit(
                PERCEPTRON, "McCullochPitts(np.ones(inputs), inputs)", "McCullochPitts(np.ones(inputs), inputs - 0.5)"
            ),
            edit(PERCEPTRON, "McCullochPitts(np.ones(inputs), 1)", "McCullochPitts(np.ones(inputs), 0.5)"),
            edit(PERCEPTRON, "McCullochPitts([-1], 0)", "McCullochPitts([-1], -0.5)"),
        ),
    ),
    Variant(
        name="outputs_are_truth_values",
        why="True and False are 1 and 0; a matrix of them can be multiplied like one of numbers.",
        changes=(
            edit(PERCEPTRON, "(x @ self.weights >= self.threshold).astype(int)", "x @ self.weights >= self.threshold"),
        ),
    ),
    Variant(
        name="score_zero_is_plus_one",
        why="The class of a point on the plane itself is the student's choice.",
        changes=(
            redefine(
                PERCEPTRON,
                """
def _predict(self, x):
    return np.where(self.decision_function(x) >= 0, 1.0, -1.0)


Perceptron.predict = Adaline.predict = _predict
""",
            ),
        ),
    ),
    Variant(
        name="updates_in_place",
        why="Weights are changed in place; each step searches for the next wrong example.",
        changes=(
            redefine(
                PERCEPTRON,
                """
def _fit(self, x, y, lr=1.0, max_epochs=1000):
    if not np.all(np.abs(y) == 1):
        raise ValueError("classes")
    self.updates = []
    for _ in range(max_epochs):
        count, place = 0, 0
        while place < len(x):
            wrong = np.flatnonzero(y[place:] * (x[place:] @ self.weight + self.bias) <= 0)
            if len(wrong) == 0:
                break
            place += wrong[0]
            self.weight += lr * y[place] * x[place]
            self.bias += lr * y[place]
            count, place = count + 1, place + 1
        self.updates.append(count)
        if count == 0:
            break
    self.converged = self.updates[-1] == 0
    return self


Perceptron.fit = _fit
""",
            ),
        ),
    ),
    Variant(
        name="least_squares_by_centring",
        why="Slopes of the centred data, then the bias from the means.",
        changes=(
            redefine(
                PERCEPTRON,
                """
def least_squares(x, y):
    weight = np.linalg.pinv(x - x.mean(axis=0)) @ (y - y.mean())
    return weight, y.mean() - x.mean(axis=0) @ weight
""",
            ),
        ),
    ),
    Variant(
        name="delta_rule_by_the_gradient",
        why="The delta rule as gradient descent on half the mean squared error, with batches cut by numpy.",
        changes=(
            redefine(
                PERCEPTRON,
                """
def _fit(self, x, y, lr=0.01, epochs=100, batch_size=None):
    cuts = np.arange(batch_size or len(x), len(x), batch_size or len(x))
    batches = list(zip(np.split(x, cuts), np.split(y, cuts)))
    self.losses = []
    for epoch in range(epochs + 1):
        residual = self.decision_function(x) - y
        self.losses.append(residual @ residual / len(x))
        for rows, target in batches if epoch < epochs else []:
            residual = self.decision_function(rows) - target
            self.weight = self.weight - lr * rows.T @ residual / len(rows)
            self.bias = self.bias - lr * np.average(residual)
    return self


Adaline.fit = _fit
""",
            ),
        ),
    ),
]
