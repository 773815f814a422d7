"""A hostile or broken submission costs its sender alone."""

import struct
import zipfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake import ReadLimits
from autograder.intake.unpacking import FileCollector, add_file, clean_path
from tests.moodle.samples import GOOD, make_entries, make_link, make_zip, person, read

SMALL = ReadLimits(total_mib=4, file_mib=2, files=20, entries=60, depth=3, ratio=100)


def nested(depth: int) -> bytes:
    """A zip in a zip in a zip, so many deep."""
    data = make_zip(GOOD)
    for _ in range(depth - 1):
        data = make_zip({"inner.zip": data})
    return data


def broken(data: bytes) -> bytes:
    """The zip with one byte of the stored contents changed."""
    return data.replace(b"class", b"klass", 1)


def encrypted() -> bytes:
    """A zip whose entry is marked as locked."""
    data = bytearray(make_zip(GOOD))
    data[6] |= 1
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


HOSTILE = {
    "bomb by ratio": (make_zip({"a.py": bytes(2 << 20)}), "grows more than 100 times"),
    "bomb by size": (make_zip({"a.py": Random(1).randbytes(3 << 20)}, packing=zipfile.ZIP_STORED), "larger than 2 MiB"),
    "many files": (make_zip({f"{place}.py": b"" for place in range(40)}), "more than 20 files"),
    "many entries": (make_zip({f"__MACOSX/{place}": b"" for place in range(100)}), "more than 60 entries"),
    "too deep": (nested(5), "more than 3 deep"),
    "traversal": (make_zip({"../../etc/cron.d/x": b"1"}), "outside the submission"),
    "absolute": (make_zip({"/etc/passwd": b"1"}), "outside the submission"),
    "windows drive": (make_zip({"C:\\x.py": b"1"}), "outside the submission"),
    "windows traversal": (make_zip({"..\\x.py": b"1"}), "outside the submission"),
    "control characters": (make_zip({"a\x1b[31m.py": b"1"}), "outside the submission"),
    "turned writing": (make_zip({"a\u202eyp.exe": b"1"}), "outside the submission"),
    "huge name": (make_zip({"a" * 2000 + ".py": b"1"}), "outside the submission"),
    "link": (make_link(), "a link or a device"),
    "locked": (encrypted(), "locked with a password"),
    "wrong checksum": (broken(make_zip(GOOD, packing=zipfile.ZIP_STORED)), "its checksum is wrong"),
    "cut short": (make_zip(GOOD)[:-30], "this zip cannot be read"),
    "no zip": (b"hello", "this zip cannot be read"),
    "empty": (make_zip({}), "is empty"),
    "other packing": (make_zip(GOOD, packing=zipfile.ZIP_BZIP2), "packed in a way"),
    "twice": (make_entries([("a.py", b"1"), ("a.py", b"2")]), "more than once"),
}


@pytest.mark.parametrize(("data", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_bad_zip_is_its_senders_finding(tmp_path: Path, data: bytes, words: str):
    """The sender reads what is wrong, and the next student's work is read."""
    people = [person(1, "Mal", ("submission.zip", data)), person(2, "Ann", ("submission.zip", make_zip(GOOD)))]
    bad, good = read(tmp_path, people, limits=SMALL).submissions

    assert ["file"] == [finding.kind for finding in bad.findings]
    assert words in bad.findings[0].message
    assert GOOD == {file.path: file.data for file in good.files}
    assert () == good.findings


def test_a_list_of_very_many_entries_is_not_even_read():
    """Their marks are counted before a list is made of them."""
    collector = FileCollector(SMALL)
    add_file(collector, "s.zip", [b"PK\x01\x02" * 5000])

    assert "more than 60 entries" in collector.findings[0].message


def test_clutter_is_dropped_silently(tmp_path: Path):
    """What systems and editors add is neither work nor fault."""
    files = {"__MACOSX/._a.py": b"x", ".DS_Store": b"x", "a/__pycache__/b.pyc": b"x", "a/._b.py": b"x", "a/b.py": b"1"}
    (sent,) = read(tmp_path, [person(1, "Ann", ("s.zip", make_zip(files)))]).submissions

    assert [("a/b.py", b"1")] == [(file.path, file.data) for file in sent.files]
    assert () == sent.findings


def test_nested_zips_open_where_they_are(tmp_path: Path):
    """A zip in a zip gives its files to the folder that it is in."""
    data = make_zip({"week4/inner.zip": make_zip(GOOD)})
    (sent,) = read(tmp_path, [person(1, "Ann", ("outer.zip", data))]).submissions

    assert ["week4/scratch/optim.py"] == [file.path for file in sent.files]


def test_notebooks_are_bytes(tmp_path: Path):
    """A notebook is kept as it is; nothing in it runs or is interpreted."""
    (sent,) = read(tmp_path, [person(1, "Ann", ("a.ipynb", b"{not json"))]).submissions

    assert b"{not json" == sent.files[0].data


def test_a_size_that_lies_does_not_help():
    """The limit counts what comes out, not what the header announces."""
    data = bytearray(make_zip({"a.py": bytes(3 << 20)}, packing=zipfile.ZIP_STORED))
    place = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 10)  # unpacked size in the central directory
    collector = FileCollector(SMALL)
    add_file(collector, "s.zip", [bytes(data)])

    assert {} == collector.files


@settings(max_examples=300)
@given(st.binary(max_size=400), st.integers(0, 300), st.binary(max_size=8))
def test_no_bytes_make_the_reader_raise(tail: bytes, place: int, patch: bytes):
    """Whatever is sent, and however a good zip is damaged, becomes files or findings."""
    good = make_zip(GOOD)
    for data in (tail, good[:place] + patch + good[place + len(patch) :], good + tail):
        collector = FileCollector(SMALL)
        add_file(collector, "s.zip", [data])

        assert collector.files or collector.findings


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab./\\:\x00\n\u202e"), max_size=30))
def test_a_clean_path_stays_in_the_submission(path: str):
    """No path that is kept is absolute, has a drive, goes up, or holds control characters."""
    kept = clean_path(path)

    assert kept is None or not (
        kept.startswith("/") or ".." in kept.split("/") or "\\" in kept or "\n" in kept or ":" in kept.split("/")[0]
    )
