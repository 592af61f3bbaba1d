"""What the scores say of companies whose truth is known, since it was drawn: floors, rates and fairness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy

from ledger.promises import service_code
from ledger.scoring.decay import growth
from ledger.scoring.fairness import Fairness, fairness
from ledger.scoring.intervals import wilson
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.recent import recent_of
from ledger.scoring.reliability import reliability
from ledger.scoring.rows import CELL, CLUSTER, DAY_S, Book, Cell, Cluster, Counts, Shares
from ledger.scoring.score import day_range
from ledger.scoring.tallies import fold, update
from ledger.units import WHOLE, Timestamp
from tests.support.build import DAY, NOON, a_customer, a_policy, a_standing

SEED = 20130124

# ── how often the assured floor is below the truth ──────────────────────────────────────────────────────────────────

CORRELATIONS = (0.0, 0.1, 0.2, 0.3)
PROMISES = (5, 20, 50, 200)
EACH = (1, 5, 10, 20)
"""Promises to one customer."""
LEAST_CUSTOMERS = 5
TRUTHS = (0.5, 0.7, 0.8, 0.9)
COMPANIES = 20_000
"""Drawn for each combination: a share of .95 is then known to about .0015."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the floor was at most the truth."""

    correlation: float
    promises: int
    each: int
    truth: float
    share: float


def coverages() -> Iterator[Coverage]:
    """Each combination with at least five customers: fewer prove nothing of others, however the sums are done."""
    chance = numpy.random.default_rng(SEED)
    policy = a_policy(unlisted_ppm=int(WHOLE))
    for correlation in CORRELATIONS:
        for promises in PROMISES:
            for each in EACH:
                customers = promises // each
                if customers >= LEAST_CUSTOMERS:
                    for truth in TRUTHS:
                        kept = _kept_of(chance, correlation, (COMPANIES, customers), each, truth)
                        share = _share_covered(kept, each, truth, policy)
                        yield Coverage(correlation, promises, each, truth, share)


def _kept_of(
    chance: numpy.random.Generator, correlation: float, size: int | tuple[int, int], each: int, truth: float
) -> numpy.typing.NDArray[numpy.int64]:
    """How many promises to each customer were kept: beta-binomial."""
    if correlation == 0:
        return chance.binomial(each, truth, size)
    strength = 1 / correlation - 1
    return chance.binomial(each, chance.beta(truth * strength, (1 - truth) * strength, size))


def _share_covered(kept: numpy.typing.NDArray[numpy.int64], each: int, truth: float, policy: Policy) -> float:
    floors: dict[tuple[int, ...], int] = {}
    covered = 0
    for row in kept:
        # In any order: floors are the same.
        counts = tuple(sorted(row.tolist()))
        if counts not in floors:
            floors[counts] = _floor(counts, each, policy)
        covered += floors[counts] <= truth * WHOLE
    return covered / len(kept)


def _floor(kept: tuple[int, ...], each: int, policy: Policy) -> int:
    weight = growth(NOON // DAY_S - policy.epoch_day, policy.half_life_days)
    shares = Shares()
    for number, successes in enumerate(kept):
        key = CLUSTER + bytes((0, policy.half_life_days, 1, 0)) + a_customer(number)
        credit = successes * weight * POINT
        shares[key] = Cluster(each, each * weight, each * weight**2, credit, credit, credit)
    book = Book()
    book.put(update(book, shares, policy))
    return reliability(book, NOON, policy)[0].credited.low


# ── how often a floor is above the truth on some day ────────────────────────────────────────────────────────────────

YEAR_D = 365
LUCK_RUNS = 2000


def lucky_day(each: int) -> float:
    """The share of companies, with so many promises a day, whose floor was above the truth on any day of a year on
    which it was judged.
    """
    chance = numpy.random.default_rng(SEED)
    policy = a_policy()
    kept = chance.binomial(each, TRUTH, (YEAR_D, LUCK_RUNS)).tolist()
    credit, weight = [0] * LUCK_RUNS, 0
    lucky: set[int] = set()
    for day, today in enumerate(kept):
        now = growth(day, policy.half_life_days)
        weight += each * now
        credit = [before + now * successes for before, successes in zip(credit, today, strict=True)]
        if weight >= policy.min_evidence * now:
            lucky |= {
                number
                for number, earned in enumerate(credit)
                if wilson(earned, weight, now, policy.z_squared, WHOLE)[0] > TRUTH * WHOLE
            }
    return len(lucky) / LUCK_RUNS


# ── counting promises when they mature ──────────────────────────────────────────────────────────────────────────────

TRUTH = 0.8
HORIZON_D = 30
"""Promises fall due evenly within so many days; the score is asked for after half of them."""


def matured_bias() -> tuple[float, float]:
    """What is said of a company that keeps four of five, less the truth: by the score, and by counting at once what
    is known. Kept ones are fulfilled at any time of theirs; broken ones are known to be when they fall due.
    """
    chance = numpy.random.default_rng(SEED)
    policy = a_policy(half_life_days=180)
    as_of = Timestamp(NOON + HORIZON_D * DAY)
    number = 100_000
    # Made evenly until now, due up to the horizon later.
    made = as_of - chance.integers(1, 2 * HORIZON_D * DAY, number)
    lasts = chance.integers(DAY, HORIZON_D * DAY, number)
    kept = chance.random(number) < TRUTH
    early = (chance.random(number) * lasts).astype(int)
    standings, known_kept, known_broken = [], 0, 0
    for index in range(number):
        due, took = int(made[index] + lasts[index]), int(early[index])
        late = took - int(lasts[index]) if kept[index] else None
        fulfilled = late is not None and due + late <= as_of
        known_kept += fulfilled
        known_broken += not kept[index] and due <= as_of
        standing = a_standing(
            late if fulfilled else None, customer=a_customer(index), due_at=due, duration=int(lasts[index])
        )
        standings.append(standing)
    said = reliability(fold(standings, as_of, policy), as_of, policy)[0].strict.rate / WHOLE
    return said - TRUTH, known_kept / (known_kept + known_broken) - TRUTH


# ── fairness ────────────────────────────────────────────────────────────────────────────────────────────────────────

RUNS = 2000
SIZES = (30, 100, 300, 1000, 3000)
STRATA = 4
"""Services."""
ALIKE = 0.8
RATES = (0.95, 0.9, 0.85)
"""What the better-served keep of; the worse-served have ten points less."""
GAP = 0.1


def false_unfair(cohorts: int) -> dict[int, tuple[float, float]]:
    """How often cohorts that are treated alike are called unfair, by their size: by the score, and by whoever takes
    the best less the worst for a gap.
    """
    return {size: _unfair([ALIKE] * cohorts, size) for size in SIZES}


def false_by_likeness(correlation: float) -> float:
    """The most that two cohorts treated alike are called unfair, where promises to one customer turn out alike."""
    return max(
        _unfair([ALIKE] * 2, customers * each, each, correlation)[0] for customers in (12, 40) for each in (5, 20)
    )


def false_at_margin(cohorts: int) -> float:
    """The same where one cohort's gap is just the one that is tolerated, with 1,000 promises each."""
    return _unfair([ALIKE, *[ALIKE + a_policy().fairness_margin_ppm / WHOLE] * (cohorts - 1)], 1000)[0]


def power(cohorts: int, rate: float) -> dict[int, float]:
    """How often a gap of ten points between one cohort and all others is found, by the size of each."""
    return {size: _unfair([rate - GAP, *[rate] * (cohorts - 1)], size)[0] for size in SIZES}


def _unfair(rates: list[float], size: int, each: int = 1, correlation: float = 0.0) -> tuple[float, float]:
    """With so many promises to each customer of a cohort, all of them of one service."""
    chance = numpy.random.default_rng(SEED + size * len(rates) + each)
    # Promises to customers of their own stand in one sum here, for speed: without likeness, it has no cap.
    policy = a_policy() if each > 1 else a_policy(correlation=[1, 10**12])
    margin = policy.fairness_margin_ppm / WHOLE
    together = size // STRATA if each == 1 else each
    found = naive = 0
    for _ in range(RUNS):
        shares = Shares()
        counts = Counts()
        shown = []
        for cohort, rate in enumerate(rates, start=1):
            kept = _kept_of(chance, correlation, size // together, together, rate).tolist()
            shown.append(sum(kept) / size)
            for number, successes in enumerate(kept):
                where = service_code(str(number % STRATA)) + _period(policy) + cohort.to_bytes(2, "big")
                key = CELL + where + b"\0" + a_customer(number)
                shares[key] = Cell(together, successes, together - successes, 0)
                counts = Counts(*map(sum, zip(counts, Counts(matured=together, kept=successes), strict=True)))
        book = Book()
        shares[day_range(NOON, NOON)[0]] = counts
        book.put(update(book, shares, policy))
        gaps = fairness(recent_of(book, NOON, policy), policy).outcome
        found += any(gap.state is Fairness.UNFAIR for gap in gaps)
        naive += max(shown) - min(shown) > margin
    return found / RUNS, naive / RUNS


def _period(policy: Policy) -> bytes:
    return (NOON // DAY_S // policy.period_days).to_bytes(4, "big")
