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
        # BEGIN SOLUTION
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False, rng=rng)
        self.bn1 = BatchNorm2d(out_channels)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False, rng=rng)
        self.bn2 = BatchNorm2d(out_channels)
        self.downsample: Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            projection = Conv2d(in_channels, out_channels, 1, stride=stride, bias=False, rng=rng)
            self.downsample = Sequential(projection, BatchNorm2d(out_channels))
        self._residual = Sequential(self.conv1, self.bn1, ReLU(), self.conv2, self.bn2)
        self._relu = ReLU()
        # STUB: raise NotImplementedError("ResidualBlock.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, out_channels, H', W') with H' = ceil(H / stride), for x (N, in_channels, H, W)."""
        # BEGIN SOLUTION
        shortcut = x if self.downsample is None else self.downsample(x)
        return self._relu(self._residual(x) + shortcut)
        # STUB: raise NotImplementedError("ResidualBlock.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into the parameters' gradients; return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        grad = self._relu.backward(grad_output)
        through_shortcut = grad if self.downsample is None else self.downsample.backward(grad)
        return self._residual.backward(grad) + through_shortcut
        # STUB: raise NotImplementedError("ResidualBlock.backward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        def conv_relu(inputs: int, outputs: int, kernel_size: int) -> list[Module]:
            return [Conv2d(inputs, outputs, kernel_size, padding=kernel_size // 2, rng=rng), ReLU()]

        self.branch1 = Sequential(*conv_relu(in_channels, ch1x1, 1))
        self.branch2 = Sequential(*conv_relu(in_channels, ch3x3red, 1), *conv_relu(ch3x3red, ch3x3, 3))
        self.branch3 = Sequential(*conv_relu(in_channels, ch5x5red, 1), *conv_relu(ch5x5red, ch5x5, 5))
        self.branch4 = Sequential(MaxPool2d(3, stride=1, padding=1), *conv_relu(in_channels, pool_proj, 1))
        self._ends = np.cumsum([ch1x1, ch3x3, ch5x5])  # where in y one branch ends and the next begins
        # STUB: raise NotImplementedError("InceptionBlock.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, shape (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W), for x of shape (N, in_channels, H, W)."""
        # BEGIN SOLUTION
        return np.concatenate([branch(x) for branch in self._branches()], axis=1)
        # STUB: raise NotImplementedError("InceptionBlock.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate into the parameters' gradients; return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        parts = np.split(grad_output, self._ends, axis=1)
        grads = [branch.backward(part) for branch, part in zip(self._branches(), parts, strict=True)]
        return np.sum(grads, axis=0)
        # STUB: raise NotImplementedError("InceptionBlock.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _branches(self) -> list[Sequential]:
        return [self.branch1, self.branch2, self.branch3, self.branch4]

    # STUB: # You can put private methods here.
    # END SOLUTION
