"""From a download or a folder to submissions."""

from autograder.intake.download import Download, read_download
from autograder.intake.spool import Spool
from autograder.intake.unpacking import ReadLimits

__all__ = ["Download", "ReadLimits", "Spool", "read_download"]
