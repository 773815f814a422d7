"""Fetch an assignment through the web services into the two files that a teacher would download.

The zip and the worksheet are in Moodle's own format, so that everything after them is the same with and
without web services. Files already fetched are not fetched again: a pull that was cut off goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.moodle.files.datetext import NO_DATE, moodle_date, zone_of
from autograder.moodle.files.moodle_writer import Person, SentFile, build_worksheet, write_download
from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.due_dates import read_due_dates, usual_due_date
from autograder.moodle.web.many import side_by_side
from autograder.moodle.web.marks import GradeRecord, KnownMark, RemoteFlags, Version, read_flags, read_grades
from autograder.moodle.web.plugins import RemoteFile
from autograder.moodle.web.remote import (
    RemoteAssignment,
    RemotePerson,
    RemoteSubmission,
    read_keys,
    read_people,
    read_submissions,
)
from autograder.moodle.web.restrictions import read_fixed
from autograder.outputfiles import make_folder, write_file

MANIFEST = "pull.json"
_UNCERTAIN = (
    "Moodle did not return this person's own due date (mod_assign_get_participant); give the worksheet downloaded from "
    "Moodle's grading page, or decide for this person"
)
_WORDS = {"submitted": "Submitted for grading", "draft": "Draft (not submitted)", "reopened": "Reopened"}


@dataclass(frozen=True)
class Pulled:
    """Where the files are, and how many people sent something.

    Attributes:
        not_active: who has submitted and is no active participant: suspended, unenrolled, or their enrolment ended.
    """

    download: Path
    worksheet: Path
    manifest: Path
    people: int
    submissions: int
    not_active: tuple[str, ...] = ()


def pull(
    client: MoodleClient,
    assignment: RemoteAssignment,
    folder: Path,
    *,
    time_zone: str,
    progress: Callable[[str], None] = lambda _: None,
) -> Pulled:
    """Write ``download.zip``, ``worksheet.csv`` and ``pull.json`` into a folder.

    Due dates are each person's own, extensions included. Where Moodle does not return them, the worksheet marks the
    rows, and a mark that depends on it is held.

    Args:
        client: the site.
        assignment: which.
        folder: is made.
        time_zone: IANA name, for the worksheet's dates.
        progress: called with the path of each file.
    """
    zone = zone_of(time_zone)
    people = read_people(client, assignment)
    sent = read_submissions(client, assignment)
    flags = read_flags(client, assignment)
    records = read_grades(client, assignment)
    grades = {user: record.grade for user, record in records.items() if record.grade is not None}
    make_folder(folder)
    wanted = {file.url: file for one in sent if _owner(one, people, assignment) for file in one.files}
    fetched = _fetch_all(client, list(wanted.values()), folder / "files", progress)
    senders = _senders(assignment, people, sent, fetched, zone)
    due = read_due_dates(client, assignment, _submitters(assignment, people, sent))
    rows = _rows(assignment, people, sent, flags, grades, due, zone)
    fixed = read_fixed(client, assignment)
    unchangeable = {int(person.key) for person in people if person.user_id in fixed}
    rows = [replace(row, can_change=row.number not in unchangeable) for row in rows]
    others = _not_active(client, assignment, people, sent)
    files = (folder / "download.zip", folder / "worksheet.csv", folder / MANIFEST)
    paths = Pulled(*files, len(people), len(senders), others)
    names = {"blind": assignment.is_blind, "teams": assignment.is_team_work}
    write_file(paths.download, lambda stream: write_download(stream, senders, **names), private=True)
    maximum = f"{assignment.maximum:.2f}" if assignment.maximum is not None else ""
    sheet = build_worksheet(
        rows,
        maximum=maximum,
        identities=not assignment.is_blind,
        due_dates=any(row.due for row in rows),
        groups=assignment.is_team_work,
    )
    write_file(paths.worksheet, sheet, private=True)
    write_file(paths.manifest, _manifest(client, assignment, people, records), private=True)
    return paths


def read_manifest(path: Path) -> dict[str, KnownMark]:
    """Return participant id to what Moodle held at the time of the pull.

    Raises:
        UsageError: it was not written by a pull.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        changed = content.get("changed", {})  # pulls of earlier versions have none
        return {
            str(key): KnownMark(None if grade is None else Decimal(grade), _changed(key, changed))
            for key, grade in content["grades"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise UsageError(f"{path}: not written by a pull: {error}") from error


def _changed(key: str, changed: Mapping[str, list[int]]) -> Version | None:
    return (int(changed[key][0]), int(changed[key][1])) if key in changed else None


def _owner(one: RemoteSubmission, people: tuple[RemotePerson, ...], assignment: RemoteAssignment) -> bool:
    if assignment.is_team_work:
        return one.user_id == 0
    return any(person.user_id == one.user_id for person in people)


def _not_active(
    client: MoodleClient,
    assignment: RemoteAssignment,
    people: tuple[RemotePerson, ...],
    sent: tuple[RemoteSubmission, ...],
) -> tuple[str, ...]:
    """Return the participant ids of those who have submitted and are not among the participants."""
    active = {person.user_id for person in people}
    others = sorted({one.user_id for one in sent if one.user_id and one.user_id not in active and one.status in _WORDS})
    keys = read_keys(client, assignment) if others else {}
    return tuple(keys.get(user, f"user {user}") for user in others)


def _senders(
    assignment: RemoteAssignment,
    people: tuple[RemotePerson, ...],
    sent: tuple[RemoteSubmission, ...],
    fetched: Mapping[str, Path],
    zone: ZoneInfo,
) -> list[Person]:
    by_user = {person.user_id: person for person in people}
    team_names = {person.group_id: person.group for person in people if person.group_id}
    senders = []
    for one in sent:
        if not _owner(one, people, assignment):
            continue
        files = _files(one, fetched, zone)
        if not files:
            continue
        if assignment.is_team_work:
            number = one.group_id or None
            senders.append(Person(number, team_names.get(one.group_id, "Default group"), files=files))
        else:
            person = by_user[one.user_id]
            senders.append(Person(int(person.key), person.name, files=files))
    return senders


def _files(one: RemoteSubmission, fetched: Mapping[str, Path], zone: ZoneInfo) -> tuple[SentFile, ...]:
    files = [
        SentFile(file.path.lstrip("/"), fetched[file.url], datetime.fromtimestamp(file.modified_at, zone))
        for file in one.files
    ]
    if one.online_text:
        page = f'<!DOCTYPE html><html><head><meta charset="UTF-8"></head><body>{one.online_text}</body></html>'
        when = datetime.fromtimestamp(one.saved_at, zone)
        files.append(SentFile("onlinetext.html", page.encode("utf-8", "replace"), when, "onlinetext"))
    return tuple(files)


def _rows(
    assignment: RemoteAssignment,
    people: tuple[RemotePerson, ...],
    sent: tuple[RemoteSubmission, ...],
    flags: Mapping[int, RemoteFlags],
    grades: Mapping[int, Decimal],
    due: Mapping[int, int],
    zone: ZoneInfo,
) -> list[Person]:
    usual = usual_due_date(due, assignment)
    own = {one.user_id: one for one in sent if one.user_id}
    teams = {one.group_id: one for one in sent if one.user_id == 0}
    rows = []
    for person in people:
        one = teams.get(person.group_id) if assignment.is_team_work else own.get(person.user_id)
        saved_at = one.saved_at if one and one.status in _WORDS else 0
        extension = flags.get(person.user_id, RemoteFlags()).extension_at
        grade, due_at = grades.get(person.user_id), due.get(person.user_id, usual)
        rows.append(
            Person(
                int(person.key),
                person.name,
                person.id_number,
                person.email,
                status=_status(one, saved_at, extension, due_at, zone),
                due=moodle_date(datetime.fromtimestamp(due_at, UTC), zone) if due_at else "",
                group=person.group or "Default group" if assignment.is_team_work else "",
                grade="" if grade is None else f"{grade:.2f}",
                submitted=moodle_date(datetime.fromtimestamp(saved_at, UTC), zone) if saved_at else NO_DATE,
                uncertain=_UNCERTAIN if saved_at and not extension and person.user_id not in due else "",
            )
        )
    return rows


def _submitters(
    assignment: RemoteAssignment, people: tuple[RemotePerson, ...], sent: tuple[RemoteSubmission, ...]
) -> list[int]:
    """Return the user ids of those whose submission, or whose team's, was saved."""
    saved = [one for one in sent if one.status in _WORDS]
    users, teams = {one.user_id for one in saved}, {one.group_id for one in saved if not one.user_id}
    if assignment.is_team_work:
        return [person.user_id for person in people if person.group_id in teams]
    return [person.user_id for person in people if person.user_id in users]


def _status(one: RemoteSubmission | None, saved_at: int, extension: int, due_at: int, zone: ZoneInfo) -> str:
    parts = [_WORDS.get(one.status, "No submission") if one else "No submission"]
    late = saved_at - (extension or due_at)
    if saved_at and (extension or due_at) and late > 0:
        parts.append(f"{late} secs late")
    if extension:
        parts.append(f"Extension granted until: {moodle_date(datetime.fromtimestamp(extension, UTC), zone)}")
    return " - ".join([*parts, " - "])


def _fetch_all(
    client: MoodleClient, files: Sequence[RemoteFile], folder: Path, progress: Callable[[str], None]
) -> dict[str, Path]:
    """Return by address where each file's contents are, from an earlier pull if it has not changed since."""
    kept = {file.url: folder / _kept_name(file) for file in files}
    missing = [file for file in files if not _is_kept(kept[file.url], file.size)]

    def fetch(file: RemoteFile) -> str:
        place = kept[file.url]
        write_file(
            place, lambda stream: client.download_to(file.url, file.size, stream), private=True, below=folder.parent
        )
        return file.path

    for path in side_by_side(fetch, missing):
        progress(path)
    return kept


def _kept_name(file: RemoteFile) -> str:
    return hashlib.sha256(f"{file.url} {file.size} {file.modified_at}".encode()).hexdigest()


def _is_kept(place: Path, size: int) -> bool:
    return place.is_file() and not place.is_symlink() and place.stat().st_size == size


def _manifest(
    client: MoodleClient,
    assignment: RemoteAssignment,
    people: tuple[RemotePerson, ...],
    records: Mapping[int, GradeRecord],
) -> bytes:
    held = {person.key: records[person.user_id] for person in people if person.user_id in records}
    grades = {person.key: held[person.key].grade if person.key in held else None for person in people}
    content = {
        "site": client.site,
        "assignment": assignment.assignment_id,
        "course_module": assignment.course_module_id,
        "grades": {key: None if grade is None else str(grade) for key, grade in grades.items()},
        "changed": {key: record.version for key, record in held.items()},
    }
    return json.dumps(content, indent=1, sort_keys=True).encode()
