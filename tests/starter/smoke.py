"""The starter on this machine: set-up, ``check`` and ``submit``, as a student runs them.

Usage: python tests/starter/smoke.py [--install NUMPY]

With ``--install`` a fresh environment is made from the starter's requirements and NUMPY, such as ``numpy==2.1.*``;
without it the Python that runs this script must have them. Only the standard library is used here. The last line is
``starter ok``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("s01_perceptron", "s02_backprop")


def install(folder: Path, numpy: str) -> Path:
    """Make the environment that the starter's README describes; return its Python."""
    venv.create(folder / ".venv", with_pip=True)
    python = folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(folder / "requirements.txt"), numpy], check=True)
    return python


def run(python: Path, folder: Path, *arguments: str, expected: int, words: str) -> None:
    """Run a student's command.

    Raises:
        SystemExit: another exit code, or output without ``words``.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        [str(python), "-m", "autograder", *arguments],
        cwd=folder,
        env={**kept, "COLUMNS": "120", "NO_COLOR": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    output = done.stdout + done.stderr
    if done.returncode != expected or words not in output:
        print(output)
        sys.exit(f"{' '.join(arguments)}: expected exit code {expected} and {words!r}, got {done.returncode}")
    print(f"{' '.join(arguments)}: exit code {expected}, as expected")


def try_stage(python: Path, folder: Path, stage: str) -> None:
    """Check and submit a stage: as handed out, then with the reference in its place.

    Raises:
        SystemExit: a command ended in another way, or the zip does not hold the stage's files.
    """
    files = json.loads((folder / "course.json").read_text(encoding="utf-8"))["stages"][stage]["files"]
    run(python, folder, "check", stage, expected=1, words="NotImplementedError")
    run(python, folder, "submit", stage, expected=2, words="still as handed out")
    for file in files:
        shutil.copy(ROOT / "solutions" / file, folder / file)
    run(python, folder, "check", stage, expected=0, words="Public tests:")
    run(python, folder, "submit", stage, expected=0, words="Submission hash:")
    with zipfile.ZipFile(folder / f"{stage}_submission.zip") as archive:
        packed = sorted(archive.namelist())
    if packed != sorted(files):
        sys.exit(f"{stage}: the zip holds {packed}, expected {sorted(files)}")


def main(arguments: list[str] | None = None) -> None:
    """Copy the starter to a folder with a space and an accent in its name, and try two stages."""
    parser = argparse.ArgumentParser(prog="smoke.py")
    parser.add_argument("--install", metavar="NUMPY", help="make an environment with this numpy")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as parent:
        folder = Path(parent).resolve() / "módulo de IA"
        shutil.copytree(ROOT / "starter", folder)
        python = install(folder, options.install) if options.install else Path(sys.executable)
        for stage in STAGES:
            try_stage(python, folder, stage)
    print("starter ok")


if __name__ == "__main__":
    main()
