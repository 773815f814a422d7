"""Hidden tests of s06_normalisation: other shapes, long runs, changes of mode, and properties without a reference."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# a few dozen float64 operations on numbers of order one; every known mistake is off by more than 1e-3
EXACT = {"rtol": 1e-9, "atol": 1e-10}

BATCH_NORMS = [
    pytest.param("BatchNorm1d", (7, 5), id="rows"),
    pytest.param("BatchNorm1d", (4, 5, 3), id="sequences"),
    pytest.param("BatchNorm2d", (3, 5, 4, 2), id="images"),
]
LAYER_NORMS = [
    pytest.param(6, (4, 6), id="rows"),
    pytest.param(6, (2, 3, 6), id="sequences"),
    pytest.param([4, 6], (3, 4, 6), id="two_axes"),
    pytest.param([3, 4, 6], (2, 3, 4, 6), id="images"),
    pytest.param(6, (6,), id="one_vector"),
]
GROUP_NORMS = [
    pytest.param(2, (5, 6), id="rows"),
    pytest.param(3, (4, 6, 5), id="sequences"),
    pytest.param(2, (3, 6, 4, 5), id="images"),
]
# one of each kind: how it is made, an x that it takes, and the shape of its weight
ONE_OF_EACH = [
    pytest.param("BatchNorm1d", {"num_features": 5}, (7, 5), (5,), id="BatchNorm1d"),
    pytest.param("BatchNorm2d", {"num_features": 5}, (3, 5, 4, 2), (5,), id="BatchNorm2d"),
    pytest.param("LayerNorm", {"normalized_shape": 6}, (2, 3, 6), (6,), id="LayerNorm"),
    pytest.param("GroupNorm", {"num_groups": 2, "num_channels": 6}, (3, 6, 4, 5), (6,), id="GroupNorm"),
]


def order_one(rng, shape):
    """Random values with means, spreads and signs of order one, different along every axis."""
    x = rng.standard_normal(shape)
    for axis, size in enumerate(shape):
        along = [1] * len(shape)
        along[axis] = size
        x = x * rng.uniform(0.6, 1.5, along) + rng.uniform(-1.0, 1.0, along)
    return x


def affine(rng, shape):
    """A weight between 0.5 and 2 of either sign, and a bias."""
    return {
        "weight": rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape),
        "bias": rng.uniform(-2.0, 2.0, shape),
    }


def statistics(rng, channels):
    """Running statistics of order one."""
    return {"mean": rng.uniform(-2.0, 2.0, channels), "var": rng.uniform(0.5, 3.0, channels)}


# batch normalisation


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_batch_norm_output(student, reference, rng, layer, shape):
    """BatchNorm's output in training, with an eps large enough to matter (Ioffe & Szegedy 2015, algorithm 1)."""
    inputs = {"layer": layer, "settings": {"num_features": 5, "eps": 0.1}, "x": order_one(rng, shape)}
    inputs |= affine(rng, 5)
    assert_close(student.forward(**inputs), reference.forward(**inputs), **EXACT)


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_running_statistics_over_many_batches(student, rng, layer, shape):
    """Running mean and variance after each of 30 batches of different sizes, with momentum 0.1 and 0.3."""
    batches = [order_one(rng, (size, *shape[1:])) for size in rng.integers(2, 9, 30)]
    for momentum in (None, 0.3):
        settings = {"num_features": 5} | ({} if momentum is None else {"momentum": momentum})
        result = student.running_statistics(layer=layer, settings=settings, batches=batches)
        share, mean, var = momentum or 0.1, np.zeros(5), np.ones(5)
        means, variances = [], []
        for x in batches:
            columns = np.moveaxis(x, 1, 0).reshape(5, -1)
            mean = mean + share * (columns.mean(axis=1) - mean)
            var = var + share * (columns.var(axis=1, ddof=1) - var)
            means.append(mean)
            variances.append(var)
        expected = {"running_mean": np.stack(means), "running_var": np.stack(variances)}
        # rounding does not grow: each batch reduces the influence of the earlier ones
        assert_close(result, expected, **EXACT)


def test_running_variance_is_unbiased(student, rng):
    """With momentum 1 the running variance is that of the last batch, divided by n - 1; the batch has two rows."""
    x = order_one(rng, (2, 5))

    result = student.running_statistics(layer="BatchNorm1d", settings={"num_features": 5, "momentum": 1.0}, batches=[x])

    expected = {"running_mean": x.mean(axis=0)[None], "running_var": ((x[0] - x[1]) ** 2 / 2)[None]}
    assert_close(result, expected, **EXACT)


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_evaluation_uses_the_running_statistics(student, rng, layer, shape):
    """In evaluation y = weight * (x - running_mean) / sqrt(running_var + eps) + bias, for any batch."""
    running, x, given = statistics(rng, 5), order_one(rng, shape), affine(rng, 5)

    result = student.forward(
        layer=layer, settings={"num_features": 5, "eps": 0.1}, x=x, running=running, mode="eval", **given
    )

    channels = np.moveaxis(x, 1, -1)
    expected = given["weight"] * (channels - running["mean"]) / np.sqrt(running["var"] + 0.1) + given["bias"]
    assert_close(result["y"], np.moveaxis(expected, -1, 1), **EXACT, label="y")


def test_evaluation_changes_no_running_statistics(student, rng):
    """A forward in evaluation does not change running_mean and running_var."""
    running = statistics(rng, 5)
    steps = [{"mode": "eval"}, *({"x": order_one(rng, (4, 5))} for _ in range(3))]

    result = student.sequence(layer="BatchNorm1d", settings={"num_features": 5}, steps=steps, running=running)

    for name in ("mean", "var"):
        found = np.stack(result[f"running_{name}"])
        assert_close(found, np.stack([running[name]] * 3), rtol=1e-12, label=f"running_{name}")  # nothing is computed


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_train_and_eval_in_turn(student, reference, rng, layer, shape):
    """Forward and backward through training, evaluation and training again, each with its own statistics."""
    steps = []
    for mode in ("train", "train", "eval", "train", "eval", "eval", "train"):
        steps += [{"mode": mode}, {"x": order_one(rng, shape)}, {"grad_output": rng.standard_normal(shape)}]
    inputs = {"layer": layer, "settings": {"num_features": 5, "eps": 0.1}, "steps": steps, **affine(rng, 5)}
    assert_close(student.sequence(**inputs), reference.sequence(**inputs), **EXACT)


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_batch_norm_gradient_of_input(student, reference, rng, layer, shape):
    """The gradient of the input in training also goes through the mean and the variance of the batch."""
    inputs = {"layer": layer, "settings": {"num_features": 5, "eps": 0.1}, "x": order_one(rng, shape)}
    inputs |= affine(rng, 5) | {"grad_output": rng.standard_normal(shape)}
    result, expected = student.forward_backward(**inputs), reference.forward_backward(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_input"])
    # adding a constant to a whole channel changes nothing, so its gradients sum to 0; rounding only
    sums = np.moveaxis(result["grad_input"], 1, 0).reshape(5, -1).sum(axis=1)
    assert_close(sums, np.zeros(5), rtol=0.0, atol=1e-10, label="sum of grad_input over each channel")


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_batch_norm_gradients_of_parameters(student, reference, rng, layer, shape):
    """The gradients of weight and bias are sums over the batch and the pixels, one number for each channel."""
    inputs = {"layer": layer, "settings": {"num_features": 5, "eps": 0.1}, "x": order_one(rng, shape)}
    inputs |= affine(rng, 5) | {"grad_output": rng.standard_normal(shape)}
    result, expected = student.forward_backward(**inputs), reference.forward_backward(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_weight", "grad_bias"])


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
def test_gradients_add_up(student, rng, layer, settings, shape, of_weight):
    """Two forward and backward passes add up their gradients; zero_grad sets the earlier ones to zero."""
    inputs = {"layer": layer, "settings": settings, **affine(rng, of_weight)}
    passes = [{"x": order_one(rng, shape), "grad_output": rng.standard_normal(shape)} for _ in range(3)]
    steps = [{name: value} for one in passes for name, value in one.items()]
    steps.insert(2, {"zero_grad": True})  # after the first backward

    together = student.sequence(steps=steps, **inputs)
    alone = [student.forward_backward(**one, **inputs) for one in passes[1:]]

    for name in ("grad_weight", "grad_bias"):
        # one rounding
        assert_close(together[name], alone[0][name] + alone[1][name], rtol=1e-12, atol=1e-13, label=name)


@pytest.mark.parametrize(("layer", "shape"), BATCH_NORMS)
def test_backward_in_evaluation(student, rng, layer, shape):
    """After a forward in evaluation the statistics are constants: the gradients are those of a scale and a shift."""
    running, x, given = statistics(rng, 5), order_one(rng, shape), affine(rng, 5)
    grad_output = rng.standard_normal(shape)

    result = student.forward_backward(
        layer=layer,
        settings={"num_features": 5, "eps": 0.1},
        x=x,
        grad_output=grad_output,
        running=running,
        mode="eval",
        **given,
    )

    grad, std = np.moveaxis(grad_output, 1, -1), np.sqrt(running["var"] + 0.1)
    rows = (grad * (np.moveaxis(x, 1, -1) - running["mean"]) / std).reshape(-1, 5)
    expected = {
        "grad_input": np.moveaxis(grad * given["weight"] / std, -1, 1),
        "grad_weight": rows.sum(axis=0),
        "grad_bias": grad.reshape(-1, 5).sum(axis=0),
    }
    assert_close(result, expected, **EXACT, names=expected)


def test_backward_belongs_to_its_forward(student, reference, rng):
    """A change of mode between forward and backward does not change the gradients."""
    shape = (6, 5)
    steps = [
        {"mode": "train"},
        {"x": order_one(rng, shape)},
        {"mode": "eval"},
        {"grad_output": rng.standard_normal(shape)},  # of the forward in training
        {"x": order_one(rng, shape)},
        {"mode": "train"},
        {"grad_output": rng.standard_normal(shape)},  # of the forward in evaluation
    ]
    # momentum 0: the running statistics do not change
    inputs = {"layer": "BatchNorm1d", "settings": {"num_features": 5, "eps": 0.1, "momentum": 0.0}, "steps": steps}
    inputs |= affine(rng, 5) | {"running": statistics(rng, 5)}
    result, expected = student.sequence(**inputs), reference.sequence(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_input"])


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        pytest.param("BatchNorm1d", (1, 5), id="rows"),
        pytest.param("BatchNorm1d", (1, 5, 1), id="sequences"),
        pytest.param("BatchNorm2d", (1, 5, 1, 1), id="images"),
    ],
)
def test_one_value_a_channel_is_refused_in_training(student, rng, layer, shape):
    """In training one value per channel has no variance: forward raises ValueError."""
    result = student.refused(layer=layer, settings={"num_features": 5}, x=rng.standard_normal(shape))
    assert_that(result["raised"], "one value per channel in training should raise ValueError, and nothing was raised")


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_batch_of_one_image(student, rng, mode):
    """One image with several pixels gives the same result as the same pixels in several images, in both modes."""
    x, grad_output = order_one(rng, (1, 5, 3, 2)), rng.standard_normal((1, 5, 3, 2))
    inputs = {"layer": "BatchNorm2d", "settings": {"num_features": 5, "eps": 0.1}, "mode": mode}
    inputs |= affine(rng, 5) | {"running": statistics(rng, 5)}

    one = student.forward_backward(x=x, grad_output=grad_output, **inputs)
    six = student.forward_backward(x=pixels_as_images(x), grad_output=pixels_as_images(grad_output), **inputs)

    expected = {"y": pixels_as_images(one["y"]), "grad_input": pixels_as_images(one["grad_input"])}
    assert_close(six, expected, **EXACT, names=expected)
    assert_close(six, one, **EXACT, names=["grad_weight", "grad_bias"])


def pixels_as_images(image):
    """The pixels of one image (1, C, H, W) as images of one pixel each, (H * W, C, 1, 1)."""
    return image[0].reshape(image.shape[1], -1).T[:, :, None, None]


# layer and group normalisation


@pytest.mark.parametrize(("normalized_shape", "shape"), LAYER_NORMS)
def test_layer_norm_output(student, reference, rng, normalized_shape, shape):
    """LayerNorm's output over one, two or three last axes (Ba, Kiros & Hinton 2016, section 3)."""
    inputs = {"layer": "LayerNorm", "settings": {"normalized_shape": normalized_shape, "eps": 0.1}}
    inputs |= affine(rng, normalized_shape) | {"x": order_one(rng, shape)}
    assert_close(student.forward(**inputs), reference.forward(**inputs), **EXACT)


@pytest.mark.parametrize(("normalized_shape", "shape"), LAYER_NORMS)
def test_layer_norm_gradients(student, reference, rng, normalized_shape, shape):
    """LayerNorm's gradients of x, weight and bias; those of the parameters are sums over the leading axes."""
    inputs = {"layer": "LayerNorm", "settings": {"normalized_shape": normalized_shape, "eps": 0.1}}
    inputs |= affine(rng, normalized_shape) | {"x": order_one(rng, shape), "grad_output": rng.standard_normal(shape)}
    result, expected = student.forward_backward(**inputs), reference.forward_backward(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_input", "grad_weight", "grad_bias"])


@pytest.mark.parametrize(("num_groups", "shape"), GROUP_NORMS)
def test_group_norm_output(student, reference, rng, num_groups, shape):
    """GroupNorm's output for rows, sequences and images (Wu & He 2018, section 3)."""
    inputs = {"layer": "GroupNorm", "settings": {"num_groups": num_groups, "num_channels": 6, "eps": 0.1}}
    inputs |= affine(rng, 6) | {"x": order_one(rng, shape)}
    assert_close(student.forward(**inputs), reference.forward(**inputs), **EXACT)


@pytest.mark.parametrize(("num_groups", "shape"), GROUP_NORMS)
def test_group_norm_gradients(student, reference, rng, num_groups, shape):
    """GroupNorm's gradients of x, weight and bias; parameters have one number for each channel, not for each group."""
    inputs = {"layer": "GroupNorm", "settings": {"num_groups": num_groups, "num_channels": 6, "eps": 0.1}}
    inputs |= affine(rng, 6) | {"x": order_one(rng, shape), "grad_output": rng.standard_normal(shape)}
    result, expected = student.forward_backward(**inputs), reference.forward_backward(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_input", "grad_weight", "grad_bias"])


def test_one_group_is_layer_norm_and_six_are_single_channels(student, rng):
    """GroupNorm with one group normalises a whole sample; with as many groups as channels, each channel alone."""
    x = order_one(rng, (3, 6, 4, 5))
    for num_groups, axes in ((1, (1, 2, 3)), (6, (2, 3))):
        settings = {"num_groups": num_groups, "num_channels": 6, "affine": False}
        y = student.forward(layer="GroupNorm", settings=settings, x=x)["y"]
        expected = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)
        assert_close(y, expected, **EXACT, label=f"y with {num_groups} of 6 groups")


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH[2:])
def test_samples_do_not_see_each_other(student, rng, layer, settings, shape, of_weight):
    """LayerNorm and GroupNorm give a sample the same output alone, in a batch, in training and in evaluation."""
    x, given = order_one(rng, shape), affine(rng, of_weight)

    together = student.forward(layer=layer, settings=settings, x=x, **given)["y"]
    evaluated = student.forward(layer=layer, settings=settings, x=x, mode="eval", **given)["y"]
    alone = student.forward(layer=layer, settings=settings, x=x[:1], **given)["y"]

    # the same sums, perhaps in another order
    assert_close(evaluated, together, rtol=1e-9, atol=1e-10, label="y in evaluation, against that in training")
    assert_close(alone, together[:1], rtol=1e-9, atol=1e-10, label="y of a sample alone, against that in its batch")


# what holds for all of them


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_eps_is_in_units_of_the_variance(student, rng, layer, settings, shape, of_weight, mode):
    """An x 1,000 times smaller gives the same output with an eps 1,000,000 times smaller: 1e-5, the default, for 10."""
    x, running, small = rng.standard_normal(shape), None, None
    if layer.startswith("BatchNorm"):
        running = statistics(rng, 5)
        small = {"mean": 1e-3 * running["mean"], "var": 1e-6 * running["var"]}
    inputs = {"layer": layer, "mode": mode, **affine(rng, of_weight)}

    y = student.forward(settings=settings | {"eps": 10.0}, x=x, running=running, **inputs)["y"]
    y_small = student.forward(settings=settings, x=1e-3 * x, running=small, **inputs)["y"]

    # float64 rounding only; eps outside the root, or another default, is off by a factor of 2 and more
    assert_close(y_small, y, rtol=1e-8, atol=1e-9, label="y with the default eps, against that with eps = 10")


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
def test_large_means_cost_no_digits(student, rng, layer, settings, shape, of_weight):
    """Adding ten million to every input does not change the output: compute the variance from differences."""
    x = rng.integers(-8, 9, shape) / 4.0  # multiples of 1/4 can be moved by 1e7 without rounding
    given = affine(rng, of_weight)

    near = student.forward(layer=layer, settings=settings, x=x, **given)["y"]
    far = student.forward(layer=layer, settings=settings, x=x + 1e7, **given)["y"]

    # the mean of numbers near 1e7 is rounded by 1e-9 or so; E[x^2] - E[x]^2 is off by 1e-2 and more
    assert_close(far, near, rtol=0.0, atol=1e-6, label="y of x + 1e7, against that of x")


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
def test_float32_in_float32_out(student, rng, layer, settings, shape, of_weight):
    """For x in float32, y and grad_input are float32 too, and agree with those for float64 to seven digits."""
    inputs = {"layer": layer, "settings": settings | {"eps": 0.1}, **affine(rng, of_weight)}
    narrow = {
        "x": order_one(rng, shape).astype(np.float32),
        "grad_output": rng.standard_normal(shape).astype(np.float32),
    }
    wide = {name: values.astype(np.float64) for name, values in narrow.items()}

    result, exact = student.forward_backward(**narrow, **inputs), student.forward_backward(**wide, **inputs)

    expected = {name: exact[name].astype(np.float32) for name in ("y", "grad_input")}
    # all may have been done in float32: some 1e-7 in each of 40 terms of a sum
    assert_close(result, expected, rtol=1e-4, atol=1e-4, names=expected, dtype=True)


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
def test_without_weight_and_bias(student, rng, layer, settings, shape, of_weight):
    """Without weight and bias there are no parameters; y and grad_input are as with weights of 1 and biases of 0."""
    switch = {("elementwise_affine" if layer == "LayerNorm" else "affine"): False}
    held = student.fresh(layer=layer, settings=settings | switch)
    assert_that(held["parameters"] == 0, "without weight and bias parameters() should yield nothing")
    inputs = {"layer": layer, "x": order_one(rng, shape), "grad_output": rng.standard_normal(shape)}

    without = student.forward_backward(settings=settings | switch, **inputs)
    neutral = student.forward_backward(settings=settings, weight=np.ones(of_weight), bias=np.zeros(of_weight), **inputs)

    # the same but for products with 1 and sums with 0
    assert_close(without, neutral, rtol=1e-10, atol=1e-12, names=["y", "grad_input"])


@pytest.mark.parametrize(
    ("layer", "settings", "shape"),
    [
        pytest.param("BatchNorm1d", {"num_features": 5}, (4, 5, 3, 2), id="BatchNorm1d_of_images"),
        pytest.param("BatchNorm2d", {"num_features": 5}, (4, 5), id="BatchNorm2d_of_rows"),
        pytest.param("BatchNorm1d", {"num_features": 5}, (4, 1), id="BatchNorm1d_of_one_channel"),
        pytest.param("LayerNorm", {"normalized_shape": [4, 6]}, (4, 1, 6), id="LayerNorm"),
        pytest.param("GroupNorm", {"num_groups": 2, "num_channels": 6}, (4, 8), id="GroupNorm"),
        pytest.param(
            "GroupNorm", {"num_groups": 2, "num_channels": 6, "affine": False}, (4, 8), id="GroupNorm_without_affine"
        ),
        pytest.param("GroupNorm", {"num_groups": 4, "num_channels": 6}, None, id="GroupNorm_of_unequal_groups"),
    ],
)
def test_wrong_shapes_are_refused(student, rng, layer, settings, shape):
    """An x of the wrong shape, and groups that do not divide the channels, raise ValueError."""
    x = None if shape is None else rng.standard_normal(shape)
    result = student.refused(layer=layer, settings=settings, x=x)
    assert_that(result["raised"], "the shapes do not fit, and no ValueError was raised")


@pytest.mark.parametrize(("layer", "settings", "shape", "of_weight"), ONE_OF_EACH)
def test_arguments_are_left_alone(student, rng, layer, settings, shape, of_weight):
    """Forward and backward change neither x, grad_output, the weights, nor the output returned before."""
    result = student.leaves_alone(
        layer=layer,
        settings=settings,
        x=order_one(rng, shape),
        grad_output=rng.standard_normal(shape),
        **affine(rng, of_weight),
    )
    for name, same in result.items():
        assert_that(same, f"{name} was changed: work on a copy")


def test_network_with_batch_norm(student, reference, rng):
    """A network with BatchNorm, trained for 25 steps: the losses in training, and in evaluation after each step."""
    inputs = {
        "weights": [rng.standard_normal((5, 3)), rng.standard_normal((2, 5))],
        "biases": [rng.standard_normal(5), rng.standard_normal(2)],
        "batches": [order_one(rng, (8, 3)) for _ in range(25)],
        "x_test": order_one(rng, (9, 3)),
        "target_test": rng.standard_normal((9, 2)),
        "targets": [rng.standard_normal((8, 2)) for _ in range(25)],
        "lr": 0.02,
    }
    # 25 steps of rounding stay below 1e-12
    assert_close(student.training_curve(**inputs), reference.training_curve(**inputs), rtol=1e-7)
