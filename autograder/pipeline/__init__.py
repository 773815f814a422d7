"""From a download to records, marks and files: the side effects of a grading run."""

from autograder.pipeline.grading import GradingReport, GradingRequest, grade_download
from autograder.pipeline.verifying import Verification, verify_marks

__all__ = ["GradingReport", "GradingRequest", "Verification", "grade_download", "verify_marks"]
