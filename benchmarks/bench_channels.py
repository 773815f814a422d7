"""CPU seconds a submission in each channel: ``python -m benchmarks.bench_channels [COPIES]``.

Each channel grades the same submissions of s04_optimisers, the stage's reference, with its plain commands.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbconvert

from autograder.channels.gradescopebundle import gradescope_bundle
from autograder.channels.nbgradercourse import export_course
from autograder.channels.otterbundle import autograder_zip
from autograder.course import StageFolder, read_course

ROOT = Path(__file__).parents[1]
STAGE = "s04_optimisers"
BIN = Path(sys.executable).parent


def run(folder: Path, *command: str, **variables: str) -> None:
    """Run a command as a person with an activated environment does."""
    shared = Path(nbconvert.__file__).parents[4] / "share" / "jupyter"
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "JUPYTER_PATH": str(shared)}
    subprocess.run(command, cwd=folder, env={**environment, **variables}, check=True, capture_output=True)


def cpu_seconds(work: Callable[[], None]) -> float:
    """Of all child processes that ended during the work."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prepare(stage: StageFolder, folder: Path, copies: int) -> list[Path]:
    """A folder for each submission, and every channel's export."""
    export_course(stage.course, [stage], folder / "nbgrader", None, unsafe=False)
    run(folder / "nbgrader", "nbgrader", "generate_assignment", STAGE)
    release = folder / "nbgrader" / "release" / STAGE / f"{STAGE}.ipynb"
    (folder / "autograder.zip").write_bytes(autograder_zip(stage.course, stage, unsafe=False))
    (folder / "gradescope.zip").write_bytes(gradescope_bundle(stage.course, stage, unsafe=False))
    with zipfile.ZipFile(folder / "gradescope.zip") as bundle:
        bundle.extractall(folder / "source")
    found = []
    for number in range(copies):
        place = folder / "sent" / str(number)
        for path, text in stage.reference_files().items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        shutil.copytree(place, folder / "nbgrader" / "submitted" / str(number) / STAGE)
        shutil.copy(release, folder / "nbgrader" / "submitted" / str(number) / STAGE)
        container = folder / "gradescope" / str(number)
        shutil.copytree(place, container / "submission")
        (container / "source").symlink_to(folder / "source")
        with zipfile.ZipFile(folder / f"{number}.zip", "w") as archive:
            archive.write(release, release.name)
            for path in stage.reference_files():
                archive.write(place / path, path)
        found.append(place)
    return found


def main() -> None:
    """Print a row for each channel."""
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    stage = read_course(ROOT).stage(STAGE)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        submissions = prepare(stage, folder, copies)

        def kit() -> None:
            command = ("autograder", "--course", str(ROOT), "grade", STAGE, str(folder / "sent"), "--out", "marks")
            run(folder, *command, "--workers", "1")

        def otter() -> None:
            for number in range(len(submissions)):
                run(folder, "otter", "run", "-a", "autograder.zip", "-o", str(folder), "--no-logo", f"{number}.zip")

        def gradescope() -> None:
            for number in range(len(submissions)):
                place = folder / "gradescope" / str(number)
                variables = {"AUTOGRADER_FOLDER": str(place), "AUTOGRADER_PYTHON": sys.executable}
                run(place, "sh", str(place / "source" / "run_autograder"), **variables)

        works: dict[str, Callable[[], None]] = {
            "autograder grade": kit,
            "nbgrader autograde": lambda: run(folder / "nbgrader", "nbgrader", "autograde", STAGE),
            "otter run": otter,
            "Gradescope's run_autograder": gradescope,
        }
        print(f"{copies} submissions of {STAGE}, CPU seconds a submission")
        for name, work in works.items():
            print(f"{name:28} {cpu_seconds(work) / copies:6.2f}", flush=True)


if __name__ == "__main__":
    main()
