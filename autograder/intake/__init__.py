"""Submissions, however they arrive: unpacked, collected, kept on disk; and what a learning system must offer."""

from autograder.intake.lms import LearningSystem, OutgoingGrade, Person, Publication, SubmittedClass
from autograder.intake.spool import Spool
from autograder.intake.unpacking import ReadLimits

__all__ = ["LearningSystem", "OutgoingGrade", "Person", "Publication", "ReadLimits", "Spool", "SubmittedClass"]
