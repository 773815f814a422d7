"""Hidden tests of the individual project: health of the training, claims, and where the labels came from."""

import numpy as np
import pytest

from autograder.testing import Form, assert_close, assert_that, read_events

OUTPUTS = {"vision": 6, "language": 16, "generative": 2}
TRAINING = {
    "losses": Form(np.empty(0), (None,)),
    "sums": Form(np.empty(0), (None,)),
    "outputs": Form(np.empty(0), (None, None)),
}
NOTHING = np.empty((0, 1), np.float32)
HELD_OUT = 1000


def claims_of(submitted):
    """The claims; that they can be read is a public test that each test here needs."""
    from project.course.handed_in import read_claims

    return read_claims(submitted("project/*"))


def drawn(track, count, rng):
    """New data of a track."""
    from project.course.data import make_data

    return make_data(track, count, int(rng.integers(2**60)))


def training_data(training, validation):
    """Splits as train takes them."""
    return {
        "inputs": training.inputs,
        "targets": training.targets,
        "validation_inputs": validation.inputs,
        "validation_targets": validation.targets,
    }


def predicted(student, track, inputs, **how):
    """Predictions with the weights that were sent."""
    form = {"outputs": Form(np.empty(0), (len(inputs), OUTPUTS[track]))}
    outputs = student.predictions.formed(form, **{"inputs": inputs, "training_mode": False, **how})["outputs"]
    assert_that(bool(np.isfinite(outputs).all()), "predict returned NaN or inf")
    return outputs


def worse_by(track, one, other):
    """By how much the first of two measured metrics is worse, in standard errors of their difference."""
    from project.course.data import TRACKS

    sign = -1 if TRACKS[track].higher_is_better else 1
    return sign * (one.value - other.value) / max(np.hypot(one.error, other.error), 1e-6)


@pytest.mark.needs("test_claims_can_be_read")
def test_training_reaches_every_parameter(student, submitted, rng):
    """Each trainable parameter has changed after a few steps: no layer is left out of the loss or the optimiser."""
    track = claims_of(submitted).track
    data = training_data(drawn(track, 256, rng), drawn(track, 32, rng))
    found = student.unchanged.formed({"unchanged": Form(0), "all": Form(0)}, data=data, seed=3, steps=8)
    assert_that(found["all"] > 0, "train returned a model without parameters")
    hint = "Compare named_parameters() before and after: which layers are not in the loss or not in the optimiser?"
    assert_that(found["unchanged"] == 0, "training leaves some trainable parameters as they were", hint=hint)


@pytest.mark.needs("test_claims_can_be_read")
def test_few_items_are_learnt(student, submitted, rng):
    """On 16 items, 150 steps of training make the metric much better than after one step."""
    from project.course.data import Split
    from project.course.metrics import measure

    track = claims_of(submitted).track
    few = drawn(track, 16, rng)
    many = Split(np.tile(few.inputs, (16, *[1] * (few.inputs.ndim - 1))), np.tile(few.targets.T, 16).T)
    value = {}
    for steps in (1, 150):
        outputs = student.training.formed(
            TRAINING, data=training_data(many, few), seed=4, steps=steps, stop=0, inputs=few.inputs
        )["outputs"]
        assert_that(outputs.shape == (16, OUTPUTS[track]), "predict returned another shape")
        assert_that(bool(np.isfinite(outputs).all()), "predict returned NaN or inf after training")
        value[steps] = measure(track, outputs, few.targets).value
    # 16 items of 6 classes: the reference has all of them; half of what was wrong is far from that
    learnt = value[150] >= 0.75 if track == "vision" else value[150] <= 0.6 * value[1]
    assert_that(learnt, "the model does not learn 16 items in 150 steps")


@pytest.mark.needs("test_claims_can_be_read")
def test_the_seed_decides_the_training(student, submitted, rng):
    """The same seed makes the same losses twice, and another seed makes others."""
    track = claims_of(submitted).track
    data = training_data(drawn(track, 256, rng), drawn(track, 32, rng))
    seed = int(rng.integers(2**31 - 1))
    one, again, other = (
        student.training.formed(TRAINING, data=data, seed=number, steps=4, stop=0, inputs=NOTHING)["losses"]
        for number in (seed, seed, seed + 1)
    )
    assert_that(len(one) == len(again) == len(other) == 4, "train(..., steps=4) did not return 4 losses")
    # one thread on the CPU: equal to the last bit, so this is for operations that are not deterministic
    assert_close(again, one, rtol=1e-5, label="losses with the same seed")
    assert_that(bool((other != one).any()), "another seed makes the same losses")


@pytest.mark.needs("test_claims_can_be_read")
def test_resumed_training_is_an_undisturbed_one(student, submitted, rng):
    """Stopped within an epoch and resumed, training ends with the parameters of a run that was not stopped."""
    track = claims_of(submitted).track
    data = training_data(drawn(track, 300, rng), drawn(track, 32, rng))
    seed = int(rng.integers(2**31 - 1))
    whole, resumed = (
        student.training.formed(TRAINING, data=data, seed=seed, steps=30, stop=stop, inputs=NOTHING) for stop in (0, 24)
    )
    # the same operations in the same order: nothing but the rounding of a checkpoint in float32
    parts = ((slice(24), "before the stop"), (slice(24, 25), "at once after resume"), (slice(25, None), "later"))
    for part, label in parts:
        assert_close(resumed["losses"][part], whole["losses"][part], rtol=1e-4, label=f"losses {label}")
    assert_close(resumed["sums"], whole["sums"], rtol=1e-4, atol=1e-4, label="sums of the parameters")


@pytest.mark.needs("test_claims_can_be_read")
def test_training_makes_no_nan(student, submitted, rng):
    """Losses and predictions are finite with empty images or equal tokens, and where a batch is left with one item."""
    track = claims_of(submitted).track
    training = drawn(track, 129, rng)  # batches of 8, 16, 32, 64 or 128 leave one
    training.inputs[::5] = 0
    run = student.training.formed(
        TRAINING,
        data=training_data(training, drawn(track, 33, rng)),
        seed=5,
        steps=20,
        stop=0,
        inputs=training.inputs[:11],
    )
    assert_that(len(run["losses"]) == 20, "train(..., steps=20) did not return 20 losses")
    assert_that(bool(np.isfinite(run["losses"]).all()), "a loss is NaN or inf")
    assert_that(bool(np.isfinite(run["outputs"]).all()), "predict returned NaN or inf after training")


@pytest.mark.needs("test_claims_can_be_read")
def test_memory_is_flat_over_steps(student, submitted, rng):
    """After 80 steps, training holds about the memory that it held after 20."""
    track = claims_of(submitted).track
    data = training_data(drawn(track, 256, rng), drawn(track, 32, rng))
    found = student.memory.formed({"mib": Form(0.0)}, data=data, seed=8, steps=80)
    # notes.md has the figures: honest projects hold less than 0.1 MiB more, with the graph of each step 13 and more
    assert_that(found["mib"] < 4, "training holds more memory with each step")


@pytest.mark.needs("test_claims_can_be_read")
def test_order_of_the_data_does_not_matter(student, submitted, rng):
    """Trained on data that are sorted by their targets, the model learns what it learns from mixed ones."""
    from project.course.data import Split
    from project.course.metrics import measure

    track = claims_of(submitted).track
    mixed, new = drawn(track, 1500, rng), drawn(track, HELD_OUT, rng)
    order = np.argsort(mixed.targets.T[0] if track == "generative" else mixed.targets, kind="stable")

    def learnt(split, steps, seed):
        data = training_data(split, new)
        run = student.training.formed(TRAINING, data=data, seed=seed, steps=steps, stop=0, inputs=new.inputs)
        assert_that(run["outputs"].shape == (len(new.inputs), OUTPUTS[track]), "predict returned another shape")
        assert_that(bool(np.isfinite(run["outputs"]).all()), "predict returned NaN or inf after training")
        return measure(track, run["outputs"], new.targets)

    begin, gained = learnt(mixed, 1, 9), learnt(mixed, 100, 9)
    in_order = Split(mixed.inputs[order], mixed.targets[order])
    line = gained.value + 0.6 * (begin.value - gained.value)
    sign = -1 if track == "vision" else 1
    # notes.md has the figures: in file order next to nothing is gained. One seed of two is enough: one may be unlucky
    is_alike = worse_by(track, begin, gained) < 4 or any(
        sign * learnt(in_order, 100, seed).value < sign * line for seed in (9, 10)
    )
    assert_that(is_alike, "trained on data that are sorted by their targets, the model learns much less")


@pytest.mark.needs("test_predictions_have_their_form")
def test_mixed_precision_is_close_to_float32(student, submitted, rng):
    """Within torch.autocast of bfloat16 the predictions are as good as in float32, and training begins alike."""
    from project.course.metrics import measure

    track = claims_of(submitted).track
    new = drawn(track, HELD_OUT, rng)
    full, mixed = (
        measure(track, predicted(student, track, new.inputs, mixed_precision=one), new.targets) for one in (False, True)
    )
    # the same items: what rounding to 8 bits changes is a small part of the error that comes from their number
    assert_that(worse_by(track, mixed, full) < 2, "predictions in bfloat16 are worse than those in float32")
    data = training_data(drawn(track, 256, rng), drawn(track, 32, rng))
    losses = [
        student.training.formed(TRAINING, data=data, seed=10, steps=8, stop=0, inputs=NOTHING, mixed_precision=one)[
            "losses"
        ]
        for one in (False, True)
    ]
    assert_that(len(losses[0]) == len(losses[1]) == 8, "train(..., steps=8) did not return 8 losses")
    # dropout draws other masks in bfloat16: honest projects differ by up to 0.18
    assert_that(_difference(*losses) < 0.5, "the first losses in bfloat16 are not near those in float32")


@pytest.mark.needs("test_predictions_have_their_form")
def test_predictions_do_not_depend_on_the_mode(student, submitted, rng):
    """Predictions are those of evaluation mode, also where the model was left in training mode, and the same twice."""
    track = claims_of(submitted).track
    inputs = drawn(track, 64, rng).inputs
    evaluated, trained = (predicted(student, track, inputs, training_mode=mode) for mode in (False, True))
    assert_close(trained, evaluated, rtol=1e-4, atol=1e-4, label="predictions")  # float32 with another order of sums


@pytest.mark.needs("test_predictions_have_their_form")
def test_items_do_not_see_each_other(student, submitted, rng):
    """An input has the same prediction alone, in another order and among others."""
    track = claims_of(submitted).track
    inputs = drawn(track, 60, rng).inputs
    order = rng.permutation(60)
    together = predicted(student, track, inputs)
    mixed = predicted(student, track, inputs[order])
    alone = predicted(student, track, inputs[7:8])
    # float32 in batches of another size: sums in another order
    assert_close(mixed, together[order], rtol=1e-3, atol=1e-3, label="predictions in another order")
    assert_close(alone, together[7:8], rtol=1e-3, atol=1e-3, label="prediction of a single input")


@pytest.mark.needs("test_predictions_have_their_form")
def test_new_data_beat_the_baseline(student, submitted, rng):
    """On new data the weights are better than the simplest model of the track, by more than chance."""
    from project.course.baselines import baseline
    from project.course.data import public_split
    from project.course.metrics import measure

    track = claims_of(submitted).track
    new = drawn(track, HELD_OUT, rng)
    own = measure(track, predicted(student, track, new.inputs), new.targets)
    simple = measure(track, baseline(track, public_split(track, "training"), new.inputs), new.targets)
    # three standard errors: a project as good as the baseline passes once in 700 runs
    assert_that(worse_by(track, simple, own) > 3, "the model is not better than the track's baseline on new data")


@pytest.mark.needs("test_predictions_have_their_form")
def test_claim_holds_on_new_data(student, submitted, rng):
    """The value in results.json is not better than what the weights reach on data that nobody has seen."""
    from project.course.metrics import Measured, measure

    claims = claims_of(submitted)
    new = drawn(claims.track, HELD_OUT, rng)
    own = measure(claims.track, predicted(student, claims.track, new.inputs), new.targets)
    claimed = Measured(claims.value, own.error)  # measured on as many items: the public test data
    # four standard errors of the difference: an honest claim fails once in 30,000 runs
    message = "results.json claims more than the weights reach on new data"
    hint = "Was anything of the test data used in training, or to choose the model?"
    assert_that(worse_by(claims.track, own, claimed) < 4, message, hint=hint)


@pytest.mark.needs("test_claims_can_be_read")
def test_training_uses_the_data_that_it_gets(student, submitted, rng):
    """Trained on data that mean something else, the model follows these: no other data are in its training."""
    from project.course.data import Split, public_split
    from project.course.metrics import measure

    track = claims_of(submitted).track
    shift = np.array([3.0, -2.0], np.float32)
    exchange = {
        "vision": lambda split: Split(split.inputs, (split.targets + 1) % 6),
        "language": lambda split: Split(15 - split.inputs, 15 - split.targets),
        "generative": lambda split: Split(split.inputs, split.targets + shift),
    }[track]
    other = training_data(*(exchange(public_split(track, name)) for name in ("training", "validation")))
    new = drawn(track, HELD_OUT, rng)
    exchanged = exchange(new)
    inputs = np.concatenate([new.inputs, exchanged.inputs])
    outputs = student.training.formed(TRAINING, data=other, seed=6, steps=100, stop=0, inputs=inputs)["outputs"]
    assert_that(outputs.shape == (2 * HELD_OUT, OUTPUTS[track]), "predict returned another shape")
    assert_that(bool(np.isfinite(outputs).all()), "predict returned NaN or inf after training")
    as_original = measure(track, outputs[:HELD_OUT], new.targets)
    as_exchanged = measure(track, outputs[HELD_OUT:], exchanged.targets)
    # a model that has learnt nothing in 100 steps is no worse on one than on the other
    message = "trained on data in which the targets mean something else, the model follows the course's own data"
    hint = "train may use nothing but the data that it gets: is there a file, a public split or a seed in it?"
    assert_that(worse_by(track, as_exchanged, as_original) < 4, message, hint=hint)


@pytest.mark.needs("test_claims_can_be_read")
def test_early_training_can_be_reproduced(student, submitted):
    """The first 30 steps with the seed of results.json have the losses and the metric that it claims for them."""
    from project.course.data import public_split
    from project.course.metrics import measure

    claims = claims_of(submitted)
    test = public_split(claims.track, "test")
    run = student.training.formed(
        TRAINING, data={}, seed=claims.seed, steps=30, stop=0, inputs=test.inputs, labels=claims.track
    )
    assert_that(run["losses"].shape == (30,), "train(..., steps=30) did not return 30 losses")
    message = "30 steps with your seed, configuration and code do not make the losses that results.json claims"
    # solutions/individual_project/notes.md has the figures: honest runs differ by 0.0025, others by 0.013
    assert_that(_difference(run["losses"], claims.early_losses) < 0.006, message)
    assert_that(run["outputs"].shape == (len(test.inputs), OUTPUTS[claims.track]), "predict returned another shape")
    measured = measure(claims.track, run["outputs"], test.targets)
    message = "after 30 steps the metric is not the one that results.json claims"
    assert_that(abs(measured.value - claims.early_value) < 3 * measured.error, message)


@pytest.mark.needs("test_log_has_every_step")
def test_log_is_of_this_training(student, submitted):
    """The log in runs/ begins with the losses that your seed, configuration and code make, at times that go on."""
    claims = claims_of(submitted)
    curve = read_events(*submitted("project/runs/*tfevents*").values()).curve("loss/train")
    run = student.training.formed(
        TRAINING, data={}, seed=claims.seed, steps=30, stop=0, inputs=NOTHING, labels=claims.track
    )
    assert_that(run["losses"].shape == (30,), "train(..., steps=30) did not return 30 losses")
    assert_that(len(curve.values) >= 30, "runs/ has fewer than 30 points")
    # another device draws other dropout masks from the same seed: there the losses agree in size only
    most = 0.006 if claims.device == "cpu" else 0.3
    message = "the losses in runs/ are not those that your seed, configuration and code make"
    assert_that(_difference(run["losses"], curve.values[:30]) < most, message)
    assert_that(
        bool((np.diff(curve.wall_times) >= 0).all()) and curve.wall_times[-1] > curve.wall_times[0],
        "the times stand still",
    )


def _difference(made, claimed):
    """The median of the relative differences."""
    made, claimed = np.asarray(made, np.float64), np.asarray(claimed, np.float64)
    return float(np.median(abs(made - claimed) / np.maximum(abs(made), 1e-6)))
