"""What the tester sends to the fork server: numbers and paths, nothing of a student or a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# no machine has a folder of this name that could hold Python or numpy: the mount would hide them
TEMPORARY_FOLDER = "/autograder-temporary"


@dataclass(frozen=True)
class ForkServerSettings:
    """How to build a fork server; sent once, at its start.

    Attributes:
        namespaces: "root" (it has CAP_SYS_ADMIN), "user" (through a user namespace) or "" (none).
        landlock, seccomp: whether each process restricts itself so; only tests switch them off.
        user_base: first user id for processes, 0 to keep the tester's.
        preload: modules to import before the first fork.
        warm_up: name of the function of ``warmup.py`` that runs then.
        trees: folders and files that may be read: standard library, packages, this folder.
        masks: folders within them that may not.
        mount_point: an existing folder with none of the trees below it.
        devices: the nodes of a GPU, which processes may open and control; without them no process sees a GPU.
        driver_libraries: the GPU driver's libraries, loaded before the first fork so that no process looks for them.
        kernel_files: text of what the driver reads below ``/proc`` and ``/sys``, by path.
    """

    namespaces: str
    landlock: bool
    seccomp: bool
    user_base: int
    preload: tuple[str, ...]
    warm_up: str
    trees: tuple[str, ...]
    masks: tuple[str, ...]
    mount_point: str
    devices: tuple[str, ...] = ()
    driver_libraries: tuple[str, ...] = ()
    kernel_files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChildLimits:
    """What one process may use, in bytes, seconds and pieces.

    Attributes:
        slot: unique among the running processes of a fork server.
        temporary_folder: the folder it may write to; "" where it gets a file system of its own.
        device_bytes: memory of its GPU, all of which may be mapped into its address space.
    """

    slot: int
    memory_bytes: int
    temporary_bytes: int
    processes: int
    files: int
    cpu_seconds: int
    temporary_folder: str = ""
    device_bytes: int = 0


def to_bytes(value: ForkServerSettings | ChildLimits) -> bytes:
    """Return settings as JSON."""
    return json.dumps(asdict(value)).encode()


def fork_server_settings(data: bytes) -> ForkServerSettings:
    """Read what ``to_bytes`` wrote."""
    fields: dict[str, Any] = json.loads(data)
    for name in ("preload", "trees", "masks", "devices", "driver_libraries"):
        fields[name] = tuple(fields[name])
    return ForkServerSettings(**fields)


def child_limits(data: bytes) -> ChildLimits:
    """Read what ``to_bytes`` wrote."""
    return ChildLimits(**json.loads(data))
