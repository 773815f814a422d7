"""What the project's course package reads of a student's: weights and claims, whatever is in them."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.testing import read_events

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
    from project.course.events import EventWriter

    with EventWriter(tmp_path) as log:
        for step in (1, 2, 300):
            log.add_scalar("loss/train", 1 / step, step)
    (file,) = tmp_path.iterdir()
    curve = read_events(file.read_bytes()).curve("loss/train")

    assert [1, 2, 300] == curve.steps.tolist()
    assert np.allclose([1, 0.5, 1 / 300], curve.values, rtol=1e-6)


GOOD = {
    "project/config.toml": b'track = "vision"\n',
    "project/results.json": json.dumps(
        {
            "track": "vision", "metric": "accuracy", "value": 0.8, "seed": 7, "steps": 200, "device": "cpu",
            "early": {"steps": 30, "value": 0.3, "losses": [1.0] * 30},
        }
    ).encode(),
}  # fmt: skip


def changed(**values: object) -> dict[str, bytes]:
    """The good files with other keys in results.json."""
    return GOOD | {"project/results.json": json.dumps(json.loads(GOOD["project/results.json"]) | values).encode()}


def test_claims_are_read() -> None:
    """Each key with its type."""
    from project.course.handed_in import read_claims

    claims = read_claims(GOOD)
    assert ("vision", "vision", 0.8, 7, 30) == (
        claims.track, claims.track_of_results, claims.value, claims.seed, len(claims.early_losses)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "config.toml is missing"),
        (GOOD | {"project/config.toml": b"track = "}, "config.toml cannot be read as TOML"),
        (GOOD | {"project/config.toml": b"a = " + b"[" * 5000}, "config.toml cannot be read as TOML"),
        (GOOD | {"project/config.toml": b"\xff\xfe"}, "config.toml is not UTF-8 text"),
        (GOOD | {"project/results.json": b"[" * 50_000}, "results.json cannot be read as JSON"),
        (GOOD | {"project/results.json": b"[]"}, "results.json must have keys and values"),
        (GOOD | {"project/results.json": b" " * (1 << 17)}, "results.json has more than"),
        (changed(value=True), "value in results.json must be a finite number"),
        (changed(value=float("nan")), "value in results.json must be a finite number"),
        (changed(value=10**400), "value in results.json must be a finite number"),
        (changed(seed="7"), "seed in results.json must be a whole number"),
        (changed(seed=10**30), "seed in results.json must be a whole number"),
        (changed(early={"steps": 30, "value": 0.1, "losses": [1.0, None]}), "early.losses in results.json"),
        (changed(early=[]), "early in results.json must be keys and values"),
    ],
)
def test_claims_that_cannot_be_read_have_a_reason(files: dict[str, bytes], words: str) -> None:
    """A sentence for the author, whatever is in the files."""
    from project.course.handed_in import read_claims

    with pytest.raises(ValueError, match=words):
        read_claims(files)


FILES = ("config.toml", "results.json")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only makes the package importable
@given(st.dictionaries(st.sampled_from([f"project/{name}" for name in FILES]), st.binary(max_size=80)))
def test_any_bytes_are_read_or_refused(files: dict[str, bytes]) -> None:
    """Nothing but a ValueError ever leaves the reader."""
    from project.course.handed_in import read_claims

    with contextlib.suppress(ValueError):
        read_claims(GOOD | files)
