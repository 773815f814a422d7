"""What people read: a student's page, Moodle's comment, the class page, the terminal's tables."""

from autograder.report.classpage import class_page
from autograder.report.classrow import ClassRow, class_row
from autograder.report.comment import moodle_comment
from autograder.report.staffpage import staff_page
from autograder.report.student import student_page

__all__ = ["ClassRow", "class_page", "class_row", "moodle_comment", "staff_page", "student_page"]
