"""Whether tests of properties end as with a known mistake: where results have a form only, no outputs can be equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from autograder.course.mistakes import Mistake
from autograder.model import Outcome, TestResult

MAY_BE = "This may be the reason: "  # two projects of their own designs can fail in the same way for two reasons
CaseKey: TypeAlias = tuple[str, str]  # test and case
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(\.\d+)?([eE][-+]?\d+)?")
_AMOUNT = re.compile(r"(, the first |the error is ).*", re.DOTALL)


class Ending(NamedTuple):
    """How a failed case ended, as far as two pieces of code with the same fault have it in common.

    Attributes:
        outcome, kind: names, as in results.
        words: the finding's message without numbers, places and sizes; of an exception its type, whatever its text.
    """

    outcome: str
    kind: str
    words: str


Endings: TypeAlias = Mapping[CaseKey, Ending]


def endings_of(results: Iterable[TestResult]) -> dict[CaseKey, Ending]:
    """The endings of the cases that failed; a part that is not written is left out."""
    found = {}
    for result in results:
        if result.outcome in (Outcome.FAILED, Outcome.ERROR) and result.findings:
            finding = result.findings[0]
            if finding.exception_type != NotImplementedError.__name__:
                words = _words(finding.message)
                found[result.name, result.case] = Ending(result.outcome.value, finding.kind.value, words)
    return found


def _words(message: str) -> str:
    """What is left of a message where one value differs or several do, here or there."""
    kept = _NUMBER.sub("…", _AMOUNT.sub("", message))
    return kept.replace("values differs", "values differ").replace("values is ", "values are ")


def hints_of_endings(
    failed: Endings,
    passed: Collection[str],
    mistakes: Sequence[Mistake],
    endings: Callable[[Mistake], Endings],
) -> dict[CaseKey, str]:
    """The hint for each failed case that a known mistake may explain.

    A mistake fits where the submission fails each test that the mistake exists for (``catches``), and with the same
    ending. That it kills other tests too says nothing: a mistake in a project that was trained with it has curves and
    claims of its own, and the reference with an edit has not. A case gets a hint if all mistakes that fit, and end
    there alike, have the same one; or else if one of their hints, and no other, is that of another case: one reason is
    better than two. Otherwise it gets none.

    Args:
        failed: endings of the submission's failed cases that look at properties.
        passed: names of the tests that it passed.
        mistakes: the stage's.
        endings: how a mistake ends in the tests that kill it.
    """
    fitting: dict[CaseKey, dict[str, None]] = {}
    for mistake in mistakes:
        caught_by = {*mistake.catches}
        if caught_by.isdisjoint(test for test, _ in failed) or not caught_by.isdisjoint(passed):
            continue
        shared = {key: ending for key, ending in endings(mistake).items() if key in failed}
        same = [key for key, ending in shared.items() if failed[key] == ending]
        if {key for key in shared if key[0] in caught_by} <= {*same}:
            for key in same:
                fitting.setdefault(key, {})[mistake.hint] = None
    sure = {hint for hints in fitting.values() if len(hints) == 1 for hint in hints}
    found = {}
    for key, hints in fitting.items():
        chosen = [hint for hint in hints if len(hints) == 1 or hint in sure]
        if len(chosen) == 1:
            found[key] = MAY_BE + chosen[0]
    return found
