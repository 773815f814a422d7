"""Decisions as rows of the gradebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from autograder.decisions import DroppedTest
from autograder.errors import DamagedGradebook
from autograder.gradebook.chain import Writing, now
from autograder.gradebook.schema import DECISIONS
from autograder.graded import Decision, DecisionKind
from autograder.jsontext import read_json

_KIND = TypeAdapter(DecisionKind)
_VALUE = TypeAdapter(dict[str, Any])


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _is_number(value: object) -> bool:
    try:
        return value is None or (isinstance(value, str) and Decimal(value).is_finite())
    except InvalidOperation:
        return False


def _is_moment(value: object) -> bool:
    try:
        return value is None or (isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None)
    except ValueError:
        return False


def _is_way(value: object) -> bool:
    return value is None or value in [str(one) for one in DroppedTest]


# The keys of docs/formats.md, and what each may hold. A value without its key takes an earlier decision back, but
# "criterion" and "test" state which one is meant.
_KEYS: Mapping[DecisionKind, Mapping[str, Callable[[object], bool]]] = {
    DecisionKind.RUBRIC: {"criterion": _is_text, "points": _is_number, "sheet": _is_flag},
    DecisionKind.REMARK: {"criterion": _is_text, "text": _is_text, "sheet": _is_flag},
    DecisionKind.OVERRIDE: {"points": _is_number},
    DecisionKind.ATTEMPT: {"submission_sha256": _is_text},
    DecisionKind.EXTEND: {"due_at": _is_moment},
    DecisionKind.WAIVE: {"waived": _is_flag},
    DecisionKind.HOLD: {},
    DecisionKind.RELEASE: {"reasons": _are_texts},
    DecisionKind.DROP_TEST: {"test": _is_text, "how": _is_way},
}
_ALWAYS = frozenset({"criterion", "test"})


def _fault(kind: DecisionKind, value: Mapping[str, Any], row: Any) -> str:
    """The first cell or key that holds what no decision holds; '' if there is none."""
    for name in ("participant_id", "reason", "decided_by"):
        if not _is_text(getattr(row, name)):
            return f"{name} is not text"
    if row.made_at is None or not _is_moment(row.made_at):
        return "made_at is not a time with its zone"
    for key, is_right in _KEYS[kind].items():
        if key in value and not is_right(value[key]):
            return f"{key} of its value is {json.dumps(value[key])[:60]}, which a decision of kind {kind} cannot have"
        if key in _ALWAYS and key not in value:
            return f"its value has no {key}"
    return ""


def append_decisions(writing: Writing, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Write decisions, and return them with their numbers and the time."""
    made_at = now()
    kept = []
    for decision in decisions:
        fields = {
            "stage": decision.stage,
            "participant_id": decision.participant_id,
            "kind": str(decision.kind),
            "value": json.dumps(dict(decision.value), ensure_ascii=False, sort_keys=True),
            "reason": decision.reason,
            "decided_by": decision.decided_by,
            "made_at": made_at,
        }
        number = writing.append(DECISIONS, fields)
        kept.append(replace(decision, number=number, made_at=made_at))
    return tuple(kept)


def read_decisions(connection: Connection, stage: str) -> tuple[Decision, ...]:
    """All decisions on a stage, oldest first."""
    query = select(DECISIONS).where(DECISIONS.c.stage == stage).order_by(DECISIONS.c.number)
    return tuple(map(_decision, connection.execute(query)))


def _decision(row: Any) -> Decision:
    what = f"decision {row.number} of the gradebook"
    kind = read_json(_KIND, json.dumps(row.kind), what, DamagedGradebook)
    value = read_json(_VALUE, row.value, what, DamagedGradebook)
    if fault := _fault(kind, value, row):
        raise DamagedGradebook(f"{what} cannot be read: {fault}")
    return Decision(row.stage, row.participant_id, kind, value, row.reason, row.decided_by, row.number, row.made_at)
