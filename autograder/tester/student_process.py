"""One submission's process in the sandbox: kept from test to test, and replaced after a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograder.model import Outcome, Usage, Workspace
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Answer, Limits, PreparedCalls, Reply, Sandbox, Session, StudentFault

COMPUTING = 4
TOO_SLOW_AS_A_WHOLE = (
    "all calls of your code together took longer than the limit for a submission, so this test was not run"
)


class StudentProcess:
    """Calls the probes of one workspace and adds up their usage."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, limits: Limits) -> None:
        self._sandbox, self.workspace, self._limits = sandbox, workspace, limits
        self._session: Session | None = None
        self._cannot_load: StudentFault | None = None
        self.usage = Usage()
        self.printed = ""
        self._computed_seconds = self._idle_seconds = 0.0  # of all calls so far
        self._called = set[str]()  # probes that the running process has been asked for by name

    def call(self, probe: str, inputs: Mapping[str, Any], reference_seconds: float = 0.0) -> Reply:
        """Run a probe on plain data; see :meth:`call_one`. The limits follow the reference's CPU time, where known."""
        reply = self.call_one(replace(prepare([(probe, inputs)]), reference_seconds=reference_seconds))
        self._called.add(probe)
        return reply

    def is_warm(self, probe: str) -> bool:
        """Whether :meth:`call` has run this probe in the process that is running now."""
        return self._session is not None and self._session.alive and probe in self._called

    def call_one(self, prepared: PreparedCalls) -> Reply:
        """Run a probe, in a new process if the last one has ended.

        Raises:
            StudentFault: the student's code failed now, or failed to load before.
            SandboxFault: the sandbox failed.
        """
        session = self.session()
        try:
            (answer,) = session.call_all(prepared)
        except StudentFault as fault:
            self.count(fault)
            raise
        return self.use(answer)

    def use(self, answer: Answer) -> Reply:
        """Count the usage of a call, and return its reply.

        Raises:
            StudentFault: the call failed.
        """
        self.count(answer)
        if isinstance(answer, StudentFault):
            raise answer
        return answer

    def session(self) -> Session:
        """The running process; it is started when there is none.

        Raises:
            StudentFault: importing the files failed; it is not tried again, since a loop would cost every test. Or the
                submission has used up its time: no call is made any more.
        """
        if self._is_over():
            self.close()
            raise StudentFault(Outcome.TIMED_OUT, reason=TOO_SLOW_AS_A_WHOLE)
        if self._cannot_load is not None:
            raise self._cannot_load
        if self._session is not None and not self._session.alive:
            self._session.close()
            self._session = None
        if self._session is None:
            try:
                self._session = self._sandbox.open(self.workspace, self._limits)
                self._called.clear()
            except StudentFault as fault:
                self._cannot_load = fault
                self.count(fault)
                raise
        return self._session

    def start_test(self) -> None:
        """Reset usage and output."""
        self.usage, self.printed = Usage(), ""

    def _is_over(self) -> bool:
        most = self._limits.submission_seconds
        return self._idle_seconds > most or self._computed_seconds > COMPUTING * most

    def close(self) -> None:
        """End the process."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def count(self, answer: Answer) -> None:
        """Add the usage and output of a call."""
        before, more = self.usage, answer.usage
        self._computed_seconds += more.cpu_seconds
        # On a busy machine computing takes longer by the clock; a call that was stopped for long counts as its limit.
        waited = min(more.wall_seconds, self._limits.wall_seconds) - COMPUTING * more.cpu_seconds
        self._idle_seconds += max(waited, 0.0)
        self.usage = Usage(
            before.cpu_seconds + more.cpu_seconds,
            before.wall_seconds + more.wall_seconds,
            max(before.memory_mib, more.memory_mib),
            max(before.device_mib, more.device_mib),
        )
        if answer.printed:
            self.printed = (self.printed + answer.printed)[-8192:]
