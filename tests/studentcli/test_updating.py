"""``update``: a new bundle over a student's folder; no work is lost, whatever is in it and whenever it is killed."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.studentcli.laying import BACKUPS, INCOMING, lay
from autograder.studentcli.newbundle import path_faults, read_bundle
from autograder.studentcli.updating import Updated, update_folder, update_lines
from autograder.testing.packing import starter_digest
from tests.studentcli.conftest import Bundle

NOW = datetime(2027, 2, 1, 9, 30)  # noqa: DTZ001  # the student's own clock
LINUX = sys.platform == "linux"
WORK = ("scratch/optim.py", "scratch/rnn.py")
OLD = {
    "README.md": b"how to, 1\n",
    "autograder/gone.py": b"old\n",
    "autograder/kit.py": b"kit 1\n",
    "conftest.py": b"same\n",
    "s04/notebook.ipynb": b"{1}\n",
    "s04/spec.md": b"spec 1\n",
    "scratch/optim.py": b"stub 1\n",
}
NEW = {
    **{path: data for path, data in OLD.items() if path != "autograder/gone.py"},
    "README.md": b"how to, 2\n",
    "autograder/kit.py": b"kit 2\n",
    "s04/notebook.ipynb": b"{2}\n",
    "s04/spec.md": b"spec 2\n",
    "s09/spec.md": b"spec of s09\n",
    "scratch/optim.py": b"stub 2\n",
    "scratch/rnn.py": b"stub of rnn\n",
}


def bundle_of(files: Mapping[str, bytes], *, hashes: bool = True, module: str = "T") -> dict[str, bytes]:
    """The files with their course.json; without hashes as earlier kits wrote it."""
    stages = {
        f"s0{number}": {"files": [path], "starter_sha256": {path: starter_digest(files[path])}}
        for number, path in enumerate(WORK)
        if path in files
    }
    content: dict[str, object] = {"module": module, "stages": stages}
    if hashes:
        content["bundle_sha256"] = {path: starter_digest(data) for path, data in files.items() if path not in WORK}
    return {**files, "course.json": json.dumps(content).encode()}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files on disk."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def zipped(path: Path, files: Mapping[str, bytes], prefix: str = "starter/") -> Path:
    """The files in a zip, in a folder as Moodle and GitHub have them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, data)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the copies."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and BACKUPS not in path.parts
    }


def copies(folder: Path) -> dict[str, bytes]:
    """The copies of the only update."""
    (backup,) = (folder / BACKUPS).iterdir()
    return {path.relative_to(backup).as_posix(): path.read_bytes() for path in backup.rglob("*") if path.is_file()}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A student's folder with the old bundle."""
    return write(tmp_path / "mine", bundle_of(OLD))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """The zip of the new bundle."""
    return zipped(tmp_path / "new.zip", bundle_of(NEW))


def test_an_untouched_folder_becomes_the_new_bundle(mine: Path, new: Path) -> None:
    """Changed, new and removed files of the course; copies of the old ones; nothing else is written."""
    update_folder(mine, new, NOW)

    assert bundle_of(NEW) == contents(mine)
    changed = ("README.md", "autograder/gone.py", "autograder/kit.py", "s04/notebook.ipynb", "s04/spec.md")
    assert {path: bundle_of(OLD)[path] for path in (*changed, "scratch/optim.py", "course.json")} == copies(mine)


def test_a_folder_is_as_good_as_a_zip(mine: Path, tmp_path: Path) -> None:
    """What was unpacked beside; its environment and caches are not taken over."""
    other = write(tmp_path / "other", bundle_of(NEW))
    write(other, {".venv/bin/python": b"", "autograder/__pycache__/kit.pyc": b"", "__MACOSX/x": b""})
    update_folder(mine, other, NOW)

    assert bundle_of(NEW) == contents(mine)


def test_work_is_kept_and_the_changed_stub_is_beside_it(mine: Path, new: Path) -> None:
    """A file that the student wrote stays as it is; the course's new stub is NAME.new, and a line says so."""
    write(mine, {"scratch/optim.py": b"mine\n", "scratch/helper.py": b"mine too\n", "notes.txt": b"x"})
    lines = update_lines(update_folder(mine, new, NOW))

    there = contents(mine)
    assert (b"mine\n", b"mine too\n", b"x") == tuple(
        there[path] for path in ("scratch/optim.py", "scratch/helper.py", "notes.txt")
    )
    assert b"stub 2\n" == there["scratch/optim.py.new"]
    assert "kept, yours: scratch/optim.py" in lines
    assert any("the course's new stub is scratch/optim.py.new" in line for line in lines)


def test_an_unchanged_stub_is_not_written_beside(mine: Path, tmp_path: Path) -> None:
    """Where the course's stub is as it was, there is nothing to compare."""
    write(mine, {"scratch/optim.py": b"mine\n"})
    update_folder(
        mine, zipped(tmp_path / "n.zip", bundle_of({**NEW, "scratch/optim.py": OLD["scratch/optim.py"]})), NOW
    )

    assert "scratch/optim.py.new" not in contents(mine)


def test_work_on_a_file_that_was_not_handed_out_yet_is_kept(mine: Path, new: Path) -> None:
    """A student who began a later stage's file keeps it."""
    write(mine, {"scratch/rnn.py": b"early\n"})
    update_folder(mine, new, NOW)

    assert (b"early\n", b"stub of rnn\n") == tuple(
        contents(mine)[path] for path in ("scratch/rnn.py", "scratch/rnn.py.new")
    )


def test_line_ends_are_no_work(mine: Path, new: Path) -> None:
    """A stub whose line ends git or an editor changed to CRLF is untouched."""
    write(mine, {"scratch/optim.py": b"stub 1\r\n", "s04/notebook.ipynb": b"{1}\r\n"})
    update_folder(mine, new, NOW)

    assert bundle_of(NEW) == contents(mine)


def test_an_edited_notebook_is_kept_under_another_name(mine: Path, new: Path) -> None:
    """Also beside one that was kept before."""
    write(mine, {"s04/notebook.ipynb": b"{mine}", "s04/notebook.mine.ipynb": b"{earlier}"})
    lines = update_lines(update_folder(mine, new, NOW))

    there = contents(mine)
    assert [b"{2}\n", b"{earlier}", b"{mine}"] == [
        there[f"s04/notebook{name}.ipynb"] for name in ("", ".mine", ".mine-2")
    ]
    assert "s04/notebook.ipynb: yours is kept as s04/notebook.mine-2.ipynb" in lines


def test_an_edited_notebook_that_the_course_did_not_change_stays(mine: Path, tmp_path: Path) -> None:
    """There is no new one to make room for."""
    write(mine, {"s04/notebook.ipynb": b"{mine}"})
    update_folder(mine, zipped(tmp_path / "n.zip", bundle_of({**NEW, "s04/notebook.ipynb": b"{1}\n"})), NOW)

    assert b"{mine}" == contents(mine)["s04/notebook.ipynb"]


def test_an_edited_file_of_the_course_is_in_the_copies(mine: Path, new: Path) -> None:
    """A test that a student changed is the course's again, and a line says where their version is."""
    write(mine, {"s04/spec.md": b"spec with remarks\n"})
    lines = update_lines(update_folder(mine, new, NOW))

    assert b"spec 2\n" == contents(mine)["s04/spec.md"]
    assert b"spec with remarks\n" == copies(mine)["s04/spec.md"]
    assert "s04/spec.md: you had changed this file of the course; your version is in the copies" in lines


def test_a_file_of_the_students_whose_name_the_course_now_uses_is_kept(mine: Path, new: Path) -> None:
    """Under another name beside the course's."""
    write(mine, {"s09/spec.md": b"my own plan\n"})
    update_folder(mine, new, NOW)

    assert (b"spec of s09\n", b"my own plan\n") == tuple(
        contents(mine)[path] for path in ("s09/spec.md", "s09/spec.mine.md")
    )


@pytest.mark.parametrize("edited", [{}, {"scratch/optim.py": b"mine\n", "s04/notebook.ipynb": b"{mine}"}])
def test_a_second_update_does_nothing(mine: Path, new: Path, edited: dict[str, bytes]) -> None:
    """No file is written, no folder of copies is made."""
    write(mine, edited)
    update_folder(mine, new, NOW)
    before = contents(mine), copies(mine)
    lines = update_lines(update_folder(mine, new, NOW))

    assert before == (contents(mine), copies(mine))
    assert "Nothing to do: this folder has the newest files of the course." == lines[0]


def test_a_bundle_of_an_earlier_kit_can_be_updated(tmp_path: Path, new: Path) -> None:
    """Without hashes of the course's files nothing is removed, and every notebook that differs counts as edited."""
    mine = write(tmp_path / "mine", bundle_of(OLD, hashes=False))
    update_folder(mine, new, NOW)
    kept = {"autograder/gone.py": b"old\n", "s04/notebook.mine.ipynb": b"{1}\n"}

    assert {**bundle_of(NEW), **kept} == contents(mine)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.dictionaries(
        st.sampled_from([*OLD, *NEW, "own.py", "scratch/optim.py.new", "s04/notebook.mine.ipynb", "s09/own.md"]),
        st.sampled_from([b"a\n", b"b\n", b"stub 2\n", b"{2}\n", b"spec 1\n"]),
    ),
    hashes=st.booleans(),
)
def test_whatever_a_student_wrote_is_still_there(
    tmp_path_factory: pytest.TempPathFactory, edits: dict[str, bytes], hashes: bool
) -> None:
    """In its place, beside it, or in the copies; work that was edited and own files in their place."""
    folder = tmp_path_factory.mktemp("mine")
    mine = write(folder / "mine", {**bundle_of(OLD, hashes=hashes), **edits})
    before = contents(mine)
    new = zipped(folder / "new.zip", bundle_of(NEW))
    updated = update_folder(mine, new, NOW)
    after, kept = contents(mine), copies(mine)

    assert {starter_digest(data) for data in before.values()} <= {
        starter_digest(data) for data in (*after.values(), *kept.values())
    }
    for path, data in edits.items():
        own = path not in {**OLD, **NEW} and not path.endswith(".new")
        if own or (path in WORK and data != OLD.get(path)):
            assert starter_digest(data) == starter_digest(after[path])
    for path, data in NEW.items():
        if path not in WORK:
            assert starter_digest(data) == starter_digest(after[path])
    assert updated.backup
    assert "" == update_folder(mine, new, NOW).backup


KILLER = """
import os, shutil, signal, sys
from datetime import datetime
from pathlib import Path
from autograder.studentcli.updating import update_folder

folder, new = Path(sys.argv[1]), Path(sys.argv[2])
fsync, rename = os.fsync, Path.replace
for left in range(1000):
    mine = folder / f"killed-{left}"
    shutil.copytree(folder / "mine", mine)
    child = os.fork()
    if not child:
        calls = [left]
        def counted(function):
            def call(*arguments):
                if not calls[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                calls[0] -= 1
                return function(*arguments)
            return call
        os.fsync, Path.replace, Path.unlink = counted(fsync), counted(rename), counted(Path.unlink)
        update_folder(mine, new, datetime(2027, 2, 1, 9, 30))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
print(left)
"""


@pytest.mark.skipif(not LINUX, reason="processes are forked")
def test_a_kill_at_any_moment_loses_nothing(mine: Path, new: Path, tmp_path: Path) -> None:
    """At each write, rename and removal: work is in its place, all else there or a copy; a second run ends well."""
    write(mine, {"scratch/optim.py": b"mine\n", "s04/notebook.ipynb": b"{mine}", "own.py": b"own\n"})
    before = contents(mine)
    done = subprocess.run([sys.executable, "-c", KILLER, tmp_path, new], capture_output=True, text=True, check=True)
    moments = int(done.stdout)
    update_folder(mine, new, NOW)

    assert moments > 20
    for moment in range(moments):
        killed = tmp_path / f"killed-{moment}"
        after = contents(killed)
        safe = [path.read_bytes() for path in (killed / BACKUPS).rglob("*") if path.is_file()] + [*after.values()]
        assert (b"mine\n", b"own\n") == (after["scratch/optim.py"], after["own.py"])
        assert [] == [path for path, data in before.items() if data not in safe]
        update_folder(killed, new, NOW)
        assert contents(mine) == contents(killed)
        assert not (killed / BACKUPS / INCOMING).exists()


HOSTILE = [
    *["../evil.py", "/etc/evil", "starter/../../evil.py", "C:/evil.py", "a\\..\\..\\evil", "starter/a\x1b[2J.py"],
    *[
        "starter/con.py",
        "starter/NUL",
        "starter/a.",
        "starter/.git/hooks/post-checkout",
        "starter/.venv/x",
        "starter//x",
    ],
    *["starter/./x", "starter/x:y", "starter/.autograder-backup/x"],
]


@pytest.mark.parametrize("name", HOSTILE)
def test_paths_that_could_do_harm_are_refused(mine: Path, tmp_path: Path, name: str) -> None:
    """The whole bundle is refused, nothing is written, and the path is named without its control characters."""
    hostile = zipped(tmp_path / "new.zip", bundle_of(NEW))
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"evil")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match="was refused and nothing was changed") as caught:
        update_folder(mine, hostile, NOW)

    assert "\x1b" not in str(caught.value)
    assert before == contents(tmp_path)


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010644, 0o060600])
def test_links_and_devices_in_a_zip_are_refused(mine: Path, tmp_path: Path, mode: int) -> None:
    """A link could send a later write anywhere."""
    hostile = zipped(tmp_path / "new.zip", bundle_of(NEW))
    with zipfile.ZipFile(hostile, "a") as archive:
        link = zipfile.ZipInfo("starter/link")
        link.external_attr = mode << 16
        archive.writestr(link, "/etc")
    with pytest.raises(UsageError, match="link: a link or a device, not a file"):
        update_folder(mine, hostile, NOW)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["README.md", "readme.md"], "the same name as"),
        (["x", "x/y"], "both a file and a folder"),
        (["x/y", "X"], "both a file and a folder"),
    ],
)
def test_names_that_meet_on_a_disk_are_refused(tmp_path: Path, names: list[str], words: str) -> None:
    """On Windows and macOS one of the two would replace the other."""
    with pytest.raises(UsageError, match=words):
        read_bundle(zipped(tmp_path / "n.zip", {**bundle_of({}), **dict.fromkeys(names, b"")}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """Two programs would read two different files."""
    path = zipped(tmp_path / "n.zip", bundle_of(NEW))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("starter/README.md", b"another")
    with pytest.raises(UsageError, match=r"starter/README.md: it is there twice"):
        read_bundle(path)


def test_a_zip_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the sizes that it gives nor those that it has may be over the limit."""
    monkeypatch.setattr("autograder.studentcli.newbundle.MOST_BYTES", 10_000)
    path = tmp_path / "n.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("starter/big.txt", bytes(20_000))
    with pytest.raises(UsageError, match="was refused, it has more than"):
        read_bundle(path)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + bytes(30)])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    """A page saved in place of the zip, a download that stopped."""
    (tmp_path / "n.zip").write_bytes(data)
    with pytest.raises(UsageError, match="cannot be read as a zip"):
        read_bundle(tmp_path / "n.zip")


def test_a_damaged_zip_is_refused(mine: Path, tmp_path: Path) -> None:
    """A bit that changed on the way."""
    data = bytearray(zipped(tmp_path / "n.zip", bundle_of(NEW)).read_bytes())
    data[data.index(b"spec 2")] ^= 1
    (tmp_path / "n.zip").write_bytes(data)
    with pytest.raises(UsageError, match=r"cannot be read as a zip .*Bad CRC-32"):
        update_folder(mine, tmp_path / "n.zip", NOW)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.txt": b""}, "there is no course.json in it"),
        ({"a/course.json": b"", "b/course.json": b""}, "more than one bundle is in it"),
        ({"course.json": b"[]"}, "cannot be read"),
        ({"course.json": b"{"}, "cannot be read"),
        (bundle_of(NEW, module="OTHER"), "is the bundle of OTHER; this folder is for T"),
    ],
)
def test_another_zip_is_refused(mine: Path, tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    """A submission, a folder of several bundles, another module's bundle."""
    before = contents(mine)
    with pytest.raises(UsageError, match=words):
        update_folder(mine, zipped(tmp_path / "n.zip", files, prefix=""), NOW)

    assert before == contents(mine)


@pytest.mark.skipif(not LINUX, reason="links need a right on Windows")
def test_links_in_either_folder_are_refused(mine: Path, new: Path, tmp_path: Path) -> None:
    """A student's folder that is a link would be written through; a link in the new folder may be to anything."""
    outside = tmp_path / "outside"
    (mine / "s04").rename(outside)
    (mine / "s04").symlink_to(outside)
    with pytest.raises(UsageError, match="s04: a link to another place"):
        update_folder(mine, new, NOW)
    other = write(tmp_path / "other", bundle_of(NEW))
    (other / "link").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="link: a link or a device"):
        update_folder(mine, other, NOW)

    assert {"notebook.ipynb", "spec.md"} == set(contents(outside))


def test_a_folder_in_the_place_of_a_file_is_named(mine: Path, new: Path) -> None:
    """It cannot be replaced; the student renames it."""
    (mine / "s09" / "spec.md").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"s09/spec.md: a folder is here"):
        update_folder(mine, new, NOW)


def test_the_own_folder_is_no_new_bundle(mine: Path) -> None:
    """Nothing would change."""
    with pytest.raises(UsageError, match="is your own folder"):
        update_folder(mine, mine, NOW)


def test_a_file_that_changes_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """An editor that saved after the decision."""
    write(tmp_path, {"a.py": b"saved just now"})
    with pytest.raises(UsageError, match=r"a.py was changed while this command ran"):
        lay(tmp_path, {"a.py": b"new"}, [], {"a.py": b"as it was read"}, NOW)

    assert b"saved just now" == (tmp_path / "a.py").read_bytes()


def test_a_read_only_file_is_replaced(mine: Path, new: Path) -> None:
    """Some archives are unpacked with read-only files, which Windows does not replace."""
    (mine / "README.md").chmod(0o444)
    update_folder(mine, new, NOW)

    assert b"how to, 2\n" == (mine / "README.md").read_bytes()


@pytest.mark.skipif(not LINUX or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(mine: Path, new: Path) -> None:
    """What to do is in the message."""
    (mine / "s04").chmod(0o555)
    with pytest.raises(UsageError, match="Close the programs that use it and run the same command again"):
        update_folder(mine, new, NOW)
    (mine / "s04").chmod(0o755)


def test_names_of_the_bundle_are_accepted() -> None:
    """Folders, dots and accents within names."""
    names = ["a.py", "s01/figures/a b.svg", "módulo/x.md", ".gitignore", "a..b", "console.py"]

    assert [] == [fault for name in names for fault in path_faults(name)]


def test_output_has_no_control_characters(mine: Path) -> None:
    """What a folder holds is shown as text."""
    updated = Updated(update_folder(mine, _zip_with_update(mine), NOW).plan, "x")
    updated.plan.kept.append("scratch/\x1b[2J.py")

    assert "\x1b" not in "\n".join(update_lines(updated))


def _zip_with_update(mine: Path) -> Path:
    return zipped(mine.parent / "n.zip", bundle_of(NEW))


def test_the_command_updates_a_real_bundle(bundle: Bundle, tmp_path: Path) -> None:
    """From the student's folder with a zip, and from the new bundle's folder for one whose kit has no ``update``."""
    new = tmp_path / "new"
    shutil.copytree(bundle.root, new, ignore=shutil.ignore_patterns("__pycache__"))
    (new / "s00_tiny" / "spec.md").write_text("a new specification")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in contents(new).items():
            archive.writestr(path, data)
    (tmp_path / "new.zip").write_bytes(buffer.getvalue())
    bundle.write("scratch/ops.py", "def double(x):\n    return x + x\n")
    done = bundle.run("autograder", "update", str(tmp_path / "new.zip"))
    again = subprocess.run(
        [sys.executable, "-m", "autograder", "update", ".", "--folder", str(bundle.root)],
        cwd=new, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (0, 0) == (done.returncode, again.returncode), done.stderr + again.stderr
    assert "new: s00_tiny/spec.md\nkept, yours: scratch/ops.py\n" in done.stdout
    assert "Nothing to do" in again.stdout
    assert "return x + x" in (bundle.root / "scratch/ops.py").read_text()
