"""What a code is worth: PCA as the best linear code, and a linear probe on frozen codes.

Sources:
    P. Baldi, K. Hornik (1989): Neural networks and principal component analysis. Neural Networks 2
    G. Alain, Y. Bengio (2016): Understanding intermediate layers using linear classifier probes, arXiv:1610.01644
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional


class PCA:
    """The linear code of ``size`` numbers with the least squared error on x (N, D).

    Attributes:
        mean: (D,), of x.
        components: (size, D), orthonormal rows: the directions of the largest variances, the largest first. The sign of
            a row is free.
    """

    def __init__(self, x: Tensor, size: int) -> None:
        raise NotImplementedError("PCA")

    def encode(self, x: Tensor) -> Tensor:
        """Codes (N, size) of x (N, D)."""
        raise NotImplementedError("PCA.encode")

    def decode(self, codes: Tensor) -> Tensor:
        """What codes (N, size) stand for: (N, D)."""
        raise NotImplementedError("PCA.decode")


def frozen_codes(model: nn.Module, encode: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> Tensor:
    """The codes of all batches, (N, code_size), in their order.

    Args:
        model: what ``encode`` belongs to: in evaluation mode meanwhile, and afterwards in the mode that it was in.
        encode: such as ``model.encode``.
        batches: inputs.

    Returns:
        codes that require no gradients.
    """
    raise NotImplementedError("frozen_codes")


class LinearProbe:
    """A linear classifier of codes, by least squares on one-hot labels with a penalty: it needs no training.

    W and b minimise the sum over the samples of |W z + b - onehot(label)|² plus penalty |W|²; b is not penalised. The
    prediction is the class with the largest W z + b.

    Args:
        classes: their number K.
        penalty: at least 0.

    Attributes:
        weight: (K, code_size), after ``fit``.
        bias: (K,), after ``fit``.
    """

    def __init__(self, classes: int, penalty: float = 1.0) -> None:
        raise NotImplementedError("LinearProbe.__init__")

    def fit(self, codes: Tensor, labels: Tensor) -> LinearProbe:
        """Fit to codes (N, code_size) and labels (N,) int64, and return the probe."""
        raise NotImplementedError("LinearProbe.fit")

    def predict(self, codes: Tensor) -> Tensor:
        """Classes (N,) int64 of codes (N, code_size)."""
        raise NotImplementedError("LinearProbe.predict")
