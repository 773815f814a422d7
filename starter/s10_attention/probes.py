"""How the tests of s10_attention call your code: plain arrays in, named results out.

Nothing here knows the right results. You may call a probe yourself to see what a test sees. Your code receives copies,
so that code that changes its input fails only the test that looks for this.
"""

import numpy as np


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _copies(arrays):
    return [np.array(array) for array in arrays]


def _load(module, parameters):
    """Set the parameters that are named, such as ``self_attn.in_proj_weight``; return the module."""
    for name, value in parameters.items():
        target = module
        for part in name.split("."):
            target = getattr(target, part)
        target.data = value.copy()
    return module


def _grads(module, parameters):
    """The gradients of the parameters that are named."""
    found = {}
    for name in parameters:
        target = module
        for part in name.split("."):
            target = getattr(target, part)
        found[name] = np.array(target.grad)
    return found


def _multihead(settings, parameters):
    from scratch import attention

    return _load(attention.MultiheadAttention(**settings), parameters)


def _encoder(settings, parameters):
    from scratch import attention

    return _load(attention.TransformerEncoderLayer(**settings), parameters)


# scaled_dot_product_attention


def attention(*, query, key, value, attn_mask=None, is_causal=False, scale=None):
    """One forward pass: output and weights."""
    from scratch.attention import scaled_dot_product_attention

    output, weights = scaled_dot_product_attention(
        query.copy(), key.copy(), value.copy(), attn_mask=_copy(attn_mask), is_causal=is_causal, scale=scale
    )
    return {"output": output, "weights": weights}


def attention_backward(*, query, key, value, grad_output, attn_mask=None, is_causal=False, scale=None):
    """One forward and one backward pass: output, weights, grad_query, grad_key, grad_value."""
    from scratch.attention import scaled_dot_product_attention_backward

    outputs = attention(query=query, key=key, value=value, attn_mask=attn_mask, is_causal=is_causal, scale=scale)
    grads = scaled_dot_product_attention_backward(
        *_copies((grad_output, query, key, value, outputs["weights"])), scale=scale
    )
    return outputs | dict(zip(("grad_query", "grad_key", "grad_value"), grads, strict=True))


# MultiheadAttention


def multihead(*, settings, parameters, query, key, value, masks=None, average=True):
    """One forward pass of MultiheadAttention(**settings): output and weights. ``masks``: arguments of forward."""
    module = _multihead(settings, parameters)
    given = {name: _copy(mask) for name, mask in (masks or {}).items()}
    output, weights = module(query.copy(), key.copy(), value.copy(), average_attn_weights=average, **given)
    return {"output": output, "weights": weights}


def multihead_backward(*, settings, parameters, query, key, value, grad_output, masks=None, average=True):
    """One forward and one backward pass: output, weights, the inputs' gradients and ``grads`` of the parameters."""
    module = _multihead(settings, parameters)
    given = {name: _copy(mask) for name, mask in (masks or {}).items()}
    output, weights = module(query.copy(), key.copy(), value.copy(), average_attn_weights=average, **given)
    outputs = {"output": np.array(output), "weights": np.array(weights)}
    grads = module.backward(grad_output.copy())
    outputs |= dict(zip(("grad_query", "grad_key", "grad_value"), grads, strict=True))
    return outputs | {"grads": _grads(module, parameters)}


def _weighted_sum(values, weights):
    """The elements' sum, each with a weight of the test: what was not computed cannot have this sum."""
    total = 0.0
    for number, part in enumerate(values):  # one by one: a copy of a strided array is small
        flat = np.ravel(part)
        full = flat.size - flat.size % weights.size
        sums = flat[:full].reshape(-1, weights.size) @ weights
        rest = flat[full:] @ weights[: flat.size - full]
        total += weights[number % weights.size] * (sums @ np.resize(weights, sums.size) + rest)
    return float(total)


def many_attentions(*, x, in_proj_weight, out_proj_weight, num_heads, grad_output, key_padding_mask, weights):
    """For the time budget: causal self-attention and its backward pass; only weighted sums are returned."""
    parameters = {"in_proj_weight": in_proj_weight, "out_proj.weight": out_proj_weight}
    module, x = _multihead({"embed_dim": x.shape[-1], "num_heads": num_heads, "bias": False}, parameters), x.copy()
    output, attention = module(x, x, x, key_padding_mask=key_padding_mask, is_causal=True)
    arrays = [output, attention, *module.backward(grad_output.copy()), module.in_proj_weight.grad]
    return {"sums": np.array([_weighted_sum(array, weights) for array in arrays])}


# PositionalEncoding and GELU


def positions(*, settings, x, grad_output):
    """PositionalEncoding(**settings): y, grad_input, and the number of parameters."""
    from scratch.attention import PositionalEncoding

    module = PositionalEncoding(**settings)
    y = np.array(module(x.copy()))
    grad_x = module.backward(grad_output.copy())
    return {"y": y, "grad_input": grad_x, "parameters": len(list(module.parameters()))}


def gelu(*, x, grad_output):
    """GELU: y and grad_input."""
    from scratch.attention import GELU

    module = GELU()
    y = np.array(module(x.copy()))
    return {"y": y, "grad_input": module.backward(grad_output.copy())}


# TransformerEncoderLayer


def encoder(*, settings, parameters, src, masks=None):
    """One forward pass of TransformerEncoderLayer(**settings): y. ``masks``: arguments of forward."""
    module = _encoder(settings, parameters)
    return {"y": module(src.copy(), **{name: _copy(mask) for name, mask in (masks or {}).items()})}


def encoder_backward(*, settings, parameters, src, grad_output, masks=None):
    """One forward and one backward pass: y, grad_input and ``grads`` of the parameters."""
    module = _encoder(settings, parameters)
    y = np.array(module(src.copy(), **{name: _copy(mask) for name, mask in (masks or {}).items()}))
    grad_x = module.backward(grad_output.copy())
    return {"y": y, "grad_input": grad_x, "grads": _grads(module, parameters)}


# what holds for several


def fresh(*, kind, settings, seed):
    """The named parameters of a new MultiheadAttention or TransformerEncoderLayer, sorted by name.

    With a ``seed`` of None it is given no generator.
    """
    from scratch import attention

    rng = {} if seed is None else {"rng": np.random.default_rng(seed)}
    module = getattr(attention, kind)(**settings, **rng)
    found = {name: np.array(parameter.data) for name, parameter in module.named_parameters()}
    return {"names": sorted(found), "parameters": dict(sorted(found.items()))}


def sequence(*, kind, settings, parameters, steps):
    """One layer through several steps.

    A step is a dict: {"inputs": [...], "masks": {...}} for forward, masks by name or none; {"grad_output": ...}
    for backward; {"zero_grad": True}.

    Returns:
        outputs: a list with one array for each forward; grad_inputs: a list of lists; grads: of the parameters,
        at the end.
    """
    module = _multihead(settings, parameters) if kind == "MultiheadAttention" else _encoder(settings, parameters)
    outputs, grad_inputs = [], []
    for step in steps:
        if "inputs" in step:
            masks = {name: _copy(mask) for name, mask in step.get("masks", {}).items()}
            output = module(*_copies(step["inputs"]), **masks)
            outputs.append(np.array(output[0] if isinstance(output, tuple) else output))
        elif "grad_output" in step:
            grads = module.backward(step["grad_output"].copy())
            grad_inputs.append([np.array(grad) for grad in (grads if isinstance(grads, tuple | list) else [grads])])
        else:
            module.zero_grad()
    return {"outputs": outputs, "grad_inputs": grad_inputs, "grads": _grads(module, parameters)}


def float32(*, settings, parameters, query, key, value, grad_output, attn_mask):
    """The dtypes of all returned arrays for float32 inputs and a float64 mask, and the encoder layer's y."""
    from scratch import attention

    def names(*arrays):
        return [str(array.dtype) for array in arrays]

    qkv, found = (query, key, value), {}
    output, weights = attention.scaled_dot_product_attention(*_copies(qkv), attn_mask=attn_mask.copy())
    grads = attention.scaled_dot_product_attention_backward(*_copies((grad_output, *qkv)), weights)
    found["scaled_dot_product_attention"] = names(output, weights, *grads)
    layer = _encoder(settings, parameters)
    output, weights = layer.self_attn(*_copies(qkv), attn_mask=attn_mask.copy())
    found["MultiheadAttention"] = names(output, weights, *layer.self_attn.backward(grad_output.copy()))
    for name, module in (
        ("PositionalEncoding", attention.PositionalEncoding(query.shape[-1])),
        ("GELU", attention.GELU()),
        ("TransformerEncoderLayer", layer),
    ):
        y = np.array(module(query.copy()))
        grad_x = np.array(module.backward(grad_output.copy()))
        found[name] = names(y, grad_x)
    return {"dtypes": found, "y": y, "grad_input": grad_x}


def leaves_alone(*, settings, parameters, query, key, value, grad_output, padding, mask):
    """Whether arguments, parameters and the arrays returned by forward are unchanged after backward."""
    from scratch import attention

    def same(arrays, before):
        return all(bool(np.array_equal(one, other)) for one, other in zip(arrays, before, strict=True))

    found, qkv = {}, (query, key, value)
    given, grad = [*_copies(qkv), ~mask], grad_output.copy()
    returned = attention.scaled_dot_product_attention(*given[:3], attn_mask=given[3])
    before = _copies(returned)
    attention.scaled_dot_product_attention_backward(grad, *given[:3], returned[1])
    found["scaled_dot_product_attention"] = [
        same(given, (*qkv, ~mask)),
        same([grad], [grad_output]),
        same(returned, before),
    ]
    layer = _encoder(settings, parameters)
    for name, module, inputs in (
        ("MultiheadAttention", layer.self_attn, qkv),
        ("TransformerEncoderLayer", layer, (query,)),
        ("PositionalEncoding", attention.PositionalEncoding(query.shape[-1]), (query,)),
        ("GELU", attention.GELU(), (query,)),
    ):
        given, masks, grad = _copies(inputs), {}, grad_output.copy()
        if name == "MultiheadAttention":
            masks = {"key_padding_mask": padding.copy(), "attn_mask": mask.copy()}
        if name == "TransformerEncoderLayer":
            masks = {"src_key_padding_mask": padding.copy(), "src_mask": mask.copy()}
        output = module(*given, **masks)
        output = output[0] if isinstance(output, tuple) else output
        before = np.array(output)
        module.backward(grad)
        unchanged = same(given, inputs) and same(masks.values(), (padding, mask)[: len(masks)])
        found[name] = [unchanged, same([grad], [grad_output]), same([output], [before])]
    after = {name: parameter.data for name, parameter in layer.named_parameters()}
    found["parameters"] = [same([after[name] for name in parameters], parameters.values())]
    return found


def refused(*, kind, settings, x=None):
    """Whether making the layer, or its forward pass if x is given, raises ValueError: the name, or ''."""
    from scratch import attention

    try:
        module = getattr(attention, kind)(**settings)
        if x is not None:
            module(x.copy())
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


# the copy task


def copy_task(*, parameters, settings, embedding, head_weight, train, test, lr):
    """Train a model of one encoder layer to copy with Adam, one step for each batch of ``train``.

    A row is a sequence of n tokens, twice. The model reads all tokens except the last and predicts the next token at
    each position, under the causal mask; only the second half counts. The model is an embedding of each token, the
    positional encoding, an encoder layer, and a linear layer to the vocabulary.

    Args:
        parameters: initial parameters of the encoder layer by name.
        settings: arguments of TransformerEncoderLayer.
        embedding: initial vectors of the tokens, shape (V, d_model).
        head_weight: initial weight of the last layer, shape (V, d_model).
        train: batches of tokens, shape (steps, N, 2 n).
        test: tokens, shape (N, 2 n).
        lr: the learning rate of Adam.

    Returns:
        losses: before each step; accuracy: share of right tokens in the second halves of test, after training.
    """
    from scratch import attention, nn, optim

    vocabulary, d_model = embedding.shape
    tokens_to_vectors, head = nn.Linear(vocabulary, d_model, bias=False), nn.Linear(d_model, vocabulary, bias=False)
    tokens_to_vectors.weight.data, head.weight.data = embedding.T.copy(), head_weight.copy()
    encoding, layer = attention.PositionalEncoding(d_model, max_len=train.shape[-1]), _encoder(settings, parameters)
    model = nn.Sequential(tokens_to_vectors, encoding, layer, head)  # for its parameters and its backward
    criterion, one_hot = nn.CrossEntropyLoss(), np.eye(vocabulary)
    optimiser = optim.Adam(list(model.parameters()), lr=lr)

    def logits_of(tokens):
        return head(layer(encoding(tokens_to_vectors(one_hot[tokens[:, :-1]])), is_causal=True))

    half = train.shape[-1] // 2
    losses = []
    for tokens in train:
        target = np.where(np.arange(1, 2 * half) < half, -100, tokens[:, 1:]).ravel()  # the first half cannot be known
        optimiser.zero_grad()
        logits = logits_of(tokens)
        losses.append(float(criterion.forward(logits.reshape(-1, vocabulary), target)))
        grad_rows = criterion.backward()  # one row for each token
        model.backward(grad_rows.reshape(logits.shape))
        optimiser.step()
    guessed = logits_of(test)[:, half - 1 :].argmax(axis=-1)
    return {"losses": np.array(losses), "accuracy": float(np.mean(guessed == test[:, half:]))}
