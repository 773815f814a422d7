"""The notebooks of the stages: what to write, the tests of each part, and that every cell runs."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.starter import build_starter, open_at
from autograder.starter.bundle import walkthroughs
from tests.builders.torch_stages import skip_without_torch

ROOT = Path(__file__).parents[2]
STAGES = sorted(path.parent.name for path in (ROOT / "assignments").glob("s*/notebook.py"))
WALKTHROUGHS = sorted(walkthroughs(ROOT))
COMMAND = re.compile(r'!cd \.\. && "\{sys\.executable\}" -m autograder check (\w+) (.*)', re.DOTALL)
SECONDS = 1200  # of one cell: the slowest takes half a minute on an idle machine, ten times as long on a busy one


@pytest.fixture(scope="module")
def bundle(course: Course) -> dict[str, bytes]:
    """The bundle as it is built now."""
    return build_starter(course)


def cells(bundle: dict[str, bytes], stage: str) -> list[tuple[str, str]]:
    """Kind and text of each cell of a stage's notebook."""
    notebook = json.loads(bundle[f"{stage}/notebook.ipynb"])
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


@pytest.mark.parametrize("stage", STAGES)
def test_every_public_test_is_run_by_one_cell(bundle: dict[str, bytes], course: Course, stage: str) -> None:
    """The cells below "Build it" run all public tests of the stage, each once, and no other."""
    commands = [COMMAND.fullmatch(text) for kind, text in cells(bundle, stage) if kind == "code" and "!" in text[:1]]
    named: Counter[str] = Counter()
    for command in commands:
        assert command is not None
        assert stage.startswith(f"{command[1]}_")
        named.update(re.findall(r"--only (\w+)", command[2]))

    assert dict.fromkeys(course.stage(stage).policy.tests.public, 1) == named


@pytest.mark.parametrize("stage", STAGES)
def test_build_it_says_what_to_write_and_where(bundle: dict[str, bytes], course: Course, stage: str) -> None:
    """Each cell of tests is below a sentence with a file of the stage; all files of the stage are in one of them."""
    found = cells(bundle, stage)
    before = [found[index - 1] for index, (_, text) in enumerate(found) if text.startswith("!")]
    files = set(course.stage(stage).policy.files)

    assert [] == [text for kind, text in before if kind != "markdown" or not text.startswith("**Build it.** ")]
    assert [] == [text for _, text in before if not any(f"`{file}`" in text for file in files)]
    assert files == {file for file in files if any(f"`{file}`" in text for _, text in before)}


def test_the_tensor_of_s03_trains_a_network_later(bundle: dict[str, bytes]) -> None:
    """A later notebook trains with it, and the specification of s03 names the place."""
    code = [text for kind, text in cells(bundle, "s05_training") if kind == "code" and "import Tensor" in text]

    assert 1 == len(code)
    assert ".backward()" in code[0]
    assert "optimiser.step()" in code[0]
    assert "section 9 of the notebook of s05" in " ".join(bundle["s03_autograd/spec.md"].decode().split())


def run(folder: Path, stage: str) -> list[tuple[str, str]]:
    """Run a notebook from top to bottom; the text of each code cell and what it printed.

    Raises:
        CellExecutionError: a cell ended with an exception.
    """
    import nbclient
    import nbformat

    notebook: Any = nbformat.reads((folder / stage / "notebook.ipynb").read_text(encoding="utf-8"), as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder / stage}})
    client.execute(env={**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    return [
        (cell.source, "".join(output.get("text", "") for output in cell.outputs))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def put_reference(folder: Path) -> None:
    """The reference in the place of a student's work."""
    for package in ("scratch", "models"):
        if (ROOT / "solutions" / package).is_dir():
            shutil.copytree(ROOT / "solutions" / package, folder / package, dirs_exist_ok=True)


def unpack(bundle: dict[str, bytes], folder: Path) -> Path:
    """The bundle on a student's disk."""
    for path, data in bundle.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_finished_stage_runs_from_top_to_bottom(
    bundle: dict[str, bytes], course: Course, tmp_path: Path, stage: str
) -> None:
    """With the reference in place no cell says that something is missing, and the public tests pass."""
    skip_without_torch(course.stage(stage))
    put_reference(unpack(bundle, tmp_path))
    done = run(tmp_path, stage)
    tests = [printed for text, printed in done if text.startswith("!")]

    assert [] == [printed for _, printed in done if "not written yet" in printed]
    assert tests
    assert [] == [printed for printed in tests if not re.search(r"(\d+) of \1 points\.", printed)]


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_the_bare_starter_runs_from_top_to_bottom(
    bundle: dict[str, bytes], course: Course, tmp_path: Path, stage: str
) -> None:
    """A cell that needs code which is not written prints a sentence with its file, and the cells after it run."""
    skip_without_torch(course.stage(stage))
    done = run(unpack(bundle, tmp_path), stage)

    assert any(re.search(r"is not written yet: (scratch|models)/\w+\.py, line \d+\.", printed) for _, printed in done)
    assert [] == [printed for _, printed in done if "Traceback" in printed]


def test_walkthroughs_are_in_the_bundle(bundle: dict[str, bytes]) -> None:
    """A notebook that belongs to no stage is there without its source; a stage's draft is not taken for one."""
    assert "history" in WALKTHROUGHS
    assert [] == [name for name in WALKTHROUGHS if re.match(r"s\d|_", name)]
    for name in WALKTHROUGHS:
        assert [f"{name}/notebook.ipynb"] == [path for path in bundle if path.startswith(f"{name}/")]


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKTHROUGHS)
def test_a_walkthrough_runs_with_the_reference(bundle: dict[str, bytes], tmp_path: Path, name: str) -> None:
    """No cell says that something is missing."""
    put_reference(unpack(bundle, tmp_path))
    done = run(tmp_path, name)

    assert [] == [printed for _, printed in done if re.search(r"not (written|there) yet|Traceback", printed)]


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKTHROUGHS)
def test_a_walkthrough_runs_in_the_bare_starter(bundle: dict[str, bytes], tmp_path: Path, name: str) -> None:
    """Before anything is written each cell runs, or names the file and the stage that it waits for."""
    done = run(unpack(bundle, tmp_path), name)

    assert any(re.search(r"line \d+\. It belongs to s\d\d_\w+\.", printed) for _, printed in done)
    assert [] == [printed for _, printed in done if "Traceback" in printed]


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKTHROUGHS)
def test_a_walkthrough_runs_before_later_stages_are_open(course: Course, tmp_path: Path, name: str) -> None:
    """In week 1 the bundle has no module of a later stage: the cell says so, and the cells after it run."""
    first = open_at(course, course.configuration.stages["s01_perceptron"].opens)
    done = run(unpack(build_starter(first.course), tmp_path), name)

    assert any("scratch.nn is not in this bundle yet: it comes with a later stage." in printed for _, printed in done)
    assert [] == [printed for _, printed in done if "Traceback" in printed]
