"""One confined process with one submission, as the tester sees it: messages, clocks, endings."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from typing import Protocol

from autograder.errors import SandboxFault
from autograder.model import Outcome, Usage, Workspace
from autograder.runner import exchange
from autograder.runner.child import streams, wire
from autograder.runner.footprint import Footprint, FootprintReader
from autograder.runner.protocol import Answer, Limits, PreparedCalls, Reply, StudentFault, Value, single
from autograder.sandbox import temporary
from autograder.sandbox.forkserver import Born

SCRATCH_BYTES = 64 << 20
POLL_SECONDS = 0.01
SCRATCH_SECONDS = 0.05  # how often a shared scratch folder is measured
PROCESSORS = os.cpu_count() or 1
END_SECONDS = 5.0


class Home(Protocol):
    """What a session needs of the sandbox that opened it."""

    @property
    def running(self) -> bool:
        """Whether the warm parent lives."""
        ...

    def memory_kills(self) -> int:
        """Return how often the kernel has ended one of its processes for memory."""
        ...

    def forget(self, slot: int) -> None:
        """Give back the slot of a session that has ended."""
        ...


class ConfinedSession:
    """One confined process with one submission. See :class:`autograder.runner.protocol.Session`."""

    def __init__(
        self, home: Home, born: Born, workspace: Workspace, limits: Limits, *, slot: int, shared_scratch: str
    ) -> None:
        self._home, self._born, self._limits = home, born, limits
        self._slot, self._scratch = slot, shared_scratch
        self._student_paths = workspace.student_paths
        self._kills_before = home.memory_kills()
        self._alive, self._closed = True, False
        self._poll = select.poll()
        for fd in (born.rpc.fileno(), born.output_fd, born.pidfd):
            self._poll.register(fd, select.POLLIN)
        self._ahead = streams.Ahead()
        self._memory = FootprintReader(born.process_id)
        try:
            request_id = wire.new_id()
            loaded = self._exchange(exchange.load_message(workspace, limits, request_id), wire.READY)
            exchange.require_ready(loaded, request_id, self._student_paths)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        return self._alive

    @property
    def process_id(self) -> int:
        """The number of the process, as the tester sees it."""
        return self._born.process_id

    def call(self, probe: str, inputs: Mapping[str, Value]) -> Reply:
        return single(self.call_all(exchange.prepare([(probe, inputs)])))

    def call_all(self, prepared: PreparedCalls) -> list[Answer]:
        if not self._alive:
            raise SandboxFault("a call of a session that has ended")
        return exchange.ask(
            prepared, self._student_paths, lambda message, _: self._exchange(message, wire.OUTPUTS), self.close
        )

    def _exchange(self, message: list[bytes | memoryview], kind: int) -> exchange.Came:
        self._memory.reset_peak()
        start_cpu, start_wall = self.cpu_seconds(), time.monotonic()
        stream = streams.DeadlineStream(self._born.rpc, start_wall + self._limits.wall_seconds, self._ahead)
        printed = bytearray()
        frame, failure = None, None
        try:
            stream.send(message)
            self._wait(stream.deadline, start_cpu, printed)
            frame = wire.read_frame(stream.receive, exchange.reply_limits(self._limits), frozenset((kind, wire.FAULT)))
        except wire.WireError as error:
            failure = error
        usage = Usage(max(self.cpu_seconds() - start_cpu, 0.0), time.monotonic() - start_wall, self._memory.peak_mib())
        ending = None if failure is None else self._ending(failure)
        self._drain(printed)
        text = printed.decode("utf-8", "replace")
        if ending is not None:
            raise StudentFault(ending[0], printed=text, usage=usage, reason=ending[1])
        assert frame is not None  # no failure, so there is one
        return exchange.Came(frame, usage, text)

    def _wait(self, deadline: float, start_cpu: float, printed: bytearray) -> None:
        """Wait for the first byte of a reply, taking what is printed meanwhile.

        Raises:
            wire.DeadlineError: the time, by clock or by processor, is over.
            wire.PeerClosedError: the process has ended.
        """
        rpc_fd = self._born.rpc.fileno()
        while True:
            left = deadline - time.monotonic()
            cpu_left = self._limits.cpu_seconds - (self.cpu_seconds() - start_cpu)
            if left <= 0 or cpu_left <= 0:
                raise wire.DeadlineError("too slow")
            # several threads use processor time faster than the clock runs
            pause = max(POLL_SECONDS, min(cpu_left / PROCESSORS, SCRATCH_SECONDS if self._scratch else left))
            events = dict(self._poll.poll(min(left, pause) * 1000))
            if self._born.output_fd in events and not self._drain(printed):
                self._poll.unregister(self._born.output_fd)
            if rpc_fd in events:
                return
            if self._born.pidfd in events:
                raise wire.PeerClosedError("it ended")
            if self._scratch:
                size = temporary.size_of(self._scratch)
                if size is None or size > SCRATCH_BYTES:
                    raise wire.WireError("more temporary files than allowed")

    def _drain(self, printed: bytearray) -> bool:
        """Take what was printed, keep as much as allowed; False once nothing more can come."""
        limit = self._limits.output_kib << 10
        for _ in range(64):  # a process that prints without end must not hold us here
            try:
                data = os.read(self._born.output_fd, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            printed += data[: max(0, limit - len(printed))]
        return True

    def _ending(self, failure: wire.WireError) -> tuple[Outcome, str]:
        """Return how the process ended, or end it, and the words for that."""
        if isinstance(failure, wire.DeadlineError):
            return Outcome.TIMED_OUT, "it took too long"
        if not isinstance(failure, wire.PeerClosedError):
            return Outcome.FORBIDDEN, f"its reply breaks the rules of the wire: {failure}"
        told = self._born.told(0.5)
        if "fault" in told:
            self.close()
            raise SandboxFault(f"a process could not be confined: {told['fault']}")
        code = told.get("code")
        if code is None:
            if not self._home.running:
                raise SandboxFault("the warm parent has ended")
            return Outcome.FORBIDDEN, "it closed its line to the grader"
        return self._classify(code)

    def _classify(self, code: int) -> tuple[Outcome, str]:
        if code == -signal.SIGKILL and not self._home.running:
            raise SandboxFault("the warm parent has ended")
        if code == -signal.SIGKILL and self._home.memory_kills() > self._kills_before:
            return Outcome.OUT_OF_MEMORY, "it needed more memory than allowed"
        return exchange.classify(code)

    def cpu_seconds(self) -> float:
        """Return the processor time of the process, all threads, read from outside; 0 once it has ended."""
        try:
            return time.clock_gettime((~self._born.process_id << 3) | 2)  # CPUCLOCK_SCHED of that process
        except OSError:
            return 0.0

    def footprint(self) -> Footprint | None:
        return self._memory.read()

    def freeze(self) -> None:
        self._born.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._born.signal(signal.SIGCONT)

    def close(self) -> None:
        if self._closed:
            return
        self._closed, self._alive = True, False
        self._born.signal(signal.SIGKILL)
        self._born.told(END_SECONDS)  # until it has really ended
        self._memory.close()
        self._born.release()
        self._home.forget(self._slot)
