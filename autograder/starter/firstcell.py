"""The first cell of the students' notebooks: where the bundle is, on a computer of one's own and in Colab."""

from __future__ import annotations

FIRST_CELL = """\
# Run this cell first: it finds the course's bundle, which is the folder above this notebook, or starter.zip beside it.
# If it is elsewhere (in Colab on your Drive, say), write the path of its folder or of the zip between the quotes.
BUNDLE = ""

import os
import sys
import zipfile


class NotReady(Exception):
    \"\"\"Says in one sentence what is missing.\"\"\"

    def _render_traceback_(self):
        return [str(self)]


def find_bundle(stage):
    \"\"\"The bundle's folder. A zip is unpacked beside itself, and no file that is there is replaced.\"\"\"
    places = [os.path.expanduser(BUNDLE)] if BUNDLE else [".", "starter", "../starter", "starter.zip", "../starter.zip"]
    for place in ["..", *places]:  # above this notebook first
        if os.path.isfile(place) and zipfile.is_zipfile(place):
            above = os.path.dirname(os.path.abspath(place))
            with zipfile.ZipFile(place) as bundle:
                for name in bundle.namelist():
                    if not os.path.exists(os.path.join(above, name)):
                        bundle.extract(name, above)
            place = os.path.join(above, "starter")
        if os.path.isfile(os.path.join(place, "course.json")) and os.path.isdir(os.path.join(place, stage)):
            return os.path.abspath(place)
    raise NotReady(
        "The course's bundle was not found. Put starter.zip beside this notebook (in Colab: upload it to the files), "
        "or write its path into BUNDLE above. Then run this cell again. Looked at: "
        + ", ".join(os.path.abspath(place) for place in places)
    )


if sys.version_info < (3, 11):
    raise NotReady("Python 3.11 or newer is needed; this notebook runs with Python " + sys.version.split()[0])
os.chdir(os.path.join(find_bundle("{stage}"), "{stage}"))
sys.path.insert(0, os.path.dirname(os.getcwd()))

from autograder.studentcli.notebook import start_notebook

start_notebook(get_ipython())
"""


def first_cell(folder: str) -> str:
    """The first cell of the notebook in this folder of the bundle."""
    return FIRST_CELL.replace("{stage}", folder).rstrip("\n")
