"""Decisions as rows of the gradebook."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from autograder.errors import DamagedGradebook
from autograder.gradebook.chain import Writing, now
from autograder.gradebook.schema import DECISIONS
from autograder.graded import Decision, DecisionKind
from autograder.jsontext import read_json

_KIND = TypeAdapter(DecisionKind)
_VALUE = TypeAdapter(dict[str, Any])


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
    return Decision(row.stage, row.participant_id, kind, value, row.reason, row.decided_by, row.number, row.made_at)
