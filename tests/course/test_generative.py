"""The reference of s13_generative beside torch.distributions, sums over all states and known schedules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the reference of s13_generative is written in PyTorch, not installed here")


def normals(*shape: int, seed: int = 0) -> Any:
    """Draws from N(0, 1) in float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_densities_are_those_of_torch(models: Callable[[str], Any]) -> None:
    """KL divergence, Gaussian density and Bernoulli likelihood as torch.distributions computes them."""
    vae = models("vae")
    mean, log_variance, x = normals(3, 5, 4)
    normal = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    prior = torch.distributions.Normal(torch.zeros(()).double(), torch.ones(()).double())
    kl = torch.distributions.kl_divergence(normal, prior).sum(1)
    bernoulli = torch.distributions.Bernoulli(logits=mean).log_prob((x > 0).double()).sum(1)

    torch.testing.assert_close(vae.kl_divergence(mean, log_variance), kl)
    torch.testing.assert_close(vae.gaussian_log_density(x, mean, (0.5 * log_variance).exp()), normal.log_prob(x).sum(1))
    torch.testing.assert_close(vae.bernoulli_log_likelihood(mean, (x > 0).double()), bernoulli)


def test_probabilities_of_all_states_add_up_to_one(models: Callable[[str], Any]) -> None:
    """For every v, P(v) is the sum over all h of exp(-energy) / Z, Z summed over all states one by one."""
    rbm = models("rbm").RBM(4, 3).double()
    with torch.no_grad():
        for number, parameter in enumerate(rbm.parameters()):
            parameter.copy_(normals(*parameter.shape, seed=number))
    vs, hs = ([list(map(float, of)) for of in itertools.product((0, 1), repeat=size)] for size in (4, 3))
    v, h = (torch.tensor(rows, dtype=torch.float64) for rows in (vs, hs))
    weights = torch.stack([(-rbm.energy(one.expand(8, 4), h)).exp().sum() for one in v])

    torch.testing.assert_close(models("rbm").log_likelihood(rbm, v).exp(), weights / weights.sum())
    assert pytest.approx(1.0) == models("rbm").log_likelihood(rbm, v).exp().sum().item()


def test_schedule_of_1000_steps_is_the_papers(models: Callable[[str], Any]) -> None:
    """With 1000 steps ᾱ ends at 4.04e-5, as in the code of Ho et al., and with 50 it ends nearly there."""
    diffusion = models("diffusion")

    ends = [float(diffusion.Schedule(diffusion.linear_betas(steps)).alpha_bars[-1]) for steps in (1000, 50)]

    assert pytest.approx(4.04e-5, rel=0.01) == ends[0]
    assert ends[1] < 1e-3


def test_both_samplers_end_at_the_data_for_the_exact_model(models: Callable[[str], Any]) -> None:
    """With the exact model of a Gaussian DDIM's samples have its mean and deviation, up to the size of the steps."""
    diffusion = models("diffusion")
    schedule = diffusion.Schedule(diffusion.linear_betas(200))

    def exact(x: Any, t: Any) -> Any:
        bar = schedule.alpha_bars[t][:, None]
        return (1 - bar).sqrt() * (x - bar.sqrt() * 1.5) / (bar * 0.09 + 1 - bar)

    noise = normals(4000, 1)
    samples = diffusion.ddim_sample(exact, schedule, noise, diffusion.ddim_times(200, 200))

    assert pytest.approx(1.5, abs=0.03) == samples.mean().item()
    assert pytest.approx(0.3, abs=0.03) == samples.std().item()
