"""Right attention written in other ways: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

FILE = "scratch/attention.py"

VARIANTS = [
    Variant(
        name="einsum_throughout",
        why="Every product is an einsum, also for the heads: no reshape of a whole batch, no swapped axes.",
        changes=(
            redefine(
                FILE,
                """
def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    scores = np.einsum("...ie,...je->...ij", query, key, optimize=True) * _scale(query, scale)
    keep = np.ones(scores.shape[-2:], dtype=bool)
    if is_causal:
        i, j = np.indices(keep.shape)
        keep = j <= i
    if attn_mask is not None and attn_mask.dtype == bool:
        keep = keep & attn_mask
    elif attn_mask is not None:
        scores = (scores + attn_mask).astype(scores.dtype)
        keep = keep & ~np.isneginf(attn_mask)
    scores = np.where(keep, scores, -np.inf)
    weights = _softmax(scores)
    return np.einsum("...ij,...jd->...id", weights, value, optimize=True), weights


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    grad_value = np.einsum("...ij,...id->...jd", weights, grad_output, optimize=True)
    grad_weights = np.einsum("...id,...jd->...ij", grad_output, value, optimize=True)
    inner = np.einsum("...ij,...ij->...i", grad_weights, weights)[..., None]
    grad_scores = _scale(query, scale) * weights * (grad_weights - inner)
    grad_query = np.einsum("...ij,...je->...ie", grad_scores, key, optimize=True)
    return grad_query, np.einsum("...ij,...ie->...je", grad_scores, query, optimize=True), grad_value


class MultiheadAttention(MultiheadAttention):
    def forward(
        self, query, key, value, key_padding_mask=None, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        self._dtype = query.dtype
        self._given = [x.astype(float) for x in (query, key, value)]
        size = query.shape[-1]
        self._w = self.in_proj_weight.data.reshape(3, self.num_heads, -1, size)
        self._projected = []
        for number in range(3):
            one = np.einsum("nte,hde->nhtd", self._given[number], self._w[number], optimize=True)
            if self.in_proj_bias is not None:
                one += self.in_proj_bias.data.reshape(3, self.num_heads, 1, -1)[number]
            self._projected.append(one)
        mask = _additive(attn_mask, key_padding_mask)
        out, self._weights = scaled_dot_product_attention(*self._projected, mask, is_causal)
        self._out = out
        output = np.einsum("nhtd,ehd->nte", out, self.out_proj.weight.data.reshape(size, self.num_heads, -1),
                           optimize=True)
        if self.out_proj.bias is not None:
            output = output + self.out_proj.bias.data
        weights = self._weights.mean(axis=1) if average_attn_weights else self._weights
        return output.astype(self._dtype), weights.astype(self._dtype)

    def backward(self, grad_output):
        grad = grad_output.astype(float)
        size = grad.shape[-1]
        of_out = self.out_proj.weight.data.reshape(size, self.num_heads, -1)
        self.out_proj.weight.accumulate(
            np.einsum("nte,nhtd->ehd", grad, self._out, optimize=True).reshape(size, size)
        )
        if self.out_proj.bias is not None:
            self.out_proj.bias.accumulate(np.einsum("nte->e", grad))
        grad_out = np.einsum("nte,ehd->nhtd", grad, of_out, optimize=True)
        grads = scaled_dot_product_attention_backward(grad_out, *self._projected, self._weights)
        self.in_proj_weight.accumulate(
            np.stack(
                [np.einsum("nhtd,nte->hde", g, x, optimize=True) for g, x in zip(grads, self._given, strict=True)]
            ).reshape(3 * size, size)
        )
        if self.in_proj_bias is not None:
            self.in_proj_bias.accumulate(np.stack([np.einsum("nhtd->hd", g) for g in grads]).ravel())
        return tuple(
            np.einsum("nhtd,hde->nte", g, w, optimize=True).astype(self._dtype)
            for g, w in zip(grads, self._w, strict=True)
        )
""",
            ),
        ),
    ),
    Variant(
        name="large_negative_fill",
        why="Forbidden scores are -1e30 instead of -inf, and queries without a key are set to 0 at the end.",
        changes=(
            redefine(
                FILE,
                """
def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    scores = (query * _scale(query, scale)) @ np.swapaxes(key, -2, -1)
    forbidden = np.zeros(scores.shape, dtype=bool)
    if attn_mask is not None:
        if attn_mask.dtype == bool:
            forbidden |= ~attn_mask
        else:
            forbidden |= attn_mask == -np.inf
            scores = scores + np.where(attn_mask == -np.inf, 0, attn_mask).astype(scores.dtype)
    if is_causal:
        forbidden |= np.triu(np.ones(scores.shape[-2:], dtype=bool), k=1)
    scores[forbidden] = -1e30
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = powers / np.sum(powers, axis=-1, keepdims=True)
    weights[forbidden.all(axis=-1)] = 0.0
    return weights @ value, weights
""",
            ),
        ),
    ),
    Variant(
        name="smallest_float_added",
        why="Masks become numbers to add, the smallest float for forbidden keys; weights are multiplied by the mask.",
        changes=(
            redefine(
                FILE,
                """
def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    scores = query @ key.swapaxes(-1, -2) * _scale(query, scale)
    least = np.finfo(scores.dtype).min / 4
    bias = np.zeros(scores.shape[-2:], dtype=scores.dtype)
    if attn_mask is not None:
        bias = np.where(attn_mask, 0, least) if attn_mask.dtype == bool else np.maximum(attn_mask, least)
    if is_causal:
        bias = np.where(np.tri(*scores.shape[-2:]) == 0, least, bias)
    bias = bias.astype(scores.dtype)
    scores = scores + bias
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    weights *= bias > least
    return weights @ value, weights
""",
            ),
        ),
    ),
    Variant(
        name="weights_cleared_of_nan",
        why="Softmax divides 0 by 0 in a row without a key, and NaN in the weights (not the output) is replaced by 0.",
        changes=(
            edit(FILE, "np.where(np.isneginf(top), 0.0, top)", "top"),
            edit(
                FILE,
                "return powers / np.where(total == 0.0, 1.0, total)",
                "return np.nan_to_num(powers / total, nan=0.0)",
            ),
        ),
    ),
    Variant(
        name="online_softmax_in_chunks",
        why="Keys are read in blocks of eight, with a running maximum and sum (Dao et al. 2022), as in FlashAttention.",
        changes=(
            redefine(
                FILE,
                """
def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    queries, keys = query.shape[-2], key.shape[-2]
    shape = (*query.shape[:-1], keys)
    top = np.full((*shape[:-1], 1), -np.inf, dtype=query.dtype)
    total = np.zeros((*shape[:-1], 1), dtype=query.dtype)
    output = np.zeros((*shape[:-1], value.shape[-1]), dtype=query.dtype)
    mask = None if attn_mask is None else np.broadcast_to(attn_mask, shape)
    blocks = []
    for start in range(0, keys, 8):
        here = slice(start, start + 8)
        scores = _scale(query, scale) * (query @ key[..., here, :].swapaxes(-1, -2))
        if mask is not None and mask.dtype == bool:
            scores = np.where(mask[..., here], scores, -np.inf)
        elif mask is not None:
            scores = scores + mask[..., here].astype(scores.dtype)
        if is_causal:
            scores = np.where(np.tri(queries, keys, dtype=bool)[:, here], scores, -np.inf)
        new_top = np.maximum(top, scores.max(axis=-1, keepdims=True))
        finite = np.where(new_top == -np.inf, 0.0, new_top)
        shrink = np.exp(np.where(top == -np.inf, -np.inf, top - finite))
        powers = np.exp(scores - finite)
        total = shrink * total + powers.sum(axis=-1, keepdims=True)
        output = shrink * output + powers @ value[..., here, :]
        top = new_top
        blocks.append(scores)
    safe = np.where(total == 0, 1.0, total)
    finite = np.where(top == -np.inf, 0.0, top)
    return output / safe, np.exp(np.concatenate(blocks, axis=-1) - finite) / safe
""",
            ),
        ),
    ),
    Variant(
        name="softmax_through_log_sum_exp",
        why="Weights are exp(scores - logsumexp(scores)), and the gradient is w g - w (w . g).",
        changes=(
            redefine(
                FILE,
                """
def _softmax(scores):
    top = scores.max(axis=-1, keepdims=True)
    dead = np.isneginf(top)
    top = np.where(dead, 0.0, top)
    sums = np.exp(scores - top).sum(axis=-1, keepdims=True)
    log_sum = top + np.log(np.where(dead, 1.0, sums))
    return np.exp(scores - log_sum)


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    factor = _scale(query, scale)
    grad_weights = np.matmul(grad_output, np.swapaxes(value, -1, -2))
    product = weights * grad_weights
    grad_scores = product - weights * product.sum(axis=-1, keepdims=True)
    grad_key = np.swapaxes(np.swapaxes(factor * query, -1, -2) @ grad_scores, -1, -2)
    return grad_scores @ (factor * key), grad_key, np.swapaxes(np.swapaxes(grad_output, -1, -2) @ weights, -1, -2)
""",
            ),
        ),
    ),
    Variant(
        name="inner_product_with_the_output",
        why="The row sums of w * grad_w are computed as output . grad_output, as in FlashAttention's backward.",
        changes=(
            edit(
                FILE,
                "np.sum(grad_weights * weights, axis=-1, keepdims=True)",
                "np.sum((weights @ value) * grad_output, axis=-1, keepdims=True)",
            ),
        ),
    ),
    Variant(
        name="weights_worked_out_again",
        why="MultiheadAttention stores only inputs and masks; backward computes the projections and the softmax again.",
        changes=(
            redefine(
                FILE,
                """
class MultiheadAttention(MultiheadAttention):
    def forward(
        self, query, key, value, key_padding_mask=None, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        self._kept = (query, key, value, _additive(attn_mask, key_padding_mask), is_causal)
        heads, attended, weights = self._attend()
        output = self.out_proj(self._merge(attended))
        weights = weights.mean(axis=1) if average_attn_weights else weights
        return output.astype(query.dtype), weights.astype(query.dtype)

    def _attend(self):
        *inputs, mask, is_causal = self._kept
        heads = []
        for number, x in enumerate(inputs):
            rows = slice(number * x.shape[-1], (number + 1) * x.shape[-1])
            projected = x.astype(float) @ self.in_proj_weight.data[rows].T
            if self.in_proj_bias is not None:
                projected = projected + self.in_proj_bias.data[rows]
            heads.append(self._split(projected))
        return heads, *scaled_dot_product_attention(*heads, mask, is_causal)

    def backward(self, grad_output):
        grad = self._split(self.out_proj.backward(grad_output.astype(float)))
        heads, _, weights = self._attend()
        grads = [self._merge(one) for one in scaled_dot_product_attention_backward(grad, *heads, weights)]
        size, found = grad_output.shape[-1], []
        of_weight, of_bias = np.empty((3 * size, size)), np.empty(3 * size)
        for number in range(3):
            rows = slice(number * size, (number + 1) * size)
            of_weight[rows] = np.tensordot(grads[number], self._kept[number], axes=((0, 1), (0, 1)))
            of_bias[rows] = grads[number].sum(axis=(0, 1))
            found.append((grads[number] @ self.in_proj_weight.data[rows]).astype(grad_output.dtype))
        self.in_proj_weight.accumulate(of_weight)
        if self.in_proj_bias is not None:
            self.in_proj_bias.accumulate(of_bias)
        return found
""",
            ),
        ),
    ),
    Variant(
        name="one_fused_projection",
        why="Self-attention projects query, key and value in one product; other inputs are handled one by one.",
        changes=(
            redefine(
                FILE,
                """
class MultiheadAttention(MultiheadAttention):
    def forward(
        self, query, key, value, key_padding_mask=None, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        self._self_attention = query is key and key is value
        self._dtype = query.dtype
        weight = self.in_proj_weight.data
        bias = 0.0 if self.in_proj_bias is None else self.in_proj_bias.data
        if self._self_attention:
            self._inputs = [query.astype(float)]
            projected = np.split(self._inputs[0] @ weight.T + bias, 3, axis=-1)
        else:
            self._inputs = [x.astype(float) for x in (query, key, value)]
            bias = np.broadcast_to(bias, len(weight))
            projected = [
                x @ w.T + b
                for x, w, b in zip(self._inputs, np.split(weight, 3), np.split(bias, 3), strict=True)
            ]
        self._heads = [self._split(x) for x in projected]
        attended, self._weights = scaled_dot_product_attention(
            *self._heads, _additive(attn_mask, key_padding_mask), is_causal
        )
        output = self.out_proj(self._merge(attended)).astype(self._dtype)
        weights = self._weights.mean(axis=1) if average_attn_weights else self._weights
        return output, weights.astype(self._dtype)

    def backward(self, grad_output):
        if not self._self_attention:
            return super().backward(grad_output)
        grad = self._split(self.out_proj.backward(grad_output.astype(float)))
        grads = scaled_dot_product_attention_backward(grad, *self._heads, self._weights)
        packed = np.concatenate([self._merge(one) for one in grads], axis=-1)  # (N, T, 3 E)
        rows = packed.reshape(-1, packed.shape[-1])
        self.in_proj_weight.accumulate(rows.T @ self._inputs[0].reshape(len(rows), -1))
        if self.in_proj_bias is not None:
            self.in_proj_bias.accumulate(rows.sum(axis=0))
        return [
            (part @ weight).astype(self._dtype)
            for part, weight in zip(
                np.split(packed, 3, axis=-1), np.split(self.in_proj_weight.data, 3), strict=True
            )
        ]
""",
            ),
        ),
    ),
    Variant(
        name="batch_and_heads_in_one_axis",
        why="Heads are (N * H, T, E/H), as inside PyTorch, with boolean masks everywhere.",
        changes=(
            redefine(
                FILE,
                """
class MultiheadAttention(MultiheadAttention):
    def _split(self, x):
        batch, length, size = x.shape
        heads = x.reshape(batch, length, self.num_heads, size // self.num_heads).transpose(0, 2, 1, 3)
        return np.ascontiguousarray(heads).reshape(batch * self.num_heads, length, -1)

    def _merge(self, heads):
        count, length, size = heads.shape
        heads = heads.reshape(count // self.num_heads, self.num_heads, length, size).transpose(0, 2, 1, 3)
        return heads.reshape(count // self.num_heads, length, size * self.num_heads)

    def forward(
        self, query, key, value, key_padding_mask=None, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        self._dtype = query.dtype
        batch, queries, _ = query.shape
        keys = key.shape[1]
        self._inputs = [x.astype(np.float64) for x in (query, key, value)]
        self._heads = []
        for number, x in enumerate(self._inputs):
            projected = np.tensordot(x, self.in_proj_weight.data.reshape(3, x.shape[2], -1)[number], axes=(2, 1))
            if self.in_proj_bias is not None:
                projected += self.in_proj_bias.data.reshape(3, -1)[number]
            self._heads.append(self._split(projected))
        mask = np.zeros((batch, 1, queries, keys))
        if attn_mask is not None and attn_mask.dtype == bool:
            mask[:, :, attn_mask] = -np.inf
        elif attn_mask is not None:
            mask += attn_mask
        if key_padding_mask is not None:
            mask[np.broadcast_to(key_padding_mask[:, None, None, :], mask.shape)] = -np.inf
        mask = np.repeat(mask, self.num_heads, axis=1).reshape(batch * self.num_heads, queries, keys)
        attended, self._weights = scaled_dot_product_attention(*self._heads, mask, is_causal)
        output = self.out_proj(self._merge(attended)).astype(self._dtype)
        weights = self._weights.reshape(batch, self.num_heads, queries, keys).astype(self._dtype)
        return output, (weights.sum(axis=1) / self.num_heads if average_attn_weights else weights)
""",
            ),
        ),
    ),
    Variant(
        name="a_loop_over_heads",
        why="Each head is computed separately, with its own rows of in_proj_weight; a loop of sixteen is fast enough.",
        changes=(
            redefine(
                FILE,
                """
class MultiheadAttention(MultiheadAttention):
    def forward(
        self, query, key, value, key_padding_mask=None, attn_mask=None, average_attn_weights=True, is_causal=False
    ):
        self._inputs, self._dtype = [query, key, value], query.dtype
        size = query.shape[-1]
        self._width = size // self.num_heads
        self._of_heads, outputs, weights = [], [], []
        mask = _additive(attn_mask, key_padding_mask)
        if mask is not None and mask.ndim == 4:
            mask = mask[:, 0]
        for head in range(self.num_heads):
            projected = []
            for number, x in enumerate(self._inputs):
                rows = slice(number * size + head * self._width, number * size + (head + 1) * self._width)
                one = x @ self.in_proj_weight.data[rows].T
                projected.append(one if self.in_proj_bias is None else one + self.in_proj_bias.data[rows])
            output, weight = scaled_dot_product_attention(*projected, mask, is_causal)
            self._of_heads.append((projected, weight))
            outputs.append(output)
            weights.append(weight)
        output = self.out_proj(np.concatenate(outputs, axis=-1))
        weights = np.stack(weights, axis=1)
        weights = weights.mean(axis=1) if average_attn_weights else weights
        return output.astype(self._dtype), weights.astype(self._dtype)

    def backward(self, grad_output):
        grad = self.out_proj.backward(grad_output)
        size, width = grad.shape[-1], self._width
        of_weight, of_bias = np.zeros((3 * size, size)), np.zeros(3 * size)
        found = [np.zeros(x.shape) for x in self._inputs]
        for head, (projected, weight) in enumerate(self._of_heads):
            here = slice(head * width, (head + 1) * width)
            grads = scaled_dot_product_attention_backward(grad[..., here], *projected, weight)
            for number, one in enumerate(grads):
                rows = slice(number * size + head * width, number * size + (head + 1) * width)
                flat = one.reshape(-1, width)
                of_weight[rows] = flat.T @ self._inputs[number].reshape(len(flat), size)
                of_bias[rows] = flat.sum(axis=0)
                found[number] += one @ self.in_proj_weight.data[rows]
        self.in_proj_weight.accumulate(of_weight)
        if self.in_proj_bias is not None:
            self.in_proj_bias.accumulate(of_bias)
        return [one.astype(self._dtype) for one in found]
""",
            ),
        ),
    ),
    Variant(
        name="a_loop_over_sequences",
        why="Attention of one sequence at a time: a loop of eight is within budget.",
        changes=(
            redefine(
                FILE,
                """
_together, _together_backward = scaled_dot_product_attention, scaled_dot_product_attention_backward


def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    if query.ndim < 4:
        return _together(query, key, value, attn_mask, is_causal, scale)
    shape = (*query.shape[:-1], key.shape[-2])
    masks = [None] * len(query) if attn_mask is None else np.broadcast_to(attn_mask, shape)
    found = [
        _together(*one, is_causal, scale) for one in zip(query, key, value, masks, strict=True)
    ]
    return np.stack([output for output, _ in found]), np.stack([weights for _, weights in found])


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    if query.ndim < 4:
        return _together_backward(grad_output, query, key, value, weights, scale)
    every = zip(grad_output, query, key, value, weights, strict=True)
    found = [_together_backward(*one, scale) for one in every]
    return tuple(np.stack(grads) for grads in zip(*found, strict=True))
""",
            ),
        ),
    ),
    Variant(
        name="a_loop_over_sequences_and_heads",
        why="Attention of one head of one sequence at a time: 128 small products are within budget.",
        changes=(
            redefine(
                FILE,
                """
_together, _together_backward = scaled_dot_product_attention, scaled_dot_product_attention_backward


def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    if query.ndim == 2:
        return _together(query, key, value, attn_mask, is_causal, scale)
    weights = np.empty((*query.shape[:-1], key.shape[-2]), dtype=query.dtype)
    output = np.empty((*query.shape[:-1], value.shape[-1]), dtype=query.dtype)
    masks = None if attn_mask is None else np.broadcast_to(attn_mask, weights.shape)
    for number in range(len(query)):
        mask = None if masks is None else masks[number]
        output[number], weights[number] = scaled_dot_product_attention(
            query[number], key[number], value[number], mask, is_causal, scale
        )
    return output, weights


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    if query.ndim == 2:
        return _together_backward(grad_output, query, key, value, weights, scale)
    found = [np.empty_like(x) for x in (query, key, value)]
    for number in range(len(query)):
        grads = scaled_dot_product_attention_backward(
            grad_output[number], query[number], key[number], value[number], weights[number], scale
        )
        for where, grad in zip(found, grads, strict=True):
            where[number] = grad
    return tuple(found)
""",
            ),
        ),
    ),
    Variant(
        name="float32_throughout",
        why="Everything is computed in float32 for float32 inputs, with parameters converted to it, as PyTorch does.",
        changes=(
            edit(
                FILE,
                "self._inputs = [x.astype(np.float64) for x in (query, key, value)]\n"
                "        weights = np.split(self.in_proj_weight.data, 3)",
                "self._inputs = [query, key, value]\n"
                "        weights = np.split(self.in_proj_weight.data.astype(query.dtype), 3)",
            ),
            edit(
                FILE,
                "self._heads = [head + bias for head, bias in zip(self._heads, biases, strict=True)]",
                "self._heads = [h + bias.astype(h.dtype) for h, bias in zip(self._heads, biases, strict=True)]",
            ),
            edit(FILE, "x = src.astype(np.float64)", "x = src"),
            edit(
                FILE,
                "grad_attended = self._split(self.out_proj.backward(grad_output.astype(np.float64)))",
                "grad_attended = self._split(self.out_proj.backward(grad_output).astype(self._dtype))",
            ),
        ),
    ),
    Variant(
        name="positions_by_slices",
        why="Sines in the even columns and cosines in the odd ones, with frequencies by exp(-log), when needed.",
        changes=(
            redefine(
                FILE,
                """
class PositionalEncoding(Module):
    def __init__(self, d_model, max_len=5000):
        self.d_model, self.max_len = d_model, max_len

    def forward(self, x):
        length = x.shape[-2]
        if length > self.max_len or x.shape[-1] != self.d_model:
            raise ValueError("shape")
        pe = np.zeros((length, self.d_model))
        frequencies = np.exp(-math.log(10000.0) * np.arange(0, self.d_model, 2) / self.d_model)
        angles = np.outer(np.arange(length), frequencies)
        pe[:, 0::2] = np.sin(angles)
        pe[:, 1::2] = np.cos(angles[:, : self.d_model // 2])
        return x + pe.astype(x.dtype)

    def backward(self, grad_output):
        return grad_output.copy()
""",
            ),
        ),
    ),
    Variant(
        name="gelu_through_sigmoid",
        why="(1 + tanh(u)) / 2 is sigmoid(2 u), and the slope follows from that of the sigmoid.",
        changes=(
            redefine(
                FILE,
                """
class GELU(Module):
    def forward(self, x):
        self._inner = x * (1.0 + 0.044715 * x * x)
        self._share = 1.0 / (1.0 + np.exp(-np.clip(1.5957691216057308 * self._inner, -700.0, 700.0)))
        self._x = x
        return x * self._share

    def backward(self, grad_output):
        change = 1.5957691216057308 * (1.0 + 0.134145 * self._x * self._x)
        slope = self._share + self._x * self._share * (1.0 - self._share) * change
        return grad_output * slope
""",
            ),
        ),
    ),
    Variant(
        name="sublayers_as_functions",
        why="The encoder layer is a list of two sublayers, each with its norm; forward and backward loop over them.",
        changes=(
            redefine(
                FILE,
                """
class TransformerEncoderLayer(TransformerEncoderLayer):
    def forward(self, src, src_mask=None, src_key_padding_mask=None, is_causal=False):
        self._src_dtype = src.dtype

        def attend(x):
            output, _ = self.self_attn.forward(
                x, x, x, attn_mask=src_mask, key_padding_mask=src_key_padding_mask, is_causal=is_causal
            )
            return output

        x = np.asarray(src, dtype=float)
        for sublayer, norm in ((attend, self.norm1), (self._feed_forward, self.norm2)):
            x = x + sublayer(norm(x)) if self.norm_first else norm(x + sublayer(x))
        return x.astype(src.dtype)

    def backward(self, grad_output):
        def attend_backward(grad):
            grad_query, grad_key, grad_value = self.self_attn.backward(grad)
            return grad_query + grad_key + grad_value

        grad = np.asarray(grad_output, dtype=float)
        for sublayer_backward, norm in (
            (self._feed_forward_backward, self.norm2),
            (attend_backward, self.norm1),
        ):
            if self.norm_first:
                grad = grad + norm.backward(sublayer_backward(grad))
            else:
                grad = norm.backward(grad)
                grad = grad + sublayer_backward(grad)
        return grad.astype(self._src_dtype)
""",
            ),
        ),
    ),
]
