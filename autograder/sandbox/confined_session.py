"""One confined process with one submission, as the tester sees it: messages, clocks, exit status."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from autograder.errors import SandboxFault
from autograder.model import Outcome, Usage, Workspace
from autograder.runner import exchange
from autograder.runner.child import streams, wire
from autograder.runner.footprint import Footprint, FootprintReader
from autograder.runner.protocol import Answer, Limits, PreparedCalls, Reply, StudentFault, Value, single
from autograder.sandbox import temporary
from autograder.sandbox.forkserver import ChildHandle
from autograder.sandbox.gpu import DRIVER_MIB, DRIVER_START_SECONDS, DeviceMemory, DeviceWatch

TEMPORARY_BYTES = 64 << 20
POLL_SECONDS = 0.01
MEASURE_SECONDS = 0.05  # how often a shared temporary folder is measured
PROCESSORS = os.cpu_count() or 1
END_SECONDS = 5.0


class _TooManyFilesError(wire.WireError):
    """The shared temporary folder has grown too large."""


class _TooMuchMemoryError(wire.WireError):
    """More memory of the machine or of the GPU than allowed, measured from outside."""


@dataclass
class _Exchange:
    """The clocks of one exchange, and what was printed during it.

    Attributes:
        start_cpu: CPU seconds of the process when it began.
        start_wall: on ``time.monotonic``'s clock, in seconds.
        measured_at: when the shared folder was measured last, on the same clock.
    """

    limits: Limits
    start_cpu: float
    start_wall: float
    printed: bytearray = field(default_factory=bytearray)
    measured_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.measured_at = self.start_wall


class SessionOwner(Protocol):
    """What a session needs from the sandbox that opened it."""

    @property
    def running(self) -> bool:
        """Whether the fork server is running."""
        ...

    @property
    def device_memory(self) -> DeviceMemory | None:
        """That of the GPU that its processes may use."""
        ...

    def memory_kills(self) -> int:
        """Return how often the kernel has killed one of its processes because memory ran out."""
        ...

    def release(self, slot: int) -> None:
        """Release the slot of a session that has ended."""
        ...


class ConfinedSession:
    """One confined process with one submission. See :class:`autograder.runner.protocol.Session`."""

    def __init__(
        self,
        owner: SessionOwner,
        child: ChildHandle,
        workspace: Workspace,
        limits: Limits,
        *,
        slot: int,
        shared: str,
    ) -> None:
        self._owner, self._child, self._limits = owner, child, limits
        self._slot, self._shared_folder = slot, shared
        memory = owner.device_memory
        self._device = memory.watch(slot, limits.device_mib) if memory is not None else None
        if self._device is not None:  # the first call loads CUDA's libraries
            self._limits = replace(
                limits,
                cpu_seconds=limits.cpu_seconds + DRIVER_START_SECONDS,
                wall_seconds=limits.wall_seconds + DRIVER_START_SECONDS,
            )
        self._student_paths = workspace.student_paths
        self._kills_before = owner.memory_kills()
        self._alive, self._closed = True, False
        self._poll = select.poll()
        for fd in (child.rpc.fileno(), child.output_fd, child.pidfd):
            self._poll.register(fd, select.POLLIN)
        self._read_ahead = streams.ReadAhead()
        self._memory = FootprintReader(child.process_id)
        self.import_usage = exchange.open_with(
            workspace, limits, lambda message, _: self._exchange(message, wire.READY, limits.of_import()), self.close
        )

    @property
    def alive(self) -> bool:
        return self._alive

    @property
    def process_id(self) -> int:
        """Process id, as the tester sees it."""
        return self._child.process_id

    def call(self, probe: str, inputs: Mapping[str, Value]) -> Reply:
        return single(self.call_all(exchange.prepare([(probe, inputs)])))

    def call_all(self, prepared: PreparedCalls) -> list[Answer]:
        if not self._alive:
            raise SandboxFault("a call of a session that has ended")
        return exchange.ask(
            prepared,
            self._student_paths,
            lambda message, _: self._exchange(message, wire.OUTPUTS, self._limits.of_call(prepared)),
            self.close,
        )

    def _exchange(self, message: list[bytes | memoryview], kind: int, limits: Limits) -> exchange.Received:
        self._memory.reset_peak()
        if self._device is not None:
            self._device.begin()
        current = _Exchange(limits, self.cpu_seconds(), time.monotonic())
        stream = streams.DeadlineStream(
            self._child.rpc, current.start_wall + limits.wall_seconds, self._read_ahead, partial(self._check, current)
        )
        frame, failure = None, None
        try:
            stream.send(message)
            self._wait(stream.deadline, current)
            frame = wire.read_frame(stream.receive, exchange.reply_limits(self._limits), frozenset((kind, wire.FAULT)))
        except wire.WireError as error:
            failure = error
        cpu_seconds = max(self.cpu_seconds() - current.start_cpu, 0.0)
        wall_seconds = time.monotonic() - current.start_wall
        device_mib = self._device.end() if self._device is not None else 0.0
        usage = Usage(cpu_seconds, wall_seconds, self._memory.peak_mib(), device_mib)
        if failure is None and cpu_seconds > limits.cpu_seconds:
            failure = wire.DeadlineError("over the limit before the last byte")
        ending = None if failure is None else self._ending(failure)
        if ending is not None and ending[0] is Outcome.TIMED_OUT:
            by_cpu = usage.cpu_seconds >= limits.cpu_seconds
            ending = ending[0], exchange.too_slow(limits, importing=kind == wire.READY, by_cpu=by_cpu)
        self._drain(current.printed)
        text = current.printed.decode("utf-8", "replace")
        if ending is not None:
            raise StudentFault(ending[0], printed=text, usage=usage, reason=ending[1])
        assert frame is not None  # no failure, so there is one
        return exchange.Received(frame, usage, text)

    def _wait(self, deadline: float, current: _Exchange) -> None:
        """Wait for the first byte of a reply; read what is printed meanwhile.

        Raises:
            wire.DeadlineError: the limit of wall time or CPU time is reached.
            wire.PeerClosedError: the process has ended.
        """
        rpc_fd = self._child.rpc.fileno()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise wire.DeadlineError("time limit reached")
            events = dict(self._poll.poll(min(left, self._check(current)) * 1000))
            if self._child.output_fd in events and not self._drain(current.printed):
                self._poll.unregister(self._child.output_fd)
            if rpc_fd in events:
                return
            if self._child.pidfd in events:
                raise wire.PeerClosedError("it ended")

    def _check(self, current: _Exchange) -> float:
        """Look at CPU time and files; return the seconds after which to look again.

        Raises:
            wire.WireError: a limit is reached.
        """
        cpu_left = current.limits.cpu_seconds - (self.cpu_seconds() - current.start_cpu)
        if cpu_left <= 0:
            raise wire.DeadlineError("time limit reached")
        if not self._shared_folder and self._device is None:
            return max(POLL_SECONDS, cpu_left / PROCESSORS)  # several threads use CPU time faster than the clock runs
        now = time.monotonic()
        if self._device is not None:
            self._check_memory(self._device, now)
        if self._shared_folder and now - current.measured_at >= MEASURE_SECONDS:
            size, current.measured_at = temporary.size_of(self._shared_folder), now
            if size is None or size > TEMPORARY_BYTES:
                raise _TooManyFilesError("more temporary files than allowed")
        return max(POLL_SECONDS, min(cpu_left / PROCESSORS, MEASURE_SECONDS))

    def _check_memory(self, device: DeviceWatch, now: float) -> None:
        """Look at the memory of the device and of the machine: CUDA needs more address space than a limit allows.

        Raises:
            _TooMuchMemoryError: more is in use than the limit.
        """
        if device.is_exceeded(now):
            raise _TooMuchMemoryError(f"more than {self._limits.device_mib} MiB of the GPU's memory")
        if (footprint := self._memory.read()) is not None and footprint.own_mib > self._limits.memory_mib + DRIVER_MIB:
            raise _TooMuchMemoryError(f"more than {self._limits.memory_mib} MiB of memory")

    def _drain(self, printed: bytearray) -> bool:
        """Read what was printed, keep as much as the limit allows; False at the end of the stream."""
        limit = self._limits.output_kib << 10
        for _ in range(64):  # a process that prints without end must not keep the tester in this loop
            try:
                data = os.read(self._child.output_fd, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            printed += data[: max(0, limit - len(printed))]
        return True

    def _ending(self, failure: wire.WireError) -> tuple[Outcome, str]:
        """Return how the process ended (it is killed if it still runs), and the message for the student."""
        if isinstance(failure, wire.DeadlineError):
            return Outcome.TIMED_OUT, exchange.TOO_SLOW
        if isinstance(failure, _TooMuchMemoryError):
            return Outcome.OUT_OF_MEMORY, f"your code used {failure}"
        if isinstance(failure, _TooManyFilesError):
            return Outcome.FORBIDDEN, f"your code wrote {failure}"
        if not isinstance(failure, wire.PeerClosedError):
            return Outcome.FORBIDDEN, exchange.corrupted(failure)
        status = self._child.read_status(0.5)
        if "fault" in status:
            self.close()
            raise SandboxFault(f"a process could not be confined: {status['fault']}")
        code = status.get("code")
        if code is None:
            if not self._owner.running:
                raise SandboxFault("the fork server has ended")
            return Outcome.FORBIDDEN, exchange.CLOSED
        return self._classify(code)

    def _classify(self, code: int) -> tuple[Outcome, str]:
        if code == -signal.SIGKILL and not self._owner.running:
            raise SandboxFault("the fork server has ended")
        if code == -signal.SIGKILL and self._owner.memory_kills() > self._kills_before:
            return Outcome.OUT_OF_MEMORY, exchange.REASON_OF_CLASS["memory"]
        return exchange.classify(code)

    def cpu_seconds(self) -> float:
        """Return the CPU time of the process, all threads, read from outside; 0 once it has ended."""
        try:
            return time.clock_gettime((~self._child.process_id << 3) | 2)  # CPUCLOCK_SCHED of that process
        except OSError:
            return 0.0

    def footprint(self) -> Footprint | None:
        return self._memory.read()

    def freeze(self) -> None:
        self._child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._child.signal(signal.SIGCONT)

    def close(self) -> None:
        if self._closed:
            return
        self._closed, self._alive = True, False
        self._child.signal(signal.SIGKILL)
        self._child.read_status(END_SECONDS)  # wait until it has ended
        self._memory.close()
        self._child.close()
        self._owner.release(self._slot)
        if self._device is not None:
            self._device.release()
