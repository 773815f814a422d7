"""Speech of nine people: the bundled file, what is in it, and the program that made it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from datasets import load_japanese_vowels
from datasets.catalogue import Source, source
from datasets.convert_vowels import main, read_ts
from datasets.errors import ChecksumError, FormatError, UnavailableError
from datasets.vowels import FILE

HEADER = "# a comment\n@dimensions 12\n@classLabel true 1 2\n@data\n"


def line(channels: list[list[float]], label: int) -> str:
    """One series as the UEA archive writes it."""
    return ":".join([*(",".join(str(value) for value in channel) for channel in channels), str(label)]) + "\n"


def numbered(steps: int, start: float = 0.0) -> list[list[float]]:
    """Twelve channels: the value is 100 times the step, and the channel."""
    return [[start + 100 * step + channel for step in range(steps)] for channel in range(12)]


def test_the_series_are_those_that_were_published() -> None:
    """Numbers of series by speaker, lengths and the first frame are those of the publication."""
    splits = load_japanese_vowels()

    assert dict(source("japanese_vowels").splits) == {name: len(series.x) for name, series in splits.items()}
    assert [30] * 9 == np.bincount(splits["train"].y).tolist()
    assert [31, 35, 88, 44, 29, 24, 40, 50, 29] == np.bincount(splits["test"].y).tolist()
    for series in splits.values():
        assert {(12,)} == {one.shape[1:] for one in series.x}
        assert all(one.dtype == np.float32 and np.isfinite(one).all() for one in series.x)
        assert sorted(series.y) == series.y.tolist()
    lengths = [len(one) for series in splits.values() for one in series.x]
    assert (7, 29) == (min(lengths), max(lengths))
    first = [1.860936, -0.207383, 0.261557]
    np.testing.assert_array_equal(np.array(first, np.float32), splits["train"].x[0][0, :3])
    assert 20 == len(splits["train"].x[0])


def test_what_was_read_can_be_changed() -> None:
    """Series may be changed without harm to another one or to the next call."""
    load_japanese_vowels()["train"].x[0][:] = 0
    assert load_japanese_vowels()["train"].x[0].any()


def test_the_catalogue_has_the_size() -> None:
    """The bytes of the entry are those of the file, which is small enough for a bundle."""
    catalogue = tomllib.loads((FILE.parent / "datasets.toml").read_text(encoding="utf-8"))
    assert catalogue["japanese_vowels"]["bytes"] == FILE.stat().st_size < 1_000_000


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A changed bit, half a file and a web page are ChecksumErrors, a missing file an UnavailableError."""
    data = FILE.read_bytes()
    for wrong in (data[:-1] + bytes([data[-1] ^ 1]), data[: len(data) // 2], b"<html>log in</html>"):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(ChecksumError, match="unpack the bundle again"):
            load_japanese_vowels(tmp_path / "wrong")
    with pytest.raises(UnavailableError, match="unpack the bundle again"):
        load_japanese_vowels(tmp_path / "missing")


def test_the_published_format_is_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps, channels, classes and order are those of the files, and the hash that is printed is that of the result."""
    train, test, made = (tmp_path / name for name in ("TRAIN.ts", "TEST.ts", "made"))
    train.write_text(HEADER + line(numbered(3), 2) + line(numbered(2, 0.5), 1))
    test.write_text(HEADER + line(numbered(4), 1))
    main(train, test, made)
    digest = capsys.readouterr().out.split("'")[1]
    entry = Source("japanese_vowels", "", "bundled", "", "", {"train": 2, "test": 1}, sha256=digest)
    monkeypatch.setattr("datasets.backbone.catalogue.source", lambda _name: entry)
    found = load_japanese_vowels(made)

    assert [1, 0] == found["train"].y.tolist()
    assert [0] == found["test"].y.tolist()
    assert [3, 2] == [len(one) for one in found["train"].x]
    np.testing.assert_array_equal(np.array(numbered(3), np.float32).T, found["train"].x[0])
    np.testing.assert_array_equal(np.array(numbered(2, 0.5), np.float32).T, found["train"].x[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER, "has no series"),
        (HEADER + line(numbered(3)[:11], 1), ":5: 12 channels"),
        (HEADER + line(numbered(3), 0), ":5: 12 channels"),
        (HEADER + line([*numbered(3)[:11], [float("nan")] * 3], 1), ":5: 12 channels"),
        (HEADER + line([*numbered(3)[:11], [1.0]], 1), ":5: "),
        (HEADER + line(numbered(2), 1) + "1,2:x\n", ":6: "),
    ],
    ids=["nothing", "channels", "class", "nan", "lengths", "letters"],
)
def test_another_format_is_not_converted(tmp_path: Path, text: str, words: str) -> None:
    """The message has the file and the line."""
    (tmp_path / "TRAIN.ts").write_text(text)
    with pytest.raises(FormatError, match=words):
        read_ts(tmp_path / "TRAIN.ts")
