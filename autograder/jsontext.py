"""Read values back from JSON that the kit wrote: a record of a gradebook, a line of a tester."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from autograder.errors import AutograderError

T = TypeVar("T")
MOST_FAULTS = 5  # in one text; more would hide what is wrong


def read_json(
    adapter: TypeAdapter[T], text: str | bytes, what: str, error: type[AutograderError] = AutograderError
) -> T:
    """The value that a JSON text holds.

    Args:
        adapter: of the value's type.
        text: as ``dump_json`` of the adapter wrote it, by this version of the kit or an older one.
        what: names the text in the error.
        error: what is raised.

    Raises:
        AutograderError: of the class ``error``; the text is not JSON, or holds a value that does not exist:
            a kind of finding or an outcome of another version, a field of another type.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as fault:
        details = fault.errors(include_url=False)
        faults = [_words(one) for one in details[:MOST_FAULTS]]
        if len(details) > len(faults):
            faults.append(f"and {len(details) - len(faults)} more")
    raise error(f"{what} cannot be read: {'; '.join(faults)}")


def _words(detail: ErrorDetails) -> str:
    place = ".".join(map(str, detail["loc"]))
    got = repr(detail["input"])[:60]
    match detail["type"]:
        case "json_invalid":
            return "it is not JSON"
        case "enum":
            what = f"{got} does not exist here; allowed: {detail['ctx']['expected']}"
        case "value_error":
            what = str(detail["ctx"]["error"])
        case "missing":
            what = "it is missing"
        case _:
            what = f"got {got}; {detail['msg'][0].lower()}{detail['msg'][1:]}"
    return f"{place}: {what}" if place else what
