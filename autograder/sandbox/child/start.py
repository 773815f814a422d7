"""The start of a warm parent: the namespaces that all submissions share, then :mod:`parent` within them.

It is started clean, never forked from the tester, and speaks with it over one SOCK_SEQPACKET socket:
first its settings, then one message a submission with three descriptors: the process's socket, where its
output goes, and a socket for its status. Everything of a student goes over the first, after the fork.

Nothing large is imported before the fork into the namespaces: memory that two processes have shared once loses its
large pages, and with them the cheap forks.
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
    """Build the walls that all submissions share, warm up, serve until the tester goes away.

    Args:
        arguments: the descriptor of the control socket.
    """
    control = socket.socket(fileno=int(arguments[0]))
    config = settings.warm_settings(control.recv(MESSAGE_BYTES))
    try:
        if config.namespaces:
            _enter_namespaces(config, control)
        scout = mounts.send_scout()
        parent = importlib.import_module(".forkserver", __package__).warm_up(config, *scout)
    except Exception:
        control.send(json.dumps({"fault": traceback.format_exc()[-4000:]}).encode())
        os._exit(3)
    control.send(json.dumps({"ready": True, "own_bytes": parent.own_bytes}).encode())
    parent.serve(control)


def _enter_namespaces(config: settings.WarmSettings, control: socket.socket) -> None:
    """Go on as the first process of new namespaces; this one only waits for it."""
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
