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
# # Sequences with PyTorch
#
# This notebook runs with *your* `models/`: write a file, then run the section that uses it. A cell whose code is not
# written yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the
# public tests of that part. It needs PyTorch: `pip install -r requirements-torch.txt` (`README.md` has more).
#
# All networks here are small: each trains in seconds on one core. Before you run a cell that draws a figure, write down
# what you expect. The questions in **bold** are for you.

# %%
import math
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from datasets.bundled import english_text, split_text

torch.set_num_threads(1)  # for networks of this size more threads only wait for each other
print(f"PyTorch {torch.__version__}")
plt.rcParams.update(
    {"figure.figsize": (10, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)
parts = split_text(english_text())
print({name: f"{len(text):,} characters" for name, text in parts.items()})


def heat(axes, weights, rows, columns, title=""):
    """A table of weights between 0 and 1 as an image: rows are outputs, columns inputs."""
    axes.imshow(torch.as_tensor(weights).detach(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(title, fontsize=9)
    axes.grid(visible=False)


# %% [markdown]
# ## 1 Tokens
#
# A tokeniser that learns pairs of bytes from English, and what it does with three languages. Left: tokens a character,
# for more and more ids. Right: the longest tokens. **Why is Irish expensive, and what would happen with Japanese?**

# %%
from models.tokeniser import BytePairTokeniser

sample = parts["train"][:30_000]
tokeniser = BytePairTokeniser.train(sample, 900)
texts = {
    "English, new": parts["val"][:1500],
    "Irish": "Is fearr Gaeilge bhriste ná Béarla cliste. Tír gan teanga, tír gan anam. " * 8,
    "Japanese": "吾輩は猫である。名前はまだ無い。" * 8,
}
sizes = (256, 300, 400, 600, 900)
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6))
for name, text in texts.items():
    counts = [len(BytePairTokeniser(tokeniser.merges[: size - 256]).encode(text)) for size in sizes]
    left.plot(sizes, np.array(counts) / len(text), "o-", label=name)
left.set(xlabel="ids", title="tokens a character", ylim=(0, None))
left.legend()
longest = sorted((tokeniser.decode([number]) for number in range(256, tokeniser.size)), key=len)[-12:]
right.barh([repr(token) for token in longest], [len(token) for token in longest])
right.set(title="the longest tokens, by their characters")
fig.tight_layout()
plt.show()
for text in ("The interpreter raises an exception.", "uninterpretable", "naïve 🙂"):
    print(" | ".join(repr(tokeniser.decode([number]))[1:-1] for number in tokeniser.encode(text)))

# %% [markdown]
# **Build it.** Write `models/tokeniser.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 \
#     --only test_byte_pairs_worked_example --only test_texts_come_back --only test_vocabulary_worked_example

# %% [markdown]
# ## 2 Language models
#
# Two character models and one of byte pairs, on the same text. Their perplexities cannot be compared, since a token has
# more than one character; bits a character can:
#
# $$\text{bits a character} = \frac{\text{tokens}}{\text{characters}} \log_2 \operatorname{PPL}$$
#
# Each model is a run in TensorBoard; the figure is drawn from the files. `tensorboard --logdir runs` in a terminal, in
# this notebook's folder, shows the same curves, one above another. **What is the value of a model that gives each of 90
# characters the same probability? Which model gains most between training and validation text?**

# %%
from models.corpus import streams_of
from models.language_model import LanguageModel, perplexity, train_on_streams
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

train_text, valid_text = parts["train"][:60_000], parts["val"][:6_000]
letters = {letter: number for number, letter in enumerate(sorted(set(train_text + valid_text)))}
small = BytePairTokeniser(tokeniser.merges[:244])
ways = {
    "characters, LSTM": (lambda text: [letters[letter] for letter in text], len(letters), {"cell": "lstm"}),
    "characters, GRU, tied": (
        lambda text: [letters[letter] for letter in text],
        len(letters),
        {"cell": "gru", "tied": True},
    ),
    "byte pairs, GRU, tied": (small.encode, small.size, {"cell": "gru", "tied": True}),
}
logs = Path("runs") / "language_models"
shutil.rmtree(logs, ignore_errors=True)  # else a second run of this cell would be a second curve
trained = {}
for name, (encode, size, options) in ways.items():
    torch.manual_seed(0)
    model = LanguageModel(size, 64, 64, **options)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    streams, valid = (
        streams_of(torch.tensor(encode(text)), rows) for text, rows in ((train_text, 32), (valid_text, 4))
    )
    with SummaryWriter(logs / name.replace(", ", "_").replace(" ", "_")) as writer:
        for epoch in range(1, 5):
            loss = train_on_streams(model, streams, 32, optimiser, 1.0)
            nats = {"train": loss * streams.numel() / len(train_text)}
            nats["valid"] = math.log(perplexity(model, valid, 64)) * valid.numel() / len(valid_text)
            for part, value in nats.items():
                writer.add_scalar(f"bits a character/{part}", value / math.log(2), epoch)
    trained[name] = model
    print(f"{name}: {sum(p.numel() for p in model.parameters()):,} parameters")

fig, all_axes = plt.subplots(1, 2, figsize=(11, 3.4), sharey=True)
for folder in sorted(logs.iterdir()):
    events = EventAccumulator(str(folder)).Reload()
    for axes, part in zip(all_axes, ("train", "valid"), strict=True):
        curve = events.Scalars(f"bits a character/{part}")
        axes.plot([event.step for event in curve], [event.value for event in curve], "o-", label=folder.name)
for axes, title in zip(all_axes, ("training text, during the epoch", "validation text, after the epoch"), strict=True):
    axes.set(xlabel="epoch", title=f"bits a character: {title}", xticks=range(1, 5))
axes.legend(fontsize=8)
fig.tight_layout()
plt.show()

# %% [markdown]
# The state goes on from window to window. Here is the loss at each place of the windows, with the state and without it.
# **Where do the two curves differ, and why only there?**

# %%
from models.corpus import windows_of

model = trained["characters, LSTM"].eval()
valid = streams_of(torch.tensor([letters[letter] for letter in valid_text]), 4)
fig, axes = plt.subplots(figsize=(8, 3))
with torch.no_grad():
    for carried in (True, False):
        state, losses = None, []
        for inputs, targets in windows_of(valid, 24):
            logits, state = model(inputs, state if carried else None)
            if inputs.shape[1] == 24:
                losses.append(nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none").mean(0))
        axes.plot(torch.stack(losses).mean(0), "o-", markersize=4, label="with the state" if carried else "without")
axes.set(xlabel="place in the window", title="negative log-likelihood, nats")
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/corpus.py` and `models/language_model.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 \
#     --only test_windows_worked_example --only test_the_state_goes_on

# %% [markdown]
# ## 3 Sampling
#
# The probabilities of the next character after "the ", changed in four ways, and what each way writes. **Which two ways
# can give the same result for one prompt and another for the next?**

# %%
from models.sampling import generate, next_probabilities

ways = {
    "plain": {},
    "temperature 0.5": {"temperature": 0.5},
    "top_k = 5": {"top_k": 5},
    "top_p = 0.6": {"top_p": 0.6},
}
prompt = torch.tensor([[letters[letter] for letter in "If the "]])
names = list(letters)
with torch.no_grad():
    logits = model(prompt)[0][:, -1]
order = logits[0].argsort(descending=True)[:15].tolist()
fig, all_axes = plt.subplots(1, 4, figsize=(13, 2.6), sharey=True)
for axes, (name, options) in zip(all_axes, ways.items(), strict=True):
    axes.bar(range(15), next_probabilities(logits, **options)[0, order])
    axes.set_xticks(range(15), [names[number].strip() or "␣" for number in order], fontsize=8)
    axes.set_title(name)
    written = generate(model, prompt, 90, torch.Generator().manual_seed(1), **options)[0].tolist()
    print(f"{name:16s}", "".join(names[number] for number in written).replace("\n", "⏎"))
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/sampling.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 --only test_next_probabilities_worked_example

# %% [markdown]
# ## 4 Sentiment
#
# Short reviews in which "not" turns the meaning round. A mean of word vectors cannot learn this; a GRU can. Left:
# accuracy on new reviews for the three poolings. Middle: where attention looks. Right: F1 by threshold, on validation
# and on test data. **Why must the threshold not be chosen on the right curve?**

# %%
from models.metrics import best_threshold, binary_metrics
from models.sentiment import SentimentClassifier, pad_batch

WORDS = ["<pad>", "not", "good", "fine", "great", "bad", "poor", "dull", "the", "film", "was", "a", "story", "really"]


def reviews(draw, count):
    """Word ids with one good or bad word, perhaps after "not", and the labels."""
    texts, labels = [], []
    for _ in range(count):
        negated, good = draw.random(2) < 0.5
        word = int(draw.integers(2, 5) if good else draw.integers(5, 8))
        before, after = (draw.integers(8, 14, draw.integers(5)).tolist() for _ in range(2))
        texts.append([*before, *([1] if negated else []), word, *after])
        labels.append(int(good != negated))
    return texts, torch.tensor(labels)


draw = np.random.default_rng(1)
(texts, labels), (new_texts, new_labels) = reviews(draw, 300), reviews(draw, 400)
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.6))
for pooling in ("last", "mean", "attention"):
    torch.manual_seed(2)
    classifier = SentimentClassifier(len(WORDS), 12, 12, pooling)
    optimiser, accuracies = torch.optim.Adam(classifier.parameters(), lr=0.02), []
    for step in range(60):
        chosen = draw.choice(300, 24, replace=False)
        tokens, lengths = pad_batch([texts[number] for number in chosen])
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(classifier(tokens, lengths), labels[chosen].float()).backward()
        optimiser.step()
        if step % 5 == 4:
            with torch.no_grad():
                scores = classifier(*pad_batch(new_texts))
            accuracies.append(binary_metrics((scores > 0).long(), new_labels)["accuracy"])
    left.plot(range(5, 61, 5), accuracies, "o-", markersize=3, label=pooling)
left.set(xlabel="step", title="accuracy on new reviews", ylim=(0.4, 1.02))
left.legend()

shown = [[8, 9, 10, 1, 2], [13, 2, 12], [8, 12, 10, 1, 7, 13]]
found = []
hook = classifier.attention.register_forward_hook(lambda _module, _inputs, output: found.append(output[1]))
with torch.no_grad():
    classifier(*pad_batch(shown))
hook.remove()
middle.imshow(found[0], cmap="Blues", vmin=0, vmax=1, aspect="auto")
for row, text in enumerate(shown):
    for column, word in enumerate(text):
        middle.text(column, row, WORDS[word], ha="center", va="center", fontsize=9)
middle.set(title="attention weights", xticks=[], yticks=[])
middle.grid(visible=False)

noisy = scores + 2.5 * torch.from_numpy(draw.standard_normal(400)) + 1.0  # as a worse model would score
halves = {"validation": slice(40), "test": slice(40, 400)}
thresholds = torch.linspace(float(noisy.min()), float(noisy.max()), 120)
for name, half in halves.items():
    f1 = [binary_metrics((noisy[half] >= one).long(), new_labels[half])["f1"] for one in thresholds]
    right.plot(thresholds, f1, label=name)
right.axvline(best_threshold(noisy[halves["validation"]], new_labels[halves["validation"]]), color="k", linestyle=":")
right.set(xlabel="threshold", title="F1; dotted: the best on 40 reviews of validation")
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Real series of different lengths: nine men say the vowels a and e in one, as 12 numbers a frame; who speaks? (Kudo et
# al. 1999; the file is a part of the course.) The network is yours of the reviews with frames in place of embeddings.
# One reads packed series, the other the padding, too. Left: a recording of two speakers. Middle: accuracy on the test
# recordings. Right: where attention looks. **Why do some answers of one network change when a recording is alone?**

# %%
from models.sentiment import AttentionPooling
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from datasets import load_japanese_vowels

vowels = {name: ([torch.from_numpy(one) for one in part.x], part.y) for name, part in load_japanese_vowels().items()}
print({name: f"{len(series)} recordings of {len(set(who))} speakers" for name, (series, who) in vowels.items()})


class SpeakerClassifier(nn.Module):
    """A bidirectional GRU and attention over the frames of a recording; ``packed``: it never reads padding."""

    def __init__(self, packed):
        super().__init__()
        self.packed = packed
        self.gru = nn.GRU(12, 24, batch_first=True, bidirectional=True)
        self.pooling = AttentionPooling(48, 8)
        self.head = nn.Linear(48, 9)

    def forward(self, series):
        """A list of recordings (T, 12) to logits (N, 9) and weights (N, T)."""
        frames, lengths = pad_sequence(series, batch_first=True), torch.tensor([len(one) for one in series])
        mask = torch.arange(frames.shape[1]) < lengths[:, None]
        if self.packed:
            rows = pack_padded_sequence(frames, lengths, batch_first=True, enforce_sorted=False)
            states, _ = pad_packed_sequence(self.gru(rows)[0], batch_first=True)
        else:
            states, mask = self.gru(frames)[0], torch.ones_like(mask)
        pooled, weights = self.pooling(states, mask)
        return self.head(pooled), weights


(series, who), (new_series, new_who) = vowels["train"], vowels["test"]
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 3.6))
for speaker, colour in ((0, "tab:blue"), (4, "tab:orange")):
    chosen = series[int(np.flatnonzero(who == speaker)[0])]
    for channel, style in ((0, "-"), (1, "--"), (2, ":")):
        left.plot(chosen[:, channel], style, color=colour, label=f"speaker {speaker + 1}, number {channel + 1}")
left.set(xlabel="frame, one every 6.4 ms", title="three of the twelve numbers", ylim=(-1.4, 4))
left.legend(fontsize=7, loc="upper right", ncols=2)
for packed in (False, True):
    torch.manual_seed(3)
    draw, accuracies = np.random.default_rng(3), []
    network = SpeakerClassifier(packed)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(1, 101):
        chosen = draw.choice(len(series), 32, replace=False)
        optimiser.zero_grad()
        logits, _ = network([series[place] for place in chosen])
        nn.functional.cross_entropy(logits, torch.from_numpy(who[chosen])).backward()
        optimiser.step()
        if step % 10 == 0:
            with torch.no_grad():
                together = network(new_series)[0].argmax(1)
            accuracies.append(float(np.mean(together.numpy() == new_who)))
    name = "packed" if packed else "padding read, too"
    middle.plot(range(10, 101, 10), accuracies, "o-", markersize=3, label=name)
    with torch.no_grad():
        alone = torch.cat([network([one])[0].argmax(1) for one in new_series])
    print(f"{name}: right {accuracies[-1]:.3f}; answers that change alone: {int((alone != together).sum())} of 370")
middle.set(xlabel="step", title="accuracy on 370 test recordings", ylim=(0, 1.02))
middle.legend()
with torch.no_grad():
    shown = [new_series[int(np.flatnonzero(new_who == speaker)[0])] for speaker in range(9)]
    weights = network(shown)[1]
right.imshow(weights, cmap="Blues", vmin=0, aspect="auto")
right.set(xlabel="frame", title="attention, one recording of each speaker", yticks=range(9))
right.set_yticklabels([f"speaker {speaker + 1}" for speaker in range(9)], fontsize=8)
right.grid(visible=False)
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 5 Word vectors
#
# Skip-gram from s09 learns vectors from sentences that say who does what. Its vectors are drawn in the two dimensions
# in which these words vary most. **Which direction is "she" rather than "he"?**

# %%
from models.neighbours import analogy, nearest
from scratch.embedding import SkipGram, draw_negatives, noise_probabilities, skip_gram_pairs
from scratch.optim import Adam

ROLES = {
    ("king", "queen"): ["crown", "throne", "palace"],
    ("father", "mother"): ["child", "home", "family"],
    ("actor", "actress"): ["stage", "film", "theatre"],
    ("waiter", "waitress"): ["table", "menu", "kitchen"],
    ("prince", "princess"): ["crown", "palace", "child"],
}
draw = np.random.default_rng(3)
text = []
for _ in range(4000):
    (male, female), places = list(ROLES.items())[draw.integers(len(ROLES))]
    she = draw.random() < 0.5
    text += [female if she else male, str(draw.choice(["she", "her", "woman"] if she else ["he", "his", "man"]))]
    text += [str(draw.choice(places)), "."]
names = sorted(set(text))
number = {name: place for place, name in enumerate(names)}
tokens = np.array([number[word] for word in text])
centres, contexts = skip_gram_pairs(tokens, window=2)
noise = noise_probabilities(np.bincount(tokens))
model = SkipGram(len(names), 16, rng=np.random.default_rng(4))
optimiser = Adam(model.parameters(), lr=0.01)
for _ in range(600):
    batch = draw.integers(0, len(centres), 512)
    optimiser.zero_grad()
    model(centres[batch], contexts[batch], draw_negatives(noise, (512, 5), draw))
    model.backward()
    optimiser.step()
vectors = torch.from_numpy(model.centre.weight.data)
for word in ("king", "waitress", "stage"):
    print(f"{word}: nearest", [names[place] for place in nearest(vectors, number[word], 3)])
for a, b, c in (("man", "woman", "king"), ("actor", "actress", "waiter"), ("king", "queen", "father")):
    answer = analogy(vectors, number[a], number[b], number[c])[0]
    print(f"{a} is to {b} as {c} is to {names[answer]}")

pairs = list(ROLES)
words = [word for pair in pairs for word in pair]
points = vectors[[number[word] for word in words]]
points = points / points.norm(dim=1, keepdim=True)
flat = (points - points.mean(0)) @ torch.linalg.svd(points - points.mean(0))[2][:2].T
fig, axes = plt.subplots(figsize=(7, 3.8))
for place in range(len(pairs)):
    start, end = flat[2 * place], flat[2 * place + 1]
    axes.annotate("", xy=end.tolist(), xytext=start.tolist(), arrowprops={"arrowstyle": "->", "color": "tab:orange"})
axes.scatter(flat[:, 0], flat[:, 1], s=12)
for word, (across, up) in zip(words, flat.tolist(), strict=True):
    axes.annotate(word, (across, up), fontsize=9, xytext=(3, 4), textcoords="offset points")
axes.set_title("vectors of s09; arrows from each man to the woman")
axes.margins(0.12)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/sentiment.py`, `models/metrics.py` and `models/neighbours.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 \
#     --only test_a_text_alone_and_in_a_batch --only test_threshold_worked_example

# %% [markdown]
# ## 6 Translation with attention
#
# Numbers in words become digits. The decoder reads the right digits before (teacher forcing). Left: the loss. Then
# where both decoders look for each digit of new numbers. **Where does the decoder look for a digit that has no word of
# its own, as the 0 in "three hundred and four"?**

# %%
from models.objectives import smoothed_loss, teacher_forcing
from models.seq2seq import Seq2Seq

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += [unit + "teen" for unit in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
TENS = [*[""] * 2, "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelt(value):
    """A number below 1000 in words."""
    hundreds, rest = divmod(value, 100)
    small = [ONES[rest]] if rest < 20 else [TENS[rest // 10], *([ONES[rest % 10]] if rest % 10 else [])]
    if not hundreds:
        return small
    return [ONES[hundreds], "hundred", *(["and", *small] if rest else [])]


source_words = ["<pad>", *dict.fromkeys([*ONES, *TENS[2:], "hundred", "and"])]
source_ids = {word: place for place, word in enumerate(source_words)}
DIGITS = ["<pad>", "<bos>", "<eos>", *"0123456789"]
values = np.random.default_rng(5).permutation(1000).tolist()


def batch_of(chosen):
    """Source, lengths and target of some numbers."""
    source, lengths = pad_batch([[source_ids[word] for word in spelt(value)] for value in chosen])
    target, _ = pad_batch([[DIGITS.index(digit) for digit in str(value)] for value in chosen])
    return source, lengths, target


draw = np.random.default_rng(6)
shown = [304, 77, 915]
fig, all_axes = plt.subplots(1, 4, figsize=(14, 3.6), width_ratios=[1.2, 1, 1, 1])
for kind, style in (("bahdanau", "-"), ("luong", "--")):
    torch.manual_seed(7)
    translator = Seq2Seq(len(source_words), len(DIGITS), 32, 48, kind)
    optimiser, losses = torch.optim.Adam(translator.parameters(), lr=1e-2), []
    for _ in range(120):
        source, lengths, target = batch_of(draw.choice(values[:800], 48).tolist())
        inputs, answers = teacher_forcing(target, 1, 2, 0)
        optimiser.zero_grad()
        loss = smoothed_loss(translator(source, lengths, inputs)[0], answers, 0.0, 0)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    all_axes[0].semilogy(losses, style, label=kind)
    if kind == "bahdanau":
        for axes, value in zip(all_axes[1:], shown, strict=True):
            source, lengths, target = batch_of([value])
            weights = translator(source, lengths, teacher_forcing(target, 1, 2, 0)[0])[1]
            heat(axes, weights[0], [*str(value), "<eos>"], spelt(value), f"{value}, Bahdanau")
all_axes[0].set(xlabel="step", title="loss, nats a digit")
all_axes[0].legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# The learning rate of a Transformer rises first. Label smoothing gives the best possible loss a floor. **Which loss
# does a model have that gives exactly the smoothed label, for ε = 0.1 and 13 tokens?**

# %%
from models.objectives import warmup_rate

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3))
steps = range(1, 4001)
for size, warm in ((512, 400), (512, 1000), (128, 1000)):
    left.plot(steps, [warmup_rate(step, size, warm) for step in steps], label=f"D = {size}, warmup = {warm}")
left.set(xlabel="step", title="learning rate")
left.legend(fontsize=8)
confidence = torch.linspace(0.02, 0.998, 200)
for smoothing in (0.0, 0.1, 0.3):
    rows = torch.stack([confidence, *[(1 - confidence) / 11] * 11], dim=1)
    logits = torch.cat([torch.full((200, 1), -1e4), rows.log()], dim=1)
    losses = [smoothed_loss(one[None, None], torch.tensor([[1]]), smoothing, 0) for one in logits]
    right.plot(confidence, losses, label=f"ε = {smoothing}")
right.set(xlabel="probability of the label", title="smoothed loss, 13 tokens", ylim=(0, 4))
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/objectives.py` and `models/seq2seq.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 \
#     --only test_teacher_forcing_worked_example --only test_smoothed_loss_worked_example

# %% [markdown]
# ## 7 A Transformer
#
# Left: the positions as an image. Right: products of the vectors of two positions depend on their distance only.
# **Could a network without positions distinguish a sentence from its reverse?**

# %%
from models.transformer import sinusoidal_positions

table = sinusoidal_positions(60, 32)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2))
left.imshow(table.T, cmap="RdBu", aspect="auto")
left.set(xlabel="position", ylabel="feature", title="sinusoidal positions")
left.grid(visible=False)
for place in (10, 30, 50):
    right.plot(torch.arange(60) - place, table @ table[place], label=f"position {place}")
right.set(xlabel="distance", title="product with another position")
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Symbols are to be written in reverse. Left: pre-LN and post-LN, and embeddings that begin with PyTorch's standard
# deviation of 1. Right: the weights of a trained decoder's heads, for each symbol that it writes. **What should a head
# look like that solves the task by itself?**

# %%
from models.transformer import MultiHeadAttention, Transformer


def reversed_pairs(draw, count):
    """Symbols 3 to 10, three to six of them, and the same in reverse."""
    rows = [draw.integers(3, 11, draw.integers(3, 7)).tolist() for _ in range(count)]
    return pad_batch(rows)[0], pad_batch([row[::-1] for row in rows])[0]


fig, all_axes = plt.subplots(1, 3, figsize=(14, 3.6), width_ratios=[1.4, 1, 1])
for name, norm, large in (("pre-LN", "pre", False), ("post-LN", "post", False), ("pre-LN, large", "pre", True)):
    torch.manual_seed(8)
    network = Transformer(11, 11, 32, heads=2, norm=norm)
    if large:
        for embedding in network.modules():
            if isinstance(embedding, nn.Embedding):
                nn.init.normal_(embedding.weight)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=200)
    draw, losses = np.random.default_rng(9), []
    for _ in range(200):
        source, target = reversed_pairs(draw, 48)
        inputs, answers = teacher_forcing(target, 1, 2, 0)
        optimiser.zero_grad()
        loss = smoothed_loss(network(source, inputs), answers, 0.0, 0)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    all_axes[0].semilogy(np.convolve(losses, np.ones(8) / 8, "valid"), label=name)
    if name == "pre-LN":
        reverser = network.eval()
all_axes[0].set(xlabel="step", title="loss, mean of 8 steps")
all_axes[0].legend()
source, target = torch.tensor([[3, 4, 5, 6, 7]]), torch.tensor([[7, 6, 5, 4, 3]])
found = []
hooks = [
    layer.register_forward_hook(lambda _module, _inputs, output: found.append(output[1]))
    for layer in reverser.modules()
    if isinstance(layer, MultiHeadAttention)
]
with torch.no_grad():
    memory, mask = reverser.encode(source)
    inputs, answers = teacher_forcing(target, 1, 2, 0)
    for place in range(6):
        reverser.decode(inputs[:, : place + 1], memory, mask)
for hook in hooks:
    hook.remove()
crossed = [weights[0] for weights in found if weights.shape[-1] == 5 and weights.shape[-2] == 6]
if crossed:
    for head, axes in enumerate(all_axes[1:]):
        heat(axes, crossed[-1][head], [*"76543", "<eos>"], [*"34567"], f"attention to the source, head {head + 1}")
fig.tight_layout()
plt.show()

# %% [markdown]
# What the cache saves: seconds for a sentence of n tokens, all at once at each step, and step by step. **How do the two
# curves grow with n?**

# %%
import time

fig, axes = plt.subplots(figsize=(7, 3))
torch.manual_seed(10)
network = Transformer(11, 11, 64, layers=2, max_length=128).eval()
source = torch.randint(3, 11, (8, 20))
lengths_tried = (10, 30, 60, 100)
spent = {"without a cache": [], "with the cache": []}
with torch.no_grad():
    for length in lengths_tried:
        tokens = torch.randint(3, 11, (8, length))
        start = time.perf_counter()
        memory, mask = network.encode(source)
        for place in range(length):
            network.decode(tokens[:, : place + 1], memory, mask)
        spent["without a cache"].append(time.perf_counter() - start)
        start, cache = time.perf_counter(), network.start(source)
        for place in range(length):
            _, cache = network.step(tokens[:, place], cache)
        spent["with the cache"].append(time.perf_counter() - start)
for name, seconds in spent.items():
    axes.plot(lengths_tried, seconds, "o-", label=name)
axes.set(xlabel="tokens", title="seconds for 8 sentences")
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/transformer.py`. The first test looks at the parameters of all networks of this stage.
# Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 --only test_shapes_of_parameters \
#     --only test_masks_worked_example --only test_steps_are_as_all_at_once

# %% [markdown]
# ## 8 A beam as a tree
#
# A small table of probabilities, and all hypotheses that a beam of three opens. Wide lines lead to the best finished
# hypothesis, dotted ones to hypotheses that were dropped. **Where does greedy decoding go wrong?**

# %%
from models.decoding import beam_search, greedy_decode

LETTERS = ["<s>", "</s>", "a", "b", "c"]
draw = np.random.default_rng(15)
scores = 1.3 * torch.from_numpy(draw.standard_normal((6, 5, 5)))
scores[:, :, 0] = -9.0
scores[:2, :, 1] -= 2.0
scores = scores.log_softmax(dim=-1)
opened = []


def from_table(tokens):
    """Log-probabilities by place and last token; notes which hypotheses are open."""
    opened.append(tokens.tolist())
    return scores[tokens.shape[1] - 1, tokens[:, -1]]


found = beam_search(from_table, 0, 1, 3, 4)
best = [0, *found[0][0], 1]
fig, axes = plt.subplots(figsize=(11, 4))
places = {(0,): (0.0, 0.0)}
finished = {(0, *tokens, 1) for tokens, _ in found} | {(0, *tokens) for tokens, _ in found if len(tokens) == 4}
for depth in range(1, 5):
    kept = {tuple(one) for one in opened[depth]} if depth < len(opened) else set()
    kept |= {one for one in finished if len(one) == depth + 1}
    parents = [tuple(one) for one in opened[depth - 1]] if depth <= len(opened) else []
    children = [(*parent, token) for parent in parents for token in range(1, 5)]
    for place, child in enumerate(children):
        places[child] = (depth, (len(children) - 1) / 2 - place)
        (x0, y0), (x1, y1) = places[child[:-1]], places[child]
        chosen = child in kept
        on_best = list(child) == best[: depth + 1]
        axes.plot(
            [x0, x1],
            [y0, y1],
            linestyle="-" if chosen else ":",
            linewidth=3 if on_best else 1,
            color="tab:orange" if on_best else "tab:blue" if chosen else "0.7",
        )
        axes.text(x1 + 0.03, y1, LETTERS[child[-1]], fontsize=8, va="center", color="k" if chosen else "0.5")
axes.set(xlabel="tokens", title="a beam of three", xticks=range(5), yticks=[])
fig.tight_layout()
plt.show()
greedy = greedy_decode(from_table, 1, 0, 1, 4)[0]
print("greedy:", "".join(LETTERS[token] for token in greedy))
for tokens, total in found:
    print(f"beam:   {''.join(LETTERS[token] for token in tokens):6s} {total:.3f}")

# %% [markdown]
# Wide beams without normalisation prefer short sentences. Random tables in which EOS is possible at every step: the
# mean length of the best hypothesis by width of the beam. (Part (b) of the written question.) **Which α would you
# choose?**

# %%
widths = (1, 2, 4, 8, 16)
fig, axes = plt.subplots(figsize=(8, 3.2))
draw = np.random.default_rng(12)
tables = [(1.2 * torch.from_numpy(draw.standard_normal((12, 8, 8)))).log_softmax(dim=-1) for _ in range(40)]


def length_of_best(table, width, alpha):
    """Tokens of the best hypothesis."""
    return len(beam_search(lambda tokens: table[tokens.shape[1] - 1, tokens[:, -1]], 0, 1, width, 12, alpha)[0][0])


for alpha in (0.0, 0.6, 1.0):
    lengths = [np.mean([length_of_best(table, width, alpha) for table in tables]) for width in widths]
    axes.plot(widths, lengths, "o-", label=f"α = {alpha}")
axes.set(xlabel="width of the beam", title="mean length of the best hypothesis", xscale="log")
axes.set_xticks(widths, widths)
axes.minorticks_off()
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/decoding.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 \
#     --only test_greedy_worked_example --only test_beam_search_worked_example

# %% [markdown]
# ## 9 BLEU
#
# Left: the brevity penalty. Right: BLEU of the reverser's greedy translations while it learns, with and without
# smoothing, beside the share of sentences that are right. **Why is BLEU without smoothing 0 at first?**

# %%
from models.bleu import corpus_bleu
from models.decoding import translate

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4))
words = [str(number) for number in range(20)]
lengths = range(1, 31)
penalties = [corpus_bleu([(words * 2)[:length]], [[words]])["brevity_penalty"] for length in lengths]
left.plot(lengths, penalties)
left.axvline(20, color="k", linestyle=":")
left.set(xlabel="length of the hypothesis (dotted: of the reference)", title="brevity penalty")

torch.manual_seed(13)
network, draw = Transformer(11, 11, 32, heads=2), np.random.default_rng(14)
optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
new_source, new_target = reversed_pairs(np.random.default_rng(15), 100)
references = [[[str(token) for token in row if token]] for row in new_target.tolist()]
curves = {"BLEU": [], "BLEU, add-one": [], "sentences right, %": []}
for step in range(161):
    if step % 20 == 0:
        found = [[str(token) for token in row] for row in translate(network, new_source, 1, 2, 8)]
        curves["BLEU"].append(corpus_bleu(found, references)["bleu"])
        curves["BLEU, add-one"].append(corpus_bleu(found, references, smoothing="add-one")["bleu"])
        right_ones = [one == group[0] for one, group in zip(found, references, strict=True)]
        curves["sentences right, %"].append(100 * np.mean(right_ones))
    source, target = reversed_pairs(draw, 48)
    inputs, answers = teacher_forcing(target, 1, 2, 0)
    optimiser.zero_grad()
    smoothed_loss(network(source, inputs), answers, 0.0, 0).backward()
    optimiser.step()
for name, values in curves.items():
    right.plot(range(0, 161, 20), values, "o-", markersize=3, label=name)
right.set(xlabel="step", title="translations of 100 new sentences")
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/bleu.py`, with your `WRITTEN_ANSWER`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s12 --only test_bleu_worked_example

# %% [markdown] criteria=["written"]
# ## 10 The written question
