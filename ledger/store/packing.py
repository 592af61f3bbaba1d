"""Rows of sums as bytes: how wide its numbers are, in bytes, and then each of them, the highest byte first.

A score reads a few hundred rows of some thousand numbers in all, most of which are small: so that they are read at
once, numbers of up to 8 bytes have a width that machines know. None is below zero.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
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


def unpack(packed: bytes) -> Row:
    """A row from what is stored."""
    return _unpacker(packed[0], len(packed))(packed)


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

    def sums(self, first: Key, last: Key, after: int) -> dict[bytes, Row]:
        """The same rows added up, by what their keys are after so many bytes."""
        found: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for key in self._between(first, last):
            found[key[after:]].append(self._stored[key])
        return {rest: total(rows) for rest, rows in found.items()}

    def _between(self, first: Key, last: Key) -> list[Key]:
        return self._keys[bisect_left(self._keys, first) : bisect_right(self._keys, last)]


def total(rows: Iterable[bytes]) -> Row:
    """The sum of stored rows, at least one, of as many numbers each."""
    sums: list[Row] = []
    wide: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)
    for packed in rows:
        if packed[0] in _FORMATS:
            sums.append(unpack(packed))
        else:
            wide[packed[0], len(packed)].append(packed)
    sums += [_added(width, (length - 1) // width, alike) for (width, length), alike in wide.items()]
    return tuple(map(sum, zip(*sums, strict=True)))


def _added(width: int, count: int, rows: list[bytes]) -> Row:
    """Adds up rows of `count` wide numbers, each row as one number, which is quicker than making each of its own one:
    every other of them at once, which leaves their sums twice the width, so that none runs into the next.
    """
    wholes = [int.from_bytes(packed, "big") for packed in rows]
    bits, last, first = 8 * width, (count + 1) // 2, count // 2
    ends, starts = _every_other(width, last), _every_other(width, first)
    sums = [0] * count
    sums[(count - 1) % 2 :: 2] = _apart(sum([whole & ends for whole in wholes]), 2 * width, last)
    sums[count % 2 :: 2] = _apart(sum([whole >> bits & starts for whole in wholes]), 2 * width, first)
    return tuple(sums)


def _apart(whole: int, width: int, count: int) -> Row:
    """So many numbers that are one."""
    length = 1 + count * width
    return _unpacker(width, length)(whole.to_bytes(length, "big"))


@cache
def _every_other(width: int, count: int) -> int:
    """Ones where so many numbers of a width stand in one, beginning with the last, and zeros where others do."""
    return int.from_bytes((bytes(width) + b"\xff" * width) * count, "big")


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
