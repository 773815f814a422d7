"""Start a notebook's kernel where it sees Python, its packages and the student's files, and nothing else.

Run as ``python -m autograder.channels.kernelroom SETTINGS COMMAND…`` by :mod:`autograder.channels.roomkernel`. What
runs in the kernel is hostile. It has mounts, processes, network and shared memory of its own; its user owns nothing.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys

from autograder.sandbox.child import mounts, syscalls

WORK = "work"  # of the room: a file system in memory with a copy of the student's files
SOCKET, CONNECTION = "k", "kernel.json"  # names in the room that Jupyter and the kernel know
CHANNELS = 5  # shell, iopub, stdin, control, heartbeat
SOCKETS_MIB = 4
FLAGS = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWPID
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/ssl")


def main() -> None:
    """Enter the room and become the kernel; the first process waits outside for it."""
    settings, command = json.loads(sys.argv[1]), sys.argv[2:]
    if settings["namespaces"] == "user":
        user, group = os.getuid(), os.getgid()
        syscalls.unshare(syscalls.CLONE_NEWUSER | FLAGS)
        syscalls.write_id_maps(user, group)
    else:
        syscalls.unshare(FLAGS)
    ready, linked = os.pipe()
    child = os.fork()
    if child:
        _link_sockets(settings, child)
        os.write(linked, b"x")
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the kernel
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    try:
        os.read(ready, 1)  # the parent has linked the sockets: from the next mount on it sees no other files
        os.close(ready)
        os.close(linked)
        _enter(settings)
        quiet = os.open(os.devnull, os.O_RDWR)  # what a kernel writes past Jupyter would reach a person's terminal
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        os.execve(command[0], command, _environment(settings))
    except OSError as error:
        os.write(2, f"the room of the kernel could not be built: {error}\n".encode())
    finally:
        os._exit(70)


def _link_sockets(settings: dict[str, object], kernel: int) -> None:
    """Let Jupyter reach the kernel's sockets: they are in a file system in memory that only the room has."""
    room = str(settings["room"])
    for number in range(1, CHANNELS + 1):
        os.symlink(f"/proc/{kernel}/root{room}/{SOCKET}-{number}", f"{room}/{SOCKET}-{number}")


def _enter(settings: dict[str, object]) -> None:
    room, new, user = str(settings["room"]), str(settings["mount_point"]), int(str(settings["user"]))
    trees = [str(path) for path in settings["trees"]]  # type: ignore[attr-defined]  # a list, from JSON
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", new, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=4m,mode=755")
    for path in sorted(trees, key=lambda path: (path.count("/"), path)):
        if not mounts.is_below(path, [tree for tree in trees if tree != path]):
            mounts.bind(new, path)
    mounts.copy_root_links(new)
    for name in mounts.DEVICES:
        mounts.bind(new, f"/dev/{name}")
    for folder in ("/proc", room):
        os.makedirs(new + folder, exist_ok=True)
    syscalls.make_read_only(new)
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", new + room, "tmpfs", flags, f"size={SOCKETS_MIB}m,nr_inodes=100,mode=700")
    shutil.copyfile(f"{room}/{CONNECTION}", f"{new}{room}/{CONNECTION}")
    work, source = f"{new}{room}/{WORK}", str(settings["source"])
    os.mkdir(work)
    for path in (new + room, f"{new}{room}/{CONNECTION}") if user else ():
        os.chown(path, user, user)
    options = f"size={settings['disk_mib']}m,nr_inodes=20000,mode=700"
    syscalls.mount("tmpfs", work, "tmpfs", flags, options)
    shutil.copytree(source, work, dirs_exist_ok=True, symlinks=True, ignore_dangling_symlinks=True)
    os.makedirs(f"{work}/.home/tmp", exist_ok=True)
    for parent, folders, files in os.walk(work):
        for name in (".", *folders, *files) if user else ():
            os.chown(os.path.join(parent, name), user, user, follow_symlinks=False)
    syscalls.mount("proc", new + "/proc", "proc", mounts.TMPFS_FLAGS)
    os.chdir(new)
    syscalls.pivot_root(".", ".")
    syscalls.detach(".")
    os.chdir(f"{room}/{WORK}")
    for which, value in (
        (resource.RLIMIT_AS, int(str(settings["memory_mib"])) << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(str(settings["cpu_seconds"]))),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_NOFILE, 1024),
        *(((resource.RLIMIT_NPROC, 256),) if user or settings["namespaces"] == "user" else ()),
    ):
        resource.setrlimit(which, (value, value))
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    else:
        syscalls.drop_bounding_capabilities()
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment(settings: dict[str, object]) -> dict[str, str]:
    home = f"{settings['room']}/{WORK}/.home"
    return {
        "HOME": home, "TMPDIR": f"{home}/tmp", "IPYTHONDIR": f"{home}/ipython", "MPLCONFIGDIR": f"{home}/matplotlib",
        "JUPYTER_RUNTIME_DIR": f"{home}/runtime", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1", "NBGRADER_EXECUTION": "autograde", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


if __name__ == "__main__":
    main()
