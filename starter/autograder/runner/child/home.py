"""What a student's own machine can do to resemble the grader: the same packages, files and refusals.

None of it is isolation, and no mark depends on it. It makes ``check`` end as grading ends, so that nobody is surprised.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from typing import Any

DEVICES = frozenset(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom"))
REFUSED = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile",
    "pty.spawn", "socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname",
)  # fmt: skip
LISTS = frozenset({"os.listdir", "os.scandir"})  # glob lists by them, and finds nothing where they fail
CHANGES = frozenset({
    "os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "shutil.rmtree", "shutil.move",
})  # fmt: skip
SAMPLE_SECONDS = 0.1
LINE_BYTES = 1000
SYSTEM_FOLDERS = ("/usr/lib/", "/dev/")  # the sandbox shows some of what they hold
NOT_THERE = "this file is not there when your code is graded"


class Rules:
    """Refuses what the sandbox refuses, as an audit hook: other files are not there, nothing is started or called up.

    Args:
        readable: files and folders that the sandbox shows.
        searched: folders of packages: Python lists them when it looks for one.
        folder: the temporary folder; the only one that may be written to.
    """

    def __init__(self, readable: list[str], searched: list[str], folder: str) -> None:
        self._readable = tuple(map(_canonical, [*readable, folder]))
        self._searched = frozenset(map(_canonical, searched))
        self._folder = _canonical(folder)

    def install(self) -> None:
        """From now on; an audit hook cannot be taken away."""
        sys.addaudithook(self.audit)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse an event.

        Raises:
            PermissionError: it starts a process, uses the network or writes elsewhere.
            FileNotFoundError: it reads a file that the sandbox does not show.
        """
        if event == "open":
            self._open(*arguments)
        elif event in REFUSED and not (event == "socket.__new__" and _is_of_a_pair(*arguments[1:3])):
            raise PermissionError(errno.EPERM, f"not allowed when your code is graded: {event}")
        elif event in LISTS:
            if not (isinstance(arguments[0], str) and _canonical(arguments[0]) in self._searched):
                self._read(arguments[0])
        elif event == "os.chdir":
            self._enter(arguments[0])
        elif event in CHANGES:
            self._write(arguments[0], makes_folders=event == "os.mkdir")
        elif event == "resource.setrlimit":
            _require_lower(*arguments)

    def _open(self, path: object, mode: str | None, flags: int) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a descriptor
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else 0
        if writes or (mode and set(mode) & set("wax+")):
            self._write(path)
        else:
            self._read(path)

    def _read(self, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike) and not self._is_below(path, self._readable):
            raise FileNotFoundError(errno.ENOENT, NOT_THERE, os.fsdecode(path))

    def _write(self, path: object, *, makes_folders: bool = False) -> None:
        if isinstance(path, str | bytes | os.PathLike) and not self._is_below(path, (self._folder,)):
            if not makes_folders:  # os.makedirs begins at the top
                self._enter(os.path.dirname(_canonical(os.fsdecode(path))))
            raise PermissionError(
                errno.EACCES, "nothing can be written there when your code is graded", os.fsdecode(path)
            )

    def _enter(self, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike) and not self._is_there(_canonical(os.fsdecode(path))):
            raise FileNotFoundError(errno.ENOENT, NOT_THERE, os.fsdecode(path))

    def _is_there(self, folder: str) -> bool:
        """Whether the sandbox has a folder: one that it shows, or one on the way to it."""
        above = folder.rstrip(os.sep) + os.sep
        return self._is_below(folder, self._readable) or any(
            place.startswith(above) for place in (*self._readable, *SYSTEM_FOLDERS)
        )

    def _is_below(self, path: str | bytes | os.PathLike[Any], folders: tuple[str, ...]) -> bool:
        name = os.fsdecode(path)
        if name in DEVICES or name == os.devnull:
            return True
        place = _canonical(name)
        return any(place == folder or place.startswith(folder + os.sep) for folder in folders)


def start_no_shell() -> None:
    """Let ``os.system`` do what it does when graded: no shell can be started there, and it returns -1."""
    os.system = lambda command: -1


def _require_lower(which: int, limits: tuple[int, int]) -> None:
    """Refuse to raise a limit above its maximum, which root may do.

    Raises:
        ValueError: as for other users.
    """
    import resource  # not on Windows

    allowed = resource.getrlimit(which)[1]
    if allowed != resource.RLIM_INFINITY and not 0 <= limits[1] <= allowed:
        raise ValueError("not allowed to raise maximum limit")


def _is_of_a_pair(family: int, kind: int) -> bool:
    """Whether a socket can be of a pair within the process, as asyncio has; it cannot be connected or bound."""
    return family == getattr(socket, "AF_UNIX", None) and kind == socket.SOCK_STREAM


def _canonical(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


def watch_lines(descriptor: int, student_paths: frozenset[str]) -> None:
    """Write down, again and again, which of the student's lines is being run, for the words about a time-out.

    Args:
        descriptor: of a file; it holds ``path:line`` in a fixed width.
        student_paths: the files of the submission.
    """
    main = threading.main_thread().ident
    wait = threading.Event()

    def sample() -> None:
        while not wait.wait(SAMPLE_SECONDS):
            frame = sys._current_frames().get(main or 0)
            while frame is not None and frame.f_code.co_filename not in student_paths:
                frame = frame.f_back
            text = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, text.encode("utf-8", "replace")[:LINE_BYTES].ljust(LINE_BYTES))

    threading.Thread(target=sample, name="line", daemon=True).start()  # a name: the student's own is Thread-1
