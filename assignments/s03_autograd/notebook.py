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
# # s03_autograd: Computational graphs and automatic differentiation
#
# Every program that computes a number from numbers has a graph: its results are nodes, and each node holds the nodes
# that it was computed from. From the graph one can compute the derivative. This notebook runs *your*
# `scratch/tensor.py`. A cell whose code is not written yet says what is missing. **Build it** at the end of a section
# says what to write, and its cell runs the public tests of that part.
#
# Before you run a cell that draws something, think about what you expect. The questions in **bold** are for you; they
# are not marked.

# %%
import itertools
import time

import matplotlib.pyplot as plt
import numpy as np
from scratch.tensor import Tensor, no_grad

plt.rcParams.update({"figure.figsize": (9, 4), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# %% [markdown]
# ## 1 A graph with two tensors that are used twice
#
# This is the worked example of the specification: $c = ab$, $d = c + a$, $y = dc$. Compute the gradients on paper, from
# $y$ backwards along the arrows, before you look at them. **In which orders may the five nodes be visited?**

# %%
a, b = Tensor(2.0, requires_grad=True), Tensor(-3.0, requires_grad=True)
c = a * b
d = c + a
y = d * c
y.backward()

places = {"a": (0, 1), "b": (0, 0), "c": (1, 0.5), "d": (2, 1), "y": (3, 0.5)}
figure, axes = plt.subplots(figsize=(9, 3.2))
for start, end in ("ac", "bc", "ad", "cd", "cy", "dy"):
    axes.annotate(
        "",
        xy=places[end],
        xytext=places[start],
        arrowprops={"arrowstyle": "-|>", "shrinkA": 30, "shrinkB": 30, "color": "tab:blue"},
    )
for name, tensor in {"a": a, "b": b, "c": c, "d": d, "y": y}.items():
    gradient = f"\ngradient {tensor.grad:.0f}" if name in "ab" else ""
    box = {"boxstyle": "round,pad=0.5", "facecolor": "lightyellow" if gradient else "white", "edgecolor": "grey"}
    axes.text(*places[name], f"{name} = {tensor.item():.0f}{gradient}", ha="center", va="center", bbox=box)
axes.set(xlim=(-0.5, 3.5), ylim=(-0.4, 1.4), title="c = a b,  d = c + a,  y = d c")
axes.axis("off")
plt.show()

# %% [markdown]
# **Build it.** Write `Tensor` with `+`, `*` and `backward` in `scratch/tensor.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s03 \
#     --only test_worked_example \
#     --only test_constants_have_no_gradient \
#     --only test_backward_needs_a_gradient_of_the_right_shape

# %% [markdown]
# ## 2 Comparison with numerical slopes
#
# A derivative can be measured: move the input by $h$ in both directions and look at the difference. This needs two runs
# of the program for each input and is never exact. So it is too slow for training, but it is a good check. **Why does
# the error fall with the square of h, and why does it rise again for small h?** (You saw this curve in s02.)


# %%
def program(x):
    """A function of many operations; x is a Tensor of shape (3,)."""
    return ((x * x).sum() + x[0] * x[2].exp()).tanh() / (1 + x.sigmoid().mean())


point, direction = np.array([0.3, -0.2, 0.1]), np.array([0.6, 0.0, 0.8])
leaf = Tensor(point, requires_grad=True)
program(leaf).backward()
exact = leaf.grad @ direction

steps = 10.0 ** np.arange(-13, 0, 0.5)
with no_grad():
    slopes = [
        (program(Tensor(point + h * direction)) - program(Tensor(point - h * direction))).item() / (2 * h)
        for h in steps
    ]
plt.figure()
plt.loglog(steps, np.abs(np.array(slopes) - exact), "o-", label="|central difference − backward|")
plt.loglog(steps, steps**2, "--", color="grey", label="$h^2$")
plt.loglog(steps, 1e-16 / steps, ":", color="grey", label="$10^{-16} / h$")
plt.ylim(1e-17, 1)
plt.xlabel("h")
plt.legend()
plt.title("Difference between the measured slope and the gradient")
plt.show()

# %% [markdown]
# **Build it.** Write the other operators, the functions `exp` to `sigmoid`, `sum`, `mean`, `max`, indexing and
# `no_grad` in `scratch/tensor.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s03 \
#     --only test_arithmetic_agrees_with_slopes \
#     --only test_functions_agree_with_slopes \
#     --only test_power_worked_example \
#     --only test_reductions_worked_example

# %% [markdown]
# ## 3 Broadcasting uses a tensor several times
#
# A bias of shape (3,) that is added to a batch of four rows is used four times. Its gradient is the sum over the uses.
# **Which shape would the gradient have without the sum, and which shape would `bias.data - lr * bias.grad` have then?**

# %%
rows = Tensor(np.arange(12.0).reshape(4, 3))
bias = Tensor(np.zeros(3), requires_grad=True)
((rows + bias) ** 2).sum().backward()
print("gradient of the bias:", bias.grad)
print("the same by hand:    ", 2 * rows.data.sum(axis=0))

# %% [markdown]
# **Build it.** Sum the gradients over the axes that broadcasting added or stretched, in all operations of
# `scratch/tensor.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s03 --only test_broadcasting_worked_example

# %% [markdown]
# ## 4 Time: paths and operations
#
# In the chain $y \leftarrow a y + b y$ each step uses y twice, so its graph is a row of diamonds, and the number of
# paths from the first tensor to the last doubles with each step. Forty steps have $10^{12}$ paths and 120 operations.
# The plot shows the time of one `backward` for longer and longer chains. **What would the curve look like for a program
# that follows each path separately?**

# %%
levels = np.array([200, 400, 800, 1600, 3200])
times = []
for count in levels:
    best = np.inf
    for _ in range(3):  # the shortest of three, because other programs can only make it longer
        x = Tensor(1.0, requires_grad=True)
        y = x
        for _ in range(count):
            y = 0.6 * y + 0.4 * y
        start = time.perf_counter()
        y.backward()
        best = min(best, time.perf_counter() - start)
    times.append(best)
    assert np.isclose(x.grad, 1.0)
plt.figure()
plt.plot(3 * levels, 1e3 * np.array(times), "o-", label="backward")
plt.plot(
    [0, 3 * levels[-1]], [0, 1e3 * times[-1]], "--", color="grey", label="proportional to the number of operations"
)
plt.xlabel("operations")
plt.ylabel("milliseconds")
plt.legend()
plt.title("The time of backward is proportional to the number of operations")
plt.show()

# %% [markdown]
# ## 5 A network without a gradient written by hand
#
# Two spirals, a multi-layer perceptron, cross-entropy. Everything below uses your operations; the only `backward` is
# that of the tensor. `cross_entropy` subtracts the largest logit first; this changes neither the value nor the
# gradient. **Why not? And what could be the reason where the loss jumps up?**

# %%
rng = np.random.default_rng(3)


def spirals(count, rng):
    """Points of two interleaved spirals, shape (2 * count, 2), and their classes."""
    angle = np.sqrt(rng.uniform(0.02, 1, count)) * 3 * np.pi
    arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / (3 * np.pi)
    points = np.concatenate([arm, -arm]) + rng.normal(scale=0.02, size=(2 * count, 2))
    return points, np.repeat([0, 1], count)


def make_weights(sizes, rng):
    """A weight (out, in) and a bias (out,) for each two sizes."""
    return [(rng.normal(scale=1.5 / np.sqrt(n), size=(m, n)), np.zeros(m)) for n, m in itertools.pairwise(sizes)]


def forward(x, layers):
    """Logits of a batch x, shape (N, 2)."""
    for number, (weight, bias) in enumerate(layers):
        x = x.tanh() if number else x
        x = x @ weight.T + bias
    return x


def cross_entropy(logits, target):
    """The mean of -log softmax(logits)[target]."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (shifted.exp().sum(axis=1).log() - shifted[np.arange(len(target)), target]).mean()


points, classes = spirals(150, rng)
start = make_weights([2, 24, 24, 2], rng)
layers = [(Tensor(weight, requires_grad=True), Tensor(bias, requires_grad=True)) for weight, bias in start]
x, losses, lr, momentum = Tensor(points), [], 0.2, 0.9
velocity = [[np.zeros(tensor.shape) for tensor in layer] for layer in layers]
for _ in range(600):
    loss = cross_entropy(forward(x, layers), classes)
    losses.append(loss.item())
    loss.backward()
    for layer, of_layer in zip(layers, velocity, strict=True):
        for index, tensor in enumerate(layer):
            of_layer[index] = momentum * of_layer[index] + tensor.grad
            tensor.data = tensor.data - lr * of_layer[index]
            tensor.zero_grad()

grid = np.stack(np.meshgrid(np.linspace(-1.2, 1.2, 121), np.linspace(-1.2, 1.2, 121)), axis=-1)
with no_grad():  # no gradient is needed here, so no graph and no memory for it
    logits = forward(Tensor(grid.reshape(-1, 2)), layers).data
    right = (forward(x, layers).data.argmax(axis=1) == classes).mean()
margin = np.tanh((logits[:, 1] - logits[:, 0]) / 2).reshape(121, 121)

figure, (left, middle) = plt.subplots(1, 2, figsize=(11, 4.6))
left.semilogy(losses)
left.set(xlabel="step", ylabel="cross-entropy", title=f"final accuracy: {right:.1%}")
middle.contourf(grid[..., 0], grid[..., 1], margin, levels=np.linspace(-1, 1, 21), cmap="coolwarm", alpha=0.7)
middle.scatter(*points.T, c=classes, cmap="coolwarm", s=10, edgecolors="k", linewidths=0.4)
middle.set(title="prediction of the network", aspect="equal")
middle.grid(visible=False)
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `@`, `T`, `reshape`, `transpose` and `concatenate` in `scratch/tensor.py`; then a network can be
# trained. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s03 \
#     --only test_matmul_agrees_with_slopes \
#     --only test_rearrangements_agree_with_slopes \
#     --only test_concatenate_worked_example \
#     --only test_training_worked_example

# %% [markdown]
# ## 6 The same training with the layers of s02
#
# In s02 you wrote the gradients by hand, layer by layer. With the same initial weights, both programs must give the
# same losses. The right plot shows the difference of the two losses, with 1e-17 added so that a difference of 0 is
# visible. **Both programs compute the same formulas from the same numbers: why is the difference not always 0?**

# %%
from scratch import nn

network = nn.MLP([2, 24, 24, 2], activation=nn.Tanh)
for linear, (weight, bias) in zip(network.layers[::2], start, strict=True):
    linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
layers = [(Tensor(weight, requires_grad=True), Tensor(bias, requires_grad=True)) for weight, bias in start]
criterion, by_hand, by_graph = nn.CrossEntropyLoss(), [], []
for _ in range(200):
    by_hand.append(criterion(network(points), classes))
    network.zero_grad()
    network.backward(criterion.backward())
    for param in network.parameters():
        param.data = param.data - 0.2 * param.grad

    loss = cross_entropy(forward(x, layers), classes)
    by_graph.append(loss.item())
    loss.backward()
    for layer in layers:
        for tensor in layer:
            tensor.data = tensor.data - 0.2 * tensor.grad
            tensor.zero_grad()

figure, (left, middle) = plt.subplots(1, 2, figsize=(11, 3.6))
left.plot(by_hand, linewidth=4, alpha=0.4, label="layers of s02")
left.plot(by_graph, "k--", linewidth=1, label="tensors")
left.set(xlabel="step", ylabel="cross-entropy", title="Both programs give the same losses")
left.legend()
middle.semilogy(np.abs(np.array(by_hand) - by_graph) + 1e-17, ".", markersize=3)
middle.set(xlabel="step", title="their difference: rounding errors", ylim=(1e-18, 1e-12))
plt.tight_layout()
plt.show()

# %% [markdown]
# ## 7 Memory
#
# The graph holds every intermediate array until `backward` has used it. Within `no_grad` nothing is held. **For the
# network above and a batch of N rows, how many numbers are held, as a multiple of N?** Count the results of each
# operation. In PyTorch, `Linear`, `tanh` and `cross_entropy` are one operation each. **How many numbers does that
# save?**

# %% [markdown] criteria=["written"]
# ## 8 The written question
