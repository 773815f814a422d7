"""The start of a fork server: the namespaces that all submissions share, then :mod:`forking` within them.

It is executed in a new interpreter, never forked from the tester. One SOCK_SEQPACKET socket connects the two: first it
receives its settings, then one message per submission with three descriptors: the process's socket, a pipe for its
output, and a socket for its status. All data of a student is sent over the first one, after the fork.

Nothing large is imported before the fork into the namespaces: memory that two processes have once shared loses its
large pages, and forks become slower.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import traceback

from . import mounts, settings, syscalls

MESSAGE_BYTES = 1 << 16


def main(arguments: list[str]) -> None:
    """Build the isolation that all submissions share, import the packages, fork on request until the tester exits.

    Args:
        arguments: the descriptor of the control socket.
    """
    control = socket.socket(fileno=int(arguments[0]))
    config = settings.fork_server_settings(control.recv(MESSAGE_BYTES))
    try:
        if config.namespaces:
            _enter_namespaces(config, control)
        scan = mounts.start_library_scan()
        loop = importlib.import_module(".forking", __package__).warm_up(config, *scan)
    except Exception:
        control.send(json.dumps({"fault": traceback.format_exc()[-4000:]}).encode())
        os._exit(3)
    control.send(json.dumps({"ready": True, "own_bytes": loop.own_bytes}).encode())
    loop.serve(control)


def _enter_namespaces(config: settings.ForkServerSettings, control: socket.socket) -> None:
    """Continue as the first process of new namespaces; this one only waits for it."""
    flags = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC
    flags |= syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWCGROUP
    if config.namespaces == "user":
        user, group = os.getuid(), os.getgid()
        syscalls.unshare(syscalls.CLONE_NEWUSER | flags)
        syscalls.write_id_maps(user, group)
    else:
        syscalls.unshare(flags)
    child = os.fork()
    if child:
        control.close()
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
