"""Hidden tests of s07_dropout: bounds that hold for any correct random numbers, and exact values for all the rest.

The layers draw from generators with seeds of the test's, so a mark can be made again. The seeds differ from run to run,
and the comment at each random bound gives how often correct code would fail it.
"""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# a few dozen float64 operations on numbers of order one; every known mistake is off by more than 1e-3
EXACT = {"rtol": 1e-9, "atol": 1e-11}
FALSE_FAIL_RATE = 1e-6  # of a test, all its cases together

LAYERS = pytest.mark.parametrize("layer", ["Dropout", "Dropout2d"])


def nowhere_zero(rng, shape):
    """Random values between 0.5 and 2 of either sign: a 0 in the output has been dropped."""
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def seed_of(rng):
    """A seed for the layer's own generator."""
    return int(rng.integers(2**31))


def is_binomial(successes, trials, probability, false_fail_rate):
    """Whether a count is within the Chernoff bound of a binomial distribution.

    The probability of a share of q or beyond (on the side of q) is at most exp(-trials * KL(q || p))
    (Hoeffding 1963, theorem 1), and there are two sides.
    """
    q = successes / trials
    divergence = sum(
        share * np.log(share / expected)
        for share, expected in ((q, probability), (1 - q, 1 - probability))
        if share > 0
    )
    return bool(trials * divergence <= np.log(2 / false_fail_rate))


# dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8], ids=str)
def test_keep_rate(student, rng, p):
    """Of 24,000 elements a share of about 1 - p is kept, within a bound that correct code misses once in a million."""
    kept = student.kept(layer="Dropout", p=p, shape=[1, 24000], seed=seed_of(rng), forwards=1)["kept"]
    # at p = 0.5 the bound is at 1.8 % either side
    assert_that(
        is_binomial(kept.sum(), kept.size, 1 - p, FALSE_FAIL_RATE / 4),
        f"with p = {p} the share of elements kept is far from {1 - p:g}",
    )


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8], ids=str)
def test_keep_rate_of_channels(student, rng, p):
    """Of 4,800 channels a share of about 1 - p is kept, within a bound that correct code misses once in a million."""
    kept = student.kept(layer="Dropout2d", p=p, shape=[1, 4800, 2, 3], seed=seed_of(rng), forwards=1)["kept"]
    channels = kept.any(axis=(3, 4))
    # at p = 0.5 the bound is at 4 % either side
    assert_that(
        is_binomial(channels.sum(), channels.size, 1 - p, FALSE_FAIL_RATE / 4),
        f"with p = {p} the share of channels kept is far from {1 - p:g}",
    )


@LAYERS
@pytest.mark.parametrize("p", [0.1, 0.3, 0.8, None], ids=["p_0.1", "p_0.3", "p_0.8", "default_p"])
def test_scale(student, rng, layer, p):
    """Elements that are kept are divided by 1 - p, and the default of p is 0.5."""
    x, grad_output = nowhere_zero(rng, (40, 10, 2, 3)), nowhere_zero(rng, (40, 10, 2, 3))
    result = student.dropout_factors(layer=layer, p=p, x=x, grad_output=grad_output, seed=seed_of(rng))
    factor = 1 / (1 - (0.5 if p is None else p))
    # one division; 400 channels are all dropped at p = 0.8 with probability 1e-39
    names = ("forward_smallest", "forward_largest")
    assert_close(result, dict.fromkeys(names, factor), rtol=1e-9, names=names)


@LAYERS
@pytest.mark.parametrize("p", [0.2, 0.7], ids=["p_0.2", "p_0.7"])
def test_backward_has_the_mask_of_forward(student, rng, layer, p):
    """Backward multiplies each element by the same number as forward."""
    x, grad_output = nowhere_zero(rng, (20, 10, 2, 3)), nowhere_zero(rng, (20, 10, 2, 3))
    result = student.dropout_factors(layer=layer, p=p, x=x, grad_output=grad_output, seed=seed_of(rng))
    assert_that(result["same_dropped"], "grad_input is not 0 exactly where y is 0")
    names = ("backward_smallest", "backward_largest")
    expected = {name: result[name.replace("backward", "forward")] for name in names}
    # the same number, but for one rounding; 200 channels are all dropped at p = 0.7 with probability 1e-31
    assert_close(result, expected, rtol=1e-9, names=names)


@LAYERS
def test_every_forward_draws_anew(student, rng, layer):
    """Eight forward passes in training have eight different masks."""
    kept = student.kept(layer=layer, p=0.5, shape=[12, 10, 2, 3], seed=seed_of(rng), forwards=8)["kept"]
    different = {one.tobytes() for one in kept}
    # two of eight masks of 120 channels are equal with probability 28 * 2**-120
    assert_that(len(different) == 8, "two forward passes dropped exactly the same: draw a new mask in each")


@pytest.mark.parametrize(
    "shape", [[60, 40], [30, 10, 8], [2400]], ids=["rows", "sequences", "one_axis"]
)  # 2,400 elements each
def test_each_element_is_drawn_alone(student, rng, shape):
    """Elements are dropped independently: the mask is not the same along any axis, and the number dropped varies."""
    kept = student.kept(layer="Dropout", p=0.5, shape=shape, seed=seed_of(rng), forwards=40)["kept"]
    assert_that(np.all((kept == 0) | (kept == 1)), "an element is neither kept nor dropped")
    for axis, size in enumerate(shape, start=1):
        first = np.take(kept, [0], axis=axis)
        # 2,400 elements a forward and 8 or more along an axis: all agree with probability below 2**-2000
        assert_that(np.any(kept != first), f"the mask does not vary along axis {axis - 1} (of size {size})")
    counts = {int(one.sum()) for one in kept}
    # a binomial count has one value with probability below 0.02; forty times with 0.02**39
    assert_that(len(counts) > 1, "the same number of elements is dropped every time: draw each independently")


def test_channels_are_dropped_whole_and_alone(student, rng):
    """Dropout2d drops whole channels, drawn independently for each image and each channel."""
    kept = student.kept(layer="Dropout2d", p=0.5, shape=[15, 12, 3, 4], seed=seed_of(rng), forwards=20)["kept"]
    channels = kept.reshape(20, 15, 12, 12)
    assert_that(np.all(channels == channels[..., :1]), "within a channel some pixels are dropped and others kept")
    # 180 draws a forward: all images agree with probability 2**-168 in each of 20, all channels with 2**-165
    assert_that(np.any(channels != channels[:, :1]), "all images have the same channels dropped")
    assert_that(np.any(channels != channels[:, :, :1]), "all channels of an image are dropped together")
    counts = {int(one.sum()) for one in channels[..., 0]}
    # a binomial count of 180 has one value with probability below 0.06; twenty times with 0.06**19
    assert_that(len(counts) > 1, "the same number of channels is dropped every time: draw each independently")


@LAYERS
@pytest.mark.parametrize("p", [0.3, 0.9, 1.0], ids=["p_0.3", "p_0.9", "p_1"])
def test_evaluation_is_the_identity(student, rng, layer, p):
    """In evaluation, also after training, y is x and grad_input is grad_output, for every p."""
    shape = (4, 3, 2, 5)
    x, grad_output = nowhere_zero(rng, shape), nowhere_zero(rng, shape)
    steps = [{"x": nowhere_zero(rng, shape)}, {"mode": "eval"}, {"x": x}, {"grad_output": grad_output}]
    result = student.dropout_sequence(layer=layer, p=p, steps=steps, seed=seed_of(rng))
    # nothing is computed
    assert_close(result["y"][1], x, rtol=1e-12, label="y in evaluation")
    assert_close(result["grad_input"][0], grad_output, rtol=1e-12, label="grad_input in evaluation")


@LAYERS
def test_p_of_zero_drops_nothing(student, rng, layer):
    """With p = 0, y is x and grad_input is grad_output, in training too."""
    x, grad_output = nowhere_zero(rng, (20, 10, 3, 4)), nowhere_zero(rng, (20, 10, 3, 4))
    result = student.dropout(layer=layer, p=0.0, x=x, grad_output=grad_output, seed=seed_of(rng))
    assert_close(result, {"y": x, "grad_input": grad_output}, rtol=1e-12)  # at most a division by 1


@LAYERS
def test_p_of_one_drops_everything(student, rng, layer):
    """With p = 1, y and grad_input are 0, and not NaN from 0 / 0."""
    x, grad_output = nowhere_zero(rng, (20, 10, 3, 4)), nowhere_zero(rng, (20, 10, 3, 4))
    result = student.dropout(layer=layer, p=1.0, x=x, grad_output=grad_output, seed=seed_of(rng))
    assert_close(result, {"y": np.zeros(x.shape), "grad_input": np.zeros(x.shape)}, rtol=0.0)  # exactly 0


@LAYERS
def test_backward_belongs_to_its_forward(student, rng, layer):
    """A change of mode between forward and backward does not change the gradient."""
    shape = (20, 10, 2, 3)
    x, other, first, second = (nowhere_zero(rng, shape) for _ in range(4))
    steps = [
        {"x": x},
        {"mode": "eval"},
        {"grad_output": first},  # of the forward in training
        {"x": other},
        {"mode": "train"},
        {"grad_output": second},  # of the forward in evaluation
    ]
    result = student.dropout_sequence(layer=layer, p=0.5, steps=steps, seed=seed_of(rng))
    # the factors that forward had, and 1; one rounding
    assert_close(
        result["grad_input"][0], first * result["y"][0] / x, rtol=1e-9, label="grad_input of a forward in training"
    )
    assert_close(result["grad_input"][1], second, rtol=1e-9, label="grad_input of a forward in evaluation")


@LAYERS
def test_random_numbers_are_the_layers_own(student, rng, layer):
    """All random numbers come from the layer's generator: equal seeds drop the same, and np.random is not used."""
    x = nowhere_zero(rng, (12, 10, 2, 3))
    seed = seed_of(rng)
    result = student.random_numbers(layer=layer, p=0.5, x=x, seed=seed, other_seed=seed + 1)
    # three masks of 120 channels agree by chance with probability 2**-360
    assert_that(result["equal_seeds_equal"], "two layers with generators of the same seed dropped differently")
    assert_that(not result["other_seed_equal"], "the generator's seed makes no difference: use the generator passed in")
    assert_that(not result["no_generator_equal"], "two layers made without a generator dropped exactly the same")
    assert_that(
        not result["global_seed_equal"], "np.random.seed decides what is dropped: use the layer's own generator"
    )
    assert_that(not result["global_state_changed"], "the layer changed the state of np.random: use its own generator")


@pytest.mark.parametrize(
    ("layer", "p", "shape"),
    [
        pytest.param("Dropout", -0.1, None, id="negative"),
        pytest.param("Dropout", 1.5, None, id="above_one"),
        pytest.param("Dropout2d", 1.1, None, id="Dropout2d_above_one"),
        pytest.param("Dropout2d", 0.5, [6, 5], id="Dropout2d_of_rows"),
    ],
)
def test_impossible_dropout_is_refused(student, layer, p, shape):
    """A p that is not a probability, and a Dropout2d of anything other than images, raise ValueError."""
    result = student.dropout_refused(layer=layer, p=p, shape=shape)
    assert_that(result["raised"], "this should raise ValueError, and nothing was raised")


@LAYERS
def test_dropout_leaves_its_arguments_alone(student, rng, layer):
    """Forward and backward do not change x, grad_output or an output returned before."""
    x, grad_output = nowhere_zero(rng, (6, 5, 2, 3)), nowhere_zero(rng, (6, 5, 2, 3))
    result = student.dropout_leaves_alone(layer=layer, p=0.5, x=x, grad_output=grad_output, seed=seed_of(rng))
    for name, same in result.items():
        assert_that(same, f"{name} was changed: work on a copy")


# penalties

PENALTIES = pytest.mark.parametrize("name", ["L1Penalty", "L2Penalty"])


def weights_of(rng):
    """Three arrays of different shapes, no element near 0, where L1 has a kink."""
    return [nowhere_zero(rng, shape) for shape in ((4, 3), (2, 4), (3, 2, 5))]


def gradient_of(name, weight, strength):
    """The right gradient of a penalty."""
    return strength * (np.sign(weight) if name == "L1Penalty" else weight)


@PENALTIES
def test_penalty_value(student, rng, name):
    """The value is strength * sum |w|, or strength / 2 * sum w^2, over all parameters."""
    weights = weights_of(rng)
    result = student.penalty(name=name, weights=weights, strength=0.37)
    total = sum(np.abs(w).sum() if name == "L1Penalty" else 0.5 * (w**2).sum() for w in weights)
    assert_close(result["value"], 0.37 * total, rtol=1e-10, label="value")  # sums of 50 terms


@PENALTIES
def test_penalty_gradient(student, rng, name):
    """The gradient is strength * sign(w), or strength * w, for each parameter."""
    weights = weights_of(rng)
    result = student.penalty(name=name, weights=weights, strength=0.37)
    for index, weight in enumerate(weights):
        assert_close(
            result["grads"][index], gradient_of(name, weight, 0.37), **EXACT, label=f"grad of parameter {index}"
        )
    assert_that(result["weights_unchanged"], "backward changed the weights; only grad may change")


@PENALTIES
def test_penalty_adds_to_the_gradients(student, rng, name):
    """A penalty's gradient is added to the gradient that is there already, each time that backward is called."""
    weights, grads = weights_of(rng), weights_of(rng)
    once = student.penalty(name=name, weights=weights, strength=0.37)
    twice = student.penalty(name=name, weights=weights, strength=0.37, grads=grads, passes=2)
    for index, before in enumerate(grads):
        # two additions
        expected = before + 2 * once["grads"][index]
        assert_close(twice["grads"][index], expected, rtol=1e-12, atol=1e-13, label=f"grad of parameter {index}")


@PENALTIES
def test_penalty_follows_the_weights(student, rng, name):
    """A penalty uses the current weights, also if data has been replaced after the penalty was made."""
    weights, then = weights_of(rng), weights_of(rng)
    moved = student.penalty(name=name, weights=weights, strength=0.37, then=then)
    fresh = student.penalty(name=name, weights=then, strength=0.37)
    assert_close(moved, fresh, rtol=1e-12, names=["value", "grads"])  # the same operations


@PENALTIES
def test_penalty_of_parameters_from_a_generator(student, rng, name):
    """The parameters may come from a generator, which can be read only once, such as model.parameters()."""
    weights = weights_of(rng)
    once = student.penalty(name=name, weights=weights, strength=0.37, passes=2)
    generated = student.penalty(name=name, weights=weights, strength=0.37, passes=2, handling="generator")
    assert_close(generated, once, rtol=1e-12, names=["value", "grads"])  # the same operations


def test_l2_is_weight_decay(student, rng):
    """Gradient descent on the L2 penalty alone shrinks every weight by 1 - lr * strength in each step."""
    weight = nowhere_zero(rng, (3, 4))
    path = student.penalised_descent(name="L2Penalty", weight=weight, strength=0.4, lr=0.5, steps=30)["path"]
    expected = weight * 0.8 ** np.arange(1, 31)[:, None, None]
    assert_close(path, expected, rtol=1e-10, label="path")  # one rounding a step


def test_l1_takes_equal_steps(student, rng):
    """Gradient descent on the L1 penalty alone moves every weight towards 0 by lr * strength in each step."""
    weight = nowhere_zero(rng, (3, 4))
    path = student.penalised_descent(name="L1Penalty", weight=weight, strength=0.2, lr=0.1, steps=20)["path"]
    expected = weight - 0.02 * np.sign(weight) * np.arange(1, 21)[:, None, None]  # 0.5 is not used up in 20 steps
    assert_close(path, expected, rtol=1e-10, label="path")  # one rounding a step


def test_penalised_parameters(student, reference):
    """Weight matrices and filters are penalised; biases and scales have one axis and are not."""
    inputs = {"sizes": [4, 6, 5, 3], "filters": [2, 3, 3, 3]}
    found, expected = student.penalised.loose(**inputs)["names"], reference.penalised(**inputs)["names"]
    assert_that(set(expected) <= set(found), "a weight matrix or a filter was left out")
    assert_that(set(found) <= set(expected), "a parameter with one axis was included: a bias or a scale")
    assert_that(len(found) == len(set(found)), "a parameter was included twice")


# label smoothing


def tokens(rng, shape, classes, ignore_index=-100):
    """Logits, and targets of which about a third is ignored and at least one is not."""
    target = rng.integers(0, classes, shape)
    target[rng.random(shape) < 0.3] = ignore_index
    target.flat[0] = 1 if ignore_index != 1 else 2
    target.flat[1] = ignore_index
    return {"input": 2.0 * rng.standard_normal((*shape, classes)), "target": target}


SHAPES = pytest.mark.parametrize("shape", [(9,), (4, 5), (2, 3, 4)], ids=["rows", "sequences", "three_axes"])


@SHAPES
@pytest.mark.parametrize("label_smoothing", [None, 0.35], ids=["default", "smoothing_0.35"])
def test_smoothed_loss(student, reference, rng, shape, label_smoothing):
    """The mean over all tokens of the cross-entropy against softened targets (Szegedy et al. 2016, section 7)."""
    settings = {} if label_smoothing is None else {"label_smoothing": label_smoothing}
    inputs = {
        "input": 2.0 * rng.standard_normal((*shape, 6)),
        "target": rng.integers(0, 6, shape),
        "settings": settings,
    }
    result, expected = student.smoothed_loss(**inputs), reference.smoothed_loss(**inputs)
    assert_close(result, expected, **EXACT, names=["loss"])


@SHAPES
@pytest.mark.parametrize("label_smoothing", [None, 0.35], ids=["default", "smoothing_0.35"])
def test_smoothed_loss_gradient(student, reference, rng, shape, label_smoothing):
    """The gradient of the smoothed loss is softmax minus target distribution, divided by the number of tokens."""
    settings = {} if label_smoothing is None else {"label_smoothing": label_smoothing}
    inputs = {
        "input": 2.0 * rng.standard_normal((*shape, 6)),
        "target": rng.integers(0, 6, shape),
        "settings": settings,
    }
    result, expected = student.smoothed_loss(**inputs), reference.smoothed_loss(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_input"])
    # softmax and targets both sum to 1; rounding only
    sums = result["grad_input"].sum(axis=-1)
    assert_close(sums, np.zeros(shape), rtol=0.0, atol=1e-12, label="sum of grad_input over the classes")


def test_smoothing_of_zero_and_of_one(student, rng):
    """Without smoothing the loss is the cross-entropy; with smoothing 1 the target does not matter."""
    logits, target = 2.0 * rng.standard_normal((7, 5)), rng.integers(0, 5, 7)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    hard = student.smoothed_loss(input=logits, target=target, settings={"label_smoothing": 0.0})
    soft = student.smoothed_loss(input=logits, target=target, settings={"label_smoothing": 1.0})
    of_target = np.eye(5)[target]
    for result, distribution in ((hard, of_target), (soft, np.full((7, 5), 0.2))):
        expected = {
            "loss": -float((distribution * log_probabilities).sum(axis=1).mean()),
            "grad_input": (np.exp(log_probabilities) - distribution) / 7,
        }
        assert_close(result, expected, **EXACT)


@pytest.mark.parametrize("ignore_index", [-100, -1, 0, 3])
@pytest.mark.parametrize("shape", [(15,), (4, 5)], ids=["rows", "sequences"])
def test_ignored_tokens(student, reference, rng, ignore_index, shape):
    """Ignored tokens are not in the sum, not in the number by which it is divided, and their gradient is 0."""
    inputs = tokens(rng, shape, 6, ignore_index) | {"settings": {"label_smoothing": 0.2, "ignore_index": ignore_index}}
    assert_close(student.smoothed_loss(**inputs), reference.smoothed_loss(**inputs), **EXACT)


def test_ignored_tokens_might_as_well_not_be_there(student, rng):
    """Loss and gradient are the same with the ignored rows removed, and with other logits in them."""
    inputs = tokens(rng, (12,), 6)
    counted = inputs["target"] != -100
    settings = {"label_smoothing": 0.2}
    whole = student.smoothed_loss(settings=settings, **inputs)
    short = student.smoothed_loss(settings=settings, **{name: values[counted] for name, values in inputs.items()})
    changed = student.smoothed_loss(
        settings=settings,
        input=np.where(counted[:, None], inputs["input"], rng.standard_normal((12, 6))),
        target=inputs["target"],
    )
    # the same terms in another order
    assert_close(short["loss"], whole["loss"], rtol=1e-10, label="loss without the ignored rows")
    assert_close(
        short["grad_input"], whole["grad_input"][counted], **EXACT, label="grad_input without the ignored rows"
    )
    assert_close(changed["loss"], whole["loss"], rtol=1e-10, label="loss with other logits in the ignored rows")


@pytest.mark.parametrize("shape", [(4,), (3, 2)], ids=["rows", "sequences"])
def test_nothing_counts(student, rng, shape):
    """If every token is ignored, the loss is 0 and the gradient is 0."""
    target = np.full(shape, -100)
    result = student.smoothed_loss(input=rng.standard_normal((*shape, 5)), target=target, settings={})
    assert_close(result, {"loss": 0.0, "grad_input": np.zeros((*shape, 5))}, rtol=0.0)  # exactly 0


def test_logits_of_any_size(student, reference, rng):
    """Logits of ten thousand give a finite loss, and adding a constant to a token's logits changes nothing."""
    inputs = {"target": rng.integers(0, 5, 8), "settings": {"label_smoothing": 0.1}}
    large = {"input": 1e4 * nowhere_zero(rng, (8, 5)), **inputs}
    assert_close(student.smoothed_loss(**large), reference.smoothed_loss(**large), rtol=1e-9, atol=1e-11)
    logits = rng.integers(-8, 9, (8, 5)) / 4.0  # multiples of 1/4 can be moved by 1e4 without rounding
    near = student.smoothed_loss(input=logits, **inputs)
    far = student.smoothed_loss(input=logits + 1e4 * np.arange(-4, 4)[:, None], **inputs)
    assert_close(far, near, rtol=1e-9, atol=1e-10)  # log-probabilities near 4e4 are rounded by 1e-11


@pytest.mark.parametrize(
    ("settings", "shape", "target_shape"),
    [
        pytest.param({"label_smoothing": -0.1}, None, None, id="negative"),
        pytest.param({"label_smoothing": 1.2}, None, None, id="above_one"),
        pytest.param({}, [4, 5], [4, 1], id="target_of_two_axes"),
        pytest.param({}, [4, 3, 5], [4], id="target_of_one_axis"),
    ],
)
def test_impossible_smoothing_is_refused(student, settings, shape, target_shape):
    """A smoothing that is not between 0 and 1, and a target of the wrong shape, raise ValueError."""
    result = student.smoothed_loss_refused(settings=settings, shape=shape, target_shape=target_shape)
    assert_that(result["raised"], "this should raise ValueError, and nothing was raised")


def test_smoothed_loss_leaves_its_arguments_alone(student, rng):
    """Forward and backward do not change logits and targets, and backward may be called twice."""
    result = student.smoothed_loss_leaves_alone(settings={}, **tokens(rng, (4, 5), 6))
    assert_that(result["input"], "the logits were changed: work on a copy")
    assert_that(result["target"], "the targets were changed: work on a copy")
    assert_that(result["backward_agrees_with_itself"], "a second backward returned a different gradient")


def test_network_with_everything(student, reference, rng):
    """A network with dropout (p = 0), both penalties and smoothed labels: the losses over 25 steps."""
    inputs = {
        "weights": [0.7 * rng.standard_normal((8, 4)), 0.7 * rng.standard_normal((3, 8))],
        "biases": [rng.standard_normal(8), rng.standard_normal(3)],
        "x": rng.standard_normal((12, 4)),
        "target": rng.integers(0, 3, 12),
        "x_test": rng.standard_normal((10, 4)),
        "target_test": rng.integers(0, 3, 10),
        "label_smoothing": 0.15,
        "l1": 1e-3,
        "l2": 1e-2,
        "lr": 0.1,
        "steps": 25,
    }
    # 25 steps of rounding stay below 1e-12
    assert_close(student.training_curve(**inputs), reference.training_curve(**inputs), rtol=1e-7)
