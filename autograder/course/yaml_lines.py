"""On which line of a YAML file each key is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from autograder.course.yaml_bounds import BoundedLoader, check_bounds
from autograder.errors import ConfigurationFault


@dataclass(frozen=True)
class LineMap:
    """Lines by key path; a path that is not there has its nearest parent's line."""

    lines: Mapping[tuple[str, ...], int]

    def line(self, key: tuple[str, ...]) -> int:
        """The line of a key, counted from 1."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def read_lines(text: str) -> tuple[LineMap, list[ConfigurationFault]]:
    """The lines of every key, and faults of the YAML itself: syntax, a key given twice."""
    try:
        check_bounds(text)
        node = yaml.compose(text, Loader=BoundedLoader)
    except yaml.YAMLError as error:
        return LineMap({}), [yaml_fault(error, text)]
    if not isinstance(node, yaml.MappingNode):
        return LineMap({}), [
            ConfigurationFault("grading.yml", 1, "(file)", "no keys at all", "see docs/coordinator.md")
        ]
    lines: dict[tuple[str, ...], int] = {}
    faults = []
    for key, line in _walk(node, ()):
        if key in lines:
            faults.append(
                ConfigurationFault(
                    "grading.yml", line, ".".join(key), f"given twice, first on line {lines[key]}", "once"
                )
            )
        lines.setdefault(key, line)
    return LineMap(lines), faults


def yaml_fault(error: yaml.YAMLError, text: str) -> ConfigurationFault:
    """What YAML itself reports, as a fault with its line."""
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    if (at := getattr(error, "position", None)) is not None and not mark:  # a character that YAML does not allow
        line = text[:at].count("\n") + 1
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    return ConfigurationFault("grading.yml", line, "(YAML)", what, "valid YAML")


def _walk(node: yaml.Node, prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = (*prefix, str(key_node.value))
            yield key, key_node.start_mark.line + 1
            yield from _walk(value_node, key)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            key = (*prefix, str(index))
            yield key, item.start_mark.line + 1
            yield from _walk(item, key)
