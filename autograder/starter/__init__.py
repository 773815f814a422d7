"""The bundle that students get: built from assignments and solutions, checked in, never edited."""

from autograder.starter.bundle import build_starter, difference
from autograder.starter.leaks import leaks
from autograder.starter.leftovers import leftovers
from autograder.starter.specform import spec_problems
from autograder.starter.templates import entry, new_stage

__all__ = ["build_starter", "difference", "entry", "leaks", "leftovers", "new_stage", "spec_problems"]
