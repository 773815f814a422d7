"""What a mark was made with: Python, numpy, the machine's kind."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

# What can change a number; the rest of the installed packages cannot.
PACKAGES = ("numpy", "torch", "pytest", "pydantic", "sqlalchemy")


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


def describe_environment() -> Environment:
    """The environment of this process; testers and sandboxes use the same interpreter."""
    found = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
    }
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Environment(found)
