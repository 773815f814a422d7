"""A long text as streams for training: contiguous rows, and windows with targets one step later."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor


def streams_of(tokens: Tensor, batch_size: int) -> Tensor:
    """Cut a text into ``batch_size`` streams of equal length.

    Args:
        tokens: (L,), int64.
        batch_size: number of streams.

    Returns:
        (batch_size, L // batch_size): row 0 is the beginning of the text, row 1 goes on where row 0 ends, and so on.
        Tokens at the end that do not fill a column are left out.
    """
    raise NotImplementedError("streams_of")


def windows_of(streams: Tensor, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Windows of streams in their order, with the next token of each place as target.

    Args:
        streams: (N, L).
        length: of each window; the last may be shorter.

    Yields:
        inputs and targets, both (N, length). The windows' inputs, one after another, are streams[:, :-1].
    """
    raise NotImplementedError("windows_of")
