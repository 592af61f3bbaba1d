"""Fairness: like is compared with like, and nothing is said that the evidence does not bear."""

from fractions import Fraction
from math import isqrt
from statistics import NormalDist

import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_ratio, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from ledger.outcomes import Standing, Status
from ledger.scoring.fairness import SLACK, Fairness, FairnessFigure, fairness, gap_bounds, shown_cohorts
from ledger.scoring.intervals import wilson
from ledger.scoring.policy import Policy
from ledger.scoring.recent import recent_of
from ledger.scoring.rows import FINE, Pair
from ledger.scoring.tallies import fold, pair_by_size, pair_of
from ledger.units import WHOLE, Timestamp, show_hex
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_policy, a_standing, disputed, remedied

POLICY = Policy.named("standard")
LATER = Timestamp(NOON + 60 * DAY)


def judged(standings: list[Standing], as_of: int = LATER, policy: Policy = POLICY) -> FairnessFigure:
    return fairness(recent_of(fold(standings, Timestamp(as_of), policy), Timestamp(as_of), policy), policy)


def pair_in_full(n: int, k: int, m: int, j: int) -> Pair:
    """Two groups of promises, each to a customer of its own."""
    return pair_of(*[WHOLE * each for each in (n, k, m, j)])


def cohorts(*rates: tuple[int, int, str]) -> list[Standing]:
    """For each cohort in turn: how many promises of a service were kept, and how many broken, each to a customer of its
    own.
    """
    each = [
        a_standing(late, cohort=number, service=service, owned=late is None)
        for number, (kept, broken, service) in enumerate(rates, start=1)
        for late in [0] * kept + [None] * broken
    ]
    return [standing._replace(customer=a_customer(number)) for number, standing in enumerate(each)]


def test_a_gap_is_fair_unfair_or_unknown() -> None:
    assert judged(cohorts((1990, 10, "a"), (1990, 10, "a"))).state is Fairness.FAIR
    assert judged(cohorts((900, 100, "a"), (700, 300, "a"))).state is Fairness.UNFAIR
    assert judged(cohorts((15, 5, "a"), (18, 2, "a"))).state is Fairness.UNKNOWN
    assert judged(cohorts((190, 10, "a"))).state is Fairness.UNKNOWN


def test_the_gap_is_signed_and_bounded() -> None:
    (gap,) = judged(cohorts((700, 300, "a"), (900, 100, "a"))).outcome
    assert (gap.first, gap.second, gap.estimate, gap.strata) == (1, 2, -200_000, 1)
    assert gap.low < gap.estimate < gap.high < 0


def test_one_stratum_gives_newcombe_s_bounds() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339."""
    two_sided = a_policy(fairness_z_by_pairs={str(pairs): [1_959_964, 1_000_000] for pairs in range(1, 22)})
    (gap,) = judged(cohorts((56, 14, "a"), (48, 32, "a")), policy=two_sided).outcome
    assert gap.estimate == 200_000
    assert gap.low == pytest.approx(52_400, abs=50)
    assert gap.high == pytest.approx(333_900, abs=50)


def test_each_verdict_is_a_one_sided_test_at_five_percent() -> None:
    for name in ("standard", "strict"):
        policy = Policy.named(name)
        for pairs in range(1, 22):
            quantile = NormalDist().inv_cdf(1 - 0.05 / pairs)
            assert float(policy.fairness_z_squared(pairs)) == pytest.approx(quantile**2, rel=1e-6)


Z_SQUARED = (Fraction(1.959963984540054) ** 2 * FINE).as_integer_ratio()
"""Of statsmodels' quantile, to the last bit of a float."""

cells = st.tuples(st.integers(1, 500), st.integers(1, 500)).flatmap(
    lambda sizes: st.tuples(st.just(sizes[0]), st.integers(0, sizes[0]), st.just(sizes[1]), st.integers(0, sizes[1]))
)


@settings(max_examples=1000, deadline=None)
@given(cells)
def test_one_stratum_agrees_with_statsmodels_newcombe_to_nine_digits(cell: tuple[int, int, int, int]) -> None:
    n, k, m, j = cell
    low, high = gap_bounds(pair_in_full(n, k, m, j), Z_SQUARED)
    theirs = confint_proportions_2indep(k, n, j, m, compare="diff", method="newcomb")
    # Its square root is a float's; ours are moved outwards by less than 2e-9.
    assert low / FINE == pytest.approx(theirs[0], abs=3e-9)
    assert high / FINE == pytest.approx(theirs[1], abs=3e-9)


@settings(max_examples=1000, deadline=None)
@given(st.lists(cells, min_size=1, max_size=6))
def test_the_stratified_gap_is_mantel_and_haenszel_s(strata: list[tuple[int, int, int, int]]) -> None:
    sums = [0] * 6
    weight = gap = Fraction(0)
    for n, k, m, j in strata:
        pair = pair_in_full(n, k, m, j)
        sums = [a + b for a, b in zip(sums, pair, strict=True)]
        weight += Fraction(n * m, n + m)
        gap += Fraction(n * m, n + m) * (Fraction(k, n) - Fraction(j, m))
    pair = Pair(*sums)
    assert pair.strata == len(strata)
    assert (pair.first - pair.second) / pair.weight == pytest.approx(float(gap / weight), abs=1e-9)


lopsided = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).flatmap(
    lambda sizes: st.tuples(st.just(sizes[0]), st.integers(0, sizes[0]), st.just(sizes[1]), st.integers(0, sizes[1]))
)
FINER = 10**24


@settings(max_examples=1000, deadline=None)
@given(st.lists(lopsided, min_size=1, max_size=6), st.booleans())
def test_what_rounding_loses_never_makes_a_bound_tighter(cells: list[tuple[int, int, int, int]], by_size: bool) -> None:
    weigh = pair_by_size if by_size else pair_of
    pair = Pair(*map(sum, zip(*[weigh(*[WHOLE * each for each in cell]) for cell in cells], strict=True)))
    exact = [Fraction(0)] * 5
    for n, k, m, j in cells:
        omega = Fraction(n + m) if by_size else Fraction(n * m, n + m)
        added = omega, omega * Fraction(k, n), omega * Fraction(j, m), omega**2 / n, omega**2 / m
        exact = [one + other for one, other in zip(exact, added, strict=True)]
    weight, *sums = exact
    limits = []
    for fared, spread in zip(sums[:2], sums[2:], strict=True):
        trials = weight**2 / spread
        kept = trials * fared / weight
        unit = trials.denominator * kept.denominator
        ends = wilson(int(kept * unit), int(trials * unit), unit, Fraction(Z_SQUARED[0], Z_SQUARED[1] * FINE), FINER)
        limits.append((int(fared / weight * FINER), *ends))
    (p, low, high), (q, below, above) = limits
    low, high = p - q - isqrt((p - low) ** 2 + (above - q) ** 2), p - q + isqrt((high - p) ** 2 + (q - below) ** 2)
    found = gap_bounds(pair, Z_SQUARED)
    assert found[0] * FINER <= low * FINE
    assert found[1] * FINER >= high * FINE
    assert low * FINE - found[0] * FINER < 3 * SLACK * FINER
    assert found[1] * FINER - high * FINE < 3 * SLACK * FINER


def test_like_is_compared_with_like() -> None:
    """Simpson: cohort 2 uses the hard service more often; within each service both fare the same."""
    easy = cohorts((900, 100, "easy"), (90, 10, "easy"))
    hard = cohorts((50, 50, "hard"), (500, 500, "hard"))
    result = judged([*easy, *hard])
    (gap,) = result.outcome
    crude = [figure.kept.rate for figure in result.cohorts if figure.kept]
    assert crude[0] - crude[1] > 300_000
    assert abs(gap.estimate) <= 1
    assert gap.strata == 2


def test_cohorts_that_use_services_unlike_are_fair_if_they_are_served_alike() -> None:
    easy = cohorts((9900, 100, "easy"), (990, 10, "easy"))
    hard = cohorts((900, 100, "hard"), (9000, 1000, "hard"))
    assert judged([*easy, *hard]).outcome[0].state is Fairness.FAIR


def test_a_service_that_one_cohort_hardly_uses_leaves_it_open() -> None:
    """Its weight in the gap is next to nothing, and half of what was promised there was broken."""
    usual = cohorts((1990, 10, "a"), (1990, 10, "a"))
    apart = [
        each._replace(customer=a_customer(9000 + n)) for n, each in enumerate(cohorts((1, 0, "b"), (300, 300, "b")))
    ]
    (gap,) = judged([*usual, *apart]).outcome
    assert -POLICY.fairness_margin_ppm < gap.low <= gap.high < POLICY.fairness_margin_ppm
    assert gap.state is Fairness.UNKNOWN
    result = judged([*usual, *[each._replace(owned=True) for each in apart]])
    assert result.why == "Not shown to be within its margin: what was kept, between cohorts."


def test_cohorts_without_a_common_service_can_t_be_compared() -> None:
    result = judged(cohorts((900, 100, "a"), (100, 900, "b")))
    assert result.state is Fairness.UNKNOWN
    assert result.outcome[0].strata == 0


def test_codes_that_the_policy_does_not_compare_leave_it_open() -> None:
    fair = cohorts((1990, 10, "a"), (1990, 10, "a"))
    for code in (0, POLICY.compared_cohorts + 1):
        few, many = ([a_standing(0, cohort=code)] * number for number in (400, 500))
        assert judged([*fair, *few]).state is Fairness.FAIR
        result = judged([*fair, *many])
        assert result.state is Fairness.UNKNOWN
        assert result.why == "Only 88% of what fell due can be compared with another cohort's."


def test_what_is_long_ago_is_not_looked_at() -> None:
    old = cohorts((900, 100, "a"), (700, 300, "a"))
    assert judged(old).state is Fairness.UNFAIR
    assert judged(old, NOON + POLICY.period_days * (POLICY.periods + 1) * DAY).outcome == ()


@settings(max_examples=1000, deadline=None)
@given(cells)
def test_swapping_two_cohorts_mirrors_the_bounds(cell: tuple[int, int, int, int]) -> None:
    n, k, m, j = cell
    low, high = gap_bounds(pair_in_full(n, k, m, j), Z_SQUARED)
    assert gap_bounds(pair_in_full(m, j, n, k), Z_SQUARED) == (-high, -low)
    assert low <= FINE * k // n - FINE * j // m <= high + 1


def test_a_gap_in_remedies_is_found_too() -> None:
    failed = [remedied(cohort=1)] * 100 + [a_standing(None, cohort=2, owned=True)] * 100
    every = [*failed, *[a_standing(0, cohort=cohort) for cohort in (1, 2) for _ in range(1000)]]
    history = [each._replace(customer=a_customer(number)) for number, each in enumerate(every)]
    result = judged(history)
    assert result.outcome[0].estimate == 0
    assert result.remedy[0].estimate == 1_000_000
    assert result.state is Fairness.UNFAIR
    assert "what was remedied" in result.why


SINCE = NOON + DAY


@pytest.mark.parametrize(
    "name, bad, good",
    [
        ("unanswered", disputed(0, SINCE), disputed(0, SINCE, SINCE + 60)),
        (
            "overturned",
            a_standing(0, status=Status.UPHELD, upheld=True, disputed_at=SINCE, answered_at=SINCE + 1),
            a_standing(0, status=Status.DISMISSED, dismissed=True, disputed_at=SINCE, answered_at=SINCE + 1),
        ),
        ("unilateral", a_standing(0, unilateral=True), a_standing(0)),
        ("returned", a_standing(0, returned=True), a_standing(0)),
        ("untold", a_standing(None), a_standing(None, owned=True)),
    ],
)
def test_conduct_is_judged_apart_from_outcomes(name: str, bad: Standing, good: Standing) -> None:
    for cases, state in (
        ([good] * 500, Fairness.FAIR),
        ([bad] * 500, Fairness.UNFAIR),
        ([bad, good], Fairness.UNKNOWN),
    ):
        part = judged(cases, policy=a_policy(arbiters=[show_hex(ARBITER)])).conduct[name]
        assert (part.cases, part.state) == (len(cases), state)
        assert part.bad == sum(case is bad for case in cases)


def test_the_headline_is_the_weakest_part() -> None:
    fair = cohorts((1990, 10, "a"), (1990, 10, "a"))
    assert judged(fair).state is Fairness.FAIR
    result = judged([*fair, *[disputed(0, SINCE, owned=True)] * 100])
    assert result.state is Fairness.UNFAIR
    assert result.why == "Beyond its margin even at its best: disputes not answered in time."


def test_the_time_to_an_answer_is_a_mean_of_those_in_time() -> None:
    result = judged([disputed(0, SINCE, SINCE + 100), disputed(0, SINCE, SINCE + 301), disputed(0, SINCE)])
    assert result.answer_time == 200


def test_failures_told_of_before_they_were_due_are_announced() -> None:
    result = judged([a_standing(None, unilateral=True), a_standing(600), a_standing(None), a_standing(0)])
    assert result.announced.rate == 333_333
    assert (result.conduct["untold"].cases, result.conduct["untold"].bad) == (3, 1)


@pytest.mark.parametrize(
    "sizes, shown",
    [
        ([], set()),
        ([(1, 20), (2, 20)], {1, 2}),
        ([(1, 19), (2, 100), (3, 50)], {2}),  # 3 goes too, or 1 could be had by subtraction
        ([(1, 19), (2, 100)], set()),
        ([(1, 5), (2, 6), (3, 50)], {3}),
    ],
)
def test_small_cohorts_stay_hidden(sizes: list[tuple[int, int]], shown: set[int]) -> None:
    assert shown_cohorts(sizes, 20) == shown


def test_hidden_cohorts_have_no_figures() -> None:
    result = judged(cohorts((5, 0, "a"), (6, 0, "a"), (50, 0, "a")))
    assert [(figure.matured, figure.kept is None) for figure in result.cohorts] == [(0, True), (0, True), (50, False)]
    assert [figure.shrunk for figure in result.cohorts] == [None, None, 1_000_000]
    assert result.outcome_ratio is None, "one that is shown has nothing to be compared with"


def test_the_ratio_is_the_lowest_share_over_the_highest_and_decides_nothing() -> None:
    assert judged(cohorts((80, 20, "a"), (90, 10, "a"), (100, 0, "a"))).outcome_ratio == 800_000
    assert judged(cohorts((20, 40, "a"), (60, 0, "a"))).outcome_ratio == 333_333
    assert judged(cohorts((0, 30, "a"), (30, 0, "a"))).outcome_ratio == 0
    assert judged(cohorts((0, 30, "a"), (0, 30, "a"))).outcome_ratio is None
    crude = judged(
        [*cohorts((9900, 100, "easy"), (990, 10, "easy")), *cohorts((900, 900, "hard"), (9000, 9000, "hard"))]
    )
    assert (crude.outcome_ratio or 0) < 800_000
    assert crude.outcome[0].state is Fairness.FAIR


groups = st.integers(1, 30).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


@settings(max_examples=200, deadline=None)
@given(st.lists(groups, min_size=2, max_size=5))
def test_the_ratio_agrees_with_fairlearn_s_of_demographic_parity(sizes: list[tuple[int, int]]) -> None:
    history = cohorts(*[(kept, size - kept, "a") for kept, size in sizes])
    came_out = [int(each.fulfilled_at is not None) for each in history]
    theirs = demographic_parity_ratio(came_out, came_out, sensitive_features=[each.cohort for each in history])
    found = judged(history, policy=a_policy(min_promises=1)).outcome_ratio
    if any(came_out):
        assert found == pytest.approx(theirs * WHOLE, abs=1.001)
    else:
        assert found is None


@settings(max_examples=200, deadline=None)
@given(st.lists(groups, min_size=1, max_size=5))
def test_a_shrunk_share_lies_between_the_cohort_s_and_the_company_s(sizes: list[tuple[int, int]]) -> None:
    result = judged(cohorts(*[(kept, size - kept, "a") for kept, size in sizes]), policy=a_policy(min_promises=1))
    company = Fraction(sum(kept for kept, _ in sizes), sum(size for _, size in sizes))
    for figure, (kept, size) in zip(result.cohorts, sizes, strict=True):
        low, high = sorted((company, Fraction(kept, size)))
        assert figure.shrunk is not None
        assert int(low * WHOLE) <= figure.shrunk <= high * WHOLE


def test_a_cohort_just_large_enough_to_be_shown_stands_halfway_to_the_company() -> None:
    result = judged(cohorts((20, 0, "a"), (240, 140, "a")))
    assert [figure.shrunk for figure in result.cohorts] == [
        (650_000 + 1_000_000) // 2,
        (20 * 650_000 + 240_000_000) // 400,
    ]


@settings(max_examples=1000, deadline=None)
@given(cells)
def test_the_gap_of_one_stratum_agrees_with_fairlearn_s_rates(cell: tuple[int, int, int, int]) -> None:
    n, k, m, j = cell
    came_out = [1] * k + [0] * (n - k) + [1] * j + [0] * (m - j)
    cohort = ["one"] * n + ["other"] * m
    theirs = MetricFrame(metrics=selection_rate, y_true=came_out, y_pred=came_out, sensitive_features=cohort).by_group
    pair = pair_in_full(n, k, m, j)
    assert pair.first / pair.weight == pytest.approx(theirs["one"], abs=1e-9)
    assert pair.second / pair.weight == pytest.approx(theirs["other"], abs=1e-9)
    gap = (pair.first - pair.second) / pair.weight
    assert gap == pytest.approx(theirs["one"] - theirs["other"], abs=1e-9)
