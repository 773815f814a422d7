"""Several testers in parallel; one that ends unexpectedly is replaced, and its job is given to another."""

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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat

from autograder.course import StageFolder
from autograder.errors import AutograderError, UsageError
from autograder.runner.runtimes import ONE_THREAD
from autograder.sandbox.select import doctor, gpu_for, require
from autograder.tester.jobs import Job, JobResult, decode_result, encode_job
from autograder.tester.pace import SURELY, Pace

TRIES = 3
END_SECONDS = 10.0
START_SECONDS = 120.0  # a cold import of torch on a loaded machine


@dataclass(frozen=True)
class PoolOptions:
    """How many testers, and the minimum isolation level."""

    workers: int = field(
        default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    )
    minimum: str = "container"
    unsafe: bool = False


class TesterEnded(Exception):
    """A tester ended, or sent no result in time."""


class Tester:
    """One tester process, started at its first job.

    Args:
        stage: whose tests it runs.
        options: of the pool.
        cache: descriptor of the shared cache.
    """

    def __init__(self, stage: StageFolder, options: PoolOptions, cache: int) -> None:
        self._stage, self._options, self._shared = stage, options, cache
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self.was_ready = False

    def run(self, job: Job, wall_seconds: float) -> JobResult:
        """Send a job and wait for its result.

        Raises:
            TesterEnded: the process ended or was too slow; the next call starts another.
            UsageError: the stage's files are wrong, so that no submission can be graded.
        """
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it has ended; what it said before is read below
                process.stdin.write(encode_job(job))
                process.stdin.flush()
            result = decode_result(self._read_line(wall_seconds))
        except UsageError:
            self.close()
            raise
        except (OSError, AutograderError, TesterEnded) as error:
            self.close(is_idle=False)
            raise TesterEnded(str(error)) from None
        if result.key != job.key:
            self.close()
            raise TesterEnded(f"the tester sent another job's result {result.fault}".rstrip())
        return result

    def close(self, *, is_idle: bool = True) -> None:
        """End the process; an idle one exits by itself, so that its CPU time is counted."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # unsent bytes for a process that has ended
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
            "cache": self._shared,
        }
        command = [sys.executable, "-m", "autograder.tester", json.dumps(options)]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **ONE_THREAD},  # testers with several threads each would wait for each other
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self._shared],
            start_new_session=True,
        )
        if ready := decode_result(self._read_line(START_SECONDS)).fault:
            raise UsageError(ready)
        self.was_ready = True
        return self._process

    def _read_line(self, wall_seconds: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + wall_seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TesterEnded(f"no result within {wall_seconds:.0f} s")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                raise TesterEnded(f"the tester ended with status {self._process.wait()}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def run_jobs(stage: StageFolder, jobs: Iterable[Job], options: PoolOptions, count: int = SURELY) -> Iterator[JobResult]:
    """Results in the order in which they are ready; every job has exactly one.

    A job whose tester ends three times has a result with ``fault`` set: the grader's, never a mark. Jobs are
    drawn one by one, when a tester is free, and results wait for the caller, so neither fills the memory.

    Args:
        stage: whose tests are run.
        jobs: drawn in other threads, one at a time.
        options: of the pool.
        count: how many jobs there are; with few of them further testers are started only where that is worth it.

    Raises:
        SandboxFault: this machine's sandbox is weaker than the policy allows.
        UsageError: the stage's files are wrong; every fault has its line.
    """
    if not options.unsafe:
        require(doctor(), options.minimum)  # reported here, with its own message, not by each tester
    workers = options.workers if gpu_for(stage.policy.device) is None else 1  # one submission a device at a time
    queues, pace = _Queues(iter(jobs), 2 * workers), Pace(count)
    with tempfile.TemporaryFile() as cache:  # without a name: only the testers can read it
        testers = [Tester(stage, options, cache.fileno()) for _ in range(workers)]
        threads = [
            threading.Thread(target=work, args=(tester, stage, queues, pace), daemon=True)
            for work, tester in zip(chain([_work_first], repeat(_work_too)), testers, strict=False)
        ]
        for thread in threads:
            thread.start()
        try:
            yield from queues.results(len(threads))
        finally:
            queues.stopped.set()
            pace.end()
            for thread in threads:
                thread.join(timeout=30)


class _Queues:
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
        """Wait until the queue has room for a result, or the caller has stopped."""
        while not self.stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._done.put(result, timeout=0.5)
                return

    def results(self, threads: int) -> Iterator[JobResult]:
        """What the threads have put here, until each of them has put None; an exception is raised."""
        while threads:
            result = self._done.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                threads -= 1
            else:
                yield result


def _work_first(tester: Tester, stage: StageFolder, queues: _Queues, pace: Pace) -> None:
    """Take jobs until there are none, and measure how long each takes."""
    try:
        _work(tester, stage, queues, pace.add)
    finally:
        pace.end()


def _work_too(tester: Tester, stage: StageFolder, queues: _Queues, pace: Pace) -> None:
    """Take jobs as well, once that is worth it."""
    if pace.wait():
        _work(tester, stage, queues)
    else:
        queues.put(None)


def _work(
    tester: Tester, stage: StageFolder, queues: _Queues, measured: Callable[[float], None] = lambda seconds: None
) -> None:
    """Take jobs until there are none, then put None."""
    # Every test may reach its wall limit once, and a fresh process may have to load after each.
    most = 2 * stage.limits.wall_seconds * (len(stage.policy.test_points) + 1) * 4 + 60
    try:
        while (job := queues.next()) is not None:
            start = time.monotonic()
            result = _try_job(tester, job, most)
            measured(time.monotonic() - start)
            queues.put(result)
        queues.put(None)
    except BaseException as error:  # noqa: BLE001  # raised in the main thread
        queues.put(error)
    finally:
        tester.close()


def _try_job(tester: Tester, job: Job, wall_seconds: float) -> JobResult:
    reason = ""
    for _ in range(TRIES):
        try:
            return tester.run(job, wall_seconds)
        except TesterEnded as error:
            reason = str(error)
    if not tester.was_ready:
        raise AutograderError(f"no tester could be started, {TRIES} times: {reason}; no mark was made of it")
    return JobResult(job.key, (), f"the tester ended {TRIES} times without a result: {reason}")
