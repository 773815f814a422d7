"""Public tests of s10_attention: worked examples of spec.md, and slopes of your own forward passes."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_gradient

# worked by hand in spec.md; a few dozen operations in float64 stay below 1e-13
EXACT = {"rtol": 1e-10, "atol": 1e-12}

# E = 4, so the scale is 1/2. Scores: ln 2 for the first query and first key and for the third query and second key,
# 0 for all others.
QUERY = 2 * np.log(2) * np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
KEY = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
VALUE = np.array([[8.0, 0.0], [0.0, 4.0], [4.0, 8.0]])
EXAMPLE = {"query": QUERY, "key": KEY, "value": VALUE}

SHAPES = {"query": (3, 5), "key": (4, 5), "value": (4, 2)}  # of random inputs: L = 3, S = 4, E = 5, Ev = 2

# two heads of one feature each, scale 1: W_q and W_k are the identity, W_v is three times it; out_proj swaps the
# features and adds 10 to the first
HEADS = {"embed_dim": 2, "num_heads": 2}
PROJECTIONS = {
    "in_proj_weight": np.vstack([np.eye(2), np.eye(2), 3 * np.eye(2)]),
    "in_proj_bias": np.zeros(6),
    "out_proj.weight": np.array([[0.0, 1.0], [1.0, 0.0]]),
    "out_proj.bias": np.array([10.0, 0.0]),
}
TOKENS = {
    "query": np.log(2) * np.eye(2)[None],
    "key": np.eye(2)[None],
    "value": np.array([[[2.0, 1.0], [0.0, 3.0]]]),
}


def test_attention_worked_example(student):
    """Weights are the softmax of scaled products, and the output is the mean of the values with these weights."""
    result = student.attention(**EXAMPLE)

    # exponentials 2, 1, 1; 1, 1, 1; 1, 2, 1
    weights = np.array([[1 / 2, 1 / 4, 1 / 4], [1 / 3, 1 / 3, 1 / 3], [1 / 4, 1 / 2, 1 / 4]])
    output = np.array([[5.0, 3.0], [4.0, 4.0], [3.0, 4.0]])
    assert_close(result, {"output": output, "weights": weights}, **EXACT)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # the first query may attend to the first and third key: exponentials 2 and 1
        pytest.param(
            {"attn_mask": np.array([[True, False, True], [True, True, True], [True, True, True]])},
            [[20 / 3, 8 / 3], [4.0, 4.0], [3.0, 4.0]],
            id="boolean",
        ),
        # ln 2 more for the third key: exponentials 2, 1, 2; 1, 1, 2; 1, 2, 2
        pytest.param(
            {"attn_mask": np.log([[1.0, 1.0, 2.0]])},
            [[4.8, 4.0], [4.0, 5.0], [3.2, 4.8]],
            id="additive",
        ),
        pytest.param({"is_causal": True}, [[8.0, 0.0], [4.0, 2.0], [3.0, 4.0]], id="causal"),
    ],
)
def test_masks_worked_example(student, settings, expected):
    """True in a boolean mask allows, numbers are added to the scores, and is_causal allows no later key."""
    result = student.attention(**EXAMPLE, **settings)

    assert_close(result, {"output": np.array(expected)}, **EXACT, names=["output"])


@pytest.mark.parametrize(
    "row",
    [pytest.param(np.array([False, False, False]), id="boolean"), pytest.param(np.full(3, -np.inf), id="additive")],
)
def test_no_key_allowed_worked_example(student, row):
    """A query that may attend to no key has weights 0 and output 0, and adds nothing to any gradient."""
    mask = np.stack([np.ones(3, dtype=bool), np.ones(3, dtype=bool), row]) if row.dtype == bool else np.zeros((3, 3))
    mask[2] = row

    result = student.attention_backward(**EXAMPLE, attn_mask=mask, grad_output=np.array([[3.0, 0.0]] * 3))

    expected = {"output": np.array([[5.0, 3.0], [4.0, 4.0], [0.0, 0.0]])}
    assert_close(result, expected, **EXACT, names=["output"])
    assert_close(result["weights"][2], np.zeros(3), **EXACT, label="weights of the third query")
    # the first two queries' weights times 3: 1/2 + 1/3 and twice 1/4 + 1/3
    grad_value = np.array([[2.5, 0.0], [1.75, 0.0], [1.75, 0.0]])
    assert_close(result, {"grad_value": grad_value}, **EXACT, names=["grad_value"])
    assert_close(result["grad_query"][2], np.zeros(4), **EXACT, label="grad_query of the third query")


@pytest.mark.parametrize(
    ("masks", "output", "weights"),
    [
        pytest.param({}, [[16.0, 4.0], [17.0, 3.0]], [[7 / 12, 5 / 12], [5 / 12, 7 / 12]], id="no_mask"),
        # the second key is padding: both queries attend only to the first
        pytest.param(
            {"key_padding_mask": np.array([[False, True]])},
            [[13.0, 6.0], [13.0, 6.0]],
            [[1.0, 0.0], [1.0, 0.0]],
            id="padding",
        ),
        # True forbids here
        pytest.param(
            {"attn_mask": np.array([[False, True], [False, False]])},
            [[13.0, 6.0], [17.0, 3.0]],
            [[1.0, 0.0], [5 / 12, 7 / 12]],
            id="attn_mask",
        ),
    ],
)
def test_multihead_worked_example(student, masks, output, weights):
    """Two heads of one feature each: projections, attention, heads side by side, output projection."""
    result = student.multihead(settings=HEADS, parameters=PROJECTIONS, masks=masks, **TOKENS)

    assert_close(result, {"output": np.array([output]), "weights": np.array([weights])}, **EXACT)


@pytest.mark.parametrize(
    ("d_model", "second"),
    [
        pytest.param(4, [np.sin(1.0), np.cos(1.0), np.sin(0.01), np.cos(0.01)], id="even"),
        pytest.param(3, [np.sin(1.0), np.cos(1.0), np.sin(10000 ** (-2 / 3))], id="odd"),
    ],
)
def test_positional_encoding_worked_example(student, d_model, second):
    """The encoding of position 0 is 0, 1, 0, ...; that of position 1 has sines and cosines of falling frequencies."""
    x = np.array([[[1.0] * d_model] * 2, [[5.0] * d_model] * 2])  # (2, 2, d_model)
    grad_output = np.arange(4.0 * d_model).reshape(x.shape)

    result = student.positions(settings={"d_model": d_model, "max_len": 10}, x=x, grad_output=grad_output)

    y = x + np.array([[0.0, 1.0, 0.0, 1.0][:d_model], second])
    assert_close(result, {"y": y, "grad_input": grad_output, "parameters": 0}, **EXACT)


def test_gelu_worked_example(student):
    """GELU in its tanh form at 0, at 1 and -1, and at large values."""
    result = student.gelu(x=np.array([0.0, 1.0, -1.0, 10.0, -10.0]), grad_output=np.array([4.0, 1.0, 1.0, 2.0, 2.0]))

    # tanh(0.79788456 * 1.044715) = 0.68238396
    expected = {"y": np.array([0.0, 0.84119199, -0.15880801, 10.0, 0.0])}
    assert_close(result, expected, rtol=0.0, atol=1e-7, names=expected)  # the digits above
    slopes = result["grad_input"][[0, 3, 4]]
    assert_close(slopes, np.array([2.0, 2.0, 0.0]), rtol=0.0, atol=1e-7, label="grad_input at 0, 10 and -10")


@pytest.mark.parametrize("norm_first", [False, True], ids=["post_norm", "pre_norm"])
def test_encoder_layer_worked_example(student, norm_first):
    """If attention and feed-forward return 0, a post-norm layer applies two norms, and a pre-norm layer returns x."""
    parameters = {"self_attn.out_proj.weight": np.zeros((4, 4)), "self_attn.out_proj.bias": np.zeros(4)}
    parameters |= {"linear2.weight": np.zeros((4, 6)), "linear2.bias": np.zeros(4)}
    settings = {"d_model": 4, "nhead": 2, "dim_feedforward": 6, "layer_norm_eps": 9.0, "norm_first": norm_first}
    src = np.array([[[1.0, 9.0, 9.0, 1.0], [9.0, 1.0, 1.0, 9.0]]])

    result = student.encoder(settings=settings, parameters=parameters, src=src)

    # mean 5, variance 16, sqrt(16 + 9) = 5: the first norm gives 0.8, whose variance is 0.64
    signs = np.array([[[-1.0, 1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]])
    assert_close(result, {"y": src if norm_first else 0.8 / np.sqrt(9.64) * signs}, **EXACT)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="no_mask"),
        pytest.param({"is_causal": True}, id="causal"),
        pytest.param({"attn_mask": np.array([[True, False, True, True], [False] * 4, [True] * 4])}, id="masked"),
    ],
)
def test_attention_gradients_are_slopes(student, rng, settings):
    """The gradients of query, key and value are the slopes of your own forward pass."""
    inputs = {name: rng.standard_normal((2, *shape)) for name, shape in SHAPES.items()} | settings
    grad_output = rng.standard_normal((2, 3, 2))

    result = student.attention_backward(grad_output=grad_output, **inputs)

    gradients = {name: result[f"grad_{name}"] for name in SHAPES}
    # central differences at h = 1e-5 are accurate to 1e-9 here
    assert_gradient(student.attention, inputs, gradients, grad_output, rng, output="output", rtol=1e-6, atol=1e-7)


def test_multihead_gradients_are_slopes(student, rng):
    """The gradients of query, key and value through MultiheadAttention are the slopes of your own forward pass."""
    inputs = {
        "settings": {"embed_dim": 6, "num_heads": 2},
        "parameters": {
            "in_proj_weight": rng.standard_normal((18, 6)) / 2,
            "in_proj_bias": rng.standard_normal(18),
            "out_proj.weight": rng.standard_normal((6, 6)),
            "out_proj.bias": rng.standard_normal(6),
        },
        "query": rng.standard_normal((2, 3, 6)),
        "key": rng.standard_normal((2, 4, 6)),
        "value": rng.standard_normal((2, 4, 6)),
        "masks": {"key_padding_mask": np.array([[False, False, False, True], [False] * 4])},
    }
    grad_output = rng.standard_normal((2, 3, 6))

    result = student.multihead_backward(grad_output=grad_output, **inputs)

    gradients = {name: result[f"grad_{name}"] for name in ("query", "key", "value")}
    # central differences at h = 1e-5 are accurate to 1e-8 here
    assert_gradient(student.multihead, inputs, gradients, grad_output, rng, output="output", rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("norm_first", [False, True], ids=["post_norm", "pre_norm"])
def test_encoder_layer_gradients_are_slopes(student, rng, norm_first):
    """The gradient of src through an encoder layer with GELU is the slope of your own forward pass."""
    settings = {"d_model": 6, "nhead": 3, "dim_feedforward": 5, "activation": "gelu", "norm_first": norm_first}
    settings["layer_norm_eps"] = 0.1  # smooth: no token has a variance near 0
    parameters = {
        "self_attn.in_proj_weight": rng.standard_normal((18, 6)) / 2,
        "self_attn.in_proj_bias": rng.standard_normal(18),
        "self_attn.out_proj.weight": rng.standard_normal((6, 6)) / 2,
        "self_attn.out_proj.bias": rng.standard_normal(6),
        "linear1.weight": rng.standard_normal((5, 6)) / 2,
        "linear1.bias": rng.standard_normal(5),
        "linear2.weight": rng.standard_normal((6, 5)) / 2,
        "linear2.bias": rng.standard_normal(6),
    }
    inputs = {"settings": settings, "parameters": parameters, "src": rng.standard_normal((2, 4, 6))}
    grad_output = rng.standard_normal((2, 4, 6))

    result = student.encoder_backward(grad_output=grad_output, **inputs)

    # central differences at h = 1e-5 are accurate to 1e-8 here
    assert_gradient(student.encoder, inputs, {"src": result["grad_input"]}, grad_output, rng, rtol=1e-6, atol=1e-6)


@pytest.mark.needs("test_multihead_worked_example", "test_multihead_gradients_are_slopes")
def test_attention_time_budget(student, reference, budget):
    """Forward and backward of 8 sequences of 40 tokens with 16 heads stay within the limit of CPU time."""

    def inputs_of(rng):
        x, grad_output = rng.standard_normal((2, 8, 40, 32))
        return {
            "x": x,
            "grad_output": grad_output,
            "in_proj_weight": rng.standard_normal((96, 32)) / 6,
            "out_proj_weight": rng.standard_normal((32, 32)) / 6,
            "num_heads": 16,
            "key_padding_mask": np.arange(40) >= rng.integers(20, 41, (8, 1)),
            "weights": rng.standard_normal(97),
        }

    budget(student.many_attentions, reference.many_attentions, inputs_of)
