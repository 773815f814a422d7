"""Tests that you can read and run: ``pytest s12_sequences``."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_that

LSTM = [[20, 4], [20, 5], [20], [20]]  # E = 4, H = 5
GRU = [[15, 4], [15, 5], [15], [15]]
ATTENTION = [[6, 6], [6]] * 4  # D = 6
NORM, FEED_FORWARD = [[6], [6]], [[8, 6], [8], [6, 8], [6]]
ENCODER_LAYER = [*ATTENTION, *NORM, *FEED_FORWARD, *NORM]
DECODER_LAYER = [*ATTENTION, *NORM, *ATTENTION, *NORM, *FEED_FORWARD, *NORM]
TRANSFORMER = {"source_size": 9, "target_size": 7, "d_model": 6, "heads": 2, "d_ff": 8, "max_length": 10}
LM = {"vocab_size": 9, "embedding_size": 4, "hidden_size": 5}
SEQ2SEQ = {"source_size": 9, "target_size": 7, "embedding_size": 4, "hidden_size": 5}


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        pytest.param("LanguageModel", LM, [[9, 4], *LSTM, [9, 5], [9]], id="lstm"),
        pytest.param("LanguageModel", LM | {"cell": "gru"}, [[9, 4], *GRU, [9, 5], [9]], id="gru"),
        pytest.param(
            "LanguageModel",
            {"vocab_size": 9, "embedding_size": 5, "hidden_size": 5, "tied": True},
            [[9, 5], [20, 5], [20, 5], [20], [20], [9]],
            id="tied",
        ),
        pytest.param(
            "SentimentClassifier",
            LM | {"pooling": "attention", "attention_size": 3},
            [[9, 4], *GRU, *GRU, [3, 10], [3], [1, 3], [1, 10], [1]],
            id="sentiment",
        ),
        pytest.param(
            "Seq2Seq",
            SEQ2SEQ,
            [
                *([9, 4], *GRU, *GRU, [5, 10], [5]),
                *([7, 4], [5, 5], [5, 10], [1, 5], [15, 14], [15, 5], [15], [15], [7, 15], [7]),
            ],
            id="bahdanau",
        ),
        pytest.param(
            "Seq2Seq",
            SEQ2SEQ | {"kind": "luong"},
            [*([9, 4], *GRU, *GRU, [5, 10], [5]), *([7, 4], [5, 10], *GRU, [5, 15], [7, 5], [7])],
            id="luong",
        ),
        pytest.param(
            "Transformer",
            TRANSFORMER,
            [[9, 6], [7, 6], *ENCODER_LAYER, *NORM, *DECODER_LAYER, *NORM, [7, 6], [7]],
            id="pre_norm",
        ),
        pytest.param(
            "Transformer",
            TRANSFORMER | {"norm": "post", "positions": "learned"},
            [[10, 6], [9, 6], [7, 6], *ENCODER_LAYER, *DECODER_LAYER, [7, 6], [7]],
            id="post_norm",
        ),
    ],
)
def test_shapes_of_parameters(student, name, settings, expected):
    """The shapes of parameters(), in their order."""
    result = student.parameter_shapes(name=name, settings=settings)

    assert_that(result["shapes"] == expected, f"parameters() should have the shapes {expected}")


def test_byte_pairs_worked_example(student):
    """The text "ab ab abc": its merges, and the ids of two other texts."""
    result = student.byte_pairs(text="ab ab abc", size=300, texts=["abab", " abc"])

    assert_that(result["merges"] == [[97, 98], [32, 256]], "the merges are not (97, 98) and (32, 256)")
    assert_that(result["codes"] == [[256, 256], [257, 99]], "the ids are not 256, 256 and 257, 99")


@pytest.mark.parametrize(
    "text", ["", "a", "two  spaces, a\ttab\nand lines\n\n", "naïve café", "日本語 🙂🙂", " \u00a0 \u2028"]
)
def test_texts_come_back(student, text):
    """Any string is the same after encode and decode."""
    result = student.byte_pairs(text="the cat and the other cat, naïve or not", size=280, texts=[text])

    assert_that(result["decoded"] == [text], f"encode and decode make {result['decoded']} of {[text]}")


def test_vocabulary_worked_example(student):
    """Tokens b, a, b, c, a, d with min_count = 2."""
    result = student.vocabulary(tokens=list("bcabad"), min_count=2, given=["b", "c"], ids=[2, 5, 4, 3, 4])

    assert_that(result["tokens"] == ["<pad>", "<unk>", "<bos>", "<eos>", "a", "b"], "the list of tokens is wrong")
    assert_that(result["codes"] == [5, 1], "the ids of b and c are 5 and 1")
    assert_that(result["decoded"] == ["b", "a"], "the tokens of 2, 5, 4, 3, 4 are b and a")


def test_windows_worked_example(student):
    """The numbers 0 to 10 as two streams, in windows of two."""
    result = student.cut(tokens=np.arange(11), batch_size=2, length=2)

    expected = {
        "streams": np.array([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]),
        "inputs": [np.array([[0, 1], [5, 6]]), np.array([[2, 3], [7, 8]])],
        "targets": [np.array([[1, 2], [6, 7]]), np.array([[3, 4], [8, 9]])],
    }
    assert_close(result, expected, rtol=0.0)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_state_goes_on(student, rng, cell):
    """A text in two calls, with the state between them, has the logits of one call."""
    result = student.language_model(
        settings=LM | {"cell": cell}, seed=int(rng.integers(2**31)), tokens=rng.integers(9, size=(2, 5)), split=3
    )

    # a few hundred float64 operations
    assert_close(result["in_two"], result["logits"], rtol=1e-9, atol=1e-12, label="logits in two calls")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [0.5, 0.3, 0.2], id="plain"),
        pytest.param({"temperature": 0.5}, [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38], id="temperature"),
        pytest.param({"top_k": 2}, [0.625, 0.375, 0.0], id="top_k"),
        pytest.param({"top_p": 0.6}, [0.625, 0.375, 0.0], id="top_p"),
        pytest.param({"top_k": 2, "top_p": 0.6}, [1.0, 0.0, 0.0], id="top_k_and_top_p"),
    ],
)
def test_next_probabilities_worked_example(student, settings, expected):
    """Tokens with the probabilities 0.5, 0.3, 0.2."""
    result = student.probabilities(logits=np.log([[0.5, 0.3, 0.2]]), **settings)

    # a few float64 operations
    assert_close(result["probabilities"], np.array([expected]), rtol=1e-9, atol=1e-12, label="probabilities")


@pytest.mark.parametrize("pooling", ["last", "mean", "attention"])
def test_a_text_alone_and_in_a_batch(student, rng, pooling):
    """Three texts of 2, 5 and 3 tokens have the same logits in a padded batch and one by one."""
    lengths = np.array([2, 5, 3])
    tokens = np.where(np.arange(5) < lengths[:, None], rng.integers(1, 9, (3, 5)), 0)
    result = student.sentiment(settings=LM | {"pooling": pooling}, seed=3, tokens=tokens, lengths=lengths)

    # a few hundred float64 operations
    assert_close(result["logits"], result["alone"], rtol=1e-9, atol=1e-12, label="logits in a batch, and alone")


def test_threshold_worked_example(student):
    """Validation scores 0.1, 0.4, 0.6, 0.9 with labels 0, 1, 0, 1; test scores 0.3, 0.5 with labels 1, 1."""
    result = student.report(
        valid_scores=np.array([0.1, 0.4, 0.6, 0.9]),
        valid_labels=np.array([0, 1, 0, 1]),
        test_scores=np.array([0.3, 0.5]),
        test_labels=np.array([1, 1]),
    )

    # F1 for the thresholds: 2 * 2 / (4 + 2), 2 * 2 / (3 + 2), 2 / (2 + 2), 2 / (1 + 2)
    expected = {"threshold": 0.4, "accuracy": 0.5, "precision": 1.0, "recall": 0.5, "f1": 2 / 3}
    assert_close(result, expected, rtol=1e-9)


def test_masks_worked_example(student):
    """Three steps, and a sentence of two tokens with one of padding."""
    result = student.masks(length=3, tokens=np.array([[5, 6, 0]]), pad=0)

    causal = np.array([[True, False, False], [True, True, False], [True, True, True]])
    assert_close(result, {"causal": causal, "keys": np.array([[[[True, True, False]]]])}, rtol=0.0)


def test_teacher_forcing_worked_example(student):
    """Sentences 5, 6, 7 and 8, with BOS 1, EOS 2 and padding 0."""
    result = student.forced(target=np.array([[5, 6, 7], [8, 0, 0]]), bos=1, eos=2, pad=0)

    expected = {
        "inputs": np.array([[1, 5, 6, 7], [1, 8, 0, 0]]),
        "labels": np.array([[5, 6, 7, 2], [8, 2, 0, 0]]),
        "target_unchanged": True,
    }
    assert_close(result, expected, rtol=0.0)


def test_smoothed_loss_worked_example(student):
    """Probabilities 0.1, 0.6, 0.2, 0.1 for the label 1, smoothing 0.2, and a place of padding."""
    logits = np.log([[[0.1, 0.6, 0.2, 0.1], [0.7, 0.1, 0.1, 0.1]]])
    result = student.smoothed(logits=logits, labels=np.array([[1, 0]]), smoothing=0.2, pad=0)

    # the label has 0.8, the tokens 2 and 3 have 0.1 each, padding has 0
    assert_close(result["value"], -(0.8 * np.log(0.6) + 0.1 * np.log(0.2) + 0.1 * np.log(0.1)), rtol=1e-9)


def test_steps_are_as_all_at_once(student, rng):
    """The logits of step after step are those of decode."""
    result = student.transformer_in_steps(
        settings=TRANSFORMER, seed=4, source=np.array([[4, 5, 6], [7, 8, 0]]), inputs=rng.integers(1, 7, (2, 4))
    )

    # a few thousand float64 operations
    assert_close(result["steps"], result["at_once"], rtol=1e-8, atol=1e-10, label="logits of the steps")


# BOS is 0, EOS is 1: after BOS the tokens 2 and 3 have 0.6 and 0.4; then EOS has 0.3 after 2 and 0.9 after 3
CHOICES = np.full((4, 4), 1e-9)
CHOICES[0, 2:] = 0.6, 0.4
CHOICES[2, 1:] = 0.3, 0.4, 0.3
CHOICES[3, 1:] = 0.9, 0.05, 0.05


def test_greedy_worked_example(student):
    """The most probable token three times is 2, 2, 2; a sentence that begins with 3 would have ended."""
    result = student.greedy(tables=np.log(np.tile(CHOICES, (1, 4, 1, 1))), bos=0, eos=1, max_length=3)

    assert_that(result["sentences"] == ["2 2 2"], f"the sentence is 2 2 2, not {result['sentences']}")


def test_beam_search_worked_example(student):
    """A beam of two finds 3 EOS, which has the probability 0.36; greedy decoding does not."""
    table = np.log(np.tile(CHOICES, (3, 4, 1, 1)))
    result = student.beam(table=table, bos=0, eos=1, width=2, max_length=2, alpha=1.0)

    # after two steps the best are 3 EOS with 0.4 * 0.9 and 2 2 with 0.6 * 0.4; both have two tokens
    assert_that(result["sentences"] == ["3", "2 2"], f"the sentences are 3 and 2 2, not {result['sentences']}")
    assert_close(result["scores"], np.log([0.36, 0.24]) / 2, rtol=1e-6, label="scores")


def test_bleu_worked_example(student):
    """The corpus of the specification: orders 1 and 2, one sentence that is too short."""
    result = student.bleu(
        hypotheses=[["the", "the", "cat"], ["a", "dog", "runs"]],
        references=[[["the", "cat", "sat"]], [["a", "dog", "runs", "fast"]]],
        max_order=2,
    )

    # 1-grams: (2 + 3) of 6; 2-grams: (1 + 2) of 4; lengths 6 and 7
    penalty = np.exp(1 - 7 / 6)
    expected = {
        "bleu": 100 * penalty * np.sqrt(5 / 6 * 3 / 4),
        "brevity_penalty": penalty,
        "precision_1": 5 / 6,
        "precision_2": 3 / 4,
    }
    assert_close(result, expected, rtol=1e-9)
