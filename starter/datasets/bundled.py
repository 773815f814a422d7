"""Real data that comes with installed packages: nothing is downloaded."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets import catalogue
from datasets.errors import ChecksumError, UnavailableError

TEXT_CHARACTERS = (300_000, 2_000_000)  # of the help topics: 0.46 to 0.51 million in Python 3.11 to 3.13
LETTER_SHARE = 0.55  # of English prose with some code: 0.63
COMMON_WORDS = ("the", "of", "and", "is", "to", "that", "with", "object")


@dataclass(frozen=True)
class Table:
    """Rows of features with a target.

    Attributes:
        x: float64, shape (N, D).
        y: classes as int64, or numbers as float64; shape (N,).
        feature_names: the names of the D columns.
        class_names: the names of the labels 0, 1, 2, ...; empty for a regression.
    """

    x: NDArray[np.float64]
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def load_digits() -> Table:
    """Return 1797 handwritten digits: x (1797, 64), rows of 8 x 8 pixels from 0 to 16; y 0 to 9.

    This loader and those below raise ``UnavailableError`` without scikit-learn, and ``ChecksumError`` if its data
    differ from the catalogue.
    """
    return _table("digits")


def load_iris() -> Table:
    """Return 150 iris flowers: x (150, 4), lengths in cm; y: three species."""
    return _table("iris")


def load_wine() -> Table:
    """Return 178 wines: x (178, 13), of very different scales; y: three growers."""
    return _table("wine")


def load_breast_cancer() -> Table:
    """Return 569 tumours: x (569, 30); y: 0 malignant, 1 benign."""
    return _table("breast_cancer")


def load_diabetes() -> Table:
    """Return 442 patients: x (442, 10) as measured, not scaled; y: progression of the disease, a number."""
    return _table("diabetes", scaled=False)


def english_text() -> str:
    """Return about half a million characters of English: Python's help topics in the order of their names.

    The text differs a little between versions of Python. If the catalogue has a hash for this version, the text is
    compared with it; otherwise its length, letters and most common words are checked.

    Raises:
        ChecksumError: the text is not the expected one.
        UnavailableError: this Python was built without the help topics.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise UnavailableError(
            "this Python has no help topics (module pydoc_data): install Python with its full standard library"
        ) from None
    text = "\n\n".join(topics[name] for name in sorted(topics))
    check_english(text, (catalogue.source("english").pins or {}).get(platform.python_version()))
    return text


def split_text(text: str) -> dict[str, str]:
    """Cut a text into "train", "val" and "test", with the shares of the catalogue and in the order of the text."""
    shares = catalogue.source("english").splits
    ends = (np.cumsum(list(shares.values())) * len(text)).round().astype(int).tolist()
    return {name: text[start:end] for name, start, end in zip(shares, [0, *ends], ends, strict=False)}


def check_english(text: str, pin: str | None) -> None:
    """Compare a text with its pinned SHA-256; without one, check that it looks like English prose.

    Raises:
        ChecksumError: the text is not the expected one.
    """
    if pin is not None:
        if hashlib.sha256(text.encode()).hexdigest() != pin:
            raise ChecksumError("the help topics differ from those of this version of Python")
        return
    words = text.lower().split()
    letters = sum(character.isascii() and character.isalpha() for character in text)
    few, many = TEXT_CHARACTERS
    if not few <= len(text) <= many or letters < LETTER_SHARE * len(text):
        raise ChecksumError(f"the help topics are not English prose of {few:,} to {many:,} characters")
    if any(words.count(word) < 100 for word in COMMON_WORDS):
        raise ChecksumError("common English words are missing in the help topics")


def content_sha256(x: NDArray[Any], y: NDArray[Any]) -> str:
    """Hash of x in rows, then y, both as little-endian float64: the same on every machine."""
    return hashlib.sha256(x.astype("<f8").tobytes() + y.astype("<f8").tobytes()).hexdigest()


def _table(name: str, **settings: Any) -> Table:
    try:
        import sklearn.datasets
    except ImportError:
        raise UnavailableError(f"{name} is a part of scikit-learn: pip install scikit-learn") from None
    entry = catalogue.source(name)
    bunch = getattr(sklearn.datasets, f"load_{name}")(**settings)
    x = np.array(bunch.data, np.float64)
    y = np.array(bunch.target, np.int64 if entry.class_names else np.float64)
    if content_sha256(x, y) != entry.sha256:
        raise ChecksumError(
            f"{name}: the data of scikit-learn differ from the catalogue; is this scikit-learn changed or very old?"
        )
    return Table(x, y, tuple(map(str, bunch.feature_names)), entry.class_names)
