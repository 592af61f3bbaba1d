"""What fell due in the periods that the policy looks at."""

from __future__ import annotations

from typing import NamedTuple

from ledger.scoring.policy import Policy
from ledger.scoring.rows import (
    COHORT,
    COUNTS,
    DAY_S,
    NUMBER_ENDS,
    PAIR,
    PERIOD,
    STRETCH,
    Cohort,
    Counts,
    Key,
    Range,
    Row,
    Rows,
)
from ledger.units import Timestamp

PERIODS_IN_STRETCH = 4
"""From 0 on. With them, there are half as many rows to read."""


class Recent(NamedTuple):
    """The sums of these periods."""

    since: Timestamp
    """The first second."""
    counts: Counts
    cohorts: dict[int, Cohort]
    pairs: dict[tuple[int, int], Row]
    """By both cohorts."""


def recent_of(rows: Rows, as_of: Timestamp, policy: Policy) -> Recent:
    """Adds up the period that runs and those before it."""
    first, _ = _periods(as_of, policy)
    found = Recent(Timestamp(first * policy.period_days * DAY_S), Counts(), {}, {})
    for what, row in rows.sums(recent_ranges(as_of, policy), NUMBER_ENDS).items():
        kind, cohort, other = what[:1], int.from_bytes(what[1:3], "big"), int.from_bytes(what[3:], "big")
        if kind == PAIR:
            found.pairs[cohort, other] = row
        elif kind == COHORT:
            found.cohorts[cohort] = Cohort(*row)
        elif kind == COUNTS:
            found = found._replace(counts=Counts(*row))
    return found


def recent_ranges(as_of: Timestamp, policy: Policy) -> list[Range]:
    """Where their rows stand: of whole stretches, and of the periods before and after them."""
    first, last = _periods(as_of, policy)
    since, until = -(-first // PERIODS_IN_STRETCH), (last + 1) // PERIODS_IN_STRETCH
    if since >= until:
        return [_range(PERIOD, first, last)]
    ranges = [_range(STRETCH, since, until - 1)]
    if first < since * PERIODS_IN_STRETCH:
        ranges.append(_range(PERIOD, first, since * PERIODS_IN_STRETCH - 1))
    if until * PERIODS_IN_STRETCH <= last:
        ranges.append(_range(PERIOD, until * PERIODS_IN_STRETCH, last))
    return ranges


def stretch_of(key: Key) -> Key:
    """The key of the stretch that a period's row is added up in."""
    period = int.from_bytes(key[1:NUMBER_ENDS], "big")
    return STRETCH + (period // PERIODS_IN_STRETCH).to_bytes(4, "big") + key[NUMBER_ENDS:]


def _periods(as_of: Timestamp, policy: Policy) -> tuple[int, int]:
    """The first and the last."""
    last = as_of // DAY_S // policy.period_days
    return max(0, last - policy.periods + 1), last


def _range(kind: bytes, first: int, last: int) -> Range:
    return kind + first.to_bytes(4, "big"), kind + last.to_bytes(4, "big") + b"\xff"
