"""AlexNet and VGG: convolutions and pools, then three linear layers."""

from torch import nn

# Channels of each convolution, in multiples of the width; each inner tuple is a block, and a pool follows it
# (Simonyan & Zisserman 2015, table 1).
VGG_BLOCKS = {
    "A": ((1,), (2,), (4, 4), (8, 8), (8, 8)),
    "B": ((1, 1), (2, 2), (4, 4), (8, 8), (8, 8)),
    "D": ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8)),
    "E": ((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8)),
}


class LocalResponseNorm(nn.Module):
    """y = x / (k + alpha * s) ** beta, s: the sum of x**2 over up to n neighbouring channels (Krizhevsky 2012, 3.3).

    The window is the channel itself and n // 2 channels on each side, those that exist. alpha is not divided by n.

    Args:
        n, k, alpha, beta: numbers of the formula; n is odd.
    """

    def __init__(self, n=5, k=2.0, alpha=1e-4, beta=0.75):
        super().__init__()
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta

    def forward(self, x):
        """x: (N, C, H, W). Returns: the same shape."""
        raise NotImplementedError("LocalResponseNorm.forward")


class AlexNet(nn.Module):
    """AlexNet with the two towers of the paper as groups (Krizhevsky, Sutskever & Hinton 2012, 3.5).

    Args:
        num_classes: C.
        in_channels: channels of the images.
        image_size: (H, W) of the images; the first linear layer depends on it.
        channels: of the five convolutions.
        hidden: outputs of each of the first two linear layers.
        stem: "paper" (11 x 11, stride 4, padding 2) or "small" (3 x 3, stride 1, padding 1).
        dropout: probability of a zero after each of the first two linear layers.
    """

    def __init__(
        self,
        num_classes=1000,
        in_channels=3,
        image_size=(224, 224),
        channels=(96, 256, 384, 384, 256),
        hidden=4096,
        stem="paper",
        dropout=0.5,
    ):
        super().__init__()
        raise NotImplementedError("AlexNet")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        raise NotImplementedError("AlexNet.forward")


class VGG(nn.Module):
    """VGG from the table ``VGG_BLOCKS`` (Simonyan & Zisserman 2015, section 2.1).

    Args:
        config: "A", "B", "D" or "E".
        num_classes: C.
        in_channels: channels of the images.
        image_size: (H, W) of the images; the first linear layer depends on it.
        width: channels of the first convolution.
        blocks: how many of the five blocks are used, from the first on.
        hidden: outputs of each of the first two linear layers.
        batch_norm: True puts a batch norm between each convolution and its ReLU; then convolutions have no biases.
        dropout: probability of a zero after each of the first two linear layers.
    """

    def __init__(
        self,
        config="D",
        num_classes=1000,
        in_channels=3,
        image_size=(224, 224),
        width=64,
        blocks=5,
        hidden=4096,
        batch_norm=False,
        dropout=0.5,
    ):
        super().__init__()
        raise NotImplementedError("VGG")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        raise NotImplementedError("VGG.forward")



