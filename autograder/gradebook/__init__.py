"""The records: what was graded, from what, and which mark came of it."""

from autograder.gradebook.book import Gradebook, Mark, Record, RecordKey, open_gradebook
from autograder.gradebook.environment import Environment, describe_environment
from autograder.gradebook.pushes import GradebookLog

__all__ = [
    "Environment",
    "Gradebook",
    "GradebookLog",
    "Mark",
    "Record",
    "RecordKey",
    "describe_environment",
    "open_gradebook",
]
