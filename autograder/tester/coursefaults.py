"""Faults of the course's own Python that show only when it is run: an import that fails, an exception."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import ConfigurationError, ConfigurationFault

ALLOWED = "Python that can be imported; autograder config finds what can be found without running it"


@contextmanager
def reported(path: Path, root: Path) -> Iterator[None]:
    """Turn whatever a file of the course raises when it is imported into a fault with its line.

    Args:
        path: what is imported.
        root: of the course.

    Raises:
        ConfigurationError: it raised.
    """
    try:
        yield
    except ConfigurationError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the file is Python: it may raise anything, or exit
        raise ConfigurationError([import_fault(error, path, root)]) from None


def import_fault(error: BaseException, path: Path, root: Path) -> ConfigurationFault:
    """What a file of the course raised: the last line of the course that was running, else the first of the file."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    place, line = path, 1
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(root):
        place, line, what = Path(error.filename), error.lineno or 1, error.msg
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_relative_to(root) and "site-packages" not in frame.filename:
                place, line = Path(frame.filename), frame.lineno or 1
    return ConfigurationFault(
        place.relative_to(root).as_posix(), line, "(import)", " ".join(what.split())[:500], ALLOWED
    )
