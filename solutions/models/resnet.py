"""ResNets: blocks that add their input to what they compute."""

from torch import nn

# Your answer to the written question of spec.md, at most 150 words for both parts together.
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) The stride of a bottleneck can be in the 3 x 3 or in the first 1 x 1 convolution, and the ReLU before or after the
sum. Neither changes a weight's shape. I would run both programs on one image in evaluation and compare the output of
each layer, by forward hooks: the first layer that differs is the reason. With the stride in the 1 x 1 the first
difference is a map of half the size in the first block of the second stage.

(b) The running means and variances of batch norm. They are buffers, not parameters, and every forward pass in training
mode moves them towards the new data; model.train() at the start of each epoch switches this on. The remedy: call eval()
on the frozen backbone after each train(), for example by overriding train().
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION

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
        # BEGIN SOLUTION
        out_channels = width * EXPANSION[kind]
        if kind == "basic":
            layers = [(in_channels, width, 3, stride), (width, width, 3, 1)]
        else:
            layers = [(in_channels, width, 1, 1), (width, width, 3, stride), (width, out_channels, 1, 1)]
        self.pre_activation = pre_activation
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, outputs, kernel, step, kernel // 2, bias=False)
            for channels, outputs, kernel, step in layers
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(layer[0 if pre_activation else 1]) for layer in layers)
        self.shortcut = None
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            if not pre_activation:
                self.shortcut.append(nn.BatchNorm2d(out_channels))
        if zero_init:
            nn.init.zeros_((self.convs if pre_activation else self.norms)[-1].weight)
        self.relu = nn.ReLU()
        # STUB: raise NotImplementedError("Block")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: (N, outputs, ceil(H / stride), ceil(W / stride))."""
        # BEGIN SOLUTION
        if self.pre_activation:
            return self._forward_pre_activation(x)
        inner = x
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            inner = norm(conv(inner))
            if number < len(self.convs) - 1:
                inner = self.relu(inner)
        return self.relu(inner + (x if self.shortcut is None else self.shortcut(x)))

    def _forward_pre_activation(self, x):
        first = self.relu(self.norms[0](x))
        inner = self.convs[0](first)
        for conv, norm in zip(self.convs[1:], self.norms[1:], strict=True):
            inner = conv(self.relu(norm(inner)))
        return inner + (x if self.shortcut is None else self.shortcut(first))
        # STUB: raise NotImplementedError("Block.forward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        kernel, stride = (7, 2) if stem == "paper" else (3, 1)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        if stem == "paper":
            self.stem.append(nn.MaxPool2d(3, 2, 1))
        blocks, channels = [], width
        for stage, count in enumerate(layers):
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(Block(channels, width * 2**stage, kind, stride, pre_activation, zero_init))
                channels = width * 2**stage * EXPANSION[kind]
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU()) if pre_activation else nn.Identity()
        self.linear = nn.Linear(channels, num_classes)
        # STUB: raise NotImplementedError("ResNet")
        # END SOLUTION

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: logits (N, C)."""
        # BEGIN SOLUTION
        return self.linear(self.last(self.blocks(self.stem(x))).mean(dim=(2, 3)))
        # STUB: raise NotImplementedError("ResNet.forward")
        # END SOLUTION


def resnet(depth, **options):
    """The ResNet of a depth in the table ``RESNETS``: 18, 34, 50, 101 or 152; ``options`` go to ResNet."""
    # BEGIN SOLUTION
    kind, layers = RESNETS[depth]
    return ResNet(kind, layers, **options)
    # STUB: raise NotImplementedError("resnet")
    # END SOLUTION
