"""From a download or a folder to submissions in memory."""

from autograder.intake.archive import ReadLimits
from autograder.intake.download import Download, read_download

__all__ = ["Download", "ReadLimits", "read_download"]
