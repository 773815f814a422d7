"""Wrong recurrent layers and language models that students write, the tests that each exists for, and its hint."""

from autograder.course.mistakes import Mistake, edit, redefine

RNN = "scratch/rnn.py"
EMBEDDING = "scratch/embedding.py"
MODEL = "scratch/language_model.py"

STEP = "self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)"
INITIALS = "tuple(state[k] for state in states)"
CARRY = "grad_state = (grad_state[0] + from_hidden[t] @ weight_hh.data, *grad_state[1:])"
ARRIVING = "arriving, held = (grad_state[0] + grad_output[t], *grad_state[1:]), None"
MASKED = "arriving = tuple(self._valid[t] * grad for grad in arriving)"
HELD = "held = [np.where(self._valid[t], 0.0, grad) for grad in grad_state]"
HOLD = "state = tuple(np.where(self._valid[t], new, old) for new, old in zip(state, before, strict=True))"
VALID = "(times < lengths)[:, :, None]"
GRAD_IH = "np.tensordot(from_input, inputs, axes=([0, 1], [0, 1]))"
GRAD_HH = "np.tensordot(from_hidden, befores, axes=([0, 1], [0, 1]))"
LSTM_GATES = "a_i, a_f, a_g, a_o = np.split(from_input + from_hidden, 4, axis=1)"
LSTM_GRADS = "np.concatenate([grad_i, grad_f, grad_g, grad_o], axis=1)"
GRU_NEW = "((1.0 - z) * n + z * state[0],)"
UNIFORM = "generator.uniform(-bound, bound, shape)"
SCATTER = "np.add.at(grad, self._indices.ravel(), rows)  # grad[indices] += rows would count a repeated word once"
SCORES = "grad_scores = -self._signs * sigmoid(-self._margins) / len(self._v)"
LOSS = "float(np.logaddexp(0.0, -self._margins).sum() / len(centres))"
TARGETS = "targets = tokens[1 : batch_size * length + 1].reshape(batch_size, length)"
TRAINED = "logits, state = model(inputs, state)  # the state is an array without a history: nothing to detach"
MEASURED = "        logits, state = model(inputs, state)\n        total +="
DRAWN = "written.append(int(generator.choice(len(probabilities), p=probabilities)))"
FED = "logits, state = model(np.array([written[-1:]]), state)"

MISTAKES = [
    # The language model comes first: a hint is that of the first mistake with the same results, and a state lost by the
    # training loop gives what a state lost by the layer gives.
    Mistake(
        name="targets_are_the_inputs",
        hint="The targets equal the inputs; each target should be the character after its input.",
        catches=("test_chunks",),
        changes=(edit(MODEL, TARGETS, "targets = inputs"),),
    ),
    Mistake(
        name="streams_interleaved",
        hint="Row n takes every batch_size-th character; it should be a continuous part of the text.",
        catches=("test_chunks",),
        changes=(
            edit(
                MODEL,
                "inputs = tokens[: batch_size * length].reshape(batch_size, length)",
                "inputs = tokens[: batch_size * length].reshape(length, batch_size).T",
            ),
            edit(MODEL, TARGETS, "targets = tokens[1 : batch_size * length + 1].reshape(length, batch_size).T"),
        ),
    ),
    Mistake(
        name="shorter_chunk_dropped",
        hint="The last chunk is missing if it is shorter than seq_len.",
        catches=("test_chunks",),
        changes=(
            edit(MODEL, "starts = range(0, length, seq_len)", "starts = range(0, length - seq_len + 1, seq_len)"),
        ),
    ),
    Mistake(
        name="chunks_follow_one_another_in_the_batch",
        hint="The rows of one chunk follow one another in the text; row n should continue in row n of the next chunk.",
        catches=("test_chunks",),
        changes=(
            redefine(
                MODEL,
                """
def text_chunks(tokens, batch_size, seq_len):
    length = (len(tokens) - 1) // batch_size
    found, start = [], 0
    for first in range(0, length, seq_len):
        steps = min(seq_len, length - first)
        rows = start + steps * np.arange(batch_size)[:, None] + np.arange(steps)
        found.append((tokens[rows], tokens[rows + 1]))
        start += steps * batch_size
    return found
""",
            ),
        ),
        source="student-bugs 102",
    ),
    Mistake(
        name="streams_without_their_last_character",
        hint="The target of a row's last character is the row's first character; it should be the next one in the "
        "text.",
        catches=("test_chunks",),
        changes=(edit(MODEL, TARGETS, "targets = np.roll(inputs, -1, axis=1)"),),
    ),
    Mistake(
        name="model_ignores_rng",
        hint="The linear layer's weights do not come from rng.",
        catches=("test_new_model",),
        changes=(
            edit(MODEL, "Linear(hidden_size, vocabulary_size, rng=generator)", "Linear(hidden_size, vocabulary_size)"),
        ),
    ),
    Mistake(
        name="embedding_is_not_trained",
        hint="The embedding has no gradient: backward stops at the recurrent layer.",
        catches=("test_training_steps",),
        changes=(
            edit(MODEL, "self.embedding.backward(grad_embedded)", "self.embedding.backward(0.0 * grad_embedded)"),
        ),
        source="student-bugs 9",
    ),
    Mistake(
        name="state_reset_in_training",
        hint="Each chunk starts from zeros; it should start from the final state of the previous chunk.",
        catches=("test_training_steps",),
        changes=(edit(MODEL, TRAINED, "logits, _ = model(inputs)"),),
        source="student-bugs 102",
    ),
    Mistake(
        name="state_carried_into_the_next_epoch",
        hint="The first chunk of an epoch starts from the last state of the previous epoch; it should start from "
        "zeros.",
        catches=("test_training_steps",),
        changes=(
            edit(
                MODEL,
                "criterion, state, losses = CrossEntropyLoss(), None, []",
                'criterion, state, losses = CrossEntropyLoss(), getattr(model, "last", None), []',
            ),
            edit(MODEL, TRAINED, "logits, state = model(inputs, state)\n        model.last = state"),
        ),
        source="student-bugs 102",
    ),
    Mistake(
        name="gradients_of_earlier_chunks_kept",
        hint="The gradients of earlier chunks are still there: call zero_grad before each backward.",
        catches=("test_training_steps",),
        changes=(edit(MODEL, "        optimiser.zero_grad()\n", ""),),
        source="student-bugs 15",
    ),
    Mistake(
        name="gradients_not_clipped",
        hint="The gradients are not clipped to max_norm.",
        catches=("test_training_steps",),
        changes=(edit(MODEL, "        clip_grad_norm_(model.parameters(), max_norm)\n", ""),),
    ),
    Mistake(
        name="clipped_after_the_step",
        hint="The gradients are clipped after the optimiser has used them.",
        catches=("test_training_steps",),
        changes=(
            edit(
                MODEL,
                "        clip_grad_norm_(model.parameters(), max_norm)\n        optimiser.step()\n",
                "        optimiser.step()\n        clip_grad_norm_(model.parameters(), max_norm)\n",
            ),
        ),
    ),
    Mistake(
        name="clipped_one_by_one",
        hint="Each parameter's gradient is clipped by its own norm; use the norm of all gradients together.",
        catches=("test_training_steps",),
        changes=(
            edit(
                MODEL,
                "        clip_grad_norm_(model.parameters(), max_norm)\n",
                "        for parameter in model.parameters():\n            clip_grad_norm_([parameter], max_norm)\n",
            ),
        ),
        source="student-bugs 52",
    ),
    Mistake(
        name="loss_summed_over_the_steps",
        hint="The loss is a sum over the steps of the chunk; it should be the mean over all its characters.",
        catches=("test_training_steps",),
        changes=(
            edit(
                MODEL,
                "losses.append(criterion.forward(logits.reshape(-1, logits.shape[-1]), targets.ravel()))",
                "losses.append(targets.shape[1] * criterion.forward(logits.reshape(-1, logits.shape[-1]), "
                "targets.ravel()))",
            ),
            edit(
                MODEL,
                "model.backward(criterion.backward().reshape(logits.shape))",
                "model.backward(targets.shape[1] * criterion.backward().reshape(logits.shape))",
            ),
        ),
        source="student-bugs 24",
    ),
    Mistake(
        name="only_the_first_chunks_train",
        hint="Only the first chunks of an epoch are used for training: is there still a limit from an early trial?",
        catches=("test_model_learns_words",),
        changes=(
            edit(
                MODEL,
                "losses = CrossEntropyLoss(), None, []\n    for inputs, targets in chunks:",
                "losses = CrossEntropyLoss(), None, []\n    for inputs, targets in list(chunks)[:5]:",
            ),
        ),
    ),
    Mistake(
        name="perplexity_is_a_mean_over_chunks",
        hint="The perplexity uses the mean over chunks; a shorter chunk has fewer characters and should have less "
        "weight.",
        catches=("test_perplexity",),
        changes=(
            edit(MODEL, "total += targets.size * criterion", "total += criterion"),
            edit(MODEL, "count += targets.size", "count += 1"),
        ),
        source="student-bugs 106",
    ),
    Mistake(
        name="perplexity_with_base_two",
        hint="The perplexity is a power of 2; the cross-entropy is in nats, so it should be a power of e.",
        catches=("test_perplexity",),
        changes=(edit(MODEL, "float(np.exp(total / count))", "float(2.0 ** (total / count))"),),
    ),
    Mistake(
        name="perplexity_is_the_loss",
        hint="This is the cross-entropy; the perplexity is its exponential.",
        catches=("test_perplexity",),
        changes=(edit(MODEL, "float(np.exp(total / count))", "float(total / count)"),),
    ),
    Mistake(
        name="state_reset_in_perplexity",
        hint="Each chunk starts from zeros when the perplexity is computed; keep the state, as in training.",
        catches=("test_perplexity",),
        changes=(edit(MODEL, MEASURED, "        logits, state = model(inputs)\n        total +="),),
        source="student-bugs 102",
    ),
    Mistake(
        name="temperature_multiplies",
        hint="The logits are multiplied by the temperature: a high temperature should make the probabilities more "
        "equal.",
        catches=("test_probabilities_at_temperatures",),
        changes=(edit(MODEL, "softmax(logits / temperature, axis=-1)", "softmax(logits * temperature, axis=-1)"),),
    ),
    Mistake(
        name="temperature_after_softmax",
        hint="The probabilities are divided by the temperature and then normalised again: that changes nothing.",
        catches=("test_probabilities_at_temperatures",),
        changes=(
            edit(
                MODEL,
                "return softmax(logits / temperature, axis=-1)",
                "cooled = softmax(logits, axis=-1) / temperature\n"
                "    return cooled / cooled.sum(axis=-1, keepdims=True)",
            ),
        ),
    ),
    Mistake(
        name="temperature_of_zero_divides",
        hint="At temperature 0 the logits are divided by 0: choose the character with the largest logit.",
        catches=("test_temperature_worked_example",),
        changes=(
            edit(
                MODEL,
                "        return (logits == logits.max(axis=-1, keepdims=True)).astype(np.float64)\n",
                '        with np.errstate(all="ignore"):\n            return softmax(logits / 0.0, axis=-1)\n',
            ),
        ),
    ),
    Mistake(
        name="probabilities_of_all_rows_together",
        hint="The probabilities of all rows together sum to 1; each row should sum to 1.",
        catches=("test_probabilities_at_temperatures",),
        changes=(
            edit(
                MODEL,
                "softmax(logits / temperature, axis=-1)",
                "softmax(logits.ravel() / temperature).reshape(logits.shape)",
            ),
        ),
    ),
    Mistake(
        name="exponentials_overflow",
        hint="exp(logits / temperature) overflows: subtract the largest logit first.",
        catches=("test_probabilities_at_temperatures",),
        changes=(
            edit(
                MODEL,
                "return softmax(logits / temperature, axis=-1)",
                'with np.errstate(all="ignore"):\n        powers = np.exp(logits / temperature)\n'
                "        return powers / powers.sum(axis=-1, keepdims=True)",
            ),
        ),
        source="student-bugs 19",
    ),
    Mistake(
        name="temperature_unchecked",
        hint="A negative temperature reverses the order of the logits: raise ValueError.",
        catches=("test_negative_temperatures_are_refused",),
        changes=(edit(MODEL, "    if temperature < 0:\n", "    if temperature is None:\n"),),
    ),
    Mistake(
        name="only_the_end_of_the_prompt_is_read",
        hint="The model reads only the last character of the prompt; it should read all of it.",
        catches=("test_greedy_text",),
        changes=(edit(MODEL, "model(prompt[None, :])", "model(prompt[None, -1:])"),),
    ),
    Mistake(
        name="state_lost_while_writing",
        hint="The model loses its state after each character: pass it to the next call.",
        catches=("test_greedy_text",),
        changes=(edit(MODEL, FED, "logits, _ = model(np.array([written[-1:]]))"),),
        source="student-bugs 102",
    ),
    Mistake(
        name="model_does_not_read_what_it_writes",
        hint="The model always reads the end of the prompt again; it should read the character that it produced last.",
        catches=("test_greedy_text",),
        changes=(edit(MODEL, FED, "logits, state = model(prompt[None, -1:], state)"),),
    ),
    Mistake(
        name="prompt_is_part_of_the_result",
        hint="The result starts with the prompt; it should have only the characters after it.",
        catches=("test_greedy_text",),
        changes=(
            edit(
                MODEL,
                "return np.array(written, dtype=np.int64)",
                "return np.array([*prompt, *written], dtype=np.int64)[:length]",
            ),
        ),
    ),
    Mistake(
        name="always_the_likeliest_character",
        hint="The most probable character is always chosen, at every temperature: draw by the probabilities.",
        catches=("test_sampled_characters_have_their_probabilities",),
        changes=(edit(MODEL, DRAWN, "written.append(int(probabilities.argmax()))"),),
    ),
    Mistake(
        name="temperature_ignored_while_writing",
        hint="generate does not use its argument temperature: it always draws as at temperature 1.",
        catches=("test_sampled_characters_have_their_probabilities",),
        changes=(edit(MODEL, "next_probabilities(logits[0, -1], temperature)", "next_probabilities(logits[0, -1])"),),
    ),
    Mistake(
        name="text_from_the_global_generator",
        hint="The characters are drawn from np.random; they should be drawn from the given generator.",
        catches=("test_text_comes_from_the_generator",),
        changes=(
            edit(
                MODEL,
                "generator.choice(len(probabilities), p=probabilities)",
                "np.random.choice(len(probabilities), p=probabilities)",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="text_with_a_fixed_seed",
        hint="Without a generator the text is always the same: a new default_rng() has no fixed seed.",
        catches=("test_text_comes_from_the_generator",),
        changes=(
            edit(
                MODEL,
                "generator = np.random.default_rng() if rng is None else rng\n    written",
                "generator = np.random.default_rng(0) if rng is None else rng\n    written",
            ),
        ),
        source="student-bugs 76",
    ),
    Mistake(
        name="model_ignores_the_state",
        hint="The model does not pass its argument state to the recurrent layer.",
        catches=("test_model_logits",),
        changes=(edit(MODEL, "self.rnn(self.embedding(indices), hx)", "self.rnn(self.embedding(indices))"),),
        source="student-bugs 102",
    ),
    Mistake(
        name="model_ignores_the_final_states_gradient",
        hint="The model does not pass grad_hx to the recurrent layer.",
        catches=("test_model_gradients",),
        changes=(
            edit(
                MODEL,
                "self.rnn.backward(self.head.backward(grad_logits), grad_hx)",
                "self.rnn.backward(self.head.backward(grad_logits))",
            ),
        ),
    ),
    # recurrent layers: parameters and states
    Mistake(
        name="one_bias_only",
        hint="Each layer has one bias; as in PyTorch it should have two, bias_ih and bias_hh.",
        catches=("test_rnn_output", "test_rnn_gradients"),
        changes=(
            edit(RNN, '                (f"bias_hh_l{k}", (rows,)),\n', ""),
            edit(
                RNN,
                '("weight_ih", "weight_hh", "bias_ih", "bias_hh")]',
                '("weight_ih", "weight_hh", "bias_ih", "bias_ih")]',
            ),
        ),
        source="student-bugs 100",
    ),
    Mistake(
        name="hidden_bias_left_out",
        hint="bias_hh is not added; it is added to W_hh h.",
        catches=("test_rnn_output",),
        changes=(edit(RNN, STEP, "self._step(from_input[t], before[0] @ weight_hh.T, before)"),),
    ),
    Mistake(
        name="hidden_bias_without_gradient",
        hint="bias_hh has no gradient; it is in the same sum as bias_ih.",
        catches=("test_rnn_gradients",),
        changes=(
            edit(
                RNN,
                "bias_hh.accumulate(from_hidden.sum(axis=(0, 1)))",
                "bias_hh.accumulate(0.0 * from_hidden.sum(axis=(0, 1)))",
            ),
        ),
        source="student-bugs 100",
    ),
    Mistake(
        name="bound_by_input_size",
        hint="The bound of the initial weights is 1/sqrt of the number of inputs; PyTorch uses hidden_size in every "
        "layer.",
        catches=("test_initial_weights",),
        changes=(
            edit(
                RNN,
                UNIFORM,
                "generator.uniform(-1.0, 1.0, shape) / np.sqrt(shape[-1] if len(shape) == 2 else hidden_size)",
            ),
        ),
    ),
    Mistake(
        name="initial_biases_of_zero",
        hint="The biases start at 0; here they should have the same distribution as the weights.",
        catches=("test_initial_weights",),
        changes=(edit(RNN, UNIFORM, "generator.uniform(-bound, bound, shape) * (len(shape) == 2)"),),
    ),
    Mistake(
        name="normal_initial_weights",
        hint="The initial weights are normal; they should be uniform between plus and minus 1/sqrt(hidden_size).",
        catches=("test_initial_weights",),
        changes=(edit(RNN, UNIFORM, "bound * generator.standard_normal(shape)"),),
    ),
    Mistake(
        name="layers_do_not_pass_rng_on",
        hint="The recurrent weights do not come from rng: the same seed should give the same model.",
        catches=("test_new_model",),
        changes=(
            edit(
                RNN,
                "generator = np.random.default_rng() if rng is None else rng",
                "generator = np.random.default_rng()",
            ),
        ),
    ),
    Mistake(
        name="initial_state_ignored",
        hint="The given initial state is not used: the layer starts from zeros.",
        catches=("test_rnn_output", "test_sequence_in_two_pieces"),
        changes=(edit(RNN, INITIALS, "tuple(0.0 * state[k] for state in states)"),),
    ),
    Mistake(
        name="initial_state_of_layer_0_for_all",
        hint="Every layer starts from the initial state of the first; each layer should use its own.",
        catches=("test_rnn_output",),
        changes=(edit(RNN, INITIALS, "tuple(state[0] for state in states)"),),
    ),
    Mistake(
        name="state_kept_between_calls",
        hint="Without hx the layer continues from its last final state; it should start from zeros.",
        catches=("test_passes_do_not_disturb_each_other",),
        changes=(
            edit(
                RNN,
                "        states = self._checked(inputs, hx, lengths)\n",
                "        hx = getattr(self, 'kept', None) if hx is None else hx\n"
                "        states = self._checked(inputs, hx, lengths)\n",
            ),
            edit(
                RNN,
                "        return output.copy(), self._packed([np.stack(parts) for parts in zip(*finals, "
                "strict=True)])\n",
                "        self.kept = self._packed([np.stack(parts) for parts in zip(*finals, strict=True)])\n"
                "        return output.copy(), self.kept\n",
            ),
        ),
        source="student-bugs 102",
    ),
    Mistake(
        name="final_state_of_the_last_layer_for_all",
        hint="The final state of the last layer is returned for every layer; each layer should have its own.",
        catches=("test_rnn_output",),
        changes=(edit(RNN, "            finals.append(final)\n", "            finals = [final] * (k + 1)\n"),),
    ),
    Mistake(
        name="shapes_unchecked",
        hint="numpy broadcasts a state or lengths of another shape: compare shapes and raise ValueError.",
        catches=("test_wrong_shapes_are_refused",),
        changes=(
            edit(RNN, "if any(part.shape != shape for part in parts):", "if any(part.ndim != 3 for part in parts):"),
            edit(
                RNN,
                "lengths is not None and (lengths.shape != (batch,) or lengths.min() < 1 or lengths.max() > steps)",
                "lengths is not None and lengths.ndim != 1",
            ),
        ),
    ),
    # recurrent layers: time, layers, batch
    Mistake(
        name="gradient_stops_after_one_step",
        hint="The gradient does not go from h_t back to h_{t-1} through W_hh: backpropagation through time needs that.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, CARRY, "grad_state = (grad_state[0], *grad_state[1:])"),),
    ),
    Mistake(
        name="gradient_of_the_last_output_only",
        hint="Only the gradient of the last step's output is used; every step has an output.",
        catches=("test_rnn_gradients",),
        changes=(
            edit(
                RNN,
                ARRIVING,
                "arriving, held = (grad_state[0] + grad_output[t] * (t == len(inputs) - 1), *grad_state[1:]), None",
            ),
        ),
    ),
    Mistake(
        name="outputs_without_gradient_from_later_steps",
        hint="The gradient from later steps is replaced by that of the step's output: add the two.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, ARRIVING, "arriving, held = (grad_output[t], *grad_state[1:]), None"),),
        source="student-bugs 1",
    ),
    Mistake(
        name="backward_in_the_order_of_time",
        hint="backward goes through the steps from first to last; it should start at the last step.",
        catches=("test_rnn_gradients",),
        changes=(
            edit(
                RNN,
                "for t in reversed(range(len(inputs))):\n            arriving",
                "for t in range(len(inputs)):\n            arriving",
            ),
        ),
    ),
    Mistake(
        name="final_states_gradient_ignored",
        hint="The gradient with respect to the final state (grad_hx) is not used.",
        catches=("test_gradient_from_the_final_state",),
        changes=(edit(RNN, "grad_finals = self._parts(grad_hx,", "grad_finals = self._parts(None,"),),
    ),
    Mistake(
        name="final_states_gradient_into_the_last_layer_only",
        hint="grad_hx is used in the last layer only; every layer has a final state.",
        catches=("test_gradient_from_the_final_state",),
        changes=(
            edit(
                RNN,
                "tuple(part[k] for part in grad_finals)",
                "tuple(part[k] * (k == self.num_layers - 1) for part in grad_finals)",
            ),
        ),
    ),
    Mistake(
        name="initial_states_gradient_of_zeros",
        hint="The gradient of the initial state is returned as zeros.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, "grad_states = [np.stack(parts[::-1])", "grad_states = [0.0 * np.stack(parts[::-1])"),),
    ),
    Mistake(
        name="initial_states_gradient_only_where_one_was_given",
        hint="Without an initial state its gradient is returned as zeros; it should be that of a state of zeros.",
        catches=("test_no_initial_state_is_zeros",),
        changes=(
            edit(
                RNN,
                "        self._layers, finals = [], []\n",
                "        self._layers, finals, self._given = [], [], hx is not None\n",
            ),
            edit(RNN, "grad_states = [np.stack(parts[::-1])", "grad_states = [self._given * np.stack(parts[::-1])"),
        ),
    ),
    Mistake(
        name="initial_states_gradient_from_the_last_layer_down",
        hint="The gradients of the initial states are in the order of backward, with the last layer first: reverse it.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, "np.stack(parts[::-1])", "np.stack(parts)"),),
    ),
    Mistake(
        name="recurrent_weight_with_the_new_state",
        hint="The gradient of weight_hh uses h_t; it should use h_{t-1}, which was in the product.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, "            befores.append(before[0])\n", "            befores.append(state[0])\n"),),
    ),
    Mistake(
        name="gradients_averaged_over_the_batch",
        hint="The gradients of the weights are means over the batch; they should be sums.",
        catches=("test_rnn_gradients",),
        changes=(
            edit(RNN, f"weight_ih.accumulate({GRAD_IH})", f"weight_ih.accumulate({GRAD_IH} / inputs.shape[1])"),
            edit(RNN, f"weight_hh.accumulate({GRAD_HH})", f"weight_hh.accumulate({GRAD_HH} / inputs.shape[1])"),
            edit(
                RNN,
                "bias_ih.accumulate(from_input.sum(axis=(0, 1)))",
                "bias_ih.accumulate(from_input.mean(axis=1).sum(axis=0))",
            ),
            edit(
                RNN,
                "bias_hh.accumulate(from_hidden.sum(axis=(0, 1)))",
                "bias_hh.accumulate(from_hidden.mean(axis=1).sum(axis=0))",
            ),
        ),
        source="student-bugs 101",
    ),
    Mistake(
        name="weight_gradient_of_the_first_step_only",
        hint="The gradients of the weights are those of one step; they should be sums over all steps.",
        catches=("test_rnn_gradients",),
        changes=(
            edit(RNN, GRAD_IH, "from_input[0].T @ inputs[0]"),
            edit(RNN, GRAD_HH, "from_hidden[0].T @ befores[0]"),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="recurrent_gradients_overwritten",
        hint="A second backward replaces the gradients of the first; it should add to them (accumulate).",
        catches=("test_passes_do_not_disturb_each_other",),
        changes=(
            edit(RNN, f"weight_ih.accumulate({GRAD_IH})", f"weight_ih.grad = {GRAD_IH}"),
            edit(RNN, f"weight_hh.accumulate({GRAD_HH})", f"weight_hh.grad = {GRAD_HH}"),
        ),
        source="student-bugs 1",
    ),
    Mistake(
        name="batch_first_ignored",
        hint="batch_first has no effect: if it is True, the first axis of x is the batch.",
        catches=("test_batch_first",),
        changes=(edit(RNN, "self.batch_first = batch_first", "self.batch_first = False"),),
        source="student-bugs 104",
    ),
    Mistake(
        name="batch_first_missing_in_backward",
        hint="With batch_first the first axis of grad_x is time; grad_x should have the shape of x.",
        catches=("test_batch_first",),
        changes=(edit(RNN, "return grads.swapaxes(0, 1) if self.batch_first else grads, self", "return grads, self"),),
        source="student-bugs 104",
    ),
    # lengths
    Mistake(
        name="lengths_ignored",
        hint="lengths has no effect: the layer continues after the end of each sequence.",
        catches=("test_output_with_lengths", "test_each_sequence_as_if_alone"),
        changes=(edit(RNN, f"None if lengths is None else {VALID}", "None"),),
    ),
    Mistake(
        name="lengths_off_by_one",
        hint="Each sequence is one step too long: step t counts if t < length, with t from 0.",
        catches=("test_output_with_lengths",),
        changes=(edit(RNN, VALID, "(times <= lengths)[:, :, None]"),),
    ),
    Mistake(
        name="held_state_as_output",
        hint="After a sequence's end the output is its last state; it should be 0.",
        catches=("test_output_with_lengths",),
        changes=(edit(RNN, "                output[t] *= self._valid[t]\n", "                output[t] = state[0]\n"),),
    ),
    Mistake(
        name="state_runs_on_beyond_the_end",
        hint="The outputs after the end are 0, but the state still changes: it should stay as after the last step.",
        catches=("test_output_with_lengths",),
        changes=(edit(RNN, HOLD, "pass"),),
    ),
    Mistake(
        name="state_cleared_beyond_the_end",
        hint="The state of a sequence that has ended is set to 0; it should stay as after its last step.",
        catches=("test_output_with_lengths",),
        changes=(edit(RNN, HOLD, "state = tuple(self._valid[t] * new for new in state)"),),
    ),
    Mistake(
        name="only_h_is_held",
        hint="After the end h is kept but c still changes: the cell state is part of the state too.",
        catches=("test_output_with_lengths",),
        changes=(edit(RNN, HOLD, "state = (np.where(self._valid[t], state[0], before[0]), *state[1:])"),),
    ),
    Mistake(
        name="gradient_of_outputs_beyond_the_end",
        hint="grad_output after a sequence's end is used; the outputs there are 0 for all weights, so it should not "
        "be.",
        catches=("test_gradients_with_lengths",),
        changes=(edit(RNN, HELD, "held = [np.where(self._valid[t], 0.0, grad) for grad in arriving]"),),
    ),
    Mistake(
        name="backward_ignores_lengths",
        hint="backward treats the steps after a sequence's end like the others.",
        catches=("test_gradients_with_lengths",),
        changes=(
            edit(RNN, HELD, "pass"),
            edit(RNN, MASKED, "pass"),
        ),
    ),
    Mistake(
        name="held_gradient_dropped",
        hint="The final state's gradient is lost in the steps in which the state is kept.",
        catches=("test_gradients_with_lengths",),
        changes=(edit(RNN, HELD, "held = [0.0 * grad for grad in grad_state]"),),
    ),
    Mistake(
        name="sequences_come_back_sorted",
        hint="The sequences are returned in the order of their lengths; they should be in the order of the input.",
        catches=("test_output_with_lengths",),
        changes=(
            redefine(
                RNN,
                """
def _sorting(cls):
    forward = cls.forward

    def sorted_forward(self, x, hx=None, lengths=None):
        if lengths is None or lengths.shape != (x.shape[0 if self.batch_first else 1],):
            return forward(self, x, hx, lengths)
        order = np.argsort(-lengths, kind="stable")
        x = x[order] if self.batch_first else x[:, order]
        if hx is not None:
            hx = tuple(part[:, order] for part in hx) if isinstance(hx, tuple) else hx[:, order]
        return forward(self, x, hx, lengths[order])

    cls.forward = sorted_forward


for _layer in (RNN, LSTM, GRU):
    _sorting(_layer)
""",
            ),
        ),
    ),
    # RNN
    Mistake(
        name="nonlinearity_ignored",
        hint="The RNN always uses tanh, even if nonlinearity is ReLU.",
        catches=("test_rnn_output",),
        changes=(edit(RNN, "        self.nonlinearity = nonlinearity\n", '        self.nonlinearity = "tanh"\n'),),
    ),
    Mistake(
        name="relu_gradient_at_outputs_of_zero",
        hint="ReLU's gradient is kept where h >= 0; h is also 0 where the sum was negative.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, "else h > 0)", "else h >= 0)"),),
    ),
    Mistake(
        name="tanh_derivative_without_square",
        hint="The derivative of tanh is 1 - h here; it should be 1 - h^2.",
        catches=("test_rnn_gradients",),
        changes=(edit(RNN, "(1.0 - h**2 if", "(1.0 - h if"),),
        source="student-bugs 10",
    ),
    # LSTM
    Mistake(
        name="lstm_gates_in_another_order",
        hint="The rows of the weights have the gates in the order i, f, o, g; PyTorch's order is i, f, g, o.",
        catches=("test_lstm_output",),
        changes=(
            edit(RNN, LSTM_GATES, "a_i, a_f, a_o, a_g = np.split(from_input + from_hidden, 4, axis=1)"),
            edit(RNN, LSTM_GRADS, "np.concatenate([grad_i, grad_f, grad_o, grad_g], axis=1)"),
        ),
        source="student-bugs 98",
    ),
    Mistake(
        name="input_and_forget_gate_swapped",
        hint="Input and forget gate are exchanged: the first block of rows belongs to the input gate.",
        catches=("test_lstm_output",),
        changes=(
            edit(RNN, LSTM_GATES, "a_f, a_i, a_g, a_o = np.split(from_input + from_hidden, 4, axis=1)"),
            edit(RNN, LSTM_GRADS, "np.concatenate([grad_f, grad_i, grad_g, grad_o], axis=1)"),
        ),
        source="student-bugs 98",
    ),
    Mistake(
        name="forget_gate_with_a_bias_of_one",
        hint="1 is added to the forget gate's sum; this is sometimes an initial value, but it is not in the formula.",
        catches=("test_lstm_output",),
        changes=(
            edit(RNN, "sigmoid(a_i), sigmoid(a_f), np.tanh(a_g)", "sigmoid(a_i), sigmoid(a_f + 1.0), np.tanh(a_g)"),
        ),
    ),
    Mistake(
        name="lstm_output_without_tanh",
        hint="h is o * c; it should be o * tanh(c).",
        catches=("test_lstm_output",),
        changes=(
            edit(RNN, "        tanh_c = np.tanh(c)\n", "        tanh_c = c\n"),
            edit(RNN, "grad_h * o * (1.0 - tanh_c**2)", "grad_h * o"),
        ),
    ),
    Mistake(
        name="cell_gets_no_gradient_through_h",
        hint="The gradient of c through h = o * tanh(c) is missing.",
        catches=("test_lstm_gradients",),
        changes=(edit(RNN, "grad_c = grad_c + grad_h * o * (1.0 - tanh_c**2)", "grad_c = grad_c + 0.0 * grad_h"),),
        source="student-bugs 96",
    ),
    Mistake(
        name="tanh_of_cell_without_derivative",
        hint="The gradient of c through h does not have the derivative of tanh.",
        catches=("test_lstm_gradients",),
        changes=(edit(RNN, "grad_h * o * (1.0 - tanh_c**2)", "grad_h * o"),),
        source="student-bugs 96",
    ),
    Mistake(
        name="cell_gradient_without_forget_gate",
        hint="The gradient goes from c_t to c_{t-1} unchanged; it should be multiplied by the forget gate.",
        catches=("test_lstm_gradients",),
        changes=(edit(RNN, "(np.zeros_like(grad_h), grad_c * f)", "(np.zeros_like(grad_h), grad_c)"),),
        source="student-bugs 96",
    ),
    Mistake(
        name="cell_gradient_not_carried",
        hint="The gradient of c is not passed back from step to step; only that of h is.",
        catches=("test_lstm_gradients",),
        changes=(edit(RNN, "(np.zeros_like(grad_h), grad_c * f)", "(np.zeros_like(grad_h), 0.0 * grad_c)"),),
        source="student-bugs 96",
    ),
    Mistake(
        name="forget_gate_with_the_new_cell",
        hint="The forget gate's gradient uses c_t; the gate multiplied c_{t-1}.",
        catches=("test_lstm_gradients",),
        changes=(edit(RNN, "(i, f, g, o, tanh_c, state[1])", "(i, f, g, o, tanh_c, c)"),),
    ),
    Mistake(
        name="state_as_c_and_h",
        hint="The state is (c, h) in arguments and results; PyTorch's order is (h, c).",
        catches=("test_lstm_output",),
        changes=(
            edit(RNN, "return np.asarray(h), np.asarray(c)", "return np.asarray(c), np.asarray(h)"),
            edit(RNN, "return parts[0], parts[1]", "return parts[1], parts[0]"),
        ),
    ),
    # GRU
    Mistake(
        name="gru_resets_before_the_product",
        hint="The reset gate multiplies h before W_hn; in PyTorch's form it multiplies W_hn h + b_hn.",
        catches=("test_gru_output",),
        changes=(
            redefine(
                RNN,
                """
class GRU(GRU):
    def _weights(self, k):
        self._now = k
        return super()._weights(k)

    def _step(self, from_input, from_hidden, state):
        size, k = self.hidden_size, self._now
        _, weight, _, bias = (parameter.data[2 * size :] for parameter in super()._weights(k))
        gates = sigmoid(from_input[:, : 2 * size] + from_hidden[:, : 2 * size])
        r, z = gates[:, :size], gates[:, size:]
        n = np.tanh(from_input[:, 2 * size :] + (r * state[0]) @ weight.T + bias)
        return ((1.0 - z) * n + z * state[0],), (r, z, n, state[0])

    def _run_layer_back(self, k, grad_output, grad_state):
        size = self.hidden_size
        weight_ih, weight_hh, bias_ih, bias_hh = self._weights(k)
        inputs, befores, caches = self._layers[k]
        (grad_h,) = grad_state
        grad_inputs, sums = np.zeros(inputs.shape), [np.zeros_like(p.data) for p in self._weights(k)]
        for t in reversed(range(len(inputs))):
            r, z, n, before = caches[t]
            valid = True if self._valid is None else self._valid[t]
            held, arriving = np.where(valid, 0.0, grad_h), np.where(valid, grad_h + grad_output[t], 0.0)
            grad_n = arriving * (1.0 - z) * (1.0 - n**2)
            grad_z = arriving * (before - n) * z * (1.0 - z)
            back = grad_n @ weight_hh.data[2 * size :]
            grad_r = back * before * r * (1.0 - r)
            grad_a = np.concatenate([grad_r, grad_z, grad_n], axis=1)
            grad_rz = grad_a[:, : 2 * size]
            grad_h = held + arriving * z + back * r + grad_rz @ weight_hh.data[: 2 * size]
            grad_inputs[t] = grad_a @ weight_ih.data
            product = np.vstack([grad_rz.T @ before, grad_n.T @ (r * before)])
            for total, part in zip(sums, (grad_a.T @ inputs[t], product, grad_a.sum(0), grad_a.sum(0)), strict=True):
                total += part
        for parameter, total in zip(self._weights(k), sums, strict=True):
            parameter.accumulate(total)
        return grad_inputs, (grad_h,)
""",
            ),
        ),
        source="correct-alternatives 19",
    ),
    Mistake(
        name="update_gate_the_other_way_round",
        hint="z and 1 - z are exchanged: z is the weight of the old state.",
        catches=("test_gru_output",),
        changes=(
            edit(RNN, GRU_NEW, "(z * n + (1.0 - z) * state[0],)"),
            edit(RNN, "grad_n = grad_h * (1.0 - z) * (1.0 - n**2)", "grad_n = grad_h * z * (1.0 - n**2)"),
            edit(RNN, "grad_z = grad_h * (before - n)", "grad_z = grad_h * (n - before)"),
            edit(RNN, "from_hidden, (grad_h * z,)", "from_hidden, (grad_h * (1.0 - z),)"),
        ),
        source="student-bugs 99",
    ),
    Mistake(
        name="gru_gates_in_keras_order",
        hint="The rows of the weights have the gates in the order z, r, n, as in Keras; PyTorch's order is r, z, n.",
        catches=("test_gru_output",),
        changes=(
            edit(RNN, "(a_r, a_z, a_n), (b_r, b_z, b_n) =", "(a_z, a_r, a_n), (b_z, b_r, b_n) ="),
            edit(
                RNN,
                "from_input = np.concatenate([grad_r, grad_z, grad_n], axis=1)",
                "from_input = np.concatenate([grad_z, grad_r, grad_n], axis=1)",
            ),
            edit(
                RNN,
                "np.concatenate([grad_r, grad_z, grad_n * r], axis=1)",
                "np.concatenate([grad_z, grad_r, grad_n * r], axis=1)",
            ),
        ),
        source="student-bugs 98",
    ),
    Mistake(
        name="reset_gate_missing_in_backward",
        hint="The gradient of W_hn h + b_hn is not multiplied by the reset gate.",
        catches=("test_gru_gradients",),
        changes=(edit(RNN, "[grad_r, grad_z, grad_n * r]", "[grad_r, grad_z, grad_n]"),),
    ),
    Mistake(
        name="gru_without_the_direct_path",
        hint="The gradient of h_{t-1} through z * h_{t-1} is missing.",
        catches=("test_gru_gradients",),
        changes=(edit(RNN, "from_hidden, (grad_h * z,)", "from_hidden, (0.0 * grad_h,)"),),
    ),
    Mistake(
        name="update_gate_gradient_without_n",
        hint="The update gate's gradient uses z * h_{t-1} only; z is also in (1 - z) * n.",
        catches=("test_gru_gradients",),
        changes=(edit(RNN, "grad_z = grad_h * (before - n)", "grad_z = grad_h * before"),),
    ),
    # all layers: numbers, arguments, time
    Mistake(
        name="sigmoid_overflows",
        hint="exp overflows for large sums, and inf / inf is nan: use a form whose exponent is never above 0.",
        catches=("test_sums_of_any_size",),
        changes=(
            redefine(
                RNN,
                'def sigmoid(x):\n    with np.errstate(all="ignore"):\n        return np.exp(x) / (1.0 + np.exp(x))',
            ),
        ),
        source="student-bugs 33",
    ),
    Mistake(
        name="initial_state_changed_in_place",
        hint="The loop writes the new state into the array of the initial state: work on a copy.",
        catches=("test_layers_leave_their_arguments_alone",),
        changes=(
            edit(
                RNN,
                "            befores.append(before[0])\n",
                "            befores.append(before[0].copy())\n            if t == 0:\n"
                "                before[0][...] = state[0]\n",
            ),
        ),
        source="student-bugs 12",
    ),
    Mistake(
        name="grad_output_changed_in_place",
        hint="backward adds the gradient from later steps into the caller's grad_output: work on a copy.",
        catches=("test_layers_leave_their_arguments_alone",),
        changes=(
            edit(
                RNN,
                ARRIVING,
                "grad_output[t] += grad_state[0]\n            arriving, held = (grad_output[t], *grad_state[1:]), None",
            ),
        ),
        source="student-bugs 13",
    ),
    Mistake(
        name="lstm_one_sequence_at_a_time",
        hint="There is a Python loop over the sequences of the batch: compute each step for all of them in one "
        "product.",
        catches=("test_lstm_in_time",),
        changes=(
            redefine(
                RNN,
                """
_Batch = LSTM


class LSTM(_Batch):
    def forward(self, x, hx=None, lengths=None):
        inputs = x.swapaxes(0, 1) if self.batch_first else x
        h, c = self._checked(inputs, hx, lengths)
        self._alone, outputs, hs, cs = [], [], [], []
        for n in range(inputs.shape[1]):
            one = object.__new__(_Batch)
            one.__dict__.update({name: value for name, value in vars(self).items() if name != "_alone"})
            one.batch_first = False
            length = None if lengths is None else lengths[n : n + 1]
            y, state = one.forward(inputs[:, n : n + 1], (h[:, n : n + 1], c[:, n : n + 1]), length)
            self._alone.append(one)
            outputs.append(y)
            hs.append(state[0])
            cs.append(state[1])
        output = np.concatenate(outputs, axis=1)
        return output.swapaxes(0, 1) if self.batch_first else output, (np.hstack(hs), np.hstack(cs))

    def backward(self, grad_output, grad_hx=None):
        grads = grad_output.swapaxes(0, 1) if self.batch_first else grad_output
        found = []
        for n, one in enumerate(self._alone):
            state = None if grad_hx is None else tuple(part[:, n : n + 1] for part in grad_hx)
            found.append(one.backward(grads[:, n : n + 1], state))
        grad_x = np.concatenate([grad for grad, _ in found], axis=1)
        states = tuple(np.hstack(parts) for parts in zip(*(state for _, state in found), strict=True))
        return grad_x.swapaxes(0, 1) if self.batch_first else grad_x, states
""",
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="lstm_one_unit_at_a_time",
        hint="There is a Python loop over sequences and units: compute the gates with operations on whole arrays.",
        catches=("test_lstm_in_time",),
        changes=(
            redefine(
                RNN,
                """
import math


def _one(x):
    return 1.0 / (1.0 + math.exp(-x)) if x > 0 else math.exp(x) / (1.0 + math.exp(x))


class LSTM(LSTM):
    def _step(self, from_input, from_hidden, state):
        batch, size = state[0].shape
        h, c, tanh_c = np.empty((batch, size)), np.empty((batch, size)), np.empty((batch, size))
        gates = np.empty((4, batch, size))
        for n in range(batch):
            for j in range(size):
                sums = [from_input[n, k * size + j] + from_hidden[n, k * size + j] for k in range(4)]
                i, f, g, o = _one(sums[0]), _one(sums[1]), math.tanh(sums[2]), _one(sums[3])
                gates[:, n, j] = i, f, g, o
                c[n, j] = f * state[1][n, j] + i * g
                tanh_c[n, j] = math.tanh(c[n, j])
                h[n, j] = o * tanh_c[n, j]
        return (h, c), (*gates, tanh_c, state[1])
""",
            ),
        ),
        source="student-bugs 89",
    ),
    # embedding
    Mistake(
        name="repeated_words_counted_once",
        hint="grad[indices] += rows counts a repeated word once: numpy reads all rows before it writes.",
        catches=("test_embedding_gradient_adds_up",),
        changes=(edit(EMBEDDING, SCATTER, "grad[self._indices.ravel()] += rows"),),
        source="student-bugs 97",
    ),
    Mistake(
        name="last_place_of_a_word_wins",
        hint="grad[indices] = rows keeps only the last position of a repeated word: add the gradients of all "
        "positions.",
        catches=("test_embedding_gradient_adds_up",),
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "for word, row in zip(self._indices.ravel(), rows, strict=True):\n            grad[word] = row",
            ),
        ),
        source="student-bugs 97",
    ),
    Mistake(
        name="embedding_gradient_overwritten",
        hint="A second backward replaces the gradient of the first; it should add to it (accumulate).",
        catches=("test_embedding_gradient_adds_up",),
        changes=(edit(EMBEDDING, "self.weight.accumulate(grad)", "self.weight.grad = grad"),),
        source="student-bugs 1",
    ),
    Mistake(
        name="embedding_gradient_divided_by_counts",
        hint="The gradient of a word is the mean over its positions; it should be their sum.",
        catches=("test_embedding_gradient_adds_up",),
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "np.add.at(grad, self._indices.ravel(), rows)\n"
                "        grad /= np.maximum(np.bincount(self._indices.ravel(), minlength=len(grad)), 1)[:, None]",
            ),
        ),
    ),
    Mistake(
        name="padding_row_gets_a_gradient",
        hint="The row of padding_idx has a gradient and would change; its gradient should be 0.",
        catches=("test_embedding_gradient_adds_up",),
        changes=(edit(EMBEDDING, "            grad[self.padding_idx] = 0.0\n", "            pass\n"),),
    ),
    Mistake(
        name="padding_comes_out_as_zeros",
        hint="forward returns zeros for padding; it should return the row of padding_idx like any other.",
        catches=("test_embedding_rows",),
        changes=(
            edit(
                EMBEDDING,
                "return self.weight.data[indices]",
                "return self.weight.data[indices] * (indices != self.padding_idx)[..., None]",
            ),
        ),
    ),
    Mistake(
        name="padding_row_drawn_like_the_others",
        hint="The row of padding_idx starts with random values; it should start with zeros.",
        catches=("test_new_embedding",),
        changes=(edit(EMBEDDING, "            self.weight.data[padding_idx] = 0.0\n", "            pass\n"),),
    ),
    Mistake(
        name="uniform_rows",
        hint="The initial rows are uniform on [0, 1); they should be standard normal.",
        catches=("test_new_embedding",),
        changes=(
            edit(
                EMBEDDING,
                "Parameter(generator.standard_normal((num_embeddings, embedding_dim)))",
                "Parameter(generator.random((num_embeddings, embedding_dim)))",
            ),
        ),
    ),
    Mistake(
        name="embedding_ignores_rng",
        hint="The rows do not come from rng: the same seed should give the same rows.",
        catches=("test_new_embedding",),
        changes=(
            edit(
                EMBEDDING,
                "self.weight = Parameter(generator.standard_normal(",
                "self.weight = Parameter(np.random.standard_normal(",
            ),
        ),
    ),
    Mistake(
        name="indices_unchecked",
        hint="The index -1 returns the last row without an error: compare the indices with the number of rows.",
        catches=("test_indices_out_of_range_are_refused",),
        changes=(edit(EMBEDDING, "0 <= indices.min() <= indices.max() <", "indices.max() <"),),
    ),
    Mistake(
        name="loop_over_the_vocabulary",
        hint="backward has a loop over all words of the vocabulary; its work should depend on the length of the text "
        "instead.",
        catches=("test_embedding_in_time",),
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "for word in range(len(grad)):\n"
                "            grad[word] = rows[self._indices.ravel() == word].sum(axis=0)",
            ),
        ),
        source="student-bugs 89",
    ),
    Mistake(
        name="one_hot_of_the_whole_vocabulary",
        hint="The product uses a one-hot matrix of all positions and all words, and nearly all of it is zero.",
        catches=("test_embedding_in_time",),
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "grad += (self._indices.ravel() == np.arange(len(grad))[:, None]).astype(float) @ rows",
            ),
        ),
    ),
    # skip-gram
    Mistake(
        name="pairs_to_the_right_only",
        hint="Each word has pairs only with the words after it; its context is on both sides.",
        catches=("test_skip_gram_pairs",),
        changes=(
            edit(EMBEDDING, "centres += [left, right]", "centres += [left]"),
            edit(EMBEDDING, "contexts += [right, left]", "contexts += [right]"),
        ),
    ),
    Mistake(
        name="equal_words_left_out",
        hint="A neighbour that is the same word as the centre is left out; only the centre's own position should be.",
        catches=("test_skip_gram_pairs",),
        changes=(
            edit(
                EMBEDDING,
                "        left, right = tokens[:-distance], tokens[distance:]\n",
                "        left, right = tokens[:-distance], tokens[distance:]\n"
                "        left, right = left[left != right], right[left != right]\n",
            ),
        ),
    ),
    Mistake(
        name="words_without_a_full_window_left_out",
        hint="The words at both ends are not used as centres; they have fewer neighbours, but some.",
        catches=("test_skip_gram_pairs",),
        changes=(
            redefine(
                EMBEDDING,
                """
def skip_gram_pairs(tokens, window):
    full = range(window, len(tokens) - window)
    steps = [step for step in range(-window, window + 1) if step]
    pairs = np.array([(tokens[t], tokens[t + step]) for t in full for step in steps], dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
""",
            ),
        ),
    ),
    Mistake(
        name="window_off_by_one",
        hint="The farthest neighbours of each window are missing: range does not include its end.",
        catches=("test_skip_gram_pairs",),
        changes=(
            edit(EMBEDDING, "range(1, min(window, len(tokens) - 1) + 1)", "range(1, min(window, len(tokens) - 1))"),
        ),
        source="student-bugs 105",
    ),
    Mistake(
        name="counts_without_a_power",
        hint="The negatives are drawn by the counts themselves: power is not used.",
        catches=("test_noise_probabilities",),
        changes=(
            edit(EMBEDDING, "np.asarray(counts, dtype=np.float64) ** power", "np.asarray(counts, dtype=np.float64)"),
        ),
    ),
    Mistake(
        name="negatives_all_alike",
        hint="All words are drawn equally often: the probabilities are not used.",
        catches=("test_negatives_have_their_probabilities",),
        changes=(
            edit(
                EMBEDDING,
                "rng.choice(len(probabilities), size=shape, p=probabilities)",
                "rng.integers(0, len(probabilities), size=shape)",
            ),
        ),
    ),
    Mistake(
        name="negatives_with_their_own_seed",
        hint="The negatives do not come from the given generator.",
        catches=("test_negatives_have_their_probabilities",),
        changes=(edit(EMBEDDING, "return rng.choice(", "return np.random.default_rng(0).choice("),),
        source="student-bugs 76",
    ),
    Mistake(
        name="one_table_for_both_roles",
        hint="Centres and contexts use the same table; each word should have two vectors.",
        catches=("test_skip_gram_loss",),
        changes=(
            edit(
                EMBEDDING,
                "self.context = Embedding(vocabulary_size, embedding_dim, rng=generator)",
                "self.context = self.centre",
            ),
        ),
    ),
    Mistake(
        name="loss_averaged_over_negatives",
        hint="The loss is also a mean over the negatives; it should be their sum, and a mean over pairs only.",
        catches=("test_skip_gram_loss",),
        changes=(
            edit(EMBEDDING, LOSS, "float((np.logaddexp(0.0, -self._margins) / self._shares()).sum() / len(centres))"),
            edit(EMBEDDING, SCORES, SCORES + " / self._shares()"),
            redefine(
                EMBEDDING,
                """
class SkipGram(SkipGram):
    def _shares(self):
        return np.array([1.0] + [self._margins.shape[1] - 1.0] * (self._margins.shape[1] - 1))
""",
            ),
        ),
        source="correct-alternatives 30",
    ),
    Mistake(
        name="skip_gram_gradient_of_the_sum",
        hint="The loss is a mean over the pairs, but the gradient is that of their sum.",
        catches=("test_skip_gram_gradients", "test_skip_gram_training"),
        changes=(edit(EMBEDDING, SCORES, "grad_scores = -self._signs * sigmoid(-self._margins)"),),
        source="student-bugs 24",
    ),
    Mistake(
        name="negatives_pulled_like_the_context",
        hint="The negatives' scores have the sign of the context's: for negatives, use the sigmoid of minus the score.",
        catches=("test_skip_gram_loss",),
        changes=(edit(EMBEDDING, "== 0, 1.0, -1.0)  # the first", ">= 0, 1.0, -1.0)  # the first"),),
    ),
    Mistake(
        name="repeated_negatives_counted_once",
        hint="A word drawn twice among a pair's negatives counts once; each draw should count.",
        catches=("test_skip_gram_gradients",),
        changes=(
            edit(
                EMBEDDING,
                "        self._signs = signs\n",
                "        once = [[n not in row[:k] for k, n in enumerate(row)] for row in negatives.tolist()]\n"
                "        once = np.hstack([np.ones((len(centres), 1)), np.array(once, dtype=float)])\n"
                "        self._margins = np.where(once, self._margins, 1e300)\n"
                "        self._signs = signs\n",
            ),
        ),
        source="student-bugs 107",
    ),
    Mistake(
        name="context_gradient_without_negatives",
        hint="Only the true context's vector has a gradient; the negatives' vectors should have one too.",
        catches=("test_skip_gram_gradients",),
        changes=(
            edit(
                EMBEDDING,
                "self.context.backward(grad_scores[:, :, None] * self._v[:, None, :])",
                "grad_scores[:, 1:] = 0.0\n"
                "        self.context.backward(grad_scores[:, :, None] * self._v[:, None, :])",
            ),
        ),
    ),
    Mistake(
        name="logarithm_of_a_sigmoid_of_zero",
        hint="The sigmoid of a large negative score is rounded to 0, and its logarithm is not finite.",
        catches=("test_skip_gram_of_large_scores",),
        changes=(
            edit(
                EMBEDDING,
                LOSS,
                "float(-np.log(1.0 / (1.0 + np.exp(-np.clip(self._margins, -800, None)))).sum() / len(centres))",
            ),
        ),
        source="student-bugs 21",
    ),
    Mistake(
        name="embedding_without_padding_starts_from_zeros",
        hint="Without padding_idx all rows start from zeros: indexing with None means every row.",
        catches=("test_new_embedding",),
        changes=(edit("scratch/embedding.py", "        if padding_idx is not None:\n", "        if True:\n"),),
    ),
    Mistake(
        name="skip_gram_ignores_its_generator",
        hint="SkipGram does not draw its tables from rng, so the same seed gives other values each time.",
        catches=("test_new_embedding",),
        changes=(
            edit(
                "scratch/embedding.py",
                "self.centre = Embedding(vocabulary_size, embedding_dim, rng=generator)",
                "self.centre = Embedding(vocabulary_size, embedding_dim)",
            ),
        ),
    ),
]
