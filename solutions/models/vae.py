"""The variational autoencoder: reparameterisation, KL divergence, bounds, samples and traversals.

All logarithms are natural. Likelihoods, divergences and bounds are sums over the elements of a sample, one number for
each sample; none is averaged over pixels or latent variables.

Sources:
    D. Kingma, M. Welling (2014): Auto-encoding variational Bayes, sections 2.3 and 3,
    appendices B and C, arXiv:1312.6114
    Y. Burda, R. Grosse, R. Salakhutdinov (2016): Importance weighted autoencoders, equation 8, arXiv:1509.00519
    I. Higgins et al. (2017): β-VAE. ICLR
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

# A VAE whose code holds nothing, and what can be compared: your answer to the written question of spec.md.
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) Posterior collapse: q(z | x) is the prior for every x, so the code holds nothing, and the decoder returns the mean
image. I would look for a likelihood that is averaged over pixels while KL is summed, and for a beta that is too large
or a KL that is summed over the batch, too. Without a mistake KL is some nats; otherwise the decoder is strong enough to
ignore z.

(b) Counts of samples near each mode (mode_coverage): a GAN often leaves modes out, a diffusion model rarely. The bound
of a VAE needs a density p(x | z); a GAN has none, so there is no number to compare with.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


def reparameterised(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """The sum mean + σ noise with σ = exp(log_variance / 2); noise (..., N, Z) may have further axes in front."""
    # BEGIN SOLUTION
    return mean + (0.5 * log_variance).exp() * noise
    # STUB: raise NotImplementedError("reparameterised")
    # END SOLUTION


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The divergence KL(N(mean, σ²) || N(0, I)) in closed form: (N,), from (N, Z)."""
    # BEGIN SOLUTION
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)
    # STUB: raise NotImplementedError("kl_divergence")
    # END SOLUTION


def gaussian_log_density(x: Tensor, mean: Tensor, std: Tensor | float) -> Tensor:
    """Logarithm of N(x; mean, std²) with all constants, summed over the last axis; shapes broadcast."""
    # BEGIN SOLUTION
    std = torch.as_tensor(std, dtype=x.dtype)
    return (-0.5 * ((x - mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)).sum(dim=-1)
    # STUB: raise NotImplementedError("gaussian_log_density")
    # END SOLUTION


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Sum over the last axis of x log p + (1 - x) log(1 - p), p the sigmoid of the logits; finite for any logits."""
    # BEGIN SOLUTION
    return -functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(dim=-1)
    # STUB: raise NotImplementedError("bernoulli_log_likelihood")
    # END SOLUTION


class VAE(nn.Module):
    """Encoder data_size - hidden_size - (mean, log_variance), decoder latent_size - hidden_size - data_size, with tanh.

    ``parameters()``: the encoder's hidden layer, the layer of the mean, that of the log variance, the decoder's hidden
    layer, its output layer; each a weight and a bias. tanh follows the two hidden layers only.

    Args:
        data_size, hidden_size, latent_size: numbers of units.
        decoder: "bernoulli": the output are logits; "gaussian": it is the mean, and the deviation is ``std``. Anything
            else: ValueError.
        std: of the Gaussian decoder.
    """

    def __init__(
        self, data_size: int, hidden_size: int, latent_size: int, decoder: str = "bernoulli", std: float = 1.0
    ) -> None:
        super().__init__()
        # BEGIN SOLUTION
        if decoder not in ("bernoulli", "gaussian"):
            raise ValueError(f"decoder must be 'bernoulli' or 'gaussian', got {decoder!r}")
        self.kind, self.std = decoder, std
        self.to_hidden = nn.Linear(data_size, hidden_size)
        self.to_mean = nn.Linear(hidden_size, latent_size)
        self.to_log_variance = nn.Linear(hidden_size, latent_size)
        self.from_latent = nn.Linear(latent_size, hidden_size)
        self.to_data = nn.Linear(hidden_size, data_size)
        # STUB: raise NotImplementedError("VAE.__init__")
        # END SOLUTION

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each (N, latent_size), of x (N, data_size)."""
        # BEGIN SOLUTION
        hidden = self.to_hidden(x).tanh()
        return self.to_mean(hidden), self.to_log_variance(hidden)
        # STUB: raise NotImplementedError("VAE.encode")
        # END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Logits or means (..., data_size) of z (..., latent_size)."""
        # BEGIN SOLUTION
        return self.to_data(self.from_latent(z).tanh())
        # STUB: raise NotImplementedError("VAE.decode")
        # END SOLUTION

    def log_likelihood(self, z: Tensor, x: Tensor) -> Tensor:
        """Logarithm of p(x | z) of the decoder: (..., N), from z (..., N, latent_size) and x (N, data_size)."""
        # BEGIN SOLUTION
        output = self.decode(z)
        if self.kind == "bernoulli":
            return bernoulli_log_likelihood(output, x)
        return gaussian_log_density(x, output, self.std)
        # STUB: raise NotImplementedError("VAE.log_likelihood")
        # END SOLUTION

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """The mean of x for given z: probabilities of the Bernoulli decoder, means of the Gaussian one."""
        # BEGIN SOLUTION
        output = self.decode(z)
        return output.sigmoid() if self.kind == "bernoulli" else output
        # STUB: raise NotImplementedError("VAE.sample")
        # END SOLUTION


def elbo(vae: VAE, x: Tensor, noise: Tensor, beta: float = 1.0) -> Tensor:
    """The bound log p(x | z) - beta KL, KL in closed form, with z from one draw of noise (N, Z) for each sample: (N,).

    It uses ``vae.encode`` and ``vae.log_likelihood`` only, so that it works with other models, too.
    """
    # BEGIN SOLUTION
    mean, log_variance = vae.encode(x)
    return vae.log_likelihood(reparameterised(mean, log_variance, noise), x) - beta * kl_divergence(mean, log_variance)
    # STUB: raise NotImplementedError("elbo")
    # END SOLUTION


def importance_weighted_bound(vae: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """Logarithm of the mean over K draws of p(x | z) p(z) / q(z | x), with noise (K, N, Z): (N,), without overflow.

    It uses ``vae.encode`` and ``vae.log_likelihood`` only.
    """
    # BEGIN SOLUTION
    mean, log_variance = vae.encode(x)
    z = reparameterised(mean, log_variance, noise)
    prior = gaussian_log_density(z, torch.zeros_like(z), 1.0)
    posterior = gaussian_log_density(z, mean, (0.5 * log_variance).exp())
    return torch.logsumexp(vae.log_likelihood(z, x) + prior - posterior, dim=0) - math.log(len(noise))
    # STUB: raise NotImplementedError("importance_weighted_bound")
    # END SOLUTION


def latent_traversal(vae: VAE, z: Tensor, axis: int, values: Sequence[float]) -> Tensor:
    """``vae.sample`` of z (Z,) with z[axis] replaced by each of the values: (len(values), data_size); z stays."""
    # BEGIN SOLUTION
    rows = z.repeat(len(values), 1)
    rows[:, axis] = torch.as_tensor(values, dtype=z.dtype)
    return vae.sample(rows)
    # STUB: raise NotImplementedError("latent_traversal")
    # END SOLUTION
