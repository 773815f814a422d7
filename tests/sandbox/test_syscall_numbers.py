"""The numbers of system calls, compared with the kernel's own headers (Debian and Ubuntu: linux-libc-dev)."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.sandbox.child import seccomp, syscalls

INCLUDE = Path("/usr/include")
# aarch64 uses the generic numbers; the header of x86_64 is in /usr/include/asm only where the machine is one
HEADERS = {
    "x86_64": [
        INCLUDE / "x86_64-linux-gnu" / "asm" / "unistd_64.h",
        *([INCLUDE / "asm" / "unistd_64.h"] if platform.machine() == "x86_64" else []),
    ],
    "aarch64": [INCLUDE / "asm-generic" / "unistd.h"],
}
DEFINITION = re.compile(r"^#define (__NR(?:3264)?_\w+)\s+(\w+)", re.MULTILINE)


def numbers_in(text: str) -> dict[str, int]:
    """The number of each system call that a header defines, by name."""
    found = dict(DEFINITION.findall(text))
    values = {name: found.get(value, value) for name, value in found.items()}  # fcntl is defined as __NR3264_fcntl
    return {
        name.removeprefix("__NR_"): int(value)
        for name, value in values.items()
        if name.startswith("__NR_") and value.isdigit()
    }


def header_numbers(machine: str) -> dict[str, int]:
    """The numbers of a processor's header; skips the test where it is not installed."""
    path = next((path for path in HEADERS[machine] if path.is_file()), None)
    if path is None:
        pytest.skip(f"the kernel's header for {machine} is not installed (package linux-libc-dev)")
    return numbers_in(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("name", ["ALLOWED", "OWN_MOUNTS_ONLY", "CHECKED"])
def test_the_filter_s_numbers_are_the_kernel_s(machine: str, name: str) -> None:
    """A wrong number would refuse a harmless call and allow another one."""
    table: Mapping[str, Mapping[str, int]] = getattr(seccomp, name)
    numbers = header_numbers(machine)

    assert {call: numbers.get(call) for call in table[machine]} == dict(table[machine])


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_of_our_own_calls_are_the_kernel_s(machine: str) -> None:
    """The calls that build the isolation; those that a header is too old for are left out."""
    numbers = header_numbers(machine)
    ours = {**syscalls._NUMBERS[machine], **syscalls._COMMON}
    known = {call: number for call, number in ours.items() if call in numbers}

    assert syscalls._NUMBERS[machine].keys() <= known.keys()
    assert {call: numbers[call] for call in known} == known


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_number_is_in_two_tables(machine: str) -> None:
    """A call that is allowed without conditions would never reach the check of its arguments."""
    tables = (seccomp.ALLOWED[machine], seccomp.OWN_MOUNTS_ONLY[machine], seccomp.CHECKED[machine])
    numbers = [number for table in tables for number in table.values()]

    assert sorted(set(numbers)) == sorted(numbers)


def test_a_header_is_read_with_its_aliases() -> None:
    """Direct numbers, and names that are defined by another name; declarations for other processors are left out."""
    text = (
        "#define __NR_read 63\n#define __NR3264_fcntl 25\n__SC_COMP_3264(__NR3264_fcntl, sys_fcntl64)\n"
        "#define __NR_fcntl __NR3264_fcntl\n#define __NR_arch_specific_syscall 244\n"
        "#ifdef __NR3264_stat\n#define __NR_stat __NR3264_stat\n#endif\n"
    )

    assert {"read": 63, "fcntl": 25, "arch_specific_syscall": 244} == numbers_in(text)
