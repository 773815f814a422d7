"""Many reads of a Moodle at once: several in one request where the service allows it, else a few side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from autograder.moodle.web.client import Json, MoodleClient, MoodleError, MoodleRefusalError, MoodleUnreachableError
from autograder.moodle.web.transport import Argument

T = TypeVar("T")
R = TypeVar("R")
Fault: TypeAlias = "MoodleError | MoodleUnreachableError"  # of one person; a refusal ends the command
BATCH_FUNCTION = "tool_mobile_call_external_functions"
CONNECTIONS = 4  # at most, to a site that others use
READS_IN_A_REQUEST = 25


@dataclass
class ManyCalls:
    """Calls the same function for many people.

    Attributes:
        in_batches: whether to ask the service for several answers at once; False once it was seen to refuse.
    """

    client: MoodleClient
    in_batches: bool = True

    def read(self, function: str, arguments: Sequence[Mapping[str, Argument]], *, stored: bool) -> list[Json | Fault]:
        """Return an answer, or what went wrong, for each of the arguments.

        Args:
            function: one that only reads.
            arguments: one mapping for each answer.
            stored: texts as Moodle keeps them.

        Raises:
            MoodleRefusalError: token, service or rights.
        """
        found: list[Json | Fault] = []
        while self.in_batches and len(arguments) - len(found) > 1:
            part = arguments[len(found) : len(found) + READS_IN_A_REQUEST]
            try:
                found += self._batch(function, part, stored=stored)
            except (MoodleRefusalError, MoodleError):
                self.in_batches = False
            except MoodleUnreachableError as error:
                found += [error] * len(part)

        def one(values: Mapping[str, Argument]) -> Json | Fault:
            try:
                if stored:
                    return self.client.call_stored(function, values)
                return self.client.call(function, repeat=True, **values)
            except (MoodleError, MoodleUnreachableError) as error:
                return error

        return found + side_by_side(one, arguments[len(found) :])

    def _batch(self, function: str, part: Sequence[Mapping[str, Argument]], *, stored: bool) -> list[Json | Fault]:
        """Return the answers up to the first error: Moodle leaves out those after it."""
        settings: dict[str, Argument] = {"settingraw": True, "settingfileurl": False} if stored else {}
        requests = [{"function": function, "arguments": json.dumps(dict(values)), **settings} for values in part]
        answer = self.client.call(BATCH_FUNCTION, requests=requests)
        try:
            responses = list(answer["responses"])
            if not 0 < len(responses) <= len(part):
                raise MoodleError(f"{BATCH_FUNCTION}: {len(responses)} answers to {len(part)} questions")
            return [self._one(function, response) for response in responses]
        except (KeyError, TypeError, ValueError) as error:
            raise MoodleError(f"{BATCH_FUNCTION}: no list of answers") from error

    def _one(self, function: str, response: Mapping[str, Any]) -> Json | Fault:
        if not response["error"]:
            return json.loads(response["data"])
        said = json.loads(response["exception"])
        try:
            self.client.raise_error({"message": said.get("message", ""), "errorcode": said["errorcode"]}, function)
        except MoodleError as error:
            return error


def side_by_side(do: Callable[[T], R], values: Sequence[T]) -> list[R]:
    """Return ``do`` of each value, a few at the same time; the first exception ends it."""
    if len(values) < 2:
        return [do(value) for value in values]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        try:
            return list(threads.map(do, values))
        except BaseException:  # Ctrl-C included: what has not begun is not begun any more
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield values in order, at most ``size`` at a time."""
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]
