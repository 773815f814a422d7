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
# # Normalisation
#
# Four layers use one formula: subtract a mean, divide by a standard deviation. They differ in the values over which the
# mean is taken. This notebook runs with *your* `scratch/normalisation.py`: write a layer, then run the section that
# uses it. A cell whose code is not written yet says what is missing. **Build it** at the end of a section says what to
# write, and its cell runs the public tests of that part.
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.gradcheck import gradcheck
from scratch.nn import CrossEntropyLoss, Linear, ReLU, Sequential
from scratch.normalisation import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm
from sklearn.datasets import load_digits

plt.rcParams.update(
    {"figure.figsize": (9, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)

# %% [markdown]
# ## 1 The mean of which values?
#
# Which inputs influence the output at one place? The layers themselves can show it: set `grad_output` to 1 at a single
# place and to 0 elsewhere, and `backward` returns how much every input changes that one output. Below, x has 3 images
# (rows of boxes), 4 channels (boxes in a row) and 5 × 6 pixels (within a box). The place is marked with a cross.
# **Which of these layers give the same result for a batch of one image?**

# %%
rng = np.random.default_rng(6)
x = rng.standard_normal((3, 4, 5, 6))
place = (1, 2, 1, 4)  # image 1, channel 2, a pixel
at_place = np.zeros(x.shape)
at_place[place] = 1.0

layers = {
    "BatchNorm2d(4)": BatchNorm2d(4, affine=False),
    "LayerNorm((4, 5, 6))": LayerNorm((4, 5, 6), elementwise_affine=False),
    "GroupNorm(2, 4)": GroupNorm(2, 4, affine=False),
    "GroupNorm(4, 4)": GroupNorm(4, 4, affine=False),
}
fig, all_axes = plt.subplots(1, 4, figsize=(12, 2.9))
for axes, (name, layer) in zip(all_axes, layers.items(), strict=True):
    layer(x)
    influences = (layer.backward(at_place) != 0).astype(float)
    boxes = np.full((3 * 6 + 1, 4 * 7 + 1), 0.35)  # grey lines between the boxes
    for n in range(3):
        for c in range(4):
            boxes[1 + 6 * n : 6 + 6 * n, 1 + 7 * c : 7 + 7 * c] = influences[n, c]
    axes.imshow(boxes, cmap="Blues", vmin=0, vmax=1.4)
    axes.plot(1 + 7 * place[1] + place[3], 1 + 6 * place[0] + place[2], "x", color="orangered", markersize=8, mew=2)
    axes.set(title=name, xticks=3.5 + 7 * np.arange(4), yticks=3 + 6 * np.arange(3))
    axes.set(xticklabels=range(4), yticklabels=range(3), xlabel="channel", ylabel="image")
    axes.grid(visible=False)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write the three layers in `scratch/normalisation.py`, first what they compute in training. Then run the
# tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s06 \
#     --only test_new_layers_scale_by_one_and_shift_by_zero \
#     --only test_batch_norm_of_images_worked_example \
#     --only test_layer_norm_worked_example \
#     --only test_group_norm_worked_example

# %% [markdown]
# ## 2 The formula, and a check that proves nothing
#
# First the worked example of the specification, then its backward pass. With a `grad_output` of ones even a wrong
# backward looks right: the outputs of each feature sum to a constant, whatever x is, so the right gradient of their sum
# is 0. `gradcheck` uses a random `grad_output`.

# %%
example = BatchNorm1d(2, eps=9.0)
example.weight.data, example.bias.data = np.array([2.0, 3.0]), np.array([1.0, -1.0])
print("y =", example(np.array([[1.0, 7.0], [9.0, 7.0], [9.0, 7.0], [1.0, 7.0]])).round(4).tolist())
print("running mean", example.running_mean, " running variance", example.running_var.round(4))


class Lazy(BatchNorm1d):
    """A wrong backward: it returns zeros."""

    def backward(self, grad_output):
        """Compute the parameters' gradients as usual, but return 0 for the input's."""
        return 0.0 * super().backward(grad_output)


rows = rng.standard_normal((6, 3)) * [1.0, 2.0, 0.5] + [0.0, 5.0, -3.0]
for cls in (BatchNorm1d, Lazy):
    layer = cls(3)
    layer(rows)
    largest = np.abs(layer.backward(np.ones(rows.shape))).max()
    verdict = gradcheck(layer, rows)
    print(f"{cls.__name__:12s} largest gradient of the sum: {largest:.1e}   gradcheck: {verdict}")

# %% [markdown]
# **The first check cannot distinguish the two. What would it show for a backward that treats mean and variance as
# constants?**

# %% [markdown]
# **Build it.** Write `backward` of each layer in `scratch/normalisation.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s06 \
#     --only test_batch_norm_worked_example \
#     --only test_gradients_are_slopes_of_the_forward_pass

# %% [markdown]
# ## 3 Through thirty layers
#
# A signal passes through thirty random linear layers with ReLUs. Each layer multiplies its size by about the same
# factor, so after thirty layers its size has changed by that factor to the power of 30. **How small is the signal in
# the end with a factor of 0.5?**

# %%
WIDTH, DEPTH = 100, 30


def sizes_through(scale, norm):
    """Standard deviation of the activations after each layer, with weights of a given scale."""
    draw = np.random.default_rng(1)
    h, found = draw.standard_normal((200, WIDTH)), []
    for _ in range(DEPTH):
        linear = Linear(WIDTH, WIDTH, bias=False)
        linear.weight.data = scale * np.sqrt(2.0 / WIDTH) * draw.standard_normal((WIDTH, WIDTH))
        h = linear(h)
        h = ReLU()(norm()(h) if norm else h)
        found.append(h.std())
    return found


fig, all_axes = plt.subplots(1, 2, sharey=True)
for axes, (title, norm) in zip(
    all_axes, {"without": None, "BatchNorm1d before each ReLU": lambda: BatchNorm1d(WIDTH)}.items(), strict=True
):
    for scale, style in [(0.5, "o-"), (1.0, "s-"), (2.0, "^-")]:
        axes.semilogy(
            range(1, DEPTH + 1), sizes_through(scale, norm), style, markersize=3, label=f"{scale:g} × Kaiming"
        )
    axes.set(title=title, xlabel="layer")
all_axes[0].set_ylabel("standard deviation of activations")
all_axes[1].legend(title="weights")
fig.tight_layout()
plt.show()

# %% [markdown]
# The three curves on the right are the same: if you multiply a layer's weights by a number, the mean and the standard
# deviation are multiplied by it as well, and the number cancels. **What does that mean for weight decay on a layer that
# is followed by BatchNorm?**
#
# ## 4 Real digits, many learning rates
#
# A network of six layers is trained on scikit-learn's digits (1,797 images of 8 × 8 pixels) with plain gradient
# descent. Each dot is a training run of 60 steps.

# %%
digits = load_digits()
pixels, labels = digits.data / 16.0, digits.target
order = np.random.default_rng(0).permutation(len(labels))
train, test = order[:1000], order[1000:]


def network(norm, seed):
    """Six linear layers with ReLUs between them, and a normalisation before each ReLU if one is given."""
    draw = np.random.default_rng(seed)
    parts = []
    for features_in, features_out in [(64, 50)] + [(50, 50)] * 4:
        linear = Linear(features_in, features_out, rng=draw)
        linear.weight.data = np.sqrt(2.0 / features_in) * draw.standard_normal((features_out, features_in))  # Kaiming
        parts += [linear, *([norm(features_out)] if norm else []), ReLU()]
    return Sequential(*parts, Linear(50, 10, rng=draw))


def train_network(model, lr, steps, batch_size=100, seed=0):
    """Train in place; return the loss of each step, at most 10 where it diverges."""
    draw, criterion, losses = np.random.default_rng(seed), CrossEntropyLoss(), []
    for _ in range(steps):
        batch = draw.choice(train, batch_size, replace=False)
        losses.append(min(criterion.forward(model(pixels[batch]), labels[batch]), 10.0))
        model.zero_grad()
        model.backward(criterion.backward())
        for parameter in model.parameters():
            parameter.data = parameter.data - lr * np.clip(parameter.grad, -10, 10)
    return losses


def accuracy(model):
    """Share of test images that the model classifies correctly, in evaluation."""
    model.eval()
    correct = np.mean(model(pixels[test]).argmax(axis=1) == labels[test])
    model.train()
    return correct


learning_rates = np.geomspace(0.01, 10, 10)
for name, norm, style in [
    ("without", None, "o-"),
    ("BatchNorm1d", BatchNorm1d, "s-"),
    ("LayerNorm", LayerNorm, "^-"),
]:
    reached = []
    for lr in learning_rates:
        model = network(norm, seed=2)
        train_network(model, lr, steps=60)
        reached.append(accuracy(model))
    plt.semilogx(learning_rates, reached, style, label=name)
plt.axhline(0.1, color="grey", linestyle=":", label="guessing")
plt.xlabel("learning rate")
plt.ylabel("accuracy on test images")
plt.title("after 60 steps")
plt.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
plt.tight_layout()
plt.show()

# %% [markdown]
# **In what range of learning rates does each network learn?** (Santurkar et al. 2018 explain why: with BatchNorm the
# loss surface is smoother, so longer steps work.)

# %% [markdown]
# **Build it.** The accuracy is measured in evaluation: write the running statistics of `BatchNorm` in
# `scratch/normalisation.py`. The next section shows them. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s06 \
#     --only test_running_statistics_worked_example \
#     --only test_evaluation_worked_example

# %% [markdown]
# ## 5 Two modes
#
# In training the running statistics follow those of the batches. With momentum 0.1 a batch has little influence after
# about twenty more. Below, the true mean is 3 and the true variance 4.

# %%
fig, (left, right) = plt.subplots(1, 2)
for momentum, style in [(0.01, "-"), (0.1, "-"), (0.5, "-")]:
    draw = np.random.default_rng(3)
    layer, means, variances = BatchNorm1d(1, momentum=momentum), [0.0], [1.0]
    for _ in range(80):
        layer(3.0 + 2.0 * draw.standard_normal((8, 1)))
        means.append(layer.running_mean[0])
        variances.append(layer.running_var[0])
    left.plot(means, style, label=f"momentum {momentum:g}")
    right.plot(variances, style)
left.axhline(3.0, color="black", linewidth=0.8, linestyle=":")
right.axhline(4.0, color="black", linewidth=0.8, linestyle=":")
left.set(title="running mean", xlabel="batches of 8 seen")
right.set(title="running variance", xlabel="batches of 8 seen")
left.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Which momentum would you choose for 100,000 steps, and which for 50?**
#
# Batch statistics have a disadvantage. Put the same image into 200 batches with different other images: how much does
# the output for this image change?


# %%
fig, axes = plt.subplots(figsize=(7, 3.6))
batch_sizes = [2, 4, 8, 16, 32, 64]
for name, norm, style in [
    ("BatchNorm1d", BatchNorm1d, "s-"),
    ("GroupNorm", lambda features: GroupNorm(5, features), "o-"),
]:
    spreads = []
    for batch_size in batch_sizes:
        draw, first = np.random.default_rng(4), Sequential(Linear(64, 50, rng=np.random.default_rng(5)), norm(50))
        outputs = []
        for _ in range(200):
            others = draw.choice(train[1:], batch_size - 1, replace=False)
            outputs.append(first(pixels[[train[0], *others]])[0])
        spreads.append(np.std(outputs, axis=0).mean())
    axes.plot(batch_sizes, spreads, style, label=name)
axes.set_xscale("log", base=2)
axes.set(xlabel="batch size", ylabel="standard deviation of the output", title="the same image in different batches")
axes.legend()
plt.show()

# %% [markdown]
# **What does the point at batch size 2 show for part (a) of the written question?**
#
# ## 6 A bias without effect
#
# A linear layer with a bias, followed by BatchNorm, and a random `grad_output`.

# %%
linear, norm = Linear(64, 5), BatchNorm1d(5)
model = Sequential(linear, norm)
before = model(pixels[train[:40]])
model.backward(rng.standard_normal((40, 5)))
print("gradient of the linear layer's weight, largest:", f"{np.abs(linear.weight.grad).max():.2f}")
print("gradient of the linear layer's bias, largest:  ", f"{np.abs(linear.bias.grad).max():.1e}")
linear.bias.data = linear.bias.data + 100.0
print("change of the output for a bias 100 larger:    ", f"{np.abs(model(pixels[train[:40]]) - before).max():.1e}")

# %% [markdown]
# **Prove it in part (b) of the written question. In practice people write `Linear(..., bias=False)` before BatchNorm.**

# %% [markdown] criteria=["written"]
# ## 7 The written question
