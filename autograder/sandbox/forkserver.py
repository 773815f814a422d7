"""The tester's side of the fork server: start it, request one process per submission."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.errors import SandboxFault
from autograder.runner.child.startup import DEVICE
from autograder.runner.runtimes import ONE_THREAD
from autograder.sandbox.cgroups import Group
from autograder.sandbox.child import settings
from autograder.sandbox.child.settings import TEMPORARY_FOLDER
from autograder.sandbox.package_paths import BOOT

START_SECONDS = 120.0  # importing torch from a cold disk
FORK_SECONDS = 30.0
ENVIRONMENT = {
    **ONE_THREAD,
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": TEMPORARY_FOLDER,
    "TMPDIR": TEMPORARY_FOLDER,
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # torch.cuda.is_available() does not start CUDA
    # large pages make the page tables small, and with them the cost of a fork; one arena keeps RLIMIT_AS honest
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1",
}
END_SECONDS = 2.0


@dataclass(frozen=True)
class ChildHandle:
    """One forked process: its socket, its output, its status socket, and a pidfd, which is never reused."""

    rpc: socket.socket
    output_fd: int
    status: socket.socket
    pidfd: int
    process_id: int

    def signal(self, number: int) -> None:
        """Send a signal; it cannot reach another process that got the same id."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def read_status(self, timeout_seconds: float) -> dict[str, Any]:
        """Return what the fork server reported: an exit code, or why isolation failed; {} after the timeout."""
        self.status.settimeout(timeout_seconds)
        with contextlib.suppress(OSError, ValueError):
            message = json.loads(self.status.recv(4096))
            return message if type(message) is dict else {}
        return {}

    def close(self) -> None:
        """Close every descriptor."""
        self.rpc.close()
        self.status.close()
        os.close(self.output_fd)
        os.close(self.pidfd)


class ForkServer:
    """A started fork server: a process that has imported the runtime's packages and forks once per submission.

    Raises:
        SandboxFault: it could not build its isolation, or has more than one thread.
    """

    def __init__(self, config: settings.ForkServerSettings, search: Sequence[str], group: Group | None) -> None:
        self._lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process, in close()
        self._control, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # the interpreter reads no .pth files (-S) and no user's packages (-s): they could name the kit's folder
        command = [sys.executable, "-S", "-s", "-P", "-X", "utf8", *BOOT, "start"]
        with inner:
            self.process = subprocess.Popen(
                [*command, str(inner.fileno()), os.pathsep.join(search)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env={**ENVIRONMENT, DEVICE: "cuda" if config.devices else "cpu"},
                cwd="/",
                pass_fds=(inner.fileno(),),
            )
        try:
            if group is not None:
                group.attach(self.process.pid)
            self._control.settimeout(START_SECONDS)
            self._control.send(settings.to_bytes(config))
            ready = json.loads(self._control.recv(1 << 16) or b"{}")
        except (OSError, ValueError) as error:
            ready = {"fault": str(error)}
        if "ready" not in ready:
            self.process.kill()
            self.process.wait()
            reason = "\n".join(filter(None, (ready.get("fault"), self.errors()))) or "it ended without a message"
            self.close()
            raise SandboxFault(f"the fork server did not start: {reason}")

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read()[-4000:].decode("utf-8", "replace")

    def fork(self, limits: settings.ChildLimits) -> ChildHandle:
        """Request a fork.

        Raises:
            SandboxFault: the fork server has ended.
        """
        rpc, inner_rpc = socket.socketpair()
        status, inner_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output_fd, inner_output = os.pipe()
        os.set_blocking(output_fd, False)
        rpc.setblocking(False)  # noqa: FBT003 - it takes no keyword
        passed = [inner_rpc.fileno(), inner_output, inner_status.fileno()]
        fds: list[int] = []
        try:
            with self._lock:
                socket.send_fds(self._control, [settings.to_bytes(limits)], passed)
            inner_status.close()
            status.settimeout(FORK_SECONDS)
            _, fds, _, _ = socket.recv_fds(status, 16, 1)
        except OSError:
            fds = []
        finally:
            inner_rpc.close()
            inner_status.close()
            os.close(inner_output)
        if not fds:
            rpc.close()
            status.close()
            os.close(output_fd)
            raise SandboxFault(f"the fork server has ended: {self.errors() or 'it was killed'}")
        return ChildHandle(rpc, output_fd, status, fds[0], _process_id_of(fds[0]))

    def close(self) -> None:
        """End it, and with it every process that it forked."""
        self._control.close()
        try:
            self.process.wait(END_SECONDS)  # a normal exit, so that its CPU time is counted
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._errors.close()


def _process_id_of(pidfd: int) -> int:
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pid:"):
                return int(line[4:])
    raise SandboxFault("this kernel does not report the process id of a pidfd")
