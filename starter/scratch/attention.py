"""Attention and the Transformer's encoder layer in numpy, named as in PyTorch.

Axes: N batch, H heads, L queries, S keys (L = S = T in self-attention), E features. Sequences are
(N, T, E): PyTorch's ``batch_first=True``.

Rules for everything here:

* A query that may attend to no key gets weights of 0 and an output of 0, and adds nothing to any gradient.
* Masks are constants: they have no gradient.
* ``backward`` belongs to the most recent ``forward``.
* Outputs and gradients of inputs have the dtype of the first input; parameters are float64.
* No array that is passed in is changed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratch.nn import Array, Linear, Module, Parameter, ReLU
from scratch.normalisation import LayerNorm

# Your answer to the written question of spec.md, at most 150 words for both parts together.
WRITTEN_ANSWER = ""


# You can put private helper functions here.


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: NDArray[Any] | None = None,
    is_causal: bool = False,
    scale: float | None = None,
) -> tuple[Array, Array]:
    """Return (output, weights): weights = softmax(scale * query key^T + mask) over the keys, output = weights value.

    Args:
        query: shape (..., L, E).
        key: shape (..., S, E), with the leading axes of query.
        value: shape (..., S, Ev), with the leading axes of query.
        attn_mask: broadcasts to (..., L, S). Booleans: True where the query MAY attend to the key. Floats: added
            to the scaled scores; -inf forbids, any other number is only added.
        is_causal: query i may attend to keys 0 to i only, also if L and S differ. With attn_mask, both must allow.
        scale: None means 1 / sqrt(E).

    Returns:
        output, shape (..., L, Ev); weights, shape (..., L, S), whose rows sum to 1, or are 0 if no key is allowed.

    Source: Vaswani et al. 2017, section 3.2.1.
    """
    raise NotImplementedError("scaled_dot_product_attention")


def scaled_dot_product_attention_backward(
    grad_output: Array, query: Array, key: Array, value: Array, weights: Array, scale: float | None = None
) -> tuple[Array, Array, Array]:
    """Return (grad_query, grad_key, grad_value), of the shapes of query, key and value.

    Args:
        grad_output: gradient of the loss with respect to output, shape (..., L, Ev).
        query: as in scaled_dot_product_attention.
        key: as in scaled_dot_product_attention.
        value: as in scaled_dot_product_attention.
        weights: as returned by scaled_dot_product_attention; they already contain the effect of the masks.
        scale: as in scaled_dot_product_attention.
    """
    raise NotImplementedError("scaled_dot_product_attention_backward")


class MultiheadAttention(Module):
    """Attention in ``num_heads`` subspaces of embed_dim / num_heads features each, side by side.

    Query, key and value are projected, q = query W_q^T + b_q and so on. Head h uses the features h E/H to
    (h + 1) E/H - 1 of q, k and v. The outputs of the heads are concatenated and passed to ``out_proj``.

    Attributes:
        in_proj_weight: Parameter, shape (3 E, E): W_q, W_k and W_v one below the other. Uniform on
            (-sqrt(6 / (4 E)), sqrt(6 / (4 E))) initially.
        in_proj_bias: Parameter, shape (3 E,): b_q, b_k, b_v; initially zeros; None with ``bias=False``.
        out_proj: Linear(E, E); its bias is initially zeros, and None with ``bias=False``.

    Source: Vaswani et al. 2017, section 3.2.2; layout and initial weights as in PyTorch.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, bias: bool = True, rng: np.random.Generator | None = None
    ) -> None:
        """Raise ValueError if num_heads does not divide embed_dim. ``rng``: as in Linear."""
        raise NotImplementedError("MultiheadAttention.__init__")

    def forward(
        self,
        query: Array,
        key: Array,
        value: Array,
        key_padding_mask: NDArray[np.bool_] | None = None,
        attn_mask: NDArray[Any] | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Array, Array]:
        """Return (output, weights).

        Args:
            query: shape (N, L, E).
            key: shape (N, S, E).
            value: shape (N, S, E).
            key_padding_mask: shape (N, S), booleans: True where the key is padding, which NO query attends to.
            attn_mask: shape (L, S). Booleans: True where the query may NOT attend to the key (the opposite of
                scaled_dot_product_attention, as in PyTorch). Floats: added to the scaled scores of each head.
            average_attn_weights: whether weights are the mean over the heads.
            is_causal: query i may attend to keys 0 to i only. If several masks are given, all must allow a key.

        Returns:
            output, shape (N, L, E); weights, shape (N, L, S), or (N, H, L, S) without averaging.
        """
        raise NotImplementedError("MultiheadAttention.forward")

    def backward(self, grad_output: Array) -> tuple[Array, Array, Array]:
        """Accumulate the parameters' gradients; return (grad_query, grad_key, grad_value).

        If one array was passed three times, its gradient is the sum of the three. The loss depends on output, not
        on the returned weights.
        """
        raise NotImplementedError("MultiheadAttention.backward")




class PositionalEncoding(Module):
    """Add a sine or a cosine of the position to each feature: y[..., t, :] = x[..., t, :] + pe[t].

    pe[t, 2 i] = sin(t / 10000^(2 i / d_model)) and pe[t, 2 i + 1] = cos(t / 10000^(2 i / d_model)). If d_model is
    odd, the last column is a sine without its cosine.

    Attributes:
        pe: array, not a Parameter, shape (max_len, d_model).

    Source: Vaswani et al. 2017, section 3.5.
    """

    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        raise NotImplementedError("PositionalEncoding.__init__")

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (..., T, d_model).

        Raises:
            ValueError: T is greater than max_len, or x does not have d_model features.
        """
        raise NotImplementedError("PositionalEncoding.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        raise NotImplementedError("PositionalEncoding.backward")


class GELU(Module):
    """y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): PyTorch's ``GELU(approximate="tanh")``.

    Source: Hendrycks & Gimpel 2016, section 2.
    """

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x."""
        raise NotImplementedError("GELU.forward")

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x."""
        raise NotImplementedError("GELU.backward")


class TransformerEncoderLayer(Module):
    """Self-attention, then two linear layers on each token; the result of each is added to its input.

    With attention(x) = self_attn(x, x, x) and feed_forward(x) = linear2(activation(linear1(x))):

        norm_first=False:  h = norm1(x + attention(x));   y = norm2(h + feed_forward(h))
        norm_first=True:   h = x + attention(norm1(x));   y = h + feed_forward(norm2(h))

    There is no dropout.

    Attributes:
        self_attn: MultiheadAttention(d_model, nhead).
        linear1: Linear(d_model, dim_feedforward).
        linear2: Linear(dim_feedforward, d_model).
        norm1: LayerNorm(d_model, eps=layer_norm_eps), like norm2.

    Source: Vaswani et al. 2017, section 3.1; norm_first: Xiong et al. 2020.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        norm_first: bool = False,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Raise ValueError if activation is neither "relu" nor "gelu". ``rng``: as in Linear."""
        raise NotImplementedError("TransformerEncoderLayer.__init__")

    def forward(
        self,
        src: Array,
        src_mask: NDArray[Any] | None = None,
        src_key_padding_mask: NDArray[np.bool_] | None = None,
        is_causal: bool = False,
    ) -> Array:
        """Return y, of the shape and dtype of src, for src of shape (N, T, d_model).

        The masks are passed to self_attn: src_mask (T, T) as attn_mask, src_key_padding_mask (N, T) as
        key_padding_mask, and is_causal.
        """
        raise NotImplementedError("TransformerEncoderLayer.forward")

    def backward(self, grad_output: Array) -> Array:
        """Accumulate the parameters' gradients; return grad_input, of the shape and dtype of src."""
        raise NotImplementedError("TransformerEncoderLayer.backward")


