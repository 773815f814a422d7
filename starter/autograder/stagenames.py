"""Which stage a person means: its name, its folder, or its number."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from autograder.errors import UsageError

SHORT = re.compile(r"s0*(\d+)", re.IGNORECASE)


def choose_stage(written: str, stages: Iterable[str], listed: str) -> str:
    """Return the stage that ``written`` means: ``s04_optimisers``, ``s04_optimisers/``, ``s04`` or ``s4``.

    Args:
        written: as it was typed, or completed by a shell to a folder's name.
        stages: the names that exist.
        listed: what introduces their list in an error, such as ``grading.yml has``.

    Raises:
        UsageError: no stage or more than one is meant; the message lists the stages.
    """
    known = list(stages)
    name = written.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if name in known:
        return name
    short = SHORT.fullmatch(name)
    meant = [stage for stage in known if short and _number(stage) == short[1]]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UsageError(f"{name!r} can mean {' or '.join(meant)}: write the name in full")
    close = [stage for stage in known if name and stage.startswith(name)] or difflib.get_close_matches(name, known)
    question = f"; did you mean {close[0]}?" if close else "."
    raise UsageError(f"there is no stage {name!r}{question} {listed} {', '.join(known) or 'none'}.")


def is_stage_name(name: str) -> bool:
    """Whether a folder's name is that of a stage: ``s04_optimisers``."""
    return _number(name) is not None


def _number(stage: str) -> str | None:
    found = SHORT.match(stage.partition("_")[0])
    return found[1] if found else None
