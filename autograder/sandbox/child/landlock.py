"""Landlock: which files a process may read and write, decided by the process itself and kept for good.

Constants: linux/landlock.h.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable

from . import syscalls

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_AND_MAKE = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 12)
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
FIRST_ABI = (1 << 13) - 1
RULE_PATH_BENEATH = 1
CREATE_RULESET_VERSION = 1
NET_BIND_AND_CONNECT = 3  # since ABI 4
SCOPE_SOCKETS_AND_SIGNALS = 3  # since ABI 6


def abi() -> int:
    """Return the kernel's Landlock version, 0 where there is none."""
    try:
        return syscalls.system_call("landlock_create_ruleset", None, 0, CREATE_RULESET_VERSION)
    except OSError:  # ENOSYS: not built in; EOPNOTSUPP: switched off
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], devices: Iterable[str] = ()) -> None:
    """Allow this thread and its descendants to read below ``readable``, to read and write below ``writable``.

    ``devices`` may be read, written and, alone among all devices, controlled (ioctl). Everything else is refused, and
    from ABI 4 on TCP, from ABI 6 on signals to and abstract sockets of others.
    """
    version = abi()
    handled = FIRST_ABI
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        handled |= right if version >= since else 0
    network = NET_BIND_AND_CONNECT if version >= 4 else 0
    scope = SCOPE_SOCKETS_AND_SIGNALS if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = syscalls.system_call(
        "landlock_create_ruleset", struct.pack("<QQQ", handled, network, scope)[:size], size, 0
    )
    try:
        reading = READ_FILE | READ_DIR
        for path in readable:
            _allow(ruleset, path, reading)
        for path in writable:
            _allow(ruleset, path, (reading | WRITE_FILE | REMOVE_AND_MAKE | REFER | TRUNCATE) & handled)
        for path in devices:
            _allow(ruleset, path, (READ_FILE | WRITE_FILE | IOCTL_DEV) & handled)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.system_call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV
        syscalls.system_call("landlock_add_rule", ruleset, RULE_PATH_BENEATH, struct.pack("<Qi", rights, fd), 0)
    finally:
        os.close(fd)
