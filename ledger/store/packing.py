"""Rows of sums as bytes: how wide its numbers are, in bytes, and then each of them, the highest byte first.

A score reads a few hundred rows of some thousand numbers in all, most of which are small: so that they are read at
once, numbers of up to 8 bytes have a width that machines know. None is below zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from struct import Struct

from ledger.scoring.rows import Key, Row

_WIDTHS = (1, 1, 2, 4, 4, 8, 8, 8, 8)
"""By the bytes that a row's largest number takes; wider ones are as wide as they are."""

_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}


def pack(row: Row) -> bytes:
    """A row as it is stored."""
    taken = (max(row).bit_length() + 7) // 8
    if taken < len(_WIDTHS):
        width = _WIDTHS[taken]
        return _packer(width, len(row))(width, *row)
    return b"".join([bytes((taken,)), *[number.to_bytes(taken, "big") for number in row]])


def unpack(rows: Iterable[tuple[Key, bytes]]) -> dict[Key, Row]:
    """Rows from what is stored, by their keys."""
    return {key: _unpacker(packed[0], len(packed))(packed) for key, packed in rows}


@lru_cache(maxsize=256)
def _packer(width: int, count: int) -> Callable[..., bytes]:
    return Struct(f">B{count}{_FORMATS[width]}").pack


@lru_cache(maxsize=256)
def _unpacker(width: int, length: int) -> Callable[[bytes], Row]:
    count = (length - 1) // width
    if width in _FORMATS:
        return Struct(f">x{count}{_FORMATS[width]}").unpack
    parts, number = Struct("x" + f"{width}s" * count).unpack, int.from_bytes
    return lambda packed: tuple(map(number, parts(packed)))
