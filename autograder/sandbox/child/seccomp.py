"""The seccomp filter: allows the system calls that numpy and torch need within one process, and no others.

Anything else fails with EPERM, which the student's code sees as PermissionError. Numbers: the kernel's
asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping

from . import syscalls

ALLOWED = {
    "x86_64": {
        "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
        "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
        "rt_sigreturn": 15, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "pipe": 22,
        "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "dup2": 33, "pause": 34,
        "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38, "getpid": 39, "sendto": 44, "recvfrom": 45,
        "sendmsg": 46, "recvmsg": 47, "shutdown": 48, "exit": 60, "wait4": 61, "uname": 63,
        "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getdents": 78, "getcwd": 79, "chdir": 80, "rename": 82,
        "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "readlink": 89, "umask": 95,
        "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
        "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "rt_sigpending": 127,
        "rt_sigtimedwait": 128, "sigaltstack": 131, "statfs": 137, "fstatfs": 138, "sched_get_priority_max": 146,
        "sched_get_priority_min": 147, "arch_prctl": 158,
        "gettid": 186, "time": 201, "futex": 202, "getdents64": 217,
        "set_tid_address": 218, "restart_syscall": 219, "exit_group": 231, "epoll_wait": 232, "epoll_ctl": 233,
        "get_mempolicy": 239,
        "openat": 257, "mkdirat": 258, "newfstatat": 262, "unlinkat": 263, "renameat": 264, "linkat": 265,
        "symlinkat": 266, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273,
        "epoll_pwait": 281, "eventfd2": 290, "epoll_create1": 291, "dup3": 292, "pipe2": 293, "getcpu": 309,
        "renameat2": 316, "getrandom": 318, "membarrier": 324, "copy_file_range": 326, "statx": 332, "rseq": 334,
        "close_range": 436, "faccessat2": 439,
    },
    "aarch64": {
        "getcwd": 17, "eventfd2": 19, "epoll_create1": 20, "epoll_ctl": 21, "epoll_pwait": 22, "dup": 23, "dup3": 24,
        "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "statfs": 43,
        "fstatfs": 44, "ftruncate": 46, "faccessat": 48, "chdir": 49, "openat": 56, "close": 57, "pipe2": 59,
        "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67,
        "pwrite64": 68, "pselect6": 72, "ppoll": 73, "readlinkat": 78, "newfstatat": 79, "fstat": 80, "fsync": 82,
        "fdatasync": 83, "exit": 93, "exit_group": 94, "set_tid_address": 96, "futex": 98, "set_robust_list": 99,
        "nanosleep": 101, "getitimer": 102, "setitimer": 103, "sched_yield": 124, "sched_get_priority_max": 125,
        "sched_get_priority_min": 126, "restart_syscall": 128,
        "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigpending": 136, "rt_sigtimedwait": 137,
        "rt_sigreturn": 139, "times": 153, "getpgid": 155, "uname": 160, "getrusage": 165, "umask": 166,
        "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175,
        "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "sendto": 206, "recvfrom": 207,
        "shutdown": 210, "sendmsg": 211, "recvmsg": 212, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222,
        "mprotect": 226, "madvise": 233, "get_mempolicy": 236, "wait4": 260, "renameat2": 276, "getrandom": 278,
        "membarrier": 283, "copy_file_range": 285, "statx": 291, "rseq": 293, "close_range": 436, "faccessat2": 439,
    },
}  # fmt: skip

# Landlock does not cover these, so they are allowed only where no file of anybody else is mounted
OWN_MOUNTS_ONLY = {
    "x86_64": {"truncate": 76, "chmod": 90, "fchmod": 91, "fchmodat": 268, "utimensat": 280},
    "aarch64": {"truncate": 45, "fchmod": 52, "fchmodat": 53, "utimensat": 88},
}

# allowed with certain arguments only
CHECKED = {
    "x86_64": {
        "clone": 56, "clone3": 435, "ioctl": 16, "kill": 62, "tgkill": 234, "prctl": 157, "prlimit64": 302,
        "socketpair": 53, "fcntl": 72, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "sched_getaffinity": 204, "sched_getparam": 143, "sched_getscheduler": 145,
        "socket": 41, "connect": 42, "bind": 49, "listen": 50, "setsockopt": 54,
    },
    "aarch64": {
        "clone": 220, "clone3": 435, "ioctl": 29, "kill": 129, "tgkill": 131, "prctl": 167, "prlimit64": 261,
        "socketpair": 199, "fcntl": 25, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
        "sched_getaffinity": 123, "sched_getparam": 121, "sched_getscheduler": 120,
        "socket": 198, "connect": 203, "bind": 200, "listen": 201, "setsockopt": 208,
    },
}  # fmt: skip

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
CLONE_THREAD, CLONE_NEW_ANY = 0x10000, 0x7E020080
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, its size, bytes waiting, (non-)blocking
# the NVIDIA driver's: type 'F' in the second byte (nv-ioctl.h); its unified memory has plain numbers (uvm_ioctl.h)
DRIVER_TYPE, DRIVER_TYPE_MASK, UNIFIED_MEMORY_END = 0x4600, 0xFF00, 0x100
UNIFIED_MEMORY = (0x30000001, 0x30000002)
PRCTLS = (15, 16)  # a thread's name
# duplicate, flags, locks, size of a pipe; not F_SETOWN and F_SETSIG, by which the kernel would send any signal
# to any process of the same user, nor F_SETPIPE_SZ, which holds memory
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
MOST_CLOCKS = 16  # a larger number (a negative one, in fact) is the processor clock of a process or a thread
CLOCKS = ("clock_gettime", "clock_getres", "clock_nanosleep")
OF_A_PROCESS = ("sched_getaffinity", "sched_getparam", "sched_getscheduler")
AF_UNIX, SOL_SOCKET, SO_PASSCRED = 1, 1, 16
# streams only: a datagram socket, even one of a pair, can send to any socket that has a name
STREAMS = (1, 1 | 0x800, 1 | 0x80000, 1 | 0x80800)

SEQUENCES = 5 | 0x80000  # SOCK_SEQPACKET with SOCK_CLOEXEC

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, KILL = 0x7FFF0000, 0x80000000


def refuse(number: int) -> int:
    """Return the filter's answer "fail with this errno"."""
    return 0x00050000 | number


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """Return ``body``, jumped over unless this system call is made; it ends in a return."""
    return [_instruction(JUMP_EQUAL, number, 0, len(body)), *body]


def _argument(index: int, *, high: bool = False) -> bytes:
    return _instruction(LOAD, ARGUMENTS_AT + 8 * index + (4 if high else 0))


def _one_of(values: tuple[int, ...], otherwise: int) -> list[bytes]:
    """Allow when the loaded argument is one of ``values``."""
    jumps = [_instruction(JUMP_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)]
    return [*jumps, _instruction(RETURN, otherwise), _instruction(RETURN, ALLOW)]


def _driver_calls() -> list[bytes]:
    """Allow when the loaded request of an ioctl is one of the GPU driver's; else go on with it loaded."""
    return [
        *[line for value in UNIFIED_MEMORY for line in _when(value, [_instruction(RETURN, ALLOW)])],
        _instruction(JUMP_AT_LEAST, UNIFIED_MEMORY_END, 1, 0),
        _instruction(RETURN, ALLOW),
        _instruction(AND, DRIVER_TYPE_MASK),
        *_when(DRIVER_TYPE, [_instruction(RETURN, ALLOW)]),
        _argument(1),
    ]


def _driver_sockets(checked: Mapping[str, int]) -> list[bytes]:
    """What CUDA does when it starts: it looks for a server of several processes (MPS) and opens a socket of its own.

    A socket that cannot be connected reaches nobody; refusing to make it would stop CUDA.
    """
    eperm = refuse(errno.EPERM)
    pair = [
        _argument(0),
        _instruction(JUMP_EQUAL, AF_UNIX, 1, 0),
        _instruction(RETURN, eperm),
        _argument(1),
        *_one_of((SEQUENCES,), eperm),
    ]
    option = [
        _argument(1),
        _instruction(JUMP_EQUAL, SOL_SOCKET, 1, 0),
        _instruction(RETURN, eperm),
        _argument(2),
        *_one_of((SO_PASSCRED,), eperm),
    ]
    lines = _when(checked["socket"], pair) + _when(checked["setsockopt"], option)
    for call in ("bind", "listen"):
        lines += _when(checked[call], [_instruction(RETURN, ALLOW)])
    return lines + _when(checked["connect"], [_instruction(RETURN, refuse(errno.ECONNREFUSED))])


def program(process_id: int, *, own_mounts: bool, gpu: bool = False) -> bytes:
    """Return the filter for a process, as classic BPF.

    Args:
        process_id: as the process itself sees it; it may send signals to itself only.
        own_mounts: it has mounts of its own, without any file of others that it could change.
        gpu: it may send requests to the GPU's driver; Landlock says to which files.
    """
    name = syscalls.machine()
    checked, eperm = CHECKED[name], refuse(errno.EPERM)
    lines = [
        _instruction(LOAD, ARCH_AT),
        _instruction(JUMP_EQUAL, AUDIT_ARCH[name], 1, 0),
        _instruction(RETURN, KILL),  # 32-bit calls have other numbers
        _instruction(LOAD, NUMBER_AT),
    ]
    if name == "x86_64":
        lines += [_instruction(JUMP_AT_LEAST, X32_BIT, 0, 1), _instruction(RETURN, refuse(errno.ENOSYS))]
    allowed = {**ALLOWED[name], **(OWN_MOUNTS_ONLY[name] if own_mounts else {})}
    for number in allowed.values():
        lines += _when(number, [_instruction(RETURN, ALLOW)])
    # glibc falls back to clone, whose flags a seccomp filter can read
    lines += _when(checked["clone3"], [_instruction(RETURN, refuse(errno.ENOSYS))])
    threads_only = [
        _argument(0),
        _instruction(JUMP_ANY_BIT, CLONE_NEW_ANY, 1, 0),
        _instruction(JUMP_ANY_BIT, CLONE_THREAD, 1, 0),
        _instruction(RETURN, eperm),
        _instruction(RETURN, ALLOW),
    ]
    lines += _when(checked["clone"], threads_only)
    driver = _driver_calls() if gpu else []
    lines += _when(checked["ioctl"], [_argument(1), *driver, *_one_of(IOCTLS, refuse(errno.ENOTTY))])
    lines += _when(checked["prctl"], [_argument(0), *_one_of(PRCTLS, eperm)])
    lines += _when(checked["fcntl"], [_argument(1), *_one_of(FCNTLS, eperm)])
    stream_pairs = [
        _argument(0),
        _instruction(JUMP_EQUAL, AF_UNIX, 1, 0),
        _instruction(RETURN, eperm),
        _argument(1),
        *_one_of(STREAMS, eperm),
    ]
    lines += _when(checked["socketpair"], stream_pairs)
    lines += _driver_sockets(checked) if gpu else []
    for call in ("kill", "tgkill"):
        lines += _when(checked[call], [_argument(0), *_one_of((process_id,), eperm)])
    for call in CLOCKS:  # those of other processes show that they exist and what they compute
        lines += _when(
            checked[call],
            [
                _argument(0),
                _instruction(JUMP_AT_LEAST, MOST_CLOCKS, 0, 1),
                _instruction(RETURN, eperm),
                _instruction(RETURN, ALLOW),
            ],
        )
    for call in OF_A_PROCESS:
        lines += _when(checked[call], [_argument(0), *_one_of((0, process_id), eperm)])
    reads_only = [  # of this process, and the pointer to a new limit is null
        _argument(0),
        _instruction(JUMP_EQUAL, 0, 2, 0),
        _instruction(JUMP_EQUAL, process_id, 1, 0),
        _instruction(RETURN, eperm),
        _argument(2),
        _instruction(JUMP_EQUAL, 0, 0, 2),
        _argument(2, high=True),
        _instruction(JUMP_EQUAL, 0, 1, 0),
        _instruction(RETURN, eperm),
        _instruction(RETURN, ALLOW),
    ]
    lines += _when(checked["prlimit64"], reads_only)
    return b"".join([*lines, _instruction(RETURN, eperm)])
