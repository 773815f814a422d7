"""What this machine must have for a stage: packages that are installed, and the device that the tests compute on."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from autograder.errors import UsageError
from autograder.runner.runtimes import NUMPY, DeviceName
from autograder.testing.public_course import PublicStage

REQUIREMENTS = "requirements.txt"
TORCH_REQUIREMENTS = "requirements-torch.txt"


def missing_packages(packages: Iterable[str]) -> list[str]:
    """Those that Python does not find on this machine; nothing is imported."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def how_to_install(packages: Iterable[str]) -> str:
    """The command that installs packages of a stage, as the bundle's README has it."""
    files = [REQUIREMENTS if name in NUMPY.packages else TORCH_REQUIREMENTS for name in packages]
    return f"pip install {' '.join(f'-r {file}' for file in dict.fromkeys(files))}"


def require_packages(stage: PublicStage) -> None:
    """Nothing, if all that the stage's code runs on is installed.

    Raises:
        UsageError: something is missing; one line says what to run.
    """
    missing = missing_packages(stage.packages)
    if missing:
        what = f"{', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise UsageError(f"{stage.name} needs {what}: run {how_to_install(missing)} (README.md has more)")


@dataclass(frozen=True)
class Device:
    """Where the tests of a stage compute on this machine.

    Attributes:
        name: as PyTorch spells it.
        words: a line for the student; '' for a stage without PyTorch.
    """

    name: str = "cpu"
    words: str = ""


def choose_device(stage: PublicStage) -> Device:
    """A GPU of NVIDIA where the stage computes on one and PyTorch finds it, else the processor."""
    if "torch" not in stage.packages:
        return Device()
    cuda, gpu = _gpu()
    if stage.device is DeviceName.CPU:
        found = f"PyTorch finds a GPU for your own training: {gpu}." if gpu else "PyTorch finds no GPU here."
        return Device(words=f"The tests compute on the CPU, as when graded. {found}")
    if cuda:
        return Device("cuda", f"The tests compute on the GPU: {gpu}.")
    graded = "on a GPU" if stage.device is DeviceName.GPU else "on a GPU where there is one"
    return Device(words=f"The tests compute on the CPU: PyTorch finds no GPU of NVIDIA here. Graded {graded}.")


def _gpu() -> tuple[bool, str]:
    """Whether there is a device for CUDA, and the name of the GPU that PyTorch finds, '' without one."""
    try:
        if version("torch").endswith("+cpu"):
            return False, ""  # importing it would take two seconds
        torch: Any = importlib.import_module("torch")  # by name: the numpy stages do not have it
        if torch.cuda.is_available():
            return True, str(torch.cuda.get_device_name(0))
        return False, "the Mac's own (mps)" if torch.backends.mps.is_available() else ""
    except (ImportError, OSError, RuntimeError, AssertionError):  # broken drivers, or a torch that cannot be loaded
        return False, ""
