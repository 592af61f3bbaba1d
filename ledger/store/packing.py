"""Rows of sums as bytes: how wide its numbers are, in bytes, and then each of them, the highest byte first.

A score reads a few hundred rows of some thousand numbers in all, most of which are small: so that they are read at
once, numbers of up to 8 bytes have a width that machines know. None is below zero.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct

from ledger.scoring.tallies import Row

_WIDTHS = (1, 1, 2, 4, 4, 8, 8, 8, 8)
"""By the bytes that a row's largest number takes; wider ones are as wide as they are."""

_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}


def pack(row: Row) -> bytes:
    """A row as it is stored."""
    taken = (max(row).bit_length() + 7) // 8
    if taken < len(_WIDTHS):
        width = _WIDTHS[taken]
        return bytes((width,)) + _struct(width, len(row)).pack(*row)
    return b"".join([bytes((taken,)), *[number.to_bytes(taken, "big") for number in row]])


def unpack(packed: bytes) -> Row:
    """A row from what is stored."""
    width = packed[0]
    found = _struct(width, (len(packed) - 1) // width).unpack_from(packed, 1)
    return found if width in _FORMATS else tuple(map(int.from_bytes, found))


@lru_cache(maxsize=256)
def _struct(width: int, count: int) -> Struct:
    return Struct(f">{count}{_FORMATS[width]}" if width in _FORMATS else f"{width}s" * count)
