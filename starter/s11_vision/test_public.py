"""Tests that you can read and run: ``pytest s11_vision``."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that


# ---- Architectures ----

COUNTS = [
    pytest.param("AlexNet", {}, 60_965_224, id="alexnet"),
    pytest.param("VGG", {"config": "A"}, 132_863_336, id="vgg_a"),
    pytest.param("VGG", {"config": "D", "batch_norm": True}, 138_361_768, id="vgg_d_batch_norm"),
    pytest.param("GoogLeNet", {"auxiliary": False}, 6_998_552, id="googlenet"),
    pytest.param("resnet", {"depth": 18}, 11_689_512, id="resnet_18"),
    pytest.param("resnet", {"depth": 50}, 25_557_032, id="resnet_50"),
    pytest.param("resnet", {"depth": 18, "pre_activation": True}, 11_687_848, id="resnet_18_pre_activation"),
    pytest.param("UNet", {}, 31_036_546, id="unet"),
]


@pytest.mark.parametrize(("network", "settings", "expected"), COUNTS)
def test_numbers_of_parameters(student, network, settings, expected):
    """The number of parameters at the size of the paper, on the meta device."""
    result = student.sizes(network=network, settings=settings)

    assert_close(result, {"parameters": expected}, rtol=0.0)


@pytest.mark.parametrize(
    ("network", "settings", "shape", "expected"),
    [
        pytest.param("AlexNet", {}, [2, 3, 224, 224], [[2, 1000]], id="alexnet"),
        pytest.param("GoogLeNet", {}, [2, 3, 224, 224], [[2, 1000]] * 3, id="googlenet_in_training"),
        pytest.param("resnet", {"depth": 34, "num_classes": 7}, [2, 3, 224, 160], [[2, 7]], id="resnet_34"),
        pytest.param("UNet", {"num_classes": 5}, [2, 1, 50, 70], [[2, 5, 50, 70]], id="unet"),
    ],
)
def test_shapes_of_outputs(student, network, settings, shape, expected):
    """The shapes of the outputs in training, on the meta device."""
    result = student.sizes(network=network, settings=settings, shape=shape)

    assert_that(result["shapes"] == expected, f"the shapes of the outputs are not {expected}")


def test_local_response_norm_worked_example(student):
    """Three channels 1, 2 and 3 with n = 3, k = 1, alpha = 0.5, beta = 1."""
    settings = {"n": 3, "k": 1.0, "alpha": 0.5, "beta": 1.0}

    result = student.constant(
        network="LocalResponseNorm", settings=settings, x=np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1), value=0.0
    )

    # 1 / (1 + 0.5 * (1 + 4)), 2 / (1 + 0.5 * (1 + 4 + 9)), 3 / (1 + 0.5 * (4 + 9)); float64
    expected = np.array([1 / 3.5, 2 / 8, 3 / 7.5]).reshape(1, 3, 1, 1)
    assert_close(result, {"y": expected}, rtol=1e-10)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [0.0, 2.1012], id="relu_after_the_sum"),
        pytest.param({"pre_activation": True}, [-0.99, 2.0103], id="pre_activation"),
    ],
)
def test_block_worked_example(student, settings, expected):
    """Two images of one pixel, -1 and 2, in evaluation; every parameter is 0.1."""
    x = np.array([-1.0, 2.0]).reshape(2, 1, 1, 1)

    result = student.constant(network="Block", settings={"in_channels": 1, "width": 1} | settings, x=x, value=0.1)

    # by hand in spec.md without the eps of batch norm, which changes the sixth digit
    assert_close(result, {"y": np.array(expected).reshape(2, 1, 1, 1)}, rtol=0.0, atol=1e-5)


def test_squeeze_and_excitation_worked_example(student):
    """Two channels with means 1 and 3, one hidden unit, every parameter 0.5."""
    x = np.array([[[[0.0, 2.0]], [[3.0, 3.0]]]])

    result = student.constant(network="SqueezeExcitation", settings={"channels": 2, "reduction": 2}, x=x, value=0.5)

    # hidden 0.5 * 1 + 0.5 * 3 + 0.5 = 2.5; gate 1 / (1 + exp(-(0.5 * 2.5 + 0.5)))
    assert_close(result, {"y": x / (1 + np.exp(-1.75))}, rtol=1e-10)


def test_dice_worked_example(student):
    """One image of two pixels and two classes, probabilities 0.8 and 0.2, then 0.4 and 0.6; the classes are 0 and 1."""
    logits = np.log(np.array([[[[0.8, 0.4]], [[0.2, 0.6]]]]))
    target = np.array([[[0, 1]]])

    result = student.loss(name="dice_loss", outputs=[logits], target=target, settings={})

    # class 0: (2 * 0.8 + 1) / (1.2 + 1 + 1); class 1: (2 * 0.6 + 1) / (0.8 + 1 + 1)
    assert_close(result["value"], 1 - (2.6 / 3.2 + 2.2 / 2.8) / 2, rtol=1e-10)


# ---- Beyond 2-D ----


def test_causal_conv_worked_example(student):
    """The worked example of the specification: kernel (10, 1), dilation 2 and bias 0.5 on 1, 2, 3, 4."""
    result = student.beyond_2d_output(
        kind="CausalConv1d",
        settings={"in_channels": 1, "out_channels": 1, "kernel_size": 2, "dilation": 2},
        weights=[np.array([[[10.0, 1.0]]]), np.array([0.5])],
        x=np.array([[[1.0, 2.0, 3.0, 4.0]]]),
    )
    # small whole numbers and halves are exact
    assert_close(result["output"], np.array([[[1.5, 2.5, 13.5, 24.5]]]), rtol=1e-12, label="output")


def test_receptive_field_worked_example(student):
    """Kernel sizes 3, 3, 2 with dilations 1, 2, 4 see 11 steps."""
    result = student.stack_receptive_field(kernel_sizes=[3, 3, 2], dilations=[1, 2, 4])
    assert_that(result["steps"] == 11, f"receptive_field([3, 3, 2], [1, 2, 4]) is 11, not {result['steps']}")


def test_mid_channels_worked_example(student):
    """From 3 to 8 channels with kernel size 3 there are 12 channels in the middle."""
    result = student.middle_channels(in_channels=3, out_channels=8)
    assert_that(result["channels"] == 12, f"mid_channels(3, 8) is 12, not {result['channels']}")


# ---- Practice ----


LN = np.log
# the convolution gives 0 everywhere, so the logits are the last layer's bias
CONSTANT = {
    "0.weight": np.zeros((2, 1, 3, 3)),
    "0.bias": np.zeros(2),
    "5.weight": np.zeros((2, 2 * 4)),
    "5.bias": np.zeros(2),
}


def practice_backbone(rng):
    """Random weights of three stages, float64."""
    weights = {}
    for number, (inputs, outputs) in enumerate([(1, 3), (3, 4), (4, 5)]):
        weights[f"{number}.0.weight"] = rng.standard_normal((outputs, inputs, 3, 3))
        weights[f"{number}.1.running_mean"] = rng.standard_normal(outputs)
        weights[f"{number}.1.running_var"] = rng.uniform(0.5, 2.0, outputs)
    return weights


def test_evaluate_worked_example(student):
    """Loss and accuracy of 5 samples in batches of 4 and 1: each sample counts the same."""
    weights = CONSTANT | {"5.bias": np.array([LN(3.0), 0.0])}  # probabilities 3/4 and 1/4
    labels = np.array([0, 0, 0, 0, 1])

    result = student.evaluated(
        weights=weights, images=np.ones((5, 1, 2, 2)), labels=labels, sizes=(4, 1), training=True, dropout=0.5
    )

    assert_close(result["loss"], (4 * LN(4 / 3) + LN(4.0)) / 5, rtol=1e-9, label="loss")  # a few float64 operations
    assert_close(result["accuracy"], 0.8, rtol=1e-12, label="accuracy")
    assert_that(result["training"], "evaluate left a model in evaluation mode that was in training mode before")


@pytest.mark.parametrize(
    ("settings", "bias"),
    [
        pytest.param({"lr": 1.0}, [0.5, -0.5], id="plain"),
        # the gradient has norm 1/sqrt(2); clipped to 0.1 it is 0.1 / sqrt(2) for each class
        pytest.param({"lr": 1.0, "max_norm": 0.1}, [0.1 / np.sqrt(2), -0.1 / np.sqrt(2)], id="clipped"),
        pytest.param({"lr": 1.0, "max_norm": 0.1, "scale": 1024.0}, [0.1 / np.sqrt(2), -0.1 / np.sqrt(2)], id="scaled"),
    ],
)
def test_step_worked_example(student, settings, bias):
    """One step of SGD from logits 0, for two samples of class 0; old gradients have no effect."""
    result = student.train_epochs(
        weights=CONSTANT,
        images=np.ones((2, 1, 2, 2)),
        labels=np.array([0, 0]),
        sizes=(2,),
        settings=settings,
        stale=3.0,
    )

    # torch adds 1e-6 to the norm, which changes the result by a factor of 1 - 1.4e-6
    assert_close(result["state"]["5.bias"], np.array(bias), rtol=1e-5, label="bias of the last layer")
    assert_close(result["loss"], np.array([LN(2.0)]), rtol=1e-9, label="loss")


def test_frozen_backbone(student, rng):
    """After two epochs the frozen backbone's weights and running statistics are the same to the last bit."""
    weights = practice_backbone(rng)
    head = {"weight": rng.standard_normal((3, 5)), "bias": rng.standard_normal(3)}

    result = student.fine_tune(
        backbone=weights, head=head, images=rng.standard_normal((6, 1, 5, 4)), labels=np.arange(6) % 3, phases=[None]
    )

    state = result["states"][0]
    for name, value in weights.items():
        assert_that(np.array_equal(value, state["backbone"][name]), f"{name} of the frozen backbone has changed")
    assert_that(not np.array_equal(head["weight"], state["head"]["weight"]), "the head has not learnt anything")
    assert_that(result["same_backbone"], "model.backbone is not the backbone that was given")


def test_flips_are_mirrored_images(student, rng):
    """Each image comes back as it was or mirrored left to right; p = 0 and p = 1 leave no choice."""
    images = rng.standard_normal((5, 2, 3, 4))
    for p in (0.0, 1.0):
        result = student.augmented(images=images, seeds=[1, 2], function="random_flip", settings={"p": p})
        for flipped in result["images"]:
            expected = images[..., ::-1] if p else images
            assert_that(np.array_equal(flipped, expected), f"with p = {p:.0f} not the right images are mirrored")


def test_mixup_mixes_labels_as_images(student):
    """Each row of the targets has the weights with which the images were mixed."""
    images = np.eye(8).reshape(8, 1, 2, 4)  # so that a mixed image shows the weights
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    result = student.mixed(images=images, labels=labels, classes=3, alpha=1.0, seeds=[1, 2, 3])

    for mixed, targets in zip(result["images"], result["targets"], strict=True):
        # sums of a few float64 numbers
        assert_close(targets, mixed.reshape(8, 8) @ np.eye(3)[labels], rtol=0.0, atol=1e-6, label="targets")


def test_resumed_training(student, rng):
    """Two epochs, a checkpoint, and two more epochs in a fresh state are as four epochs without a stop."""
    weights = {
        "0.weight": rng.standard_normal((2, 1, 3, 3)),
        "0.bias": rng.standard_normal(2),
        "5.weight": rng.standard_normal((3, 2 * 6)),
        "5.bias": rng.standard_normal(3),
    }
    result = student.resumed(
        weights=weights, images=rng.standard_normal((10, 1, 2, 3)), labels=np.arange(10) % 3, epochs=(2, 2)
    )

    for name in weights:
        same = np.array_equal(result["undisturbed"]["state"][name], result["resumed"]["state"][name])
        assert_that(same, f"after the checkpoint {name} is not as without a stop")


def test_log_epoch_worked_example(student, rng):
    """Tags, steps and values of two epochs; images and graph in the first epoch only."""
    images = rng.random((2, 1, 2, 2))
    metrics = [{"train": {"loss": 0.9, "accuracy": 0.5}}, {"train": {"loss": 0.7, "accuracy": 0.6}}]
    result = student.logged(weights=CONSTANT, images=images, metrics=metrics, epochs=2)

    scalars = {"train/loss 0": 0.9, "train/accuracy 0": 0.5, "train/loss 1": 0.7, "train/accuracy 1": 0.6}
    assert_that(dict(result["scalars"]) == scalars, "the scalars do not have the tags, steps and values of the example")
    assert_that(set(result["images"]) == {"images 0"}, "the images should be written once, with the tag images, step 0")
    assert_that(result["graphs"] == 1, "the graph should be written once, in epoch 0")
    assert_that("0.weight 1" in result["histograms"], "there is no histogram 0.weight with step 1")
