"""Hidden tests of s11_vision."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# ---- Architectures ----

# float64 sums of at most a few thousand products, through up to twenty layers: 1e-12; every mistake is above 1e-4
FLOAT64 = {"rtol": 1e-7, "atol": 1e-8}


def compared(student, reference, rng, network, settings, shape):
    """Compare outputs in both modes, gradients, running statistics and the number of parameters."""
    inputs = {
        "network": network,
        "settings": settings,
        "x": rng.standard_normal(shape),
        "seed": int(rng.integers(2**31)),
    }
    result = student.compute(**inputs)
    assert_close(result, reference.compute(**inputs), **FLOAT64)
    assert_that(result["x_unchanged"], "the network changed its input")


ALEXNET = {"num_classes": 5, "in_channels": 2, "channels": [6, 8, 4, 6, 4], "hidden": 9, "dropout": 0.0}


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        pytest.param({"stem": "small", "image_size": [32, 24]}, (2, 2, 32, 24), id="small"),
        pytest.param({"image_size": [67, 80]}, (1, 2, 67, 80), id="paper"),
    ],
)
def test_alexnet(student, reference, rng, settings, shape):
    """AlexNet with given weights: outputs, gradients and statistics, for H other than W."""
    compared(student, reference, rng, "AlexNet", ALEXNET | settings, shape)


def test_local_response_norm(student, reference, rng):
    """Seven channels with values large enough for the paper's constants to matter."""
    inputs = {"network": "LocalResponseNorm", "settings": {}, "x": 30 * rng.standard_normal((2, 7, 3, 4)), "value": 0.0}
    assert_close(student.constant(**inputs), reference.constant(**inputs), **FLOAT64)


@pytest.mark.parametrize("config", ["A", "B", "D", "E"])
@pytest.mark.parametrize("batch_norm", [False, True], ids=["plain", "batch_norm"])
def test_vgg(student, reference, rng, config, batch_norm):
    """A narrow VGG with given weights: outputs, gradients and statistics, for H other than W."""
    settings = {"config": config, "batch_norm": batch_norm, "width": 2, "num_classes": 3, "in_channels": 2}
    settings |= {"image_size": [17, 8], "blocks": 3, "hidden": 7, "dropout": 0.0}
    compared(student, reference, rng, "VGG", settings, (3, 2, 17, 8))


def test_inception(student, reference, rng):
    """An inception module with given weights."""
    settings = {"in_channels": 4, "one": 2, "reduce3": 3, "three": 5, "reduce5": 2, "five": 3, "pool": 4}
    compared(student, reference, rng, "Inception", settings, (2, 4, 7, 6))


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        pytest.param({"stem": "small"}, (2, 2, 9, 7), id="small"),
        pytest.param({"stem": "paper"}, (1, 2, 70, 50), id="paper"),
        pytest.param({"stem": "small", "auxiliary": False}, (1, 2, 8, 9), id="without_heads"),
    ],
)
def test_googlenet(student, reference, rng, settings, shape):
    """A narrow GoogLeNet with given weights: three outputs in training, one in evaluation."""
    settings = {"divisor": 8, "num_classes": 3, "in_channels": 2, "dropout": 0.0, "auxiliary_dropout": 0.0} | settings
    compared(student, reference, rng, "GoogLeNet", settings, shape)


@pytest.mark.parametrize("heads", [0, 2], ids=["evaluation", "training"])
def test_auxiliary_loss(student, reference, rng, heads):
    """The loss of GoogLeNet's outputs and its gradients."""
    outputs = [rng.standard_normal((4, 3)) for _ in range(heads + 1)]
    inputs = {"name": "auxiliary_loss", "outputs": outputs, "target": rng.integers(3, size=4), "settings": {}}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **FLOAT64)


@pytest.mark.parametrize("pre_activation", [False, True], ids=["post", "pre"])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
@pytest.mark.parametrize(("channels", "stride"), [(8, 1), (3, 1), (8, 2)], ids=["identity", "wider", "stride_2"])
def test_block(student, reference, rng, kind, pre_activation, channels, stride):
    """A residual block with given weights, with and without a change of shape."""
    settings = {"in_channels": channels, "width": 8 if kind == "basic" else 2, "kind": kind, "stride": stride}
    compared(student, reference, rng, "Block", settings | {"pre_activation": pre_activation}, (3, channels, 7, 6))


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        pytest.param({"stem": "small"}, (2, 2, 9, 8), id="small"),
        pytest.param({"kind": "bottleneck"}, (2, 2, 33, 40), id="paper"),
        pytest.param({"stem": "small", "pre_activation": True}, (2, 2, 8, 9), id="pre_activation"),
    ],
)
def test_resnet(student, reference, rng, settings, shape):
    """A narrow ResNet of three stages with given weights: outputs, gradients and statistics."""
    settings = {"layers": [1, 2, 1], "width": 2, "num_classes": 3, "in_channels": 2} | settings
    compared(student, reference, rng, "ResNet", settings, shape)


@pytest.mark.parametrize("pre_activation", [False, True], ids=["post", "pre"])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_zero_init(student, rng, kind, pre_activation):
    """With zero_init a new block adds nothing to its shortcut; without it it does."""
    x = rng.standard_normal((3, 8, 5, 4))
    settings = {"in_channels": 8, "width": 8 if kind == "basic" else 2, "kind": kind, "pre_activation": pre_activation}
    shortcut = x if pre_activation else np.maximum(x, 0.0)

    zero = student.fresh(network="Block", settings=settings | {"zero_init": True}, x=x)
    usual = student.fresh(network="Block", settings=settings, x=x)

    assert_close(zero["y"], shortcut, rtol=1e-12, atol=1e-12)
    assert_that(np.abs(usual["y"] - shortcut).max() > 1e-3, "a block without zero_init adds nothing")


@pytest.mark.parametrize("depth", [34, 101, 152])
def test_depths(student, reference, depth):
    """The number of parameters of the deeper ResNets."""
    inputs = {"network": "resnet", "settings": {"depth": depth, "num_classes": 10}}
    assert_close(student.sizes(**inputs), reference.sizes(**inputs), rtol=0.0)


@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_separable(student, reference, rng, stride):
    """The block of MobileNet with given weights."""
    settings = {"in_channels": 4, "out_channels": 6, "stride": stride}
    compared(student, reference, rng, "DepthwiseSeparable", settings, (2, 4, 7, 6))


def test_dense_block(student, reference, rng):
    """The block of DenseNet with given weights."""
    compared(student, reference, rng, "DenseBlock", {"in_channels": 4, "layers": 3, "growth": 2}, (2, 4, 5, 6))


def test_squeeze_and_excitation(student, reference, rng):
    """Squeeze-and-excitation with given weights."""
    # sixteen hidden units: all of them at zero for an image, where nothing could be seen, has a chance of 2**-16
    compared(student, reference, rng, "SqueezeExcitation", {"channels": 32, "reduction": 2}, (2, 32, 3, 4))


@pytest.mark.parametrize("size", [(8, 12), (11, 14)], ids=["even", "odd"])
def test_unet(student, reference, rng, size):
    """A narrow U-Net with given weights, also for sizes that cannot be halved twice."""
    settings = {"in_channels": 2, "num_classes": 3, "width": 2, "depth": 2}
    compared(student, reference, rng, "UNet", settings, (2, 2, *size))


@pytest.mark.parametrize("name", ["dice_loss", "segmentation_loss"])
@pytest.mark.parametrize("classes", [2, 3], ids=["all_classes", "a_class_is_absent"])
def test_losses_of_segmentation(student, reference, rng, name, classes):
    """The losses of segmentation and their gradients for unequal images."""
    outputs, target = [rng.standard_normal((2, 3, 4, 5))], rng.integers(classes, size=(2, 4, 5))
    inputs = {"name": name, "outputs": outputs, "target": target, "settings": {"smooth": 0.5}}
    assert_close(student.loss(**inputs), reference.loss(**inputs), **FLOAT64)


@pytest.mark.parametrize(
    ("network", "settings"),
    [
        pytest.param("AlexNet", ALEXNET | {"stem": "small", "image_size": [16, 16], "dropout": 0.5}, id="alexnet"),
        pytest.param(
            "VGG",
            {"config": "A", "width": 2, "blocks": 3, "image_size": [16, 16], "in_channels": 2, "hidden": 32},
            id="vgg",
        ),
        pytest.param("GoogLeNet", {"divisor": 8, "stem": "small", "in_channels": 2}, id="googlenet"),
    ],
)
def test_dropout(student, rng, network, settings):
    """Two passes differ in training and are equal in evaluation."""
    result = student.repeated(network=network, settings=settings, x=rng.standard_normal((8, 2, 16, 16)))

    # AlexNet has the fewest units, 9 twice for each of 8 images: the same masks twice are below 1e-40
    assert_that(all(result["train"]), "two passes in training give the same output: is there dropout?")
    assert_that(not any(result["eval"]), "two passes in evaluation give different outputs")


GLYPHS = """
###  .#.  ###  ###  #.#
#.#  ##.  ..#  ..#  #.#
#.#  .#.  ###  .##  ###
#.#  .#.  #..  ..#  ..#
###  ###  ###  ###  ..#
"""


def digits(rng, number):
    """Pictures of the digits 0 to 4, (N, 1, 8, 8), and their classes; place, strength of strokes and noise vary."""
    rows = [line.split() for line in GLYPHS.strip().splitlines()]
    glyphs = np.array([[[pixel == "#" for pixel in rows[row][digit]] for row in range(5)] for digit in range(5)])
    target = rng.permutation(np.arange(number) % 5)
    x = np.zeros((number, 1, 8, 8))
    for image, digit in zip(x[:, 0], target, strict=True):
        top, left = 1 + rng.integers(2), 2 + rng.integers(2)
        image[top : top + 5, left : left + 3] = glyphs[digit] * rng.uniform(0.7, 1.3)
    return x + 0.1 * rng.standard_normal(x.shape), target


@pytest.mark.parametrize(
    ("network", "settings", "steps", "lr"),
    [
        pytest.param("ResNet", {"layers": [1, 1, 1], "width": 8, "stem": "small"}, 30, 0.01, id="resnet"),
        pytest.param(
            "VGG",
            {
                "config": "A",
                "width": 8,
                "blocks": 3,
                "image_size": [8, 8],
                "hidden": 32,
                "batch_norm": True,
                "dropout": 0.0,
            },
            50,
            0.003,
            id="vgg",
        ),
    ],
)
def test_networks_learn(student, rng, network, settings, steps, lr):
    """A small network learns to classify five digits: at least 80 % of the test images are right."""
    (x, target), (x_test, target_test) = digits(rng, 400), digits(rng, 200)
    result = student.learn(
        network=network,
        settings=settings | {"num_classes": 5, "in_channels": 1},
        x=x,
        target=target,
        x_test=x_test,
        target_test=target_test,
        steps=steps,
        batch_size=32,
        lr=lr,
        seed=int(rng.integers(2**31)),
    )

    # the reference: at least 0.94 with 10 seeds; with a rate of 0.01 VGG has 0.62 for one of them
    assert_that(result["accuracy"] >= 0.8, "the trained network is right on fewer than 80 % of the test images")


# ---- Beyond 2-D ----

# a few hundred float64 operations on numbers of order one; every known mistake is off by more than 1e-5
BEYOND_EXACT = {"rtol": 1e-8, "atol": 1e-10}


def weights_of(rng, *shapes):
    """Arrays for ``parameters()``, of a size that keeps outputs of order one."""
    return [rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:]))) for shape in shapes]


def block_shapes(inputs, outputs, size):
    """Shapes of a temporal block's parameters."""
    shapes = [(outputs, inputs, size), (outputs,), (outputs, outputs, size), (outputs,)]
    return shapes if inputs == outputs else [*shapes, (outputs, inputs, 1), (outputs,)]


def tcn_shapes(inputs, channels, size):
    """Shapes of a TCN's parameters."""
    pairs = zip([inputs, *channels], channels, strict=False)
    return [shape for pair in pairs for shape in block_shapes(*pair, size)]


def split_shapes(inputs, middle, outputs, time_size=3, space_size=3):
    """Shapes of the parameters of a (2+1)-D layer."""
    return [(middle, inputs, 1, space_size, space_size), (middle,), (middle,), (outputs, middle, time_size, 1, 1)]


def both_passes_of(student, reference, rng, *, output_shape, **inputs):
    """Compare output and every gradient with the reference's for a random upstream gradient."""
    inputs["grad_output"] = rng.standard_normal(output_shape)
    assert_close(student.beyond_2d(**inputs), reference.beyond_2d(**inputs), **BEYOND_EXACT)


@pytest.mark.parametrize(
    ("batch", "size", "dilation"), [(1, 2, 1), (3, 3, 4), (2, 1, 3)], ids=["batch_of_one", "dilated", "one_by_one"]
)
def test_causal_conv(student, reference, rng, batch, size, dilation):
    """Output and gradients of the causal convolution, with L = 7 and 2 to 5 channels."""
    both_passes_of(
        student,
        reference,
        rng,
        kind="CausalConv1d",
        settings={"in_channels": 2, "out_channels": 5, "kernel_size": size, "dilation": dilation},
        weights=weights_of(rng, (5, 2, size), (5,)),
        x=rng.standard_normal((batch, 2, 7)),
        output_shape=(batch, 5, 7),
    )


@pytest.mark.parametrize(
    ("inputs", "outputs", "batch"), [(3, 5, 2), (4, 4, 1)], ids=["convolution_as_shortcut", "identity_as_shortcut"]
)
def test_temporal_block(student, reference, rng, inputs, outputs, batch):
    """Output and gradients of the block with and without a convolution in the shortcut."""
    both_passes_of(
        student,
        reference,
        rng,
        kind="TemporalBlock",
        settings={"in_channels": inputs, "out_channels": outputs, "kernel_size": 3, "dilation": 2},
        weights=weights_of(rng, *block_shapes(inputs, outputs, 3)),
        x=rng.standard_normal((batch, inputs, 11)),
        output_shape=(batch, outputs, 11),
    )


def test_dropout_in_the_temporal_block(student, reference, rng):
    """Dropout acts in training and not in eval mode, where the output is exact."""
    inputs = {
        "kind": "TemporalBlock",
        "settings": {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "dropout": 0.5},
        # biases of +5 and weights around 0: without dropout no output is 0
        "weights": [0.01 * w + (5.0 if w.ndim == 1 else 0.0) for w in weights_of(rng, *block_shapes(2, 3, 2)[:4])]
        + [np.zeros((3, 2, 1)), np.zeros(3)],
        "x": rng.standard_normal((4, 2, 100)),
        "seed": 3,
    }
    result = student.beyond_2d_dropout(**inputs)
    assert_close(result, reference.beyond_2d_dropout(**inputs), names=["output"], **BEYOND_EXACT)
    # after the last ReLU half of 1200 values are dropped: 0.4 to 0.6 is 7 standard deviations, 1 in 10**11 fails
    share = result["zeros_in_training"]
    assert_that(0.4 < share < 0.6, "with dropout 0.5 about half of the block's outputs before the sum must be 0")


def test_tcn(student, reference, rng):
    """Output and gradients of a network of three blocks."""
    both_passes_of(
        student,
        reference,
        rng,
        kind="TCN",
        settings={"in_channels": 2, "channels": [3, 3, 4], "kernel_size": 3},
        weights=weights_of(rng, *tcn_shapes(2, [3, 3, 4], 3)),
        x=rng.standard_normal((2, 2, 33)),
        output_shape=(2, 4, 33),
    )


@pytest.mark.parametrize("kind", ["CausalConv1d", "TCN"])
def test_later_steps_change_nothing_before(student, rng, kind):
    """Other values from step t on leave every output before t as it was, and change one from t on."""
    if kind == "TCN":
        settings, shapes = {"in_channels": 2, "channels": [3, 3], "kernel_size": 3}, tcn_shapes(2, [3, 3], 3)
    else:
        settings, shapes = {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "dilation": 2}, [(3, 2, 3), (3,)]
    weights, x, place = weights_of(rng, *shapes), rng.standard_normal((2, 2, 20)), 12
    changed = np.where(np.arange(20) < place, x, 3.0 * rng.standard_normal(x.shape))
    first, second = (
        student.beyond_2d_output(kind=kind, settings=settings, weights=weights, x=series)["output"]
        for series in (x, changed)
    )
    # the same sums, perhaps in another order; an influence is of order 0.1
    assert_close(second[..., :place], first[..., :place], rtol=1e-8, atol=1e-10, label="output before the change")
    influence = np.abs(np.subtract(first, second, dtype=np.float64))[..., place:].max()
    assert_that(influence > 1e-3, "the changed steps have no influence at all")


@pytest.mark.parametrize(
    ("sizes", "dilations"),
    [([], []), ([7, 1, 4], [1, 9, 5]), ([2] * 10, [1, 2, 4, 8, 16] * 2)],
    ids=["none", "mixed", "wavenet"],
)
def test_receptive_field(student, reference, sizes, dilations):
    """The number of steps that a stack of convolutions sees."""
    inputs = {"kernel_sizes": sizes, "dilations": dilations}
    assert_close(student.stack_receptive_field(**inputs), reference.stack_receptive_field(**inputs), rtol=0)


@pytest.mark.parametrize(("levels", "size"), [(1, 4), (3, 2), (3, 3)], ids=["one_level", "size_2", "size_3"])
def test_influence_is_the_receptive_field(student, reference, rng, levels, size):
    """The steps with a gradient at the last output are as many as ``receptive_field`` says, and as many as expected."""
    channels = [3, 4, 3][:levels]
    inputs = {
        "settings": {"in_channels": 2, "channels": channels, "kernel_size": size},
        # positive weights and inputs: no ReLU cuts a path
        "weights": [np.abs(weight) for weight in weights_of(rng, *tcn_shapes(2, channels, size))],
        "x": rng.random((2, 2, 40)),
    }
    assert_close(student.tcn_influence(**inputs), reference.tcn_influence(**inputs), rtol=0)


def series_cnn_weights(rng, inputs, classes, width):
    """Arrays for the parameters of SeriesCNN."""
    sizes = [(width, inputs), (2 * width, width), (2 * width, 2 * width)]
    shapes = [shape for out, into in sizes for shape in ((out, into, 5), (out,))]
    return weights_of(rng, *shapes, (classes, 2 * width), (classes,))


@pytest.mark.parametrize(("batch", "steps"), [(1, 13), (3, 16)], ids=["batch_of_one", "even_length"])
def test_series_cnn(student, reference, rng, batch, steps):
    """Logits and gradients of the classifier of series."""
    both_passes_of(
        student,
        reference,
        rng,
        kind="SeriesCNN",
        settings={"in_channels": 2, "num_classes": 5, "width": 3},
        weights=series_cnn_weights(rng, 2, 5, 3),
        x=rng.standard_normal((batch, 2, steps)),
        output_shape=(batch, 5),
    )


@pytest.mark.parametrize(
    ("inputs", "outputs", "time_size", "space_size"),
    [(64, 64, 3, 3), (64, 128, 3, 3), (3, 45, 3, 7), (5, 7, 5, 3)],
    ids=["equal", "wider", "stem", "long_in_time"],
)
def test_mid_channels(student, reference, inputs, outputs, time_size, space_size):
    """The number of channels in the middle, a whole number rounded down."""
    settings = {"in_channels": inputs, "out_channels": outputs, "time_size": time_size, "space_size": space_size}
    result = student.middle_channels(**settings)
    assert_close(result, reference.middle_channels(**settings), rtol=0)


@pytest.mark.parametrize(
    ("batch", "sizes"), [(2, (3, 3)), (1, (5, 3)), (1, (1, 5))], ids=["size_3", "long_in_time", "one_frame"]
)
def test_conv2plus1d(student, reference, rng, batch, sizes):
    """Output and gradients of the (2+1)-D layer in training, with T = 4, H = 6, W = 5."""
    middle = {(3, 3): 7, (5, 3): 9, (1, 5): 3}[sizes]  # the formula with 2 and 4 channels
    both_passes_of(
        student,
        reference,
        rng,
        kind="Conv2Plus1d",
        settings={"in_channels": 2, "out_channels": 4, "time_size": sizes[0], "space_size": sizes[1]},
        weights=weights_of(rng, *split_shapes(2, middle, 4, *sizes)),
        x=rng.standard_normal((batch, 2, 4, 6, 5)),
        output_shape=(batch, 4, 4, 6, 5),
    )


def video_weights(rng, inputs, classes, width, factorised):
    """Arrays for the parameters of VideoCNN."""
    shapes = []
    for into, out in ((inputs, width), (width, 2 * width)):
        middle = 27 * into * out // (9 * into + 3 * out)
        shapes += split_shapes(into, middle, out) if factorised else [(out, into, 3, 3, 3), (out,)]
    return weights_of(rng, *shapes, (classes, 2 * width), (classes,))


@pytest.mark.parametrize("factorised", [False, True], ids=["conv3d", "factorised"])
@pytest.mark.parametrize("frames", [2, 5], ids=["as_many_frames_as_channels", "more_frames"])
def test_video_cnn(student, reference, rng, factorised, frames):
    """Logits and gradients of the classifier of clips in eval mode, also for T = C and a batch of one."""
    both_passes_of(
        student,
        reference,
        rng,
        kind="VideoCNN",
        settings={"in_channels": 2, "num_classes": 5, "width": 3, "factorised": factorised},
        weights=video_weights(rng, 2, 5, 3, factorised),
        x=rng.standard_normal((1, 2, frames, 6, 8)),
        output_shape=(1, 5),
        mode="eval",
    )


@pytest.mark.parametrize("frames", [3, 6], ids=["as_many_frames_as_channels", "more_frames"])
def test_clip_played_backwards(student, rng, frames):
    """A clip played backwards has other logits; with kernels turned round in time too it has the same."""
    settings = {"in_channels": 3, "num_classes": 4, "width": 4}
    weights = video_weights(rng, 3, 4, 4, False)
    turned = [np.ascontiguousarray(w[:, :, ::-1]) if w.ndim == 5 else w for w in weights]
    x = rng.standard_normal((2, 3, frames, 6, 8))
    back = np.ascontiguousarray(x[:, :, ::-1])
    forwards, backwards, both = (
        student.beyond_2d_output(kind="VideoCNN", settings=settings, weights=arrays, x=clip)["output"]
        for arrays, clip in ((weights, x), (weights, back), (turned, back))
    )
    difference = np.abs(np.subtract(forwards, backwards, dtype=np.float64)).max()
    assert_that(difference > 1e-4, "the model cannot distinguish a clip from the same played backwards")
    # the same sums in another order
    assert_close(both, forwards, rtol=1e-8, atol=1e-10, label="logits of the clip and the kernels turned round")


@pytest.mark.parametrize(
    ("kind", "settings", "shape"),
    [
        # Bai et al. 2018, appendix: sequential MNIST, k = 7, 8 levels of 25 channels
        ("TCN", {"in_channels": 1, "channels": [25] * 8, "kernel_size": 7}, (2, 1, 784)),
        # Tran et al. 2018, table 1: R(2+1)D, conv2_x and the first layer of conv3_x
        ("Conv2Plus1d", {"in_channels": 64, "out_channels": 64}, (1, 64, 16, 56, 56)),
        ("Conv2Plus1d", {"in_channels": 64, "out_channels": 128}, (1, 64, 16, 56, 56)),
        ("VideoCNN", {"in_channels": 3, "num_classes": 400, "width": 64}, (2, 3, 16, 112, 112)),
        ("VideoCNN", {"in_channels": 3, "num_classes": 400, "width": 64, "factorised": True}, (2, 3, 16, 112, 112)),
    ],
    ids=["tcn", "equal_channels", "more_channels", "video", "video_factorised"],
)
def test_parameters_at_paper_sizes(student, reference, kind, settings, shape):
    """Numbers of parameters and shapes of outputs at the papers' sizes, on the meta device."""
    inputs = {"kind": kind, "settings": settings, "shape": list(shape)}
    assert_close(student.meta_model(**inputs), reference.meta_model(**inputs), rtol=0)


def waves(rng, number, steps=64):
    """Sines, squares and the two saw-teeth with random period and phase, and noise; x (N, 1, L) and labels."""
    labels = rng.integers(0, 4, number)
    turns = (rng.uniform(2, 4, (number, 1)) * np.arange(steps) / steps + rng.random((number, 1))) % 1
    shapes = np.stack([np.sin(2 * np.pi * turns), np.sign(turns - 0.5), 2 * turns - 1, 1 - 2 * turns])
    return (shapes[labels, np.arange(number)] + 0.25 * rng.standard_normal((number, steps)))[:, None], labels


def clips(rng, number, frames=6, size=6):
    """A dot that moves right, left, down or up on a torus, and noise; x (N, 1, T, H, W) and labels."""
    labels, start = rng.integers(0, 4, number), rng.integers(0, size, (number, 2))
    step = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])[labels]
    x = 0.1 * rng.standard_normal((number, 1, frames, size, size))
    for frame in range(frames):
        row, column = ((start + frame * step) % size).T
        x[np.arange(number), 0, frame, row, column] += 1.0
    return x, labels


def trained_accuracy(student, rng, data, train, *, kind, steps, batch, lr):
    """Accuracy on the data that are left after ``train`` examples, after the training in the probe."""
    x, labels = data
    inputs = {"x": x[:train], "labels": labels[:train], "new_x": x[train:], "seed": int(rng.integers(2**31))}
    settings = {"in_channels": 1, "num_classes": 4, "width": 8}
    batches = rng.integers(0, train, (steps, batch))
    result = student.train_classifier(kind=kind, settings=settings, batches=batches, lr=lr, **inputs)
    return (result["classes"] == labels[train:]).mean()


@pytest.mark.needs("test_series_cnn")
def test_wave_forms_are_learnt(student, rng):
    """After 100 steps of Adam at least 95 % of 300 new wave forms are classified rightly."""
    accuracy = trained_accuracy(student, rng, waves(rng, 1000), 700, kind="SeriesCNN", steps=100, batch=64, lr=0.01)
    # the reference: at least 0.993 with 8 seeds
    assert_that(accuracy >= 0.95, "after training fewer than 95 % of new wave forms are classified rightly")


@pytest.mark.needs("test_video_cnn")
def test_directions_are_learnt(student, rng):
    """After 100 steps of Adam at least 93 % of 200 new clips of a moving dot are classified rightly."""
    accuracy = trained_accuracy(student, rng, clips(rng, 600), 400, kind="VideoCNN", steps=100, batch=24, lr=0.02)
    # the reference: at least 0.995 with 10 seeds
    assert_that(accuracy >= 0.93, "after training fewer than 93 % of new clips are classified rightly")


# ---- Practice ----


# float64 in one thread: the order of sums differs between right ways of writing; every known mistake is off by 1e-5
STEPS = {"rtol": 1e-8, "atol": 1e-10}
SAMPLES = 13


def small_network(rng):
    """Weights of the probes' classifier for images (N, 2, 4, 3) and three classes."""
    return {
        "0.weight": rng.standard_normal((3, 2, 3, 3)),
        "0.bias": rng.standard_normal(3),
        "1.weight": rng.uniform(0.5, 1.5, 3),
        "1.bias": rng.standard_normal(3),
        "1.running_mean": rng.standard_normal(3),
        "1.running_var": rng.uniform(0.5, 2.0, 3),
        "5.weight": rng.standard_normal((3, 36)),
        "5.bias": rng.standard_normal(3),
    }


def practice_inputs(rng, sizes=(5, 6, 2)):
    """A network, images and labels in batches of unequal sizes."""
    return {
        "weights": small_network(rng),
        "images": rng.standard_normal((SAMPLES, 2, 4, 3)),
        "labels": rng.integers(0, 3, SAMPLES),
        "sizes": sizes,
    }


def trained(student, reference, inputs, names):
    """Compare what train_epochs returns with the reference's."""
    result, expected = student.train_epochs(**inputs), reference.train_epochs(**inputs)
    for name in names:
        assert_close(result[name], expected[name], **STEPS, label=name)
    for name, value in expected["state"].items():
        assert_close(result["state"][name], value, **STEPS, label=name)
    return result


def test_epoch_metrics(student, reference, rng):
    """Loss and accuracy of each epoch are means over samples, from the forward passes of training."""
    inputs = practice_inputs(rng) | {"settings": {"lr": 0.1}, "epochs": 2}
    result, expected = student.train_epochs(**inputs), reference.train_epochs(**inputs)
    for name in ("loss", "accuracy"):
        assert_close(result[name], expected[name], **STEPS, label=name)


def test_weights_after_epochs(student, reference, rng):
    """Weights and running statistics after two epochs with momentum, from a model in evaluation mode."""
    inputs = practice_inputs(rng) | {"settings": {"lr": 0.05, "momentum": 0.9}, "epochs": 2, "stale": 5.0}
    trained(student, reference, inputs, ["loss"])


@pytest.mark.parametrize("scale", [None, 65536.0], ids=["plain", "scaled"])
def test_clipped_steps(student, reference, rng, scale):
    """Gradients are clipped to a total norm over all parameters, after they were unscaled."""
    settings = {"lr": 1.0, "max_norm": 0.1} | ({"scale": scale} if scale else {})
    trained(student, reference, practice_inputs(rng) | {"settings": settings}, ["loss"])


def test_scale_of_gradients(student, reference, rng):
    """The scaler grows after three good steps; a step whose gradients overflow is left out and the scale halved."""
    good = practice_inputs(rng) | {"settings": {"lr": 0.1, "scale": 8.0}}
    trained(student, reference, good, ["scale"])
    overflow = practice_inputs(rng, (SAMPLES,)) | {"settings": {"lr": 0.1, "scale": 1e38}}
    overflow["images"] = 1e6 * overflow["images"].astype(np.float32)
    overflow["weights"] = {name: value.astype(np.float32) for name, value in overflow["weights"].items()}
    overflow["weights"]["5.weight"] = 1e4 * overflow["weights"]["5.weight"]
    result, expected = student.train_epochs(**overflow), reference.train_epochs(**overflow)
    assert_close(result["scale"], expected["scale"], rtol=1e-6, label="scale")
    changed = not np.array_equal(result["state"]["5.weight"], overflow["weights"]["5.weight"])
    assert_that(not changed, "a step was made with gradients that overflow")


def test_schedule(student, reference, rng):
    """The scheduler makes one step after each step of the optimiser."""
    trained(student, reference, practice_inputs(rng) | {"settings": {"lr": 0.3, "gamma": 0.5}, "epochs": 2}, ["lr"])


def test_bfloat16(student, rng):
    """With autocast_dtype the model computes in bfloat16, in training and evaluation, and its weights stay float32."""
    inputs = practice_inputs(rng)
    inputs["weights"] = {name: value.astype(np.float32) for name, value in inputs["weights"].items()}
    inputs["images"] = inputs["images"].astype(np.float32)
    result = student.train_epochs(**inputs, settings={"lr": 0.1, "bfloat16": True})
    assert_that(result["logits"] == "torch.bfloat16", "in training the logits are not bfloat16")
    assert_that(result["weights"] == "torch.float32", "the weights are not float32 any more")
    assert_that(np.isfinite(result["loss"]).all(), "the loss is not finite")
    for bfloat16, dtype in ((True, "torch.bfloat16"), (False, "torch.float32")):
        result = student.evaluated(**inputs, training=True, bfloat16=bfloat16)
        assert_that(result["logits"] == dtype, f"in evaluation the logits are not {dtype}")


@pytest.mark.parametrize("training", [True, False], ids=["from_training", "from_evaluation"])
def test_evaluation(student, reference, rng, training):
    """Metrics over all samples with the running statistics and without dropout; the model is as it was before."""
    inputs = practice_inputs(rng) | {"training": training, "dropout": 0.5}
    result, expected = student.evaluated(**inputs), reference.evaluated(**inputs)
    for name in ("loss", "accuracy"):
        assert_close(result[name], expected[name], **STEPS, label=name)
    assert_that(result["training"] == training, "the model is not in the mode in which it was before")
    assert_that(not result["graph"], "evaluation records a graph for gradients")
    assert_that(result["grad_enabled"], "after evaluation gradients are still switched off")
    for name, value in expected["state"].items():
        assert_that(np.array_equal(result["state"][name], value), f"evaluation has changed {name}")


@pytest.mark.parametrize("case", ["train_one_epoch", "evaluate", "too_many_stages", "negative"])
def test_impossible_calls_are_refused(student, rng, case):
    """ValueError for an epoch without a batch, and for a number of stages that there is not."""
    if case in ("train_one_epoch", "evaluate"):
        result = student.empty_epoch(weights=small_network(rng), function=case)
    else:
        result = student.impossible_unfreeze(backbone=stages(rng), count=-1 if case == "negative" else 4)
    assert_that(result["raised"] == "ValueError", "this call should raise ValueError")


# transfer


def stages(rng):
    """Weights of a backbone of three stages with 5 features."""
    weights = {}
    for number, (inputs, outputs) in enumerate([(1, 3), (3, 4), (4, 5)]):
        weights |= {
            f"{number}.0.weight": rng.standard_normal((outputs, inputs, 3, 3)),
            f"{number}.1.weight": rng.uniform(0.5, 1.5, outputs),
            f"{number}.1.running_mean": rng.standard_normal(outputs),
            f"{number}.1.running_var": rng.uniform(0.5, 2.0, outputs),
        }
    names = [f"{number}.{layer}.bias" for number in range(3) for layer in (0, 1)]
    return weights | {name: rng.standard_normal(len(weights[f"{name[0]}.1.weight"])) for name in names}


def transfer_inputs(rng, phases):
    """A backbone, a head for four classes and images."""
    return {
        "backbone": stages(rng),
        "head": {"weight": rng.standard_normal((4, 5)), "bias": rng.standard_normal(4)},
        "images": rng.standard_normal((9, 1, 6, 5)),
        "labels": rng.integers(0, 4, 9),
        "phases": phases,
    }


def phases_agree(result, expected):
    """Compare backbone and head after each phase with the reference's."""
    for number, (actual, right) in enumerate(zip(result["states"], expected["states"], strict=True), 1):
        for part in ("backbone", "head"):
            for name, value in right[part].items():
                assert_close(actual[part][name], value, **STEPS, label=f"{part} after phase {number}: {name}")


@pytest.mark.parametrize(("phase", "decay"), [(None, 0.0), (0, 0.1)], ids=["new", "with_weight_decay"])
def test_frozen_for_two_epochs(student, rng, phase, decay):
    """Weights and buffers of the frozen backbone are equal to the last bit after two epochs; the head has changed."""
    inputs = transfer_inputs(rng, [phase])
    result = student.fine_tune(**inputs, weight_decay=decay)
    state = result["states"][0]
    for name, value in inputs["backbone"].items():
        assert_that(np.array_equal(state["backbone"][name], value), f"{name} of the frozen backbone has changed")
    for name, value in inputs["head"].items():
        assert_that(not np.array_equal(state["head"][name], value), f"{name} of the head has not changed")


def test_frozen_statistics_are_used(student, reference, rng):
    """In training mode, too, frozen batch norm normalises with its running statistics."""
    inputs = transfer_inputs(rng, [0])
    result, expected = student.fine_tune(**inputs), reference.fine_tune(**inputs)
    assert_close(result["logits"], expected["logits"], **STEPS, label="logits in training")
    assert_close(result["final"], expected["final"], **STEPS, label="logits in evaluation")
    assert_that(result["head_shape"] == expected["head_shape"], "the new head does not have the right shape")


def test_learning_rates(student, reference, rng):
    """Head, last stage and earlier stages learn with their own rates."""
    inputs = transfer_inputs(rng, [3]) | {"rates": {"head_lr": 0.3, "backbone_lr": 0.05, "decay": 0.25}, "epochs": 1}
    phases_agree(student.fine_tune(**inputs), reference.fine_tune(**inputs))


@pytest.mark.parametrize("phases", [[0, 1, 2], [3, 1, 0]], ids=["unfrozen", "frozen_again"])
def test_gradual_unfreezing(student, reference, rng, phases):
    """The last stages learn first; a stage may be frozen again."""
    inputs = transfer_inputs(rng, phases)
    phases_agree(student.fine_tune(**inputs), reference.fine_tune(**inputs))


# augmentation


def test_flips(student, rng):
    """Each image is mirrored left to right or not, by itself, with probability p; the input is not changed."""
    images, seeds = rng.standard_normal((40, 2, 3, 4)), [int(seed) for seed in rng.integers(0, 2**31, 10)]
    for p in (0.5, 0.2):
        result = student.augmented(images=images, seeds=[*seeds, seeds[0]], function="random_flip", settings={"p": p})
        same = (result["images"] == images).all(axis=(2, 3, 4))
        mirrored = (result["images"] == images[..., ::-1]).all(axis=(2, 3, 4))
        assert_that((same ^ mirrored).all(), "an image is neither as it was nor mirrored left to right")
        # 400 draws: 0.15 is six standard deviations for p = 0.5 and more for 0.2, so a false alarm has 2e-9
        assert_that(abs(mirrored[:10].mean() - p) < 0.15, "the share of mirrored images is not p")
        # 400 draws of which none differs from its batch: below 2**-39 a batch for p = 0.5
        assert_that(p != 0.5 or mirrored[:10].any(axis=1).all(), "all images of a batch share one decision")
        assert_that(p != 0.5 or same[:10].any(axis=1).all(), "all images of a batch share one decision")
        assert_that(np.array_equal(mirrored[0], mirrored[10]), "the same generator seed gives other flips")
    assert_that(np.array_equal(result["given"], images), "random_flip has changed its input")


def windows(images, padding):
    """All crops of each image: (places, N, C, H, W)."""
    height, width = images.shape[2:]
    padded = np.pad(images, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    places = range(2 * padding + 1)
    return np.stack([padded[:, :, y : y + height, x : x + width] for y in places for x in places])


def test_crops(student, rng):
    """Each image is a window of itself with a border of zeros; every place occurs, each image has its own."""
    images, seeds = rng.standard_normal((100, 1, 5, 6)), [int(seed) for seed in rng.integers(0, 2**31, 10)]
    result = student.augmented(images=images, seeds=seeds, function="random_crop", settings={"padding": 2})
    found = (result["images"][:, None] == windows(images, 2)).all(axis=(3, 4, 5))  # (seeds, places, N)
    assert_that((found.sum(axis=1) == 1).all(), "an image is no window of the padded image")
    # 1000 draws from 25 places: one of them does not occur with probability 25 * 0.96**1000 = 5e-17
    assert_that(found.any(axis=(0, 2)).all(), "some places of the window never occur")
    # 100 images at one place: 25**-99
    assert_that((found.any(axis=2).sum(axis=1) > 1).all(), "all images of a batch are cut at the same place")
    assert_that(np.array_equal(result["given"], images), "random_crop has changed its input")


def test_augmentation_in_training_only(student, rng):
    """In training mode images are cropped and flipped, each epoch in another way; in evaluation mode they are not."""
    images, settings = rng.standard_normal((30, 2, 4, 5)), {"padding": 1, "p": 0.5}
    seeds = [int(seed) for seed in rng.integers(0, 2**31, 3)]
    still = student.augmented(images=images, seeds=seeds, function="Augment", settings=settings, training=False)
    assert_that((still["images"] == images).all(), "in evaluation mode the images are changed")
    moved = student.augmented(images=images, seeds=seeds, function="Augment", settings=settings)["images"]
    straight = (moved[:, None] == windows(images, 1)).all(axis=(3, 4, 5)).any(axis=1)
    mirrored = (moved[:, None] == windows(images, 1)[..., ::-1]).all(axis=(3, 4, 5)).any(axis=1)
    assert_that((straight | mirrored).all(), "an image is neither a crop nor a mirrored crop")
    # 90 flips of which none or all are made: 2**-89
    assert_that(straight.any() and mirrored.any(), "in training mode there are no flips")
    epochs = student.two_epochs(images=images, seed=seeds[0], settings=settings)["images"]
    # 30 images with 18 ways each are all the same twice: below 1e-30
    assert_that(not np.array_equal(*epochs), "two epochs have the same crops and flips")


@pytest.mark.parametrize("alpha", [0.05, 50.0], ids=["small_alpha", "large_alpha"])
def test_mixup(student, rng, alpha):
    """At most two images are mixed, labels as images, with weights from Beta(alpha, alpha)."""
    labels = rng.integers(0, 4, 12)
    seeds = [int(seed) for seed in rng.integers(0, 2**31, 40)]
    images = np.eye(12).reshape(12, 1, 3, 4)
    result = student.mixed(images=images, labels=labels, classes=4, alpha=alpha, seeds=[*seeds, seeds[0]])
    same = all(np.array_equal(result[name][0], result[name][40]) for name in ("images", "targets"))
    assert_that(same, "the same seed gives other images or targets: do all random numbers come from generator?")
    weights = result["images"][:40].reshape(40, 12, 12)
    assert_close(weights.sum(axis=2), np.ones((40, 12)), rtol=1e-6, label="sum of an image's weights")
    assert_that(((weights > 0).sum(axis=2) <= 2).all(), "more than two images are mixed")
    assert_close(result["targets"][:40], weights @ np.eye(4)[labels], rtol=0.0, atol=1e-6, label="targets")
    pairs = (weights > 0).sum(axis=2) == 2
    smaller = np.where(weights > 0, weights, 2.0).min(axis=2)
    if alpha > 1:
        assert_that(pairs.any(), "no image was mixed with another")
        # the weight has mean 1/2 and standard deviation 0.05: below 0.15 with probability 1e-13
        assert_that((smaller[pairs] > 0.15).all(), "the weights do not come from Beta(alpha, alpha)")
    else:
        # one weight is below 0.05 with probability 0.86; of 40 batches fewer than 10 with probability below 1e-12
        near = ((smaller < 0.05) | ~pairs).any(axis=1)
        assert_that(near.sum() >= 10, "the weights do not come from Beta(alpha, alpha)")


# checkpoints, seeds, TensorBoard


@pytest.mark.parametrize("epochs", [(1, 2), (2, 3)], ids=["after_one", "after_two"])
def test_resume(student, rng, epochs):
    """A resumed training is equal to the last bit to an undisturbed one; saving disturbs nothing."""
    inputs = practice_inputs(rng)
    del inputs["sizes"]
    result = student.resumed(**inputs, epochs=epochs)
    assert_that(result["epoch"] == epochs[0], "load_checkpoint does not return the number of finished epochs")
    for run in ("saving", "resumed"):
        for name in inputs["weights"]:
            same = np.array_equal(result["undisturbed"]["state"][name], result[run]["state"][name])
            assert_that(same, f"{name} is not as in an undisturbed training: {run}")
        for name in ("lr", "scale"):
            assert_that(result[run][name] == result["undisturbed"][name], f"{name} is not as undisturbed: {run}")
    loaded = student.resumed(**inputs, epochs=epochs, left_out=["scheduler", "scaler", "generator"])
    assert_that(loaded["epoch"] == epochs[0], "a checkpoint without scheduler, scaler and generator is not read")


def test_checkpoint_with_a_program(student, rng):
    """A file that holds a program is refused, and the program does not run."""
    result = student.hostile_checkpoint(weights=small_network(rng))
    assert_that(not result["ran"], "load_checkpoint ran a program that was in the file")
    assert_that(result["refused"], "load_checkpoint accepted a file that holds a program")


def test_best_checkpoint(student, rng):
    """The first of the best models is kept; NaN is never better; metrics may be negative."""
    metrics = -rng.uniform(1.0, 2.0, 6)
    metrics[2] = -0.5
    metrics[3] = np.nan
    metrics[4] = -0.5
    result = student.best_of(metrics=metrics, size=3)
    assert_close(result["kept"], np.full((1, 3), 2.0), rtol=1e-6, label="kept weights")  # float32
    bests = np.maximum.accumulate(np.nan_to_num(metrics, nan=-9.0))
    assert_close(result["bests"], bests, rtol=1e-12, label="best metric after each epoch")


def test_same_seed_same_numbers(student, rng):
    """random, numpy and torch repeat for a seed and differ between seeds, in the program and in workers."""
    one, two = (int(seed) for seed in rng.integers(1, 2**31, 2))
    draws = student.seeded(seeds=[one, two, one])["draws"]
    assert_that(np.array_equal(draws[0], draws[2]), "the same seed gives other numbers")
    assert_that((draws[0] != draws[1]).all(), "two seeds give the same numbers")
    draws = student.seeded_workers(base_seeds=[2**40 + one, 2**41 + two, 2**40 + one])["draws"]
    assert_that(np.array_equal(draws[0], draws[2]), "workers with the same seed give other numbers")
    assert_that((draws[0] != draws[1]).all(), "workers with other seeds give the same numbers")


def test_loader(student, rng):
    """Every sample once an epoch, in another order each epoch; the order depends on the loader's seed only."""
    seed = int(rng.integers(1, 2**31))
    settings = {"size": 23, "batch_size": 5, "seed": seed, "epochs": 2}
    result = student.loaded(**settings, disturbed=0)
    assert_that((np.sort(result["orders"]) == np.arange(23)).all(), "not every sample comes once an epoch")
    # two random orders of 23 samples are equal with probability 4e-23
    assert_that(not np.array_equal(*result["orders"]), "two epochs have the same order")
    again = student.loaded(**settings, disturbed=int(rng.integers(1, 2**31)))
    assert_that(np.array_equal(result["orders"], again["orders"]), "the order depends on the global generator")
    other = student.loaded(**(settings | {"seed": seed + 1}), disturbed=0)
    assert_that(not np.array_equal(result["orders"], other["orders"]), "two seeds give the same order")
    assert_that(result["worker_seeded"], "the loader's workers do not seed numpy")


def test_log_epoch(student, rng):
    """Scalars, histograms, images and graph of three epochs, and a flush at the end."""
    weights, images = small_network(rng), rng.random((3, 2, 4, 3))
    metrics = [{"train": {"loss": float(rng.random())}, "valid": {"f1": float(rng.random())}} for _ in range(3)]
    result = student.logged(weights=weights, images=images, metrics=metrics, epochs=3)
    scalars = {
        f"{part}/{name} {epoch}": value
        for epoch in range(3)
        for part, values in metrics[epoch].items()
        for name, value in values.items()
    }
    assert_that(dict(result["scalars"]) == scalars, "the scalars do not have the right tags, steps and values")
    names = {f"{name} {epoch}" for name in weights if "running" not in name for epoch in range(3)}
    assert_that(set(result["histograms"]) == names, "there should be a histogram for each parameter and epoch")
    kept = np.array_equal(result["histograms"]["5.weight 2"], weights["5.weight"])
    assert_that(kept, "the histogram of a parameter does not hold its values")
    assert_that(set(result["images"]) == {"images 0"}, "the images should be written once, in epoch 0")
    assert_that(np.array_equal(result["images"]["images 0"], images), "the images are not those that were given")
    assert_that(result["graphs"] == 1, "the graph should be written once")
    assert_that(result["flushed"] and not result["closed"], "at the end the writer is to be flushed, and stay open")


# ---- Budgets ----


@pytest.mark.needs("test_depthwise_separable")
def test_depthwise_in_time(student, reference, budget):
    """Forward and backward of DepthwiseSeparable with 128 channels stay within the limit of CPU time."""

    def inputs_of(rng):
        return {"x": rng.standard_normal((2, 128, 16, 16))}

    budget(student.depthwise_cost, reference.depthwise_cost, inputs_of)


@pytest.mark.needs("test_causal_conv")
def test_causal_conv_in_time(student, reference, budget):
    """Forward and backward of CausalConv1d over 1200 steps stay within the limit of CPU time."""

    def inputs_of(rng):
        return {
            "x": rng.standard_normal((3, 16, 1200)),
            "weight": rng.standard_normal((20, 16, 3)),
            "bias": rng.standard_normal(20),
            "dilation": int(rng.integers(2, 5)),
        }

    budget(student.causal_conv_cost, reference.causal_conv_cost, inputs_of)
