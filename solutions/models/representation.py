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
        # BEGIN SOLUTION
        self.mean = x.mean(dim=0)
        self.components = torch.linalg.svd(x - self.mean, full_matrices=False).Vh[:size]
        # STUB: raise NotImplementedError("PCA")
        # END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Codes (N, size) of x (N, D)."""
        # BEGIN SOLUTION
        return (x - self.mean) @ self.components.T
        # STUB: raise NotImplementedError("PCA.encode")
        # END SOLUTION

    def decode(self, codes: Tensor) -> Tensor:
        """What codes (N, size) stand for: (N, D)."""
        # BEGIN SOLUTION
        return codes @ self.components + self.mean
        # STUB: raise NotImplementedError("PCA.decode")
        # END SOLUTION


def frozen_codes(model: nn.Module, encode: Callable[[Tensor], Tensor], batches: Iterable[Tensor]) -> Tensor:
    """The codes of all batches, (N, code_size), in their order.

    Args:
        model: what ``encode`` belongs to: in evaluation mode meanwhile, and afterwards in the mode that it was in.
        encode: such as ``model.encode``.
        batches: inputs.

    Returns:
        codes that require no gradients.
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    with torch.no_grad():
        codes = [encode(x) for x in batches]
    model.train(training)
    return torch.cat(codes)
    # STUB: raise NotImplementedError("frozen_codes")
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.classes, self.penalty = classes, penalty
        # STUB: raise NotImplementedError("LinearProbe.__init__")
        # END SOLUTION

    def fit(self, codes: Tensor, labels: Tensor) -> LinearProbe:
        """Fit to codes (N, code_size) and labels (N,) int64, and return the probe."""
        # BEGIN SOLUTION
        targets = functional.one_hot(labels, self.classes).to(codes.dtype)
        middle, level = codes.mean(dim=0), targets.mean(dim=0)
        centred = codes - middle
        gram = centred.T @ centred + self.penalty * torch.eye(codes.shape[1], dtype=codes.dtype)
        self.weight = torch.linalg.solve(gram, centred.T @ (targets - level)).T
        self.bias = level - self.weight @ middle
        return self
        # STUB: raise NotImplementedError("LinearProbe.fit")
        # END SOLUTION

    def predict(self, codes: Tensor) -> Tensor:
        """Classes (N,) int64 of codes (N, code_size)."""
        # BEGIN SOLUTION
        return (codes @ self.weight.T + self.bias).argmax(dim=1)
        # STUB: raise NotImplementedError("LinearProbe.predict")
        # END SOLUTION
