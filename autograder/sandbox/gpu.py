"""The GPU of this machine: what a submission needs to reach it, and how it is watched from outside.

Only NVIDIA's driver is known here. Its management library (NVML) reports the device's memory without CUDA: CUDA itself
is never started in the tester or in the fork server, since a process that was forked afterwards could not use it.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import SandboxFault
from autograder.runner.runtimes import DeviceName

DRIVER_NODES = ("/dev/nvidiactl", "/dev/nvidia0")
NODES = (*DRIVER_NODES, "/dev/nvidia-uvm")  # the last one for unified memory, where the driver has it
DRIVER_LIBRARIES = ("cuda", "nvidia-ptxjitcompiler", "nvidia-gpucomp", "nvidia-nvvm")  # the first one is needed
LIBRARY_FOLDERS = ("/usr/local/nvidia/lib64", "/usr/local/cuda/compat", "/usr/lib64", "/usr/lib/wsl/lib")
# what the driver and CUDA read when they start; without some of it cuInit fails (docs/gpu.md)
KERNEL_FILES = (
    "/proc/cpuinfo", "/proc/devices", "/proc/sys/vm/mmap_min_addr",
    "/proc/driver/nvidia/params", "/proc/driver/nvidia/version", "/proc/driver/nvidia/gpus/*/numa_status",
    "/proc/driver/nvidia/capabilities/mig/*",
    "/sys/module/nvidia/initstate", "/sys/module/nvidia_uvm/initstate", "/sys/devices/system/cpu/online",
    "/sys/devices/system/memory/block_size_bytes", "/sys/devices/system/node/online",
    "/sys/devices/system/node/node*/cpumap", "/sys/bus/pci/devices/*/numa_node",
)  # fmt: skip
MOST_FILE_BYTES = 1 << 16
DRIVER_MIB = 3072  # memory of the machine that CUDA and its libraries take in a process (docs/gpu.md)
DRIVER_THREADS, DRIVER_FILES = 16, 128  # that CUDA has beside those of the code
DRIVER_START_SECONDS = 30.0  # until the first results: contexts and kernels are loaded (docs/gpu.md)
FREE_MIB = 256.0  # so much more than expected counts as released: the driver keeps some for itself
RELEASE_SECONDS = 20.0
WATCH_SECONDS = 0.05


@dataclass(frozen=True)
class Gpu:
    """One device.

    Attributes:
        name: such as "NVIDIA H100 80GB HBM3".
        driver: its version.
        memory_mib: of the device.
        nodes: files below ``/dev``.
        libraries: the driver's, absolute paths without links.
        kernel_files: text of what the driver reads, by path.
    """

    name: str
    driver: str
    memory_mib: int
    nodes: tuple[str, ...]
    libraries: tuple[str, ...]
    kernel_files: dict[str, str] = field(repr=False)

    def used_mib(self) -> float:
        """Return how much memory of the device is in use, by whomever.

        Raises:
            SandboxFault: the driver does not answer.
        """
        try:
            library, handle = _open_library()
            return float(library.nvmlDeviceGetMemoryInfo(handle).used) / (1 << 20)
        except Exception as error:  # noqa: BLE001 - NVML has a class for each error, and none is ours to handle
            raise SandboxFault(f"the GPU's driver does not answer: {error}") from None

    def lock(self) -> int:
        """Return a descriptor; until it is closed, no other run of the kit uses the device.

        Raises:
            SandboxFault: another run uses it.
        """
        fd = os.open(self.nodes[0], os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise SandboxFault(f"another run uses the GPU ({self.nodes[0]}); start this one after it") from None
        return fd


class DeviceMemory:
    """Whose memory of the device is whose, as a tester can measure it: one of its processes runs at a time.

    NVML does not name processes in a pid namespace on every driver, so what the device uses more at the end of a call
    than at its beginning counts as that process's.
    """

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._others_mib = gpu.used_mib()  # of everybody who is not graded here
        self._own_mib: dict[int, float] = {}

    def watch(self, slot: int, limit_mib: float) -> DeviceWatch:
        """Begin to watch a new process."""
        self._own_mib[slot] = 0.0
        return DeviceWatch(self, slot, limit_mib)

    def used_mib(self) -> float:
        """Return what the whole device uses."""
        return self._gpu.used_mib()

    def own_mib(self, slot: int) -> float:
        """Return what a process had at the end of its last call."""
        return self._own_mib[slot]

    def set_own(self, slot: int, own_mib: float) -> None:
        """Note what a process has at the end of a call."""
        self._own_mib[slot] = max(own_mib, 0.0)

    def release(self, slot: int) -> None:
        """Wait until a process that has ended has released its memory.

        Raises:
            SandboxFault: it is not released: the next submission would not find the device as this one did.
        """
        self._own_mib.pop(slot, None)
        expected_mib = self._others_mib + sum(self._own_mib.values()) + FREE_MIB
        deadline = time.monotonic() + RELEASE_SECONDS
        while (used := self._gpu.used_mib()) > expected_mib:
            if time.monotonic() > deadline:
                raise SandboxFault(
                    f"{used:.0f} MiB of the GPU's memory are in use {RELEASE_SECONDS:.0f} s after a submission ended; "
                    f"at most {expected_mib:.0f} MiB should be"
                )
            time.sleep(0.02)


class DeviceWatch:
    """The device's memory of one process, during its calls.

    Args:
        memory: of all processes.
        slot: whose.
        limit_mib: for this process.
    """

    def __init__(self, memory: DeviceMemory, slot: int, limit_mib: float) -> None:
        self._memory, self._slot, self._limit_mib = memory, slot, limit_mib
        self._start_mib = self._peak_mib = self._next_at = 0.0

    def begin(self) -> None:
        """A call begins: until it ends, no other process takes or releases memory."""
        self._start_mib = self._memory.used_mib() - self._memory.own_mib(self._slot)
        self._peak_mib = 0.0

    def end(self) -> float:
        """A call has ended: note what the process has now, and return the peak of the call in MiB."""
        self._memory.set_own(self._slot, self._measure())
        return self._peak_mib

    def is_exceeded(self, now: float) -> bool:
        """Return whether more is in use than the limit; looks at most every ``WATCH_SECONDS``.

        Args:
            now: on ``time.monotonic``'s clock.
        """
        if now < self._next_at:
            return False
        self._next_at = now + WATCH_SECONDS
        return self._measure() > self._limit_mib

    def release(self) -> None:
        """The process has ended; see :meth:`DeviceMemory.release`."""
        self._memory.release(self._slot)

    def _measure(self) -> float:
        own_mib = self._memory.used_mib() - self._start_mib
        self._peak_mib = max(self._peak_mib, own_mib)
        return own_mib


def describe_device(device: DeviceName) -> str:
    """Return where a stage computes on this machine, for its reports and for what a mark was made with."""
    gpu, reason = (None, "") if device is DeviceName.CPU else find_gpu()
    if gpu is not None:
        return f"{gpu.name}, driver {gpu.driver}"
    return "CPU" if device is not DeviceName.GPU else f"no GPU ({reason})"


def find_gpu() -> tuple[Gpu | None, str]:
    """Return the GPU that submissions can use; None with the reason where there is none."""
    nodes = tuple(node for node in NODES if Path(node).exists())
    if not set(DRIVER_NODES) <= set(nodes):
        return None, f"no NVIDIA device ({', '.join(DRIVER_NODES)})"
    if refused := [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]:
        return None, f"{', '.join(refused)}: this user may not open it"
    libraries = tuple(_libraries())
    if not libraries:
        return None, "libcuda.so.1, the driver's library, is not found"
    try:
        library, handle = _open_library()
        memory_mib = int(library.nvmlDeviceGetMemoryInfo(handle).total) >> 20
        return Gpu(
            _text(library.nvmlDeviceGetName(handle)),
            _text(library.nvmlSystemGetDriverVersion()),
            memory_mib,
            nodes,
            libraries,
            dict(_kernel_files()),
        ), ""
    except ImportError:
        return None, "its memory cannot be watched: install nvidia-ml-py (pip install 'autograder[gpu]')"
    except Exception as error:  # noqa: BLE001 - whatever NVML says, the device cannot be watched
        return None, f"the driver's management library fails: {error}"


def _open_library() -> tuple[Any, Any]:
    library = importlib.import_module("pynvml")  # an extra: most machines that grade have no GPU
    library.nvmlInit()  # counted: more than one call does no harm
    return library, library.nvmlDeviceGetHandleByIndex(0)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _libraries() -> Iterator[str]:
    """The driver's libraries; none if the first of them is missing."""
    variable = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    folders = [Path(folder) for folder in (*variable, *LIBRARY_FOLDERS) if folder]
    folders += sorted(Path("/usr/lib").glob("*-linux-gnu"))
    for name in DRIVER_LIBRARIES:
        candidates = [folder / f"lib{name}.so.1" for folder in folders]
        candidates += [path for folder in folders for path in sorted(folder.glob(f"lib{name}.so.*"))]
        found = next((path for path in candidates if path.is_file()), None)
        if found is not None:
            yield str(found.resolve())
        elif name == DRIVER_LIBRARIES[0]:
            return


def _kernel_files() -> Iterator[tuple[str, str]]:
    for pattern in KERNEL_FILES:
        for path in sorted(Path("/").glob(pattern.removeprefix("/"))):
            try:
                with path.open(encoding="utf-8", errors="surrogateescape") as file:
                    yield str(path), file.read(MOST_FILE_BYTES)
            except OSError:  # a folder, or not readable for anybody
                continue
