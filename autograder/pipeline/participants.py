"""From what a person types to a participant: a number, an ID number or a name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograder.errors import UsageError
from autograder.intake import Person

MOST_NAMED = 5
_NUMBER = re.compile(r"(group-)?\d+")


def find_participant(people: Mapping[str, Person], text: str) -> str:
    """The participant's number, or the team's key.

    Args:
        people: of the stage, by number.
        text: Moodle's number, the university's ID number, or a name or a part of one that only one person has. A
            number that nobody has yet is taken as it is: an extension may be given before anything is submitted.

    Raises:
        UsageError: nobody, or more than one.
    """
    wanted = re.sub(r"(?i)^participant\s+", "", text.strip())
    if wanted in people:
        return wanted
    low = wanted.casefold()
    for fits in (
        [key for key, person in people.items() if person.id_number == wanted],
        [key for key, person in people.items() if person.name.casefold() == low],
        [key for key, person in people.items() if low in person.name.casefold()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            shown = ", ".join(f"{key} ({people[key].name})" for key in fits[:MOST_NAMED])
            more = f" and {len(fits) - MOST_NAMED} more" if len(fits) > MOST_NAMED else ""
            raise UsageError(f"{text!r} is more than one participant: {shown}{more}; give the number")
    if _NUMBER.fullmatch(wanted):
        return wanted
    raise UsageError(f"no participant {text!r} in this stage; give Moodle's number, the ID number or the name")
