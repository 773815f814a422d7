"""The records: what was graded, from what, what people decided, and which mark came of it."""

from autograder.gradebook.book import Gradebook, Mark, Record, RecordKey
from autograder.gradebook.contents import keep_content, kept_content, kept_environment
from autograder.gradebook.environment import Environment, describe_environment
from autograder.gradebook.opening import open_gradebook
from autograder.gradebook.people import keep_people, keep_worksheet, read_people, read_worksheet_of
from autograder.gradebook.pushes import GradebookLog

__all__ = [
    "Environment",
    "Gradebook",
    "GradebookLog",
    "Mark",
    "Record",
    "RecordKey",
    "describe_environment",
    "keep_content",
    "keep_people",
    "keep_worksheet",
    "kept_content",
    "kept_environment",
    "open_gradebook",
    "read_people",
    "read_worksheet_of",
]
