"""ResNets: blocks that add their input to what they compute."""

from torch import nn

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""

# Kind of block and number of blocks in each of the four stages (He et al. 2016, table 1).
RESNETS = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
EXPANSION = {"basic": 1, "bottleneck": 4}


class Block(nn.Module):
    """A residual block (He et al. 2016a, figure 5); with ``pre_activation`` that of He et al. 2016b, figure 1b.

    Args:
        in_channels: channels of the input.
        width: channels of the 3 x 3 convolutions. Outputs: width times EXPANSION[kind].
        kind: "basic" (3 x 3, 3 x 3) or "bottleneck" (1 x 1, 3 x 3, 1 x 1).
        stride: of the first 3 x 3 convolution, and of the projection.
        pre_activation: batch norm and ReLU before each convolution instead of after it.
        zero_init: the block adds nothing before it is trained.
    """

    def __init__(self, in_channels, width, kind="basic", stride=1, pre_activation=False, zero_init=False):
        super().__init__()
        raise NotImplementedError("Block")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: (N, outputs, ceil(H / stride), ceil(W / stride))."""
        raise NotImplementedError("Block.forward")


class ResNet(nn.Module):
    """A residual network: stem, stages of blocks, global average, one linear layer.

    Args:
        kind: "basic" or "bottleneck".
        layers: number of blocks in each stage; stage s (from 0) has width ``width * 2**s`` and, for s > 0, stride 2.
        num_classes: C.
        in_channels: channels of the images.
        width: channels after the stem, and width of the first stage.
        stem: "paper" (7 x 7, stride 2, and a 3 x 3 max pool with stride 2 and padding 1) or "small" (3 x 3, no pool).
        pre_activation, zero_init: see Block.
    """

    def __init__(
        self,
        kind="basic",
        layers=(2, 2, 2, 2),
        num_classes=1000,
        in_channels=3,
        width=64,
        stem="paper",
        pre_activation=False,
        zero_init=False,
    ):
        super().__init__()
        raise NotImplementedError("ResNet")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        raise NotImplementedError("ResNet.forward")


def resnet(depth, **options):
    """The ResNet of a depth in the table ``RESNETS``: 18, 34, 50, 101 or 152; ``options`` go to ResNet."""
    raise NotImplementedError("resnet")
