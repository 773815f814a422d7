"""U-Net for segmentation, and its loss."""

import torch
from torch import nn



class UNet(nn.Module):
    """A U-Net whose output has the size of its input (Ronneberger, Fischer & Brox 2015, with padding and batch norm).

    Args:
        in_channels: channels of the images.
        num_classes: C.
        width: channels at the top level; level l has ``width * 2**l``.
        depth: number of times that the size is halved.
    """

    def __init__(self, in_channels=1, num_classes=2, width=64, depth=4):
        super().__init__()
        raise NotImplementedError("UNet")

    def forward(self, x):
        """x: (N, in_channels, H, W), H and W at least 2**depth. Returns: logits (N, C, H, W)."""
        raise NotImplementedError("UNet.forward")


def dice_loss(logits, target, smooth=1.0):
    """1 - the mean over classes of (2 I + smooth) / (P + T + smooth) (after Milletari, Navab & Ahmadi 2016).

    P: sum of the class's softmax probabilities over all pixels of the batch; T: number of its pixels in the target;
    I: sum of its probabilities over those pixels.

    Args:
        logits: (N, C, H, W).
        target: classes (N, H, W), int64.
        smooth: keeps a class that occurs nowhere from 0 / 0.

    Returns:
        A scalar tensor.
    """
    raise NotImplementedError("dice_loss")


def segmentation_loss(logits, target, smooth=1.0):
    """Mean cross-entropy over all pixels plus ``dice_loss``. Arguments as there. Returns: a scalar tensor."""
    raise NotImplementedError("segmentation_loss")
