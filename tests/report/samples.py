"""A stage and submissions as reports meet them: right, partly right, held, late, hostile, empty."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from autograder.graded import Audit, Graded, StageSummary
from autograder.model import (
    Finding,
    Grade,
    Lateness,
    Outcome,
    Place,
    Score,
    Submission,
    SubmittedFile,
    TestResult,
    Usage,
    Visibility,
)
from autograder.model import (
    FindingKind as Kind,
)
from autograder.picture import Picture
from autograder.report import ClassRow, class_row

PUBLIC, HIDDEN = Visibility.PUBLIC, Visibility.HIDDEN
POINTS = {
    "test_sgd_worked_example": 5.0,
    "test_adam_worked_example": 5.0,
    "test_sgd_over_200_steps": 15.0,
    "test_adam_follows_algorithm_1": 20.0,
    "test_adam_first_step_has_length_lr": 10.0,
    "test_adamw_decays_apart_from_the_gradient": 15.0,
    "test_clipping_keeps_the_direction": 10.0,
    "test_cosine_schedule": 10.0,
}
SENTENCES = {
    "test_sgd_worked_example": "Two steps of SGD are those of the worked example.",
    "test_adam_worked_example": "Two steps of Adam are those of the worked example.",
    "test_sgd_over_200_steps": "SGD with momentum and weight decay over 200 steps (PyTorch's form).",
    "test_adam_follows_algorithm_1": "Adam's weights after 200 steps (Kingma & Ba 2015, algorithm 1).",
    "test_adam_first_step_has_length_lr": "Adam's first step moves every weight by lr, whatever the gradient's size.",
    "test_adamw_decays_apart_from_the_gradient": "AdamW's decay does not pass through the moments.",
    "test_clipping_keeps_the_direction": "Clipping to a norm keeps the direction of all gradients together.",
    "test_cosine_schedule": "Cosine annealing reaches eta_min after T_max steps.",
}
SUMMARY = StageSummary(
    stage="s04_optimisers",
    title="Optimisers and schedules",
    module="COMP47650",
    out_of=100.0,
    grade_maximum=100.0,
    points=POINTS,
    rubric_points={"written_answers": 10.0},
    sections={name: "A worked example" if "worked" in name else "The mathematics" for name in POINTS},
    limits=("5 seconds of CPU time", "15 seconds by the clock", "1,024 MiB of memory"),
    versions={"Python": "3.11.9", "numpy": "2.4.1"},
    environment_sha256="bb" * 32,
)
SOURCE = '''"""Optimisers."""

import numpy as np


class SGD:
    """Gradient\t<descent>."""

    def step(self):
        for parameter in self.params:
            parameter.data -= self.lr * parameter.grad


WRITTEN_ANSWER = """Weight decay is not <b>L2</b>:

AdamW keeps it apart from the moments."""
'''
STEPS = tuple(0.9**step for step in range(24))
CURVE = Picture(
    "path_0[:, 0]",
    (tuple(round(value, 6) for value in STEPS),),
    (tuple(round(value**1.4 - 0.02 * index, 6) for index, value in enumerate(STEPS)),),
    ("." + "x" * 23,),
)
HEAT_MAP = Picture(
    "path_0[:, :]",
    tuple(tuple(float(row + column) for column in range(9)) for row in range(5)),
    tuple(tuple(row + column + (0.1 * row * column if column > 4 else 0.0) for column in range(9)) for row in range(5)),
    tuple("....." + ("xxxx" if row else "....") for row in range(5)),
)
BIAS_HINT = "This is Adam without bias correction: are both moment estimates divided by 1 - beta**t?"
AUDIT = Audit(
    submission_sha256="3b5f1c0e9d8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c",
    kit_version="2027.1.0",
    stage_sha256="aa" * 32,
    environment_sha256="bb" * 32,
    seed="5eed" * 16,
    layers=("namespaces", "landlock"),
    official=True,
    graded_at=datetime(2027, 2, 13, 9, 30, tzinfo=UTC),
)
DUE = datetime(2027, 2, 12, 17, 0, tzinfo=UTC)


def visibility_of(name: str) -> Visibility:
    """Worked examples are public."""
    return PUBLIC if "worked" in name else HIDDEN


def result(name: str, outcome: Outcome, *findings: Finding, case: str = "", printed: str = "", cpu: float = 0.01):
    """One result of a test of this stage."""
    usage = Usage(cpu, cpu * 1.1, 40.0)
    return TestResult(name, case, visibility_of(name), SENTENCES[name], outcome, findings, usage, printed)


def graded(participant_id: str, name: str, results, *, rubric: float | None = 8.0, held=(), late=(0, 0.0), audit=AUDIT):
    """One participant, with points made from the results."""
    scores = []
    for test, out_of in POINTS.items():
        cases = [one.outcome is Outcome.PASSED for one in results if one.name == test]
        if cases:
            scores.append(Score(test, visibility_of(test), round(out_of * sum(cases) / len(cases), 2), out_of))
    days, cost = late
    points = max(sum(score.points for score in scores) + (rubric or 0.0) - cost, 0.0)
    source = "extension" if days else "due date"
    lateness = Lateness(datetime(2027, 2, 12 + days, 16, 2, tzinfo=UTC), DUE, days * 86_400, source)
    files = (
        SubmittedFile("notes.txt", b"x" * 12, "work.zip"),
        SubmittedFile("scratch/optim.py", f"# {participant_id}\n{SOURCE}".encode(), "work.zip"),
    )
    grade = Grade(participant_id, points, 100.0, tuple(scores), tuple(held), cost, days, {"written_answers": rubric})
    sent = Submission(participant_id, name, files, lateness)
    return Graded(sent, tuple(results), grade, (), audit, taken={"scratch/optim.py": files[1]})


def all_passed():
    """Results of a right submission."""
    return [result(name, Outcome.PASSED) for name in POINTS]


def partly_right() -> Graded:
    """Adam without bias correction, a crash in clipping, a schedule that was not reached, one case of SGD wrong."""
    off = (
        "path: 995 of 1000 values differ, the first at path[0, 1]; the largest error is {}, at path[3, 2] "
        "(allowed: 1e-07 times the expected size)"
    )
    place = Place("scratch/optim.py", 148)
    return graded(
        "41210",
        "Aoife Ní Bhriain",
        [
            result("test_sgd_worked_example", Outcome.PASSED, case="plain", printed="lr is 0.1\n"),
            result(
                "test_sgd_worked_example",
                Outcome.FAILED,
                Finding(
                    Kind.VALUE,
                    "path_0: 2 of 2 values differ, the first at path_0[0, 0]; "
                    "the largest error is 0.018, at path_0[1, 0]",
                    "Your result is 2 times the expected result everywhere.",
                    None,
                    "path_0[1, 0]: expected 0.8821, got 0.8644",
                    picture=HEAT_MAP,
                ),
                case="weight decay",
                printed="direction [2.1]\nvelocity [2.1]\n",
            ),
            result(
                "test_adam_worked_example",
                Outcome.FAILED,
                Finding(
                    Kind.VALUE,
                    off.format("0.9"),
                    BIAS_HINT,
                    None,
                    "path_0[0, 0]: expected 0.9, got 0.683772",
                    picture=CURVE,
                ),
            ),
            result("test_sgd_over_200_steps", Outcome.PASSED, cpu=0.21),
            result("test_adam_follows_algorithm_1", Outcome.FAILED, Finding(Kind.VALUE, off.format("0.31"), BIAS_HINT)),
            result(
                "test_adam_first_step_has_length_lr",
                Outcome.FAILED,
                Finding(Kind.PROPERTY, "the first step should move every weight by lr", BIAS_HINT),
            ),
            result("test_adamw_decays_apart_from_the_gradient", Outcome.PASSED),
            result(
                "test_clipping_keeps_the_direction",
                Outcome.ERROR,
                Finding(Kind.EXCEPTION, "ZeroDivisionError was raised", "", place),
            ),
            result(
                "test_cosine_schedule",
                Outcome.NOT_REACHED,
                Finding(Kind.MISSING, "not reached: test_clipping_keeps_the_direction did not pass"),
            ),
        ],
        rubric=7.5,
        late=(2, 10.0),
    )


def perfect() -> Graded:
    """Everything passed and marked."""
    return graded("41207", "李小龍", all_passed(), rubric=10.0)


def held() -> Graded:
    """A grader fault, and a rubric that nobody has marked."""
    results = all_passed()
    results[5] = replace(
        results[5],
        outcome=Outcome.GRADER_FAULT,
        findings=(Finding(Kind.GRADER, "the sandbox failed: /srv/solutions/secret.py", detail="SandboxFault: /srv"),),
    )
    reasons = ("test_adamw_decays_apart_from_the_gradient: grader fault", "rubric: written_answers has not been marked")
    one = graded("41215", "محمد الأحمد", results, rubric=None, held=reasons)
    shown_reasons = (
        "A test could not be run because of a fault on our side. You need not do anything.",
        "A TA has not marked “written answers” yet.",
    )
    return replace(one, grade=replace(one.grade, shown_reasons=shown_reasons))


def hostile() -> Graded:
    """Markup, control and direction characters wherever a student can put text."""
    nasty = "<script>alert(1)</script>\"onload='x'&\u202eevil\u202c\x1b[31m\x00\x07{{7*7}}\\\" $$x$$"
    results = [
        replace(
            one,
            outcome=Outcome.ERROR,
            printed=nasty,
            case=nasty,
            findings=(Finding(Kind.EXCEPTION, nasty, nasty, Place(nasty, 3), f"SECRET-{nasty}"),),
        )
        for one in all_passed()
    ]
    one = graded("41299", nasty, results, rubric=0.0)
    files = (SubmittedFile(f"{nasty}.py", b"x"),)
    intake = (Finding(Kind.FILE, nasty, nasty, Place(nasty, 1), "SECRET-intake"),)
    return replace(one, submission=replace(one.submission, files=files, findings=intake))


def empty() -> Graded:
    """Nothing came."""
    grade = Grade("41220", 0.0, 100.0, (), (), 0.0, 0, {"written_answers": None})
    return Graded(Submission("41220", "Seán Ó Briain", status="none"), (), grade)


def unreadable() -> Graded:
    """A zip that could not be read."""
    finding = Finding(
        Kind.FILE, "work.zip cannot be read: it is not a zip", "Make it with `python -m autograder submit`."
    )
    one = graded("41221", "Zoë Müller", [], rubric=0.0)
    return replace(one, submission=replace(one.submission, files=(), findings=(finding,)))


def practice() -> Graded:
    """Graded without a sandbox."""
    return graded("41230", "Jo Practice", all_passed(), audit=replace(AUDIT, official=False))


def renamed(one: Graded, participant_id: str, name: str) -> Graded:
    """The same work by another participant."""
    return replace(one, submission=replace(one.submission, participant_id=participant_id, name=name))


def a_class() -> list[Graded]:
    """All of them and a few more."""
    others = []
    for index in range(9):
        results = all_passed()
        for step in range(index):
            place = (3 * index + 2 * step) % len(results)
            outcome = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.NOT_REACHED)[(index + step) % 3]
            results[place] = replace(results[place], outcome=outcome, usage=Usage(0.3 * step, 0.3 * step, 60.0))
        others.append(graded(str(41300 + index), f"Student {chr(65 + index)}", results, rubric=float(10 - index)))
    return [partly_right(), perfect(), held(), hostile(), empty(), unreadable(), practice(), *others]


def rows(*people: Graded) -> list[ClassRow]:
    """What the class page says of them."""
    return [class_row(one, SUMMARY, one.submission.participant_id) for one in people]
