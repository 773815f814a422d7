"""A hostile or broken submission costs its sender alone."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake import ReadLimits
from autograder.intake.unpacking import FileCollector, add_file, clean_path
from autograder.model import SubmittedFile
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
    "many files": (make_zip({f"{place}.py": b"" for place in range(40)}), "more than 20 Python files"),
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
    "cut short": (make_zip(GOOD)[:-30], "this zip archive cannot be read"),
    "no zip": (b"hello", "this zip archive cannot be read"),
    "empty": (make_zip({}), "is empty"),
    "a rar": (make_zip({"work.rar": b"Rar!\x1a\x07"}), "send a .zip instead"),
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


def test_a_false_size_does_not_help():
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


def make_tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar, compressed by its mode."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


ARCHIVES = {
    "work.zip": make_zip(GOOD),
    "bzip2.zip": make_zip(GOOD, packing=zipfile.ZIP_BZIP2),
    "lzma.zip": make_zip(GOOD, packing=zipfile.ZIP_LZMA),
    "work.tar": make_tar(GOOD),
    "work.tar.gz": make_tar(GOOD, "w:gz"),
    "work.tgz": make_tar(GOOD, "w:gz"),
    "work.tar.bz2": make_tar(GOOD, "w:bz2"),
    "work.tar.xz": make_tar(GOOD, "w:xz"),
    "tar called.zip": make_tar(GOOD, "w:gz"),
    "zip called.tar.gz": make_zip(GOOD),
    "zip called.rar": make_zip(GOOD),
    "without ending": make_tar(GOOD, "w:xz"),
    "zip in tar.tgz": make_tar({"inner.zip": make_zip(GOOD)}, "w:gz"),
}


@pytest.mark.parametrize(("name", "data"), ARCHIVES.items(), ids=ARCHIVES.keys())
def test_every_archive_that_python_reads_is_read(name: str, data: bytes):
    """By its contents, whatever it is called."""
    collector = FileCollector(SMALL)
    add_file(collector, name, [data])

    assert ({path: file.data for path, file in files_of(collector).items()}, []) == (GOOD, collector.findings)


def files_of(collector: FileCollector) -> dict[str, SubmittedFile]:
    """The files by their paths."""
    return {file.path: file for file in collector.contents()}


def test_a_single_compressed_file_has_the_name_without_the_ending():
    """optim.py.gz is optim.py."""
    collector = FileCollector(SMALL)
    add_file(collector, "optim.py.gz", [gzip.compress(b"x = 1")])

    assert b"x = 1" == files_of(collector)["optim.py"].data


CROWDS = {
    "an environment": {f"week4/.venv/lib/python3.11/site-packages/numpy/{n}.py": b"x" for n in range(50)},
    "an environment of another name": {f"env/lib/python3.11/site-packages/a/{n}.py": b"x" for n in range(50)},
    "node_modules": {f"node_modules/left/{n}.js": b"x" for n in range(50)},
    "many images": {f"data/{n:03}.png": b"x" for n in range(40)},
    "a large data set": {"data/train.npy": Random(1).randbytes(3 << 20), "data/test.npy": Random(2).randbytes(3 << 20)},
    "a bomb": {"data/zeros.npy": bytes(3 << 20)},
    "a locked or odd path": {"../outside.txt": b"x", "C:\\x.txt": b"x"},
}


@pytest.mark.parametrize("make", [make_zip, make_tar], ids=["zip", "tar"])
@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS.keys())
def test_source_files_are_read_however_much_else_there_is(make: Callable[..., bytes], crowd: dict[str, bytes]):
    """What is too much or too large is left out; the work is there, wherever it is in the archive."""
    collector = FileCollector(replace(SMALL, total_mib=16))
    add_file(collector, "s.zip", [make({**crowd, **GOOD})])
    found = files_of(collector)

    assert GOOD == {path: found[path].data for path in GOOD}


TAR_ATTACKS = {
    "bomb": (make_tar({"a.bin": bytes(40 << 20)}, "w:gz"), "grows more than 100 times"),
    "link": (lambda entry: setattr(entry, "type", tarfile.SYMTYPE), "a link or a device"),
    "device": (lambda entry: setattr(entry, "type", tarfile.CHRTYPE), "a link or a device"),
    "long name": (lambda entry: setattr(entry, "name", "a" * 3000), "outside the submission"),
    "traversal": (lambda entry: setattr(entry, "name", "../../x.py"), "outside the submission"),
    "cut short": (make_tar(GOOD, "w:gz")[:-40], "cannot be read"),
}


@pytest.mark.parametrize(("attack", "words"), TAR_ATTACKS.values(), ids=TAR_ATTACKS.keys())
def test_a_bad_tar_is_a_finding(attack: bytes | Callable[[tarfile.TarInfo], None], words: str):
    """As for zips."""
    if not isinstance(attack, bytes):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            entry = tarfile.TarInfo("x.py")
            attack(entry)
            archive.addfile(entry)
        attack = stream.getvalue()
    collector = FileCollector(SMALL)
    add_file(collector, "s.tar", [attack])

    assert any(words in finding.message for finding in collector.findings)


def test_a_header_that_announces_gigabytes_is_not_read_into_memory():
    """An extended header's length is a claim."""
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 30
    collector = FileCollector(SMALL)
    add_file(collector, "s.tar", [entry.tobuf() + bytes(1 << 20)])

    assert "cannot be read" in collector.findings[0].message


def test_of_several_uploads_the_newest_is_kept():
    """Whichever comes first in the download; the time is that of the uploaded file, not of what is in it."""
    old, new = datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 2, 2, tzinfo=UTC)
    for order in ([("old", old), ("new", new)], [("new", new), ("old", old)]):
        collector = FileCollector(SMALL)
        for word, at in order:
            add_file(collector, f"{word}.zip", [make_zip({"scratch/optim.py": word.encode()})], at)
        (file,) = collector.contents()

        assert (b"new", "new.zip", new) == (file.data, file.upload, file.uploaded_at)
        assert "the newest one was used" in collector.findings[0].message


ODD_PATHS = {
    "../../optim.py": "outside/optim.py",
    "..\\scratch\\optim.py": "outside/scratch/optim.py",
    "/home/ann/scratch/optim.py": "outside/home/ann/scratch/optim.py",
    "C:\\course\\optim.py": "outside/course/optim.py",
    "c:optim.py": "outside/optim.py",
    "\\\\server\\ann\\optim.py": "outside/server/ann/optim.py",
    "a/../../optim.py": "outside/a/optim.py",
}


@pytest.mark.parametrize("make", [make_zip, make_tar], ids=["zip", "tar"])
@pytest.mark.parametrize(("path", "kept"), ODD_PATHS.items())
def test_a_path_that_leads_out_is_read_inside(make: Callable[..., bytes], path: str, kept: str):
    """The program that made the archive named it so; nothing is ever written by that name, and it is said."""
    collector = FileCollector(SMALL)
    add_file(collector, "s.zip", [make({path: b"x = 1"})])

    assert [(kept, b"x = 1")] == [(name, file.data) for name, file in files_of(collector).items()]
    assert "outside the submission, so read in the folder outside" in collector.findings[0].message


def test_two_files_brought_inside_are_both_kept():
    """Which of them is meant is no choice of the reader's."""
    collector = FileCollector(SMALL)
    add_file(collector, "s.zip", [make_zip({"../optim.py": b"x = 1", "/optim.py": b"x = 2", "C:/optim.py": b"x = 2"})])

    assert {"outside/optim.py": b"x = 1", "outside-2/optim.py": b"x = 2"} == {
        name: file.data for name, file in files_of(collector).items()
    }
