"""Restricted Boltzmann machines with units of 0 and 1, contrastive divergence, and a deep belief net.

Sources:
    G. Hinton (2002): Training products of experts by minimizing contrastive divergence. Neural Computation 14
    G. Hinton, S. Osindero, Y. Teh (2006): A fast learning algorithm for deep belief nets. Neural Computation 18
    G. Hinton (2010): A practical guide to training restricted Boltzmann machines, sections 2 and 3
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class RBM(nn.Module):
    """V visible and H hidden units. ``parameters()``: weight (H, V), visible_bias (V,), hidden_bias (H,).

    Weights begin as draws from N(0, 0.01²), biases as 0. Gradients are set by ``contrastive_divergence``, or computed
    by autograd from ``log_likelihood``.
    """

    def __init__(self, visible_size: int, hidden_size: int) -> None:
        super().__init__()
        raise NotImplementedError("RBM.__init__")

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """-h·(weight v) - visible_bias·v - hidden_bias·h for each row of v (N, V) and h (N, H): (N,)."""
        raise NotImplementedError("RBM.energy")

    def hidden_probabilities(self, v: Tensor) -> Tensor:
        """P(h_j = 1 | v): (N, H)."""
        raise NotImplementedError("RBM.hidden_probabilities")

    def visible_probabilities(self, h: Tensor) -> Tensor:
        """P(v_i = 1 | h): (N, V)."""
        raise NotImplementedError("RBM.visible_probabilities")

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) with exp(-F(v)) = the sum over all h of exp(-energy(v, h)): (N,), finite for weights of any size."""
        raise NotImplementedError("RBM.free_energy")


def log_partition(rbm: RBM) -> Tensor:
    """Logarithm of Z, the sum of exp(-F(v)) over all 2^V vectors v: for small V only."""
    raise NotImplementedError("log_partition")


def log_likelihood(rbm: RBM, v: Tensor) -> Tensor:
    """Logarithm of P(v) of each row: (N,). It can be differentiated: for small V it gives the exact gradients."""
    raise NotImplementedError("log_likelihood")


@torch.no_grad()
def gibbs_step(rbm: RBM, v: Tensor, hidden_draws: Tensor, visible_draws: Tensor) -> Tensor:
    """Units h drawn given v, then units v drawn given this h: a unit is 1 where its draw is below its probability.

    The draws, (N, H) and (N, V), are uniform in [0, 1).

    Returns:
        v of 0 and 1, in the dtype of the given v.
    """
    raise NotImplementedError("gibbs_step")


@torch.no_grad()
def contrastive_divergence(rbm: RBM, v: Tensor, draws: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Set ``.grad`` of the three parameters to the CD-k estimate of the gradient of -log P(v), k = len(draws).

    The chain begins at v and makes one ``gibbs_step`` with each pair of draws. Of both its ends, probabilities p of the
    hidden units are used, not draws. With means over the batch, the gradient of the weight is
    mean(p_k v_kᵀ) - mean(p_0 v_0ᵀ), and those of the biases are the same differences of v and of p.
    """
    raise NotImplementedError("contrastive_divergence")


class DeepBeliefNet(nn.Module):
    """RBMs on top of each other: the hidden units of one are the visible units of the next.

    Args:
        sizes: of the layers, data first: sizes (6, 4, 3) make an RBM of 6 and 4 units and one of 4 and 3.

    Attributes:
        rbms: an ``nn.ModuleList``, the lowest first.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        raise NotImplementedError("DeepBeliefNet.__init__")

    @torch.no_grad()
    def up(self, v: Tensor, layers: int) -> Tensor:
        """Hidden probabilities after the lowest ``layers`` RBMs, each fed with those of the one below; 0: v itself."""
        raise NotImplementedError("DeepBeliefNet.up")

    @torch.no_grad()
    def down(self, h: Tensor) -> Tensor:
        """Visible probabilities of the data, from h of the highest layer downwards."""
        raise NotImplementedError("DeepBeliefNet.down")

    @torch.no_grad()
    def pretrain_step(
        self, layer: int, v: Tensor, draws: Sequence[tuple[Tensor, Tensor]], learning_rate: float
    ) -> None:
        """One step of contrastive divergence of RBM number ``layer`` (0 is the lowest) on ``up(v, layer)``.

        Each of its parameters becomes parameter - learning_rate · gradient. The other RBMs stay as they are.
        """
        raise NotImplementedError("DeepBeliefNet.pretrain_step")
