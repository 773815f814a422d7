"""A freshly forked process isolates itself, irrevocably, before it reads a byte of a student's."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Sequence

from . import landlock, mounts, seccomp, syscalls
from .settings import TEMPORARY_FOLDER, ChildLimits, ForkServerSettings

STACK_BYTES = 8 << 20
DRIVER_ADDRESS_BYTES = 64 << 30  # CUDA 13 maps 18 GiB before the first allocation (docs/gpu.md)
RPC_FD = 3


def enter_namespaces(settings: ForkServerSettings) -> None:
    """Leave the fork server's mount and IPC namespaces; as an ordinary user, through a user namespace of its own."""
    own = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC
    if settings.namespaces == "user":
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # else root owns /proc/self, and the maps cannot be written
        syscalls.unshare(syscalls.CLONE_NEWUSER | own)
        syscalls.write_id_maps(0, 0)
        syscalls.drop_bounding_capabilities()  # a new user namespace starts with all of them
    elif settings.namespaces == "root":
        syscalls.unshare(own)


def arrange_descriptors(rpc_fd: int, output_fd: int, status_fd: int) -> int:
    """Keep only 0 (empty input), 1 and 2 (output), 3 (the tester) and, until confined, the returned status socket."""
    null = os.open(os.devnull, os.O_RDONLY)
    moved = [os.dup(fd) for fd in (null, output_fd, output_fd, rpc_fd, status_fd)]  # no dup2 below may close them
    high = max(moved) + 1
    moved = [os.dup2(fd, high + place) for place, fd in enumerate(moved)]
    for place, fd in enumerate(moved):
        os.dup2(fd, place)
    syscalls.close_from(RPC_FD + 2)
    return RPC_FD + 1


def limit_resources(settings: ForkServerSettings, limits: ChildLimits, own_bytes: int) -> None:
    """Set the resource limits, hard and soft; ``own_bytes`` is the address space before any student code."""
    # device memory and the driver's own tables have addresses, too; there the tester watches what is resident
    device_bytes = limits.device_bytes + DRIVER_ADDRESS_BYTES if settings.devices else 0
    wanted = {
        resource.RLIMIT_AS: own_bytes + limits.memory_bytes + device_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.temporary_bytes,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_SIGPENDING: 256,
        resource.RLIMIT_STACK: STACK_BYTES,
    }
    if threads_counted_separately(settings):
        wanted[resource.RLIMIT_NPROC] = limits.processes
    for which, value in wanted.items():
        hard = resource.getrlimit(which)[1]
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bounded, bounded))


def threads_counted_separately(settings: ForkServerSettings) -> bool:
    """Return whether the kernel counts this process's threads apart from those of the user who grades.

    It does for a separate user id, and from Linux 5.14 on for a separate user namespace. Elsewhere a limit would
    count every process of the grader's desktop; there threads are limited by the address space of their stacks.
    """
    if settings.user_base:
        return True
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return settings.namespaces == "user" and release >= (5, 14)


def become_user(user: int) -> None:
    """Take a user id that owns nothing and that no other process has."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def confine(
    settings: ForkServerSettings,
    limits: ChildLimits,
    own_bytes: int,
    readable: Sequence[str],
    program: bytes | None,
) -> None:
    """Isolate this process.

    Args:
        settings: how the fork server was built.
        limits: what this process may use.
        program: the seccomp program for a process with id 1; None to make one.
        own_bytes: address space of the fork server.
        readable: what Landlock allows to read where the process has no mounts of its own.

    Raises:
        OSError: an isolation layer could not be built; the caller must end the process.
    """
    os.setsid()
    user = settings.user_base + limits.slot if settings.user_base else 0
    syscalls.prctl(syscalls.PR_SET_THP_DISABLE, 1)  # the student's memory is counted in pages of 4 KiB
    if settings.namespaces and settings.devices:  # before the user namespace: its pid namespace belongs to ours
        syscalls.unshare(syscalls.CLONE_NEWNS)
        mounts.mount_own_proc(settings.kernel_files)
    enter_namespaces(settings)
    if settings.namespaces:
        mounts.mount_private(limits.temporary_bytes, user, own_proc=bool(settings.devices))
        readable, folder, own_proc = ("/",), TEMPORARY_FOLDER, f"/proc/{mounts.OWN_PROC}"
    else:
        folder, own_proc = limits.temporary_folder, f"/proc/{os.getpid()}/task"
        os.chdir(folder)
        if settings.devices:
            kernel_files = [path for path in settings.kernel_files if os.path.exists(path)]
            readable = (*readable, *kernel_files, f"/proc/{os.getpid()}")
    limit_resources(settings, limits, own_bytes)
    if user:
        become_user(user)
    if settings.landlock:
        writable = (folder, os.devnull, *((own_proc,) if settings.devices else ()))  # CUDA names its threads
        landlock.restrict(readable, writable, settings.devices)
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # the tester reads its memory use; no other process can see it
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, 9)  # after the last change of credentials, which would clear it
    if settings.seccomp:
        own_mounts, gpu = bool(settings.namespaces), bool(settings.devices)
        syscalls.install_filter(program or seccomp.program(os.getpid(), own_mounts=own_mounts, gpu=gpu))
