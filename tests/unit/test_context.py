"""What peers teach: a prior by its moments, estimates between prior and record, and how much a promise dares."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.outcomes import Standing
from ledger.scoring.context import Ambition, Expectation, ambition, estimates, prior, services_of
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import reliability
from ledger.scoring.rows import FINE, PEERS, Book, Peers
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.units import WHOLE, Timestamp
from tests.support.build import DAY, NOON, a_customer, a_standing
from tests.support.histories import histories

POLICY = Policy.named("standard")
LATER = Timestamp(NOON + 60 * DAY)
USUAL = Expectation((WHOLE // 2, WHOLE), (2, 1))


def market_of(*companies: list[Standing], as_of: Timestamp = LATER) -> Book:
    market = Book()
    for company in companies:
        market.put(update(market, peers_shares({}, fold(company, as_of, POLICY).rows), POLICY))
    return market


def company(kept: int, of: int) -> list[Standing]:
    return [a_standing(0 if n < kept else None, number=n, customer=a_customer(n)) for n in range(of)]


def peers(*companies: tuple[int, int]) -> Peers:
    market = market_of(*[company(kept, of) for kept, of in companies])
    (row,) = [row for key, row in market.rows.items() if key == PEERS + key[1:9]]
    return Peers(*row)


def test_few_companies_teach_nothing() -> None:
    few = prior(peers(*[(9, 10)] * 9), POLICY)
    assert few == USUAL
    assert prior(Peers(), POLICY) == few
    assert Fraction(*prior(peers(*[(9, 10)] * 10), POLICY).mean) == Fraction(9, 10)


def test_companies_that_are_alike_teach_much_and_unlike_ones_little() -> None:
    assert prior(peers(*[(80, 100)] * 12), POLICY).strength == (POLICY.prior.strongest, 1)
    assert prior(peers(*[(0, 100), (100, 100)] * 6), POLICY).strength == (POLICY.prior.strength, 1)


def test_the_moments_find_the_beta_distribution_that_made_them() -> None:
    """Kleinman's estimator on simulated companies: mean .8, strength 8."""
    random = Random(3)
    drawn = []
    for _ in range(400):
        rate = random.betavariate(6.4, 1.6)
        drawn.append((sum(random.random() < rate for _ in range(60)), 60))
    found = prior(peers(*drawn), POLICY)
    assert float(Fraction(*found.mean)) == pytest.approx(0.8, abs=0.02)
    assert float(Fraction(*found.strength)) == pytest.approx(8, rel=0.2)


sizes = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=10, max_size=14)


@given(sizes)
def test_the_prior_is_kleinman_s_to_the_last_digit(drawn: list[tuple[int, int]]) -> None:
    found = prior(learnt := peers(*[(kept, kept + failed + 1) for kept, failed in drawn]), POLICY)
    count, total = learnt.companies, learnt.matured
    mean = Fraction(learnt.credit, POINT * total)
    spread = Fraction(learnt.credit_squares, FINE * POINT**2) - total * mean**2
    room = mean * (1 - mean) * (total - Fraction(learnt.matured_squares, total) - (count - 1))
    correlation = (spread - mean * (1 - mean) * (count - 1)) / room if room > 0 else 0
    least, most = POLICY.prior.strength, POLICY.prior.strongest
    strength = min(max(1 / correlation - 1, least), most) if correlation > 0 else most
    assert (Fraction(*found.mean), Fraction(*found.strength)) == (mean, strength)


@settings(max_examples=1000, deadline=None)
@given(histories, st.lists(histories, max_size=3))
def test_an_estimate_lies_between_the_prior_and_the_record(own: list[Standing], others: list[list[Standing]]) -> None:
    rows = fold(own, LATER, POLICY)
    whole, _ = reliability(rows, LATER, POLICY)
    estimate, by_service = estimates(services_of(rows, market_of(own, *others)), whole.evidence, POLICY)
    ends = sorted([whole.credited.rate, POLICY.prior.mean_ppm])
    if whole.evidence.weight:
        assert ends[0] - 1 <= estimate <= ends[1] + 1
    assert all(0 <= each.expected <= WHOLE for each in by_service)
    assert not any(each.learnt for each in by_service)


def test_much_evidence_outweighs_the_prior() -> None:
    own = company(5000, 5000)
    whole, _ = reliability(fold(own, LATER, POLICY), LATER, POLICY)
    estimate, _ = estimates(services_of(fold(own, LATER, POLICY), market_of(own)), whole.evidence, POLICY)
    assert estimate > 998_000


def timed(takes: list[int], duration: int) -> list[Standing]:
    return [
        a_standing(each - duration, number=n, customer=a_customer(n), duration=duration) for n, each in enumerate(takes)
    ]


def dared(own: list[Standing], market: Book) -> Ambition:
    rows = fold(own, LATER, POLICY)
    return ambition(rows, services_of(rows, market))


def test_ambition_asks_what_peers_would_have_kept_within_the_same_times() -> None:
    own, other = timed([1000, 3000], 2000), timed([500, 1500, 2500, 5000], 6000)
    market = market_of(own, other)
    # Of the others' four, two took less than 2000 seconds: half of two is expected. One was kept; the others keep all.
    assert dared(own, market) == Ambition(1, 1000, 2000)
    # Of the first's two, both took less than 6000; it kept one by its own deadlines.
    assert dared(other, market) == Ambition(4, 4000, 2000)


def test_all_peers_are_within_a_time_far_longer_than_any_took() -> None:
    own, other = timed([1000], 300 * DAY), timed([500, 1500], 6000)
    assert dared(own, market_of(own, other)).expected_milli == 1000


def test_a_service_without_peers_is_left_out() -> None:
    own = timed([1000], 2000)
    assert dared(own, market_of(own)).ratio is None


def test_what_peers_never_did_counts_against_them() -> None:
    own = timed([1000], 2000)
    broken = [a_standing(None, customer=a_customer(5))]
    assert dared(own, market_of(own, timed([1000], 2000), broken)).expected_milli == 500
