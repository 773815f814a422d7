"""Correct implementations of STAGE written another way."""

from autograder.course.mistakes import Variant, edit

VARIANTS = [
    Variant(
        "sum",
        "Replace this: a sum in place of a product.",
        (edit("scratch/MODULE.py", "return 2 * x", "return x + x"),),
    ),
]
