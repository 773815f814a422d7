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
# # Neural networks from 1943 to today
#
# One experiment for each step of the history. Nothing here is marked, and there is nothing to write.
#
# Some sections run with *your* modules: they work as soon as you have written the stage that they name, and until then
# their cell says what is missing. Read them now, and come back later. Sections 6, 8, 9 and 11 run at once.
#
# | section | year | what | runs with |
# | --- | --- | --- | --- |
# | 1 | 1943 | the unit of McCulloch and Pitts | your s01 |
# | 2 | 1958 | the perceptron | your s01 |
# | 3 | 1960 | ADALINE | your s01 |
# | 4 | 1969 | XOR | your s01 |
# | 5 | 1986 | backpropagation | your s02 |
# | 6 | 1980 | the neocognitron | this notebook alone |
# | 7 | 1997 | LSTM | your s02, s04 and s09 |
# | 8 | 2006 | the deep belief net | this notebook alone |
# | 9 | 2012 to 2015 | from AlexNet to ResNet | this notebook alone |
# | 10 | 2015 | why depth needed shortcuts | your s02, s04, s06 and s08 |
# | 11 | 1936 to 2024 | the growth of data, models and connections | this notebook alone |
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

plt.rcParams.update({"figure.figsize": (10, 3.6), "figure.dpi": 80, "font.size": 10, "image.cmap": "gray"})


def show(axes, image, title="", **settings):
    """A picture without axes."""
    axes.imshow(image, **settings)
    axes.set_title(title, fontsize=9)
    axes.axis("off")


# %% [markdown]
# ## 1 The unit of McCulloch and Pitts (1943)
#
# A nerve cell fires or it does not. McCulloch and Pitts asked what a network of such cells can compute, if each cell
# only compares a sum with a threshold:
#
# $$y = \begin{cases} 1 & \text{if } \sum_i w_i x_i \ge \theta \\ 0 & \text{otherwise} \end{cases}$$
#
# Without loops the answer is: every formula of propositional logic. With loops a network can also remember. Below, one
# unit has its own output of the step before as an input, beside the inputs *set* and *reset*. **For how long does it
# remember? What must the weight of *reset* be, so that *reset* always wins?**

# %%
from scratch.perceptron import McCullochPitts

memory = McCullochPitts([1, 1, -2], 1)  # its own output, set, reset
steps = 40
set_, reset = np.zeros(steps, int), np.zeros(steps, int)
set_[[5, 24, 30]] = 1
reset[[15, 34]] = 1
output, outputs = 0, []
for now in range(steps):
    output = int(memory(np.array([[output, set_[now], reset[now]]]))[0])
    outputs.append(output)

fig, axes = plt.subplots(figsize=(10, 2.4))
for height, (name, signal) in enumerate((("output", outputs), ("reset", reset), ("set", set_))):
    axes.step(range(steps), 0.8 * np.array(signal) + 1.2 * height, where="post")
    axes.text(-0.5, 1.2 * height + 0.2, name, ha="right")
axes.set(yticks=[], xlabel="step", title="A unit with a loop remembers", xlim=(-4, steps))
fig.tight_layout()
plt.show()

# %% [markdown]
# Nothing here learns: a person chose the weights.
#
# ## 2 The perceptron (1958)
#
# Rosenblatt's machine learned its weights from examples. The Mark I had a "retina" of 20 × 20 photocells. In one of
# the first demonstrations it learned whether a square is in the left or the right half of the field. Between retina and
# output it had units with random connections; here the perceptron sees the 400 cells directly.
#
# The second task is harder for it: is a bar, at any place, horizontal or vertical? **How many mistakes did it make in
# the first task? You can count them in the picture of the weights. Why can one weight for each cell not solve the
# second task?**

# %%
from scratch.perceptron import Perceptron

SIDE = 20
rng = np.random.default_rng(1958)


def squares(count):
    """Squares of 4 to 7 cells in one half of the field: images (N, 400), -1 for left and +1 for right."""
    images, labels = np.zeros((count, SIDE, SIDE)), np.where(np.arange(count) % 2, 1, -1)
    for image, label in zip(images, labels, strict=True):
        size = rng.integers(4, 8)
        row = rng.integers(0, SIDE - size + 1)
        column = rng.integers(0, SIDE // 2 - size + 1) + (SIDE // 2 if label > 0 else 0)
        image[row : row + size, column : column + size] = 1
    return images.reshape(count, -1), labels


def bars(count):
    """Bars of 2 × 8 cells at any place: images (N, 400), -1 for horizontal and +1 for vertical."""
    images, labels = np.zeros((count, SIDE, SIDE)), np.where(np.arange(count) % 2, 1, -1)
    for image, label in zip(images, labels, strict=True):
        height, width = (8, 2) if label > 0 else (2, 8)
        row, column = rng.integers(0, SIDE - height + 1), rng.integers(0, SIDE - width + 1)
        image[row : row + height, column : column + width] = 1
    return images.reshape(count, -1), labels


fig, all_axes = plt.subplots(1, 6, figsize=(13, 2.5))
for number, (name, draw) in enumerate((("left or right", squares), ("horizontal or vertical", bars))):
    x, y = draw(300)
    machine = Perceptron(SIDE * SIDE).fit(x, y, max_epochs=40)
    x_new, y_new = draw(1000)
    right = np.mean(machine.predict(x_new) == y_new)
    for example in (0, 1):
        show(all_axes[3 * number + example], x[example].reshape(SIDE, SIDE), f"{name}: {y[example]:+d}")
    weights = machine.weight.reshape(SIDE, SIDE)
    bound = np.abs(weights).max()
    title = f"weights: {right:.0%} of new\nimages right"
    show(all_axes[3 * number + 2], weights, title, cmap="RdBu", vmin=-bound, vmax=bound)
fig.tight_layout()
plt.show()

# %% [markdown]
# Sources: F. Rosenblatt, The perceptron, Psychological Review 65 (1958); J. Hay et al., Mark I Perceptron operators'
# manual (1960).
#
# ## 3 ADALINE (1960)
#
# Widrow and Hoff's unit learns from the error of the sum, not from the error of the class: the delta rule, or LMS
# (least mean squares). It is still in use as an adaptive filter, for example to cancel noise. Below, a recording of a
# pulse is covered by hum. A second microphone hears only the hum, with another strength and delay. ADALINE predicts the
# recording from the last 8 values of the second microphone. It can only predict what is in both: the hum. **What is
# left if its prediction is subtracted? Why does it not remove the pulse, too?**

# %%
from scratch.perceptron import Adaline

rng = np.random.default_rng(1960)
time = np.arange(1600)
phase = time % 160
pulse = np.exp(-((phase - 60) ** 2) / 8.0) - 0.3 * np.exp(-((phase - 75) ** 2) / 60.0)
hum = np.sin(2 * np.pi * time / 16.7) + 0.5 * np.sin(2 * np.pi * time / 7.3 + 1)
recording = pulse + np.roll(hum, 3) * 0.9 + 0.03 * rng.standard_normal(time.size)
delays = np.stack([np.roll(hum, delay) for delay in range(8)], axis=1)  # (steps, 8)

filter_ = Adaline(8).fit(delays, recording, lr=0.01, epochs=3, batch_size=1)
cleaned = recording - filter_.decision_function(delays)
signals = (("pulse", pulse), ("recording", recording), ("recording minus ADALINE's prediction", cleaned))
fig, all_axes = plt.subplots(3, 1, figsize=(11, 4.2), sharex=True, sharey=True)
for axes, (name, signal) in zip(all_axes, signals, strict=True):
    axes.plot(time[-700:], signal[-700:])
    axes.set_title(name, fontsize=9)
fig.tight_layout()
plt.show()
noise, rest = np.std(recording - pulse), np.std(cleaned - pulse)
print(f"what covers the pulse: {noise:.3f} before, {rest:.3f} after (standard deviations)")

# %% [markdown]
# Sources: B. Widrow, M. Hoff, Adaptive switching circuits, IRE WESCON (1960); B. Widrow et al., Adaptive noise
# cancelling, Proceedings of the IEEE 63 (1975).
#
# ## 4 XOR (1969)
#
# Minsky and Papert's book *Perceptrons* showed what a single layer cannot compute. The smallest example is XOR. Left:
# how many mistakes a perceptron makes in each epoch. Right: the four inputs as the hidden layer of your `xor_network`
# sees them. **Which of the points fall together, and how does this help?**

# %%
from scratch.perceptron import UnitNetwork, xor_network

corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
for name, targets in (("AND", [-1, -1, -1, 1]), ("OR", [-1, 1, 1, 1]), ("XOR", [-1, 1, 1, -1])):
    updates = Perceptron(2).fit(corners, np.array(targets), max_epochs=25).updates
    left.plot(range(1, len(updates) + 1), updates, "o-", markersize=4, label=name)
left.set(xlabel="epoch", ylabel="mistakes", title="one perceptron, four examples", ylim=(-0.2, 4.2))
left.legend()

network = xor_network()
hidden = UnitNetwork(network.layers[:1])(corners)
for corner, place, value in zip(corners, hidden, network(corners)[:, 0], strict=True):
    right.plot(*place[:2], "o", color="tab:red" if value else "tab:blue", markersize=12)
    shift = 12 if tuple(corner) != (1, 0) else -18
    right.annotate(f"({corner[0]}, {corner[1]})", place[:2], (8, shift), textcoords="offset points")
right.set(xlabel="first hidden unit", ylabel="second hidden unit", title="the inputs in the hidden layer")
right.set(xlim=(-0.3, 1.5), ylim=(-0.4, 1.5), xticks=[0, 1], yticks=[0, 1])
fig.tight_layout()
plt.show()

# %% [markdown]
# It was known that two layers can do it. It was not known how to *train* the first of them: the rules of Rosenblatt and
# of Widrow need a target for each unit, and nobody can say what a hidden unit should do.
#
# ## 5 Backpropagation (1986)
#
# The chain rule says what a hidden unit should do. Rumelhart, Hinton and Williams made it known; Werbos (1974) and
# Linnainmaa (1970) had found it before. Two of their examples:
#
# * XOR, learned by a network with two hidden units. It does not always succeed: the figure has the best of ten starts.
# * An encoder: eight inputs must pass through three hidden units and come out again. **What should the three units do?
#   How many bits are needed for eight messages?**

# %%
from scratch.nn import BCEWithLogitsLoss, CrossEntropyLoss, MLP, Sigmoid, Tanh


def descend(network, loss, inputs, targets, lr, steps):
    """Plain gradient descent on all examples; the losses."""
    losses = []
    for _ in range(steps):
        network.zero_grad()
        losses.append(loss.forward(network(inputs), targets))
        network.backward(loss.backward())
        for parameter in network.parameters():
            parameter.data = parameter.data - lr * parameter.grad
    return losses


x, y = corners.astype(float), np.array([[0.0], [1.0], [1.0], [0.0]])
runs = []
for seed in range(10):
    network = MLP([2, 2, 1], activation=Tanh, rng=np.random.default_rng(seed))
    runs.append((descend(network, BCEWithLogitsLoss(), x, y, lr=0.5, steps=1000), network))
_, best = min(runs, key=lambda run: run[0][-1])
encoder = MLP([8, 3, 8], activation=Sigmoid, rng=np.random.default_rng(0))
descend(encoder, CrossEntropyLoss(), np.eye(8), np.arange(8), lr=3.0, steps=3000)

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.6))
for losses, _ in runs:
    left.semilogy(losses, color="tab:blue", alpha=0.6)
left.set(xlabel="step", title="loss on XOR, ten starts")
ticks = np.linspace(-0.5, 1.5, 80)
grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
probabilities = 1 / (1 + np.exp(-best(grid).reshape(80, 80)))
middle.imshow(probabilities, extent=(-0.5, 1.5, -0.5, 1.5), origin="lower", cmap="RdBu_r", vmin=0, vmax=1)
middle.scatter(*corners.T, c=y[:, 0], cmap="RdBu_r", edgecolors="w", linewidths=1.5, s=90, zorder=3)
middle.set(title="output of the best network", xticks=[0, 1], yticks=[0, 1])
codes = encoder.layers[1](encoder.layers[0](np.eye(8)))
right.imshow(codes, vmin=0, vmax=1, aspect="auto")
for (row, column), value in np.ndenumerate(codes):
    right.text(column, row, f"{value:.2f}", ha="center", va="center", color="tab:red")
right.set(title="hidden units of the 8-3-8 encoder", xlabel="hidden unit", ylabel="message", xticks=[0, 1, 2])
fig.tight_layout()
plt.show()
solved = sum(losses[-1] < 0.1 for losses, _ in runs)
decoded = np.sum(encoder(np.eye(8)).argmax(axis=1) == np.arange(8))
print(f"XOR was learned from {solved} of 10 starts; the encoder gets {decoded} of 8 right")

# %% [markdown]
# Source: D. Rumelhart, G. Hinton, R. Williams, Learning internal representations by error propagation, in *Parallel
# Distributed Processing* (1986), and Nature 323 (1986).
#
# ## 6 The neocognitron (1980)
#
# Fukushima's network is the ancestor of convolutional networks. It has two kinds of cells, after Hubel and Wiesel's
# simple and complex cells in the visual cortex of cats:
#
# * **S-cells** look for a pattern at one place. All cells of a plane have the same weights *a*, so each plane is a
#   feature map. An inhibitory cell *v* measures how much there is in the window in all, so that an S-cell fires where
#   the window has the *right pattern*, not only much of it;
# * **C-cells** fire where at least some of the S-cells of their plane near them fire. So they tolerate small shifts.
#
# $$u_S = r\,\varphi\!\left( \frac{1 + \sum_i a_i u_i}{1 + \frac{r}{1 + r}\, b\, v} - 1 \right), \qquad
#   v = \sqrt{\sum_i c_i u_i^2}, \qquad
#   u_C = \psi\!\left( \sum_i d_i u_{S,i} \right), \qquad \psi(x) = \frac{x}{\alpha + x} \text{ for } x > 0$$
#
# with φ as ReLU. (Fukushima's C-cells have an inhibition as well, which is left out here.) Two such layers follow.
# The S-cells of the first look for lines in four directions. Each plane of the second has learned one letter: its
# weights are what the C-cells of the first layer showed for that letter in the middle of the field.


# %%
def windows(maps, size):
    """All windows of maps (P, H, W) with zeros around them: (H, W, P, size, size)."""
    half = size // 2
    padded = np.pad(maps, ((0, 0), (half, half), (half, half)))
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2)).transpose(1, 2, 0, 3, 4)


def s_cells(maps, templates, selectivity):
    """Planes (K, H, W) of S-cells whose excitatory weights are templates (K, P, size, size)."""
    around = windows(maps, templates.shape[-1])
    share = 1.0 / templates[0].size
    inhibition = np.sqrt((share * around**2).sum(axis=(2, 3, 4)))
    planes = []
    for template in templates:
        a = template / np.sqrt((template**2).sum())  # unit length, so that b below fits all templates
        excitation = (around * a).sum(axis=(2, 3, 4))
        b = 1 / np.sqrt(share)  # a window equal to the template: excitation = b * inhibition
        ratio = (1 + excitation) / (1 + selectivity / (1 + selectivity) * b * inhibition)
        planes.append(selectivity * np.maximum(ratio - 1, 0))
    return np.stack(planes)


def c_cells(planes, size, alpha=0.5):
    """C-cells: a weighted sum of near S-cells of the same plane, weights falling from the middle, then saturation."""
    ticks = np.arange(size) - size // 2
    weights = np.exp(-(ticks[:, None] ** 2 + ticks**2) / (0.3 * size) ** 2)
    near = (windows(planes, size) * weights).sum(axis=(3, 4)).transpose(2, 0, 1)
    return near / (alpha + near)


FIELD = 24
lines = np.zeros((4, 1, 3, 3))
lines[0, 0, 1], lines[1, 0, :, 1] = 1, 1
lines[2, 0], lines[3, 0] = np.eye(3), np.eye(3)[::-1]


def letter(name, down=0, across=0):
    """A letter of 9 × 9 cells in the field, shifted from the middle."""
    stroke = np.zeros((9, 9))
    if name == "T":
        stroke[0], stroke[:, 4] = 1, 1
    elif name == "L":
        stroke[8], stroke[:, 0] = 1, 1
    elif name == "X":
        stroke = np.maximum(np.eye(9), np.eye(9)[::-1])
    else:  # "H"
        stroke[4], stroke[:, 0], stroke[:, 8] = 1, 1, 1
    field = np.zeros((FIELD, FIELD))
    field[7 + down : 16 + down, 7 + across : 16 + across] = stroke
    return field


def first_layer(field):
    """S- and C-cells of the first layer."""
    s1 = s_cells(field[None], lines, selectivity=4.0)
    return s1, c_cells(s1, 5)


LETTERS = "TLXH"
learned = np.stack([first_layer(letter(name))[1][:, 5:18, 5:18] for name in LETTERS])  # (4 letters, 4 planes, 13, 13)


def neocognitron(field):
    """The four layers of cells of a field."""
    s1, c1 = first_layer(field)
    s2 = s_cells(c1, learned, selectivity=2.0)
    return s1, c1, s2, c_cells(s2, 9)


s1, c1, s2, c2 = neocognitron(letter("H", 2, -3))
fig, all_axes = plt.subplots(2, 9, figsize=(14, 3.4))
for axes in all_axes[:, 0]:
    axes.axis("off")
show(all_axes[0, 0], letter("H", 2, -3), "input")
directions = ("—", "|", "\\", "/")
for column in range(4):
    show(all_axes[0, 1 + column], s1[column], f"S1: {directions[column]}")
    show(all_axes[0, 5 + column], c1[column], f"C1: {directions[column]}")
    show(all_axes[1, 1 + column], s2[column], f"S2: {LETTERS[column]}", vmin=0, vmax=s2.max())
    show(all_axes[1, 5 + column], c2[column], f"C2: {LETTERS[column]}", vmin=0, vmax=c2.max())
fig.tight_layout()
plt.show()

# %% [markdown]
# How much do the cells change if the letter moves? Each curve compares the cells at *fixed places* with what they are
# for the letter in the middle: the cosine of the two. For comparison: the pixels themselves. **Which layer tolerates
# how many cells of shift, and why not more?** The table has the letter whose C2-cells fire most, anywhere in the field.

# %%
shifts = range(7)


def cosine(one, other):
    """How alike two sets of cells are: 1 for the same pattern."""
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-12))


fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
names = ("pixels", "S1", "C1", "S2", "C2")
alike = np.zeros((len(names), len(shifts)))
for name in LETTERS:
    still = (letter(name), *neocognitron(letter(name)))
    for shift in shifts:
        moved = (letter(name, 0, shift), *neocognitron(letter(name, 0, shift)))
        alike[:, shift] += [cosine(one, other) / len(LETTERS) for one, other in zip(still, moved, strict=True)]
for name, curve in zip(names, alike, strict=True):
    left.plot(shifts, curve, "o-", label=name)
left.set(xlabel="shift to the right, in cells", title="cosine with the cells before the shift, mean of 4 letters")
left.grid(alpha=0.3)
left.legend()

moves = [(down, across) for down in range(-6, 8, 2) for across in range(-6, 8, 2)]
answers = np.zeros((4, 4))
for row, name in enumerate(LETTERS):
    for down, across in moves:
        answers[row, neocognitron(letter(name, down, across))[3].max(axis=(1, 2)).argmax()] += 1 / len(moves)
right.imshow(answers, cmap="Blues", vmin=0, vmax=1)
for (row, column), value in np.ndenumerate(answers):
    right.text(column, row, f"{value:.0%}", ha="center", va="center", color="white" if value > 0.5 else "black")
right.set(title=f"answers for {len(moves)} places of each letter", xlabel="answer", ylabel="letter")
right.set_xticks(range(4), LETTERS)
right.set_yticks(range(4), LETTERS)
fig.tight_layout()
plt.show()

# %% [markdown]
# What was missing: the neocognitron did not learn by gradients. LeCun et al. (1989) put the two ideas together, and
# read handwritten zip codes.
#
# Sources: K. Fukushima, Neocognitron, Biological Cybernetics 36 (1980); Y. LeCun et al., Backpropagation applied to
# handwritten zip code recognition, Neural Computation 1 (1989).
#
# ## 7 Long short-term memory (1997)
#
# Hochreiter (1991) and Bengio et al. (1994) found why recurrent networks forget: going back in time, the gradient is
# multiplied by a similar factor at every step, and vanishes. The cell of an LSTM adds instead:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$
#
# In 1997 there was no forget gate: f was 1, and the cell kept everything. Gers et al. added the gate in 2000. With the
# usual initial values it is about one half, and then an LSTM forgets, too. So its bias is set here so that the gate is
# nearly open at the start. Below, the first symbol of a sequence, one of four, must be named at the end; noise is
# between. **Up to which length do you expect each of them to succeed?**

# %%
from scratch.nn import CrossEntropyLoss, Linear
from scratch.optim import Adam, clip_grad_norm_
from scratch.rnn import LSTM, RNN


FORGET_BIAS = 4.0  # the gate is 0.98 at the start


def remember(kind, length, steps=250):
    """Train to name the first symbol; the losses, and the size of the gradient at each step before training."""
    draw = np.random.default_rng(1997)
    layer, head, loss = kind(6, 16, rng=draw), Linear(16, 4, rng=draw), CrossEntropyLoss()
    if kind is LSTM:
        layer.bias_ih_l0.data[16:32] = FORGET_BIAS
    optimiser = Adam([*layer.parameters(), *head.parameters()], lr=0.01)
    losses, slopes = [], None
    for _ in range(steps):
        target = draw.integers(0, 4, 32)
        x = np.zeros((length, 32, 6))
        x[0, np.arange(32), target] = 1.0
        x[1:, :, 4:] = draw.standard_normal((length - 1, 32, 2))
        output, _ = layer(x)
        optimiser.zero_grad()
        losses.append(loss.forward(head(output[-1]), target))
        grad_output = np.zeros_like(output)
        grad_output[-1] = head.backward(loss.backward())
        grad_x, _ = layer.backward(grad_output)
        slopes = np.linalg.norm(grad_x, axis=(1, 2)) if slopes is None else slopes
        clip_grad_norm_([*layer.parameters(), *head.parameters()], 1.0)
        optimiser.step()
    return losses, slopes


fig, all_axes = plt.subplots(1, 3, figsize=(13, 3.6))
for colour, (name, kind) in zip(("tab:orange", "tab:blue"), (("RNN", RNN), ("LSTM", LSTM)), strict=True):
    for axes, length in zip(all_axes[:2], (10, 40), strict=True):
        losses, slopes = remember(kind, length)
        axes.plot(np.convolve(losses, np.ones(10) / 10, mode="valid"), color=colour, label=name)
        axes.set(xlabel="step", title=f"loss, {length} steps", ylim=(0, 1.6))
    all_axes[2].semilogy(slopes, color=colour, label=name)
for axes in all_axes[:2]:
    axes.axhline(np.log(4), color="grey", linestyle=":", label="guessing")
    axes.legend()
all_axes[2].set(xlabel="step of the sequence", title="gradient at each step, before training")
fig.tight_layout()
plt.show()

# %% [markdown]
# **Set `FORGET_BIAS` to 0: what becomes of the gradient and of the losses?**
#
# Source: S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997).
#
# ## 8 The deep belief net (2006)
#
# Around 2000 hardly anybody trained networks with more than two hidden layers. Hinton, Osindero and Teh showed a way:
# train one layer after another, without labels, each as a *restricted Boltzmann machine* (RBM) of the layer below. An
# RBM has visible units v and hidden units h, both 0 or 1, and gives each pair an energy:
#
# $$E(v, h) = -b^\top v - c^\top h - v^\top W h, \qquad p(v, h) \propto e^{-E(v, h)}$$
#
# Its gradient needs samples of the model. Contrastive divergence (CD-1) takes one step from the data instead: from the
# data v to h, back to a reconstruction v′, and up to h′:
#
# $$\Delta W \propto \langle v h^\top \rangle_{\text{data}} - \langle v' h'^\top \rangle_{\text{after one step}}$$

# %%
data = load_digits()
order = np.random.default_rng(0).permutation(len(data.target))
pixels, classes = data.data[order] / 16.0, data.target[order]
train_x, test_x, train_y, test_y = pixels[:1300], pixels[1300:], classes[:1300], classes[1300:]


def logistic(z):
    """1 / (1 + exp(-z)), for the probabilities of units."""
    return 0.5 * (1 + np.tanh(z / 2))


class RBM:
    """A restricted Boltzmann machine, trained with CD-1 and momentum."""

    def __init__(self, visible, hidden, draw):
        self.w = 0.05 * draw.standard_normal((visible, hidden))
        self.b, self.c, self.draw = np.zeros(visible), np.zeros(hidden), draw

    def up(self, v):
        """Probabilities of the hidden units."""
        return logistic(v @ self.w + self.c)

    def down(self, h):
        """Probabilities of the visible units."""
        return logistic(h @ self.w.T + self.b)

    def sample(self, probabilities):
        """0 or 1 for each unit."""
        return (self.draw.random(probabilities.shape) < probabilities).astype(float)

    def train(self, v, epochs, lr=0.1, batch=50):
        """Errors of reconstruction after each epoch."""
        step, errors = np.zeros_like(self.w), []
        for _ in range(epochs):
            for rows in np.array_split(self.draw.permutation(len(v)), len(v) // batch):
                v0 = v[rows]
                h0 = self.up(v0)
                v1 = self.down(self.sample(h0))
                h1 = self.up(v1)
                step = 0.8 * step + lr * ((v0.T @ h0 - v1.T @ h1) / len(rows) - 2e-4 * self.w)
                self.w = self.w + step
                self.b = self.b + lr * (v0 - v1).mean(axis=0)
                self.c = self.c + lr * (h0 - h1).mean(axis=0)
            errors.append(np.mean((v - self.down(self.up(v))) ** 2))
        return errors


draw = np.random.default_rng(2006)
first, second = RBM(64, 100, draw), RBM(100, 60, draw)
errors_first = first.train(train_x, 60)
errors_second = second.train(first.up(train_x), 60)
fantasy = second.sample(np.full((10, 60), 0.3))
for _ in range(300):  # the second RBM walks by itself; the first translates into pixels
    below = second.sample(second.down(fantasy))
    fantasy = second.sample(second.up(below))
dreams = first.down(second.down(fantasy))

fig, all_axes = plt.subplots(3, 10, figsize=(12, 3.9))
strongest = np.argsort(-np.abs(first.w).sum(axis=0))[:10]
back = first.down(second.down(second.up(first.up(test_x[:10]))))
for column in range(10):
    weights = first.w[:, strongest[column]].reshape(8, 8)
    bound = np.abs(weights).max()
    show(all_axes[0, column], weights, "weights" if column == 0 else "", cmap="RdBu", vmin=-bound, vmax=bound)
    pair = np.hstack([test_x[column].reshape(8, 8), np.ones((8, 1)), back[column].reshape(8, 8)])
    show(all_axes[1, column], pair, "digit | back" if column == 0 else "", vmin=0, vmax=1)
    show(all_axes[2, column], dreams[column].reshape(8, 8), "dreamt" if column == 0 else "", vmin=0, vmax=1)
fig.tight_layout()
plt.show()
print(f"errors of reconstruction: first layer {errors_first[-1]:.4f}, second {errors_second[-1]:.4f}")

# %% [markdown]
# The two layers have seen no label. Do they help if only few labels are known? A linear classifier (least squares on
# one column for each class) gets the pixels, or the features of the two RBMs. **For which number of labels is the
# difference largest?**


# %%
def linear_accuracy(features, labels, test_features, ridge=0.1):
    """Share of test images that a linear classifier gets right."""
    ones, test_ones = (np.column_stack([part, np.ones(len(part))]) for part in (features, test_features))
    system = ones.T @ ones + ridge * np.eye(ones.shape[1])
    coefficients = np.linalg.solve(system, ones.T @ np.eye(10)[labels])
    return float(np.mean((test_ones @ coefficients).argmax(axis=1) == test_y))


representations = {
    "pixels": (train_x, test_x),
    "first layer": (first.up(train_x), first.up(test_x)),
    "both layers": tuple(np.hstack([first.up(part), second.up(first.up(part))]) for part in (train_x, test_x)),
}
counts = [20, 40, 80, 160, 320, 640, 1300]
fig, axes = plt.subplots(figsize=(7, 3.6))
for name, (features, test_features) in representations.items():
    means = []
    for count in counts:
        draws = [np.random.default_rng(seed).permutation(1300)[:count] for seed in range(10)]
        means.append(np.mean([linear_accuracy(features[rows], train_y[rows], test_features) for rows in draws]))
    axes.semilogx(counts, means, "o-", label=name)
axes.set_xticks(counts, counts)
axes.minorticks_off()
axes.set(xlabel="labels", title="accuracy on 497 new digits, mean of 10 draws of the labels")
axes.grid(alpha=0.3)
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Few people train layer by layer today: ReLU, better initial values, normalisation and more labels made it needless.
# But "learn from data without labels first" came back with BERT and GPT.
#
# Sources: G. Hinton, S. Osindero, Y.-W. Teh, A fast learning algorithm for deep belief nets, Neural Computation 18
# (2006); G. Hinton, Training products of experts by minimizing contrastive divergence, Neural Computation 14 (2002).
#
# ## 9 From AlexNet to ResNet (2012 to 2015)
#
# In 2012 AlexNet won the ImageNet challenge (1000 classes, 1.2 million images) by a wide margin, on two GPUs. Three
# years later ResNet had 152 layers. Left: the share of images whose class is not among the first five answers (grey: no
# neural network). Right: the networks of those years, computed from the tables of their papers by the functions below.
# They need only the shapes: a convolution with a kernel of k × k from $C$ to $C'$ channels has $k^2 C C'$ weights
# (divided by the groups), each of which is used once at every output pixel. **Which part of AlexNet has most of the
# weights, and which most of the multiplications?**

# %%
YEARS = {  # top-5 error on the test set of the classification task in %, the best entry of the year
    2010: (28.2, "NEC-UIUC"),  # Russakovsky et al. 2015, as the four below
    2011: (25.8, "XRCE"),
    2012: (16.4, "AlexNet"),
    2013: (11.7, "Clarifai"),
    2014: (6.7, "GoogLeNet"),
    2015: (3.57, "ResNet"),  # He et al. 2016, table 5
    2017: (2.251, "SENet"),  # Hu et al. 2018, abstract
}
HUMAN = 5.1  # one trained person, 1500 images: Russakovsky et al. 2015, section 6.4


def conv(size, stride, inputs, outputs, kernel, groups=1, bias=True):
    """Output size, weights, multiplications and units of one convolution that keeps the size apart from its stride."""
    side = -(-size // stride)
    weights = kernel * kernel * inputs * outputs // groups
    return side, weights + outputs * bias, weights * side * side, outputs * side * side


def linear(inputs, outputs):
    """The same for a linear layer."""
    return 1, inputs * outputs + outputs, inputs * outputs, outputs


def alexnet():
    """Krizhevsky, Sutskever & Hinton 2012, section 3.5; the first layer makes 55 × 55 of 224 × 224."""
    yield 55, 11 * 11 * 3 * 96 + 96, 11 * 11 * 3 * 96 * 55 * 55, 96 * 55 * 55
    for size, inputs, outputs, kernel, groups in (
        (27, 96, 256, 5, 2), (13, 256, 384, 3, 1), (13, 384, 384, 3, 2), (13, 384, 256, 3, 2)
    ):  # fmt: skip
        yield conv(size, 1, inputs, outputs, kernel, groups)
    yield from (linear(9216, 4096), linear(4096, 4096), linear(4096, 1000))


def vgg16():
    """Simonyan & Zisserman 2015, table 1, column D."""
    inputs, size = 3, 224
    for outputs, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(times):
            yield conv(size, 1, inputs, outputs, 3)
            inputs = outputs
        size //= 2
    yield from (linear(25088, 4096), linear(4096, 4096), linear(4096, 1000))


def googlenet():
    """Szegedy et al. 2015, table 1, without the two auxiliary heads."""
    yield from (conv(224, 2, 3, 64, 7), conv(56, 1, 64, 64, 1), conv(56, 1, 64, 192, 3))
    inputs = 192
    for size, one, reduce3, three, reduce5, five, pool in (
        (28, 64, 96, 128, 16, 32, 32), (28, 128, 128, 192, 32, 96, 64), (14, 192, 96, 208, 16, 48, 64),
        (14, 160, 112, 224, 24, 64, 64), (14, 128, 128, 256, 24, 64, 64), (14, 112, 144, 288, 32, 64, 64),
        (14, 256, 160, 320, 32, 128, 128), (7, 256, 160, 320, 32, 128, 128), (7, 384, 192, 384, 48, 128, 128),
    ):  # fmt: skip
        yield conv(size, 1, inputs, one, 1)
        yield from (conv(size, 1, inputs, reduce3, 1), conv(size, 1, reduce3, three, 3))
        yield from (conv(size, 1, inputs, reduce5, 1), conv(size, 1, reduce5, five, 5))
        yield conv(size, 1, inputs, pool, 1)
        inputs = one + three + five + pool
    yield linear(1024, 1000)


def residual_network(blocks):
    """He et al. 2016, table 1, bottleneck blocks; a batch norm (two numbers a channel) after each convolution."""
    shapes = [(224, 2, 3, 64, 7)]
    inputs, size = 64, 56
    for stage, times in enumerate(blocks):
        width = 64 * 2**stage
        for number in range(times):
            stride = 1 if number or not stage else 2
            shapes += [(size, stride, inputs, width, 1), (-(-size // stride), 1, width, width, 3)]
            shapes += [(-(-size // stride), 1, width, 4 * width, 1)]
            if number == 0:
                shapes.append((size, stride, inputs, 4 * width, 1))
            inputs, size = 4 * width, -(-size // stride)
    for shape in shapes:
        side, weights, products, units = conv(*shape, bias=False)
        yield side, weights + 2 * shape[3], products, units
    yield linear(2048, 1000)


NETWORKS = {  # year, layers with weights along the longest path, the layers' sizes
    "AlexNet": (2012, 8, alexnet()),
    "VGG-16": (2014, 16, vgg16()),
    "GoogLeNet": (2014, 22, googlenet()),
    "ResNet-50": (2015, 50, residual_network((3, 4, 6, 3))),
    "ResNet-152": (2015, 152, residual_network((3, 8, 36, 3))),
}
print("network     year  layers     parameters  multiplications")
totals = {}
for name, (year, depth, layers) in NETWORKS.items():
    _, parameters, products, units = np.array(list(layers)).sum(axis=0)
    totals[name] = (year, depth, int(parameters), int(products), int(units))
    print(f"{name:11s} {year}  {depth:6d}  {parameters:13,d}  {products / 1e9:10.2f} billion")

fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
years, errors = list(YEARS), [error for error, _ in YEARS.values()]
left.bar(years, errors, color=["tab:grey" if year < 2012 else "tab:blue" for year in years])
for year, (error, name) in YEARS.items():
    left.text(year, error + 0.4, f"{name}\n{error:g} %", ha="center", fontsize=8)
left.axhline(HUMAN, color="tab:red", linestyle=":", label=f"one trained person, {HUMAN} %")
left.set(title="ImageNet: top-5 error of the best entry", xlabel="year", ylim=(0, 32))
left.legend()
for name, (_, depth, parameters, products, _) in totals.items():
    right.scatter(products / 1e9, parameters / 1e6, s=8 * depth**0.8 + 20)
    place = (products / 1e9, parameters / 1e6)
    right.annotate(f"{name}, {depth} layers", place, (10, 6), textcoords="offset points", fontsize=8)
right.set(xscale="log", yscale="log", xlabel="multiplications for one image, billions", ylabel="parameters, millions")
right.set(title="networks by their tables", xlim=(0.4, 80), ylim=(4, 260))
right.grid(alpha=0.3)
fig.tight_layout()
plt.show()

# %% [markdown]
# You can check the functions against the papers. VGG-16 has 138 million parameters in its table 2. ResNet-50 and
# ResNet-152 need 3.8 and 11.3 billion multiplications in table 1 of He et al. (who put the stride in the first
# convolution of a block, as here). You will build these networks with PyTorch in s11.
#
# Sources: O. Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 115 (2015); A. Krizhevsky, I.
# Sutskever, G. Hinton, NeurIPS (2012); K. Simonyan, A. Zisserman, ICLR (2015); C. Szegedy et al., CVPR (2015); K. He et
# al., CVPR (2016); J. Hu, L. Shen, G. Sun, CVPR (2018).
#
# ## 10 Why depth needed shortcuts (2015)
#
# Before ResNet, deeper networks were worse even on the *training* data (He et al. 2016, figure 1). So this is not
# overfitting: the deeper network could copy the shallower one, but training does not find this. The experiment in
# small: 4 or 16 blocks of two convolutions on digits, with and without shortcuts, the same number of steps.

# %%
from scratch.blocks import ResidualBlock
from scratch.conv import Conv2d
from scratch import nn, optim
from scratch.pooling import AdaptiveAvgPool2d, Flatten, MaxPool2d


def chain(blocks, *, shortcuts, draw):
    """A stem, blocks of two convolutions, and a classifier."""
    parts = [Conv2d(1, 8, 3, padding=1, rng=draw), nn.ReLU(), MaxPool2d(2)]
    for _ in range(blocks):
        block = ResidualBlock(8, 8, rng=draw)
        plain = nn.Sequential(block.conv1, block.bn1, nn.ReLU(), block.conv2, block.bn2, nn.ReLU())
        parts.append(block if shortcuts else plain)
    return nn.Sequential(*parts, AdaptiveAvgPool2d(1), Flatten(), nn.Linear(8, 10, rng=draw))


fig, axes = plt.subplots(figsize=(8, 3.8))
for shortcuts, colour in ((False, "tab:orange"), (True, "tab:blue")):
    for blocks, style in ((4, "-"), (16, "--")):
        draw = np.random.default_rng(2015)
        network, criterion = chain(blocks, shortcuts=shortcuts, draw=draw), nn.CrossEntropyLoss()
        optimiser, losses = optim.Adam(network.parameters(), lr=0.01), []
        for _ in range(120):
            batch = draw.integers(0, len(train_x), 32)
            optimiser.zero_grad()
            losses.append(criterion.forward(network(train_x[batch].reshape(-1, 1, 8, 8)), train_y[batch]))
            network.backward(criterion.backward())
            optimiser.step()
        label = f"{2 * blocks + 2} layers, {'with' if shortcuts else 'without'} shortcuts"
        axes.plot(np.convolve(losses, np.ones(15) / 15, mode="valid"), style, color=colour, label=label)
axes.set(xlabel="step", title="training loss, mean of 15 steps", xlim=(0, 165))
axes.grid(alpha=0.3)
axes.legend(loc="upper right")
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 11 Growth
#
# Every number below is from the source beside it. Where no source is sure, there is no number. **By which factor has
# each curve grown in ten years? Which of the three grows least, and why?**

# %%
DATA_SETS = [  # year, examples, name, source; examples are rows, images or pairs of an image and a text
    (1936, 150, "Iris", "Fisher 1936"),
    (1989, 9_298, "zip codes", "LeCun et al. 1989"),
    (1998, 70_000, "MNIST", "LeCun et al. 1998"),
    (2008, 79_302_017, "Tiny Images", "Torralba et al. 2008"),
    (2009, 60_000, "CIFAR-10", "Krizhevsky 2009"),
    (2009, 3_200_000, "ImageNet, first version", "Deng et al. 2009"),
    (2014, 14_197_122, "ImageNet", "Russakovsky et al. 2015"),
    (2017, 300_000_000, "JFT-300M", "Sun et al. 2017"),
    (2022, 5_850_000_000, "LAION-5B", "Schuhmann et al. 2022"),
]
TEXTS = [  # year, words or tokens, name, source
    (1993, 4.5e6, "Penn Treebank", "Marcus et al. 1993"),
    (2014, 652e6, "WMT'14, English and French", "Sutskever et al. 2014: 304 and 348 million words"),
    (2020, 300e9, "training of GPT-3", "Brown et al. 2020"),
    (2022, 1.4e12, "training of Chinchilla", "Hoffmann et al. 2022"),
    (2024, 15.6e12, "training of Llama 3 405B", "Dubey et al. 2024"),
]
MODELS = [  # year, parameters, name, source
    (1987, 18_629, "NETtalk", "Sejnowski & Rosenberg 1987"),
    (1989, 9_760, "LeNet (zip codes)", "LeCun et al. 1989"),
    (1998, 60_000, "LeNet-5", "LeCun et al. 1998"),
    (2006, 784 * 500 + 500 * 500 + 510 * 2000, "deep belief net", "Hinton et al. 2006, figure 1: sizes of the layers"),
    (2012, totals["AlexNet"][2], "AlexNet", "section 9"),
    (2012, 1e9, "cat detector", "Le et al. 2012: one billion connections, not shared"),
    (2014, totals["VGG-16"][2], "VGG-16", "section 9"),
    (2014, 384e6, "seq2seq LSTM", "Sutskever et al. 2014"),
    (2015, totals["ResNet-152"][2], "ResNet-152", "section 9"),
    (2017, 213e6, "Transformer (big)", "Vaswani et al. 2017, table 3"),
    (2018, 340e6, "BERT-large", "Devlin et al. 2019"),
    (2019, 1_542e6, "GPT-2", "Radford et al. 2019, table 2"),
    (2020, 175e9, "GPT-3", "Brown et al. 2020"),
    (2022, 540e9, "PaLM", "Chowdhery et al. 2022"),
    (2024, 405e9, "Llama 3", "Dubey et al. 2024"),
]
# Year, units, connections, name, source. A weight that is used at many places makes many connections.
CONNECTIONS = [
    (1987, 309, 18_629, "NETtalk", "Sejnowski & Rosenberg 1987"),
    (1989, 1_256, 64_660, "LeNet (zip codes)", "LeCun et al. 1989"),
    *((totals[name][0], totals[name][4], totals[name][3], name, "section 9") for name in totals),
]
ANIMALS = [  # units, connections, name, source
    (302, 5_000, "roundworm", "White et al. 1986: about 5000 chemical synapses"),
    (3_016, 548_000, "fruit fly, larva", "Winding et al. 2023"),
    (139_255, 50e6, "fruit fly, adult", "Dorkenwald et al. 2024: about 5 · 10⁷"),
]


RIGHT_OF_POINT = {"CIFAR-10", "ImageNet, first version", "ImageNet", "JFT-300M", "LAION-5B", "Transformer (big)"}
RIGHT_OF_POINT |= {"ResNet-152", "BERT-large", "GPT-2", "Llama 3", "VGG-16"}


def scatter(axes, rows, colour, label=None):
    """Points with their names, on a logarithmic scale; names of late points are on their left, where there is room."""
    axes.semilogy([row[0] for row in rows], [row[1] for row in rows], "o", color=colour, label=label)
    for year, size, name, _ in rows:
        right = 2000 <= year <= 2007 or 1930 <= year <= 1990 or name in RIGHT_OF_POINT
        settings = {"ha": "left" if right else "right", "va": "center", "fontsize": 8}
        axes.annotate(name, (year, size), (6 if right else -6, 0), textcoords="offset points", **settings)


fig, (left, right) = plt.subplots(1, 2, figsize=(14, 6))
scatter(left, DATA_SETS, "tab:blue", "images or rows")
scatter(left, TEXTS, "tab:green", "words or tokens")
left.set(title="data sets: examples", xlabel="year", xlim=(1930, 2045))
left.legend(loc="upper left")
scatter(right, MODELS, "tab:red")
right.set(title="models: parameters", xlabel="year", xlim=(1980, 2034))
for axes in (left, right):
    axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()

# %% [markdown]
# Connections for each unit, that is: how many inputs a unit has on average. For comparison three animals of which every
# neuron has been counted. **How did the number grow from 1989 to 2015? What did GoogLeNet and ResNet do about it?**

# %%
fig, axes = plt.subplots(figsize=(10, 4.4))
beside = {"ResNet-50": (-7, -3, "right"), "GoogLeNet": (-7, -3, "right"), "AlexNet": (-7, -3, "right")}
for year, units, connections, name, _ in CONNECTIONS:
    axes.semilogy(year, connections / units, "o", color="tab:purple")
    across, down, side = beside.get(name, (7, -3, "left"))
    axes.annotate(name, (year, connections / units), (across, down), textcoords="offset points", fontsize=8, ha=side)
for units, connections, name, _ in ANIMALS:
    axes.axhline(connections / units, color="tab:green", linestyle=":")
    axes.text(1985.2, connections / units * 1.05, f"{name} ({units:,} neurons)", fontsize=8, color="tab:green")
axes.set(xlabel="year", title="connections for each unit, mean", xlim=(1985, 2018), ylim=(10, 3000))
axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()
for title, rows in (("data set", DATA_SETS + TEXTS), ("model", MODELS)):
    print(f"\n{title:28s} year             size  source")
    for year, size, name, source in sorted(rows):
        print(f"{name:28s} {year}  {size:15,.0f}  {source}")
print(f"\n{'connections':28s} year            units      connections  source")
for year, units, connections, name, source in CONNECTIONS:
    print(f"{name:28s} {year}  {units:15,.0f}  {connections:15,.0f}  {source}")
for units, connections, name, source in ANIMALS:
    print(f"{name:28s}       {units:15,.0f}  {connections:15,.0f}  {source}")

# %% [markdown]
# Full references of the table:
#
# * Brown et al., Language models are few-shot learners, NeurIPS (2020). Chowdhery et al., PaLM, arXiv:2204.02311.
# * Deng et al., ImageNet, CVPR (2009). Devlin et al., BERT, NAACL (2019). Dubey et al., The Llama 3 herd of models,
#   arXiv:2407.21783. Dorkenwald et al., Neuronal wiring diagram of an adult brain, Nature 634 (2024).
# * Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936). Hoffmann et al.,
#   Training compute-optimal large language models, arXiv:2203.15556.
# * Krizhevsky, Learning multiple layers of features from tiny images (2009). Le et al., Building high-level features
#   using large scale unsupervised learning, ICML (2012).
# * LeCun et al., Neural Computation 1 (1989); Gradient-based learning applied to document recognition, Proceedings of
#   the IEEE 86 (1998). Marcus et al., Building a large annotated corpus of English: the Penn Treebank, Computational
#   Linguistics 19 (1993).
# * Radford et al., Language models are unsupervised multitask learners (2019). Schuhmann et al., LAION-5B, NeurIPS
#   (2022). Sejnowski & Rosenberg, Parallel networks that learn to pronounce English text, Complex Systems 1 (1987).
# * Sun et al., Revisiting unreasonable effectiveness of data, ICCV (2017). Sutskever et al., Sequence to sequence
#   learning with neural networks, NeurIPS (2014). Torralba et al., 80 million tiny images, IEEE PAMI 30 (2008).
# * Vaswani et al., Attention is all you need, NeurIPS (2017). White et al., The structure of the nervous system of the
#   nematode *Caenorhabditis elegans*, Philosophical Transactions B 314 (1986). Winding et al., The connectome of an
#   insect brain, Science 379 (2023).
