"""Hostile submissions for hypothesis: markup and control characters wherever a student can put text."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from autograder.graded import Graded
from autograder.model import Finding, FindingKind, Outcome, Place, SubmittedFile
from autograder.picture import Picture
from tests.report import samples

PIECES = [
    "<zq a=1>", "</span>", "</style>", "</title>", "<!--", "-->", "<script>zq()</script>", "\"onmouseover='zq'", "&zq;",
    "{{ zq }}", "{% zq %}", "\u202e", "\u2066", "\x00", "\x1b[2J", "\x1b]0;zq\x07", "\r", "\u2028", "\ud800", "\ufeff",
    "\\", "$$x$$", "\\(x\\)", "[red]", "[/]", "]]>", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
]  # fmt: skip  # a list of fragments reads best in rows
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=6).map("".join)
LONG_TEXT = TEXT | st.builds(lambda text, times: text * times, TEXT, st.integers(100, 400))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """One finding; its detail carries the word SECRET."""
    place = draw(st.none() | st.builds(Place, LONG_TEXT, st.integers(1, 999)))
    kind = draw(st.sampled_from(FindingKind))
    return Finding(kind, draw(LONG_TEXT), draw(LONG_TEXT), place, "SECRET" + draw(TEXT))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """A picture with any numbers; its place carries the word SECRET."""
    rows, columns = draw(st.sampled_from([(1, 1), (1, 7), (3, 4), (64, 64), (1, 256)]))
    value = st.none() | st.floats(allow_nan=False, allow_infinity=False)
    few = draw(st.lists(value, min_size=1, max_size=5))
    array = tuple(tuple(few[(row + column) % len(few)] for column in range(columns)) for row in range(rows))
    other = tuple(tuple(reversed(row)) for row in array)
    wrong = tuple("".join(draw(st.sampled_from("x.")) * columns) for _ in range(rows))
    return Picture(("SECRET" + draw(TEXT))[:200], array, other, wrong)


@st.composite
def graded(draw: st.DrawFn) -> Graded:
    """A submission whose every text is hostile; what its tests printed carries the word PRINTED."""
    results = []
    for name in samples.POINTS:
        outcome = draw(st.sampled_from(list(Outcome)))
        found = tuple(draw(st.lists(findings(), max_size=2)))
        if samples.visibility_of(name) is samples.PUBLIC:
            found = tuple(replace(it, picture=draw(st.none() | pictures())) for it in found)
        one = samples.result(name, outcome, *found, case=draw(TEXT), printed="PRINTED" + draw(TEXT))
        results.append(one)
    held = tuple(draw(st.lists(LONG_TEXT, max_size=4)))
    made = samples.graded("41210", draw(LONG_TEXT), results, rubric=None, held=held)
    files = tuple(SubmittedFile(path, b"x") for path in draw(st.lists(LONG_TEXT, max_size=3)))
    intake = tuple(draw(st.lists(findings(), max_size=2)))
    return replace(made, submission=replace(made.submission, files=files, findings=intake))


def without_public(one: Graded) -> Graded:
    """The same with nothing but hidden tests."""
    return replace(one, results=tuple(it for it in one.results if it.visibility is samples.HIDDEN))
