"""Recurrent layers in numpy: RNN, LSTM and GRU, named and defined as in PyTorch.

A layer runs over sequences x of shape (T, N, input_size), or (N, T, input_size) with ``batch_first=True``. It
returns the outputs of all steps and the state after the last one; a state has the shape
(num_layers, N, hidden_size), whatever ``batch_first`` says. ``backward`` goes back through all T steps
(backpropagation through time) and belongs to the last ``forward``. No array that is handed in is ever changed,
nor one that was returned.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratch.functional import sigmoid
from scratch.nn import Array, Module, Parameter

State: TypeAlias = Array | tuple[Array, Array]  # of RNN and GRU: h; of LSTM: (h, c)
Lengths: TypeAlias = NDArray[np.integer[Any]]

# Your answers to the written questions of spec.md, at most 150 words together.
ANSWER = ""


class Recurrent(Module):
    """What RNN, LSTM and GRU have in common: parameters, layers, the loop over time, lengths.

    Layer k takes the outputs of layer k - 1 (layer 0: x). Its parameters, with G gates in PyTorch's order:

    Attributes:
        weight_ih_l{k}: Parameter, shape (G * hidden_size, input_size), for k > 0 (G * hidden_size, hidden_size).
        weight_hh_l{k}: Parameter, shape (G * hidden_size, hidden_size).
        bias_ih_l{k}, bias_hh_l{k}: Parameters, shape (G * hidden_size,).

    All start uniform on (-1/sqrt(hidden_size), 1/sqrt(hidden_size)), drawn from ``rng`` (default: a fresh
    ``np.random.default_rng()``).
    """

    gates = 1  # G; a subclass says how many blocks of hidden_size rows its weights have

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        batch_first: bool = False,
        rng: np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError("Recurrent.__init__")

    def forward(self, x: Array, hx: State | None = None, lengths: Lengths | None = None) -> tuple[Array, State]:
        """Return the last layer's outputs and every layer's final state.

        Args:
            x: shape (T, N, input_size), or (N, T, input_size) with ``batch_first``; T and N at least 1.
            hx: initial state, h (num_layers, N, hidden_size), of an LSTM (h, c); None: zeros.
            lengths: how many steps each sequence has, shape (N,), 1 to T, in any order; None: T for all. After its
                last step a sequence's state is held, and its outputs are 0: what x holds there has no effect.

        Returns:
            output: shape (T, N, hidden_size), or (N, T, hidden_size) with ``batch_first``.
            state: like hx: after the last step of each sequence.

        Raises:
            ValueError: x has not three axes or not input_size features; a state has not the shape above; lengths
                are not N numbers from 1 to T.
        """
        raise NotImplementedError("Recurrent.forward")

    def backward(self, grad_output: Array, grad_hx: State | None = None) -> tuple[Array, State]:
        """Accumulate every parameter's gradient; return the gradients of x and of the initial state.

        Args:
            grad_output: of the shape of output; beyond a sequence's length it has no effect.
            grad_hx: gradient with respect to the final state, of its shapes; None: nothing depends on it.

        Returns:
            grad_x: of the shape of x; 0 beyond a sequence's length.
            grad_hx: gradient with respect to the initial state, also where that was None; of an LSTM (h, c).
        """
        raise NotImplementedError("Recurrent.backward")

    # The loops over layers and time could stand here, with one step of each kind in the classes below.


class RNN(Recurrent):
    """h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), with f = tanh or ReLU; the output is h_t.

    Source: Elman 1990; ``torch.nn.RNN``.
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        batch_first: bool = False,
        rng: np.random.Generator | None = None,
    ) -> None:
        """``nonlinearity``: "tanh" or "relu", whose derivative at 0 is your choice; ValueError for others."""
        raise NotImplementedError("RNN.__init__")

    # What only the RNN has could stand here.


class LSTM(Recurrent):
    """A cell state c beside h, and four gates, in the rows of the weights in the order i, f, g, o.

    With a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh, cut into four blocks:
    i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o);
    c_t = f * c_{t-1} + i * g; h_t = o * tanh(c_t). The output is h_t, the state (h, c).

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; ``torch.nn.LSTM``.
    """

    gates = 4

    # What only the LSTM has could stand here.


class GRU(Recurrent):
    """Three gates, in the rows of the weights in the order r, z, n.

    With a = W_ih x_t + b_ih and b = W_hh h_{t-1} + b_hh, cut into three blocks each:
    r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r * b_n) (the reset gate comes after the product
    and its bias); h_t = (1 - z) * n + z * h_{t-1}. The output is h_t.

    Source: Cho et al. 2014; ``torch.nn.GRU``.
    """

    gates = 3

    # What only the GRU has could stand here.
