"""The reference of s12_sequences beside sacrebleu's BLEU and PyTorch's own attention, layers and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference of s12_sequences is written in PyTorch, not installed here")

HYPOTHESES = ["the cat sat on the mat", "a dog runs in the the park", "no", "we are here today now"]
REFERENCES = [
    ["the cat is sitting on the mat", "there is a cat on the mat"],
    ["a dog is running in the park", "a dog runs in a park today"],
    ["no", "not at all"],
    ["today we are here", "we are here now today my friend"],
]
# sacrebleu 2.6.0: corpus_bleu(HYPOTHESES, zip(*REFERENCES), force=True, tokenize="none", lowercase=False) with
# smooth_method="none", and with "add-k", smooth_value=1
SCORES = {"none": 38.55316831078691, "add-one": 46.63974504045794}


def split(texts: list[str]) -> list[list[str]]:
    """Tokens of each text."""
    return [text.split() for text in texts]


@pytest.mark.parametrize("smoothing", SCORES)
def test_bleu_is_sacrebleus(models: Callable[[str], Any], smoothing: str) -> None:
    """A corpus with two references each, one sentence of a single word and one repeated word."""
    references = [split(group) for group in REFERENCES]
    found = models("bleu").corpus_bleu(split(HYPOTHESES), references, smoothing=smoothing)

    assert SCORES[smoothing] == pytest.approx(found["bleu"], rel=1e-12)


def test_bleu_is_sacrebleus_for_random_corpora(models: Callable[[str], Any]) -> None:
    """Two hundred corpora: scores, penalties and precisions."""
    sacrebleu = pytest.importorskip("sacrebleu", reason="sacrebleu is not installed; SCORES has some of its results")
    rng = np.random.default_rng(0)
    for _ in range(200):
        corpus = [
            [" ".join(rng.choice(list("abcd"), rng.integers(1, 9))) for _ in range(3)]
            for _ in range(rng.integers(1, 6))
        ]
        texts, groups = [group[0] for group in corpus], [group[1:] for group in corpus]
        for smoothing, method, value in (("none", "none", None), ("add-one", "add-k", 1)):
            settings = {"smooth_method": method, "smooth_value": value, "force": True, "tokenize": "none"}
            expected = sacrebleu.corpus_bleu(texts, [list(column) for column in zip(*groups, strict=True)], **settings)
            found = models("bleu").corpus_bleu(split(texts), [split(group) for group in groups], smoothing=smoothing)

            assert expected.score == pytest.approx(found["bleu"], rel=1e-9, abs=1e-9)
            assert expected.bp == pytest.approx(found["brevity_penalty"], rel=1e-12)


def copy_attention(ours: Any, theirs: Any) -> None:
    """Weights of nn.MultiheadAttention from ours."""
    three = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([layer.weight for layer in three]))
        theirs.in_proj_bias.copy_(torch.cat([layer.bias for layer in three]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_layers_are_pytorchs(models: Callable[[str], Any], norm: str) -> None:
    """Encoder and decoder layer in both orders of norm, with a padding mask and a causal mask."""
    transformer = models("transformer")
    torch.manual_seed(1)
    options = {"dropout": 0.0, "batch_first": True, "norm_first": norm == "pre", "dtype": torch.float64}
    x, memory = torch.randn(2, 4, 12, dtype=torch.float64), torch.randn(2, 5, 12, dtype=torch.float64)
    hidden = torch.tensor([[False] * 5, [False, False, False, True, True]])
    causal = transformer.causal_mask(4)
    ours = transformer.EncoderLayer(12, 3, 7, norm).double()
    theirs = torch.nn.TransformerEncoderLayer(12, 3, 7, **options)
    copy_attention(ours.attention, theirs.self_attn)
    parts = [(theirs.linear1, ours.feed_forward[0]), (theirs.linear2, ours.feed_forward[2])]
    parts += [(theirs.norm1, ours.first.norm), (theirs.norm2, ours.second.norm)]
    own = transformer.DecoderLayer(12, 3, 7, norm).double()
    other = torch.nn.TransformerDecoderLayer(12, 3, 7, **options)
    copy_attention(own.self_attention, other.self_attn)
    copy_attention(own.source_attention, other.multihead_attn)
    parts += [(other.linear1, own.feed_forward[0]), (other.linear2, own.feed_forward[2])]
    parts += [(other.norm1, own.first.norm), (other.norm2, own.second.norm), (other.norm3, own.third.norm)]
    for of_pytorch, of_ours in parts:
        of_pytorch.load_state_dict(of_ours.state_dict())

    encoded = theirs(memory, src_key_padding_mask=hidden)
    decoded = other(x, memory, tgt_mask=~causal, memory_key_padding_mask=hidden)

    torch.testing.assert_close(ours(memory, ~hidden[:, None, None]), encoded, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(own(x, memory, causal, ~hidden[:, None, None]), decoded, rtol=1e-12, atol=1e-12)


def test_without_smoothing_the_loss_is_pytorchs(models: Callable[[str], Any]) -> None:
    """cross_entropy with ignore_index."""
    torch.manual_seed(2)
    logits, labels = torch.randn(3, 4, 6, dtype=torch.float64), torch.randint(0, 6, (3, 4))
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=0)

    torch.testing.assert_close(models("objectives").smoothed_loss(logits, labels, 0.0, 0), expected)


def test_words_of_the_paper(models: Callable[[str], Any]) -> None:
    """The words of algorithm 1 in Sennrich et al. 2016: "es", "est", "lo" and "low" are learnt."""
    text = "low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3
    tokeniser = models("tokeniser").BytePairTokeniser.train(text, 400)
    learnt = {tokeniser.decode([number]) for number in range(256, tokeniser.size)}

    assert {"es", "est", "lo", "low"} <= learnt


def test_weights_of_a_seed_are_set_in_order(models: Callable[[str], Any]) -> None:
    """The probes' weights: the same for the same seed, whatever the submodules are called; larger ones for matrices."""
    seeded = models("course.weights").seeded_weights
    one, other = (torch.nn.Sequential(torch.nn.Linear(50, 40), torch.nn.Linear(40, 3)).double() for _ in range(2))
    named = torch.nn.ModuleDict({"first": other[0], "second": other[1]})
    numbers = np.random.default_rng(7).standard_normal((40, 50)) * (1.5 / np.sqrt(50))

    np.testing.assert_array_equal(numbers, seeded(one, 7)[0].weight.detach().numpy())
    for left, right in zip(one.parameters(), seeded(named, 7).parameters(), strict=True):
        assert torch.equal(left, right)
    assert not torch.equal(one[0].weight, seeded(other, 8)[0].weight)
