"""What can go wrong, and the exit code and words of each.

AutograderError                 exit code 3: a fault of the grader
├── UsageError                  exit code 2: the command or its files are wrong
│   └── ConfigurationError      exit code 2: every fault of a configuration file at once
├── SandboxFault                exit code 3: a layer is missing, or the sandbox itself failed
├── GradebookError              exit code 3: a record could not be kept or does not verify
│   └── DamagedGradebook        exit code 2: the file is no gradebook, or something in it was changed
└── Interrupted                 exit code 130: somebody pressed Ctrl-C
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class AutograderError(Exception):
    """A fault of the grader. Never becomes a mark."""

    exit_code = 3


class UsageError(AutograderError):
    """The command line or a file named on it is wrong; nothing was graded."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class ConfigurationFault:
    """One fault in a configuration file, printed as ``file:line: key: what; what is allowed``."""

    file: str
    line: int
    key: str
    what: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.what}; {self.allowed}"


class ConfigurationError(UsageError):
    """All the faults of a configuration, in the order of their lines."""

    def __init__(self, faults: Iterable[ConfigurationFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class SandboxFault(AutograderError):
    """The sandbox could not be built or broke; the student is not at fault."""


class GradebookError(AutograderError):
    """A record could not be written, or does not match its hash."""


class DamagedGradebook(GradebookError):
    """The file is no gradebook, or has a value that the kit did not write; nothing was done."""

    exit_code = 2


class Interrupted(AutograderError):
    """Somebody pressed Ctrl-C; the message says what is kept and how to go on."""

    exit_code = 130
