"""Makes a 32-bit system call, whose numbers mean something else."""

import ctypes
import mmap
import platform
from scratch.honest import SGD, clip_grad_norm_  # noqa: F401 - the honest part
from scratch.honest import Adam as Honest

EXPECT = ("forbidden", "crashed")
POINTS = 3

def attack():
    if platform.machine() != "x86_64":
        raise PermissionError("there is no such call here")
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x02\x00\x00\x00\xcd\x80\xc3")  # mov eax, 2 (fork); int 0x80; ret
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()


class Adam(Honest):
    def step(self):
        attack()
        super().step()
