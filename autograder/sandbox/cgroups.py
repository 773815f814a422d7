"""A control group for each fork server and all its children: the last limit on memory and processes.

The fork server enters it once, before it forks, so that a submission pays nothing for it. Version 2 is preferred,
version 1 works. Within the group each process has its own resource limits; these are what a student normally reaches.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAME = re.compile(r"autograder-(\d+)-\d+")
REMOVE_SECONDS = 2.0


@dataclass(frozen=True)
class Group:
    """Folders of one control group: one in version 2, one for memory and one for pids in version 1."""

    folders: tuple[Path, ...]
    version: int

    def attach(self, process_id: int) -> None:
        """Move a process into the group; children that it forks later belong to it too."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(process_id))

    def limit(self, memory_bytes: int, processes: int) -> None:
        """Limit what all processes of the group use together."""
        memory, pids = self.folders[0], self.folders[-1]
        if self.version == 2:
            (memory / "memory.max").write_text(str(memory_bytes))
            with contextlib.suppress(OSError):  # kernels without accounting of swap have no such file
                (memory / "memory.swap.max").write_text("0")
        else:
            swap = memory / "memory.memsw.limit_in_bytes"  # may never be below the limit without swap
            with contextlib.suppress(OSError):
                swap.write_text(str(memory_bytes))
            (memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
            with contextlib.suppress(OSError):
                swap.write_text(str(memory_bytes))
        (pids / "pids.max").write_text(str(processes))

    def kills(self) -> int:
        """Return how many processes of the group the kernel killed because memory ran out."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        with contextlib.suppress(OSError):
            match = re.search(r"^oom_kill (\d+)$", (self.folders[0] / name).read_text(), re.MULTILINE)
            return int(match.group(1)) if match else 0
        return 0

    def remove(self) -> None:
        """Remove the group; its processes must have ended."""
        deadline = time.monotonic() + REMOVE_SECONDS
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:  # a process is still exiting
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.002)


def _hierarchies(root: Path) -> Iterator[tuple[tuple[Path, ...], int]]:
    """Yield the folders in which a group could be made, the best first."""
    if (root / "cgroup.controllers").exists():
        own = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
        here = root / own[0].lstrip("/") if own else root
        for folder in dict.fromkeys((here, here.parent, root)):
            control = folder / "cgroup.subtree_control"
            usable = folder.is_relative_to(root) and control.exists()
            if usable and {"memory", "pids"} <= set(control.read_text().split()):
                yield (folder,), 2
    elif (root / "memory").is_dir() and (root / "pids").is_dir():
        yield (root / "memory", root / "pids"), 1


def make_group(number: int, root: Path = ROOT) -> Group | None:
    """Return a new group, None where this machine or user cannot have one."""
    name = f"autograder-{os.getpid()}-{number}"
    for parents, version in _hierarchies(root):
        group = Group(tuple(parent / name for parent in parents), version)
        try:
            for folder in group.folders:
                folder.mkdir()
            group.limit(1 << 40, 1 << 15)
        except OSError:
            group.remove()
            continue
        return group
    return None


def sweep(root: Path = ROOT) -> int:
    """Remove the groups that killed graders left behind, and return the number of folders."""
    removed = 0
    for parents, _ in _hierarchies(root):
        for folder in (entry for parent in parents for entry in parent.glob("autograder-*-*")):
            match = NAME.fullmatch(folder.name)
            if match and not Path("/proc", match.group(1)).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    removed += 1
    return removed
