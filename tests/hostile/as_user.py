"""A backend run as an ordinary user from a test run of root's: a fork that gives root up for good."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox.child import syscalls
from autograder.sandbox.package_paths import find_package_paths

USER = 54_321  # no user of this name need exist


def run_as_user(action: Callable[[], Any]) -> Any:
    """Return what ``action`` returns, as JSON, from a fork with an ordinary user's rights.

    Where Python or the kit are below a folder that only root may enter, the fork sees them through a mount of its own.

    Raises:
        RuntimeError: the fork ended without an answer.
    """
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _give_up_root()
            with open(write_fd, "w", encoding="utf-8") as pipe:
                json.dump(action(), pipe)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(write_fd)
    with open(read_fd, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if not answer:
        raise RuntimeError("the part that ran as an ordinary user ended without an answer")
    return json.loads(answer)


def _give_up_root() -> None:
    layout = find_package_paths(("numpy",))
    closed = [folder for folder in layout.unreachable() if folder != "/"]
    outermost = [folder for folder in closed if not any(folder.startswith(other + "/") for other in closed)]
    if outermost:
        syscalls.unshare(syscalls.CLONE_NEWNS)
        syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    for folder in outermost:
        needed = (*layout.trees, os.path.realpath(sys.base_prefix), str(Path(__file__).resolve().parents[2]))
        _show_only(folder, [tree for tree in needed if tree.startswith(folder + "/")])
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # /proc/self belongs to root after a change of user, else
    os.environ["HOME"] = tempfile.gettempdir()


def _show_only(folder: str, trees: list[str]) -> None:
    """Cover a closed folder by an open one that has nothing in it but ``trees``."""
    held = {tree: os.open(tree, os.O_PATH) for tree in trees}
    syscalls.mount("tmpfs", folder, "tmpfs", 0, "mode=755,size=1m")
    for tree, fd in sorted(held.items(), key=lambda item: item[0].count("/")):
        if Path(tree).exists():  # within one that is shown already
            os.close(fd)
            continue
        if Path(f"/proc/self/fd/{fd}").is_dir():
            Path(tree).mkdir(parents=True)
        else:
            Path(tree).parent.mkdir(parents=True, exist_ok=True)
            Path(tree).touch()
        syscalls.mount(f"/proc/self/fd/{fd}", tree, None, syscalls.MS_BIND)
        os.close(fd)
