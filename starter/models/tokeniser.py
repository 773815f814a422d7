"""Tokenisers: byte pairs learnt from a text, and a vocabulary of whole words or characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

PAD, UNKNOWN, BOS, EOS = range(4)  # ids of a Vocabulary that belong to no token
SPECIAL = ("<pad>", "<unk>", "<bos>", "<eos>")


def pieces_of(text: str) -> list[str]:
    """Cut a text so that its pieces, joined, are the text: a word with the one space before it, or white space."""
    return re.findall(r" ?[^\s]+|\s", text)


def count_pairs(words: dict[tuple[int, ...], int]) -> Counter[tuple[int, int]]:
    """How often each pair of neighbours occurs.

    Args:
        words: number of occurrences of each piece, a tuple of ids.

    Returns:
        A Counter; places that overlap all count, so (1, 1) occurs twice in (1, 1, 1).
    """
    raise NotImplementedError("count_pairs")


def merge(word: Sequence[int], pair: tuple[int, int], new: int) -> tuple[int, ...]:
    """Put ``new`` in the place of each occurrence of ``pair``, from left to right, without overlap."""
    raise NotImplementedError("merge")


class BytePairTokeniser:
    """Byte-pair encoding over the bytes of UTF-8 (Sennrich et al. 2016, algorithm 1).

    Ids 0 to 255 are the bytes; id 256 + k is the pair ``merges[k]``.

    Attributes:
        merges: list of pairs of ids, in the order in which they were learnt.
    """

    def __init__(self, merges: Iterable[tuple[int, int]] = ()) -> None:
        self.merges = [(int(left), int(right)) for left, right in merges]

    @property
    def size(self) -> int:
        """Number of ids."""
        return 256 + len(self.merges)

    @classmethod
    def train(cls, text: str, size: int) -> BytePairTokeniser:
        """Learn merges from a text until there are ``size`` ids, or no pair occurs twice.

        Pairs are counted within the pieces of ``pieces_of``. Each time the pair that occurs most often becomes the
        next id; of pairs that occur equally often the smallest one does, as Python compares tuples.
        """
        raise NotImplementedError("BytePairTokeniser.train")

    def encode(self, text: str) -> list[int]:
        """Ids of a text: in each piece all merges, in the order in which they were learnt."""
        raise NotImplementedError("BytePairTokeniser.encode")

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids. Bytes that are not UTF-8 become U+FFFD, as ``errors="replace"`` does."""
        raise NotImplementedError("BytePairTokeniser.decode")


class Vocabulary:
    """Ids of words (or characters): the four of ``SPECIAL`` first, then tokens that occur often, then rare ones.

    Args:
        tokens: of the training data only.
        min_count: tokens that occur less often have no id of their own; their id is ``UNKNOWN``.

    Attributes:
        tokens: list of all tokens, by id; of tokens that occur equally often the smallest string is first.
    """

    def __init__(self, tokens: Iterable[str], min_count: int = 1) -> None:
        raise NotImplementedError("Vocabulary")

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Ids of tokens; ``UNKNOWN`` for those without one."""
        raise NotImplementedError("Vocabulary.encode")

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of ids, up to the first ``EOS``, without ``PAD`` and ``BOS``."""
        raise NotImplementedError("Vocabulary.decode")
