"""What the commands on Moodle take from ``grading.yml``; an option on the command line wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from autograder.course import Course, read_course
from autograder.errors import ConfigurationError
from autograder.moodle.files.datetext import zone_of
from autograder.moodle.files.sent import SENT_FILE
from autograder.moodle.files.system import MoodleFiles


@dataclass(frozen=True)
class MoodleSettings:
    """The module's Moodle.

    Attributes:
        time_zone: IANA name, of worksheets and pages.
        language: of worksheets.
        maximum: 'Maximum grade' of the assignments; None where there is no ``grading.yml`` to say it.
    """

    time_zone: str
    language: str = "en"
    maximum: Decimal | None = None


def read_settings(root: Path | None, time_zone: str | None = None, maximum: float | None = None) -> MoodleSettings:
    """Return the settings of a course.

    Args:
        root: the folder with ``grading.yml``; the working folder if None.
        time_zone: in place of the file's. With it no file is needed.
        maximum: in place of the file's.

    Raises:
        UsageError: no such time zone, or no file and no time zone.
        ConfigurationError: the file has faults.
    """
    root = root or Path()
    given = None if maximum is None else Decimal(str(maximum))
    if time_zone is not None:
        zone_of(time_zone)
        if not (root / "grading.yml").is_file():
            return MoodleSettings(time_zone, maximum=given)
    configuration = read_course(root, check=False).configuration  # a stage's faults do not matter here
    moodle = configuration.moodle
    return MoodleSettings(time_zone or configuration.module.time_zone, moodle.language, given or moodle.grade_maximum)


def optional_zone(root: Path | None) -> str:
    """Return the time zone of ``grading.yml``, for times in messages; UTC where there is no such file, or a faulty one.

    What has been sent must be undone whatever is in the file.
    """
    root = root or Path()
    try:
        return read_settings(root).time_zone if (root / "grading.yml").is_file() else "UTC"
    except ConfigurationError:
        return "UTC"


def optional_maximum(root: Path | None, maximum: float | None) -> Decimal | None:
    """Return the maximum given, else that of ``grading.yml``, else None."""
    if maximum is not None:
        return Decimal(str(maximum))
    root = root or Path()
    return read_settings(root).maximum if (root / "grading.yml").is_file() else None


def moodle_files(
    course: Course,
    download: Path | None,
    worksheet: Path | None,
    folder: Path,
    groups: Mapping[str, str] | None = None,
    *,
    overwrite: bool = False,
) -> MoodleFiles:
    """Return a class in files of Moodle, with the zone and the maximum of ``grading.yml``.

    Args:
        course: has ``grading.yml``.
        download: Moodle's zip, or a folder.
        worksheet: Moodle's, if there is one.
        folder: the stage's output folder, where the list of what earlier runs wrote is.
        groups: participant id to group number.
        overwrite: replace also what a person typed in Moodle.
    """
    configuration = course.configuration
    return MoodleFiles(
        download,
        worksheet,
        configuration.module.time_zone,
        groups or {},
        configuration.moodle.grade_maximum,
        folder / SENT_FILE,
        overwrite,
    )
