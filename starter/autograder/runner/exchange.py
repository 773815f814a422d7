"""What all backends share: the load message, the interpretation of replies, and the sentences about faults."""

from __future__ import annotations

import functools
import json
import marshal
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.errors import SandboxFault
from autograder.model import Outcome, Usage, Workspace
from autograder.runner.child import plaindata, wire, worker
from autograder.runner.protocol import Answer, Limits, PreparedCalls, Reply, StudentFault, Value

PROBES = "probes"  # the module through which tests call a submission
OUTCOME_OF_CLASS = {"memory": Outcome.OUT_OF_MEMORY, "exit": Outcome.CRASHED, "refused": Outcome.FORBIDDEN}
UNREQUESTED = "your code sent a message that the grader had not requested"
MALFORMED = "your code corrupted the connection to the grader: malformed reply"
CLOSED = "your code closed the connection to the grader"
TOO_SLOW = "your code did not finish within the time limit"
CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL")
MESSAGE_LIMITS = wire.WireLimits(payload_bytes=256 << 20)
REASON_OF_CLASS = {
    "memory": "your code needed more memory than allowed",
    "exit": "your code ended the program",
    "refused": "your code tried something that is not allowed here",
}


def too_slow(limits: Limits, *, importing: bool, by_cpu: bool = True) -> str:
    """Return the sentence for a time-out: what was running, and which limit it reached."""
    what = "importing your files" if importing else "your code"
    cpu, wall = f"{limits.cpu_seconds:.2g} seconds of processor time", f"{limits.wall_seconds:.2g} seconds"
    limit = cpu if by_cpu else wall
    return f"{what} did not end within the limit of {limit}" + ("" if importing else " for one call")


def load_message(workspace: Workspace, limits: Limits, request_id: int) -> list[bytes | memoryview]:
    """Return the frame that gives a process its modules.

    The student's files within the course's packages are imported at once, so that an error or a loop
    in one of them is found here; their other files are imported when something imports them.
    """
    ours = {_top(path) for path in workspace.modules if path not in workspace.student_paths}
    owned = sorted({*workspace.packages, PROBES, *ours})
    required = sorted(path for path in workspace.student_paths - workspace.lazy if _top(path) in workspace.packages)
    given = {path: source for path, source in workspace.modules.items() if path not in workspace.student_paths}
    codes = {path: code for path, source in given.items() if (code := _compiled(path, source))}
    message = {
        "table": _table(workspace.modules),
        "sources": _joined(workspace.modules),
        "resource_table": _table(workspace.resources),
        "resources": _joined(workspace.resources),
        "code_table": _table(codes),
        "codes": _joined(codes),
        "student_paths": json.dumps(sorted(workspace.student_paths)),
        "required": json.dumps(required),
        "owned": owned,
        "tolerant": workspace.tolerant,
        "reply_bytes": limits.reply_mib << 20,
    }
    return wire.encode(wire.LOAD, request_id, message, MESSAGE_LIMITS)


@functools.lru_cache(256)
def _compiled(path: str, source: bytes) -> bytes:
    """Return the marshalled code of one of our own files, b"" if it has an error; the process has the same Python."""
    try:
        return marshal.dumps(compile(source, path, "exec", dont_inherit=True))
    except (SyntaxError, ValueError):  # reported when it is imported
        return b""


def _table(files: Mapping[str, bytes]) -> str:
    return json.dumps([[path, len(data)] for path, data in files.items()])


def _joined(files: Mapping[str, bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(files.values()), np.uint8)


def _top(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


def prepare(calls: Sequence[tuple[str, Mapping[str, Value]]]) -> PreparedCalls:
    """Return calls of probes that can be sent to any number of processes; the inputs are copied.

    Raises:
        SandboxFault: the test's inputs are not plain data, or too many.
    """
    try:
        body = wire.body_of(plaindata.plain([[probe, dict(inputs)] for probe, inputs in calls]), MESSAGE_LIMITS)
    except plaindata.UnsendableError as error:
        raise SandboxFault(f"the inputs of a test cannot be sent: {error}") from None
    return PreparedCalls(body, len(calls))


def reply_limits(limits: Limits) -> wire.WireLimits:
    """Return the limits of a reply; the tester never allocates more than this for it."""
    return wire.WireLimits(payload_bytes=limits.reply_mib << 20)


@dataclass(frozen=True)
class Received:
    """A received frame, the usage of the call, and what was printed meanwhile."""

    frame: wire.Frame
    usage: Usage
    printed: str

    def breach(self, reason: str) -> StudentFault:
        """Return the fault of a process that breaks the protocol."""
        return StudentFault(Outcome.FORBIDDEN, printed=self.printed, usage=self.usage, reason=reason)


def open_with(
    workspace: Workspace,
    limits: Limits,
    send: Callable[[list[bytes | memoryview], int], Received],
    close: Callable[[], None],
) -> Usage:
    """Have a new process import a submission; return what that took.

    Args:
        workspace: the submission and our modules beside it.
        limits: of the session.
        send: sends a message with its request's id, and returns the reply.
        close: ends the session; called if anything fails.

    Raises:
        StudentFault: the submission could not be imported, or the process broke the protocol.
        SandboxFault: the process could not be started or isolated.
    """
    request_id = wire.new_id()
    try:
        loaded = send(load_message(workspace, limits, request_id), request_id)
        require_ready(loaded, request_id, workspace.student_paths)
    except StudentFault as fault:
        fault.at_import = True
        close()
        raise
    except BaseException:
        close()
        raise
    return loaded.usage


def require_ready(received: Received, request_id: int, student_paths: frozenset[str]) -> None:
    """Check that the files were loaded.

    Raises:
        StudentFault: they were not.
    """
    if received.frame.request_id != request_id:
        raise received.breach(UNREQUESTED)
    if received.frame.kind == wire.FAULT:
        raise _fault(received.frame.value, student_paths, received.printed, received.usage)


def ask(
    prepared: PreparedCalls,
    student_paths: frozenset[str],
    exchange: Callable[[list[bytes | memoryview], int], Received],
    close: Callable[[], None],
) -> list[Answer]:
    """Make calls and return their answers; a process that cannot take further calls is closed.

    Args:
        prepared: the calls.
        student_paths: the files in which a fault may be placed.
        exchange: sends a message with this request id and returns what was received.
        close: ends the process.

    Raises:
        StudentFault: it is unknown which of the calls failed.
    """
    request_id = wire.new_id()
    try:
        received = exchange(wire.frame_of(wire.CALL, request_id, prepared.body), request_id)
        answers = interpret(received, request_id, prepared.count, student_paths)
    except StudentFault as fault:
        if ends(fault):
            close()
        raise
    if ends(answers[-1]):
        close()
    return answers


def interpret(received: Received, request_id: int, count: int, student_paths: frozenset[str]) -> list[Answer]:
    """Return the answers in a frame, one per call; fewer if the process cannot go on after one of them.

    CPU time is divided among them as the process reports it, as an approximation; memory and output are those of all.

    Raises:
        StudentFault: it is not the answer to these calls, or reports an exception outside a call.
    """
    if received.frame.request_id != request_id:
        raise received.breach(UNREQUESTED)
    if received.frame.kind == wire.FAULT:
        raise _fault(received.frame.value, student_paths, received.printed, received.usage)
    value = received.frame.value if type(received.frame.value) is dict else {}
    results, usage = value.get("results"), received.usage
    answers: list[Answer] = []
    if type(results) is list and 1 <= len(results) <= count:
        for result, share in zip(results, _shares(value.get("seconds"), len(results)), strict=True):
            part = Usage(usage.cpu_seconds * share, usage.wall_seconds * share, usage.memory_mib, usage.device_mib)
            answers.append(_answer(result, student_paths, replace(received, usage=part)))
            if ends(answers[-1]):
                return answers
    if len(answers) != count:  # only a forged reply has another form
        raise received.breach(MALFORMED)
    return answers


def ends(answer: Answer) -> bool:
    """Return whether a process cannot take further calls after this answer."""
    return isinstance(answer, StudentFault) and answer.outcome is not Outcome.ERROR


def _answer(result: Any, student_paths: frozenset[str], received: Received) -> Answer:
    if type(result) is dict and set(result) == {"outputs"} and type(result["outputs"]) is dict:
        return Reply(result["outputs"], received.usage, received.printed)
    if type(result) is dict and set(result) == {"fault"}:
        return _fault(result["fault"], student_paths, received.printed, received.usage)
    return received.breach(MALFORMED)


def _shares(seconds: Any, count: int) -> list[float]:
    """Return each call's share of the whole; equal shares where the reported times are not plausible."""
    if type(seconds) is list and len(seconds) == count and all(type(s) is float and 0 <= s < 1e6 for s in seconds):
        total = sum(seconds)
        if total > 0:
            return [item / total for item in seconds]
    return [1 / count] * count


def _fault(value: Any, student_paths: frozenset[str], printed: str, usage: Usage) -> StudentFault:
    """Return the fault that a process reported; every field of it is hostile and checked."""
    fields = value if type(value) is dict else {}

    def text(key: str, characters: int) -> str:
        item = fields.get(key)
        return item[:characters] if type(item) is str else ""

    line = fields.get("line")
    path = text("path", 1000)
    known = path in student_paths and type(line) is int and 0 <= line < 10_000_000
    kind = text("class", 20)
    name = text("type", 100)
    fault = StudentFault(
        OUTCOME_OF_CLASS.get(kind, Outcome.ERROR),
        exception_type=name if name.isidentifier() else "Exception",
        exception_text=text("text", 2000),
        path=path if known else "",
        line=line if known and type(line) is int else 0,
        printed=printed,
        usage=usage,
        reason=REASON_OF_CLASS.get(kind, ""),
    )
    fault.at_import = fields.get("at_import") is True
    return fault


def protocol_breach(error: wire.WireError, printed: str, usage: Usage) -> StudentFault:
    """Return the fault of a process that sent something other than a well-formed reply."""
    return StudentFault(Outcome.FORBIDDEN, printed=printed, usage=usage, reason=corrupted(error))


def corrupted(error: wire.WireError) -> str:
    """Return the sentence about a reply that breaks the wire format."""
    return f"your code corrupted the connection to the grader: {error}"


def classify(code: int) -> tuple[Outcome, str]:
    """Return what an exit code means, and the sentence for it; negative codes are signals."""
    if code == worker.OUT_OF_MEMORY:
        return Outcome.OUT_OF_MEMORY, REASON_OF_CLASS["memory"]
    if code == worker.CONNECTION_LOST:
        return Outcome.FORBIDDEN, CLOSED
    if code >= 0:
        return Outcome.CRASHED, REASON_OF_CLASS["exit"]  # the code itself would be 8 bits of the student's choice
    name = next((number.name for number in signal.Signals if number == -code), "")
    if name == "SIGXCPU":
        return Outcome.TIMED_OUT, TOO_SLOW
    if name == "SIGSYS":
        return Outcome.FORBIDDEN, "your code made a system call that is not allowed here"
    return Outcome.CRASHED, f"your code crashed with {name}" if name in CRASHES else "your code was ended by a signal"
