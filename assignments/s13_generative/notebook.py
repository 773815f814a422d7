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
# # Generative models with PyTorch
#
# This notebook runs with *your* `models/`: write a file, then run the section that uses it. A cell whose code is not
# written yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the
# public tests of that part. It needs PyTorch: `pip install -r requirements-torch.txt` (`README.md` has more).
#
# All networks here are small: each trains in seconds on one core. Before you run a cell that draws a figure, write down
# what you expect. The questions in **bold** are for you.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)  # for networks of this size more threads only wait for each other
print(f"PyTorch {torch.__version__}")
plt.rcParams.update(
    {"figure.figsize": (10, 3.6), "figure.dpi": 80, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10}
)

# %% [markdown]
# ## 1 Autoencoders
#
# Handwritten digits, 8 x 8 pixels, as codes of two numbers: by PCA, by a linear autoencoder and by one with a hidden
# layer. Left: the error while they learn; PCA's is the dashed line. Right: the codes of new digits. **Why does the
# linear one stop at the line? What does the other one do that PCA cannot?**

# %%
from datasets.bundled import load_digits
from models.autoencoders import Autoencoder, LinearAutoencoder, reconstruction_error, reconstruction_loss
from models.representation import PCA

table = load_digits()
order = np.random.default_rng(0).permutation(len(table.x))
digits = torch.tensor(table.x[order] / 16.0, dtype=torch.float32)
digit_labels = torch.tensor(table.y[order], dtype=torch.int64)
train, test = digits[:1300], digits[1300:]
pca = PCA(train, 2)
pca_error = (pca.decode(pca.encode(test)) - test).square().mean().item()
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4))
coders = {}
for name, make in {"linear": lambda: LinearAutoencoder(64, 2), "hidden layer": lambda: Autoencoder(64, 64, 2)}.items():
    torch.manual_seed(1)
    draws = torch.Generator().manual_seed(2)
    coders[name] = make()
    optimiser = torch.optim.Adam(coders[name].parameters(), lr=2e-2)
    errors = []
    for step in range(1001):
        if step % 50 == 0:
            errors.append(reconstruction_error(coders[name], [test]))
        optimiser.zero_grad()
        reconstruction_loss(coders[name], train[torch.randint(len(train), (128,), generator=draws)]).backward()
        optimiser.step()
    left.plot(range(0, 1001, 50), errors, label=name)
left.axhline(pca_error, color="k", linestyle="--", linewidth=0.8, label="PCA")
left.set(xlabel="step", title="mean squared error on new digits", ylim=(0.03, 0.1))
left.legend()
with torch.no_grad():
    for axes, title, codes in (
        (middle, "PCA", pca.encode(test)),
        (right, "hidden layer", coders["hidden layer"].encode(test)),
    ):
        points = axes.scatter(*codes.T, c=digit_labels[1300:], cmap="tab10", s=8)
        axes.set_title(f"codes: {title}")
fig.colorbar(points, ax=right, ticks=range(10))
fig.tight_layout()
plt.show()

# %% [markdown]
# What is a code worth? A linear probe on frozen codes says how well it separates the classes. **How many numbers
# does a code need, and how far is each from the 64 pixels themselves?**

# %%
from models.representation import LinearProbe, frozen_codes

sizes = (1, 2, 4, 8, 16)
rights = {"PCA": [], "autoencoder": []}
for size in sizes:
    made = PCA(train, size)
    torch.manual_seed(3)
    draws = torch.Generator().manual_seed(4)
    network = Autoencoder(64, 64, size)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(500):
        optimiser.zero_grad()
        reconstruction_loss(network, train[torch.randint(len(train), (128,), generator=draws)]).backward()
        optimiser.step()
    for name, model, encode in (("PCA", network, made.encode), ("autoencoder", network, network.encode)):
        codes = frozen_codes(model, encode, [train, test])
        probe = LinearProbe(10).fit(codes[:1300], digit_labels[:1300])
        rights[name].append((probe.predict(codes[1300:]) == digit_labels[1300:]).double().mean().item())
pixels = LinearProbe(10).fit(train, digit_labels[:1300])
fig, axes = plt.subplots()
for name, values in rights.items():
    axes.semilogx(sizes, values, "o-", label=name)
axes.axhline(
    (pixels.predict(test) == digit_labels[1300:]).double().mean(), color="k", linestyle="--", label="64 pixels"
)
axes.set_xticks(sizes, sizes)
axes.minorticks_off()
axes.set(xlabel="size of the code", title="digits that a linear probe gets right", ylim=(0, 1))
axes.legend()
plt.show()

# %% [markdown]
# A denoising autoencoder: noisy digits above, what it makes of them below. **Where does it invent strokes?**

# %%
from models.autoencoders import corrupted

torch.manual_seed(5)
draws = torch.Generator().manual_seed(6)
network = Autoencoder(64, 128, 16)
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in range(1200):
    clean = train[torch.randint(len(train), (128,), generator=draws)]
    optimiser.zero_grad()
    reconstruction_loss(network, clean, corrupted(clean, torch.randn(clean.shape, generator=draws), 0.4)).backward()
    optimiser.step()
noisy = corrupted(test[:12], torch.randn(12, 64, generator=draws), 0.4)
fig, all_axes = plt.subplots(2, 12, figsize=(12, 2.3))
with torch.no_grad():
    for row, images in zip(all_axes, (noisy, network(noisy)), strict=True):
        for axes, image in zip(row, images, strict=True):
            axes.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axes.axis("off")
plt.show()

# %% [markdown]
# **Build it.** Write `models/autoencoders.py` and `models/representation.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_shapes_of_parameters \
#     --only test_corrupted_inputs_worked_example --only test_principal_component_worked_example

# %% [markdown]
# ## 2 Boltzmann machines
#
# Images of one bar, 3 x 3 pixels: six of the 512 possible ones. With nine visible units everything can be summed
# exactly. Left: the probability of all bars together while an RBM learns by CD-1 and by CD-10, and by the exact
# gradient. Right: the weights of its hidden units. **Which of the three is best, and what does each step cost?**

# %%
from models.rbm import RBM, contrastive_divergence, log_likelihood

bars = torch.zeros(6, 3, 3)
for place in range(3):
    bars[place, place], bars[3 + place, :, place] = 1.0, 1.0
bars = bars.reshape(6, 9)
fig, (left, *small) = plt.subplots(1, 9, figsize=(13, 2.8), gridspec_kw={"width_ratios": [4] + [1] * 8})
for name, k in {"CD-1": 1, "CD-10": 10, "exact": 0}.items():
    torch.manual_seed(7)
    draws = torch.Generator().manual_seed(8)
    rbm = RBM(9, 8)
    optimiser = torch.optim.SGD(rbm.parameters(), lr=0.5)
    mass = []
    for step in range(1001):
        if step % 50 == 0:
            with torch.no_grad():
                mass.append(log_likelihood(rbm, bars).exp().sum().item())
        v = bars[torch.randint(6, (32,), generator=draws)]
        optimiser.zero_grad()
        if k:
            uniform = [(torch.rand(32, 8, generator=draws), torch.rand(32, 9, generator=draws)) for _ in range(k)]
            contrastive_divergence(rbm, v, uniform)
        else:
            (-log_likelihood(rbm, v).mean()).backward()
        optimiser.step()
    left.plot(range(0, 1001, 50), mass, label=name)
left.set(xlabel="step", title="probability of the six bars", ylim=(0, 1))
left.legend()
for axes, weights in zip(small, rbm.weight.detach(), strict=True):
    axes.imshow(weights.reshape(3, 3), cmap="RdBu", vmin=-4, vmax=4)
    axes.axis("off")
fig.tight_layout()
plt.show()

# %% [markdown]
# A deep belief net of digits, 64 - 48 - 24: the lower RBM first, then the upper one. Each row is a digit and what comes
# back from one layer, and from two. **What is lost with each layer?**

# %%
from models.rbm import DeepBeliefNet

torch.manual_seed(9)
draws = torch.Generator().manual_seed(10)
net = DeepBeliefNet((64, 48, 24))
black_and_white = (train > 0.5).float()
for layer, (below, above) in enumerate(((64, 48), (48, 24))):
    for _ in range(1500):
        v = black_and_white[torch.randint(len(train), (64,), generator=draws)]
        uniform = (torch.rand(64, above, generator=draws), torch.rand(64, below, generator=draws))
        net.pretrain_step(layer, v, [uniform], 0.1)
given = (test[:12] > 0.5).float()
rows = [given, net.rbms[0].visible_probabilities(net.up(given, 1)).detach(), net.down(net.up(given, 2))]
fig, all_axes = plt.subplots(3, 12, figsize=(12, 3.2))
for row, images in zip(all_axes, rows, strict=True):
    for axes, image in zip(row, images, strict=True):
        axes.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axes.axis("off")
plt.show()

# %% [markdown]
# **Build it.** Write `models/rbm.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_energies_worked_example \
#     --only test_partition_function_worked_example --only test_gibbs_step_worked_example

# %% [markdown]
# ## 3 A variational autoencoder
#
# The two terms of the bound while a VAE of digits learns, for three values of β. **For which β does the code hold
# nothing? What would you see if the likelihood were a mean over the 64 pixels?**

# %%
from models.vae import VAE, elbo, kl_divergence

vaes = {}
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6))
for beta in (0.2, 1.0, 10.0):
    torch.manual_seed(11)
    draws = torch.Generator().manual_seed(12)
    vaes[beta] = VAE(64, 96, 2)
    optimiser = torch.optim.Adam(vaes[beta].parameters(), lr=3e-3)
    divergences, likelihoods = [], []
    for step in range(1201):
        if step % 60 == 0:
            with torch.no_grad():
                kl = kl_divergence(*vaes[beta].encode(test)).mean().item()
                bound = elbo(vaes[beta], test, torch.randn(len(test), 2, generator=draws)).mean().item()
            divergences.append(kl)
            likelihoods.append(bound + kl)
        x = train[torch.randint(len(train), (128,), generator=draws)]
        optimiser.zero_grad()
        (-elbo(vaes[beta], x, torch.randn(128, 2, generator=draws), beta).mean()).backward()
        optimiser.step()
    left.plot(range(0, 1201, 60), likelihoods, label=f"β = {beta}")
    right.plot(range(0, 1201, 60), divergences, label=f"β = {beta}")
left.set(xlabel="step", title="log likelihood of a new digit, in nats")
right.set(xlabel="step", title="KL divergence, in nats")
left.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Left: the grid of latent variables from -2 to 2, decoded. Right: the mean of the code of each new digit. **Which
# digits are neighbours, and what is between them?** (Part (a) of the written question.)

# %%
from models.vae import latent_traversal

plain = vaes.get(1.0) or VAE(64, 96, 2)
places = torch.linspace(-2, 2, 13)
rows = [latent_traversal(plain, torch.tensor([0.0, y]), 0, places.tolist()) for y in places.flip(0)]
picture = torch.cat([torch.cat([image.reshape(8, 8) for image in row], dim=1) for row in rows])
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 5.2))
left.imshow(picture, cmap="gray_r", extent=(-2.15, 2.15, -2.15, 2.15))
left.grid(visible=False)
left.set_title("decoded grid")
with torch.no_grad():
    means, _ = plain.encode(test)
points = right.scatter(*means.T, c=digit_labels[1300:], cmap="tab10", s=10)
right.set(aspect="equal", title="means of new digits")
fig.colorbar(points, ax=right, ticks=range(10))
fig.tight_layout()
plt.show()

# %% [markdown]
# More draws make a tighter bound: the importance-weighted bound of new digits for 1 to 1000 draws. **Which value of log
# p(x) would you report, and what do you have to say with it?**

# %%
from models.vae import importance_weighted_bound

counts = (1, 3, 10, 30, 100, 300, 1000)
draws = torch.Generator().manual_seed(13)
with torch.no_grad():
    bounds = [
        importance_weighted_bound(vaes.get(1.0) or VAE(64, 96, 2), test, torch.randn(k, len(test), 2, generator=draws))
        .mean()
        .item()
        for k in counts
    ]
fig, axes = plt.subplots()
axes.semilogx(counts, bounds, "o-")
axes.set(xlabel="draws", title="importance-weighted bound, in nats a digit")
plt.show()

# %% [markdown]
# **Build it.** Write `models/vae.py`, with your `WRITTEN_ANSWER`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_reparameterisation_worked_example \
#     --only test_divergence_worked_example

# %% [markdown]
# ## 4 A GAN
#
# The two losses of the generator. Left: their values by the logit of a sample. Right: their gradients. At the beginning
# of a training the discriminator is nearly sure, so the logits of the generator's samples are far to the left. **Which
# of the two losses can the generator learn from there?**

# %%
from models.gan import generator_loss

logits = torch.linspace(-8, 8, 161)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2))
for kind in ("non-saturating", "minimax"):
    at = logits.clone().requires_grad_()
    losses = torch.stack([generator_loss(one[None], kind) for one in at])
    (slopes,) = torch.autograd.grad(losses.sum(), at)
    left.plot(logits, losses.detach(), label=kind)
    right.plot(logits, slopes, label=kind)
left.set(xlabel="logit of a sample", title="loss of the generator")
right.set(xlabel="logit of a sample", title="its gradient")
left.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# A ring of eight narrow Gaussians: a GAN, and the same with a gradient penalty. Above: samples while the networks learn
# (blue) and data (grey). Below: the losses, the share of the samples that belong to a mode, and how many modes have at
# least 2 % of the samples. **Can you see from the losses alone whether the samples are good? When is a mode lost, and
# does it come back?**

# %%
from models.gan import Discriminator, Generator, discriminator_step, generator_step, mode_coverage

angles = torch.arange(8) * (2 * math.pi / 8)
modes = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)
DEVIATION = 0.15


def ring(count, draws):
    """Points (count, 2) of the eight Gaussians, and the number of the Gaussian of each."""
    labels = torch.randint(8, (count,), generator=draws)
    return modes[labels] + DEVIATION * torch.randn(count, 2, generator=draws), labels


def clouds(all_axes, pictures):
    """Samples (blue) above data (grey), a picture for each title."""
    some, _ = ring(300, torch.Generator().manual_seed(0))
    for axes, (title, samples) in zip(all_axes, pictures.items(), strict=True):
        axes.scatter(*some.T, s=3, color="0.75")
        axes.scatter(*samples.T, s=3, color="tab:blue")
        axes.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)


STEPS, EVERY = 1500, 50
test_noise = torch.randn(1000, 4, generator=torch.Generator().manual_seed(20))
ways = {"plain": 0.0, "penalty 0.1": 0.1}
gan_curves, pictures = {}, {}
for name, penalty in ways.items():
    torch.manual_seed(21)
    draws = torch.Generator().manual_seed(22)
    generator, discriminator = Generator(4, 64, 2), Discriminator(2, 64)
    optimisers = [torch.optim.Adam(of.parameters(), lr=1e-3, betas=(0.5, 0.9)) for of in (generator, discriminator)]
    curve = {"generator": [], "discriminator": [], "share": [], "modes": []}
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            with torch.no_grad():
                samples = generator(test_noise)
            counts, share = mode_coverage(samples, modes, 3 * DEVIATION)
            curve["share"].append(share)
            curve["modes"].append(int((counts >= 20).sum()))
            if step in (0, 150, 500, 1000, STEPS):
                pictures[f"{name}, step {step}"] = samples
        real, _ = ring(128, draws)
        noise, mix = torch.randn(128, 4, generator=draws), torch.rand(128, generator=draws)
        of_discriminator = discriminator_step(
            generator, discriminator, optimisers[1], real, noise, penalty, mix if penalty else None
        )
        of_generator = generator_step(generator, discriminator, optimisers[0], torch.randn(128, 4, generator=draws))
        curve["discriminator"].append(of_discriminator)
        curve["generator"].append(of_generator)
    gan_curves[name] = curve
fig, all_axes = plt.subplots(len(ways), 5, figsize=(13, 2.7 * len(ways)))
clouds(all_axes.flat, pictures)
fig.tight_layout()
plt.show()
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.2))
places = range(0, STEPS + 1, EVERY)
for name, curve in gan_curves.items():
    for who, style in (("discriminator", "-"), ("generator", ":")):
        left.plot(np.convolve(curve[who], np.ones(25) / 25, "valid"), style, label=f"{who}, {name}")
    middle.plot(places, curve["share"], "o-", markersize=3, label=name)
    right.plot(places, curve["modes"], "o-", markersize=3, label=name)
left.axhline(2 * math.log(2), color="0.6", linewidth=1)
left.set(xlabel="step", title="losses, mean of 25 steps; grey: 2 log 2")
middle.set(xlabel="step", title="share of samples within three deviations", ylim=(0, 1))
right.set(xlabel="step", title="modes with at least 20 of 1000 samples", ylim=(0, 8.5))
left.legend(fontsize=7)
middle.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/gan.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_losses_of_a_gan_worked_example \
#     --only test_gradient_penalty_worked_example --only test_counts_of_modes_worked_example

# %% [markdown]
# ## 5 An average of weights
#
# Left: a weight that moves around 1 (grey) and its averages, with and without warm-up. Right: a GAN on a line, data
# N(2, 0.5²). The error is |mean − 2| + |deviation − 0.5|, of the generator's own weights and of averaged ones. **Why is
# the average better here, and when would it be worse?**

# %%
from models.ema import EMA

weight = nn.Linear(1, 1, bias=False)
draw, path = np.random.default_rng(23), []
averages = {
    "decay 0.9": EMA(weight, 0.9),
    "decay 0.98": EMA(weight, 0.98),
    "decay 0.98, warm-up": EMA(weight, 0.98, warm_up=True),
}
followed = {name: [] for name in averages}
with torch.no_grad():
    weight.weight.fill_(-2.0)
    averages = {name: EMA(weight, of.decay, of.warm_up) for name, of in averages.items()}
    for _ in range(200):
        weight.weight.fill_(1 + 0.4 * draw.standard_normal())
        path.append(weight.weight.item())
        for name, average in averages.items():
            average.update(weight)
            with average.applied(weight):
                followed[name].append(weight.weight.item())
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.4))
left.plot(path, color="0.8")
for name, values in followed.items():
    left.plot(values, label=name)
left.set(xlabel="update", title="one weight, and averages that begin at −2")
left.legend()

torch.manual_seed(24)
draws = torch.Generator().manual_seed(25)
generator, discriminator = Generator(2, 16, 1), Discriminator(1, 16)
optimisers = [torch.optim.Adam(of.parameters(), lr=3e-3, betas=(0.5, 0.9)) for of in (generator, discriminator)]
average, line_noise = EMA(generator, 0.99, warm_up=True), torch.randn(2000, 2, generator=draws)
errors = {"own weights": [], "averaged weights": []}


def distance_to_data(of):
    """How far mean and deviation of a generator's samples are from 2 and 0.5, together."""
    with torch.no_grad():
        samples = of(line_noise)
    return abs(samples.mean().item() - 2) + abs(samples.std().item() - 0.5)


for step in range(800):
    real = 2 + 0.5 * torch.randn(128, 1, generator=draws)
    discriminator_step(generator, discriminator, optimisers[1], real, torch.randn(128, 2, generator=draws))
    generator_step(generator, discriminator, optimisers[0], torch.randn(128, 2, generator=draws))
    average.update(generator)
    if step % 10 == 9:
        errors["own weights"].append(distance_to_data(generator))
        with average.applied(generator):
            errors["averaged weights"].append(distance_to_data(generator))
for name, values in errors.items():
    right.semilogy(range(10, 801, 10), values, label=name)
right.set(xlabel="step", title="error of mean and deviation")
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/ema.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_average_of_weights_worked_example

# %% [markdown]
# ## 6 Diffusion: the way to noise
#
# Left: ᾱ of the two schedules. Middle: the variance of one step of the way back. Then the ring on its way to noise.
# **How many of the steps does the linear schedule spend on images that are only noise?**

# %%
from models.diffusion import Schedule, cosine_betas, linear_betas, q_sample

T = 100
schedules = {"linear": Schedule(linear_betas(T)), "cosine": Schedule(cosine_betas(T))}
fig, (left, middle) = plt.subplots(1, 2, figsize=(11, 3))
for name, schedule in schedules.items():
    left.plot(schedule.alpha_bars, label=name)
    middle.semilogy(range(1, T), schedule.posterior_variances[1:], label=f"{name}, posterior")
    middle.semilogy(schedule.betas, ":", label=f"{name}, β")
left.set(xlabel="t", title="ᾱ: the share of x₀ in the variance")
middle.set(xlabel="t", title="variance of a step back")
left.legend()
middle.legend(fontsize=8)
fig.tight_layout()
plt.show()
draws = torch.Generator().manual_seed(30)
points, _ = ring(600, draws)
noise = torch.randn(points.shape, generator=draws)
fig, all_axes = plt.subplots(2, 5, figsize=(13, 5.4))
pictures = {
    f"{name}, t = {t}": q_sample(schedule, points, torch.full((600,), t), noise)
    for name, schedule in schedules.items()
    for t in (0, 10, 25, 50, 99)
}
clouds(all_axes.flat, pictures)
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 7 Diffusion: the way back
#
# For data N(m, s²) the best possible model is known: the noise that it should predict at step t is
#
# $$\varepsilon(x, t) = \frac{\sqrt{1 - \bar\alpha_t}}{\bar\alpha_t s^2 + 1 - \bar\alpha_t}
# \left(x - \sqrt{\bar\alpha_t} m\right)$$
#
# So a sampler can be tested without any training. Left: mean (solid) and deviation (dotted) of x on the way back, for
# m = 1.5 and s = 0.4; black: what they are on the way to noise. Right: the deviation of the samples by the number of
# steps, for the two variances of DDPM and for DDIM. **Which of the two variances is right for this data, and for which
# data is the other?**

# %%
from models.diffusion import ddim_sample, ddim_times, ddpm_sample

M, S = 1.5, 0.4


def best_noise(schedule, met):
    """The best model of N(M, S²); it notes mean and deviation of each x that it is given."""

    def noise(x, t):
        met.append((int(t[0]), x.mean().item(), x.std().item()))
        bar = schedule.alpha_bars[t][:, None].to(x.dtype)
        return (1 - bar).sqrt() * (x - bar.sqrt() * M) / (bar * S**2 + 1 - bar)

    return noise


draws, met = torch.Generator().manual_seed(31), []
schedule = Schedule(cosine_betas(50))
ddpm_sample(best_noise(schedule, met), schedule, torch.randn(51, 4000, 1, generator=draws))
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.4))
steps, means, deviations = zip(*met, strict=True)
left.plot(steps, means, label="mean")
left.plot(steps, deviations, ":", label="deviation")
left.plot(schedule.alpha_bars.sqrt() * M, "k", linewidth=0.7)
left.plot((schedule.alpha_bars * S**2 + 1 - schedule.alpha_bars).sqrt(), "k:", linewidth=0.7)
left.set(xlabel="t; sampling goes from right to left", title="DDPM with the best model of a Gaussian")
left.legend()
counts = (5, 10, 20, 50, 100, 200)
spreads = {"DDPM, posterior": [], "DDPM, beta": [], "DDIM": []}
for count in counts:
    schedule = Schedule(linear_betas(count).clamp(max=0.999))
    model = best_noise(schedule, [])
    noises = torch.randn(count + 1, 4000, 1, generator=draws)
    spreads["DDPM, posterior"].append(ddpm_sample(model, schedule, noises).std().item())
    spreads["DDPM, beta"].append(ddpm_sample(model, schedule, noises, "beta").std().item())
    spreads["DDIM"].append(ddim_sample(model, schedule, noises[-1], ddim_times(count, count)).std().item())
for name, values in spreads.items():
    right.semilogx(counts, values, "o-", markersize=4, label=name)
right.axhline(S, color="k", linewidth=0.7)
right.set(xlabel="steps", title="deviation of the samples; black: of the data")
right.set_xticks(counts, counts)
right.minorticks_off()
right.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# A network learns the ring, with the labels of the eight Gaussians for later; its last label means none. Above:
# the loss, and the share of DDPM's samples within three deviations, with own and with averaged weights. Below: samples
# on their way back. **The loss soon stops falling, the samples become better. Why is no loss near 0 possible?**

# %%
from models.diffusion import Denoiser, diffusion_loss, dropped_labels, guided

NULL = 8


class Labelled(nn.Module):
    """A Denoiser of a point with its label: it is given both, and its noise for the label's numbers is not used."""

    def __init__(self, hidden_size):
        super().__init__()
        self.names = nn.Embedding(NULL + 1, 8)
        self.denoiser = Denoiser(2 + 8, hidden_size)

    def forward(self, x, t, labels):
        """The noise in x (N, 2)."""
        return self.denoiser(torch.cat([x, self.names(labels)], dim=1), t)[:, :2]


torch.manual_seed(32)
draws = torch.Generator().manual_seed(33)
T, STEPS, EVERY = 50, 2400, 200
schedule, network = Schedule(cosine_betas(T, most=0.5)), Labelled(96)
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
average = EMA(network, 0.99, warm_up=True)
test_noises = torch.randn(T + 1, 600, 2, generator=draws)
nothing = torch.full((600,), NULL)
losses, shares = [], {"own weights": [], "averaged weights": []}


def without_labels(x, t):
    """The network's noise for no label."""
    return network(x, t, torch.full_like(t, NULL))


def near_modes(samples):
    """The share of the samples within three deviations of a mode."""
    return mode_coverage(samples, modes, 3 * DEVIATION)[1]


for step in range(1, STEPS + 1):
    x0, labels = ring(256, draws)
    labels = dropped_labels(labels, torch.rand(256, generator=draws) >= 0.2, NULL)
    t = torch.randint(T, (256,), generator=draws)
    noise = torch.randn(x0.shape, generator=draws)
    loss = diffusion_loss(lambda x, t, labels=labels: network(x, t, labels), schedule, x0, t, noise)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    rates.step()
    average.update(network)
    losses.append(loss.item())
    if step % EVERY == 0:
        shares["own weights"].append(near_modes(ddpm_sample(without_labels, schedule, test_noises)))
        with average.applied(network):
            shares["averaged weights"].append(near_modes(ddpm_sample(without_labels, schedule, test_noises)))
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3))
left.plot(np.convolve(losses, np.ones(50) / 50, "valid"))
left.set(xlabel="step", title="loss, mean of 50 steps", ylim=(0, 1))
for name, values in shares.items():
    right.plot(range(EVERY, STEPS + 1, EVERY), values, "o-", markersize=4, label=name)
right.set(xlabel="step", title="share of samples near a mode", ylim=(0, 1))
right.legend()
fig.tight_layout()
plt.show()

on_the_way = {}


def watched(x, t):
    """The same noise; it notes x at some steps."""
    if int(t[0]) in (49, 30, 15, 5):
        on_the_way[f"DDPM, before step {int(t[0])}"] = x
    return without_labels(x, t)


with average.applied(network):
    samples = ddpm_sample(watched, schedule, test_noises)
fig, all_axes = plt.subplots(1, 5, figsize=(13, 2.8))
clouds(all_axes, {**on_the_way, "DDPM, samples": samples})
fig.tight_layout()
plt.show()
counts, share = mode_coverage(samples, modes, 3 * DEVIATION)
print(f"samples of each mode: {counts.tolist()}; {share:.0%} belong to one")

# %% [markdown]
# Left: DDIM needs fewer steps. Middle: from samples to noise and back; the error shrinks with the size of the steps.
# Right: paths of DDIM from noise to samples. **Two paths never cross at the same t. Why, and what does it say about
# noise between the noises of two samples?**

# %%
from models.diffusion import ddim_encode

step_counts = (4, 7, 13, 25, 50)
quality, back = [], []
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.8))
with average.applied(network):
    for count in step_counts:
        times = ddim_times(T, count)
        samples = ddim_sample(without_labels, schedule, test_noises[-1], times)
        quality.append(near_modes(samples))
        again = ddim_sample(without_labels, schedule, ddim_encode(without_labels, schedule, samples, times), times)
        back.append((again - samples).norm(dim=1).median().item())
    route = []

    def noted(x, t):
        """The same noise; it notes every x."""
        route.append(x[:40])
        return without_labels(x, t)

    route.append(ddim_sample(noted, schedule, test_noises[-1], ddim_times(T, T))[:40])
left.semilogx(step_counts, quality, "o-", label="DDIM")
left.axhline(shares["averaged weights"][-1], color="k", linewidth=0.7, label="DDPM, 50 steps")
left.set(xlabel="steps", title="share of samples near a mode", ylim=(0, 1))
left.legend()
middle.loglog(step_counts, back, "o-")
middle.set(xlabel="steps", title="median distance after encoding and sampling")
for axes in (left, middle):
    axes.set_xticks(step_counts, step_counts)
    axes.minorticks_off()
route = torch.stack(route)
for path in route.unbind(1):
    right.plot(*path.T, color="tab:blue", linewidth=0.6)
right.scatter(*route[-1].T, s=9, color="tab:orange", zorder=3)
right.set(aspect="equal", title="paths of DDIM")
fig.tight_layout()
plt.show()

# %% [markdown]
# Guidance: samples for the label of the mode on the right, with different scales. Left: scale 0 ignores the label.
# **What does a large scale do to the samples, and what would that mean for pictures?** (Part (b) of the written
# question.)

# %%
right_mode = torch.zeros(600, dtype=torch.int64)
fig, all_axes = plt.subplots(1, 5, figsize=(13, 2.8))
pictures = {}
with average.applied(network):
    for scale in (0.0, 0.5, 1.0, 2.0, 5.0):
        model = guided(network, right_mode, scale, NULL)
        samples = ddim_sample(model, schedule, test_noises[-1], ddim_times(T, 25))
        near = (samples - modes[0]).norm(dim=1) < 3 * DEVIATION
        pictures[f"scale {scale}: {near.double().mean():.0%} near it"] = samples
clouds(all_axes, pictures)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `models/diffusion.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s13 --only test_schedule_worked_example \
#     --only test_ends_of_the_schedules --only test_way_to_noise_worked_example --only test_order_of_steps \
#     --only test_times_of_ddim_worked_example --only test_guidance_worked_example

# %% [markdown] criteria=["written"]
# ## 8 The written question
