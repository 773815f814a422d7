"""CIFAR-10, MNIST and Fashion-MNIST in the formats in which they were published."""

from __future__ import annotations

import gzip
import math
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets import catalogue, pickles
from datasets.cache import cache_folder, fetch
from datasets.errors import FormatError

IDX_UBYTE = 0x08
CIFAR_SHAPE = (3, 32, 32)
CIFAR_FOLDER = "cifar-10-batches-py"
MEMBER_BYTES = 64 << 20  # MNIST's training images have 47 MB, a batch of CIFAR-10 has 31 MB


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Attributes:
        x: uint8, shape (N, C, H, W).
        y: int64, shape (N,).
        class_names: the names of the labels 0, 1, 2, ...
    """

    x: NDArray[np.uint8]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]


def load_mnist(folder: Path | None = None, *, source: catalogue.Source | None = None) -> dict[str, Images]:
    """Return MNIST's "train" and "test" images, (N, 1, 28, 28), values 0 to 255.

    Args:
        folder: where the files are or will be saved; default ``mnist`` in the cache.
        source: another catalogue entry of the same format.

    Raises:
        UnavailableError, ChecksumError, FormatError: see ``datasets.errors``.
    """
    return _load_idx(source or catalogue.source("mnist"), folder)


def load_fashion_mnist(folder: Path | None = None, *, source: catalogue.Source | None = None) -> dict[str, Images]:
    """Return Fashion-MNIST's "train" and "test" images; everything else is as for MNIST."""
    return _load_idx(source or catalogue.source("fashion_mnist"), folder)


def load_cifar10(folder: Path | None = None, *, source: catalogue.Source | None = None) -> dict[str, Images]:
    """Return CIFAR-10's "train" and "test" images, (N, 3, 32, 32) in the order red, green, blue.

    Arguments and exceptions are as for MNIST. The checksum of the archive is compared before it is opened; its
    pickles are read by an unpickler that accepts only arrays of numbers.
    """
    entry = source or catalogue.source("cifar10")
    archive = fetch(entry.files[0], _folder(entry, folder))
    wanted = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
    members = {f"{CIFAR_FOLDER}/{name}" for names in wanted.values() for name in names}
    found = _members(archive, members)
    splits = {}
    for split, names in wanted.items():
        parts = [_cifar_batch(found[f"{CIFAR_FOLDER}/{name}"], f"{archive}: {name}", entry) for name in names]
        x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        splits[split] = _counted(Images(x, y, entry.class_names), split, entry)
    return splits


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of a gzipped IDX file of bytes, the format of MNIST.

    Layout: two zero bytes, 8 for unsigned bytes, the number of axes, each axis as a big-endian 32-bit number, the
    values.

    Raises:
        FormatError: it is truncated, damaged, too long, or not an IDX file of unsigned bytes.
    """
    try:
        with gzip.open(path) as stream:
            start = stream.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] != IDX_UBYTE or not 1 <= start[3] <= 4:
                raise FormatError(f"{path}: not an IDX file of unsigned bytes: it starts with {start.hex(' ')}")
            axes = stream.read(4 * start[3])
            if len(axes) < 4 * start[3]:
                raise FormatError(f"{path}: the file ends within its header")
            shape = tuple(np.frombuffer(axes, ">u4").tolist())
            size = math.prod(shape)
            if size > MEMBER_BYTES:
                raise FormatError(f"{path}: according to its header it has {size:,} values, which is too many")
            values = stream.read(size + 1)  # one more, to detect a file that is too long
    except (EOFError, OSError, zlib.error) as error:
        raise FormatError(f"{path}: truncated or damaged ({type(error).__name__}: {error})") from None
    if len(values) != size:
        what = "more" if len(values) > size else f"{len(values):,}"
        raise FormatError(f"{path}: {what} values, but its header says {size:,}")
    return np.frombuffer(values, np.uint8).reshape(shape).copy()


def _load_idx(entry: catalogue.Source, folder: Path | None) -> dict[str, Images]:
    place = _folder(entry, folder)
    splits = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = read_idx(fetch(entry.file(f"{prefix}-images-idx3-ubyte.gz"), place))
        labels = read_idx(fetch(entry.file(f"{prefix}-labels-idx1-ubyte.gz"), place))
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
            raise FormatError(f"{entry.name}: {split} has images {images.shape} and labels {labels.shape}")
        found = Images(images[:, None], labels.astype(np.int64), entry.class_names)
        splits[split] = _counted(found, split, entry)
    return splits


def _cifar_batch(data: bytes, label: str, entry: catalogue.Source) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    batch: Any = pickles.loads(data, label)
    if not isinstance(batch, dict) or not isinstance(batch.get("labels"), list):
        raise FormatError(f"{label}: not a dict with data and labels")
    rows, labels = batch.get("data"), batch["labels"]
    shape = (len(labels), math.prod(CIFAR_SHAPE))
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.shape != shape:
        raise FormatError(f"{label}: data should be {len(labels)} rows of 3072 bytes, one for each label")
    if not all(type(value) is int and 0 <= value < len(entry.class_names) for value in labels):
        raise FormatError(f"{label}: a label is not an integer from 0 to {len(entry.class_names) - 1}")
    return rows.reshape(-1, *CIFAR_SHAPE), np.array(labels, np.int64)


def _members(archive: Path, names: set[str]) -> dict[str, bytes]:
    """Read regular files of a tar.gz by their exact names; nothing is ever extracted."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name in names and member.isfile() and member.size <= MEMBER_BYTES:
                    stream = tar.extractfile(member)
                    found[member.name] = b"" if stream is None else stream.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise FormatError(f"{archive}: truncated or damaged ({type(error).__name__}: {error})") from None
    if missing := sorted(names - found.keys()):
        raise FormatError(f"{archive}: {', '.join(missing)} missing in this archive")
    return found


def _counted(images: Images, split: str, entry: catalogue.Source) -> Images:
    if len(images.y) != entry.splits[split] or (len(images.y) and images.y.max() >= len(entry.class_names)):
        expected = f"{entry.splits[split]:,} images of {len(entry.class_names)} classes"
        raise FormatError(f"{entry.name}: {split} should have {expected}, but has {len(images.y):,} images")
    return images


def _folder(entry: catalogue.Source, folder: Path | None) -> Path:
    return cache_folder() / entry.name if folder is None else folder
