"""The plain process of a student's own machine: pipes, limits where the system has them, and the grader's rules."""

from __future__ import annotations

import json
import os
import sys

from . import imports

STACK_BYTES = 8 << 20


def limit_resources(memory_mib: int, files: int, statm_fd: int) -> None:
    """Set what the operating system can limit, before a line of the submission runs; without effect on Windows.

    Args:
        memory_mib: address space beyond what is taken now.
        files: open at once.
        statm_fd: of ``/proc/self/statm``, -1 where there is none.
    """
    try:
        import resource
    except ImportError:
        return
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": files}
    if sys.platform == "linux":
        wanted["RLIMIT_STACK"] = STACK_BYTES  # the same depth of recursion
    # elsewhere it is ignored, or counts the libraries of the system; and a GPU takes address space by the terabyte
    if statm_fd >= 0 and "torch" not in sys.modules:
        now_bytes = int(os.pread(statm_fd, 100, 0).split()[0]) * resource.getpagesize()
        wanted["RLIMIT_AS"] = now_bytes + (memory_mib << 20)
    for name, value in wanted.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        most = value if hard < 0 else min(value, hard)
        resource.setrlimit(which, (most, most))


def main(arguments: list[str]) -> None:
    """Serve on standard input and output; what the student prints goes to standard error.

    Args:
        arguments: settings as JSON: memory_mib, files (limits); packages (folders and files of what may be imported
            beside the standard library); preload (names to import before the submission); line_file (where to write
            the line that is being run).
    """
    read_fd, write_fd = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (read_fd, write_fd):
            msvcrt.setmode(fd, os.O_BINARY)
    settings = json.loads(arguments[0])
    standard = [entry for entry in sys.path if os.path.exists(entry)]
    imports.show_packages(settings["packages"])
    for name in settings["preload"]:
        __import__(name)
    from . import home, startup, streams, worker  # they need numpy, which could not be found until now

    folder, folders = os.getcwd(), sorted({os.path.dirname(tree) for tree in settings["packages"]})
    rules = home.Rules([*standard, *settings["packages"]], folders, folder)
    line_fd = os.open(settings["line_file"], os.O_WRONLY)

    def resemble_the_grader(student_paths: frozenset[str]) -> None:
        home.watch_lines(line_fd, student_paths)
        startup.prepare(folder)
        home.start_no_shell()
        limit_resources(settings["memory_mib"], settings["files"], statm_fd)
        rules.install()

    statm_fd = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else -1
    code = worker.CONNECTION_LOST
    stream = streams.PipeStream(read_fd, write_fd)
    try:
        stream.send([b"S"])  # started: from now on time counts
        worker.serve(stream, 2, before_load=resemble_the_grader)
        code = 0
    except BaseException:
        code = worker.exit_code_without_reply()
    finally:
        os._exit(code)
