"""What ``otter run``, ``otter grade`` and Gradescope take, and what students get, for otter-grader."""

from __future__ import annotations

import json

from autograder.channels.gradednotebook import graded_notebook
from autograder.channels.gradescopebundle import SETUP
from autograder.channels.kitbundle import kit_files, requirements, zip_bytes
from autograder.channels.nbgradercourse import stage_bundle
from autograder.course import Course, StageFolder

PLUGIN = "autograder.channels.otterplugin.KitPlugin"
# A test of otter's has no input and no answer: it fails until the plugin has set its score.
TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = {points!r}


@test_case(points={points!r}, hidden={hidden!r})
def test_of_the_kit():
    raise AssertionError("the kit's plugin has not set this score")
"""
AT_HOME = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = {points!r}


@test_case(points={points!r})
def test_of_the_kit():
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "autograder", "check", {stage!r}, "--only", {name!r}], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
"""
RUN = """\
#!/bin/sh
FOLDER=${AUTOGRADER_FOLDER:-/autograder}
PYTHON=${AUTOGRADER_PYTHON:-/opt/kit/bin/python}
cd / || exit 3
export PYTHONPATH="$FOLDER/source/kit" KIT_NOTEBOOK={notebook}
"$PYTHON" -P -m autograder.channels.otterprepare "$FOLDER/submission" "$KIT_NOTEBOOK" || exit 3
exec "$PYTHON" -P "$FOLDER/source/run_otter.py" "$FOLDER"
"""
RUN_OTTER = """\
import sys

from otter.run.run_autograder import main

main(sys.argv[1])
"""
HANDING_IN = """\
## Hand in

`grader.export()` writes a zip with this notebook and your files. Upload that zip.
"""


def autograder_zip(course: Course, stage: StageFolder, *, unsafe: bool) -> bytes:
    """Otter's ``autograder.zip``: configuration, tests without contents, and the kit. It is secret."""
    files = {f"kit/{path}": data for path, data in kit_files(course, stage, unsafe=unsafe).items()}
    public = stage.policy.tests.public
    for name, points in stage.policy.test_points.items():
        text = TEST.format(name=name, points=float(points), hidden=name not in public)
        files[f"tests/{name}.py"] = text.encode()
    configuration = {"plugins": [PLUGIN], "lang": "python", "show_hidden": True, "print_summary": False}
    files["otter_config.json"] = (json.dumps(configuration, indent=2) + "\n").encode()
    files["setup.sh"] = SETUP.encode()
    files["run_autograder"] = RUN.replace("{notebook}", f"{stage.name}.ipynb").encode()
    files["run_otter.py"] = RUN_OTTER.encode()
    files["requirements.txt"] = requirements(stage, "otter").encode()
    return zip_bytes(files, executable=("setup.sh", "run_autograder"))


def student_zip(course: Course, stage: StageFolder) -> bytes:
    """The students' folder: notebook with ``grader.check`` for each public test, their files, the bundle."""
    public = stage.policy.tests.public
    notebook = graded_notebook(stage, "grader.check({test!r})", only=public)
    cells = notebook["cells"]
    modules = list(stage.policy.files)
    start = f"import otter\ngrader = otter.Notebook({stage.name + '.ipynb'!r})"
    cells[0]["source"] += start + "\n"
    end = f"grader.export(pdf=False, files={modules!r})"
    cells += [
        {"cell_type": "markdown", "id": "hand-in", "metadata": {}, "source": HANDING_IN},
        {"cell_type": "code", "id": "export", "metadata": {}, "source": end, "execution_count": None, "outputs": []},
    ]
    files = {path: text.encode() for path, text in stage.starter_files().items()}
    files["starter.zip"] = stage_bundle(course, stage)
    files[f"{stage.name}.ipynb"] = (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
    for name, points in public.items():
        files[f"tests/{name}.py"] = AT_HOME.format(name=name, points=float(points), stage=stage.name).encode()
    return zip_bytes(files)
