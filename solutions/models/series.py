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
    # BEGIN SOLUTION
    return 1 + sum((size - 1) * dilation for size, dilation in zip(kernel_sizes, dilations, strict=True))
    # STUB: raise NotImplementedError("receptive_field")
    # END SOLUTION


class CausalConv1d(nn.Module):
    """y[:, :, t] depends on x[:, :, t], x[:, :, t - d], ..., x[:, :, t - (K - 1) d] and on nothing later.

    The input is padded with (K - 1) d zeros on the left, nothing on the right. Stride 1, with bias.
    ``parameters()``: weight (out_channels, in_channels, K), bias (out_channels,).
    weight[:, :, K - 1] belongs to step t.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.padding = (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)
        # STUB: raise NotImplementedError("CausalConv1d.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, out_channels, L)."""
        # BEGIN SOLUTION
        return self.conv(functional.pad(x, (self.padding, 0)))
        # STUB: raise NotImplementedError("CausalConv1d.forward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        self.first = CausalConv1d(in_channels, out_channels, kernel_size, dilation)
        self.second = CausalConv1d(out_channels, out_channels, kernel_size, dilation)
        self.shortcut = nn.Identity() if in_channels == out_channels else nn.Conv1d(in_channels, out_channels, 1)
        self.dropout = nn.Dropout(dropout)
        # STUB: raise NotImplementedError("TemporalBlock.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, out_channels, L)."""
        # BEGIN SOLUTION
        y = self.dropout(functional.relu(self.first(x)))
        y = self.dropout(functional.relu(self.second(y)))
        return functional.relu(y + self.shortcut(x))
        # STUB: raise NotImplementedError("TemporalBlock.forward")
        # END SOLUTION


class TCN(nn.Module):
    """Temporal convolutional network: block i (from 0) has channels[i] output channels and dilation 2**i.

    ``parameters()``: block by block. ``receptive_field`` is an attribute or property, an int.
    """

    def __init__(self, in_channels: int, channels: Sequence[int], kernel_size: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        # BEGIN SOLUTION
        sizes = [in_channels, *channels]
        self.blocks = nn.Sequential(
            *(
                TemporalBlock(sizes[level], sizes[level + 1], kernel_size, 2**level, dropout)
                for level in range(len(channels))
            )
        )
        dilations = [2**level for level in range(len(channels)) for _ in range(2)]
        self.receptive_field = receptive_field([kernel_size] * len(dilations), dilations)
        # STUB: raise NotImplementedError("TCN.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to (N, channels[-1], L)."""
        # BEGIN SOLUTION
        return self.blocks(x)
        # STUB: raise NotImplementedError("TCN.forward")
        # END SOLUTION


class SeriesCNN(nn.Module):
    """Classifier: three times convolution and ReLU, the mean over time, a linear layer.

    Convolutions: width, 2 width and 2 width output channels; kernel size 5; strides 1, 2, 2; 2 zeros on each side;
    with bias.
    These are not causal: the whole series is known when it is classified.
    ``parameters()``: the convolutions in order, then the linear layer.
    """

    def __init__(self, in_channels: int, num_classes: int, width: int = 16) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.features = nn.Sequential(
            nn.Conv1d(in_channels, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(2 * width, 2 * width, 5, stride=2, padding=2),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, num_classes)
        # STUB: raise NotImplementedError("SeriesCNN.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, L) to logits (N, num_classes)."""
        # BEGIN SOLUTION
        return self.head(self.features(x).mean(dim=-1))
        # STUB: raise NotImplementedError("SeriesCNN.forward")
        # END SOLUTION
