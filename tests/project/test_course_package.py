"""What the project's course package reads of a student's: weights and logs, whatever is in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
SOLUTIONS = Path(__file__).parents[2] / "solutions"


@pytest.fixture(autouse=True)
def solutions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package ``project`` can be imported, for these tests alone."""
    monkeypatch.syspath_prepend(str(SOLUTIONS))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "project"]:
        del sys.modules[name]


def test_weights_are_read_as_they_were_saved() -> None:
    """Parameters and buffers of every dtype, strictly."""
    from project.course.weights import load_weights, save_weights

    model, other = (torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)) for _ in range(2))
    load_weights(other, save_weights(model))

    assert all(bool((model.state_dict()[name] == value).all()) for name, value in other.state_dict().items())
    with pytest.raises(RuntimeError, match="Missing key"):
        load_weights(torch.nn.Linear(3, 4), save_weights(torch.nn.ReLU()))


def file_of(header: object, numbers: bytes = b"") -> bytes:
    """A file with a header of any kind."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"PK\3\4" + b"\0" * 60, "written by torch.save"),
        (b"\x80\x02cos\nsystem\n(S'true'\ntR.", "written by torch.save"),
        (b"\0", "too short"),
        ((1 << 62).to_bytes(8, "little") + b"{}", "size of a safetensors header"),
        (file_of(b"[" * 100_000), "no JSON"),
        (file_of([]), "no JSON object"),
        (file_of({"w": F32}), "offsets do not fit"),
        (file_of({"w": F32 | {"shape": [1 << 40, 1 << 40]}}, b"\0" * 8), "offsets do not fit"),
        (file_of({"w": F32 | {"data_offsets": [-8, 0]}}, b"\0" * 8), "whole numbers"),
        (file_of({"w": F32 | {"data_offsets": [0, 1e300]}}, b"\0" * 8), "whole numbers"),
        (file_of({"w": F32 | {"dtype": "object"}}, b"\0" * 8), "no dtype"),
        (file_of({"w": None}), "no dtype"),
    ],
)
def test_hostile_weights_are_refused(file: bytes, words: str) -> None:
    """Pickles, and sizes that do not fit: nothing is run, and nothing is made of a size that the file does not have."""
    from project.course.weights import read_weights

    with pytest.raises(ValueError, match=words):
        read_weights(file)


def test_logs_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Our writer's files by our reader."""
    from project.course.events import EventWriter, read_scalars

    with EventWriter(tmp_path) as log:
        for step in (1, 2, 300):
            log.add_scalar("loss/train", 1 / step, step)
    (file,) = tmp_path.iterdir()
    found = read_scalars(file.read_bytes())

    assert [("loss/train", 1), ("loss/train", 2), ("loss/train", 300)] == [(one.tag, one.step) for one in found]
    assert np.allclose([1, 0.5, 1 / 300], [one.value for one in found], rtol=1e-6)


def test_logs_of_tensorboard_are_read(tmp_path: Path) -> None:
    """SummaryWriter's files by our reader."""
    pytest.importorskip("tensorboard")
    from project.course.events import read_scalars
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as log:
        log.add_scalar("loss/train", 0.25, 7)
    (file,) = tmp_path.iterdir()

    assert [("loss/train", 7, 0.25)] == [(one.tag, one.step, one.value) for one in read_scalars(file.read_bytes())]


@pytest.mark.parametrize("change", ["length", "data", "cut", "endless"])
def test_damaged_logs_are_refused(tmp_path: Path, change: str) -> None:
    """A length of any size, other bytes and a file that ends early have a reason."""
    from project.course.events import EventWriter, read_scalars

    with EventWriter(tmp_path) as log:
        log.add_scalar("loss/train", 1.0, 1)
    data = next(tmp_path.iterdir()).read_bytes()
    damaged = {
        "length": b"\xff" * 8 + data[8:],
        "data": data[:-8] + b"\1" + data[-7:],
        "cut": data[:-3],
        "endless": data + b"\0" * 7,
    }[change]
    with pytest.raises(ValueError, match="record at byte"):
        read_scalars(damaged)
