"""The one place that decides what a student may see, and how findings are grouped."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from autograder.model import Finding, FindingKind, Outcome
from autograder.report.redaction import OUR_FAULT, reasons, redact
from tests.report import samples
from tests.report.strategies import graded


@settings(max_examples=80)
@given(one=graded())
def test_hidden_results_keep_neither_detail_nor_output(one):
    """For every outcome and kind of finding."""
    hidden = [redact(result) for result in one.results if result.visibility is samples.HIDDEN]

    assert {""} == {result.printed for result in hidden} | {
        it.detail for result in hidden for it in result.findings
    } | {""}


def test_a_fault_of_ours_is_told_in_fixed_words():
    """Whatever went wrong inside, a student reads one sentence, for public tests too."""
    finding = Finding(FindingKind.GRADER, "sqlite: /home/ta/grades.db", detail="Traceback")
    shown = redact(samples.result("test_sgd_worked_example", Outcome.GRADER_FAULT, finding))

    assert (Finding(FindingKind.GRADER, OUR_FAULT),) == shown.findings


def test_reasons_are_ordered_by_what_they_cost():
    """The hint that three tests share comes before a dearer single one only if it costs more."""
    one = samples.partly_right()
    lost = {score.name: score.out_of - score.points for score in one.grade.scores}

    assert [35.0, 10.0, 2.5] == [reason.lost_points for reason in reasons(one.results, lost)]


def test_not_reached_is_no_reason():
    """A test that was not reached adds nothing to the list."""
    result = samples.result("test_cosine_schedule", Outcome.NOT_REACHED, Finding(FindingKind.MISSING, "not reached: x"))

    assert () == reasons([result], {"test_cosine_schedule": 10.0})


def test_a_reason_has_the_text_of_a_public_exception_only():
    """A missing name is shown where a public test saw it; a hidden test's text is nowhere."""
    raised = Finding(FindingKind.EXCEPTION, "KeyError was raised", detail="KeyError: 'm'", exception_type="KeyError")
    public = samples.result("test_sgd_worked_example", Outcome.ERROR, raised)
    hidden = samples.result("test_cosine_schedule", Outcome.ERROR, replace(raised, detail="KeyError: 'secret'"))
    lost = {"test_sgd_worked_example": 1.0, "test_cosine_schedule": 2.0}

    assert ["KeyError: 'm'"] == [reason.example for reason in reasons([hidden, public], lost)]
    assert [""] == [reason.example for reason in reasons([hidden], lost)]
