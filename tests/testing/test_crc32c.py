"""CRC-32C: published values, and both ways of computing it agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import crc32c

# RFC 3720, appendix B.4, and the check value of the catalogue of CRCs
PUBLISHED = [
    (b"123456789", 0xE3069283),
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"", 0),
]


@pytest.mark.parametrize(("data", "expected"), PUBLISHED)
def test_published_values(data: bytes, expected: int) -> None:
    """The checksums that RFC 3720 gives."""
    assert expected == crc32c.crc32c(data)


@given(st.binary(min_size=4, max_size=300), st.integers(1, 40))
def test_lanes_agree_with_the_loop(piece: bytes, times: int) -> None:
    """Long data, in lanes, have the checksum that the loop gives."""
    data = piece * times
    state = 0xFFFFFFFF
    for byte in data:
        state = crc32c.TABLE[(state ^ byte) & 0xFF] ^ state >> 8

    assert state ^ 0xFFFFFFFF == crc32c._in_lanes(data)
    assert state ^ 0xFFFFFFFF == crc32c.crc32c(data)


@pytest.mark.parametrize("length", [0, 40, crc32c.SHORT_BYTES - 1, crc32c.SHORT_BYTES, 100_000])
def test_masked_as_tensorboard_masks_it(length: int) -> None:
    """The masked form is the one that tensorboard's own writer stores."""
    reader = pytest.importorskip(
        "tensorboard.compat.tensorflow_stub.pywrap_tensorflow", reason="tensorboard is not installed"
    )
    data = bytes(index * 7 % 251 for index in range(length))

    assert reader.masked_crc32c(data) == crc32c.masked_crc32c(data)
