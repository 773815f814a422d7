"""Read ``grading.yml`` and check it against itself and against the stages' code, all faults at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from autograder.course.checks import check_folders, check_policies
from autograder.course.folder import Course
from autograder.course.models import Configuration
from autograder.course.textfiles import read_text
from autograder.course.yaml_bounds import BoundedLoader
from autograder.course.yaml_lines import LineMap, read_lines, yaml_fault
from autograder.errors import ConfigurationError, ConfigurationFault, UsageError

Schema: TypeAlias = dict[str, Any]  # a JSON schema is plain data of any depth


def read_course(root: Path, *, check: bool = True) -> Course:
    """The course in ``root``, a folder with ``grading.yml``, ``assignments/`` and ``solutions/``.

    Args:
        root: the folder.
        check: also against itself and the stages' code, which a process that another one has started after
            checking need not do again.

    Raises:
        UsageError: there is no ``grading.yml``.
        ConfigurationError: every fault found, each with its line.
    """
    path = root / "grading.yml"
    if not path.is_file():
        raise UsageError(f"{root}: there is no grading.yml; run in the course's folder or give --course FOLDER")
    configuration, lines = _parsed(read_text(path, "grading.yml"))
    course = Course(root.resolve(), configuration)
    found = [*check_policies(configuration, lines), *check_folders(course, lines)] if check else []
    if found:
        raise ConfigurationError(found)
    return course


def read_configuration(text: str) -> Configuration:
    """A text of ``grading.yml``, checked against itself, not against the stages' code.

    Raises:
        ConfigurationError: every fault found, each with its line.
    """
    configuration, lines = _parsed(text)
    faults = list(check_policies(configuration, lines))
    if faults:
        raise ConfigurationError(faults)
    return configuration


def _parsed(text: str) -> tuple[Configuration, LineMap]:
    lines, faults = read_lines(text)
    if faults:
        raise ConfigurationError(faults)
    try:
        # plain data only; duplicates were reported by read_lines
        return Configuration.model_validate(yaml.load(text, Loader=BoundedLoader)), lines  # noqa: S506  # a safe one
    except yaml.YAMLError as error:
        raise ConfigurationError([yaml_fault(error, text)]) from None
    except ValidationError as error:
        raise ConfigurationError(_fault(detail, lines) for detail in error.errors()) from None


def _fault(detail: ErrorDetails, lines: LineMap) -> ConfigurationFault:
    """One pydantic error in our words."""
    key = tuple(str(part) for part in detail["loc"] if part != "[key]")
    what, allowed = _words(detail, key)
    return ConfigurationFault("grading.yml", lines.line(key), ".".join(key) or "(file)", what, allowed)


def _words(detail: ErrorDetails, key: tuple[str, ...]) -> tuple[str, str]:
    got = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            known = list(_known_keys(key[:-1]))
            close = difflib.get_close_matches(key[-1], known, 1)
            return "unknown key", f"did you mean {close[0]}?" if close else f"allowed: {', '.join(known)}"
        case "missing":
            return "missing", "it must be given"
        case "value_error":
            what, _, allowed = str(detail["ctx"]["error"]).partition("; ")
            return what, allowed or "see docs/grading.schema.json"
        case "float_parsing" | "int_parsing" | "float_type" | "int_type" | "decimal_parsing" | "int_from_float":
            unit = key[-1].rpartition("_")[2]
            return f"{got!r} is not a number", f"a plain number, in {unit}" if "_" in key[-1] else "a plain number"
        case _:
            return f"got {str(got)[:60]!r}", detail["msg"][0].lower() + detail["msg"][1:]


def _known_keys(path: tuple[str, ...]) -> Iterator[str]:
    """The keys that the model allows at a path."""
    schema = Configuration.model_json_schema()
    node: Schema = schema
    for part in path:
        node = _resolve(schema, node)
        if part in node.get("properties", {}):
            node = node["properties"][part]
        elif "patternProperties" in node:  # names of stages
            node = next(iter(node["patternProperties"].values()))
        elif "additionalProperties" in node:
            node = node["additionalProperties"]
        elif "items" in node:
            node = node["items"]
    yield from _resolve(schema, node).get("properties", {})


def _resolve(schema: Schema, node: Schema) -> Schema:
    """Follow ``$ref`` and the first object of an ``anyOf``."""
    for choice in node.get("anyOf", ()):
        if "$ref" in choice:
            node = choice
    if "$ref" in node:
        found: Schema = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return found
    return node
