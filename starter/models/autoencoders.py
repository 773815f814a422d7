"""Autoencoders: fully connected, linear, convolutional; and the losses of plain and of denoising ones.

Sources:
    G. Hinton, R. Salakhutdinov (2006): Reducing the dimensionality of data with neural networks. Science 313
    P. Vincent et al. (2008): Extracting and composing robust features with denoising autoencoders, section 2.3. ICML
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional


class Autoencoder(nn.Module):
    """data_size - hidden_size - code_size - hidden_size - data_size: four linear layers.

    ReLU follows the first and the third; the code and the output have no activation.
    """

    def __init__(self, data_size: int, hidden_size: int, code_size: int) -> None:
        super().__init__()
        raise NotImplementedError("Autoencoder.__init__")

    def encode(self, x: Tensor) -> Tensor:
        """From x (N, data_size) to codes (N, code_size)."""
        raise NotImplementedError("Autoencoder.encode")

    def decode(self, code: Tensor) -> Tensor:
        """From codes (N, code_size) to (N, data_size)."""
        raise NotImplementedError("Autoencoder.decode")

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x: nothing but the code reaches the decoder."""
        raise NotImplementedError("Autoencoder.forward")


class LinearAutoencoder(nn.Module):
    """Two linear layers with biases and without activations: data_size - code_size - data_size."""

    def __init__(self, data_size: int, code_size: int) -> None:
        super().__init__()
        raise NotImplementedError("LinearAutoencoder.__init__")

    def encode(self, x: Tensor) -> Tensor:
        """From x (N, data_size) to codes (N, code_size)."""
        raise NotImplementedError("LinearAutoencoder.encode")

    def decode(self, code: Tensor) -> Tensor:
        """From codes (N, code_size) to (N, data_size)."""
        raise NotImplementedError("LinearAutoencoder.decode")

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x (N, data_size)."""
        raise NotImplementedError("LinearAutoencoder.forward")


class ConvAutoencoder(nn.Module):
    """An autoencoder of images whose height and width are multiples of 4.

    Encoder: 3 x 3 convolutions with stride 2 and padding 1 to width and to 2 width channels, ReLU after each; a linear
    layer from all of them to the code. Decoder: a linear layer back to 2 width channels of a quarter of the height and
    width, ReLU; transposed convolutions 4 x 4 with stride 2 and padding 1 to width channels, ReLU, and to in_channels.
    All have biases.
    """

    def __init__(self, in_channels: int, width: int, code_size: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        raise NotImplementedError("ConvAutoencoder.__init__")

    def encode(self, x: Tensor) -> Tensor:
        """From images (N, in_channels, H, W) to codes (N, code_size)."""
        raise NotImplementedError("ConvAutoencoder.encode")

    def decode(self, code: Tensor) -> Tensor:
        """From codes to images, without an activation at the end."""
        raise NotImplementedError("ConvAutoencoder.decode")

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x."""
        raise NotImplementedError("ConvAutoencoder.forward")


def corrupted(x: Tensor, draws: Tensor, amount: float, kind: str = "gaussian") -> Tensor:
    """Inputs of a denoising autoencoder; x stays as it is.

    kind "gaussian": x + amount times draws, which are N(0, 1). kind "masking": 0 where draws, which are uniform in
    [0, 1), are below amount, x elsewhere. Any other kind raises ValueError. draws has the shape of x.
    """
    raise NotImplementedError("corrupted")


def reconstruction_loss(model: nn.Module, x: Tensor, given: Tensor | None = None) -> Tensor:
    """Mean over all elements of (model(given) - x)².

    Args:
        model: an autoencoder.
        x: what should come out.
        given: what goes in: x itself where it is None; corrupted inputs for a denoising autoencoder.
    """
    raise NotImplementedError("reconstruction_loss")


def reconstruction_error(model: nn.Module, batches: Iterable[Tensor]) -> float:
    """Mean of (model(x) - x)² over all elements of all batches, which may have different sizes.

    In evaluation mode and without gradients; afterwards the model is in the mode that it was in.
    """
    raise NotImplementedError("reconstruction_error")
