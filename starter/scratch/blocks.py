"""The building blocks of two famous networks: ResNet's residual block and GoogLeNet's Inception block.

Both are modules that contain modules. ``backward`` goes through the parts in reverse order. If an input is used in two
places in the block, its gradient is the sum of both.
"""

from __future__ import annotations

import numpy as np

from scratch.conv import Conv2d
from scratch.nn import Array, Module, ReLU, Sequential
from scratch.normalisation import BatchNorm2d
from scratch.pooling import MaxPool2d


class ResidualBlock(Module):
    """y = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)): two convolutions and a shortcut around them.

    conv1 is 3 x 3 from in_channels to out_channels with ``stride``, conv2 is 3 x 3 from out_channels to
    out_channels with stride 1; both have padding 1 and no bias, because batch normalisation follows. The shortcut is x
    itself if the shapes agree (stride 1 and in_channels equal to out_channels). Otherwise it is ``downsample``: a
    1 x 1 convolution with ``stride`` and no bias, then batch normalisation.

    Attributes:
        conv1, bn1, conv2, bn2: the layers.
        downsample: ``Sequential(Conv2d, BatchNorm2d)``, or None if the shortcut is x itself.

    ``rng`` is passed to all convolutions.

    Source: He, Zhang, Ren & Sun 2016, section 3.3 (option B); names as in torchvision's BasicBlock.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, rng: np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError("ResidualBlock.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, out_channels, H', W') with H' = ceil(H / stride), for x (N, in_channels, H, W)."""
        raise NotImplementedError("ResidualBlock.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into the parameters' gradients; return grad_input, of the shape of x."""
        raise NotImplementedError("ResidualBlock.backward")


class InceptionBlock(Module):
    """Four branches in parallel, with their outputs concatenated along the channels in this order.

    branch1: 1 x 1 convolution to ch1x1 channels;
    branch2: 1 x 1 to ch3x3red, then 3 x 3 with padding 1 to ch3x3;
    branch3: 1 x 1 to ch5x5red, then 5 x 5 with padding 2 to ch5x5;
    branch4: 3 x 3 max pooling with stride 1 and padding 1, then 1 x 1 to pool_proj.

    Every convolution has stride 1, a bias, and a ReLU after it. Height and width do not change.

    Attributes:
        branch1, branch2, branch3, branch4: Sequential; their layers are those above in this order, with a ReLU after
            each convolution: branch2 is Sequential(Conv2d, ReLU, Conv2d, ReLU).

    ``rng`` is passed to all convolutions.

    Source: Szegedy et al. 2015, section 4 and figure 2(b); names as in torchvision.
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError("InceptionBlock.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W), for x of shape (N, in_channels, H, W)."""
        raise NotImplementedError("InceptionBlock.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into the parameters' gradients; return grad_input, of the shape of x."""
        raise NotImplementedError("InceptionBlock.backward")

    # You can put private methods here.
