"""Tests that you can read and run: ``pytest s13_generative``."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# ---- Autoencoders ----


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        pytest.param(
            "Autoencoder",
            {"data_size": 6, "hidden_size": 5, "code_size": 3},
            [[5, 6], [5], [3, 5], [3], [5, 3], [5], [6, 5], [6]],
            id="autoencoder",
        ),
        pytest.param("LinearAutoencoder", {"data_size": 6, "code_size": 3}, [[3, 6], [3], [6, 3], [6]], id="linear"),
        pytest.param(
            "ConvAutoencoder",
            {"in_channels": 1, "width": 4, "code_size": 3, "image_size": [8, 12]},
            [
                *([4, 1, 3, 3], [4], [8, 4, 3, 3], [8], [3, 48], [3]),
                *([48, 3], [48], [8, 4, 4, 4], [4], [4, 1, 4, 4], [1]),
            ],
            id="convolutional",
        ),
        pytest.param(
            "VAE",
            {"data_size": 6, "hidden_size": 5, "latent_size": 2},
            [[5, 6], [5], [2, 5], [2], [2, 5], [2], [5, 2], [5], [6, 5], [6]],
            id="vae",
        ),
        pytest.param(
            "Generator",
            {"latent_size": 3, "hidden_size": 7, "data_size": 2},
            [[7, 3], [7], [7, 7], [7], [2, 7], [2]],
            id="generator",
        ),
        pytest.param(
            "Discriminator",
            {"data_size": 2, "hidden_size": 6},
            [[6, 2], [6], [6, 6], [6], [1, 6], [1]],
            id="discriminator",
        ),
        pytest.param(
            "Denoiser",
            {"data_size": 2, "hidden_size": 4},
            [[4, 2], [4], [4, 4], [4, 4], [4], [2, 4], [2]],
            id="denoiser",
        ),
    ],
)
def test_shapes_of_parameters(student, name, settings, expected):
    """parameters() has the shapes of the specification, in its order."""
    assert_that(
        student.parameter_shapes(name=name, settings=settings)["shapes"] == expected,
        f"parameters() of {name} should have the shapes {expected}",
    )


def test_corrupted_inputs_worked_example(student):
    """Gaussian noise times 0.5 is added; of the draws 0.1 and 0.6 the first masks its element where amount is 0.5."""
    x = np.array([[2.0, 3.0]])
    result = student.corruption(x=x, draws=np.array([[1.0, -2.0]]), amount=0.5, kind="gaussian")
    assert_close(result["x"], np.array([[2.5, 2.0]]), rtol=1e-6, label="gaussian")
    result = student.corruption(x=x, draws=np.array([[0.1, 0.6]]), amount=0.5, kind="masking")
    assert_close(result["x"], np.array([[0.0, 3.0]]), rtol=1e-6, label="masking")


def test_principal_component_worked_example(student):
    """Points near the line through (1, 1) and (3, 3): the component is (1, 1) / √2, up to its sign."""
    x = np.array([[1.0, 1.0], [2.1, 1.9], [1.9, 2.1], [3.0, 3.0]])
    result = student.principal_components(x=x, size=1, other=np.array([[4.0, 2.0]]))
    assert_close(result["mean"], np.array([2.0, 2.0]), rtol=1e-6, label="mean")
    expected = [[[0.5, 0.5], [0.5, 0.5]]]
    assert_close(np.array(result["rows"]), np.array(expected), rtol=1e-6, label="products of the component's elements")
    assert_close(result["decoded"], np.array([[3.0, 3.0]]), rtol=1e-6, label="the reconstruction of (4, 2)")


# ---- Boltzmann machines ----


def test_energies_worked_example(student):
    """One hidden and two visible units: energies and free energies by hand."""
    result = student.rbm(
        weight=np.array([[1.0, -2.0]]),
        visible_bias=np.array([0.5, 0.0]),
        hidden_bias=np.array([-1.0]),
        v=np.array([[1.0, 0.0], [1.0, 1.0]]),
        h=np.array([[1.0], [0.0]]),
    )
    assert_close(result["energy"], np.array([-0.5, -0.5]), rtol=1e-6, label="energy")
    expected = np.array([-0.5 - np.log(2), -0.5 - np.log1p(np.exp(-2))])
    assert_close(result["free_energy"], expected, rtol=1e-6, label="free_energy")
    assert_close(result["hidden"], np.array([[0.5], [0.1192029]]), rtol=1e-6, label="hidden_probabilities")


def test_partition_function_worked_example(student):
    """Without weights and biases all 2^V 2^H states have energy 0: log Z is (V + H) log 2."""
    result = student.rbm_likelihood(
        weight=np.zeros((2, 3)), visible_bias=np.zeros(3), hidden_bias=np.zeros(2), v=np.array([[1.0, 0.0, 1.0]])
    )
    assert_close(result["log_partition"], 5 * np.log(2), rtol=1e-6, label="log_partition")
    assert_close(result["log_likelihood"], np.array([-3 * np.log(2)]), rtol=1e-6, label="log_likelihood")


def test_gibbs_step_worked_example(student):
    """With weights of 0 every probability is 1/2: draws below it give 1."""
    result = student.chain(
        weight=np.zeros((2, 3)),
        visible_bias=np.zeros(3),
        hidden_bias=np.zeros(2),
        v=np.array([[1.0, 1.0, 0.0]]),
        hidden_draws=np.array([[[0.2, 0.8]]]),
        visible_draws=np.array([[[0.4, 0.6, 0.1]]]),
    )
    assert_close(result["states"], np.array([[[1.0, 0.0, 1.0]]]), rtol=0, label="v after one step")


# ---- VAE ----


def test_reparameterisation_worked_example(student):
    """A log variance of log 9 is a deviation of 3: mean 1 and noise 2 give 1 + 3 · 2 = 7."""
    result = student.reparameterisation(
        mean=np.array([[1.0]]), log_variance=np.log([[9.0]]), noise=np.array([[2.0]]), upstream=np.array([[1.0]])
    )
    assert_close(result["z"], np.array([[7.0]]), rtol=1e-6, label="reparameterised")
    assert_close(result["grad_log_variance"], np.array([[3.0]]), rtol=1e-6, label="gradient of log_variance")


def test_divergence_worked_example(student):
    """Mean 1 and log variance 0 in two variables: KL is 1. Logits of 0: every element costs log 2."""
    result = student.densities(
        mean=np.ones((1, 2)),
        log_variance=np.zeros((1, 2)),
        logits=np.zeros((1, 3)),
        x=np.ones((1, 3)),
        binary=np.array([[1.0, 0.0, 1.0]]),
        std=1.0,
    )
    assert_close(result["kl"], np.array([1.0]), rtol=1e-6, label="kl_divergence")
    assert_close(result["bernoulli"], np.array([-3 * np.log(2)]), rtol=1e-6, label="bernoulli_log_likelihood")
    expected = np.array([-1.5 - 1.5 * np.log(2 * np.pi)])
    assert_close(result["gaussian"], expected, rtol=1e-6, label="gaussian_log_density")


# ---- GAN ----


def test_losses_of_a_gan_worked_example(student):
    """Logits of 0 are probabilities of 1/2; at a logit of -10 one loss has a gradient of -1, the other of nearly 0."""
    result = student.gan_losses(real=np.zeros(2), fake=np.zeros(3))
    assert_close(result["discriminator"], 2 * np.log(2), rtol=1e-6, label="discriminator_loss")
    assert_close(result["non-saturating"], np.log(2), rtol=1e-6, label="generator_loss, non-saturating")
    assert_close(result["minimax"], -np.log(2), rtol=1e-6, label="generator_loss, minimax")
    result = student.gan_losses(real=np.zeros(1), fake=np.array([-10.0]))
    assert_close(
        result["non-saturating_grad_fake"], np.array([-0.9999546]), rtol=1e-6, label="gradient, non-saturating"
    )
    assert_close(result["minimax_grad_fake"], np.array([-4.539787e-5]), rtol=1e-6, label="gradient, minimax")


def test_gradient_penalty_worked_example(student):
    """The logit 3 a + 4 b has a gradient of norm 5 everywhere, so the penalty is 16."""
    result = student.linear_penalty(
        weight=np.array([3.0, 4.0]), real=np.ones((3, 2)), fake=np.zeros((3, 2)), mix=np.array([0.2, 0.5, 0.9])
    )
    assert_close(result["penalty"], 16.0, rtol=1e-6, label="gradient_penalty")


def test_counts_of_modes_worked_example(student):
    """Of four samples two are near the first mode, one is near the third, and one is near none."""
    result = student.coverage(
        samples=np.array([[0.1, 0.0], [0.0, -0.2], [4.1, 0.1], [1.0, 1.0]]),
        modes=np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 0.0]]),
        radius=0.5,
    )
    assert_close(result["counts"], np.array([2, 0, 1]), rtol=0, label="counts")
    assert_close(result["share"], 0.75, rtol=1e-6, label="share")


# ---- Average of weights ----


def test_average_of_weights_worked_example(student):
    """Decay 0.9: an average of 1 becomes 0.9 · 1 + 0.1 · 11 = 2, then 0.9 · 2 + 0.1 · 12 = 3. The model stays at 12."""
    values = [[1.0] * 7, [11.0] * 7, [12.0] * 7]
    result = student.ema_path(values=values, decay=0.9, warm_up=False)
    assert_close(result["path"][:, :4], np.array([[2.0] * 4, [3.0] * 4]), rtol=1e-6, label="averaged parameters")
    assert_close(result["path"][:, 4:], np.array([[11.0] * 3, [12.0] * 3]), rtol=1e-6, label="copied buffers")
    assert_close(result["own"], np.full(7, 12.0), rtol=1e-6, label="the model's own weights after the block")


# ---- Diffusion ----


def test_schedule_worked_example(student):
    """β of 0.1, 0.2 and 0.5: the products are 0.9, 0.72 and 0.36."""
    result = student.schedule(betas=np.array([0.1, 0.2, 0.5]))
    assert_close(result["alpha_bars"], np.array([0.9, 0.72, 0.36]), rtol=1e-6, label="alpha_bars")
    assert_close(result["alpha_bars_before"], np.array([1.0, 0.9, 0.72]), rtol=1e-6, label="alpha_bars_before")
    expected = np.array([0.0, 0.2 * 0.1 / 0.28, 0.5 * 0.28 / 0.64])
    assert_close(result["posterior_variances"], expected, rtol=1e-6, atol=1e-12, label="posterior_variances")


def test_ends_of_the_schedules(student):
    """With 50 steps almost nothing is left of x_0 in both schedules: ᾱ is below 0.001 at the end."""
    for kind in ("linear", "cosine"):
        betas = student.betas(kind=kind, steps=50, settings={})["betas"]
        assert_that(betas.shape == (50,), f"{kind}_betas(50) should have 50 numbers")
        left = np.prod(1 - betas)
        assert_that(bool(left < 1e-3), f"{kind}_betas(50) leaves too much of x_0: ᾱ at the end is {left:.2g}")


def test_way_to_noise_worked_example(student):
    """ᾱ = 0.36: x = 0.6 · 5 + 0.8 · 1 = 3.8 for x_0 = 5 and a noise of 1; ᾱ = 0.64: x = 0.8 · 5 + 0.6 · 1 = 4.6."""
    result = student.noised(
        betas=np.array([0.36, 0.4375]), x0=np.full((2, 1), 5.0), t=np.array([1, 0]), noise=np.ones((2, 1))
    )
    assert_close(result["x"], np.array([[3.8], [4.6]]), rtol=1e-6, label="q_sample")
    assert_close(result["x0"], np.array([[5.0], [5.0]]), rtol=1e-6, label="predicted_x0")


def test_order_of_steps(student):
    """Sampling asks the model for t = T - 1, ..., 0, once each."""
    result = student.ddpm(
        betas=np.array([0.1, 0.2, 0.3, 0.4]),
        mean=np.zeros(2),
        std=np.ones(2),
        noises=np.linspace(-1.0, 1.0, 30).reshape(5, 3, 2),
        variance="posterior",
    )
    assert_that(result["steps"] == [3, 2, 1, 0], f"the model is asked for the steps {result['steps']}")
    assert_that(result["alike"], "t should be a tensor (N,) with the same step for every sample")


def test_times_of_ddim_worked_example(student):
    """Five of 41 steps are 40, 30, 20, 10 and 0."""
    times = student.times(steps=41, count=5)["times"]
    assert_that(times == [40, 30, 20, 10, 0], f"ddim_times(41, 5) should be [40, 30, 20, 10, 0]; it is {times}")


def test_guidance_worked_example(student):
    """Scale 1 is the model with its labels; with scale 0 labels make no difference."""
    inputs = {
        "x": np.array([[0.5, -0.2], [1.0, 0.3]]),
        "t": np.array([3, 5]),
        "keep": np.array([True, False]),
        "null": 10,
        "seed": 7,
    }
    one = student.guidance(**inputs, labels=np.array([1, 2]), scale=0.0)
    other = student.guidance(**inputs, labels=np.array([3, 4]), scale=0.0)
    assert_close(one["noise"], other["noise"], rtol=1e-6, label="noise with scale 0 for other labels")
    assert_close(one["dropped"], np.array([1, 10]), rtol=0, label="dropped_labels")
