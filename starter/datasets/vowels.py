"""Speech of nine people: real series of different lengths. The file of numbers is beside this module.

``convert_vowels.py`` made the file from the published one. Source: M. Kudo, J. Toyama, M. Shimbo (1999):
Multidimensional curve classification using passing-through regions. Pattern Recognition Letters 20, 1103-1111.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.backbone import read_bundled

FILE = Path(__file__).with_name("japanese_vowels.safetensors")


@dataclass(frozen=True)
class Series:
    """Labelled series of different lengths.

    Attributes:
        x: one array for each series, float32, shape (T, C): T steps of C channels; T differs between series.
        y: classes 0, 1, 2, ...; int64, shape (N,).
    """

    x: tuple[NDArray[np.float32], ...]
    y: NDArray[np.int64]


def load_japanese_vowels(path: Path = FILE) -> dict[str, Series]:
    """Return "train" (270) and "test" (370): nine men say the vowels a and e in one; the class is who speaks.

    A step is a frame of 25.6 ms, one every 6.4 ms; 7 to 29 steps. The 12 channels are the coefficients of the LPC
    cepstrum, the first one first. The series are in the order of the speakers.

    Raises:
        UnavailableError: the file is not there.
        ChecksumError: it is not the file of the catalogue.
    """
    return splits_of(read_bundled(path, "japanese_vowels"))


def arrays_of(splits: Mapping[str, Series]) -> dict[str, NDArray[Any]]:
    """What is in the file, for each split: all steps one after another, the lengths of the series, the classes."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, series in splits.items():
        arrays[f"{name}.steps"] = np.concatenate(series.x)
        arrays[f"{name}.lengths"] = np.array([len(one) for one in series.x], np.int64)
        arrays[f"{name}.classes"] = series.y
    return arrays


def splits_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Series]:
    """The inverse of ``arrays_of``."""
    splits = {}
    for name in (key.removesuffix(".steps") for key in arrays if key.endswith(".steps")):
        ends = np.cumsum(arrays[f"{name}.lengths"])[:-1]
        x = tuple(part.copy() for part in np.split(arrays[f"{name}.steps"], ends))
        splits[name] = Series(x, arrays[f"{name}.classes"])
    return splits
