"""A YAML text that is safe to read: bounded in depth and in size, with the line of each value that cannot be made."""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 32
MOST_NODES = 100_000  # aliases counted as often as they are used: this course has about 1,500
BASE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast, where it was built in


class BoundedLoader(BASE_LOADER):  # type: ignore[misc, valid-type]  # one of two classes, chosen at run time
    """Plain data only; what cannot be made (a date that does not exist, a number of 5,000 digits) has its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # yaml's form
        """The value of a node.

        Raises:
            MarkedYAMLError: there is no such value.
        """
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, ArithmeticError, TypeError, AttributeError, LookupError) as error:
            what = str(error) if isinstance(error, ValueError) else "this value cannot be read"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from None


def check_bounds(text: str) -> None:
    """Refuse what would not end, or would fill the memory, before anything is made of it.

    Raises:
        MarkedYAMLError: no YAML, nested too deeply, too many values, or an alias within its own value.
    """
    sizes: dict[str, int] = {}  # of each anchor whose value has ended
    opened: list[tuple[str | None, int]] = []  # the anchors of what is open, and the count at its beginning
    count = 0
    for event in yaml.parse(text, Loader=BASE_LOADER):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in sizes:
                count += sizes[event.anchor]
            elif any(event.anchor == anchor for anchor, _ in opened):
                raise _error(event, f"*{event.anchor} is within its own value")
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, count))
            count += 1
            if len(opened) > DEEPEST:
                raise _error(event, f"nested more than {DEEPEST} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = count - before
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if count > MOST_NODES:
            raise _error(event, f"more than {MOST_NODES} values, aliases counted as often as they are used")


def _error(event: yaml.Event, what: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, what, event.start_mark)  # type: ignore[arg-type]  # libyaml's marks have the same lines
