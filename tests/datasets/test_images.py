"""CIFAR-10, MNIST and Fashion-MNIST from small files in the published formats, and from wrong ones."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pytest

from datasets.errors import ChecksumError, FormatError
from datasets.images import load_cifar10, load_fashion_mnist, load_mnist, read_idx

from . import made

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def rng():
    """Random pixels."""
    return np.random.default_rng(0)


@pytest.mark.parametrize("load", [load_mnist, load_fashion_mnist])
def test_mnist_is_read(tmp_path, rng, load):
    """Images come as (N, 1, H, W) bytes, labels as int64, in both splits."""
    files, arrays = made.mnist(rng)
    splits = load(made.put(tmp_path, files), source=made.source("mnist", files, {"train": 7, "test": 3}))

    assert ["train", "test"] == list(splits)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        np.testing.assert_array_equal(arrays[f"{prefix}-images-idx3-ubyte.gz"][:, None], splits[split].x)
        np.testing.assert_array_equal(arrays[f"{prefix}-labels-idx1-ubyte.gz"], splits[split].y)
        assert (np.uint8, np.int64) == (splits[split].x.dtype, splits[split].y.dtype)


def test_mnist_is_checked_before_it_is_read(tmp_path, rng):
    """A file that differs from the catalogue is never opened, even if it could be read."""
    files, _ = made.mnist(rng)
    entry = made.source("mnist", files, {"train": 7, "test": 3})
    made.put(tmp_path, files | {TRAIN_LABELS: made.idx(np.zeros(7))})

    with pytest.raises(ChecksumError, match=TRAIN_LABELS):
        load_mnist(tmp_path, source=entry)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({TRAIN_LABELS: made.idx(np.zeros(6))}, r"images \(7, 5, 4\) and labels \(6,\)"),
        ({TRAIN_LABELS: made.idx(np.full(7, 10))}, "of 10 classes"),
        ({TRAIN_IMAGES: made.idx(np.zeros((7, 20)))}, r"images \(7, 20\)"),
        ({TRAIN_IMAGES: made.idx(np.zeros((6, 5, 4))), TRAIN_LABELS: made.idx(np.zeros(6))}, "should have 7 images"),
    ],
    ids=["lengths", "labels", "axes", "count"],
)
def test_an_mnist_of_another_form_is_refused(tmp_path, rng, changes, words):
    """Numbers of images, axes and labels are compared with the catalogue."""
    files = made.mnist(rng)[0] | changes
    with pytest.raises(FormatError, match=words):
        load_mnist(made.put(tmp_path, files), source=made.source("mnist", files, {"train": 7, "test": 3}))


GOOD = made.idx(np.arange(24).reshape(2, 3, 4))
PLAIN = gzip.decompress(GOOD)


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-12],
        GOOD[:20] + b"\xff\xff\xff" + GOOD[23:],
        PLAIN,
        gzip.compress(PLAIN[:-1]),
        gzip.compress(PLAIN + b"\0"),
        gzip.compress(PLAIN[:9]),
        gzip.compress(b"\0\0\x0d" + PLAIN[3:]),
        gzip.compress(b"\0\0\x08\xff" + PLAIN[4:]),
        gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12 + b"1234"),
        gzip.compress(b""),
        b"",
        b"<!DOCTYPE html><html></html>",
    ],
    ids=[
        "cut", "flipped", "not_gzipped", "short", "long", "header_cut", "floats", "axes", "huge", "empty", "nothing",
        "page",
    ],
)  # fmt: skip
def test_a_wrong_idx_file_is_refused(tmp_path, data):
    """Truncated, damaged, longer or of another type: FormatError with the path, and nothing else."""
    path = tmp_path / "file.gz"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"file\.gz"):
        read_idx(path)


def test_an_idx_file_is_read(tmp_path):
    """Axes are big-endian, values come in rows."""
    (tmp_path / "file.gz").write_bytes(GOOD)

    np.testing.assert_array_equal(np.arange(24).reshape(2, 3, 4), read_idx(tmp_path / "file.gz"))


def cifar_source(tmp_path, members, splits=None, links=None):
    """An archive in a folder and its catalogue entry."""
    files = {"cifar-10-python.tar.gz": made.tar_gz(members, links)}
    return made.put(tmp_path, files), made.source("cifar10", files, splits or {"train": 10, "test": 2})


def test_cifar_is_read(tmp_path, rng):
    """Rows of 3072 bytes are red, green and blue planes; the five batches come in their order."""
    members, batches = made.cifar(rng)
    folder, entry = cifar_source(tmp_path, members)
    splits = load_cifar10(folder, source=entry)

    expected = np.concatenate([batches[name][0] for name in made.CIFAR_BATCHES[:5]])
    np.testing.assert_array_equal(expected.reshape(-1, 3, 32, 32), splits["train"].x)
    np.testing.assert_array_equal(batches["test_batch"][0][1, 1024 + 32 * 5 + 7], splits["test"].x[1, 1, 5, 7])
    assert [label for name in made.CIFAR_BATCHES[:5] for label in batches[name][1]] == splits["train"].y.tolist()
    assert batches["test_batch"][1] == splits["test"].y.tolist()


def test_cifar_written_by_todays_pickle_is_read(tmp_path, rng):
    """The restricted unpickler reads what numpy and Python 3 write as well."""
    members, batches = made.cifar(rng)
    data, labels = batches["test_batch"]
    new = pickle.dumps({"data": data.astype(np.uint8), "labels": labels}, protocol=4)
    folder, entry = cifar_source(tmp_path, members | {"cifar-10-batches-py/test_batch": new})

    np.testing.assert_array_equal(data.reshape(-1, 3, 32, 32), load_cifar10(folder, source=entry)["test"].x)


def test_cifar_is_checked_before_it_is_opened(tmp_path, rng, monkeypatch):
    """With other bytes than the catalogue's the archive is not opened at all."""
    members, _ = made.cifar(rng)
    folder, entry = cifar_source(tmp_path, members)
    archive = folder / "cifar-10-python.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("datasets.images.tarfile.open", lambda *_: pytest.fail("it was opened"))

    with pytest.raises(ChecksumError, match="damaged or another file"):
        load_cifar10(folder, source=entry)


class Evil:
    """A pickle that runs a command when it is loaded."""

    def __reduce__(self):
        import os

        return os.system, ("touch evil",)


def batch(**changes):
    """A batch of two images with something in it changed."""
    return pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2]} | changes, protocol=4)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Evil()),
        batch(labels=Evil()),
        batch(data=np.zeros((2, 3072), object)),
        batch(data=np.zeros((2, 3072), np.float64)),
        batch(data=np.zeros((2, 3071), np.uint8)),
        batch(data=np.zeros((3, 3072), np.uint8)),
        batch(data=[1, 2]),
        batch(labels=[1, 10]),
        batch(labels=[1, -1]),
        batch(labels=[1, "2"]),
        batch(labels=np.array([1, 2])),
        pickle.dumps([1, 2]),
        batch()[:-40],
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"cbuiltins\neval\n(U\x011tR.",
        b"Pother\n.",
        b"",
        b"<!DOCTYPE html>",
    ],
    ids=[
        "runs_a_command", "runs_a_command_within", "objects", "floats", "columns", "rows", "no_array", "label_10",
        "label_below_0", "label_text", "labels_array", "no_dict", "cut", "frame_too_long", "eval", "persistent_id",
        "nothing", "page",
    ],
)  # fmt: skip
def test_a_wrong_batch_is_refused(tmp_path, rng, monkeypatch, data):
    """Anything but arrays of numbers in the right form is a FormatError, and nothing of it is run."""
    monkeypatch.chdir(tmp_path)
    members, _ = made.cifar(rng)
    folder, entry = cifar_source(tmp_path, members | {"cifar-10-batches-py/data_batch_3": data})
    with pytest.raises(FormatError, match="data_batch_3"):
        load_cifar10(folder, source=entry)

    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("wrong", ["missing", "link", "count", "cut", "page"])
def test_a_wrong_archive_is_refused(tmp_path, rng, wrong):
    """A missing batch, a link in its place, too few images, half an archive or a page under a right checksum."""
    members, _ = made.cifar(rng)
    name = "cifar-10-batches-py/test_batch"
    fewer = {key: value for key, value in members.items() if key != name}
    links = {name: "/etc/passwd"} if wrong == "link" else {}
    folder, entry = cifar_source(tmp_path, fewer if wrong in ("missing", "link") else members, None, links)
    if wrong == "count":
        folder, entry = cifar_source(tmp_path, members, {"train": 11, "test": 2})
    if wrong in ("cut", "page"):
        archive = (folder / "cifar-10-python.tar.gz").read_bytes()
        files = {"cifar-10-python.tar.gz": archive[: len(archive) // 2] if wrong == "cut" else b"no archive"}
        folder, entry = made.put(tmp_path, files), made.source("cifar10", files, {"train": 10, "test": 2})

    with pytest.raises(FormatError, match="cifar"):
        load_cifar10(folder, source=entry)
