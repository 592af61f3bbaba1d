"""Rows of sums as bytes: how wide its numbers are, in bytes, and then each of them, the highest byte first.

A score reads a few hundred rows of some thousand numbers in all, most of which are small: so that they are read at
once, numbers of up to 7 bytes have a width that machines know. Wider ones have one in steps, so that many are alike,
which stands in two bytes after a zero. From four bytes on, one is to spare, so that rows can be added up as they are,
each as one number. None is below zero.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from struct import Struct

from ledger.scoring.rows import Key, Range, Row

_WIDTHS = (1, 1, 2, 4, 8, 8, 8, 8)
"""By the bytes that a row's largest number takes."""

_STEP = 4
"""Of wider ones."""

_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}


def pack(row: Row) -> bytes:
    """A row as it is stored."""
    taken = (max(row).bit_length() + 7) // 8
    if taken < len(_WIDTHS):
        width = _WIDTHS[taken]
        return _packer(width, len(row))(width, *row)
    width = (taken // _STEP + 1) * _STEP
    return b"".join([b"\0", width.to_bytes(2, "big"), *[number.to_bytes(width, "big") for number in row]])


def unpack(packed: bytes) -> Row:
    """A row from what is stored."""
    return _unpacker(_width(packed), len(packed))(packed, 0)


class PackedRows:
    """Rows as they are stored, each unpacked when it is asked for."""

    def __init__(self, stored: Iterable[tuple[Key, bytes]]) -> None:
        self._stored = dict(stored)
        self._keys = sorted(self._stored)

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows with these keys, of those that there are."""
        return {key: unpack(packed) for key in keys if (packed := self._stored.get(key)) is not None}

    def between(self, first: Key, last: Key) -> dict[Key, Row]:
        """The rows with keys from `first` to `last`, in their order."""
        return {key: unpack(self._stored[key]) for key in self._between(first, last)}

    def sums(self, ranges: Sequence[Range], after: int) -> dict[bytes, Row]:
        """The rows of several such ranges added up, by what their keys are after so many bytes."""
        found: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for first, last in ranges:
            for key in self._between(first, last):
                found[key[after:]].append(self._stored[key])
        return {rest: _total(rows) for rest, rows in found.items()}

    def _between(self, first: Key, last: Key) -> list[Key]:
        return self._keys[bisect_left(self._keys, first) : bisect_right(self._keys, last)]


def _total(rows: Iterable[bytes]) -> Row:
    """The sum of stored rows, at least one, of as many numbers each."""
    sums: list[Row] = []
    # All of one length are as wide.
    lengths: defaultdict[int, list[bytes]] = defaultdict(list)
    for packed in rows:
        lengths[len(packed)].append(packed)
    for alike in lengths.values():
        if alike[0][0] in _FULL:
            sums += map(unpack, alike)
        else:
            sums += [_added(alike[start : start + _AT_ONCE]) for start in range(0, len(alike), _AT_ONCE)]
    return sums[0] if len(sums) == 1 else tuple(map(sum, zip(*sums, strict=True)))


_FULL = (1, 2)
"""The widths without a byte to spare."""


def _added(rows: list[bytes]) -> Row:
    """The sum of up to 255 rows of one width, each row as one number: in the byte that they have to spare, none of its
    sums runs into the next.
    """
    first, length = rows[0], len(rows[0])
    # Before them stands the sum of their widths, for which a byte more is enough, and is passed over.
    together = sum([int.from_bytes(packed, "big") for packed in rows]).to_bytes(length + 1, "big")
    return _unpacker(_width(first), length)(together, 1)


_AT_ONCE = 255


def _width(packed: bytes) -> int:
    return packed[0] or int.from_bytes(packed[1:3], "big")


@lru_cache(maxsize=256)
def _packer(width: int, count: int) -> Callable[..., bytes]:
    return Struct(f">B{count}{_FORMATS[width]}").pack


@lru_cache(maxsize=256)
def _unpacker(width: int, length: int) -> Callable[[bytes, int], Row]:
    """Reads a row that begins at some byte."""
    if width in _FORMATS:
        return Struct(f">x{(length - 1) // width}{_FORMATS[width]}").unpack_from
    parts, number = Struct("3x" + f"{width}s" * ((length - 3) // width)).unpack_from, int.from_bytes
    return lambda packed, start: tuple(map(number, parts(packed, start)))
