"""Wrong attention that students write, the tests that each piece exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

FILE = "scratch/attention.py"

MISTAKES = [
    # scores and their scale
    Mistake(
        name="scores_not_scaled",
        hint="The scores are not divided by the root of the number of features: see the default of scale.",
        catches=("test_attention_output",),
        changes=(
            edit(FILE, "return 1.0 / math.sqrt(query.shape[-1]) if scale is None", "return 1.0 if scale is None"),
        ),
        source="student-bugs 108",
    ),
    Mistake(
        name="scores_divided_by_the_number_of_features",
        hint="The scores are divided by the number of features; they should be divided by its root.",
        catches=("test_attention_output",),
        changes=(edit(FILE, "1.0 / math.sqrt(query.shape[-1]) if", "1.0 / query.shape[-1] if"),),
        source="student-bugs 108",
    ),
    Mistake(
        name="scores_scaled_for_the_whole_model",
        hint="The scores of a head are divided by the root of embed_dim; a head has embed_dim / num_heads features.",
        catches=("test_weights_of_each_head",),
        changes=(
            edit(
                FILE,
                "scaled_dot_product_attention(*self._heads, mask, is_causal)",
                "scaled_dot_product_attention(*self._heads, mask, is_causal, query.shape[-1] ** -0.5)",
            ),
            edit(
                FILE,
                "scaled_dot_product_attention_backward(grad_attended, *self._heads, self._weights)",
                "scaled_dot_product_attention_backward("
                "grad_attended, *self._heads, self._weights, grad_output.shape[-1] ** -0.5)",
            ),
        ),
        source="student-bugs 108",
    ),
    Mistake(
        name="scale_argument_ignored",
        hint="The argument scale has no effect; if it is given, it replaces 1 / sqrt(E).",
        catches=("test_attention_output",),
        changes=(edit(FILE, " if scale is None else float(scale)", ""),),
    ),
    Mistake(
        name="scale_forgotten_in_backward",
        hint="A factor is missing in the gradients of query and key: the scores were scaled in forward.",
        catches=("test_attention_gradients",),
        changes=(edit(FILE, "    grad_scores *= _scale(query, scale)\n", ""),),
    ),
    Mistake(
        name="scale_applied_to_one_gradient_only",
        hint="The gradient of the query has the scale, but that of the key does not.",
        catches=("test_attention_gradients",),
        changes=(
            edit(FILE, "    grad_scores *= _scale(query, scale)\n", ""),
            edit(FILE, "return grad_scores @ key, grad", "return _scale(query, scale) * grad_scores @ key, grad"),
        ),
    ),
    # softmax
    Mistake(
        name="softmax_over_queries",
        hint="The softmax is over the queries; the weights of each query should sum to 1 over the keys.",
        catches=("test_rows_of_weights_sum_to_one", "test_attention_output"),
        changes=(
            edit(FILE, "top = scores.max(axis=-1, keepdims=True)", "top = scores.max(axis=-2, keepdims=True)"),
            edit(FILE, "total = powers.sum(axis=-1, keepdims=True)", "total = powers.sum(axis=-2, keepdims=True)"),
        ),
        source="student-bugs 114",
    ),
    Mistake(
        name="no_maximum_subtracted",
        hint="The exponential of a large score overflows: what can be subtracted from a row without changing its "
        "softmax?",
        catches=("test_large_logits",),
        changes=(
            edit(
                FILE,
                "np.exp(scores - np.where(np.isneginf(top), 0.0, top))  # -inf less -inf would be NaN",
                "np.exp(scores)",
            ),
        ),
        source="student-bugs 19",
    ),
    Mistake(
        name="one_maximum_for_all_rows",
        hint="The same maximum is subtracted from all rows: in a row with much smaller scores all exponentials become "
        "0.",
        catches=("test_large_logits",),
        changes=(edit(FILE, "top = scores.max(axis=-1, keepdims=True)", "top = scores.max(keepdims=True)"),),
        source="student-bugs 20",
    ),
    Mistake(
        name="maximum_taken_before_the_mask",
        hint="The subtracted maximum is over all keys, also forbidden ones: should forbidden scores have an effect?",
        catches=("test_forbidden_logits_however_large",),
        changes=(
            edit(
                FILE,
                "    if attn_mask is not None and attn_mask.dtype == np.bool_:\n",
                "    scores = scores - scores.max(axis=-1, keepdims=True)\n"
                "    if attn_mask is not None and attn_mask.dtype == np.bool_:\n",
            ),
            edit(
                FILE,
                "np.exp(scores - np.where(np.isneginf(top), 0.0, top))  # -inf less -inf would be NaN",
                "np.exp(scores)",
            ),
        ),
    ),
    # masks
    Mistake(
        name="boolean_mask_reversed",
        hint="The boolean mask is reversed: in scaled_dot_product_attention True means that the query may attend to "
        "the key.",
        catches=("test_boolean_masks",),
        changes=(edit(FILE, "np.where(attn_mask, scores, -np.inf)", "np.where(attn_mask, -np.inf, scores)"),),
        source="student-bugs 109",
    ),
    Mistake(
        name="boolean_mask_added",
        hint="True and False are added to the scores as 1 and 0.",
        catches=("test_boolean_masks",),
        changes=(
            edit(
                FILE,
                "scores = np.where(attn_mask, scores, -np.inf)\n    elif",
                "scores = scores + attn_mask.astype(float)\n    elif",
            ),
        ),
        source="student-bugs 111",
    ),
    Mistake(
        name="additive_mask_scaled",
        hint="The mask is added before the scores are scaled; it should be added after.",
        catches=("test_additive_masks",),
        changes=(
            edit(
                FILE,
                "scores = scores + attn_mask.astype(scores.dtype)",
                "scores = scores + _scale(query, scale) * attn_mask.astype(scores.dtype)",
            ),
        ),
    ),
    Mistake(
        name="additive_mask_only_forbids",
        hint="A mask of numbers is used as a boolean one; its numbers should be added to the scores.",
        catches=("test_additive_masks",),
        changes=(
            edit(
                FILE,
                "scores = scores + attn_mask.astype(scores.dtype)",
                "scores = np.where(np.isneginf(attn_mask), attn_mask, scores).astype(scores.dtype)",
            ),
        ),
    ),
    Mistake(
        name="forbidden_scores_lowered_by_ten_thousand",
        hint="A fixed number is subtracted from forbidden scores: a very large score, or a row with only such scores, "
        "still has weights.",
        catches=("test_forbidden_logits_however_large",),
        changes=(
            edit(
                FILE,
                "scores = np.where(attn_mask, scores, -np.inf)\n    elif",
                "scores = scores + np.where(attn_mask, 0.0, -1e4)\n    elif",
            ),
            edit(
                FILE,
                "scores = np.where(np.tri(*scores.shape[-2:], dtype=np.bool_), scores, -np.inf)",
                "scores = scores - 1e4 * (1.0 - np.tri(*scores.shape[-2:], dtype=scores.dtype))",
            ),
            edit(FILE, "np.where(attn_mask, -np.inf, 0.0) if attn", "np.where(attn_mask, -1e4, 0.0) if attn"),
            edit(FILE, "np.where(key_padding_mask, -np.inf, 0.0)", "np.where(key_padding_mask, -1e4, 0.0)"),
        ),
        source="own: the masks of GPT-2's and BERT's first code",
    ),
    Mistake(
        name="rows_without_a_key_are_nan",
        hint="If no key is allowed, softmax computes 0 / 0, or infinity minus infinity.",
        catches=("test_rows_without_a_key",),
        changes=(
            edit(FILE, "np.where(np.isneginf(top), 0.0, top)", "top"),
            edit(FILE, "powers / np.where(total == 0.0, 1.0, total)", "powers / total"),
        ),
        source="student-bugs 110",
    ),
    Mistake(
        name="rows_without_a_key_are_uniform",
        hint="A query that may attend to no key attends equally to all of them; its weights should be 0.",
        catches=("test_rows_without_a_key",),
        changes=(
            edit(
                FILE,
                "    weights = _softmax(scores)\n",
                "    weights = _softmax(np.maximum(scores, np.finfo(scores.dtype).min))\n",
            ),
        ),
        source="student-bugs 110",
    ),
    Mistake(
        name="rows_without_a_key_are_left_to_nan_to_num",
        hint="NaN is replaced in the output but not in the weights, which backward uses.",
        catches=("test_rows_without_a_key",),
        changes=(
            edit(FILE, "np.where(np.isneginf(top), 0.0, top)", "top"),
            edit(FILE, "powers / np.where(total == 0.0, 1.0, total)", "powers / total"),
            edit(FILE, "    return weights @ value, weights\n", "    return np.nan_to_num(weights @ value), weights\n"),
        ),
        source="student-bugs 110",
    ),
    Mistake(
        name="mask_after_softmax",
        hint="The mask sets weights to 0 after softmax, so the other weights do not sum to 1.",
        catches=("test_boolean_masks",),
        changes=(
            edit(
                FILE,
                "        scores = np.where(attn_mask, scores, -np.inf)\n    elif",
                "        scores = np.where(attn_mask, scores, scores)\n    elif",
            ),
            edit(
                FILE,
                "    weights = _softmax(scores)\n",
                "    weights = _softmax(scores)\n"
                "    if attn_mask is not None and attn_mask.dtype == np.bool_:\n"
                "        weights = weights * attn_mask\n",
            ),
        ),
    ),
    Mistake(
        name="mask_after_softmax_and_renormalised",
        hint="The softmax includes forbidden scores: if one of them is much larger than the others, the others become "
        "0.",
        catches=("test_forbidden_logits_however_large",),
        changes=(
            edit(
                FILE,
                "        scores = np.where(attn_mask, scores, -np.inf)\n    elif",
                "        scores = np.where(attn_mask, scores, scores)\n    elif",
            ),
            edit(
                FILE,
                "    weights = _softmax(scores)\n",
                "    weights = _softmax(scores)\n"
                "    if attn_mask is not None and attn_mask.dtype == np.bool_:\n"
                "        weights = weights * attn_mask\n"
                "        total = weights.sum(axis=-1, keepdims=True)\n"
                "        weights = weights / np.where(total == 0, 1.0, total)\n",
            ),
        ),
    ),
    Mistake(
        name="causal_mask_forbids_the_own_place",
        hint="With the causal mask a query does not see its own position; query i should see keys 0 to i.",
        catches=("test_causal_attention",),
        changes=(edit(FILE, "np.tri(*scores.shape[-2:], dtype", "np.tri(*scores.shape[-2:], k=-1, dtype"),),
    ),
    Mistake(
        name="causal_mask_allows_the_next_place",
        hint="With the causal mask a query sees one key too many, the next one.",
        catches=("test_causal_attention",),
        changes=(edit(FILE, "np.tri(*scores.shape[-2:], dtype", "np.tri(*scores.shape[-2:], k=1, dtype"),),
    ),
    Mistake(
        name="causal_mask_shows_the_future",
        hint="The causal mask is reversed: queries see later keys.",
        catches=("test_causal_attention", "test_the_future_has_no_influence"),
        changes=(
            edit(
                FILE,
                "np.where(np.tri(*scores.shape[-2:], dtype=np.bool_), scores, -np.inf)",
                "np.where(np.tri(*scores.shape[-2:], dtype=np.bool_).swapaxes(0, 1), scores, -np.inf)"
                " if scores.shape[-1] == scores.shape[-2]"
                " else np.where(~np.tri(*scores.shape[-2:], k=-1, dtype=np.bool_), scores, -np.inf)",
            ),
        ),
        source="student-bugs 112",
    ),
    Mistake(
        name="causal_mask_ends_at_the_last_key",
        hint="With more keys than queries, query i sees keys up to i + S - L; it should see keys 0 to i.",
        catches=("test_causal_attention",),
        changes=(
            edit(
                FILE,
                "np.tri(*scores.shape[-2:], dtype",
                "np.tri(*scores.shape[-2:], k=scores.shape[-1] - scores.shape[-2], dtype",
            ),
        ),
        source="own: the alignment of other libraries",
    ),
    Mistake(
        name="causal_mask_left_out_with_another",
        hint="If attn_mask is given, is_causal has no effect; both should apply.",
        catches=("test_masks_hold_together",),
        changes=(edit(FILE, "    if is_causal:\n", "    if is_causal and attn_mask is None:\n"),),
    ),
    # backward of attention
    Mistake(
        name="softmax_gradient_is_diagonal",
        hint="The gradient of softmax is w (1 - w) here, as if each weight depended on its own score only.",
        catches=("test_attention_gradients",),
        changes=(
            edit(
                FILE,
                "weights * (grad_weights - np.sum(grad_weights * weights, axis=-1, keepdims=True))",
                "weights * (1.0 - weights) * grad_weights",
            ),
        ),
    ),
    Mistake(
        name="softmax_gradient_left_out",
        hint="The gradient goes from the weights to the scores without the derivative of softmax.",
        catches=("test_attention_gradients",),
        changes=(
            edit(
                FILE,
                "weights * (grad_weights - np.sum(grad_weights * weights, axis=-1, keepdims=True))",
                "1.0 * grad_weights",
            ),
        ),
    ),
    Mistake(
        name="softmax_gradient_sums_over_queries",
        hint="The sum in the gradient of softmax is over the queries; it should be over the keys.",
        catches=("test_attention_gradients",),
        changes=(
            edit(
                FILE,
                "np.sum(grad_weights * weights, axis=-1, keepdims=True)",
                "np.sum(grad_weights * weights, axis=-2, keepdims=True)",
            ),
        ),
        source="student-bugs 114",
    ),
    Mistake(
        name="gradients_of_query_and_key_swapped",
        hint="The gradients of query and key are exchanged in the result.",
        catches=("test_attention_gradients",),
        changes=(
            edit(
                FILE,
                "return grad_scores @ key, grad_scores.swapaxes(-1, -2) @ query, weights",
                "return grad_scores.swapaxes(-1, -2) @ query, grad_scores @ key, weights",
            ),
        ),
    ),
    Mistake(
        name="weights_not_transposed_for_value",
        hint="The gradient of the value is a sum over queries: which axis of the weights is that?",
        catches=("test_attention_gradients",),
        changes=(edit(FILE, "weights.swapaxes(-1, -2) @ grad_output", "weights @ grad_output"),),
    ),
    # heads and projections
    Mistake(
        name="heads_split_without_moving_the_axis",
        hint="(N, T, E) is reshaped directly to (N, H, T, E/H): that splits the sequence, not the features.",
        catches=("test_weights_of_each_head", "test_permuted_tokens"),
        changes=(
            edit(
                FILE,
                "return x.reshape(*x.shape[:2], self.num_heads, -1).swapaxes(1, 2)",
                "return x.reshape(x.shape[0], self.num_heads, x.shape[1], -1)",
            ),
            edit(
                FILE,
                "return heads.swapaxes(1, 2).reshape(heads.shape[0], heads.shape[2], -1)",
                "return heads.reshape(heads.shape[0], heads.shape[2], -1)",
            ),
        ),
        source="student-bugs 113",
    ),
    Mistake(
        name="heads_merged_without_moving_the_axis",
        hint="(N, H, T, E/H) is reshaped directly to (N, T, E): move the axis of the heads first.",
        catches=("test_weights_of_each_head",),
        changes=(
            edit(
                FILE,
                "return heads.swapaxes(1, 2).reshape(heads.shape[0], heads.shape[2], -1)",
                "return heads.reshape(heads.shape[0], heads.shape[2], -1)",
            ),
        ),
        source="student-bugs 113",
    ),
    Mistake(
        name="heads_interleaved",
        hint="Head h uses every H-th feature; it should use E/H neighbouring features.",
        catches=("test_weights_of_each_head",),
        changes=(
            edit(
                FILE,
                "return x.reshape(*x.shape[:2], self.num_heads, -1).swapaxes(1, 2)",
                "return np.moveaxis(x.reshape(*x.shape[:2], -1, self.num_heads), 3, 1)",
            ),
            edit(
                FILE,
                "return heads.swapaxes(1, 2).reshape(heads.shape[0], heads.shape[2], -1)",
                "return np.moveaxis(heads, 1, 3).reshape(heads.shape[0], heads.shape[2], -1)",
            ),
            edit(
                FILE,
                "biases = self.in_proj_bias.data.reshape(3, self.num_heads, 1, -1)",
                "biases = self.in_proj_bias.data.reshape(3, 1, -1, self.num_heads).transpose(0, 3, 1, 2)",
            ),
        ),
        source="student-bugs 113",
    ),
    Mistake(
        name="sequences_and_places_swapped",
        hint="Attention is computed over the batch: inputs are (N, T, E), with the batch first.",
        catches=("test_self_attention",),
        changes=(
            edit(
                FILE,
                "return x.reshape(*x.shape[:2], self.num_heads, -1).swapaxes(1, 2)",
                "return x.reshape(*x.shape[:2], self.num_heads, -1).transpose(1, 2, 0, 3)",
            ),
            edit(
                FILE,
                "return heads.swapaxes(1, 2).reshape(heads.shape[0], heads.shape[2], -1)",
                "return heads.transpose(2, 0, 1, 3).reshape(heads.shape[2], heads.shape[0], -1)",
            ),
        ),
        source="student-bugs 104",
    ),
    Mistake(
        name="in_proj_in_another_order",
        hint="The rows of in_proj_weight are used in another order; the order is query, key, value.",
        catches=("test_weights_of_each_head",),
        changes=(
            edit(
                FILE,
                "        weights = np.split(self.in_proj_weight.data, 3)\n        self._heads",
                "        weights = [np.split(self.in_proj_weight.data, 3)[i] for i in (0, 2, 1)]\n        self._heads",
            ),
            edit(
                FILE,
                "        weights = np.split(self.in_proj_weight.data, 3)\n        return",
                "        weights = [np.split(self.in_proj_weight.data, 3)[i] for i in (0, 2, 1)]\n        return",
            ),
            edit(
                FILE,
                "biases = self.in_proj_bias.data.reshape(3, self.num_heads, 1, -1)",
                "biases = self.in_proj_bias.data.reshape(3, self.num_heads, 1, -1)[[0, 2, 1]]",
            ),
            edit(
                FILE,
                "self.in_proj_weight.accumulate("
                "np.concatenate([r.T @ x for r, x in zip(rows, features, strict=True)]))",
                "parts = [r.T @ x for r, x in zip(rows, features, strict=True)]\n"
                "        self.in_proj_weight.accumulate(np.concatenate([parts[i] for i in (0, 2, 1)]))",
            ),
            edit(
                FILE,
                "np.concatenate([r.sum(axis=0) for r in rows])",
                "np.concatenate([rows[i].sum(axis=0) for i in (0, 2, 1)])",
            ),
        ),
    ),
    Mistake(
        name="projections_not_transposed",
        hint="The projections use W without transposing it; a projection is x W^T.",
        catches=("test_weights_of_each_head",),
        changes=(
            edit(FILE, "self._split(x @ weight.T) for x", "self._split(x @ weight) for x"),
            edit(FILE, "np.concatenate([r.T @ x for r, x in zip(", "np.concatenate([x.T @ r for r, x in zip("),
            edit(FILE, "tuple((grad @ weight).astype", "tuple((grad @ weight.T).astype"),
        ),
    ),
    Mistake(
        name="key_and_value_projected_from_the_query",
        hint="All three projections use the query: that is right for self-attention only.",
        catches=("test_cross_attention",),
        changes=(
            edit(
                FILE, "x.astype(np.float64) for x in (query, key, value)", "query.astype(np.float64) for _ in range(3)"
            ),
        ),
    ),
    Mistake(
        name="value_taken_from_the_key",
        hint="The value's projection uses the key; key and value may be different arrays.",
        catches=("test_cross_attention",),
        changes=(edit(FILE, "for x in (query, key, value)]", "for x in (query, key, key)]"),),
    ),
    Mistake(
        name="as_many_keys_as_queries",
        hint="The number of keys is assumed to equal that of the queries; in cross-attention they differ.",
        catches=("test_cross_attention",),
        changes=(
            edit(
                FILE,
                "return x.reshape(*x.shape[:2], self.num_heads, -1).swapaxes(1, 2)",
                "length = self._inputs[0].shape[1]\n"
                "        width = x.shape[-1] // self.num_heads\n"
                "        return x.reshape(len(x), length, self.num_heads, width).swapaxes(1, 2)",
            ),
        ),
    ),
    Mistake(
        name="key_padding_mask_reversed",
        hint="key_padding_mask is reversed: True means padding, so no query attends to that key.",
        catches=("test_padding_has_no_influence", "test_multihead_masks"),
        changes=(edit(FILE, "np.where(key_padding_mask, -np.inf, 0.0)", "np.where(key_padding_mask, 0.0, -np.inf)"),),
        source="student-bugs 109",
    ),
    Mistake(
        name="attn_mask_of_heads_reversed",
        hint="In attn_mask of MultiheadAttention True forbids; in scaled_dot_product_attention it allows.",
        catches=("test_multihead_masks",),
        changes=(edit(FILE, "np.where(attn_mask, -np.inf, 0.0) if attn", "np.where(attn_mask, 0.0, -np.inf) if attn"),),
        source="student-bugs 109",
    ),
    Mistake(
        name="padding_masks_queries",
        hint="key_padding_mask is applied to the queries; it should be applied to the keys.",
        catches=("test_padding_has_no_influence", "test_sequence_of_padding_only"),
        changes=(edit(FILE, "[:, None, None, :]  # (N, 1, 1, S)", "[:, None, :, None]"),),
        source="student-bugs 112",
    ),
    Mistake(
        name="padding_left_out_with_attn_mask",
        hint="If attn_mask is given, key_padding_mask has no effect; both should apply.",
        catches=("test_multihead_masks",),
        changes=(edit(FILE, "    if key_padding_mask is not None:\n", "    elif key_padding_mask is not None:\n"),),
    ),
    Mistake(
        name="is_causal_not_handed_on",
        hint="MultiheadAttention accepts is_causal but does not use it.",
        catches=("test_the_future_has_no_influence",),
        changes=(edit(FILE, "(*self._heads, mask, is_causal)", "(*self._heads, mask)"),),
    ),
    Mistake(
        name="weights_summed_over_heads",
        hint="The returned weights are the sum over the heads; they should be the mean, whose rows sum to 1.",
        catches=("test_weights_of_each_head",),
        changes=(edit(FILE, "self._weights.mean(axis=1) if", "self._weights.sum(axis=1) if"),),
    ),
    Mistake(
        name="weights_always_averaged",
        hint="average_attn_weights=False has no effect; it should return the weights of each head.",
        catches=("test_weights_of_each_head",),
        changes=(edit(FILE, " if average_attn_weights else self._weights", ""),),
    ),
    Mistake(
        name="weights_averaged_in_place_of_each_head",
        hint="backward uses the mean of the weights over the heads; each head should use its own.",
        catches=("test_multihead_gradients",),
        changes=(
            edit(
                FILE,
                "        return output, returned.astype(self._dtype)\n",
                "        mean = self._weights.mean(axis=1, keepdims=True)\n"
                "        self._weights = np.broadcast_to(mean, self._weights.shape)\n"
                "        return output, returned.astype(self._dtype)\n",
            ),
        ),
    ),
    Mistake(
        name="one_gradient_for_all_three_inputs",
        hint="backward returns the sum of the three gradients three times; each input should have its own.",
        catches=("test_multihead_gradients",),
        changes=(
            edit(
                FILE,
                "        return tuple((grad @ weight).astype(self._dtype)"
                " for grad, weight in zip(grads, weights, strict=True))\n",
                "        parts = [(grad @ weight).astype(self._dtype)"
                " for grad, weight in zip(grads, weights, strict=True)]\n"
                "        same = parts[0].shape == parts[1].shape\n"
                "        return (sum(parts),) * 3 if same else (parts[0], parts[1] + parts[2], parts[1] + parts[2])\n",
            ),
        ),
    ),
    Mistake(
        name="bias_gradient_averaged_over_tokens",
        hint="The gradient of in_proj_bias is a mean over the tokens; it should be a sum.",
        catches=("test_multihead_gradients",),
        changes=(edit(FILE, "[r.sum(axis=0) for r in rows]", "[r.mean(axis=0) for r in rows]"),),
        source="student-bugs 7",
    ),
    Mistake(
        name="weight_gradient_averaged_over_the_batch",
        hint="The gradient of in_proj_weight is divided by the number of sequences; it should be a sum.",
        catches=("test_multihead_gradients",),
        changes=(edit(FILE, "[r.T @ x for r, x in zip(", "[r.T @ x / len(grad_output) for r, x in zip("),),
        source="student-bugs 7",
    ),
    Mistake(
        name="gradients_of_in_proj_replaced",
        hint="The gradient of in_proj_weight replaces the earlier one; it should be added to it.",
        catches=("test_gradients_add_up",),
        changes=(
            edit(
                FILE,
                "self.in_proj_weight.accumulate("
                "np.concatenate([r.T @ x for r, x in zip(rows, features, strict=True)]))",
                "self.in_proj_weight.grad = np.concatenate([r.T @ x for r, x in zip(rows, features, strict=True)])",
            ),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="weights_of_the_first_forward",
        hint="backward uses values stored by an earlier forward; it should use those of the last one.",
        catches=("test_backward_belongs_to_its_forward",),
        changes=(
            edit(
                FILE,
                "        attended, self._weights = scaled_dot_product_attention(*self._heads, mask, is_causal)\n",
                "        attended, weights = scaled_dot_product_attention(*self._heads, mask, is_causal)\n"
                '        kept = getattr(self, "_weights", None)\n'
                "        self._weights = weights if kept is None or kept.shape != weights.shape else kept\n",
            ),
            edit(
                FILE,
                "returned = self._weights.mean(axis=1) if average_attn_weights else self._weights",
                "returned = weights.mean(axis=1) if average_attn_weights else weights",
            ),
        ),
        source="student-bugs 14",
    ),
    Mistake(
        name="mask_of_the_first_forward",
        hint="The mask of one forward is still used in the next, which has no mask or another one.",
        catches=("test_backward_belongs_to_its_forward",),
        changes=(
            edit(
                FILE,
                "        mask = _additive(attn_mask, key_padding_mask)\n",
                "        mask = _additive(attn_mask, key_padding_mask)\n"
                '        mask = self._mask = getattr(self, "_mask", None) if mask is None else mask\n',
            ),
        ),
    ),
    Mistake(
        name="axes_of_one_squeezed",
        hint="An axis of size 1 is removed: a batch of one sequence, or a sequence of one token, should keep its axis.",
        catches=("test_batch_of_one",),
        changes=(
            edit(
                FILE,
                "output = self.out_proj(self._merge(attended)).astype(self._dtype)",
                "output = np.squeeze(self.out_proj(self._merge(attended))).astype(self._dtype)",
            ),
        ),
        source="student-bugs 90",
    ),
    Mistake(
        name="heads_need_not_divide",
        hint="A number of heads that does not divide the features is accepted: raise ValueError.",
        catches=("test_impossible_layers_are_refused",),
        changes=(edit(FILE, "        if embed_dim % num_heads:\n", "        if num_heads < 1:\n"),),
    ),
    Mistake(
        name="in_proj_range_of_one_square",
        hint="The range of the initial in_proj_weight is that of a matrix (E, E); in_proj_weight is one matrix (3 E, "
        "E).",
        catches=("test_new_layers",),
        changes=(edit(FILE, "math.sqrt(6.0 / (4 * embed_dim))", "math.sqrt(6.0 / (2 * embed_dim))"),),
        source="student-bugs 123",
    ),
    Mistake(
        name="in_proj_starts_tiny",
        hint="The initial in_proj_weight is much smaller than specified.",
        catches=("test_new_layers",),
        changes=(
            edit(
                FILE,
                "generator.uniform(-bound, bound, (3 * embed_dim, embed_dim))",
                "0.01 * bound * generator.uniform(-1.0, 1.0, (3 * embed_dim, embed_dim))",
            ),
        ),
    ),
    Mistake(
        name="out_proj_bias_starts_random",
        hint="The bias of out_proj starts with random values; in attention all biases should start at 0.",
        catches=("test_new_layers",),
        changes=(
            edit(
                FILE,
                "self.out_proj.bias.data = np.zeros(embed_dim)",
                "self.out_proj.bias.data = self.out_proj.bias.data",
            ),
        ),
    ),
    Mistake(
        name="out_proj_always_has_a_bias",
        hint="With bias=False out_proj still has a bias.",
        catches=("test_without_bias",),
        changes=(
            edit(
                FILE,
                "Linear(embed_dim, embed_dim, bias=bias, rng=generator)",
                "Linear(embed_dim, embed_dim, rng=generator)",
            ),
        ),
    ),
    Mistake(
        name="scale_makes_float64",
        hint="A NumPy float64 number times a float32 array is float64; a Python float keeps float32.",
        catches=("test_float32_stays_float32",),
        changes=(edit(FILE, "return 1.0 / math.sqrt(query.shape[-1])", "return 1.0 / np.sqrt(query.shape[-1])"),),
        source="student-bugs 49",
    ),
    Mistake(
        name="heads_return_float64",
        hint="The parameters are float64, and so the results are too: convert them to the dtype of the input.",
        catches=("test_float32_stays_float32",),
        changes=(
            edit(
                FILE, "self.out_proj(self._merge(attended)).astype(self._dtype)", "self.out_proj(self._merge(attended))"
            ),
        ),
        source="student-bugs 49",
    ),
    Mistake(
        name="weights_changed_by_backward",
        hint="backward writes into the weights that forward returned: work on a copy.",
        catches=("test_arguments_are_left_alone",),
        changes=(
            edit(
                FILE,
                "    grad_scores = weights * (grad_weights - np.sum(grad_weights * weights, axis=-1, keepdims=True))\n",
                "    grad_value = weights.swapaxes(-1, -2) @ grad_output\n"
                "    inner = np.sum(grad_weights * weights, axis=-1, keepdims=True)\n"
                "    grad_scores = weights\n"
                "    grad_scores *= grad_weights - inner\n",
            ),
            edit(FILE, "@ query, weights.swapaxes(-1, -2) @ grad_output\n", "@ query, grad_value\n"),
        ),
        source="student-bugs 13",
    ),
    Mistake(
        name="query_scaled_in_place",
        hint="forward multiplies the caller's query by the scale in place: work on a copy.",
        catches=("test_arguments_are_left_alone", "test_copy_task"),
        changes=(
            edit(
                FILE,
                "    scores = _scale(query, scale) * (query @ key.swapaxes(-1, -2))  # (..., L, S)\n",
                "    query *= _scale(query, scale)\n    scores = query @ key.swapaxes(-1, -2)\n",
            ),
        ),
        source="student-bugs 12",
    ),
    # positions
    Mistake(
        name="frequencies_fall_twice_as_fast",
        hint="The exponent is twice as large as it should be: a sine and its cosine both have 2 i / d_model.",
        catches=("test_positional_encoding",),
        changes=(edit(FILE, "10000.0 ** (2 * (column // 2) / d_model)", "10000.0 ** (2 * column / d_model)"),),
    ),
    Mistake(
        name="sine_and_cosine_of_different_frequencies",
        hint="A sine and the cosine next to it should have the same frequency.",
        catches=("test_positional_encoding",),
        changes=(edit(FILE, "10000.0 ** (2 * (column // 2) / d_model)", "10000.0 ** (column / d_model)"),),
    ),
    Mistake(
        name="sines_before_cosines",
        hint="All sines are before all cosines; they should alternate.",
        catches=("test_positional_encoding",),
        changes=(
            edit(
                FILE,
                "        self.pe = np.where(column % 2 == 0, np.sin(angle), np.cos(angle))\n",
                "        self.pe = np.concatenate([np.sin(angle)[:, ::2], np.cos(angle)[:, 1::2]], axis=1)\n",
            ),
        ),
        source="own: the layout of the authors' own code",
    ),
    Mistake(
        name="cosine_first",
        hint="The even columns are cosines; they should be sines.",
        catches=("test_positional_encoding",),
        changes=(edit(FILE, "np.where(column % 2 == 0,", "np.where(column % 2 == 1,"),),
    ),
    Mistake(
        name="odd_numbers_of_features_fail",
        hint="If the number of features is odd, there is one more sine than cosines.",
        catches=("test_positional_encoding",),
        changes=(
            edit(
                FILE,
                "        self.pe = np.where(column % 2 == 0, np.sin(angle), np.cos(angle))\n",
                "        self.pe = np.zeros((max_len, d_model))\n"
                "        self.pe[:, 0::2] = np.sin(angle[:, 0::2])\n"
                "        self.pe[:, 1::2] = np.cos(angle[:, 0::2])\n",
            ),
        ),
    ),
    Mistake(
        name="places_counted_from_one",
        hint="The first position is 1; it should be 0.",
        catches=("test_positional_encoding",),
        changes=(edit(FILE, "np.arange(max_len)[:, None] / 10000", "np.arange(1, max_len + 1)[:, None] / 10000"),),
    ),
    Mistake(
        name="positions_of_the_batch_axis",
        hint="The positions are along the first axis, as if x were (T, N, D); they should be along the second last "
        "axis.",
        catches=("test_positional_encoding",),
        changes=(
            edit(
                FILE,
                "return (x + self.pe[:length]).astype(x.dtype)",
                "return (x + self.pe[: len(x)].reshape(len(x), *(1,) * (x.ndim - 2), -1)).astype(x.dtype)",
            ),
        ),
        source="student-bugs 104",
    ),
    Mistake(
        name="embeddings_scaled_by_the_root",
        hint="x is multiplied by the root of d_model before the encoding is added; here it is not.",
        catches=("test_positional_encoding",),
        changes=(
            edit(
                FILE,
                "return (x + self.pe[:length]).astype(x.dtype)",
                "return (x * math.sqrt(d_model) + self.pe[:length]).astype(x.dtype)",
            ),
            edit(
                FILE,
                '        return grad_output\n        # STUB: raise NotImplementedError("PositionalEncoding.backward")',
                "        return grad_output * math.sqrt(self.pe.shape[1])\n"
                '        # STUB: raise NotImplementedError("PositionalEncoding.backward")',
            ),
        ),
        source="own: section 3.4 of the paper, which scales",
    ),
    Mistake(
        name="positions_make_float64",
        hint="A float64 encoding makes a float32 x float64.",
        catches=("test_float32_stays_float32",),
        changes=(edit(FILE, "(x + self.pe[:length]).astype(x.dtype)", "x + self.pe[:length]"),),
        source="student-bugs 49",
    ),
    Mistake(
        name="features_broadcast",
        hint="An x with one feature is broadcast to the encoding's shape: raise ValueError.",
        catches=("test_impossible_layers_are_refused",),
        changes=(edit(FILE, " or d_model != self.pe.shape[1]", ""),),
    ),
    # GELU
    Mistake(
        name="gelu_through_erf",
        hint="This is GELU with the error function; the tanh form differs from it in the fourth digit.",
        catches=("test_gelu",),
        changes=(
            redefine(
                FILE,
                """
class GELU(Module):
    def forward(self, x):
        self._x = x
        self._share = 0.5 * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)).astype(x.dtype))
        return x * self._share

    def backward(self, grad_output):
        slope = self._share + self._x * np.exp(-(self._x**2) / 2.0) / math.sqrt(2.0 * math.pi)
        return grad_output * slope
""",
            ),
        ),
    ),
    Mistake(
        name="gelu_through_a_quick_sigmoid",
        hint="This is x sigmoid(1.702 x), another approximation of GELU; use the tanh form.",
        catches=("test_gelu",),
        changes=(
            redefine(
                FILE,
                """
class GELU(Module):
    def forward(self, x):
        self._x = x
        self._share = 0.5 * (1.0 + np.tanh(0.851 * x))
        return x * self._share

    def backward(self, grad_output):
        return grad_output * (self._share + 1.702 * self._x * self._share * (1.0 - self._share))
""",
            ),
        ),
    ),
    Mistake(
        name="gelu_slope_without_the_cube",
        hint="The derivative of the cube inside tanh is missing in the slope of GELU.",
        catches=("test_gelu",),
        changes=(edit(FILE, "(1.0 + 3.0 * 0.044715 * self._x**2)", "(1.0 + 0.044715 * self._x**2)"),),
    ),
    Mistake(
        name="gelu_slope_without_the_product_rule",
        hint="The slope of GELU is only the factor of x; that factor depends on x too.",
        catches=("test_gelu",),
        changes=(
            edit(
                FILE,
                "slope = 0.5 * (1.0 + self._tanh) + 0.5 * self._x * (1.0 - self._tanh**2) * inner_slope",
                "slope = 0.5 * (1.0 + self._tanh) + 0.0 * inner_slope",
            ),
        ),
    ),
    # the encoder layer
    Mistake(
        name="pre_and_post_norm_swapped",
        hint="norm_first=True gives the post-norm layer, and norm_first=False the pre-norm layer.",
        catches=("test_encoder_layer",),
        changes=(edit(FILE, "self.norm_first = norm_first", "self.norm_first = not norm_first"),),
        source="student-bugs 115",
    ),
    Mistake(
        name="norm_first_ignored",
        hint="norm_first has no effect: the layer is always post-norm.",
        catches=("test_encoder_layer",),
        changes=(edit(FILE, "self.norm_first = norm_first", "self.norm_first = False"),),
        source="student-bugs 115",
    ),
    Mistake(
        name="residual_of_the_normed_input",
        hint="In the pre-norm layer the normalised x is added to attention; it should be x itself.",
        catches=("test_encoder_layer",),
        changes=(
            edit(
                FILE,
                "            h = x + self.self_attn(normed, normed, normed, **masks)[0]\n",
                "            h = normed + self.self_attn(normed, normed, normed, **masks)[0]\n",
            ),
            edit(
                FILE,
                "            grad = grad + self.norm1.backward(sum(self.self_attn.backward(grad)))\n",
                "            grad = self.norm1.backward(grad + sum(self.self_attn.backward(grad)))\n",
            ),
        ),
    ),
    Mistake(
        name="one_norm_used_twice",
        hint="norm1 is used in both places; norm2 has its own parameters.",
        catches=("test_encoder_layer",),
        changes=(
            edit(FILE, "y = self.norm2(h + self._feed_forward(h))", "y = self.norm1(h + self._feed_forward(h))"),
            edit(
                FILE,
                "            grad = self.norm2.backward(grad)\n",
                "            self.norm2.forward(grad)\n            self.norm2.backward(0.0 * grad)\n"
                "            grad = self.norm1.backward(grad)\n",
            ),
        ),
    ),
    Mistake(
        name="no_residual_around_feed_forward",
        hint="The feed-forward part is not added to its own input.",
        catches=("test_encoder_layer",),
        changes=(
            edit(FILE, "y = self.norm2(h + self._feed_forward(h))", "y = self.norm2(self._feed_forward(h))"),
            edit(
                FILE,
                "grad = self.norm1.backward(grad + self._feed_forward_backward(grad))",
                "grad = self.norm1.backward(self._feed_forward_backward(grad))",
            ),
        ),
    ),
    Mistake(
        name="residual_forgotten_in_backward",
        hint="backward goes through attention only; x is also in the sum by the residual connection.",
        catches=("test_encoder_layer_gradients",),
        changes=(
            edit(
                FILE,
                "            grad = grad + sum(self.self_attn.backward(grad))\n",
                "            grad = sum(self.self_attn.backward(grad))\n",
            ),
        ),
    ),
    Mistake(
        name="only_the_gradient_of_the_query",
        hint="x is query, key and value: its gradient is the sum of all three.",
        catches=("test_encoder_layer_gradients",),
        changes=(
            edit(
                FILE,
                "            grad = grad + sum(self.self_attn.backward(grad))\n",
                "            grad = grad + self.self_attn.backward(grad)[0]\n",
            ),
            edit(
                FILE,
                "self.norm1.backward(sum(self.self_attn.backward(grad)))",
                "self.norm1.backward(self.self_attn.backward(grad)[0])",
            ),
        ),
    ),
    Mistake(
        name="activation_always_relu",
        hint='activation="gelu" has no effect.',
        catches=("test_encoder_layer",),
        changes=(
            edit(FILE, 'self.activation = ReLU() if activation == "relu" else GELU()', "self.activation = ReLU()"),
        ),
    ),
    Mistake(
        name="unknown_activations_accepted",
        hint="An activation that does not exist is accepted: raise ValueError.",
        catches=("test_impossible_layers_are_refused",),
        changes=(edit(FILE, '        if activation not in ("relu", "gelu"):\n', "        if not activation:\n"),),
    ),
    Mistake(
        name="activation_after_both_linear_layers",
        hint="There is an activation after linear2 as well.",
        catches=("test_encoder_layer",),
        changes=(
            edit(
                FILE,
                "return self.linear2(self.activation(self.linear1(x)))",
                "y = self.linear2(self.activation(self.linear1(x)))\n"
                "        self._positive = y > 0\n"
                "        return np.where(self._positive, y, 0.0)",
            ),
            edit(
                FILE,
                "self.linear2.backward(grad_output)))",
                "self.linear2.backward(np.where(self._positive, grad_output, 0.0))))",
            ),
        ),
    ),
    Mistake(
        name="layer_norm_eps_ignored",
        hint="layer_norm_eps has no effect.",
        catches=("test_encoder_layer",),
        changes=(
            edit(FILE, "self.norm1 = LayerNorm(d_model, eps=layer_norm_eps)", "self.norm1 = LayerNorm(d_model)"),
            edit(FILE, "self.norm2 = LayerNorm(d_model, eps=layer_norm_eps)", "self.norm2 = LayerNorm(d_model)"),
        ),
    ),
    Mistake(
        name="padding_not_handed_on",
        hint="src_key_padding_mask is not passed to attention.",
        catches=("test_encoder_layer_masks",),
        changes=(edit(FILE, '"key_padding_mask": src_key_padding_mask', '"key_padding_mask": None'),),
    ),
    Mistake(
        name="src_mask_not_handed_on",
        hint="src_mask is not passed to attention.",
        catches=("test_encoder_layer_masks",),
        changes=(edit(FILE, '"attn_mask": src_mask', '"attn_mask": None'),),
    ),
    Mistake(
        name="linear2_starts_twice_as_wide",
        hint="The range of linear2's initial weight is not that of a Linear with the same number of inputs.",
        catches=("test_new_layers",),
        changes=(
            edit(
                FILE,
                "        self.norm_first = norm_first\n",
                "        self.norm_first = norm_first\n"
                "        self.linear2.weight.data = 2.0 * self.linear2.weight.data\n",
            ),
        ),
    ),
    # right and slow
    Mistake(
        name="attention_of_one_query_at_a_time",
        hint="The values are right, but a Python loop over sequences, heads and queries is slow.",
        catches=("test_attention_in_time",),
        changes=(
            redefine(
                FILE,
                """
def _one_query(q, key, value, mask, last, factor):
    scores = factor * (key @ q)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask.astype(scores.dtype)
    scores[last:] = -np.inf
    top = scores.max()
    if np.isneginf(top):
        return np.zeros_like(value[0]), np.zeros_like(scores)
    powers = np.exp(scores - top)
    weights = powers / powers.sum()
    return weights @ value, weights


def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    shape = (*query.shape[:-1], key.shape[-2])
    mask = None if attn_mask is None else np.broadcast_to(attn_mask, shape)
    factor = _scale(query, scale)
    output = np.zeros((*query.shape[:-1], value.shape[-1]), dtype=query.dtype)
    weights = np.zeros(shape, dtype=query.dtype)
    for place in np.ndindex(query.shape[:-1]):
        one = None if mask is None else mask[place]
        last = place[-1] + 1 if is_causal else None
        output[place], weights[place] = _one_query(
            query[place], key[place[:-1]], value[place[:-1]], one, shape[-1] if last is None else last, factor
        )
    return output, weights


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    factor = _scale(query, scale)
    grad_query, grad_key, grad_value = np.zeros_like(query), np.zeros_like(key), np.zeros_like(value)
    for place in np.ndindex(query.shape[:-1]):
        outer, w, g = place[:-1], weights[place], grad_output[place]
        grad_weights = value[outer] @ g
        grad_scores = factor * w * (grad_weights - w @ grad_weights)
        grad_query[place] = grad_scores @ key[outer]
        grad_key[outer] += np.outer(grad_scores, query[place])
        grad_value[outer] += np.outer(w, g)
    return grad_query, grad_key, grad_value
""",
            ),
        ),
    ),
    Mistake(
        name="softmax_row_by_row",
        hint="The values are right, but Python loops compute softmax and its Jacobian for one row at a time.",
        catches=("test_attention_in_time",),
        changes=(
            redefine(
                FILE,
                """
def _softmax(scores):
    weights = np.zeros_like(scores)
    for place in np.ndindex(scores.shape[:-1]):
        top = max(scores[place])
        if top > -np.inf:
            powers = [math.exp(score - top) for score in scores[place]]
            weights[place] = [power / sum(powers) for power in powers]
    return weights


def scaled_dot_product_attention_backward(grad_output, query, key, value, weights, scale=None):
    grad_weights = grad_output @ value.swapaxes(-1, -2)
    grad_scores = np.zeros_like(weights)
    for place in np.ndindex(weights.shape[:-1]):
        w = weights[place]
        grad_scores[place] = (np.diag(w) - np.outer(w, w)) @ grad_weights[place]
    grad_scores *= _scale(query, scale)
    return grad_scores @ key, grad_scores.swapaxes(-1, -2) @ query, weights.swapaxes(-1, -2) @ grad_output
""",
            ),
        ),
    ),
    Mistake(
        name="attention_ignores_its_generator",
        hint="The output projection of MultiheadAttention is not drawn from rng: pass rng on to Linear.",
        catches=("test_new_layers",),
        changes=(
            edit(
                "scratch/attention.py",
                "self.out_proj = Linear(embed_dim, embed_dim, bias=bias, rng=generator)",
                "self.out_proj = Linear(embed_dim, embed_dim, bias=bias)",
            ),
        ),
    ),
]
