"""Whether like customers are treated alike: the gap between cohorts, and how sure it is.

Two cohorts are compared within strata (one service, one period), never in the crude: a cohort that happens to use the
harder services would look mistreated (Simpson). The gap is the Mantel–Haenszel risk difference (Mantel & Haenszel
1959), with weights n₁n₂/(n₁+n₂). Its bounds join the strata's Wilson limits by square and add (Newcombe 1998, method
10; Zou & Donner 2008); with several pairs, the quantile is Bonferroni's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from ledger.scoring.intervals import isqrt_up, wilson
from ledger.scoring.policy import Policy
from ledger.scoring.tallies import Tallies, Tally
from ledger.units import WHOLE

FINE = 10**12
"""Units in which limits are joined, so that rounding outwards is lost in the last ppm."""


class Fairness(StrEnum):
    """What the evidence says of a gap, against the policy's margin."""

    FAIR = "fair"
    """The gap is within the margin, whatever the true one in its interval."""
    UNFAIR = "unfair"
    """The gap is beyond the margin, whatever the true one in its interval."""
    UNKNOWN = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more often cohort `first` was served on time than cohort `second`, like with like; signed, in ppm."""

    first: int
    second: int
    estimate: int
    """Rounded towards minus infinity."""
    low: int
    high: int
    strata: int
    """Strata in which both cohorts have promises."""
    state: Fairness


@dataclass(frozen=True, slots=True)
class FairnessFigure:
    """The weakest of all gaps between a company's cohorts."""

    state: Fairness
    why: str
    """One sentence."""
    gaps: tuple[Gap, ...]


def fairness(tallies: Tallies, policy: Policy) -> FairnessFigure:
    """Compares all cohorts that have enough matured promises, pair by pair."""
    sizes = {cohort: t.matured for cohort, t in tallies.by(lambda cell: cell.cohort).items()}
    cohorts = sorted(cohort for cohort, size in sizes.items() if size >= policy.min_promises)
    pairs = list(combinations(cohorts, 2))
    if not pairs:
        why = f"Fewer than two cohorts have {policy.min_promises} matured promises, so there is nothing to compare."
        return FairnessFigure(Fairness.UNKNOWN, why, ())
    z_squared = policy.fairness_z_squared(len(pairs))
    if z_squared is None:
        why = f"{len(cohorts)} cohorts are more than the policy compares."
        return FairnessFigure(Fairness.UNKNOWN, why, ())

    strata = tallies.by(lambda cell: (cell.cohort, cell.service, cell.due_day // policy.period_days))
    gaps = tuple(
        _gap(
            first,
            second,
            [
                (strata[first, service, period], other)
                for (cohort, service, period), other in strata.items()
                if cohort == second and (first, service, period) in strata
            ],
            z_squared,
            policy.fairness_margin_ppm,
        )
        for first, second in pairs
    )
    return FairnessFigure(*_verdict(gaps), gaps)


def _verdict(gaps: tuple[Gap, ...]) -> tuple[Fairness, str]:
    states = {gap.state for gap in gaps}
    if Fairness.UNFAIR in states:
        return Fairness.UNFAIR, "At least one gap between cohorts is beyond the margin, even at its smallest."
    if Fairness.UNKNOWN in states:
        return Fairness.UNKNOWN, "At least one gap between cohorts could lie on either side of the margin."
    return Fairness.FAIR, "Every gap between cohorts is within the margin, even at its largest."


def _gap(first: int, second: int, strata: list[tuple[Tally, Tally]], z_squared: Fraction, margin: int) -> Gap:
    if not strata:
        return Gap(first, second, 0, -WHOLE, WHOLE, 0, Fairness.UNKNOWN)
    weight_sum = difference_down = difference_up = square_down = square_up = 0
    for one, other in strata:
        weight = FINE * one.matured * other.matured // (one.matured + other.matured)
        one_down, one_up, one_below, one_above = _limits(one, z_squared)
        other_down, other_up, other_below, other_above = _limits(other, z_squared)
        weight_sum += weight
        difference_down += weight * (one_down - other_up)
        difference_up += weight * (one_up - other_down)
        square_down += weight * weight * (one_below**2 + other_above**2)
        square_up += weight * weight * (one_above**2 + other_below**2)
    unit = weight_sum * (FINE // WHOLE)
    low = max(-WHOLE, (difference_down - isqrt_up(square_down)) // unit)
    high = min(int(WHOLE), -((-difference_up - isqrt_up(square_up)) // unit))
    return Gap(first, second, difference_down // unit, low, high, len(strata), _state(low, high, margin))


def _limits(tally: Tally, z_squared: Fraction) -> tuple[int, int, int, int]:
    """Rate rounded down and up, and how far the Wilson limits lie below and above it, in units of 1/FINE."""
    low, high = wilson(tally.on_time, 1, tally.matured, z_squared, FINE)
    down = tally.on_time * FINE // tally.matured
    up = -(-tally.on_time * FINE // tally.matured)
    return down, up, up - low, high - down


def _state(low: int, high: int, margin: int) -> Fairness:
    if low > margin or high < -margin:
        return Fairness.UNFAIR
    return Fairness.FAIR if -margin <= low and high <= margin else Fairness.UNKNOWN


def shown_cohorts(sizes: Iterable[tuple[int, int]], minimum: int) -> set[int]:
    """The cohorts whose figures may be shown, of pairs (cohort, matured promises).

    Those below `minimum` stay hidden; where that hides only one, the next smallest is hidden too, since the one could
    be found by subtracting the others from the total.
    """
    ordered = sorted(sizes, key=lambda pair: (pair[1], pair[0]))
    hidden = sum(size < minimum for _, size in ordered)
    if hidden == 1:
        hidden = 2
    return {cohort for cohort, _ in ordered[hidden:]}
