"""Public tests of s08_cnn: worked examples of spec.md, sizes, and slopes of your own forward passes."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# worked by hand in spec.md: sums of a few products of small numbers, exact in float64 except for divisions
EXACT = {"rtol": 1e-10, "atol": 1e-12}

SERIES = np.array([[[1.0, 2.0, 4.0, 8.0, 16.0]]])  # (1, 1, 5)
IMAGE = np.array([[[[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 4.0]]]])  # (1, 1, 3, 4)
KERNEL = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [7.5, 14.5, 28.5], id="plain"),
        pytest.param({"stride": 2}, [7.5, 28.5], id="stride_2"),
        pytest.param({"stride": 2, "padding": 1}, [3.5, 14.5, -7.5], id="stride_2_padding_1"),
        pytest.param({"dilation": 2}, [29.5], id="dilation_2"),
    ],
)
def test_conv1d_worked_example(student, settings, expected):
    """A kernel of size 3 on a series of five numbers, with stride, padding and dilation."""
    settings = {"in_channels": 1, "out_channels": 1, "kernel_size": 3} | settings
    weight, bias = np.array([[[1.0, -1.0, 2.0]]]), np.array([0.5])

    result = student.forward(layer="Conv1d", settings=settings, x=SERIES, weight=weight, bias=bias)

    assert_close(result, {"y": np.array([[expected]])}, **EXACT)


def test_conv2d_worked_example(student):
    """A 2 x 2 kernel at each of its six positions on a 3 x 4 image."""
    settings = {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "bias": False}

    result = student.forward(layer="Conv2d", settings=settings, x=IMAGE, weight=KERNEL)

    # at the top left 1 * 1 + 2 * 2 + 3 * 0 + 4 * 1
    assert_close(result, {"y": np.array([[[[9.0, 17.0, 19.0], [8.0, 11.0, 26.0]]]])}, **EXACT)


def test_conv2d_backward_worked_example(student):
    """The gradients of input, weight and bias for the same image and kernel."""
    result = student.forward_backward(
        layer="Conv2d",
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": 2},
        x=IMAGE,
        grad_output=np.array([[[[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]]]),
        parameters={"weight": KERNEL, "bias": np.array([5.0])},
    )

    expected = {
        "grad_input": np.array([[[[1.0, 2.0, 2.0, 4.0], [3.0, 3.0, 4.0, 8.0], [0.0, -3.0, -4.0, 0.0]]]]),
        "grad of weight": np.array([[[[0.0, 1.0], [6.0, 4.0]]]]),
        "grad of bias": np.array([2.0]),
    }
    assert_close(result, expected, **EXACT, names=expected)


def test_max_pool_worked_example(student):
    """Overlapping 2 x 2 windows: the largest values, and the sums of their gradients."""
    result = student.forward_backward(
        layer="MaxPool2d",
        settings={"kernel_size": 2, "stride": 1},
        x=IMAGE,
        grad_output=np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]),
    )

    expected = {
        "y": np.array([[[[2.0, 3.0, 3.0], [2.0, 3.0, 4.0]]]]),
        # the 3 is the largest of three windows: 2 + 3 + 5
        "grad_input": np.array([[[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 10.0, 0.0], [4.0, 0.0, 0.0, 6.0]]]]),
    }
    assert_close(result, expected, **EXACT)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"kernel_size": 2}, [[1.0, 1.5]], id="stride_is_kernel_size"),
        pytest.param({"kernel_size": 2, "padding": 1}, [[0.25, 0.5, 0.25], [0.5, 1.25, 1.5]], id="padding_1"),
    ],
)
def test_avg_pool_worked_example(student, settings, expected):
    """Means of 2 x 2 windows; padding counts as zeros."""
    result = student.forward(layer="AvgPool2d", settings=settings, x=IMAGE)

    assert_close(result, {"y": np.array([[expected]])}, **EXACT)


def test_global_pool_and_flatten_worked_example(student):
    """The mean of a whole channel (AdaptiveAvgPool2d), and all of its pixels in one row (Flatten)."""
    mean = student.forward(layer="AdaptiveAvgPool2d", settings={"output_size": 1}, x=IMAGE)
    row = student.forward(layer="Flatten", settings={}, x=IMAGE)

    assert_close(mean, {"y": np.array([[[[17.0 / 12.0]]]])}, **EXACT)
    assert_close(row, {"y": np.array([[1.0, 2.0, 0.0, 1.0, 0.0, 1.0, 3.0, 2.0, 2.0, 0.0, 1.0, 4.0]])}, **EXACT)


@pytest.mark.parametrize(
    ("layer", "settings", "shapes", "number"),
    [
        pytest.param("Conv1d", {"kernel_size": 4}, {"weight": (8, 6, 4), "bias": (8,)}, 2, id="Conv1d"),
        pytest.param("Conv2d", {"kernel_size": [2, 4]}, {"weight": (8, 6, 2, 4), "bias": (8,)}, 2, id="Conv2d"),
        pytest.param("Conv3d", {"kernel_size": 3}, {"weight": (8, 6, 3, 3, 3), "bias": (8,)}, 2, id="Conv3d"),
        pytest.param("Conv2d", {"kernel_size": 3, "groups": 2}, {"weight": (8, 3, 3, 3), "bias": (8,)}, 2, id="groups"),
        pytest.param(
            "Conv2d", {"kernel_size": 3, "bias": False}, {"weight": (8, 6, 3, 3), "bias": None}, 1, id="no_bias"
        ),
    ],
)
def test_new_convolutions_have_their_parameters(student, layer, settings, shapes, number):
    """A new convolution's weight and bias have PyTorch's shapes and are within PyTorch's bound, not all equal."""
    settings = {"in_channels": 6, "out_channels": 8} | settings
    result = student.fresh(layer=layer, settings=settings, paths=list(shapes))

    assert_that(result["parameters"] == number, "parameters() should yield only the weight, and the bias if any")
    bound = 1.0 / np.sqrt(np.prod(shapes["weight"][1:]))
    for path, shape in shapes.items():
        values = result[path]
        if shape is None:
            assert_that(values is None, f"{path} should be None")
            continue
        assert_that(values is not None and values.shape == shape, f"{path} should have the shape {shape}")
        assert_that(np.all(np.abs(values) <= bound), f"{path}: some values are over 1 / sqrt(fan_in)")
        assert_that(np.ptp(values) > 0.2 * bound, f"{path}: the values are all equal, or nearly so")


@pytest.mark.parametrize(
    ("layer", "settings", "shapes", "number"),
    [
        pytest.param(
            "ResidualBlock",
            {"in_channels": 5, "out_channels": 5},
            {"conv1.weight": (5, 5, 3, 3), "bn1.weight": (5,), "conv2.weight": (5, 5, 3, 3), "bn2.bias": (5,)},
            6,
            id="ResidualBlock",
        ),
        pytest.param(
            "ResidualBlock",
            {"in_channels": 3, "out_channels": 4, "stride": 2},
            {"conv1.weight": (4, 3, 3, 3), "downsample.0.weight": (4, 3, 1, 1), "downsample.1.bias": (4,)},
            9,
            id="ResidualBlock_with_downsample",
        ),
        pytest.param(
            "InceptionBlock",
            {"in_channels": 5, "ch1x1": 2, "ch3x3red": 3, "ch3x3": 4, "ch5x5red": 1, "ch5x5": 6, "pool_proj": 7},
            {
                "branch1.0.weight": (2, 5, 1, 1),
                "branch2.0.weight": (3, 5, 1, 1),
                "branch2.2.weight": (4, 3, 3, 3),
                "branch3.0.bias": (1,),
                "branch3.2.weight": (6, 1, 5, 5),
                "branch4.1.weight": (7, 5, 1, 1),
            },
            12,
            id="InceptionBlock",
        ),
    ],
)
def test_blocks_have_their_layers(student, layer, settings, shapes, number):
    """The layers of a block are in the attributes that spec.md names, with parameters of the right shapes."""
    result = student.fresh(layer=layer, settings=settings, paths=list(shapes))

    for path, shape in shapes.items():
        assert_that(result[path] is not None, f"{path} is missing")
        assert_that(result[path].shape == shape, f"{path} should have the shape {shape}")
    assert_that(result["parameters"] == number, f"parameters() should yield {number} parameters")


@pytest.mark.parametrize(
    "layer", ["Conv1d", "Conv2d", "Conv3d", "MaxPool2d", "AvgPool2d"], ids=lambda layer: str(layer)
)
def test_output_sizes(student, rng, layer):
    """The number of windows is rounded down, for every stride, padding and kernel size."""
    size = {"Conv1d": (11,), "Conv3d": (5, 6, 7)}.get(layer, (9, 12))
    cases, expected = {}, {}
    for kernel_size in (2, 3):
        for stride in (1, 2, 3):
            for padding in (0, 1):
                settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
                if layer.startswith("Conv"):
                    settings |= {"in_channels": 2, "out_channels": 3}
                label = f"kernel_size {kernel_size}, stride {stride}, padding {padding}"
                cases[label] = {"layer": layer, "settings": settings, "x": rng.standard_normal((1, 2, *size))}
                out = tuple((n + 2 * padding - kernel_size) // stride + 1 for n in size)
                expected[label] = (1, 3 if layer.startswith("Conv") else 2, *out)

    result = student.grid_forward(cases=cases)

    for label, shape in expected.items():
        found = result["y"][label].shape
        assert_that(found == shape, f"{label}: y should have the shape {shape}, it has {found}")


def drawn(rng, shapes):
    """Random parameters of the given shapes, by path."""
    return {path: rng.uniform(-1.0, 1.0, shape) for path, shape in shapes.items()}


# the first two of each are checked against slopes
SIDEWAYS = {"weight": (4, 1, 3, 2), "bias": (4,)}
RESIDUAL = {
    "downsample.0.weight": (4, 3, 1, 1),
    "bn1.weight": (4,),
    "conv1.weight": (4, 3, 3, 3),
    "conv2.weight": (4, 4, 3, 3),
}
SAME = {"conv1.weight": (3, 3, 3, 3), "bn1.bias": (3,), "conv2.weight": (3, 3, 3, 3), "bn2.weight": (3,)}
INCEPTION = {
    "branch3.0.weight": (2, 3, 1, 1),
    "branch4.1.bias": (2,),
    "branch1.0.weight": (2, 3, 1, 1),
    "branch1.0.bias": (2,),
    "branch2.0.weight": (3, 3, 1, 1),
    "branch2.0.bias": (3,),
    "branch2.2.weight": (4, 3, 3, 3),
    "branch2.2.bias": (4,),
    "branch3.0.bias": (2,),
    "branch3.2.weight": (1, 2, 5, 5),
    "branch3.2.bias": (1,),
    "branch4.1.weight": (2, 3, 1, 1),
}
CHANNELS = {"ch1x1": 2, "ch3x3red": 3, "ch3x3": 4, "ch5x5red": 2, "ch5x5": 1, "pool_proj": 2}


@pytest.mark.parametrize(
    ("layer", "settings", "x_shape", "y_shape", "parameters"),
    [
        pytest.param(
            "Conv1d",
            {"in_channels": 2, "out_channels": 3, "kernel_size": 4, "stride": 3, "padding": 2},
            (2, 2, 9),
            (2, 3, 4),
            {"weight": (3, 2, 4), "bias": (3,)},
            id="Conv1d",
        ),
        pytest.param(
            "Conv2d",
            {"in_channels": 2, "out_channels": 4, "kernel_size": [3, 2], "stride": 2, "padding": 1, "groups": 2},
            (2, 2, 5, 6),
            (2, 4, 3, 4),
            SIDEWAYS,
            id="Conv2d",
        ),
        pytest.param(
            "Conv3d",
            {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "stride": 2},
            (2, 2, 4, 5, 3),
            (2, 3, 2, 2, 1),
            {"weight": (3, 2, 2, 2, 2), "bias": (3,)},
            id="Conv3d",
        ),
        pytest.param("MaxPool2d", {"kernel_size": 3, "stride": 2}, (2, 3, 7, 6), (2, 3, 3, 2), {}, id="MaxPool2d"),
        pytest.param(
            "AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (2, 3, 5, 4), (2, 3, 3, 2), {}, id="AvgPool2d"
        ),
        pytest.param("AdaptiveAvgPool2d", {}, (2, 3, 5, 4), (2, 3, 1, 1), {}, id="AdaptiveAvgPool2d"),
        pytest.param("Flatten", {}, (2, 3, 5, 4), (2, 60), {}, id="Flatten"),
        pytest.param(
            "ResidualBlock", {"in_channels": 3, "out_channels": 3}, (2, 3, 4, 5), (2, 3, 4, 5), SAME, id="ResidualBlock"
        ),
        pytest.param(
            "ResidualBlock",
            {"in_channels": 3, "out_channels": 4, "stride": 2},
            (2, 3, 5, 6),
            (2, 4, 3, 3),
            RESIDUAL,
            id="ResidualBlock_with_downsample",
        ),
        pytest.param(
            "InceptionBlock", {"in_channels": 3} | CHANNELS, (2, 3, 4, 5), (2, 9, 4, 5), INCEPTION, id="InceptionBlock"
        ),
    ],
)
def test_gradients_are_slopes_of_the_forward_pass(student, rng, layer, settings, x_shape, y_shape, parameters):
    """The gradients of x, and of two of the parameters, are the slopes of your own forward pass."""
    x, grad_output, given = rng.standard_normal(x_shape), rng.standard_normal(y_shape), drawn(rng, parameters)

    result = student.forward_backward(layer=layer, settings=settings, x=x, grad_output=grad_output, parameters=given)

    gradients = {"x": result["grad_input"]} | {path: result[f"grad of {path}"] for path in list(given)[:2]}
    inputs = {"layer": layer, "settings": settings, "x": x, **given}
    # central differences at h = 1e-6 are accurate to 1e-8; so short a step crosses no kink of ReLU or of the maximum
    assert_gradient(student.forward, inputs, gradients, grad_output, rng, h=1e-6, rtol=1e-5, atol=1e-6)


@pytest.mark.needs("test_conv2d_worked_example", "test_conv2d_backward_worked_example")
def test_conv2d_time_budget(student, reference, budget):
    """Forward and backward of a 3 x 3 Conv2d on one colour image stay within the limit of CPU time."""

    def inputs_of(rng):
        return {
            "layer": "Conv2d",
            "settings": {"in_channels": 3, "out_channels": 4, "kernel_size": 3, "padding": 1},
            "x": rng.standard_normal((1, 3, 100, 68)),
            "grad_output": rng.standard_normal((1, 4, 100, 68)),
            "parameters": {"weight": rng.standard_normal((4, 3, 3, 3)), "bias": rng.standard_normal(4)},
            "weights": rng.standard_normal(97),
        }

    budget(student.busy, reference.busy, inputs_of)
