"""``survivors.toml``: mutants that no test kills and that a person has looked at, each with a verdict and a reason.

An entry is found by the mutant's id, which depends on what the change is and not on where it is in the file. What a
person writes is the verdict and the reason; the rest says which change it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from autograder.course.textfiles import read_text
from autograder.errors import ConfigurationError, ConfigurationFault
from autograder.mutation.mutants import Mutant

ALLOWED = "[[survivor]] with id, where, change, verdict and reason, each a text"
KEYS = ("id", "where", "change", "verdict", "reason")


class Verdict(StrEnum):
    """Why a mutant may survive."""

    EQUIVALENT = "equivalent"
    """Its results are always the reference's, or differ only where the stage promises nothing (ties, kinks, draws)."""
    STYLE = "style"
    """Another way to do what the specification asks for; a student who writes it is right."""
    UNJUDGED = ""
    """Nobody has looked at it yet."""


@dataclass(frozen=True)
class Survivor:
    """One entry."""

    mutant_id: str
    where: str
    change: str
    verdict: Verdict
    reason: str

    @property
    def judged(self) -> bool:
        """Whether a person has said why it may survive."""
        return self.verdict is not Verdict.UNJUDGED and bool(self.reason.strip())


def read_survivors(path: Path, shown: str) -> dict[str, Survivor]:
    """The entries by the mutant's id; none where there is no file.

    Args:
        path: of ``survivors.toml``.
        shown: how a message names it.

    Raises:
        ConfigurationError: the file is no TOML, or an entry has another form; every fault at once.
    """
    if not path.exists():
        return {}
    text = read_text(path, shown)
    try:
        entries = tomllib.loads(text).get("survivor", [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        raise ConfigurationError(
            [ConfigurationFault(shown, int(found[1]) if found else 1, "(TOML)", str(error), ALLOWED)]
        ) from None
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[survivor]]"]
    faults, read = [], dict[str, Survivor]()
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        line = lines[index] if index < len(lines) else 1
        if (
            not isinstance(entry, dict)
            or {*entry} != {*KEYS}
            or not all(isinstance(one, str) for one in entry.values())
        ):
            faults.append(ConfigurationFault(shown, line, "survivor", "missing, unknown or wrong keys", ALLOWED))
        elif entry["verdict"] not in [*Verdict]:
            allowed = ", ".join(repr(str(verdict)) for verdict in Verdict)
            faults.append(ConfigurationFault(shown, line, "verdict", repr(entry["verdict"]), allowed))
        elif entry["id"] in read:
            faults.append(ConfigurationFault(shown, line, "id", f"{entry['id']} twice", "each mutant once"))
        else:
            read[entry["id"]] = Survivor(
                entry["id"], entry["where"], entry["change"], Verdict(entry["verdict"]), entry["reason"]
            )
    if faults:
        raise ConfigurationError(faults)
    return read


def survivors_text(survivors: Iterable[Survivor]) -> str:
    """The file's text, in the order of the places."""
    return "\n".join(
        f"[[survivor]]\nid = {_quoted(one.mutant_id)}\nwhere = {_quoted(one.where)}\nchange = {_quoted(one.change)}\n"
        f"verdict = {_quoted(one.verdict)}\nreason = {_quoted(one.reason)}\n"
        for one in sorted(survivors, key=lambda one: (one.where, one.change, one.mutant_id))
    )


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False)


def merged(before: Mapping[str, Survivor], survived: Iterable[Mutant], gone: Iterable[str]) -> list[Survivor]:
    """The entries with those that have survived now, without those in ``gone``; what a person wrote is kept."""
    left = set(gone)
    kept = {mutant_id: entry for mutant_id, entry in before.items() if mutant_id not in left}
    for mutant in survived:
        where, change = f"{mutant.path} {mutant.function}".rstrip(), f"{mutant.old} → {mutant.new}"
        old = kept.get(mutant.mutant_id)
        verdict, reason = (old.verdict, old.reason) if old else (Verdict.UNJUDGED, "")
        kept[mutant.mutant_id] = Survivor(mutant.mutant_id, where, change, verdict, reason)
    return list(kept.values())
