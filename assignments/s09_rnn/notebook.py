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
# # Recurrent networks, embeddings and language models
#
# From a table of word vectors to a network that writes text. The notebook runs with *your* `scratch/embedding.py`,
# `scratch/rnn.py` and `scratch/language_model.py`: write a part, then run the section that uses it. A cell whose code
# is not written yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs
# the public tests of that part. The whole notebook takes less than a minute with our code.
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import re
import time

import matplotlib.pyplot as plt
import numpy as np
from datasets.bundled import english_text, split_text
from scratch.embedding import Embedding, SkipGram, draw_negatives, noise_probabilities, skip_gram_pairs
from scratch.language_model import (
    CharLM,
    Vocabulary,
    generate,
    next_probabilities,
    perplexity,
    text_chunks,
    train_epoch,
)
from scratch.optim import Adam
from scratch.rnn import GRU, LSTM, RNN

plt.rcParams.update(
    {"figure.figsize": (9, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)
text = english_text()
print(f"{len(text):,} characters:", " ".join(text[5000:5300].split()), "...")

# %% [markdown]
# The text is the help text of Python: half a million characters that are already on your machine.
#
# ## 1 A table of rows
#
# An embedding gives the result of a product with one-hot rows, without computing the product. In its gradient, a word
# that occurs five times gets five gradients. Here is what numpy does with repeated indices. **Which of the three is the
# gradient?**

# %%
rng = np.random.default_rng(9)
words, gradients = np.array([1, 3, 1, 1]), np.ones((4, 1))
table = Embedding(5, 1)
table(words)
table.backward(gradients)
assigned, added = np.zeros((5, 1)), np.zeros((5, 1))
assigned[words] = gradients
added[words] += gradients
print("grad[words]  = g:", assigned.ravel())
print("grad[words] += g:", added.ravel())
print("your gradient:   ", table.weight.grad.ravel())

# %% [markdown]
# **Build it.** Write `Embedding` in `scratch/embedding.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s09 --only test_embedding_worked_example

# %% [markdown]
# ## 2 Word vectors from neighbouring words
#
# Skip-gram with negative sampling on the words of the help text. Words that occur fewer than 40 times are removed, and
# some occurrences of the most frequent words too, as in Mikolov et al.

# %%
start = time.perf_counter()
all_words = re.findall(r"[a-z]+(?:_[a-z]+)*", text.lower())
names, counts = np.unique(all_words, return_counts=True)
names, counts = names[counts >= 40], counts[counts >= 40]
number = {str(name): index for index, name in enumerate(names)}
tokens = np.array([number[word] for word in all_words if word in number])
kept = np.minimum(1.0, np.sqrt(3e-3 / (counts / counts.sum())))
tokens = tokens[rng.random(len(tokens)) < kept[tokens]]
centres, contexts = skip_gram_pairs(tokens, window=4)
noise = noise_probabilities(np.bincount(tokens, minlength=len(names)))
print(f"{len(names)} words, a text of {len(tokens):,}, {len(centres):,} pairs")

vectors = SkipGram(len(names), 24, rng=np.random.default_rng(1))
optimiser, losses = Adam(vectors.parameters(), lr=0.01), []
for _ in range(1500):
    batch = rng.integers(0, len(centres), 512)
    optimiser.zero_grad()
    losses.append(vectors(centres[batch], contexts[batch], draw_negatives(noise, (512, 5), rng)))
    vectors.backward()
    optimiser.step()
print(f"{time.perf_counter() - start:.0f} s")

unit = vectors.centre.weight.data / np.linalg.norm(vectors.centre.weight.data, axis=1, keepdims=True)
for word in ("list", "integer", "raise", "class", "first"):
    nearest = np.argsort(-unit @ unit[number[word]])[1:6]
    print(f"{word:>8}: " + ", ".join(names[nearest]))

# %% [markdown]
# The vectors have 24 dimensions; below they are drawn in the two in which these words vary most (principal
# components). **Which words are close together, and why? The model has no information on their meaning.**

# %%
groups = {
    "types": ["list", "tuple", "string", "dictionary", "integer", "float"],
    "imports": ["import", "module", "package", "path", "loader", "modules"],
    "exceptions": ["exception", "raise", "except", "try", "raised", "error"],
    "classes": ["class", "instance", "method", "attribute", "metaclass", "methods"],
    "formats": ["format", "digits", "precision", "sign", "width", "decimal"],
}
shown = [word for group in groups.values() for word in group if word in number]
rows = unit[[number[word] for word in shown]]
rows = rows - rows.mean(axis=0)
flat = rows @ np.linalg.svd(rows, full_matrices=False)[2][:2].T
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), gridspec_kw={"width_ratios": [1, 2]})
left.plot(np.convolve(losses, np.full(50, 1 / 50), mode="valid"))
left.axhline(6 * np.log(2), color="grey", linestyle=":")
left.text(500, 6 * np.log(2) - 0.06, "all scores 0: 6 ln 2", color="grey", va="top")
left.set(title="loss, mean of 50 steps", xlabel="step")
for (group, members), colour in zip(groups.items(), ["C0", "C1", "C2", "C3", "C4"], strict=True):
    places = [flat[shown.index(word)] for word in members if word in number]
    right.plot(*np.transpose(places), "o", color=colour, markersize=4, label=group)
    for word in members:
        if word in number:
            right.annotate(word, flat[shown.index(word)], xytext=(4, 3), textcoords="offset points", color=colour)
right.set(title="word vectors", xticks=[], yticks=[])
right.margins(0.12)
right.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `skip_gram_pairs`, `noise_probabilities`, `draw_negatives` and `SkipGram` in
# `scratch/embedding.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s09 \
#     --only test_skip_gram_pairs_worked_example \
#     --only test_skip_gram_worked_example \
#     --only test_skip_gram_gradients_are_slopes_of_the_loss

# %% [markdown]
# ## 3 How far back does the gradient reach?
#
# A new layer, 80 steps, and a gradient at the last output only. `grad_x[t]` shows how much the input of step t changes
# the last output. Its size at each distance shows over how many steps the layer could learn. The LSTM is drawn twice:
# with its initial weights, and with 3 added to the bias of the forget gate. **What is f in each case, and what is its
# 80th power?**

# %%
STEPS, HIDDEN = 80, 32


def reach(layer):
    """Size of the gradient of x at each distance from the last step, relative to distance 0."""
    draw = np.random.default_rng(3)
    x = draw.standard_normal((STEPS, 64, 8))
    layer(x)
    grad_output = np.zeros((STEPS, 64, HIDDEN))
    grad_output[-1] = draw.standard_normal((64, HIDDEN))
    grad_x, _ = layer.backward(grad_output)
    sizes = np.linalg.norm(grad_x, axis=(1, 2))[::-1]
    return sizes / sizes[0]


remembering = LSTM(8, HIDDEN, rng=np.random.default_rng(4))
remembering.bias_ih_l0.data[HIDDEN : 2 * HIDDEN] += 3.0
exploding = RNN(8, HIDDEN, nonlinearity="relu", rng=np.random.default_rng(4))
exploding.weight_hh_l0.data = 2.7 * exploding.weight_hh_l0.data
candidates = {
    "RNN": RNN(8, HIDDEN, rng=np.random.default_rng(4)),
    "RNN, ReLU, W_hh 2.7 times as large": exploding,
    "GRU": GRU(8, HIDDEN, rng=np.random.default_rng(4)),
    "LSTM": LSTM(8, HIDDEN, rng=np.random.default_rng(4)),
    "LSTM, forget gate open": remembering,
}
fig, axes = plt.subplots(figsize=(9.5, 4))
for name, layer in candidates.items():
    axes.semilogy(reach(layer), label=name)
axes.axhline(1e-16, color="grey", linestyle=":")
axes.text(1, 2.5e-16, "rounding of float64 numbers near 1", color="grey")
axes.set(xlabel="steps back", ylabel="size of the gradient", title="gradient of the last output", ylim=(1e-25, 1e5))
axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
fig.tight_layout()
plt.show()

# %% [markdown]
# **Which curves are straight lines, and what does that mean? Which one needs clipping?** This is part (a) of the
# written question.

# %% [markdown]
# **Build it.** Write `RNN`, `LSTM` and `GRU` in `scratch/rnn.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s09 \
#     --only test_parameters_have_pytorchs_names_and_shapes \
#     --only test_rnn_worked_example \
#     --only test_lstm_worked_example --only test_lstm_time_budget \
#     --only test_gru_worked_example \
#     --only test_gradients_are_slopes_of_the_forward_pass

# %% [markdown]
# ## 4 A language model of characters
#
# First, what a model without memory can do: the perplexity of guessing by the frequencies of characters, and by the one
# character before.

# %%
parts = split_text(text)
vocabulary = Vocabulary(text)
train, validation = vocabulary.encode(parts["train"]), vocabulary.encode(parts["val"])
size = len(vocabulary)
single = np.bincount(train, minlength=size) + 0.1
double = 0.1 + np.zeros((size, size))
np.add.at(double, (train[:-1], train[1:]), 1.0)
baselines = {
    "uniform": float(size),
    "frequencies": np.exp(-np.log(single / single.sum())[validation].mean()),
    "one character before": np.exp(
        -np.log(double / double.sum(axis=1, keepdims=True))[validation[:-1], validation[1:]].mean()
    ),
}
print({name: round(float(value), 1) for name, value in baselines.items()})

# %% [markdown]
# Then one epoch with each layer: 64 streams, chunks of 25 characters, with the state carried from chunk to chunk.

# %%
chunks, unseen = text_chunks(train, 64, 25), text_chunks(validation[:30_000], 16, 50)
models, curves = {}, {}
for cell in (RNN, GRU, LSTM):
    start = time.perf_counter()
    model = CharLM(size, embedding_dim=24, hidden_size=64, cell=cell, rng=np.random.default_rng(0))
    curves[cell.__name__] = train_epoch(model, Adam(model.parameters(), lr=0.01), chunks, max_norm=1.0)
    models[cell.__name__] = model
    reached = perplexity(model, unseen)
    print(f"{cell.__name__:>5}: perplexity on unseen text {reached:.2f}, {time.perf_counter() - start:.0f} s")

fig, axes = plt.subplots(figsize=(9.5, 4))
for name, curve in curves.items():
    axes.semilogy(np.exp(np.convolve(curve, np.full(10, 0.1), mode="valid")), label=name)
for name, value in list(baselines.items())[1:]:
    axes.axhline(value, color="grey", linestyle=":")
    axes.text(232, 1.03 * value, name, color="grey", ha="right")
axes.set(xlabel="chunk", ylabel="perplexity", title="training, mean of 10 chunks", ylim=(4, 110))
axes.set_yticks([5, 10, 20, 50, 100], labels=["5", "10", "20", "50", "100"])
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# According to the specification the perplexity of the GRU falls below 6. **Which layer learns fastest? Between how many
# characters is the best model undecided, and what would a perfect model reach?**
#
# Is it important to carry the state? Here is the GRU on unseen text with chunks of different lengths, once with the
# state carried and once from zeros in each chunk.

# %%
gru = models["GRU"]
lengths = [2, 5, 10, 25, 50, 100]
carried, reset = [], []
for length in lengths:
    pieces = text_chunks(validation[:16_001], 16, length)
    carried.append(perplexity(gru, pieces))
    apart = [perplexity(gru, [piece]) for piece in pieces]  # each piece as a separate text
    weights = [piece[0].size for piece in pieces]
    reset.append(np.exp(np.average(np.log(apart), weights=weights)))
fig, axes = plt.subplots(figsize=(7, 3.4))
axes.loglog(lengths, reset, "s-", label="from zeros")
axes.loglog(lengths, carried, "o-", label="carried")
axes.set_xticks(lengths, labels=lengths)
axes.set_yticks([5, 7, 10, 15], labels=["5", "7", "10", "15"])
axes.minorticks_off()
axes.set(xlabel="length of a chunk", ylabel="perplexity", title="GRU on unseen text")
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Why is one line flat? Where do the two meet, and what does that show about how far back the model looks?**

# %% [markdown]
# **Build it.** Write `Vocabulary`, `text_chunks`, `CharLM`, `train_epoch` and `perplexity` in
# `scratch/language_model.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s09 --only test_chunks_worked_example

# %% [markdown]
# ## 5 Writing
#
# The temperature divides the logits. Its effect on the probabilities of the next character:

# %%
prompt = "The class of an objec"
logits, _ = gru(vocabulary.encode(prompt)[None, :])
likely = np.argsort(-logits[0, -1])[:12]
prompt_two = "If the "
logits_two, _ = gru(vocabulary.encode(prompt_two)[None, :])
likely_two = np.argsort(-logits_two[0, -1])[:12]
fig, all_axes = plt.subplots(1, 2, figsize=(11, 3.4), sharey=True)
for axes, start_text, scores, characters in (
    (all_axes[0], prompt, logits[0, -1], likely),
    (all_axes[1], prompt_two, logits_two[0, -1], likely_two),
):
    for shift, temperature in zip((-0.27, 0.0, 0.27), (0.5, 1.0, 2.0), strict=True):
        probabilities = next_probabilities(scores, temperature)[characters]
        axes.bar(np.arange(12) + shift, probabilities, 0.27, label=f"temperature {temperature:g}")
    axes.set_xticks(range(12), labels=[repr(vocabulary.characters[index])[1:-1] for index in characters])
    axes.set(title=f"after {start_text!r}", xlabel="next character")
all_axes[0].set_ylabel("probability")
all_axes[1].legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# A second epoch, then text at several temperatures. **Which text do you prefer to read, and which one is as varied as
# the real text?**

# %%
start = time.perf_counter()
train_epoch(gru, Adam(gru.parameters(), lr=0.003), chunks, max_norm=1.0)
print(f"perplexity on unseen text: {perplexity(gru, unseen):.2f}, {time.perf_counter() - start:.0f} s\n")
for temperature in (0.0, 0.4, 0.8, 1.2):
    written = generate(gru, vocabulary.encode("The "), 240, temperature, np.random.default_rng(5))
    print(f"temperature {temperature:g}:", " ".join(("The " + vocabulary.decode(written)).split()), "\n")

# %% [markdown]
# **The text at temperature 0 repeats itself. If you always take the most probable character, why do you not get the
# most probable text?**

# %% [markdown]
# **Build it.** Write `next_probabilities` and `generate` in `scratch/language_model.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s09 --only test_temperature_worked_example

# %% [markdown] criteria=["written"]
# ## 6 The written question
