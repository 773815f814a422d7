"""The demo class as Moodle would export it: a download, a worksheet, and a TA's rubric marks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from autograder.course import StageFolder
from autograder.demo.attempts import PEOPLE, Attempt, Base, DemoPerson, Layout, files_of
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet

STAGE = "s04_optimisers"
EPOCH = (2027, 2, 1, 9, 0, 0)
# A TA's marks: from the participant's number, so that they differ without being random.
WRITTEN, CLARITY = (2, 3, 4, 5), (3, 4, 5)


@dataclass(frozen=True)
class DemoClass:
    """The files that the demo writes before it grades."""

    download: bytes
    worksheet: bytes
    rubric: str


def build_class(stage: StageFolder) -> DemoClass:
    """Everything in the genuine format, from the reference, the starter, mistakes and variants."""
    known = (stage.reference_files(), stage.starter_files(), stage.mistakes(), stage.variants())
    people = [_person(person, files_of(person.attempt, *known) if person.attempt else None, stage) for person in PEOPLE]
    rows = ["participant,name,clarity,written"]
    for person in PEOPLE:
        number = int(person.participant_id)
        if person.attempt is not None:
            nothing = person.attempt.base is not Base.REFERENCE
            rows.append(f"{number},,0,0" if nothing else f"{number},,{CLARITY[number % 3]},{WRITTEN[number % 4]}")
    return DemoClass(build_download(people), build_worksheet(people), "\n".join(rows) + "\n")


def _person(person: DemoPerson, files: Mapping[str, str] | None, stage: StageFolder) -> Person:
    number = int(person.participant_id)
    id_number, email = f"27{number}", f"{person.slug}@students.example"
    if person.attempt is None or files is None:
        return Person(number, person.name, id_number, email)
    attempt = person.attempt
    return Person(
        number,
        person.name,
        id_number,
        email,
        status=_status(attempt, stage.policy.due),
        submitted=_moodle_date(attempt.submitted),
        files=_uploads(person, attempt, files),
    )


def _status(attempt: Attempt, due: datetime) -> str:
    late = attempt.submitted - due
    return (
        f"Submitted for grading - {_how_late(late)} late -  - "
        if late > timedelta(0)
        else "Submitted for grading -  - "
    )


def _how_late(late: timedelta) -> str:
    hours, minutes = divmod(late.seconds // 60, 60)
    if late.days:
        return f"{late.days} day{'s' * (late.days > 1)} {hours} hours"
    return f"{hours} hours {minutes} mins" if hours else f"{minutes} mins"


def _moodle_date(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {moment.hour % 12 or 12}:{moment:%M %p}"


def _uploads(person: DemoPerson, attempt: Attempt, files: Mapping[str, str]) -> tuple[SentFile, ...]:
    saved = attempt.submitted.replace(tzinfo=None)
    placed = {f"{person.folder}/{path}" if person.folder else path: text.encode() for path, text in files.items()}
    if person.layout is Layout.NONE:
        return ()
    if person.layout is Layout.LOOSE:
        return tuple(SentFile(path, data, saved) for path, data in placed.items())
    if person.layout is Layout.MAC_ZIP:
        placed |= {"__MACOSX/._optim.py": b"\x00\x05\x16\x07", ".DS_Store": b"\x00\x00\x00\x01Bud1"}
    archive = _zip(placed)
    if person.layout is Layout.ZIP_IN_ZIP:
        archive = _zip({"submission.zip": archive})
    return (SentFile(person.upload, archive, saved),)


def _zip(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
