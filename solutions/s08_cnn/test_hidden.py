"""Hidden tests of s08_cnn: whole grids of settings, properties without a reference, blocks, budgets, and training."""

import itertools
import math

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# sums of at most a few hundred products of numbers of order one: 1e-13, also with FFTs; every mistake is above 1e-3
EXACT = {"rtol": 1e-9, "atol": 1e-9}

STRIDES, PADDINGS = (1, 2, 3), (0, 1, 2)
CLASS_OF_AXES = {1: "Conv1d", 2: "Conv2d", 3: "Conv3d"}
# no stride above 1 fits all of these sizes; H and W differ, channels in and out too
SIZES = {1: (11,), 2: (9, 7), 3: (6, 4, 5)}


def each(value, axes):
    """A tuple with one number for each axis."""
    return tuple(value) if isinstance(value, list | tuple) else (value,) * axes


def positions(size, settings):
    """The spatial shape of an output (the formula of spec.md)."""
    axes = len(size)
    names = (("kernel_size", None), ("stride", 1), ("padding", 0), ("dilation", 1))
    columns = [each(settings.get(name, default), axes) for name, default in names]
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, *columns, strict=True))


def conv_case(rng, settings, size, channels=(2, 3), batch=2):
    """Arguments of ``forward_backward`` for a convolution."""
    axes, (inputs, outputs) = len(size), channels
    shape = (outputs, inputs // settings.get("groups", 1), *each(settings["kernel_size"], axes))
    parameters = {"weight": rng.standard_normal(shape)}
    if settings.get("bias", True):
        parameters["bias"] = rng.standard_normal(outputs)
    return {
        "layer": CLASS_OF_AXES[axes],
        "settings": {"in_channels": inputs, "out_channels": outputs} | settings,
        "x": rng.standard_normal((batch, inputs, *size)),
        "grad_output": rng.standard_normal((batch, outputs, *positions(size, settings))),
        "parameters": parameters,
    }


def pool_case(rng, layer, settings, size=(9, 7)):
    """Arguments of ``forward_backward`` for a pooling layer; most inputs are negative and no two are equal."""
    full = {"stride": settings["kernel_size"]} | settings
    return {
        "layer": layer,
        "settings": settings,
        "x": rng.standard_normal((2, 3, *size)) - 1.0,
        "grad_output": rng.standard_normal((2, 3, *positions(size, full))),
    }


def as_text(settings):
    """The settings as text: the label of a case."""
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def conv_grid(rng, axes, kernel_size):
    """Every stride with every padding for one kernel size."""
    settings = (
        {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        for stride, padding in itertools.product(STRIDES, PADDINGS)
    )
    return {as_text(one): conv_case(rng, one, SIZES[axes]) for one in settings}


def without_backward(cases):
    """The cases in the form that ``grid_forward`` takes."""
    return {label: {key: of for key, of in case.items() if key != "grad_output"} for label, case in cases.items()}


def of_parameters(outputs):
    """The names of the parameters' gradients."""
    return [name for name in outputs if name.startswith("grad of ")]


# convolutions

KERNELS_2D = [pytest.param(1, id="kernel_1"), pytest.param(3, id="kernel_3"), pytest.param([2, 4], id="kernel_2x4")]


@pytest.mark.parametrize("kernel_size", KERNELS_2D)
def test_conv2d_output(student, reference, rng, kernel_size):
    """Conv2d's output for strides 1 to 3 and paddings 0 to 2, on images of 9 x 7."""
    cases = without_backward(conv_grid(rng, 2, kernel_size))
    assert_close(student.grid_forward(cases=cases), reference.grid_forward(cases=cases), **EXACT)


@pytest.mark.parametrize("kernel_size", KERNELS_2D)
def test_conv2d_gradient_of_input(student, reference, rng, kernel_size):
    """Conv2d's gradient of x for strides 1 to 3 and paddings 0 to 2, on images of 9 x 7."""
    cases = conv_grid(rng, 2, kernel_size)
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT, names=["grad_input"])


@pytest.mark.parametrize("kernel_size", KERNELS_2D)
def test_conv2d_gradients_of_parameters(student, reference, rng, kernel_size):
    """Conv2d's gradients of weight and bias for strides 1 to 3 and paddings 0 to 2, on images of 9 x 7."""
    cases = conv_grid(rng, 2, kernel_size)
    expected = reference.grid(cases=cases)
    assert_close(student.grid(cases=cases), expected, **EXACT, names=of_parameters(expected))


@pytest.mark.parametrize("kernel_size", [1, 3, 4], ids=["kernel_1", "kernel_3", "kernel_4"])
def test_conv1d(student, reference, rng, kernel_size):
    """Conv1d's output and all gradients for strides 1 to 3 and paddings 0 to 2, on sequences of 11."""
    cases = conv_grid(rng, 1, kernel_size)
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


@pytest.mark.parametrize(
    "kernel_size", [1, 3, pytest.param([2, 4, 1], id="kernel_2x4x1")], ids=["kernel_1", "kernel_3", None]
)
def test_conv3d(student, reference, rng, kernel_size):
    """Conv3d's output and all gradients for strides 1 to 3 and paddings 0 to 2, on volumes of 6 x 4 x 5."""
    cases = conv_grid(rng, 3, kernel_size)
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


@pytest.mark.parametrize("axes", [1, 2, 3], ids=["Conv1d", "Conv2d", "Conv3d"])
def test_dilation(student, reference, rng, axes):
    """Output and gradients with dilations 2 and 3, combined with strides and padding."""
    size = {1: (13,), 2: (11, 10), 3: (7, 8, 9)}[axes]
    cases = {}
    for dilation, stride, padding in ((2, 1, 0), (2, 2, 1), (3, 1, 2), (2, 3, 2)):
        settings = {"kernel_size": 3, "stride": stride, "padding": padding, "dilation": dilation}
        cases[as_text(settings)] = conv_case(rng, settings, size)
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


@pytest.mark.parametrize("axes", [1, 2, 3], ids=["Conv1d", "Conv2d", "Conv3d"])
def test_groups(student, reference, rng, axes):
    """Output and gradients with two and three groups, and with as many groups as channels."""
    cases = {}
    for groups, channels, stride in ((2, (4, 6), 1), (3, (6, 3), 2), (4, (4, 8), 1)):
        settings = {"kernel_size": 2, "stride": stride, "padding": 1, "groups": groups}
        cases[f"channels {channels}, {as_text(settings)}"] = conv_case(rng, settings, SIZES[axes], channels)
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


@pytest.mark.parametrize("axes", [2, 3], ids=["Conv2d", "Conv3d"])
def test_each_axis_has_its_own_settings(student, reference, rng, axes):
    """Output and gradients when stride, padding and dilation differ between the axes."""
    several = {
        2: [
            {"kernel_size": [3, 2], "stride": [2, 1], "padding": [0, 2]},
            {"kernel_size": [2, 3], "stride": [1, 3], "padding": [2, 1]},
            {"kernel_size": [2, 3], "padding": [1, 0], "dilation": [3, 1]},
            {"kernel_size": [3, 2], "stride": [3, 2], "dilation": [1, 2]},
        ],
        3: [
            {"kernel_size": [3, 2, 1], "stride": [1, 2, 3], "padding": [2, 1, 0]},
            {"kernel_size": [1, 2, 3], "padding": [0, 1, 2], "dilation": [1, 3, 2]},
        ],
    }[axes]
    cases = {as_text(settings): conv_case(rng, settings, SIZES[axes]) for settings in several}
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


def test_kernel_is_not_flipped(student, rng):
    """A kernel that is 1 at one position and 0 elsewhere shifts the image by the distance of this position."""
    x = rng.standard_normal((2, 1, 6, 8))
    for row, column in ((0, 0), (0, 2), (1, 0)):
        weight = np.zeros((1, 1, 2, 3))
        weight[0, 0, row, column] = 1.0
        settings = {"in_channels": 1, "out_channels": 1, "kernel_size": [2, 3], "bias": False}
        y = student.forward(layer="Conv2d", settings=settings, x=x, weight=weight)["y"]
        assert_close(y, x[:, :, row : row + 5, column : column + 6], **EXACT, label="y")


@pytest.mark.parametrize("axes", [1, 2, 3], ids=["Conv1d", "Conv2d", "Conv3d"])
def test_backward_is_the_transpose_of_forward(student, rng, axes):
    """Without bias y is linear in x and in the weight: sum(y g) = sum(x grad_input) = sum(weight grad_weight)."""
    settings = {"kernel_size": 3, "stride": 2, "padding": 1, "groups": 2, "bias": False}
    case = conv_case(rng, settings, SIZES[axes], (4, 6))
    result = student.forward_backward(**case)

    total = float(np.sum(result["y"] * case["grad_output"]))
    by_input = float(np.sum(case["x"] * result["grad_input"]))
    by_weight = float(np.sum(case["parameters"]["weight"] * result["grad of weight"]))

    # several hundred terms of order one
    assert_close(by_input, total, rtol=1e-8, atol=1e-8, label="sum(x * grad_input), against sum(y * grad_output)")
    assert_close(by_weight, total, rtol=1e-8, atol=1e-8, label="sum(weight * grad), against sum(y * grad_output)")


@pytest.mark.parametrize("layer", ["Conv2d", "MaxPool2d", "AvgPool2d"])
def test_inputs_behind_the_last_window(student, rng, layer):
    """Rows and columns that are in no window have no influence, and their gradient is 0."""
    settings = {"kernel_size": 2, "stride": 3}
    case = conv_case(rng, settings, (7, 9)) if layer == "Conv2d" else pool_case(rng, layer, settings, (7, 9))
    result = student.forward_backward(**case)
    reached = np.zeros((7, 9), dtype=bool)
    reached[np.ix_([0, 1, 3, 4], [0, 1, 3, 4, 6, 7])] = True

    moved = np.where(reached, case["x"], case["x"] + 100.0)
    again = student.forward_backward(**(case | {"x": moved}))

    assert_close(again["y"], result["y"], **EXACT, label="y after a change outside all windows")
    unseen = result["grad_input"][:, :, ~reached]
    assert_close(unseen, np.zeros(unseen.shape), **EXACT, label="grad_input where no window reaches")


def test_one_by_one_convolution_is_a_linear_layer(student, rng):
    """A 1 x 1 convolution multiplies the channels of each pixel by the same matrix."""
    case = conv_case(rng, {"kernel_size": 1}, (4, 6), (3, 5))
    result = student.forward_backward(**case)

    weight = case["parameters"]["weight"][:, :, 0, 0]
    y = np.einsum("oc,nchw->nohw", weight, case["x"]) + case["parameters"]["bias"][:, None, None]
    assert_close(result["y"], y, **EXACT, label="y")
    grad_input = np.einsum("oc,nohw->nchw", weight, case["grad_output"])
    assert_close(result["grad_input"], grad_input, **EXACT, label="grad_input")


def test_without_bias(student, reference, rng):
    """With bias=False nothing is added, the weight is the only parameter, and all gradients are right."""
    cases = {
        CLASS_OF_AXES[axes]: conv_case(rng, {"kernel_size": 2, "bias": False}, size) for axes, size in SIZES.items()
    }
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)
    settings = {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "bias": False}
    held = student.fresh(layer="Conv2d", settings=settings, paths=["bias"])
    assert_that(held["bias"] is None and held["parameters"] == 1, "with bias=False only the weight should remain")


def test_initial_weights(student, rng):
    """Initial weights and biases are uniform within 1 / sqrt(fan_in), drawn from rng, in the blocks, too."""
    settings = {"in_channels": 32, "out_channels": 64, "kernel_size": [2, 4], "groups": 2}
    seed = int(rng.integers(2**31))
    one = student.fresh(layer="Conv2d", settings=settings, paths=["weight", "bias"], seed=seed)
    same = student.fresh(layer="Conv2d", settings=settings, paths=["weight", "bias"], seed=seed)
    other = student.fresh(layer="Conv2d", settings=settings, paths=["weight", "bias"], seed=seed + 1)

    bound = 1.0 / math.sqrt(16 * 8)
    for name in ("weight", "bias"):
        assert_that(np.max(np.abs(one[name])) <= bound, f"{name}: some values are over 1 / sqrt(fan_in)")
        assert_that(np.array_equal(one[name], same[name]), f"{name}: two layers with the same seed differ: use rng")
        assert_that(not np.array_equal(one[name], other[name]), f"{name}: layers with different seeds are the same")
    blocks = {
        "ResidualBlock": (
            {"in_channels": 3, "out_channels": 4},
            ["conv1.weight", "conv2.weight", "downsample.0.weight"],
        ),
        "InceptionBlock": (
            {"in_channels": 3, "ch1x1": 2, "ch3x3red": 2, "ch3x3": 3, "ch5x5red": 2, "ch5x5": 3, "pool_proj": 2},
            ["branch1.0.weight", "branch2.2.weight", "branch3.2.weight", "branch4.1.weight"],
        ),
    }
    for layer, (sizes, paths) in blocks.items():
        first, again, unlike = (
            student.fresh(layer=layer, settings=sizes, paths=paths, seed=number) for number in (seed, seed, seed + 1)
        )
        for path in paths:
            assert_that(np.array_equal(first[path], again[path]), f"{layer}: {path} is not drawn from rng")
            assert_that(not np.array_equal(first[path], unlike[path]), f"{layer}: {path} is the same for two seeds")
    # 8192 uniform values: the standard deviation of their mean square is 1 % of bound^2 / 3; 8 % are far too many
    spread = float(np.mean(one["weight"] ** 2))
    assert_close(spread, bound**2 / 3.0, rtol=0.08, label="the weights' mean square")
    # the largest of 64 is below 0.6 of the bound once in 1e14
    assert_that(np.max(np.abs(one["bias"])) > 0.6 * bound, "bias: the values are too small for this bound")


# pooling

POOLS = [
    {"kernel_size": 2},
    {"kernel_size": 3},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 2, "stride": 3},
    {"kernel_size": 1, "stride": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 2, "stride": 3, "padding": 1},
    {"kernel_size": 4, "stride": 3, "padding": 2},
    {"kernel_size": [2, 4]},
    {"kernel_size": [2, 4], "stride": [3, 1], "padding": [1, 2]},
    {"kernel_size": [3, 2], "stride": [1, 2], "padding": [0, 1]},
]


def pool_grid(rng, layer):
    """Windows that overlap, touch, or leave gaps, with and without padding."""
    return {as_text(settings): pool_case(rng, layer, settings) for settings in POOLS}


def test_max_pool_output(student, reference, rng):
    """MaxPool2d's output for windows that overlap, touch, or leave gaps, with and without padding."""
    cases = without_backward(pool_grid(rng, "MaxPool2d"))
    assert_close(student.grid_forward(cases=cases), reference.grid_forward(cases=cases), **EXACT)


def test_max_pool_gradient(student, reference, rng):
    """MaxPool2d's gradient, which adds up where windows overlap, for inputs without equal values."""
    cases = pool_grid(rng, "MaxPool2d")
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT, names=["grad_input"])


def test_max_pool_padding_never_wins(student, rng):
    """If all inputs are negative, all outputs are too, also at the border, and no gradient is lost."""
    settings = {"kernel_size": 3, "stride": 2, "padding": 1}
    case = pool_case(rng, "MaxPool2d", settings)
    case["x"] = -rng.uniform(0.5, 1.5, case["x"].shape)

    result = student.forward_backward(**case)

    assert_that(np.all(result["y"] < 0.0), "all inputs are negative and some outputs are not: padding was the largest")
    sums = result["grad_input"].sum(axis=(2, 3))
    assert_close(sums, case["grad_output"].sum(axis=(2, 3)), **EXACT, label="sum of grad_input over each channel")


def test_max_pool_ties(student, rng):
    """If several values of a window are equal and largest, their gradients add up to the window's, with its sign."""
    settings = {"kernel_size": [2, 3]}
    case = pool_case(rng, "MaxPool2d", settings, (8, 12))
    case["x"] = rng.integers(0, 2, case["x"].shape).astype(np.float64)  # nearly every window has ties
    case["x"][0, 0], case["x"][1, 1] = 0.0, 1.0  # and these have nothing else

    result = student.forward_backward(**case)

    blocks = case["x"].reshape(2, 3, 4, 2, 4, 3)
    largest = blocks == blocks.max(axis=(3, 5), keepdims=True)
    parts = result["grad_input"].reshape(blocks.shape)
    # one half or one sixth of a gradient is rounded, and so is their sum
    assert_close(parts.sum(axis=(3, 5)), case["grad_output"], **EXACT, label="sum of grad_input over each window")
    assert_that(np.all(parts[~largest] == 0.0), "an input that is not the largest of its window has a gradient")
    signed = parts * np.sign(case["grad_output"])[:, :, :, None, :, None]
    assert_that(np.all(signed >= 0.0), "a part of a window's gradient has the opposite sign")


def test_avg_pool(student, reference, rng):
    """AvgPool2d's output and gradient for windows that overlap, touch, or leave gaps, with and without padding."""
    cases = pool_grid(rng, "AvgPool2d")
    assert_close(student.grid(cases=cases), reference.grid(cases=cases), **EXACT)


def test_global_pool_and_flatten(student, rng):
    """AdaptiveAvgPool2d(1) takes each channel's mean and Flatten keeps the order, both with their gradients."""
    x, of_means = rng.standard_normal((3, 4, 5, 2)), rng.standard_normal((3, 4, 1, 1))
    of_rows = rng.standard_normal((3, 40))
    pooled = student.forward_backward(layer="AdaptiveAvgPool2d", settings={}, x=x, grad_output=of_means)
    flat = student.forward_backward(layer="Flatten", settings={}, x=x, grad_output=of_rows)

    means = {"y": x.mean(axis=(2, 3), keepdims=True), "grad_input": np.broadcast_to(of_means / 10.0, x.shape)}
    assert_close(pooled, means, **EXACT)
    assert_close(flat, {"y": x.reshape(3, 40), "grad_input": of_rows.reshape(x.shape)}, **EXACT)


# blocks


def residual(rng, in_channels, out_channels, stride):
    """A residual block with all of its parameters."""
    shapes = {"conv1.weight": (out_channels, in_channels, 3, 3), "conv2.weight": (out_channels, out_channels, 3, 3)}
    norms = ["bn1", "bn2"]
    if stride != 1 or in_channels != out_channels:
        shapes["downsample.0.weight"] = (out_channels, in_channels, 1, 1)
        norms.append("downsample.1")
    parameters = {path: 0.5 * rng.standard_normal(shape) for path, shape in shapes.items()}
    for norm in norms:
        parameters[f"{norm}.weight"] = rng.uniform(0.5, 1.5, out_channels)
        parameters[f"{norm}.bias"] = rng.uniform(-0.5, 0.5, out_channels)
    return {
        "layer": "ResidualBlock",
        "settings": {"in_channels": in_channels, "out_channels": out_channels, "stride": stride},
        "x": rng.standard_normal((3, in_channels, 7, 6)) + 0.5,
        "parameters": parameters,
    }


RESIDUALS = [
    pytest.param(4, 4, 1, id="identity"),
    pytest.param(3, 5, 1, id="more_channels"),
    pytest.param(4, 4, 2, id="stride_2"),
    pytest.param(3, 4, 2, id="more_channels_stride_2"),
]


@pytest.mark.parametrize(("in_channels", "out_channels", "stride"), RESIDUALS)
def test_residual_block_output(student, reference, rng, in_channels, out_channels, stride):
    """ResidualBlock's output in training, with and without a change of shape on the shortcut (He et al. 2016)."""
    inputs = residual(rng, in_channels, out_channels, stride)
    assert_close(student.block_forward(**inputs), reference.block_forward(**inputs), **EXACT)


@pytest.mark.parametrize(("in_channels", "out_channels", "stride"), RESIDUALS)
def test_residual_block_gradients(student, reference, rng, in_channels, out_channels, stride):
    """ResidualBlock's gradients of x and of every parameter; that of x is a sum over both paths through the block."""
    inputs = residual(rng, in_channels, out_channels, stride)
    inputs["grad_output"] = rng.standard_normal((3, out_channels, (7 - 1) // stride + 1, (6 - 1) // stride + 1))
    expected = reference.forward_backward(**inputs)
    names = ["grad_input", *of_parameters(expected)]
    assert_close(student.forward_backward(**inputs), expected, **EXACT, names=names)


def test_residual_block_in_evaluation(student, reference, rng):
    """In evaluation every BatchNorm2d of a ResidualBlock uses its running statistics, also in the shortcut."""
    inputs = residual(rng, 3, 4, 2)
    inputs["running"] = {
        norm: [rng.uniform(-1.0, 1.0, 4), rng.uniform(0.5, 2.0, 4)] for norm in ("bn1", "bn2", "downsample.1")
    }
    inputs["mode"] = "eval"
    assert_close(student.block_forward(**inputs), reference.block_forward(**inputs), **EXACT)


def inception(rng):
    """An Inception block with all of its parameters; no two numbers of channels are the same."""
    channels = {"ch1x1": 2, "ch3x3red": 3, "ch3x3": 6, "ch5x5red": 4, "ch5x5": 1, "pool_proj": 5}
    shapes = {
        "branch1.0": (2, 7, 1, 1),
        "branch2.0": (3, 7, 1, 1),
        "branch2.2": (6, 3, 3, 3),
        "branch3.0": (4, 7, 1, 1),
        "branch3.2": (1, 4, 5, 5),
        "branch4.1": (5, 7, 1, 1),
    }
    parameters = {f"{path}.weight": 0.4 * rng.standard_normal(shape) for path, shape in shapes.items()}
    # positive biases: no branch is all zeros after its ReLU
    parameters |= {f"{path}.bias": rng.uniform(0.2, 1.0, shape[0]) for path, shape in shapes.items()}
    return {
        "layer": "InceptionBlock",
        "settings": {"in_channels": 7} | channels,
        "x": rng.standard_normal((2, 7, 6, 5)) - 0.5,
        "parameters": parameters,
    }


def test_inception_block_output(student, reference, rng):
    """InceptionBlock's output: four branches with their ReLUs, concatenated in order (Szegedy et al. 2015)."""
    inputs = inception(rng)
    assert_close(student.block_forward(**inputs), reference.block_forward(**inputs), **EXACT)


def test_inception_block_gradients(student, reference, rng):
    """InceptionBlock's gradients of x, a sum over all four branches, and of every parameter."""
    inputs = inception(rng) | {"grad_output": rng.standard_normal((2, 14, 6, 5))}
    expected = reference.forward_backward(**inputs)
    names = ["grad_input", *of_parameters(expected)]
    assert_close(student.forward_backward(**inputs), expected, **EXACT, names=names)


# what holds for all of them


def one_of_each(rng, layer):
    """Arguments of ``forward_backward`` for one layer of each kind."""
    if layer.startswith("Conv"):
        axes = int(layer[4])
        return conv_case(rng, {"kernel_size": 3, "stride": 2, "padding": 1}, SIZES[axes])
    if layer == "ResidualBlock":
        return residual(rng, 4, 4, 1) | {"grad_output": rng.standard_normal((3, 4, 7, 6))}
    if layer == "InceptionBlock":
        return inception(rng) | {"grad_output": rng.standard_normal((2, 14, 6, 5))}
    if layer in ("MaxPool2d", "AvgPool2d"):
        return pool_case(rng, layer, {"kernel_size": 3, "stride": 2, "padding": 1})
    shape = (2, 3, 1, 1) if layer == "AdaptiveAvgPool2d" else (2, 189)
    x, grad_output = rng.standard_normal((2, 3, 9, 7)), rng.standard_normal(shape)
    return {"layer": layer, "settings": {}, "x": x, "grad_output": grad_output}


LAYERS = ["Conv1d", "Conv2d", "Conv3d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Flatten"]
BLOCKS = ["ResidualBlock", "InceptionBlock"]


@pytest.mark.parametrize("layer", ["Conv1d", "Conv2d", "Conv3d", *BLOCKS])
def test_gradients_add_up(student, rng, layer):
    """After two backward passes without zero_grad the gradient of every parameter is the sum of both."""
    case = one_of_each(rng, layer)
    other = rng.standard_normal(case["grad_output"].shape)
    given = {key: case[key] for key in ("layer", "settings", "parameters")}
    x, first = {"x": case["x"]}, {"grad_output": case["grad_output"]}

    alone = [student.sequence(**given, steps=[x, {"grad_output": grad}]) for grad in (case["grad_output"], other)]
    both = student.sequence(**given, steps=[x, first, {"grad_output": other}])

    for name in of_parameters(both):
        # the same numbers, added once more
        assert_close(both[name], alone[0][name] + alone[1][name], rtol=1e-9, atol=1e-9, label=name)


@pytest.mark.parametrize("layer", LAYERS)
def test_backward_belongs_to_the_last_forward(student, rng, layer):
    """After forward passes of two inputs of different sizes, backward belongs to the second."""
    case = one_of_each(rng, layer)
    given = {"layer": layer, "settings": case["settings"], "parameters": case.get("parameters")}
    larger = rng.standard_normal(tuple(size + (axis != 1) for axis, size in enumerate(case["x"].shape)))
    last = [{"x": case["x"]}, {"grad_output": case["grad_output"]}]

    alone = student.sequence(**given, steps=last)
    after = student.sequence(**given, steps=[{"x": larger}, *last])

    # the same computation
    assert_close(after["grad_input"][0], alone["grad_input"][0], rtol=1e-12, atol=1e-12, label="grad_input")
    for name in of_parameters(alone):
        assert_close(after[name], alone[name], rtol=1e-12, atol=1e-12, label=name)


@pytest.mark.parametrize("layer", [*LAYERS, *BLOCKS])
def test_float32_in_float32_out(student, rng, layer):
    """For x in float32, y and grad_input are float32 too, and agree with those for float64 to a few digits."""
    wide = one_of_each(rng, layer)
    narrow = wide | {name: wide[name].astype(np.float32) for name in ("x", "grad_output")}
    same = wide | {name: narrow[name].astype(np.float64) for name in ("x", "grad_output")}

    result, exact = student.forward_backward(**narrow), student.forward_backward(**same)

    expected = {name: exact[name].astype(np.float32) for name in ("y", "grad_input")}
    # everything may have been computed in float32: 1e-7 for each of up to 200 terms, more where BatchNorm divides
    assert_close(result, expected, rtol=1e-3, atol=1e-3, names=expected, dtype=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_memory_layouts(student, reference, rng, layer):
    """Arrays that are read-only, parts of larger arrays, or in another memory order give the same results."""
    case = one_of_each(rng, layer)
    expected = student.forward_backward(**case)
    result, known = student.memory_layouts(**case), reference.memory_layouts(**case)
    for name, by_layout in known.items():
        for layout in by_layout:
            assert_close(result[name][layout], expected[name], **EXACT, label=f"{name} ({layout})")


@pytest.mark.parametrize("layer", [*LAYERS, *BLOCKS])
def test_arguments_are_left_alone(student, rng, layer):
    """Forward and backward do not change x, grad_output, the parameters or an output returned before."""
    for name, same in student.leaves_alone(**one_of_each(rng, layer)).items():
        assert_that(same, f"{layer}: {name} was changed: work on a copy")


@pytest.mark.parametrize(
    ("layer", "settings", "shape"),
    [
        pytest.param("Conv2d", {"kernel_size": 3}, (2, 5, 7, 6), id="channels"),
        pytest.param("Conv2d", {"kernel_size": 3}, (2, 4, 7), id="Conv2d_of_sequences"),
        pytest.param("Conv1d", {"kernel_size": 3}, (2, 4, 7, 6), id="Conv1d_of_images"),
        pytest.param("Conv2d", {"kernel_size": 3, "padding": 1}, (2, 4, 1, 0), id="Conv2d_smaller_than_a_window"),
        pytest.param("Conv1d", {"kernel_size": 3, "dilation": 3}, (2, 4, 6), id="Conv1d_smaller_than_a_window"),
        pytest.param("Conv2d", {"kernel_size": 3, "groups": 3}, None, id="groups_and_in_channels"),
        pytest.param("Conv2d", {"kernel_size": 3, "groups": 4}, None, id="groups_and_out_channels"),
        pytest.param("MaxPool2d", {"kernel_size": 3, "padding": 2}, None, id="MaxPool2d_of_padding"),
        pytest.param("AvgPool2d", {"kernel_size": [4, 3], "padding": [2, 2]}, None, id="AvgPool2d_of_padding"),
        pytest.param("MaxPool2d", {"kernel_size": 4}, (2, 4, 3, 6), id="MaxPool2d_smaller_than_a_window"),
    ],
)
def test_wrong_shapes_are_refused(student, rng, layer, settings, shape):
    """Shapes, groups and paddings that do not fit raise ValueError."""
    if layer.startswith("Conv"):
        settings = {"in_channels": 4, "out_channels": 6} | settings
    x = None if shape is None else rng.standard_normal(shape)
    result = student.refused(layer=layer, settings=settings, x=x)
    assert_that(result["raised"], "these shapes or settings do not fit, and no ValueError was raised")


# budgets


def large_conv(rng):
    """The first layer of a network for colour images: 3 x 3, four filters, one image of 100 x 68."""
    settings = {"in_channels": 3, "out_channels": 4, "kernel_size": 3, "padding": 1}
    return {
        "layer": "Conv2d",
        "settings": settings,
        "x": rng.standard_normal((1, 3, 100, 68)),
        "grad_output": rng.standard_normal((1, 4, 100, 68)),
        "parameters": {"weight": rng.standard_normal((4, 3, 3, 3)), "bias": rng.standard_normal(4)},
        "weights": rng.standard_normal(97),
    }


def larger_conv(rng):
    """A layer in the middle of a network: 3 x 3, from 12 to 24 channels, eight images of 32 x 30."""
    settings = {"in_channels": 12, "out_channels": 24, "kernel_size": 3, "padding": 1}
    return {
        "layer": "Conv2d",
        "settings": settings,
        "x": rng.standard_normal((8, 12, 32, 30)),
        "grad_output": rng.standard_normal((8, 24, 32, 30)),
        "parameters": {"weight": rng.standard_normal((24, 12, 3, 3)), "bias": rng.standard_normal(24)},
        "weights": rng.standard_normal(97),
    }


@pytest.mark.needs("test_conv2d_worked_example", "test_conv2d_backward_worked_example")
def test_conv2d_in_time(student, reference, budget):
    """Forward and backward of a 3 x 3 Conv2d on a colour image stay within the limit of CPU time."""
    budget(student.busy, reference.busy, large_conv)


@pytest.mark.needs("test_conv2d_worked_example", "test_conv2d_backward_worked_example")
def test_conv2d_in_memory(student, reference, memory_budget):
    """Forward and backward of a 3 x 3 Conv2d on eight images stay within the limit of memory."""
    memory_budget(student.busy, reference.busy, larger_conv)


@pytest.mark.needs("test_max_pool_worked_example")
def test_max_pool_in_time(student, reference, budget):
    """Forward and backward of a MaxPool2d with overlapping windows stay within the limit of CPU time."""

    def inputs_of(rng):
        return {
            "layer": "MaxPool2d",
            "settings": {"kernel_size": 2, "stride": 1},
            "x": rng.standard_normal((2, 8, 60, 68)),
            "grad_output": rng.standard_normal((2, 8, 59, 67)),
            "weights": rng.standard_normal(97),
        }

    budget(student.busy, reference.busy, inputs_of)


# training

DIGITS = """
###  .#.  ###  ###  #.#
#.#  ##.  ..#  ..#  #.#
#.#  .#.  ###  .##  ###
#.#  .#.  #..  ..#  ..#
###  ###  ###  ###  ..#
"""


def digits(rng, number):
    """Pictures of the digits 0 to 4, (N, 1, 8, 8), and their classes; place, strength of strokes and noise vary."""
    rows = [line.split() for line in DIGITS.strip().splitlines()]
    glyphs = np.array([[[pixel == "#" for pixel in rows[row][digit]] for row in range(5)] for digit in range(5)])
    target = rng.permutation(np.arange(number) % 5)
    x = np.zeros((number, 1, 8, 8))
    for image, digit in zip(x[:, 0], target, strict=True):
        top, left = 1 + rng.integers(2), 2 + rng.integers(2)
        image[top : top + 5, left : left + 3] = glyphs[digit] * rng.uniform(0.7, 1.3)
    return x + 0.1 * rng.standard_normal(x.shape), target


def test_small_cnn_learns(student, reference, rng):
    """A CNN with two convolutions learns to classify five digits: at least 60 % of the test images are right."""
    shapes = {"0.weight": (8, 1, 3, 3), "3.weight": (16, 8, 3, 3), "7.weight": (5, 64)}
    parameters = {
        path: math.sqrt(2.0 / math.prod(shape[1:])) * rng.standard_normal(shape) for path, shape in shapes.items()
    }
    parameters |= {path.replace("weight", "bias"): np.zeros(shape[0]) for path, shape in shapes.items()}
    (x, target), (x_test, target_test) = digits(rng, 96), digits(rng, 50)
    inputs = {
        "parameters": parameters,
        "x": x,
        "target": target,
        "x_test": x_test,
        "target_test": target_test,
        "batch_size": 12,
        "epochs": 6,
        "lr": 0.04,
        "momentum": 0.9,
    }

    result, expected = student.small_cnn(**inputs), reference.small_cnn(**inputs)

    # over 400 seeds the reference was right on at least 72 %, and on 98 % on average
    assert_that(result["accuracy"] >= 0.6, "the trained network is right on fewer than 60 % of the test images")
    # rounding grows over the steps, to 1e-10 or so; a wrong gradient shows after the first
    assert_close(result["losses"], expected["losses"], rtol=1e-5, atol=1e-7, label="losses")
