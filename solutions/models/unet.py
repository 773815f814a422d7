"""U-Net for segmentation, and its loss."""

import torch
from torch import nn


# BEGIN SOLUTION
def _double_conv(in_channels, out_channels):
    """Twice: 3 x 3 convolution that keeps the size, batch norm, ReLU."""
    layers = []
    for channels in (in_channels, out_channels):
        conv = nn.Conv2d(channels, out_channels, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(out_channels), nn.ReLU()]
    return nn.Sequential(*layers)


# STUB:
# END SOLUTION
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
        # BEGIN SOLUTION
        widths = [width * 2**level for level in range(depth + 1)]
        self.pool = nn.MaxPool2d(2)
        self.down = nn.ModuleList(
            _double_conv(before, after) for before, after in zip([in_channels, *widths], widths, strict=False)
        )
        upwards = list(reversed(widths[:-1]))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(2 * channels, channels, 2, 2) for channels in upwards)
        self.merges = nn.ModuleList(_double_conv(2 * channels, channels) for channels in upwards)
        self.last = nn.Conv2d(width, num_classes, 1)
        # STUB: raise NotImplementedError("UNet")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W), H and W at least 2**depth. Returns: logits (N, C, H, W)."""
        # BEGIN SOLUTION
        skips = []
        for level, conv in enumerate(self.down):
            x = conv(x if level == 0 else self.pool(x))
            skips.append(x)
        skips.pop()
        for up, merge in zip(self.ups, self.merges, strict=True):
            skip, x = skips.pop(), up(x)
            below, right = (large - small for large, small in zip(skip.shape[2:], x.shape[2:], strict=True))
            x = merge(torch.cat([skip, nn.functional.pad(x, (0, right, 0, below))], dim=1))
        return self.last(x)
        # STUB: raise NotImplementedError("UNet.forward")
        # END SOLUTION


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
    # BEGIN SOLUTION
    probabilities = logits.softmax(dim=1)
    truth = nn.functional.one_hot(target, logits.shape[1]).movedim(-1, 1).to(logits.dtype)
    axes = (0, 2, 3)
    overlap, total = (probabilities * truth).sum(axes), probabilities.sum(axes) + truth.sum(axes)
    return 1 - ((2 * overlap + smooth) / (total + smooth)).mean()
    # STUB: raise NotImplementedError("dice_loss")
    # END SOLUTION


def segmentation_loss(logits, target, smooth=1.0):
    """Mean cross-entropy over all pixels plus ``dice_loss``. Arguments as there. Returns: a scalar tensor."""
    # BEGIN SOLUTION
    return nn.functional.cross_entropy(logits, target) + dice_loss(logits, target, smooth)
    # STUB: raise NotImplementedError("segmentation_loss")
    # END SOLUTION
