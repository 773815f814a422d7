"""Direct calls of Linux interfaces that Python 3.11 lacks; each raises OSError on failure.

Numbers and constants are those of the kernel's user-space headers (linux/sched.h, mount.h, prctl.h, seccomp.h).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 23, 24
PR_SET_NO_NEW_PRIVS, PR_SET_THP_DISABLE, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 41, 47, 4
CAP_SYS_ADMIN = 21
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = -100, 0x8000, 1, 2
SECCOMP_SET_MODE_FILTER = 1

# numbers above 400 are the same everywhere
_NUMBERS = {
    "x86_64": {"pivot_root": 155, "seccomp": 317, "capset": 126},
    "aarch64": {"pivot_root": 41, "seccomp": 277, "capset": 91},
}
_COMMON = {
    "close_range": 436,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}


_LIBC = ctypes.CDLL(None, use_errno=True)  # opened once: a fresh one resolves each name again
_LIBC.syscall.restype = ctypes.c_long


def machine() -> str:
    """Return the processor's name, as the tables here have it."""
    return platform.machine()


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system_call(name: str, *arguments: int | bytes | None) -> int:
    """Make a system call by name."""
    number = _COMMON.get(name) or _NUMBERS[machine()][name]
    converted = [ctypes.c_long(item) if isinstance(item, int) else ctypes.c_char_p(item) for item in arguments]
    return _check(_LIBC.syscall(ctypes.c_long(number), *converted), name)


def unshare(flags: int) -> None:
    """Leave the namespaces named by ``flags`` for new ones."""
    _check(_LIBC.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def set_namespace(fd: int, kind: int) -> None:
    """Enter the namespace that ``fd`` refers to."""
    _check(_LIBC.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount a file system, or bind a path to another."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    result = _LIBC.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    _check(result, f"mount {source} on {target}")


def detach(target: str) -> None:
    """Unmount lazily."""
    _check(_LIBC.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root directory."""
    system_call("pivot_root", os.fsencode(new), os.fsencode(old))


def make_read_only(path: str) -> None:
    """Make every mount at and below ``path`` read-only and without set-user-ID (Linux 5.12)."""
    attributes = struct.pack("<QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    system_call("mount_setattr", AT_FDCWD, os.fsencode(path), AT_RECURSIVE, attributes, len(attributes))


def prctl(option: int, value: int = 0) -> int:
    """Change or read a property of this process."""
    zero = ctypes.c_ulong(0)
    return _check(_LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on (Linux 5.9)."""
    system_call("close_range", first, 0xFFFFFFFF, 0)


def drop_bounding_capabilities() -> None:
    """Remove every capability from the set that any later process could gain; needs CAP_SETPCAP."""
    for number in range(64):
        try:
            if prctl(PR_CAPBSET_READ, number):
                prctl(PR_CAPBSET_DROP, number)
        except OSError:
            if number > CAP_SYS_ADMIN:  # past the last one that this kernel knows
                return
            raise


def drop_capabilities() -> None:
    """Give up all capabilities of this process."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("<Ii", 0x20080522, 0)  # version 3, this process
    system_call("capset", header, struct.pack("<6I", 0, 0, 0, 0, 0, 0))


def install_filter(program: bytes) -> None:
    """Install a seccomp filter (classic BPF, 8 bytes an instruction) on this thread and its descendants."""
    buffer = ctypes.create_string_buffer(program, len(program))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    system_call(
        "seccomp", SECCOMP_SET_MODE_FILTER, 0, struct.pack("<H6xQ", len(program) // 8, ctypes.addressof(buffer))
    )


def write_id_maps(user: int, group: int) -> None:
    """Map this process's ids, just entered into a new user namespace, to 0 within it."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
