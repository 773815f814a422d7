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
        # BEGIN SOLUTION
        return nn.functional.local_response_norm(x, self.n, alpha=self.alpha * self.n, beta=self.beta, k=self.k)
        # STUB: raise NotImplementedError("LocalResponseNorm.forward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        kernel, stride, padding = (11, 4, 2) if stem == "paper" else (3, 1, 1)
        first, second, third, fourth, fifth = channels
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, first, kernel, stride, padding),
            nn.ReLU(),
            LocalResponseNorm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(first, second, 5, padding=2, groups=2),
            nn.ReLU(),
            LocalResponseNorm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, fourth, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(fourth, fifth, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        sizes = [(size + 2 * padding - kernel) // stride + 1 for size in image_size]
        for _ in range(3):
            sizes = [(size - 3) // 2 + 1 for size in sizes]
        self.classifier = _classifier(fifth * sizes[0] * sizes[1], hidden, num_classes, dropout)
        # STUB: raise NotImplementedError("AlexNet")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        # BEGIN SOLUTION
        return self.classifier(self.features(x))
        # STUB: raise NotImplementedError("AlexNet.forward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        layers, channels = [], in_channels
        for block in VGG_BLOCKS[config][:blocks]:
            for multiple in block:
                layers.append(nn.Conv2d(channels, multiple * width, 3, padding=1, bias=not batch_norm))
                channels = multiple * width
                if batch_norm:
                    layers.append(nn.BatchNorm2d(channels))
                layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        height, width_of_map = (size // 2**blocks for size in image_size)
        self.classifier = _classifier(channels * height * width_of_map, hidden, num_classes, dropout)
        # STUB: raise NotImplementedError("VGG")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        # BEGIN SOLUTION
        return self.classifier(self.features(x))
        # STUB: raise NotImplementedError("VGG.forward")
        # END SOLUTION


# BEGIN SOLUTION
def _classifier(in_features, hidden, num_classes, dropout):
    """The three linear layers of both networks; dropout follows the ReLU."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(in_features, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, num_classes),
    )


# STUB:
# END SOLUTION
