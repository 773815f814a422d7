"""Tests are linked to the section of the spec that they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import read_course
from autograder.course.spec_sections import MARKED, spec_sections

ROOT = Path(__file__).parent.parent.parent
SPEC = """# s99: Layers

## How to begin

`test_conv2d_output` comes last.

## Convolution

Windows slide. Stride, padding, dilation.

```
## Not a heading: test_pooling_padding
```

### MSELoss

The mean of squares.

## Rules

What `test_named` wants.

## A worked example

A convolution of a convolution with stride.

## How it is marked

| what | kind | points | what it looks at |
| --- | --- | --- | --- |
| `test_conv2d_output` | public | 2 | stride and padding |
| `test_other` | public | 2 | the worked example |
"""


@pytest.mark.parametrize(
    ("test", "heading"),
    [
        ("test_named", "Rules"),
        ("test_conv2d_output", "Convolution"),
        ("test_conv2d_worked_example", "A worked example"),
        ("test_other", "A worked example"),
        ("test_mse_values", "MSELoss"),
        ("test_dilation", "Convolution"),
        ("test_zebra", MARKED),
    ],
)
def test_the_section_is_found(test: str, heading: str):
    """By name, by words, and where none fits the table of all tests."""
    assert {test: heading} == spec_sections(SPEC, [test])


def test_without_a_spec_there_is_no_section():
    """A page then has no link."""
    assert {} == spec_sections("", ["test_a"])


def test_every_test_of_the_course_has_a_section_of_its_spec():
    """All headings are real, and few tests have no better one than the table of tests."""
    course = read_course(ROOT)
    tests, unclear = 0, []
    for name in course.configuration.stages:
        stage = course.stage(name)
        spec = (stage.assignment / "spec.md").read_text("utf-8")
        found = spec_sections(spec, stage.policy.test_points)
        assert set(stage.policy.test_points) == set(found)
        assert [heading for heading in found.values() if f" {heading}\n" not in spec] == []
        tests += len(found)
        unclear += [test for test, heading in found.items() if heading == MARKED]

    assert len(unclear) < 0.1 * tests
