"""Convolutions along time: a causal layer, a temporal convolutional network and a small classifier of series.

A series is a tensor (N, C, L): N series of C channels and L steps. Step 0 is the oldest.

Sources:
    A. van den Oord et al. (2016): WaveNet, section 2.1 (causal and dilated convolutions), https://arxiv.org/abs/1609.03499
    S. Bai, J. Z. Kolter, V. Koltun (2018): An empirical evaluation of generic convolutional and recurrent networks for
    sequence modeling, section 3 and figure 1, https://arxiv.org/abs/1803.01271
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


def receptive_field(kernel_sizes: Sequence[int], dilations: Sequence[int]) -> int:
    """How many steps of the input one output step of a stack of convolutions with stride 1 depends on.

    Args:
        kernel_sizes: one for each convolution, in order.
        dilations: one for each convolution, in order.

    Without any convolution it is 1.
    """
    raise NotImplementedError("receptive_field")


class CausalConv1d(nn.Module):
    """y[:, :, t] depends on x[:, :, t], x[:, :, t - d], ..., x[:, :, t - (K - 1) d] and on nothing later.

    The input is padded with (K - 1) d zeros on the left, nothing on the right. Stride 1, with bias.
    ``parameters()``: weight (out_channels, in_channels, K), bias (out_channels,).
    weight[:, :, K - 1] belongs to step t.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("CausalConv1d.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, out_channels, L)."""
        raise NotImplementedError("CausalConv1d.forward")


class TemporalBlock(nn.Module):
    """relu(F(x) + shortcut(x)) with F: causal convolution, ReLU, dropout, causal convolution, ReLU, dropout.

    Both convolutions have the same kernel size and the same dilation; the second keeps the number of channels.
    The shortcut is x where the numbers of channels are equal, else a convolution with kernel size 1 and a bias.
    There is no weight normalisation (Bai et al. have it).
    ``parameters()``: first convolution, second convolution, then the shortcut's if it has any.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        raise NotImplementedError("TemporalBlock.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, out_channels, L)."""
        raise NotImplementedError("TemporalBlock.forward")


class TCN(nn.Module):
    """Temporal convolutional network: block i (from 0) has channels[i] output channels and dilation 2**i.

    ``parameters()``: block by block. ``receptive_field`` is an attribute or property, an int.
    """

    def __init__(self, in_channels: int, channels: Sequence[int], kernel_size: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError("TCN.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, channels[-1], L)."""
        raise NotImplementedError("TCN.forward")


class SeriesCNN(nn.Module):
    """Classifier: three times convolution and ReLU, the mean over time, a linear layer.

    Convolutions: width, 2 width and 2 width output channels; kernel size 5; strides 1, 2, 2; 2 zeros on each side;
    with bias.
    These are not causal: the whole series is known when it is classified.
    ``parameters()``: the convolutions in order, then the linear layer.
    """

    def __init__(self, in_channels: int, num_classes: int, width: int = 16) -> None:
        super().__init__()
        raise NotImplementedError("SeriesCNN.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to logits (N, num_classes)."""
        raise NotImplementedError("SeriesCNN.forward")
