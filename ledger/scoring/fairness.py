"""Whether a company treats like customers alike, and how it treats those whom it failed.

Fairness is not one number: what customers got (distributive), how it was decided (procedural) and what they were told
(informational) are judged apart (Colquitt, Journal of Applied Psychology 86, 2001; Seiders & Berry, Academy of
Management Executive 12, 1998), and the headline is the weakest part, never an average. Each part is fair if it is
within the policy's margin even at its worst, unfair if it is beyond it even at its best, and otherwise not known. One
with too few cases is not judged.

Two cohorts are compared within strata (one service, one period), never in the crude: a cohort that happens to use the
harder services would look mistreated (Simpson). The gap is the Mantel–Haenszel risk difference (Mantel & Haenszel,
JNCI 22, 1959), with weights n₁n₂/(n₁+n₂); its bounds are Newcombe's, stratified (Yan & Su, Statistics in
Biopharmaceutical Research 2, 2010). Those weights make nothing of a service that hardly anybody of one cohort uses, so
nothing is fair unless the gap is within the margin with services weighted by their promises too. Each bound is
one-sided, as for a test of equivalence (Schuirmann, Journal of
Pharmacokinetics and Biopharmaceutics 15, 1987), so that at the margin itself either verdict is wrong in 5% at the most;
with several pairs, the quantile is Bonferroni's.

Two figures stand beside the gaps and decide nothing, since they are in the crude: the ratio of the lowest share to the
highest (of which employment law makes four fifths a rule of thumb: Uniform Guidelines on Employee Selection Procedures,
29 CFR 1607.4 D, 1978), and each cohort's share shrunk to the company's (Efron & Morris, "Data analysis using Stein's
estimator and its generalizations", JASA 70, 1975). The latter is the mean of a Beta-Binomial whose prior weighs as many
promises as it takes to show a cohort at all: of so few cohorts, the spread says too little to learn a weight from.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from ledger.scoring.intervals import Interval, Ratio, interval, isqrt_up, wilson_of_rate
from ledger.scoring.policy import Policy
from ledger.scoring.recent import Recent
from ledger.scoring.rows import FINE, Cohort, Counts, Pair, Row
from ledger.units import WHOLE, Ppm, Timestamp

SLACK = 1000
"""In units of 1/FINE, by which a gap's bounds are moved outwards: more than rounding lost, and far less than a ppm."""


class Fairness(StrEnum):
    """What the evidence says."""

    FAIR = "fair"
    UNFAIR = "unfair"
    UNKNOWN = "not enough evidence"


class Gap(NamedTuple):
    """How much more often cohort `first` fared well than cohort `second`, like with like; signed, in ppm."""

    first: int
    second: int
    estimate: int
    """Rounded to the nearest."""
    low: int
    high: int
    strata: int
    """Services and periods in which both cohorts have promises."""
    state: Fairness


class CohortFigure(NamedTuple):
    """One cohort; the interval of what was kept, and the shrunk share, are None where it must stay hidden."""

    cohort: int
    matured: int
    kept: Interval | None
    shrunk: Ppm | None
    """The share kept, drawn to the company's the more the fewer promises there are: rounded down."""


class Conduct(NamedTuple):
    """How often something bad happened that could have."""

    cases: int
    bad: int
    share: Interval
    state: Fairness


class FairnessFigure(NamedTuple):
    """All parts, over the periods that the policy looks at."""

    state: Fairness
    """The weakest part's, of those with cases enough to be judged."""
    why: str
    """One sentence."""
    since: Timestamp
    """The first second of the periods that are looked at."""
    outcome: tuple[Gap, ...]
    """Gaps in what was kept, between each two cohorts."""
    remedy: tuple[Gap, ...]
    """Gaps in what was remedied of what had failed."""
    outcome_mean_difference: int
    """Gini's mean difference of the cohorts' gaps in what was kept, in ppm, rounded down."""
    outcome_ratio: Ppm | None
    """The lowest share kept of the cohorts that are shown over the highest, rounded down; None where fewer than two are
    shown, or none has anything kept.
    """
    conduct: dict[str, Conduct]
    """By its name: `unanswered`, `overturned`, `unilateral`, `returned`, `untold`."""
    announced: Interval
    """Of the failures, those of which the company told before they were due."""
    answer_time: int | None
    """Mean seconds to the answer of a dispute; None where none was answered."""
    shared: int
    """Promises to cohorts that are shown, where another cohort has promises of the same service and period too."""
    cohorts: tuple[CohortFigure, ...]


def fairness(recent: Recent, policy: Policy) -> FairnessFigure:
    """Looks at all that fell due in the periods that the policy looks at."""
    since, counts, sizes, pairs = recent
    cohorts = _cohorts(sizes, counts, policy)
    # A gap would give away a cohort that is hidden.
    shown = {each.cohort: sizes[each.cohort] for each in cohorts if each.kept is not None}
    outcome = _gaps({c: s.matured_capped for c, s in shown.items()}, pairs, 0, policy)
    remedy = _gaps({c: s.failed_capped for c, s in shown.items()}, pairs, _WIDTH, policy)
    conduct = _conduct(counts, policy)
    shared = sum(s.shared for c, s in shown.items() if 1 <= c <= policy.compared_cohorts)
    state, why = _verdict(outcome, remedy, conduct, interval(shared, counts.matured, policy.z_squared).rate, policy)
    differences = [abs(gap.estimate) for gap in outcome if gap.strata]
    return FairnessFigure(
        state=state,
        why=why,
        since=since,
        outcome=outcome,
        remedy=remedy,
        outcome_mean_difference=sum(differences) // len(differences) if differences else 0,
        outcome_ratio=_ratio([(cell.kept, cell.matured) for cell in shown.values()]),
        conduct=conduct,
        announced=interval(counts.announced, counts.failed, policy.z_squared),
        answer_time=counts.answer_time // counts.answered if counts.answered else None,
        shared=shared,
        cohorts=cohorts,
    )


_WIDTH = len(Pair._fields)
_NONE = (0,) * 4 * _WIDTH


def _gaps(sizes: dict[int, int], pairs: Mapping[tuple[int, int], Row], start: int, policy: Policy) -> tuple[Gap, ...]:
    """The gaps between all cohorts that are large enough; their `Pair` begins at `start` in a row."""
    compared = sorted(
        c for c, size in sizes.items() if 1 <= c <= policy.compared_cohorts and size >= policy.min_promises * WHOLE
    )
    chosen = list(combinations(compared, 2))
    if not chosen:
        return ()
    z_squared = (policy.fairness_z_squared(len(chosen)) * FINE).as_integer_ratio()
    return tuple(
        _gap(first, second, pairs.get((first, second), _NONE), start, z_squared, policy.fairness_margin_ppm)
        for first, second in chosen
    )


def _gap(first: int, second: int, row: Row, start: int, z_squared: Ratio, margin: int) -> Gap:
    pair = _pair(row, start)
    if not pair.strata:
        return Gap(first, second, 0, -WHOLE, WHOLE, 0, Fairness.UNKNOWN)
    low, high = _bounds_ppm(pair, z_squared)
    estimate = (2 * (pair.first - pair.second) * WHOLE + pair.weight) // (2 * pair.weight)
    state = _state(low, high, margin)
    if state is Fairness.FAIR:
        by_size = _pair(row, start + 2 * _WIDTH)
        if _state(*_bounds_ppm(by_size, z_squared), margin) is not Fairness.FAIR:
            state = Fairness.UNKNOWN
    return Gap(first, second, estimate, low, high, pair.strata, state)


def _pair(row: Row, start: int) -> Pair:
    return Pair(*row[start : start + _WIDTH])


def _bounds_ppm(pair: Pair, z_squared: Ratio) -> tuple[int, int]:
    low, high = gap_bounds(pair, z_squared)
    unit = FINE // WHOLE
    return max(-WHOLE, low // unit), min(int(WHOLE), -(-high // unit))


def gap_bounds(pair: Pair, z_squared: Ratio) -> tuple[int, int]:
    """Stratified Newcombe bounds of the first's share less the second's, in units of 1/FINE, rounded outwards.

    The squared quantile is times FINE, as a pair's sums are.
    """
    share, low, high = _limits(pair.first, pair.first_spread, pair.weight, z_squared)
    other, below, above = _limits(pair.second, pair.second_spread, pair.weight, z_squared)
    gap = share - other
    return (
        gap - _root_of_squares(share - low, above - other) - SLACK,
        gap + _root_of_squares(high - share, other - below) + SLACK,
    )


def _root_of_squares(a: int, b: int) -> int:
    return isqrt_up(a * a + b * b)


def _limits(fared: int, spread: int, weight: int, z_squared: Ratio) -> tuple[int, int, int]:
    """A cohort's stratified share with its Wilson limits, in 1/FINE: those of weight²/spread promises."""
    share = fared * FINE // weight
    return share, *wilson_of_rate(share, weight * weight // spread, z_squared, FINE)


def _state(low: int, high: int, margin: int) -> Fairness:
    if low > margin or high < -margin:
        return Fairness.UNFAIR
    return Fairness.FAIR if -margin <= low and high <= margin else Fairness.UNKNOWN


def _conduct(counts: Counts, policy: Policy) -> dict[str, Conduct]:
    misconduct = policy.misconduct_margin_ppm
    cases = {
        "unanswered": (counts.contested, counts.contested - counts.answered, misconduct),
        "overturned": (counts.ruled, counts.upheld, policy.overturned_margin_ppm),
        "unilateral": (counts.matured, counts.unilateral, misconduct),
        "returned": (counts.matured, counts.returned, misconduct),
        "untold": (counts.failed, counts.failed - counts.told, policy.untold_margin_ppm),
    }
    return {name: _judged(bad, of, margin, policy) for name, (of, bad, margin) in cases.items()}


def _judged(bad: int, cases: int, margin: int, policy: Policy) -> Conduct:
    share = interval(bad, cases, policy.z_squared)
    enough = cases >= policy.min_promises
    return Conduct(cases, bad, share, _state(share.low, share.high, margin) if enough else Fairness.UNKNOWN)


def _verdict(
    outcome: tuple[Gap, ...],
    remedy: tuple[Gap, ...],
    conduct: dict[str, Conduct],
    shared: Ppm,
    policy: Policy,
) -> tuple[Fairness, str]:
    parts = {
        "what was kept, between cohorts": _weakest([gap.state for gap in outcome]),
        "what was remedied, between cohorts": _weakest([gap.state for gap in remedy]) if remedy else None,
        **{WORDS[name]: part.state if part.cases >= policy.min_promises else None for name, part in conduct.items()},
    }
    for state in (Fairness.UNFAIR, Fairness.UNKNOWN):
        if found := [name for name, part in parts.items() if part is state]:
            break
    else:
        if shared >= policy.shared_ppm:
            return Fairness.FAIR, "Every part is within its margin, even at its worst."
        found, state = [], Fairness.UNKNOWN
    if state is Fairness.UNFAIR:
        return state, f"Beyond its margin even at its best: {'; '.join(found)}."
    if not outcome:
        return (
            state,
            f"Fewer than two cohorts have {policy.min_promises} matured promises, so there is little to compare.",
        )
    if not found:
        return state, f"Only {shared * 100 // WHOLE}% of what fell due can be compared with another cohort's."
    return state, f"Not shown to be within its margin: {'; '.join(found)}."


WORDS = {
    "unanswered": "disputes not answered in time",
    "overturned": "disputes lost on ruling",
    "unilateral": "changes by the company alone",
    "returned": "customers sent back and forth between units",
    "untold": "failures that the company did not tell of first",
}
"""What each part of conduct is called."""


def _weakest(states: list[Fairness]) -> Fairness:
    if Fairness.UNFAIR in states:
        return Fairness.UNFAIR
    return Fairness.UNKNOWN if Fairness.UNKNOWN in states or not states else Fairness.FAIR


def _ratio(shares: list[tuple[int, int]]) -> Ppm | None:
    """The lowest of several shares, each kept of matured, over the highest."""
    if len(shares) < 2 or not any(kept for kept, _ in shares):
        return None
    least = most = shares[0]
    for share in shares:
        if share[0] * least[1] < least[0] * share[1]:
            least = share
        if share[0] * most[1] > most[0] * share[1]:
            most = share
    return Ppm(WHOLE * least[0] * most[1] // (most[0] * least[1]))


def _cohorts(sizes: dict[int, Cohort], counts: Counts, policy: Policy) -> tuple[CohortFigure, ...]:
    shown = shown_cohorts([(cohort, cell.matured) for cohort, cell in sizes.items()], policy.min_promises)
    return tuple(
        CohortFigure(
            cohort,
            cell.matured,
            interval(cell.kept, cell.matured, policy.z_squared),
            _shrunk(cell, counts, policy.min_promises),
        )
        if cohort in shown
        else CohortFigure(cohort, 0, None, None)
        for cohort, cell in sorted(sizes.items())
    )


def _shrunk(cell: Cohort, counts: Counts, weight: int) -> Ppm:
    """The mean of a Beta-Binomial after what was kept of a cohort's promises: its prior's is the company's share."""
    return Ppm(
        WHOLE * (weight * counts.kept + cell.kept * counts.matured) // (counts.matured * (weight + cell.matured))
    )


def shown_cohorts(sizes: list[tuple[int, int]], minimum: int) -> set[int]:
    """The cohorts whose figures may be shown, of pairs (cohort, matured promises).

    Those below `minimum` stay hidden; where that hides only one, the next smallest is hidden too, since the one could
    be found by subtracting the others from the total.
    """
    ordered = sorted(sizes, key=lambda pair: (pair[1], pair[0]))
    hidden = sum(size < minimum for _, size in ordered)
    if hidden == 1:
        hidden = 2
    return {cohort for cohort, _ in ordered[hidden:]}
