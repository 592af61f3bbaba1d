"""Which promises cost a company what: all that its rate lacks at its least, attributed to the promises that lost it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from ledger.outcomes import Outcome, Standing, outcome
from ledger.scoring.counting import alike, cluster_of, credit
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import reliability, weights_now
from ledger.scoring.rows import Book
from ledger.scoring.tallies import factor_of, fold, trust_of
from ledger.units import WHOLE, Ppm, Timestamp


@dataclass(frozen=True, slots=True)
class Loss:
    """A promise that did not earn all of its credit."""

    standing: Standing
    counted_as: Outcome
    ppm: Ppm
    """What it cost. Rounded so that all losses sum exactly."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a company's credit went, promise by promise."""

    lost: Ppm
    """The sum of all losses: what `Parts` says of disputed, late, remedied and broken ones."""
    losses: tuple[Loss, ...]
    """The dearest first."""


def explain(standings: Iterable[Standing], as_of: Timestamp, policy: Policy) -> Explanation:
    """Attributes every ppm. Takes time with the number of promises: scores are not made of it."""
    promises = list(standings)
    book = fold(promises, as_of, policy)
    found = []
    for standing in promises:
        result = outcome(standing, as_of)
        if result not in (Outcome.OPEN, Outcome.RELEASED):
            result, low, _ = credit(standing, result, as_of, policy)
            if low < POINT:
                found.append((_lost(standing, low, book, as_of, policy), standing, result))
    found.sort(key=lambda loss: (-loss[0], loss[1].id))
    parts = reliability(book, as_of, policy)[0].parts
    lost = parts.disputed + parts.late + parts.remedied + parts.broken
    whole = sum(share for share, _, _ in found)
    losses, reached, before = [], 0, 0
    for share, standing, result in found:
        reached += share
        upto = reached * lost // whole if whole else 0
        losses.append(Loss(standing, result, Ppm(upto - before)))
        before = upto
    return Explanation(Ppm(lost), tuple(losses))


def _lost(standing: Standing, low: int, book: Book, as_of: Timestamp, policy: Policy) -> int:
    """What a promise lost, in units that are the same for all of a company's."""
    key, weight = cluster_of(alike(standing), policy)
    factor, divisor = factor_of(book.get([key])[key], policy)
    now = weights_now({policy.half_life_days, *policy.half_life_days_by_service.values()}, as_of, policy)
    # Shifted, so that what rounding loses is nothing beside a ppm.
    return (weight * trust_of(key, policy) * factor * (POINT - low) * (prod(now.values()) // now[key[2]]) << 64) // (
        WHOLE * divisor
    )
