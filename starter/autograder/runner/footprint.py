"""Resident memory of a process, read from outside it, where the system has ``/proc``."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass

CLOEXEC = getattr(os, "O_CLOEXEC", 0)  # Windows has neither this nor /proc
FIELD = re.compile(rb"^(VmHWM|RssAnon|RssFile):\s+(\d+) kB$", re.MULTILINE)

PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Footprint:
    """The resident memory of a process, in MiB.

    Attributes:
        peak_mib: the peak since it was last reset, mapped files included; since the start of the process where it
            cannot be reset.
        own_mib: private memory now: heap, stacks, arrays.
        file_mib: mapped files now: the code of libraries.
    """

    peak_mib: float
    own_mib: float
    file_mib: float


class FootprintReader:
    """Reads one process's memory; nothing where the process has ended or the system does not report it."""

    def __init__(self, process_id: int) -> None:
        self._status_fd = self._peak_fd = -1
        with contextlib.suppress(OSError):
            self._status_fd = os.open(f"/proc/{process_id}/status", os.O_RDONLY | CLOEXEC)
            self._peak_fd = os.open(f"/proc/{process_id}/clear_refs", os.O_WRONLY | CLOEXEC)

    def reset_peak(self) -> None:
        """Reset the peak to what is resident now, where that is permitted: an ordinary user may not."""
        if self._peak_fd >= 0:
            with contextlib.suppress(OSError):
                os.write(self._peak_fd, b"5")

    def peak_mib(self) -> float:
        """The peak alone, for every call's record; 0 where it cannot be read."""
        with contextlib.suppress(OSError):
            found = PEAK.search(os.pread(self._status_fd, 4096, 0))  # not in the name, which the process chooses
            return int(found[1]) / 1024 if found else 0.0
        return 0.0

    def read(self) -> Footprint | None:
        """The whole footprint, or None."""
        try:
            found = {name: int(kib) / 1024 for name, kib in FIELD.findall(os.pread(self._status_fd, 4096, 0))}
            return Footprint(found[b"VmHWM"], found[b"RssAnon"], found[b"RssFile"])
        except (OSError, KeyError):
            return None

    def close(self) -> None:
        """Close the descriptors; may be called twice."""
        for fd in (self._status_fd, self._peak_fd):
            if fd >= 0:
                os.close(fd)
        self._status_fd = self._peak_fd = -1
