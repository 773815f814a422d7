"""The zip that staff upload to Gradescope as "Autograder"."""

from __future__ import annotations

from autograder.channels.kitbundle import kit_files, requirements, zip_bytes
from autograder.course import Course, StageFolder

SETUP = """\
#!/bin/sh
# Gradescope runs this once, as root, when the container's image is built.
set -e
FOLDER=${AUTOGRADER_FOLDER:-/autograder}
KIT=${AUTOGRADER_KIT:-/opt/kit}
apt-get update
apt-get install -y --no-install-recommends python3.11 python3.11-venv || apt-get install -y python3 python3-venv
PYTHON=$(command -v python3.11 || command -v python3)
NEWER="Python 3.11 or newer is needed: choose a newer base image"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$NEWER"; exit 1; }
"$PYTHON" -m venv "$KIT"
"$KIT/bin/python" -m pip install --no-cache-dir -r "$FOLDER/source/requirements.txt"
chmod -R go-rwx "$FOLDER/source"
"""
RUN = """\
#!/bin/sh
# Gradescope runs this for each submission, as root. The student's code runs as another user that can read none of this.
FOLDER=${AUTOGRADER_FOLDER:-/autograder}
PYTHON=${AUTOGRADER_PYTHON:-/opt/kit/bin/python}
cd / || exit 3
PYTHONPATH="$FOLDER/source/kit" exec "$PYTHON" -P -m autograder.channels.gradescoperun "$FOLDER/source/kit" "$FOLDER"
"""


def gradescope_bundle(course: Course, stage: StageFolder, *, unsafe: bool) -> bytes:
    """The zip: set-up, the command for each submission, the kit with the stage and its hidden tests."""
    files = {f"kit/{path}": data for path, data in kit_files(course, stage, unsafe=unsafe).items()}
    files["setup.sh"] = SETUP.encode()
    files["run_autograder"] = RUN.encode()
    files["requirements.txt"] = requirements(stage).encode()
    return zip_bytes(files, executable=("setup.sh", "run_autograder"))
