"""The weights for transfer learning: read without running anything, and worth what the catalogue says."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from datasets.backbone import FILE, WIDTHS, load_backbone, read_safetensors, write_safetensors
from datasets.catalogue import source
from datasets.errors import ChecksumError, FormatError, UnavailableError


def test_the_file_is_small_and_has_the_catalogues_size() -> None:
    """It is in every student's bundle."""
    import tomllib

    entry = tomllib.loads((FILE.parent / "datasets.toml").read_text(encoding="utf-8"))["shapes_backbone"]

    assert entry["bytes"] == FILE.stat().st_size < 1_000_000


def test_the_weights_are_those_of_four_stages() -> None:
    """Names and shapes as in a ``state_dict``."""
    arrays = load_backbone()

    widths = (3, *WIDTHS)
    for number in range(4):
        assert (widths[number + 1], widths[number], 3, 3) == arrays[f"{number}.0.weight"].shape
        assert (widths[number + 1],) == arrays[f"{number}.1.running_var"].shape
        assert np.all(np.isfinite(arrays[f"{number}.0.weight"]))
    assert 4 * 6 == len(arrays)
    assert all(array.flags.writeable for array in arrays.values())


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A changed bit is a ChecksumError, a missing file an UnavailableError; both say what to do."""
    changed = bytearray(FILE.read_bytes())
    changed[-1] ^= 1
    (tmp_path / "changed").write_bytes(changed)

    with pytest.raises(ChecksumError, match="unpack the bundle again"):
        load_backbone(tmp_path / "changed")
    with pytest.raises(UnavailableError, match="unpack the bundle again"):
        load_backbone(tmp_path / "missing")


def test_what_is_written_is_read() -> None:
    """Floats, whole numbers and scalars; the header is padded to whole words, as the format's own library does."""
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7), "none": np.empty((0, 2), np.float32)}
    data = write_safetensors(arrays, {"made_by": "a test"})
    (length,) = struct.unpack_from("<Q", data)

    found = read_safetensors(data)
    assert arrays.keys() == found.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, found[name])
        assert (array.dtype, array.shape) == (found[name].dtype, found[name].shape)
    assert 0 == length % 8
    assert {"made_by": "a test"} == json.loads(data[8 : 8 + length])["__metadata__"]


def header_and(text: bytes, numbers: bytes = b"") -> bytes:
    """A file with this header."""
    return struct.pack("<Q", len(text)) + text + numbers


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 7,
        header_and(b"[]"),
        header_and(b"{"),
        header_and(b'{"x": 1}'),
        header_and(b'{"x": {"dtype": "OBJ", "shape": [1], "data_offsets": [0, 8]}}', bytes(8)),
        header_and(b'{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', bytes(4)),
        header_and(b'{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', bytes(4)),
        struct.pack("<Q", 2**63) + b"{}",
    ],
    ids=["empty", "short", "list", "half", "number", "objects", "other shape", "cut off", "long header"],
)
def test_no_safetensors_file(data: bytes) -> None:
    """Each is a FormatError."""
    with pytest.raises(FormatError):
        read_safetensors(data)


def test_the_formats_own_library_reads_it() -> None:
    """The same numbers."""
    library = pytest.importorskip("safetensors.numpy")
    arrays = load_backbone()

    found = library.load_file(FILE)
    assert arrays.keys() == found.keys()
    assert all(np.array_equal(arrays[name], found[name]) for name in arrays)


def test_the_backbone_knows_its_shapes() -> None:
    """Features of new pictures are near those of pictures of the same shape: nearest mean class, 100 pictures each."""
    torch = pytest.importorskip("torch")
    from datasets.train_backbone import KNOWN, make_backbone, pictures

    backbone = make_backbone()
    backbone.load_state_dict({name: torch.from_numpy(array) for name, array in load_backbone().items()})
    backbone.eval()
    features, classes = [], []
    for seed in (21, 22):
        images, labels = pictures(400, seed=seed)
        with torch.no_grad():
            features.append(backbone(images).numpy())
        classes.append(labels.numpy())
    means = np.stack([features[0][classes[0] == label].mean(axis=0) for label in range(KNOWN)])
    distances = np.linalg.norm(features[1][:, None] - means, axis=2)

    assert source("shapes_backbone").class_names == ("disc", "ring", "square", "triangle")
    assert np.mean(distances.argmin(axis=1) == classes[1]) > 0.97
