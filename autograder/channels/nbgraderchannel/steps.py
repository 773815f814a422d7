"""What ``nbgrader autograde`` does by the course folder's configuration: the kit grades, no kernel is believed."""

from __future__ import annotations

import copy
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Bool, Integer, Unicode

from autograder.channels.answers import answers_of
from autograder.channels.gradednotebook import (
    UnreadableNotebook,
    clean_notebook,
    read_notebook,
    unread_notebook,
)
from autograder.channels.outside import ChannelGrade, grade_outside, read_folder, shown_lines, stage_seed
from autograder.channels.roomkernel import RoomKernelManager, room_settings
from autograder.course import read_course
from autograder.tester.pool import PoolOptions

OWN_FILES = ("timestamp.txt", "starter.zip", "autograder_points.py")
KIT, ANSWERS = "kit", "kit_answers"  # keys in nbgrader's resources


class CleanExporter(NotebookExporter):
    """Reads a student's notebook as values: whatever is wrong with it costs that student no points, and nobody else."""

    def from_filename(self, filename: str, resources: Any = None, **keywords: Any) -> Any:
        """Read, clean, convert."""
        path = Path(filename)
        converter = self.parent
        if converter is not None and converter._sanitizing:
            fields = resources["nbgrader"]
            released = converter.coursedir.format_path(converter.coursedir.release_directory, ".", fields["assignment"])
            release = read_notebook(Path(released, f"{fields['notebook']}.ipynb"))
            try:
                cleaned = clean_notebook(read_notebook(path), release)
            except UnreadableNotebook as why:
                self.log.warning("%s: %s; the files beside it are graded", path.name, why)
                cleaned = unread_notebook(str(why), release)
            resources = {**resources, "metadata": {"name": path.stem, "path": str(path.parent)}}
            return self.from_notebook_node(nbformat.from_dict(cleaned), resources=resources, **keywords)
        return super().from_filename(filename, resources=resources, **keywords)


class KitGrades(NbGraderPreprocessor):
    """Grade the student's modules in the sandbox, once, before any kernel is started."""

    course = Unicode(help="the kit's checkout").tag(config=True)
    unsafe = Bool(default_value=False, help="grade without a sandbox").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Put the grade among the resources, where no kernel reaches it."""
        fields = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        folder = coursedir.format_path(coursedir.submitted_directory, fields["student"], fields["assignment"])
        course = read_course(Path(self.course))
        stage = course.stage(fields["assignment"])
        submission = read_folder(Path(coursedir.root, folder), OWN_FILES)
        options = PoolOptions(1, course.configuration.sandbox.minimum, self.unsafe)
        resources[KIT] = grade_outside(stage, submission, options, stage_seed(stage))
        resources[ANSWERS] = answers_of(stage, submission)
        for words in (*resources[KIT].held, *(finding.message for finding in resources[KIT].findings)):
            self.log.warning("%s: %s", fields["student"], words)
        return nb, resources


class RoomExecute(Execute):
    """Run the student's cells, for people to look at, in a kernel that sees the student's files and no others."""

    course = Unicode(help="the kit's checkout").tag(config=True)
    unsafe = Bool(default_value=False, help="start the kernel without a room").tag(config=True)
    notebook_seconds = Integer(300, help="for all cells of a notebook").tag(config=True)
    output_kib = Integer(4096, help="of all cells of a notebook").tag(config=True)

    def __init__(self, **keywords: Any) -> None:
        if not keywords.get("config", {}).get("RoomExecute", {}).get("unsafe", False):
            keywords["kernel_manager_class"] = RoomKernelManager
        super().__init__(**keywords)

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:  # noqa: ARG002  # nbgrader's form
        """Execute what can be executed; a kernel that dies loses its outputs, never points."""
        self._deadline = time.monotonic() + self.notebook_seconds
        self._left_bytes = self.output_kib << 10
        self._why_stopped = ""
        source = Path(resources["metadata"]["path"]).resolve()
        with tempfile.TemporaryDirectory(prefix="room-") as room:
            self._room, self._source = Path(room), source
            try:
                nb, resources = super().preprocess(nb, resources)
            except (DeadKernelError, RuntimeError, TimeoutError) as error:
                self.log.warning("the kernel ended: %s", type(error).__name__)
                self._why_stopped = self._why_stopped or "The kernel ended here."
        nb.metadata.pop("widgets", None)
        nb.metadata["language_info"] = {"name": "python"}
        return nb, resources

    def create_kernel_manager(self) -> Any:
        """A kernel for this notebook alone."""
        self.kernel_name = "python3"
        manager = super().create_kernel_manager()
        if isinstance(manager, RoomKernelManager):
            coursedir = self.parent.parent.coursedir
            private = [Path(self.course), Path(coursedir.root)]
            manager.prepare(self._room, self._source, room_settings(private))
        return manager

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Execute a student's cell; the graded ones get their outputs from the kit."""
        if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("grade"):
            return cell, resources
        if not self._why_stopped and time.monotonic() > self._deadline:
            self._why_stopped = f"Not run: the cells above took more than {self.notebook_seconds} seconds."
        if self._why_stopped:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=self._why_stopped + "\n")]
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)
        except (DeadKernelError, RuntimeError, TimeoutError) as error:
            self.log.warning("the kernel ended in cell %d: %s", index, type(error).__name__)
            self._why_stopped = "Not run: the kernel ended in a cell above."
            return cell, resources

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take outputs up to a size; what is more is dropped as it comes."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "error", "update_display_data"):
            self._left_bytes -= len(str(msg["content"]))
            if self._left_bytes < 0:
                return None
        return super().process_message(msg, cell, cell_index)


class KitOutputs(NbGraderPreprocessor):
    """Write the kit's points into the graded cells, and leave of the kernel's outputs what is harmless to look at."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """After execution, before nbgrader reads the points."""
        grade: ChannelGrade = resources[KIT]
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            fields = cell.metadata.get("nbgrader", {})
            if fields.get("grade"):
                cell.outputs = _graded_outputs(grade, fields["grade_id"])
                cell.execution_count = None
            else:
                cell.outputs = [plain for output in cell.outputs for plain in _harmless_output(output)]
        shown = f"{resources['nbgrader']['notebook']}.ipynb"  # its answer cells are in their places
        for path, text in resources[ANSWERS].items():
            if path == shown:
                continue
            fenced = "\n".join(f"    {line}" for line in text.splitlines())
            nb.cells.append(nbformat.v4.new_markdown_cell(f"The written answer in `{path}`:\n\n{fenced}"))
        return nb, resources


def _graded_outputs(grade: ChannelGrade, test: str) -> list[Any]:
    lines = shown_lines(grade, test) if grade.official else ["Graded without a sandbox.", *shown_lines(grade, test)]
    text = "".join(f"{line}\n" for line in lines)
    value = repr(grade.points(test))
    return [
        nbformat.v4.new_output("stream", name="stdout", text=text),
        nbformat.v4.new_output("execute_result", data={"text/plain": value}, execution_count=None),
    ]


def _harmless_output(output: Any) -> list[Any]:
    """Text and pixels; no HTML, SVG, JavaScript or widgets."""
    if output.output_type in ("stream", "error"):
        return [output]
    data = {kind: value for kind, value in output.get("data", {}).items() if kind in ("text/plain", "image/png")}
    data = {kind: value for kind, value in data.items() if isinstance(value, str)}
    if "image/png" in data and not _is_base64(data["image/png"]):
        del data["image/png"]
    if not data:
        return []
    plain = copy.deepcopy(output)
    plain["data"], plain["metadata"] = data, {}
    return [plain]


def _is_base64(text: str) -> bool:
    return all(letter.isalnum() or letter in "+/=\n" for letter in text) and text.isascii()


class KitHolds(NbGraderPreprocessor):
    """Mark for a person what the kit held: never a silent 0 for a fault of ours."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """After nbgrader has saved the points."""
        grade: ChannelGrade = resources[KIT]
        if not grade.held:
            return nb, resources
        fields = resources["nbgrader"]
        with Gradebook(fields["db_url"]) as gradebook:
            found = gradebook.find_submission_notebook(fields["notebook"], fields["assignment"], fields["student"])
            for one in found.grades:
                one.needs_manual_grade = True
            gradebook.db.commit()
        return nb, resources
