"""The fork server's main loop: import the packages, build the mounts, fork once per submission, report exit status."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import socket
import sys
import traceback

from . import confine, imports, mounts, seccomp, settings, startup, streams, syscalls, wire, worker
from .warmup import WARM_UP

MESSAGE_BYTES = 1 << 16


def warm_up(config: settings.ForkServerSettings, scan_id: int, scan_fd: int) -> ForkLoop:
    """Import the packages, build the mounts, and return the loop, ready to fork.

    Args:
        config: from the tester.
        scan_id: process id of the library scan.
        scan_fd: the descriptor from which its result is read.

    Raises:
        RuntimeError: it has more than one thread.
        OSError: the mounts could not be built.
    """
    for name in config.preload:
        importlib.import_module(name)
    for path in config.driver_libraries:  # found by its name from now on, wherever it is
        ctypes.CDLL(path)
    WARM_UP[config.warm_up]()
    with contextlib.suppress(PermissionError):  # an ordinary user without namespaces has none to drop
        syscalls.drop_bounding_capabilities()
    loaded = mounts.finish_library_scan(scan_id, scan_fd) | mounts.mapped_files()
    libraries = tuple(sorted(path for path in loaded if not mounts.is_below(path, config.trees)))
    if config.namespaces:
        mounts.build(config.mount_point, config.trees, config.masks, libraries, config.devices, config.kernel_files)
        importlib.invalidate_caches()
    else:
        imports.hide_packages(config.trees)
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:  # a fork copies one thread only, but the locks of all
        raise RuntimeError(f"the fork server has {threads} threads; it must have one")
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)  # its memory cannot be read by processes of the same user
    with open("/proc/self/statm", encoding="ascii") as file:
        own_bytes = int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    gc.collect()
    gc.freeze()  # a collection in a child must not write to, and so copy, these pages
    readable = tuple(path for path in (*config.trees, *libraries) if os.path.exists(path))
    devices = tuple(f"/dev/{name}" for name in mounts.DEVICES)
    return ForkLoop(config, own_bytes, readable + devices)


class ForkLoop:
    """The running children, and how to fork one more."""

    def __init__(self, config: settings.ForkServerSettings, own_bytes: int, readable: tuple[str, ...]) -> None:
        self.own_bytes = own_bytes
        self._config, self._readable = config, readable
        # in a pid namespace of its own every child has the id 1
        self._filter = seccomp.program(1, own_mounts=True, gpu=bool(config.devices)) if config.namespaces else None
        self._children: dict[int, tuple[int, int]] = {}  # pidfd: process id, status descriptor
        self._own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY) if config.namespaces else -1

    def serve(self, control: socket.socket) -> None:
        """Fork on each request and report each child's exit status; exits when the tester closes the socket."""
        poll = select.poll()
        poll.register(control, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd != control.fileno():
                    poll.unregister(fd)
                    self._reap(fd)
                    continue
                message, fds, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
                if not message:
                    os._exit(0)
                poll.register(self._fork(settings.child_limits(message), fds), select.POLLIN)

    def _fork(self, limits: settings.ChildLimits, fds: list[int]) -> int:
        rpc_fd, output_fd, status_fd = fds
        if self._config.namespaces:
            syscalls.unshare(syscalls.CLONE_NEWPID)  # for the next child only
        process_id = os.fork()
        if process_id == 0:
            self._run_child(limits, rpc_fd, output_fd, status_fd)
        if self._config.namespaces:
            syscalls.set_namespace(self._own_pid_namespace, syscalls.CLONE_NEWPID)
        pidfd = os.pidfd_open(process_id)
        _send_descriptor(status_fd, pidfd)
        os.close(rpc_fd)
        os.close(output_fd)
        self._children[pidfd] = (process_id, status_fd)
        return pidfd

    def _run_child(self, limits: settings.ChildLimits, rpc_fd: int, output_fd: int, status_fd: int) -> None:
        """The child: isolate, then serve; never returns."""
        code = worker.CONNECTION_LOST
        try:
            status_fd = confine.arrange_descriptors(rpc_fd, output_fd, status_fd)
            _open_output_again()
            rpc = socket.socket(fileno=confine.RPC_FD)  # queries the socket's type, which the filter refuses
            try:
                confine.confine(self._config, limits, self.own_bytes, self._readable, self._filter)
                startup.prepare(os.getcwd())
            except BaseException as error:
                os.write(status_fd, json.dumps({"fault": f"{type(error).__name__}: {error}"}).encode())
                os._exit(121)
            os.close(status_fd)
            worker.serve(streams.SocketStream(rpc))
            code = 0
        except (OSError, wire.WireError):  # the student's code closed the connection
            code = worker.exit_code_without_reply()
        except BaseException:
            code = worker.exit_code_without_reply()
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    def _reap(self, pidfd: int) -> None:
        process_id, status_fd = self._children.pop(pidfd)
        code = os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])
        try:
            os.write(status_fd, json.dumps({"code": code}).encode())
        except OSError:  # the tester has closed the session
            pass
        os.close(status_fd)
        os.close(pidfd)


def _open_output_again() -> None:
    """Give the child streams of its own: the fork server's believe that one can seek in them, as in its files."""
    for name, fd, errors in (
        ("stdout", 1, "surrogateescape"),
        ("stderr", 2, "backslashreplace"),
    ):  # as Python opens them
        stream = open(fd, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - open to the end
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _send_descriptor(status_fd: int, fd: int) -> None:
    with socket.socket(fileno=os.dup(status_fd)) as status:
        try:
            socket.send_fds(status, [b"P"], [fd])
        except OSError:  # the tester has exited; the next read of the control socket shows it too
            pass
