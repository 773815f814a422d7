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
        # BEGIN SOLUTION
        self.encoder = nn.Sequential(nn.Linear(data_size, hidden_size), nn.ReLU(), nn.Linear(hidden_size, code_size))
        self.decoder = nn.Sequential(nn.Linear(code_size, hidden_size), nn.ReLU(), nn.Linear(hidden_size, data_size))
        # STUB: raise NotImplementedError("Autoencoder.__init__")
        # END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """From x (N, data_size) to codes (N, code_size)."""
        # BEGIN SOLUTION
        return self.encoder(x)
        # STUB: raise NotImplementedError("Autoencoder.encode")
        # END SOLUTION

    def decode(self, code: Tensor) -> Tensor:
        """From codes (N, code_size) to (N, data_size)."""
        # BEGIN SOLUTION
        return self.decoder(code)
        # STUB: raise NotImplementedError("Autoencoder.decode")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x: nothing but the code reaches the decoder."""
        # BEGIN SOLUTION
        return self.decode(self.encode(x))
        # STUB: raise NotImplementedError("Autoencoder.forward")
        # END SOLUTION


class LinearAutoencoder(nn.Module):
    """Two linear layers with biases and without activations: data_size - code_size - data_size."""

    def __init__(self, data_size: int, code_size: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.to_code = nn.Linear(data_size, code_size)
        self.to_data = nn.Linear(code_size, data_size)
        # STUB: raise NotImplementedError("LinearAutoencoder.__init__")
        # END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """From x (N, data_size) to codes (N, code_size)."""
        # BEGIN SOLUTION
        return self.to_code(x)
        # STUB: raise NotImplementedError("LinearAutoencoder.encode")
        # END SOLUTION

    def decode(self, code: Tensor) -> Tensor:
        """From codes (N, code_size) to (N, data_size)."""
        # BEGIN SOLUTION
        return self.to_data(code)
        # STUB: raise NotImplementedError("LinearAutoencoder.decode")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x (N, data_size)."""
        # BEGIN SOLUTION
        return self.decode(self.encode(x))
        # STUB: raise NotImplementedError("LinearAutoencoder.forward")
        # END SOLUTION


class ConvAutoencoder(nn.Module):
    """An autoencoder of images whose height and width are multiples of 4.

    Encoder: 3 x 3 convolutions with stride 2 and padding 1 to width and to 2 width channels, ReLU after each; a linear
    layer from all of them to the code. Decoder: a linear layer back to 2 width channels of a quarter of the height and
    width, ReLU; transposed convolutions 4 x 4 with stride 2 and padding 1 to width channels, ReLU, and to in_channels.
    All have biases.
    """

    def __init__(self, in_channels: int, width: int, code_size: int, image_size: tuple[int, int]) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.small = (2 * width, image_size[0] // 4, image_size[1] // 4)
        count = self.small[0] * self.small[1] * self.small[2]
        self.encoder = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, 2, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(count, code_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, count),
            nn.ReLU(),
            nn.Unflatten(1, self.small),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, in_channels, 4, 2, 1),
        )
        # STUB: raise NotImplementedError("ConvAutoencoder.__init__")
        # END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """From images (N, in_channels, H, W) to codes (N, code_size)."""
        # BEGIN SOLUTION
        return self.encoder(x)
        # STUB: raise NotImplementedError("ConvAutoencoder.encode")
        # END SOLUTION

    def decode(self, code: Tensor) -> Tensor:
        """From codes to images, without an activation at the end."""
        # BEGIN SOLUTION
        return self.decoder(code)
        # STUB: raise NotImplementedError("ConvAutoencoder.decode")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction of x."""
        # BEGIN SOLUTION
        return self.decode(self.encode(x))
        # STUB: raise NotImplementedError("ConvAutoencoder.forward")
        # END SOLUTION


def corrupted(x: Tensor, draws: Tensor, amount: float, kind: str = "gaussian") -> Tensor:
    """Inputs of a denoising autoencoder; x stays as it is.

    kind "gaussian": x + amount times draws, which are N(0, 1). kind "masking": 0 where draws, which are uniform in
    [0, 1), are below amount, x elsewhere. Any other kind raises ValueError. draws has the shape of x.
    """
    # BEGIN SOLUTION
    if kind == "gaussian":
        return x + amount * draws
    if kind == "masking":
        return torch.where(draws < amount, torch.zeros_like(x), x)
    raise ValueError(f"kind must be 'gaussian' or 'masking', got {kind!r}")
    # STUB: raise NotImplementedError("corrupted")
    # END SOLUTION


def reconstruction_loss(model: nn.Module, x: Tensor, given: Tensor | None = None) -> Tensor:
    """Mean over all elements of (model(given) - x)².

    Args:
        model: an autoencoder.
        x: what should come out.
        given: what goes in: x itself where it is None; corrupted inputs for a denoising autoencoder.
    """
    # BEGIN SOLUTION
    return functional.mse_loss(model(x if given is None else given), x)
    # STUB: raise NotImplementedError("reconstruction_loss")
    # END SOLUTION


def reconstruction_error(model: nn.Module, batches: Iterable[Tensor]) -> float:
    """Mean of (model(x) - x)² over all elements of all batches, which may have different sizes.

    In evaluation mode and without gradients; afterwards the model is in the mode that it was in.
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x in batches:
            total += functional.mse_loss(model(x), x, reduction="sum").item()
            count += x.numel()
    model.train(training)
    return total / count
    # STUB: raise NotImplementedError("reconstruction_error")
    # END SOLUTION
