"""The students' bundle: the same bytes each time, nothing given away, and it works where it is unpacked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import UsageError
from autograder.runner.runtimes import RuntimeName
from autograder.starter import build_starter, difference, entry, leaks, new_stage
from autograder.starter.bundle import stage_notebook

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bundle(course: Course) -> dict[str, bytes]:
    """The bundle as it is built now."""
    return build_starter(course)


@pytest.fixture(scope="module")
def unpacked(bundle: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle on a student's disk."""
    folder = tmp_path_factory.mktemp("student") / "bundle"
    for path, data in bundle.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in the bundle, without the repository on the path."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"PYTHONSAFEPATH": "", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def test_what_is_checked_in_is_what_is_built(bundle: dict[str, bytes]) -> None:
    """starter/ is never edited by hand."""
    assert [] == difference(bundle, ROOT / "starter")


def test_building_twice_gives_the_same_bytes(bundle: dict[str, bytes], course: Course) -> None:
    """No date, no random id, no order of a file system."""
    assert bundle == build_starter(course)


def test_nothing_is_given_away(bundle: dict[str, bytes], course: Course) -> None:
    """No marker, no line or statement of a solution, no hidden test."""
    assert [] == leaks(course, bundle)


def test_figures_of_the_specifications_are_shipped(bundle: dict[str, bytes]) -> None:
    """Every figure that a specification links is in the bundle, is small, and runs nothing where it is opened."""
    figures = {
        f"{path.partition('/')[0]}/{target}"
        for path, data in bundle.items()
        if path.endswith("/spec.md")
        for target in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", data.decode())
    }

    assert {path for path in bundle if "/figures/" in path} == figures
    assert "s10_attention/figures/attention.svg" in figures
    for path in figures:
        assert len(bundle[path]) < 30_000
        assert re.search(rb"<script|\son\w+=|href", bundle[path]) is None
        xml.etree.ElementTree.fromstring(bundle[path])


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("s04_optimisers/extra.py", "# END SOLUTION\n", "END SOLUTION"),
        ("s04_optimisers/notes.md", "", "must not get"),
        ("s04_optimisers/kills.json", "{}", "must not get"),
        ("s04_optimisers/more.md", "see solutions/scratch/optim.py", "solutions/"),
        ("scratch/optim.cpython-311.pyc", "", "must not get"),
    ],
)
def test_leaks_are_seen(bundle: dict[str, bytes], course: Course, path: str, text: str, what: str) -> None:
    """A marker, a TA's notes, what kills which mistake, a path of the solutions or compiled code is reported."""
    assert any(what in leak for leak in leaks(course, {**bundle, path: text.encode()}))


def test_a_line_of_a_solution_is_seen_however_it_is_spaced(bundle: dict[str, bytes], course: Course) -> None:
    """A solution's statement in a notebook or a test is reported, by its tokens and by its tree."""
    reference = course.stage("s04_optimisers").reference_files()["scratch/optim.py"]
    stub = bundle["scratch/optim.py"].decode()
    line = max(
        (line for line in reference.splitlines() if line.strip() and line not in stub and "#" not in line), key=len
    )
    spaced = line.strip().replace(" ", "  ")

    assert any(
        "a line of a solution" in leak for leak in leaks(course, {**bundle, "s04_optimisers/x.py": spaced.encode()})
    )


def test_a_changed_file_is_seen(bundle: dict[str, bytes], tmp_path: Path) -> None:
    """Missing, changed and left-over files are distinguished."""
    shutil.copytree(ROOT / "starter", tmp_path / "starter")
    (tmp_path / "starter" / "README.md").write_text("other")
    (tmp_path / "starter" / "course.json").unlink()
    (tmp_path / "starter" / "more.txt").write_text("")

    assert ["course.json: missing", "more.txt: left over", "README.md: differs"] == difference(
        bundle, tmp_path / "starter"
    )


def test_notebooks_are_valid(course: Course) -> None:
    """Cells have stable ids and nothing has been run."""
    notebook = json.loads(stage_notebook(course.stage("s04_optimisers")))

    assert ["code", "markdown", "code"] == [cell["cell_type"] for cell in notebook["cells"][:3]]
    assert len(notebook["cells"]) == len({cell["id"] for cell in notebook["cells"]})
    assert [] == [cell for cell in notebook["cells"] if cell.get("outputs")]


@pytest.mark.slow
def test_pytest_in_the_bundle_fails_with_the_stub(unpacked: Path) -> None:
    """On a student's machine plain pytest runs the public tests, each of which names what is not written yet."""
    done = run(unpacked, "pytest", "s04_optimisers")

    assert 1 == done.returncode, done.stderr
    assert "NotImplementedError" in done.stdout
    assert "autograder/testing" not in done.stdout  # none of our frames


@pytest.mark.slow
def test_check_and_submit_with_a_finished_stage(unpacked: Path, course: Course, tmp_path: Path) -> None:
    """With the reference in place check is green, and submit makes a zip that holds the file."""
    folder = tmp_path / "bundle"
    shutil.copytree(unpacked, folder)
    for name in ("s02_backprop", "s04_optimisers"):
        for path, text in course.stage(name).reference_files().items():
            (folder / path).write_text(text, encoding="utf-8")
    checked = run(folder, "autograder", "check", "s04_optimisers")
    submitted = run(folder, "autograder", "submit", "s04_optimisers")

    assert (0, 0) == (checked.returncode, submitted.returncode), checked.stdout + submitted.stdout + submitted.stderr
    assert (folder / "s04_optimisers_submission.zip").is_file()
    assert "scratch/optim.py" in submitted.stdout


@pytest.mark.slow
def test_the_untouched_starter_is_not_submitted(unpacked: Path) -> None:
    """A student who submits before writing anything reads that."""
    done = run(unpacked, "autograder", "submit", "s04_optimisers")

    assert 0 != done.returncode
    assert "scratch/optim.py" in done.stdout + done.stderr


def test_the_bundle_imports_nothing_that_it_lacks(unpacked: Path) -> None:
    """The part of the kit in the bundle needs numpy, pytest, click and rich alone, and no other part of the kit."""
    code = (
        "import sys, importlib, pathlib\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ("
        "'pydantic', 'yaml', 'sqlalchemy', 'jinja2', 'matplotlib', 'httpx', 'torch'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "for path in sorted(pathlib.Path('autograder').rglob('*.py')):\n"
        "    name = '.'.join(path.with_suffix('').parts).removesuffix('.__init__')\n"
        "    if name.rpartition('.')[2] not in ('__main__', 'boot'):\n"
        "        importlib.import_module(name)\n"
        "assert pathlib.Path(sys.modules['autograder'].__file__).resolve().is_relative_to(pathlib.Path.cwd())\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], cwd=unpacked, env=environment, capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", ["torch", "numpy", "random", "pytest", "scipy", "probes", "hypothesis", "autograder"])
def test_a_name_that_would_hide_a_module_is_refused(name: str) -> None:
    """``scratch/torch.py`` could be imported in place of torch."""
    with pytest.raises(UsageError, match=f"s99_{name}: {name} .*; another name"):
        new_stage(ROOT, f"s99_{name}")


def test_a_new_stage_without_a_runtime_is_asked_for_one() -> None:
    """In a terminal by a question; in a script there is nobody to answer, and nothing is written."""
    command = [sys.executable, "-m", "autograder", "new-stage", "s99_transfer"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    assert (2, "say with --runtime what the stage's code may import: numpy or torch\n") == (
        done.returncode,
        done.stderr,
    )
    assert not (ROOT / "assignments/s99_transfer").exists()


def test_a_new_torch_stage_is_in_models() -> None:
    """Its module, and every file that names it."""
    files = new_stage(ROOT, "s99_speech", RuntimeName.TORCH)

    assert ROOT / "solutions/models/speech.py" in files
    assert [] == [path for path, text in files.items() if "scratch" in text]
    assert "runtime: torch\n    files: [models/speech.py]\n" in entry("s99_speech", RuntimeName.TORCH)


def test_a_new_stage_comes_from_the_templates() -> None:
    """Both folders and a module, with the stage's name in place."""
    files = {path.relative_to(ROOT).as_posix(): text for path, text in new_stage(ROOT, "s99_transfer").items()}

    assert "solutions/scratch/transfer.py" in files
    assert [] == [path for path, text in files.items() if "STAGE" in text or "MODULE" in text]
