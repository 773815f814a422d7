"""System calls by number, for attacks that the standard library has no function for."""

import ctypes
import os
import platform

NUMBERS = {
    "x86_64": dict(
        clone=56, fork=57, vfork=58, ptrace=101, shmget=29, msgget=68, semget=64, personality=135, pivot_root=155, acct=163,
        mount=165, umount2=166, swapon=167, reboot=169, sethostname=170, init_module=175, quotactl=179, add_key=248,
        request_key=249, keyctl=250, inotify_init=253, unshare=272, vmsplice=278, signalfd=282, timerfd_create=283,
        fanotify_init=300, perf_event_open=298, name_to_handle_at=303, open_by_handle_at=304, setns=308,
        process_vm_readv=310, process_vm_writev=311, kcmp=312, finit_module=313, memfd_create=319, kexec_file_load=320,
        bpf=321, userfaultfd=323, io_uring_setup=425, open_tree=428, fsopen=430, pidfd_open=434, clone3=435,
        pidfd_getfd=438, process_madvise=440, mount_setattr=442, memfd_secret=447, mknodat=259, setuid=105, socket=41,
        mbind=237, migrate_pages=256, modify_ldt=154, iopl=172,
    ),
    "aarch64": dict(
        clone=220, ptrace=117, shmget=194, msgget=186, semget=190, personality=92, pivot_root=41, acct=89, mount=40,
        umount2=39, swapon=224, reboot=142, sethostname=161, init_module=105, quotactl=60, add_key=217, request_key=218,
        keyctl=219, unshare=97, vmsplice=75, signalfd4=74, timerfd_create=85, fanotify_init=262, perf_event_open=241,
        name_to_handle_at=264, open_by_handle_at=265, setns=268, process_vm_readv=270, process_vm_writev=271, kcmp=272,
        finit_module=273, memfd_create=279, kexec_file_load=294, bpf=280, userfaultfd=282, io_uring_setup=425,
        open_tree=428, fsopen=430, pidfd_open=434, clone3=435, pidfd_getfd=438, process_madvise=440, mount_setattr=442,
        memfd_secret=447, mknodat=33, setuid=146, socket=198, mbind=235, migrate_pages=238,
    ),
}[platform.machine()]  # fmt: skip
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """Make a system call; a refusal becomes the OSError that it is."""
    converted = [ctypes.c_long(item) if isinstance(item, int) else ctypes.c_char_p(item) for item in arguments]
    converted += [ctypes.c_long(0)] * (6 - len(converted))
    result = LIBC.syscall(ctypes.c_long(NUMBERS[name]), *converted)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result
