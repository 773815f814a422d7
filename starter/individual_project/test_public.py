"""Public tests of the individual project: what is there, what can be run, and whether it is what it says."""

import numpy as np
import pytest
from autograder.testing import Form, assert_close, assert_that, read_events, read_report

TRACKS = {"vision": 6, "language": 16, "generative": 2}  # numbers that predict returns for each input
MODEL = {"parameters": Form(0), "trainable": Form(0), "finite": Form(True)}
TRAINING = {
    "losses": Form(np.empty(0), (None,)),
    "sums": Form(np.empty(0), (None,)),
    "outputs": Form(np.empty(0), (None, None)),
}
SECTIONS = ("question", "data", "method", "results", "analysis", "reproducibility", "use of generative ai")
MOST_PARAMETERS = 2_000_000
MOST_PAGES = 20  # of a PDF
NOTHING = np.empty((0, 1), np.float32)


def claims_of(submitted):
    """The claims, of a track that there is."""
    from project.course.handed_in import read_claims

    claims = readable(read_claims, submitted("project/*"))
    assert_that(claims.track in TRACKS, 'track in config.toml must be "vision", "language" or "generative"')
    return claims


def curve_of(submitted):
    """All points of loss/train, in the order of the event files' names."""
    return read_events(*submitted("project/runs/*tfevents*").values()).curve("loss/train")


def readable(read, files):
    """What a file says; what cannot be read is a finding."""
    try:
        return read(files)
    except ValueError as error:
        assert_that(False, str(error))


def test_claims_can_be_read(submitted):
    """config.toml and results.json have all that the brief asks for, and the same track."""
    claims = claims_of(submitted)
    assert_that(claims.track == claims.track_of_results, "results.json has another track than config.toml")
    assert_that(np.isfinite(claims.value), "value in results.json is not a finite number")
    assert_that(0 <= claims.seed < 2**31, "seed in results.json must be from 0 to 2147483647")
    assert_that(claims.steps >= claims.early_steps == 30, "early.steps must be 30, and steps at least as many")
    assert_that(len(claims.early_losses) == 30, "early.losses must have 30 numbers")


def test_weights_fit_the_model(student):
    """build_model(config) has at most two million parameters, and weights.safetensors has exactly its tensors."""
    model = student.model.formed(MODEL)
    assert_that(model["trainable"] > 0, "no parameter of the model can be trained")
    assert_that(model["parameters"] <= MOST_PARAMETERS, "the model has more than 2,000,000 parameters")
    assert_that(model["finite"], "weights.safetensors has NaN or inf in it")


@pytest.mark.needs("test_claims_can_be_read", "test_weights_fit_the_model")
def test_predictions_have_their_form(student, submitted):
    """predict(model, inputs) returns one row of finite numbers for each input, also for a single one."""
    from project.course.data import public_split

    track = claims_of(submitted).track
    inputs = public_split(track, "test").inputs
    for count in (7, 1):
        form = {"outputs": Form(np.empty(0), (count, TRACKS[track]))}
        outputs = student.predictions.formed(form, inputs=inputs[:count], training_mode=False)["outputs"]
        assert_that(bool(np.isfinite(outputs).all()), "predict returned NaN or inf")


@pytest.mark.needs("test_claims_can_be_read", "test_weights_fit_the_model")
def test_claim_is_that_of_the_weights(student, submitted):
    """The value in results.json is that of weights.safetensors on the public test data."""
    from project.course.data import public_split
    from project.course.metrics import measure

    claims = claims_of(submitted)
    test = public_split(claims.track, "test")
    form = {"outputs": Form(np.empty(0), (len(test.inputs), TRACKS[claims.track]))}
    outputs = student.predictions.formed(form, inputs=test.inputs, training_mode=False)["outputs"]
    assert_that(bool(np.isfinite(outputs).all()), "predict returned NaN or inf")
    measured = measure(claims.track, outputs, test.targets)
    # other devices and versions of torch round in other ways: a few of 1000 items may change
    difference = abs(measured.value - claims.value)
    message = f"results.json says {claims.value:.4g}; the weights have {measured.value:.4g} on the public test data"
    assert_that(difference <= 0.5 * measured.error, message, hint="Were the weights or the claim made by another run?")


@pytest.mark.needs("test_claims_can_be_read")
def test_training_can_be_resumed(student, submitted):
    """Training stopped at step 2 and resumed from its checkpoint makes the losses of a run that was not stopped."""
    track = claims_of(submitted).track
    inputs = {"data": {}, "seed": 5, "steps": 4, "inputs": NOTHING, "labels": track}
    whole = student.training.formed(TRAINING, stop=0, **inputs)
    resumed = student.training.formed(TRAINING, stop=2, **inputs)
    assert_that(len(whole["losses"]) == 4, "train(..., steps=4) did not return 4 losses")
    assert_that(len(resumed["losses"]) == 4, "2 steps and 2 after resume did not return 4 losses")
    # the same operations in the same order: nothing but the rounding of a checkpoint in float32
    for part, label in ((slice(2), "before the stop"), (slice(2, 3), "at once after resume"), (slice(3, 4), "later")):
        assert_close(resumed["losses"][part], whole["losses"][part], rtol=1e-4, label=f"losses {label}")


@pytest.mark.needs("test_claims_can_be_read")
def test_log_has_every_step(submitted):
    """The event files in runs/ have "loss/train" for each step of the run, once and in order."""
    curve, steps = curve_of(submitted), claims_of(submitted).steps
    assert_that(len(curve.steps) == steps, f"runs/ has {len(curve.steps)} points of loss/train for {steps} steps")
    assert_that(bool((curve.steps == np.arange(1, steps + 1)).all()), "the steps of loss/train are not 1, 2, 3, ...")
    assert_that(bool(np.isfinite(curve.values).all()), "a loss in runs/ is NaN or inf")


def test_report_is_complete(submitted):
    """The report has the template's sections, 500 to 4000 words on at most 20 pages, no TODO, and its references."""
    report = read_report(submitted("project/report.*"))
    assert_that(report is not None, "report.md or report.pdf is missing")
    missing = [f"'{section}'" for section in report.missing(SECTIONS)]
    assert_that(not missing, f"{report.name} has no section {', '.join(missing)}")
    length = f"{report.name} has {report.words} words on {report.pages} pages; 500 to 4000 on at most 20 are asked for"
    assert_that(500 <= report.words <= 4000 and report.pages <= MOST_PAGES, length)
    assert_that(not report.to_write, f"{report.name} still has TODO in it")
    assert_that(not report.unresolved, f"{report.name}: {'; '.join(report.unresolved[:5])}")
