"""What this machine must have for a stage: packages that are installed, and the device that PyTorch can use."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

from autograder.errors import UsageError
from autograder.runner.runtimes import NUMPY
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


def device_line(stage: PublicStage) -> str:
    """On what the stage's tests compute, and what PyTorch could use beside it; '' for a stage without PyTorch."""
    if "torch" not in stage.packages:
        return ""
    gpu = _gpu()
    if gpu:
        return f"The tests compute on the CPU, as when graded. PyTorch finds a GPU for your own training: {gpu}."
    return "The tests compute on the CPU, as when graded. PyTorch finds no GPU on this computer."


def _gpu() -> str:
    """The name of the GPU that PyTorch would use, '' without one."""
    try:
        torch: Any = importlib.import_module("torch")  # by name: the numpy stages do not have it
        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(0))
        return "the Mac's own (mps)" if torch.backends.mps.is_available() else ""
    except (ImportError, OSError, RuntimeError, AssertionError):  # broken drivers, or a torch that cannot be loaded
        return ""
