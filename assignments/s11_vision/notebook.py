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
# # Vision with PyTorch
#
# This notebook runs with *your* `models/`: write a file, then run the section that uses it. A cell whose code is not
# written yet says what is missing. **Build it** at the end of a section says what to write, and its cell runs the
# public tests of that part. It needs PyTorch: `pip install -r requirements-torch.txt` (`README.md` has more).
#
# All networks here are small: each trains in seconds on one core. Before you run a cell that draws a figure, write down
# what you expect. The questions in **bold** are for you.

# %%
import copy
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from datasets import load_backbone, shapes
from datasets.train_backbone import make_backbone

torch.set_num_threads(1)  # for networks of this size more threads only wait for each other
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"PyTorch {torch.__version__}; the larger trainings below run on: {device}")
plt.rcParams.update({"figure.figsize": (10, 3.6), "figure.dpi": 80, "font.size": 10, "image.cmap": "gray"})


def show(axes, image, title="", **settings):
    """A picture without axes; a tensor (C, H, W) or (H, W)."""
    image = torch.as_tensor(image).detach().cpu()
    axes.imshow(image.movedim(0, -1).clip(0, 1) if image.ndim == 3 else image, **settings)
    axes.set_title(title, fontsize=9)
    axes.axis("off")


# %% [markdown]
# ## 1 AlexNet and VGG
#
# Local response normalisation divides each channel by what its neighbours do:
#
# $$y_i = \frac{x_i}{\bigl( k + \alpha \sum_{j} x_j^2 \bigr)^{\beta}}$$
#
# Left: 15 channels, one of which is strong. With the constants of AlexNet almost nothing happens; a larger α shows what
# it is for. **Which channels does the strong one suppress?** Right: the parameters of both networks by kind of layer,
# counted on the meta device, which has shapes and no numbers. **Which layer has most of VGG's parameters?**

# %%
from models.alexnet_vgg import VGG, AlexNet, LocalResponseNorm

x = torch.ones(1, 15, 1, 1)
x[0, 7] = 20.0
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6))
for alpha, style in ((1e-4, "o-"), (1e-2, "s-"), (1e-1, "^-")):
    left.plot(
        LocalResponseNorm(alpha=alpha)(x).flatten() / LocalResponseNorm(alpha=0.0)(x).flatten(),
        style,
        label=f"α = {alpha:g}",
    )
left.set(xlabel="channel", title="output, as a share of that for α = 0")
left.legend()


def count(module, kind):
    """Parameters in the layers of one kind."""
    return sum(p.numel() for layer in module.modules() if isinstance(layer, kind) for p in layer.parameters())


with torch.device("meta"):
    networks = {"AlexNet": AlexNet(), "VGG-11 (A)": VGG("A"), "VGG-16 (D)": VGG("D"), "VGG-19 (E)": VGG("E")}
for place, network in enumerate(networks.values()):
    conv, linear = count(network, nn.Conv2d) / 1e6, count(network, nn.Linear) / 1e6
    right.barh(place, conv, color="tab:blue", label="convolutions" if place == 0 else None)
    right.barh(place, linear, left=conv, color="tab:orange", label="linear layers" if place == 0 else None)
    right.text(conv + linear + 1, place, f"{conv + linear:.1f}", va="center", fontsize=9)
right.set(title="parameters, millions", xlim=(0, 165))
right.set_yticks(range(4), networks)
right.legend(loc="lower right", fontsize=8)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `LocalResponseNorm`, `AlexNet` and `VGG` in `models/alexnet_vgg.py`. The numbers of parameters are
# tested in section 4, together with the other networks. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_local_response_norm_worked_example

# %% [markdown]
# ## 2 GoogLeNet and ResNet
#
# Sixteen residual blocks in four forms, before any training. A block is
#
# $$y = \operatorname{relu}(F(x) + x) \quad\text{or, with pre-activation,}\quad y = F(x) + x.$$
#
# Left: the deviation of the values after each block. Right: the size of the gradient at each block's input, for the
# same gradient at the end. **Which form lets values grow, and why? What does `zero_init` do to both curves?**

# %%
from models.resnet import Block

fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6))
for name, options in (
    ("ReLU after the sum", {}),
    ("ReLU after the sum, zero_init", {"zero_init": True}),
    ("pre-activation", {"pre_activation": True}),
    ("pre-activation, zero_init", {"pre_activation": True, "zero_init": True}),
):
    torch.manual_seed(2)
    blocks = [Block(16, 16, **options) for _ in range(16)]
    h = torch.randn(8, 16, 8, 8).relu().requires_grad_()
    inputs = [h]
    for block in blocks:
        inputs.append(block(inputs[-1]))
    slopes = torch.autograd.grad(inputs[-1], inputs[:-1], torch.randn_like(inputs[-1]))
    left.plot(range(1, 17), [values.std().item() for values in inputs[1:]], "o-", markersize=3, label=name)
    right.semilogy(
        range(1, 17), [slope.square().mean().sqrt().item() for slope in slopes], "o-", markersize=3, label=name
    )
left.set(xlabel="block", title="deviation of the values after the block", yscale="log")
right.set(xlabel="block", title="size of the gradient at its input")
right.legend(fontsize=8)
for axes in (left, right):
    axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()

# %% [markdown]
# GoogLeNet's heads give the early modules a gradient of their own. Here is its size at each inception module of a
# narrow network, with and without the heads' losses. **Why is the difference largest where it is?**

# %%
from models.googlenet import INCEPTIONS, GoogLeNet, auxiliary_loss

fig, axes = plt.subplots(figsize=(8, 3.2))
torch.manual_seed(3)
network = GoogLeNet(num_classes=10, in_channels=1, divisor=8, stem="small", dropout=0.0, auxiliary_dropout=0.0)
images, target = torch.randn(16, 1, 32, 32), torch.arange(16) % 10
modules = [layer for layer in network.modules() if type(layer).__name__ == "Inception"]
for weight in (0.0, 0.3):
    network.zero_grad()
    auxiliary_loss(network(images), target, weight=weight).backward()
    sizes = [
        torch.cat([p.grad.flatten() for p in layer.parameters() if p.grad is not None]).norm().item()
        for layer in modules
    ]
    axes.semilogy(list(INCEPTIONS), sizes, "o-", label=f"heads count {weight:g}")
axes.set(xlabel="inception module", title="norm of the gradient of its weights, before training")
axes.grid(alpha=0.3)
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `Inception`, `AuxiliaryHead`, `GoogLeNet` and `auxiliary_loss` in `models/googlenet.py`, and
# `Block`, `ResNet` and `resnet` in `models/resnet.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_block_worked_example

# %% [markdown]
# ## 3 Other topologies
#
# Left: parameters of a 3 × 3 convolution from C to C channels and of what MobileNet has in its place. Middle: a dense
# block's layers and their inputs. Right: factors that squeeze-and-excitation gives 16 channels of two images, before
# training and with larger weights. **Which factor would a channel get if all weights were zero?**

# %%
from models.topologies import DenseBlock, DepthwiseSeparable, SqueezeExcitation

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.4))
widths = [8, 16, 32, 64, 128, 256, 512]
full = [sum(p.numel() for p in nn.Conv2d(c, c, 3, bias=False).parameters()) for c in widths]
separable = [sum(p.numel() for p in DepthwiseSeparable(c, c).parameters()) for c in widths]
left.loglog(widths, full, "o-", label="3 × 3 convolution")
left.loglog(widths, separable, "s-", label="depthwise separable")
left.set(xlabel="channels", title="parameters")
left.legend(fontsize=8)
left.grid(alpha=0.3)
dense = DenseBlock(8, 6, 4)
channels = [layer.in_channels for layer in dense.modules() if isinstance(layer, nn.Conv2d)]
middle.bar(range(1, 7), channels, label="inputs")
middle.bar(range(1, 7), [4] * 6, bottom=channels, label="outputs: the growth")
middle.set(xlabel="layer", title="channels in a dense block, 8 at the start")
middle.legend(fontsize=8)
torch.manual_seed(5)
gate = SqueezeExcitation(16, reduction=4)
pair = torch.rand(2, 16, 6, 6) * 4 * torch.rand(2, 16, 1, 1) + 0.1
for times, style in ((1, "o-"), (3, "s--")):
    with torch.no_grad():
        for parameter in gate.parameters():
            parameter *= times
    for image, colour in zip(range(2), ("tab:blue", "tab:orange"), strict=True):
        factor = (gate(pair) / pair)[image, :, 0, 0].detach()
        right.plot(factor, style, color=colour, markersize=3, label=f"image {image + 1}, weights times {times}")
right.set(xlabel="channel", title="factors", ylim=(0, 1.45))
right.legend(fontsize=7, ncols=2, loc="upper center")
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write the three blocks in `models/topologies.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_squeeze_and_excitation_worked_example

# %% [markdown]
# ## 4 Segmentation with a U-Net
#
# Noisy pictures with a bright disc and a dark square; every pixel gets one of three classes. Most pixels are
# background, so cross-entropy alone learns it first; the Dice loss counts every class the same:
#
# $$L = 1 - \frac{1}{C} \sum_c \frac{2\, I_c + \text{smooth}}{P_c + T_c + \text{smooth}}$$
#
# **What would the accuracy be if a network answered "background" everywhere, and what its Dice loss?**

# %%
from models.unet import UNet, dice_loss, segmentation_loss


def scene(draw, count, size=32):
    """Noisy pictures (N, 1, size, size) with a disc (class 1) and a square (class 2), and the class of each pixel."""
    rows, columns = np.mgrid[:size, :size]
    target = np.zeros((count, size, size), np.int64)
    for picture in target:
        for kind in (1, 2):
            radius = draw.integers(2, 5)
            i, j = draw.integers(radius, size - radius, 2)
            down, across = np.abs(rows - i), np.abs(columns - j)
            picture[np.hypot(down, across) <= radius if kind == 1 else np.maximum(down, across) <= radius] = kind
    images = np.array([0.4, 0.7, 0.1])[target] + 0.15 * draw.standard_normal(target.shape)
    return torch.from_numpy(images[:, None].astype(np.float32)).to(device), torch.from_numpy(target).to(device)


draw = np.random.default_rng(7)
test_images, test_target = scene(draw, 64)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4))
for name, criterion in (("cross-entropy", nn.functional.cross_entropy), ("cross-entropy + Dice", segmentation_loss)):
    torch.manual_seed(0)
    network = UNet(in_channels=1, num_classes=3, width=8, depth=3).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    draw, dices = np.random.default_rng(8), []
    for step in range(40):
        images, target = scene(draw, 16)
        optimiser.zero_grad()
        criterion(network.train()(images), target).backward()
        optimiser.step()
        if step % 4 == 3:
            with torch.no_grad():
                dices.append(dice_loss(network.eval()(test_images), test_target).item())
    left.plot(range(4, 41, 4), dices, "o-", label=name)
left.set(xlabel="step", title="Dice loss on 64 new pictures", ylim=(0, 1))
left.grid(alpha=0.3)
left.legend()
with torch.no_grad():
    predicted = network(test_images).argmax(dim=1)
strip = [torch.cat([test_images[n, 0], test_target[n] / 2, predicted[n] / 2], dim=0) for n in range(5)]
show(right, torch.cat(strip, dim=1), "pictures, their classes, the network's answers (with Dice)", vmin=0, vmax=1)
fig.tight_layout()
plt.show()
correct, background = (predicted == test_target).float().mean(), (test_target == 0).float().mean()
print(f"pixels that are right: {correct:.3f}; background: {background:.3f}")

# %% [markdown]
# **Build it.** Write `UNet`, `dice_loss` and `segmentation_loss` in `models/unet.py`. The first two tests look at all
# networks of part 1: their numbers of parameters and shapes of outputs. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 \
#     --only test_numbers_of_parameters \
#     --only test_shapes_of_outputs \
#     --only test_dice_worked_example

# %% [markdown]
# ## 5 Series: who sees what
#
# The gradient of one output of a causal network shows which steps it depends on. Four blocks with kernel size 2 and
# dilations 1, 2, 4, 8; and the same without dilation. Each output sees
#
# $$1 + \sum_i (K_i - 1)\, d_i$$
#
# steps. **How many are there in each figure, and why is there no gradient to the right of step 40?**

# %%
from models.series import CausalConv1d, SeriesCNN, TCN, receptive_field


def influence(network, length=60, at=40):
    """Mean size of the gradient of the output at one step, at each step of the input."""
    x = torch.randn(32, 1, length, requires_grad=True)
    network(x)[:, :, at].sum().backward()
    return x.grad.abs().mean(dim=(0, 1))


torch.manual_seed(9)
dilated = TCN(1, (8, 8, 8, 8), kernel_size=2)
undilated = nn.Sequential(*(CausalConv1d(1 if n == 0 else 8, 8, 2) for n in range(8)))
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.2), sharey=True)
for axes, network, field, name in (
    (left, dilated, dilated.receptive_field, "dilations 1, 2, 4, 8, two convolutions each"),
    (right, undilated, receptive_field([2] * 8, [1] * 8), "eight convolutions without dilation"),
):
    sizes = influence(network)
    axes.semilogy(sizes.clamp(min=1e-9), "o-", markersize=3)
    axes.axvspan(40 - field + 0.5, 40.5, color="tab:orange", alpha=0.2, label=f"receptive field: {field}")
    axes.set(xlabel="step of the input", title=name)
    axes.legend(loc="upper left")
fig.suptitle("gradient of output 40 (1e-9 means 0)")
fig.tight_layout()
plt.show()

# %% [markdown]
# A classifier of whole series need not be causal. Four wave forms with noise, any phase and any frequency; 100 steps.


# %%
def waves(draw, count, length=64):
    """Noisy sines, squares, triangles and saws: (N, 1, length) and the classes."""
    classes = np.arange(count) % 4
    phase = draw.uniform(0, 1, (count, 1)) + draw.uniform(2, 5, (count, 1)) * np.arange(length) / length
    turn = phase % 1.0
    forms = np.stack([np.sin(2 * np.pi * phase), np.sign(turn - 0.5), 4 * np.abs(turn - 0.5) - 1, 2 * turn - 1])
    series = forms[classes, np.arange(count)] + 0.25 * draw.standard_normal((count, length))
    return torch.from_numpy(series[:, None].astype(np.float32)), torch.from_numpy(classes)


draw = np.random.default_rng(10)
torch.manual_seed(10)
network = SeriesCNN(1, 4)
optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
losses = []
for _ in range(100):
    x, target = waves(draw, 64)
    optimiser.zero_grad()
    loss = nn.functional.cross_entropy(network(x), target)
    loss.backward()
    optimiser.step()
    losses.append(loss.item())
x, target = waves(draw, 400)
right_ones = (network(x).argmax(dim=1) == target).float().mean().item()
fig, all_axes = plt.subplots(1, 5, figsize=(14, 2.4))
for axes, series, name in zip(all_axes, x, ("sine", "square", "triangle", "saw"), strict=False):
    axes.plot(series[0])
    axes.set_title(name, fontsize=9)
all_axes[4].semilogy(losses)
all_axes[4].set_title(f"loss; {right_ones:.1%} of new series right", fontsize=9)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `receptive_field`, `CausalConv1d`, `TemporalBlock`, `TCN` and `SeriesCNN` in `models/series.py`.
# Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 \
#     --only test_causal_conv_worked_example --only test_receptive_field_worked_example

# %% [markdown]
# ## 6 Clips
#
# A dot moves up, down, left or right. One frame does not say where to: only time does. A full 3-D convolution and the
# (2+1)-D one in its place have about the same number of parameters. **Would a 2-D network on the mean of all frames
# learn this?**

# %%
from models.video import Conv2Plus1d, VideoCNN, mid_channels

STEPS = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])  # up, down, left, right


def clips(draw, count, frames=6, size=10):
    """A noisy moving dot: (N, 1, frames, size, size) and the directions."""
    classes = np.arange(count) % 4
    pictures = 0.1 * draw.standard_normal((count, 1, frames, size, size))
    start = draw.integers(0, size, (count, 2))
    for frame in range(frames):
        rows, columns = ((start + frame * STEPS[classes]) % size).T
        pictures[np.arange(count), 0, frame, rows, columns] += 1.0
    return torch.from_numpy(pictures.astype(np.float32)), torch.from_numpy(classes)


fig, all_axes = plt.subplots(1, 8, figsize=(15, 2.6), width_ratios=[1] * 6 + [0.3, 3.2])
example, _ = clips(np.random.default_rng(0), 4)
for frame in range(6):
    show(all_axes[frame], example[3, 0, frame], f"frame {frame}")
all_axes[6].axis("off")
for factorised in (False, True):
    draw = np.random.default_rng(11)
    torch.manual_seed(11)
    network = VideoCNN(1, 4, factorised=factorised)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(120):
        x, target = clips(draw, 32)
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(x), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    number = sum(p.numel() for p in network.parameters())
    name = "(2+1)-D" if factorised else "3-D"
    all_axes[7].plot(np.convolve(losses, np.ones(8) / 8, mode="valid"), label=f"{name}, {number} parameters")
all_axes[7].set_title("loss, mean of 8 steps", fontsize=9)
all_axes[7].legend(fontsize=8)
fig.tight_layout()
plt.show()
for inputs, outputs in ((3, 64), (64, 64), (64, 128), (256, 512)):
    full = nn.Conv3d(inputs, outputs, 3, bias=False, device="meta").weight.numel()
    with torch.device("meta"):
        split = sum(p.numel() for p in Conv2Plus1d(inputs, outputs).parameters())
    between = mid_channels(inputs, outputs)
    print(f"{inputs:3d} → {outputs:3d} channels: {between:3d} between, {split:9,d} parameters; 3-D: {full:9,d}")

# %% [markdown]
# **Build it.** Write `mid_channels`, `Conv2Plus1d` and `VideoCNN` in `models/video.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_mid_channels_worked_example

# %% [markdown]
# ## 7 A training loop
#
# A small ResNet on digits, with your loop: one-cycle schedule, clipped gradients, and once more in bfloat16. **Why is
# the loss in training larger than on new digits at first? Where does the loop count a smaller last batch?**

# %%
from models.loops import evaluate, train_one_epoch
from models.resnet import ResNet

data = load_digits()
order = np.random.default_rng(0).permutation(len(data.target))
digits = torch.from_numpy(data.images[order][:, None].astype(np.float32) / 16).to(device)
names = torch.from_numpy(data.target[order]).to(device)
test_batches = [(digits[1297:], names[1297:])]


def batches(draw, size=64):
    """The 1297 digits for training in random batches; the last is smaller."""
    return [(digits[rows], names[rows]) for rows in torch.randperm(1297, generator=draw).split(size)]


def small_resnet():
    """A ResNet of three stages for 8 × 8 digits."""
    torch.manual_seed(12)
    return ResNet(layers=(1, 1, 1), num_classes=10, in_channels=1, width=8, stem="small").to(device)


EPOCHS = 4
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4))
for name, dtype, style in (("float32", None, "o-"), ("bfloat16", torch.bfloat16, "s--")):
    network = small_resnet()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=EPOCHS * 21)
    draw, history = torch.Generator().manual_seed(0), []
    for _ in range(EPOCHS):
        train = train_one_epoch(
            network, batches(draw), optimiser, scheduler=scheduler, max_norm=1.0, autocast_dtype=dtype
        )
        history.append((train, evaluate(network, test_batches)))
    for axes, key in ((left, "loss"), (right, "accuracy")):
        axes.plot(
            range(1, EPOCHS + 1),
            [train[key] for train, _ in history],
            style,
            color="tab:orange",
            label=f"training, {name}",
        )
        axes.plot(
            range(1, EPOCHS + 1),
            [test[key] for _, test in history],
            style,
            color="tab:blue",
            label=f"new digits, {name}",
        )
    print(f"{name}: accuracy on 500 new digits {history[-1][1]['accuracy']:.3f}")
left.set(xlabel="epoch", title="loss", yscale="log")
right.set(xlabel="epoch", title="accuracy")
right.legend(fontsize=8)
for axes in (left, right):
    axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `train_one_epoch` and `evaluate` in `models/loops.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 \
#     --only test_evaluate_worked_example --only test_step_worked_example

# %% [markdown]
# ## 8 Transfer learning
#
# The course has trained a backbone to distinguish discs, rings, squares and triangles (`datasets/train_backbone.py`).
# The new task is one that it has never seen: cross or bar, from few labelled pictures. `load_backbone` reads the
# weights from a safetensors file, which can hold numbers only.
#
# * *from scratch*: the same network with new weights, all of it trained;
# * *frozen*: the course's backbone, only the head is trained;
# * *unfrozen*: then two stages learn as well, with smaller learning rates.
#
# **At how many labels will training from scratch catch up? Add a larger number to `counts`.**

# %%
from models.transfer import TransferModel, parameter_groups

NEW = (4, 5)  # cross and bar


def pictures(count, seed):
    """Pictures of the two new shapes, and 0 or 1."""
    drawn = shapes(count * 3, seed=seed)
    chosen = np.isin(drawn.y, NEW)
    return torch.from_numpy(drawn.x[chosen]).to(device), torch.from_numpy(drawn.y[chosen] - NEW[0]).to(device)


weights = {name: torch.from_numpy(array) for name, array in load_backbone().items()}


def transfer(count, kind, seed):
    """Accuracy on new pictures after training with ``count`` labels."""
    torch.manual_seed(seed)
    backbone = make_backbone()
    if kind != "from scratch":
        backbone.load_state_dict(weights)
    model = TransferModel(backbone, 64, 2).to(device)
    few = [pictures(count, 100 + seed)]
    phases = {"from scratch": [(4, 30)], "frozen": [(0, 40)], "unfrozen": [(0, 40), (2, 10)]}[kind]
    for stages, steps in phases:
        model.unfreeze(stages)
        settings = {"head_lr": 1e-2, "backbone_lr": 3e-3, "decay": 1.0} if stages == 4 else {}
        groups = parameter_groups(model, **({"head_lr": 1e-2, "backbone_lr": 1e-3, "decay": 0.3} | settings))
        optimiser = torch.optim.Adam(groups)
        for _ in range(steps):
            train_one_epoch(model, few, optimiser)
    return evaluate(model, new_pictures)["accuracy"]


new_pictures = [pictures(200, 99)]
counts = (8, 24, 48)
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6), width_ratios=[1, 1.2])
for kind, style in (("from scratch", "s--"), ("frozen", "o-"), ("unfrozen", "^-")):
    runs = np.array([[transfer(count, kind, seed) for count in counts] for seed in range(3)])
    left.semilogx(counts, runs.mean(axis=0), style, label=kind)
    print(
        f"{kind:12s}",
        "  ".join(f"{count} labels: {mean:.3f}" for count, mean in zip(counts, runs.mean(axis=0), strict=True)),
    )
left.axhline(0.5, color="grey", linestyle=":", label="guessing")
left.set_xticks(counts, counts)
left.minorticks_off()
left.set(xlabel="labels", title="accuracy on 200 new pictures, mean of 3", ylim=(0.45, 1.02))
left.grid(alpha=0.3)
left.legend(fontsize=8)
examples, _ = pictures(14, 5)
show(
    right,
    torch.cat([torch.cat(list(row), dim=2) for row in examples[:14].split(7)], dim=1),
    "the new task: crosses and bars",
)
fig.tight_layout()
plt.show()

# %% [markdown]
# What goes wrong if only `requires_grad` is switched off: batch norm goes on to follow the new data, in every forward
# pass in training mode. Here is how far its running means are from those of the backbone. (Part (b) of the written
# question.) **Which curve is yours?**

# %%
fig, axes = plt.subplots(figsize=(7, 3))
for name in ("frozen as in the spec", "only requires_grad = False"):
    torch.manual_seed(0)
    backbone = make_backbone()
    backbone.load_state_dict(weights)
    if name.startswith("only"):
        model = nn.Sequential(backbone.requires_grad_(False), nn.Linear(64, 2)).to(device)
    else:
        model = TransferModel(backbone, 64, 2).to(device)
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    means, distances = copy.deepcopy(backbone.state_dict()), []
    for _ in range(20):
        train_one_epoch(model, [pictures(12, 100)], optimiser)
        now = backbone.state_dict()
        moved = [(now[key] - means[key]).norm().item() for key in now if key.endswith("running_mean")]
        distances.append(float(np.linalg.norm(moved)))
    axes.plot(range(1, 21), distances, "o-", markersize=3, label=name)
axes.set(xlabel="epoch", title="distance of the running means from the backbone's")
axes.grid(alpha=0.3)
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `TransferModel` and `parameter_groups` in `models/transfer.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_frozen_backbone

# %% [markdown]
# ## 9 Augmentation
#
# One picture eight times: `Augment` in training, then in evaluation, and pairs that `mixup` made with their targets.
# **Which of the two changes would be wrong for digits, and which for photographs of text?**

# %%
from models.augmentation import Augment, mixup

drawn = shapes(60, seed=3)
chosen = torch.from_numpy(drawn.x[[7, 12, 15, 20, 23, 31, 44, 50]])
draw = torch.Generator().manual_seed(1)
augment = Augment(draw, padding=6)
rows = [
    ("Augment in training", augment.train()(chosen[:1].repeat(8, 1, 1, 1))),
    ("in evaluation", augment.eval()(chosen[:1].repeat(8, 1, 1, 1))),
]
mixed, targets = mixup(chosen, torch.from_numpy(drawn.y[[7, 12, 15, 20, 23, 31, 44, 50]]), 6, 1.0, draw)
rows.append(("mixup", mixed))
fig, all_axes = plt.subplots(3, 8, figsize=(13, 5.4))
for (name, images), row in zip(rows, all_axes, strict=True):
    for place, (axes, image) in enumerate(zip(row, images, strict=True)):
        title = name if place == 0 else ""
        if name == "mixup":
            title = "\n".join(f"{drawn.class_names[c]} {targets[place, c]:.2f}" for c in targets[place].nonzero()[:, 0])
        show(axes, image, title)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write the functions and `Augment` in `models/augmentation.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 \
#     --only test_flips_are_mirrored_images --only test_mixup_mixes_labels_as_images

# %% [markdown]
# ## 10 Checkpoints and seeds
#
# A training of four epochs; the same, stopped after two and resumed in new objects; and resumed from the weights alone,
# without optimiser and generator. **Which curves lie on one another?**

# %%
from models.checkpoints import load_checkpoint, save_checkpoint
from models.seeding import make_loader, seed_everything


def fresh():
    """A new network and what trains it."""
    seed_everything(13)
    network = small_resnet()
    return network, torch.optim.Adam(network.parameters(), lr=5e-3), torch.Generator().manual_seed(4)


def epochs(network, optimiser, draw, number):
    """Losses of some epochs, batch by batch: each batch is an epoch of its own for the loop."""
    return [
        train_one_epoch(network, [batch], optimiser)["loss"] for _ in range(number) for batch in batches(draw, size=128)
    ]


undisturbed = epochs(*fresh(), 4)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "checkpoint.pt"
    network, optimiser, draw = fresh()
    first = epochs(network, optimiser, draw, 2)
    save_checkpoint(path, epoch=2, model=network, optimiser=optimiser, generator=draw)
    kept = copy.deepcopy(network.state_dict())
    network, optimiser, draw = fresh()
    begun = load_checkpoint(path, model=network, optimiser=optimiser, generator=draw)
    resumed = epochs(network, optimiser, draw, 4 - begun)
network, optimiser, draw = fresh()
network.load_state_dict(kept)
weights_only = epochs(network, optimiser, draw, 2)
fig, axes = plt.subplots(figsize=(9, 3.2))
axes.semilogy(undisturbed, color="tab:grey", linewidth=5, alpha=0.5, label="undisturbed")
for losses, style, name in ((resumed, "-", "resumed"), (weights_only, "--", "from the weights alone")):
    axes.semilogy(range(len(first), len(undisturbed)), losses, style, label=name)
axes.axvline(len(first) - 0.5, color="k", linestyle=":")
axes.set(xlabel="batch", title="loss of each batch; the stop is at the dotted line")
axes.legend()
fig.tight_layout()
plt.show()
print("resumed as undisturbed, to the last bit:", first + resumed == undisturbed)
numbers = torch.utils.data.TensorDataset(torch.arange(8))
for seed in (1, 1, 2):
    loader = make_loader(numbers, batch_size=8, seed=seed)
    first, second = (next(iter(loader))[0].tolist() for _ in range(2))
    print(f"loader with seed {seed}: first epoch {first}, second {second}")

# %% [markdown]
# **Build it.** Write `models/checkpoints.py` and `models/seeding.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_resumed_training

# %% [markdown]
# ## 11 What TensorBoard shows
#
# Three epochs are logged, and read back from the file of events. `tensorboard --logdir runs` in a terminal shows the
# same, with the images, the graph and the histograms. **What do you see in the histograms of the last layer?**

# %%
from models.tracking import log_epoch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

with tempfile.TemporaryDirectory() as folder:
    network, optimiser, draw = fresh()
    network.cpu()
    images = [(part.cpu(), labels.cpu()) for part, labels in batches(draw)]
    with SummaryWriter(folder) as writer:
        for epoch in range(3):
            metrics = {"train": train_one_epoch(network, images, optimiser)}
            metrics["valid"] = evaluate(network, [(digits[1297:].cpu(), names[1297:].cpu())])
            log_epoch(writer, epoch, metrics, network, images[0][0][:8])
    events = EventAccumulator(folder, size_guidance={"histograms": 0}).Reload()
tags = events.Tags()
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2))
for tag in tags["scalars"]:
    if tag.endswith("loss"):
        left.plot(
            [event.step for event in events.Scalars(tag)],
            [event.value for event in events.Scalars(tag)],
            "o-",
            label=tag,
        )
left.set(xlabel="epoch", title="scalars", xticks=[0, 1, 2])
left.legend()
last = [tag for tag in tags["histograms"] if network.get_parameter(tag).ndim == 2][-1]
for event in events.Histograms(last):
    values = event.histogram_value
    edges = np.array([values.min, *values.bucket_limit])  # TensorBoard's buckets are finer near 0
    middles = (edges[1:] + edges[:-1]) / 2
    right.hist(middles, np.linspace(-0.5, 0.5, 26), weights=values.bucket, histtype="step", label=f"epoch {event.step}")
right.set(title=f"histograms of {last}", xlabel="weight")
right.legend()
fig.tight_layout()
plt.show()
print({kind: len(tags[kind]) for kind in ("scalars", "histograms", "images")}, "graph:", tags["graph"])

# %% [markdown]
# **Build it.** Write `log_epoch` in `models/tracking.py`. Then run the test:

# %%
# !cd .. && "{sys.executable}" -m autograder check s11 --only test_log_epoch_worked_example

# %% [markdown] criteria=["written"]
# ## 12 The written question
