"""The laws of the scores: exact, the same in any order, never more than is proven."""

import ast
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, isqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

import ledger.outcomes
import ledger.scoring
from ledger.outcomes import Outcome, Standing, Status
from ledger.scoring.context import estimates, services_of
from ledger.scoring.counting import counted, credit, span
from ledger.scoring.explanation import explain
from ledger.scoring.intervals import Interval, interval, wilson, wilson_of_rate
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import Parts, Reliability, Stratum, reliability
from ledger.scoring.rows import SIXTEENTHS_IN_ROW, Book
from ledger.scoring.score import Caution, Grade, Score, day_range, days, score
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.units import WHOLE, ZERO_DIGEST, BlockNumber, Digest, Ppm, PromiseId, Timestamp, show_hex
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_policy, a_standing, disputed, remedied
from tests.support.histories import SAME_DAY, histories, promises

ROOT = Path(__file__).resolve().parents[2]
POLICY = Policy.named("standard")
STRICT = Policy.named("strict")
LATER = Timestamp(NOON + 60 * DAY)
Z = Fraction(*POLICY.z)
LAW = settings(max_examples=1000, deadline=None)


def scored(standings: list[Standing], as_of: int = LATER, policy: Policy = POLICY) -> Score:
    book, market = fold(standings, Timestamp(as_of), policy), Book()
    market.put(update(market, peers_shares({}, book.rows), policy))
    return score(book, market, BlockNumber(1), Timestamp(as_of), policy)


def judged(standings: list[Standing], as_of: int = LATER) -> tuple[Reliability, dict[Stratum, Reliability]]:
    return reliability(fold(standings, Timestamp(as_of), POLICY), Timestamp(as_of), POLICY)


def many(count: int, late: int | None = 0, **fields: Any) -> list[Standing]:
    """So many promises, each to a customer of its own."""
    return [a_standing(late, number=n, customer=a_customer(n), **fields) for n in range(count)]


# ── intervals ──


@LAW
@given(st.integers(1, 10**6), st.data())
def test_wilson_agrees_with_statsmodels_to_nine_digits(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    # Both with the quantile that statsmodels takes, to the last bit of a float.
    z = Fraction(1.959963984540054)
    low, high = wilson(successes, trials, 1, z**2, 10**12)
    theirs = proportion_confint(successes, trials, alpha=0.05, method="wilson")
    assert low / 10**12 == pytest.approx(theirs[0], abs=1e-9)
    assert high / 10**12 == pytest.approx(theirs[1], abs=1e-9)


@LAW
@given(st.integers(1, 3000), st.data())
def test_wilson_s_ends_are_the_roots_rounded_outwards(trials: int, data: st.DataObject) -> None:
    """The ends are where (p̂ − p)² = z² p(1 − p)/n; so one ppm outside of each, p̂ is farther than that."""
    successes = data.draw(st.integers(0, trials * POINT))
    share = Fraction(successes, trials * POINT)
    low, high = wilson(successes, trials * POINT, POINT, Z**2, WHOLE)

    def beyond(end: Fraction) -> Fraction:
        return (share - end) ** 2 - Z**2 * end * (1 - end) / trials

    assert 0 <= low <= floor(share * WHOLE) <= ceil(share * WHOLE) <= high <= WHOLE
    assert beyond(Fraction(low, WHOLE)) >= 0
    assert beyond(Fraction(high, WHOLE)) >= 0
    assert low == floor(share * WHOLE) or beyond(Fraction(low + 1, WHOLE)) < 0
    assert high == ceil(share * WHOLE) or beyond(Fraction(high - 1, WHOLE)) < 0


def test_no_promises_prove_nothing() -> None:
    assert (interval(0, 0, Z**2).low, interval(0, 0, Z**2).high) == (0, WHOLE)
    result = scored([])
    assert (result.grade, result.floor) == (Grade.GREY, None)
    assert result.reliability.credited.low == 0
    assert sum(result.reliability.parts) == 0


# ── sums ──


@given(st.integers(0, 10**12), st.integers(1, 10**20), st.fractions(Fraction(1, 100), 40, max_denominator=10**10))
def test_the_interval_of_a_rate_is_that_of_its_successes(rate: int, trials: int, z_squared: Fraction) -> None:
    scale = 10**12
    of_rate = wilson_of_rate(rate, trials, (z_squared * scale).as_integer_ratio(), scale)
    assert of_rate == wilson(rate * trials, trials * scale, scale * scale, z_squared, scale)


@LAW
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(promises: list[Standing], random: Callable[[], float]) -> None:
    shuffled = list(promises)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its randoms as a function
    assert fold(shuffled, LATER, POLICY).rows == fold(promises, LATER, POLICY).rows


@LAW
@given(st.lists(histories, max_size=4))
def test_any_partition_gives_the_same_rows(parts: list[list[Standing]]) -> None:
    book = Book()
    for part in parts:
        book.put(update(book, counted(part, LATER, POLICY), POLICY))
    assert book.rows == fold([promise for part in parts for promise in part], LATER, POLICY).rows


@LAW
@given(histories, st.integers(NOON, NOON + 50 * DAY), st.data())
def test_rows_kept_up_to_date_are_those_made_anew(before: list[Standing], then: int, data: st.DataObject) -> None:
    """Promises change, come and go, time passes or goes back: the rows are those of what is left."""
    now = data.draw(st.integers(NOON, NOON + 50 * DAY))
    after = [data.draw(st.one_of(st.just(promise), st.none(), promises())) for promise in before]
    book = fold(before, Timestamp(then), POLICY)
    shares = counted([promise for promise in after if promise], Timestamp(now), POLICY)
    shares.take(counted(before, Timestamp(then), POLICY))
    book.put(update(book, shares, POLICY))
    assert book.rows == fold([promise for promise in after if promise], Timestamp(now), POLICY).rows


@LAW
@given(histories)
def test_names_of_customers_and_promises_change_nothing(promises: list[Standing]) -> None:
    others = [
        promise._replace(
            id=PromiseId(promise.id[::-1]),
            customer=Digest(promise.customer[::-1]),
            service=promise.service[::-1],
        )
        for promise in promises
    ]
    one, other = judged(promises), judged(others)
    assert one == other


@LAW
@given(histories, st.integers(NOON, NOON + 25 * DAY))
def test_what_is_not_yet_due_counts_for_nothing(promises: list[Standing], as_of: int) -> None:
    result = scored(promises, as_of)
    counted = [promise for promise in promises if promise.due_at <= as_of or promise.released]
    assert result.open == len(promises) - len(counted)
    alone = scored(counted, as_of)
    assert (result.counts, result.reliability, result.fairness) == (alone.counts, alone.reliability, alone.fairness)


def test_counting_early_successes_at_once_would_flatter() -> None:
    """Of ten promises due tomorrow, those fulfilled today are not counted before the others can be."""
    tomorrow = NOON + DAY
    early = [a_standing(late, due_at=tomorrow) for late in [-DAY] * 5 + [None] * 5]
    assert scored(early, NOON + 1).counts.matured == 0
    assert scored(early, tomorrow).reliability.strict.rate == WHOLE // 2


# ── credit ──

SINCE = NOON + DAY
ANSWERED = SINCE + 1
IN_TIME = SINCE + POLICY.answer_s - 1
TOO_LATE = SINCE + POLICY.answer_s
OTHER = a_policy("strict", arbiters=[show_hex(ARBITER)])


def taken_after_dismissal(late: int | None, **fields: Any) -> Standing:
    """A promise whose dispute was dismissed, and of which the customer took a remedy all the same."""
    return remedied(
        fulfilled_at=None if late is None else Timestamp(NOON + late), dismissed=True, owned=False, **fields
    )


@pytest.mark.parametrize(
    "standing, as_of, policy, expected",
    [
        (a_standing(0), LATER, POLICY, (Outcome.KEPT, 10_000, 10_000)),
        (a_standing(-1), LATER, POLICY, (Outcome.KEPT, 10_000, 10_000)),
        (a_standing(600), LATER, POLICY, (Outcome.LATE, 2500, 2500)),
        (a_standing(1200), LATER, POLICY, (Outcome.LATE, 0, 0)),
        (a_standing(None), LATER, POLICY, (Outcome.BROKEN, 0, 0)),
        (a_standing(None, status=Status.WITHDRAWN, unilateral=True), LATER, POLICY, (Outcome.BROKEN, 0, 0)),
        (remedied(customer=a_customer(1)), LATER, POLICY, (Outcome.REMEDIED, 3000, 3000)),
        *[
            (taken_after_dismissal(late, customer=a_customer(1), upheld=upheld), LATER, policy, expected)
            for late, upheld, policy, expected in (
                (0, False, OTHER, (Outcome.KEPT, 10_000, 10_000)),
                (1, False, OTHER, (Outcome.LATE, 4995, 4995)),
                (600, False, OTHER, (Outcome.REMEDIED, 3000, 3000)),
                (None, False, OTHER, (Outcome.REMEDIED, 3000, 3000)),
                (0, True, OTHER, (Outcome.REMEDIED, 3000, 3000)),
                (0, False, POLICY, (Outcome.REMEDIED, 3000, 3000)),
            )
        ],
        (remedied(), LATER, POLICY, (Outcome.BROKEN, 0, 0)),
        (remedied(), LATER, OTHER, (Outcome.REMEDIED, 3000, 3000)),
        (a_standing(0, unilateral=True), LATER, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (a_standing(600, unilateral=True), LATER, POLICY, (Outcome.DISPUTED, 0, 2500)),
        (a_standing(0, unilateral=True, confirmed=True), LATER, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (a_standing(0, unilateral=True, confirmed=True), LATER, OTHER, (Outcome.KEPT, 10_000, 10_000)),
        (a_standing(0, unilateral=True, countersigned=True), LATER, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (a_standing(0, countersigned=True), LATER, POLICY, (Outcome.KEPT, 10_000, 10_000)),
        (a_standing(None, status=Status.REMEDIED, owned=True), LATER, POLICY, (Outcome.BROKEN, 0, 0)),
        (disputed(0, SINCE, ANSWERED), LATER, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (disputed(600, SINCE, ANSWERED), LATER, POLICY, (Outcome.DISPUTED, 0, 2500)),
        (disputed(None, SINCE, ANSWERED), LATER, POLICY, (Outcome.DISPUTED, 0, 0)),
        (disputed(0, SINCE, ANSWERED, upheld=True), LATER, POLICY, (Outcome.DISPUTED, 0, 0)),
        (disputed(0, SINCE), IN_TIME, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (disputed(0, SINCE), TOO_LATE, POLICY, (Outcome.BROKEN, 0, 0)),
        (a_standing(0, status=Status.UPHELD, upheld=True), LATER, POLICY, (Outcome.BROKEN, 0, 0)),
        (a_standing(0, status=Status.DISMISSED, dismissed=True), LATER, POLICY, (Outcome.DISPUTED, 0, 10_000)),
        (a_standing(0, status=Status.DISMISSED, dismissed=True), LATER, OTHER, (Outcome.KEPT, 10_000, 10_000)),
        (a_standing(0, status=Status.CONFIRMED, dismissed=True), LATER, POLICY, (Outcome.KEPT, 10_000, 10_000)),
    ],
)
def test_what_each_outcome_is_worth(
    standing: Standing, as_of: int, policy: Policy, expected: tuple[Outcome, int, int]
) -> None:
    result = ledger.outcomes.outcome(standing, Timestamp(as_of))
    assert credit(standing, result, Timestamp(as_of), policy) == expected


@pytest.mark.parametrize(
    "late, duration, earned",
    [
        (1, 9000, 4998),  # 5000·(1 − 1/3000), rounded down
        (1500, 9000, 2500),
        (2999, 9000, 1),
        (3000, 9000, 0),
        (43_200, 10**9, 2500),  # the grace is capped at a day
        (86_400, 10**9, 0),
        (1, 2, 0),  # no grace at all
    ],
)
def test_credit_of_a_late_promise_falls_in_a_line(late: int, duration: int, earned: int) -> None:
    standing = a_standing(late, duration=duration)
    assert credit(standing, Outcome.LATE, LATER, POLICY)[1] == earned


@LAW
@given(st.lists(st.integers(0, 10_000), min_size=2), st.integers(1, 10**6))
def test_later_never_earns_more(delays: list[int], duration: int) -> None:
    earned = [credit(a_standing(delay, duration=duration), Outcome.LATE, LATER, POLICY)[1] for delay in sorted(delays)]
    assert all(sooner >= later for sooner, later in pairwise(earned))


# ── reliability ──


def figures(standings: list[Standing], as_of: int = LATER) -> list[tuple[int, int, int, int]]:
    """The floor, the rate, the ceiling and the strict floor of the whole and of each stratum with promises."""
    whole, strata = judged(standings, as_of)
    each = [whole, *[strata[stratum] for stratum in Stratum if stratum in strata]]
    return [(found.credited.low, found.credited.rate, found.credited.high, found.strict.low) for found in each]


def assert_no_lower(before: list[tuple[int, int, int, int]], after: list[tuple[int, int, int, int]]) -> None:
    for old, new in zip(before, after, strict=True):
        assert all(was <= now for was, now in zip(old, new, strict=True)), (before, after)


@LAW
@given(st.lists(promises(SAME_DAY), min_size=1, max_size=40), st.data())
def test_at_equal_days_a_kept_promise_never_lowers_and_a_broken_one_never_raises(
    history: list[Standing], data: st.DataObject
) -> None:
    """Whoever it was made to: one of those whose promises are counted already, or another."""
    like = data.draw(st.sampled_from([*history, a_standing(0, customer=a_customer(99))]))
    plain: dict[str, Any] = {"customer": like.customer, "stakes": like.stakes, "due_at": like.due_at}
    for each in history:
        if (each.stakes >= 2) == (like.stakes >= 2) and not each.released:
            break
    else:
        return
    before = figures(history)
    assert_no_lower(before, figures([*history, a_standing(0, **plain)]))
    assert_no_lower(figures([*history, a_standing(None, **plain)]), before)


@LAW
@given(histories, st.data())
def test_a_new_customer_s_kept_promise_never_lowers_and_a_broken_one_never_raises(
    history: list[Standing], data: st.DataObject
) -> None:
    matured = [promise for promise in history if not promise.released]
    if not matured:
        return
    stakes = data.draw(st.sampled_from(matured)).stakes
    due = data.draw(st.integers(NOON - 100 * DAY, NOON + 50 * DAY))
    more: dict[str, Any] = {"customer": a_customer(99), "stakes": stakes, "due_at": due}
    before = figures(history)
    assert_no_lower(before, figures([*history, a_standing(0, **more)]))
    assert_no_lower(figures([*history, a_standing(None, **more)]), before)


@LAW
@given(histories, st.data())
def test_a_broken_promise_would_never_have_been_worse_kept(history: list[Standing], data: st.DataObject) -> None:
    """Weights follow from whose promise it is, never from how it came out."""
    if not history:
        return
    index = data.draw(st.integers(0, len(history) - 1))
    old = history[index]
    if old.released:
        return
    plain = {name: getattr(old, name) for name in ("id", "customer", "arbiter", "cohort", "stakes", "due_at")}
    both = [a_standing(late, **plain)._replace(service=old.service) for late in (0, None)]
    kept, broken = ([*history[:index], each, *history[index + 1 :]] for each in both)
    assert_no_lower(figures(broken), figures(history))
    assert_no_lower(figures(history), figures(kept))


@LAW
@given(histories, st.integers(0, 1000), st.integers(0, 1000))
def test_idling_never_raises_the_floor_nor_the_evidence(history: list[Standing], sooner: int, later: int) -> None:
    """Where nothing is left that time alone changes, and there is one half-life."""
    first = NOON + 60 * DAY + sooner * DAY
    (whole, strata), (whole_later, strata_later) = judged(history, first), judged(history, first + later * DAY)
    assert strata.keys() == strata_later.keys()
    for before, after in ((whole, whole_later), *[(strata[each], strata_later[each]) for each in strata]):
        assert after.credited.low <= before.credited.low
        assert after.evidence.milli <= before.evidence.milli
        assert after.credited.rate == before.credited.rate


@LAW
@given(histories, st.data())
def test_a_broken_promise_never_raises_the_assured_floor(history: list[Standing], data: st.DataObject) -> None:
    """Of either stratum, even its first; and kept, the same would never have lowered it."""
    due = data.draw(st.integers(NOON - 100 * DAY, NOON + 50 * DAY))
    more: dict[str, Any] = {"customer": a_customer(99), "stakes": data.draw(st.integers(0, 3)), "due_at": due}
    before, broken, kept = (
        min((each.bound(POLICY) for each in judged(promises)[1].values()), default=WHOLE)
        for promises in (history, [*history, a_standing(None, **more)], [*history, a_standing(0, **more)])
    )
    assert broken <= min(before, kept)


@LAW
@given(histories)
def test_floor_rate_and_ceiling_are_in_order(history: list[Standing]) -> None:
    whole, strata = judged(history)
    for found in (whole, *strata.values()):
        for figure in (found.credited, found.strict):
            assert 0 <= figure.low <= figure.rate <= figure.high <= WHOLE or found.evidence.weight == 0
        assert found.strict.low <= found.credited.low


@LAW
@given(histories)
def test_the_parts_and_the_explanation_sum_exactly(history: list[Standing]) -> None:
    whole, _ = judged(history)
    parts = whole.parts
    assert min(parts) >= 0
    assert sum(parts) == (WHOLE if whole.evidence.weight else 0)
    explained = explain(history, LATER, POLICY)
    assert sum(loss.ppm for loss in explained.losses) == explained.lost == sum(parts[2:])
    assert all(loss.ppm >= 0 for loss in explained.losses)


def test_the_explanation_names_those_that_lost() -> None:
    sooner, later = NOON + 10 * DAY, NOON + 100 * DAY
    history = [*many(97), a_standing(None, number=200, due_at=later), a_standing(None, number=201, due_at=sooner)]
    explained = explain(history, Timestamp(later), POLICY)
    first, second = explained.losses
    assert [int.from_bytes(loss.standing.id, "big") for loss in (first, second)] == [200, 201]
    assert first.ppm == pytest.approx(2 * second.ppm, abs=2)  # half a life older


def test_a_promise_weighs_half_after_a_half_life() -> None:
    result = judged(many(40), NOON + 90 * DAY)[0]
    assert result.evidence.milli == 1000 * 40 * POLICY.unlisted_ppm // WHOLE // 2


def test_half_lives_may_differ_by_service() -> None:
    short = a_policy(half_life_days_by_service={show_hex(a_standing(service="repair").service): 15})
    as_of = Timestamp(NOON + 90 * DAY)
    book = fold(
        [*many(32), *[each._replace(service=a_standing(service="repair").service) for each in many(64)]], as_of, short
    )
    whole, _ = reliability(book, as_of, short)
    # 32 a half-life old and 64 six half-lives old, at half weight.
    assert whole.evidence.milli == (16 + 1) * 500


def test_one_customer_counts_for_five_promises_at_the_most() -> None:
    one = [a_standing(0, number=n, customer=a_customer(1)) for n in range(1000)]
    listed = a_policy(unlisted_ppm=WHOLE)
    book = fold(one, NOON, listed)
    assert 4900 < reliability(book, NOON, listed)[0].evidence.milli < 5000


def test_promises_to_the_public_are_clustered_by_arbiter_service_and_day() -> None:
    spread = [
        a_standing(0, due_at=NOON + day * DAY, service=service)
        for day in range(4)
        for service in ("delivery", "repair")
    ]
    whole = scored([each for each in spread for _ in range(3)], NOON + 3 * DAY).reliability
    assert whole.evidence.customers_milli == pytest.approx(8000, rel=0.001)


def test_strata_are_judged_apart_and_the_badge_needs_both() -> None:
    routine, critical = many(200, confirmed=True), many(200, None, stakes=3)
    assert scored(routine).grade is Grade.GREEN
    both = scored([*routine, *critical])
    assert both.grade is Grade.RED
    assert both.floor == both.strata[Stratum.CRITICAL].credited.low == 0


def test_a_thin_stratum_lowers_the_floor_only_by_what_it_has_disproved() -> None:
    routine = many(200, confirmed=True)
    alone = scored(routine)
    with_one = scored([*routine, a_standing(0, stakes=3)])
    assert with_one.floor == alone.floor
    assert Caution.THIN in with_one.cautions
    failing = scored([*routine, *many(30, None, stakes=3)])
    assert failing.floor is not None
    critical = failing.strata[Stratum.CRITICAL]
    assert critical.credited.low < failing.floor < critical.credited.high
    assert failing.grade is Grade.RED


@LAW
@given(st.integers(1, 80), st.integers(0, 80))
def test_no_promise_more_or_less_makes_a_stratum_s_bound_jump(kept: int, broken: int) -> None:
    """Half a promise of evidence each, so that both sides of what is enough are seen."""
    history = [*many(kept), *[each._replace(customer=a_customer(500 + n)) for n, each in enumerate(many(broken, None))]]
    one_more = [*history, a_standing(0, customer=a_customer(900))]
    before, after = (
        reliability(fold(each, NOON, POLICY), NOON, POLICY)[0].bound(POLICY) for each in (history, one_more)
    )
    assert abs(after - before) <= WHOLE // 8


def test_a_grade_is_the_floor_s_and_never_green_on_thin_evidence() -> None:
    assert scored(many(39, confirmed=True), NOON).grade is Grade.GREY
    assert scored(many(40, confirmed=True), NOON).grade is Grade.GREEN
    assert scored([*many(70), *many(16, None)], NOON).grade is Grade.AMBER
    assert scored(many(100, None), NOON).grade is Grade.RED


def test_what_nobody_ever_confirmed_is_never_green() -> None:
    silent = scored(many(1000))
    assert silent.floor is not None
    assert silent.floor > POLICY.green_from_ppm
    assert silent.grade is Grade.AMBER
    assert Caution.UNCONFIRMED in silent.cautions


def test_an_open_dispute_counts_as_lost_in_the_floor_and_as_kept_in_the_ceiling() -> None:
    rest = many(50, late=None) + many(50)
    contested = [each._replace(customer=a_customer(500)) for each in [disputed(0, LATER - 1)]]
    lost, kept = (
        judged([*rest, a_standing(None)._replace(customer=a_customer(500))]),
        judged([*rest, a_standing(0)._replace(customer=a_customer(500))]),
    )
    found = judged([*rest, *contested])
    assert found[0].credited.low == lost[0].credited.low
    assert found[0].credited.high == kept[0].credited.high


def test_the_worked_example_of_the_docs_comes_out() -> None:
    one, two, three = map(a_customer, range(3))
    history = [
        *[a_standing(0, customer=one) for _ in range(10)],
        *[a_standing(late, customer=two) for late in (0, 0, 0, None)],
        a_standing(600, customer=three),
    ]
    found, _ = reliability(fold(history, NOON, POLICY), NOON, POLICY)
    assert found.evidence.milli == 3535
    assert found.credited == Interval(Ppm(805_555), Ppm(319_521), Ppm(973_371))
    assert found.parts == Parts(*map(Ppm, (319_521, 486_034, 0, 106_061, 0, 88_384)))
    assert estimates(services_of(fold(history, NOON, POLICY), Book()), found.evidence, POLICY)[0] == 695_161
    example = (ROOT / "docs" / "scoring.md").read_text()
    for figure in ("0.319521", "0.973371", "486,034", "106,061", "88,384", "3.535", "0.695161"):
        assert figure in example
    # The steps between, from fractions: N, S, the square of the root, and what is divided by what.
    weight, earned = Fraction(99, 28), Fraction(319, 112)
    square = Z**2 + 4 * earned * (weight - earned) / weight
    root = Fraction(isqrt(square.numerator * 10**24 // square.denominator), 10**12)
    for step in (weight, earned, square, root, 2 * earned + Z**2 - Z * root, 2 * (weight + Z**2)):
        assert f"{float(step):.6f}" in example


def test_days_sum_to_the_whole() -> None:
    history = [a_standing(0, due_at=NOON + day * DAY) for day in range(5) for _ in range(20)]
    found = days(fold(history, LATER, POLICY), day_range(NOON, Timestamp(NOON + 9 * DAY)), POLICY)
    assert [day.matured for day in found] == [20] * 5
    assert {day.day % DAY for day in found} == {0}


@LAW
@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_spans_keep_the_order_and_are_a_sixteenth_wide_at_the_most(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert span(shorter) <= span(longer) < 256 * SIXTEENTHS_IN_ROW
    if longer - shorter > shorter // 16 + 1:
        assert span(shorter) < span(longer)


def test_the_score_says_its_policy_and_its_time() -> None:
    result = scored([a_standing(0)], policy=STRICT)
    assert (result.policy, result.as_of, result.as_of_block) == (STRICT.hash, LATER, 1)
    assert ZERO_DIGEST not in (POLICY.hash, STRICT.hash)


def test_no_float_is_on_the_path_to_a_score() -> None:
    sources = [*Path(ledger.scoring.__file__).parent.glob("*.py"), Path(ledger.outcomes.__file__)]
    assert len(sources) >= 11
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{source}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round", "sqrt")), f"{source}:{node.lineno}"
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                assert source.name == "context.py", f"{source}:{node.lineno}"  # of fractions
