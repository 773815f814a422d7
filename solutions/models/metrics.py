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
    # BEGIN SOLUTION
    hit = int(((predicted == 1) & (labels == 1)).sum())
    positive, true = int((predicted == 1).sum()), int((labels == 1).sum())
    return {
        "accuracy": float((predicted == labels).double().mean()),
        "precision": hit / positive if positive else 0.0,
        "recall": hit / true if true else 0.0,
        "f1": 2 * hit / (positive + true) if positive + true else 0.0,
    }
    # STUB: raise NotImplementedError("binary_metrics")
    # END SOLUTION


def best_threshold(scores: Tensor, labels: Tensor) -> float:
    """The score t for which "1 where score >= t" has the greatest F1; of equal ones the smallest t.

    Args:
        scores: (N,), real numbers; only these are candidates.
        labels: (N,), 0 and 1.
    """
    # BEGIN SOLUTION
    best, chosen = -1.0, 0.0
    for candidate in sorted(set(scores.tolist())):
        f1 = binary_metrics((scores >= candidate).long(), labels)["f1"]
        if f1 > best:
            best, chosen = f1, candidate
    return chosen
    # STUB: raise NotImplementedError("best_threshold")
    # END SOLUTION


def report_with_threshold(
    valid_scores: Tensor, valid_labels: Tensor, test_scores: Tensor, test_labels: Tensor
) -> dict[str, float]:
    """``binary_metrics`` of the test set, and ``threshold``: the ``best_threshold`` of the validation set."""
    # BEGIN SOLUTION
    threshold = best_threshold(valid_scores, valid_labels)
    return {"threshold": threshold, **binary_metrics((test_scores >= threshold).long(), test_labels)}
    # STUB: raise NotImplementedError("report_with_threshold")
    # END SOLUTION
