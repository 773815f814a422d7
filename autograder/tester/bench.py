"""One submission on the bench: its process, kept alive from test to test, opened anew after a fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.model import Usage, Workspace
from autograder.sandbox.base import Limits, PreparedCall, Reply, Sandbox, Session, StudentFault
from autograder.sandbox.exchange import prepare


class Bench:
    """Calls one workspace's probes; adds up what they used."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace, limits: Limits) -> None:
        self._sandbox, self.workspace, self._limits = sandbox, workspace, limits
        self._session: Session | None = None
        self._cannot_load: StudentFault | None = None
        self.usage = Usage()
        self.printed = ""

    def call(self, probe: str, inputs: Mapping[str, Any]) -> Reply:
        """Run a probe on plain data; see :meth:`call_prepared`."""
        return self.call_prepared(prepare(probe, inputs))

    def call_prepared(self, prepared: PreparedCall) -> Reply:
        """Run a probe, in a fresh process if the last one ended.

        Raises:
            StudentFault: the code failed now, or failed to load before.
            SandboxFault: ours failed.
        """
        session = self.session()
        try:
            reply = session.call_prepared(prepared)
        except StudentFault as fault:
            self._add(fault.usage, fault.printed)
            raise
        self._add(reply.usage, reply.printed)
        return reply

    def session(self) -> Session:
        """The live process.

        Raises:
            StudentFault: importing the files failed; it is not tried twice, since a loop would cost every test.
        """
        if self._cannot_load is not None:
            raise self._cannot_load
        if self._session is not None and not self._session.alive:
            self._session.close()
            self._session = None
        if self._session is None:
            try:
                self._session = self._sandbox.open(self.workspace, self._limits)
            except StudentFault as fault:
                self._cannot_load = fault
                self._add(fault.usage, fault.printed)
                raise
        return self._session

    def start_test(self) -> None:
        """Count from nought."""
        self.usage, self.printed = Usage(), ""

    def close(self) -> None:
        """End the process."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _add(self, usage: Usage, printed: str) -> None:
        before = self.usage
        self.usage = Usage(
            before.cpu_seconds + usage.cpu_seconds,
            before.wall_seconds + usage.wall_seconds,
            max(before.memory_mib, usage.memory_mib),
        )
        if printed:
            self.printed = (self.printed + printed)[-8192:]
