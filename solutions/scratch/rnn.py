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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) In an RNN each step back multiplies the gradient by W_hh^T diag(1 - h^2). Over k steps that is a product of k such
matrices, which shrinks or grows like a k-th power. The LSTM's cell has a second path, c_t = f * c_{t-1} + i * g,
whose derivative is f, element by element: where f is near 1 the gradient passes through hundreds of steps. The path
through h shrinks as before, but it is not the only one.

(b) Without the cut each chunk would have to go back through the whole text so far, all of it kept in memory. Carrying
the value over costs nothing and lets the outputs depend on everything before. Only the gradient stops at the start of
the chunk, so the model is not trained directly to remember for longer than a chunk.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


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
        # BEGIN SOLUTION
        generator = np.random.default_rng() if rng is None else rng
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first = batch_first
        bound, rows = 1.0 / np.sqrt(hidden_size), self.gates * hidden_size
        for k in range(num_layers):
            columns = input_size if k == 0 else hidden_size
            for name, shape in (
                (f"weight_ih_l{k}", (rows, columns)),
                (f"weight_hh_l{k}", (rows, hidden_size)),
                (f"bias_ih_l{k}", (rows,)),
                (f"bias_hh_l{k}", (rows,)),
            ):
                setattr(self, name, Parameter(generator.uniform(-bound, bound, shape)))
        # STUB: raise NotImplementedError("Recurrent.__init__")
        # END SOLUTION

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
        # BEGIN SOLUTION
        inputs = x.swapaxes(0, 1) if self.batch_first else x  # (T, N, input_size)
        states = self._checked(inputs, hx, lengths)
        times = np.arange(len(inputs))[:, None]
        self._valid = None if lengths is None else (times < lengths)[:, :, None]  # (T, N, 1)
        self._layers, finals = [], []
        for k in range(self.num_layers):
            inputs, final, remembered = self._run_layer(k, inputs, tuple(state[k] for state in states))
            self._layers.append(remembered)
            finals.append(final)
        output = inputs.swapaxes(0, 1) if self.batch_first else inputs
        return output.copy(), self._packed([np.stack(parts) for parts in zip(*finals, strict=True)])
        # STUB: raise NotImplementedError("Recurrent.forward")
        # END SOLUTION

    def backward(self, grad_output: Array, grad_hx: State | None = None) -> tuple[Array, State]:
        """Accumulate every parameter's gradient; return the gradients of x and of the initial state.

        Args:
            grad_output: of the shape of output; beyond a sequence's length it has no effect.
            grad_hx: gradient with respect to the final state, of its shapes; None: nothing depends on it.

        Returns:
            grad_x: of the shape of x; 0 beyond a sequence's length.
            grad_hx: gradient with respect to the initial state, also if that was None; of an LSTM (h, c).
        """
        # BEGIN SOLUTION
        grads = grad_output.swapaxes(0, 1) if self.batch_first else grad_output
        grad_finals = self._parts(grad_hx, (self.num_layers, grads.shape[1], self.hidden_size))
        grad_initials = []
        for k in reversed(range(self.num_layers)):
            grads, grad_initial = self._run_layer_back(k, grads, tuple(part[k] for part in grad_finals))
            grad_initials.append(grad_initial)
        grad_states = [np.stack(parts[::-1]) for parts in zip(*grad_initials, strict=True)]
        return grads.swapaxes(0, 1) if self.batch_first else grads, self._packed(grad_states)
        # STUB: raise NotImplementedError("Recurrent.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _parts(self, state: State | None, shape: tuple[int, ...]) -> tuple[Array, ...]:
        """Return a state as a tuple of its arrays, here (h,), zeros if it is None."""
        return (np.zeros(shape) if state is None else np.asarray(state),)

    def _packed(self, parts: list[Array]) -> State:
        """Return a state from its arrays: the reverse of _parts."""
        return parts[0]

    def _checked(self, inputs: Array, hx: State | None, lengths: Lengths | None) -> tuple[Array, ...]:
        """Return the initial state's parts; refuse what numpy would broadcast."""
        if inputs.ndim != 3 or inputs.shape[2] != self.input_size:
            raise ValueError(f"x of shape {inputs.shape} for {self.input_size} features")
        steps, batch, _ = inputs.shape
        shape = (self.num_layers, batch, self.hidden_size)
        parts = self._parts(hx, shape)
        if any(part.shape != shape for part in parts):
            raise ValueError(f"initial state of shapes {[part.shape for part in parts]}, not {shape}")
        if lengths is not None and (lengths.shape != (batch,) or lengths.min() < 1 or lengths.max() > steps):
            raise ValueError(f"lengths {lengths} for {batch} sequences of at most {steps} steps")
        return parts

    def _weights(self, k: int) -> list[Parameter]:
        """Return layer k's weight_ih, weight_hh, bias_ih and bias_hh."""
        return [getattr(self, f"{name}_l{k}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def _run_layer(self, k: int, inputs: Array, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...], Any]:
        """Run layer k over time; return its outputs (T, N, H), its final state, and what backward needs."""
        weight_ih, weight_hh, bias_ih, bias_hh = (parameter.data for parameter in self._weights(k))
        from_input = inputs @ weight_ih.T + bias_ih  # (T, N, G * H): all steps in one product
        output, befores, caches = np.zeros((*inputs.shape[:2], self.hidden_size)), [], []
        for t in range(len(inputs)):
            before = state
            state, cache = self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)
            output[t] = state[0]
            if self._valid is not None:
                state = tuple(np.where(self._valid[t], new, old) for new, old in zip(state, before, strict=True))
                output[t] *= self._valid[t]
            befores.append(before[0])
            caches.append(cache)
        return output, state, (inputs, np.stack(befores), caches)

    def _run_layer_back(
        self, k: int, grad_output: Array, grad_state: tuple[Array, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """Go back through layer k; return the gradients of its inputs and of its initial state."""
        weight_ih, weight_hh, bias_ih, bias_hh = self._weights(k)
        inputs, befores, caches = self._layers[k]
        shape = (*befores.shape[:2], self.gates * self.hidden_size)
        from_input, from_hidden = np.empty(shape), np.empty(shape)  # gradients of the two sums of each step
        for t in reversed(range(len(inputs))):
            arriving, held = (grad_state[0] + grad_output[t], *grad_state[1:]), None
            if self._valid is not None:
                held = [np.where(self._valid[t], 0.0, grad) for grad in grad_state]
                arriving = tuple(self._valid[t] * grad for grad in arriving)
            from_input[t], from_hidden[t], grad_state = self._step_back(arriving, caches[t])
            grad_state = (grad_state[0] + from_hidden[t] @ weight_hh.data, *grad_state[1:])
            if held is not None:
                grad_state = tuple(grad + kept for grad, kept in zip(grad_state, held, strict=True))
        weight_ih.accumulate(np.tensordot(from_input, inputs, axes=([0, 1], [0, 1])))
        weight_hh.accumulate(np.tensordot(from_hidden, befores, axes=([0, 1], [0, 1])))
        bias_ih.accumulate(from_input.sum(axis=(0, 1)))
        bias_hh.accumulate(from_hidden.sum(axis=(0, 1)))
        return from_input @ weight_ih.data, grad_state

    def _step(self, from_input: Array, from_hidden: Array, state: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        """Return the state after a step, h first, and what _step_back needs.

        from_input = W_ih x + b_ih and from_hidden = W_hh h + b_hh, shape (N, G * H) each.
        """
        raise NotImplementedError

    def _step_back(self, grad_state: tuple[Array, ...], cache: Any) -> tuple[Array, Array, tuple[Array, ...]]:
        """Return the gradients of from_input, of from_hidden, and of the state before, without from_hidden's part."""
        raise NotImplementedError

    # STUB: # You can put the loops over layers and time here, and one step of each kind in the classes below.
    # END SOLUTION


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
        # BEGIN SOLUTION
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'nonlinearity is "tanh" or "relu", not {nonlinearity!r}')
        super().__init__(input_size, hidden_size, num_layers, batch_first, rng)
        self.nonlinearity = nonlinearity
        # STUB: raise NotImplementedError("RNN.__init__")
        # END SOLUTION

    # BEGIN SOLUTION
    def _step(self, from_input: Array, from_hidden: Array, _state: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        a = from_input + from_hidden
        h = np.tanh(a) if self.nonlinearity == "tanh" else np.maximum(a, 0.0)
        return (h,), h

    def _step_back(self, grad_state: tuple[Array, ...], cache: Any) -> tuple[Array, Array, tuple[Array, ...]]:
        h, (grad_h,) = cache, grad_state
        grad_a = grad_h * (1.0 - h**2 if self.nonlinearity == "tanh" else h > 0)
        return grad_a, grad_a, (np.zeros_like(grad_h),)

    # STUB: # You can put the parts that only the RNN has here.
    # END SOLUTION


class LSTM(Recurrent):
    """A cell state c as well as h, and four gates, in the rows of the weights in the order i, f, g, o.

    With a = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh, split into four blocks:
    i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o);
    c_t = f * c_{t-1} + i * g; h_t = o * tanh(c_t). The output is h_t, the state (h, c).

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; ``torch.nn.LSTM``.
    """

    gates = 4

    # BEGIN SOLUTION
    def _parts(self, state: State | None, shape: tuple[int, ...]) -> tuple[Array, ...]:
        h, c = (np.zeros(shape), np.zeros(shape)) if state is None else state
        return np.asarray(h), np.asarray(c)

    def _packed(self, parts: list[Array]) -> State:
        return parts[0], parts[1]

    def _step(self, from_input: Array, from_hidden: Array, state: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        a_i, a_f, a_g, a_o = np.split(from_input + from_hidden, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c = f * state[1] + i * g
        tanh_c = np.tanh(c)
        return (o * tanh_c, c), (i, f, g, o, tanh_c, state[1])

    def _step_back(self, grad_state: tuple[Array, ...], cache: Any) -> tuple[Array, Array, tuple[Array, ...]]:
        (grad_h, grad_c), (i, f, g, o, tanh_c, c_before) = grad_state, cache
        grad_c = grad_c + grad_h * o * (1.0 - tanh_c**2)  # directly, and through h
        grad_i = grad_c * g * i * (1.0 - i)
        grad_f = grad_c * c_before * f * (1.0 - f)
        grad_g = grad_c * i * (1.0 - g**2)
        grad_o = grad_h * tanh_c * o * (1.0 - o)
        grad_a = np.concatenate([grad_i, grad_f, grad_g, grad_o], axis=1)
        return grad_a, grad_a, (np.zeros_like(grad_h), grad_c * f)

    # STUB: # You can put the parts that only the LSTM has here.
    # END SOLUTION


class GRU(Recurrent):
    """Three gates, in the rows of the weights in the order r, z, n.

    With a = W_ih x_t + b_ih and b = W_hh h_{t-1} + b_hh, split into three blocks each:
    r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r * b_n) (the reset gate is applied after the
    product and its bias); h_t = (1 - z) * n + z * h_{t-1}. The output is h_t.

    Source: Cho et al. 2014; ``torch.nn.GRU``.
    """

    gates = 3

    # BEGIN SOLUTION
    def _step(self, from_input: Array, from_hidden: Array, state: tuple[Array, ...]) -> tuple[tuple[Array, ...], Any]:
        (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(from_input, 3, axis=1), np.split(from_hidden, 3, axis=1)
        r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
        n = np.tanh(a_n + r * b_n)
        return ((1.0 - z) * n + z * state[0],), (r, z, n, b_n, state[0])

    def _step_back(self, grad_state: tuple[Array, ...], cache: Any) -> tuple[Array, Array, tuple[Array, ...]]:
        (grad_h,), (r, z, n, b_n, before) = grad_state, cache
        grad_n = grad_h * (1.0 - z) * (1.0 - n**2)
        grad_r = grad_n * b_n * r * (1.0 - r)
        grad_z = grad_h * (before - n) * z * (1.0 - z)
        from_input = np.concatenate([grad_r, grad_z, grad_n], axis=1)
        from_hidden = np.concatenate([grad_r, grad_z, grad_n * r], axis=1)
        return from_input, from_hidden, (grad_h * z,)

    # STUB: # You can put the parts that only the GRU has here.
    # END SOLUTION
