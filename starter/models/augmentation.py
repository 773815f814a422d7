"""Random changes of training images: flips, crops, mixup. All randomness comes from the generator that is given."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import one_hot, pad


def random_flip(images: Tensor, generator: Generator, p: float = 0.5) -> Tensor:
    """Mirror each image left to right with probability ``p``, each independently: (N, C, H, W) → (N, C, H, W)."""
    raise NotImplementedError("random_flip")


def random_crop(images: Tensor, generator: Generator, padding: int = 4) -> Tensor:
    """Pad each image with ``padding`` zeros on all four sides and cut a window of the old size at a random place.

    (N, C, H, W) → (N, C, H, W). Each image has its own place; all (2 * padding + 1)**2 places are equally likely.
    """
    raise NotImplementedError("random_crop")


class Augment(nn.Module):
    """A random crop and then a random flip in training mode; in evaluation mode images come back as they are."""

    def __init__(self, generator: Generator, padding: int = 4, p: float = 0.5) -> None:
        super().__init__()
        self.generator = generator
        self.padding = padding
        self.p = p

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        raise NotImplementedError("Augment")


def mixup(images: Tensor, labels: Tensor, classes: int, alpha: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Mix each image with another image of the batch, and its label in the same way (Zhang et al. 2018, section 2).

    image i becomes lam * image i + (1 - lam) * image j, with j = permutation[i] of a random permutation of the batch
    and lam from Beta(alpha, alpha). You may draw one lam for the batch or one for each image.

    Args:
        images: (N, C, H, W).
        labels: (N,), int64.
        classes: number of classes K.
        alpha: positive.
        generator: the source of all random numbers.

    Returns:
        mixed images (N, C, H, W) and targets (N, K) of the images' dtype, each row with sum 1.
    """
    raise NotImplementedError("mixup")
