"""How the tests call ``models``: plain data in, named plain data out."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray

_MODULE_OF = {
    "language_model": ("LanguageModel",),
    "sentiment": ("AttentionPooling", "SentimentClassifier"),
    "seq2seq": ("BahdanauAttention", "LuongAttention", "Encoder", "Decoder", "Seq2Seq"),
    "transformer": ("MultiHeadAttention", "EncoderLayer", "DecoderLayer", "Transformer"),
}


def _made(name: str, settings: dict[str, Any], seed: int) -> Any:
    """A new module in float64 whose ``parameters()``, in their order, have the numbers of the seed."""
    import importlib

    import torch
    from models.course.weights import seeded_weights

    torch.manual_seed(seed)
    module = next(module for module, names in _MODULE_OF.items() if name in names)
    return seeded_weights(getattr(importlib.import_module(f"models.{module}"), name)(**settings).double(), seed)


def _numpy(tensor: Any) -> Array:
    return tensor.detach().numpy().copy()


def _tensor(values: Any) -> Any:
    import torch

    return torch.from_numpy(np.array(values))


def _grads(made: Any) -> list[Array]:
    """Gradients of ``parameters()`` as flat arrays, without gradient: empty."""
    return [np.zeros(0) if of.grad is None else _numpy(of.grad).reshape(-1) for of in made.parameters()]


def _state(made: Any) -> list[Array]:
    return [_numpy(of) for of in made.parameters()]


def parameter_shapes(*, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Shapes of ``parameters()``, in their order."""
    return {"shapes": [list(of.shape) for of in _made(name, settings, 0).parameters()]}


def impossible(*, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What the constructor does with settings that do not fit."""
    try:
        _made(name, settings, 0)
    except ValueError:
        return {"raised": "ValueError"}
    return {"raised": "nothing"}


def module(*, name: str, settings: dict[str, Any], seed: int, inputs: list[Array | None]) -> dict[str, Any]:
    """A module of attention: outputs; for an upstream gradient of the first, ``grads_x`` and ``grads``."""
    import torch

    made = _made(name, settings, seed)
    given = [None if x is None else _tensor(x) for x in inputs]
    for x in given:
        if x is not None and x.is_floating_point():
            x.requires_grad_()
    results = made(*given)
    results = [results] if isinstance(results, torch.Tensor) else list(results)
    upstream = np.random.default_rng(seed + 1).standard_normal(tuple(results[0].shape))
    results[0].backward(torch.from_numpy(upstream))
    return {
        "outputs": [_numpy(of) for of in results],
        "grads_x": [_numpy(x.grad) for x in given if x is not None and x.requires_grad],
        "grads": _grads(made),
    }


# ---- Tokenisers ----


def byte_pairs(*, text: str, size: int, texts: list[str]) -> dict[str, Any]:
    """A tokeniser trained on ``text``: its merges, the ids of ``texts``, and the texts of these ids."""
    from models.tokeniser import BytePairTokeniser

    tokeniser = BytePairTokeniser.train(text, size)
    codes = [tokeniser.encode(one) for one in texts]
    return {
        "merges": [[int(left), int(right)] for left, right in tokeniser.merges],
        "codes": [[int(number) for number in ids] for ids in codes],
        "decoded": [tokeniser.decode(ids) for ids in codes],
    }


def byte_pair_codes(*, merges: list[list[int]], texts: list[str], ids: list[int]) -> dict[str, Any]:
    """A tokeniser with given merges: ids of texts, and the text of ids."""
    from models.tokeniser import BytePairTokeniser

    tokeniser = BytePairTokeniser([(left, right) for left, right in merges])
    codes = [[int(number) for number in tokeniser.encode(one)] for one in texts]
    return {"codes": codes, "text": tokeniser.decode(ids)}


def byte_pair_parts(*, words: list[list[int]], counts: list[int], pair: list[int]) -> dict[str, Any]:
    """count_pairs as sorted rows (left, right, count), and each word after ``merge`` with the new id 999."""
    from models.tokeniser import count_pairs, merge

    pairs = count_pairs({tuple(word): count for word, count in zip(words, counts, strict=True)})
    rows = [[left, right, number] for (left, right), number in sorted(pairs.items()) if number]
    merged = [[int(number) for number in merge(tuple(word), (pair[0], pair[1]), 999)] for word in words]
    return {"pairs": rows, "merged": merged}


def vocabulary(*, tokens: list[str], min_count: int, given: list[str], ids: list[int]) -> dict[str, Any]:
    """A vocabulary: its tokens, the ids of given tokens, and the tokens of ids."""
    from models.tokeniser import Vocabulary

    made = Vocabulary(tokens, min_count)
    codes = [int(number) for number in made.encode(given)]
    return {"tokens": list(made.tokens), "codes": codes, "decoded": list(made.decode(ids))}


# ---- Language models ----


def cut(*, tokens: Array, batch_size: int, length: int) -> dict[str, Any]:
    """streams_of, and the windows of the streams."""
    from models.corpus import streams_of, windows_of

    streams = streams_of(_tensor(tokens), batch_size)
    windows = list(windows_of(streams, length))
    return {
        "streams": _numpy(streams),
        "inputs": [_numpy(given) for given, _ in windows],
        "targets": [_numpy(wanted) for _, wanted in windows],
    }


def language_model(*, settings: dict[str, Any], seed: int, tokens: Array, split: int) -> dict[str, Any]:
    """Logits in one call, and in two with the state between; gradients of the parameters."""
    import torch

    made = _made("LanguageModel", settings, seed)
    given = _tensor(tokens)
    logits, _ = made(given)
    logits.backward(torch.from_numpy(np.random.default_rng(seed + 1).standard_normal(tuple(logits.shape))))
    with torch.no_grad():
        first, state = made(given[:, :split])
        second, _ = made(given[:, split:], state)
    return {"logits": _numpy(logits), "in_two": _numpy(torch.cat([first, second], dim=1)), "grads": _grads(made)}


def dropped(*, name: str, settings: dict[str, Any], inputs: list[Array]) -> dict[str, Any]:
    """Whether two passes in training, and two in evaluation, differ."""
    import torch

    made, given = _made(name, settings, 3), [_tensor(x) for x in inputs]
    found = {}
    with torch.no_grad():
        for mode in (True, False):
            made.train(mode)
            pair = [made(*given) for _ in range(2)]
            one, other = (of if isinstance(of, torch.Tensor) else of[0] for of in pair)
            found["train" if mode else "eval"] = not bool(torch.equal(one, other))
    return found


def stream_training(
    *, settings: dict[str, Any], seed: int, streams: Array, length: int, epochs: int, max_norm: float | None = None
) -> dict[str, Any]:
    """train_on_streams with SGD and old gradients, from a model in evaluation mode: losses, weights, the mode after."""
    import torch

    from models.language_model import train_on_streams

    made = _made("LanguageModel", settings, seed).eval()
    for parameter in made.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser = torch.optim.SGD(made.parameters(), lr=0.5)
    losses = [float(train_on_streams(made, _tensor(streams), length, optimiser, max_norm)) for _ in range(epochs)]
    return {"losses": np.array(losses), "weights": _state(made), "training": made.training}


def perplexity(*, settings: dict[str, Any], seed: int, streams: Array, lengths: list[int], training: bool) -> dict:
    """Perplexity for several lengths of windows, the mode after, and whether the graph was built."""
    import torch

    from models.language_model import perplexity as of_model

    made = _made("LanguageModel", settings, seed).train(training)
    graphs: list[bool] = []
    made.register_forward_hook(lambda _module, _given, output: graphs.append(output[0].requires_grad))
    torch.manual_seed(1)
    values = [float(of_model(made, _tensor(streams), length)) for length in lengths]
    return {"values": np.array(values), "training": made.training, "graph": any(graphs)}


def learned_language(
    *, settings: dict[str, Any], seed: int, streams: Array, new_streams: Array, length: int, epochs: int, lr: float
) -> dict[str, Any]:
    """Perplexity on new streams after training with Adam in float32."""
    import torch

    from models.language_model import perplexity as of_model
    from models.language_model import train_on_streams

    made = _made("LanguageModel", settings, seed).float()
    for parameter in made.parameters():
        torch.nn.init.uniform_(parameter, -0.2, 0.2)
    optimiser = torch.optim.Adam(made.parameters(), lr=lr)
    for _ in range(epochs):
        train_on_streams(made, _tensor(streams), length, optimiser, 1.0)
    return {"perplexity": float(of_model(made, _tensor(new_streams), length))}


def probabilities(
    *, logits: Array, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> dict[str, Any]:
    """next_probabilities, and whether the logits are as they were."""
    from models.sampling import next_probabilities

    given = _tensor(logits)
    found = _numpy(next_probabilities(given, temperature, top_k, top_p))
    return {"probabilities": found, "logits_unchanged": bool(np.array_equal(given.numpy(), logits))}


def generated(
    *, settings: dict[str, Any], seed: int, prompt: Array, steps: int, seeds: list[int], options: dict[str, Any]
) -> dict[str, Any]:
    """``generate`` with a new generator for each seed: (seeds, N, T + steps); the mode after.

    The model's weights are larger and its biases smaller than in other probes, so that all that it reads matters.
    """
    import torch

    from models.sampling import generate

    made = _made("LanguageModel", settings, seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(4.0 if parameter.ndim > 1 else 0.2)
    made.train()
    graphs: list[bool] = []
    made.register_forward_hook(lambda _module, _given, output: graphs.append(output[0].requires_grad))
    found = []
    for number, one in enumerate(seeds):
        torch.manual_seed(number)
        found.append(_numpy(generate(made, _tensor(prompt), steps, torch.Generator().manual_seed(one), **options)))
    return {"tokens": np.stack(found), "training": made.training, "graph": any(graphs)}


# ---- Sentiment ----


def padded(*, sequences: list[list[int]], pad: int) -> dict[str, Any]:
    """pad_batch: tokens and lengths."""
    from models.sentiment import pad_batch

    tokens, lengths = pad_batch(sequences, pad)
    return {"tokens": _numpy(tokens), "lengths": _numpy(lengths)}


def sentiment(*, settings: dict[str, Any], seed: int, tokens: Array, lengths: Array) -> dict[str, Any]:
    """Logits of a batch, gradients of the parameters, and the logits of each text by itself."""
    import torch

    made = _made("SentimentClassifier", settings, seed)
    given, sizes = _tensor(tokens), _tensor(lengths)
    logits = made(given, sizes)
    logits.backward(torch.from_numpy(np.random.default_rng(seed + 1).standard_normal(len(tokens))))
    with torch.no_grad():
        alone = [made(row[None, :size], size[None]) for row, size in zip(given, sizes, strict=True)]
    return {"logits": _numpy(logits), "alone": _numpy(torch.cat(alone)), "grads": _grads(made)}


def learned_sentiment(
    *, settings: dict[str, Any], seed: int, texts: list[list[int]], labels: Array, train: int, steps: int, lr: float
) -> dict[str, Any]:
    """Scores of the texts after ``train``, when the first ``train`` were trained on with Adam in float32."""
    import torch

    from models.sentiment import pad_batch

    made = _made("SentimentClassifier", settings, seed).float()
    for parameter in made.parameters():
        torch.nn.init.uniform_(parameter, -0.3, 0.3)
    optimiser, rng = torch.optim.Adam(made.parameters(), lr=lr), np.random.default_rng(seed)
    for _ in range(steps):
        chosen = rng.choice(train, 24, replace=False)
        logits = made(*pad_batch([texts[number] for number in chosen], 0))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, _tensor(labels[chosen]).float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    made.eval()
    with torch.no_grad():
        return {"scores": _numpy(made(*pad_batch(texts[train:], 0))).astype(np.float64)}


def metrics(*, predicted: Array, labels: Array) -> dict[str, Any]:
    """binary_metrics."""
    from models.metrics import binary_metrics

    return {name: float(value) for name, value in binary_metrics(_tensor(predicted), _tensor(labels)).items()}


def threshold(*, scores: Array, labels: Array) -> dict[str, Any]:
    """best_threshold."""
    from models.metrics import best_threshold

    return {"threshold": float(best_threshold(_tensor(scores), _tensor(labels)))}


def report(*, valid_scores: Array, valid_labels: Array, test_scores: Array, test_labels: Array) -> dict[str, Any]:
    """report_with_threshold."""
    from models.metrics import report_with_threshold

    given = [_tensor(of) for of in (valid_scores, valid_labels, test_scores, test_labels)]
    return {name: float(value) for name, value in report_with_threshold(*given).items()}


def neighbours(*, vectors: Array, word: int, count: int) -> dict[str, Any]:
    """nearest, and whether the vectors are as they were."""
    from models.neighbours import nearest

    given = _tensor(vectors)
    found = [int(number) for number in nearest(given, word, count)]
    return {"words": found, "vectors_unchanged": bool(np.array_equal(given.numpy(), vectors))}


def analogies(*, vectors: Array, words: list[list[int]], count: int) -> dict[str, Any]:
    """analogy, for several (a, b, c)."""
    from models.neighbours import analogy

    return {"words": [[int(one) for one in analogy(_tensor(vectors), a, b, c, count)] for a, b, c in words]}


# ---- Translation ----


def encoded(*, settings: dict[str, Any], seed: int, source: Array, lengths: Array) -> dict[str, Any]:
    """Encoder of a padded batch: outputs at the tokens (0 at padding), mask, state."""
    import torch

    with torch.no_grad():
        outputs, mask, state = _made("Encoder", settings, seed)(_tensor(source), _tensor(lengths))
    real = np.arange(source.shape[1]) < lengths[:, None]
    return {
        "outputs": np.where(real[:, :, None], _numpy(outputs), 0.0),
        "mask": _numpy(mask).astype(bool),
        "state": _numpy(state),
    }


def decoder_step(
    *, settings: dict[str, Any], seed: int, tokens: Array, state: Array, keys: Array, mask: Array
) -> dict[str, Any]:
    """One step of Decoder: logits, state, weights; gradients for an upstream gradient of the logits."""
    import torch

    made = _made("Decoder", settings, seed)
    logits, new, weights = made.step(_tensor(tokens), _tensor(state), _tensor(keys), _tensor(mask))
    logits.backward(torch.from_numpy(np.random.default_rng(seed + 1).standard_normal(tuple(logits.shape))))
    return {"logits": _numpy(logits), "state": _numpy(new), "weights": _numpy(weights), "grads": _grads(made)}


def seq2seq(*, settings: dict[str, Any], seed: int, source: Array, lengths: Array, inputs: Array) -> dict[str, Any]:
    """Seq2Seq with teacher forcing: logits and weights, and gradients of the parameters."""
    import torch

    made = _made("Seq2Seq", settings, seed)
    logits, weights = made(_tensor(source), _tensor(lengths), _tensor(inputs))
    logits.backward(torch.from_numpy(np.random.default_rng(seed + 1).standard_normal(tuple(logits.shape))))
    return {"logits": _numpy(logits), "weights": _numpy(weights), "grads": _grads(made)}


def masks(*, length: int, tokens: Array, pad: int) -> dict[str, Any]:
    """causal_mask and key_mask, True: may attend."""
    from models.transformer import causal_mask, key_mask

    return {"causal": _numpy(causal_mask(length)), "keys": _numpy(key_mask(_tensor(tokens), pad))}


def positions(*, length: int, d_model: int) -> dict[str, Any]:
    """sinusoidal_positions."""
    from models.transformer import sinusoidal_positions

    return {"positions": _numpy(sinusoidal_positions(length, d_model)).astype(np.float64)}


def transformer(*, settings: dict[str, Any], seed: int, source: Array, inputs: Array) -> dict[str, Any]:
    """Logits (0 where the input is padding), and gradients of the parameters for an upstream gradient elsewhere."""
    import torch

    made = _made("Transformer", settings, seed)
    logits = made(_tensor(source), _tensor(inputs))
    real = _tensor(inputs != settings.get("pad", 0))[:, :, None]
    upstream = torch.from_numpy(np.random.default_rng(seed + 1).standard_normal(tuple(logits.shape)))
    logits.backward(upstream * real)
    return {"logits": np.where(real.numpy(), _numpy(logits), 0.0), "grads": _grads(made)}


def transformer_in_steps(*, settings: dict[str, Any], seed: int, source: Array, inputs: Array) -> dict[str, Any]:
    """Logits (N, T, V) of ``step`` after ``step``; those of the first step made again at the end; and of ``decode``."""
    import torch

    made = _made("Transformer", settings, seed).eval()
    tokens, found = _tensor(inputs), []
    with torch.no_grad():
        caches = [made.start(_tensor(source))]
        for place in range(tokens.shape[1]):
            logits, cache = made.step(tokens[:, place], caches[-1])
            found.append(_numpy(logits))
            caches.append(cache)
        again, _ = made.step(tokens[:, 1], caches[1])
        at_once = made.decode(tokens, *made.encode(_tensor(source)))
    return {"steps": np.stack(found, axis=1), "again": _numpy(again), "at_once": _numpy(at_once)}


def forced(*, target: Array, bos: int, eos: int, pad: int) -> dict[str, Any]:
    """teacher_forcing: inputs and labels; whether the target is as it was."""
    from models.objectives import teacher_forcing

    given = _tensor(target)
    inputs, labels = teacher_forcing(given, bos, eos, pad)
    same = bool(np.array_equal(given.numpy(), target))
    return {"inputs": _numpy(inputs), "labels": _numpy(labels), "target_unchanged": same}


def smoothed(*, logits: Array, labels: Array, smoothing: float, pad: int) -> dict[str, Any]:
    """smoothed_loss and its gradient."""
    from models.objectives import smoothed_loss

    given = _tensor(logits).requires_grad_()
    value = smoothed_loss(given, _tensor(labels), smoothing, pad)
    value.backward()
    return {"value": float(value.detach()), "grad": _numpy(given.grad)}


def rates(*, steps: int, d_model: int, warmup: int) -> dict[str, Any]:
    """warmup_rate of the steps 1, 2, ..., and the learning rates of the optimiser's steps with warmup_schedule."""
    import torch

    from models.objectives import warmup_rate, warmup_schedule

    formula = [float(warmup_rate(step, d_model, warmup)) for step in range(1, steps + 1)]
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, used = warmup_schedule(optimiser, d_model, warmup), []
    for _ in range(steps):
        used.append(float(optimiser.param_groups[0]["lr"]))
        optimiser.step()
        scheduler.step()
    return {"formula": np.array(formula), "used": np.array(used)}


# ---- Decoding ----


def _words(tokens: Any) -> str:
    """Tokens in a string, so that sentences of different lengths can be compared."""
    return " ".join(str(int(number)) for number in tokens)


def greedy(*, tables: Array, bos: int, eos: int, max_length: int) -> dict[str, Any]:
    """greedy_decode; the log-probabilities of sentence n after t tokens, the last of them w, are tables[n, t, w]."""
    import torch

    from models.decoding import greedy_decode

    logs, lengths = _tensor(tables), []

    def next_log_probs(tokens: Any) -> Any:
        lengths.append(tokens.shape[1])
        return logs[torch.arange(len(logs)), tokens.shape[1] - 1, tokens[:, -1]]

    found = greedy_decode(next_log_probs, len(tables), bos, eos, max_length)
    return {"sentences": [_words(one) for one in found], "lengths": lengths}


def beam(*, table: Array, bos: int, eos: int, width: int, max_length: int, alpha: float) -> dict[str, Any]:
    """beam_search; the log-probabilities after t tokens, the last two of them v and w, are table[t, v, w]."""
    from models.decoding import beam_search

    logs, widths = _tensor(table), []

    def next_log_probs(tokens: Any) -> Any:
        widths.append(len(tokens))
        before = tokens[:, -2] if tokens.shape[1] > 1 else tokens[:, -1]
        return logs[tokens.shape[1] - 1, before, tokens[:, -1]]

    found = beam_search(next_log_probs, bos, eos, width, max_length, alpha)
    return {
        "sentences": [_words(tokens) for tokens, _ in found],
        "scores": np.array([float(score) for _, score in found]),
        "widths": widths,
    }


def translated(
    *, settings: dict[str, Any], seed: int, source: Array, max_length: int, beam: int | None, alpha: float = 0.0
) -> dict[str, Any]:
    """Translate of a batch with BOS 1 and EOS 2, of its sentences one by one, and the mode after."""
    import torch

    from models.decoding import translate

    made = _made("Transformer", settings, seed).train()
    with torch.no_grad():  # larger than in other probes, so that tokens depend on all that the model reads
        for parameter in made.parameters():
            parameter.mul_(2.0 if parameter.ndim > 1 else 1.0)
    torch.manual_seed(1)
    given = _tensor(source)
    together = translate(made, given, 1, 2, max_length, beam, alpha)
    alone = []
    for row in given:
        length = int((row != 0).sum())
        alone += translate(made, row[None, :length], 1, 2, max_length, beam, alpha)
    return {
        "together": [_words(one) for one in together],
        "alone": [_words(one) for one in alone],
        "training": made.training,
    }


def bleu(
    *, hypotheses: list[list[str]], references: list[list[list[str]]], max_order: int = 4, smoothing: str = "none"
) -> dict[str, Any]:
    """corpus_bleu."""
    from models.bleu import corpus_bleu

    found = corpus_bleu(hypotheses, references, max_order, smoothing)
    return {name: float(value) for name, value in found.items()}


def learned_translation(
    *, settings: dict[str, Any], seed: int, source: Array, target: Array, train: int, steps: int, lr: float
) -> dict[str, Any]:
    """Greedy translations of the sentences after ``train``, after training on the others with Adam in float32."""
    import torch

    from models.decoding import translate
    from models.objectives import smoothed_loss, teacher_forcing
    from models.transformer import Transformer

    torch.manual_seed(seed)
    made, rng = Transformer(**settings), np.random.default_rng(seed)
    optimiser = torch.optim.Adam(made.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, lr, total_steps=steps)
    for _ in range(steps):
        chosen = rng.choice(train, 48, replace=False)
        inputs, labels = teacher_forcing(_tensor(target[chosen]), 1, 2, 0)
        optimiser.zero_grad()
        smoothed_loss(made(_tensor(source[chosen]), inputs), labels, 0.05, 0).backward()
        optimiser.step()
        schedule.step()
    found = translate(made, _tensor(source[train:]), 1, 2, target.shape[1] + 1)
    return {"sentences": [_words(one) for one in found]}


# ---- Budgets: sums only, so that what is returned costs nothing ----


def attention_cost(*, x: Array, heads: int, mask: Array) -> dict[str, Any]:
    """Forward and backward of MultiHeadAttention in float32."""
    made = _made("MultiHeadAttention", {"d_model": x.shape[2], "heads": heads}, 5).float()
    given = _tensor(x).float().requires_grad_()
    total = made(given, given, _tensor(mask))[0].square().sum()
    total.backward()
    return {"total": float(total.detach())}


def beam_cost(*, table: Array, width: int) -> dict[str, Any]:
    """beam_search with EOS 0, which is improbable, to the greatest length."""
    from models.decoding import beam_search

    logs = _tensor(table)
    found = beam_search(lambda tokens: logs[tokens[:, -1]], 1, 0, width, 12, 0.0)
    return {"score": float(found[0][1])}


def sampling_cost(*, logits: Array) -> dict[str, Any]:
    """next_probabilities with all three settings, of many rows."""
    from models.sampling import next_probabilities

    return {"total": float(next_probabilities(_tensor(logits), 0.7, 50, 0.9).square().sum())}


def decoding_cost(*, source: Array, inputs: Array) -> dict[str, Any]:
    """Many steps with the cache."""
    import torch

    settings = {"source_size": 9, "target_size": 9, "d_model": 64, "heads": 4, "max_length": 32}
    made, total = _made("Transformer", settings, 5).float().eval(), 0.0
    tokens = _tensor(inputs)
    with torch.no_grad():
        cache = made.start(_tensor(source))
        for place in range(tokens.shape[1]):
            logits, cache = made.step(tokens[:, place], cache)
            total += float(logits.sum())
    return {"total": total}
