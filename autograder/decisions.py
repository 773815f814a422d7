"""Which of the decisions on a stage are in effect for one participant.

The last decision of a kind holds (for rubric marks, remarks and dropped tests: of a kind and its criterion or test);
one with an empty value takes an earlier one back. What was decided for one person goes before what was decided for
their team, and that before what was decided for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from autograder.course.models import StagePolicy
from autograder.graded import Decision, DecisionKind
from autograder.model import Lateness


class DroppedTest(StrEnum):
    """What becomes of a test that was wrong."""

    EVERYONE_GETS = "everyone gets it"
    NOT_COUNTED = "not counted"


# What a value must hold for the decision to be in effect; a hold and a release end each other instead.
_NEEDED = {
    DecisionKind.RUBRIC: "points",
    DecisionKind.REMARK: "text",
    DecisionKind.OVERRIDE: "points",
    DecisionKind.ATTEMPT: "submission_sha256",
    DecisionKind.EXTEND: "due_at",
    DecisionKind.WAIVE: "waived",
    DecisionKind.DROP_TEST: "how",
}
_PART = {DecisionKind.RUBRIC: "criterion", DecisionKind.REMARK: "criterion", DecisionKind.DROP_TEST: "test"}
_SAME_PLACE = {DecisionKind.RELEASE: DecisionKind.HOLD}


@dataclass(frozen=True)
class Decided:
    """What is in effect for one participant.

    Attributes:
        rubric: points by criterion, of those that were marked.
        remarks: words to the student by criterion; those on the whole under ''.
        override: the mark that a person set, in the stage's points.
        attempt: hash of the submission that counts, '' for the newest.
        due_at: an extension.
        waived: whether lateness costs nothing.
        held: why a person holds the mark, '' where nobody does.
        released: reasons to hold that a person has settled.
        dropped: tests that were wrong.
        in_effect: the decisions themselves, oldest first.
    """

    rubric: Mapping[str, Decimal] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    override: Decimal | None = None
    attempt: str = ""
    due_at: datetime | None = None
    waived: bool = False
    held: str = ""
    released: frozenset[str] = frozenset()
    dropped: Mapping[str, DroppedTest] = field(default_factory=dict)
    in_effect: tuple[Decision, ...] = ()


NOTHING = Decided()


def decided_for(decisions: Iterable[Decision], *keys: str) -> Decided:
    """What is in effect for a participant.

    Args:
        decisions: on one stage, oldest first.
        keys: the team's key, where there is a team, then the participant's number; none: for everybody.
    """
    by_participant: dict[str, dict[tuple[DecisionKind, str], Decision]] = {}
    wanted = ("", *keys)
    for decision in decisions:
        if decision.participant_id not in wanted:
            continue
        by_participant.setdefault(decision.participant_id, {})[_place(decision)] = decision
    in_effect: dict[tuple[DecisionKind, str], Decision] = {}
    for key in wanted:
        in_effect |= {place: one for place, one in by_participant.get(key, {}).items() if not is_taken_back(one)}
    found = sorted(in_effect.values(), key=lambda decision: decision.number)
    decided = Decided(in_effect=tuple(found))
    for decision in found:
        decided = _with(decided, decision)
    return decided


def effective(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that no later one has replaced or taken back, for whomever, oldest first."""
    last: dict[tuple[str, DecisionKind, str], Decision] = {}
    for decision in decisions:
        last[(decision.participant_id, *_place(decision))] = decision
    found = (decision for decision in last.values() if not is_taken_back(decision))
    return tuple(sorted(found, key=lambda decision: decision.number))


def replaced(decisions: Iterable[Decision], later: Decision) -> tuple[Decision, ...]:
    """Those in effect that ``later`` replaces or ends: of the same participant, on the same thing."""
    return tuple(
        one
        for one in effective(decisions)
        if (one.participant_id, *_place(one)) == (later.participant_id, *_place(later))
    )


def _place(decision: Decision) -> tuple[DecisionKind, str]:
    """What a later decision must be about to replace this one."""
    part = str(decision.value.get(_PART.get(decision.kind, ""), ""))
    return _SAME_PLACE.get(decision.kind, decision.kind), part


def is_taken_back(decision: Decision) -> bool:
    """Whether this is the end of an earlier decision."""
    needed = _NEEDED.get(decision.kind)
    return needed is not None and not decision.value.get(needed)


def _with(decided: Decided, decision: Decision) -> Decided:
    value = decision.value
    match decision.kind:
        case DecisionKind.RUBRIC:
            return replace(decided, rubric={**decided.rubric, value["criterion"]: Decimal(value["points"])})
        case DecisionKind.REMARK:
            return replace(decided, remarks={**decided.remarks, value["criterion"]: value["text"]})
        case DecisionKind.OVERRIDE:
            return replace(decided, override=Decimal(value["points"]))
        case DecisionKind.ATTEMPT:
            return replace(decided, attempt=value["submission_sha256"])
        case DecisionKind.EXTEND:
            return replace(decided, due_at=datetime.fromisoformat(value["due_at"]))
        case DecisionKind.WAIVE:
            return replace(decided, waived=True)
        case DecisionKind.HOLD:
            return replace(decided, held=decision.reason)
        case DecisionKind.RELEASE:
            return replace(decided, released=frozenset(value["reasons"]))
        case DecisionKind.DROP_TEST:
            return replace(decided, dropped={**decided.dropped, value["test"]: DroppedTest(value["how"])})


def counted_policy(policy: StagePolicy, decided: Decided) -> StagePolicy:
    """The stage's points without the tests that do not count."""
    gone = {name for name, how in decided.dropped.items() if how is DroppedTest.NOT_COUNTED}
    if not gone:
        return policy
    tests = policy.tests.model_copy(
        update={
            visibility: {name: points for name, points in getattr(policy.tests, visibility).items() if name not in gone}
            for visibility in ("public", "hidden")
        }
    )
    return policy.model_copy(update={"tests": tests})


def effective_lateness(lateness: Lateness, decided: Decided) -> Lateness:
    """Lateness against the later of Moodle's date and the extension; none where it was waived."""
    if decided.due_at is not None and (lateness.due_at is None or decided.due_at > lateness.due_at):
        late, uncertain = lateness.late_seconds, lateness.uncertain
        if lateness.submitted_at is not None:
            uncertain = ""  # without a date of the submission, the new due date does not help
            # by the instants: two dates of one zone are subtracted by the clock on the wall
            late = max(0, round(lateness.submitted_at.timestamp() - decided.due_at.timestamp()))
        lateness = replace(lateness, due_at=decided.due_at, late_seconds=late, source="extension", uncertain=uncertain)
    return replace(lateness, late_seconds=0, uncertain="") if decided.waived else lateness
