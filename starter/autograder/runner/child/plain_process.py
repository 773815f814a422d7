"""The plain process on a student's own machine: pipes, resource limits where the system has them, no isolation."""

from __future__ import annotations

import os
import random
import sys
from functools import partial

import numpy as np

from . import streams, worker


def limit_resources(memory_mib: int, files: int) -> None:
    """Set resource limits, once the submission is imported; without effect on Windows."""
    try:
        import resource
    except ImportError:
        return
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": files}
    # other systems ignore it, or count their libraries; and a GPU reserves terabytes of address space
    if sys.platform == "linux" and "torch" not in sys.modules:
        with open("/proc/self/statm", encoding="ascii") as file:
            now_bytes = int(file.read().split()[0]) * resource.getpagesize()
        wanted["RLIMIT_AS"] = now_bytes + (memory_mib << 20)
    for name, value in wanted.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(which, (value if hard < 0 else min(value, hard), hard))


def main(arguments: list[str]) -> None:
    """Serve on standard input and output; what the student prints goes to standard error."""
    read_fd, write_fd = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (read_fd, write_fd):
            msvcrt.setmode(fd, os.O_BINARY)
    limit = partial(limit_resources, int(arguments[0]), int(arguments[1]))
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the legacy generator is the one that students' code may use unseeded
    code = worker.CONNECTION_LOST
    try:
        worker.serve(streams.PipeStream(read_fd, write_fd), marker_fd=2, after_load=limit)
        code = 0
    except BaseException:
        code = worker.exit_code_without_reply()
    finally:
        os._exit(code)
