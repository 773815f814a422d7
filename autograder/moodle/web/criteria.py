"""Rubrics and marking guides of Moodle: what they ask, what they are filled with, and the kit's points put into them.

A save without criteria deletes the grade that is there, and Moodle computes the grade from the criteria alone.
The functions are ``core_grading_get_definitions`` and ``core_grading_get_gradingform_instances``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.files.markup import flatten
from autograder.moodle.web.client import MoodleClient, MoodleRefusalError
from autograder.moodle.web.remote import RemoteAssignment
from autograder.moodle.web.transport import Argument

TESTS = "tests"  # the criterion for all points that tests give
Fillings: TypeAlias = "Mapping[str, tuple[str, str]]"  # criterion's number to level's number, or score; and remark
_READY = 20
_METHODS = {"rubric": "description", "guide": "shortname"}  # where each has a criterion's name


@dataclass(frozen=True)
class Criterion:
    """One criterion; ``levels`` is a rubric's: score to the level's number."""

    number: str
    name: str
    maximum: Decimal
    minimum: Decimal = Decimal(0)
    levels: Mapping[Decimal, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GradingForm:
    """A rubric or a guide."""

    method: str
    definition: int
    criteria: tuple[Criterion, ...]

    def grade(self, fillings: Fillings, maximum: Decimal) -> Decimal:
        """Return the grade that Moodle computes: the share of the points between the lowest and the highest."""
        scores = {level: score for one in self.criteria for score, level in one.levels.items()}
        lowest = sum((one.minimum for one in self.criteria), Decimal(0))
        highest = sum((one.maximum for one in self.criteria), Decimal(0))
        given = sum((scores[value] if scores else Decimal(value) for value, _ in fillings.values()), Decimal(0))
        return (given - lowest) / (highest - lowest) * maximum

    def argument(self, fillings: Fillings) -> dict[str, Argument]:
        """Return ``advancedgradingdata`` of ``mod_assign_save_grade``."""
        what = "levelid" if self.method == "rubric" else "score"
        rows: list[Argument] = [
            {
                "criterionid": number,
                "fillings": [{"criterionid": number, what: value, "remark": remark, "remarkformat": 0}],
            }
            for number, (value, remark) in fillings.items()
        ]
        return {self.method: {"criteria": rows}}

    def described(self, fillings: Fillings) -> str:
        """Return the points by criterion, for a message."""
        scores = {level: score for one in self.criteria for score, level in one.levels.items()}
        names = {one.number: one.name for one in self.criteria}
        parts = [
            f"{short_line(names.get(number, number), 40)} {scores.get(value, value)}"
            for number, (value, _) in sorted(fillings.items())
        ]
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True)
class CriteriaPoints:
    """The kit's points of a stage, for a rubric or guide in Moodle.

    Attributes:
        maxima: points at most by criterion; all tests together are the criterion ``tests``.
        points: the same of each mark: participant id, or ``group-`` and a team's number, to points by criterion.
    """

    maxima: Mapping[str, Decimal]
    points: Mapping[str, Mapping[str, Decimal]]

    def of(self, key: str, group_id: int) -> Mapping[str, Decimal] | None:
        """Return one participant's: of an own mark, else of the team's; None where there is no mark."""
        return self.points.get(key, self.points.get(f"group-{group_id}"))


def read_form(client: MoodleClient, assignment: RemoteAssignment) -> GradingForm | None:
    """Return an assignment's rubric or guide, None where it is graded by a number.

    A service without the function (the mobile one) is not asked; then the first mark that is read shows it.

    Raises:
        UsageError: another method, or a form that is not ready or that the account may not see.
    """
    try:
        answer = client.call(
            "core_grading_get_definitions", cmids=[assignment.course_module_id], areaname="submissions"
        )
    except MoodleRefusalError:
        return None
    areas = [area for area in answer["areas"] if area.get("activemethod")]
    if not areas:
        return None
    method = str(areas[0]["activemethod"])
    found = [
        one for one in areas[0].get("definitions", []) if one.get("method") == method and one.get("status") == _READY
    ]
    if method not in _METHODS or len(found) != 1:
        raise advanced_grading(assignment, method)
    rows = found[0][method][f"{method}_criteria"]
    criteria = tuple(_criterion(row, method) for row in rows)
    if sum(one.maximum - one.minimum for one in criteria) <= 0:
        raise advanced_grading(assignment, method, "all of its levels have the same points")
    return GradingForm(method, int(found[0]["id"]), criteria)


def _criterion(row: Mapping[str, Any], method: str) -> Criterion:
    name = flatten(str(row[_METHODS[method]])).strip()
    if method == "guide":
        return Criterion(str(row["id"]), name, Decimal(str(row["maxscore"])))
    levels = {Decimal(str(level["score"])): str(level["id"]) for level in row["levels"]}
    return Criterion(str(row["id"]), name, max(levels), min(levels), levels)


def advanced_grading(assignment: RemoteAssignment, method: str = "rubric or guide", why: str = "") -> UsageError:
    """Return the refusal of an assignment whose rubric or guide cannot be filled."""
    return UsageError(
        f"{short_line(assignment.name)} is graded in Moodle by a {short_line(method)}: a number without its criteria "
        f"would delete the grade{why and f', and the criteria cannot be filled: {why}'}. Set 'Grading method' to "
        "'Simple direct grading' in its settings, or fill in Moodle's form by hand"
    )


def read_fillings(client: MoodleClient, form: GradingForm, *, since: int = 0) -> tuple[dict[int, Fillings], int]:
    """Return the number of a grade record to what its form is filled with, and the time of the newest one.

    Args:
        client: the site.
        form: whose.
        since: only forms changed then or later, in seconds since 1970.
    """
    answer = client.call_stored(
        "core_grading_get_gradingform_instances", {"definitionid": form.definition, "since": max(since - 1, 0)}
    )
    rows = sorted(answer["instances"], key=lambda one: (int(one["timemodified"]), int(one["id"])))
    found = {int(one["itemid"]): _fillings(one[form.method]["criteria"], form.method) for one in rows}
    return found, max((int(one["timemodified"]) for one in rows), default=since)


def _fillings(rows: list[Mapping[str, Any]], method: str) -> Fillings:
    what = "levelid" if method == "rubric" else "score"
    values = ("" if row[what] is None else _plain(Decimal(str(row[what]))) for row in rows)
    return {str(row["criterionid"]): (value, str(row["remark"] or "")) for row, value in zip(rows, values, strict=True)}


def require_match(assignment: RemoteAssignment, form: GradingForm, points: CriteriaPoints | None) -> None:
    """Check that each criterion of the kit has one in Moodle with the same name and maximum, and none is left over.

    Raises:
        UsageError: with all that differs.
    """
    if points is None:
        why = "give --stage, the stage whose points go into them"
        raise advanced_grading(assignment, form.method, why)
    faults = []
    for name, maximum in points.maxima.items():
        same = [one for one in form.criteria if same_name(one.name, name)]
        if len(same) != 1:
            faults.append(f"{len(same)} criteria in Moodle are called {name!r}, needed is 1")
        elif same[0].maximum != maximum:
            faults.append(f"{name!r} has at most {_plain(same[0].maximum)} points in Moodle, {_plain(maximum)} here")
    faults += [
        f"Moodle's {short_line(one.name, 40)!r} is no criterion of the stage"
        for one in form.criteria
        if not any(same_name(one.name, name) for name in points.maxima)
    ]
    if faults:
        raise advanced_grading(assignment, form.method, "; ".join(faults))


def same_name(moodles: str, ours: str) -> bool:
    """Whether two criteria have the same name: letter case, and ``_`` for a space, do not count."""
    return " ".join(moodles.split()).casefold() == ours.replace("_", " ").casefold()


def filled(form: GradingForm, points: Mapping[str, Decimal], before: Fillings) -> Fillings:
    """Return a form filled with points; remarks that are in Moodle stay.

    Raises:
        ValueError: a rubric has no level with just these points.
    """
    found = {}
    for one in form.criteria:
        (score,) = (value for name, value in points.items() if same_name(one.name, name))
        if form.method == "rubric" and score not in one.levels:
            allowed = ", ".join(map(_plain, sorted(one.levels)))
            raise ValueError(
                f"the rubric has no level with {_plain(score)} points for {short_line(one.name, 40)!r}; "
                f"it has {allowed}"
            )
        value = one.levels[score] if form.method == "rubric" else _plain(score)
        found[one.number] = (value, before.get(one.number, ("", ""))[1])
    return found


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
