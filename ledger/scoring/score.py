"""The score of a company: every figure that is shown of it, from its rows, those of its peers, and a policy."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ledger.scoring.context import Ambition, Estimate, ambition, estimates, services_of
from ledger.scoring.drift import Burn, burns, recent_days
from ledger.scoring.fairness import FairnessFigure, fairness
from ledger.scoring.intervals import Interval, interval
from ledger.scoring.policy import Policy
from ledger.scoring.recent import recent_of, recent_ranges
from ledger.scoring.reliability import Reliability, Stratum, reliability
from ledger.scoring.rows import (
    ALL,
    DAY,
    DAY_S,
    PEERS,
    PENDING,
    SERVICE,
    TOTAL,
    Counts,
    Range,
    Rows,
)
from ledger.units import WHOLE, BlockNumber, Digest, Ppm, Timestamp


class Grade(StrEnum):
    """A score in one word, by the assured floor and the policy's thresholds."""

    GREEN = "high"
    AMBER = "medium"
    RED = "low"
    GREY = "not enough evidence"


class Caution(StrEnum):
    """Why a score should be read with care."""

    THIN = "thin evidence"
    DOMINATED = "few customers dominate"
    UNCONFIRMED = "hardly confirmed"
    EXPOSED = "promises more than it has shown"
    PADDED = "deadlines are padded"
    DRIFTING = "failures come faster than before"
    CONTESTED = "what is open could change it"


class DayFigure(NamedTuple):
    """The promises that were due on one day (UTC)."""

    day: Timestamp
    """The day's first second."""
    matured: int
    kept: Interval


class Score(NamedTuple):
    """A company's score as of a block."""

    as_of_block: BlockNumber
    as_of: Timestamp
    policy: Digest
    counts: Counts
    open: int
    """Promises not yet due: they count for nothing."""
    released: int
    """Promises withdrawn with the customer's consent, or replaced: they count for nothing."""
    reliability: Reliability
    strata: dict[Stratum, Reliability]
    floor: Ppm | None
    """What is assured of each stratum; None where there is too little to judge."""
    confirmed: Ppm
    """Share of the fulfilled promises that the customer or the arbiter confirmed, rounded down."""
    witnessed: Ppm
    """The same, capped, and by what the word of who confirmed is worth."""
    grade: Grade
    fairness: FairnessFigure
    burns: tuple[Burn, ...]
    estimate: Ppm
    """What to expect of its next promises, rounded down."""
    estimates: tuple[Estimate, ...]
    ambition: Ambition
    cautions: tuple[Caution, ...]


def score(rows: Rows, market: Rows, block: BlockNumber, as_of: Timestamp, policy: Policy) -> Score:
    """Scores a company by its rows and those of all companies, as they were at a block whose time is `as_of`."""
    few = rows.get((ALL, PENDING))
    counts = Counts(*few.get(ALL, ()))
    pending, released = few.get(PENDING, (0, 0))
    whole, strata = reliability(rows, as_of, policy)
    confirmed = Ppm(counts.confirmed * WHOLE // counts.fulfilled if counts.fulfilled else 0)
    evidence = whole.evidence
    witnessed = Ppm(evidence.confirmed * WHOLE // evidence.fulfilled if evidence.fulfilled else 0)
    floor = _floor(strata, policy)
    recent = recent_of(rows, as_of, policy)
    alarms = burns(rows, recent.counts, as_of, policy)
    services = services_of(rows, market)
    expected, by_service = estimates(services, whole.evidence, policy)
    dared = ambition(rows, services)
    cautions = {
        Caution.THIN: floor is None or not all(stratum.judged(policy) for stratum in strata.values()),
        Caution.DOMINATED: counts.matured > 0 and whole.evidence.customers_milli < 1000 * policy.few_customers,
        Caution.UNCONFIRMED: counts.fulfilled > 0 and witnessed < policy.green_confirmed_ppm,
        Caution.EXPOSED: pending * 1000 > policy.exposure * whole.evidence.milli and pending >= policy.min_promises,
        Caution.PADDED: dared.padding is not None and dared.padding < policy.ambition_ppm,
        Caution.DRIFTING: any(alarm.rings for alarm in alarms),
        Caution.CONTESTED: counts.disputed > 0,
    }
    return Score(
        as_of_block=block,
        as_of=as_of,
        policy=policy.hash,
        counts=counts,
        open=pending,
        released=released,
        reliability=whole,
        strata=strata,
        floor=floor,
        confirmed=confirmed,
        witnessed=witnessed,
        grade=_grade(floor, witnessed, policy),
        fairness=fairness(recent, policy),
        burns=alarms,
        estimate=expected,
        estimates=by_service,
        ambition=dared,
        cautions=tuple(caution for caution, holds in cautions.items() if holds),
    )


def own_ranges(as_of: Timestamp, policy: Policy) -> list[Range]:
    """Where the rows of a company stand that its score is made of: those of single customers are not among them."""
    # Those that are read whole stand side by side.
    return [(ALL, TOTAL + b"\xff" * 2), *recent_ranges(as_of, policy), recent_days(as_of, policy)]


def market_ranges(own: Rows) -> list[Range]:
    """Where the rows of all companies together stand that a company's score is made of besides."""
    services = [key[1:] for key in own.between(SERVICE, SERVICE + b"\xff" * 8)]
    return [(PEERS + code, PEERS + code + b"\xff") for code in services]


def day_range(first: Timestamp, last: Timestamp) -> Range:
    """Where the rows of the days stand from that of `first` to that of `last`."""
    return DAY + (first // DAY_S).to_bytes(4, "big"), DAY + (last // DAY_S).to_bytes(4, "big")


def days(rows: Rows, wanted: Range, policy: Policy) -> tuple[DayFigure, ...]:
    """What was kept of what fell due on each day of a range, those without promises left out."""
    return tuple(
        DayFigure(
            Timestamp(int.from_bytes(key[1:], "big") * DAY_S),
            row[0],
            interval(Counts(*row).kept, row[0], policy.z_squared),
        )
        for key, row in rows.between(*wanted).items()
    )


def _floor(strata: dict[Stratum, Reliability], policy: Policy) -> Ppm | None:
    """The least that any stratum allows."""
    if not any(stratum.judged(policy) for stratum in strata.values()):
        return None
    return min(stratum.bound(policy) for stratum in strata.values())


def _grade(floor: Ppm | None, witnessed: Ppm, policy: Policy) -> Grade:
    if floor is None:
        return Grade.GREY
    if floor >= policy.green_from_ppm and witnessed >= policy.green_confirmed_ppm:
        return Grade.GREEN
    return Grade.AMBER if floor >= policy.amber_from_ppm else Grade.RED
