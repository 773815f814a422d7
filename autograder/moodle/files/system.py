"""Moodle as the pipeline's learning management system, by files that a person downloads and uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from autograder.errors import UsageError
from autograder.intake.lms import Person
from autograder.intake.spool import Spool
from autograder.model import Submission
from autograder.moodle.files.download import Download, read_download
from autograder.moodle.files.sent import read_sent
from autograder.moodle.files.worksheet import parse_worksheet, read_worksheet


@dataclass(frozen=True)
class MoodleFiles:
    """One assignment's files; a :class:`autograder.intake.lms.LearningSystem`.

    Attributes:
        download: Moodle's zip, or a folder of submissions; None where a class is only opened again.
        worksheet: Moodle's grading worksheet; without one no grade goes back to Moodle.
        time_zone: of the account that downloaded the worksheet.
        groups: participant id to group number, where two teams cannot be distinguished.
        maximum: of ``grading.yml``; a worksheet with another is refused. None allows any.
        sent: where earlier runs kept what they wrote for Moodle; with it, what a person typed there is kept.
        overwrite: replace also what a person typed in Moodle.
    """

    download: Path | None
    worksheet: Path | None
    time_zone: str
    groups: Mapping[str, str] = field(default_factory=dict)
    maximum: Decimal | None = None
    sent: Path | None = None
    overwrite: bool = False

    def read_class(self, due_at: datetime, spool: Spool) -> Download:
        """Read the download; see :func:`autograder.moodle.files.download.read_download`."""
        if self.download is None:
            raise UsageError("no download was given: name Moodle's zip, or a folder of submissions")
        download = read_download(
            self.download,
            self.worksheet,
            time_zone=self.time_zone,
            due_at=due_at,
            groups=self.groups,
            maximum=self.maximum,
            spool=spool,
        )
        return replace(
            download,
            earlier=read_sent(self.sent) if self.sent is not None else None,
            overwrite=self.overwrite,
            kept=self.worksheet.read_bytes() if self.worksheet is not None else None,
        )

    def reopen(self, kept: bytes | None, submissions: Sequence[Submission], people: Sequence[Person]) -> Download:
        """Return the class as the gradebook has it, with this worksheet, else with the one of the last run."""
        worksheet = None
        if self.worksheet is not None:
            worksheet = read_worksheet(self.worksheet)
        elif kept is not None:
            worksheet = parse_worksheet(kept, source="the worksheet of the last run")
        members: dict[str, tuple[str, ...]] = {}
        for person in people:
            if person.team:
                members[person.team] = (*members.get(person.team, ()), person.participant_id)
        rows = list(worksheet.by_id) if worksheet is not None else []
        places = {key: place for place, key in enumerate(rows)}
        ordered = sorted(
            submissions, key=lambda sent: (places.get(sent.participant_id, len(rows)), sent.participant_id)
        )
        earlier = read_sent(self.sent) if self.sent is not None else None
        return Download(tuple(ordered), worksheet, members, (), self.time_zone, earlier, self.overwrite, kept)
