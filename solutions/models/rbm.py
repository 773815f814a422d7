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
        # BEGIN SOLUTION
        self.weight = nn.Parameter(0.01 * torch.randn(hidden_size, visible_size))
        self.visible_bias = nn.Parameter(torch.zeros(visible_size))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden_size))
        # STUB: raise NotImplementedError("RBM.__init__")
        # END SOLUTION

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """-h·(weight v) - visible_bias·v - hidden_bias·h for each row of v (N, V) and h (N, H): (N,)."""
        # BEGIN SOLUTION
        return -((h @ self.weight) * v).sum(dim=1) - v @ self.visible_bias - h @ self.hidden_bias
        # STUB: raise NotImplementedError("RBM.energy")
        # END SOLUTION

    def hidden_probabilities(self, v: Tensor) -> Tensor:
        """P(h_j = 1 | v): (N, H)."""
        # BEGIN SOLUTION
        return (v @ self.weight.T + self.hidden_bias).sigmoid()
        # STUB: raise NotImplementedError("RBM.hidden_probabilities")
        # END SOLUTION

    def visible_probabilities(self, h: Tensor) -> Tensor:
        """P(v_i = 1 | h): (N, V)."""
        # BEGIN SOLUTION
        return (h @ self.weight + self.visible_bias).sigmoid()
        # STUB: raise NotImplementedError("RBM.visible_probabilities")
        # END SOLUTION

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) with exp(-F(v)) = the sum over all h of exp(-energy(v, h)): (N,), finite for weights of any size."""
        # BEGIN SOLUTION
        return -v @ self.visible_bias - functional.softplus(v @ self.weight.T + self.hidden_bias).sum(dim=1)
        # STUB: raise NotImplementedError("RBM.free_energy")
        # END SOLUTION


def log_partition(rbm: RBM) -> Tensor:
    """Logarithm of Z, the sum of exp(-F(v)) over all 2^V vectors v: for small V only."""
    # BEGIN SOLUTION
    size = len(rbm.visible_bias)
    numbers = torch.arange(2**size)
    every = ((numbers[:, None] >> torch.arange(size)) & 1).to(rbm.weight.dtype)
    return torch.logsumexp(-rbm.free_energy(every), dim=0)
    # STUB: raise NotImplementedError("log_partition")
    # END SOLUTION


def log_likelihood(rbm: RBM, v: Tensor) -> Tensor:
    """Logarithm of P(v) of each row: (N,). It can be differentiated: for small V it gives the exact gradients."""
    # BEGIN SOLUTION
    return -rbm.free_energy(v) - log_partition(rbm)
    # STUB: raise NotImplementedError("log_likelihood")
    # END SOLUTION


@torch.no_grad()
def gibbs_step(rbm: RBM, v: Tensor, hidden_draws: Tensor, visible_draws: Tensor) -> Tensor:
    """Units h drawn given v, then units v drawn given this h: a unit is 1 where its draw is below its probability.

    The draws, (N, H) and (N, V), are uniform in [0, 1).

    Returns:
        v of 0 and 1, in the dtype of the given v.
    """
    # BEGIN SOLUTION
    h = (hidden_draws < rbm.hidden_probabilities(v)).to(v.dtype)
    return (visible_draws < rbm.visible_probabilities(h)).to(v.dtype)
    # STUB: raise NotImplementedError("gibbs_step")
    # END SOLUTION


@torch.no_grad()
def contrastive_divergence(rbm: RBM, v: Tensor, draws: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Set ``.grad`` of the three parameters to the CD-k estimate of the gradient of -log P(v), k = len(draws).

    The chain begins at v and makes one ``gibbs_step`` with each pair of draws. Of both its ends, probabilities p of the
    hidden units are used, not draws. With means over the batch, the gradient of the weight is
    mean(p_k v_kᵀ) - mean(p_0 v_0ᵀ), and those of the biases are the same differences of v and of p.
    """
    # BEGIN SOLUTION
    chain = v
    for hidden_draws, visible_draws in draws:
        chain = gibbs_step(rbm, chain, hidden_draws, visible_draws)
    p, p_chain = rbm.hidden_probabilities(v), rbm.hidden_probabilities(chain)
    rbm.weight.grad = (p_chain.T @ chain - p.T @ v) / len(v)
    rbm.visible_bias.grad = (chain - v).mean(dim=0)
    rbm.hidden_bias.grad = (p_chain - p).mean(dim=0)
    # STUB: raise NotImplementedError("contrastive_divergence")
    # END SOLUTION


class DeepBeliefNet(nn.Module):
    """RBMs on top of each other: the hidden units of one are the visible units of the next.

    Args:
        sizes: of the layers, data first: sizes (6, 4, 3) make an RBM of 6 and 4 units and one of 4 and 3.

    Attributes:
        rbms: an ``nn.ModuleList``, the lowest first.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.rbms = nn.ModuleList(RBM(sizes[n], sizes[n + 1]) for n in range(len(sizes) - 1))
        # STUB: raise NotImplementedError("DeepBeliefNet.__init__")
        # END SOLUTION

    @torch.no_grad()
    def up(self, v: Tensor, layers: int) -> Tensor:
        """Hidden probabilities after the lowest ``layers`` RBMs, each fed with those of the one below; 0: v itself."""
        # BEGIN SOLUTION
        for rbm in self.rbms[:layers]:
            v = rbm.hidden_probabilities(v)
        return v
        # STUB: raise NotImplementedError("DeepBeliefNet.up")
        # END SOLUTION

    @torch.no_grad()
    def down(self, h: Tensor) -> Tensor:
        """Visible probabilities of the data, from h of the highest layer downwards."""
        # BEGIN SOLUTION
        for rbm in reversed(self.rbms):
            h = rbm.visible_probabilities(h)
        return h
        # STUB: raise NotImplementedError("DeepBeliefNet.down")
        # END SOLUTION

    @torch.no_grad()
    def pretrain_step(
        self, layer: int, v: Tensor, draws: Sequence[tuple[Tensor, Tensor]], learning_rate: float
    ) -> None:
        """One step of contrastive divergence of RBM number ``layer`` (0 is the lowest) on ``up(v, layer)``.

        Each of its parameters becomes parameter - learning_rate · gradient. The other RBMs stay as they are.
        """
        # BEGIN SOLUTION
        rbm = self.rbms[layer]
        contrastive_divergence(rbm, self.up(v, layer), draws)
        for parameter in rbm.parameters():
            parameter -= learning_rate * parameter.grad
        # STUB: raise NotImplementedError("DeepBeliefNet.pretrain_step")
        # END SOLUTION
