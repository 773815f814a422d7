"""Public tests of s09_rnn: worked examples of spec.md, and slopes of your own forward passes."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient, assert_that

# worked by hand in spec.md; a few dozen float64 operations stay below 1e-14
EXACT = {"rtol": 1e-10, "atol": 1e-12}
LN2, LN3 = np.log(2.0), np.log(3.0)
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
LAYERS = [pytest.param(layer, id=layer) for layer in GATES]


def shapes(layer, input_size, hidden_size, num_layers):
    """The parameters' names with their shapes."""
    rows, found = GATES[layer] * hidden_size, {}
    for k in range(num_layers):
        found[f"weight_ih_l{k}"] = (rows, hidden_size if k else input_size)
        found[f"weight_hh_l{k}"] = (rows, hidden_size)
        found[f"bias_ih_l{k}"] = found[f"bias_hh_l{k}"] = (rows,)
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_parameters_have_pytorchs_names_and_shapes(student, layer):
    """Two layers (num_layers=2) have eight parameters, with PyTorch's names and shapes."""
    expected = shapes(layer, 5, 3, 2)

    result = student.fresh_layer(
        layer=layer, settings={"input_size": 5, "hidden_size": 3, "num_layers": 2}, names=list(expected)
    )

    for name, shape in expected.items():
        assert_that(result[name].shape == shape, f"{name} should have the shape {shape}")
    assert_that(result["parameters"] == 8, "parameters() should yield the eight parameters, and nothing else")


def test_rnn_worked_example(student):
    """Two sequences of two steps through an RNN of one unit."""
    result = student.run(
        layer="RNN",
        settings={"input_size": 1, "hidden_size": 1},
        weights={
            "weight_ih_l0": np.array([[1.0]]),
            "weight_hh_l0": np.array([[LN3 / 0.6]]),
            "bias_ih_l0": np.array([0.1]),
            "bias_hh_l0": np.array([-0.1]),
        },
        x=np.array([[[LN2], [0.0]], [[0.0], [-4.0 / 3.0 * LN3]]]),  # (T, N, 1): a column is a sequence
        hx=[np.array([[[0.0], [0.6]]])],
    )

    # tanh(ln 2) = 3/5 and tanh(ln 3) = 4/5
    expected = {"output": np.array([[[0.6], [0.8]], [[0.8], [0.0]]]), "h_n": np.array([[[0.8], [0.0]]])}
    assert_close(result, expected, **EXACT)


def test_lstm_worked_example(student):
    """Two steps of an LSTM of one unit, whose gates are 3/4, 1/4, 3/5 and 1/2."""
    result = student.run(
        layer="LSTM",
        settings={"input_size": 1, "hidden_size": 1},
        weights={
            "weight_ih_l0": np.array([[LN3], [-LN3], [LN2], [0.0]]),
            "weight_hh_l0": np.zeros((4, 1)),
            "bias_ih_l0": np.zeros(4),
            "bias_hh_l0": np.zeros(4),
        },
        x=np.ones((2, 1, 1)),
        hx=[np.array([[[5.0]]]), np.array([[[2.0]]])],
    )

    # c = 2 / 4 + 0.45 = 0.95, then 0.95 / 4 + 0.45 = 0.6875
    h = 0.5 * np.tanh([0.95, 0.6875])
    expected = {"output": h.reshape(2, 1, 1), "h_n": h[1:].reshape(1, 1, 1), "c_n": np.array([[[0.6875]]])}
    assert_close(result, expected, **EXACT)


def test_gru_worked_example(student):
    """One step of a GRU of one unit: r = 3/4, z = 2/3, n = 3/5."""
    result = student.run(
        layer="GRU",
        settings={"input_size": 1, "hidden_size": 1},
        weights={
            "weight_ih_l0": np.array([[LN3], [LN2], [0.0]]),
            "weight_hh_l0": np.array([[0.0], [0.0], [LN2]]),
            "bias_ih_l0": np.zeros(3),
            "bias_hh_l0": np.array([0.0, 0.0, LN2 / 3.0]),
        },
        x=np.ones((1, 1, 1)),
        hx=[np.array([[[1.0]]])],
    )

    # n = tanh(3/4 * (ln 2 + ln 2 / 3)) = tanh(ln 2); h = 1/3 * 3/5 + 2/3 * 1
    h = np.array([[[13.0 / 15.0]]])
    assert_close(result, {"output": h, "h_n": h}, **EXACT)


@pytest.mark.parametrize("layer", LAYERS)
def test_gradients_are_slopes_of_the_forward_pass(student, rng, layer):
    """The gradients of x, of the initial state and of every weight are the slopes of your own forward pass."""
    weights = {name: rng.uniform(-1.0, 1.0, shape) for name, shape in shapes(layer, 3, 4, 1).items()}
    fixed = {"layer": layer, "settings": {"input_size": 3, "hidden_size": 4}, "weights": weights}
    x = rng.standard_normal((3, 2, 3))
    state = {name: rng.standard_normal((1, 2, 4)) for name in ("h", "c")[: 2 if layer == "LSTM" else 1]}
    grad_output = rng.standard_normal((3, 2, 4))

    result = student.backpropagate(**fixed, x=x, hx=list(state.values()), grad_output=grad_output)

    # central differences at h = 1e-5 are accurate to 1e-9 here
    tolerance = {"rtol": 1e-6, "atol": 1e-7}
    gradients = {"x": result["grad_x"]} | {name: result[f"grad_{name}0"] for name in state}
    inputs = {**fixed, "output": "output", "x": x, **state}
    assert_gradient(student.run_with_state, inputs, gradients, grad_output, rng, **tolerance)
    for name, weight in weights.items():
        inputs = {**fixed, "output": "output", "x": x, "hx": list(state.values()), "name": name, "weight": weight}
        gradients = {"weight": result[f"grad_{name}"]}
        assert_gradient(student.run_with_weight, inputs, gradients, grad_output, rng, **tolerance)


def test_embedding_worked_example(student):
    """One row for each index; backward adds up the gradients of a repeated index, and ignores the padding row."""
    result = student.embed(
        weight=np.array([[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        indices=[np.array([[1, 3, 1], [1, 0, 0]])],
        grad_outputs=[np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]], [[4.0, 40.0], [5.0, 50.0], [6.0, 60.0]]])],
        padding_idx=0,
    )

    expected = {
        "y": [np.array([[[1.0, 2.0], [5.0, 6.0], [1.0, 2.0]], [[1.0, 2.0], [9.0, 9.0], [9.0, 9.0]]])],
        "grad_weight": np.array([[0.0, 0.0], [8.0, 80.0], [0.0, 0.0], [2.0, 20.0]]),
    }
    assert_close(result, expected, **EXACT)


def test_skip_gram_pairs_worked_example(student):
    """The pairs of the text 5 2 7 2 with window 1, in any order."""
    result = student.pairs(texts=[np.array([5, 2, 7, 2])], windows=[1])

    found = sorted(zip(result["centres"][0].tolist(), result["contexts"][0].tolist(), strict=True))
    expected = [(2, 5), (2, 7), (2, 7), (5, 2), (7, 2), (7, 2)]
    assert_that(found == expected, f"the pairs should be {expected}, in any order; your pairs are {found}")


# Two pairs with one negative each. Scores of the first: u_o . v = ln 3, u_n . v = 0; of the second: 0 and 0.
SKIP_GRAM = {
    "centre": np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),
    "context": np.array([[LN3, 0.0], [0.0, 7.0], [0.0, 5.0]]),
    "centres": np.array([0, 2]),
    "contexts": np.array([0, 1]),
    "negatives": np.array([[1], [1]]),
}


def test_skip_gram_worked_example(student):
    """The loss of two pairs with one negative each, and its gradients."""
    result = student.skip_gram(**SKIP_GRAM)

    # -ln(3/4) - ln(1/2) and -ln(1/2) - ln(1/2); v_0 gets (-1/4 u_0 + 1/2 u_1) / 2, v_2 gets (-1/2 u_1 + 1/2 u_1) / 2
    expected = {
        "loss": np.log(32.0 / 3.0) / 2.0,
        "grad_centre": np.array([[-LN3 / 8.0, 1.75], [0.0, 0.0], [0.0, 0.0]]),
        "grad_context": np.array([[-0.125, 0.0], [0.25, 0.0], [0.0, 0.0]]),
    }
    assert_close(result, expected, **EXACT)


def test_skip_gram_gradients_are_slopes_of_the_loss(student, rng):
    """The gradients of both tables are the slopes of your own loss, also for words that occur several times."""
    inputs = {"centre": rng.standard_normal((6, 3)), "context": rng.standard_normal((6, 3))}
    inputs |= {name: rng.integers(0, 4, 7) for name in ("centres", "contexts")}
    inputs |= {"negatives": rng.integers(0, 4, (7, 5))}

    result = student.skip_gram(**inputs)

    gradients = {"centre": result["grad_centre"], "context": result["grad_context"]}
    # central differences at h = 1e-5 are accurate to 1e-9 here
    assert_gradient(student.skip_gram_loss, inputs, gradients, np.array(1.0), rng, rtol=1e-6, atol=1e-7)


def test_chunks_worked_example(student):
    """Eleven tokens in two streams, in chunks of three steps; the last chunk has two."""
    result = student.chunks(tokens=np.arange(11), batch_size=2, seq_len=3)

    expected = {
        "inputs": [np.array([[0, 1, 2], [5, 6, 7]]), np.array([[3, 4], [8, 9]])],
        "targets": [np.array([[1, 2, 3], [6, 7, 8]]), np.array([[4, 5], [9, 10]])],
    }
    assert_close(result, expected, rtol=0.0)  # nothing is computed


def test_temperature_worked_example(student):
    """Logits 0 and ln 3 at temperatures 1, 1/2, 2 and 0."""
    result = student.probabilities(logits=np.array([0.0, LN3]), temperatures=[1.0, 0.5, 2.0, 0.0])

    root = np.sqrt(3.0)
    expected = np.array([[0.25, 0.75], [0.1, 0.9], [1.0 / (1.0 + root), root / (1.0 + root)], [0.0, 1.0]])
    assert_close(result, {"probabilities": expected}, **EXACT)


@pytest.mark.needs("test_lstm_worked_example", "test_gradients_are_slopes_of_the_forward_pass")
def test_lstm_time_budget(student, reference, budget):
    """An LSTM forward and backward over 25 steps of 80 sequences stays within the limit of CPU time."""

    def inputs_of(rng):
        return {
            "layer": "LSTM",
            "settings": {"input_size": 8, "hidden_size": 12, "num_layers": 1},
            "weights": {name: rng.uniform(-1, 1, shape) for name, shape in shapes("LSTM", 8, 12, 1).items()},
            "x": rng.standard_normal((25, 80, 8)),
            "grad_output": rng.standard_normal((25, 80, 12)),
        }

    budget(student.backpropagate, reference.backpropagate, inputs_of)
