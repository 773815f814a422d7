"""Data for a model: scaling, splits, folds, batches.

Everything that is learnt from data is learnt from the *training* rows alone. All random choices use the generator
that is passed in, never numpy's global state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.integer[Any]]
Fold: TypeAlias = tuple[Integers, Integers]


class Standardizer:
    """Shift and scale each feature by the mean and standard deviation of the data it was fitted on.

    Attributes:
        mean: shape (D,), the means of the rows given to ``fit``.
        std: shape (D,), their standard deviations (divided by N, not N - 1), and exactly 1 for a feature whose
            values were all equal: such a feature is shifted only.

    As ``sklearn.preprocessing.StandardScaler``.
    """

    def fit(self, x: Array) -> Standardizer:
        """Compute ``mean`` and ``std`` from x, shape (N, D), without regard to any earlier fit; return ``self``.

        The computed deviation of equal values may differ from 0: the computed mean of ten times 0.1 is not exactly 0.1.
        """
        # BEGIN SOLUTION
        self.mean = x.mean(axis=0)
        constant = x.max(axis=0) == x.min(axis=0)
        self.std = np.where(constant, 1.0, x.std(axis=0))
        return self
        # STUB: raise NotImplementedError("Standardizer.fit")
        # END SOLUTION

    def transform(self, x: Array) -> Array:
        """Return (x - mean) / std, a new array; learn nothing from x, shape (N, D)."""
        # BEGIN SOLUTION
        return (x - self.mean) / self.std
        # STUB: raise NotImplementedError("Standardizer.transform")
        # END SOLUTION

    def inverse_transform(self, x: Array) -> Array:
        """Return the array for which ``transform`` returns x: the inverse of ``transform``."""
        # BEGIN SOLUTION
        return x * self.std + self.mean
        # STUB: raise NotImplementedError("Standardizer.inverse_transform")
        # END SOLUTION


def train_val_test_split(
    n: int, val_fraction: float, test_fraction: float, rng: np.random.Generator
) -> tuple[Integers, Integers, Integers]:
    """Return the indices of training, validation and test rows, drawn at random from 0 .. n - 1.

    Each index is in exactly one of the three. The validation part has ``n * val_fraction`` rows and the test part
    ``n * test_fraction``, each rounded up or down as you like; the rest is for training.
    """
    # BEGIN SOLUTION
    order = rng.permutation(n)
    n_val, n_test = round(n * val_fraction), round(n * test_fraction)
    return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]
    # STUB: raise NotImplementedError("train_val_test_split")
    # END SOLUTION


def k_fold(n: int, k: int, rng: np.random.Generator | None = None) -> list[Fold]:
    """Return k pairs (training indices, validation indices): each of 0 .. n - 1 is validated once.

    Without ``rng`` the validation parts are consecutive blocks in order, the first n % k of them one longer than
    the others, as in ``sklearn.model_selection.KFold``; with it the indices are shuffled first.

    Raises:
        ValueError: k is less than 2 or more than n.
    """
    # BEGIN SOLUTION
    if not 2 <= k <= n:
        raise ValueError(f"{k} folds of {n} rows: k must be between 2 and n")
    order = np.arange(n) if rng is None else rng.permutation(n)
    return _folds(np.array_split(order, k))
    # STUB: raise NotImplementedError("k_fold")
    # END SOLUTION


def stratified_k_fold(y: Integers, k: int, rng: np.random.Generator) -> list[Fold]:
    """Return k pairs (training indices, validation indices) in which every class has its share.

    A class of n_c rows gives each validation part n_c / k of them, rounded up or down, chosen at random.

    Raises:
        ValueError: k is less than 2, or some class has fewer than k rows.
    """
    # BEGIN SOLUTION
    parts: list[list[Integers]] = [[] for _ in range(max(k, 0))]
    classes, counts = np.unique(y, return_counts=True)
    if k < 2 or counts.min() < k:
        raise ValueError(f"{k} folds: k must be between 2 and the number of rows of the smallest class")
    for label in classes:
        for part, rows in zip(parts, np.array_split(rng.permutation(np.flatnonzero(y == label)), k), strict=True):
            part.append(rows)
    return _folds([np.concatenate(part) for part in parts])
    # STUB: raise NotImplementedError("stratified_k_fold")
    # END SOLUTION


# BEGIN SOLUTION
def _folds(parts: Sequence[Integers]) -> list[Fold]:
    """Return each part as validation indices, with all the others as training indices."""
    return [(np.concatenate([other for j, other in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)]


# STUB: # A private helper of both functions can be here.
# END SOLUTION


def cross_validate(
    train_and_score: Callable[[Array, Integers, Array, Integers], float],
    x: Array,
    y: Integers,
    folds: Sequence[Fold],
) -> Array:
    """Return one score for each fold, shape (k,); the features are standardised without leakage.

    For each (training indices, validation indices) of ``folds``, in order: fit a ``Standardizer`` on the fold's
    training rows, transform the fold's training and validation rows with it, and call
    ``train_and_score(x_train, y_train, x_val, y_val)``, with rows in the order of the indices.
    """
    # BEGIN SOLUTION
    scores = []
    for train, val in folds:
        standardizer = Standardizer().fit(x[train])
        scores.append(
            train_and_score(standardizer.transform(x[train]), y[train], standardizer.transform(x[val]), y[val])
        )
    return np.array(scores)
    # STUB: raise NotImplementedError("cross_validate")
    # END SOLUTION


class DataLoader:
    """Batches of a data set; each ``for x, y in loader`` is a new pass over the rows.

    Args:
        dataset: arrays of the same length N, such as ``(x, y)``; the rows i of all arrays belong together.
        batch_size: rows of a batch; the last batch has the remaining rows, if there are any.
        shuffle: whether each pass goes through the rows in a new random order; otherwise in order.
        drop_last: whether a last batch of fewer rows is left out.
        rng: the generator of the random orders (default: a new ``np.random.default_rng()``).

    As ``torch.utils.data.DataLoader``, whose generator is called ``generator``.

    Raises:
        ValueError: the arrays differ in length, or ``batch_size`` is less than 1.
    """

    def __init__(
        self,
        dataset: Sequence[NDArray[Any]],
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        rng: np.random.Generator | None = None,
    ) -> None:
        # BEGIN SOLUTION
        if len({len(array) for array in dataset}) != 1:
            raise ValueError(f"arrays of different lengths: {[len(array) for array in dataset]}")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, not at least 1")
        self.dataset = tuple(dataset)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.rng = np.random.default_rng() if rng is None else rng
        # STUB: raise NotImplementedError("DataLoader.__init__")
        # END SOLUTION

    def __len__(self) -> int:
        """Return the number of batches of one pass."""
        # BEGIN SOLUTION
        full, rest = divmod(len(self.dataset[0]), self.batch_size)
        return full + (rest > 0 and not self.drop_last)
        # STUB: raise NotImplementedError("DataLoader.__len__")
        # END SOLUTION

    def __iter__(self) -> Iterator[tuple[NDArray[Any], ...]]:
        """Yield batches: tuples with some rows of each array of the data set, which itself never changes."""
        # BEGIN SOLUTION
        n = len(self.dataset[0])
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        for number in range(len(self)):
            rows = order[number * self.batch_size : (number + 1) * self.batch_size]
            yield tuple(array[rows] for array in self.dataset)
        # STUB: raise NotImplementedError("DataLoader.__iter__")
        # END SOLUTION
