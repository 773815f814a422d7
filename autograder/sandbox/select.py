"""Which sandbox this machine can offer, and which one is used: the strongest, never one below the policy's minimum."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.errors import SandboxFault
from autograder.runner.packages import installed_beside
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Layer, Sandbox
from autograder.runner.runtimes import NUMPY, DeviceName, Runtime
from autograder.sandbox import cgroups, temporary
from autograder.sandbox.child.settings import ForkServerSettings
from autograder.sandbox.confined import ConfinedSandbox
from autograder.sandbox.gpu import Gpu, find_gpu
from autograder.sandbox.package_paths import BOOT, PackagePaths, find_package_paths
from autograder.sandbox.selftest import check

if TYPE_CHECKING:
    from rich.table import Table

STRENGTHS = ("plain", "container", "full")  # weakest first
USER_BASE = 2_000_000_000  # user ids that neither people, services nor containers are given
USERS_OF_ONE = 128  # user ids of one sandbox; there are 2**20 such blocks below 2**31
PROBE_SECONDS = 60.0
WITHOUT_NAMESPACES = (
    "as root, or as a user who may make user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0 on "
    "Ubuntu; a container needs --security-opt seccomp=unconfined or podman"
)


@dataclass(frozen=True)
class DoctorReport:
    """What was found on this machine.

    Attributes:
        strength: "full", "container" or "plain".
        namespaces: "root", "user" or "": how they can be made.
        user_base: first user id for submissions, 0 where they keep ours.
        layers: every isolation layer, present or missing.
    """

    strength: str
    namespaces: str
    user_base: int
    layers: tuple[Layer, ...]

    def meets(self, minimum: str) -> bool:
        """Return whether marks may be made here under a policy."""
        return STRENGTHS.index(self.strength) >= STRENGTHS.index(minimum)

    def exit_code(self, minimum: str) -> int:
        """Return 0 where the policy's minimum is met, else 3."""
        return 0 if self.meets(minimum) else SandboxFault.exit_code


def probe() -> dict[str, Any]:
    """Return what ``sandbox/child/features.py`` finds: interface to '' or what is wrong with it."""
    if sys.platform != "linux":
        return {}
    command = [sys.executable, "-S", "-s", "-P", "-X", "utf8", *BOOT, "features", str(USER_BASE)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, env={}, cwd="/", check=True)
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxFault(f"this machine could not be examined: {error}") from None
    return found


def doctor() -> DoctorReport:
    """Return every layer that this machine has or lacks, and what strength that makes."""
    found = probe()
    if not found:
        return DoctorReport("plain", "", 0, PlainSandbox().layers)
    works = {name: problem == "" for name, problem in found.items()}
    paths = find_package_paths(NUMPY.packages)
    namespaces, user_base = _choose_user(works, paths)
    basic = all(works.get(name, False) for name in ("landlock", "seccomp", "outside"))
    strength = ("full" if namespaces else "container") if basic else "plain"
    layers = _layers(found, works, namespaces if basic else "", user_base if basic else 0, paths)
    return DoctorReport(strength, namespaces, user_base, layers)


def _choose_user(works: dict[str, bool], paths: PackagePaths) -> tuple[str, int]:
    """Return how to make namespaces, and the first user id.

    A submission with an id of its own must be able to read numpy; where it cannot, it keeps ours, in a user namespace.
    """
    readable = not paths.unreadable()
    if works.get("namespaces_root") and works.get("user_id") and readable:
        return "root", USER_BASE
    if works.get("namespaces_user"):
        return "user", 0
    reachable = readable and not paths.unreachable()
    return "", USER_BASE if works.get("user_id") and reachable else 0


def _layers(
    found: dict[str, Any], works: dict[str, bool], namespaces: str, user_base: int, paths: PackagePaths
) -> tuple[Layer, ...]:
    isolated = bool(namespaces)
    why = found.get("namespaces_user", "") or found.get("namespaces_root", "")
    how = f"{WITHOUT_NAMESPACES} ({why})"
    users = f"as root; numpy and Python must be readable by all: {', '.join(paths.unreadable()) or 'they are'}"
    group = cgroups.make_group(secrets.randbelow(10**9))
    if group is not None:
        group.remove()
    abi = found.get("landlock_abi", 0)
    return (
        Layer("own mounts (mount namespace)", isolated, "it can test whether a path exists", how),
        Layer("own processes (pid namespace)", isolated, "other processes can be counted", how),
        Layer("no network (net namespace)", isolated, "only seccomp keeps it off the network", how),
        Layer("own shared memory (ipc namespace)", isolated, "only seccomp keeps it off others' shared memory", how),
        Layer(f"Landlock (version {abi})", works.get("landlock", False), "every file of yours can be read and changed",
              "Linux 5.13 or newer with landlock in the lsm= list"),
        Layer("system call filter (seccomp)", works.get("seccomp", False), "network, processes and rarely used kernel "
              "interfaces can be used", "a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64"),
        Layer("own user id", bool(user_base) or namespaces == "user",
              "a submission has the rights of the user who grades", users),
        Layer("measured from outside (pidfd, CPU clock)", works.get("outside", False),
              "time and memory cannot be measured reliably", "Linux 5.4 or newer"),
        Layer("control group (memory, processes)", group is not None,
              "memory is limited per process only, without temporary files and socket buffers",
              "as root, or systemd-run --user --scope -p Delegate=yes"),
    )  # fmt: skip


def choose(runtime: Runtime, minimum: str, *, unsafe: bool = False, device: DeviceName = DeviceName.CPU) -> Sandbox:
    """Return a started and self-tested sandbox, the strongest that this machine has.

    Args:
        runtime: its packages can be imported inside; others are not even visible.
        minimum: "full", "container" or "plain"; what the policy requires.
        unsafe: take a weaker one than that; then it is not official.
        device: whether its processes see the GPU.

    Raises:
        SandboxFault: the minimum is not met, an isolation layer fails the self-test, or the GPU is missing or in use.
    """
    report = doctor()
    if not unsafe:
        require(report, minimum)
    if report.strength == "plain":
        return PlainSandbox(runtime.packages)
    return build(report, runtime, official=report.meets(minimum), gpu=gpu_for(device))


def gpu_for(device: DeviceName) -> Gpu | None:
    """Return the GPU for a stage; None where it computes on the CPU.

    Raises:
        SandboxFault: it needs one, and there is none: its marks wait for a machine that has one.
    """
    if device is DeviceName.CPU:
        return None
    gpu, reason = find_gpu()
    if gpu is None and device is DeviceName.GPU:
        raise SandboxFault(f"this stage is graded on a GPU, and this machine has none that can be used: {reason}")
    return gpu


def require(report: DoctorReport, minimum: str) -> None:
    """Refuse where the policy's minimum is not met.

    Raises:
        SandboxFault: it is not; the text names each missing layer and how to get it.
    """
    if not report.meets(minimum):
        missing = [f"{layer.name}: {layer.how_to_get}" for layer in report.layers if not layer.present]
        raise SandboxFault(
            f"the policy requires a sandbox of strength {minimum!r}, this machine offers {report.strength!r};"
            " missing:\n  " + "\n  ".join(missing)
        )


def build(report: DoctorReport, runtime: Runtime, *, official: bool = True, gpu: Gpu | None = None) -> ConfinedSandbox:
    """Return a started confined sandbox that has passed its self-test."""
    cgroups.sweep()
    temporary.sweep()
    beside = installed_beside(runtime.packages)
    paths = find_package_paths((*runtime.packages, *beside))
    config = ForkServerSettings(
        namespaces=report.namespaces,
        landlock=True,
        seccomp=True,
        user_base=own_users(report.user_base),
        preload=(*runtime.preload, *beside.values()),
        warm_up=runtime.warm_up,
        trees=paths.trees,
        masks=paths.masks,
        mount_point=paths.mount_point,
        devices=gpu.nodes if gpu is not None else (),
        driver_libraries=gpu.libraries if gpu is not None else (),
        kernel_files=gpu.kernel_files if gpu is not None else {},
    )
    number = secrets.randbelow(10**9)
    sandbox = ConfinedSandbox(config, paths.search, report.layers, official=official, gpu=gpu, number=number)
    try:
        check(sandbox, runtime)
    except BaseException:
        sandbox.close()
        raise
    return sandbox


def own_users(user_base: int) -> int:
    """The first user id of a sandbox's own block; 0 where submissions keep ours.

    The kernel counts processes by user id on the whole machine: with the same ids in two testers, one student's
    threads would be refused because of another's.
    """
    return user_base + USERS_OF_ONE * secrets.randbelow(2**20) if user_base else 0


def render(report: DoctorReport, minimum: str) -> Table:
    """Return the report as a table for the terminal."""
    from rich.table import Table  # every tester imports this module, and none draws a table

    verdict = "meets" if report.meets(minimum) else "does NOT meet"
    table = Table(title=f"Sandbox: {report.strength}, which {verdict} the policy ({minimum})", title_justify="left")
    for column in ("layer", "", "lost without it", "how to get it"):
        table.add_column(column, overflow="fold")
    for layer in report.layers:
        if layer.present:
            table.add_row(layer.name, "present", "", "")
        else:
            table.add_row(layer.name, "missing", layer.lost_without, layer.how_to_get, style="bold")
    return table
