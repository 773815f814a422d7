"""Which mutants a text has, what they are called, and which are chosen."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import Course
from autograder.mutation.mutants import choose, mutants_of
from autograder.mutation.operators import spans

REGION = """
def f(x, axis=0):
    \"\"\"Docstring 1.\"\"\"
    # BEGIN SOLUTION
{body}
    # STUB: raise NotImplementedError
    # END SOLUTION
"""


def changes(body: str) -> set[tuple[str, str]]:
    """Kind and new statement of every mutant of a body."""
    text = REGION.format(body="\n".join("    " + line for line in body.splitlines()))
    return {(one.kind, one.new) for one in mutants_of({"scratch/m.py": text})}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("y = x + 2", {("operator", "y = x - 2"), ("operand", "y = x"), ("operand", "y = 2"), ("statement", "pass"),
                       ("constant", "y = x + 3"), ("constant", "y = x + 1")}),
        ("x *= k", {("operator", "x /= k"), ("operator", "x = k"), ("statement", "pass")}),
        ("return -x", {("operator", "return x"), ("statement", "return None")}),
        ("ok = x <= y", {("comparison", "ok = x < y"), ("statement", "pass")}),
        ("ok = a is  not b", {("comparison", "ok = a is b"), ("statement", "pass")}),
        ("ok = a and b", {("branch", "ok = a or b"), ("statement", "pass")}),
        ("y = a if b else c",
         {("branch", "y = a if False else c"), ("branch", "y = a if True else c"), ("statement", "pass")}),
        ("y = x.sum(axis=-1)",
         {("axis", "y = x.sum(axis=0)"), ("default", "y = x.sum()"), ("reduction", "y = x.mean(axis=-1)"),
          ("operator", "y = x.sum(axis=1)"), ("constant", "y = x.sum(axis=-2)"), ("constant", "y = x.sum(axis=-0)"),
          ("statement", "pass")}),
        ("y = np.sqrt(x)", {("root", "y = x"), ("statement", "pass")}),
        ("y = x.copy()", {("copy", "y = x"), ("statement", "pass")}),
        ("y = x.astype(np.float64)", {("dtype", "y = x.astype(np.float32)"), ("statement", "pass")}),
        ("y = f(0.5)", {("constant", "y = f(1.0)"), ("constant", "y = f(0.0)"), ("statement", "pass")}),
        ("flag = True", {("constant", "flag = False"), ("statement", "pass")}),
        ("y = x.reshape(-1)", {("statement", "pass")}),
        ("pass", set()),
        ("raise ValueError(f'{x + 1} is not 2')", set()),
        ("answer = '1 + 1'", set()),
        ("y = zip(a, b, strict=True)", {("statement", "pass")}),
    ],
)  # fmt: skip
def test_every_operator_makes_its_changes(body: str, expected: set[tuple[str, str]]) -> None:
    """One change each, shown as the statement that it gives; texts, messages and what is no change are left out."""
    assert expected == changes(body)


def test_only_marked_regions_change() -> None:
    """What students get is not theirs to get wrong."""
    text = "A = 1 + 2\n" + REGION.format(body="    return x * 3")

    assert {"f"} == {one.function for one in mutants_of({"scratch/m.py": text})}
    assert all("A = 1 + 2\n" in one.text for one in mutants_of({"scratch/m.py": text}))


def test_an_id_depends_on_the_change_and_not_on_its_place() -> None:
    """Lines above and other functions may change; an equal change of an equal line further on has an id of its own."""
    body = "    x = x + 1\n    x = x + 1\n    return x"
    before = mutants_of({"scratch/m.py": REGION.format(body=body)})
    after = mutants_of({"scratch/m.py": "# a comment\n\nB = 3\n" + REGION.format(body=body)})

    assert [one.mutant_id for one in before] == [one.mutant_id for one in after]
    assert len(before) == len({one.mutant_id for one in before})


@given(st.integers(0, 400))
def test_what_is_chosen_is_spread_and_always_the_same(count: int) -> None:
    """Each kind in each function comes before a second one of it, whatever the order of the mutants."""
    body = "    x = x + 1 - 2 * 3\n    y = x.sum(axis=0)\n    return x if y > 2 else -x"
    mutants = mutants_of({"scratch/m.py": REGION.format(body=body), "scratch/n.py": REGION.format(body=body)})
    chosen = choose(mutants, count)

    assert min(count, len(mutants)) == len(chosen) == len({one.mutant_id + one.path for one in chosen})
    assert chosen == choose(mutants[::-1], count)
    groups = {(one.path, one.kind) for one in mutants}
    assert min(count, len(groups)) == len({(one.path, one.kind) for one in chosen[: len(groups)]})


@pytest.mark.parametrize("name", ["s01_perceptron", "s07_dropout"])
def test_every_mutant_of_a_stage_is_another_program(name: str, course: Course) -> None:
    """Each is Python, differs from the reference by one change, and no two of a stage are the same."""
    reference = course.stage(name).reference_files()
    mutants = mutants_of(reference)

    assert len(mutants) == len({one.mutant_id for one in mutants}) == len({(one.path, one.text) for one in mutants})
    assert len(mutants) > 100
    for one in mutants[::20]:
        assert ast.dump(ast.parse(one.text)) != ast.dump(ast.parse(reference[one.path]))


def test_places_are_right_behind_letters_of_several_bytes() -> None:
    """The parser counts bytes, a text has characters."""
    text = 'name = "é" if β > 1 else "ü" + β\n'
    made = {text[: one.start] + one.new + text[one.end :] for one in spans(text)}

    assert 'name = "é" if β >= 1 else "ü" + β\n' in made
    assert 'name = "é" if β > 2 else "ü" + β\n' in made
