"""The IMDB film reviews in the format in which they were published."""

from __future__ import annotations

import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets import catalogue
from datasets.cache import cache_folder, fetch
from datasets.errors import FormatError

MEMBER = re.compile(r"aclImdb/(?P<split>train|test)/(?P<label>neg|pos)/(?P<id>\d+)_(?P<rating>\d+)\.txt")
MOST_NEGATIVE, LEAST_POSITIVE = 4, 7  # the data set has no ratings between them
REVIEW_BYTES = 1 << 20


@dataclass(frozen=True)
class Reviews:
    """Labelled texts.

    Attributes:
        texts: as published, with their ``<br />``.
        y: 0 negative, 1 positive; int64, shape (N,).
        ratings: stars from 1 to 10; int64, shape (N,).
    """

    texts: tuple[str, ...]
    y: NDArray[np.int64]
    ratings: NDArray[np.int64]


def load_imdb(folder: Path | None = None, *, source: catalogue.Source | None = None) -> dict[str, Reviews]:
    """Return IMDB's "train" and "test" reviews, the negative ones first, each in the order of their numbers.

    Args:
        folder: where the archive is or will be saved; default ``imdb`` in the cache.
        source: another catalogue entry of the same format.

    Raises:
        UnavailableError, ChecksumError, FormatError: see ``datasets.errors``.
    """
    entry = source or catalogue.source("imdb")
    archive = fetch(entry.files[0], cache_folder() / entry.name if folder is None else folder)
    rows = sorted(_read(archive))
    splits = {}
    for split, count in entry.splits.items():
        chosen = [row for row in rows if row[0] == split]
        if len(chosen) != count or 2 * sum(row[1] for row in chosen) != count:
            raise FormatError(f"{archive}: {split} should have {count:,} reviews, half of them positive")
        y, ratings = np.array([row[1] for row in chosen]), np.array([row[3] for row in chosen])
        splits[split] = Reviews(tuple(row[4] for row in chosen), y.astype(np.int64), ratings.astype(np.int64))
    return splits


def _read(archive: Path) -> list[tuple[str, int, int, int, str]]:
    """Split, label, number, rating and text of each review; other members are skipped, nothing is extracted."""
    rows = []
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                named = MEMBER.fullmatch(member.name)
                if named is None or not member.isfile():
                    continue
                stream = tar.extractfile(member) if member.size <= REVIEW_BYTES else None
                if stream is None:
                    raise FormatError(f"{archive}: {member.name} is too large for a review")
                label, rating = int(named["label"] == "pos"), int(named["rating"])
                if not (LEAST_POSITIVE <= rating <= 10 if label else 1 <= rating <= MOST_NEGATIVE):
                    raise FormatError(f"{archive}: the rating of {member.name} does not fit its label")
                rows.append((named["split"], label, int(named["id"]), rating, stream.read().decode("utf-8")))
    except (tarfile.TarError, EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
        raise FormatError(f"{archive}: truncated or damaged ({type(error).__name__}: {error})") from None
    return rows
