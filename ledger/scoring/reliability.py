"""How reliably promises are kept: what is assured, at the least and at the most, and by how much evidence.

Routine and critical promises are judged apart: a failure hurts most where the customer is under stress (Berry, "When
the customer is stressed", Harvard Business Review, 2015). Weighting them inside one interval would let a broken promise
raise its lower end.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from itertools import pairwise
from math import prod
from operator import add
from typing import NamedTuple

from ledger.scoring.decay import growth
from ledger.scoring.intervals import Interval, wilson
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.rows import DAY_S, TOTAL, Rows, Total
from ledger.units import WHOLE, Ppm, Timestamp


class Stratum(IntEnum):
    """Promises by how much a failure hurts."""

    ROUTINE = 0
    CRITICAL = 1


class Evidence(NamedTuple):
    """Promises of today that one's promises are worth, decayed, capped and weighted: rational numbers over `unit`."""

    weight: int
    low: int
    """Credit if all open disputes are lost."""
    high: int
    """Credit if none is."""
    strict: int
    late: int
    """Credit that late promises lost."""
    remedied: int
    """Credit that remedied ones lost."""
    fulfilled: int
    """Weight of the fulfilled, whoever they were made to."""
    confirmed: int
    """Of these, weight of the confirmed, by what the word of who confirmed is worth."""
    squares: int
    """Sum of the squares of the clusters' weights, over the square of `unit`."""
    unit: int

    @property
    def milli(self) -> int:
        """Thousandths of a promise, rounded down."""
        return self.weight * 1000 // self.unit

    @property
    def customers_milli(self) -> int:
        """Customers in effect, in thousandths, rounded down: Hill's number of order 2 (Hill, Ecology 54, 1973)."""
        return self.weight**2 * 1000 // self.squares if self.squares else 0


class Parts(NamedTuple):
    """Where the credit went, in ppm: the parts sum to exactly 1,000,000, or to 0 without promises."""

    assured: Ppm
    """The floor."""
    unproven: Ppm
    """Earned, and not yet proven to be more than luck."""
    disputed: Ppm
    """Lost if all open disputes are."""
    late: Ppm
    remedied: Ppm
    broken: Ppm


class Reliability(NamedTuple):
    """How a set of promises came out."""

    evidence: Evidence
    credited: Interval
    """Rate between what open disputes leave open; the interval's ends are the assured floor and the ceiling."""
    strict: Interval
    """Kept by the due time and undisputed, alone."""

    @property
    def parts(self) -> Parts:
        """Where the credit went. Each boundary between two parts is rounded down."""
        evidence = self.evidence
        if not evidence.weight:
            return Parts(*[Ppm(0)] * 6)
        ends = [0, self.credited.low]
        reached = evidence.low
        for lost in (0, evidence.high - evidence.low, evidence.late, evidence.remedied):
            reached += lost
            ends.append(reached * WHOLE // evidence.weight)
        return Parts(*[Ppm(end - start) for start, end in pairwise([*ends, WHOLE])])

    def judged(self, policy: Policy) -> bool:
        """Whether there is evidence enough."""
        return self.evidence.milli >= 1000 * policy.min_evidence

    def bound(self, policy: Policy) -> Ppm:
        """What it says at the least of the whole: its floor once it is judged, its ceiling where it has no evidence.

        In proportion between, so that no promise more or less makes it jump.
        """
        enough = 1000 * policy.min_evidence
        known = min(self.evidence.milli, enough)
        return Ppm((self.credited.low * known + self.credited.high * (enough - known)) // enough)


def reliability(rows: Rows, as_of: Timestamp, policy: Policy) -> tuple[Reliability, dict[Stratum, Reliability]]:
    """Of all promises, and of each stratum that has any."""
    totals = rows.between(TOTAL, TOTAL + b"\xff\xff")
    # In promises of today: what one weighed may have halved in different times.
    now = weights_now({key[2] for key in totals}, as_of, policy)
    unit = prod(now.values())
    sums: dict[Stratum, Total] = {}
    for key, row in totals.items():
        share = unit // now[key[2]]
        today = [value * share for value in row]
        today[_SQUARES] *= share
        stratum = Stratum(key[1])
        sums[stratum] = Total(*map(add, sums.get(stratum, Total()), today))
    whole = Total(*map(sum, zip(*sums.values(), strict=True)))
    strata = {stratum: _reliability(Evidence(*each, POINT * unit), policy) for stratum, each in sums.items()}
    return _reliability(Evidence(*whole, POINT * unit), policy), strata


def weights_now(half_lives: Iterable[int], as_of: Timestamp, policy: Policy) -> dict[int, int]:
    """What a promise that is due now weighs, by half-life."""
    today = max(0, as_of // DAY_S - policy.epoch_day)
    return {half_life: growth(today, half_life) for half_life in half_lives}


_SQUARES = Total._fields.index("squares")


def _reliability(evidence: Evidence, policy: Policy) -> Reliability:
    return Reliability(
        evidence,
        credited=_interval(evidence, evidence.low, evidence.high, policy),
        strict=_interval(evidence, evidence.strict, evidence.strict, policy),
    )


def _interval(evidence: Evidence, least: int, most: int, policy: Policy) -> Interval:
    low, high = wilson(least, evidence.weight, evidence.unit, policy.z_squared, WHOLE)
    if most != least:
        _, high = wilson(most, evidence.weight, evidence.unit, policy.z_squared, WHOLE)
    rate = (least + most) * WHOLE // (2 * evidence.weight) if evidence.weight else 0
    return Interval(Ppm(rate), Ppm(low), Ppm(high))
