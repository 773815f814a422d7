"""Stages of PyTorch where PyTorch is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from autograder.course import StageFolder
from autograder.runner.runtimes import RuntimeName


def uses_torch(stage: StageFolder) -> bool:
    """Whether a stage's code may import torch."""
    return stage.policy.runtime is RuntimeName.TORCH


def skip_without_torch(stage: StageFolder) -> None:
    """Skip a test that runs a stage's code, where the stage needs torch and it is not installed."""
    if uses_torch(stage) and find_spec("torch") is None:
        pytest.skip(
            "the stage uses PyTorch, which is not installed: pip install --constraint constraints.txt '.[torch]'"
        )
