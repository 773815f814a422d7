"""What a project claims of itself, read from its files and not by its code.

The files are anybody's: each is limited before it is read, and what cannot be read is a ValueError with a sentence for
its author.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

RESULTS, CONFIG = "project/results.json", "project/config.toml"
MOST_TEXT_BYTES = 1 << 16


@dataclass(frozen=True)
class Claims:
    """What ``results.json`` claims, and the track of both files."""

    track: str
    track_of_results: str
    metric: str
    value: float
    seed: int
    steps: int
    device: str
    early_steps: int
    early_value: float
    early_losses: np.ndarray


def read_claims(files: Mapping[str, bytes]) -> Claims:
    """Return the claims of a project's files, by path.

    Raises:
        ValueError: a file is missing, too long or no JSON or TOML, or a key is missing or of another type.
    """
    config = _parsed(files, CONFIG, tomllib.loads)
    results = _parsed(files, RESULTS, json.loads)
    early = _of(results, "early", dict)
    losses = _of(early, "losses", list, "early.losses")
    if not all(_is_number(one) for one in losses):
        raise ValueError("early.losses in results.json must be numbers")
    return Claims(
        track=_of(config, "track", str, "track", CONFIG),
        track_of_results=_of(results, "track", str),
        metric=_of(results, "metric", str),
        value=_number(results, "value", "value"),
        seed=_of(results, "seed", int),
        steps=_of(results, "steps", int),
        device=_of(results, "device", str),
        early_steps=_of(early, "steps", int, "early.steps"),
        early_value=_number(early, "value", "early.value"),
        early_losses=np.asarray(losses, np.float64),
    )


def _text(files: Mapping[str, bytes], path: str) -> str:
    name = path.rpartition("/")[2]
    if path not in files:
        raise ValueError(f"{name} is missing")
    if len(files[path]) > MOST_TEXT_BYTES:
        raise ValueError(f"{name} has more than {MOST_TEXT_BYTES:,} bytes")
    try:
        return files[path].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not UTF-8 text") from None


def _parsed(files: Mapping[str, bytes], path: str, parse: Any) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    text = _text(files, path)
    try:
        found = parse(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} cannot be read as {name.rpartition('.')[2].upper()}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} must have keys and values")
    return found


def _of(values: Mapping[str, Any], key: str, kind: type, shown: str = "", path: str = RESULTS) -> Any:
    """A value of a type; True is no number."""
    value = values.get(key)
    if type(value) is not kind or (kind is int and not -(2**53) < value < 2**53):
        words = {str: "text", int: "a whole number", dict: "keys and values", list: "a list"}[kind]
        raise ValueError(f"{shown or key} in {path.rpartition('/')[2]} must be {words}")
    return value


def _number(values: Mapping[str, Any], key: str, shown: str) -> float:
    if not _is_number(values.get(key)):
        raise ValueError(f"{shown} in results.json must be a finite number")
    return float(values[key])


def _is_number(value: object) -> bool:
    """Whether it is a finite number that a float can hold."""
    try:
        return type(value) in (int, float) and math.isfinite(float(value))  # type: ignore[arg-type]  # its type is checked
    except OverflowError:
        return False
