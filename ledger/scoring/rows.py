"""The rows of integers that scores are made of: what each kind holds, and how they are added up.

A row is found by its key: bytes, of which the first says its kind. What promises add to their own rows are plain sums,
so they come out the same in any order and from any partition, and a promise whose outcome changes is taken out by
subtraction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import add, neg
from typing import NamedTuple, Protocol

DAY_S = 86_400

FINE = 10**12
"""Units in which cohorts are compared: what rounding loses stays far below a ppm."""

Key = bytes
Row = tuple[int, ...]
Range = tuple[Key, Key]
"""From which key to which, both included."""

NUMBER_ENDS = 1 + 4
"""Where in a key what follows a day or a period begins."""

# Kinds of rows that promises add to. Those with capitals stand side by side, since scores are made of all of them.
CLUSTER = b"c"
"""+ stratum, half-life, whether trusted, whether public, customer (or arbiter, service, due day): `Cluster`."""
CELL = b"x"
"""+ service, period, cohort, whether public, customer (or arbiter, service, due day): `Cell`."""
DAY = b"d"
"""+ due day: `Counts`."""
SERVICE = b"S"
"""+ service: `Service`."""
SPAN = b"H"
"""+ service, which four octaves: how many promises were given so long, by sixteenths of an octave; then, twice how many
took less than that, of those in these octaves, with those in the same sixteenth once; then, how many took that long."""
PENDING = b"M"
"""How many promises are not yet due, and how many released."""

# Kinds of rows that follow.
TOTAL = b"T"
"""+ stratum, half-life, from all clusters: `Total`."""
GROUP = b"g"
"""+ service, period, cohort, from their cells: `Group`."""
PERIOD = b"r"
"""+ period, and what is summed there; one of the next."""
COUNTS = b"e"
"""From the period's days: `Counts`."""
COHORT = b"o"
"""+ cohort, from all cells and groups: `Cohort`."""
PAIR = b"p"
"""+ two cohorts, from the groups of each service: `Pair` of what was kept of what matured, and of what was remedied of
what failed; then both again, with services weighted by their promises."""
STRETCH = b"q"
"""+ stretch of periods, and the same: their rows added up."""
ALL = b"A"
"""From all days: `Counts`."""
PEERS = b"k"
"""+ service, in the rows of all companies together: `Peers`; and after it, which four octaves: spans, without what was
given."""

SIXTEENTHS = 16
SIXTEENTHS_IN_ROW = 4 * SIXTEENTHS
"""Of spans: few rows are to be read."""


class Cluster(NamedTuple):
    """Promises that turn out alike. Weights are g of `decay`, sums of credit in basis points of them."""

    matured: int = 0
    weight: int = 0
    squares: int = 0
    low: int = 0
    """Credit if all open disputes are lost."""
    high: int = 0
    """Credit if none is."""
    strict: int = 0
    """Credit of those alone that were kept in full."""
    late: int = 0
    """Credit that late ones lost."""
    remedied: int = 0
    """Credit that remedied ones lost."""
    fulfilled: int = 0
    """Weight of the fulfilled."""
    confirmed: int = 0
    """Weight of the confirmed, by what the word of who confirmed is worth."""


class Total(NamedTuple):
    """All clusters, capped. In basis points of g."""

    weight: int = 0
    low: int = 0
    high: int = 0
    strict: int = 0
    late: int = 0
    remedied: int = 0
    fulfilled: int = 0
    """Whoever they were made to: what only the cap leaves of them."""
    confirmed: int = 0
    squares: int = 0
    """Of the clusters' weights."""


class Cell(NamedTuple):
    """Like promises to one customer of one cohort."""

    matured: int = 0
    kept: int = 0
    failed: int = 0
    remedied: int = 0


class Group(NamedTuple):
    """Like promises to one cohort, those to each customer capped: in millionths of a promise."""

    matured: int = 0
    kept: int = 0
    failed: int = 0
    remedied: int = 0
    number: int = 0
    """How many have matured, not capped."""


class Cohort(NamedTuple):
    """Promises to one cohort."""

    matured: int = 0
    kept: int = 0
    failed: int = 0
    remedied: int = 0
    shared: int = 0
    """Of the matured, those of services and periods in which another cohort has promises too, so that they compare."""
    matured_capped: int = 0
    """From the groups, in millionths, as is the next."""
    failed_capped: int = 0


class Pair(NamedTuple):
    """Two cohorts compared like with like: sums over services with weights ω, which are n₁n₂/(n₁+n₂) or n₁+n₂, in
    promises times FINE.
    """

    strata: int = 0
    weight: int = 0
    first: int = 0
    """Σ ω·p₁"""
    second: int = 0
    first_spread: int = 0
    """Σ ω²/n₁, rounded up."""
    second_spread: int = 0


class Service(NamedTuple):
    """Promises of one service, not capped."""

    matured: int = 0
    kept: int = 0
    credit: int = 0
    """In basis points, open disputes lost; the next are this, weighted by day."""
    weight: int = 0
    low: int = 0
    high: int = 0


class Peers(NamedTuple):
    """The companies that have promises of a service."""

    companies: int = 0
    matured: int = 0
    kept: int = 0
    credit: int = 0
    credit_squares: int = 0
    """Σ credit²/matured, in basis points² times `FINE`, rounded down for each."""
    matured_squares: int = 0


class Counts(NamedTuple):
    """Matured promises, counted by what became of them."""

    matured: int = 0
    kept: int = 0
    late: int = 0
    broken: int = 0
    remedied: int = 0
    disputed: int = 0
    fulfilled: int = 0
    confirmed: int = 0
    """Of the fulfilled, by the customer or the arbiter."""
    contested: int = 0
    """Those with a dispute that the company has answered, or should have."""
    answered: int = 0
    """Of the contested, in time."""
    answer_time: int = 0
    """Seconds to the answer, of those."""
    ruled: int = 0
    upheld: int = 0
    unilateral: int = 0
    """Changed or withdrawn by the company alone."""
    returned: int = 0
    """Sent back and forth between units."""
    failed: int = 0
    """Late, broken or remedied."""
    told: int = 0
    """Of the failed, those of which the company told before anybody disputed."""
    announced: int = 0
    """Of the failed, those of which it told before they were due."""
    credit: int = 0
    """In basis points, open disputes lost."""


class Lookup(Protocol):
    """Where a company's rows are looked up."""

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows with these keys, of those that there are."""


class Rows(Lookup, Protocol):
    """Where they are in the order of their keys too."""

    def between(self, first: Key, last: Key) -> dict[Key, Row]:
        """The rows with keys from `first` to `last`, which are of one kind, in their order."""

    def sums(self, ranges: Sequence[Range], after: int) -> dict[bytes, Row]:
        """The rows of several such ranges added up, by what their keys are after so many bytes."""


class Book:
    """Rows in memory."""

    def __init__(self) -> None:
        self._kinds: defaultdict[bytes, dict[Key, Row]] = defaultdict(dict)

    @property
    def rows(self) -> dict[Key, Row]:
        """All of them."""
        return {key: row for kind in self._kinds.values() for key, row in kind.items()}

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows with these keys, of those that there are."""
        if not self._kinds:
            return {}
        return {key: row for key in keys if (row := self._kinds[key[:1]].get(key)) is not None}

    def between(self, first: Key, last: Key) -> dict[Key, Row]:
        """The rows with keys from `first` to `last`, which are of one kind, in their order."""
        kind = self._kinds[first[:1]]
        return {key: kind[key] for key in sorted([key for key in kind if first <= key <= last])}

    def sums(self, ranges: Sequence[Range], after: int) -> dict[bytes, Row]:
        """The rows of several such ranges added up, by what their keys are after so many bytes."""
        found: defaultdict[bytes, list[Row]] = defaultdict(list)
        for first, last in ranges:
            for key, row in self.between(first, last).items():
                found[key[after:]].append(row)
        return {rest: tuple(map(sum, zip(*rows, strict=True))) for rest, rows in found.items()}

    def put(self, rows: Mapping[Key, Row]) -> None:
        """Replaces rows; one of zeros is none."""
        for key, row in rows.items():
            if any(row):
                self._kinds[key[:1]][key] = row
            else:
                self._kinds[key[:1]].pop(key, None)


class Shares(dict[Key, Row]):
    """What promises add to rows and take from them."""

    def gain(self, key: Key, share: Iterable[int]) -> None:
        """Adds to one row."""
        row = self.get(key)
        self[key] = tuple(share if row is None else map(add, row, share))

    def add(self, others: Shares) -> None:
        """Adds what other promises add."""
        for key, share in others.items():
            self.gain(key, share)

    def take(self, others: Shares) -> None:
        """Takes away what other promises add."""
        for key, share in others.items():
            self.gain(key, map(neg, share))
            if not any(self[key]):
                # What stays as it is need not be looked at.
                del self[key]
