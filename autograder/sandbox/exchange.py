"""What every backend does alike: the load message, and what a reply means."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.errors import SandboxFault
from autograder.inside import wire, worker
from autograder.model import Outcome, Usage, Workspace
from autograder.sandbox.base import Limits, PreparedCall, Reply, StudentFault, Value

COURSE_PACKAGES = ("scratch", "models", "probes")  # top-level names that belong to the course
OUTCOME_OF_CLASS = {"memory": Outcome.OUT_OF_MEMORY, "exit": Outcome.CRASHED, "refused": Outcome.FORBIDDEN}
MOST = wire.WireLimits(payload_bytes=256 << 20)
REASON_OF_CLASS = {
    "memory": "it needed more memory than allowed",
    "exit": "it ended the program",
    "refused": "it tried something that is not allowed here",
}


def load_message(workspace: Workspace, limits: Limits, request_id: int) -> list[bytes | memoryview]:
    """Return the frame that gives a process its modules.

    The student's files within the course's packages are imported at once, so that an error or a loop
    in one of them shows here; their other files are imported when something asks for them.
    """
    owned = sorted(
        {*COURSE_PACKAGES, *(_top(path) for path in workspace.modules if path not in workspace.student_paths)}
    )
    required = sorted(path for path in workspace.student_paths if _top(path) in COURSE_PACKAGES[:2])
    message = {
        "table": json.dumps([[path, len(source)] for path, source in workspace.modules.items()]),
        "sources": np.frombuffer(b"".join(workspace.modules.values()), np.uint8),
        "student_paths": json.dumps(sorted(workspace.student_paths)),
        "required": json.dumps(required),
        "owned": owned,
        "tolerant": workspace.tolerant,
        "reply_bytes": limits.reply_mib << 20,
    }
    return wire.encode(wire.LOAD, request_id, message, MOST)


def _top(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


def prepare(probe: str, inputs: Mapping[str, Value]) -> PreparedCall:
    """Return a call that can be sent to any number of processes; the inputs are copied.

    Raises:
        SandboxFault: the test's inputs are not plain data, or too many.
    """
    try:
        return PreparedCall(wire.body_of([probe, dict(inputs)], MOST))
    except wire.UnsendableError as error:
        raise SandboxFault(f"the inputs of a test cannot be sent: {error}") from None


def reply_limits(limits: Limits) -> wire.WireLimits:
    """Return what a reply may hold; the tester never sets aside more than this for it."""
    return wire.WireLimits(payload_bytes=limits.reply_mib << 20)


def interpret(frame: wire.Frame, request_id: int, student_paths: frozenset[str], printed: str, usage: Usage) -> Reply:
    """Return the outputs that a frame holds.

    Raises:
        StudentFault: it tells of an exception, or is not the answer to this call.
    """
    if frame.request_id != request_id:
        raise StudentFault(
            Outcome.FORBIDDEN, printed=printed, usage=usage, reason="it sent a message that nobody had asked for"
        )
    if frame.kind == wire.FAULT:
        raise _fault(frame.value, student_paths, printed, usage)
    outputs = frame.value if frame.kind == wire.OUTPUTS else {}
    if type(outputs) is not dict:  # a probe always returns a dict; only a forged reply does not
        raise StudentFault(Outcome.FORBIDDEN, printed=printed, usage=usage, reason="its reply is not well-formed")
    return Reply(outputs, usage, printed)


def _fault(value: Any, student_paths: frozenset[str], printed: str, usage: Usage) -> StudentFault:
    """Return the fault that a process told of; every field of it is hostile and checked."""
    told = value if type(value) is dict else {}

    def text(key: str, characters: int) -> str:
        item = told.get(key)
        return item[:characters] if type(item) is str else ""

    line = told.get("line")
    path = text("path", 1000)
    known = path in student_paths and type(line) is int and 0 <= line < 10_000_000
    kind = text("class", 20)
    name = text("type", 100)
    return StudentFault(
        OUTCOME_OF_CLASS.get(kind, Outcome.ERROR),
        exception_type=name if name.isidentifier() else "Exception",
        exception_text=text("text", 2000),
        path=path if known else "",
        line=line if known and type(line) is int else 0,
        printed=printed,
        usage=usage,
        reason=REASON_OF_CLASS.get(kind, ""),
    )


def protocol_breach(error: wire.WireError, printed: str, usage: Usage) -> StudentFault:
    """Return the fault of a process that sent something else than a well-formed reply."""
    return StudentFault(
        Outcome.FORBIDDEN, printed=printed, usage=usage, reason=f"its reply breaks the rules of the wire: {error}"
    )


def classify(code: int) -> tuple[Outcome, str]:
    """Return what an exit code means, and the words for it; negative codes are signals."""
    if code == worker.OUT_OF_MEMORY:
        return Outcome.OUT_OF_MEMORY, REASON_OF_CLASS["memory"]
    if code == worker.BROKEN_LINE:
        return Outcome.FORBIDDEN, "it broke its line to the grader"
    if code >= 0:
        return Outcome.CRASHED, f"it ended by itself with exit code {code}"
    name = next((number.name for number in signal.Signals if number == -code), f"signal {-code}")
    if name == "SIGXCPU":
        return Outcome.TIMED_OUT, "it took too long"
    if name == "SIGSYS":
        return Outcome.FORBIDDEN, "it made a system call that is not allowed here"
    return Outcome.CRASHED, f"it was ended by {name}"
