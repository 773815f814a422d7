"""The choice of a sandbox: the strongest there is, and never one below the policy's minimum."""

from __future__ import annotations

import dataclasses
import io
import struct
from pathlib import Path

import pytest
from rich.console import Console

from autograder.errors import SandboxFault
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Layer
from autograder.runner.runtimes import NUMPY
from autograder.sandbox import cgroups, select
from autograder.sandbox.child import seccomp, syscalls
from autograder.sandbox.package_paths import find_package_paths
from autograder.sandbox.select import DoctorReport, choose, render

MISSING = Layer("isolation", present=False, lost_without="everything", how_to_get="build some")
PLAIN = DoctorReport("plain", "", 0, (MISSING,))


def test_a_missing_layer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the minimum nothing is graded; the words say what is missing and how to get it."""
    monkeypatch.setattr(select, "doctor", lambda: PLAIN)

    with pytest.raises(SandboxFault, match="isolation: build some"):
        choose(NUMPY, "container")


def test_elsewhere_than_on_linux_there_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be probed the report says so, and every layer of it is missing."""
    monkeypatch.setattr(select, "probe", dict)
    report = select.doctor()

    assert "plain" == report.strength
    assert {"file system", "network"} <= {layer.name for layer in report.layers if not layer.present}


def test_unsafe_is_never_official(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever insists gets a weaker sandbox, which says that it is one."""
    monkeypatch.setattr(select, "doctor", lambda: PLAIN)
    sandbox = choose(NUMPY, "full", unsafe=True)

    assert isinstance(sandbox, PlainSandbox)
    assert not sandbox.official


@pytest.mark.parametrize(
    ("strength", "minimum", "code"),
    [("full", "full", 0), ("full", "plain", 0), ("container", "full", 3), ("plain", "container", 3)],
)
def test_the_exit_code_tells_whether_the_policy_is_met(strength: str, minimum: str, code: int) -> None:
    """0 where it is met, 3 where it is not."""
    assert code == dataclasses.replace(PLAIN, strength=strength).exit_code(minimum)


def test_the_table_says_what_is_lost() -> None:
    """A missing layer is printed with what is lost without it and how to get it."""
    console = Console(width=200, file=io.StringIO())
    with console.capture() as captured:
        console.print(render(PLAIN, "full"))
    text = captured.get()

    assert all(word in text for word in ("does NOT meet", "missing", "everything", "build some"))


def test_only_what_is_needed_is_in_view() -> None:
    """The kit is in view by its child folders alone; site-packages by numpy alone."""
    layout = find_package_paths(NUMPY.packages)
    names = {Path(tree).name for tree in layout.trees}

    assert {"child", "numpy"} <= names
    assert not {"autograder", "site-packages", "torch", "sandbox"} & names


def test_a_package_that_is_not_installed_is_our_fault() -> None:
    """A stage that needs what is not there cannot be graded."""
    with pytest.raises(SandboxFault, match="no_such_package"):
        find_package_paths(("no_such_package",))


def v2(root: Path) -> Path:
    """A folder that looks like the root of cgroup version 2."""
    (root / "cgroup.controllers").write_text("cpu memory pids")
    (root / "cgroup.subtree_control").write_text("memory pids")
    return root


def test_a_group_is_made_and_removed(tmp_path: Path) -> None:
    """Version 2 is one folder with bounds of memory and processes."""
    group = cgroups.make_group(7, v2(tmp_path))
    assert group is not None
    group.limit(123 << 20, 9)

    assert (2, str(123 << 20), "9") == (
        group.version,
        (group.folders[0] / "memory.max").read_text(),
        (group.folders[0] / "pids.max").read_text(),
    )


def test_kills_are_counted(tmp_path: Path) -> None:
    """The kernel's count of processes ended for memory is read."""
    group = cgroups.make_group(7, v2(tmp_path))
    assert group is not None
    (group.folders[0] / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")

    assert 2 == group.kills()


def test_groups_of_dead_graders_are_swept(tmp_path: Path) -> None:
    """A grader that was killed leaves folders; the next one removes them, and no others."""
    v2(tmp_path)
    for name in ("autograder-999999999-1", "autograder-1-1", "somebody-else"):
        (tmp_path / name).mkdir()

    assert 1 == cgroups.sweep(tmp_path)
    assert not (tmp_path / "autograder-999999999-1").exists()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_fits_the_kernel(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    """A program has at most 4096 instructions, whose jumps end within it, for each processor."""
    monkeypatch.setattr(syscalls, "machine", lambda: machine)
    program = seccomp.program(1, own_mounts=True)
    lines = [program[place : place + 8] for place in range(0, len(program), 8)]
    jumps = [(place, line[2], line[3]) for place, line in enumerate(lines) if line[0] in (0x15, 0x35, 0x45)]

    assert len(lines) < 4096
    assert all(place + 1 + max(yes, no) < len(lines) for place, yes, no in jumps)


FORBIDDEN = (41, 57, 58, 59, 101, 319, 425, 321, 323, 298, 165, 272, 308, 62 << 8)


def test_what_makes_processes_or_sockets_is_not_in_the_list() -> None:
    """socket, fork, vfork, execve, ptrace, memfd_create, io_uring, bpf, userfaultfd, perf, mount, unshare, setns."""
    assert not set(FORBIDDEN) & set(seccomp.ALLOWED["x86_64"].values())


@pytest.mark.parametrize(
    ("call", "arguments", "allowed"),
    [
        ("fcntl", (3, 3), True),
        ("fcntl", (3, 8), False),  # F_SETOWN
        ("fcntl", (3, 10), False),  # F_SETSIG
        ("socketpair", (1, 1), True),
        ("socketpair", (1, 2), False),  # datagrams
        ("socketpair", (2, 1), False),  # not of this machine
        ("clone", (0x3D0F00, 0), True),  # as a thread is made
        ("clone", (17, 0), False),  # as a process is made
        ("clone", (0x3D0F00 | 0x10000000, 0), False),  # in a new user namespace
        ("kill", (1, 9), True),
        ("kill", (0xFFFFFFFF, 9), False),
        ("prctl", (15, 0), True),
        ("prctl", (22, 0), False),  # seccomp
        ("ioctl", (0, 0x5401), True),
        ("ioctl", (0, 0x5412), False),  # typing into a terminal
        ("prlimit64", (0, 7, 0), True),
        ("prlimit64", (0, 7, 4096), False),
        ("prlimit64", (0, 7, 1 << 40), False),
    ],
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_looks_at_arguments(
    monkeypatch: pytest.MonkeyPatch, machine: str, call: str, arguments: tuple[int, ...], allowed: bool
) -> None:
    """Calls that are harmless with some arguments only are decided by them, on each processor."""
    monkeypatch.setattr(syscalls, "machine", lambda: machine)
    answer = decide(seccomp.program(1, own_mounts=True), machine, seccomp.CHECKED[machine][call], arguments)

    assert allowed == (answer == seccomp.ALLOW)


def test_another_processor_s_calls_end_the_process() -> None:
    """A 32-bit call, whose numbers mean something else, is not looked up."""
    assert seccomp.KILL == decide(seccomp.program(1, own_mounts=True), "i386", 2, ())


def decide(program: bytes, machine: str, number: int, arguments: tuple[int, ...]) -> int:
    """What a filter answers to a system call: classic BPF, as far as seccomp.py uses it."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, seccomp.AUDIT_ARCH.get(machine, 0x40000003), 0, *padded)
    place, loaded = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, place * 8)
        if code == seccomp.RETURN:
            return int(value)
        if code == seccomp.LOAD:
            (loaded,) = struct.unpack_from("<I", data, value)
            place += 1
            continue
        holds = {
            seccomp.JUMP_EQUAL: loaded == value,
            seccomp.JUMP_AT_LEAST: loaded >= value,
            seccomp.JUMP_ANY_BIT: bool(loaded & value),
        }[code]
        place += 1 + (if_true if holds else if_false)
