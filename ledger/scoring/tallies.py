"""The sums that every score is made of: rows of integers, to which each promise adds its share.

A row is found by its key: bytes, of which the first says its kind. What promises add to their own rows are plain sums,
so they come out the same in any order and from any partition, and a promise whose outcome changes is taken out by
subtraction. The rows above follow from these; `update` brings both up to date, at a cost that does not grow with how
much is there already.

Promises to one customer turn out alike, and so prove less the more there are. Of a cluster with weights g, G = Σg and
Q = Σg², there are G²/Q in effect (Kish, Survey Sampling, 1965), and each is multiplied by

    c = 1/(1 + (G²/Q − 1)·ρ),

so that one customer counts for 1/ρ promises at the most. Promises to the public are clustered by arbiter, service and
due day: what went wrong on one day went wrong for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import add, sub
from typing import NamedTuple, Protocol

from ledger.outcomes import Outcome, Standing, Status, lateness, outcome
from ledger.scoring.decay import growth
from ledger.scoring.policy import POINT, Policy
from ledger.units import WHOLE, ZERO_DIGEST, Timestamp

DAY_S = 86_400

FINE = 10**12
"""Units in which the shares of cohorts are summed: what rounding loses stays far below a ppm."""

Key = bytes
Row = tuple[int, ...]

# Kinds of rows that promises add to.
CLUSTER = b"c"
"""+ stratum, half-life, whether trusted, whether public, customer (or arbiter, service, due day): `Cluster`."""
CELL = b"x"
"""+ service, period, cohort, whether public, customer (or arbiter, service, due day): `Cell`."""
DAY = b"d"
"""+ due day: `Counts`."""
SERVICE = b"s"
"""+ service: `Service`."""
SPAN = b"h"
"""+ service, octave: how many promises were given so long, by sixteenths of the octave; then, how many took so long."""
PENDING = b"m"
"""How many promises are not yet due, and how many released."""

# Kinds of rows that follow.
TOTAL = b"t"
"""+ stratum, half-life, from all clusters: `Total`."""
GROUP = b"g"
"""+ service, period, cohort, from their cells: `Group`."""
COHORT = b"o"
"""+ period, cohort, from all cells and groups: `Cohort`."""
PAIR = b"p"
"""+ period, two cohorts, from the groups of each service: `Pair` of what was kept of what matured, and of what was
remedied of what failed; then both again, with services weighted by their promises."""
PERIOD = b"e"
"""+ period, from its days: `Counts`."""
ALL = b"a"
"""From all days: `Counts`."""
PEERS = b"k"
"""+ service, in the rows of all companies together: `Peers`. Spans are there too."""

SIXTEENTHS = 16


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
    """Two cohorts compared like with like: sums over services with weights ω, which are n₁n₂/(n₁+n₂) or n₁+n₂, with n
    in millionths, in units of 1/FINE.
    """

    strata: int = 0
    weight: int = 0
    first: int = 0
    """Σ ω·p₁"""
    second: int = 0
    first_spread: int = 0
    """Σ ω²/n₁"""
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


class Rows(Protocol):
    """Where a company's rows are."""

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows with these keys, of those that there are."""

    def between(self, first: Key, last: Key) -> dict[Key, Row]:
        """The rows with keys from `first` to `last`, which are of one kind, in their order."""


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
        return {key: row for key in keys if (row := self._kinds[key[:1]].get(key)) is not None}

    def between(self, first: Key, last: Key) -> dict[Key, Row]:
        """The rows with keys from `first` to `last`, which are of one kind, in their order."""
        kind = self._kinds[first[:1]]
        return {key: kind[key] for key in sorted([key for key in kind if first <= key <= last])}

    def put(self, rows: Mapping[Key, Row]) -> None:
        """Replaces rows; one of zeros is none."""
        for key, row in rows.items():
            if any(row):
                self._kinds[key[:1]][key] = row
            else:
                self._kinds[key[:1]].pop(key, None)


class Shares(dict[Key, list[int]]):
    """What promises add to their rows and take from them, under one policy; nothing, to those that they don't touch."""

    def __init__(self, rows: Iterable[tuple[Key, list[int]]] = ()) -> None:
        super().__init__(rows)
        self.places: dict[tuple[object, ...], _Place] = {}
        """Where promises count, by all that tells but the cohort: many of them at the same places."""

    def __missing__(self, key: Key) -> list[int]:
        row = self[key] = [0] * _WIDTHS[key[:1]]
        return row

    def gain(self, key: Key, share: Iterable[int]) -> None:
        """Adds to one row."""
        row = self[key]
        row[:] = map(add, row, share)

    def take(self, others: Shares) -> None:
        """Takes away what other promises add."""
        for key, share in others.items():
            row = self[key]
            row[:] = map(sub, row, share)


_WIDTHS = {
    CLUSTER: len(Cluster._fields),
    CELL: len(Cell._fields),
    GROUP: len(Group._fields),
    DAY: len(Counts._fields),
    SERVICE: len(Service._fields),
    SPAN: 2 * SIXTEENTHS,
    PENDING: 2,
    TOTAL: len(Total._fields),
    COHORT: len(Cohort._fields),
    PAIR: 4 * len(Pair._fields),
    PERIOD: len(Counts._fields),
    ALL: len(Counts._fields),
    PEERS: len(Peers._fields),
}


def fold(standings: Iterable[Standing], as_of: Timestamp, policy: Policy) -> Book:
    """All rows of one company from nothing."""
    shares = Shares()
    for standing in standings:
        count(shares, standing, as_of, policy)
    book = Book()
    book.put(update(book, shares, policy))
    return book


def credit(standing: Standing, result: Outcome, as_of: Timestamp, policy: Policy) -> tuple[Outcome, int, int]:
    """What a matured promise is worth at the least and at the most, in basis points, and what it counts as.

    The two differ where it is still open what became of it (Manski, "Nonparametric bounds on treatment effects", 1990):
    under a dispute that nobody has decided, or only an arbiter whom the policy does not list; and where the company
    alone put the promise in the place of another, and nobody else has confirmed or accepted it. A dispute that was
    not answered in time is lost, and so is a remedy of a promise to the public that no listed arbiter took. Who gives a
    remedy grants a failure, unless a listed arbiter has found that there was none.
    """
    if standing.status is not Status.DISMISSED and not standing.unilateral:
        # Most are: nothing of them is open.
        if result is Outcome.KEPT:
            return result, POINT, POINT
        if result is Outcome.LATE:
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


def cluster_of(standing: Standing, policy: Policy) -> tuple[Key, int]:
    """The cluster that a promise belongs to, and what it weighs in it."""
    service, day = standing.service, standing.due_at // DAY_S
    half_life = policy.half_life(service)
    trusted = policy.trusts(standing.customer, standing.arbiter, standing.countersigned)
    if standing.customer != ZERO_DIGEST:
        who = bytes((trusted, 0)) + standing.customer
    else:
        who = bytes((trusted, 1)) + standing.arbiter + service + day.to_bytes(4, "big")
    stratum = standing.stakes >= policy.critical_from
    return CLUSTER + bytes((stratum, half_life)) + who, growth(max(0, day - policy.epoch_day), half_life)


def count(shares: Shares, standing: Standing, as_of: Timestamp, policy: Policy) -> None:
    """Adds what a promise is worth at `as_of` to the rows that it counts in."""
    result = outcome(standing, as_of)
    if result is Outcome.OPEN or result is Outcome.RELEASED:
        shares[PENDING][result is Outcome.RELEASED] += 1
        return
    result, low, high = credit(standing, result, as_of, policy)
    # By its place, since each name would cost as much as what is done with it.
    _, _, customer, arbiter, service, cohort, stakes, made_at, due_at, _, fulfilled_at, confirmed_at, *_ = standing
    day = due_at // DAY_S
    alike = customer, arbiter, service, day, stakes, standing.countersigned
    place = shares.places.get(alike)
    if place is None:
        place = shares.places[alike] = _place_of(shares, standing, day, policy)
    cluster, weight, trusted, row, counts, cells, (before, after) = place
    cell = cells.get(cohort)
    if cell is None:
        cell = cells[cohort] = shares[before + cohort.to_bytes(2, "big") + after]
    low_weight = low * weight
    high_weight = low_weight if high == low else high * weight

    cluster[0] += 1
    cluster[1] += weight
    cluster[2] += weight * weight
    cluster[3] += low_weight
    cluster[4] += high_weight
    cell[0] += 1
    row[0] += 1
    row[2] += low
    row[3] += weight
    row[4] += low_weight
    row[5] += high_weight
    counts[_MATURED] += 1
    counts[_CREDIT] += low
    counts[_COLUMNS[result]] += 1

    octave, part = span(due_at - made_at)
    shares[SPAN + service + octave][part] += 1
    if result is Outcome.KEPT:
        cluster[5] += low_weight
        cell[1] += 1
        row[1] += 1
    elif result is not Outcome.DISPUTED:
        cell[2] += 1
        counts[_FAILURE] += 1
        if result is Outcome.LATE:
            cluster[6] += POINT * weight - high_weight
        elif result is Outcome.REMEDIED:
            cluster[7] += POINT * weight - high_weight
            cell[3] += 1
        if standing.unilateral or standing.owned or (result is Outcome.LATE and standing.disputed_at is None):
            counts[_TOLD] += 1
    if fulfilled_at is not None:
        cluster[8] += weight
        counts[_FULFILLED] += 1
        if confirmed_at is not None:
            cluster[9] += weight * _worth(standing, trusted, policy)
            counts[_CONFIRMED] += 1
        if result is Outcome.KEPT or result is Outcome.LATE:
            octave, part = span(fulfilled_at - made_at)
            shares[SPAN + service + octave][SIXTEENTHS + part] += 1
    if standing.disputed_at is not None or standing.unilateral or standing.returned:
        failed = result is not Outcome.KEPT and result is not Outcome.DISPUTED
        counts[:] = map(add, counts, _misconduct(standing, failed, as_of, policy))


class _Place(NamedTuple):
    """The rows that a promise counts in, and what it weighs there."""

    cluster: list[int]
    weight: int
    trusted: int
    service: list[int]
    day: list[int]
    cells: dict[int, list[int]]
    """By cohort."""
    around: tuple[Key, Key]
    """What stands before and after the cohort in a cell's key."""


def _place_of(shares: Shares, standing: Standing, day: int, policy: Policy) -> _Place:
    key, weight = cluster_of(standing, policy)
    return _Place(
        shares[key],
        weight,
        key[3],
        shares[SERVICE + standing.service],
        shares[DAY + day.to_bytes(4, "big")],
        {},
        (CELL + standing.service + (day // policy.period_days).to_bytes(4, "big"), key[4:]),
    )


def _worth(standing: Standing, trusted: int, policy: Policy) -> int:
    """What the word of who confirmed a promise is worth, in ppm."""
    known = policy.lists(standing.arbiter) if standing.confirmed_by_arbiter else trusted
    return WHOLE if known else policy.unlisted_ppm


_COLUMNS = {
    result: Counts._fields.index(result)
    for result in (Outcome.KEPT, Outcome.LATE, Outcome.BROKEN, Outcome.REMEDIED, Outcome.DISPUTED)
}
_MATURED, _FAILURE, _TOLD, _FULFILLED, _CONFIRMED, _CREDIT = map(
    Counts._fields.index, ("matured", "failed", "told", "fulfilled", "confirmed", "credit")
)


def _misconduct(standing: Standing, failed: bool, as_of: Timestamp, policy: Policy) -> Counts:
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
        announced=failed and standing.unilateral,
    )


def _unanswered(standing: Standing, as_of: Timestamp, policy: Policy) -> bool:
    """Whether the last dispute got no answer in time: none before it was settled, nor before now."""
    if standing.disputed_at is None:
        return False
    ends = [end for end in (standing.answered_at, standing.settled_at) if end is not None]
    return min(ends, default=as_of) - standing.disputed_at >= policy.answer_s


def _earned(standing: Standing, policy: Policy) -> int:
    late = lateness(standing)
    if late is None:
        return 0
    if late == 0:
        return POINT
    grace = policy.grace(standing.service, standing.due_at - standing.made_at)
    return policy.late_credit_bp * (grace - late) // grace if late < grace else 0


@lru_cache(maxsize=16_384)
def span(seconds: int) -> tuple[bytes, int]:
    """The octave of a span of time, as it stands in keys, and the sixteenth of it."""
    shift = max(0, seconds.bit_length() - 5)
    octave, part = divmod(SIXTEENTHS * shift + (seconds >> shift), SIXTEENTHS)
    return bytes((octave,)), part


def update(rows: Rows, shares: Shares, policy: Policy) -> dict[Key, Row]:
    """The rows that change when shares are added to those that there are, as they are then."""
    shares = Shares((key, share) for key, share in shares.items() if any(share))
    before = rows.get(shares)
    after = _sum(before, shares)
    above, groups = Shares(), Shares()
    for key, share in shares.items():
        match key[:1]:
            case b"c":
                new = _capped(key, after[key], policy)
                above.gain(TOTAL + key[1:3], map(sub, new, _capped(key, before[key], policy)) if key in before else new)
            case b"x":
                cohort = above[COHORT + key[9:15]]
                for column, part in enumerate(share):
                    cohort[column] += part
                grouped = _grouped(after[key], policy)
                place = GROUP + key[1:15]
                groups.gain(place, map(sub, grouped, _grouped(before[key], policy)) if key in before else grouped)
            case b"d":
                above.gain(ALL, share)
                period = int.from_bytes(key[1:], "big") // policy.period_days
                above.gain(PERIOD + period.to_bytes(4, "big"), share)
    strata = {key[:13] for key in groups}
    codes = [code.to_bytes(2, "big") for code in range(1, policy.compared_cohorts + 1)]
    apart = rows.get(groups.keys() | {stratum + code for stratum in strata for code in codes})
    together = _sum(apart, groups)
    for key, share in groups.items():
        group = Group(*share)
        above.gain(COHORT + key[9:], Cohort(matured_capped=group.matured, failed_capped=group.failed))
    for stratum in strata:
        _compare(above, stratum, apart, apart | together, policy)
    return after | together | _sum(rows.get(above), above)


def _sum(rows: Mapping[Key, Row], shares: Shares) -> dict[Key, Row]:
    return {key: tuple(map(add, rows[key], share) if key in rows else share) for key, share in shares.items()}


def _grouped(row: Row, policy: Policy) -> Group:
    """What a cell adds to its group: c = 1/(1 + (n − 1)·ρ) of each, for n that matured and for n that failed."""
    a, b = policy.correlation
    matured, kept, failed, remedied = row
    of_matured, of_failed = max(b, b + (matured - 1) * a), max(b, b + (failed - 1) * a)
    whole = WHOLE * b
    return Group(
        whole * matured // of_matured,
        whole * kept // of_matured,
        whole * failed // of_failed,
        whole * remedied // of_failed,
        matured,
    )


def _capped(key: Key, row: Row, policy: Policy) -> Total:
    """What a cluster adds to its stratum."""
    if not row[0]:
        return Total()
    cluster = Cluster(*row)
    factor, divisor = factor_of(key, row, policy)
    weight = POINT * cluster.weight * factor // divisor
    low, high, strict, late, remedied = (part * factor // divisor for part in cluster[3:8])
    cap, whole = factor // trust_of(key, policy), divisor // WHOLE
    fulfilled, confirmed = POINT * cluster.fulfilled * cap // whole, POINT * cluster.confirmed * cap // divisor
    return Total(weight, low, high, strict, late, remedied, fulfilled, confirmed, weight * weight)


def trust_of(key: Key, policy: Policy) -> int:
    """What promises of a cluster weigh by whom they were made to, in ppm."""
    return WHOLE if key[3] else policy.unlisted_ppm


def factor_of(key: Key, row: Row, policy: Policy) -> tuple[int, int]:
    """What everything in a cluster is multiplied by, as a fraction: c, and what the word of those weighs."""
    a, b = policy.correlation
    cluster = Cluster(*row)
    # c = bQ/((b − a)Q + aG²), for ρ = a/b.
    divisor = WHOLE * ((b - a) * cluster.squares + a * cluster.weight**2)
    return trust_of(key, policy) * b * cluster.squares, divisor


def _compare(above: Shares, stratum: Key, before: Mapping[Key, Row], after: Mapping[Key, Row], policy: Policy) -> None:
    """Adds what became of the comparisons of cohorts in one service and period."""
    codes = range(1, policy.compared_cohorts + 1)
    then, now = (
        {code: Group(*rows[key]) for code in codes if (key := stratum + code.to_bytes(2, "big")) in rows}
        for rows in (before, after)
    )
    for code, group in now.items():
        gained = _shared(group, now) - _shared(then.get(code, Group()), then)
        if gained:
            above.gain(COHORT + stratum[9:13] + code.to_bytes(2, "big"), Cohort(shared=gained))
    pairs = [(first, second) for first in now for second in now if first < second]
    for first, second in pairs:
        if then.get(first) == now[first] and then.get(second) == now[second]:
            continue
        old = compared(then.get(first, Group()), then.get(second, Group()))
        new = compared(now[first], now[second])
        place = first.to_bytes(2, "big") + second.to_bytes(2, "big")
        above.gain(PAIR + stratum[9:13] + place, map(sub, new, old))


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
        weight=FINE * a // b,
        first=FINE * a * k // (b * n),
        second=FINE * a * j // (b * m),
        first_spread=FINE * a**2 // (b**2 * n),
        second_spread=FINE * a**2 // (b**2 * m),
    )


def add_shares(shares: Shares, others: Shares) -> None:
    """Adds shares to shares."""
    for key, share in others.items():
        shares.gain(key, share)


def peers_shares(before: Mapping[Key, Row], after: Mapping[Key, Row]) -> Shares:
    """What the rows of all companies together gain when rows of one company change."""
    shares = Shares()
    for key, row in after.items():
        if key[:1] == SPAN:
            shares.gain(key, map(sub, row, before.get(key, (0,) * len(row))))
        elif key[:1] == SERVICE:
            shares.gain(PEERS + key[1:], map(sub, peer(Service(*row)), peer(Service(*before.get(key, ())))))
    return shares


def peer(service: Service) -> Peers:
    """What one company adds to the sums of all that have promises of a service."""
    if not service.matured:
        return Peers()
    squares = FINE * service.credit**2 // service.matured
    return Peers(1, service.matured, service.kept, service.credit, squares, service.matured**2)


def recent_periods(as_of: Timestamp, policy: Policy) -> tuple[bytes, bytes]:
    """The first and the last of the periods that the policy looks at, as they stand in keys."""
    last = as_of // DAY_S // policy.period_days
    return max(0, last - policy.periods + 1).to_bytes(4, "big"), last.to_bytes(4, "big")


def counts_of(rows: Iterable[Row]) -> Counts:
    """The sum of rows of counts."""
    sums = [0] * len(Counts._fields)
    for row in rows:
        sums = list(map(add, sums, row))
    return Counts(*sums)
