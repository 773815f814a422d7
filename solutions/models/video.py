"""Convolutions over space and time: the (2+1)-D layer and a small classifier of clips.

A clip is a tensor (N, C, T, H, W): N clips of C channels, T frames, H rows and W columns.

Sources:
    D. Tran et al. (2015): Learning spatiotemporal features with 3D convolutional networks, section 3,
    https://arxiv.org/abs/1412.0767
    D. Tran et al. (2018): A closer look at spatiotemporal convolutions for action recognition, section 3.5,
    https://arxiv.org/abs/1711.11248
"""

from __future__ import annotations

from torch import Tensor, nn


def mid_channels(in_channels: int, out_channels: int, time_size: int = 3, space_size: int = 3) -> int:
    """Channels between the two convolutions, so that both have about the parameters of one 3-D convolution.

    floor(t d^2 C_in C_out / (d^2 C_in + t C_out)) with t = time_size and d = space_size
    (Tran et al. 2018, section 3.5).
    """
    # BEGIN SOLUTION
    full = time_size * space_size**2 * in_channels * out_channels
    return full // (space_size**2 * in_channels + time_size * out_channels)
    # STUB: raise NotImplementedError("mid_channels")
    # END SOLUTION


class Conv2Plus1d(nn.Module):
    """A 3-D convolution in two: over space (1, d, d), batch norm, ReLU, then over time (t, 1, 1).

    t and d are odd; (d - 1) / 2 zeros on each side of height and width, (t - 1) / 2 on each side of time.
    No bias in either convolution; stride 1; nothing after the second convolution.
    ``parameters()``: weight over space, batch norm's weight and bias, weight over time.
    """

    def __init__(self, in_channels: int, out_channels: int, time_size: int = 3, space_size: int = 3) -> None:
        super().__init__()
        # BEGIN SOLUTION
        middle = mid_channels(in_channels, out_channels, time_size, space_size)
        padding = space_size // 2
        self.layers = nn.Sequential(
            nn.Conv3d(in_channels, middle, (1, space_size, space_size), padding=(0, padding, padding), bias=False),
            nn.BatchNorm3d(middle),
            nn.ReLU(),
            nn.Conv3d(middle, out_channels, (time_size, 1, 1), padding=(time_size // 2, 0, 0), bias=False),
        )
        # STUB: raise NotImplementedError("Conv2Plus1d.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, T, H, W) to (N, out_channels, T, H, W)."""
        # BEGIN SOLUTION
        return self.layers(x)
        # STUB: raise NotImplementedError("Conv2Plus1d.forward")
        # END SOLUTION


class VideoCNN(nn.Module):
    """Classifier: convolution, ReLU, max pooling in space, convolution, ReLU, mean over T, H and W, linear layer.

    The convolutions have width and 2 width output channels. ``factorised=False``: nn.Conv3d with kernel size 3, one
    zero on each side, with bias. ``factorised=True``: Conv2Plus1d instead. The pooling takes (1, 2, 2) with the same
    stride, so that the number of frames stays.
    ``parameters()``: first convolution, second convolution, linear layer.
    """

    def __init__(self, in_channels: int, num_classes: int, width: int = 8, factorised: bool = False) -> None:
        super().__init__()

        # BEGIN SOLUTION
        def convolution(inputs: int, outputs: int) -> nn.Module:
            return Conv2Plus1d(inputs, outputs) if factorised else nn.Conv3d(inputs, outputs, 3, padding=1)

        self.features = nn.Sequential(
            convolution(in_channels, width),
            nn.ReLU(),
            nn.MaxPool3d((1, 2, 2)),
            convolution(width, 2 * width),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, num_classes)
        # STUB: raise NotImplementedError("VideoCNN.__init__")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """From x (N, in_channels, T, H, W) to logits (N, num_classes)."""
        # BEGIN SOLUTION
        return self.head(self.features(x).mean(dim=(2, 3, 4)))
        # STUB: raise NotImplementedError("VideoCNN.forward")
        # END SOLUTION
