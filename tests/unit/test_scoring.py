"""The laws of the scores: exact, the same in any order, never more than is proven."""

import ast
import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

import ledger.outcomes
from ledger.errors import InvalidPolicy
from ledger.outcomes import Standing
from ledger.scoring import fairness as fairness_module
from ledger.scoring.fairness import Fairness, fairness, shown_cohorts
from ledger.scoring.intervals import interval, wilson
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.score import Grade, Score, score
from ledger.scoring.tallies import Tally, tally
from ledger.units import WHOLE, BlockNumber, Timestamp
from tests.support.build import DAY, NOON, a_standing

POLICY = Policy.standard()
LATER = Timestamp(NOON + 30 * DAY)
Z = Fraction(*POLICY.z)

standings = st.builds(
    a_standing,
    late=st.none() | st.integers(-3600, 8000),
    number=st.integers(0, 10**6),
    cohort=st.integers(1, 4),
    service=st.sampled_from(["delivery", "repair", "refund"]),
    due_at=st.integers(NOON, NOON + 20 * DAY),
    duration=st.integers(1, 100_000),
    confirmed=st.booleans(),
)
histories = st.lists(standings, max_size=120)


def scored(promises: list[Standing], as_of: int = LATER) -> Score:
    return score(promises, BlockNumber(1), Timestamp(as_of), POLICY)


@given(st.integers(1, 10**6), st.data())
def test_wilson_agrees_with_statsmodels(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, 1, trials, Z**2, 10**12)
    theirs = proportion_confint(successes, trials, alpha=0.05000000, method="wilson")
    # The policy's quantile has seven digits, so the two agree to about as many.
    assert low / 10**12 == pytest.approx(theirs[0], abs=1e-7)
    assert high / 10**12 == pytest.approx(theirs[1], abs=1e-7)


@given(st.integers(1, 3000), st.data())
def test_wilson_s_ends_are_the_roots_rounded_outwards(trials: int, data: st.DataObject) -> None:
    """The ends are where (p̂ − p)² = z² p(1 − p)/n; so one ppm outside of each, p̂ is farther than that."""
    successes = data.draw(st.integers(0, trials * POINT))
    share = Fraction(successes, trials * POINT)
    low, high = wilson(successes, POINT, trials, Z**2, WHOLE)

    def beyond(end: Fraction) -> Fraction:
        return (share - end) ** 2 - Z**2 * end * (1 - end) / trials

    assert 0 <= low <= floor(share * WHOLE) <= ceil(share * WHOLE) <= high <= WHOLE
    assert beyond(Fraction(low, WHOLE)) >= 0
    assert beyond(Fraction(high, WHOLE)) >= 0
    assert low == floor(share * WHOLE) or beyond(Fraction(low + 1, WHOLE)) < 0
    assert high == ceil(share * WHOLE) or beyond(Fraction(high - 1, WHOLE)) < 0


def test_no_promises_prove_nothing() -> None:
    assert (interval(0, 1, 0, Z**2).low, interval(0, 1, 0, Z**2).high) == (0, WHOLE)
    result = scored([])
    assert result.grade is Grade.GREY
    assert result.reliability.credited.low == 0
    assert result.fairness.state is Fairness.UNKNOWN


@given(histories, st.randoms())
def test_the_order_of_arrival_changes_nothing(promises: list[Standing], random: object) -> None:
    shuffled = list(promises)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its randoms as object
    assert scored(shuffled) == scored(promises)


@given(histories, histories)
def test_tallies_of_parts_sum_to_the_tally_of_the_whole(one: list[Standing], other: list[Standing]) -> None:
    parts = [tally(part, LATER, POLICY) for part in (one, other)]
    whole = tally([*one, *other], LATER, POLICY)
    assert sum((part.total() for part in parts), Tally()) == whole.total()
    assert sum(part.open for part in parts) == whole.open


@given(histories)
def test_a_kept_promise_never_lowers_and_a_broken_one_never_raises(promises: list[Standing]) -> None:
    before = scored(promises).reliability
    kept = scored([*promises, a_standing(0)]).reliability
    broken = scored([*promises, a_standing(None)]).reliability
    if promises:
        assert kept.credited.low >= before.credited.low
        assert kept.strict.rate >= before.strict.rate
        assert broken.credited.rate <= before.credited.rate
    assert kept.strict.low >= before.strict.low
    assert broken.strict.low <= before.strict.low
    assert broken.credited.low <= before.credited.low


@given(histories)
def test_floor_rate_and_ceiling_are_in_order(promises: list[Standing]) -> None:
    reliability = scored(promises).reliability
    for figure in (reliability.strict, reliability.tolerated, reliability.credited):
        assert 0 <= figure.low <= figure.rate <= figure.high <= WHOLE or reliability.tally.matured == 0
    assert reliability.strict.rate <= reliability.tolerated.rate


@given(histories)
def test_the_parts_sum_exactly(promises: list[Standing]) -> None:
    parts = scored(promises).parts
    total = parts.credited + parts.lost_late + parts.lost_broken
    assert total == (WHOLE if promises else 0)
    assert min(parts.credited, parts.lost_late, parts.lost_broken) >= 0


@given(histories, st.integers(NOON, NOON + 25 * DAY))
def test_what_is_not_yet_due_counts_for_nothing(promises: list[Standing], as_of: int) -> None:
    result = scored(promises, as_of)
    due = [promise for promise in promises if promise.due_at <= as_of]
    assert result.open == len(promises) - len(due)
    assert replace(result, open=0) == scored(due, as_of)


def test_counting_early_successes_at_once_would_flatter() -> None:
    """Of ten promises due tomorrow, those fulfilled today are not counted before the others can be."""
    tomorrow = NOON + DAY
    early = [a_standing(-DAY, due_at=tomorrow) for _ in range(5)] + [
        a_standing(None, due_at=tomorrow) for _ in range(5)
    ]
    assert scored(early, NOON + 1).reliability.tally.matured == 0
    assert scored(early, tomorrow).reliability.strict.rate == WHOLE // 2


@pytest.mark.parametrize(
    "lateness, duration, credit",
    [
        (None, 9000, 0),
        (0, 9000, 10_000),
        (1, 9000, 4998),  # 5000·(1 − 1/3000), rounded down
        (1500, 9000, 2500),
        (2999, 9000, 1),
        (3000, 9000, 0),
        (3600, 10**9, 2500),  # the grace is capped at 7200 s
        (7200, 10**9, 0),
        (1, 2, 0),  # no grace at all
    ],
)
def test_credit_of_a_late_promise_falls_in_a_line(lateness: int | None, duration: int, credit: int) -> None:
    assert POLICY.credit_bp(lateness, duration) == credit


@given(st.lists(st.integers(0, 10_000), min_size=2), st.integers(1, 10**6))
def test_later_never_earns_more(delays: list[int], duration: int) -> None:
    earned = [POLICY.credit_bp(delay, duration) for delay in sorted(delays)]
    assert all(sooner >= later for sooner, later in pairwise(earned))


def test_both_the_strict_and_the_tolerated_figure_are_given() -> None:
    promises = [a_standing(0), a_standing(900), a_standing(901), a_standing(None)]
    counts = scored(promises).reliability.tally
    assert (counts.kept, counts.late, counts.tolerated, counts.broken) == (1, 2, 1, 1)


def test_a_grade_is_the_floor_s_and_never_green_on_thin_evidence() -> None:
    assert scored([a_standing(0)] * 19).grade is Grade.GREY
    assert scored([a_standing(0)] * 20).grade is Grade.GREEN
    assert scored([a_standing(0)] * 10 + [a_standing(None)] * 2).grade is Grade.GREY
    assert scored([a_standing(0)] * 75 + [a_standing(None)] * 25).grade is Grade.AMBER
    assert scored([a_standing(None)] * 50).grade is Grade.RED


def cohorts(*rates: tuple[int, int, str]) -> list[Standing]:
    """For each cohort in turn: how many promises of a service were kept, and how many broken."""
    return [
        a_standing(late, cohort=number, service=service)
        for number, (kept, broken, service) in enumerate(rates, start=1)
        for late in [0] * kept + [None] * broken
    ]


def test_a_gap_is_fair_unfair_or_unknown() -> None:
    assert scored(cohorts((1990, 10, "a"), (1990, 10, "a"))).fairness.state is Fairness.FAIR
    assert scored(cohorts((900, 100, "a"), (700, 300, "a"))).fairness.state is Fairness.UNFAIR
    assert scored(cohorts((15, 5, "a"), (18, 2, "a"))).fairness.state is Fairness.UNKNOWN
    assert scored(cohorts((190, 10, "a"))).fairness.state is Fairness.UNKNOWN


def test_the_gap_is_signed_and_bounded() -> None:
    (gap,) = scored(cohorts((700, 300, "a"), (900, 100, "a"))).fairness.gaps
    assert (gap.first, gap.second, gap.estimate, gap.strata) == (1, 2, -200_000, 1)
    assert gap.low < gap.estimate < gap.high < 0


def test_one_stratum_gives_newcombe_s_bounds() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339."""
    (gap,) = scored(cohorts((56, 14, "a"), (48, 32, "a"))).fairness.gaps
    assert gap.estimate == 200_000
    assert gap.low == pytest.approx(52_400, abs=50)
    assert gap.high == pytest.approx(333_900, abs=50)


def test_like_is_compared_with_like() -> None:
    """Simpson: cohort 2 uses the hard service more often; within each service both fare the same."""
    easy = cohorts((900, 100, "easy"), (90, 10, "easy"))
    hard = cohorts((50, 50, "hard"), (500, 500, "hard"))
    result = scored([*easy, *hard])
    (gap,) = result.fairness.gaps
    crude = [figure.reliability.tolerated.rate for figure in result.cohorts if figure.reliability]
    assert crude[0] - crude[1] > 300_000
    assert abs(gap.estimate) <= 1
    assert gap.strata == 2


def test_cohorts_without_a_common_service_can_t_be_compared() -> None:
    result = scored(cohorts((900, 100, "a"), (100, 900, "b")))
    assert result.fairness.state is Fairness.UNKNOWN
    assert result.fairness.gaps[0].strata == 0


def test_more_cohorts_than_the_policy_compares_are_not_judged() -> None:
    result = scored(cohorts(*[(20, 0, "a")] * 9))
    assert result.fairness.state is Fairness.UNKNOWN
    assert "9 cohorts" in result.fairness.why


@settings(max_examples=200)
@given(st.integers(20, 200), st.integers(20, 200), st.data())
def test_swapping_two_cohorts_mirrors_the_gap(one: int, other: int, data: st.DataObject) -> None:
    kept, kept_too = data.draw(st.integers(0, one)), data.draw(st.integers(0, other))
    rates = [(kept, one - kept, "a"), (kept_too, other - kept_too, "a")]
    (gap,) = fairness(tally(cohorts(*rates), LATER, POLICY), POLICY).gaps
    (mirrored,) = fairness(tally(cohorts(*reversed(rates)), LATER, POLICY), POLICY).gaps
    assert (mirrored.low, mirrored.high) == (-gap.high, -gap.low)
    assert mirrored.state is gap.state


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


def test_days_and_cohorts_sum_to_the_whole() -> None:
    promises = [a_standing(0, due_at=NOON + day * DAY, cohort=1 + day % 2) for day in range(5) for _ in range(20)]
    result = scored(promises)
    assert sum(day.reliability.tally.matured for day in result.days) == 100
    assert [figure.reliability.tally.matured for figure in result.cohorts if figure.reliability] == [60, 40]


def document() -> dict[str, Any]:
    return POLICY.model_dump()


@pytest.mark.parametrize(
    "change, named",
    [
        ({"extra": 1}, "extra"),
        ({"z": [1.96, 1]}, "z.0"),
        ({"z": [1]}, "z"),
        ({"z": [1, 0]}, "z.1"),
        ({"version": 2}, "version"),
        ({"min_promises": True}, "min_promises"),
        ({"min_promises": "20"}, "min_promises"),
        ({"late_credit_bp": 10_001}, "late_credit_bp"),
        ({"tolerance_s": -1}, "tolerance_s"),
        ({"tolerance_s": 2**53}, "tolerance_s"),
        ({"fairness_z_by_pairs": {}}, "fairness_z_by_pairs"),
        ({"fairness_z_by_pairs": {"one": [1, 1]}}, "fairness_z_by_pairs"),
    ],
)
def test_a_malformed_policy_is_refused_by_field(change: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidPolicy, match=f"policy here can't be used: {named}"):
        Policy.parse(json.dumps(document() | change).encode(), "here")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}', b"NaN"])
def test_what_is_not_a_policy_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidPolicy):
        Policy.parse(content, "here")


def test_a_missing_policy_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match=r"nowhere\.json can't be used: No such file"):
        Policy.load(tmp_path / "nowhere.json")


def test_the_hash_names_the_content_and_not_its_layout() -> None:
    reordered = json.dumps(dict(reversed(document().items())), indent=7).encode()
    assert Policy.parse(reordered, "here").hash == POLICY.hash
    changed = Policy.parse(json.dumps(document() | {"tolerance_s": 901}).encode(), "here")
    assert changed.hash != POLICY.hash
    assert scored([]).policy == POLICY.hash


def test_no_float_is_on_the_path_to_a_score() -> None:
    sources = [*Path(fairness_module.__file__).parent.glob("*.py"), Path(ledger.outcomes.__file__)]
    assert len(sources) >= 6
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{source}:{node.lineno}"
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), f"{source}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round", "sqrt")), f"{source}:{node.lineno}"
