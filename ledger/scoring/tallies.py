"""The rows that follow from those that promises add to, brought up to date with them.

The cost does not grow with how much is there already. Of a cluster with weights g, G = Σg and Q = Σg², there are G²/Q
promises in effect (Kish, Survey Sampling, 1965), which prove less the more there are, since they turn out alike. So
each is multiplied by

    c = 1/(1 + (G²/Q − 1)·ρ),

and one customer counts for 1/ρ promises at the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import add, sub

from ledger.outcomes import Standing
from ledger.scoring.counting import counted
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.recent import stretch_of
from ledger.scoring.rows import (
    ALL,
    CELL,
    CLUSTER,
    COHORT,
    COUNTS,
    DAY,
    FINE,
    GROUP,
    PAIR,
    PEERS,
    PERIOD,
    SERVICE,
    SIXTEENTHS_IN_ROW,
    SPAN,
    TOTAL,
    Book,
    Cohort,
    Group,
    Key,
    Lookup,
    Pair,
    Peers,
    Row,
    Service,
    Shares,
    Total,
)
from ledger.units import WHOLE, Timestamp


def fold(standings: Iterable[Standing], as_of: Timestamp, policy: Policy) -> Book:
    """All rows of one company from nothing."""
    book = Book()
    book.put(update(book, counted(standings, as_of, policy), policy))
    return book


def update(rows: Lookup, shares: Shares, policy: Policy) -> dict[Key, Row]:
    """The rows that change when shares are added to those that there are, as they are then."""
    before = rows.get(shares)
    after = _sum(before, shares)
    a, b = policy.correlation
    above, grouped = Shares(), Shares()
    for key, share in shares.items():
        kind = key[:1]
        if kind == CELL:
            new = _grouped(after[key], a, b)
            place = key[1:15]
            grouped.gain(place, map(sub, new, _grouped(before[key], a, b)) if key in before else new)
        elif kind == CLUSTER:
            capped = _capped(key, after[key], policy)
            place = TOTAL + key[1:3]
            above.gain(place, map(sub, capped, _capped(key, before[key], policy)) if key in before else capped)
        elif kind == DAY:
            above.gain(ALL, share)
            period = int.from_bytes(key[1:], "big") // policy.period_days
            above.gain(PERIOD + period.to_bytes(4, "big") + COUNTS, share)
    groups = Shares()
    for place, share in grouped.items():
        groups[GROUP + place] = share[:5]
        above.gain(PERIOD + place[8:12] + COHORT + place[12:], (*share[4:], 0, share[0], share[2]))
    strata = {key[:13] for key in groups}
    codes = [code.to_bytes(2, "big") for code in range(1, policy.compared_cohorts + 1)]
    apart = rows.get(groups.keys() | {stratum + code for stratum in strata for code in codes})
    together = apart | _sum(apart, groups)
    for stratum in strata:
        _compare(above, stratum, apart, together, policy)
    for key, share in [*above.items()]:
        if key[:1] == PERIOD:
            above.gain(stretch_of(key), share)
    return after | {key: together[key] for key in groups} | _sum(rows.get(above), above)


def _sum(rows: Mapping[Key, Row], shares: Shares) -> dict[Key, Row]:
    if not rows:
        return dict(shares)
    return {
        key: tuple(map(add, row, share)) if (row := rows.get(key)) is not None else share
        for key, share in shares.items()
    }


@lru_cache(maxsize=16_384)
def _grouped(row: Row, a: int, b: int) -> Row:
    """What a cell adds to its group: c = 1/(1 + (n − 1)·ρ) of each, for n that matured and for n that failed; and,
    not capped, to its cohort.
    """
    matured, kept, failed, remedied = row
    of_matured, of_failed = max(b, b + (matured - 1) * a), max(b, b + (failed - 1) * a)
    whole = WHOLE * b
    return (
        whole * matured // of_matured,
        whole * kept // of_matured,
        whole * failed // of_failed,
        whole * remedied // of_failed,
        matured,
        kept,
        failed,
        remedied,
    )


def _capped(key: Key, row: Row, policy: Policy) -> Row:
    """What a cluster adds to its stratum: a `Total`."""
    matured, weights, _, low, high, strict, late, remedied, fulfilled, confirmed = row
    if not matured:
        return Total()
    factor, divisor = factor_of(row, policy)
    trusted = factor * trust_of(key, policy)
    whole = divisor * WHOLE
    weight = POINT * weights * trusted // whole
    assured = low * trusted // whole
    return (
        weight,
        assured,
        assured if high == low else high * trusted // whole,
        assured if strict == low else strict * trusted // whole,
        late and late * trusted // whole,
        remedied and remedied * trusted // whole,
        POINT * fulfilled * factor // divisor,
        POINT * confirmed * factor // whole,
        weight * weight,
    )


def trust_of(key: Key, policy: Policy) -> int:
    """What promises of a cluster weigh by whom they were made to, in ppm."""
    return WHOLE if key[3] else policy.unlisted_ppm


def factor_of(row: Row, policy: Policy) -> tuple[int, int]:
    """What everything in a cluster is multiplied by, c, as a fraction."""
    a, b = policy.correlation
    matured, weights, squares, *_ = row
    if matured * squares == weights * weights:
        # All weigh the same, as promises to the public do.
        return b, b + (matured - 1) * a
    # c = bQ/((b − a)Q + aG²), for ρ = a/b.
    return b * squares, (b - a) * squares + a * weights * weights


def _compare(above: Shares, stratum: Key, before: Mapping[Key, Row], after: Mapping[Key, Row], policy: Policy) -> None:
    """Adds what became of the comparisons of cohorts in one service and period."""
    codes = range(1, policy.compared_cohorts + 1)
    period = PERIOD + stratum[9:13]
    then, now = (
        {code: Group(*rows[key]) for code in codes if (key := stratum + code.to_bytes(2, "big")) in rows}
        for rows in (before, after)
    )
    for code, group in now.items():
        gained = _shared(group, now) - _shared(then.get(code, Group()), then)
        if gained:
            above.gain(period + COHORT + code.to_bytes(2, "big"), Cohort(shared=gained))
    pairs = [(first, second) for first in now for second in now if first < second]
    for first, second in pairs:
        if then.get(first) == now[first] and then.get(second) == now[second]:
            continue
        old = compared(then.get(first, Group()), then.get(second, Group()))
        new = compared(now[first], now[second])
        place = first.to_bytes(2, "big") + second.to_bytes(2, "big")
        above.gain(period + PAIR + place, map(sub, new, old))


def _shared(group: Group, groups: Mapping[int, Group]) -> int:
    return group.number if sum(other.number > 0 for other in groups.values()) > 1 else 0


def compared(first: Group, second: Group) -> Row:
    """Two cohorts in one service and period, as they stand in `PAIR`."""
    kept = first.matured, first.kept, second.matured, second.kept
    remedied = first.failed, first.remedied, second.failed, second.remedied
    return pair_of(*kept) + pair_of(*remedied) + pair_by_size(*kept) + pair_by_size(*remedied)


def pair_of(n: int, k: int, m: int, j: int) -> Pair:
    """Two groups of which k of n and j of m fared well, in millionths, with the weight of Mantel and Haenszel."""
    return _weighted(n, k, m, j, n * m, n + m)


def pair_by_size(n: int, k: int, m: int, j: int) -> Pair:
    """The same, weighted by how many promises there are."""
    return _weighted(n, k, m, j, n + m, 1)


def _weighted(n: int, k: int, m: int, j: int, a: int, b: int) -> Pair:
    """The same, with the weight a/b."""
    if not n or not m:
        return Pair()
    return Pair(
        strata=1,
        weight=WHOLE * a // b,
        first=WHOLE * a * k // (b * n),
        second=WHOLE * a * j // (b * m),
        first_spread=-(-WHOLE * a**2 // (b**2 * n)),
        second_spread=-(-WHOLE * a**2 // (b**2 * m)),
    )


def peers_shares(before: Mapping[Key, Row], after: Mapping[Key, Row]) -> Shares:
    """What the rows of all companies together gain when rows of one company change."""
    shares = Shares()
    for key, row in after.items():
        if key[:1] == SPAN:
            taken = row[SIXTEENTHS_IN_ROW:]
            then = before[key][SIXTEENTHS_IN_ROW:] if key in before else (0,) * len(taken)
            shares.gain(PEERS + key[1:], map(sub, taken, then))
        elif key[:1] == SERVICE:
            shares.gain(PEERS + key[1:], map(sub, peer(Service(*row)), peer(Service(*before.get(key, ())))))
    return shares


def peer(service: Service) -> Peers:
    """What one company adds to the sums of all that have promises of a service."""
    if not service.matured:
        return Peers()
    squares = FINE * service.credit**2 // service.matured
    return Peers(1, service.matured, service.kept, service.credit, squares, service.matured**2)
