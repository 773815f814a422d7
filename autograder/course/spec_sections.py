"""Which section of a stage's spec a test is about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MARKED = "How it is marked"  # has a table of all tests
# they name tests, files and points, and explain nothing
NOT_ABOUT = frozenset({MARKED, "How to begin", "Learning outcomes", "What you write", "Sources", "Written question"})
LEAST_SCORE = 0.35  # of what the section that fits best could have
_HEADING = re.compile(r"^#{2,4} +(.+?) *#*$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[a-z][a-z0-9]+")
_ROW = re.compile(r"^\| *`(test_\w+)` *\|(.*)\|\s*$", re.MULTILINE)
# words of many tests' names that no section is about
_COMMON = frozenset({
    "test", "of", "the", "in", "is", "are", "and", "or", "by", "to", "as", "for", "with", "over", "an", "at", "it",
    "each", "all", "both", "one", "worked", "example",
})  # fmt: skip
# words of headings that are in the names of tests about anything
_GENERAL = frozenset(["layer", "rule", "training", "data", "weight", "loss", "gradient", "class", "time", "memory"])


@dataclass(frozen=True)
class _Section:
    heading: str
    text: str

    def words(self) -> Counter[str]:
        return Counter(_stems(f"{f'{self.heading} ' * 4}{self.text}"))


def spec_sections(spec: str, tests: Iterable[str]) -> dict[str, str]:
    """The heading of a section of ``spec.md`` by test.

    It is the section that names the test; else the one with most of the words of the test's name and of its row in
    the table of "How it is marked"; and that section itself where none fits.

    Args:
        spec: the text of the file.
        tests: names of functions.
    """
    sections = _split(spec)
    about = [section for section in sections if section.heading not in NOT_ABOUT]
    rows = dict(_ROW.findall(spec))
    words = [section.words() for section in about]
    return {test: _heading(test, rows.get(test, ""), about, words) for test in tests} if sections else {}


def _split(spec: str) -> list[_Section]:
    text = _CODE.sub("", spec)
    found = list(_HEADING.finditer(text))
    ends = [*(match.start() for match in found), len(text)][1:]
    return [_Section(one[1], text[one.end() : end]) for one, end in zip(found, ends, strict=True)]


def _heading(test: str, row: str, about: list[_Section], words: list[Counter[str]]) -> str:
    for section in about:
        if re.search(rf"\b{test}\b", section.text):
            return section.heading
    examples = [section for section in about if "worked example" in section.heading.lower()]
    if examples and ("worked" in test or "worked example" in row):
        return examples[0].heading
    wanted = dict.fromkeys(_stems(row), 1.0) | dict.fromkeys(_stems(test.replace("_", " ")), 2.0)
    unit = math.log(1 + len(words))
    best, found = 0.0, MARKED
    for section, counts in zip(about, words, strict=True):
        score = sum(weight * _rarity(word, words) * min(counts[word], 4) for word, weight in wanted.items())
        score += 3 * unit * sum(_is_in(word, section.heading) * weight for word, weight in wanted.items())
        if score > best and section not in examples:
            best, found = score, section.heading
    return found if best >= LEAST_SCORE * unit * sum(wanted.values()) else MARKED


def _is_in(word: str, heading: str) -> bool:
    """Whether a word begins one of the heading's: ``conv2d`` that of "Convolution", ``mse`` that of "MSELoss"."""
    root = re.sub(r"\d.*", "", word)
    return len(root) >= 3 and root not in _GENERAL and any(one.startswith(root) for one in _stems(heading))


def _rarity(word: str, words: list[Counter[str]]) -> float:
    having = sum(1 for found in words if found[word])
    return math.log((1 + len(words)) / having) if having else 0.0


def _stems(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words if word not in _COMMON]
