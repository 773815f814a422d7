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
# BEGIN SOLUTION
WRITTEN_ANSWER = """
(a) The product of two such numbers has mean 0 and variance 1, and variances of independent terms add: 64, a standard
deviation of 8. If scores differ by 8, their exponentials differ by a factor of 3000, so nearly all the weight is on
one key. The gradient w * (g - sum(w * g)) is then near 0 for every key, and query and key learn almost nothing.
Divided by sqrt(64), the scores have variance 1 for every d.

(b) The outputs are in the new order and otherwise the same: each is a sum over all keys, which has no order, and
everything else works on one token at a time. With a causal mask a token attends only to those before it, so its
output depends on its position: the first attends only to itself, the last to all.
"""
# STUB: WRITTEN_ANSWER = ""
# END SOLUTION


# BEGIN SOLUTION
def _softmax(scores: Array) -> Array:
    """Return softmax over the last axis, and zeros for a row in which all scores are -inf."""
    top = scores.max(axis=-1, keepdims=True)
    powers = np.exp(scores - np.where(np.isneginf(top), 0.0, top))  # -inf less -inf would be NaN
    total = powers.sum(axis=-1, keepdims=True)
    return powers / np.where(total == 0.0, 1.0, total)


def _scale(query: Array, scale: float | None) -> float:
    """Return the factor of the scores as a Python float, which leaves float32 as it is."""
    return 1.0 / math.sqrt(query.shape[-1]) if scale is None else float(scale)


def _additive(attn_mask: NDArray[Any] | None, key_padding_mask: NDArray[np.bool_] | None) -> Array | None:
    """Return one mask to be added to scores (N, H, L, S), from two in which True forbids."""
    mask = None
    if attn_mask is not None:
        mask = np.where(attn_mask, -np.inf, 0.0) if attn_mask.dtype == np.bool_ else attn_mask
    if key_padding_mask is not None:
        padding = np.where(key_padding_mask, -np.inf, 0.0)[:, None, None, :]  # (N, 1, 1, S)
        mask = padding if mask is None else mask + padding
    return mask


# STUB: # You can put private helper functions here.
# END SOLUTION


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
    # BEGIN SOLUTION
    scores = _scale(query, scale) * (query @ key.swapaxes(-1, -2))  # (..., L, S)
    if attn_mask is not None and attn_mask.dtype == np.bool_:
        scores = np.where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask.astype(scores.dtype)
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=np.bool_), scores, -np.inf)
    weights = _softmax(scores)
    return weights @ value, weights
    # STUB: raise NotImplementedError("scaled_dot_product_attention")
    # END SOLUTION


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
    # BEGIN SOLUTION
    grad_weights = grad_output @ value.swapaxes(-1, -2)  # (..., L, S)
    grad_scores = weights * (grad_weights - np.sum(grad_weights * weights, axis=-1, keepdims=True))
    grad_scores *= _scale(query, scale)
    return grad_scores @ key, grad_scores.swapaxes(-1, -2) @ query, weights.swapaxes(-1, -2) @ grad_output
    # STUB: raise NotImplementedError("scaled_dot_product_attention_backward")
    # END SOLUTION


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
        # BEGIN SOLUTION
        if embed_dim % num_heads:
            raise ValueError(f"{embed_dim} features cannot be cut into {num_heads} equal heads")
        generator = np.random.default_rng() if rng is None else rng
        bound = math.sqrt(6.0 / (4 * embed_dim))
        self.num_heads = num_heads
        self.in_proj_weight = Parameter(generator.uniform(-bound, bound, (3 * embed_dim, embed_dim)))
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, rng=generator)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data = np.zeros(embed_dim)
        # STUB: raise NotImplementedError("MultiheadAttention.__init__")
        # END SOLUTION

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
        # BEGIN SOLUTION
        self._dtype = query.dtype
        self._inputs = [x.astype(np.float64) for x in (query, key, value)]
        weights = np.split(self.in_proj_weight.data, 3)
        self._heads = [self._split(x @ weight.T) for x, weight in zip(self._inputs, weights, strict=True)]
        if self.in_proj_bias is not None:
            biases = self.in_proj_bias.data.reshape(3, self.num_heads, 1, -1)
            self._heads = [head + bias for head, bias in zip(self._heads, biases, strict=True)]
        mask = _additive(attn_mask, key_padding_mask)
        attended, self._weights = scaled_dot_product_attention(*self._heads, mask, is_causal)
        output = self.out_proj(self._merge(attended)).astype(self._dtype)
        returned = self._weights.mean(axis=1) if average_attn_weights else self._weights
        return output, returned.astype(self._dtype)
        # STUB: raise NotImplementedError("MultiheadAttention.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> tuple[Array, Array, Array]:
        """Accumulate the parameters' gradients; return (grad_query, grad_key, grad_value).

        If one array was passed three times, its gradient is the sum of the three. The loss depends on output, not
        on the returned weights.
        """
        # BEGIN SOLUTION
        grad_attended = self._split(self.out_proj.backward(grad_output.astype(np.float64)))
        grad_heads = scaled_dot_product_attention_backward(grad_attended, *self._heads, self._weights)
        grads = [self._merge(grad) for grad in grad_heads]
        rows = [grad.reshape(-1, grad.shape[-1]) for grad in grads]  # (N L or N S, E)
        features = [x.reshape(-1, x.shape[-1]) for x in self._inputs]
        self.in_proj_weight.accumulate(np.concatenate([r.T @ x for r, x in zip(rows, features, strict=True)]))
        if self.in_proj_bias is not None:
            self.in_proj_bias.accumulate(np.concatenate([r.sum(axis=0) for r in rows]))
        weights = np.split(self.in_proj_weight.data, 3)
        return tuple((grad @ weight).astype(self._dtype) for grad, weight in zip(grads, weights, strict=True))
        # STUB: raise NotImplementedError("MultiheadAttention.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _split(self, x: Array) -> Array:
        """Return (N, H, T, E/H) for x of shape (N, T, E)."""
        return x.reshape(*x.shape[:2], self.num_heads, -1).swapaxes(1, 2)

    def _merge(self, heads: Array) -> Array:
        """Return (N, T, E) for heads of shape (N, H, T, E/H)."""
        return heads.swapaxes(1, 2).reshape(heads.shape[0], heads.shape[2], -1)

    # STUB:
    # END SOLUTION


class PositionalEncoding(Module):
    """Add a sine or a cosine of the position to each feature: y[..., t, :] = x[..., t, :] + pe[t].

    pe[t, 2 i] = sin(t / 10000^(2 i / d_model)) and pe[t, 2 i + 1] = cos(t / 10000^(2 i / d_model)). If d_model is
    odd, the last column is a sine without its cosine.

    Attributes:
        pe: array, not a Parameter, shape (max_len, d_model).

    Source: Vaswani et al. 2017, section 3.5.
    """

    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        # BEGIN SOLUTION
        column = np.arange(d_model)
        angle = np.arange(max_len)[:, None] / 10000.0 ** (2 * (column // 2) / d_model)  # (max_len, d_model)
        self.pe = np.where(column % 2 == 0, np.sin(angle), np.cos(angle))
        # STUB: raise NotImplementedError("PositionalEncoding.__init__")
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x, for x of shape (..., T, d_model).

        Raises:
            ValueError: T is greater than max_len, or x does not have d_model features.
        """
        # BEGIN SOLUTION
        length, d_model = x.shape[-2:]
        if length > self.pe.shape[0] or d_model != self.pe.shape[1]:
            raise ValueError(f"encoding of shape {self.pe.shape} for x of shape {x.shape}")
        return (x + self.pe[:length]).astype(x.dtype)
        # STUB: raise NotImplementedError("PositionalEncoding.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape of x."""
        # BEGIN SOLUTION
        return grad_output
        # STUB: raise NotImplementedError("PositionalEncoding.backward")
        # END SOLUTION


class GELU(Module):
    """y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): PyTorch's ``GELU(approximate="tanh")``.

    Source: Hendrycks & Gimpel 2016, section 2.
    """

    def forward(self, x: Array) -> Array:
        """Return y, of the shape and dtype of x."""
        # BEGIN SOLUTION
        self._x = x
        self._tanh = np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3))
        return 0.5 * x * (1.0 + self._tanh)
        # STUB: raise NotImplementedError("GELU.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Return grad_input, of the shape and dtype of x."""
        # BEGIN SOLUTION
        inner_slope = math.sqrt(2.0 / math.pi) * (1.0 + 3.0 * 0.044715 * self._x**2)
        slope = 0.5 * (1.0 + self._tanh) + 0.5 * self._x * (1.0 - self._tanh**2) * inner_slope
        return grad_output * slope
        # STUB: raise NotImplementedError("GELU.backward")
        # END SOLUTION


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
        # BEGIN SOLUTION
        if activation not in ("relu", "gelu"):
            raise ValueError(f"activation {activation!r} is neither 'relu' nor 'gelu'")
        generator = np.random.default_rng() if rng is None else rng
        self.self_attn = MultiheadAttention(d_model, nhead, rng=generator)
        self.linear1 = Linear(d_model, dim_feedforward, rng=generator)
        self.activation = ReLU() if activation == "relu" else GELU()
        self.linear2 = Linear(dim_feedforward, d_model, rng=generator)
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps)
        self.norm_first = norm_first
        # STUB: raise NotImplementedError("TransformerEncoderLayer.__init__")
        # END SOLUTION

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
        # BEGIN SOLUTION
        self._dtype = src.dtype
        x = src.astype(np.float64)
        masks = {"key_padding_mask": src_key_padding_mask, "attn_mask": src_mask, "is_causal": is_causal}
        if self.norm_first:
            normed = self.norm1(x)
            h = x + self.self_attn(normed, normed, normed, **masks)[0]
            y = h + self._feed_forward(self.norm2(h))
        else:
            h = self.norm1(x + self.self_attn(x, x, x, **masks)[0])
            y = self.norm2(h + self._feed_forward(h))
        return y.astype(self._dtype)
        # STUB: raise NotImplementedError("TransformerEncoderLayer.forward")
        # END SOLUTION

    def backward(self, grad_output: Array) -> Array:
        """Accumulate the parameters' gradients; return grad_input, of the shape and dtype of src."""
        # BEGIN SOLUTION
        grad = grad_output.astype(np.float64)
        if self.norm_first:
            grad = grad + self.norm2.backward(self._feed_forward_backward(grad))
            grad = grad + self.norm1.backward(sum(self.self_attn.backward(grad)))
        else:
            grad = self.norm2.backward(grad)
            grad = self.norm1.backward(grad + self._feed_forward_backward(grad))
            grad = grad + sum(self.self_attn.backward(grad))
        return grad.astype(self._dtype)
        # STUB: raise NotImplementedError("TransformerEncoderLayer.backward")
        # END SOLUTION

    # BEGIN SOLUTION
    def _feed_forward(self, x: Array) -> Array:
        return self.linear2(self.activation(self.linear1(x)))

    def _feed_forward_backward(self, grad_output: Array) -> Array:
        return self.linear1.backward(self.activation.backward(self.linear2.backward(grad_output)))

    # STUB:
    # END SOLUTION
