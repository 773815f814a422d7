"""Wrong implementations of STAGE that students really write."""

from autograder.course.mistakes import Mistake, edit

MISTAKES = [
    Mistake(
        name="square",
        hint="Is this the square of x, not twice x?",
        catches=("test_double",),
        changes=(edit("scratch/MODULE.py", "return 2 * x", "return x * x"),),
    ),
]
