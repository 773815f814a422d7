"""Which kernel interfaces this user can use: each is tried in a process of its own. Prints JSON."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable

from . import landlock, seccomp, syscalls

NAMESPACES = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWCGROUP
)


def try_in_child(action: Callable[[], object]) -> str:
    """Return '' where ``action`` succeeds in a fork, else the error."""
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            result = "ok"
        except BaseException as error:
            result = f"{type(error).__name__}: {error}"
        os.write(write_fd, result.encode()[:4000])
        os._exit(0)
    os.close(write_fd)
    with open(read_fd, "rb") as pipe:
        result = pipe.read().decode()
    os.waitpid(child, 0)
    return "" if result == "ok" else result or "it ended without a message"


def namespaces_as_root() -> None:
    """Create every namespace and a new root directory, with the privileges of this process."""
    syscalls.unshare(NAMESPACES)
    _in_child(_new_root)


def namespaces_as_user() -> None:
    """The same through a user namespace, and another one within it."""
    user, group = os.getuid(), os.getgid()
    syscalls.unshare(syscalls.CLONE_NEWUSER | NAMESPACES)
    syscalls.write_id_maps(user, group)
    _in_child(_nested_user)


def _in_child(action: Callable[[], object]) -> None:
    """The first process of a new pid namespace is the next fork."""
    result = try_in_child(action)
    if result:
        raise OSError(result)


def _nested_user() -> None:
    _new_root()
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
    syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNS)
    syscalls.write_id_maps(0, 0)


def _new_root() -> None:
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m")
    os.mkdir("/tmp/proc")
    syscalls.make_read_only("/tmp")
    syscalls.mount("proc", "/tmp/proc", "proc", 0)
    os.chdir("/tmp")
    syscalls.pivot_root(".", ".")
    syscalls.detach(".")


def refuse_files() -> None:
    """Restrict this process by Landlock and check that it works."""
    landlock.restrict(("/usr",), ())
    try:
        os.listdir("/etc")
    except PermissionError:
        return
    raise OSError("the rule has no effect")


def refuse_calls() -> None:
    """Install the filter and check that it works."""
    syscalls.install_filter(seccomp.program(os.getpid(), own_mounts=False))
    try:
        socket.socket()
    except PermissionError:
        return
    raise OSError("the filter has no effect")


def take_user_id() -> None:
    """Become a user that does not exist."""
    user = int(sys.argv[3])
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def watch_from_outside() -> None:
    """Open a pidfd of a process, and read its CPU clock."""
    child = os.fork()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    try:
        pidfd = os.pidfd_open(child)
        with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
            if "Pid:" not in file.read():
                raise OSError("fdinfo does not report the process id")
        time.clock_gettime((~child << 3) | 2)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def main(_: list[str]) -> None:
    """Print one JSON object: name of the interface to '' or the error; and Landlock's version."""
    trials = {
        "namespaces_root": namespaces_as_root,
        "namespaces_user": namespaces_as_user,
        "landlock": refuse_files,
        "seccomp": refuse_calls,
        "user_id": take_user_id,
        "outside": watch_from_outside,
    }
    found: dict[str, object] = {name: try_in_child(trial) for name, trial in trials.items()}
    sys.stdout.write(json.dumps({**found, "landlock_abi": landlock.abi()}))
