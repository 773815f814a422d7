"""Recurrent layers in numpy: RNN, LSTM and GRU, named and defined as in PyTorch.

A layer runs over sequences x of shape (T, N, input_size), or (N, T, input_size) with ``batch_first=True``. It
returns the outputs of all steps and the state after the last one. A state has the shape
(num_layers, N, hidden_size), also with ``batch_first``. ``backward`` goes back through all T steps
(backpropagation through time) and belongs to the most recent ``forward``. No array that is passed in or that was
returned is ever changed.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratch.functional import sigmoid
from scratch.nn import Array, Module, Parameter

State: TypeAlias = Array | tuple[Array, Array]  # of RNN and GRU: h; of LSTM: (h, c)
Lengths: TypeAlias = NDArray[np.integer[Any]]

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""


class Recurrent(Module):
    """The common base of RNN, LSTM and GRU: parameters, layers, the loop over time, lengths.

    The inputs of layer k are the outputs of layer k - 1 (layer 0: x). Its parameters, with G gates in PyTorch's order:

    Attributes:
        weight_ih_l{k}: Parameter, shape (G * hidden_size, input_size), for k > 0 (G * hidden_size, hidden_size).
        weight_hh_l{k}: Parameter, shape (G * hidden_size, hidden_size).
        bias_ih_l{k}, bias_hh_l{k}: Parameters, shape (G * hidden_size,).

    All are initially uniform on (-1/sqrt(hidden_size), 1/sqrt(hidden_size)), drawn from ``rng`` (default: a new
    ``np.random.default_rng()``).
    """

    gates = 1  # G: the number of blocks of hidden_size rows in the weights; each subclass sets its own

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
            lengths: how many steps each sequence has, shape (N,), 1 to T, in any order; None: T for all. After the
                last step of a sequence its state does not change, and its outputs are 0: x has no effect there.

        Returns:
            output: shape (T, N, hidden_size), or (N, T, hidden_size) with ``batch_first``.
            state: like hx: after the last step of each sequence.

        Raises:
            ValueError: x does not have three axes or input_size features; a state does not have the shape above;
                lengths are not N numbers from 1 to T.
        """
        raise NotImplementedError("Recurrent.forward")

    def backward(self, grad_output: Array, grad_hx: State | None = None) -> tuple[Array, State]:
        """Accumulate every parameter's gradient; return the gradients of x and of the initial state.

        Args:
            grad_output: of the shape of output; beyond a sequence's length it has no effect.
            grad_hx: gradient with respect to the final state, of its shapes; None: nothing depends on it.

        Returns:
            grad_x: of the shape of x; 0 beyond a sequence's length.
            grad_hx: gradient with respect to the initial state, also if that was None; of an LSTM (h, c).
        """
        raise NotImplementedError("Recurrent.backward")

    # You can put the loops over layers and time here, and one step of each kind in the classes below.


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
        """``nonlinearity``: "tanh" or "relu" (with any derivative at 0); ValueError for others."""
        raise NotImplementedError("RNN.__init__")

    # You can put the parts that only the RNN has here.


class LSTM(Recurrent):
    """A cell state c as well as h, and four gates, in the rows of the weights in the order i, f, g, o.

    With a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh, split into four blocks:
    i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o);
    c_t = f * c_{t-1} + i * g; h_t = o * tanh(c_t). The output is h_t, the state (h, c).

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; ``torch.nn.LSTM``.
    """

    gates = 4

    # You can put the parts that only the LSTM has here.


class GRU(Recurrent):
    """Three gates, in the rows of the weights in the order r, z, n.

    With a = W_ih x_t + b_ih and b = W_hh h_{t-1} + b_hh, split into three blocks each:
    r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r * b_n) (the reset gate is applied after the
    product and its bias); h_t = (1 - z) * n + z * h_{t-1}. The output is h_t.

    Source: Cho et al. 2014; ``torch.nn.GRU``.
    """

    gates = 3

    # You can put the parts that only the GRU has here.
