"""otter-grader's plugin of the kit: points are made in the sandbox; otter's kernel gets nothing of a student's."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin
from otter.test_files import GradingResults

from autograder.channels.gradescoperesults import later_seed, read_sending, results
from autograder.channels.kitbundle import read_settings
from autograder.channels.otterprepare import EMPTY
from autograder.channels.outside import grade_outside, read_folder, shown_lines
from autograder.course import read_course
from autograder.outputfiles import write_file
from autograder.tester.pool import PoolOptions

OWN = "tests"  # the folder that otter put beside the submission
SHOWN = "kit_results"


class KitResults(GradingResults):
    """Otter's results whose ``results.json`` is the kit's."""

    def to_gradescope_dict(self, ag_config: Any) -> dict[str, Any]:  # noqa: ARG002  # otter's form
        """Points, words and visibility of each test, lateness, execution time."""
        found: dict[str, Any] = self.get_plugin_data(SHOWN)
        return found


class KitPlugin(AbstractOtterPlugin):
    """Grades before otter executes anything, empties the submission, and sets the scores afterwards."""

    def before_grading(self, config: Any) -> None:  # noqa: ARG002  # otter's form
        """Grade the files in the sandbox; then leave no file of the student's where otter's kernel starts.

        Raises:
            SandboxFault: this machine isolates less than the policy asks for: otter then writes no results.
        """
        start = time.monotonic()
        folder = Path.cwd()
        kit = folder.parent / "source" / "kit"
        name, seed, unsafe = read_settings(kit)
        self.course = read_course(kit, check=False)
        self.stage = self.course.stage(name)
        self.sending = read_sending(folder.parent / "submission_metadata.json")
        submission = read_folder(folder, ("__init__.py",), (OWN,))
        _empty(folder)
        options = PoolOptions(1, self.course.configuration.sandbox.minimum, unsafe)
        self.grade = grade_outside(self.stage, submission, options, later_seed(seed, self.sending.earlier))
        self.seconds = time.monotonic() - start
        found = Path(self.submission_path)  # a notebook, or a single module that otter would execute as a cell
        write_file(folder / found.name, json.dumps(EMPTY).encode() if found.suffix == ".ipynb" else b"")

    def before_execution(self, submission: Any) -> Any:  # noqa: ARG002  # nothing of it is executed
        """A notebook without cells, in place of the student's."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return nbformat.v4.new_notebook(metadata={"kernelspec": kernel})

    def after_grading(self, results_: Any) -> None:
        """Set the score and the words of each test."""
        shown = results(self.course, self.stage, self.grade, self.sending, self.seconds)
        for name in results_.test_files:
            points = self.grade.points(name)
            found = results_.get_result(name)
            words = "\n".join(shown_lines(self.grade, name))
            for case in found.test_case_results:
                case.passed, case.message = points >= found.possible, words
                case.test_case.success_message = words
            found.update_score(points)
        results_.__class__ = KitResults
        results_.set_plugin_data(SHOWN, shown)

    def generate_report(self) -> str:
        """What staff read in otter's output."""
        held = "".join(f"held: {reason}\n" for reason in self.grade.held)
        return held or "graded by the kit, outside otter's kernel"


def _empty(folder: Path) -> None:
    """Remove all but otter's tests: otter unpickles a log, and Python imports modules, from this folder."""
    for path in folder.iterdir():
        if path.name == OWN and path.is_dir() and not path.is_symlink():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
