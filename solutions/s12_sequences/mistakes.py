"""Wrong implementations of s12_sequences that students really write."""

from autograder.course.mistakes import Mistake, edit, redefine

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
    Mistake(
        name="pairs_counted_once_a_word",
        hint="Each different piece counts once; it should count as often as it occurs.",
        catches=(
            "test_pairs_are_counted_and_merged",
            "test_byte_pairs",
        ),
        changes=(edit(TOKENISER, "            pairs[pair] += count\n", "            pairs[pair] += 1\n"),),
        source="own",
    ),
    Mistake(
        name="merge_from_the_right",
        hint="Pairs are merged from the right; of three equal tokens the first two should be merged.",
        catches=("test_pairs_are_counted_and_merged",),
        changes=(
            edit(
                TOKENISER,
                ("    merged: list[int] = []\n    place = 0\n"),
                (
                    "    if len(set(pair)) == 1:\n"
                    "        return tuple(_from_the_right(word, pair, new))\n"
                    "    merged: list[int] = []\n"
                    "    place = 0\n"
                ),
            ),
            redefine(
                TOKENISER,
                """
def _from_the_right(word, pair, new):
    left, place = [], len(word)
    while place > 0:
        if tuple(word[place - 2 : place]) == pair and place > 1:
            left.insert(0, new)
            place -= 2
        else:
            left.insert(0, word[place - 1])
            place -= 1
    return left
""",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="bpe_ties_to_the_greatest",
        hint=("Of pairs that occur equally often the greatest is merged; the specification says the smallest."),
        catches=("test_byte_pairs",),
        changes=(
            edit(
                TOKENISER,
                "key=lambda pair: (-pairs[pair], pair)",
                "key=lambda pair: (-pairs[pair], -pair[0], -pair[1])",
            ),
        ),
        source="torch-alternatives 58",
    ),
    Mistake(
        name="bpe_ties_to_the_first_seen",
        hint=(
            "Of pairs that occur equally often the first one in the text is merged; the "
            "specification says the smallest."
        ),
        catches=("test_byte_pairs",),
        changes=(edit(TOKENISER, "key=lambda pair: (-pairs[pair], pair)", "key=lambda pair: -pairs[pair]"),),
        source="torch-alternatives 58",
    ),
    Mistake(
        name="bpe_merges_single_pairs",
        hint="Pairs that occur once are merged; learning should stop when no pair occurs twice.",
        catches=("test_learning_stops_without_pairs",),
        changes=(edit(TOKENISER, "if best is None or pairs[best] < 2:", "if best is None:"),),
        source="own",
    ),
    Mistake(
        name="bpe_across_words",
        hint="Pairs are counted and merged across the borders of pieces.",
        catches=(
            "test_byte_pairs",
            "test_codes_of_given_merges",
        ),
        changes=(
            edit(TOKENISER, '    return re.findall(r" ?[^\\s]+|\\s", text)', "    return [text] if text else []"),
        ),
        source="own",
    ),
    Mistake(
        name="bpe_greedy_longest",
        hint=(
            "encode takes the longest known id at each place; it should apply the merges in "
            "the order in which they were learnt."
        ),
        catches=("test_codes_of_given_merges",),
        changes=(
            edit(
                TOKENISER,
                ("            while True:\n                known ="),
                ("            word = self._longest(word)\n            while False:\n                known ="),
            ),
            redefine(
                TOKENISER,
                """
class BytePairTokeniser(BytePairTokeniser):
    def _longest(self, word):
        parts = {bytes([byte]): byte for byte in range(256)}
        names = [bytes([byte]) for byte in range(256)]
        for number, (left, right) in enumerate(self.merges):
            names.append(names[left] + names[right])
            parts.setdefault(names[-1], 256 + number)
        data, found = bytes(word), []
        while data:
            size = max(size for size in range(1, len(data) + 1) if data[:size] in parts)
            found.append(parts[data[:size]])
            data = data[size:]
        return found
""",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="bpe_last_merge_first",
        hint=("encode applies the merge that was learnt last first; it should be the one learnt first."),
        catches=("test_codes_of_given_merges",),
        changes=(edit(TOKENISER, "first = min(known)", "first = max(known)"),),
        source="own",
    ),
    Mistake(
        name="bpe_decodes_one_by_one",
        hint=("Each id is decoded to a string by itself; the bytes of one character may be in two ids."),
        catches=("test_bytes_that_are_no_text",),
        changes=(
            edit(
                TOKENISER,
                'return b"".join(parts[number] for number in ids).decode("utf-8", errors="replace")',
                'return "".join(parts[number].decode("utf-8", errors="replace") for number in ids)',
            ),
        ),
        source="own",
    ),
    Mistake(
        name="unknown_is_padding",
        hint="Unknown tokens have the id of padding.",
        catches=("test_vocabulary",),
        changes=(edit(TOKENISER, "self._ids.get(token, UNKNOWN)", "self._ids.get(token, PAD)"),),
        source="torch-student-bugs 136",
    ),
    Mistake(
        name="vocabulary_ties_as_seen",
        hint="Tokens that occur equally often are in the order in which they were seen.",
        catches=("test_vocabulary",),
        changes=(
            edit(
                TOKENISER,
                "key=lambda token: (-counts[token], token)",
                "key=lambda token: (-counts[token], -ord(token[-1]))",
            ),
        ),
        source="torch-alternatives 58",
    ),
    Mistake(
        name="decode_goes_on_after_eos",
        hint="decode goes on after EOS.",
        catches=("test_vocabulary",),
        changes=(
            edit(
                TOKENISER,
                ("            if number == EOS:\n                break\n"),
                ("            if number == EOS:\n                continue\n"),
            ),
        ),
        source="torch-student-bugs 137",
    ),
    Mistake(
        name="streams_interleaved",
        hint="Rows are not contiguous text: neighbours of the text are in different rows.",
        catches=("test_streams_and_windows",),
        changes=(edit(CORPUS, ".reshape(batch_size, length)", ".reshape(length, batch_size).t()"),),
        source="torch-student-bugs 124",
    ),
    Mistake(
        name="targets_not_shifted",
        hint="The target is the token itself; it should be the next one.",
        catches=("test_streams_and_windows",),
        changes=(edit(CORPUS, "streams[:, start + 1 : end + 1]", "streams[:, start:end]"),),
        source="torch-student-bugs 97",
    ),
    Mistake(
        name="targets_shifted_twice",
        hint="The target is two tokens later.",
        catches=("test_streams_and_windows",),
        changes=(
            edit(CORPUS, "last = streams.shape[1] - 1\n", "last = streams.shape[1] - 2\n"),
            edit(CORPUS, "streams[:, start + 1 : end + 1]", "streams[:, start + 2 : end + 2]"),
        ),
        source="torch-student-bugs 98",
    ),
    Mistake(
        name="last_window_dropped",
        hint="The last window is left out where it is shorter.",
        catches=("test_streams_and_windows",),
        changes=(
            edit(
                CORPUS,
                "        end = min(start + length, last)\n",
                ("        end = start + length\n        if end > last:\n            return\n"),
            ),
        ),
        source="torch-student-bugs 49",
    ),
    Mistake(
        name="tying_copies",
        hint="The output's weight is a copy of the embedding's; they should be one parameter.",
        catches=(
            "test_shapes_of_parameters",
            "test_language_model",
        ),
        changes=(
            edit(
                LANGUAGE_MODEL,
                "self.output.weight = self.embedding.weight",
                "self.output.weight.data = self.embedding.weight.data.clone()",
            ),
        ),
        source="torch-student-bugs 117",
    ),
    Mistake(
        name="tied_sizes_not_checked",
        hint="Tied weights with other sizes are accepted.",
        catches=("test_tied_sizes",),
        changes=(edit(LANGUAGE_MODEL, "if tied and embedding_size != hidden_size:", "if False:"),),
        source="own",
    ),
    Mistake(
        name="batch_first_forgotten",
        hint="The recurrent layer takes the batch for time: batch_first is missing.",
        catches=("test_language_model",),
        changes=(edit(LANGUAGE_MODEL, "layers, batch_first=True, dropout=between)", "layers, dropout=between)"),),
        source="torch-student-bugs 112",
    ),
    Mistake(
        name="state_ignored",
        hint="The state that is given is ignored.",
        catches=(
            "test_language_model",
            "test_perplexity",
        ),
        changes=(
            edit(
                LANGUAGE_MODEL,
                "self.rnn(self.dropout(self.embedding(tokens)), state)",
                "self.rnn(self.dropout(self.embedding(tokens)))",
            ),
        ),
        source="torch-student-bugs 123",
    ),
    Mistake(
        name="lm_dropout_always_on",
        hint="Dropout is on in evaluation, too: functional dropout has training=True as default.",
        catches=(
            "test_dropout",
            "test_perplexity",
        ),
        changes=(
            edit(
                LANGUAGE_MODEL,
                "self.dropout = nn.Dropout(dropout)",
                "self.dropout = lambda x: nn.functional.dropout(x, dropout)",
            ),
        ),
        source="torch-student-bugs 19",
    ),
    Mistake(
        name="state_not_detached",
        hint=("Gradients flow into the window before: the state is not detached, or the graph is kept."),
        catches=("test_training_on_streams",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                (
                    "    if isinstance(state, Tensor):\n"
                    "        return state.detach()\n"
                    "    return tuple(part.detach() for part in state)"
                ),
                "    return state",
            ),
            edit(LANGUAGE_MODEL, "        loss.backward()\n", "        loss.backward(retain_graph=True)\n"),
            edit(
                LANGUAGE_MODEL,
                ("        optimiser.step()\n        total"),
                (
                    "        with torch.no_grad():\n"
                    "            for part in optimiser.param_groups[0]['params']:\n"
                    "                part.data = part.data - 0.5 * part.grad\n"
                    "        total"
                ),
            ),
        ),
        source="torch-student-bugs 122",
    ),
    Mistake(
        name="state_raises",
        hint="The state is not detached: the second window's backward pass raises an error.",
        catches=("test_training_on_streams",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                (
                    "    if isinstance(state, Tensor):\n"
                    "        return state.detach()\n"
                    "    return tuple(part.detach() for part in state)"
                ),
                "    return state",
            ),
        ),
        source="torch-student-bugs 122",
    ),
    Mistake(
        name="state_reset_each_window",
        hint="Every window begins without a state; the text goes on, so the state should, too.",
        catches=("test_training_on_streams",),
        changes=(
            edit(LANGUAGE_MODEL, "model(inputs, None if state is None else detached(state))", "model(inputs, None)"),
        ),
        source="torch-student-bugs 123",
    ),
    Mistake(
        name="gradients_not_cleared",
        hint="Gradients of the windows before are still there.",
        catches=("test_training_on_streams",),
        changes=(edit(LANGUAGE_MODEL, "        optimiser.zero_grad()\n", ""),),
        source="torch-student-bugs 6",
    ),
    Mistake(
        name="loss_is_mean_of_windows",
        hint="The loss is the mean of the windows' means; every token should count the same.",
        catches=("test_training_on_streams",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                (
                    "        total += float(loss.detach()) * targets.numel()\n"
                    "        count += targets.numel()\n"
                    "    return total / count"
                ),
                ("        total += float(loss.detach())\n        count += 1\n    return total / count"),
            ),
        ),
        source="torch-student-bugs 22",
    ),
    Mistake(
        name="clipped_by_value",
        hint="Each gradient is clipped by itself; max_norm is for the norm of all together.",
        catches=("test_clipped_training",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                "clip_grad_norm_(model.parameters(), max_norm)",
                "clip_grad_value_(model.parameters(), max_norm)",
            ),
        ),
        source="torch-student-bugs 37",
    ),
    Mistake(
        name="perplexity_of_window_means",
        hint="The perplexity is taken from the mean of the windows' means.",
        catches=("test_perplexity",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                (
                    "            total += float(cross_entropy(logits.flatten(0, 1), "
                    'targets.flatten(), reduction="sum"))\n'
                    "            count += targets.numel()\n"
                ),
                (
                    "            total += float(cross_entropy(logits.flatten(0, 1), targets.flatten()))\n"
                    "            count += 1\n"
                ),
            ),
        ),
        source="torch-student-bugs 22",
    ),
    Mistake(
        name="perplexity_base_two",
        hint="The perplexity is 2 to the power of nats; with the natural logarithm it is exp.",
        catches=("test_perplexity",),
        changes=(edit(LANGUAGE_MODEL, "    return math.exp(total / count)", "    return 2.0 ** (total / count)"),),
        source="torch-student-bugs 121",
    ),
    Mistake(
        name="perplexity_without_state",
        hint="Each window of the evaluation begins without a state.",
        catches=("test_perplexity",),
        changes=(edit(LANGUAGE_MODEL, "logits, state = model(inputs, state)\n", "logits, _ = model(inputs)\n"),),
        source="torch-student-bugs 123",
    ),
    Mistake(
        name="perplexity_in_training_mode",
        hint="The perplexity is measured with dropout.",
        catches=("test_perplexity",),
        changes=(edit(LANGUAGE_MODEL, ("    model.eval()\n    state, total"), "    state, total"),),
        source="torch-student-bugs 16",
    ),
    Mistake(
        name="perplexity_ends_in_training",
        hint=("After the evaluation the model is always in training mode; it should be in the mode in which it was."),
        catches=("test_perplexity",),
        changes=(
            edit(
                LANGUAGE_MODEL,
                ("    model.train(was_training)\n    return math"),
                ("    model.train()\n    return math"),
            ),
        ),
        source="torch-student-bugs 18",
    ),
    Mistake(
        name="lm_sees_no_history",
        hint="The logits depend on the last token only.",
        catches=(
            "test_language_is_learnt",
            "test_language_model",
        ),
        changes=(
            edit(
                LANGUAGE_MODEL,
                "        return self.output(self.dropout(hidden)), state",
                (
                    "        return self.output(self.dropout(self.rnn(self.embedding(tokens.reshape(-"
                    "1, 1)))[0].reshape(hidden.shape))), state"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="temperature_multiplied",
        hint="Logits are multiplied by the temperature; they should be divided.",
        catches=("test_next_probabilities",),
        changes=(edit(SAMPLING, "logits = logits / temperature", "logits = logits * temperature"),),
        source="torch-student-bugs 138",
    ),
    Mistake(
        name="top_k_not_normalised",
        hint="The probabilities of the k tokens do not sum to 1.",
        catches=("test_next_probabilities",),
        changes=(
            edit(
                SAMPLING,
                (
                    "        logits = logits.masked_fill(logits < least, -torch.inf)\n"
                    "    probabilities = logits.softmax(dim=-1)"
                ),
                (
                    "        probabilities = logits.softmax(dim=-1).masked_fill(logits < least, 0.0)\n"
                    "    else:\n"
                    "        probabilities = logits.softmax(dim=-1)"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="top_p_leaves_out_the_last",
        hint="The token with which the sum reaches p is left out.",
        catches=(
            "test_next_probabilities",
            "test_top_p_is_reached_exactly",
        ),
        changes=(
            edit(
                SAMPLING,
                "torch.where(before < top_p, ordered, 0.0)",
                "torch.where((before + ordered < top_p) | (before == 0), ordered, 0.0)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="top_p_one_too_many",
        hint="One token too many is kept.",
        catches=(
            "test_next_probabilities",
            "test_top_p_is_reached_exactly",
        ),
        changes=(
            edit(
                SAMPLING,
                "before = ordered.cumsum(dim=-1) - ordered",
                (
                    "before = ordered.cumsum(dim=-1) - ordered\n"
                    "        before = torch.cat([torch.zeros_like(before[..., :1]), before[..., "
                    ":-1]], dim=-1)"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="top_p_in_sorted_order",
        hint="The probabilities come back sorted; each should be at its token.",
        catches=("test_next_probabilities",),
        changes=(
            edit(
                SAMPLING, "probabilities = torch.zeros_like(ordered).scatter(-1, places, kept)", "probabilities = kept"
            ),
        ),
        source="own",
    ),
    Mistake(
        name="generate_without_state",
        hint="Each new token is computed from the one before, without a state.",
        catches=("test_most_probable_continuation",),
        changes=(edit(SAMPLING, "logits, state = model(fed, state)", "logits, _ = model(fed)"),),
        source="torch-student-bugs 139",
    ),
    Mistake(
        name="generate_reads_twice",
        hint="All tokens are read again at each step, with the state of the step before.",
        catches=("test_most_probable_continuation",),
        changes=(
            edit(
                SAMPLING, "logits, state = model(fed, state)", "logits, state = model(torch.cat(tokens, dim=1), state)"
            ),
        ),
        source="torch-student-bugs 139",
    ),
    Mistake(
        name="generate_with_dropout",
        hint="Texts are generated with dropout.",
        catches=("test_most_probable_continuation",),
        changes=(edit(SAMPLING, "    model.eval()\n", ""),),
        source="torch-student-bugs 157",
    ),
    Mistake(
        name="generate_ignores_generator",
        hint="Tokens are drawn from the global generator.",
        catches=("test_tokens_are_drawn",),
        changes=(
            edit(
                SAMPLING,
                "torch.multinomial(probabilities, 1, generator=generator)",
                "torch.multinomial(probabilities, 1)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="generate_always_greedy",
        hint="The most probable token is taken; it should be drawn.",
        catches=("test_tokens_are_drawn",),
        changes=(
            edit(
                SAMPLING,
                "torch.multinomial(probabilities, 1, generator=generator)",
                "probabilities.argmax(dim=-1, keepdim=True)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="sampling_in_a_loop",
        hint="A Python loop over the rows and tokens.",
        catches=("test_sampling_in_time",),
        changes=(
            redefine(
                SAMPLING,
                """
def next_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    rows = []
    for row in logits / temperature:
        values = row.tolist()
        order = sorted(range(len(values)), key=lambda token: -values[token])
        if top_k is not None:
            order = order[:top_k]
        weights = [0.0] * len(values)
        for token in order:
            weights[token] = float((row[token] - row[order[0]]).exp())
        total, reached = sum(weights), 0.0
        for token in order:
            if top_p is not None and reached >= top_p:
                weights[token] = 0.0
            reached += weights[token] / total
        rows.append([weight / sum(weights) for weight in weights])
    return torch.tensor(rows, dtype=logits.dtype)
""",
            ),
        ),
        source="own",
    ),
]


SENTIMENTS = [
    Mistake(
        name="lengths_of_the_batch",
        hint="All lengths are the greatest length.",
        catches=("test_pad_batch",),
        changes=(
            edit(
                SENTIMENT,
                "    return tokens, lengths\n",
                "    return tokens, torch.full_like(lengths, int(lengths.max()))\n",
            ),
        ),
        source="torch-student-bugs 128",
    ),
    Mistake(
        name="sorted_by_length",
        hint="The batch is sorted by length; the order should stay.",
        catches=("test_pad_batch",),
        changes=(
            edit(
                SENTIMENT,
                "    lengths = torch.tensor([len(sequence) for sequence in sequences])\n",
                (
                    "    sequences = sorted(sequences, key=len, reverse=True)\n"
                    "    lengths = torch.tensor([len(sequence) for sequence in sequences])\n"
                ),
            ),
        ),
        source="torch-student-bugs 126",
    ),
    Mistake(
        name="pooling_without_mask",
        hint="Padding has attention weights.",
        catches=(
            "test_attention_pooling",
            "test_texts_by_themselves",
        ),
        changes=(edit(SENTIMENT, "scores.masked_fill(~mask, -torch.inf).softmax(dim=1)", "scores.softmax(dim=1)"),),
        source="torch-student-bugs 134",
    ),
    Mistake(
        name="pooling_masked_after_softmax",
        hint="Weights of padding are set to 0 after softmax: the others do not sum to 1.",
        catches=("test_attention_pooling",),
        changes=(
            edit(SENTIMENT, "scores.masked_fill(~mask, -torch.inf).softmax(dim=1)", "scores.softmax(dim=1) * mask"),
        ),
        source="own",
    ),
    Mistake(
        name="last_output_of_the_batch",
        hint="The state is taken at the last place of the batch, which may be padding.",
        catches=(
            "test_sentiment_classifier",
            "test_texts_by_themselves",
        ),
        changes=(
            edit(
                SENTIMENT,
                "            pooled = torch.cat([final[0], final[1]], dim=1)",
                "            pooled = self.rnn(self.embedding(tokens))[0][:, -1]",
            ),
        ),
        source="torch-student-bugs 129",
    ),
    Mistake(
        name="last_output_of_both_directions",
        hint=("The backward direction's state is taken at the last token, where it has read one token only."),
        catches=("test_sentiment_classifier",),
        changes=(
            edit(
                SENTIMENT,
                "            pooled = torch.cat([final[0], final[1]], dim=1)",
                (
                    "            states, _ = pad_packed_sequence(packed, batch_first=True)\n"
                    "            pooled = states[torch.arange(len(tokens)), lengths - 1]"
                ),
            ),
        ),
        source="torch-student-bugs 132",
    ),
    Mistake(
        name="directions_by_view",
        hint=("The states of the two directions are joined by view, which mixes the texts of the batch."),
        catches=(
            "test_sentiment_classifier",
            "test_texts_by_themselves",
        ),
        changes=(
            edit(
                SENTIMENT, "pooled = torch.cat([final[0], final[1]], dim=1)", "pooled = final.reshape(len(tokens), -1)"
            ),
        ),
        source="torch-student-bugs 131",
    ),
    Mistake(
        name="mean_over_padding",
        hint="The mean is taken over the length of the batch; it should be over each text's own.",
        catches=(
            "test_sentiment_classifier",
            "test_texts_by_themselves",
        ),
        changes=(edit(SENTIMENT, "states.sum(dim=1) / lengths[:, None]", "states.mean(dim=1)"),),
        source="torch-student-bugs 134",
    ),
    Mistake(
        name="gru_reads_padding",
        hint="The GRU reads the padding: nothing is packed or masked.",
        catches=("test_texts_by_themselves",),
        changes=(
            edit(
                SENTIMENT,
                (
                    "packed = pack_padded_sequence(self.embedding(tokens), lengths, "
                    "batch_first=True, enforce_sorted=False)"
                ),
                (
                    "packed = pack_padded_sequence(self.embedding(tokens), torch.full_like(lengths, "
                    "tokens.shape[1]), batch_first=True)"
                ),
            ),
        ),
        source="torch-student-bugs 129",
    ),
    Mistake(
        name="lengths_one_short",
        hint="The last token of each text is not read.",
        catches=("test_sentiment_classifier",),
        changes=(
            edit(
                SENTIMENT,
                "packed = pack_padded_sequence(self.embedding(tokens), lengths,",
                "packed = pack_padded_sequence(self.embedding(tokens), (lengths - 1).clamp(min=1),",
            ),
        ),
        source="torch-student-bugs 128",
    ),
    Mistake(
        name="order_of_words_ignored",
        hint="The logit does not depend on the order of the words.",
        catches=("test_sentiment_is_learnt",),
        changes=(
            redefine(
                SENTIMENT,
                """
class SentimentClassifier(SentimentClassifier):
    def forward(self, tokens, lengths):
        mask = torch.arange(tokens.shape[1]) < lengths[:, None]
        mean = (self.embedding(tokens) * mask[:, :, None]).sum(dim=1) / lengths[:, None]
        width = self.output.in_features
        return self.output(mean.repeat(1, width)[:, :width]).squeeze(1)
""",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="f1_is_a_mean",
        hint="F1 is the mean of precision and recall; it should be the harmonic mean.",
        catches=("test_binary_metrics",),
        changes=(
            edit(
                METRICS,
                "2 * hit / (positive + true) if positive + true else 0.0",
                "(hit / max(positive, 1) + hit / max(true, 1)) / 2",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="metrics_divide_by_zero",
        hint="A denominator of 0 raises an error.",
        catches=("test_binary_metrics",),
        changes=(edit(METRICS, "hit / positive if positive else 0.0", "hit / positive"),),
        source="own",
    ),
    Mistake(
        name="threshold_by_accuracy",
        hint="The threshold has the best accuracy; it should have the best F1.",
        catches=("test_best_threshold",),
        changes=(edit(METRICS, 'labels)["f1"]', 'labels)["accuracy"]'),),
        source="own",
    ),
    Mistake(
        name="threshold_greatest_of_equal",
        hint="Of equal F1 the greatest threshold is taken.",
        catches=("test_best_threshold",),
        changes=(edit(METRICS, "if f1 > best:", "if f1 >= best:"),),
        source="own",
    ),
    Mistake(
        name="threshold_chosen_on_test",
        hint="The threshold is chosen on the test set.",
        catches=("test_threshold_of_validation",),
        changes=(
            edit(
                METRICS,
                "threshold = best_threshold(valid_scores, valid_labels)",
                "threshold = best_threshold(test_scores, test_labels)",
            ),
        ),
        source="torch-student-bugs 222",
    ),
    Mistake(
        name="neighbours_by_product",
        hint=("Neighbours are those with the greatest product; long vectors win. It should be the cosine."),
        catches=("test_nearest",),
        changes=(
            edit(
                NEIGHBOURS,
                (
                    "    unit = vectors / vectors.norm(dim=1, keepdim=True)\n"
                    "    return _closest(unit, unit[word], [word], count)"
                ),
                "    return _closest(vectors, vectors[word], [word], count)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="neighbour_is_itself",
        hint="The word is its own nearest neighbour.",
        catches=("test_nearest",),
        changes=(edit(NEIGHBOURS, "unit[word], [word], count)", "unit[word], [], count)"),),
        source="own",
    ),
    Mistake(
        name="analogy_of_raw_vectors",
        hint="The sum is made of vectors that are not divided by their length.",
        catches=("test_analogy",),
        changes=(edit(NEIGHBOURS, "unit[b] - unit[a] + unit[c]", "vectors[b] - vectors[a] + vectors[c]"),),
        source="own",
    ),
    Mistake(
        name="analogy_answers_with_the_question",
        hint="a, b and c are among the answers.",
        catches=("test_analogy",),
        changes=(edit(NEIGHBOURS, "[a, b, c], count)", "[], count)"),),
        source="own",
    ),
]


TRANSLATION = [
    Mistake(
        name="source_attention_without_mask",
        hint="The decoder attends to padding of the source.",
        catches=("test_attention",),
        changes=(edit(SEQ2SEQ, "scores.masked_fill(~mask, -torch.inf).softmax(dim=1)", "scores.softmax(dim=1)"),),
        source="torch-student-bugs 107",
    ),
    Mistake(
        name="luong_scaled",
        hint="The score is divided by the root of the size; Luong's is not.",
        catches=("test_attention",),
        changes=(
            edit(
                SEQ2SEQ,
                "(self.key(keys) @ query[:, :, None]).squeeze(2)",
                "(self.key(keys) @ query[:, :, None]).squeeze(2) / query.shape[1] ** 0.5",
            ),
        ),
        source="torch-alternatives 43",
    ),
    Mistake(
        name="attention_over_the_batch",
        hint="Softmax is over the sentences of the batch; it should be over the source's tokens.",
        catches=("test_attention",),
        changes=(
            edit(
                SEQ2SEQ,
                "scores.masked_fill(~mask, -torch.inf).softmax(dim=1)",
                "scores.masked_fill(~mask, -1e9).softmax(dim=0)",
            ),
        ),
        source="torch-student-bugs 4",
    ),
    Mistake(
        name="bridge_by_view",
        hint="The two directions' states are joined by view, which mixes the sentences of the batch.",
        catches=(
            "test_encoder",
            "test_other_sentences_change_nothing",
        ),
        changes=(
            edit(
                SEQ2SEQ,
                "self.bridge(torch.cat([final[0], final[1]], dim=1)).tanh()",
                "self.bridge(final.reshape(len(source), -1)).tanh()",
            ),
        ),
        source="torch-student-bugs 133",
    ),
    Mistake(
        name="encoder_reads_padding",
        hint="The encoder reads the padding: nothing is packed or masked.",
        catches=(
            "test_encoder",
            "test_other_sentences_change_nothing",
        ),
        changes=(
            edit(
                SEQ2SEQ,
                (
                    "packed = pack_padded_sequence(self.embedding(source), lengths, "
                    "batch_first=True, enforce_sorted=False)"
                ),
                (
                    "packed = pack_padded_sequence(self.embedding(source), torch.full_like(lengths, "
                    "source.shape[1]), batch_first=True)"
                ),
            ),
        ),
        source="torch-student-bugs 129",
    ),
    Mistake(
        name="bahdanau_from_the_new_state",
        hint="Bahdanau's context is computed from the new state; it should be from the old one.",
        catches=("test_decoder_step",),
        changes=(
            edit(
                SEQ2SEQ,
                ("            state = self.cell(torch.cat([embedded, context], dim=1), state)\n            return"),
                (
                    "            state = self.cell(torch.cat([embedded, context], dim=1), state)\n"
                    "            context, weights = self.attention(state, keys, mask)\n"
                    "            return"
                ),
            ),
        ),
        source="torch-alternatives 43",
    ),
    Mistake(
        name="luong_from_the_old_state",
        hint="Luong's context is computed from the old state; it should be from the new one.",
        catches=("test_decoder_step",),
        changes=(
            edit(
                SEQ2SEQ,
                (
                    "        state = self.cell(embedded, state)\n"
                    "        context, weights = self.attention(state, keys, mask)"
                ),
                (
                    "        context, weights = self.attention(state, keys, mask)\n"
                    "        state = self.cell(embedded, state)"
                ),
            ),
        ),
        source="torch-alternatives 43",
    ),
    Mistake(
        name="luong_joined_in_the_other_order",
        hint="State and context are joined in the other order.",
        catches=("test_decoder_step",),
        changes=(
            edit(
                SEQ2SEQ,
                "self.combine(torch.cat([context, state], dim=1))",
                "self.combine(torch.cat([state, context], dim=1))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="decoder_state_not_carried",
        hint="Each step of the decoder begins with the encoder's state.",
        catches=("test_seq2seq",),
        changes=(
            edit(
                SEQ2SEQ,
                (
                    "            logits, state, weights = self.decoder.step(tokens, state, keys, mask)\n"
                    "            found"
                ),
                ("            logits, _, weights = self.decoder.step(tokens, state, keys, mask)\n            found"),
            ),
        ),
        source="torch-student-bugs 139",
    ),
    Mistake(
        name="decoder_feeds_itself",
        hint="The decoder reads its own answers; with teacher forcing it should read the inputs.",
        catches=("test_seq2seq",),
        changes=(
            edit(
                SEQ2SEQ,
                ("        for tokens in inputs.unbind(dim=1):\n            logits"),
                (
                    "        tokens = inputs[:, 0]\n"
                    "        for _ in range(inputs.shape[1]):\n"
                    "            tokens = logits.argmax(dim=1) if found else tokens\n"
                    "            logits"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="mask_shows_the_future",
        hint="The causal mask is the wrong way round: it shows later tokens.",
        catches=(
            "test_masks",
            "test_later_tokens_change_nothing_before",
        ),
        changes=(edit(TRANSFORMER, "dtype=torch.bool).tril()", "dtype=torch.bool).triu()"),),
        source="torch-student-bugs 101",
    ),
    Mistake(
        name="mask_shows_one_future_token",
        hint="One later token is visible.",
        catches=(
            "test_masks",
            "test_later_tokens_change_nothing_before",
        ),
        changes=(edit(TRANSFORMER, "dtype=torch.bool).tril()", "dtype=torch.bool).tril(1)"),),
        source="torch-student-bugs 102",
    ),
    Mistake(
        name="mask_polarity",
        hint="True hides in the masks; here True means: may attend.",
        catches=("test_masks",),
        changes=(
            edit(
                TRANSFORMER,
                "return torch.ones(length, length, dtype=torch.bool).tril()",
                "return ~torch.ones(length, length, dtype=torch.bool).tril()",
            ),
            edit(TRANSFORMER, "return (tokens != pad)[:, None, None]", "return (tokens == pad)[:, None, None]"),
            edit(TRANSFORMER, "scores.masked_fill(~mask, -torch.inf)", "scores.masked_fill(mask, -torch.inf)"),
            edit(
                TRANSFORMER,
                "mask = causal_mask(inputs.shape[1]) & key_mask(inputs, self.pad)",
                "mask = causal_mask(inputs.shape[1]) | key_mask(inputs, self.pad)",
            ),
        ),
        source="torch-student-bugs 104",
    ),
    Mistake(
        name="mask_on_queries",
        hint="The mask of padding is on the queries; it should be on the keys.",
        catches=("test_masks",),
        changes=(edit(TRANSFORMER, "(tokens != pad)[:, None, None]", "(tokens != pad)[:, None, :, None]"),),
        source="torch-student-bugs 106",
    ),
    Mistake(
        name="positions_from_one",
        hint="Positions begin at 1; they should begin at 0.",
        catches=("test_positions",),
        changes=(
            edit(
                TRANSFORMER,
                "steps = torch.arange(length, dtype=torch.float64)[:, None]",
                "steps = torch.arange(1, length + 1, dtype=torch.float64)[:, None]",
            ),
        ),
        source="torch-alternatives 47",
    ),
    Mistake(
        name="positions_in_halves",
        hint="Sines are in the first half and cosines in the second; they should alternate.",
        catches=("test_positions",),
        changes=(
            edit(
                TRANSFORMER,
                "torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)",
                "torch.cat([angles.sin(), angles.cos()], dim=1)",
            ),
        ),
        source="torch-alternatives 47",
    ),
    Mistake(
        name="heads_by_view",
        hint="Heads are split by view without moving the axis, which mixes positions and heads.",
        catches=("test_multi_head_attention",),
        changes=(
            edit(
                TRANSFORMER,
                "return x.view(count, length, self.heads, features // self.heads).transpose(1, 2)",
                "return x.view(count, self.heads, length, features // self.heads)",
            ),
        ),
        source="torch-student-bugs 111",
    ),
    Mistake(
        name="scores_not_scaled",
        hint="Scores are not divided by the root of the head's size.",
        catches=("test_multi_head_attention",),
        changes=(edit(TRANSFORMER, " / math.sqrt(query.shape[-1])", ""),),
        source="own",
    ),
    Mistake(
        name="multi_head_mask_ignored",
        hint="The mask is ignored.",
        catches=(
            "test_multi_head_attention",
            "test_padding_changes_nothing",
        ),
        changes=(
            edit(
                TRANSFORMER,
                ("        if mask is not None:\n            scores = scores.masked_fill(~mask, -torch.inf)\n"),
                "",
            ),
        ),
        source="torch-student-bugs 107",
    ),
    Mistake(
        name="norms_in_the_wrong_place",
        hint="pre and post are swapped.",
        catches=(
            "test_encoder_layer",
            "test_decoder_layer",
        ),
        changes=(edit(TRANSFORMER, 'self.pre = norm == "pre"', 'self.pre = norm != "pre"'),),
        source="torch-alternatives 46",
    ),
    Mistake(
        name="residual_of_the_normed",
        hint="The residual connection carries norm(x); it should carry x.",
        catches=(
            "test_encoder_layer",
            "test_decoder_layer",
        ),
        changes=(
            edit(
                TRANSFORMER,
                "return x + self.dropout(layer(self.norm(x)))",
                "return self.norm(x) + self.dropout(layer(self.norm(x)))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="decoder_attends_to_itself_twice",
        hint=("The second attention of the decoder attends to the target; it should attend to the source."),
        catches=("test_decoder_layer",),
        changes=(
            edit(
                TRANSFORMER,
                "lambda y: self.source_attention(y, memory, memory_mask)[0]",
                "lambda y: self.source_attention(y, y, mask)[0]",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="decoder_layer_ignores_the_source_mask",
        hint="The decoder layer ignores the mask of the source.",
        catches=(
            "test_decoder_layer",
            "test_transformer",
        ),
        changes=(
            edit(
                TRANSFORMER,
                "self.source_attention(y, memory, memory_mask)[0]",
                "self.source_attention(y, memory, None)[0]",
            ),
        ),
        source="torch-student-bugs 107",
    ),
    Mistake(
        name="embeddings_not_scaled",
        hint="Embeddings are not multiplied by the root of d_model.",
        catches=("test_transformer",),
        changes=(
            edit(TRANSFORMER, "vectors = table(tokens) * math.sqrt(table.embedding_dim)", "vectors = table(tokens)"),
        ),
        source="torch-student-bugs 116",
    ),
    Mistake(
        name="positions_along_the_batch",
        hint="The positions are added along the batch: all tokens of a sentence have the same.",
        catches=("test_transformer",),
        changes=(
            edit(
                TRANSFORMER,
                "places = self.positions[first : first + tokens.shape[1]].to(vectors.dtype)",
                "places = self.positions[first : first + tokens.shape[0], None].to(vectors.dtype)",
            ),
        ),
        source="torch-student-bugs 113",
    ),
    Mistake(
        name="last_norm_forgotten",
        hint="There is no norm after the last layers with pre-LN.",
        catches=(
            "test_shapes_of_parameters",
            "test_transformer",
        ),
        changes=(
            edit(
                TRANSFORMER,
                'self.encoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()',
                "self.encoder_norm = nn.Identity()",
            ),
            edit(
                TRANSFORMER,
                'self.decoder_norm = nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()',
                "self.decoder_norm = nn.Identity()",
            ),
        ),
        source="torch-alternatives 46",
    ),
    Mistake(
        name="decoder_without_causal_mask",
        hint="The decoder sees later tokens of its target.",
        catches=(
            "test_transformer",
            "test_later_tokens_change_nothing_before",
        ),
        changes=(
            edit(
                TRANSFORMER,
                "mask = causal_mask(inputs.shape[1]) & key_mask(inputs, self.pad)",
                "mask = key_mask(inputs, self.pad)",
            ),
        ),
        source="torch-student-bugs 101",
    ),
    Mistake(
        name="source_padding_visible",
        hint="The encoder attends to padding.",
        catches=(
            "test_transformer",
            "test_padding_changes_nothing",
        ),
        changes=(
            edit(
                TRANSFORMER,
                ("            x = layer(x, mask)\n        return self.encoder_norm"),
                ("            x = layer(x, None)\n        return self.encoder_norm"),
            ),
        ),
        source="torch-student-bugs 107",
    ),
    Mistake(
        name="transformer_without_dropout",
        hint="There is no dropout in the Transformer.",
        catches=("test_dropout",),
        changes=(
            edit(TRANSFORMER, "        return self.dropout(vectors + places)", "        return vectors + places"),
            edit(TRANSFORMER, "x + self.dropout(layer(self.norm(x)))", "x + layer(self.norm(x))"),
        ),
        source="own",
    ),
    Mistake(
        name="embeddings_start_large",
        hint=("Embeddings begin with a standard deviation of 1: times the root of d_model they drown the positions."),
        catches=("test_translation_is_learnt",),
        changes=(edit(TRANSFORMER, "std=d_model**-0.5", "std=1.0"),),
        source="own",
    ),
    Mistake(
        name="cache_position_zero",
        hint="In steps with the cache every token is at position 0.",
        catches=("test_steps_with_a_cache",),
        changes=(edit(TRANSFORMER, 'tokens[:, None], cache["length"])', "tokens[:, None], 0)"),),
        source="torch-student-bugs 114",
    ),
    Mistake(
        name="cache_changed_in_place",
        hint="The cache that is given is changed: a search cannot go on from it twice.",
        catches=("test_steps_with_a_cache",),
        changes=(
            edit(
                TRANSFORMER,
                ("            layers.append(kept)\n        logits = self.output(self.decoder_norm(x))[:, 0]\n"),
                (
                    "            layers.append(kept)\n"
                    '        cache["layers"] = layers\n'
                    "        logits = self.output(self.decoder_norm(x))[:, 0]\n"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="cache_of_tokens",
        hint="The cache keeps tokens only, and everything is computed again at each step.",
        catches=("test_cached_steps_in_time",),
        changes=(
            redefine(
                TRANSFORMER,
                """
class Transformer(Transformer):
    def start(self, source):
        return {"source": source, "tokens": source[:, :0]}

    def step(self, tokens, cache):
        inputs = torch.cat([cache["tokens"], tokens[:, None]], dim=1)
        return self.forward(cache["source"], inputs)[:, -1], {**cache, "tokens": inputs}
""",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="attention_in_a_loop",
        hint="A Python loop over the queries.",
        catches=("test_attention_in_time",),
        changes=(
            redefine(
                TRANSFORMER,
                """
class MultiHeadAttention(MultiHeadAttention):
    def attend(self, queries, keys, values, mask):
        query, found = self.split(self.query(queries)), []
        for place in range(query.shape[2]):
            scores = (query[:, :, place : place + 1] * keys).sum(dim=-1)[:, :, None] / math.sqrt(query.shape[-1])
            if mask is not None:
                shown = mask if mask.shape[-2:-1] in ((), (1,)) else mask[..., place : place + 1, :]
                scores = scores.masked_fill(~shown, -torch.inf)
            weights = scores.softmax(dim=-1)
            found.append((weights @ values, weights))
        heads, weights = (torch.cat(part, dim=2) for part in zip(*found, strict=True))
        return self.output(heads.transpose(1, 2).flatten(2)), weights
""",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="inputs_not_shifted",
        hint="The decoder reads the token that it should answer with.",
        catches=("test_teacher_forcing",),
        changes=(
            edit(
                OBJECTIVES, "inputs = torch.cat([border, target], dim=1)", "inputs = torch.cat([target, border], dim=1)"
            ),
        ),
        source="torch-student-bugs 97",
    ),
    Mistake(
        name="eos_at_the_end_of_the_row",
        hint="EOS is at the end of the row, after the padding; it should follow each sentence.",
        catches=("test_teacher_forcing",),
        changes=(edit(OBJECTIVES, "labels[torch.arange(len(target)), lengths] = eos", "labels[:, -1] = eos"),),
        source="torch-student-bugs 99",
    ),
    Mistake(
        name="eos_missing",
        hint="The labels have no EOS, so decoding never ends.",
        catches=("test_teacher_forcing",),
        changes=(edit(OBJECTIVES, "    labels[torch.arange(len(target)), lengths] = eos\n", ""),),
        source="torch-student-bugs 99",
    ),
    Mistake(
        name="loss_counts_padding",
        hint="Places of padding are in the mean.",
        catches=("test_smoothed_loss",),
        changes=(edit(OBJECTIVES, "counted = labels != pad", "counted = labels >= 0"),),
        source="torch-student-bugs 118",
    ),
    Mistake(
        name="loss_divided_by_all_places",
        hint="The sum is divided by all places; it should be by those that are not padding.",
        catches=("test_smoothed_loss",),
        changes=(edit(OBJECTIVES, "losses[counted].sum() / counted.sum()", "losses[counted].sum() / counted.numel()"),),
        source="torch-student-bugs 119",
    ),
    Mistake(
        name="smoothing_for_padding",
        hint="The token of padding gets a part of the smoothing.",
        catches=("test_smoothed_loss",),
        changes=(edit(OBJECTIVES, "    spread[..., pad] = 0\n", ""),),
        source="own",
    ),
    Mistake(
        name="smoothing_over_all_tokens",
        hint="The smoothing is shared by all V tokens; it should be by the V − 2 others.",
        catches=("test_smoothed_loss",),
        changes=(edit(OBJECTIVES, "smoothing / (logs.shape[-1] - 2)", "smoothing / logs.shape[-1]"),),
        source="torch-alternatives",
    ),
    Mistake(
        name="schedule_starts_at_step_two",
        hint="The first step of the optimiser has the rate of step 2.",
        catches=("test_warm_up",),
        changes=(edit(OBJECTIVES, "warmup_rate(done + 1, d_model, warmup)", "warmup_rate(done + 2, d_model, warmup)"),),
        source="torch-student-bugs 26",
    ),
    Mistake(
        name="schedule_starts_at_zero",
        hint="The first step has the rate of step 0.",
        catches=("test_warm_up",),
        changes=(
            edit(
                OBJECTIVES,
                "lambda done: warmup_rate(done + 1, d_model, warmup)",
                "lambda done: warmup_rate(done, d_model, warmup) if done else 0.0",
            ),
        ),
        source="torch-student-bugs 156",
    ),
    Mistake(
        name="greedy_stops_at_the_first_eos",
        hint="Decoding stops for the whole batch when one sentence has ended.",
        catches=("test_greedy_decoding",),
        changes=(edit(DECODING, "if bool(ended.all()):", "if bool(ended.any()):"),),
        source="torch-student-bugs 137",
    ),
    Mistake(
        name="greedy_goes_on_after_eos",
        hint="Tokens after EOS are in the result.",
        catches=("test_greedy_decoding",),
        changes=(
            edit(
                DECODING,
                "return tokens[: tokens.index(eos)] if eos in tokens else tokens",
                "return [token for token in tokens if token != eos]",
            ),
            edit(DECODING, "        best = torch.where(ended, eos, best)\n", ""),
        ),
        source="torch-student-bugs 137",
    ),
    Mistake(
        name="greedy_never_stops_early",
        hint="next_log_probs is called although all sentences have ended.",
        catches=("test_greedy_decoding",),
        changes=(edit(DECODING, ("        if bool(ended.all()):\n            break\n"), ""),),
        source="torch-student-bugs 137",
    ),
    Mistake(
        name="beam_is_greedy",
        hint="Each hypothesis keeps its best token only: the beam is copies of the greedy sentence.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                "kept, places = totals.flatten().topk(min(beam, totals.numel()))",
                "kept, places = totals.flatten().topk(1)",
            ),
        ),
        source="torch-student-bugs 141",
    ),
    Mistake(
        name="beam_chosen_per_hypothesis",
        hint=(
            "The best continuations are taken from each hypothesis by itself; they should be taken from all together."
        ),
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                (
                    "        kept, places = totals.flatten().topk(min(beam, totals.numel()))\n"
                    "        rows, words = places // logs.shape[1], places % logs.shape[1]\n"
                ),
                (
                    "        each = max(1, min(beam // len(totals), logs.shape[1]))\n"
                    "        kept, words = (part.flatten() for part in totals.topk(each, dim=1))\n"
                    "        rows = torch.arange(len(totals)).repeat_interleave(each)\n"
                ),
            ),
        ),
        source="torch-student-bugs 141",
    ),
    Mistake(
        name="beam_continues_finished",
        hint="Finished hypotheses are continued.",
        catches=(
            "test_beam_search_opens_the_right_hypotheses",
            "test_beam_search",
        ),
        changes=(
            edit(
                DECODING,
                (
                    "        tokens, sums = tokens[~done], kept[~done]\n"
                    "        if len(tokens) == 0:\n"
                    "            break\n"
                ),
                "        sums = kept\n",
            ),
        ),
        source="torch-student-bugs 142",
    ),
    Mistake(
        name="beam_drops_unfinished",
        hint="Hypotheses that are still open after max_length steps are thrown away.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                "        done = ended if length < max_length else torch.ones_like(ended)\n",
                "        done = ended\n",
            ),
        ),
        source="torch-student-bugs 142",
    ),
    Mistake(
        name="beam_normalises_sums",
        hint="The sum that goes on is divided by the length, so that it is divided again and again.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                "        tokens, sums = tokens[~done], kept[~done]\n",
                "        tokens, sums = tokens[~done], kept[~done] / length**alpha\n",
            ),
        ),
        source="torch-student-bugs 144",
    ),
    Mistake(
        name="beam_length_counts_bos",
        hint="The length counts BOS.",
        catches=(
            "test_beam_search",
            "test_beam_search_against_brute_force",
        ),
        changes=(edit(DECODING, "total / length**alpha", "total / (length + 1) ** alpha"),),
        source="torch-student-bugs 143",
    ),
    Mistake(
        name="beam_length_without_eos",
        hint="The length does not count EOS.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                "finished.append((_until(row[1:], eos), total / length**alpha))",
                ("finished.append((_until(row[1:], eos), total / max(1, len(_until(row[1:], eos))) ** alpha))"),
            ),
        ),
        source="torch-student-bugs 143",
    ),
    Mistake(
        name="beam_stops_at_the_first_end",
        hint="The search ends with the first finished hypothesis.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                ("        if len(tokens) == 0:\n            break\n"),
                ("        if len(tokens) == 0 or finished:\n            break\n"),
            ),
        ),
        source="torch-student-bugs 142",
    ),
    Mistake(
        name="beam_sorted_by_sum",
        hint="The hypotheses are sorted by their sum; it should be by their score.",
        catches=("test_beam_search",),
        changes=(
            edit(
                DECODING,
                "return sorted(finished, key=lambda one: -one[1])",
                (
                    "return sorted(finished, key=lambda one: -one[1] * (len(one[0]) + (len(one[0]) < "
                    "max_length)) ** alpha)"
                ),
            ),
        ),
        source="torch-student-bugs 142",
    ),
    Mistake(
        name="beam_keeps_its_width",
        hint=("When a hypothesis ends another one is opened in its place: the beam does not become narrower."),
        catches=("test_beam_search_opens_the_right_hypotheses",),
        changes=(
            edit(
                DECODING,
                ("        kept, places = totals.flatten().topk(min(beam, totals.numel()))\n        rows,"),
                (
                    "        totals = totals.clone()\n"
                    "        kept, places = totals.flatten().topk(min(2 * beam, totals.numel()))\n"
                    "        chosen = (places % logs.shape[1] == eos).logical_or((places % "
                    "logs.shape[1] != eos).cumsum(0) <= beam)\n"
                    "        kept, places = kept[chosen], places[chosen]\n"
                    "        rows,"
                ),
            ),
        ),
        source="torch-alternatives 52",
    ),
    Mistake(
        name="beam_in_a_loop",
        hint="A Python loop over all continuations.",
        catches=("test_beam_search_in_time",),
        changes=(
            edit(
                DECODING,
                "        kept, places = totals.flatten().topk(min(beam, totals.numel()))\n",
                (
                    "        ordered = sorted(enumerate(totals.flatten().tolist()), key=lambda one: "
                    "-one[1])[:beam]\n"
                    "        places = torch.tensor([place for place, _ in ordered])\n"
                    "        kept = totals.flatten()[places]\n"
                ),
            ),
        ),
        source="own",
    ),
    Mistake(
        name="translate_with_dropout",
        hint="Translations are made with dropout.",
        catches=("test_translate",),
        changes=(edit(DECODING, "    model.eval()\n", ""),),
        source="torch-student-bugs 157",
    ),
    Mistake(
        name="translate_without_source_mask",
        hint="The source's mask is not used in decoding.",
        catches=("test_translate",),
        changes=(edit(DECODING, "memory[chosen], mask[chosen])", "memory[chosen], torch.ones_like(mask[chosen]))"),),
        source="torch-student-bugs 107",
    ),
    Mistake(
        name="bleu_mean_of_sentences",
        hint="BLEU is the mean of the sentences' BLEU; counts should be summed over the corpus.",
        catches=("test_bleu",),
        changes=(
            redefine(
                BLEU,
                """
_of_corpus = corpus_bleu


def corpus_bleu(hypotheses, references, max_order=4, smoothing="none"):
    found = [_of_corpus([one], [group], max_order, smoothing) for one, group in zip(hypotheses, references)]
    return {name: sum(one[name] for one in found) / len(found) for name in found[0]}
""",
            ),
        ),
        source="torch-student-bugs 153",
    ),
    Mistake(
        name="bleu_not_clipped",
        hint="Matches are not clipped: a repeated n-gram counts each time.",
        catches=("test_bleu",),
        changes=(
            edit(
                BLEU,
                "matches[order - 1] += (counts & most).total()",
                "matches[order - 1] += sum(count for gram, count in counts.items() if gram in most)",
            ),
        ),
        source="torch-student-bugs 152",
    ),
    Mistake(
        name="bleu_clipped_by_the_sum",
        hint="Matches are clipped by the sum over the references; it should be the greatest of them.",
        catches=("test_bleu_of_several_references",),
        changes=(edit(BLEU, "most |= ngram_counts(one, order)", "most += ngram_counts(one, order)"),),
        source="torch-student-bugs 152",
    ),
    Mistake(
        name="bleu_arithmetic_mean",
        hint="The mean of the precisions is arithmetic; it should be geometric.",
        catches=("test_bleu",),
        changes=(
            edit(
                BLEU,
                "math.exp(sum(math.log(precision) for precision in precisions) / max_order)",
                "sum(precisions) / max_order",
            ),
        ),
        source="torch-student-bugs 154",
    ),
    Mistake(
        name="bleu_brevity_inverted",
        hint="The brevity penalty is inverted: exp(1 − c / r).",
        catches=("test_brevity_penalty",),
        changes=(
            edit(
                BLEU,
                "min(1.0, math.exp(1 - reference_length / hypothesis_length))",
                "max(1.0, math.exp(1 - hypothesis_length / reference_length))",
            ),
        ),
        source="torch-student-bugs 148",
    ),
    Mistake(
        name="bleu_without_brevity",
        hint="There is no brevity penalty.",
        catches=(
            "test_brevity_penalty",
            "test_bleu",
        ),
        changes=(edit(BLEU, "return min(1.0, math.exp(1 - reference_length / hypothesis_length))", "return 1.0"),),
        source="torch-student-bugs 148",
    ),
    Mistake(
        name="bleu_shortest_reference",
        hint="The length is that of the shortest reference; it should be the closest.",
        catches=("test_bleu_of_several_references",),
        changes=(
            edit(BLEU, "min((abs(len(one) - length), len(one)) for one in group)[1]", "min(len(one) for one in group)"),
        ),
        source="torch-student-bugs 149",
    ),
    Mistake(
        name="bleu_first_of_equally_close",
        hint="Of two equally close references the longer one is taken.",
        catches=("test_bleu_of_several_references",),
        changes=(
            edit(
                BLEU,
                "min((abs(len(one) - length), len(one)) for one in group)[1]",
                "-min((abs(len(one) - length), -len(one)) for one in group)[1]",
            ),
        ),
        source="torch-student-bugs 149",
    ),
    Mistake(
        name="bleu_short_sentences_count_one",
        hint="A sentence that is too short for an order counts one n-gram in its denominator.",
        catches=("test_bleu",),
        changes=(edit(BLEU, "totals[order - 1] += counts.total()", "totals[order - 1] += max(1, counts.total())"),),
        source="torch-student-bugs 153",
    ),
    Mistake(
        name="bleu_smooths_order_one",
        hint="Order 1 is smoothed, too.",
        catches=("test_bleu_smoothing",),
        changes=(edit(BLEU, 'if smoothing == "add-one" and order > 0 else', 'if smoothing == "add-one" else'),),
        source="own",
    ),
    Mistake(
        name="bleu_never_smoothed",
        hint="smoothing changes nothing.",
        catches=("test_bleu_smoothing",),
        changes=(edit(BLEU, 'if smoothing == "add-one" and order > 0 else', 'if smoothing == "nothing" else'),),
        source="own",
    ),
    Mistake(
        name="bleu_without_empty_orders",
        hint="Orders without a match are left out of the mean.",
        catches=("test_bleu_smoothing",),
        changes=(
            edit(
                BLEU,
                (
                    "    if min(precisions) > 0:\n"
                    "        score = 100 * penalty * math.exp(sum(math.log(precision) for precision "
                    "in precisions) / max_order)"
                ),
                (
                    "    some = [precision for precision in precisions if precision > 0]\n"
                    "    if some:\n"
                    "        score = 100 * penalty * math.exp(sum(math.log(precision) for precision "
                    "in some) / len(some))"
                ),
            ),
        ),
        source="torch-student-bugs 153",
    ),
]

MISTAKES = [*LANGUAGE, *SENTIMENTS, *TRANSLATION]
