"""What a student reads about a budget, on their own machine and when graded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from autograder.model import BudgetKind, BudgetUse, FindingKind
from autograder.testing.digits import two_digits

MARGIN = 2.0  # an estimate on another machine is right within this factor
OVER = MappingProxyType(
    {
        FindingKind.TIME: "your code needs {} times the reference's CPU time",
        FindingKind.MEMORY: "your code needs {} times the memory that the reference needs in addition to its inputs",
    }
)
HINT: Mapping[BudgetKind, str] = MappingProxyType(
    {
        FindingKind.TIME: "Is there a Python loop that one array operation could replace?",
        FindingKind.MEMORY: "What is your code's largest array? Can you avoid it, or compute it in parts?",
    }
)
WRONG = "your code returned a wrong result in a measured call; time and memory count only with the right one"
WRONG_HINT = "Is it right for large inputs too?"
OWN = MappingProxyType({FindingKind.TIME: "CPU time", FindingKind.MEMORY: "Memory"})


def over_budget(probe: str, use: BudgetUse) -> str:
    """The message of a test whose budget was exceeded."""
    times = two_digits(use.times)
    about = f"about {times}" if use.estimated else times
    limit = f"{'the limit when graded' if use.estimated else 'the limit'} is {use.limit:g} times"
    return f"{probe}: {OVER[use.kind].format(about)}; {limit}"


def use_words(use: BudgetUse) -> str:
    """One line: what the code used, and what is allowed."""
    words = f"{OWN[use.kind]}: {'about ' if use.estimated else ''}{two_digits(use.times)} times the reference's; "
    words += f"the limit is {use.limit:g} times"
    if use.estimated:
        words += f". This is an estimate for your machine, right within a factor of {MARGIN:g}; grading measures again"
        if use.times > use.limit:
            words += ", and your code may be too slow there"
    return words
