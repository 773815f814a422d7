"""Several testers side by side; one that dies is replaced and its job is given to another."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from autograder.course import StageFolder
from autograder.sandbox.select import doctor, require
from autograder.tester.jobs import Job, JobResult, decode_result, encode_job

TRIES = 3
END_SECONDS = 10.0
START_SECONDS = 120.0  # a cold import of torch on a loaded machine


@dataclass(frozen=True)
class PoolOptions:
    """How many testers and behind which walls."""

    workers: int = field(
        default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    )
    minimum: str = "container"
    unsafe: bool = False


class TesterDied(Exception):
    """A tester ended, or did not answer in time."""


class Tester:
    """One tester process, started when first needed.

    Args:
        stage: whose tests it runs.
        options: see there.
        shelf: descriptor of the file that the testers of a run share.
    """

    def __init__(self, stage: StageFolder, options: PoolOptions, shelf: int) -> None:
        self._stage, self._options, self._shelf = stage, options, shelf
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def run(self, job: Job, wall_seconds: float) -> JobResult:
        """Hand over a job and wait for its result.

        Raises:
            TesterDied: the process ended or was too slow; the next call starts another.
        """
        fresh = self._process is None
        process = self._process or self._start()
        try:
            assert process.stdin is not None
            process.stdin.write(encode_job(job))
            process.stdin.flush()
            result = decode_result(self._read_line(wall_seconds + (START_SECONDS if fresh else 0)))
        except (OSError, TesterDied) as error:
            self.close(is_idle=False)
            raise TesterDied(str(error)) from None
        if result.key != job.key:  # a fault that concerns every job
            self.close()
            return JobResult(job.key, (), result.fault)
        return result

    def close(self, *, is_idle: bool = True) -> None:
        """End the process: without jobs it ends by itself, and its processor time is accounted for."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # unsent bytes of a process that is gone
                        pipe.close()
            try:
                self._process.wait(END_SECONDS if is_idle else 0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._buffer = b""

    def _start(self) -> subprocess.Popen[bytes]:
        options = {
            "course": str(self._stage.root),
            "stage": self._stage.name,
            "minimum": self._options.minimum,
            "unsafe": self._options.unsafe,
            "shelf": self._shelf,
        }
        command = [sys.executable, "-m", "autograder.tester", json.dumps(options)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[self._shelf], start_new_session=True
        )
        return self._process

    def _read_line(self, wall_seconds: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + wall_seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TesterDied(f"no result within {wall_seconds:.0f} s")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                raise TesterDied(f"the tester ended with status {self._process.wait()}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def run_jobs(stage: StageFolder, jobs: Iterable[Job], options: PoolOptions) -> Iterator[JobResult]:
    """Results in the order in which they come; every job has exactly one.

    A job whose tester dies three times has a result with ``fault`` set: the grader's, never a mark. Jobs are
    drawn one by one, when a tester is free, and results wait for the caller, so neither fill the memory.

    Args:
        stage: whose tests are run.
        jobs: drawn in other threads, one at a time.
        options: see there.

    Raises:
        SandboxFault: this machine's sandbox is weaker than the policy allows.
    """
    if not options.unsafe:
        require(doctor(), options.minimum)  # in its own words, before any tester dies of it
    line = _Line(iter(jobs), 2 * options.workers)
    with tempfile.TemporaryFile() as shelf:  # without a name: nothing but the testers can open it
        testers = [Tester(stage, options, shelf.fileno()) for _ in range(options.workers)]
        workers = [threading.Thread(target=_work, args=(tester, stage, line), daemon=True) for tester in testers]
        for worker in workers:
            worker.start()
        try:
            yield from line.results(len(workers))
        finally:
            line.stopped.set()
            for worker in workers:
                worker.join(timeout=30)


class _Line:
    """Jobs that wait for a tester, and results that wait for the caller."""

    def __init__(self, jobs: Iterator[Job], most: int) -> None:
        self._jobs, self._lock = jobs, threading.Lock()
        self._done: queue.Queue[JobResult | BaseException | None] = queue.Queue(most)
        self.stopped = threading.Event()

    def next(self) -> Job | None:
        """The next job; None if there are no more."""
        with self._lock:
            return None if self.stopped.is_set() else next(self._jobs, None)

    def put(self, result: JobResult | BaseException | None) -> None:
        """Wait until the caller has room for a result, or wants no more."""
        while not self.stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._done.put(result, timeout=0.5)
                return

    def results(self, workers: int) -> Iterator[JobResult]:
        """What the workers put here, until each of them has put None; an exception is raised."""
        while workers:
            result = self._done.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                workers -= 1
            else:
                yield result


def _work(tester: Tester, stage: StageFolder, line: _Line) -> None:
    """Take jobs until there are none; then say so."""
    # Every test may reach its wall limit once, and a fresh process may have to load after each.
    most = 2 * stage.limits.wall_seconds * (len(stage.policy.test_points) + 1) * 4 + 60
    try:
        while (job := line.next()) is not None:
            line.put(_try_job(tester, job, most))
        line.put(None)
    except BaseException as error:  # noqa: BLE001  # handed to the main thread, which raises it
        line.put(error)
    finally:
        tester.close()


def _try_job(tester: Tester, job: Job, wall_seconds: float) -> JobResult:
    why = ""
    for _ in range(TRIES):
        try:
            return tester.run(job, wall_seconds)
        except TesterDied as death:
            why = str(death)
    return JobResult(job.key, (), f"the tester died {TRIES} times: {why}")
