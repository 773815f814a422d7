"""Hidden tests of s09_rnn: other shapes, lengths, pieces of sequences, training, sampling, and two time budgets."""

from itertools import pairwise

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

# some hundred float64 operations on numbers of order one; every known mistake is off by more than 1e-4
EXACT = {"rtol": 1e-9, "atol": 1e-10}

GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
LAYERS = [pytest.param(layer, id=layer) for layer in GATES]
# T and num_layers
SIZES = [
    pytest.param(1, 1, id="one_step"),
    pytest.param(7, 1, id="seven_steps"),
    pytest.param(7, 2, id="two_layers"),
]
D, H, N = 5, 4, 3


def shapes(layer, input_size, hidden_size, num_layers):
    """The parameters' names with their shapes."""
    rows, found = GATES[layer] * hidden_size, {}
    for k in range(num_layers):
        found[f"weight_ih_l{k}"] = (rows, hidden_size if k else input_size)
        found[f"weight_hh_l{k}"] = (rows, hidden_size)
        found[f"bias_ih_l{k}"] = found[f"bias_hh_l{k}"] = (rows,)
    return found


def given(rng, layer, num_layers=1, sizes=(D, H), **settings):
    """A layer with weights of order one."""
    input_size, hidden_size = sizes
    return {
        "layer": layer,
        "settings": {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers, **settings},
        "weights": {name: rng.uniform(-1, 1, shape) for name, shape in shapes(layer, *sizes, num_layers).items()},
    }


def state(rng, layer, num_layers=1, batch=N, hidden_size=H):
    """A state of order one: [h], or [h, c] of an LSTM."""
    return [rng.uniform(-1, 1, (num_layers, batch, hidden_size)) for _ in range(2 if layer == "LSTM" else 1)]


def gradients_of(layer, weights):
    """The names of all gradients that backward stores or returns."""
    return ["grad_x", "grad_h0", *(["grad_c0"] if layer == "LSTM" else []), *(f"grad_{name}" for name in weights)]


def check_output(student, reference, rng, layer, steps, num_layers, **settings):
    """Outputs and final state, from a given initial state."""
    inputs = given(rng, layer, num_layers, **settings)
    inputs |= {"x": rng.standard_normal((steps, N, D)), "hx": state(rng, layer, num_layers)}
    assert_close(student.run(**inputs), reference.run(**inputs), **EXACT)


def check_gradients(student, reference, rng, layer, steps, num_layers, **settings):
    """Every gradient, from a given initial state."""
    inputs = given(rng, layer, num_layers, **settings)
    inputs |= {"x": rng.standard_normal((steps, N, D)), "hx": state(rng, layer, num_layers)}
    inputs |= {"grad_output": rng.standard_normal((steps, N, H))}
    result, expected = student.backpropagate(**inputs), reference.backpropagate(**inputs)
    assert_close(result, expected, **EXACT, names=gradients_of(layer, inputs["weights"]))


# recurrent layers


def test_initial_weights(student):
    """Initial weights and biases are uniform on (-1/sqrt(hidden_size), 1/sqrt(hidden_size)), in every layer."""
    for layer in GATES:
        settings = {"input_size": 20, "hidden_size": 30, "num_layers": 2}
        result = student.fresh_layer(layer=layer, settings=settings, names=list(shapes(layer, 20, 30, 2)))
        for name in shapes(layer, 20, 30, 2):
            scaled = result[name] * np.sqrt(30.0)
            assert_that(np.abs(scaled).max() <= 1.0, f"{name} of {layer} has values beyond 1/sqrt(hidden_size)")
            # the mean square of n uniform values is 1/3, with a deviation of 0.298 / sqrt(n); the mean is 0, with a
            # deviation of 0.577 / sqrt(n): seven deviations, so right code fails less than once in 10^9
            allowed = 7.0 / np.sqrt(scaled.size)
            spread = abs(np.mean(scaled**2) - 1.0 / 3.0) <= 0.298 * allowed
            assert_that(spread, f"{name} of {layer} is not uniform up to 1/sqrt(hidden_size)")
            assert_that(abs(scaled.mean()) <= 0.577 * allowed, f"the mean of {name} of {layer} is not near 0")


@pytest.mark.parametrize(
    ("steps", "num_layers", "nonlinearity"),
    [
        pytest.param(1, 1, "tanh", id="one_step"),
        pytest.param(7, 2, "tanh", id="two_layers"),
        pytest.param(4, 2, "relu", id="relu"),
    ],
)
def test_rnn_output(student, reference, rng, steps, num_layers, nonlinearity):
    """The RNN's outputs and final state, from an initial state, with tanh and with ReLU."""
    check_output(student, reference, rng, "RNN", steps, num_layers, nonlinearity=nonlinearity)


@pytest.mark.parametrize(("steps", "num_layers"), SIZES)
def test_lstm_output(student, reference, rng, steps, num_layers):
    """The LSTM's outputs and both final states, from an initial state."""
    check_output(student, reference, rng, "LSTM", steps, num_layers)


@pytest.mark.parametrize(("steps", "num_layers"), SIZES)
def test_gru_output(student, reference, rng, steps, num_layers):
    """The GRU's outputs and final state, from an initial state."""
    check_output(student, reference, rng, "GRU", steps, num_layers)


@pytest.mark.parametrize(
    ("steps", "num_layers", "nonlinearity"),
    [
        pytest.param(1, 1, "tanh", id="one_step"),
        pytest.param(7, 2, "tanh", id="two_layers"),
        pytest.param(4, 2, "relu", id="relu"),
    ],
)
def test_rnn_gradients(student, reference, rng, steps, num_layers, nonlinearity):
    """The RNN's gradients of x, of the initial state and of every weight."""
    check_gradients(student, reference, rng, "RNN", steps, num_layers, nonlinearity=nonlinearity)


@pytest.mark.parametrize(("steps", "num_layers"), SIZES)
def test_lstm_gradients(student, reference, rng, steps, num_layers):
    """The LSTM's gradients of x, of both initial states and of every weight."""
    check_gradients(student, reference, rng, "LSTM", steps, num_layers)


@pytest.mark.parametrize(("steps", "num_layers"), SIZES)
def test_gru_gradients(student, reference, rng, steps, num_layers):
    """The GRU's gradients of x, of the initial state and of every weight."""
    check_gradients(student, reference, rng, "GRU", steps, num_layers)


@pytest.mark.parametrize("layer", LAYERS)
def test_gradient_from_the_final_state(student, reference, rng, layer):
    """A gradient with respect to the final state of every layer is added to that of the outputs."""
    inputs = given(rng, layer, 2) | {"x": rng.standard_normal((4, N, D)), "hx": state(rng, layer, 2)}
    inputs |= {"grad_output": rng.standard_normal((4, N, H)), "grad_hx": state(rng, layer, 2)}
    result, expected = student.backpropagate(**inputs), reference.backpropagate(**inputs)
    assert_close(result, expected, **EXACT, names=gradients_of(layer, inputs["weights"]))


@pytest.mark.parametrize("layer", LAYERS)
def test_no_initial_state_is_zeros(student, rng, layer):
    """Without an initial state the layer starts from zeros, and backward still returns its gradient."""
    inputs = given(rng, layer) | {"x": rng.standard_normal((3, N, D)), "grad_output": rng.standard_normal((3, N, H))}
    without = student.backpropagate(**inputs)
    zeros = student.backpropagate(**inputs, hx=[np.zeros((1, N, H))] * (2 if layer == "LSTM" else 1))
    assert_close(without, zeros, rtol=1e-12, atol=1e-13)  # the same operations


@pytest.mark.parametrize("layer", LAYERS)
def test_batch_first(student, reference, rng, layer):
    """With batch_first x and output are (N, T, features), and states keep their shape."""
    inputs = given(rng, layer, 2, batch_first=True) | {"x": rng.standard_normal((N, 6, D))}
    inputs |= {"hx": state(rng, layer, 2), "grad_output": rng.standard_normal((N, 6, H))}
    assert_close(student.backpropagate(**inputs), reference.backpropagate(**inputs), **EXACT)


def ragged(rng, layer, **settings):
    """Three sequences of 7, 1 and 4 steps through two layers; the values after their ends are not 0."""
    inputs = given(rng, layer, 2, **settings) | {"x": rng.standard_normal((7, N, D)), "hx": state(rng, layer, 2)}
    return inputs | {"lengths": rng.permutation([7, 1, 4])}


@pytest.mark.parametrize("layer", LAYERS)
def test_output_with_lengths(student, reference, rng, layer):
    """After the end of a sequence outputs are 0, and the final state is that after its last step."""
    inputs = ragged(rng, layer)
    assert_close(student.run(**inputs), reference.run(**inputs), **EXACT)


@pytest.mark.parametrize("layer", LAYERS)
def test_gradients_with_lengths(student, reference, rng, layer):
    """After the end of a sequence grad_output has no effect and grad_x is 0; that of the final state has an effect."""
    inputs = ragged(rng, layer)
    inputs |= {"grad_output": rng.standard_normal((7, N, H)), "grad_hx": state(rng, layer, 2)}
    result, expected = student.backpropagate(**inputs), reference.backpropagate(**inputs)
    assert_close(result, expected, **EXACT, names=gradients_of(layer, inputs["weights"]))


@pytest.mark.parametrize("layer", LAYERS)
def test_each_sequence_as_if_alone(student, rng, layer):
    """In a batch with lengths each sequence has the same outputs, states and gradients as alone, cut to its length."""
    inputs = given(rng, layer, batch_first=True)
    x, hx, grad_output = rng.standard_normal((2, 5, D)), state(rng, layer, 1, 2), rng.standard_normal((2, 5, H))
    together = student.backpropagate(**inputs, x=x, hx=hx, grad_output=grad_output, lengths=np.array([2, 5]))

    first = student.backpropagate(
        **inputs, x=x[:1, :2], hx=[part[:, :1] for part in hx], grad_output=grad_output[:1, :2]
    )

    for name in ("output", "grad_x"):
        assert_close(together[name][:1, :2], first[name], **EXACT, label=f"{name} of the shorter sequence")
        assert_close(together[name][0, 2:], np.zeros_like(x[0, 2:] if name == "grad_x" else grad_output[0, 2:]),
                     rtol=0.0, label=f"{name} after the end")  # fmt: skip  # exactly 0
    for name in ("h_n", "c_n", "grad_h0", "grad_c0"):
        if name in together:
            assert_close(together[name][:, :1], first[name], **EXACT, label=f"{name} of the shorter sequence")


@pytest.mark.parametrize("layer", LAYERS)
def test_sequence_in_two_pieces(student, rng, layer):
    """A sequence in two pieces, with state and gradient passed between them, gives the same as the whole sequence."""
    inputs, x, hx = given(rng, layer, 2), rng.standard_normal((7, N, D)), state(rng, layer, 2)
    grad_output, names = rng.standard_normal((7, N, H)), ("h", "c")[: len(hx)]
    whole = student.backpropagate(**inputs, x=x, hx=hx, grad_output=grad_output)

    first = student.run(**inputs, x=x[:3], hx=hx)
    between = [first[f"{name}_n"] for name in names]
    second = student.backpropagate(**inputs, x=x[3:], hx=between, grad_output=grad_output[3:])
    back = [second[f"grad_{name}0"] for name in names]
    first = student.backpropagate(**inputs, x=x[:3], hx=hx, grad_output=grad_output[:3], grad_hx=back)

    for name in ("output", "grad_x"):
        assert_close(np.concatenate([first[name], second[name]]), whole[name], **EXACT, label=name)
    for name in names:
        assert_close(second[f"{name}_n"], whole[f"{name}_n"], **EXACT, label=f"{name}_n")
        assert_close(first[f"grad_{name}0"], whole[f"grad_{name}0"], **EXACT, label=f"grad_{name}0")
    for name in inputs["weights"]:
        label = f"grad_{name}"
        assert_close(first[label] + second[label], whole[label], **EXACT, label=label)


@pytest.mark.parametrize("layer", LAYERS)
def test_passes_do_not_disturb_each_other(student, reference, rng, layer):
    """Three passes of different lengths: gradients add up after zero_grad, and no state is kept between calls."""
    steps = [
        {"x": rng.standard_normal((length, N, D)), "grad_output": rng.standard_normal((length, N, H))}
        for length in (3, 5, 2)
    ]
    steps[0]["hx"] = state(rng, layer)
    steps[1]["zero_grad"] = True
    inputs = given(rng, layer) | {"steps": steps}
    assert_close(student.passes(**inputs), reference.passes(**inputs), **EXACT)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_leave_their_arguments_alone(student, rng, layer):
    """No argument changes, and nothing that was returned changes later."""
    inputs = given(rng, layer) | {"x": rng.standard_normal((4, N, D)), "hx": state(rng, layer)}
    inputs |= {"grad_output": rng.standard_normal((4, N, H)), "lengths": np.array([4, 2, 3])}
    result = student.leaves_alone(**inputs)
    for name in ("x", "hx", "lengths", "grad_output", "grad_hx", "weights"):
        assert_that(result[name], f"{name} was changed: work on a copy")
    for name in ("outputs", "grad_x"):
        assert_that(result[name], f"{name} of the first pass changed when the layer ran again")


def test_wrong_shapes_are_refused(student, rng):
    """ValueError for x, initial states and lengths that do not fit the layer, also if numpy could broadcast them."""
    x = rng.standard_normal((4, N, D))
    wrong = {
        "x of another size": {"x": x[:, :, :1]},
        "x of two axes": {"x": x[0]},
        "an initial state for one sequence": {"hx": [np.zeros((2, 1, H))]},
        "an initial state for one layer": {"hx": [np.zeros((1, N, H))]},
        "a length of 0": {"lengths": np.array([4, 0, 1])},
        "a length beyond T": {"lengths": np.array([4, 5, 1])},
        "lengths for one sequence": {"lengths": np.array([4])},
    }
    layer = {"layer": "GRU", "settings": {"input_size": D, "hidden_size": H, "num_layers": 2}, "x": x}
    lstm = layer | {"layer": "LSTM", "hx": [np.zeros((2, N, H)), np.zeros((1, 1, H))]}
    other = {"layer": "RNN", "settings": {"input_size": D, "hidden_size": H, "nonlinearity": "sigmoid"}, "x": x}
    cases = {name: layer | case for name, case in wrong.items()}
    cases |= {"a cell state of another shape": lstm, "a nonlinearity that does not exist": other}
    result = student.refused(cases=list(cases.values()))
    for name, raised in zip(cases, result["raised"], strict=True):
        assert_that(raised, f"{name} should raise ValueError, and nothing was raised")


@pytest.mark.parametrize("layer", LAYERS)
def test_sums_of_any_size(student, rng, layer):
    """With sums around 1e4 of either sign, which saturate the gates, every output and gradient is finite."""
    inputs = given(rng, layer) | {"x": 1e4 * rng.choice([-1.0, 1.0], (3, N, D)), "hx": state(rng, layer)}
    result = student.backpropagate(**inputs, grad_output=rng.standard_normal((3, N, H)))
    for name, values in result.items():
        assert_that(np.isfinite(values).all(), f"{name} is not finite for x around 1e4")


@pytest.mark.needs("test_lstm_output")
@pytest.mark.needs("test_lstm_gradients")
def test_lstm_in_time(student, reference, budget):
    """An LSTM forward and backward over 25 steps of 80 sequences stays within the limit of CPU time."""

    def inputs_of(rng):
        inputs = given(rng, "LSTM", sizes=(8, 12))
        return inputs | {"x": rng.standard_normal((25, 80, 8)), "grad_output": rng.standard_normal((25, 80, 12))}

    budget(student.backpropagate, reference.backpropagate, inputs_of)


# embedding and skip-gram


def test_new_embedding(student):
    """New rows are standard normal, drawn from rng, and the row padding_idx is zeros; SkipGram draws from rng, too."""
    made = [
        student.fresh_embedding(num_embeddings=40, embedding_dim=30, padding_idx=7, seed=seed) for seed in (1, 1, 2)
    ]
    rows = np.delete(made[0]["weight"], 7, axis=0)
    assert_close(made[0]["weight"][7], np.zeros(30), rtol=0.0, label="the row of padding_idx")
    # 1,170 standard normal values: seven deviations (0.029 of the mean, 0.0207 of the spread), once in 10^11
    assert_that(abs(rows.mean()) <= 0.21, "the mean of the rows is not near 0")
    assert_that(abs(rows.std() - 1.0) <= 0.15, "the standard deviation of the rows is not near 1")
    assert_that(np.array_equal(made[0]["weight"], made[1]["weight"]), "two generators with the same seed: other rows")
    assert_that(not np.array_equal(made[0]["weight"], made[2]["weight"]), "two different generators give equal rows")
    assert_that(made[0]["parameters"] == 1, "parameters() should yield the weight, and nothing else")
    whole = student.fresh_embedding(num_embeddings=40, embedding_dim=30, seed=1)["weight"]
    assert_that(whole.any(axis=1).all(), "without padding_idx no row should be zeros")
    tables = student.fresh_skip_gram(vocabulary_size=6, embedding_dim=4, seeds=[1, 1, 2, None])["tables"]
    one, same, other, without = tables
    for table, name in enumerate(("centre", "context")):
        assert_that(np.array_equal(one[table], same[table]), f"SkipGram.{name}: the same seed, but other values")
    # one of the two tables may start from zeros, as in the original program
    assert_that(
        any(not np.array_equal(mine, theirs) for mine, theirs in zip(one, other, strict=True)),
        "SkipGrams from two different generators have the same tables",
    )
    assert_that(np.isfinite(without).all(), "a SkipGram without a generator has values that are not finite")


def test_embedding_rows(student, rng):
    """Forward returns the row of each index, for indices of any shape, also the current row of padding_idx."""
    weight = rng.standard_normal((6, 3))
    indices = [rng.integers(0, 6, shape) for shape in ((4,), (2, 5), (2, 3, 4), (0,))] + [np.array([2, 2])]
    result = student.embed(weight=weight, indices=indices, padding_idx=2)
    assert_close(result["y"], [weight[some] for some in indices], rtol=0.0, label="y")  # nothing is computed


@pytest.mark.parametrize("padding_idx", [None, 3], ids=["no_padding", "padding"])
def test_embedding_gradient_adds_up(student, rng, padding_idx):
    """All positions of a word add up in its row, over all axes and two passes; the padding row's gradient is 0."""
    weight, indices = rng.standard_normal((6, 3)), [rng.integers(0, 5, shape) for shape in ((4, 5), (2, 3, 4))]
    indices[0][0, :2] = 3  # the padding row is used
    grads = [rng.standard_normal((*some.shape, 3)) for some in indices]
    result = student.embed(weight=weight, indices=indices, grad_outputs=grads, padding_idx=padding_idx)
    expected = np.zeros((6, 3))
    for some, grad in zip(indices, grads, strict=True):
        for place in np.ndindex(some.shape):
            if some[place] != padding_idx:
                expected[some[place]] += grad[place]
    assert_close(result["grad_weight"], expected, **EXACT, label="grad_weight")


def test_indices_out_of_range_are_refused(student, rng):
    """An index of num_embeddings, and one of -1, which numpy would use as the last row, raise IndexError."""
    result = student.embed_refuses(weight=rng.standard_normal((6, 3)), indices=[np.array([0, 6]), np.array([[2, -1]])])
    for name, raised in zip(("num_embeddings", "-1"), result["raised"], strict=True):
        assert_that(raised, f"an index of {name} should raise IndexError, and nothing was raised")


@pytest.mark.needs("test_embedding_gradient_adds_up")
def test_embedding_in_time(student, reference, budget):
    """Forward and backward of 1,500 words of a vocabulary of 20,000 stay within the limit of CPU time."""

    def inputs_of(rng):
        words = (20_000 * rng.random((50, 30)) ** 2).astype(np.int64)  # some more often than others
        return {
            "weight": rng.standard_normal((20_000, 8)),
            "indices": words,
            "grad_output": rng.standard_normal((50, 30, 8)),
            "weights": rng.standard_normal(97),
        }

    budget(student.embed_many, reference.embed_many, inputs_of)


def test_skip_gram_pairs(student, rng):
    """All pairs of positions at most a window apart, once in each direction, also in texts shorter than the window."""
    texts = [rng.integers(0, 4, length) for length in (9, 12, 3, 1, 2)]
    windows = [1, 4, 5, 2, 1]
    result = student.pairs.loose(texts=texts, windows=windows)
    for text, window, centres, contexts in zip(texts, windows, result["centres"], result["contexts"], strict=True):
        places = range(len(text))
        expected = sorted((int(text[i]), int(text[j])) for i in places for j in places if 0 < abs(i - j) <= window)
        found = sorted(zip(centres.ravel().tolist(), contexts.ravel().tolist(), strict=False))
        message = f"a text of {len(text)} words with window {window} should have {len(expected)} pairs"
        assert_that(len(found) == len(expected), f"{message}; your list has another number of them")
        assert_that(found == expected, f"{message}; your list has as many, but not the right ones")


@pytest.mark.parametrize("settings", [{}, {"power": 0.5}], ids=["default_power", "power_0.5"])
def test_noise_probabilities(student, rng, settings):
    """The probabilities are the counts to a power, 0.75 by default, divided by their sum."""
    counts = rng.integers(1, 1000, 8)
    counts[3] = 0
    powers = counts.astype(float) ** settings.get("power", 0.75)
    result = student.noise(counts=counts, settings=settings)
    assert_close(result, {"probabilities": powers / powers.sum()}, **EXACT)


def test_negatives_have_their_probabilities(student, rng):
    """1,000 draws have the right frequencies, are words, can repeat, and come from the generator."""
    probabilities = rng.permutation([0.05, 0.1, 0.25, 0.6])
    result = student.negatives(probabilities=probabilities, shape=[40, 25], seeds=[5, 5, 6])
    drawn = result["drawn"]
    assert_that(result["integers"], "the negatives should be integers")
    inside = drawn.min() >= 0 and drawn.max() < 4
    assert_that(inside, "a negative is not one of the words")
    frequencies = np.array([np.mean(drawn[0] == word) for word in range(4)])
    # Hoeffding: 1,000 draws are off by more than 0.11 less than once in 10^9 for each word
    near = np.abs(frequencies - probabilities).max() <= 0.11
    assert_that(near, "the words are not drawn with the probabilities passed in")
    assert_that(np.array_equal(drawn[0], drawn[1]), "two generators with the same seed give different negatives")
    assert_that(not np.array_equal(drawn[0], drawn[2]), "two different generators give the same negatives")


def skip_gram_batch(rng, words, pairs, negatives):
    """Centres, contexts and negatives, with repeats, and with negatives equal to the context."""
    centres, contexts, drawn = (rng.integers(0, words, shape) for shape in (pairs, pairs, (pairs, negatives)))
    drawn[0, :2] = contexts[0]
    return [centres, contexts, drawn]


SKIP_GRAM_SIZES = [pytest.param(9, 5, id="5_negatives"), pytest.param(1, 1, id="1_pair_1_negative")]


def skip_gram_inputs(rng, pairs, negatives):
    """Tables of 6 words and a batch of pairs."""
    centres, contexts, drawn = skip_gram_batch(rng, 5, pairs, negatives)
    tables = {"centre": rng.standard_normal((6, 3)), "context": rng.standard_normal((6, 3))}
    return tables | {"centres": centres, "contexts": contexts, "negatives": drawn}


@pytest.mark.parametrize(("pairs", "negatives"), SKIP_GRAM_SIZES)
def test_skip_gram_loss(student, rng, pairs, negatives):
    """The loss is a mean over pairs and a sum over the negatives of each (Mikolov et al. 2013, equation 4)."""
    inputs = skip_gram_inputs(rng, pairs, negatives)
    total = 0.0
    for c, o, drawn in zip(inputs["centres"], inputs["contexts"], inputs["negatives"], strict=True):
        v, u = inputs["centre"][c], inputs["context"]
        total += np.log1p(np.exp(-u[o] @ v)) + sum(np.log1p(np.exp(u[n] @ v)) for n in drawn)
    assert_close(student.skip_gram(**inputs)["loss"], total / pairs, **EXACT, label="loss")


@pytest.mark.parametrize(("pairs", "negatives"), SKIP_GRAM_SIZES)
def test_skip_gram_gradients(student, reference, rng, pairs, negatives):
    """The gradients of both tables, with words that occur several times as centre, context and negative."""
    inputs = skip_gram_inputs(rng, pairs, negatives)
    result, expected = student.skip_gram(**inputs), reference.skip_gram(**inputs)
    assert_close(result, expected, **EXACT, names=["grad_centre", "grad_context"])


def test_skip_gram_of_large_scores(student, reference, rng):
    """Scores around 1e4 of either sign have finite losses and gradients."""
    inputs = skip_gram_inputs(rng, 9, 5)
    inputs |= {"centre": 100.0 * inputs["centre"], "context": 100.0 * inputs["context"]}
    assert_close(student.skip_gram(**inputs), reference.skip_gram(**inputs), **EXACT)


def test_skip_gram_training(student, reference, rng):
    """Twelve steps of gradient descent with new negatives in each: losses and both tables."""
    inputs = {"centre": rng.standard_normal((6, 3)), "context": rng.standard_normal((6, 3)), "lr": 0.5}
    inputs |= {"batches": [skip_gram_batch(rng, 6, 8, 3) for _ in range(12)]}
    assert_close(student.skip_gram_training(**inputs), reference.skip_gram_training(**inputs), **EXACT)


# the language model


def model(rng, cell, vocabulary_size, num_layers=1, sizes=(3, H), scale=1.0):
    """A language model's weights by name."""
    embedding_dim, hidden_size = sizes
    named = {"embedding.weight": (vocabulary_size, embedding_dim)}
    named |= {f"rnn.{name}": shape for name, shape in shapes(cell, *sizes, num_layers).items()}
    named |= {"head.weight": (vocabulary_size, hidden_size), "head.bias": (vocabulary_size,)}
    weights = {name: scale * rng.uniform(-1, 1, shape) for name, shape in named.items()}
    return {"weights": weights, "cell": cell, "num_layers": num_layers}


CELLS = [pytest.param("RNN", 1, id="RNN"), pytest.param("LSTM", 1, id="LSTM"), pytest.param("GRU", 2, id="GRU")]


@pytest.mark.parametrize(
    ("length", "batch_size", "seq_len"),
    [
        pytest.param(38, 3, 5, id="shorter_last"),
        pytest.param(37, 3, 4, id="all_alike"),
        pytest.param(23, 4, 50, id="one_chunk"),
        pytest.param(8, 1, 1, id="one_step"),
    ],
)
def test_chunks(student, reference, rng, length, batch_size, seq_len):
    """Streams one after another in the text, targets one position later, and a last chunk that may be shorter."""
    inputs = {"tokens": rng.permutation(length), "batch_size": batch_size, "seq_len": seq_len}
    assert_close(student.chunks(**inputs), reference.chunks(**inputs), rtol=0.0)  # nothing is computed


@pytest.mark.parametrize("cell", LAYERS)
def test_new_model(student, cell):
    """A new model draws all its weights from rng, and has the parameters of its three parts."""
    result = student.fresh_model(
        vocabulary_size=7, embedding_dim=3, hidden_size=5, num_layers=2, cell=cell, seeds=[1, 1, 2, None]
    )
    one, same, other, without = result["logits"]
    assert_that(without.max() > without.min(), "a model without a generator gives the same logit everywhere")
    assert_that(np.array_equal(one, same), "two models with the same seed give different logits")
    assert_that(not np.array_equal(one, other), "two models from different generators give the same logits")
    assert_that(result["parameters"] == 11, "the model should have 1 + 8 + 2 parameters with two recurrent layers")


@pytest.mark.parametrize(("cell", "num_layers"), CELLS)
def test_model_logits(student, reference, rng, cell, num_layers):
    """Logits of every step, and the final state, from a given state."""
    inputs = model(rng, cell, 6, num_layers) | {"indices": rng.integers(0, 6, (N, 5))}
    inputs |= {"hx": state(rng, cell, num_layers)}
    assert_close(student.model_logits(**inputs), reference.model_logits(**inputs), **EXACT)


@pytest.mark.parametrize(("cell", "num_layers"), CELLS)
def test_model_gradients(student, reference, rng, cell, num_layers):
    """The gradients of every weight of the three parts, and of the initial state."""
    inputs = model(rng, cell, 6, num_layers) | {"indices": rng.integers(0, 6, (N, 5))}
    inputs |= {"hx": state(rng, cell, num_layers), "grad_hx": state(rng, cell, num_layers)}
    inputs |= {"grad_logits": rng.standard_normal((N, 5, 6))}
    assert_close(student.model_gradients(**inputs), reference.model_gradients(**inputs), **EXACT)


def pieces(rng, words, lengths, batch=N):
    """Chunks of given lengths, each [inputs, targets]."""
    streams = rng.integers(0, words, (batch, sum(lengths) + 1))
    ends = np.cumsum([0, *lengths])
    return [[streams[:, start:end], streams[:, start + 1 : end + 1]] for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("optimiser", "max_norm"),
    [
        pytest.param({"optimiser": "SGD", "lr": 0.5}, 1e6, id="unclipped"),
        pytest.param({"optimiser": "SGD", "lr": 2.0, "momentum": 0.5}, 0.3, id="clipped"),
    ],
)
@pytest.mark.parametrize(("cell", "num_layers"), CELLS)
def test_training_steps(student, reference, rng, cell, num_layers, optimiser, max_norm):
    """Two epochs over five chunks: state carried, gradients cut between chunks and clipped, one step each."""
    inputs = model(rng, cell, 6, num_layers) | {"chunks": pieces(rng, 6, [4, 4, 4, 4, 2])}
    inputs |= {"optimiser": optimiser, "max_norm": max_norm, "epochs": 2}
    # Without clipping, ten steps multiply rounding errors by less than 1,000. With clipping, with or without PyTorch's
    # 1e-6 added to the norm, weights differ by up to 4e-6; every known mistake is off by more than 0.03.
    tolerance = EXACT if max_norm > 1e3 else {"rtol": 1e-4, "atol": 1e-4}
    assert_close(student.train(**inputs), reference.train(**inputs), **tolerance)


@pytest.mark.parametrize(("cell", "num_layers"), CELLS)
def test_perplexity(student, reference, rng, cell, num_layers):
    """Every character counts the same, the state is carried from chunk to chunk, and each text starts from zeros."""
    texts = [pieces(rng, 6, [5, 5, 1]), pieces(rng, 6, [3])]
    inputs = model(rng, cell, 6, num_layers, scale=2.0) | {"texts": [*texts, texts[0]]}
    result, expected = student.perplexities(**inputs), reference.perplexities(**inputs)
    assert_close(result, expected, **EXACT, names=["perplexities"])
    assert_that(result["unchanged"], "measuring the perplexity changed the model's weights")


WORDS = ("stone ", "notes ", "tones ", "onset ")
LEARNING = {"RNN": (400, 4, 0.03), "GRU": (480, 2, 0.06), "LSTM": (480, 2, 0.06)}  # words, epochs, lr


@pytest.mark.needs("test_chunks")
@pytest.mark.needs("test_training_steps")
@pytest.mark.needs("test_perplexity")
@pytest.mark.parametrize("cell", LAYERS)
def test_model_learns_words(student, rng, cell):
    """Trained on a few hundred words, the perplexity on new text is below 2; one letter of context is not enough."""
    characters = sorted(set("".join(WORDS)))

    def text(count):
        written = "".join(WORDS[number] for number in rng.integers(0, 4, count))
        return np.array([characters.index(character) for character in written])

    words, epochs, lr = LEARNING[cell]
    weights = model(rng, cell, len(characters), sizes=(6, 16))["weights"]
    inputs = {"weights": {name: 0.25 * weight for name, weight in weights.items()}, "cell": cell}
    inputs |= {"tokens": text(words), "test_tokens": text(40), "max_norm": 1.0, "epochs": epochs}
    result = student.learn(**inputs, optimiser={"optimiser": "Adam", "lr": lr})
    # The text's own perplexity is 4 ** (1 / 6) = 1.26; a model with one letter of context has over 2.7. Of 450 random
    # starts of each cell the worst had 1.80 (RNN) and 1.56 (GRU, LSTM), with a mean of 1.34 and a deviation of 0.05.
    assert_that(result["perplexity"] < 2.0, "the perplexity on new text is not below 2")


def test_probabilities_at_temperatures(student, rng):
    """softmax(logits / temperature) along the last axis, for one row and for many, for large logits; 0 is greedy."""
    for shape in ((5,), (2, 3, 5)):
        logits = 2.0 * rng.standard_normal(shape)
        logits[..., 0] += 0.5
        temperatures = [0.02, 0.7, 3.0]
        result = student.probabilities(logits=logits + 1e3, temperatures=[0.0, *temperatures])
        powers = [np.exp((logits - logits.max(axis=-1, keepdims=True)) / t) for t in temperatures]
        greedy = (logits == logits.max(axis=-1, keepdims=True)).astype(float)
        expected = np.stack([greedy, *(power / power.sum(axis=-1, keepdims=True) for power in powers)])
        # logits near 1e3 are rounded by 1e-13, and 0.02 makes 50 times as much of it
        assert_close(result, {"probabilities": expected}, rtol=1e-8, atol=1e-10)


def test_negative_temperatures_are_refused(student, rng):
    """A temperature below 0 raises ValueError."""
    result = student.refuses_temperature(logits=rng.standard_normal(4), temperature=-0.5)
    assert_that(result["raised"], "a temperature of -0.5 should raise ValueError, and nothing was raised")


@pytest.mark.needs("test_model_logits")
@pytest.mark.parametrize(("cell", "num_layers"), CELLS)
def test_greedy_text(student, reference, rng, cell, num_layers):
    """At temperature 0 the model reads the whole prompt, and then its own characters, one at a time."""
    for length in (1, 5, 6, 7):
        inputs = model(rng, cell, 9, num_layers, sizes=(5, 8), scale=1.5)
        inputs["weights"]["head.bias"] = np.zeros(9)  # else it decides alone which character comes next
        inputs |= {"prompt": rng.integers(0, 9, length), "length": 9, "temperature": 0.0, "seeds": [None]}
        result = student.write(**inputs)
        assert_close(result, reference.write(**inputs), rtol=0.0, names=["written"])  # whole numbers
        assert_that(result["integers"], "the characters should be integers")


def test_sampled_characters_have_their_probabilities(student, rng):
    """400 characters of a model with constant logits have the frequencies of softmax(bias / 3) at temperature 3."""
    inputs = model(rng, "RNN", 3, scale=0.0)
    order = rng.permutation(3)
    inputs["weights"]["head.bias"] = np.log([1.0, 27.0, 729.0])[order]
    settings = {"prompt": np.array([1]), "length": 400, "temperature": 3.0, "seeds": [int(rng.integers(2**31))]}
    written = student.write(**inputs, **settings)["written"][0]
    frequencies = np.array([np.mean(written == character) for character in range(3)])
    # Hoeffding: 400 draws are off by more than 0.164 less than once in 10^9 for each character; at another temperature
    # the likeliest character has a frequency of 0.96 (1) or 1 in place of 0.69
    expected = np.array([1.0, 3.0, 9.0])[order] / 13.0
    near = np.abs(frequencies - expected).max() <= 0.164
    assert_that(near, "the characters are not drawn with the probabilities of their logits at this temperature")


def test_text_comes_from_the_generator(student, rng):
    """Equal seeds write the same text, different seeds different texts; without a generator each text differs."""
    inputs = model(rng, "RNN", 5, scale=0.1) | {"prompt": np.array([2, 3]), "length": 40, "temperature": 1.0}
    # nearly equal probabilities of five characters: two texts are the same once in 10^20
    written = student.write(**inputs, seeds=[3, 3, 4, None, None])["written"]
    assert_that(np.array_equal(written[0], written[1]), "two generators with the same seed write different texts")
    assert_that(not np.array_equal(written[0], written[2]), "two different generators write the same text")
    assert_that(not np.array_equal(written[3], written[4]), "without a generator two calls wrote the same text")
