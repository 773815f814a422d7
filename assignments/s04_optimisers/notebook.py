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
# # s04_optimisers: Optimisers and schedules
#
# Backpropagation gives a direction. The remaining question is how far to go. This notebook shows what goes wrong with
# the simplest answer, a constant learning rate, and what each optimiser changes. It runs *your* `scratch/optim.py`:
# write the optimisers one after another, and run each section when its code is written. A cell whose code is not
# written yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the
# public tests of that part.
#
# Before you run a cell that draws something, think about what you expect. The questions in **bold** are for you; they
# are not marked.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.nn import MLP, CrossEntropyLoss, Parameter
from scratch.optim import (
    SGD,
    Adam,
    AdamW,
    CosineAnnealingLR,
    LinearWarmup,
    RMSprop,
    StepLR,
    clip_grad_norm_,
)

plt.rcParams.update({"figure.figsize": (9, 4), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})


def descend(make, gradient, start, steps):
    """The weights after 0, 1, 2, ... steps of an optimiser on a function of two variables."""
    weight = Parameter(np.array(start, dtype=float))
    optimiser = make([weight])
    path = [weight.data.copy()]
    for _ in range(steps):
        optimiser.zero_grad()
        weight.grad = gradient(weight.data)
        optimiser.step()
        path.append(weight.data.copy())
    return np.stack(path)


# %% [markdown]
# ## 1 A long valley
#
# The simplest loss that shows the problem is a quadratic whose curvature differs between directions: $L(w) = \tfrac12
# (h_1 w_1^2 + h_2 w_2^2)$ with $h_1 = 0.05$ and $h_2 = 1$. Near a minimum every smooth loss looks like this, and in
# networks the ratio $h_2 / h_1$, the *condition number*, is often more than a thousand.
#
# Gradient descent multiplies the coordinate $i$ by $1 - \mathrm{lr} \cdot h_i$ in each step. In the steep direction it
# diverges for an lr above $2 / h_2$; for the flat direction an lr twenty times as large would be best. **With which of
# the three learning rates below will the path zigzag, and with which will it diverge?**

# %%
curvature = np.array([0.05, 1.0])


def valley(w):
    """The loss at w, shape (..., 2)."""
    return 0.5 * (curvature * w**2).sum(axis=-1)


def show_valley(axes, paths, title):
    """Draw the valley's contours and some paths into it."""
    grid = np.stack(np.meshgrid(np.linspace(-10.5, 2, 120), np.linspace(-3, 3, 120)), axis=-1)
    levels = np.geomspace(0.02, 6, 9)
    axes.contour(grid[..., 0], grid[..., 1], valley(grid), levels=levels, colors="grey", linewidths=0.6)
    for label, path in paths.items():
        axes.plot(path[:, 0], path[:, 1], ".-", markersize=4, linewidth=1, label=label)
    axes.plot(0, 0, "k*", markersize=9)
    axes.set(xlim=(-10.5, 2), ylim=(-3, 3), title=title, xlabel="$w_1$ (flat)", ylabel="$w_2$ (steep)")
    axes.legend(loc="upper right", fontsize=8)


figure, all_axes = plt.subplots(1, 3, figsize=(13, 3.6))
for axes, lr in zip(all_axes, (0.2, 1.9, 2.05), strict=True):
    path = descend(lambda params, lr=lr: SGD(params, lr=lr), lambda w: curvature * w, [-10, 1], 40)
    show_valley(axes, {f"SGD, {len(path) - 1} steps": path}, f"lr = {lr}")
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `Optimiser`, and `SGD` without momentum, in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 \
#     --only test_sgd_worked_example \
#     --only test_zero_grad_clears_every_gradient

# %% [markdown]
# ## 2 Momentum
#
# In an average of several gradients, the parts that change sign cancel, and the parts that all have in common add up.
# With the best lr and momentum, each step multiplies the distance to the minimum by $(\sqrt\kappa - 1) / (\sqrt\kappa +
# 1)$, without momentum only by $(\kappa - 1) / (\kappa + 1)$, where $\kappa$ is the condition number (Polyak 1964). For
# $\kappa = 1000$ and a factor of about 7, that is the difference between 30 and 1000 steps.
#
# The dashed lines are the theory. **Why is momentum slower than its line at first?** (The matrix of a momentum step has
# a double eigenvalue here: look for a factor that grows with t.)

# %%
condition = 1000.0
hessian = np.array([1 / condition, 1.0])
best_plain = {"lr": 2 / hessian.sum()}
root = (np.sqrt(condition) - 1) / (np.sqrt(condition) + 1)
best_momentum = {"lr": 4 / (1 + 1 / np.sqrt(condition)) ** 2, "momentum": root**2}

plt.figure()
for label, settings, rate in (
    ("SGD, best lr", best_plain, (condition - 1) / (condition + 1)),
    ("momentum, best lr and momentum", best_momentum, root),
):
    path = descend(lambda params, s=settings: SGD(params, **s), lambda w: hessian * w, [1.0, 1.0], 400)
    (line,) = plt.semilogy(np.linalg.norm(path, axis=1), label=label)
    theory = np.sqrt(2) * rate ** np.arange(401)
    plt.semilogy(theory, "--", color=line.get_color(), linewidth=1, label="theory: rate$^t$")
plt.ylim(1e-10, 30)
plt.xlabel("step")
plt.ylabel("distance to the minimum")
plt.title("A quadratic of condition number 1000")
plt.legend()
plt.show()

# %% [markdown]
# **Build it.** Add the momentum to `SGD` in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 --only test_momentum_worked_example

# %% [markdown]
# ## 3 A step size for each weight
#
# RMSprop and Adam divide by the size of the past gradients of *each* weight. Their steps are as long in the flat
# direction as in the steep one: the condition number does not matter if the valley is parallel to an axis. For SGD and
# momentum the direction of the valley makes no difference. **Imagine the valley rotated by 45 degrees. How will the
# paths of RMSprop and Adam change?**

# %%
angle = np.pi / 4
turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
turned_hessian = turn @ np.diag(curvature) @ turn.T
makers = {
    "SGD": lambda params: SGD(params, lr=0.3),
    "momentum": lambda params: SGD(params, lr=0.3, momentum=0.8),
    "RMSprop": lambda params: RMSprop(params, lr=0.15, alpha=0.9),
    "Adam": lambda params: Adam(params, lr=0.4),
}

figure, all_axes = plt.subplots(1, 2, figsize=(13, 4))
paths = {label: descend(make, lambda w: curvature * w, [-10, 1.5], 60) for label, make in makers.items()}
show_valley(all_axes[0], paths, "parallel to an axis, 60 steps")
# The same valley, drawn in the coordinates in which it is parallel to an axis.
start = turn @ np.array([-10, 1.5])
paths = {label: descend(make, lambda w: turned_hessian @ w, start, 60) @ turn for label, make in makers.items()}
show_valley(all_axes[1], paths, "rotated by 45 degrees (drawn parallel), 60 steps")
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `RMSprop` in `scratch/optim.py`. The plot needs `Adam`, too, which you write in the next section.
# Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 --only test_rmsprop_worked_example

# %% [markdown]
# ## 4 Why Adam corrects its moments
#
# m and v are 0 at first, so the first averages are too small: by the factors $1 - \beta_1^t$ and $1 - \beta_2^t$. With
# the default betas v needs thousands of steps until its factor is near 1, m only thirty. Without the correction the
# first steps are too *long*, by the factor $(1 - \beta_1^t) / \sqrt{1 - \beta_2^t}$, because v is in the denominator.
#
# The right plot is measured on your code: with a constant gradient, every step of Adam has the size lr. **What would it
# look like without the correction? And how long are the steps of RMSprop, which has no correction?**

# %%
t = np.arange(1, 2001)
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.8))
left.semilogx(t, 1 - 0.9**t, label=r"$1 - \beta_1^t$: the factor of m")
left.semilogx(t, 1 - 0.999**t, label=r"$1 - \beta_2^t$: the factor of v")
left.semilogx(t, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), label="step without correction / with it")
left.set(xlabel="t", title="The factors of the bias correction")
left.legend()
for label, make in (
    ("Adam, lr = 0.01", lambda params: Adam(params, lr=0.01)),
    ("RMSprop, lr = 0.01, alpha = 0.99", lambda params: RMSprop(params, lr=0.01)),
):
    path = descend(make, lambda w: 3.0 + 0 * w, [0.0, 0.0], 300)
    right.semilogy(np.arange(1, 301), -np.diff(path[:, 0]), label=label)
right.set(xlabel="t", title="Length of each step, gradient 3 throughout", ylim=(0.005, 0.2))
right.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `Adam` in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 --only test_adam_worked_example

# %% [markdown]
# ## 5 The effect of eps
#
# The first step of Adam has the size lr for all gradients that are much larger than eps; for smaller gradients it goes
# to 0. With eps under the root, the step would go to 0 for all gradients below $\sqrt{\mathrm{eps}} = 10^{-4}$. **Where
# would a network have gradients of $10^{-6}$?**

# %%
sizes = np.geomspace(1e-12, 1e2, 60)
first_step = [-descend(lambda p: Adam(p, lr=1.0), lambda w, g=g: g + 0 * w, [0.0, 0.0], 1)[1, 0] for g in sizes]
plt.figure(figsize=(7, 3.6))
plt.semilogx(sizes, first_step, ".-", label="your Adam, lr = 1, eps = 1e-8")
plt.axvline(1e-8, color="grey", linestyle="--", linewidth=1, label="eps")
plt.axvline(1e-4, color="grey", linestyle=":", linewidth=1, label="root of eps")
plt.xlabel("size of the gradient")
plt.title("Length of the first step")
plt.legend()
plt.show()

# %% [markdown]
# ## 6 Weight decay: Adam and AdamW
#
# Eight weights that have no influence on the loss: their gradients are only noise, of very different size. Weight decay
# should move all of them to 0 at the same rate. The curves are means over 200 repetitions. **What is the reason for the
# difference between the two plots?** This is the written question; compare what is divided in each formula.

# %%
noise = np.geomspace(0.03, 30.0, 8)
figure, all_axes = plt.subplots(1, 2, figsize=(13, 3.8), sharey=True)
for axes, (label, make) in zip(
    all_axes,
    {
        "Adam, weight_decay = 0.1": lambda params: Adam(params, lr=0.01, weight_decay=0.1),
        "AdamW, weight_decay = 0.1": lambda params: AdamW(params, lr=0.01, weight_decay=0.1),
    }.items(),
    strict=True,
):
    rng = np.random.default_rng(4)
    path = descend(make, lambda w, rng=rng: noise * rng.standard_normal(w.shape), np.ones((200, 8)), 1000).mean(axis=1)
    for index, size in enumerate(noise):
        axes.plot(path[:, index], color=plt.cm.viridis(index / 7), label=f"noise of {size:.2g}")
    axes.set(title=label, xlabel="step", ylabel="weight, mean of 200")
all_axes[0].legend(fontsize=7, ncol=2)
plt.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `AdamW` in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 --only test_adamw_worked_example

# %% [markdown]
# ## 7 Clipping
#
# The loss of recurrent networks has regions where it is almost flat and then suddenly very steep (Pascanu et al. 2013).
# One step from such a steep place changes the weights far too much. Clipping keeps the direction of the gradient and
# limits its length. **Why is one norm for all gradients better than one norm for each parameter?**


# %%
def cliff(w):
    """The loss at w, shape (..., 2): flat, and very steep from w_1 = 1 on."""
    return np.log1p(np.exp(12 * (w[..., 0] - 1))) + 0.5 * (w[..., 0] + 1) ** 2 + 0.1 * w[..., 1] ** 2


def cliff_gradient(w):
    """The gradient of the loss at w, shape (2,)."""
    slope = 12 / (1 + np.exp(-12 * (w[0] - 1)))
    return np.array([slope + w[0] + 1, 0.2 * w[1]])


def walk(max_norm):
    """The path of SGD with clipping, and the norms before it."""
    weight = Parameter(np.array([1.25, 2.6]))
    optimiser = SGD([weight], lr=0.35)
    path, norms = [weight.data.copy()], []
    for _ in range(25):
        optimiser.zero_grad()
        weight.grad = cliff_gradient(weight.data)
        norms.append(clip_grad_norm_([weight], max_norm))
        optimiser.step()
        path.append(weight.data.copy())
    return np.stack(path), norms


figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.8))
grid = np.stack(np.meshgrid(np.linspace(-5, 2, 120), np.linspace(-0.5, 3, 120)), axis=-1)
left.contourf(grid[..., 0], grid[..., 1], np.log1p(cliff(grid)), levels=20, cmap="Greys")
for label, max_norm in (("no clipping", np.inf), ("max_norm = 1", 1.0)):
    path, norms = walk(max_norm)
    left.plot(path[:, 0], path[:, 1], ".-", label=label)
    right.semilogy(norms, ".-", label=label)
left.set(xlim=(-5, 2), title="A step from a steep place")
left.legend(loc="lower left")
right.set(title="The norm that clip_grad_norm_ returned", xlabel="step")
right.legend()
plt.show()

# %% [markdown]
# **Build it.** Write `clip_grad_norm_` in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 --only test_clip_grad_norm_worked_example

# %% [markdown]
# ## 8 Schedules
#
# A large lr is good at the beginning and bad at the end, where the weights keep moving around the minimum. In the very
# first steps, when v is an average of only a few gradients, a large lr is bad, too: this is why one uses a warm-up.

# %%
schedules = {
    "StepLR(step_size=15, gamma=0.5)": lambda optimiser: StepLR(optimiser, step_size=15, gamma=0.5),
    "CosineAnnealingLR(T_max=50, eta_min=0.1)": lambda optimiser: CosineAnnealingLR(optimiser, T_max=50, eta_min=0.1),
    "LinearWarmup(total_iters=12, start_factor=0.1)": lambda optimiser: LinearWarmup(optimiser, 12, start_factor=0.1),
}
plt.figure()
for label, make in schedules.items():
    optimiser = SGD([Parameter(np.zeros(1))], lr=1.0)
    scheduler = make(optimiser)
    lrs = [optimiser.lr]
    for _ in range(65):
        optimiser.step()
        scheduler.step()
        lrs.append(scheduler.get_last_lr())
    plt.plot(lrs, ".-", markersize=4, linewidth=1, label=label)
plt.axvline(50, color="grey", linestyle=":", linewidth=1)
plt.xlabel("t")
plt.ylabel("lr")
plt.title("After T_max = 50 the cosine rises again")
plt.legend(fontsize=8)
plt.show()

# %% [markdown]
# **Build it.** Write `StepLR`, `CosineAnnealingLR` and `LinearWarmup` in `scratch/optim.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s04 \
#     --only test_step_lr_worked_example \
#     --only test_cosine_worked_example \
#     --only test_warmup_worked_example

# %% [markdown]
# ## 9 All optimisers on two spirals
#
# A small network of s02 learns to separate two spirals, in batches of about 33. All optimisers start from the same
# weights and get the same batches. **Which of these differences would you trust, and what would you have to repeat
# before you publish them?**

# %%
rng = np.random.default_rng(0)
turns = np.sqrt(rng.uniform(0.02, 1, 400)) * 3 * np.pi
labels = np.arange(400) % 2
points = np.stack([turns * np.cos(turns + np.pi * labels), turns * np.sin(turns + np.pi * labels)], axis=1)
points = points / 5 + 0.05 * rng.standard_normal(points.shape)


def train(make, schedule=None, epochs=60):
    """A trained network, and the loss over all points after each epoch."""
    model = MLP([2, 32, 32, 2], rng=np.random.default_rng(1))
    criterion = CrossEntropyLoss()
    optimiser = make(model.parameters())
    scheduler = schedule(optimiser) if schedule else None
    order, losses = np.random.default_rng(2), []
    for _ in range(epochs):
        for batch in np.array_split(order.permutation(len(points)), 12):
            optimiser.zero_grad()
            criterion.forward(model(points[batch]), labels[batch])
            model.backward(criterion.backward())
            clip_grad_norm_(model.parameters(), max_norm=5.0)
            optimiser.step()
            if scheduler:
                scheduler.step()
        losses.append(criterion.forward(model(points), labels))
    return model, losses


runs = {
    "SGD, lr = 0.1": (lambda params: SGD(params, lr=0.1), None),
    "momentum 0.9, lr = 0.1": (lambda params: SGD(params, lr=0.1, momentum=0.9), None),
    "RMSprop, lr = 0.01": (lambda params: RMSprop(params, lr=0.01), None),
    "Adam, lr = 0.01": (lambda params: Adam(params, lr=0.01), None),
    "AdamW, lr = 0.02, cosine": (lambda params: AdamW(params, lr=0.02), lambda opt: CosineAnnealingLR(opt, T_max=720)),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.5))
for label, (make, schedule) in runs.items():
    model, losses = train(make, schedule)
    left.semilogy(losses, label=f"{label}: {losses[-1]:.1e}")
left.set(xlabel="epoch", title="Mean cross-entropy over all points")
left.legend(fontsize=8)
span = np.linspace(-2.2, 2.2, 160)
grid = np.stack(np.meshgrid(span, span), axis=-1)
logits = model(grid.reshape(-1, 2)).reshape(160, 160, 2)
right.contourf(span, span, logits[..., 1] - logits[..., 0], levels=[-1e9, 0, 1e9], colors=["#cfe2f3", "#fce5cd"])
right.scatter(points[:, 0], points[:, 1], c=labels, cmap="coolwarm", s=8)
right.set(title="Classes of the last network", aspect="equal")
plt.tight_layout()
plt.show()

# %% [markdown]
# The learning rate is still the setting that matters most. The plot below takes longer to compute: the final loss for
# nine values of lr and three optimisers. **For which optimiser is the range of good learning rates the widest?**

# %%
lrs = np.geomspace(1e-4, 1.0, 9)
plt.figure()
for label, make in (
    ("SGD", lambda params, lr: SGD(params, lr=lr)),
    ("momentum 0.9", lambda params, lr: SGD(params, lr=lr, momentum=0.9)),
    ("Adam", lambda params, lr: Adam(params, lr=lr)),
):
    final = [train(lambda params, make=make, lr=lr: make(params, lr), epochs=20)[1][-1] for lr in lrs]
    plt.loglog(lrs, final, "o-", label=label)
plt.axhline(np.log(2), color="grey", linestyle=":", linewidth=1, label="guessing: ln 2")
plt.xlabel("lr")
plt.ylabel("loss after 20 epochs")
plt.legend()
plt.show()

# %% [markdown] criteria=["written"]
# ## 10 The written question
