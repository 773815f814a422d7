"""Right implementations of s12_sequences in other forms: all get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

TOKENISER = "models/tokeniser.py"
CORPUS = "models/corpus.py"
LANGUAGE_MODEL = "models/language_model.py"
SAMPLING = "models/sampling.py"
SENTIMENT = "models/sentiment.py"
METRICS = "models/metrics.py"
NEIGHBOURS = "models/neighbours.py"
SEQ2SEQ = "models/seq2seq.py"
TRANSFORMER = "models/transformer.py"
OBJECTIVES = "models/objectives.py"
DECODING = "models/decoding.py"
BLEU = "models/bleu.py"

LANGUAGE = [
    Variant(
        name="pieces_as_lists",
        why="Training keeps every piece as a list, with repetitions, and sorts pairs to find the best.",
        changes=(
            redefine(
                TOKENISER,
                """
class BytePairTokeniser(BytePairTokeniser):
    @classmethod
    def train(cls, text, size):
        merges, words = [], [list(piece.encode("utf-8")) for piece in pieces_of(text)]
        for number in range(256, size):
            pairs = {}
            for word in words:
                for left, right in zip(word[:-1], word[1:]):
                    pairs[left, right] = pairs.get((left, right), 0) + 1
            ordered = sorted(pairs, key=lambda pair: (-pairs[pair], pair[0], pair[1]))
            if not ordered or pairs[ordered[0]] == 1:
                break
            merges.append(ordered[0])
            words = [list(merge(word, ordered[0], number)) for word in words]
        return cls(merges)
""",
            ),
        ),
    ),
    Variant(
        name="encode_all_merges_in_turn",
        why="encode goes through all merges once, in their order.",
        changes=(
            redefine(
                TOKENISER,
                """
class BytePairTokeniser(BytePairTokeniser):
    def encode(self, text):
        ids = []
        for piece in pieces_of(text):
            word = list(piece.encode())
            for number, pair in enumerate(self.merges, 256):
                word = merge(word, pair, number)
            ids += list(word)
        return ids
""",
            ),
        ),
    ),
    Variant(
        name="decode_by_recursion",
        why="decode expands each id by recursion, on demand.",
        changes=(
            redefine(
                TOKENISER,
                """
class BytePairTokeniser(BytePairTokeniser):
    def _bytes(self, number):
        if number < 256:
            return bytes((number,))
        left, right = self.merges[number - 256]
        return self._bytes(left) + self._bytes(right)

    def decode(self, ids):
        return str(b"".join(map(self._bytes, ids)), "utf-8", "replace")
""",
            ),
        ),
    ),
    Variant(
        name="vocabulary_by_two_sorts",
        why="Two stable sorts; the ids in a dict comprehension; a loop in place of a comprehension.",
        changes=(
            edit(
                TOKENISER,
                "sorted(kept, key=lambda token: (-counts[token], token))",
                "sorted(sorted(kept), key=counts.__getitem__, reverse=True)",
            ),
        ),
    ),
    Variant(
        name="streams_by_chunk",
        why="Rows by slicing and stack; windows from a list, inputs and targets cut from it.",
        changes=(
            redefine(
                CORPUS,
                """
def streams_of(tokens, batch_size):
    import torch

    length = len(tokens) // batch_size
    return torch.stack([tokens[row * length : (row + 1) * length] for row in range(batch_size)])


def windows_of(streams, length):
    return list(zip(streams[:, :-1].split(length, dim=1), streams[:, 1:].split(length, dim=1)))
""",
            ),
        ),
    ),
    Variant(
        name="tied_by_functional_linear",
        why="The output is F.linear with the embedding's weight and a bias of its own.",
        changes=(
            redefine(
                LANGUAGE_MODEL,
                """
class LanguageModel(LanguageModel):
    def __init__(self, vocab_size, embedding_size, hidden_size, layers=1, cell="lstm", tied=False, dropout=0.0):
        super().__init__(vocab_size, embedding_size, hidden_size, layers, cell, tied, dropout)
        self.tied = tied
        if tied:
            del self.output
            self.last = nn.Module()
            self.last.bias = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, tokens, state=None):
        hidden, state = self.rnn(self.dropout(self.embedding(tokens)), state)
        hidden = self.dropout(hidden)
        if self.tied:
            return nn.functional.linear(hidden, self.embedding.weight, self.last.bias), state
        return self.output(hidden), state
""",
            ),
        ),
    ),
    Variant(
        name="time_first_inside",
        why="The recurrent layer has time first; the batch is moved there and back.",
        changes=(
            edit(LANGUAGE_MODEL, "layers, batch_first=True, dropout=between)", "layers, dropout=between)"),
            edit(
                LANGUAGE_MODEL,
                "self.rnn(self.dropout(self.embedding(tokens)), state)",
                "self.rnn(self.dropout(self.embedding(tokens)).transpose(0, 1), state)",
            ),
            edit(
                LANGUAGE_MODEL,
                "self.output(self.dropout(hidden)), state",
                "self.output(self.dropout(hidden)).transpose(0, 1), state",
            ),
        ),
    ),
    Variant(
        name="detached_by_loop",
        why="The state is detached after each step and kept as a tuple; losses are summed by hand from log-softmax.",
        changes=(
            edit(
                LANGUAGE_MODEL,
                "        logits, state = model(inputs, None if state is None else detached(state))\n"
                "        loss = cross_entropy(logits.flatten(0, 1), targets.flatten())\n",
                "        logits, state = model(inputs, state)\n"
                "        state = detached(state)\n"
                "        loss = -logits.log_softmax(dim=-1).gather(-1, targets[..., None]).mean()\n",
            ),
        ),
    ),
    Variant(
        name="perplexity_in_inference_mode",
        why="inference_mode, and classes in the second axis.",
        changes=(
            edit(LANGUAGE_MODEL, "with torch.no_grad():", "with torch.inference_mode():"),
            edit(
                LANGUAGE_MODEL,
                'cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")',
                'cross_entropy(logits.transpose(1, 2), targets, reduction="none").sum()',
            ),
        ),
    ),
    Variant(
        name="top_p_by_removal",
        why="Sorted logits, a shifted mask of what is removed, and -inf, as in many programs.",
        changes=(
            redefine(
                SAMPLING,
                """
def next_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    logits = logits.clone() / temperature
    size = logits.shape[-1]
    if top_k is not None:
        values, places = logits.topk(min(top_k, size), dim=-1)
        logits = torch.full_like(logits, float("-inf")).scatter(-1, places, values)
    if top_p is not None:
        values, places = torch.sort(logits, descending=True)
        remove = values.softmax(dim=-1).cumsum(dim=-1) >= top_p
        remove = torch.cat([torch.zeros_like(remove[..., :1]), remove[..., :-1]], dim=-1)
        logits = logits.masked_fill(remove.scatter(-1, places, remove), float("-inf"))
    return torch.softmax(logits, dim=-1)
""",
            ),
        ),
    ),
    Variant(
        name="generate_by_inverse_cdf",
        why="Tokens by the inverse of the distribution function; the prompt is read before the loop.",
        changes=(
            edit(
                SAMPLING,
                "            fed = torch.multinomial(probabilities, 1, generator=generator)\n",
                "            u = torch.rand(len(fed), 1, generator=generator, dtype=probabilities.dtype)\n"
                "            reached = probabilities.cumsum(dim=-1) / probabilities.sum(dim=-1, keepdim=True)\n"
                "            fed = (reached < u).sum(-1, True)\n",
            ),
        ),
    ),
]

SENTIMENTS = [
    Variant(
        name="padded_by_pytorch",
        why="pad_sequence.",
        changes=(
            redefine(
                SENTIMENT,
                """
def pad_batch(sequences, pad=0):
    tensors = [torch.tensor(list(sequence), dtype=torch.int64) for sequence in sequences]
    padded = nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=pad)
    return padded, torch.tensor([len(one) for one in tensors])
""",
            ),
        ),
    ),
    Variant(
        name="masked_with_two_cells",
        why="Nothing is packed: two GRU cells run over the batch, and at padding the state stays as it is.",
        changes=(
            redefine(
                SENTIMENT,
                """
class SentimentClassifier(SentimentClassifier):
    def _run(self, x, mask, suffix, places):
        rnn = self.rnn
        weights = [getattr(rnn, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        state, outputs = x.new_zeros(len(x), rnn.hidden_size), {}
        for place in places:
            new = torch.gru_cell(x[:, place], state, *weights)
            state = torch.where(mask[:, place, None], new, state)
            outputs[place] = state
        return torch.stack([outputs[place] for place in range(x.shape[1])], dim=1), state

    def forward(self, tokens, lengths):
        x, steps = self.embedding(tokens), tokens.shape[1]
        mask = torch.arange(steps) < lengths[:, None]
        ahead, last = self._run(x, mask, "", range(steps))
        back, first = self._run(x, mask, "_reverse", reversed(range(steps)))
        states = torch.cat([ahead, back], dim=2)
        if self.pooling == "last":
            pooled = torch.cat([last, first], dim=1)
        elif self.pooling == "mean":
            pooled = (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        else:
            pooled = self.attention(states, mask)[0]
        return self.output(pooled)[:, 0]
""",
            ),
        ),
    ),
    Variant(
        name="pooling_multiplied_and_normalised",
        why="exp of the scores times the mask, divided by the sum.",
        changes=(
            edit(
                SENTIMENT,
                "        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)\n        return (weights",
                "        weights = (scores - scores.amax(dim=1, keepdim=True)).exp() * mask\n"
                "        weights = weights / weights.sum(dim=1, keepdim=True)\n"
                "        return (weights",
            ),
        ),
    ),
    Variant(
        name="sorted_and_restored",
        why="The batch is sorted by hand, packed, and put back in its order.",
        changes=(
            edit(
                SENTIMENT,
                "        packed = pack_padded_sequence(",
                "        order = lengths.argsort(descending=True)\n"
                "        if bool((lengths[1:] > lengths[:-1]).any()):\n"
                "            return self.forward(tokens[order], lengths[order])[order.argsort()]\n"
                "        packed = pack_padded_sequence(",
            ),
        ),
    ),
    Variant(
        name="metrics_from_a_confusion_matrix",
        why="Counts from a 2 x 2 matrix; F1 from precision and recall.",
        changes=(
            redefine(
                METRICS,
                """
def binary_metrics(predicted, labels):
    matrix = (2 * labels + predicted).bincount(minlength=4).reshape(2, 2).tolist()
    (tn, fp), (fn, tp) = matrix

    def quotient(a, b):
        return a / b if b else 0.0

    precision, recall = quotient(tp, tp + fp), quotient(tp, tp + fn)
    f1 = quotient(2 * precision * recall, precision + recall)
    return {"accuracy": (tp + tn) / len(labels), "precision": precision, "recall": recall, "f1": f1}
""",
            ),
        ),
    ),
    Variant(
        name="threshold_in_one_pass",
        why="All thresholds at once from cumulated sums.",
        changes=(
            redefine(
                METRICS,
                """
def best_threshold(scores, labels):
    candidates = scores.unique()
    shown = scores >= candidates[:, None]
    hits = (shown & (labels == 1)).sum(dim=1)
    below = shown.sum(dim=1) + (labels == 1).sum()
    f1 = (2 * hits).double() / below
    return float(candidates[(f1 == f1.max()).nonzero()[0, 0]])
""",
            ),
        ),
    ),
    Variant(
        name="neighbours_by_cosine_similarity",
        why="cosine_similarity and argsort; words that do not count are filtered out of the list.",
        changes=(
            redefine(
                NEIGHBOURS,
                """
def nearest(vectors, word, count):
    scores = torch.nn.functional.cosine_similarity(vectors, vectors[word : word + 1])
    return [int(one) for one in scores.argsort(descending=True) if int(one) != word][:count]


def analogy(vectors, a, b, c, count=1):
    unit = torch.nn.functional.normalize(vectors, dim=1)
    target = unit[b] - unit[a] + unit[c]
    scores = torch.nn.functional.cosine_similarity(vectors, target[None])
    return [one for one in scores.argsort(descending=True).tolist() if one not in (a, b, c)][:count]
""",
            ),
        ),
    ),
]

TRANSLATION = [
    Variant(
        name="attention_by_einsum",
        why="Both attentions with einsum and a large negative number in place of -inf.",
        changes=(
            redefine(
                SEQ2SEQ,
                """
def _attend(scores, keys, mask):
    weights = torch.where(mask, scores, torch.finfo(scores.dtype).min).softmax(dim=-1)
    return torch.einsum("ns,nsk->nk", weights, keys), weights
""",
            ),
            edit(
                SEQ2SEQ,
                "(self.key(keys) @ query[:, :, None]).squeeze(2)",
                'torch.einsum("nq,qk,nsk->ns", query, self.key.weight, keys)',
            ),
        ),
    ),
    Variant(
        name="decoder_with_a_gru_layer",
        why="nn.GRU with one step, not GRUCell.",
        changes=(
            redefine(
                SEQ2SEQ,
                """
class _Cell(nn.GRU):
    def __init__(self, inputs, hidden):
        super().__init__(inputs, hidden, batch_first=True)

    def forward(self, x, state):
        return super().forward(x[:, None], state[None])[1][0]


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, kind="bahdanau"):
        super().__init__()
        early = kind == "bahdanau"
        self.embed = nn.Embedding(vocab_size, embedding_size)
        pair = (hidden_size, 2 * hidden_size)
        self.att = BahdanauAttention(*pair, hidden_size) if early else LuongAttention(*pair)
        self.gru = _Cell(embedding_size + (2 * hidden_size if early else 0), hidden_size)
        self.mix = None if early else nn.Sequential(nn.Linear(3 * hidden_size, hidden_size, bias=False), nn.Tanh())
        self.out = nn.Linear((3 if early else 1) * hidden_size, vocab_size)

    def step(self, tokens, state, keys, mask):
        x = self.embed(tokens)
        if self.mix is None:
            context, weights = self.att(state, keys, mask)
            state = self.gru(torch.cat((x, context), -1), state)
            return self.out(torch.cat((state, context), -1)), state, weights
        state = self.gru(x, state)
        context, weights = self.att(state, keys, mask)
        return self.out(self.mix(torch.cat((context, state), -1))), state, weights
""",
            ),
        ),
    ),
    Variant(
        name="pytorchs_attention",
        why="scaled_dot_product_attention, where True means the same; the weights are computed beside it.",
        changes=(
            edit(
                TRANSFORMER,
                "        return self.output((weights @ values).transpose(1, 2).flatten(2)), weights\n",
                "        heads = nn.functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)\n"
                "        return self.output(heads.transpose(1, 2).reshape(queries.shape)), weights\n",
            ),
        ),
    ),
    Variant(
        name="layers_written_out",
        why="Encoder and decoder layers without a helper class, both orders written out.",
        changes=(
            redefine(
                TRANSFORMER,
                """
class EncoderLayer(nn.Module):
    def __init__(self, d_model, heads, d_ff, norm="pre", dropout=0.0):
        super().__init__()
        self.order = norm
        self.attention = MultiHeadAttention(d_model, heads)
        self.norm1 = nn.LayerNorm(d_model)
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.drop = nn.Dropout(dropout)

    def feed(self, x):
        return self.linear2(torch.relu(self.linear1(x)))

    def forward(self, x, mask=None):
        if self.order == "post":
            x = self.norm1(x + self.drop(self.attention(x, x, mask)[0]))
            return self.norm2(x + self.drop(self.feed(x)))
        y = self.norm1(x)
        x = x + self.drop(self.attention(y, y, mask)[0])
        return x + self.drop(self.feed(self.norm2(x)))
""",
            ),
        ),
    ),
    Variant(
        name="cache_in_one_tensor",
        why="Keys and values of a layer are one tensor (2, N, H, t, D / H), and the cache is a tuple.",
        changes=(
            redefine(
                TRANSFORMER,
                """
class Transformer(Transformer):
    def start(self, source):
        memory, mask = self.encode(source)
        stacked = [torch.stack(layer.source_attention.keys_and_values(memory)) for layer in self.decoder]
        return (mask, stacked, [None] * len(stacked), 0)

    def step(self, tokens, cache):
        mask, sources, past, place = cache
        x, kept = self.embed(self.target_embedding, tokens.unsqueeze(1), place), []
        for layer, source, old in zip(self.decoder, sources, past):
            def own(y, layer=layer, old=old):
                new = torch.stack(layer.self_attention.keys_and_values(y))
                kept.append(new if old is None else torch.cat((old, new), dim=3))
                return layer.self_attention.attend(y, *kept[-1], None)[0]

            x = layer.first(x, own)
            x = layer.second(x, lambda y: layer.source_attention.attend(y, *source, mask)[0])
            x = layer.third(x, layer.feed_forward)
        return self.output(self.decoder_norm(x)).squeeze(1), (mask, sources, kept, place + 1)
""",
            ),
        ),
    ),
    Variant(
        name="positions_in_float32",
        why="The table of positions is float32, by exp of a logarithm, as in PyTorch's tutorial.",
        changes=(
            redefine(
                TRANSFORMER,
                """
def sinusoidal_positions(length, d_model):
    table = torch.zeros(length, d_model)
    place = torch.arange(length, dtype=torch.float32)[:, None]
    factor = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float32) * (-math.log(10000.0) / d_model))
    table[:, 0::2] = torch.sin(place * factor)
    table[:, 1::2] = torch.cos(place * factor)[:, : d_model // 2]
    return table
""",
            ),
        ),
    ),
    Variant(
        name="causal_mask_only",
        why="Padding of the target is not masked: it follows the tokens, so the causal mask hides it already.",
        changes=(
            edit(
                TRANSFORMER,
                "mask = causal_mask(inputs.shape[1]) & key_mask(inputs, self.pad)",
                "mask = causal_mask(inputs.shape[1])",
            ),
        ),
    ),
    Variant(
        name="labels_by_rows",
        why="Inputs and labels row by row in Python.",
        changes=(
            redefine(
                OBJECTIVES,
                """
def teacher_forcing(target, bos, eos, pad):
    rows = [[token for token in row if token != pad] for row in target.tolist()]
    width = target.shape[1] + 1
    inputs = [[bos, *row] + [pad] * (width - 1 - len(row)) for row in rows]
    labels = [[*row, eos] + [pad] * (width - 1 - len(row)) for row in rows]
    return torch.tensor(inputs), torch.tensor(labels)
""",
            ),
        ),
    ),
    Variant(
        name="loss_from_two_sums",
        why="The smoothed loss as a weighted sum of the label's loss and the mean of the others, on places that count.",
        changes=(
            redefine(
                OBJECTIVES,
                """
def smoothed_loss(logits, labels, smoothing, pad):
    kept = labels != pad
    logs, right = torch.log_softmax(logits[kept], dim=-1), labels[kept]
    own = logs.gather(1, right[:, None])[:, 0]
    others = logs.sum(dim=1) - own - logs[:, pad]
    return -((1 - smoothing) * own + smoothing / (logs.shape[1] - 2) * others).mean()
""",
            ),
        ),
    ),
    Variant(
        name="schedule_by_a_loop",
        why="The two branches of the warm-up written as a condition.",
        changes=(
            redefine(
                OBJECTIVES,
                """
def warmup_rate(step, d_model, warmup):
    scale = 1.0 / d_model**0.5
    return scale * (step / warmup**1.5 if step <= warmup else 1.0 / step**0.5)
""",
            ),
        ),
    ),
    Variant(
        name="greedy_padded",
        why="Ended sentences go on with whatever the model says; they are cut at their EOS at the end.",
        changes=(edit(DECODING, "        best = torch.where(ended, eos, best)\n", ""),),
    ),
    Variant(
        name="beam_in_lists",
        why="Hypotheses in Python lists, the best of a beam by a topk in each and a sort over all.",
        changes=(
            redefine(
                DECODING,
                """
def beam_search(next_log_probs, bos, eos, beam, max_length, alpha=0.0):
    opened, finished = [([bos], 0.0)], []
    for step in range(max_length):
        logs = next_log_probs(torch.tensor([tokens for tokens, _ in opened]))
        values, words = logs.topk(min(beam, logs.shape[1]), dim=1)
        everything = []
        for (tokens, total), row, chosen in zip(opened, values.tolist(), words.tolist()):
            everything += [(tokens + [word], total + value) for value, word in zip(row, chosen)]
        everything.sort(key=lambda one: one[1], reverse=True)
        opened = []
        for tokens, total in everything[:beam]:
            if tokens[-1] == eos:
                finished.append((tokens[1:-1], total / (step + 1) ** alpha))
            else:
                opened.append((tokens, total))
        if not opened:
            break
    finished += [(tokens[1:], total / (len(tokens) - 1) ** alpha) for tokens, total in opened]
    finished.sort(key=lambda one: one[1], reverse=True)
    return finished
""",
            ),
        ),
    ),
    Variant(
        name="translate_with_the_cache",
        why="Greedy translation by steps with the cache.",
        changes=(
            redefine(
                DECODING,
                """
_by_decode = translate


def translate(model, source, bos, eos, max_length, beam=None, alpha=0.0):
    if beam is not None:
        return _by_decode(model, source, bos, eos, max_length, beam, alpha)
    before = model.training
    model.eval()
    with torch.no_grad():
        cache = [model.start(source)]

        def following(tokens):
            logits, cache[0] = model.step(tokens[:, -1], cache[0])
            return logits.log_softmax(dim=-1)

        found = greedy_decode(following, len(source), bos, eos, max_length)
    model.train(before)
    return found
""",
            ),
        ),
    ),
    Variant(
        name="bleu_by_dicts",
        why="Counts in dicts; the geometric mean as a product to the power of 1/n.",
        changes=(
            redefine(
                BLEU,
                """
def corpus_bleu(hypotheses, references, max_order=4, smoothing="none"):
    def counted(tokens, order):
        found = {}
        for start in range(len(tokens) - order + 1):
            gram = tuple(tokens[start : start + order])
            found[gram] = found.get(gram, 0) + 1
        return found

    precisions = []
    for order in range(1, max_order + 1):
        match = total = 0
        for hypothesis, group in zip(hypotheses, references):
            tables = [counted(one, order) for one in group]
            for gram, count in counted(hypothesis, order).items():
                match += min(count, max(table.get(gram, 0) for table in tables))
                total += count
        if smoothing == "add-one" and order > 1:
            match, total = match + 1, total + 1
        precisions.append(match / total if total else 0.0)
    c = sum(map(len, hypotheses))
    r = sum(
        sorted(map(len, group), key=lambda length: (abs(length - len(hypothesis)), length))[0]
        for hypothesis, group in zip(hypotheses, references)
    )
    penalty = 0.0 if c == 0 else 1.0 if c >= r else math.exp(1 - r / c)
    names = {f"precision_{order}": value for order, value in enumerate(precisions, 1)}
    return {"bleu": 100 * penalty * math.prod(precisions) ** (1 / max_order), "brevity_penalty": penalty} | names
""",
            ),
        ),
    ),
]

VARIANTS = [*LANGUAGE, *SENTIMENTS, *TRANSLATION]
