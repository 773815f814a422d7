"""``nbgrader export``: the kit's worksheet and feedback zip, after nbgrader's points were compared with its marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from autograder.channels.compared import compare_and_publish
from autograder.course import read_course


class KitExporter(ExportPlugin):
    """Holds every mark that differs from nbgrader's points, then writes what Moodle takes."""

    course = Unicode(help="the kit's checkout").tag(config=True)
    marks = Unicode("marks", help="where autograder grade put its files").tag(config=True)

    def export(self, gradebook: Any) -> None:
        """Compare, hold, write; each line says what was done."""
        course = read_course(Path(self.course))
        database = Path(str(gradebook.engine.url.database))
        out = Path(self.to or self.marks)
        wanted = [str(name) for name in self.assignment] or [one.name for one in gradebook.assignments]
        for name in wanted:
            if name not in course.configuration.stages:
                self.log.warning("%s is no stage of grading.yml; left out", name)
                continue
            for line in compare_and_publish(course, course.stage(name), database, out):
                self.log.info("%s", line)
