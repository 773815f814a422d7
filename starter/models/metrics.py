"""Accuracy and F1 of a classifier, and a threshold that is chosen without the test data."""

from __future__ import annotations

from torch import Tensor


def binary_metrics(predicted: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of the class 1.

    A quotient whose denominator is 0 is 0; F1 is 2 TP / (2 TP + FP + FN).

    Args:
        predicted: (N,), 0 and 1.
        labels: the same.
    """
    raise NotImplementedError("binary_metrics")


def best_threshold(scores: Tensor, labels: Tensor) -> float:
    """The score t for which "1 where score >= t" has the greatest F1; of equal ones the smallest t.

    Args:
        scores: (N,), real numbers; only these are candidates.
        labels: (N,), 0 and 1.
    """
    raise NotImplementedError("best_threshold")


def report_with_threshold(
    valid_scores: Tensor, valid_labels: Tensor, test_scores: Tensor, test_labels: Tensor
) -> dict[str, float]:
    """``binary_metrics`` of the test set, and ``threshold``: the ``best_threshold`` of the validation set."""
    raise NotImplementedError("report_with_threshold")
