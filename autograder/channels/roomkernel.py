"""Kernels in a room of their own, for any notebook client."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict, Unicode

from autograder.channels.kernelroom import CONNECTION, SOCKET, SYSTEM
from autograder.errors import SandboxFault
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.package_paths import find_package_paths
from autograder.sandbox.select import doctor

KERNEL_USER = 1_999_999_999  # owns nothing; no submission of the sandbox has it
MEMORY_MIB, DISK_MIB, CPU_SECONDS = 6144, 256, 600


def room_settings(private: Sequence[Path]) -> dict[str, Any]:
    """How a room is built on this machine.

    Args:
        private: folders of which nothing may be seen: the course, and nbgrader's course folder.

    Raises:
        SandboxFault: this machine allows no namespaces, or Python is where the secrets are.
    """
    report = doctor()
    if not report.namespaces:
        raise SandboxFault(
            "a notebook's kernel needs mounts of its own on this machine, which it does not allow (autograder doctor "
            "says what is missing); export with --unsafe for notebooks whose kernels may read everything that you can"
        )
    hidden = [path.resolve() for path in private]
    candidates = {Path(path).resolve() for path in (sys.prefix, sys.base_prefix, *sys.path, *SYSTEM) if path}
    trees = []
    for path in sorted(candidates):
        if not path.exists() or any(secret.is_relative_to(path) for secret in hidden):
            continue  # the checkout itself, where the kit runs from it
        trees.append(str(path))
    if not any(Path(sys.executable).absolute().is_relative_to(tree) for tree in trees):
        raise SandboxFault(f"{sys.executable} is in a folder with the course: make its environment a folder of its own")
    return {
        "namespaces": report.namespaces,
        "user": KERNEL_USER if report.namespaces == "root" else 0,
        "trees": trees,
        "mount_point": find_package_paths(NUMPY.packages).mount_point,
        "memory_mib": MEMORY_MIB,
        "disk_mib": DISK_MIB,
        "cpu_seconds": CPU_SECONDS,
    }


class RoomKernelManager(AsyncKernelManager):
    """Starts the kernel through :mod:`autograder.channels.kernelroom`, and talks to it by sockets in its room."""

    room = Unicode()
    settings = Dict()

    def prepare(self, room: Path, source: Path, settings: dict[str, Any]) -> None:
        """Choose the room, an empty folder, and the folder whose files are copied into it."""
        self.room = str(room)
        self.settings = {**settings, "room": str(room), "source": str(source)}
        self.transport = "ipc"
        self.ip = str(room / SOCKET)
        self.connection_file = str(room / CONNECTION)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The room's command, then the kernel's own; -P: nothing in the working folder is imported outside the room."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file, *(extra_arguments or [])]
        return [sys.executable, "-P", "-m", "autograder.channels.kernelroom", json.dumps(self.settings), *command]
