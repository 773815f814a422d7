"""Small files in the published formats, and catalogue entries for them."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.catalogue import RemoteFile, Source


def remote(name: str, data: bytes, *urls: str) -> RemoteFile:
    """The catalogue's entry of a file with these bytes."""
    return RemoteFile(name, len(data), hashlib.sha256(data).hexdigest(), urls)


def source(name: str, files: Mapping[str, bytes], splits: Mapping[str, int], classes: int = 10) -> Source:
    """A catalogue entry of files that need no download."""
    remotes = tuple(remote(file, data) for file, data in files.items())
    names = tuple(f"class {number}" for number in range(classes))
    return Source(name, name, "download", "here", "none", splits, remotes, class_names=names)


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def idx(values: np.ndarray) -> bytes:
    """A gzipped IDX file of bytes, laid out as MNIST's."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


def mnist(rng: np.random.Generator, train: int = 7, test: int = 3) -> tuple[dict[str, bytes], dict[str, np.ndarray]]:
    """The four files of an MNIST with few images of 5 x 4 pixels, and the arrays in them."""
    arrays = {}
    for prefix, n in (("train", train), ("t10k", test)):
        arrays[f"{prefix}-images-idx3-ubyte.gz"] = rng.integers(0, 256, (n, 5, 4))
        arrays[f"{prefix}-labels-idx1-ubyte.gz"] = rng.integers(0, 10, n)
    return {name: idx(values) for name, values in arrays.items()}, arrays


def python2_pickle(data: np.ndarray, labels: list[int]) -> bytes:
    """A batch as Python 2's cPickle wrote it, protocol 2: byte strings, ``numpy.core.multiarray._reconstruct``."""

    def string(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + struct.pack("<I", len(value)) + value

    def integer(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    dtype = b"cnumpy\ndtype\n" + string(b"u1") + integer(0) + integer(1) + b"\x87R"
    dtype += b"(" + integer(3) + string(b"|") + b"NNN" + 2 * integer(-1) + integer(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + integer(0) + b"\x85" + string(b"b") + b"\x87R"
    array += b"(" + integer(1) + integer(data.shape[0]) + integer(data.shape[1]) + b"\x86" + dtype + b"\x89"
    array += string(data.astype(np.uint8).tobytes()) + b"tb"
    items = string(b"data") + array
    items += string(b"labels") + b"](" + b"".join(map(integer, labels)) + b"e"
    items += string(b"batch_label") + string(b"training batch 1 of 5")
    return b"\x80\x02}(" + items + b"u."


def tar_gz(members: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A tar.gz of regular files, and of symbolic links to elsewhere."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for name, to in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, to
            tar.addfile(info)
    return target.getvalue()


CIFAR_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def cifar(rng: np.random.Generator, each: int = 2) -> tuple[dict[str, bytes], dict[str, tuple[np.ndarray, list[int]]]]:
    """The members of a CIFAR-10 archive with few images a batch, and what is in them."""
    batches = {name: (rng.integers(0, 256, (each, 3072)), rng.integers(0, 10, each).tolist()) for name in CIFAR_BATCHES}
    members = {f"cifar-10-batches-py/{name}": python2_pickle(*batch) for name, batch in batches.items()}
    return {"cifar-10-batches-py/readme.html": b"<html>", **members}, batches


def imdb() -> dict[str, bytes]:
    """The members of an IMDB archive with two reviews a split and label, and what else lies there."""
    members = {"aclImdb/README": b"read me", "aclImdb/train/unsup/0_0.txt": b"no label"}
    for split in ("train", "test"):
        for number, (neg, pos) in enumerate(((1, 10), (4, 7))):
            members[f"aclImdb/{split}/pos/{number}_{pos}.txt"] = f"{split} good {number} <br /> caf\u00e9".encode()
            members[f"aclImdb/{split}/neg/{number}_{neg}.txt"] = f"{split} bad {number}".encode()
    return members
