"""``kills.json``: which tests kill which mistake of a stage, as ``autograder prove`` found it.

The file is generated (``autograder prove STAGE --update``) and checked in, so that a new test changes no list by
hand and a change of the matrix is seen in review: one mistake a line, mistakes and tests in the order of their names.
A test kills a mistake that does not pass it; a test that is not reached, because one that it needs failed, counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from autograder.course.textfiles import read_text
from autograder.errors import ConfigurationError, ConfigurationFault

Kills = Mapping[str, tuple[str, ...]]
SHAPE = '{"mistake": ["test_name", ...], ...}, as autograder prove --update writes it'


def read_kills(path: Path, shown: str) -> dict[str, tuple[str, ...]] | None:
    """The tests that kill each mistake, by the mistake's name; None where there is no such file.

    Args:
        path: of ``kills.json``.
        shown: how a message names it.

    Raises:
        ConfigurationError: the file is not what ``kills_text`` writes.
    """
    if not path.exists():
        return None
    text = read_text(path, shown)
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError([ConfigurationFault(shown, error.lineno, "(JSON)", error.msg, SHAPE)]) from None
    except RecursionError:
        raise ConfigurationError([ConfigurationFault(shown, 1, "(JSON)", "too deeply nested", SHAPE)]) from None
    if not isinstance(rows, dict):
        raise ConfigurationError([ConfigurationFault(shown, 1, "(file)", "not an object", SHAPE)])
    wrong = [name for name, tests in rows.items() if not _are_names(tests)]
    if wrong:
        lines = {name: text[: text.find(json.dumps(name))].count("\n") + 1 for name in wrong}
        raise ConfigurationError(
            ConfigurationFault(shown, lines[name], name, "not a list of names of tests", SHAPE) for name in wrong
        )
    return {name: tuple(tests) for name, tests in rows.items()}


def _are_names(tests: object) -> bool:
    return isinstance(tests, list) and all(isinstance(test, str) for test in tests)


def kills_text(kills: Kills) -> str:
    """The file's text: the same for the same matrix."""
    rows = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(sorted(set(tests)))}" for name, tests in sorted(kills.items())
    )
    return f"{{\n{rows}\n}}\n" if rows else "{}\n"


def differences(before: Kills | None, now: Kills, stage: str) -> list[str]:
    """What has changed from the file to what was found, a sentence each.

    Args:
        before: the file's rows; None where there is no file.
        now: what was found.
        stage: whose file.
    """
    update = f"autograder prove {stage} --update"
    if before is None:
        return [f"there is no kills.json: {update} writes it"]
    found = []
    for name, tests in now.items():
        if name not in before:
            found.append(f"mistake {name} is not in kills.json: look at it and run {update}")
            continue
        more, fewer = sorted({*tests} - {*before[name]}), sorted({*before[name]} - {*tests})
        said = [f"now also killed by {', '.join(more)}"] if more else []
        said += [f"no longer killed by {', '.join(fewer)}"] if fewer else []
        if said:
            found.append(f"mistake {name} is {' and '.join(said)}: look at it and run {update}")
    gone = before.keys() - now.keys()
    found += [f"kills.json has {name}, which mistakes.py no longer has: run {update}" for name in gone]
    return sorted(found)
