"""What tests of the references share."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOLUTIONS = Path(__file__).parents[2] / "solutions"


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """A module of the reference by its name; the package is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(SOLUTIONS))
    yield lambda name: importlib.import_module(f"models.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]
