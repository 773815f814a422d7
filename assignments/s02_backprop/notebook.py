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
# # s02_backprop: Neural networks and backpropagation
#
# A network is a chain of simple functions. Backpropagation applies the chain rule from the loss back to the input;
# every layer computes only its own part. This notebook runs *your* `scratch` library: write a part, then run the
# section that uses it. A cell whose code is not written yet says what is missing. **Build it** at the end of a section
# says what to write, and its cell runs the public tests of that part.
#
# Before you run a cell that draws something, think about what you expect. The questions in **bold** are for you; they
# are not marked.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.functional import log_softmax, softmax
from scratch.gradcheck import gradcheck, numerical_gradient
from scratch.nn import MLP, CrossEntropyLoss, Linear, Module, ReLU, Sequential, Sigmoid, Tanh

plt.rcParams.update(
    {"figure.figsize": (9, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)

# %% [markdown]
# ## 1 One layer, forward and back
#
# The worked example of the specification. `Linear` receives the gradient of its output, $G = \partial L / \partial y$,
# from the layer after it. It computes the gradients of its own parameters (`weight.grad`, `bias.grad`) and returns the
# gradient of its input, $\partial L / \partial x$, for the layer before it.

# %%
layer = Linear(2, 3)
layer.weight.data = np.array([[1.0, 0.0], [-1.0, 2.0], [0.5, 1.0]])
layer.bias.data = np.array([0.0, 1.0, -1.0])

y = layer(np.array([[1.0, 2.0], [0.0, -1.0]]))
grad_input = layer.backward(np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 0.0]]))

print("y =", y.tolist())
print("dL/dW =", layer.weight.grad.tolist())
print("dL/db =", layer.bias.grad.tolist())
print("dL/dx =", grad_input.tolist())

# %% [markdown]
# **Call `layer.backward` once more with the same argument and look at `weight.grad`. Why is that useful, and what must
# a training loop therefore do before each step?**

# %% [markdown]
# **Build it.** Write `Parameter`, `Module` and `Linear` in `scratch/nn.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s02 \
#     --only test_parameter_adds_gradients_up \
#     --only test_module_finds_parameters \
#     --only test_linear_worked_example \
#     --only test_linear_gradients_agree_with_slopes

# %% [markdown]
# ## 2 Activations and their slopes
#
# An activation multiplies the gradient that it receives by its slope. Where the slope is near 0, the gradient for the
# layers before it is near 0, too.

# %%
x = np.linspace(-6.0, 6.0, 400)
fig, (left, right) = plt.subplots(1, 2)
for activation, style in [(ReLU(), "-"), (Sigmoid(), "--"), (Tanh(), "-.")]:
    left.plot(x, activation(x), style, label=type(activation).__name__)
    right.plot(x, activation.backward(np.ones_like(x)), style)
left.set(title="output", xlabel="x", ylim=(-1.2, 3.0))
right.set(title="slope", xlabel="x")
left.legend()
plt.show()

# %% [markdown]
# The slope of the sigmoid is at most 1/4. In a deep network, the slopes of all layers are multiplied. Here are networks
# of twelve layers, with the initial weights of the specification; the curves show the size of the gradient at each
# layer.

# %%
depth, width = 12, 32
fig, ax = plt.subplots()
for activation, style in [(ReLU, "o-"), (Sigmoid, "s--"), (Tanh, "^-.")]:
    net = MLP([width] * (depth + 1), activation=activation, rng=np.random.default_rng(1))
    y = net(np.random.default_rng(2).standard_normal((64, width)))
    net.backward(np.random.default_rng(3).standard_normal(y.shape) / len(y))
    sizes = [np.sqrt(np.mean(layer.weight.grad**2)) for layer in net.layers if isinstance(layer, Linear)]
    ax.semilogy(np.arange(1, depth + 1), sizes, style, label=activation.__name__)
ax.set(
    xlabel="layer (1 is next to the input)",
    ylabel="size of the weight gradient",
    title="Size of the gradient in each layer",
)
ax.legend()
plt.show()

# %% [markdown]
# **By what factor does the sigmoid's curve fall per layer? How much of that is the slope of 1/4, and what causes the
# rest? (Stage s05 derives better initial weights.)**

# %% [markdown]
# **Build it.** Write `ReLU`, `Sigmoid`, `Tanh`, `Sequential` and `MLP` in `scratch/nn.py`, and `sigmoid` in
# `scratch/functional.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s02 \
#     --only test_activation_gradients_agree_with_slopes \
#     --only test_mlp_has_the_layers_asked_for

# %% [markdown]
# ## 3 Mathematically equal, but not in float64
#
# The loss of a wrong prediction with margin $m$ (logits $[m, 0]$, target 1) is $\log(1 + e^m)$, very nearly $m$. Four
# ways to compute it:


# %%
def naive_loss(margin):
    """The logarithm of a quotient of exponentials, as in the textbook formula."""
    powers = np.exp(np.array([margin, 0.0]))
    return -np.log(powers[1] / powers.sum())


def capped_loss(margin):
    """A small number added to the probability, so that the logarithm stays finite."""
    return -np.log(softmax(np.array([margin, 0.0]))[1] + 1e-7)


def log_of_softmax_loss(margin):
    """The exponentials are shifted, but the logarithm is taken after the probability was rounded."""
    return -np.log(softmax(np.array([margin, 0.0]))[1])


def stable_loss(margin):
    """Through log_softmax."""
    return -log_softmax(np.array([margin, 0.0]))[1]


margins = np.geomspace(1.0, 3000.0, 120)
fig, ax = plt.subplots()
with np.errstate(all="ignore"):  # overflow is what the plot shows
    for loss, style, line_width in [
        (stable_loss, "-", 5),
        (log_of_softmax_loss, "--", 3),
        (naive_loss, "-", 1.5),
        (capped_loss, "-.", 1.5),
    ]:
        values = np.array([loss(margin) for margin in margins])
        (line,) = ax.loglog(
            margins, np.where(np.isfinite(values), values, np.nan), style, lw=line_width, label=loss.__name__
        )
        if not np.isfinite(values).all():
            last = np.argmin(np.isfinite(values)) - 1
            ax.plot(margins[last], values[last], "x", color=line.get_color(), ms=12, mew=2)
ax.set(xlabel="margin m", ylabel="loss", title="x: from here on the result is inf or nan")
ax.legend()
plt.show()

# %% [markdown]
# **The capped loss is always finite. What is its gradient for a margin of 100, and what does that mean for training?**

# %% [markdown]
# **Build it.** Write `logsumexp`, `log_softmax` and `softmax` in `scratch/functional.py`, and with them the three
# losses in `scratch/nn.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s02 \
#     --only test_softmax_worked_example \
#     --only test_cross_entropy_worked_example \
#     --only test_mse_worked_example \
#     --only test_bce_worked_example \
#     --only test_losses_refuse_broadcasting

# %% [markdown]
# ## 4 Are your gradients correct?
#
# The error of a numerical derivative against the step: with large steps the truncation of the Taylor series is a large
# error; with small steps the two values that are subtracted agree in almost every digit, and rounding is a large error.

# %%
steps = np.geomspace(1e-13, 1e-1, 60)
at = np.array([0.7])
exact = np.exp(0.7)


def f(values):
    """A function that is its own derivative."""
    return float(np.exp(values).sum())


central = [abs(numerical_gradient(f, at, eps=h)[0] - exact) for h in steps]
one_sided = [abs((f(at + h) - f(at)) / h - exact) for h in steps]

fig, ax = plt.subplots()
ax.loglog(steps, one_sided, ".", label="one-sided")
ax.loglog(steps, central, ".", label="central (yours)")
ax.loglog(steps, exact * steps / 2, ":", color="C0", label="h f''/2")
ax.loglog(steps, exact * steps**2 / 6, ":", color="C1", label="h² f'''/6")
ax.loglog(steps, 1.1e-16 * exact / steps, "--", color="grey", label="u f / h")
ax.set(xlabel="step h", ylabel="error of the derivative", ylim=(1e-13, 1e0), title="Two errors, one best step")
ax.legend(ncols=2)
plt.show()

# %% [markdown]
# **Read the best step and the smallest error of both kinds from the plot. Part (b) of the written question asks why.**
#
# Now `gradcheck`, on correct layers and on a wrong one. In the wrong one the layer averages although the loss has
# averaged already:


# %%
class AveragingLinear(Linear):
    """A Linear layer that divides its gradients by the number of rows."""

    def backward(self, grad_output):
        """Divide the gradients of Linear once too often."""
        grad_input = super().backward(grad_output)
        self.weight.grad = self.weight.grad / len(grad_output)
        self.bias.grad = self.bias.grad / len(grad_output)
        return grad_input


x = np.random.default_rng(4).standard_normal((5, 4))
for name, module in [
    ("Linear", Linear(4, 3)),
    ("MLP with Tanh", MLP([4, 8, 3], activation=Tanh)),
    ("Sequential with Sigmoid", Sequential(Linear(4, 6), Sigmoid(), Linear(6, 2))),
    ("AveragingLinear", AveragingLinear(4, 3)),
]:
    print(f"{name:24} {'agrees' if gradcheck(module, x) else 'WRONG'}")

criterion, target = CrossEntropyLoss(), np.array([0, 2, 1, 3, 3])
criterion.forward(x, target)
gap = np.abs(criterion.backward() - numerical_gradient(lambda z: criterion.forward(z, target), x)).max()
print(f"{'CrossEntropyLoss':24} largest difference {gap:.1e}")

# %% [markdown]
# How does averaging twice change training? With a loss that averages, the gradient has about the same size for every
# batch size. With the layer above, the gradient becomes smaller as the batch becomes larger, so a learning rate that
# works for one batch size is wrong for the next.

# %%
rng = np.random.default_rng(5)
batch_sizes = 2 ** np.arange(2, 12)
truth = rng.standard_normal((4, 3))
fig, ax = plt.subplots()
for kind, style in [(Linear, "o-"), (AveragingLinear, "s--")]:
    norms = []
    for n in batch_sizes:
        x = rng.standard_normal((n, 4))
        layer, criterion = kind(4, 3, rng=np.random.default_rng(6)), CrossEntropyLoss()
        criterion.forward(layer(x), (x @ truth).argmax(axis=1))
        layer.backward(criterion.backward())
        norms.append(np.linalg.norm(layer.weight.grad))
    ax.loglog(batch_sizes, norms, style, label=kind.__name__)
ax.set(xlabel="rows in the batch", ylabel="length of the weight gradient", title="Losses average, layers sum")
ax.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `numerical_gradient` and `gradcheck` in `scratch/gradcheck.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s02 \
#     --only test_numerical_gradient_of_a_known_function \
#     --only test_gradcheck_tells_right_from_doubled

# %% [markdown]
# ## 5 Two spirals
#
# No straight line separates two spirals. Hidden layers transform the points so that a line in the last layer can.

# %%
rng = np.random.default_rng(7)
n = 150
angle = np.sqrt(rng.random(n)) * 3.0 * np.pi
arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / 5.0
points = np.concatenate([arm, -arm]) + 0.04 * rng.standard_normal((2 * n, 2))
labels = np.repeat([0, 1], n)


def train(model: Module, steps: int, lr: float) -> list[float]:
    """Losses of plain gradient descent on all points."""
    criterion = CrossEntropyLoss()
    losses = []
    for _ in range(steps):
        losses.append(criterion.forward(model(points), labels))
        model.zero_grad()
        model.backward(criterion.backward())
        for param in model.parameters():
            param.data = param.data - lr * param.grad
    return losses


models = {
    "no hidden layer": MLP([2, 2], rng=np.random.default_rng(8)),
    "4 hidden units": MLP([2, 4, 2], activation=Tanh, rng=np.random.default_rng(8)),
    "32 + 32 hidden units": MLP([2, 32, 32, 2], activation=Tanh, rng=np.random.default_rng(8)),
}
curves = {name: train(model, steps=3000, lr=0.3) for name, model in models.items()}

fig, ax = plt.subplots()
for (name, losses), style in zip(curves.items(), ["-", "--", "-."], strict=True):
    ax.semilogy(losses, style, label=name)
ax.axhline(np.log(2.0), color="grey", ls=":", label="guessing: log 2")
ax.set(xlabel="step", ylabel="cross-entropy", title="Gradient descent on two spirals")
ax.legend()
plt.show()

# %%
axis = np.linspace(-2.2, 2.2, 160)
grid = np.stack(np.meshgrid(axis, axis), axis=-1)  # (160, 160, 2): Linear takes any number of leading axes
fig, panels = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True)
for panel, (name, model) in zip(panels, models.items(), strict=True):
    panel.contourf(axis, axis, softmax(model(grid))[..., 1], levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.7)
    panel.scatter(*points.T, c=labels, cmap="RdBu", s=8, edgecolors="k", linewidths=0.3)
    accuracy = np.mean(model(points).argmax(axis=1) == labels)
    panel.set(title=f"{name}\naccuracy {accuracy:.0%}", aspect="equal")
    panel.grid(visible=False)
plt.show()

# %% [markdown]
# **One of the curves has a spike: how does a smaller `lr` change it, and what is the disadvantage?**
#
# **Replace `Tanh` with `Sigmoid` in the largest network and train again. Does the result agree with section 2? Then
# remove all activations: which single layer is equal to two `Linear` layers in a row?**

# %% [markdown] criteria=["written"]
# ## 6 The written question
