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
# # Attention and Transformers
#
# Each token looks at all others and takes a weighted mean of their values. This notebook shows the weights. It runs
# with *your* `scratch/attention.py`: write a part, then run the section that uses it. A cell whose code is not written
# yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the public tests
# of that part.
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scratch.attention import (
    GELU,
    MultiheadAttention,
    PositionalEncoding,
    TransformerEncoderLayer,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)
from scratch.nn import CrossEntropyLoss, Linear, Module, Sequential
from scratch.optim import Adam

plt.rcParams.update({"figure.figsize": (9, 3.6), "figure.dpi": 80, "font.size": 10})

# %% [markdown]
# ## 1 A dictionary that averages
#
# A Python dictionary returns the value of the key that equals the query. Attention returns a mean of all values,
# weighted by how similar their keys are to the query. Below, the keys are eleven positions on a line, each written as
# thirty features so that near positions have similar keys. The values are the heights of a curve. A query at any
# position reads the curve. There are three scales: **which one is closest to a dictionary, and which to a plain mean?**


# %%
def bump(places):
    """Thirty features of a position on the line from 0 to 10: how near it is to each of thirty points."""
    return np.exp(-((np.asarray(places)[:, None] - np.linspace(-1, 11, 30)) ** 2) / 4.0)


stored, asked = np.arange(11.0), np.linspace(0, 10, 101)
heights = np.sin(stored) + 0.2 * stored
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
for scale, colour in [(0.05, "tab:green"), (2.0, "tab:orange"), (50.0, "tab:blue")]:
    read, weights = scaled_dot_product_attention(bump(asked), bump(stored), heights[:, None], scale=scale)
    left.plot(asked, read[:, 0], color=colour, label=f"scale {scale:g}")
    right.plot(stored, weights[63], "o-", color=colour)
left.plot(stored, heights, "ko", label="keys and values")
left.set(title="output", xlabel="position of the query")
right.set(title="weights of the query at 6.3", xlabel="position of the key")
left.legend(fontsize=8)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `scaled_dot_product_attention` in `scratch/attention.py`, first without masks. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s10 --only test_attention_worked_example

# %% [markdown]
# ## 2 Why the scores are scaled
#
# Random queries and keys with d features of variance 1. Left: the largest of 20 weights, without and with the scale
# $1 / \sqrt d$. Right: how much gradient reaches the query, for the same gradient at the output. (This is part (a) of
# the written question.)

# %%
rng = np.random.default_rng(10)
dimensions = [2, 4, 8, 16, 32, 64, 128, 256, 512]
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
for name, scale_of, style in [("scale 1", lambda d: 1.0, "s-"), ("scale 1 / √d", lambda d: d**-0.5, "o-")]:
    largest, gradients = [], []
    for d in dimensions:
        query, key, value = rng.standard_normal((3, 200, 20, d))
        output, weights = scaled_dot_product_attention(query, key, value, scale=scale_of(d))
        grad_output = rng.standard_normal(output.shape) / np.sqrt(d)
        grad_query, _, _ = scaled_dot_product_attention_backward(
            grad_output, query, key, value, weights, scale=scale_of(d)
        )
        largest.append(weights.max(axis=-1).mean())
        gradients.append(np.median(np.linalg.norm(grad_query, axis=-1)))
    left.semilogx(dimensions, largest, style, label=name)
    right.loglog(dimensions, gradients, style, label=name)
left.set(title="largest of 20 weights, mean", xlabel="d", ylim=(0, 1.02))
right.set(title="length of a query's gradient, median", xlabel="d")
for axes in (left, right):
    axes.grid(alpha=0.3)
    axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `scaled_dot_product_attention_backward` in `scratch/attention.py`. One case of the test has a
# mask, which is the subject of the next section. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s10 --only test_attention_gradients_are_slopes

# %% [markdown]
# ## 3 Masks
#
# The same scores under four masks. A row is a query, a column a key. Each row of weights sums to 1, except where the
# query may attend to no key. **Which query is that, and why?**


# %%
def heat_map(axes, weights, title, ticks=None):
    """Weights as shades, queries downwards, keys to the right."""
    picture = axes.imshow(weights, cmap="viridis", vmin=0, vmax=max(weights.max(), 1e-9))
    axes.set_title(title, fontsize=10)
    axes.set(xlabel="key", ylabel="query")
    if ticks is not None:
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_yticks(range(len(ticks)), ticks)
    return picture


tokens = rng.standard_normal((8, 4))
words = ["<s>", "the", "cat", "sat", "on", "the", "mat", "?"]
seen = np.array([True, True, True, True, True, True, False, False])  # the last two are padding
late_start = np.arange(8) > 0  # no query may attend to the first key
fig, all_axes = plt.subplots(1, 4, figsize=(15, 3.8))
for axes, (title, settings) in zip(
    all_axes,
    {
        "no mask": {},
        "causal": {"is_causal": True},
        "padding": {"attn_mask": seen},
        "causal, first key hidden": {"is_causal": True, "attn_mask": late_start},
    }.items(),
    strict=True,
):
    _, weights = scaled_dot_product_attention(tokens, tokens, tokens, **settings)
    heat_map(axes, weights, title, words)
    axes.tick_params(axis="x", rotation=90)
    print(f"{title:26s} sums of rows:", weights.sum(axis=-1).round(3))
fig.tight_layout()
plt.show()

# %% [markdown]
# The two conventions, side by side. In `scaled_dot_product_attention` True allows; in `MultiheadAttention` True
# forbids, as in PyTorch. **What does each line print, and which of the two would you have designed?**

# %%
allows = np.array([[True, False, False]])
x = rng.standard_normal((1, 3, 4))
heads = MultiheadAttention(4, 2, rng=rng)
print("function:", scaled_dot_product_attention(x, x, x, attn_mask=allows)[1][0, 0].round(2))
print("module:  ", heads(x, x, x, attn_mask=np.repeat(allows, 3, axis=0))[1][0, 0].round(2))

# %% [markdown]
# **Build it.** Add the masks to `scaled_dot_product_attention`, and write `MultiheadAttention`, in
# `scratch/attention.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s10 \
#     --only test_masks_worked_example \
#     --only test_no_key_allowed_worked_example \
#     --only test_multihead_worked_example \
#     --only test_multihead_gradients_are_slopes --only test_attention_time_budget

# %% [markdown]
# ## 4 The position of a token
#
# Left: the encoding of 60 positions with 64 features. Middle: four of its columns. Right: the inner product of the
# encodings of two positions, for all pairs. **On what does the picture on the right depend, and on what not?**

# %%
encoding = PositionalEncoding(64, max_len=60)
pe = encoding(np.zeros((60, 64)))
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 3.8))
picture = left.imshow(pe.T, cmap="RdBu", aspect="auto", vmin=-1, vmax=1)
left.set(title="encoding", xlabel="position", ylabel="feature")
fig.colorbar(picture, ax=left)
for column in (0, 1, 8, 20):
    middle.plot(pe[:, column], label=f"feature {column}")
middle.set(title="four features", xlabel="position")
middle.legend(fontsize=8, loc="lower right")
picture = right.imshow(pe @ pe.T, cmap="viridis")
right.set(title="inner products", xlabel="position", ylabel="position")
fig.colorbar(picture, ax=right)
fig.tight_layout()
plt.show()

# %% [markdown]
# Without positions a layer cannot distinguish one order from another: if the tokens are permuted, the outputs are
# permuted in the same way. With a causal mask this is different. (This is part (b) of the written question.)

# %%
layer = TransformerEncoderLayer(8, 2, dim_feedforward=16, rng=np.random.default_rng(0))
sequence, order = rng.standard_normal((1, 6, 8)), np.array([3, 0, 5, 1, 4, 2])
for name, add, masks in [
    ("plain", lambda x: x, {}),
    ("with positions", PositionalEncoding(8), {}),
    ("causal", lambda x: x, {"is_causal": True}),
]:
    one = layer(add(sequence), **masks)[:, order]
    other = layer(add(sequence[:, order]), **masks)
    print(f"{name:15s} largest difference: {np.abs(one - other).max():.1e}")

# %% [markdown]
# **Build it.** Write `PositionalEncoding` in `scratch/attention.py`. The second cell needs `TransformerEncoderLayer`,
# too, which you write in the next section. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s10 --only test_positional_encoding_worked_example

# %% [markdown]
# ## 5 GELU, and where to put the norm
#
# Left: GELU and its slope, and ReLU. The other two: stacks of 1 to 32 encoder layers with their initial weights,
# post-norm and pre-norm. The inputs are random tokens, and backward gets a random gradient. **A pre-norm stack has a
# path on which values are only added to x. Where do you see this in the figures?** (Xiong et al. 2020 show why deep
# post-norm Transformers need a warm-up of the learning rate, and pre-norm ones do not.)

# %%
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 3.6))
z = np.linspace(-4, 4, 201)
gelu = GELU()
left.plot(z, np.maximum(z, 0), color="grey", linestyle=":", label="ReLU")
left.plot(z, gelu(z), label="GELU")
left.plot(z, gelu.backward(np.ones_like(z)), label="slope of GELU")
left.legend()
depths = [1, 2, 4, 8, 16, 32]
for name, norm_first, style in [("post-norm", False, "o-"), ("pre-norm", True, "s-")]:
    outputs, gradients = [], []
    for depth in depths:
        draw = np.random.default_rng(1)
        stack = Sequential(*(TransformerEncoderLayer(32, 4, 64, norm_first=norm_first, rng=draw) for _ in range(depth)))
        outputs.append(stack(draw.standard_normal((8, 10, 32))).std())
        gradients.append(stack.backward(draw.standard_normal((8, 10, 32))).std())
    middle.semilogx(depths, outputs, style, label=name)
    right.semilogx(depths, gradients, style, label=name)
middle.set(title="deviation of the outputs", xlabel="layers")
right.set(title="deviation of the gradient of the input", xlabel="layers")
for axes in (middle, right):
    axes.set_xticks(depths, depths)
    axes.minorticks_off()
    axes.set_ylim(0, 2.3)
    axes.grid(alpha=0.3)
    axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `GELU` and `TransformerEncoderLayer` in `scratch/attention.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s10 \
#     --only test_gelu_worked_example \
#     --only test_encoder_layer_worked_example \
#     --only test_encoder_layer_gradients_are_slopes

# %% [markdown]
# ## 6 A model that copies
#
# A sequence of six tokens, twice: `c a d d b e c a d d b e`. The model sees the tokens so far and predicts the next
# one. In the first half it can only guess; in the second it must look back. The model has one encoder layer under the
# causal mask, and no recurrence. **How far back must each position look?**

# %%
LETTERS, HALF, WIDTH = 6, 6, 32


def sequences(count, draw):
    """Random tokens, twice: (count, 2 * HALF)."""
    half = draw.integers(0, LETTERS, (count, HALF))
    return np.concatenate([half, half], axis=1)


class CopyModel(Module):
    """Embedding, positions (or none), one causal encoder layer, and logits for the next token."""

    def __init__(self, *, positions=True, seed=0):
        draw = np.random.default_rng(seed)
        self.embedding = Linear(LETTERS, WIDTH, bias=False, rng=draw)
        self.embedding.weight.data = 0.5 * draw.standard_normal((WIDTH, LETTERS))
        self.positions = PositionalEncoding(WIDTH, max_len=2 * HALF) if positions else None
        self.layer = TransformerEncoderLayer(WIDTH, 2, 2 * WIDTH, activation="gelu", norm_first=True, rng=draw)
        self.head = Linear(WIDTH, LETTERS, rng=draw)

    def forward(self, tokens):
        """Return logits (N, T, LETTERS) of the token after each."""
        x = self.embedding(np.eye(LETTERS)[tokens])
        x = x if self.positions is None else self.positions(x)
        return self.head(self.layer(x, is_causal=True))

    def backward(self, grad_output):
        """Accumulate the gradients of the parameters."""
        self.embedding.backward(self.layer.backward(self.head.backward(grad_output)))


def train(model, steps=400, lr=0.005, seed=1):
    """Train with Adam on new sequences; return the loss of the second half and its accuracy for each step."""
    draw, criterion, optimiser = np.random.default_rng(seed), CrossEntropyLoss(), Adam(list(model.parameters()), lr=lr)
    losses, accuracies = [], []
    for _ in range(steps):
        tokens = sequences(32, draw)
        seen, target = tokens[:, :-1], tokens[:, 1:]
        counted = np.where(np.arange(2 * HALF - 1) >= HALF - 1, target, -100)  # the first half cannot be known
        optimiser.zero_grad()
        logits = model(seen)
        losses.append(criterion.forward(logits.reshape(-1, LETTERS), counted.ravel()))
        grad_rows = criterion.backward()  # one row for each token
        model.backward(grad_rows.reshape(logits.shape))
        optimiser.step()
        accuracies.append(np.mean((logits.argmax(axis=-1) == target)[:, HALF - 1 :]))
    return losses, accuracies


fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
models = {}
for name, positions in [("with positions", True), ("without positions", False)]:
    models[name] = CopyModel(positions=positions)
    losses, accuracies = train(models[name])
    left.plot(losses, label=name)
    right.plot(accuracies, label=name)
    print(f"{name}: accuracy {np.mean(accuracies[-20:]):.3f} over the last 20 steps")
left.axhline(np.log(LETTERS), color="grey", linestyle=":", label="guessing")
right.axhline(1 / LETTERS, color="grey", linestyle=":")
left.set(title="loss, second half", xlabel="step")
right.set(title="accuracy, second half", xlabel="step")
left.legend()
for axes in (left, right):
    axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()
with_positions = models["with positions"]

# %% [markdown]
# What did it learn? Here are the weights of its two heads for one sequence. The circles mark the position of the
# answer: six positions before the token to predict. **Do both heads do the same? What do they do in the first half,
# where prediction is impossible?** Look at another seed before you answer.

# %%
model, example = with_positions, sequences(1, np.random.default_rng(5))
inputs = model.positions(model.embedding(np.eye(LETTERS)[example[:, :-1]]))
normed = model.layer.norm1(inputs)
_, weights = model.layer.self_attn(normed, normed, normed, is_causal=True, average_attn_weights=False)
letters = ["abcdef"[token] for token in example[0, :-1]]
fig, all_axes = plt.subplots(1, 2, figsize=(11, 4.8))
for head, axes in enumerate(all_axes):
    fig.colorbar(heat_map(axes, weights[0, head], f"head {head}", letters), ax=axes)
    places = np.arange(HALF - 1, 2 * HALF - 1)
    axes.plot(places - (HALF - 1), places, "o", color="white", markerfacecolor="none", markersize=9)
fig.tight_layout()
plt.show()
predicted = model(example[:, :-1])[0, HALF - 1 :].argmax(axis=-1)
print("first half:", "".join(letters[:HALF]), "  predicted:", "".join("abcdef"[token] for token in predicted))

# %% [markdown] criteria=["written"]
# ## 7 The written question
