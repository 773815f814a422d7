# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # s01_perceptron: Perceptrons and the delta rule
#
# Three models of neurons (1943 to 1960), applied to logic, to flowers and to tumours. This notebook runs *your*
# `scratch/perceptron.py`: write one part after another, and run each section when its code is written. A cell whose
# code is not written yet says what is missing. **Build it** at the end of a section says what to write, and its cell
# runs the public tests of that part.
#
# Before you run a cell that draws something, think about what you expect. The questions in **bold** are for you; they
# are not marked.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.perceptron import (
    Adaline,
    Perceptron,
    and_unit,
    least_squares,
    margin,
    mistake_bound,
    not_unit,
    or_unit,
    xor_network,
)
from sklearn.datasets import load_breast_cancer, load_iris

plt.rcParams.update({"figure.figsize": (9, 4), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})


def scatter(axes, x, y):
    """Draw points of two classes, -1 and +1."""
    for sign, marker, colour in ((-1, "o", "tab:blue"), (1, "^", "tab:red")):
        axes.scatter(*x[y == sign].T, marker=marker, color=colour, s=25, edgecolors="k", linewidths=0.4, zorder=3)


def firing_point(unit, points):
    """The threshold halfway between the largest sum that does not fire and the smallest that fires."""
    sums = points @ np.asarray(unit.weights)
    return (sums[sums < unit.threshold].max() + sums[sums >= unit.threshold].min()) / 2


def draw_line(axes, weight, bias, **style):
    """Draw the line on which w . x + b is 0, across the whole plot."""
    low, high = axes.get_xlim(), axes.get_ylim()
    if abs(weight[1]) > abs(weight[0]):
        ends = np.array(low)
        axes.plot(ends, -(weight[0] * ends + bias) / weight[1], **style)
    else:
        ends = np.array(high)
        axes.plot(-(weight[1] * ends + bias) / weight[0], ends, **style)
    axes.set(xlim=low, ylim=high)


# %% [markdown]
# ## 1 Units that compute but do not learn
#
# McCulloch and Pitts asked what a network of nerve cells can compute if each cell only compares a sum with a threshold.
# Their answer: everything that can be written in propositional logic. AND, OR and NOT are one unit each.

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
print("x1 x2   AND  OR  XOR")
for row, both, one, either in zip(
    corners, and_unit()(corners), or_unit()(corners), xor_network()(corners), strict=True
):
    print(f" {row[0]}  {row[1]}    {both:.0f}    {one:.0f}    {either[0]:.0f}")
print("NOT 0, NOT 1:", *not_unit()(np.array([[0], [1]])))

# %% [markdown]
# XOR needs two layers. The left plot shows the four inputs; the right plot shows the outputs of *your* first layer for
# them (if it has two units). **Which two points are now the same point, and where is the line of the second layer?**

# %%
network = xor_network()
first, second = network.layers
hidden = np.stack([unit(corners) for unit in first], axis=1).astype(float)
classes = np.where(network(corners)[:, 0] == 1, 1, -1)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
for axes, points, title in (
    (left, corners.astype(float), "the inputs"),
    (right, hidden[:, :2], "after the first layer"),
):
    axes.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), title=title, aspect="equal")
    scatter(axes, points, classes)
for number, unit in enumerate(first):
    colour = ("tab:green", "tab:purple", "tab:olive")[number % 3]
    style = {"linestyle": "--", "color": colour, "label": f"unit {number + 1} begins to fire"}
    draw_line(left, unit.weights, -firing_point(unit, corners), **style)
if len(first) == 2:
    style = {"linestyle": "--", "color": "k", "label": "the last unit begins to fire"}
    draw_line(right, second[0].weights, -firing_point(second[0], hidden), **style)
for row, point in zip(corners, hidden, strict=True):
    offset = (8, 10 if row[0] else -16)  # two labels belong to the same point
    right.annotate(f"({row[0]}, {row[1]})", point[:2], xytext=offset, textcoords="offset points", fontsize=9)
left.legend(fontsize=8, loc="lower left")
right.legend(fontsize=8, loc="lower left")
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `McCullochPitts`, the gates, `UnitNetwork` and `xor_network` in `scratch/perceptron.py`. Then run
# the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s01 \
#     --only test_unit_worked_example \
#     --only test_gates \
#     --only test_xor_truth_table

# %% [markdown]
# ## 2 A machine that learns: iris
#
# Anderson's iris data (Fisher 1936) are four measurements of each of 150 flowers of three species. The length and width
# of the sepals are just enough to separate *setosa* from *versicolor*. The perceptron starts with zero weights, and
# each mistake moves its line a little. **The number of updates does not fall steadily from epoch to epoch. Is that a
# contradiction to the theorem in section 3? Does training take fewer epochs with the petals?** (Columns 2 and 3 of
# `iris.data`: try it.)

# %%
iris = load_iris()
x = iris.data[:100, [0, 1]]
y = np.where(iris.target[:100] == 0, -1, 1)
order = np.random.default_rng(0).permutation(100)
x, y = x[order], y[order]

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
left.set(xlim=(4, 7.3), ylim=(1.8, 4.6), xlabel="sepal length, cm", ylabel="sepal width, cm")
left.set(title="setosa and versicolor")
scatter(left, x, y)
final = Perceptron(2).fit(x, y)
for epochs, alpha in ((5, 0.2), (50, 0.45), (len(final.updates), 1.0)):
    model = Perceptron(2).fit(x, y, max_epochs=epochs)
    draw_line(left, model.weight, model.bias, color="k", alpha=alpha, label=f"after {epochs} epochs")
left.legend(fontsize=8)
right.plot(np.arange(1, len(final.updates) + 1), final.updates, ".", markersize=4)
right.set(xlabel="epoch", ylabel="updates", title=f"{sum(final.updates)} updates until all examples are right")
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `Perceptron` in `scratch/perceptron.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s01 --only test_perceptron_worked_example

# %% [markdown]
# ## 3 Novikoff's theorem
#
# If some weights separate the classes with a margin $\gamma$, the perceptron makes at most $(R / \gamma)^2$ updates,
# whatever the order of the examples. Any weights that separate the classes give a bound; those with the largest margin
# give the best bound.
#
# Below are random classes with a gap on either side of a line. **The bound falls with the square of the gap. Does the
# number of updates fall in the same way? And how close is the bound for the iris data, printed below the plot?**

# %%
rng = np.random.default_rng(0)
gaps = np.geomspace(0.02, 1.0, 12)
bounds, counts = [], []
for gap in gaps:
    points = rng.standard_normal((200, 2))
    line = np.array([0.6, 0.8])
    sign = np.where(points @ line > 0, 1, -1)
    points += np.outer(sign * gap, line)
    bounds.append(mistake_bound(points, sign, line, 0.0))
    turns = [rng.permutation(200) for _ in range(10)]
    counts.append([sum(Perceptron(2).fit(points[turn], sign[turn]).updates) for turn in turns])
plt.figure()
plt.loglog(gaps, bounds, "k--", label=r"bound $(R / \gamma)^2$")
plt.loglog(gaps, np.mean(counts, axis=1), "o-", label="updates, mean of ten orders")
plt.fill_between(gaps, np.min(counts, axis=1), np.max(counts, axis=1), alpha=0.2, label="fewest to most of ten orders")
plt.xlabel("gap on either side of the line")
plt.legend()
plt.title("Updates until convergence")
plt.show()

weights, offset = final.weight, final.bias
print(f"iris: {sum(final.updates)} updates; the final weights have the margin {margin(x, y, weights, offset):.4f}")
print(f"and give the bound {mistake_bound(x, y, weights, offset):,.0f}")

# %% [markdown]
# **Build it.** Write `margin` and `mistake_bound` in `scratch/perceptron.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s01 --only test_margin_worked_example

# %% [markdown]
# ## 4 Classes that no line separates
#
# *Versicolor* and *virginica* overlap, here in the lengths of sepals and petals, and the perceptron never converges.
# Its weights after an epoch depend on the last few examples. **Would a smaller lr help?** (Compare the hidden test
# `test_learning_rate_is_only_a_unit_of_length`.)

# %%
x2 = iris.data[50:, [0, 2]]
y2 = np.where(iris.target[50:] == 1, -1, 1)
order = np.random.default_rng(2).permutation(100)
x2, y2 = x2[order], y2[order]
accuracy = [np.mean(Perceptron(2).fit(x2, y2, max_epochs=epochs).predict(x2) == y2) for epochs in range(1, 101)]
slope, offset = least_squares(x2, y2)
plt.figure()
plt.plot(range(1, 101), accuracy, ".-", linewidth=0.7, label="perceptron after this number of epochs")
plt.axhline(np.mean(np.sign(x2 @ slope + offset) == y2), linestyle="--", color="k", label="least squares")
plt.xlabel("epochs")
plt.ylabel("accuracy")
plt.legend()
plt.title("versicolor and virginica: the perceptron never converges")
plt.show()

# %% [markdown]
# **Build it.** Write `least_squares` in `scratch/perceptron.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s01 --only test_least_squares_worked_example

# %% [markdown]
# ## 5 The delta rule is gradient descent
#
# ADALINE measures *how far* its score is from the class, even where the sign is right. Its loss is a convex quadratic
# function of the weights, and the least-squares solution is its minimum. The learning rate decides whether training
# reaches it: with a very small lr it takes too many epochs, and with an lr above 2 divided by the largest curvature
# each step makes the loss larger. Which lr is too large depends on the scale of the features. **What would happen with
# lengths in millimetres?**

# %%
standard = (x2 - x2.mean(axis=0)) / x2.std(axis=0)
with_ones = np.column_stack([standard, np.ones(len(standard))])
curvature = np.linalg.eigvalsh(with_ones.T @ with_ones / len(standard)).max()
slope, offset = least_squares(standard, y2)
best = np.mean((y2 - standard @ slope - offset) ** 2)

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
for factor in (0.05, 1.0, 1.9, 2.05):
    model = Adaline(2).fit(standard, y2, lr=factor / curvature, epochs=40)
    left.semilogy(model.losses, label=f"lr = {factor} / curvature")
left.axhline(best, linestyle="--", color="k", label="least squares")
left.set(xlabel="epoch", ylabel="mean squared error", title="all examples at once")
left.legend(fontsize=8)
for size in (1, 10, None):
    model = Adaline(2).fit(standard, y2, lr=0.1, epochs=40, batch_size=size)
    right.semilogy(np.array(model.losses) - best, label=f"batch_size = {size}")
right.set(
    xlabel="epoch", ylabel="error above least squares", title="lr = 0.1, batches of several sizes", ylim=(1e-4, 2)
)
right.legend(fontsize=8)
plt.tight_layout()
plt.show()

# %% [markdown]
# **In the right plot: why do the losses of small batches fall faster at first, and why does the loss with `batch_size =
# 1` not reach the minimum?**

# %% [markdown]
# **Build it.** Write `Adaline` in `scratch/perceptron.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s01 --only test_adaline_worked_example

# %% [markdown]
# ## 6 Where the squared error fails
#
# For the class +1, the squared error of a score of 3 is as large as that of a score of −1. So points that are far from
# the line on the *correct* side change the line. Here a line can separate the classes, and the perceptron finds one;
# least squares does not.

# %%
rng = np.random.default_rng(5)
near = rng.normal([[-1.0, 0.0]] * 30 + [[1.0, 0.0]] * 30, 0.3)
far = rng.normal([[14.0, 0.0]] * 20, 0.5)
x3, y3 = np.concatenate([near, far]), np.repeat([-1, 1], [30, 50])
shuffled = rng.permutation(80)
model = Perceptron(2).fit(x3[shuffled], y3[shuffled])
slope, offset = least_squares(x3, y3)
wrong = np.sum(np.sign(x3 @ slope + offset) != y3)
plt.figure(figsize=(9, 3))
scatter(plt.gca(), x3, y3)
plt.gca().set(xlim=(-3, 16), ylim=(-2, 2))
draw_line(plt.gca(), model.weight, model.bias, color="k", label="perceptron: 0 wrong")
draw_line(plt.gca(), slope, offset, color="k", linestyle="--", label=f"least squares: {wrong} wrong")
plt.legend()
plt.title("Points far on the correct side still pull the line")
plt.show()

# %% [markdown]
# ## 7 Breast cancer
#
# Thirty measurements of the cell nuclei of 569 tumours (Wolberg, Street & Mangasarian 1995), two fifths of them
# malignant. A third of the tumours is the test set; mean and standard deviation are computed from the others alone.
# (Stage s05 explains why that matters.)

# %%
cancer = load_breast_cancer()
order = np.random.default_rng(7).permutation(len(cancer.data))
train, test = order[190:], order[:190]
mean, deviation = cancer.data[train].mean(axis=0), cancer.data[train].std(axis=0)
features = (cancer.data - mean) / deviation
signs = np.where(cancer.target == 0, 1, -1)  # +1: malignant

slope, offset = least_squares(features[train], signs[train])
perceptron = Perceptron(30).fit(features[train], signs[train], max_epochs=200)
adaline = Adaline(30).fit(features[train], signs[train], lr=0.02, epochs=200)
scores = {
    "perceptron, 200 epochs": perceptron.decision_function(features),
    "ADALINE, 200 epochs": adaline.decision_function(features),
    "least squares": features @ slope + offset,
}
for name, score in scores.items():
    right_in = [np.mean(np.sign(score[part]) == signs[part]) for part in (train, test)]
    missed = np.sum((score[test] < 0) & (signs[test] == 1))
    print(
        f"{name:24s} accuracy: {right_in[0]:.1%} training, {right_in[1]:.1%} test; malignant tumours missed: {missed}"
    )

figure, all_axes = plt.subplots(1, 3, figsize=(13, 3.4))
for axes, (name, score) in zip(all_axes, scores.items(), strict=True):
    bins = np.linspace(*np.quantile(score[test], [0.0, 1.0]), 30)
    for sign, label, colour in ((-1, "benign", "tab:blue"), (1, "malignant", "tab:red")):
        axes.hist(score[test][signs[test] == sign], bins=bins, alpha=0.6, label=label, color=colour)
    axes.axvline(0, color="k", linewidth=0.8)
    axes.set(title=name, xlabel="score (test set)")
all_axes[0].legend(fontsize=8)
plt.tight_layout()
plt.show()

# %% [markdown]
# **A missed tumour is worse than an unnecessary biopsy. What could you change in the three machines to miss fewer
# tumours, without training them again?**

# %% [markdown] criteria=["written"]
# ## 8 The written question
