"""A plain subprocess: for a student's own machine, on any system. It isolates nothing, so it gives no marks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.model import Outcome, Usage, Workspace
from autograder.runner import exchange
from autograder.runner.child import streams, wire
from autograder.runner.footprint import Footprint, FootprintReader
from autograder.runner.packages import installed_beside, package_trees
from autograder.runner.protocol import Answer, Layer, Limits, PreparedCalls, Reply, StudentFault, Value, single
from autograder.runner.runtimes import NUMPY, ONE_THREAD

BOOT = Path(__file__).parent / "child" / "boot.py"
POLL_SECONDS = 0.05
START_SECONDS = 120.0
SHOWN_FOLDER = "/autograder-temporary"  # what the sandbox calls it
MARKER_SECONDS = 1.0  # how long to wait for the marker at the end of the output of a call
MISSING_LAYERS = ("file system", "network", "other processes", "system calls")


class _Output:
    """Collects what a process prints, up to a limit, in a thread of its own: Windows cannot poll pipes."""

    def __init__(self, fd: int, limit_bytes: int) -> None:
        self._fd, self._limit = fd, limit_bytes
        self._kept, self._tail = bytearray(), b""
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                data = b""
            with self._changed:
                self._kept += data[: self._limit + 64 - len(self._kept)]
                self._tail = (self._tail + data)[-64:]
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return

    def take(self, request_id: int) -> str:
        """Return what was printed since the last call; waits for the marker that ends it."""
        marker = b"\0%d\n" % request_id
        with self._changed:
            self._changed.wait_for(lambda: marker in self._tail or self._ended, MARKER_SECONDS)
            data = bytes(self._kept).replace(marker, b"")[: self._limit]  # a thread may print after it
            self._kept.clear()
        return data.decode("utf-8", "replace")

    def close(self) -> None:
        """Wait for the thread, then close the pipe."""
        self._thread.join(MARKER_SECONDS)
        if not self._thread.is_alive():
            os.close(self._fd)


@dataclass
class _Watchdog:
    """Ends a process that is over its time; ``expired`` then says which limit it was, in words."""

    process: subprocess.Popen[bytes]
    limits: Limits
    importing: bool = False
    expired: str = ""
    finished: threading.Event = field(default_factory=threading.Event)

    def watch(self, start_cpu_seconds: float) -> None:
        deadline = time.monotonic() + self.limits.wall_seconds
        by_cpu = False
        while (left := deadline - time.monotonic()) > 0:
            if self.finished.wait(min(left, POLL_SECONDS)):
                return
            if cpu_seconds_of(self.process) - start_cpu_seconds > self.limits.cpu_seconds:
                by_cpu = True
                break
        self.expired = exchange.too_slow(self.limits, importing=self.importing, by_cpu=by_cpu)
        kill_group(self.process)


def cpu_seconds_of(process: subprocess.Popen[bytes]) -> float:
    """Return the CPU time of a process, all its threads; 0 where the system does not report it or it has ended."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~process.pid << 3) | 2)  # CPUCLOCK_SCHED of that process
    except OSError:
        return 0.0


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and, where the system has process groups, what it started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()


class PlainSession:
    """One interpreter with one submission. See :class:`autograder.runner.protocol.Session`."""

    def __init__(self, workspace: Workspace, limits: Limits, packages: Sequence[str]) -> None:
        self._limits = limits
        self._student_paths = workspace.student_paths
        self._folder = tempfile.mkdtemp(prefix="autograder-")
        descriptor, self._line_file = tempfile.mkstemp(prefix="autograder-line-")
        os.close(descriptor)
        self._process = _start(self._folder, self._line_file, limits, packages)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._stream = streams.PipeStream(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._memory = FootprintReader(self._process.pid)
        self._output = _Output(os.dup(self._process.stderr.fileno()), limits.output_kib << 10)
        self._process.stderr.close()
        self._closed = False
        self.import_usage = exchange.open_with(workspace, limits, self._first_exchange, self.close)

    def _first_exchange(self, message: list[bytes | memoryview], request_id: int) -> exchange.Received:
        self._wait_for_start()
        return self._exchange(message, request_id, wire.READY, self._limits.of_import())

    def _wait_for_start(self) -> None:
        """Starting Python and importing the packages is no part of what the student's code takes.

        Raises:
            SandboxFault: the process did not start.
        """
        watchdog = _Watchdog(
            self._process, replace(self._limits, cpu_seconds=START_SECONDS, wall_seconds=START_SECONDS)
        )
        thread = threading.Thread(target=watchdog.watch, args=(0.0,), daemon=True)
        thread.start()
        try:
            self._stream.receive(1)
        except wire.WireError:
            raise SandboxFault(f"Python could not be started for your code: {self._output.take(0)}") from None
        finally:
            watchdog.finished.set()
            thread.join()

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.poll() is None

    def call(self, probe: str, inputs: Mapping[str, Value]) -> Reply:
        return single(self.call_all(exchange.prepare([(probe, inputs)])))

    def call_all(self, prepared: PreparedCalls) -> list[Answer]:
        if not self.alive:
            raise SandboxFault("a call of a session that has ended")
        return exchange.ask(
            prepared,
            self._student_paths,
            lambda message, request_id: self._exchange(
                message, request_id, wire.OUTPUTS, self._limits.of_call(prepared)
            ),
            self.close,
        )

    def _exchange(
        self, message: list[bytes | memoryview], request_id: int, kind: int, limits: Limits
    ) -> exchange.Received:
        self._memory.reset_peak()
        watchdog = _Watchdog(self._process, limits, importing=kind == wire.READY)
        start_cpu, start_wall = cpu_seconds_of(self._process), time.perf_counter()
        thread = threading.Thread(target=watchdog.watch, args=(start_cpu,), daemon=True)
        thread.start()
        failure: wire.WireError | None = None
        frame = None
        try:
            self._stream.send(message)
            expected = frozenset((kind, wire.FAULT))
            frame = wire.read_frame(self._stream.receive, exchange.reply_limits(self._limits), expected)
        except wire.WireError as error:
            failure = error
        finally:
            watchdog.finished.set()
            thread.join()
        wall = time.perf_counter() - start_wall
        usage = Usage(max(cpu_seconds_of(self._process) - start_cpu, 0.0), wall, self._memory.peak_mib())
        if frame is not None:
            return exchange.Received(frame, usage, self._printed(request_id))
        raise self._fault(watchdog, failure, request_id, usage)

    def _fault(self, watchdog: _Watchdog, error: wire.WireError | None, request_id: int, usage: Usage) -> StudentFault:
        """Return how the process ended; it is killed if it still runs."""
        if not isinstance(error, wire.PeerClosedError) and error is not None:
            kill_group(self._process)
            return exchange.protocol_breach(error, self._printed(request_id), usage)
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:  # it closed the connection but still runs
            kill_group(self._process)
            code = None
        printed = self._printed(request_id)
        path, line = "", 0
        if watchdog.expired:
            outcome, reason = Outcome.TIMED_OUT, watchdog.expired
            path, line = self._last_line()
        elif code is None:
            outcome, reason = Outcome.FORBIDDEN, exchange.CLOSED
        else:
            outcome, reason = exchange.classify(code)
        return StudentFault(outcome, printed=printed, usage=usage, reason=reason, path=path, line=line)

    def _printed(self, request_id: int) -> str:
        """The output of a call, with the temporary folder's name as in the sandbox."""
        return self._output.take(request_id).replace(self._folder, SHOWN_FOLDER)

    def _last_line(self) -> tuple[str, int]:
        """The line that was being run when time was up."""
        with open(self._line_file, encoding="utf-8", errors="replace") as file:
            path, _, line = file.read().strip().rpartition(":")
        return (path, int(line)) if path in self._student_paths and line.isdecimal() else ("", 0)

    def footprint(self) -> Footprint | None:
        return self._memory.read()

    def freeze(self) -> None:
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        kill_group(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._output.close()
        self._memory.close()
        Path(self._line_file).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _start(folder: str, line_file: str, limits: Limits, packages: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a clean interpreter; no PYTHON* variable reaches it, nor the folder that we are in."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment = {**kept, **ONE_THREAD, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    environment["MALLOC_ARENA_MAX"] = "1"  # address space that nobody uses is not counted, as in grading
    settings = {
        "memory_mib": limits.memory_mib,
        "files": limits.files,
        "packages": [tree for name in (*packages, *installed_beside(packages)) for tree in package_trees(name)],
        "preload": list(packages),
        "line_file": line_file,
    }
    # -S, -s: no .pth file and no user's package can put more in sight than the grader has
    command = [sys.executable, "-S", "-s", "-P", "-X", "utf8", str(BOOT), "", "plain_process", json.dumps(settings)]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=environment,
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise SandboxFault(f"{sys.executable} could not be started: {error}") from None


class PlainSandbox:
    """Sessions in plain subprocesses. See :class:`autograder.runner.protocol.Sandbox`."""

    def __init__(self, packages: Sequence[str] = NUMPY.packages) -> None:
        self._packages = packages
        self._sessions: list[PlainSession] = []

    @property
    def layers(self) -> tuple[Layer, ...]:
        lost = "the submission can read, change and send whatever you can"
        how = "grade on Linux, or in WSL2 or a container on this machine"
        missing = tuple(Layer(name, present=False, lost_without=lost, how_to_get=how) for name in MISSING_LAYERS)
        return (Layer("separate process", present=True), Layer("wall time limit", present=True), *missing)

    @property
    def official(self) -> bool:
        return False

    def open(self, workspace: Workspace, limits: Limits) -> PlainSession:
        session = PlainSession(workspace, limits, self._packages)
        self._sessions = [other for other in self._sessions if other.alive]
        self._sessions.append(session)
        return session

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()
