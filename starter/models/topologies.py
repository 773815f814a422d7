"""Three other blocks: depthwise-separable convolution, dense block, squeeze-and-excitation."""

import torch
from torch import nn


class DepthwiseSeparable(nn.Module):
    """3 x 3 in each channel by itself, batch norm, ReLU; 1 x 1, batch norm, ReLU (Howard et al. 2017, figure 3).

    Args:
        in_channels, out_channels: of the block; convolutions have no biases.
        stride: of the 3 x 3 convolution; its padding is 1.
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        raise NotImplementedError("DepthwiseSeparable")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        raise NotImplementedError("DepthwiseSeparable.forward")


class DenseBlock(nn.Module):
    """Each layer sees the input and the outputs of all layers before it (Huang et al. 2017, section 3).

    A layer is batch norm, ReLU, 3 x 3 convolution with padding 1 and without bias.

    Args:
        in_channels: channels of the input.
        layers: number of layers.
        growth: outputs of each layer.
    """

    def __init__(self, in_channels, layers, growth):
        super().__init__()
        raise NotImplementedError("DenseBlock")

    def forward(self, x):
        """x: (N, in_channels, H, W). Returns: (N, in_channels + layers * growth, H, W), x first."""
        raise NotImplementedError("DenseBlock.forward")


class SqueezeExcitation(nn.Module):
    """Each channel times a number between 0 and 1 that all channels decide (Hu, Shen & Sun 2018, section 3).

    Args:
        channels: C.
        reduction: the hidden layer has C // reduction units; both linear layers have biases.
    """

    def __init__(self, channels, reduction=16):
        super().__init__()
        raise NotImplementedError("SqueezeExcitation")

    def forward(self, x):
        """x: (N, C, H, W). Returns: the same shape."""
        raise NotImplementedError("SqueezeExcitation.forward")
