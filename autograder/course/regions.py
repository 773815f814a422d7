"""Marked regions of the reference: what a starter leaves out."""

from __future__ import annotations

import re

from autograder.errors import ConfigurationError, ConfigurationFault

BEGIN, STUB, END = "# BEGIN SOLUTION", "# STUB:", "# END SOLUTION"
_MARK = re.compile(r"^(?P<indent>\s*)(?P<mark># BEGIN SOLUTION|# STUB:|# END SOLUTION)(?P<rest>.*)$")
DEFAULT_STUB = "raise NotImplementedError"


def strip_solutions(text: str, path: str) -> str:
    """The text with each marked region replaced by its stub.

    Raises:
        ConfigurationError: a region that is not closed, opened twice, or closed before it was opened;
            every fault of the file at once.
    """
    kept: list[str] = []
    faults: list[ConfigurationFault] = []
    opened: tuple[int, str] | None = None
    stubs: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _MARK.match(line)
        mark = found["mark"] if found else None
        if mark == BEGIN and opened is None:
            opened, stubs = (number, found["indent"] if found else ""), []
        elif mark == END and opened is not None:
            kept += [f"{opened[1]}{stub}".rstrip() for stub in stubs or [DEFAULT_STUB]]
            opened = None
        elif mark == STUB and opened is not None and found:
            stubs.append(found["rest"].removeprefix(" "))
        elif mark is not None:
            faults.append(ConfigurationFault(path, number, mark, "no region to match it", f"{BEGIN} … {STUB} … {END}"))
        elif opened is None:
            kept.append(line)
    if opened is not None:
        faults.append(ConfigurationFault(path, opened[0], BEGIN, "never closed", f"{END} below it"))
    if faults:
        raise ConfigurationError(faults)
    return "\n".join(kept) + "\n"


def solution_lines(text: str) -> list[str]:
    """The lines within regions, without the markers."""
    inside = _numbers(text)
    return [line for number, line in enumerate(text.splitlines(), start=1) if number in inside]


def region_lines(text: str, path: str) -> set[int]:
    """Numbers of the lines within regions, markers left out.

    Raises:
        ConfigurationError: as for :func:`strip_solutions`.
    """
    strip_solutions(text, path)
    return _numbers(text)


def _numbers(text: str) -> set[int]:
    numbers: set[int] = set()
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        found = _MARK.match(line)
        if found:
            inside = found["mark"] != END
        elif inside:
            numbers.add(number)
    return numbers
