"""``python solutions/individual_project/retrain.py [FOLDER ...]``: train model projects again.

Needed after a change of the data, of the metrics or of a model project; without folders all that are trained. Each is
laid out as a student has it and finished by ``project.course.finish``; what that wrote is copied back.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOLUTIONS = HERE.parent
FOLDERS = {
    "vision": SOLUTIONS / "project",
    **{name: HERE / name / "project" for name in ("language", "generative", "leaks_test_data")},
}
WRITTEN = ("weights.safetensors", "results.json", "environment.txt", "runs")
OWN = ("model.py", "train.py", "predict.py", "config.toml")


def retrain(name: str) -> None:
    """Train one project in a folder of its own."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "project"
        shutil.copytree(SOLUTIONS / "project" / "course", folder / "course")
        for file in ("__init__.py", *OWN):
            source = SOLUTIONS / "project" if file == "__init__.py" else FOLDERS[name]
            shutil.copy(source / file, folder)
        command = [sys.executable, "-m", "project.course.finish", "--device", "cpu"]
        subprocess.run(command, cwd=root, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        shutil.rmtree(FOLDERS[name] / "runs", ignore_errors=True)
        for entry in WRITTEN:
            copy = shutil.copytree if entry == "runs" else shutil.copy
            copy(folder / entry, FOLDERS[name] / entry)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or FOLDERS:
        retrain(chosen)
