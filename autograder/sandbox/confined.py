"""The confined backend: forked processes isolated by namespaces, Landlock, seccomp and resource limits."""

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
from autograder.sandbox.confined_session import TEMPORARY_BYTES, ConfinedSession
from autograder.sandbox.forkserver import ForkServer
from autograder.sandbox.gpu import DRIVER_FILES, DRIVER_MIB, DRIVER_THREADS, DeviceMemory, Gpu

SHARED_FILE_BYTES = 16 << 20  # limit for one file where the temporary folder is no file system of its own
GROUP_SPARE_BYTES = 512 << 20  # the fork server itself, socket buffers, page tables
GROUP_SPARE_PROCESSES = 16


class ConfinedSandbox:
    """Sessions forked by one fork server. See :class:`autograder.runner.protocol.Sandbox`.

    Args:
        config: how the fork server is built; ``autograder.sandbox.select`` makes it.
        search: ``sys.path`` inside.
        layers: what it offers, for the report.
        official: whether that meets the policy.
        gpu: the device that its processes may use, one process at a time but for the reference's.
        number: unique among the sandboxes of this process.
    """

    def __init__(
        self,
        config: settings.ForkServerSettings,
        search: Sequence[str],
        layers: tuple[Layer, ...],
        *,
        official: bool = True,
        gpu: Gpu | None = None,
        number: int = 0,
    ) -> None:
        self._layers, self._official, self._config, self.gpu = layers, official, config, gpu
        self._sessions: dict[int, ConfinedSession] = {}
        self._slots: dict[int, Limits] = {}
        self._bounds = (0, 0)
        self._lock = threading.Lock()
        self._shared = None if config.namespaces else temporary.make_shared()
        self._temporary = self._shared.path if self._shared else ""
        self._group = make_group(number)
        self._gpu_lock = -1
        self.device_memory: DeviceMemory | None = None
        try:
            if gpu is not None:
                self._gpu_lock = gpu.lock()
                self.device_memory = DeviceMemory(gpu)
            self._fork_server = ForkServer(config, search, self._group)
        except BaseException:
            self._clean_up()
            raise

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    @property
    def official(self) -> bool:
        return self._official

    @property
    def running(self) -> bool:
        """Whether the fork server is running."""
        return self._fork_server.process.poll() is None

    @property
    def fork_server_id(self) -> int:
        """Id of the process that was started; with namespaces its only child is the one that forks."""
        return self._fork_server.process.pid

    def memory_kills(self) -> int:
        """Return how often the kernel has killed a process of the control group because memory ran out."""
        return self._group.kills() if self._group is not None else 0

    def open(self, workspace: Workspace, limits: Limits) -> ConfinedSession:
        with self._lock:
            slot = next(number for number in range(1 << 16) if number not in self._slots)
            self._slots[slot] = limits
            self._bound_group()
        folder = self._make_folder(slot) if self._temporary else ""
        child_limits = settings.ChildLimits(
            slot=slot,
            memory_bytes=self._memory_mib(limits) << 20,
            temporary_bytes=SHARED_FILE_BYTES if folder else TEMPORARY_BYTES,
            processes=self._processes(limits),
            files=limits.files + (DRIVER_FILES if self.gpu is not None else 0),
            # of all calls together: a last stop, the tester limits each call
            cpu_seconds=60 + int(limits.cpu_seconds * 100),
            temporary_folder=folder,
            device_bytes=self.gpu.memory_mib << 20 if self.gpu is not None else 0,
        )
        try:
            child = self._fork_server.fork(child_limits)
        except BaseException:
            self.release(slot)
            raise
        session = ConfinedSession(self, child, workspace, limits, slot=slot, shared=folder)
        self._sessions[slot] = session
        return session

    def _bound_group(self) -> None:
        """Set the control group's limits for all open sessions; they only grow."""
        memory = sum((self._memory_mib(limits) << 20) + TEMPORARY_BYTES for limits in self._slots.values())
        processes = sum(self._processes(limits) for limits in self._slots.values())
        wanted = (
            max(self._bounds[0], memory + GROUP_SPARE_BYTES),
            max(self._bounds[1], processes + GROUP_SPARE_PROCESSES),
        )
        if self._group is not None and wanted != self._bounds:
            self._group.limit(*wanted)
            self._bounds = wanted

    def _memory_mib(self, limits: Limits) -> int:
        return limits.memory_mib + (DRIVER_MIB if self.gpu is not None else 0)

    def _processes(self, limits: Limits) -> int:
        return limits.processes + (DRIVER_THREADS if self.gpu is not None else 0)

    def _make_folder(self, slot: int) -> str:
        folder = Path(self._temporary, str(slot))
        folder.mkdir(0o700)
        if self._config.user_base:
            Path(self._temporary).chmod(0o711)
            os.chown(folder, self._config.user_base + slot, self._config.user_base + slot)
        return str(folder)

    def release(self, slot: int) -> None:
        """Release the slot of a session that has ended, and remove its temporary files."""
        if self._temporary:
            temporary.remove(str(Path(self._temporary, str(slot))))
        with self._lock:
            self._sessions.pop(slot, None)
            self._slots.pop(slot, None)

    def close(self) -> None:
        for session in list(self._sessions.values()):
            session.close()
        self._fork_server.close()
        self._clean_up()

    def _clean_up(self) -> None:
        if self._group is not None:
            self._group.remove()
        if self._gpu_lock >= 0:
            os.close(self._gpu_lock)
            self._gpu_lock = -1
        if self._shared is not None:
            self._shared.remove()
            self._shared = None
