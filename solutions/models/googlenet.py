"""GoogLeNet: inception modules, and two auxiliary heads in training."""

import torch
from torch import nn

# Outputs of: 1 x 1; reduction and 3 x 3; reduction and 5 x 5; projection after the pool (Szegedy et al. 2015, table 1).
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


# BEGIN SOLUTION
def _conv(in_channels, out_channels, kernel_size, stride=1):
    """A convolution with a bias that keeps the size (at stride 1), and a ReLU."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2), nn.ReLU())


# STUB:
# END SOLUTION
class Inception(nn.Module):
    """Four branches side by side, their outputs one after the other in the channels (Szegedy et al. 2015, figure 2b).

    Args:
        in_channels: channels of the input.
        one: outputs of branch 1, a 1 x 1 convolution.
        reduce3, three: outputs of branch 2's 1 x 1 and 3 x 3 convolutions.
        reduce5, five: outputs of branch 3's 1 x 1 and 5 x 5 convolutions.
        pool: outputs of branch 4's 1 x 1 convolution, after a 3 x 3 max pool with stride 1.
    """

    def __init__(self, in_channels, one, reduce3, three, reduce5, five, pool):
        super().__init__()
        # BEGIN SOLUTION
        self.branches = nn.ModuleList(
            [
                _conv(in_channels, one, 1),
                nn.Sequential(_conv(in_channels, reduce3, 1), _conv(reduce3, three, 3)),
                nn.Sequential(_conv(in_channels, reduce5, 1), _conv(reduce5, five, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), _conv(in_channels, pool, 1)),
            ]
        )
        # STUB: raise NotImplementedError("Inception")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: (N, one + three + five + pool, H, W)."""
        # BEGIN SOLUTION
        return torch.cat([branch(x) for branch in self.branches], dim=1)
        # STUB: raise NotImplementedError("Inception.forward")
        # END SOLUTION


class AuxiliaryHead(nn.Module):
    """A classifier on an inner map: average to 4 x 4, 1 x 1 convolution, two linear layers.

    Args:
        in_channels: channels of the map.
        num_classes: C.
        divisor: the 128 and 1024 outputs are divided by it.
        dropout: probability of a zero before the last linear layer.
    """

    def __init__(self, in_channels, num_classes, divisor=1, dropout=0.7):
        super().__init__()
        # BEGIN SOLUTION
        channels, hidden = 128 // divisor, 1024 // divisor
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            _conv(in_channels, channels, 1),
            nn.Flatten(),
            nn.Linear(16 * channels, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        # STUB: raise NotImplementedError("AuxiliaryHead")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        # BEGIN SOLUTION
        return self.layers(x)
        # STUB: raise NotImplementedError("AuxiliaryHead.forward")
        # END SOLUTION


class GoogLeNet(nn.Module):
    """GoogLeNet from the table ``INCEPTIONS``, without LRN and without batch norm (Szegedy et al. 2015, table 1).

    Args:
        num_classes: C.
        in_channels: channels of the images.
        divisor: every number of channels (and of hidden units in the heads) is divided by it: 1, 2, 4 or 8.
        stem: "paper", or "small": one 3 x 3 convolution with 192 / divisor outputs, stride 1, and a ReLU.
        auxiliary: whether the two heads exist.
        dropout: probability of a zero before the last linear layer.
        auxiliary_dropout: the same in the heads.
    """

    def __init__(
        self,
        num_classes=1000,
        in_channels=3,
        divisor=1,
        stem="paper",
        auxiliary=True,
        dropout=0.4,
        auxiliary_dropout=0.7,
    ):
        super().__init__()
        # BEGIN SOLUTION
        first, channels = 64 // divisor, 192 // divisor
        if stem == "paper":
            self.stem = nn.Sequential(
                _conv(in_channels, first, 7, stride=2),
                nn.MaxPool2d(3, 2, ceil_mode=True),
                _conv(first, first, 1),
                _conv(first, channels, 3),
                nn.MaxPool2d(3, 2, ceil_mode=True),
            )
        else:
            self.stem = _conv(in_channels, channels, 3)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inceptions, self.heads = nn.ModuleDict(), nn.ModuleDict()
        for name, row in INCEPTIONS.items():
            one, reduce3, three, reduce5, five, pool = (outputs // divisor for outputs in row)
            self.inceptions[name] = Inception(channels, one, reduce3, three, reduce5, five, pool)
            channels = one + three + five + pool
            if auxiliary and name in ("4a", "4d"):
                self.heads[name] = AuxiliaryHead(channels, num_classes, divisor, auxiliary_dropout)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(channels, num_classes)
        # STUB: raise NotImplementedError("GoogLeNet")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W).

        Returns:
            In training with heads a tuple of three: logits, logits of the head after 4a, logits of the head after 4d.
            Otherwise the logits (N, C) alone.
        """
        # BEGIN SOLUTION
        x, auxiliary = self.stem(x), []
        for name, inception in self.inceptions.items():
            x = inception(x)
            if self.training and name in self.heads:
                auxiliary.append(self.heads[name](x))
            if name in ("3b", "4e"):
                x = self.pool(x)
        logits = self.linear(self.dropout(x.mean(dim=(2, 3))))
        return (logits, *auxiliary) if auxiliary else logits
        # STUB: raise NotImplementedError("GoogLeNet.forward")
        # END SOLUTION


def auxiliary_loss(outputs, target, weight=0.3):
    """Cross-entropy of GoogLeNet's outputs: the heads' losses count ``weight`` times each (section 5).

    Args:
        outputs: what GoogLeNet returns, in training or in evaluation.
        target: classes (N,).
        weight: of each head's loss.

    Returns:
        A scalar tensor.
    """
    # BEGIN SOLUTION
    if isinstance(outputs, torch.Tensor):
        return nn.functional.cross_entropy(outputs, target)
    main, *heads = (nn.functional.cross_entropy(logits, target) for logits in outputs)
    return main + weight * sum(heads)
    # STUB: raise NotImplementedError("auxiliary_loss")
    # END SOLUTION
