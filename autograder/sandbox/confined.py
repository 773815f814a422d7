"""The confined backend: warm-forked processes behind namespaces, Landlock, seccomp and resource limits."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from autograder.model import Workspace
from autograder.runner.protocol import Layer, Limits
from autograder.sandbox import temporary
from autograder.sandbox.cgroups import make_group
from autograder.sandbox.child import settings
from autograder.sandbox.confined_session import SCRATCH_BYTES, ConfinedSession
from autograder.sandbox.forkserver import WarmParent

SHARED_SCRATCH_BYTES = 16 << 20  # a file's size where scratch is no file system of its own
GROUP_SPARE_BYTES = 512 << 20  # the warm parent itself, socket buffers, page tables
GROUP_SPARE_PROCESSES = 16


class ConfinedSandbox:
    """Sessions forked from one warm parent. See :class:`autograder.runner.protocol.Sandbox`.

    Args:
        config: how the warm parent is built; ``autograder.sandbox.select`` makes it.
        search: ``sys.path`` inside.
        layers: what it offers, for the report.
        official: whether that meets the policy.
        number: unique among the sandboxes of this process.
    """

    def __init__(
        self,
        config: settings.WarmSettings,
        search: Sequence[str],
        layers: tuple[Layer, ...],
        *,
        official: bool = True,
        number: int = 0,
    ) -> None:
        self._layers, self._official, self._config = layers, official, config
        self._sessions: dict[int, ConfinedSession] = {}
        self._slots: dict[int, Limits] = {}
        self._bounds = (0, 0)
        self._lock = threading.Lock()
        self._shared = None if config.namespaces else temporary.make_shared()
        self._scratch = self._shared.path if self._shared else ""
        self._group = make_group(number)
        try:
            self._warm = WarmParent(config, search, self._group)
        except BaseException:
            self._remove_traces()
            raise

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    @property
    def official(self) -> bool:
        return self._official

    @property
    def running(self) -> bool:
        """Whether the warm parent lives."""
        return self._warm.process.poll() is None

    @property
    def warm_process_id(self) -> int:
        """The process that was started; in namespaces its only child is the one that forks."""
        return self._warm.process.pid

    def memory_kills(self) -> int:
        """Return how often the kernel has ended a process of the control group for memory."""
        return self._group.kills() if self._group is not None else 0

    def open(self, workspace: Workspace, limits: Limits) -> ConfinedSession:
        with self._lock:
            slot = next(number for number in range(1 << 16) if number not in self._slots)
            self._slots[slot] = limits
            self._bound_group()
        folder = self._make_scratch(slot) if self._scratch else ""
        birth = settings.Birth(
            slot=slot,
            memory_bytes=limits.memory_mib << 20,
            scratch_bytes=SHARED_SCRATCH_BYTES if folder else SCRATCH_BYTES,
            processes=limits.processes,
            files=limits.files,
            cpu_seconds=60 + int(limits.cpu_seconds * 100),  # of all calls: only a stop, the tester watches each call
            scratch=folder,
        )
        try:
            born = self._warm.bear(birth)
        except BaseException:
            self.forget(slot)
            raise
        session = ConfinedSession(self, born, workspace, limits, slot=slot, shared_scratch=folder)
        self._sessions[slot] = session
        return session

    def _bound_group(self) -> None:
        """Let the control group hold all living sessions; its bounds only grow."""
        memory = sum((limits.memory_mib << 20) + SCRATCH_BYTES for limits in self._slots.values())
        processes = sum(limits.processes for limits in self._slots.values())
        wanted = (
            max(self._bounds[0], memory + GROUP_SPARE_BYTES),
            max(self._bounds[1], processes + GROUP_SPARE_PROCESSES),
        )
        if self._group is not None and wanted != self._bounds:
            self._group.limit(*wanted)
            self._bounds = wanted

    def _make_scratch(self, slot: int) -> str:
        folder = Path(self._scratch, str(slot))
        folder.mkdir(0o700)
        if self._config.user_base:
            Path(self._scratch).chmod(0o711)
            os.chown(folder, self._config.user_base + slot, self._config.user_base + slot)
        return str(folder)

    def forget(self, slot: int) -> None:
        """Give back the slot of a session that has ended, and remove its temporary files."""
        if self._scratch:
            temporary.remove(str(Path(self._scratch, str(slot))))
        with self._lock:
            self._sessions.pop(slot, None)
            self._slots.pop(slot, None)

    def close(self) -> None:
        for session in list(self._sessions.values()):
            session.close()
        self._warm.close()
        self._remove_traces()

    def _remove_traces(self) -> None:
        if self._group is not None:
            self._group.remove()
        if self._shared is not None:
            self._shared.remove()
            self._shared = None
