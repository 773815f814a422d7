"""Decisions in words: for the student, and for the staff with who and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from autograder.decisions import is_taken_back
from autograder.graded import Decision, DecisionKind
from autograder.report.render import moment, number
from autograder.report.wording import in_words

# Rubric marks and remarks have places of their own on the pages.
SHOWN_ELSEWHERE = frozenset({DecisionKind.RUBRIC, DecisionKind.REMARK})


def decision_words(decision: Decision, time_zone: str) -> str:
    """What was decided, without why and by whom."""
    words = _words(decision, time_zone)
    return f"{words}: taken back" if is_taken_back(decision) else words


def _words(decision: Decision, time_zone: str) -> str:
    value, back = decision.value, is_taken_back(decision)
    match decision.kind:
        case DecisionKind.RUBRIC:
            points = "" if back else f" {number(float(Decimal(value['points'])))} points"
            return f"{in_words(value['criterion'])}{points}"
        case DecisionKind.REMARK:
            about = f" on {in_words(value['criterion']).lower()}" if value["criterion"] else ""
            return f"Remark{about}" if back else f"Remark{about}: {value['text']}"
        case DecisionKind.OVERRIDE:
            return "Mark set by staff" if back else f"Mark set by staff: {number(float(Decimal(value['points'])))}"
        case DecisionKind.ATTEMPT:
            return "Choice of another submission" if back else f"Submission {value['submission_sha256'][:12]} counts"
        case DecisionKind.EXTEND:
            if back:
                return "Extension"
            return f"Due date extended to {moment(datetime.fromisoformat(value['due_at']), time_zone)}"
        case DecisionKind.WAIVE:
            return "Waiver of the lateness" if back else "Lateness costs nothing"
        case DecisionKind.HOLD:
            return "Mark held by staff"
        case DecisionKind.RELEASE:
            return "Mark released by staff"
        case DecisionKind.DROP_TEST:
            return f"Test {value['test']}" if back else f"Test {value['test']}: {value['how']}"


def decision_line(decision: Decision, time_zone: str) -> str:
    """All of a decision, for the staff."""
    who = decision.participant_id or "everybody"
    when = moment(datetime.fromisoformat(decision.made_at), time_zone)
    return (
        f"{decision.number}: {who}: {decision_words(decision, time_zone)} "
        f"({decision.decided_by or 'unknown'}, {when}: {decision.reason})"
    )


def shown_decisions(decisions: Iterable[Decision], time_zone: str) -> tuple[tuple[str, str], ...]:
    """What was decided and why, for the student: what rubric and remarks do not show already."""
    return tuple((decision_words(one, time_zone), one.reason) for one in decisions if one.kind not in SHOWN_ELSEWHERE)


def remarks(decisions: Iterable[Decision]) -> tuple[tuple[str, str], ...]:
    """Remarks to the student: about what ('' for the whole), and the words; those on the whole first."""
    found = {one.value["criterion"]: one.value["text"] for one in decisions if one.kind is DecisionKind.REMARK}
    return tuple((in_words(name) if name else "", found[name]) for name in sorted(found))
