"""The bundle of one day: the stages that are open by then, and references where nobody may hand in any more."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from autograder.commandline import counted
from autograder.course import Course, StageFolder
from autograder.course.models import References
from autograder.course.regions import BEGIN, END, STUB
from autograder.errors import UsageError
from autograder.starter.lastmoment import Extensions, last_moment
from autograder.testing.packing import RELEASED

FOLDER = "starter"  # in the zip, so that it unpacks into a folder of its own
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the same files give the same bytes whenever they are packed


@dataclass(frozen=True)
class Opening:
    """What a bundle of one moment has.

    Attributes:
        course: with the open stages alone.
        closed: the open stages whose references the bundle has.
        lines: a line for each stage, and what was assumed.
    """

    course: Course
    closed: frozenset[str]
    lines: tuple[str, ...]


def open_at(
    course: Course, moment: datetime, extensions: Extensions | None = None, latest: datetime | None = None
) -> Opening:
    """Which stages and references students may have at ``moment``.

    Args:
        course: all stages.
        moment: with a time zone.
        extensions: of the gradebook, where one was given.
        latest: the latest due date that anybody was given, for every stage; also for those whose lateness is waived.

    Raises:
        UsageError: no stage is open then.
    """
    stages = course.configuration.stages
    opened = {
        name: policy
        for name, policy in stages.items()
        if policy.opens is None or policy.opens.timestamp() <= moment.timestamp()
    }
    if not opened:
        first = min(policy.opens for policy in stages.values() if policy.opens is not None)
        raise UsageError(
            f"no stage is open at {_written(moment, course)}; the first opens at {_written(first, course)}"
        )
    lines = [f"{_written(moment, course)}: {len(opened)} of {counted(len(stages), 'stage')}"]
    closed = set()
    for name, policy in stages.items():
        if name not in opened and policy.opens is not None:
            lines.append(f"{name}: not in it; opens {_written(policy.opens, course)}")
            continue
        why = _why_not(course, name, moment, extensions, latest)
        closed |= set() if why else {name}
        lines.append(f"{name}: in it, {f'without its reference: {why}' if why else f'its reference in {RELEASED}/'}")
    if course.configuration.starter.references is not References.NEVER:
        lines += _assumed(extensions, latest)
    configuration = course.configuration.model_copy(update={"stages": opened})
    return Opening(replace(course, configuration=configuration), frozenset(closed), tuple(lines))


def _why_not(
    course: Course, name: str, moment: datetime, extensions: Extensions | None, latest: datetime | None
) -> str:
    """Why the reference of a stage stays here, '' where it may go into the bundle."""
    configuration = course.configuration
    if configuration.starter.references is References.NEVER:
        return "starter.references is never"
    waived = extensions.waived.get(name, ()) if extensions else ()
    if waived and latest is None:
        return f"lateness is waived for {', '.join(waived)}; --latest-extension says until when they may hand in"
    dates = [configuration.stages[name].due]
    dates += [extensions.latest[name]] if extensions and name in extensions.latest else []
    dates += [latest] if latest else []
    zone = configuration.module.zone
    last = max((last_moment(due, configuration.late, zone) for due in dates), key=datetime.timestamp)
    return "" if last.timestamp() < moment.timestamp() else f"it may be handed in until {_written(last, course)}"


def _assumed(extensions: Extensions | None, latest: datetime | None) -> list[str]:
    if extensions is not None:
        return [
            "Extensions are those of the gradebook; one given in Moodle since the last `autograder grade` is not known."
        ]
    if latest is not None:
        return ["Assumed: nobody has a later due date than --latest-extension."]
    return [
        "Assumed: nobody has an extension. Give --gradebook URL or --latest-extension DATE where somebody may have one."
    ]


def _written(moment: datetime, course: Course) -> str:
    return f"{moment.astimezone(course.configuration.module.zone):%Y-%m-%d %H:%M %Z}"


def released_files(course: Course, closed: Iterable[str]) -> dict[str, bytes]:
    """The references of stages, as a bundle may have them: without the marks of the regions."""
    return {
        f"{RELEASED}/{path}": data for name in sorted(closed) for path, data in _references(course.stage(name)).items()
    }


def _references(stage: StageFolder) -> dict[str, bytes]:
    marks = (BEGIN, STUB, END)
    return {
        path: "".join(f"{line}\n" for line in text.splitlines() if not line.lstrip().startswith(marks)).encode()
        for path, text in stage.reference_files().items()
    }


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """The bundle as one zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{FOLDER}/{path}", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3  # the same on every system that packs it
            archive.writestr(entry, data)
    return buffer.getvalue()
