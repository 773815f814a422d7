"""How the tests of s09_rnn call your code: plain arrays in, named results out.

Nothing here knows the right results. You may call a probe yourself to see what a test sees. Your code receives copies,
so that a layer that changes its input fails only the test that looks for this.

The tests pass a state as a list of its arrays, [h] or, for an LSTM, [h, c].
"""

import numpy as np


def _layer(layer, settings, weights):
    """Make a recurrent layer by its class's name; ``settings``: its constructor's arguments; ``weights``: by name."""
    from scratch import rnn

    module = getattr(rnn, layer)(**settings)
    for name, value in weights.items():
        getattr(module, name).data = value.copy()
    return module


def _state(parts):
    """A state in the form that your code takes: None, h, or (h, c)."""
    if parts is None:
        return None
    return tuple(part.copy() for part in parts) if len(parts) == 2 else parts[0].copy()


def _named(state, names):
    """The arrays of a state by name."""
    parts = state if isinstance(state, tuple | list) else (state,)
    return dict(zip(names, (np.array(part) for part in parts), strict=False))


def _forward(module, inputs):
    """One forward pass."""
    lengths = inputs.get("lengths")
    output, state = module(inputs["x"].copy(), _state(inputs.get("hx")), None if lengths is None else lengths.copy())
    return {"output": np.array(output)} | _named(state, ("h_n", "c_n"))


def _both(module, inputs):
    """One forward and one backward pass, without the gradients of the weights."""
    outputs = _forward(module, inputs)
    grad_x, grad_state = module.backward(inputs["grad_output"].copy(), _state(inputs.get("grad_hx")))
    return outputs | {"grad_x": np.array(grad_x)} | _named(grad_state, ("grad_h0", "grad_c0"))


def fresh_layer(*, layer, settings, names):
    """A new layer: the parameters of the names asked for, and how many ``parameters()`` yields."""
    module = _layer(layer, settings, {})
    outputs = {name: np.array(getattr(module, name).data) for name in names}
    return outputs | {"parameters": len(list(module.parameters()))}


def run(*, layer, settings, weights, x, hx=None, lengths=None):
    """One forward pass: output, h_n, and c_n of an LSTM."""
    return _forward(_layer(layer, settings, weights), {"x": x, "hx": hx, "lengths": lengths})


def run_with_weight(*, name, weight, output, **inputs):
    """``run`` with one of the weights as an argument, for a gradient check: one of the results as y."""
    return {"y": run(**{**inputs, "weights": inputs["weights"] | {name: weight}})[output]}


def run_with_state(*, output, h, c=None, **inputs):
    """``run`` with the parts of the initial state as arguments: one of the results as y."""
    return {"y": run(**inputs, hx=[h] if c is None else [h, c])[output]}


def backpropagate(*, layer, settings, weights, x, grad_output, hx=None, lengths=None, grad_hx=None):
    """Forward and backward: the results of ``run``, grad_x, grad_h0 (grad_c0), and grad_<name> of each weight."""
    module = _layer(layer, settings, weights)
    inputs = {"x": x, "hx": hx, "lengths": lengths, "grad_output": grad_output, "grad_hx": grad_hx}
    outputs = _both(module, inputs)
    return outputs | {f"grad_{name}": getattr(module, name).grad for name in weights}


def passes(*, layer, settings, weights, steps):
    """One layer through several forward and backward passes, each a dict; zero_grad sets gradients to zero first.

    Returns:
        results: a list with one dict for each pass; grad_<name>: of each weight at the end.
    """
    module = _layer(layer, settings, weights)
    results = []
    for step in steps:
        if step.get("zero_grad"):
            module.zero_grad()
        results.append(_both(module, step))
    return {"results": results} | {f"grad_{name}": getattr(module, name).grad for name in weights}


def refused(*, cases):
    """Whether each layer raises ValueError for its arguments: the name, or ''."""
    raised = []
    for case in cases:
        try:
            module = _layer(case["layer"], case["settings"], {})
            _forward(module, case)
            raised.append("")
        except ValueError:
            raised.append("ValueError")
    return {"raised": raised}


def leaves_alone(*, layer, settings, weights, x, grad_output, hx, lengths):
    """What is unchanged after forward, backward and another forward: arguments, weights and returned arrays."""
    module = _layer(layer, settings, weights)
    given = {"x": x.copy(), "grad_output": grad_output.copy(), "lengths": lengths.copy()}
    state, grad_state = [part.copy() for part in hx], [part.copy() for part in hx]
    as_state = (lambda parts: tuple(parts)) if len(hx) == 2 else (lambda parts: parts[0])
    output, final = module(given["x"], as_state(state), given["lengths"])
    finals = list(final) if len(hx) == 2 else [final]
    kept = [np.array(value) for value in (output, *finals)]
    grad_x, _ = module.backward(given["grad_output"], as_state(grad_state))
    kept_grad = np.array(grad_x)
    module(2.0 * x, as_state(finals), lengths.copy())
    module.backward(3.0 * grad_output)
    return {
        **{name: bool(np.array_equal(given[name], value)) for name, value in (("x", x), ("lengths", lengths))},
        "grad_output": bool(np.array_equal(given["grad_output"], grad_output)),
        "hx": all(np.array_equal(one, other) for one, other in zip(state, hx, strict=True)),
        "grad_hx": all(np.array_equal(one, other) for one, other in zip(grad_state, hx, strict=True)),
        "weights": all(np.array_equal(getattr(module, name).data, value) for name, value in weights.items()),
        "outputs": all(np.array_equal(one, other) for one, other in zip((output, *finals), kept, strict=True)),
        "grad_x": bool(np.array_equal(grad_x, kept_grad)),
    }


# embedding.py


def _embedding(weight, padding_idx):
    """An Embedding with given rows."""
    from scratch import embedding

    module = embedding.Embedding(weight.shape[0], weight.shape[1], padding_idx=padding_idx)
    module.weight.data = weight.copy()
    return module


def fresh_embedding(*, num_embeddings, embedding_dim, padding_idx=None, seed=None):
    """The rows of a new Embedding, and how many parameters it has."""
    from scratch import embedding

    rng = None if seed is None else np.random.default_rng(seed)
    module = embedding.Embedding(num_embeddings, embedding_dim, padding_idx, rng)
    return {"weight": module.weight.data, "parameters": len(list(module.parameters()))}


def fresh_skip_gram(*, vocabulary_size, embedding_dim, seeds):
    """Both tables of new SkipGrams, one pair for each seed; None: without a generator."""
    from scratch import embedding

    rngs = [{} if seed is None else {"rng": np.random.default_rng(seed)} for seed in seeds]
    models = [embedding.SkipGram(vocabulary_size, embedding_dim, **rng) for rng in rngs]
    return {"tables": [[model.centre.weight.data, model.context.weight.data] for model in models]}


def embed(*, weight, indices, grad_outputs=(), padding_idx=None):
    """The rows of each of ``indices`` (a list of arrays), a backward after each, and the gradient after all."""
    module = _embedding(weight, padding_idx)
    outputs = []
    for number, some in enumerate(indices):
        outputs.append(np.array(module(some.copy())))
        if grad_outputs:
            module.backward(grad_outputs[number].copy())
    return {"y": outputs} | ({"grad_weight": module.weight.grad} if grad_outputs else {})


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


def embed_many(*, weight, indices, grad_output, weights):
    """Forward and backward over many words; only a weighted sum of the large gradient is returned."""
    module = _embedding(weight, None)
    module(indices)
    module.backward(grad_output)
    return {"total": _weighted_sum([module.weight.grad], weights)}


def embed_refuses(*, weight, indices):
    """Whether each array of indices raises IndexError: the name, or ''."""
    module, raised = _embedding(weight, None), []
    for some in indices:
        try:
            module(some.copy())
            raised.append("")
        except IndexError:
            raised.append("IndexError")
    return {"raised": raised}


def pairs(*, texts, windows):
    """The pairs of each text: centres and contexts, lists of arrays."""
    from scratch import embedding

    found = [embedding.skip_gram_pairs(text.copy(), window) for text, window in zip(texts, windows, strict=True)]
    return {"centres": [np.array(one) for one, _ in found], "contexts": [np.array(other) for _, other in found]}


def noise(*, counts, settings):
    """The probabilities of the negatives."""
    from scratch import embedding

    return {"probabilities": embedding.noise_probabilities(counts.copy(), **settings)}


def negatives(*, probabilities, shape, seeds):
    """Draws of negatives, one array for each seed."""
    from scratch import embedding

    drawn = [
        embedding.draw_negatives(probabilities.copy(), tuple(shape), np.random.default_rng(seed)) for seed in seeds
    ]
    return {"drawn": np.stack(drawn), "integers": all(np.issubdtype(one.dtype, np.integer) for one in drawn)}


def _skip_gram(centre, context):
    from scratch import embedding

    model = embedding.SkipGram(*centre.shape)
    model.centre.weight.data, model.context.weight.data = centre.copy(), context.copy()
    return model


def skip_gram_loss(*, centre, context, centres, contexts, negatives):
    """The loss, as y."""
    model = _skip_gram(centre, context)
    return {"y": float(model(centres.copy(), contexts.copy(), negatives.copy()))}


def skip_gram(*, centre, context, centres, contexts, negatives):
    """The loss and the gradients of both tables."""
    model = _skip_gram(centre, context)
    loss = float(model(centres.copy(), contexts.copy(), negatives.copy()))
    model.backward()
    return {"loss": loss, "grad_centre": model.centre.weight.grad, "grad_context": model.context.weight.grad}


def skip_gram_training(*, centre, context, batches, lr):
    """Gradient descent, one step a batch [centres, contexts, negatives]: the loss before each step, both tables."""
    model, losses = _skip_gram(centre, context), []
    for batch in batches:
        model.zero_grad()
        losses.append(float(model(*(part.copy() for part in batch))))
        model.backward()
        for parameter in model.parameters():
            parameter.data = parameter.data - lr * parameter.grad
    return {"losses": np.array(losses), "centre": model.centre.weight.data, "context": model.context.weight.data}


# language_model.py


def _model(weights, cell, num_layers=1):
    """A CharLM with given weights, by name: embedding.weight, rnn.weight_ih_l0, ..., head.bias."""
    from scratch import language_model, rnn

    vocabulary_size, embedding_dim = weights["embedding.weight"].shape
    hidden_size = weights["head.weight"].shape[1]
    model = language_model.CharLM(vocabulary_size, embedding_dim, hidden_size, num_layers, getattr(rnn, cell))
    for name, value in weights.items():
        part, attribute = name.split(".")
        getattr(getattr(model, part), attribute).data = value.copy()
    return model


def _weights_of(model, names, prefix=""):
    found = {}
    for name in names:
        part, attribute = name.split(".")
        parameter = getattr(getattr(model, part), attribute)
        found[prefix + name] = parameter.grad if prefix else parameter.data
    return found


def _pairs_of(chunks):
    return [(inputs.copy(), targets.copy()) for inputs, targets in chunks]


def _optimiser(model, settings):
    from scratch import optim

    arguments = {name: value for name, value in settings.items() if name != "optimiser"}
    return getattr(optim, settings["optimiser"])(model.parameters(), **arguments)


def fresh_model(*, vocabulary_size, embedding_dim, hidden_size, num_layers, cell, seeds):
    """The first logits of new models, one for each seed (None: no generator), and how many parameters they have."""
    from scratch import language_model, rnn

    settings = (vocabulary_size, embedding_dim, hidden_size, num_layers, getattr(rnn, cell))
    rngs = [{} if seed is None else {"rng": np.random.default_rng(seed)} for seed in seeds]
    models = [language_model.CharLM(*settings, **rng) for rng in rngs]
    indices = np.arange(vocabulary_size)[None, :]
    return {
        "logits": np.stack([model(indices)[0] for model in models]),
        "parameters": len(list(models[0].parameters())),
    }


def model_logits(*, weights, cell, num_layers, indices, hx=None):
    """The logits and the final state."""
    logits, state = _model(weights, cell, num_layers)(indices.copy(), _state(hx))
    return {"logits": np.array(logits)} | _named(state, ("h_n", "c_n"))


def model_gradients(*, weights, cell, num_layers, indices, grad_logits, hx=None, grad_hx=None):
    """The gradient of each weight and of the initial state, after one forward and one backward pass."""
    model = _model(weights, cell, num_layers)
    model(indices.copy(), _state(hx))
    grad_state = model.backward(grad_logits.copy(), _state(grad_hx))
    return _weights_of(model, weights, "grad_") | _named(grad_state, ("grad_h0", "grad_c0"))


def chunks(*, tokens, batch_size, seq_len):
    """The chunks of a text: inputs and targets, lists of arrays."""
    from scratch import language_model

    found = language_model.text_chunks(tokens.copy(), batch_size, seq_len)
    return {"inputs": [np.array(one) for one, _ in found], "targets": [np.array(other) for _, other in found]}


def train(*, weights, cell, num_layers, chunks, optimiser, max_norm, epochs=1):
    """Epochs of training on chunks [inputs, targets]: the losses, and the weights afterwards."""
    from scratch import language_model

    model = _model(weights, cell, num_layers)
    optim = _optimiser(model, optimiser)
    losses = [language_model.train_epoch(model, optim, _pairs_of(chunks), max_norm) for _ in range(epochs)]
    return {"losses": np.stack(losses)} | _weights_of(model, weights)


def perplexities(*, weights, cell, num_layers, texts):
    """The perplexity on each text, a list of chunks [inputs, targets], and whether the weights are unchanged."""
    from scratch import language_model

    model = _model(weights, cell, num_layers)
    found = [float(language_model.perplexity(model, _pairs_of(chunks))) for chunks in texts]
    after = _weights_of(model, weights)
    return {
        "perplexities": np.array(found),
        "unchanged": all(np.array_equal(after[name], value) for name, value in weights.items()),
    }


def learn(*, weights, cell, tokens, test_tokens, optimiser, max_norm, epochs):
    """Train on one text: the perplexity on another text, cut into chunks of 2 steps."""
    from scratch import language_model

    model = _model(weights, cell)
    optim = _optimiser(model, optimiser)
    for _ in range(epochs):
        language_model.train_epoch(model, optim, language_model.text_chunks(tokens.copy(), 16, 6), max_norm)
    return {"perplexity": float(language_model.perplexity(model, language_model.text_chunks(test_tokens.copy(), 4, 2)))}


def probabilities(*, logits, temperatures):
    """``next_probabilities`` at each temperature."""
    from scratch import language_model

    return {"probabilities": np.stack([language_model.next_probabilities(logits.copy(), t) for t in temperatures])}


def refuses_temperature(*, logits, temperature):
    """Whether a temperature raises ValueError: the name, or ''."""
    from scratch import language_model

    try:
        language_model.next_probabilities(logits.copy(), temperature)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": ""}


def write(*, weights, cell, num_layers, prompt, length, temperature, seeds):
    """The text that the model writes after a prompt, one row for each seed; None: without a generator."""
    from scratch import language_model

    model = _model(weights, cell, num_layers)
    rows = []
    for seed in seeds:
        rng = None if seed is None else np.random.default_rng(seed)
        rows.append(np.array(language_model.generate(model, prompt.copy(), length, temperature, rng)))
    return {"written": np.stack(rows), "integers": all(np.issubdtype(row.dtype, np.integer) for row in rows)}
