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
WRITTEN_ANSWER = ""


def reparameterised(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """The sum mean + σ noise with σ = exp(log_variance / 2); noise (..., N, Z) may have further axes in front."""
    raise NotImplementedError("reparameterised")


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The divergence KL(N(mean, σ²) || N(0, I)) in closed form: (N,), from (N, Z)."""
    raise NotImplementedError("kl_divergence")


def gaussian_log_density(x: Tensor, mean: Tensor, std: Tensor | float) -> Tensor:
    """Logarithm of N(x; mean, std²) with all constants, summed over the last axis; shapes broadcast."""
    raise NotImplementedError("gaussian_log_density")


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Sum over the last axis of x log p + (1 - x) log(1 - p), p the sigmoid of the logits; finite for any logits."""
    raise NotImplementedError("bernoulli_log_likelihood")


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
        raise NotImplementedError("VAE.__init__")

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each (N, latent_size), of x (N, data_size)."""
        raise NotImplementedError("VAE.encode")

    def decode(self, z: Tensor) -> Tensor:
        """Logits or means (..., data_size) of z (..., latent_size)."""
        raise NotImplementedError("VAE.decode")

    def log_likelihood(self, z: Tensor, x: Tensor) -> Tensor:
        """Logarithm of p(x | z) of the decoder: (..., N), from z (..., N, latent_size) and x (N, data_size)."""
        raise NotImplementedError("VAE.log_likelihood")

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """The mean of x for given z: probabilities of the Bernoulli decoder, means of the Gaussian one."""
        raise NotImplementedError("VAE.sample")


def elbo(vae: VAE, x: Tensor, noise: Tensor, beta: float = 1.0) -> Tensor:
    """The bound log p(x | z) - beta KL, KL in closed form, with z from one draw of noise (N, Z) for each sample: (N,).

    It uses ``vae.encode`` and ``vae.log_likelihood`` only, so that it works with other models, too.
    """
    raise NotImplementedError("elbo")


def importance_weighted_bound(vae: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """Logarithm of the mean over K draws of p(x | z) p(z) / q(z | x), with noise (K, N, Z): (N,), without overflow.

    It uses ``vae.encode`` and ``vae.log_likelihood`` only.
    """
    raise NotImplementedError("importance_weighted_bound")


def latent_traversal(vae: VAE, z: Tensor, axis: int, values: Sequence[float]) -> Tensor:
    """``vae.sample`` of z (Z,) with z[axis] replaced by each of the values: (len(values), data_size); z stays."""
    raise NotImplementedError("latent_traversal")
