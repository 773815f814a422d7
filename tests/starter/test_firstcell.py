"""The first cell of a notebook: it finds the bundle, installs or names what is missing, and works in Colab."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.starter import build_starter, zip_bytes
from autograder.starter.firstcell import first_cell
from autograder.studentcli.requirements import missing_lines, set_up_packages

STAGE = "s04_optimisers"
# What the cell uses of IPython; the last line says where it has gone.
SHELL = """
class Shell:
    user_ns = {}
    events = property(lambda self: self)

    def __getattr__(self, name):
        return lambda *arguments, **keywords: None


get_ipython = Shell
"""
WHERE = "\nimport autograder\nprint(os.getcwd(), os.path.dirname(os.path.dirname(autograder.__file__)), sep='\\n')\n"


@pytest.fixture(scope="module")
def files(course: Course) -> dict[str, bytes]:
    """The bundle."""
    return build_starter(course)


def unpack(files: dict[str, bytes], folder: Path) -> Path:
    """The bundle on a student's disk."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def run_cell(folder: Path, bundle: str = "", before: str = "") -> subprocess.CompletedProcess[str]:
    """The cell's text in a process whose working folder is the notebook's."""
    cell = first_cell(STAGE).replace('BUNDLE = ""', f"BUNDLE = {bundle!r}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-P", "-c", SHELL + before + cell + WHERE]
    return subprocess.run(
        command, cwd=folder, env=kept | {"PYTHONUTF8": "1"}, capture_output=True, text=True, timeout=300, check=False
    )


def test_in_an_unpacked_bundle_it_is_the_folder_above(files: dict[str, bytes], tmp_path: Path) -> None:
    """As on a student's own computer."""
    root = unpack(files, tmp_path / "mine")
    done = run_cell(root / STAGE)

    assert f"{root / STAGE}\n{root}\n" == done.stdout, done.stderr


@pytest.mark.parametrize("place", ["beside", "mounted folder", "mounted zip"])
def test_in_colab_a_zip_or_a_mounted_folder_is_enough(files: dict[str, bytes], tmp_path: Path, place: str) -> None:
    """The notebook is alone in its folder; a zip is unpacked beside itself, and nothing that is there is replaced."""
    content, drive = tmp_path / "content", tmp_path / "drive"
    content.mkdir()
    above = content if place == "beside" else drive
    above.mkdir(exist_ok=True)
    if place == "mounted folder":
        unpack(files, drive / "starter")
    else:
        (above / "starter.zip").write_bytes(zip_bytes(files))
        (above / "starter" / "scratch").mkdir(parents=True)
        (above / "starter" / "scratch" / "optim.py").write_text("mine = 1\n")
    named = {"beside": "", "mounted folder": str(drive / "starter"), "mounted zip": str(drive / "starter.zip")}[place]
    done = run_cell(content, named)

    assert f"{above / 'starter' / STAGE}\n{above / 'starter'}\n" == done.stdout, done.stderr
    if place != "mounted folder":
        assert "mine = 1\n" == (above / "starter" / "scratch" / "optim.py").read_text()


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("", "The course's bundle was not found. Put starter.zip beside this notebook"),
        ("import sys\nsys.version_info = (3, 10, 9)\n", "Python 3.11 or newer is needed; this notebook runs with"),
    ],
)
def test_what_is_missing_is_one_sentence(tmp_path: Path, before: str, words: str) -> None:
    """It says what to do; in Jupyter there is no traceback around it."""
    done = run_cell(tmp_path, before=before)

    assert f"NotReady: {words}" in done.stderr
    assert "_render_traceback_" in first_cell(STAGE)


def test_a_line_whose_package_is_missing_is_found_whatever_the_versions_of_others(tmp_path: Path) -> None:
    """The numpy that is there is kept; the second file counts for stages of PyTorch."""
    (tmp_path / "requirements.txt").write_text("# a comment\nnumpy>=99\nno-such-package-17>=1,<2\n")
    (tmp_path / "requirements-torch.txt").write_text("no-such-package-18\n")

    assert ["no-such-package-17>=1,<2"] == missing_lines(tmp_path, ("numpy",))
    assert ["no-such-package-17>=1,<2", "no-such-package-18"] == missing_lines(tmp_path, ("numpy", "torch"))


def test_a_python_of_the_system_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside an environment and outside Colab the command is printed for the student to run."""
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    (tmp_path / "requirements.txt").write_text("no-such-package-17>=1,<2\n")

    assert (
        "Not installed: no-such-package-17. Run this in a new cell, then the first cell again:\n"
        '%pip install "no-such-package-17>=1,<2"'
    ) == set_up_packages(tmp_path, ())


def test_the_staff_s_python_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that nbgrader executes installs nothing."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    (tmp_path / "requirements.txt").write_text("no-such-package-17\n")

    assert set_up_packages(tmp_path, ()).startswith("Not installed: no-such-package-17.")


def test_pip_that_fails_is_said_and_the_notebook_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network the sections that need only numpy still run."""
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    (tmp_path / "requirements.txt").write_text("no-such-package-17>=1,<2\n")
    words = set_up_packages(tmp_path, ())

    assert words.startswith("pip could not install no-such-package-17: ")
    assert words.endswith('%pip install "no-such-package-17>=1,<2"')


def clean_environment(folder: Path, python: str) -> Path:
    """A new environment with what Colab has of ours, as a kernel that Jupyter finds; returns Jupyter's folder."""
    made = subprocess.run([python, "-m", "venv", str(folder / "venv")], capture_output=True, check=False)
    inner = folder / "venv" / "bin" / "python"
    if made.returncode:
        pytest.skip(f"{python} makes no environment here")
    packages = ("numpy", "matplotlib", "ipykernel")
    command = [str(inner), "-m", "pip", "install", "--quiet", "--retries", "1", *packages]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"pip cannot install {', '.join(packages)} here: {installed.stderr[-200:]}")
    kernel = folder / "jupyter" / "kernels" / "clean"
    kernel.mkdir(parents=True)
    start = [str(inner), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": start, "display_name": "Clean", "language": "python"}))
    return folder / "jupyter"


@pytest.mark.slow
@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13"])
def test_a_notebook_and_a_zip_are_enough_in_a_clean_environment(
    files: dict[str, bytes], tmp_path: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With numpy, matplotlib and ipykernel alone the first cell sets up the rest, and the whole notebook runs."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    found = shutil.which(python)
    if found is None or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"there is no {python} on this machine")
    monkeypatch.setenv("JUPYTER_PATH", str(clean_environment(tmp_path, found)))
    content = tmp_path / "content"
    content.mkdir()
    (content / "starter.zip").write_bytes(zip_bytes(files))
    notebook: Any = nbformat.reads(files[f"{STAGE}/notebook.ipynb"].decode(), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("%check"))
    nbclient.NotebookClient(
        notebook, timeout=900, kernel_name="clean", resources={"metadata": {"path": content}}
    ).execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]

    assert outputs[0][0].text.startswith("Installed with pip: pytest, click, rich")
    assert "s04_optimisers: Optimisers and schedules" in outputs[-1][-1].data["text/plain"]
    assert [] == [one for cell in outputs for one in cell if one.output_type == "error"]
