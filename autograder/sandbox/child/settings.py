"""What the tester tells a warm parent, and what it asks of it: numbers and paths, nothing of a student or a test."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class WarmSettings:
    """How a warm parent is to be built; sent once, before it does anything.

    Attributes:
        namespaces: "root" (it has CAP_SYS_ADMIN), "user" (through a user namespace) or "" (none).
        landlock, seccomp: whether each process restricts itself so; switched off by tests only.
        user_base: first user id to give to processes, 0 to keep the tester's.
        torch: import torch too.
        trees: folders and files that may be read: standard library, packages, this folder.
        masks: folders within them that may not.
        mount_point: an existing folder that is on the way to none of the trees.
    """

    namespaces: str
    landlock: bool
    seccomp: bool
    user_base: int
    torch: bool
    trees: tuple[str, ...]
    masks: tuple[str, ...]
    mount_point: str


@dataclass(frozen=True)
class Birth:
    """What one process may use, in bytes, seconds and pieces.

    Attributes:
        slot: unique among the living processes of a warm parent.
        scratch: the folder it may write to; "" where it gets a file system of its own.
    """

    slot: int
    memory_bytes: int
    scratch_bytes: int
    processes: int
    files: int
    cpu_seconds: int
    scratch: str = ""


def to_bytes(value: WarmSettings | Birth) -> bytes:
    """Return settings as JSON."""
    return json.dumps(asdict(value)).encode()


def warm_settings(data: bytes) -> WarmSettings:
    """Read what ``to_bytes`` wrote."""
    fields: dict[str, Any] = json.loads(data)
    for name in ("trees", "masks"):
        fields[name] = tuple(fields[name])
    return WarmSettings(**fields)


def birth(data: bytes) -> Birth:
    """Read what ``to_bytes`` wrote."""
    return Birth(**json.loads(data))
