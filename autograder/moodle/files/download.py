"""Moodle's "Download all submissions", or a plain folder of submissions, read into values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.collect import CollectedFiles, collect_folder
from autograder.intake.lms import OutgoingGrade, Person, Publication
from autograder.intake.spool import Spool
from autograder.intake.unpacking import ReadLimits
from autograder.model import Finding, FindingKind, Lateness, Submission
from autograder.moodle.files.datetext import zone_of
from autograder.moodle.files.download_zip import collect_zip, folder_owner
from autograder.moodle.files.publication import publication
from autograder.moodle.files.sent import SentMarks
from autograder.moodle.files.teams import NO_TEAM, TeamFolder, members_of, shares_no_team, team_key
from autograder.moodle.files.vocabulary import Vocabulary
from autograder.moodle.files.worksheet import (
    Worksheet,
    WorksheetRow,
    read_worksheet,
    require_complete,
    require_maximum,
)
from autograder.moodle.files.worksheet_lateness import lateness_notes, lateness_of


@dataclass(frozen=True)
class Download:
    """All that was submitted for a stage; an :class:`autograder.intake.lms.SubmittedClass`.

    Attributes:
        submissions: one for each participant, or for each team where teams submit ("group-513");
            those who sent nothing have the status "none". In the worksheet's order, then by key.
        worksheet: None where none was given; then nobody is late and drafts are not known as such.
        members: a submission's key to the participant ids that it counts for.
        notes: for the TA: what does not fit together. Never about a student's code.
        time_zone: of the account that downloaded the worksheet.
        earlier, overwrite: see :func:`autograder.moodle.files.outgoing.write_worksheet`.
        kept: the worksheet as it was downloaded.
    """

    submissions: tuple[Submission, ...]
    worksheet: Worksheet | None = None
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    time_zone: str = "UTC"
    earlier: SentMarks | None = None
    overwrite: bool = False
    kept: bytes | None = None

    @property
    def people(self) -> tuple[Person, ...]:
        """Those who submitted or could have, and in teams each member."""
        rows = self.worksheet.by_id if self.worksheet is not None else {}
        found = {
            member: Person(member, rows[member].id_number, rows[member].name, key)
            for key, members in self.members.items()
            for member in members
            if member in rows and member != key
        }
        for sent in self.submissions:
            row = rows.get(sent.participant_id)
            found[sent.participant_id] = Person(sent.participant_id, row.id_number if row else "", sent.name)
        return tuple(found.values())

    @property
    def accepts_grades(self) -> bool:
        """Whether there is a worksheet to write grades into."""
        return self.worksheet is not None

    def publish(self, grades: Mapping[str, OutgoingGrade], pages: Mapping[str, Mapping[str, bytes]]) -> Publication:
        """Return worksheet and feedback zip."""
        return publication(
            self.submissions,
            self.worksheet,
            self.members,
            grades,
            pages,
            time_zone=self.time_zone,
            earlier=self.earlier,
            overwrite=self.overwrite,
        )


def read_download(
    path: Path,
    worksheet_path: Path | None = None,
    *,
    time_zone: str,
    due_at: datetime | None = None,
    limits: ReadLimits | None = None,
    words: Vocabulary | None = None,
    groups: Mapping[str, str] | None = None,
    maximum: Decimal | None = None,
    spool: Spool | None = None,
) -> Download:
    """Return every submission in a download, or in a folder with one sub-folder or zip per student.

    What is wrong with one student's files becomes a finding of that student. Nothing is written to disk under any
    name: the files' bytes go to an unnamed file, from which they are read when wanted.

    Args:
        path: the zip from Moodle, its unpacked folder, or a folder of submissions.
        worksheet_path: the grading worksheet, for lateness, drafts, and those who sent nothing.
        time_zone: IANA name, of the Moodle account that downloaded the worksheet.
        due_at: the stage's due date with its zone, where Moodle has no other.
        limits: of one student's files.
        words: the vocabulary of the worksheet.
        groups: participant id to group id, for teams that cannot be distinguished.
        maximum: the worksheet's maximum grade must be this; None allows any.
        spool: where the bytes go; one in the system's temporary folder by default.

    Raises:
        UsageError: ``path`` is no download, or the worksheet is not of this assignment.
        AutograderError: the spool's disk is full.
    """
    zone = zone_of(time_zone)
    limits = limits or ReadLimits()
    worksheet = read_worksheet(worksheet_path, words=words) if worksheet_path else None
    if worksheet is not None:
        require_complete(worksheet)
        if maximum is not None:
            require_maximum(worksheet, maximum)
    names = {row.participant_id: row.name or row.identifier for row in worksheet.rows} if worksheet else {}
    spool = spool or Spool()
    if path.is_dir():
        collected, notes = collect_folder(path, limits, spool, zone, folder_owner)
    else:
        collected, notes = collect_zip(path, limits, names, spool)
    if worksheet is None:
        notes.append("no worksheet: nobody counts as late, and drafts are graded like submissions")
        return _without_worksheet(collected, notes)
    if worksheet.is_team_work:
        return _teams(collected, worksheet, zone, due_at, notes, groups or {})
    return _participants(collected, worksheet, zone, due_at, notes)


def _without_worksheet(collected: Mapping[str, CollectedFiles], notes: list[str]) -> Download:
    submissions = tuple(_submission(_key(files), files, None, Lateness()) for files in collected.values())
    members = {sent.participant_id: (sent.participant_id,) for sent in submissions}
    return Download(submissions, None, members, tuple(notes))


def _participants(
    collected: Mapping[str, CollectedFiles],
    worksheet: Worksheet,
    zone: ZoneInfo,
    due_at: datetime | None,
    notes: list[str],
) -> Download:
    rows = worksheet.by_id
    if collected and not any(files.number in rows for files in collected.values()):
        raise UsageError(
            f"{worksheet.source}: none of the {len(collected)} participants of the download has a row; is it the "
            "worksheet of another assignment?"
        )
    lateness = {key: lateness_of(row, worksheet, zone, due_at) for key, row in rows.items()}
    submissions = []
    for key, row in rows.items():
        if key not in collected and row.status == "submitted":
            notes.append(_not_there(row))
            continue
        submissions.append(_submission(key, collected.get(key), row, lateness[key]))
    for files in collected.values():
        if files.number not in rows:
            notes.append(f"{_shown(files)}: in the download, but without a row in the worksheet")
            submissions.append(_submission(_key(files), files, None, Lateness()))
    notes.extend(lateness_notes(worksheet, lateness, zone, due_at))
    members = {sent.participant_id: (sent.participant_id,) for sent in submissions}
    return Download(tuple(submissions), worksheet, members, tuple(notes), zone.key)


def _teams(
    collected: Mapping[str, CollectedFiles],
    worksheet: Worksheet,
    zone: ZoneInfo,
    due_at: datetime | None,
    notes: list[str],
    stated: Mapping[str, str],
) -> Download:
    rows = worksheet.by_id
    by_team = {team_key(files.number): files for files in collected.values()}
    folders = tuple(TeamFolder(key, files.name, _instant(files, zone)) for key, files in by_team.items())
    members, unclear = members_of(worksheet, folders, zone, stated)
    notes.extend(unclear)
    lateness = {key: lateness_of(row, worksheet, zone, due_at) for key, row in rows.items()}
    submissions = []
    for key, files in by_team.items():
        ids = members.get(key, ())
        if not ids and key != NO_TEAM:
            notes.append(f"{_shown(files)}: in the download, but no row of the worksheet belongs to it")
        first = rows[ids[0]] if ids else None
        if len({lateness[member].late_seconds for member in ids}) > 1:
            notes.append(f"{_shown(files)}: its members have different due dates; the latest of them was used")
        late = min((lateness[member] for member in ids), key=lambda late: late.late_seconds, default=Lateness())
        sent = _submission(key, files, first, late)
        submissions.append(replace(sent, name=first.group if first else files.name))
    placed = {member for ids in members.values() for member in ids}
    for key, row in rows.items():
        if key in placed or shares_no_team(row, folders):
            continue
        if row.status == "submitted":
            notes.append(_not_there(row))
        else:
            submissions.append(_submission(key, None, row, lateness[key]))
            members[key] = (key,)
    notes.extend(lateness_notes(worksheet, lateness, zone, due_at))
    return Download(tuple(submissions), worksheet, members, tuple(notes), zone.key)


def _submission(key: str, files: CollectedFiles | None, row: WorksheetRow | None, lateness: Lateness) -> Submission:
    status = row.status if row and row.status else ("submitted" if files else "none")
    findings = files.findings if files else ()
    if files and not files.files and not findings:
        findings = (Finding(kind=FindingKind.FILE, message="no file was found in the submission"),)
    name = (row.name or row.identifier) if row else (files.name if files else "")
    return Submission(key, name, files.files if files else (), lateness, findings, status)


def _instant(files: CollectedFiles, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime(*files.saved_at, tzinfo=zone) if files.saved_at else None
    except ValueError:  # a zip can hold the 31st of February
        return None


def _not_there(row: WorksheetRow) -> str:
    return (
        f"{row.identifier}: submitted in Moodle, but not in the download (a download of one group, or "
        "made before the submission?); not graded"
    )


def _shown(files: CollectedFiles) -> str:
    return f"{files.number or 'no team'} ({short_line(files.name)})"


def _key(files: CollectedFiles) -> str:
    return files.number or team_key("")
