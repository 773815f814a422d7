"""The course: ``grading.yml`` and the folders of its stages."""

from autograder.course.folder import Course, StageFolder
from autograder.course.models import Configuration, StagePolicy
from autograder.course.reading import read_course

__all__ = ["Configuration", "Course", "StageFolder", "StagePolicy", "read_course"]
