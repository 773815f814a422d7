"""Moodle as the pipeline's learning management system, by files that a person downloads and uploads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from autograder.intake.spool import Spool
from autograder.moodle.files.download import Download, read_download
from autograder.moodle.files.sent import read_sent


@dataclass(frozen=True)
class MoodleFiles:
    """One assignment's files; a :class:`autograder.intake.lms.LearningSystem`.

    Attributes:
        download: Moodle's zip, or a folder of submissions.
        worksheet: Moodle's grading worksheet; without one no grade goes back to Moodle.
        time_zone: of the account that downloaded the worksheet.
        groups: participant id to group number, where two teams cannot be distinguished.
        maximum: of ``grading.yml``; a worksheet with another is refused. None allows any.
        sent: where earlier runs kept what they wrote for Moodle; with it, what a person typed there is kept.
        overwrite: replace also what a person typed in Moodle.
    """

    download: Path
    worksheet: Path | None
    time_zone: str
    groups: Mapping[str, str] = field(default_factory=dict)
    maximum: Decimal | None = None
    sent: Path | None = None
    overwrite: bool = False

    def read_class(self, due_at: datetime, spool: Spool) -> Download:
        """Read the download; see :func:`autograder.moodle.files.download.read_download`."""
        download = read_download(
            self.download,
            self.worksheet,
            time_zone=self.time_zone,
            due_at=due_at,
            groups=self.groups,
            maximum=self.maximum,
            spool=spool,
        )
        earlier = read_sent(self.sent) if self.sent is not None else None
        return replace(download, earlier=earlier, overwrite=self.overwrite)
