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
# # s05_training: Training in practice
#
# You have layers, losses and optimisers. This notebook is about the code around them that decides whether a network
# learns: how its data are scaled and split, how its weights are initialised, when training stops, how its settings are
# chosen, and whether it is too small or too large. It runs *your* `scratch` modules. A cell whose code is not written
# yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the public tests
# of that part.
#
# Before you run a cell that draws something, think about what you expect. The questions in **bold** are for you; they
# are not marked. Section 8 is the experiment of the written question.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from scratch import init, vectorised
from scratch.data import DataLoader, Standardizer, cross_validate, k_fold, stratified_k_fold, train_val_test_split
from scratch.nn import MLP, CrossEntropyLoss, Linear, ReLU
from scratch.optim import SGD, Adam
from scratch.training import ExponentialLR, accuracy, fit
from scratch.tuning import bias_variance, log_uniform, random_search
from sklearn.datasets import load_digits, load_wine

plt.rcParams.update({"figure.figsize": (9, 4), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# %% [markdown]
# ## 1 Loops and arrays
#
# The same four functions, with Python loops and with array operations. **By which factor do they differ, and why is it
# not the same factor for all four?** (What does Python do for one element: a lookup and an addition, or a numpy call?)

# %%
rng = np.random.default_rng(0)
arguments = {
    "pairwise_distances": (rng.standard_normal((150, 3)), rng.standard_normal((120, 3))),
    "softmax": (rng.standard_normal((3000, 10)),),
    "confusion_matrix": (rng.integers(0, 3, 40_000), rng.integers(0, 3, 40_000), 3),
    "moving_average": (rng.standard_normal(20_000), 12),
}


def milliseconds(function, given):
    """The shortest of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function(*given)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


in_loops, in_arrays = [], []
for name, given in arguments.items():
    in_loops.append(milliseconds(getattr(vectorised, f"{name}_in_loops"), given))
    in_arrays.append(milliseconds(getattr(vectorised, name), given))

places = np.arange(len(arguments))
plt.figure()
plt.bar(places - 0.2, in_loops, 0.4, label="in loops")
bars = plt.bar(places + 0.2, in_arrays, 0.4, label="in arrays")
factors = [f"{loops / arrays:.0f} times" for loops, arrays in zip(in_loops, in_arrays, strict=True)]
plt.bar_label(bars, factors, padding=2)
plt.yscale("log")
plt.xticks(places, list(arguments))
plt.ylabel("milliseconds")
plt.legend()
plt.show()

# %% [markdown]
# **Build it.** Write the four functions with array operations in `scratch/vectorised.py`; the loops are there. Then run
# the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 \
#     --only test_pairwise_distances_worked_example --only test_pairwise_distances_time_budget \
#     --only test_softmax_worked_example \
#     --only test_confusion_matrix_worked_example \
#     --only test_moving_average_worked_example

# %% [markdown]
# ## 2 Features of very different sizes
#
# The thirteen measurements in scikit-learn's wine data are between 0.1 (phenols) and 1680 (proline). With the original
# features a network has a badly conditioned loss: one direction is a million times as steep as another. **How does the
# same network learn with the same learning rate from both versions? How would you have to change the learning rate for
# the features as measured?**

# %%
wine_x, wine_y = load_wine(return_X_y=True)
train, val, test = train_val_test_split(len(wine_x), 0.25, 0.25, np.random.default_rng(1))
scaler = Standardizer().fit(wine_x[train])  # on the training rows alone
versions = {"as measured": wine_x, "standardised": scaler.transform(wine_x)}

figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4))
left.boxplot(wine_x, sym=".")
left.set(yscale="log", xlabel="feature", title="Wine: features as measured")
for label, x in versions.items():
    model = MLP([13, 16, 3], rng=np.random.default_rng(2))
    optimiser = SGD(model.parameters(), lr=0.05)
    loader = DataLoader((x[train], wine_y[train]), batch_size=16, shuffle=True, rng=np.random.default_rng(3))
    with np.errstate(over="ignore", invalid="ignore"):
        history = fit(model, CrossEntropyLoss(), optimiser, loader, [(x[val], wine_y[val])], epochs=40)
    share = accuracy(model, [(x[val], wine_y[val])])
    right.semilogy(history.train_loss, label=f"{label}: validation accuracy {share:.0%}")
right.set(xlabel="epoch", ylabel="training loss", title="lr = 0.05 for both")
right.legend()
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `Standardizer`, `train_val_test_split` and `DataLoader` in `scratch/data.py`, and `evaluate`,
# `accuracy` and `fit` in `scratch/training.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 \
#     --only test_standardizer_worked_example \
#     --only test_split_has_every_row_once \
#     --only test_data_loader_worked_example \
#     --only test_evaluate_worked_example \
#     --only test_fit_worked_example

# %% [markdown]
# ## 3 Leakage
#
# It seems simpler to standardise once, before the folds are made. Then every fold's training features depend on its
# validation rows. With the mean and deviation of many rows the effect is small. With anything that is learnt with more
# freedom than a mean, it is large.
#
# Here the labels are random: no model can have an expected accuracy above 50 %. Of 2000 features of noise we keep the
# 10 whose means differ most between the classes: chosen from all rows before the folds are made, or from each fold's
# training rows. **Which of the two wrongly shows a good model?**

# %%


def best_features(x, y):
    """The ten features whose means differ most between the classes."""
    return np.argsort(-np.abs(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)))[:10]


def nearest_mean(x_train, y_train, x_val, y_val):
    """Accuracy of a classifier that predicts the class with the nearer mean."""
    means = np.stack([x_train[y_train == label].mean(axis=0) for label in (0, 1)])
    return float(np.mean(vectorised.pairwise_distances(x_val, means).argmin(axis=1) == y_val))


def choose_then_score(x_train, y_train, x_val, y_val):
    """The same with features chosen on the training rows."""
    chosen = best_features(x_train, y_train)
    return nearest_mean(x_train[:, chosen], y_train, x_val[:, chosen], y_val)


leaky, honest = [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    noise, coins = rng.standard_normal((60, 2000)), rng.permutation(np.arange(60) % 2)
    folds = stratified_k_fold(coins, 5, rng)
    leaky.append(cross_validate(nearest_mean, noise[:, best_features(noise, coins)], coins, folds).mean())
    honest.append(cross_validate(choose_then_score, noise, coins, folds).mean())

plt.figure()
plt.hist([leaky, honest], bins=np.linspace(0.2, 1, 25), label=["chosen on all rows", "chosen on training rows"])
plt.axvline(0.5, color="black", linestyle="--", label="expected accuracy")
plt.xlabel("accuracy by five-fold cross-validation, labels are random")
plt.ylabel("data sets")
plt.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `stratified_k_fold` and `cross_validate` in `scratch/data.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 --only test_stratified_k_fold_worked_example

# %% [markdown]
# ## 4 Initial weights
#
# Twenty layers of 256 units with ReLU. Each layer multiplies the signal by its weights; a factor of 0.7 per layer is a
# factor of 0.001 after twenty layers. **Which line belongs to PyTorch's default for `Linear`, uniform on $(-1/\sqrt D,
# 1/\sqrt D)$, with variance $1 / (3 D)$?**

# %%
batch = np.random.default_rng(4).standard_normal((64, 256))


def depth_profile(fill):
    """Root mean square of the activations after each of twenty layers."""
    x, found = batch, []
    for number in range(20):
        layer = Linear(256, 256, bias=False, rng=np.random.default_rng(number))
        fill(layer.weight, np.random.default_rng(100 + number))
        x = ReLU()(layer(x))
        found.append(np.sqrt(np.mean(x**2)))
    return found


def keep(weight, rng):
    """Keep the weights of the layer's constructor."""


def standard_normal(weight, rng):
    """Far too large."""
    weight.data[...] = rng.standard_normal(weight.data.shape)


starts = {
    "standard normal": standard_normal,
    "Kaiming normal": lambda weight, rng: init.kaiming_normal_(weight, nonlinearity="relu", rng=rng),
    "Kaiming uniform": lambda weight, rng: init.kaiming_uniform_(weight, nonlinearity="relu", rng=rng),
    "Xavier normal": lambda weight, rng: init.xavier_normal_(weight, rng=rng),
    "default of Linear": keep,
}
plt.figure()
for (label, fill), line in zip(starts.items(), ("-", "-", "--", "-", "-"), strict=True):
    plt.semilogy(range(1, 21), depth_profile(fill), f".{line}", label=label)
plt.xticks(range(2, 21, 2))
plt.xlabel("layer")
plt.ylabel("root mean square of the activations")
plt.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `scratch/init.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 \
#     --only test_fans_and_gains_worked_example \
#     --only test_kaiming_worked_example

# %% [markdown]
# ## 5 A training run
#
# scikit-learn's digits, 8 × 8 pixels, with only 300 training rows, and every fifth label wrong, as in many real data
# sets. A network can memorise wrong labels. The validation loss falls, then rises, while the training loss continues to
# fall. `fit` stops some epochs after the best one and restores the weights of that epoch. In the second run the
# learning rate decays. **Why does its validation loss hardly rise? Is that better than early stopping, or the same?**

# %%
digits_x, digits_y = load_digits(return_X_y=True)
train, val, test = train_val_test_split(len(digits_x), 0.3, 0.3, np.random.default_rng(5))
train = train[:300]
scaler = Standardizer().fit(digits_x[train])
x_train, x_val, x_test = (scaler.transform(digits_x[part]) for part in (train, val, test))
y_train, y_val, y_test = (digits_y[part] for part in (train, val, test))
y_train[::5] = (y_train[::5] + np.random.default_rng(11).integers(1, 10, len(y_train[::5]))) % 10


def run(lr, gamma=None, hidden=64, epochs=40, patience=15, seed=6):
    """Train a network on the digits; return it and its history."""
    rng = np.random.default_rng(seed)
    model = MLP([64, hidden, 10], rng=rng)
    optimiser = Adam(model.parameters(), lr=lr)
    scheduler = None if gamma is None else ExponentialLR(optimiser, gamma)
    loader = DataLoader((x_train, y_train), batch_size=32, shuffle=True, rng=rng)
    criterion, val_loader = CrossEntropyLoss(), [(x_val, y_val)]
    history = fit(
        model, criterion, optimiser, loader, val_loader, epochs=epochs, patience=patience, scheduler=scheduler
    )
    return model, history


figure, all_axes = plt.subplots(1, 2, figsize=(13, 4), sharey=True)
for axes, gamma in zip(all_axes, (None, 0.7), strict=True):
    model, history = run(lr=0.005, gamma=gamma)
    axes.semilogy(history.train_loss, label="training")
    axes.semilogy(history.val_loss, label="validation")
    axes.axvline(history.best_epoch, color="grey", linestyle="--", label=f"best epoch, {history.best_epoch}")
    # The test set is used once, with the weights that were chosen on the validation set.
    share = accuracy(model, [(x_test, y_test)])
    label = "constant lr" if gamma is None else f"lr times {gamma} each epoch"
    axes.set(xlabel="epoch", ylabel="loss", title=f"{label}: test accuracy {share:.1%}")
    axes.legend()
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Add early stopping to `fit`, and write `ExponentialLR`, in `scratch/training.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 --only test_early_stopping_worked_example

# %% [markdown]
# ## 6 Random search
#
# Forty settings of learning rate and width. In the left plot the learning rate is drawn log-uniformly from $10^{-5}$ to
# 1, in the right plot uniformly from the same range. **How many of the trials on the right are useful? How many
# different learning rates would a 6 × 6 grid try?**

# %%


def objective(settings):
    """Validation loss after a few epochs; NaN where training diverged."""
    with np.errstate(all="ignore"):
        _, history = run(settings["lr"], hidden=settings["hidden"], epochs=8, patience=None)
    return min(history.val_loss)


figure, all_axes = plt.subplots(1, 2, figsize=(13, 4), sharey=True)
for axes, rule in zip(all_axes, ("log_uniform", "uniform"), strict=True):
    space = {"lr": (rule, 1e-5, 1.0), "hidden": ("integers", 4, 64)}
    trials = random_search(objective, space, 40, np.random.default_rng(7))
    lrs = [trial.settings["lr"] for trial in trials]
    widths = [trial.settings["hidden"] for trial in trials]
    scores = [trial.score for trial in trials]
    dots = axes.scatter(lrs, scores, c=widths, cmap="viridis")
    best = trials[0]
    axes.plot(best.settings["lr"], best.score, "rx", markersize=12)
    title = f"{rule}: best lr {best.settings['lr']:.2g}, {best.settings['hidden']} hidden units, loss {best.score:.3f}"
    axes.set(xscale="log", yscale="log", xlim=(5e-6, 2), xlabel="lr", ylabel="validation loss", title=title)
    figure.colorbar(dots, ax=axes, label="hidden units")
plt.tight_layout()
plt.show()

# %%
# Each power of ten has a fifth of the log-uniform draws.
rng = np.random.default_rng(8)
draws = np.array([log_uniform(1e-5, 1.0, rng) for _ in range(2000)])
print({f"below 1e{power}": f"{np.mean(draws < 10.0**power):.0%}" for power in (-4, -3, -2, -1)})

# %% [markdown]
# **Build it.** Write `log_uniform` and `random_search` in `scratch/tuning.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 --only test_random_search_worked_example

# %% [markdown]
# ## 7 Folds
#
# A single validation part of 60 rows is a small sample. Here are ten random splits of the same 300 digits into five
# folds: the mean over five folds varies less than a single fold. **By which factor would you expect it to be smaller?**

# %%


def train_and_score(x_train, y_train, x_val, y_val):
    """Validation accuracy of a small network."""
    rng = np.random.default_rng(9)
    model = MLP([64, 24, 10], rng=rng)
    loader = DataLoader((x_train, y_train), batch_size=32, shuffle=True, rng=rng)
    fit(model, CrossEntropyLoss(), Adam(model.parameters(), lr=0.01), loader, epochs=8)
    return accuracy(model, [(x_val, y_val)])


x, y = digits_x[train], digits_y[train]
scores = np.stack(
    [cross_validate(train_and_score, x, y, k_fold(len(x), 5, np.random.default_rng(seed))) for seed in range(10)]
)
plt.figure()
plt.plot(np.repeat(np.arange(10), 5), scores.ravel(), "o", color="lightgrey", label="one fold")
plt.plot(scores.mean(axis=1), "o-", label="mean of five folds")
plt.xlabel("random split")
plt.ylabel("validation accuracy")
plt.title(f"standard deviation: {scores.std():.3f} of folds, {scores.mean(axis=1).std():.3f} of means")
plt.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `k_fold` in `scratch/data.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 --only test_k_fold_worked_example

# %% [markdown]
# ## 8 Bias and variance: the experiment of the written question
#
# For each width, ten networks are trained to the end (no early stopping) on ten different random samples of the digits;
# all of them predict the same 500 rows, which were not used for training. The error is the mean squared difference of
# probabilities and one-hot targets, so that it is exactly the sum of the squared bias (the error of the *average*
# network) and the variance (the mean squared difference of the networks from their average).
#
# On the left each network is trained on 100 rows, on the right on 800. The dashed line is the error on the training
# rows. **Look at the two plots before you write your answer.** This cell takes about half a minute.

# %%
order = np.random.default_rng(10).permutation(len(digits_x))
held_out, pool = order[:500], order[500:]
one_hot = np.eye(10)
WIDTHS = (1, 2, 4, 8, 16, 32, 64)


def trained_on_sample(hidden, rows, seed):
    """Train on a random sample of the pool; return probabilities of the held-out rows and the training error."""
    rng = np.random.default_rng(seed)
    sample = rng.choice(pool, rows, replace=False)
    scaler = Standardizer().fit(digits_x[sample])
    x, y = scaler.transform(digits_x[sample]), digits_y[sample]
    model = MLP([64, hidden, 10], rng=rng)
    loader = DataLoader((x, y), batch_size=25, shuffle=True, rng=rng)
    fit(model, CrossEntropyLoss(), Adam(model.parameters(), lr=0.02), loader, epochs=max(6, 4800 // rows))
    training_error = np.mean((vectorised.softmax(model(x)) - one_hot[y]) ** 2)
    return vectorised.softmax(model(scaler.transform(digits_x[held_out]))), training_error


results = {}
for rows in (100, 800):
    for hidden in WIDTHS:
        found = [trained_on_sample(hidden, rows, seed) for seed in range(10)]
        predictions = np.stack([probabilities for probabilities, _ in found])
        bias, variance = bias_variance(predictions, one_hot[digits_y[held_out]])
        results[rows, hidden] = bias, variance, np.mean([error for _, error in found])

figure, all_axes = plt.subplots(1, 2, figsize=(13, 4.5), sharey=True)
for axes, rows in zip(all_axes, (100, 800), strict=True):
    bias, variance, training = np.array([results[rows, hidden] for hidden in WIDTHS]).T
    axes.plot(WIDTHS, bias + variance, "o-", label="error on unseen rows")
    axes.plot(WIDTHS, bias, "s-", label="squared bias")
    axes.plot(WIDTHS, variance, "^-", label="variance")
    axes.plot(WIDTHS, training, "k--", label="error on training rows")
    axes.set(xscale="log", xlabel="hidden units", ylabel="mean squared error", title=f"{rows} training rows")
    axes.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
    axes.legend()
plt.tight_layout()
plt.show()

# %%
print("rows  units  squared bias  variance  training error")
for (rows, hidden), (bias, variance, training) in results.items():
    print(f"{rows:4d}  {hidden:5d}  {bias:12.4f}  {variance:8.4f}  {training:14.4f}")

# %% [markdown]
# **Build it.** Write `bias_variance` in `scratch/tuning.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s05 --only test_bias_variance_worked_example

# %% [markdown]
# ## 9 A loss of your own, on your `Tensor` of s03
#
# The layers of s02 know the losses that somebody wrote a `backward` for. Your `Tensor` knows every formula that you can
# write. Here is one that is in no stage: the loss of Zhang and Sabuncu (2018) for labels of which some are wrong. With
# $p$ the probability of the label,
#
# $$L_q = \frac{1 - p^q}{q}, \qquad L_q \to -\log p \text{ for } q \to 0.$$
#
# Its gradient is that of cross-entropy times $p^q$. So a row whose label the network does not believe has little
# influence. You do not have to derive that: only the forward pass is written below. `Adam` of s04 needs no change
# either, because a `Tensor` has `data` and `grad`.
#
# The data are the 300 digits of section 5, with every fifth label wrong. **After which epoch do the curves differ, and
# what has the network with cross-entropy learnt by then?** (If your `Tensor` is not finished, finish it first, or read
# on without this section.)

# %%
from scratch.tensor import Tensor, no_grad


def new_weights(rng):
    """Kaiming weights and zero biases of both layers, which collect gradients."""
    found = []
    for n, m in ((64, 64), (64, 10)):
        found += [Tensor(rng.standard_normal((m, n)) * np.sqrt(2 / n), requires_grad=True)]
        found += [Tensor(np.zeros(m), requires_grad=True)]
    return found


def log_probabilities(x, weights):
    """Log-probabilities (N, 10) of a network with one hidden layer."""
    hidden = (x @ weights[0].T + weights[1]).relu()
    logits = hidden @ weights[2].T + weights[3]
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - shifted.exp().sum(axis=1, keepdims=True).log()


def loss_of(log_p, target, q):
    """Cross-entropy for q = 0, otherwise the loss above; the mean over the rows."""
    of_label = log_p[np.arange(len(target)), target]
    return -of_label.mean() if q == 0 else ((1 - (q * of_label).exp()) / q).mean()


def accuracies_with(q, epochs=40):
    """After each epoch: accuracy on the test rows, and the share of wrong training labels that are predicted."""
    rng = np.random.default_rng(12)
    weights = new_weights(rng)
    optimiser = Adam(weights, lr=0.005)
    loader = DataLoader((x_train, y_train), batch_size=32, shuffle=True, rng=rng)
    found = []
    for _ in range(epochs):
        for x, y in loader:
            optimiser.zero_grad()
            loss_of(log_probabilities(Tensor(x), weights), y, q).backward()
            optimiser.step()
        with no_grad():
            on_test = log_probabilities(Tensor(x_test), weights).data.argmax(axis=1) == y_test
            on_train = log_probabilities(Tensor(x_train), weights).data.argmax(axis=1) == y_train
        found.append((on_test.mean(), on_train[::5].mean()))
    return np.array(found)


figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4))
for q in (0, 0.7):
    on_test, on_wrong = accuracies_with(q).T
    label = "cross-entropy" if q == 0 else f"$L_q$ with q = {q}"
    left.plot(on_test, label=f"{label}: {on_test[-1]:.1%} at the end")
    right.plot(on_wrong, label=label)
left.set(xlabel="epoch", ylabel="accuracy", title="test rows")
right.set(xlabel="epoch", ylabel="share", title="wrong training labels that the network learnt")
left.legend()
right.legend()
plt.tight_layout()
plt.show()

# %% [markdown] criteria=["reading_the_figure", "causes", "remedies"]
# ## 10 The written question
