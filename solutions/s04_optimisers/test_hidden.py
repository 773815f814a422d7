"""Hidden tests of s04: long runs of new optimisers, many parameters, and properties that need no reference."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

STEPS = 100

# The rounding errors of 100 float64 steps stay below 1e-12; every known mistake differs by more than 1e-4.
EXACT = {"rtol": 1e-9, "atol": 1e-9}
# The paper's "efficient form" of Adam (end of its section 2) does not rescale eps and is correct too. With gradients
# of 0.5 and more it differs by at most 2e-7 after 200 steps of 0.01; every known mistake differs by more than 1e-4.
EITHER_FORM = {"rtol": 0.0, "atol": 1e-6}

PLAIN = pytest.mark.parametrize(
    ("optimiser", "settings"),
    [
        pytest.param("SGD", {"lr": 0.02, "momentum": 0.9}, id="SGD"),
        pytest.param("RMSprop", {"lr": 0.01}, id="RMSprop"),
        pytest.param("Adam", {"lr": 0.01}, id="Adam"),
        pytest.param("AdamW", {"lr": 0.01, "weight_decay": 0.0}, id="AdamW"),
    ],
)
EVERY = pytest.mark.parametrize(
    ("optimiser", "settings"),
    [
        pytest.param("SGD", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}, id="SGD"),
        pytest.param("RMSprop", {"lr": 0.01, "alpha": 0.95, "weight_decay": 0.1}, id="RMSprop"),
        pytest.param("Adam", {"lr": 0.01, "weight_decay": 0.1}, id="Adam"),
        pytest.param("AdamW", {"lr": 0.01, "weight_decay": 0.5}, id="AdamW"),
    ],
)


def weights(rng, *shape):
    """Random weights between -2 and 2: with a decay of 0.1 or 0.2 a gradient of order one stays of order one."""
    return rng.uniform(-2.0, 2.0, shape)


def order_one(rng, *shape):
    """Random gradients of either sign, between 0.5 and 2."""
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"weight_decay": 0.3}, id="weight_decay"),
        pytest.param({"momentum": 0.9}, id="momentum"),
        pytest.param({"momentum": 1.0}, id="momentum_1"),
        pytest.param({"momentum": 0.8, "dampening": 0.4}, id="dampening"),
        pytest.param({"momentum": 0.8, "nesterov": True}, id="nesterov"),
        pytest.param({"momentum": 0.7, "weight_decay": 0.3, "dampening": 0.1}, id="all_together"),
    ],
)
def test_sgd_over_many_steps(student, reference, rng, settings):
    """SGD's weights over 100 steps, with each of its settings (PyTorch's form of Sutskever et al. 2013)."""
    inputs = {
        "optimiser": "SGD",
        "settings": {"lr": 0.05} | settings,
        "weights": [rng.standard_normal((2, 3))],
        "grads": [rng.standard_normal((STEPS, 2, 3))],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EXACT)


def test_gradient_descent_on_a_badly_conditioned_quadratic(student, rng):
    """Without momentum each direction of a quadratic is multiplied by 1 - lr * curvature in every step."""
    curvature = np.array([1e-3, 1.0])  # condition number 1000
    start = order_one(rng, 2)
    lr = 2 / (curvature[0] + curvature[1])  # the fastest: both directions shrink by (1000 - 1) / (1000 + 1)
    outputs = student.descend_quadratic(
        optimiser="SGD", settings={"lr": lr}, curvature=curvature, start=start, steps=STEPS
    )
    expected = start * (1 - lr * curvature) ** np.arange(STEPS + 1)[:, None]
    # float64: the relative error grows by one rounding a step
    assert_close(outputs["path"], expected, rtol=1e-9, label="path")


def test_momentum_on_a_badly_conditioned_quadratic(student, rng):
    """With the best lr and momentum a quadratic converges at a rate given by the root of its condition number."""
    curvature = np.array([1e-3, 1.0])
    small, large = np.sqrt(curvature)
    lr = (2 / (small + large)) ** 2
    root = (large - small) / (large + small) * np.array([1.0, -1.0])  # both modes have a double root
    start = order_one(rng, 2)
    outputs = student.descend_quadratic(
        optimiser="SGD",
        settings={"lr": lr, "momentum": float(root[0] ** 2)},
        curvature=curvature,
        start=start,
        steps=STEPS,
    )
    t = np.arange(STEPS + 1)[:, None]
    expected = start * root**t * (1 + t * ((1 - lr * curvature) / root - 1))  # (1 + ct) r**t through t = 0 and t = 1
    # Rounding separates a double root by 1e-8 in both directions, which is 100**2 * 1e-16 in its powers.
    assert_close(outputs["path"], expected, rtol=1e-7, atol=1e-12, label="path")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"lr": 0.01, "alpha": 0.99}, id="alpha_0.99"),
        pytest.param({"lr": 0.02, "alpha": 0.9, "eps": 1e-2, "weight_decay": 0.3}, id="alpha_0.9"),
    ],
)
def test_rmsprop_over_many_steps(student, reference, rng, settings):
    """RMSprop's weights over 100 steps of a new optimiser (Tieleman & Hinton 2012)."""
    inputs = {
        "optimiser": "RMSprop",
        "settings": settings,
        "weights": [weights(rng, 2, 3)],
        "grads": [rng.standard_normal((STEPS, 2, 3))],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EXACT)


def test_rmsprop_with_small_gradients(student, rng):
    """RMSprop adds eps to the root, not under it: this matters where the gradients are as small as eps."""
    grad = 1e-8 * order_one(rng, 4)
    outputs = student.optimiser_path(
        optimiser="RMSprop", settings={"lr": 0.5, "eps": 1e-8}, weights=[np.zeros(4)], grads=[grad[None]]
    )
    expected = -0.5 * grad / (0.1 * np.abs(grad) + 1e-8)  # v = 0.01 * grad**2
    # a few float64 operations; eps under the root is wrong by a factor of more than 100
    assert_close(outputs["path_0"], expected[None], rtol=1e-9, label="path_0")


@pytest.mark.parametrize("betas", [[0.9, 0.999], [0.8, 0.95]], ids=["betas_default", "betas_0.8_0.95"])
def test_adam_follows_algorithm_1(student, reference, rng, betas):
    """Adam's weights over 100 steps of a new optimiser (Kingma & Ba 2015, algorithm 1)."""
    inputs = {
        "optimiser": "Adam",
        "settings": {"lr": 0.01, "betas": betas},
        "weights": [weights(rng, 2, 3)],
        "grads": [order_one(rng, STEPS, 2, 3)],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@pytest.mark.parametrize("optimiser", ["Adam", "AdamW"])
@pytest.mark.parametrize(("eps", "settings"), [(1e-8, {}), (1e-6, {"eps": 1e-6})], ids=["default_eps", "eps_1e-6"])
def test_adam_with_small_gradients(student, rng, optimiser, eps, settings):
    """Adam adds eps to the root, not under it: with gradients of 100 times eps the first step is still about lr."""
    grad = 100 * eps * rng.choice([-1.0, 1.0], 5)
    outputs = student.optimiser_path(
        optimiser=optimiser, settings={"lr": 0.5} | settings, weights=[np.zeros(5)], grads=[grad[None]]
    )
    step = outputs["path_0"][0] * -np.sign(grad) / 0.5
    # 0.990 by algorithm 1, 0.760 by the efficient form, at most 0.1 with eps under the root, 1.000 without
    assert_that(
        np.all((step > 0.7) & (step < 0.995)),
        "the first step with gradients of 100 times eps is not 0.7 to 0.995 times lr",
    )


@pytest.mark.parametrize("optimiser", ["RMSprop", "Adam", "AdamW"])
def test_zero_gradients_move_nothing(student, rng, optimiser):
    """A weight whose gradient is always 0 does not change, while the others do."""
    weight, grads = weights(rng, 5), order_one(rng, 20, 5)
    grads[:, :2] = 0.0
    outputs = student.optimiser_path(
        optimiser=optimiser, settings={"lr": 0.1, "weight_decay": 0.0}, weights=[weight], grads=[grads]
    )
    path = outputs["path_0"]
    # 0 / (0 + eps) is exactly 0
    assert_close(path[:, :2], np.tile(weight[:2], (20, 1)), rtol=1e-12, label="weights with gradient 0")
    assert_that(np.all(path[0, 2:] != weight[2:]), "weights whose gradient is not 0 did not change")


def test_adam_ignores_the_scale_of_the_gradients(student, rng):
    """Gradients that are 1000 times as large give the same steps of Adam (Kingma & Ba 2015, section 2.1)."""
    weight, grads = weights(rng, 4), order_one(rng, 50, 4)
    once, thousandfold = (
        student.optimiser_path(optimiser="Adam", settings={"lr": 0.01}, weights=[weight], grads=[scale * grads])
        for scale in (1.0, 1000.0)
    )
    assert_that(np.all(once["path_0"][0] != weight), "the first step did not change every weight")
    # eps is 1e-8 of the gradients in the one run, 1e-11 in the other
    assert_close(thousandfold["path_0"], once["path_0"], rtol=0.0, atol=1e-6, label="path with 1000 times the gradient")


def test_adam_weight_decay_goes_through_the_moments(student, reference, rng):
    """Adam's weight_decay is part of the gradient, and so of both moments (L2 regularisation)."""
    inputs = {
        "optimiser": "Adam",
        "settings": {"lr": 0.01, "weight_decay": 0.2},
        "weights": [weights(rng, 3, 2)],
        "grads": [order_one(rng, STEPS, 3, 2)],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


def test_adamw_weight_decay_stays_out_of_the_moments(student, reference, rng):
    """AdamW's weight_decay shrinks each weight and is not part of the moments (Loshchilov & Hutter 2019)."""
    inputs = {
        "optimiser": "AdamW",
        "settings": {"lr": 0.03, "weight_decay": 0.5},
        "weights": [weights(rng, 3, 2)],
        "grads": [order_one(rng, STEPS, 3, 2)],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@EVERY
def test_every_parameter_has_its_own_state(student, reference, rng, optimiser, settings):
    """Three parameters, two of them of the same shape, each take the same steps as if they were alone."""
    inputs = {
        "optimiser": optimiser,
        "settings": settings,
        "weights": [weights(rng, 3), weights(rng, 3), weights(rng, 4, 2)],
        "grads": [order_one(rng, 25, 3), 4 * order_one(rng, 25, 3), 2 * order_one(rng, 25, 4, 2)],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@EVERY
def test_parameters_without_gradient_are_skipped(student, reference, rng, optimiser, settings):
    """A parameter whose grad is None keeps its data and its state; the others change."""
    present = np.ones((25, 3), dtype=bool)
    present[:, 1] = False
    # PyTorch counts Adam's t for each parameter, the paper once: they agree if a missing gradient stays missing.
    present[:, 2] = np.arange(25) < 12 if optimiser in ("Adam", "AdamW") else np.arange(25) % 7 < 4
    inputs = {
        "optimiser": optimiser,
        "settings": settings,
        "weights": [weights(rng, 3), weights(rng, 2, 2), weights(rng, 4, 2)],
        "grads": [order_one(rng, 25, 3), order_one(rng, 25, 2, 2), order_one(rng, 25, 4, 2)],
        "present": present,
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@PLAIN
@pytest.mark.parametrize("handling", ["generator", "same gradient array", "new data"])
def test_parameters_however_they_are_handled(student, reference, rng, optimiser, settings, handling):
    """The steps are correct for a generator of parameters, one array for all gradients, and replaced data."""
    inputs = {
        "optimiser": optimiser,
        "settings": settings,
        "weights": [weights(rng, 3), weights(rng, 4, 2)],
        "grads": [order_one(rng, 12, 3), order_one(rng, 12, 4, 2)],
        "handling": handling,
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@EVERY
def test_gradients_are_left_as_they_were(student, rng, optimiser, settings):
    """A step reads the gradients and does not change them, with and without weight decay."""
    inputs = {
        "weights": [weights(rng, 3), weights(rng, 2, 2)],
        "grads": [order_one(rng, 4, 3), order_one(rng, 4, 2, 2)],
    }
    outputs = student.gradients_after_steps(optimiser=optimiser, settings=settings, **inputs)
    expected = {f"grad_{index}": grads for index, grads in enumerate(inputs["grads"])}
    assert_close(outputs, expected, rtol=0.0)  # nothing wrote to them, so they are equal
    assert_that(outputs["moved"], "some weights did not change")


@EVERY
def test_float32_stays_float32(student, rng, optimiser, settings):
    """A float32 parameter with float32 gradients is float32 after three steps."""
    outputs = student.dtype_after_steps(
        optimiser=optimiser, settings=settings, weight=weights(rng, 4), grads=order_one(rng, 3, 4)
    )
    assert_that(outputs["dtype"] == "float32", "data of a float32 parameter has another dtype after three steps")
    assert_that(outputs["moved"], "some weights did not change")


def test_clipping_keeps_float32(student, rng):
    """A float32 gradient is float32 after clipping, and clipped."""
    outputs = student.clipped(grads=[10 * order_one(rng, 4)], max_norm=1.0, dtype="float32")
    assert_that(outputs["dtype"] == "float32", "grad of a float32 parameter has another dtype after clip_grad_norm_")
    # float32 has 1e-7 a value, and PyTorch's 1e-6 beside a norm of 10 or more is 1e-7
    assert_close(np.linalg.norm(outputs["grad_0"]), 1.0, rtol=1e-5, label="norm after clipping")


@EVERY
def test_lr_may_change_between_steps(student, reference, rng, optimiser, settings):
    """Each step uses the lr of that step, and the momentum buffer holds gradients, not steps."""
    inputs = {
        "optimiser": optimiser,
        "settings": settings,
        "weights": [weights(rng, 2, 2)],
        "grads": [order_one(rng, 20, 2, 2)],
        "lrs": rng.uniform(0.001, 0.02, 20),
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


@pytest.mark.parametrize("optimiser", ["SGD", "RMSprop", "Adam", "AdamW"])
def test_defaults_are_pytorchs(student, reference, rng, optimiser):
    """Without settings, 100 steps are those of PyTorch's defaults."""
    inputs = {
        "optimiser": optimiser,
        "settings": {},
        "weights": [rng.uniform(1.0, 2.0, 4)],
        "grads": [order_one(rng, STEPS, 4)],
    }
    assert_close(student.optimiser_path(**inputs), reference.optimiser_path(**inputs), **EITHER_FORM)


def test_zero_grad_with_missing_gradients(student, rng):
    """A grad that is None is no error for zero_grad, also when it is called a second time."""
    grads = [order_one(rng, 3), np.zeros(0), order_one(rng, 2)]
    outputs = student.cleared(weights=[np.ones(3), np.ones((2, 2)), np.ones(2)], grads=grads, times=2)
    assert_that(np.all(outputs["cleared"]), "after zero_grad a grad is neither None nor zeros of its parameter's shape")


@pytest.mark.parametrize("handling", ["list", "generator"])
@pytest.mark.parametrize("max_norm", [1.0, 7.0], ids=["max_norm_1", "max_norm_7"])
def test_clipping_scales_all_parameters_by_one_factor(student, rng, max_norm, handling):
    """The norm is that of all gradients together; the scaled ones have the norm max_norm; None stays None."""
    grads = [20 * order_one(rng, 3), None, 20 * order_one(rng, 4, 2), order_one(rng, 2)]
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads if grad is not None))
    outputs = student.clipped(grads=grads, max_norm=max_norm, handling=handling)
    expected = {f"grad_{index}": grads[index] * max_norm / norm for index in (0, 2, 3)}
    # The norm is above 30: relative to it, PyTorch's 1e-6 is below 1e-7.
    assert_close(outputs, expected | {"norm": norm}, rtol=1e-5)
    assert_that(outputs["none_stay_none"], "a grad that was None is no longer None after clip_grad_norm_")


def test_clipping_leaves_small_gradients(student, rng):
    """Gradients whose norm is below max_norm stay as they are, and their norm is returned."""
    grads = [order_one(rng, 3), order_one(rng, 2, 2)]
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
    outputs = student.clipped(grads=grads, max_norm=3.0 * norm)
    # Multiplied by 1.0 or not at all.
    assert_close(outputs, {"grad_0": grads[0], "grad_1": grads[1], "norm": norm}, rtol=1e-12)


@pytest.mark.parametrize("grads", [[np.zeros(3), np.zeros((2, 2))], [None, None]], ids=["all_zero", "all_none"])
def test_clipping_nothing(student, grads):
    """If all gradients are 0 or None, the norm is 0.0 and they stay as they are."""
    outputs = student.clipped(grads=grads, max_norm=1.0)
    expected = {f"grad_{index}": grad for index, grad in enumerate(grads) if grad is not None}
    assert_close(outputs, expected | {"norm": 0.0}, rtol=0.0)  # 0 times any factor is 0


@pytest.mark.parametrize(
    ("settings", "step_size", "gamma"),
    [
        pytest.param({"step_size": 3, "gamma": 0.5}, 3, 0.5, id="every_3"),
        pytest.param({"step_size": 1, "gamma": 0.9}, 1, 0.9, id="every_1"),
        pytest.param({"step_size": 5}, 5, 0.1, id="default_gamma"),
    ],
)
def test_step_lr_table(student, rng, settings, step_size, gamma):
    """StepLR multiplies by gamma at every multiple of step_size and at no other step."""
    lr = rng.uniform(0.1, 1.0)
    outputs = student.schedule(scheduler="StepLR", settings=settings, lr=lr, steps=17)
    # float64 products, in one power or one after another
    assert_close(outputs["lr"], lr * gamma ** (np.arange(18) // step_size), rtol=1e-12, label="lr")


@pytest.mark.parametrize(
    ("settings", "eta_min"),
    [
        pytest.param({"T_max": 8, "eta_min": 0.02}, 0.02, id="even"),
        pytest.param({"T_max": 5, "eta_min": 0.05}, 0.05, id="odd"),
        pytest.param({"T_max": 7}, 0.0, id="default_eta_min"),
    ],
)
def test_cosine_table(student, rng, settings, eta_min):
    """The cosine falls from lr to eta_min at T_max and rises again after it (SGDR, equation 5)."""
    lr = rng.uniform(0.1, 1.0)
    outputs = student.schedule(scheduler="CosineAnnealingLR", settings=settings, lr=lr, steps=24)
    expected = eta_min + (lr - eta_min) * np.cos(np.pi * np.arange(25) / (2 * settings["T_max"])) ** 2
    # The recursive form, as in PyTorch, has a few more rounding errors, and 0 has no relative error.
    assert_close(outputs["lr"], expected, rtol=1e-9, atol=1e-12, label="lr")


@pytest.mark.parametrize(
    ("settings", "start_factor"),
    [
        pytest.param({"total_iters": 6, "start_factor": 0.1}, 0.1, id="six_steps"),
        pytest.param({"total_iters": 1, "start_factor": 0.5}, 0.5, id="one_step"),
        pytest.param({"total_iters": 5}, 1 / 3, id="default_start_factor"),
    ],
)
def test_warmup_table(student, rng, settings, start_factor):
    """The warm-up rises in a straight line from start_factor * lr to lr at total_iters, then is constant."""
    lr = rng.uniform(0.1, 1.0)
    outputs = student.schedule(scheduler="LinearWarmup", settings=settings, lr=lr, steps=15)
    total_iters = settings["total_iters"]
    expected = lr * np.interp(np.arange(16), [0, total_iters], [start_factor, 1.0])
    assert_close(outputs["lr"], expected, rtol=1e-9, label="lr")  # the recursive form has a few more rounding errors


@pytest.mark.parametrize(
    ("scheduler", "settings"),
    [
        pytest.param("StepLR", {"step_size": 2, "gamma": 0.5}, id="StepLR"),
        pytest.param("CosineAnnealingLR", {"T_max": 6, "eta_min": 0.01}, id="CosineAnnealingLR"),
        pytest.param("LinearWarmup", {"total_iters": 4, "start_factor": 0.25}, id="LinearWarmup"),
    ],
)
def test_get_last_lr_is_the_optimisers(student, reference, scheduler, settings):
    """get_last_lr returns the learning rate that was set last, as one number."""
    inputs = {"scheduler": scheduler, "settings": settings, "lr": 0.3, "steps": 8}
    assert_close(student.last_lr(**inputs), reference.schedule(**inputs), rtol=1e-9)  # a few float64 roundings


@pytest.mark.parametrize(
    ("optimiser", "settings", "scheduler", "scheduler_settings"),
    [
        pytest.param("SGD", {"lr": 0.05, "momentum": 0.9}, "StepLR", {"step_size": 20, "gamma": 0.3}, id="SGD_StepLR"),
        pytest.param("Adam", {"lr": 0.02}, "CosineAnnealingLR", {"T_max": 60, "eta_min": 1e-3}, id="Adam_cosine"),
        pytest.param(
            "AdamW", {"lr": 0.02, "weight_decay": 0.5}, "LinearWarmup", {"total_iters": 30}, id="AdamW_warmup"
        ),
        pytest.param("RMSprop", {"lr": 0.01}, "CosineAnnealingLR", {"T_max": 45}, id="RMSprop_cosine"),
    ],
)
def test_training_with_a_schedule(student, reference, rng, optimiser, settings, scheduler, scheduler_settings):
    """In a loop of zero_grad, step and scheduler step, each step uses the scheduled learning rate."""
    inputs = {
        "optimiser": optimiser,
        "settings": settings,
        "scheduler": scheduler,
        "scheduler_settings": scheduler_settings,
        "weight": weights(rng, 3, 2),
        "grads": order_one(rng, 60, 3, 2),
    }
    assert_close(student.scheduled_path(**inputs), reference.scheduled_path(**inputs), **EITHER_FORM)
