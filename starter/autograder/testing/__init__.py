"""What a course's tests use: fixtures (see plugin) and checks that raise findings."""

from autograder.runner.child.tensors import dtype_name, tensor
from autograder.testing.assertions import CheckFailed, assert_close, assert_that
from autograder.testing.event_files import Curve, EventLog, Histogram, Image, Scalar, read_events
from autograder.testing.forms import Form
from autograder.testing.gradient import assert_gradient, directional_derivative
from autograder.testing.reports import Report, read_report
from autograder.testing.tolerances import tolerance
from autograder.testing.values import Outputs

__all__ = [
    "CheckFailed",
    "Curve",
    "EventLog",
    "Form",
    "Histogram",
    "Image",
    "Outputs",
    "Report",
    "Scalar",
    "assert_close",
    "assert_gradient",
    "assert_that",
    "directional_derivative",
    "dtype_name",
    "read_events",
    "read_report",
    "tensor",
    "tolerance",
]
