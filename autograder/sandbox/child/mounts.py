"""The read-only mounts that a submission sees: the Python runtime, the packages, this folder, and no more."""

from __future__ import annotations

import ctypes
import json
import os
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from . import syscalls
from .settings import TEMPORARY_FOLDER

DEVICES = ("null", "zero", "full", "random", "urandom")
OWN_PROC = "own"  # folder of /proc with the process itself, where there is a GPU
TMPFS_FLAGS = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Return whether ``path`` is one of ``folders`` or below one."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def mapped_files() -> set[str]:
    """Return the files that this process has mapped into memory: itself and its libraries."""
    lines = Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines()
    files = {line[line.index("/") :] for line in lines if "/" in line}
    return {path for path in files if os.path.isfile(path)}


def start_library_scan() -> tuple[int, int]:
    """Start a process that loads every compiled module of the standard library, to find the libraries that they need.

    It is forked while this process is small: a later fork would split the large pages of what was imported before.

    Returns:
        its process id, and the descriptor from which its result is read.
    """
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for module in sorted(Path(sysconfig.get_path("platstdlib"), "lib-dynload").glob("*.so")):
                try:
                    ctypes.CDLL(str(module))
                except OSError:  # a module whose library is not installed cannot be imported
                    continue
            with open(write_fd, "w", encoding="utf-8") as pipe:
                json.dump(sorted(mapped_files()), pipe)
        finally:
            os._exit(0)
    os.close(write_fd)
    return child, read_fd


def finish_library_scan(process_id: int, read_fd: int) -> set[str]:
    """Wait for the scan and return the files that it found."""
    with open(read_fd, encoding="utf-8") as pipe:
        found = set(json.load(pipe))
    os.waitpid(process_id, 0)
    return found


def build(
    new: str,
    trees: Sequence[str],
    masks: Sequence[str],
    libraries: Sequence[str],
    devices: Sequence[str] = (),
    kernel_files: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Build the mounts at ``new`` and make it the root; the old file system cannot be reached afterwards.

    Args:
        new: an existing folder with none of the others below it.
        trees: files and folders that may be read.
        masks: folders within them that may not.
        libraries: files that may be read, with the links by which the loader finds them.
        devices: nodes below ``/dev`` beside the usual ones.
        kernel_files: text of files below ``/sys``, by path; those below ``/proc`` each process gets itself.
    """
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", new, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=4m,mode=755")
    for mask in sorted(masks):
        _bind_parent_first(new, mask, trees)
    for path in sorted(trees, key=lambda path: (path.count("/"), path)):
        if not is_below(path, masks) and is_below(path, [tree for tree in trees if tree != path]):
            continue  # mounted with the tree that holds it
        bind(new, path)
        for mask in masks:
            if is_below(mask, (path,)):
                syscalls.mount("tmpfs", new + mask, "tmpfs", TMPFS_FLAGS, "size=1m,mode=755")
    for path in libraries:
        bind(new, path)
        _copy_links_to(new, path)
    copy_root_links(new)
    for path in (*(f"/dev/{name}" for name in DEVICES), *devices):
        bind(new, path)
    _write_texts(new, {path: text for path, text in kernel_files.items() if is_below(path, ("/sys",))})
    for folder in (TEMPORARY_FOLDER, "/proc"):
        os.makedirs(new + folder, exist_ok=True)
    for link in ("/tmp", "/dev/shm", "/var/tmp"):
        if not os.path.lexists(new + link):
            os.makedirs(os.path.dirname(new + link), exist_ok=True)
            os.symlink(TEMPORARY_FOLDER, new + link)
    syscalls.make_read_only(new)
    # the kernel allows a new proc in a user namespace only while a full one is still mounted
    syscalls.mount("proc", new + "/proc", "proc", TMPFS_FLAGS)
    os.chdir(new)
    syscalls.pivot_root(".", ".")
    syscalls.detach(".")
    os.chdir("/")


def _bind_parent_first(new: str, mask: str, trees: Sequence[str]) -> None:
    """A mask must be below a tree: elsewhere it would hide nothing, which would be a mistake of ours."""
    if not is_below(mask, trees):
        raise ValueError(f"{mask} is in none of the visible folders of {new}")


def bind(new: str, path: str) -> None:
    """Bind ``path`` to the same place below ``new``."""
    target = new + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb"):
            pass
    syscalls.mount(path, target, None, syscalls.MS_BIND)


def _copy_links_to(new: str, path: str) -> None:
    """Repeat the links beside a library by which the loader finds it (libz.so.1 for libz.so.1.2.13)."""
    folder = os.path.dirname(path)
    stem = os.path.basename(path).split(".so")[0]
    with os.scandir(folder) as entries:
        for entry in entries:
            leads_here = entry.name.startswith(stem) and entry.is_symlink() and os.path.realpath(entry.path) == path
            if leads_here and not os.path.lexists(new + entry.path):
                os.symlink(os.path.basename(path), new + entry.path)


def copy_root_links(new: str) -> None:
    """Repeat /lib -> usr/lib and the like."""
    with os.scandir("/") as entries:
        for entry in entries:
            if entry.is_symlink() and entry.name.startswith("lib") and not os.path.lexists(new + entry.path):
                os.symlink(os.readlink(entry.path), new + entry.path)


def _write_texts(root: str, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)


def mount_own_proc(kernel_files: Mapping[str, str]) -> None:
    """In a process's own mount and pid namespaces: a /proc with this process alone and copies of the given files.

    CUDA does not start without ``/proc/self``, nor where it cannot write its threads' names there. The whole /proc
    would show the machine's memory, load and network; ``subset=pid`` (Linux 5.8) leaves processes only, of which there
    is one.
    """
    syscalls.mount("tmpfs", "/proc", "tmpfs", TMPFS_FLAGS, "size=1m,nr_inodes=256,mode=755")
    os.mkdir(f"/proc/{OWN_PROC}")
    syscalls.mount("proc", f"/proc/{OWN_PROC}", "proc", TMPFS_FLAGS, "subset=pid")
    for name in ("self", "thread-self", "1"):
        os.symlink(f"{OWN_PROC}/{name}", f"/proc/{name}")
    _write_texts("", {path: text for path, text in kernel_files.items() if is_below(path, ("/proc",))})


def mount_private(temporary_bytes: int, user: int, *, own_proc: bool = False) -> None:
    """In a process's own mount namespace: mount an empty temporary folder of limited size, and hide /proc.

    With ``own_proc`` the /proc of :func:`mount_own_proc` stays.
    """
    options = f"size={temporary_bytes},nr_inodes=4096,mode=700,uid={user},gid={user}"
    syscalls.mount("tmpfs", TEMPORARY_FOLDER, "tmpfs", TMPFS_FLAGS, options)
    if not own_proc:
        syscalls.mount("tmpfs", "/proc", "tmpfs", TMPFS_FLAGS | syscalls.MS_RDONLY, "size=4k,nr_inodes=2,mode=555")
    os.chdir(TEMPORARY_FOLDER)
