"""Hidden tests of s13_generative: other inputs, closed forms, exact samplers, and small trainings."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# float64: some thousand operations on numbers of order one; every known mistake is off by more than 1e-3
EXACT = {"rtol": 1e-7, "atol": 1e-9}


def seed_of(rng):
    """A seed for a probe's weights."""
    return int(rng.integers(2**31))


# ---- GAN ----


@pytest.mark.parametrize(
    ("name", "settings", "size"),
    [
        pytest.param("Generator", {"latent_size": 3, "hidden_size": 7, "data_size": 4}, 3, id="generator"),
        pytest.param("Discriminator", {"data_size": 4, "hidden_size": 6}, 4, id="discriminator"),
    ],
)
def test_networks_of_a_gan(student, reference, rng, name, settings, size):
    """Outputs and gradients of the generator and of the discriminator with given weights."""
    inputs = {"name": name, "settings": settings, "seed": seed_of(rng), "inputs": [rng.standard_normal((5, size))]}
    assert_close(student.module(**inputs), reference.module(**inputs), **EXACT)


def test_losses_of_a_gan(student, reference, rng):
    """The losses and their gradients for 5 real and 8 generated samples."""
    inputs = {"real": 3 * rng.standard_normal(5), "fake": 3 * rng.standard_normal(8) + 1}
    assert_close(student.gan_losses(**inputs), reference.gan_losses(**inputs), **EXACT)


def test_losses_of_extreme_logits(student, reference):
    """Logits of 1000 have finite losses and the right gradients: log(sigmoid(x)) in two steps has not."""
    inputs = {"real": np.array([-1000.0, 1000.0, 30.0]), "fake": np.array([1000.0, -1000.0, -35.0, 2.0])}
    assert_close(student.gan_losses(**inputs), reference.gan_losses(**inputs), **EXACT)


def test_what_does_not_exist_is_refused(student, reference):
    """Unknown kinds of loss and variance, and impossible numbers of steps and decays, raise ValueError."""
    assert_that(
        dict(student.unknown_kinds()) == dict(reference.unknown_kinds()),
        "a loss, variance, number of steps or decay that does not exist is not refused with ValueError",
    )


@pytest.mark.parametrize("shape", [(6, 3), (4, 2, 3, 2)], ids=["vectors", "images"])
def test_gradient_penalty(student, reference, rng, shape):
    """The penalty of vectors and of images, and its gradients with respect to the discriminator's parameters."""
    real, fake = rng.standard_normal((2, *shape))
    inputs = {"real": real, "fake": fake + 1, "mix": rng.uniform(0.1, 0.9, shape[0]), "seed": seed_of(rng)}
    assert_close(student.penalty(**inputs), reference.penalty(**inputs), **EXACT)


def test_gradient_penalty_of_small_gradients(student, rng):
    """Gradients shorter than 1 cost as well: the logit is linear, so the penalty is known."""
    weight = rng.standard_normal((3, 2, 4))
    weight *= 0.4 / np.linalg.norm(weight)
    real, fake = rng.standard_normal((2, 5, 3, 2, 4))
    result = student.linear_penalty(weight=weight, real=real, fake=fake, mix=rng.uniform(0, 1, 5))
    assert_close(result["penalty"], 0.36, **EXACT, label="the penalty of gradients of norm 0.4")


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_discriminator_step(student, reference, rng, optimiser):
    """Losses and weights of six steps of the discriminator, from gradients that were left behind."""
    inputs = {
        "which": "discriminator",
        "sizes": {"latent_size": 3, "hidden_size": 5, "data_size": 2},
        "seed": seed_of(rng),
        "optimiser": optimiser,
        "noises": rng.standard_normal((6, 7, 3)),
        "reals": rng.standard_normal((6, 4, 2)) + 1,
    }
    names = ["losses", "parameters"]
    assert_close(student.gan_steps(**inputs), reference.gan_steps(**inputs), names=names, **EXACT)


def test_discriminator_step_with_penalty(student, reference, rng):
    """Losses and weights of four steps of the discriminator with the gradient penalty."""
    inputs = {
        "which": "discriminator",
        "sizes": {"latent_size": 3, "hidden_size": 5, "data_size": 2},
        "seed": seed_of(rng),
        "optimiser": "sgd",
        "noises": rng.standard_normal((4, 6, 3)),
        "reals": rng.standard_normal((4, 6, 2)) + 1,
        "mixes": rng.uniform(0.1, 0.9, (4, 6)),
        "weight": 0.3,
    }
    names = ["losses", "parameters"]
    assert_close(student.gan_steps(**inputs), reference.gan_steps(**inputs), names=names, **EXACT)


@pytest.mark.parametrize("kind", ["non-saturating", "minimax"])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_generator_step(student, reference, rng, optimiser, kind):
    """Losses and weights of six steps of the generator, from gradients that were left behind."""
    inputs = {
        "which": "generator",
        "sizes": {"latent_size": 3, "hidden_size": 5, "data_size": 2},
        "seed": seed_of(rng),
        "optimiser": optimiser,
        "noises": rng.standard_normal((6, 7, 3)),
        "kind": kind,
    }
    names = ["losses", "parameters"]
    assert_close(student.gan_steps(**inputs), reference.gan_steps(**inputs), names=names, **EXACT)


@pytest.mark.parametrize("which", ["generator", "discriminator"])
def test_the_other_network_is_left_alone(student, rng, which):
    """A step leaves parameters and gradients of the other network, and whether they require gradients, as they were."""
    inputs = {
        "which": which,
        "sizes": {"latent_size": 3, "hidden_size": 4, "data_size": 2},
        "seed": seed_of(rng),
        "optimiser": "sgd",
        "noises": rng.standard_normal((2, 5, 3)),
        "reals": rng.standard_normal((2, 5, 2)),
    }
    result = student.gan_steps(**inputs)
    assert_that(result["other_parameters_unchanged"], "the step changes parameters of the other network")
    assert_that(result["other_gradients_unchanged"], "the step changes gradients of the other network")
    assert_that(result["requires_grad"], "after the step a parameter does not require gradients any more")


def test_counts_of_modes(student, reference, rng):
    """Samples at different distances from five modes on a ring, a mode without samples among them."""
    angles = 2 * np.pi * np.arange(5) / 5
    modes = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = rng.uniform(0, 2 * np.pi, 40)
    distances = np.where(rng.random(40) < 0.6, rng.uniform(0.05, 0.2, 40), rng.uniform(0.3, 0.5, 40))
    offsets = distances[:, None] * np.stack([np.cos(directions), np.sin(directions)], axis=1)
    inputs = {"samples": modes[rng.integers(0, 4, 40)] + offsets, "modes": modes, "radius": 0.25}
    assert_close(student.coverage(**inputs), reference.coverage(**inputs), **EXACT)


def test_modes_that_overlap(student, reference):
    """A sample within the radius of two modes counts once, for the nearer one."""
    inputs = {
        "samples": np.array([[0.1, 0.0], [0.45, 0.0], [0.9, 0.1], [3.0, 0.0]]),
        "modes": np.array([[0.0, 0.0], [0.6, 0.0], [9.0, 9.0]]),
        "radius": 0.5,
    }
    assert_close(student.coverage(**inputs), reference.coverage(**inputs), **EXACT)


def test_a_gaussian_is_learnt(student, rng):
    """A GAN learns a Gaussian with mean 2 and standard deviation 0.5: both are off by at most 0.45 together."""
    result = student.gan_of_a_gaussian(mean=2.0, std=0.5, steps=400, seed=seed_of(rng))
    off = abs(result["mean"] - 2.0) + abs(result["std"] - 0.5)
    assert_that(off < 0.45, "mean and standard deviation of the samples are too far from those of the data")


# ---- Average of weights ----


@pytest.mark.parametrize("warm_up", [False, True], ids=["plain", "warm_up"])
def test_average_of_weights(student, reference, rng, warm_up):
    """Averages after each of five updates, of parameters; buffers are copied."""
    values = (10 * rng.standard_normal((6, 7)) + 30).tolist()
    inputs = {"values": values, "decay": 0.3 if warm_up else 0.9, "warm_up": warm_up}
    assert_close(student.ema_path(**inputs), reference.ema_path(**inputs), names=["path"], **EXACT)


def test_weights_come_back(student, reference, rng):
    """After the block the model has its own weights, also when the block raises; the average stays as it was."""
    inputs = {"values": (rng.standard_normal((3, 7)) + 20).tolist(), "decay": 0.8, "warm_up": False}
    names = ["own", "own_after_exception", "again", "requires_grad"]
    assert_close(student.ema_path(**inputs), reference.ema_path(**inputs), names=names, **EXACT)


# ---- Diffusion ----


@pytest.mark.parametrize(
    ("steps", "settings"), [(50, {}), (1000, {}), (7, {"first": 0.002, "last": 0.04})], ids=["50", "1000", "own_ends"]
)
def test_linear_betas(student, reference, steps, settings):
    """The linear schedule with 50 and 1000 steps, and with other ends."""
    inputs = {"kind": "linear", "steps": steps, "settings": settings}
    assert_close(student.betas(**inputs), reference.betas(**inputs), **EXACT)


@pytest.mark.parametrize(
    ("steps", "settings"), [(40, {}), (300, {"most": 0.5}), (9, {"offset": 0.02})], ids=["40", "clipped", "offset"]
)
def test_cosine_betas(student, reference, steps, settings):
    """The cosine schedule with 40 and 300 steps, with another offset and another largest β."""
    inputs = {"kind": "cosine", "steps": steps, "settings": settings}
    assert_close(student.betas(**inputs), reference.betas(**inputs), **EXACT)


def test_schedule(student, reference, rng):
    """Products, shifted products and posterior variances of random β."""
    inputs = {"betas": rng.uniform(0.01, 0.6, 12)}
    assert_close(student.schedule(**inputs), reference.schedule(**inputs), **EXACT)


# as many samples as columns, so that a coefficient that broadcasts over the wrong axis is no error but a wrong result
SHAPES = [(4, 4), (3, 2, 5, 3), (6,)]


@pytest.mark.parametrize("shape", SHAPES, ids=["square", "images", "numbers"])
def test_way_to_noise(student, reference, rng, shape):
    """q_sample, predicted_x0 of its result, and the posterior: each sample has another step, 0 and T - 1 among them."""
    t = np.concatenate([[0, 9], rng.integers(1, 9, shape[0] - 2)])
    x0, noise = rng.standard_normal((2, *shape))
    inputs = {"betas": rng.uniform(0.01, 0.5, 10), "x0": x0 + 1, "t": t, "noise": noise}
    assert_close(student.noised(**inputs), reference.noised(**inputs), **EXACT)


def test_data_of_single_precision(student, reference, rng):
    """Data in float32 stay in float32 and are as exact as float32 allows."""
    x0, noise = rng.standard_normal((2, 5, 3))
    t = rng.integers(0, 10, 5)
    inputs = {"betas": rng.uniform(0.01, 0.3, 10), "x0": x0, "t": t, "noise": noise, "dtype": "float32"}
    result, expected = student.noised(**inputs), reference.noised(**inputs)
    assert_close(result, expected, names=["x"], rtol=1e-4, atol=1e-5, dtype=True)


@pytest.mark.parametrize("shape", [(5, 5), (3, 1, 2, 4)], ids=["square", "images"])
def test_loss_of_diffusion(student, reference, rng, shape):
    """The loss and its gradients, of a model that depends on x and on t."""
    x0, noise = rng.standard_normal((2, *shape))
    t = rng.permutation(8)[: shape[0]]
    inputs = {"betas": rng.uniform(0.02, 0.5, 8), "x0": x0 + 2, "t": t, "noise": noise, "seed": seed_of(rng)}
    assert_close(student.denoising_loss(**inputs), reference.denoising_loss(**inputs), **EXACT)


@pytest.mark.parametrize("variance", ["posterior", "beta"])
@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 1, 2)], ids=["square", "images"])
def test_ancestral_sampling(student, reference, rng, shape, variance):
    """Samples from given noise with the exact model of a Gaussian; the steps that the model is asked for."""
    inputs = {
        "betas": rng.uniform(0.02, 0.5, 9),
        "mean": rng.standard_normal(shape[1:]),
        "std": rng.uniform(0.2, 0.6, shape[1:]),
        "noises": rng.standard_normal((10, *shape)),
        "variance": variance,
    }
    assert_close(student.ddpm(**inputs), reference.ddpm(**inputs), **EXACT)


def test_samples_of_a_gaussian(student, rng):
    """4000 samples with the exact model of a Gaussian have its mean, and nearly its standard deviation."""
    inputs = {
        "betas": np.linspace(0.002, 0.4, 50),
        "mean": np.array([1.5]),
        "std": np.array([0.3]),
        "noises": rng.standard_normal((51, 4000, 1)),
        "variance": "posterior",
    }
    samples = student.ddpm(**inputs)["samples"]
    # exact: mean 1.497, deviation 0.2538; 6 standard errors are 0.024 and 0.017: right code fails once in 10^8
    assert_that(abs(np.mean(samples) - 1.497) < 0.025, "the mean of the samples is not that of the data")
    assert_that(
        abs(np.std(samples) - 0.254) < 0.018, "the standard deviation of the samples is not near that of the data"
    )


def test_no_noise_in_the_last_step(student, rng):
    """Other noise for the step from x_1 to x_0 changes nothing; other noise for any other step does."""
    noises = rng.standard_normal((7, 3, 2))
    inputs = {"betas": rng.uniform(0.1, 0.4, 6), "mean": np.zeros(2), "std": np.ones(2), "variance": "beta"}
    base = student.ddpm(**inputs, noises=noises)["samples"]
    for step in range(7):
        other = noises.copy()
        other[step] += 1.0
        changed = bool(np.any(student.ddpm(**inputs, noises=other)["samples"] != base))
        assert_that(changed == (step > 0), "the last step adds noise, or another step adds none")


def test_times_of_ddim(student, reference):
    """Steps of the short sampler from T - 1 to 0."""
    for steps, count in ((50, 10), (1000, 7), (5, 5), (12, 2)):
        inputs = {"steps": steps, "count": count}
        assert_close(student.times(**inputs), reference.times(**inputs), **EXACT)


@pytest.mark.parametrize("times", [[11, 8, 5, 1, 0], [9, 4], list(range(11, -1, -1))], ids=["uneven", "short", "all"])
def test_sampling_without_noise(student, reference, rng, times):
    """DDIM samples from given noise, over all steps and over some; the noise that the samples are encoded to."""
    shape = (3, 3)
    inputs = {
        "betas": rng.uniform(0.02, 0.4, 12),
        "mean": rng.standard_normal(3),
        "std": rng.uniform(0.3, 1.5, 3),
        "noise": rng.standard_normal(shape),
        "times": times,
    }
    names = ["samples", "steps"]
    assert_close(student.ddim(**inputs), reference.ddim(**inputs), names=names, **EXACT)


def test_noise_of_given_samples(student, reference, rng):
    """ddim_encode of samples over five steps."""
    inputs = {
        "betas": rng.uniform(0.02, 0.4, 12),
        "mean": rng.standard_normal((2, 3)),
        "std": rng.uniform(0.3, 1.5, (2, 3)),
        "noise": rng.standard_normal((4, 2, 3)),
        "times": [11, 7, 4, 2, 0],
    }
    assert_close(student.ddim(**inputs), reference.ddim(**inputs), names=["noise"], **EXACT)


def test_there_and_back(student, rng):
    """With 400 small steps, encoding the samples gives the noise that they were made of back."""
    noise = rng.standard_normal((6, 2))
    inputs = {"betas": np.linspace(1e-4, 0.02, 400), "mean": np.array([0.5, -1.0]), "std": np.array([0.7, 1.3])}
    result = student.ddim(**inputs, noise=noise, times=list(range(399, -1, -1)))["noise"]
    # an explicit method of order one: off by a few hundredths with 400 steps; no known mistake is below 0.3
    assert_that(bool(np.max(np.abs(result - noise)) < 0.1), "encoding does not lead back to the noise of the samples")


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_guidance(student, reference, rng, scale):
    """The guided noise for three scales; labels of some samples are dropped."""
    inputs = {
        "x": rng.standard_normal((6, 3)),
        "t": rng.integers(0, 20, 6),
        "labels": rng.integers(0, 10, 6),
        "keep": np.array([True, False, True, True, False, True]),
        "scale": scale,
        "null": 12,
        "seed": seed_of(rng),
    }
    assert_close(student.guidance(**inputs), reference.guidance(**inputs), **EXACT)


def test_embedding_of_steps(student, reference):
    """Sines and cosines of steps up to 999."""
    inputs = {"t": np.array([0, 1, 7, 250, 999]), "size": 10}
    # float32: angles up to 999 are rounded by 6e-5 at most
    assert_close(student.embedding(**inputs), reference.embedding(**inputs), rtol=0, atol=2e-4)


def test_denoiser(student, reference, rng):
    """Output and gradients of the network with given weights."""
    inputs = {
        "name": "Denoiser",
        "settings": {"data_size": 3, "hidden_size": 8},
        "seed": seed_of(rng),
        "inputs": [rng.standard_normal((5, 3)), np.array([0, 3, 9, 1, 30])],
    }
    # the embedding may have been rounded to float32: 6e-8 of its angle, up to 30
    assert_close(student.module(**inputs), reference.module(**inputs), rtol=1e-4, atol=3e-5)


@pytest.mark.needs("test_loss_of_diffusion", "test_ancestral_sampling")
def test_two_modes_are_learnt(student, rng):
    """A small network learns two narrow modes on a line: at least 35 % of the samples are near each."""
    shares = student.two_modes(modes=[-1.0, 1.0], std=0.15, steps=400, seed=seed_of(rng))["shares"]
    assert_that(min(shares) > 0.35, "one of the two modes has too few samples")
    assert_that(sum(shares) > 0.9, "too many samples are near neither of the two modes")


# ---- Budgets ----


@pytest.mark.needs("test_ancestral_sampling")
def test_sampling_in_time(student, reference, budget):
    """Ancestral sampling of 400 samples over 40 steps stays within the limit of CPU time."""

    def inputs_of(rng):
        return {"betas": rng.uniform(0.02, 0.3, 40), "noises": rng.standard_normal((41, 400, 3))}

    budget(student.sampling_cost, reference.sampling_cost, inputs_of)
