"""What ``run_autograder`` runs in Gradescope's container, with the kit's folder and Gradescope's own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from autograder.channels.gradescoperesults import HELD, later_seed, read_sending, results
from autograder.channels.kitbundle import read_settings
from autograder.channels.outside import grade_outside, read_folder
from autograder.course import read_course
from autograder.errors import AutograderError
from autograder.outputfiles import write_file
from autograder.tester.pool import PoolOptions


def main() -> int:
    """Grade ``FOLDER/submission`` and write ``FOLDER/results/results.json``; a fault of ours makes no points."""
    kit, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    out = folder / "results" / "results.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    code = 0
    try:
        name, seed, unsafe = read_settings(kit)
        course = read_course(kit, check=False)
        stage = course.stage(name)
        sending = read_sending(folder / "submission_metadata.json")
        options = PoolOptions(1, course.configuration.sandbox.minimum, unsafe)
        grade = grade_outside(stage, read_folder(folder / "submission"), options, later_seed(seed, sending.earlier))
        found = results(course, stage, grade, sending, time.monotonic() - start)
    except AutograderError as error:  # the words may name our files: they go to the log, which only staff see
        sys.stderr.write(f"{error}\n")
        found = {"output": HELD, "tests": [{"name": "Not graded", "output": HELD, "visibility": "visible"}]}
        code = error.exit_code
    write_file(out, (json.dumps(found, indent=2, ensure_ascii=True) + "\n").encode())
    return code


if __name__ == "__main__":
    sys.exit(main())
