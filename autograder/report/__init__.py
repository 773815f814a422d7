"""What people read: a student's page, Moodle's comment, the class page, the terminal's tables."""

from autograder.report.classpage import class_page
from autograder.report.comment import moodle_comment
from autograder.report.student import student_page

__all__ = ["class_page", "moodle_comment", "student_page"]
