"""The bundle that students get: built from assignments and solutions, checked in, never edited."""

from autograder.starter.bundle import build_starter, difference
from autograder.starter.dated import Opening, open_at, released_files, zip_bytes
from autograder.starter.lastmoment import Extensions, last_moment, recorded_extensions
from autograder.starter.leaks import leaks
from autograder.starter.leftovers import leftovers
from autograder.starter.questions import question_problems
from autograder.starter.reference_use import measure_reference_use, read_reference_use, unmeasured
from autograder.starter.specform import spec_problems
from autograder.starter.templates import entry, new_stage

__all__ = [
    "Extensions",
    "Opening",
    "build_starter",
    "difference",
    "entry",
    "last_moment",
    "leaks",
    "leftovers",
    "measure_reference_use",
    "new_stage",
    "open_at",
    "question_problems",
    "read_reference_use",
    "recorded_extensions",
    "released_files",
    "spec_problems",
    "unmeasured",
    "zip_bytes",
]
