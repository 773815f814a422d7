"""CRC-32C (Castagnoli), as in TFRecord files: a loop for short data, lanes of numpy for long data."""

from __future__ import annotations

import numpy as np

POLYNOMIAL = 0x82F63B78  # with its bits in reverse order
MASK_DELTA = 0xA282EAD8
SHORT_BYTES = 2048  # below, the loop is faster


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()
LANE_TABLE = np.array(TABLE, np.uint32)


def crc32c(data: bytes) -> int:
    """Return the checksum of ``data``."""
    if len(data) >= SHORT_BYTES:
        return _in_lanes(data)
    state = 0xFFFFFFFF
    for byte in data:
        state = TABLE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """Return the checksum in the form that TFRecord files store."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF


def _in_lanes(data: bytes) -> int:
    """Divide ``data`` into lanes of equal length, take all at once byte by byte, then join them.

    The checksum is linear: from the state 0, leading zero bytes change nothing, and the state after two lanes is that
    after the first, moved on by the length of the second, xor that of the second alone. The initial state of ones is
    the same as the first four bytes inverted, so there must be four bytes at least.
    """
    lanes = length = int(len(data) ** 0.5) + 1
    padded = np.zeros(lanes * length, np.uint8)
    start = padded.size - len(data)
    padded[start:] = np.frombuffer(data, np.uint8)
    padded[start : start + 4] ^= 0xFF
    columns = np.ascontiguousarray(padded.reshape(lanes, length).T)
    state = np.zeros(lanes + 32, np.uint32)
    state[lanes:] = np.uint32(1) << np.arange(32, dtype=np.uint32)  # further lanes of zeros: how each bit moves on
    for column in columns:
        low = state.astype(np.uint8)
        low[:lanes] ^= column
        state = LANE_TABLE[low] ^ state >> np.uint32(8)
    moved = state[lanes:].tolist()
    joined = 0
    for lane in state[:lanes].tolist():
        following = lane
        for bit in range(32):
            if joined >> bit & 1:
                following ^= moved[bit]
        joined = following
    return joined ^ 0xFFFFFFFF
