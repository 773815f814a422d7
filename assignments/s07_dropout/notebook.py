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
# # Dropout and other regularisation
#
# A network with more weights than training images can memorise them, including wrong labels. This notebook shows three
# ways to make that harder, and ends with an experiment whose result you need for the written question. It runs with
# *your* `scratch/regularisation.py`: write a class, then run the section that uses it. A cell whose code is not written
# yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the public tests
# of that part.
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.functional import softmax
from scratch.nn import CrossEntropyLoss, Linear, Parameter, ReLU, Sequential
from scratch.regularisation import (
    Dropout,
    Dropout2d,
    L1Penalty,
    L2Penalty,
    LabelSmoothingCrossEntropy,
    penalised_parameters,
)
from sklearn.datasets import load_digits

plt.rcParams.update(
    {"figure.figsize": (9, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)

# %% [markdown]
# ## 1 What is kept
#
# Sixteen images of ones, each with 16 channels of 6 × 6 pixels, pass through both kinds of dropout with p = 0.3. Each
# box is a channel, each row of boxes an image. White is 0. **What is the number in the coloured places?**

# %%
ones = np.ones((16, 16, 6, 6))
fig, all_axes = plt.subplots(1, 2, figsize=(9, 4.4))
for axes, layer in zip(all_axes, (Dropout(0.3), Dropout2d(0.3)), strict=True):
    y = layer(ones)
    axes.imshow(y.transpose(0, 2, 1, 3).reshape(96, 96), cmap="Blues", vmin=0, vmax=2)
    axes.set(title=f"{type(layer).__name__}(0.3): values {sorted({round(float(v), 3) for v in y.flat})}")
    axes.set(xticks=6 * np.arange(17) - 0.5, yticks=6 * np.arange(17) - 0.5, xticklabels=[], yticklabels=[])
fig.tight_layout()
plt.show()

# %% [markdown]
# A network can guess a single white pixel from its neighbours, but not a missing channel.

# %% [markdown]
# **Build it.** Write `Dropout` and `Dropout2d` in `scratch/regularisation.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s07 \
#     --only test_dropout_scales_what_it_keeps \
#     --only test_dropout_backward_has_the_mask_of_forward \
#     --only test_dropout_does_nothing_in_evaluation \
#     --only test_dropout2d_drops_whole_channels

# %% [markdown]
# ## 2 How far from p may it be?
#
# The number of kept elements is binomial: with n elements its standard deviation is $\sqrt{n p (1 - p)}$. This is how a
# random layer can be tested. Below are 2,000 forward passes of 400 elements with p = 0.3, and the normal approximation
# of the binomial distribution. **Which counts would you accept from a layer that is tested once? And from the layers of
# a hundred students?**

# %%
layer = Dropout(0.3, rng=np.random.default_rng(7))
counts = np.array([np.count_nonzero(layer(np.ones(400))) for _ in range(2000)])
mean, std = 400 * 0.7, np.sqrt(400 * 0.7 * 0.3)
at = np.arange(counts.min() - 3, counts.max() + 4)
plt.hist(counts, bins=at - 0.5, density=True, alpha=0.5, label="your layer")
plt.plot(at, np.exp(-0.5 * ((at - mean) / std) ** 2) / std / np.sqrt(2 * np.pi), "k", linewidth=1, label="expected")
plt.xlabel("elements kept of 400")
plt.legend()
plt.show()
print(f"mean {counts.mean():.1f} (expected {mean:.1f}), standard deviation {counts.std():.2f} (expected {std:.2f})")

# %% [markdown]
# **A layer that drops exactly 120 of 400 each time has the right mean. What is wrong with it?**

# %% [markdown]
# **Build it.** Nothing new to write in `scratch/regularisation.py`: this test counts what your `Dropout` keeps. Then
# run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s07 --only test_dropout_drops_about_a_share_of_p

# %% [markdown]
# ## 3 Two penalties, two kinds of shrinking
#
# Gradient descent on a penalty alone. In each step L2 reduces a weight by a fixed share of it, L1 by a fixed amount.
# **Which one makes weights exactly 0?** (The L1 steps go past 0 and back: near the kink a step is as long as anywhere
# else.)

# %%
fig, all_axes = plt.subplots(1, 2, sharey=True)
for axes, penalty_class in zip(all_axes, (L2Penalty, L1Penalty), strict=True):
    weights = Parameter(np.array([2.0, 1.0, 0.3, -1.2]))
    penalty, path = penalty_class([weights], strength=1.0), [weights.data]
    for _ in range(60):
        weights.zero_grad()
        penalty.backward()
        weights.data = weights.data - 0.05 * weights.grad
        path.append(weights.data)
    axes.plot(np.array(path))
    axes.set(title=penalty_class.__name__, xlabel="step")
all_axes[0].set_ylabel("weight")
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `penalised_parameters`, `L2Penalty` and `L1Penalty` in `scratch/regularisation.py`. Then run the
# tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s07 \
#     --only test_l2_worked_example \
#     --only test_l1_worked_example

# %% [markdown]
# ## 4 Softer targets
#
# One token, three classes, logits (z, 0, 0): the loss and its slope as the network becomes more certain of class 0.
# Plain cross-entropy falls for ever. **Where is the minimum of the smoothed loss, and why there?**

# %%
logits = np.linspace(-2.0, 8.0, 200)
fig, (left, right) = plt.subplots(1, 2)
for smoothing, style in [(0.0, "-"), (0.1, "--"), (0.3, "-.")]:
    criterion, losses, slopes = LabelSmoothingCrossEntropy(smoothing), [], []
    for z in logits:
        losses.append(criterion(np.array([[z, 0.0, 0.0]]), np.array([0])))
        slopes.append(criterion.backward()[0, 0])
    left.plot(logits, losses, style, label=f"smoothing {smoothing:g}")
    right.plot(logits, slopes, style)
left.set(title="loss", xlabel="z")
right.set(title="slope", xlabel="z")
left.legend()
fig.tight_layout()
plt.show()

best = np.log((1 - 0.3 + 0.1) / 0.1)
print(f"with smoothing 0.3 the loss is smallest at z = {best:.3f}:", softmax(np.array([best, 0.0, 0.0])).round(3))

# %% [markdown]
# **Build it.** Write `LabelSmoothingCrossEntropy` in `scratch/regularisation.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s07 \
#     --only test_label_smoothing_worked_example \
#     --only test_label_smoothing_gradient_is_the_slope

# %% [markdown]
# ## 5 The experiment
#
# We train on 300 of scikit-learn's digits, and give about one fifth of them a random label, like the mistakes of people
# who label images quickly. 800 others, with right labels, are for validation. A network with two hidden layers of 150
# units has 33,910 weights and biases, more than a hundred for each image. All five runs start from the same weights and
# differ only in the regularisation. (You may change two of the settings: `P` and `STRENGTH`.)

# %%
P, STRENGTH, SMOOTHING, EPOCHS, LR = 0.5, 0.02, 0.2, 600, 0.15

digits = load_digits()
draw = np.random.default_rng(2027)
order = draw.permutation(len(digits.target))
x_train, x_valid = digits.data[order[:300]] / 16.0, digits.data[order[300:1100]] / 16.0
y_train, y_valid = digits.target[order[:300]].copy(), digits.target[order[300:1100]]
false = draw.random(300) < 0.2
y_train[false] = draw.integers(0, 10, false.sum())


def experiment(dropout=False, penalty=None, smoothing=0.0):
    """Train on all 300 images at a time; return losses and accuracies after each epoch, measured in evaluation."""
    rng = np.random.default_rng(1)
    layers = []
    for features_in, features_out in ((64, 150), (150, 150)):
        linear = Linear(features_in, features_out, rng=rng)
        linear.weight.data = np.sqrt(2.0 / features_in) * rng.standard_normal((features_out, features_in))  # Kaiming
        layers += [linear, ReLU(), *([Dropout(P, rng=np.random.default_rng(len(layers)))] if dropout else [])]
    model = Sequential(*layers, Linear(150, 10, rng=rng))
    penalties = [penalty(penalised_parameters(model))] if penalty else []
    criterion, plain = LabelSmoothingCrossEntropy(smoothing), CrossEntropyLoss()

    rows = []
    for _ in range(EPOCHS):
        model.train()
        model.zero_grad()
        in_training = criterion(model(x_train), y_train)
        model.backward(criterion.backward())
        for each in penalties:
            each.backward()
        for parameter in model.parameters():
            parameter.data = parameter.data - LR * parameter.grad
        model.eval()
        row = [in_training]
        for x, y in ((x_train, y_train), (x_valid, y_valid)):
            scores = model(x)
            row += [plain(scores, y), np.mean(scores.argmax(axis=1) == y)]
        rows.append(row)
    return np.array(rows)


runs = {
    "none": experiment(),
    "dropout": experiment(dropout=True),
    "L2": experiment(penalty=lambda params: L2Penalty(params, STRENGTH)),
    "L1": experiment(penalty=lambda params: L1Penalty(params, STRENGTH / 20)),
    "label smoothing": experiment(smoothing=SMOOTHING),
}

# %%
fig, all_axes = plt.subplots(1, 5, figsize=(14, 3.4), sharey=True)
for axes, (name, rows) in zip(all_axes, runs.items(), strict=True):
    axes.plot(rows[:, 1], "--", label="training images")
    axes.plot(rows[:, 3], label="validation images")
    axes.set(title=name, xlabel="epoch", ylim=(0, 2))
all_axes[0].set_ylabel("cross-entropy")
all_axes[0].legend()
fig.tight_layout()
plt.show()

print("accuracy after the last epoch, and the best on validation")
for name, rows in runs.items():
    print(
        f"{name:16s} training {100 * rows[-1, 2]:5.1f} %   validation {100 * rows[-1, 4]:5.1f} %   "
        f"best {100 * rows[:, 4].max():5.1f} % in epoch {rows[:, 4].argmax() + 1}"
    )

# %% [markdown]
# One fifth of the training labels is drawn at random, and one tenth of those happens to be right: without memorising,
# no network gets more than about 82 % of the *training* labels right. **Which runs learned wrong labels?** **What would
# early stopping have given?** (With label smoothing the cross-entropy is high although the accuracy is good: this
# network is trained never to be certain.)
#
# ## 6 Measured in training, measured in evaluation
#
# The same images and the same network at the same time: the loss with dropout, and without.

# %%
rows = runs["dropout"]
plt.plot(rows[:, 0], linewidth=0.8, label="training images, in training")
plt.plot(rows[:, 1], "--", label="training images, in evaluation")
plt.plot(rows[:, 3], label="validation images, in evaluation")
plt.ylim(0, 2.5)
plt.xlabel("epoch")
plt.ylabel("cross-entropy")
plt.title("with dropout")
plt.legend()
plt.show()

# %% [markdown]
# **A friend sees a validation loss below the training loss and concludes that the two sets were swapped. What do you
# answer?** (Here the validation labels also have no mistakes, which makes the lowest curve lower.)

# %% [markdown] criteria=["written"]
# ## 7 The written question
