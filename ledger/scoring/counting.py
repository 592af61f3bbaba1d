"""Promises counted into the rows that they add to: what each is worth, with whom it counts, and how much it weighs.

Promises to one customer turn out alike, and so are counted by clusters, which the rows above cap. Promises to the
public are clustered by arbiter, service and due day: what went wrong on one day went wrong for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import add

from ledger.outcomes import Outcome, Standing, Status, outcome_of
from ledger.scoring.decay import growth
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.rows import (
    CELL,
    CLUSTER,
    DAY,
    DAY_S,
    PENDING,
    SERVICE,
    SIXTEENTHS,
    SIXTEENTHS_IN_ROW,
    SPAN,
    Counts,
    Key,
    Shares,
)
from ledger.units import WHOLE, ZERO_DIGEST, Address, Digest, Timestamp

_OPEN, _RELEASED, _KEPT, _LATE = Outcome.OPEN, Outcome.RELEASED, Outcome.KEPT, Outcome.LATE
_BROKEN, _REMEDIED, _DISPUTED, _DISMISSED = Outcome.BROKEN, Outcome.REMEDIED, Outcome.DISPUTED, Status.DISMISSED
"""By names of their own: to look a member up takes as long as three sums, and there are very many promises."""


Alike = tuple[Digest, Address, bytes, int, int, int, bool]
"""All that says where a promise counts, and how much: customer, arbiter, service, cohort, stakes, the day on which it
is due, whether countersigned."""


def alike(standing: Standing) -> Alike:
    """What a promise has in common with those that count as it does."""
    _, _, customer, arbiter, service, cohort, stakes, _, due_at = standing[:9]
    return customer, arbiter, service, cohort, stakes, due_at // DAY_S, standing.countersigned


def cluster_of(promises: Alike, policy: Policy) -> tuple[Key, int]:
    """The cluster that promises belong to, and what each weighs in it."""
    customer, arbiter, service, _, stakes, day, countersigned = promises
    half_life, age = policy.half_life(service), day - policy.epoch_day
    critical, trusted = stakes >= policy.critical_from, policy.trusts(customer, arbiter, countersigned)
    if customer != ZERO_DIGEST:
        key = CLUSTER + bytes((critical, half_life, trusted, False)) + customer
    else:
        key = CLUSTER + bytes((critical, half_life, trusted, True)) + arbiter + service + day.to_bytes(4, "big")
    return key, growth(age if age > 0 else 0, half_life)


@dataclass(slots=True)
class _Lot:
    """Promises that are alike, counted."""

    kept: int = 0
    late: int = 0
    broken: int = 0
    remedied: int = 0
    disputed: int = 0
    told: int = 0
    low: int = 0
    """Credit of all but the kept, in basis points."""
    high: int = 0
    lost: int = 0
    """Credit that late ones lost."""
    fulfilled: int = 0
    confirmed: int = 0
    by_arbiter: int = 0
    """Of the confirmed."""

    def count_other(self, standing: Standing, result: Outcome, low: int, high: int) -> None:
        """Counts one that was not kept."""
        self.low += low
        self.high += high
        if result is _DISPUTED:
            self.disputed += 1
            return
        if result is _LATE:
            self.late += 1
            self.lost += POINT - high
        elif result is _BROKEN:
            self.broken += 1
        else:
            self.remedied += 1
        if standing.unilateral or standing.owned or (result is _LATE and standing.disputed_at is None):
            self.told += 1

    def settle(self, shares: Shares, promises: Alike, policy: Policy) -> None:
        """Adds them to the rows that such promises count in."""
        _, arbiter, service, cohort, _, day, _ = promises
        key, weight = cluster_of(promises, policy)
        kept, remedied, fulfilled = self.kept, self.remedied, self.fulfilled
        failed = self.late + self.broken + remedied
        matured = kept + failed + self.disputed
        earned = POINT * kept
        low, high = self.low + earned, self.high + earned
        worth = (self.confirmed - self.by_arbiter) * (WHOLE if key[3] else policy.unlisted_ppm)
        if self.by_arbiter:
            worth += self.by_arbiter * (WHOLE if policy.lists(arbiter) else policy.unlisted_ppm)
        weights, low_weights = matured * weight, low * weight
        high_weights = low_weights if high == low else high * weight
        # Each is written out, which takes a third of putting it together of parts.
        cluster = (
            matured, weights, weights * weight, low_weights, high_weights, earned * weight, self.lost * weight,
            remedied * (POINT - policy.remedied_credit_bp) * weight, fulfilled * weight, worth * weight,
        )  # fmt: skip
        # What was announced, and misconduct, is counted promise by promise.
        counts = (
            matured, kept, self.late, self.broken, remedied, self.disputed, fulfilled, self.confirmed,
            0, 0, 0, 0, 0, 0, 0, failed, self.told, 0, low,
        )  # fmt: skip
        place = service + (day // policy.period_days).to_bytes(4, "big") + cohort.to_bytes(2, "big") + key[4:]
        shares.gain(key, cluster)
        shares.gain(CELL + place, (matured, kept, failed, remedied))
        shares.gain(SERVICE + service, (matured, kept, low, weights, low_weights, high_weights))
        shares.gain(DAY + day.to_bytes(4, "big"), counts)


def counted(standings: Iterable[Standing], as_of: Timestamp, policy: Policy) -> Shares:
    """What promises of one company add to their rows, as of one moment under one policy."""
    tally = Tally(as_of, policy)
    tally.add(standings)
    return tally.shares()


class Tally:
    """Promises of one company, counted as of one moment under one policy."""

    def __init__(self, as_of: Timestamp, policy: Policy) -> None:
        self._as_of = as_of
        self._policy = policy
        # By lots first, in small numbers: those of rows are large, for the weights in them.
        self._lots: defaultdict[Alike, _Lot] = defaultdict(_Lot)
        self._spans: defaultdict[bytes, tuple[list[int], list[int]]] = defaultdict(_no_spans)
        self._few = Shares()
        """What few promises add."""

    def add(self, standings: Iterable[Standing]) -> None:
        """Counts promises."""
        as_of, policy, lots, spans = self._as_of, self._policy, self._lots, self._spans
        for standing in standings:
            # All at once, since each name would cost as much as what is done with it.
            (
                _, _, customer, arbiter, service, cohort, stakes, made_at, due_at, _, fulfilled_at, confirmed_at,
                disputed_at, _, _, countersigned, by_arbiter, _, status, released, unilateral, upheld, _, _, accepted,
                _, returned,
            ) = standing  # fmt: skip
            result = outcome_of(released, due_at, as_of, status, accepted, fulfilled_at, upheld)
            if result is _OPEN or result is _RELEASED:
                self._few.gain(PENDING, (1, 0) if result is _OPEN else (0, 1))
                continue
            # Most are kept, and nothing of them is open: not to be asked for.
            if result is not _KEPT or unilateral or status is _DISMISSED:
                result, low, high = credit(standing, result, as_of, policy)
            day = due_at // DAY_S
            lot = lots[customer, arbiter, service, cohort, stakes, day, countersigned]
            given, taken = spans[service]
            given[span(due_at - made_at)] += 1
            if result is _KEPT:
                lot.kept += 1
            else:
                lot.count_other(standing, result, low, high)
            if fulfilled_at is not None:
                lot.fulfilled += 1
                if result is _KEPT or result is _LATE:
                    taken[span(fulfilled_at - made_at)] += 1
                if confirmed_at is not None:
                    lot.confirmed += 1
                    lot.by_arbiter += by_arbiter
            if disputed_at is not None or unilateral or returned:
                self._few.gain(DAY + day.to_bytes(4, "big"), _misconduct(standing, result, as_of, policy))

    def shares(self) -> Shares:
        """What they add to their rows."""
        shares = Shares()
        shares.add(self._few)
        for service, (given, taken) in self._spans.items():
            for number in range(_SPAN_ROWS):
                part = slice(number * SIXTEENTHS_IN_ROW, (number + 1) * SIXTEENTHS_IN_ROW)
                before = list(accumulate(taken[part], initial=0))
                if any(row := (*given[part], *map(add, before, before[1:]), before[-1])):
                    shares[SPAN + service + bytes((number,))] = row
        for promises, lot in self._lots.items():
            lot.settle(shares, promises, self._policy)
        return shares


def credit(standing: Standing, result: Outcome, as_of: Timestamp, policy: Policy) -> tuple[Outcome, int, int]:
    """What a matured promise is worth at the least and at the most, in basis points, and what it counts as.

    The two differ where it is still open what became of it (Manski, "Nonparametric bounds on treatment effects", 1990):
    under a dispute that nobody has decided, or only an arbiter whom the policy does not list; and where the company
    alone put the promise in the place of another, and nobody else has confirmed or accepted it. A dispute that was
    not answered in time is lost, and so is a remedy of a promise to the public that no listed arbiter took. Who gives a
    remedy grants a failure, unless a listed arbiter has found that there was none.
    """
    if standing.status is not _DISMISSED and not standing.unilateral:
        # Most are: nothing of them is open.
        if result is _KEPT:
            return result, POINT, POINT
        if result is _LATE:
            earned = _earned(standing, policy)
            return result, earned, earned
    listed = policy.lists(standing.arbiter)
    earned = 0 if standing.upheld else _earned(standing, policy)
    match result:
        case Outcome.REMEDIED if standing.dismissed and listed and earned > policy.remedied_credit_bp:
            result = Outcome.KEPT if earned == POINT else Outcome.LATE
        case Outcome.REMEDIED if listed or standing.customer != ZERO_DIGEST:
            return result, policy.remedied_credit_bp, policy.remedied_credit_bp
        case Outcome.REMEDIED | Outcome.BROKEN:
            return Outcome.BROKEN, 0, 0
    if result is Outcome.DISPUTED or (standing.status is Status.DISMISSED and not listed):
        lost = _unanswered(standing, as_of, policy)
        return (Outcome.BROKEN, 0, 0) if lost else (Outcome.DISPUTED, 0, earned)
    if standing.unilateral and not _witnessed(standing, listed):
        return Outcome.DISPUTED, 0, earned
    return result, earned, earned


def _witnessed(standing: Standing, listed: bool) -> bool:
    """Whether somebody confirmed who is not a judge of the company's own choice."""
    return standing.confirmed_at is not None and (listed or not standing.confirmed_by_arbiter)


def _misconduct(standing: Standing, result: Outcome, as_of: Timestamp, policy: Policy) -> Counts:
    """What is counted of the few promises that were disputed, changed or sent back and forth."""
    took = None
    if standing.answered_at is not None and standing.disputed_at is not None:
        took = standing.answered_at - standing.disputed_at
    in_time = took if took is not None and took < policy.answer_s else None
    return Counts(
        contested=took is not None or _unanswered(standing, as_of, policy),
        answered=in_time is not None,
        answer_time=in_time or 0,
        # A judge of the company's own choice would dismiss whatever there is.
        ruled=standing.upheld or (standing.dismissed and policy.lists(standing.arbiter)),
        upheld=standing.upheld,
        unilateral=standing.unilateral,
        returned=standing.returned,
        announced=standing.unilateral and result is not _KEPT and result is not _DISPUTED,
    )


def _unanswered(standing: Standing, as_of: Timestamp, policy: Policy) -> bool:
    """Whether the last dispute got no answer in time: none before it was settled, nor before now."""
    if standing.disputed_at is None:
        return False
    ends = [end for end in (standing.answered_at, standing.settled_at) if end is not None]
    return min(ends, default=as_of) - standing.disputed_at >= policy.answer_s


def _earned(standing: Standing, policy: Policy) -> int:
    fulfilled_at, due_at = standing.fulfilled_at, standing.due_at
    if fulfilled_at is None:
        return 0
    if fulfilled_at <= due_at:
        return POINT
    late = fulfilled_at - due_at
    grace = policy.grace(standing.service, due_at - standing.made_at)
    return policy.late_credit_bp * (grace - late) // grace if late < grace else 0


def _no_spans() -> tuple[list[int], list[int]]:
    return [0] * (_SPAN_ROWS * SIXTEENTHS_IN_ROW), [0] * (_SPAN_ROWS * SIXTEENTHS_IN_ROW)


@lru_cache(maxsize=16_384)
def span(seconds: int) -> int:
    """In which span a time lies: a sixteenth of an octave, and so at most a sixteenth long of what it holds."""
    shift = max(0, seconds.bit_length() - 5)
    return SIXTEENTHS * shift + (seconds >> shift)


_SPAN_ROWS = span(2**40) // SIXTEENTHS_IN_ROW + 1
"""The contract's times have 40 bits."""
