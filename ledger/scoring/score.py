"""The score of a company: every figure that is shown of it, from its promises and a policy alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ledger.outcomes import Standing
from ledger.scoring.fairness import FairnessFigure, fairness, shown_cohorts
from ledger.scoring.intervals import Interval, interval
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.tallies import DAY_S, Tallies, Tally, tally
from ledger.units import WHOLE, BlockNumber, Digest, Ppm, Timestamp


class Grade(StrEnum):
    """A score in one word, by the assured floor and the policy's thresholds."""

    GREEN = "high"
    AMBER = "medium"
    RED = "low"
    GREY = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a set of promises came out."""

    tally: Tally
    strict: Interval
    """Kept by the due time."""
    tolerated: Interval
    """Kept, or late within the policy's tolerance."""
    credited: Interval
    """With the policy's partial credit for late promises. Its lower bound is a company's assured floor."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the credit went: three parts of the whole that sum to exactly 1,000,000 ppm, or to 0 without promises."""

    credited: Ppm
    """Rounded down."""
    lost_late: Ppm
    """Takes what the other two lost in rounding."""
    lost_broken: Ppm
    """Rounded down."""


@dataclass(frozen=True, slots=True)
class CohortFigure:
    """One cohort; `reliability` is None where it must stay hidden."""

    cohort: int
    reliability: Reliability | None


@dataclass(frozen=True, slots=True)
class DayFigure:
    """The promises that were due on one day (UTC)."""

    day: Timestamp
    """The day's first second."""
    reliability: Reliability


@dataclass(frozen=True, slots=True)
class Score:
    """A company's score as of a block."""

    as_of_block: BlockNumber
    as_of: Timestamp
    policy: Digest
    reliability: Reliability
    parts: Parts
    open: int
    """Promises not yet due: they count for nothing."""
    released: int
    """Promises withdrawn with the customer's consent, or replaced: they count for nothing."""
    confirmed: Ppm
    """Share of the fulfilled promises that the customer or the arbiter confirmed, rounded down."""
    grade: Grade
    fairness: FairnessFigure
    cohorts: tuple[CohortFigure, ...]
    days: tuple[DayFigure, ...]

    @property
    def assured_floor(self) -> Ppm | None:
        """The share of its promises that the company keeps at the least; None where there is too little to judge."""
        return None if self.grade is Grade.GREY else self.reliability.credited.low


def score(standings: Iterable[Standing], block: BlockNumber, as_of: Timestamp, policy: Policy) -> Score:
    """Scores one company's promises as they stood at a block whose time is `as_of`."""
    tallies = tally(standings, as_of, policy)
    total = tallies.total()
    reliability = _reliability(total, policy)
    fulfilled = total.kept + total.late
    return Score(
        as_of_block=block,
        as_of=as_of,
        policy=policy.hash,
        reliability=reliability,
        parts=_parts(total),
        open=tallies.open,
        released=tallies.released,
        confirmed=Ppm(total.confirmed * WHOLE // fulfilled if fulfilled else 0),
        grade=_grade(reliability, policy),
        fairness=fairness(tallies, policy),
        cohorts=_cohorts(tallies, policy),
        days=tuple(
            DayFigure(Timestamp(day * DAY_S), _reliability(counts, policy))
            for day, counts in sorted(tallies.by(lambda cell: cell.due_day).items())
        ),
    )


def _reliability(counts: Tally, policy: Policy) -> Reliability:
    z_squared = policy.z_squared
    return Reliability(
        tally=counts,
        strict=interval(counts.kept, 1, counts.matured, z_squared),
        tolerated=interval(counts.on_time, 1, counts.matured, z_squared),
        credited=interval(counts.credit_bp, POINT, counts.matured, z_squared),
    )


def _parts(total: Tally) -> Parts:
    if not total.matured:
        return Parts(Ppm(0), Ppm(0), Ppm(0))
    whole = total.matured * POINT
    credited = total.credit_bp * WHOLE // whole
    broken = total.broken * POINT * WHOLE // whole
    return Parts(Ppm(credited), Ppm(WHOLE - credited - broken), Ppm(broken))


def _grade(reliability: Reliability, policy: Policy) -> Grade:
    if reliability.tally.matured < policy.min_promises:
        return Grade.GREY
    floor = reliability.credited.low
    if floor >= policy.green_from_ppm:
        return Grade.GREEN
    return Grade.AMBER if floor >= policy.amber_from_ppm else Grade.RED


def _cohorts(tallies: Tallies, policy: Policy) -> tuple[CohortFigure, ...]:
    by_cohort = tallies.by(lambda cell: cell.cohort)
    shown = shown_cohorts(((cohort, t.matured) for cohort, t in by_cohort.items()), policy.min_promises)
    return tuple(
        CohortFigure(cohort, _reliability(counts, policy) if cohort in shown else None)
        for cohort, counts in sorted(by_cohort.items())
    )
