"""Counting outcomes: sums that come out the same in any order and from any partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import NamedTuple, TypeVar

from ledger.outcomes import Outcome, Standing, lateness, outcome
from ledger.scoring.policy import Policy
from ledger.units import Timestamp

Key = TypeVar("Key")

DAY_S = 86_400


class Cell(NamedTuple):
    """What promises are counted apart by."""

    cohort: int
    service: bytes
    due_day: int
    """Days from 1970-01-01 (UTC) to the due time."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Matured promises, counted."""

    kept: int = 0
    late: int = 0
    tolerated: int = 0
    """Those among `late` within the policy's tolerance."""
    broken: int = 0
    confirmed: int = 0
    credit_bp: int = 0
    """Sum of the policy's credit, in basis points."""

    @property
    def matured(self) -> int:
        """How many there are in all."""
        return self.kept + self.late + self.broken

    @property
    def on_time(self) -> int:
        """Kept, or late within the tolerance."""
        return self.kept + self.tolerated

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(int.__add__, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Tallies:
    """A company's matured promises by cell, and how many count for nothing."""

    cells: dict[Cell, Tally]
    open: int
    """Not yet due."""
    released: int
    """Withdrawn with the customer's consent, or replaced."""

    def total(self) -> Tally:
        """All cells together."""
        return sum(self.cells.values(), Tally())

    def by(self, key: Callable[[Cell], Key]) -> dict[Key, Tally]:
        """The cells summed by `key`, in the key's order of first appearance in sorted cells."""
        sums: defaultdict[Key, Tally] = defaultdict(Tally)
        for cell in sorted(self.cells):
            sums[key(cell)] += self.cells[cell]
        return dict(sums)


def tally(standings: Iterable[Standing], as_of: Timestamp, policy: Policy) -> Tallies:
    """Counts promises as they stood at `as_of`."""
    cells: defaultdict[Cell, list[int]] = defaultdict(lambda: [0] * 6)
    still_open = released = 0
    for standing in standings:
        result = outcome(standing, as_of)
        if result is Outcome.OPEN:
            still_open += 1
            continue
        if result is Outcome.RELEASED:
            released += 1
            continue
        behind = None if result is Outcome.BROKEN else lateness(standing, as_of)
        counts = cells[Cell(standing.cohort, standing.service, standing.due_at // DAY_S)]
        counts[0] += result is Outcome.KEPT
        counts[1] += result is Outcome.LATE
        counts[2] += result is Outcome.LATE and behind is not None and behind <= policy.tolerance_s
        counts[3] += result is Outcome.BROKEN
        counts[4] += result is not Outcome.BROKEN and standing.confirmed_at is not None
        counts[5] += policy.credit_bp(behind, standing.due_at - standing.made_at)
    return Tallies({cell: Tally(*counts) for cell, counts in cells.items()}, still_open, released)
