"""What a mark was made with: Python, the numerical packages, the machine's architecture."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True)
class Environment:
    """The versions and their hash."""

    description: Mapping[str, str]

    @property
    def text(self) -> str:
        """As canonical JSON."""
        return json.dumps(dict(self.description), sort_keys=True)

    @property
    def sha256(self) -> str:
        """Of the canonical JSON."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def describe_environment(packages: Iterable[str] = ("numpy",), device: str = "") -> Environment:
    """The environment of this process; testers and sandboxes use the same interpreter.

    Args:
        packages: those that a submission of the stage may use and that can change a number. No others: a new
            version of SQLAlchemy must not grade a class again.
        device: where a stage computes that may use a GPU; "" for others.
    """
    found = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
    }
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Environment(found | ({"device": device} if device else {}))
