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
# # Convolutional networks
#
# This notebook runs with *your* `scratch/conv.py`, `scratch/pooling.py` and `scratch/blocks.py`: write a layer, then
# run the section that uses it. A cell whose code is not written yet says what is missing. **Build it** at the end of a
# section says what to write, and its cell runs the public tests of that part.
#
# Before you run a cell that draws a figure, write down what you expect. The questions in **bold** are for you.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from scratch.blocks import InceptionBlock, ResidualBlock
from scratch.conv import Conv2d
from scratch.gradcheck import gradcheck
from scratch.nn import CrossEntropyLoss, Linear, ReLU, Sequential
from scratch.optim import Adam
from scratch.pooling import AdaptiveAvgPool2d, AvgPool2d, Flatten, MaxPool2d
from sklearn.datasets import load_digits, load_sample_image

plt.rcParams.update({"figure.figsize": (10, 4), "figure.dpi": 80, "font.size": 10, "image.cmap": "gray"})


def show(axes, image, title, **settings):
    """A picture without axes."""
    axes.imshow(image, **settings)
    axes.set_title(title)
    axes.axis("off")


# %% [markdown]
# ## 1 Filters made by hand
#
# A photograph, and kernels that people designed long before networks learned them. Each is the weight of a `Conv2d`
# with one input and one output channel. **Which of the four shows vertical lines, and which shows horizontal ones?**

# %%
photo = load_sample_image("china.jpg")[::2, ::2].astype(np.float32) / 255.0  # (214, 320, 3)
grey = photo.mean(axis=2)[None, None]  # (1, 1, 214, 320)

sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4.0
kernels = {
    "blur: the mean of 7 × 7": np.full((7, 7), 1.0 / 49.0),
    "difference of left and right": sobel,
    "difference of above and below": sobel.T,
    "difference of a pixel and its neighbours": np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]),
}


def filtered(images, kernel, **settings):
    """A Conv2d with the same kernel for each channel separately, that keeps height and width."""
    channels = images.shape[1]
    layer = Conv2d(channels, channels, kernel.shape, padding=len(kernel) // 2, groups=channels, bias=False, **settings)
    layer.weight.data = np.broadcast_to(kernel, layer.weight.data.shape).copy()
    return layer(images)


fig, all_axes = plt.subplots(2, 3, figsize=(12, 5.6))
show(all_axes[0, 0], photo, "photograph")
for axes, (name, kernel) in zip(all_axes.flat[1:], kernels.items(), strict=False):
    limits = {} if name.startswith("blur") else {"vmin": -0.5, "vmax": 0.5}
    show(axes, filtered(grey, kernel)[0, 0], name, **limits)
across, down = (filtered(grey, kernel)[0, 0] for kernel in (sobel, sobel.T))
show(all_axes[1, 2], np.sqrt(across**2 + down**2), "length of both slopes: edges", vmax=0.7)
fig.tight_layout()
plt.show()

# %% [markdown]
# With `groups=3` the same layer blurs red, green and blue separately. You can see the padding of zeros as a dark
# border. Strides make a picture smaller, and so does pooling. **Where do max and mean pooling differ most?**

# %%
colours = photo.transpose(2, 0, 1)[None]  # (1, 3, 214, 320)
fig, all_axes = plt.subplots(1, 4, figsize=(13, 2.9))
small = {
    "blurred, groups=3": filtered(colours, np.full((15, 15), 1.0 / 225.0)),
    "blurred, stride 8": filtered(colours, np.full((15, 15), 1.0 / 225.0), stride=8),
    "MaxPool2d(8)": MaxPool2d(8)(colours),
    "AvgPool2d(8)": AvgPool2d(8)(colours),
}
for axes, (name, image) in zip(all_axes, small.items(), strict=True):
    show(axes, image[0].transpose(1, 2, 0).clip(0, 1), f"{name}: {image.shape[2]} × {image.shape[3]}")
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `forward` of the convolutions in `scratch/conv.py`, and `MaxPool2d` and `AvgPool2d` in
# `scratch/pooling.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s08 \
#     --only test_conv1d_worked_example \
#     --only test_conv2d_worked_example \
#     --only test_new_convolutions_have_their_parameters \
#     --only test_max_pool_worked_example \
#     --only test_avg_pool_worked_example \
#     --only test_output_sizes

# %% [markdown]
# ## 2 Which inputs influence which outputs
#
# `backward` shows it: set `grad_output` to 1 at one place and to 0 elsewhere, and grad_input shows the inputs that
# influence this output. With weights of 1 and a `grad_output` of ones, grad_input counts in how many windows each input
# is. **Why is the count for stride 2 a pattern of ones, twos and fours? And what does a stride of 3 with a kernel of 2
# do to the gradient?**

# %%
settings = {
    "3 × 3": {"kernel_size": 3, "padding": 1},
    "3 × 3, dilation 3": {"kernel_size": 3, "padding": 3, "dilation": 3},
    "3 × 3, stride 2": {"kernel_size": 3, "padding": 1, "stride": 2},
    "2 × 2, stride 3": {"kernel_size": 2, "stride": 3},
}
fig, all_axes = plt.subplots(2, 4, figsize=(11, 5.6))
for column, (name, arguments) in enumerate(settings.items()):
    layer = Conv2d(1, 1, bias=False, **arguments)
    layer.weight.data = np.ones(layer.weight.data.shape)
    y = layer(np.zeros((1, 1, 13, 13)))
    one = np.zeros(y.shape)
    one[0, 0, y.shape[2] // 2, y.shape[3] // 2] = 1.0
    for row, grad_output in enumerate((one, np.ones(y.shape))):
        counts = layer.backward(grad_output)[0, 0]
        show(all_axes[row, column], counts, f"{name}: {'one output' if row == 0 else 'all outputs'}", cmap="viridis")
        for (i, j), count in np.ndenumerate(counts):
            colour = "black" if count > 0.6 * counts.max() else "white"
            all_axes[row, column].text(j, i, f"{count:.0f}", ha="center", va="center", fontsize=6, color=colour)
fig.tight_layout()
plt.show()

# %% [markdown]
# **Build it.** Write `backward` of the convolutions in `scratch/conv.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s08 \
#     --only test_conv2d_backward_worked_example --only test_conv2d_time_budget

# %% [markdown]
# ## 3 Right for every setting
#
# `gradcheck` compares your gradients with slopes. A backward that is right only for stride 1 passes only the first
# line.

# %%
rng = np.random.default_rng(8)
for arguments in (
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": (2, 4), "stride": 3, "padding": 1, "dilation": 2},
    {"kernel_size": 3, "stride": 2, "groups": 2},
):
    print(f"{gradcheck(Conv2d(2, 4, rng=rng, **arguments), rng.standard_normal((2, 2, 9, 11)))!s:6}", arguments)
print(f"{gradcheck(ResidualBlock(2, 4, stride=2, rng=rng), rng.standard_normal((3, 2, 5, 6)))!s:6} ResidualBlock")
print(
    f"{gradcheck(InceptionBlock(3, 2, 3, 4, 2, 3, 2, rng=rng), rng.standard_normal((2, 3, 5, 4)))!s:6} InceptionBlock"
)

# %% [markdown]
# **Build it.** Write `AdaptiveAvgPool2d` and `Flatten` in `scratch/pooling.py`, and the two blocks in
# `scratch/blocks.py`. Then run the tests:

# %%
# !cd .. && "{sys.executable}" -m autograder check s08 \
#     --only test_global_pool_and_flatten_worked_example \
#     --only test_blocks_have_their_layers \
#     --only test_gradients_are_slopes_of_the_forward_pass

# %% [markdown]
# ## 4 Loops and arrays
#
# The same convolution as four nested loops in Python. **How many times slower will it be, for an image of 64 × 64?**


# %%
def with_loops(x, weight, bias):
    """Conv2d with stride 1 and without padding, computed one output at a time."""
    (n, _, height, width), (out_channels, _, kernel_height, kernel_width) = x.shape, weight.shape
    y = np.zeros((n, out_channels, height - kernel_height + 1, width - kernel_width + 1))
    for image, o, i, j in np.ndindex(*y.shape):
        y[image, o, i, j] = np.sum(x[image, :, i : i + kernel_height, j : j + kernel_width] * weight[o]) + bias[o]
    return y


layer = Conv2d(3, 8, 5, rng=rng)
x = rng.standard_normal((1, 3, 64, 64))
start = time.process_time()
slow = with_loops(x, layer.weight.data, layer.bias.data)
middle = time.process_time()
for _ in range(20):
    fast = layer(x)
loops, arrays = middle - start, (time.process_time() - middle) / 20
print(f"largest difference {np.abs(fast - slow).max():.1e}; the loops take {loops / arrays:.0f} times as long")

# %% [markdown]
# ## 5 A small network on digits
#
# scikit-learn's digits: 1,797 images of 8 × 8 pixels, 1,347 of them for training. The network has two convolutions, two
# pooling layers and one linear layer. The goal is an accuracy above 96 % on the other 450 images after twelve epochs,
# in less than a minute. For comparison: a linear layer on the pixels. **Which of the two has more parameters?**

# %%
data = load_digits()
order = np.random.default_rng(0).permutation(len(data.target))
x, target = data.images[order][:, None] / 16.0, data.target[order]
x_train, y_train, x_test, y_test = x[450:], target[450:], x[:450], target[:450]


def train(network, epochs=12, batch_size=32, lr=3e-3):
    """Losses of all batches, accuracy on the test images after each epoch, and CPU seconds."""
    draw, criterion, optimiser = np.random.default_rng(1), CrossEntropyLoss(), Adam(network.parameters(), lr=lr)
    losses, accuracies, begun = [], [], time.process_time()
    for _ in range(epochs):
        for batch in np.array_split(draw.permutation(len(x_train)), len(x_train) // batch_size):
            optimiser.zero_grad()
            losses.append(criterion.forward(network(x_train[batch]), y_train[batch]))
            network.backward(criterion.backward())
            optimiser.step()
        accuracies.append(np.mean(network(x_test).argmax(axis=1) == y_test))
    return losses, accuracies, time.process_time() - begun


draw = np.random.default_rng(2)
cnn = Sequential(
    Conv2d(1, 16, 3, padding=1, rng=draw),
    ReLU(),
    MaxPool2d(2),
    Conv2d(16, 32, 3, padding=1, rng=draw),
    ReLU(),
    MaxPool2d(2),
    Flatten(),
    Linear(128, 10, rng=draw),
)
linear = Sequential(Flatten(), Linear(64, 10, rng=draw))
fig, (left, right) = plt.subplots(1, 2)
for name, network in (("linear", linear), ("CNN", cnn)):
    losses, accuracies, seconds = train(network)
    number = sum(parameter.data.size for parameter in network.parameters())
    print(f"{name:7s} {number:6d} parameters, accuracy {accuracies[-1]:.1%}, {seconds:.1f} s")
    left.plot(np.convolve(losses, np.ones(20) / 20, mode="valid"), label=name)
    right.plot(range(1, 13), accuracies, "o-", label=name)
left.set(yscale="log", xlabel="step", title="training loss, mean of 20 steps")
right.set(xlabel="epoch", title="accuracy on unseen digits")
right.axhline(0.96, color="grey", linestyle=":", label="goal")
right.legend()
for axes in (left, right):
    axes.grid(alpha=0.3)
fig.tight_layout()
plt.show()
assert accuracies[-1] > 0.96

# %% [markdown]
# The kernels that the first layer has learned, and its outputs for one digit. **Do you recognise kernels from
# section 1?**

# %%
first = cnn.layers[0]
maps = np.maximum(first(x_test[:1]), 0.0)[0]
fig, all_axes = plt.subplots(2, 17, figsize=(13, 2.1))
for row in all_axes:
    row[0].axis("off")
show(all_axes[1, 0], x_test[0, 0], "digit")
bound = np.abs(first.weight.data).max()
for column, axes in enumerate(all_axes[:, 1:].T):
    show(axes[0], first.weight.data[column, 0], "", cmap="RdBu", vmin=-bound, vmax=bound)
    show(axes[1], maps[column], "", vmin=0, vmax=maps.max())
fig.tight_layout()
plt.show()

# %% [markdown]
# ## 6 With and without a shortcut
#
# Thirty residual blocks, and thirty blocks of the same layers without the shortcut. What is the size of the gradient at
# the input of each block, from the last to the first? **Which curve bends, which is a straight line on this scale, and
# how would it continue with sixty blocks?**

# %%
draw = np.random.default_rng(3)
blocks = [ResidualBlock(8, 8, rng=draw) for _ in range(30)]
plain = [
    Sequential(block.conv1, block.bn1, ReLU(), block.conv2, block.bn2, ReLU())
    for block in (ResidualBlock(8, 8, rng=draw) for _ in range(30))
]
fig, axes = plt.subplots()
for name, chain in (("with shortcuts", blocks), ("without", plain)):
    h = np.random.default_rng(4).standard_normal((4, 8, 8, 8))
    for block in chain:
        h = block(h)
    pool = AdaptiveAvgPool2d(1)
    pool(h)
    grad, sizes = pool.backward(np.random.default_rng(5).standard_normal((4, 8, 1, 1))), []
    for block in reversed(chain):
        grad = block.backward(grad)
        sizes.append(np.sqrt(np.mean(grad**2)))
    axes.semilogy(range(30, 0, -1), sizes, "o-", markersize=3, label=name)
axes.set(xlabel="block (the input is at 1)", title="size of the gradient at the input of each block")
axes.invert_xaxis()
axes.grid(alpha=0.3)
axes.legend()
fig.tight_layout()
plt.show()

# %% [markdown]
# Without shortcuts every block multiplies the gradient by about the same factor. With batch normalisation it is above
# 1, without it often below 1. In both cases the factor after thirty blocks is its power of 30. **What is the derivative
# of a block with a shortcut whose convolutions are nearly zero?**

# %% [markdown] criteria=["written"]
# ## 7 The written question
