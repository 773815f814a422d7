"""``nbgrader zip_collect`` of a Moodle download: the kit's intake unpacks it, a folder a participant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbgrader.plugins.zipcollect import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Unicode

from autograder.course import read_course
from autograder.errors import AutograderError
from autograder.intake import Spool
from autograder.moodle.files.download import read_download
from autograder.outputfiles import write_file

OWN_FILES = ("timestamp.txt", "starter.zip", "autograder_points.py")


class KitExtractor(ExtractorPlugin):
    """Unpack Moodle's zip with limits, without links, and never outside the folder."""

    course = Unicode(help="the kit's checkout").tag(config=True)
    release = Unicode("release", help="where the released notebooks are").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Write each participant's files to a folder of their number; who sent no notebook gets the released one."""
        assignment = self.parent.coursedir.assignment_id
        course = read_course(Path(self.course))
        released = Path(self.parent.coursedir.root, self.release, assignment, f"{assignment}.ipynb")
        zone = course.configuration.module.time_zone
        for archive in sorted(Path(archive_path).glob("*.zip")):
            download = read_download(
                archive, None, time_zone=zone, due_at=course.stage(assignment).policy.due, spool=Spool()
            )
            for sent in download.submissions:
                if not sent.files:
                    self.log.warning("%s: no file could be read", sent.participant_id)
                    continue
                folder = Path(extracted_path, sent.participant_id)
                for file in sent.files:
                    _write(folder, file.path, file.data)
                wanted = folder / f"{assignment}.ipynb"
                if not wanted.exists():
                    self._place_notebook(folder, wanted, released)

    def _place_notebook(self, folder: Path, wanted: Path, released: Path) -> None:
        """The only notebook of that name in a folder below, else the released one."""
        found = sorted(path for path in folder.rglob(wanted.name) if path.is_file())
        if len(found) == 1:
            write_file(wanted, found[0].read_bytes(), private=True)
        elif released.is_file():
            self.log.info("%s: no notebook was sent; the released one is graded with the files", folder.name)
            write_file(wanted, released.read_bytes(), private=True)


def _write(folder: Path, path: str, data: bytes) -> None:
    """A file of a hostile path, below the folder or not at all."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    if not parts or "\0" in path or "/".join(parts) in OWN_FILES or any(len(os.fsencode(part)) > 200 for part in parts):
        return
    target = folder.joinpath(*parts)
    try:
        write_file(target, data, private=True, below=folder)
    except AutograderError:  # a file where another has a folder
        return


class KitCollector(FileNameCollectorPlugin):
    """The first folder below ``extracted`` is the participant, the rest is the file's own path."""

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Name the participant and the file."""
        root = self.parent._format_collect_path(self.parent.extracted_directory)
        participant, _, inner = os.path.relpath(submitted_file, root).replace(os.sep, "/").partition("/")
        return {"student_id": participant, "file_id": inner} if inner else None
