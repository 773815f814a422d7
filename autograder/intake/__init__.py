"""From a download or a folder to submissions."""

from autograder.intake.archive import ReadLimits
from autograder.intake.download import Download, read_download
from autograder.intake.spool import Spool

__all__ = ["Download", "ReadLimits", "Spool", "read_download"]
