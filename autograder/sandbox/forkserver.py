"""The tester's side of a warm parent: start it, ask it for processes."""

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
from autograder.sandbox.cgroups import Group
from autograder.sandbox.child import settings
from autograder.sandbox.package_paths import BOOT

START_SECONDS = 120.0  # importing torch from a cold disk
BIRTH_SECONDS = 30.0
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
ENVIRONMENT = {
    **dict.fromkeys(THREADS, "1"),
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/scratch",
    "TMPDIR": "/scratch",
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # large pages make the page tables small, and with them the cost of a fork; one arena keeps RLIMIT_AS honest
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1",
}
END_SECONDS = 2.0


@dataclass(frozen=True)
class Born:
    """One process: its socket, what it prints, its status, and a handle that outlives its number."""

    rpc: socket.socket
    output_fd: int
    status: socket.socket
    pidfd: int
    process_id: int

    def signal(self, number: int) -> None:
        """Send a signal; none reaches another process that got the same number."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def told(self, timeout_seconds: float) -> dict[str, Any]:
        """Return what the warm parent said about it: its exit code, or the fault of a wall; {} in case of silence."""
        self.status.settimeout(timeout_seconds)
        with contextlib.suppress(OSError, ValueError):
            message = json.loads(self.status.recv(4096))
            return message if type(message) is dict else {}
        return {}

    def release(self) -> None:
        """Close every handle."""
        self.rpc.close()
        self.status.close()
        os.close(self.output_fd)
        os.close(self.pidfd)


class WarmParent:
    """A started warm parent.

    Raises:
        SandboxFault: it could not build its walls, or has more than one thread.
    """

    def __init__(self, config: settings.WarmSettings, search: Sequence[str], group: Group | None) -> None:
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
                env=ENVIRONMENT,
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
            words = self.errors() or ready.get("fault") or "it ended without a word"
            self.close()
            raise SandboxFault(f"the warm parent did not start: {words}")

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read()[-4000:].decode("utf-8", "replace")

    def bear(self, birth: settings.Birth) -> Born:
        """Have it fork.

        Raises:
            SandboxFault: it is gone.
        """
        rpc, inner_rpc = socket.socketpair()
        status, inner_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output_fd, inner_output = os.pipe()
        os.set_blocking(output_fd, False)
        rpc.setblocking(False)  # noqa: FBT003 - it takes no keyword
        given = [inner_rpc.fileno(), inner_output, inner_status.fileno()]
        fds: list[int] = []
        try:
            with self._lock:
                socket.send_fds(self._control, [settings.to_bytes(birth)], given)
            inner_status.close()
            status.settimeout(BIRTH_SECONDS)
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
            raise SandboxFault(f"the warm parent is gone: {self.errors() or 'it was ended'}")
        return Born(rpc, output_fd, status, fds[0], _number_of(fds[0]))

    def close(self) -> None:
        """End it, and with it every process that it bore."""
        self._control.close()
        try:
            self.process.wait(END_SECONDS)  # by itself, so that its processor time is accounted for
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._errors.close()


def _number_of(pidfd: int) -> int:
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pid:"):
                return int(line[4:])
    raise SandboxFault("this kernel does not tell the number of a process")
