"""Forward decay: how much a promise weighs by the day on which it was due, in integers.

Cormode, Shkapenyuk, Srivastava & Xu, "Forward decay", ICDE 2009: a weight grows with the day instead of shrinking with
age, so that it never changes, and a sum of weights can be kept. Day e, counted from the policy's epoch, weighs

    g(e) = T[e mod H] · 2^(e div H),   T[r] = ⌊2^48 · 2^(r/H)⌋,

with the half-life H in days; what a promise weighs now is g(e)/g(today). T is taken from exact integer roots, so it is
the same everywhere, and its digest stands in the policy.
"""

from __future__ import annotations

from functools import cache

from ledger.units import Digest, digest_of

BITS = 48


@cache
def table(half_life: int) -> tuple[int, ...]:
    """T, for a half-life in days."""
    return tuple(_root(1 << BITS * half_life + day, half_life) for day in range(half_life))


def table_digest(half_life: int) -> Digest:
    """keccak256 of T's entries, 8 bytes each, the highest first."""
    return digest_of(b"".join(entry.to_bytes(8, "big") for entry in table(half_life)))


@cache
def growth(day: int, half_life: int) -> int:
    """g, for a day from the epoch on."""
    return table(half_life)[day % half_life] << day // half_life


def _root(value: int, degree: int) -> int:
    """The greatest integer whose `degree`-th power is at most `value`, a number of 2^48 or more, below 2^49."""
    root = 1 << BITS
    for bit in reversed(range(BITS)):
        if (root | 1 << bit) ** degree <= value:
            root |= 1 << bit
    return root
