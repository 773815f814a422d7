"""What every sandbox offers: the Protocol that testers use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np

from autograder.model import Outcome, Usage, Workspace
from autograder.runner.child import wire
from autograder.runner.footprint import Footprint

TIMES_REFERENCE = 40  # no call is stopped before it has taken so many times the reference's CPU time
SLOW_TIMES, SLOW_SECONDS = 250, 30.0  # nor before so many times, up to so many seconds: right code with loops ends
Value: TypeAlias = "bool | int | float | str | np.ndarray | Sequence[Value] | Mapping[str, Value] | None"


@dataclass(frozen=True)
class Limits:
    """Limits of one student process; ``cpu_seconds`` and ``wall_seconds`` are for each call.

    A call that takes the reference long, and an import, may take longer: a limit must not depend on the machine.

    Attributes:
        import_cpu_seconds: for importing the files; 0: as for a call.
        submission_seconds: for all calls of a submission together, in which it does not compute (it sleeps, or
            waits); four times as much processor time.
        device_mib: memory of the GPU; 0 where there is none.
    """

    cpu_seconds: float = 10.0
    wall_seconds: float = 20.0
    memory_mib: int = 512
    processes: int = 16
    output_kib: int = 64
    files: int = 64
    reply_mib: int = 64
    import_cpu_seconds: float = 0.0
    submission_seconds: float = 60.0
    device_mib: int = 0

    def of_call(self, prepared: PreparedCalls) -> Limits:
        """The limits of these calls: multiples of the reference's time, so that slow code loses time tests alone."""
        base = prepared.reference_seconds
        limits = self._with_cpu(max(TIMES_REFERENCE * base, min(SLOW_TIMES * base, SLOW_SECONDS)))
        return replace(limits, cpu_seconds=min(limits.cpu_seconds, prepared.most_cpu_seconds))

    def of_import(self) -> Limits:
        """The limits of importing the files."""
        return self._with_cpu(self.import_cpu_seconds)

    def _with_cpu(self, cpu_seconds: float) -> Limits:
        if cpu_seconds <= self.cpu_seconds:
            return self
        wall_seconds = self.wall_seconds * cpu_seconds / self.cpu_seconds
        return replace(self, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)


@dataclass(frozen=True)
class Layer:
    """One isolation layer of a sandbox: present or not, and what is lost without it."""

    name: str
    present: bool
    lost_without: str = ""
    how_to_get: str = ""


@dataclass(frozen=True)
class Reply:
    """What a probe returned, as plain data."""

    outputs: Mapping[str, Value]
    usage: Usage
    printed: str = ""


class StudentFault(Exception):
    """The student's code returned no result; ``outcome`` is the reason. All text in it is hostile.

    Attributes:
        at_import: a file was being imported.
        outcome: ERROR, TIMED_OUT, OUT_OF_MEMORY, CRASHED or FORBIDDEN.
        exception_type: the class name of their exception, '' if there was none.
        exception_text: its message; may contain hidden inputs, so never shown for a hidden test.
        path, line: the innermost frame in a file of theirs, as the student's process reported it.
        reason: our own sentence about the fault, '' for an exception; safe to show.
    """

    def __init__(
        self,
        outcome: Outcome,
        *,
        exception_type: str = "",
        exception_text: str = "",
        path: str = "",
        line: int = 0,
        printed: str = "",
        usage: Usage | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(f"{outcome}: {exception_type or reason}")
        self.outcome = outcome
        self.exception_type = exception_type
        self.exception_text = exception_text
        self.path = path
        self.line = line
        self.printed = printed
        self.usage = usage or Usage()
        self.at_import = False  # the process says so, or the session whose files could not be imported
        self.reason = reason


Answer: TypeAlias = "Reply | StudentFault"


def single(answers: list[Answer]) -> Reply:
    """Return the reply to the only call.

    Raises:
        StudentFault: the call failed.
    """
    (answer,) = answers
    if isinstance(answer, StudentFault):
        raise answer
    return answer


@dataclass(frozen=True)
class PreparedCalls:
    """Calls of probes, encoded for sending.

    Attributes:
        reference_seconds: CPU time of the reference for them; 0 where unknown.
        most_cpu_seconds: a lower limit than that of one call, for calls that are made again where they reach it.
    """

    body: wire.Body
    count: int
    reference_seconds: float = 0.0
    most_cpu_seconds: float = float("inf")


class Session(Protocol):
    """One process with one student's code. After a StudentFault other than ERROR the process has ended."""

    @property
    def import_usage(self) -> Usage:
        """What importing the files took."""
        ...

    @property
    def alive(self) -> bool:
        """Whether another call can be made."""
        ...

    def call(self, probe: str, inputs: Mapping[str, Value]) -> Reply:
        """Run a probe on plain data.

        Raises:
            StudentFault: the student's code failed, looped, crashed or broke the protocol.
            SandboxFault: the sandbox failed.
        """
        ...

    def call_all(self, prepared: PreparedCalls) -> list[Answer]:
        """Make calls one after another, all within the limits of one; a fault other than ERROR is the last answer.

        Raises:
            StudentFault: it is unknown which of them failed.
            SandboxFault: the sandbox failed.
        """
        ...

    def footprint(self) -> Footprint | None:
        """Its memory now, and the peak since the last call began; None where the system does not report it."""
        ...

    def freeze(self) -> None:
        """Stop the process (SIGSTOP), so that it cannot disturb a measurement of another."""
        ...

    def thaw(self) -> None:
        """Continue the process (SIGCONT)."""
        ...

    def close(self) -> None:
        """End the process and everything it started; may be called twice."""
        ...


class Sandbox(Protocol):
    """A source of sessions. ``official`` is False where the isolation is too weak for marks."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every isolation layer, present or missing."""
        ...

    @property
    def official(self) -> bool:
        """Whether marks made here may be sent without ``--unsafe``."""
        ...

    def open(self, workspace: Workspace, limits: Limits) -> Session:
        """Start a process that imports ``workspace`` and waits for calls.

        Raises:
            StudentFault: importing the student's files failed (also SystemExit, a loop, a crash).
            SandboxFault: the sandbox failed.
        """
        ...

    def close(self) -> None:
        """End every process."""
        ...
