"""Choose a sandbox."""

from __future__ import annotations

from autograder.errors import SandboxFault
from autograder.sandbox.base import Sandbox
from autograder.sandbox.plain import PlainSandbox


def choose(stage_needs_torch: bool, minimum: str, unsafe: bool) -> Sandbox:  # noqa: FBT001
    """Return a sandbox."""
    if unsafe:
        return PlainSandbox()
    raise SandboxFault(f"{stage_needs_torch} {minimum}")
