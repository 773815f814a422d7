"""Public tests of s04: small cases computed by hand, the same numbers as in the specification.

The hidden tests call your code in the same ways (``probes.py``), with other inputs and for many steps.
"""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# every optimiser below: one weight of 1.0, lr = 0.1, a gradient of 2.0, then one of -1.0
WEIGHT = np.array([1.0])
GRADS = np.array([[2.0], [-1.0]])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"lr": 0.1}, [[0.8], [0.9]], id="plain"),
        # 1 - 0.1 * (2 + 0.1 * 1) = 0.79, then 0.79 - 0.1 * (-1 + 0.1 * 0.79) = 0.8821
        pytest.param({"lr": 0.1, "weight_decay": 0.1}, [[0.79], [0.8821]], id="weight decay"),
    ],
)
def test_sgd_worked_example(student, settings, expected):
    """Two steps of plain SGD are those of the worked example."""
    outputs = student.optimiser_path(optimiser="SGD", settings=settings, weights=[WEIGHT], grads=[GRADS])
    # Few float64 operations; the numbers above are exact.
    assert_close(outputs, {"path_0": np.array(expected)}, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # buffer 2.0, then 0.9 * 2.0 - 1.0 = 0.8
        pytest.param({"momentum": 0.9}, [[0.8], [0.72]], id="momentum"),
        # buffer 2.0 (the first gradient is not dampened), then 0.9 * 2.0 - 0.5 * 1.0 = 1.3
        pytest.param({"momentum": 0.9, "dampening": 0.5}, [[0.8], [0.67]], id="dampening"),
        # steps of 2.0 + 0.9 * 2.0 = 3.8 and -1.0 + 0.9 * 0.8 = -0.28
        pytest.param({"momentum": 0.9, "nesterov": True}, [[0.62], [0.648]], id="nesterov"),
    ],
)
def test_momentum_worked_example(student, settings, expected):
    """Two steps of SGD with momentum are those of the worked example."""
    outputs = student.optimiser_path(optimiser="SGD", settings={"lr": 0.1} | settings, weights=[WEIGHT], grads=[GRADS])
    # Few float64 operations; the numbers above are exact.
    assert_close(outputs, {"path_0": np.array(expected)}, rtol=1e-12)


def test_rmsprop_worked_example(student):
    """Two steps of RMSprop are those of the worked example."""
    outputs = student.optimiser_path(optimiser="RMSprop", settings={"lr": 0.1}, weights=[WEIGHT], grads=[GRADS])
    # v = 0.04, step 0.1 * 2 / 0.2 = 1; then v = 0.99 * 0.04 + 0.01 = 0.0496, step -0.1 / 0.2227106 = -0.4490133
    # atol: the numbers are rounded to seven digits, and eps moves them by 5e-8
    assert_close(outputs, {"path_0": np.array([[0.0], [0.4490133]])}, rtol=0.0, atol=5e-7)


def test_adam_worked_example(student):
    """Two steps of Adam are those of the worked example."""
    outputs = student.optimiser_path(optimiser="Adam", settings={"lr": 0.1}, weights=[WEIGHT], grads=[GRADS])
    # m_hat = 2, v_hat = 4: step 0.1; then m_hat = 0.08 / 0.19, v_hat = 0.004996 / 0.001999: step 0.0266337
    # atol: the numbers are rounded to seven digits
    assert_close(outputs, {"path_0": np.array([[0.9], [0.8733663]])}, rtol=0.0, atol=5e-7)


def test_adamw_worked_example(student):
    """Two steps of AdamW with weight decay are those of the worked example."""
    settings = {"lr": 0.1, "weight_decay": 0.1}
    outputs = student.optimiser_path(optimiser="AdamW", settings=settings, weights=[WEIGHT], grads=[GRADS])
    # Adam's steps, and each time 0.1 * 0.1 of the weight before the step: 1 - 0.01 - 0.1, 0.89 - 0.0089 - 0.0266337.
    # atol: the numbers are rounded to seven digits
    assert_close(outputs, {"path_0": np.array([[0.89], [0.8544663]])}, rtol=0.0, atol=5e-7)


def test_zero_grad_clears_every_gradient(student):
    """After zero_grad every gradient is None, or zeros of its parameter's shape."""
    weights = [np.ones(2), np.ones((2, 3))]
    outputs = student.cleared(weights=weights, grads=[np.ones(2), np.ones((2, 3))], times=1)
    assert_that(np.all(outputs["cleared"]), "after zero_grad a grad is neither None nor zeros of its parameter's shape")


def test_clip_grad_norm_worked_example(student):
    """Gradients 3 and 4 of two parameters have the norm 5, and are clipped to 0.6 and 0.8."""
    outputs = student.clipped(grads=[np.array([3.0]), np.array([[4.0]])], max_norm=1.0)
    expected = {"norm": 5.0, "grad_0": np.array([0.6]), "grad_1": np.array([[0.8]])}
    # PyTorch divides by the norm + 1e-6, the paper by the norm: the results differ by 2e-7, and both are accepted.
    assert_close(outputs, expected, rtol=1e-5)


def test_step_lr_worked_example(student):
    """StepLR with step_size=2 and gamma=0.1 from 1.0 gives 1, 1, 0.1, 0.1, 0.01."""
    outputs = student.schedule(scheduler="StepLR", settings={"step_size": 2, "gamma": 0.1}, lr=1.0, steps=4)
    assert_close(outputs, {"lr": np.array([1.0, 1.0, 0.1, 0.1, 0.01])}, rtol=1e-12)  # float64 products


def test_cosine_worked_example(student):
    """CosineAnnealingLR with T_max=4 from 1.0 is 0.5 in the middle and 0 at the end."""
    outputs = student.schedule(scheduler="CosineAnnealingLR", settings={"T_max": 4}, lr=1.0, steps=4)
    # (1 + cos(k pi / 4)) / 2, with cos(pi / 4) = sqrt(1 / 2)
    expected = [1.0, (1 + np.sqrt(0.5)) / 2, 0.5, (1 - np.sqrt(0.5)) / 2, 0.0]
    assert_close(outputs, {"lr": np.array(expected)}, rtol=0.0, atol=1e-12)  # float64 cosines


def test_warmup_worked_example(student):
    """LinearWarmup over 4 steps from start_factor=0.2 rises from 0.2 by 0.2 in each step, then stays at 1."""
    settings = {"total_iters": 4, "start_factor": 0.2}
    outputs = student.schedule(scheduler="LinearWarmup", settings=settings, lr=1.0, steps=6)
    assert_close(outputs, {"lr": np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0])}, rtol=1e-12)  # float64 products
