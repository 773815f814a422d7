"""Make ``japanese_vowels.safetensors`` again: ``python -m datasets.convert_vowels TRAIN.ts TEST.ts``.

The two files are ``JapaneseVowels_TRAIN.ts`` and ``JapaneseVowels_TEST.ts`` of the UEA archive, in the format of its
time series: lines of comments (#) and settings (@), then one line for each series, with a colon between channels and
before the class, and a comma between steps. The Python package aeon (1.6.0) has them in ``datasets/data``.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from datasets.backbone import write_safetensors
from datasets.errors import FormatError
from datasets.vowels import FILE, Series, arrays_of

CHANNELS = 12
METADATA = {
    "made_by": "datasets.convert_vowels",
    "source": "Kudo, Toyama, Shimbo: Japanese Vowels, UCI Machine Learning Repository, doi 10.24432/C5NS47",
    "licence": "CC BY 4.0",
    "changes": "numbers as float32",
}


def read_ts(path: Path) -> Series:
    """The series of one file; class 0 is the "1" of the file.

    Raises:
        FormatError: a line has another form; the message has its number.
    """
    x, y = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "@")):
            continue
        *channels, label = line.split(":")
        try:
            steps = np.array([channel.split(",") for channel in channels], np.float64)
            place = int(label) - 1
        except ValueError as error:
            raise FormatError(f"{path}:{number}: {error}") from None
        if len(channels) != CHANNELS or not np.isfinite(steps).all() or place < 0:
            raise FormatError(f"{path}:{number}: {CHANNELS} channels of numbers and a class from 1 are expected")
        x.append(np.ascontiguousarray(steps.T, np.float32))
        y.append(place)
    if not x:
        raise FormatError(f"{path}: it has no series")
    return Series(tuple(x), np.array(y, np.int64))


def main(train: Path, test: Path, path: Path = FILE) -> None:
    """Read both files, write one, and print what the catalogue has of it."""
    splits = {"train": read_ts(train), "test": read_ts(test)}
    data = write_safetensors(arrays_of(splits), METADATA)
    path.write_bytes(data)
    print(f"bytes = {len(data)}\nsha256 = {hashlib.sha256(data).hexdigest()!r}")  # noqa: T201  # a script's result


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
