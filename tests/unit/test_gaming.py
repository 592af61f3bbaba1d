"""Ways to look better than one is, and how little each gains: the table of docs/scoring.md, row by row."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest

from ledger.lives import lives_of
from ledger.outcomes import Standing, Status
from ledger.scoring.collusion import ring
from ledger.scoring.drift import burns
from ledger.scoring.fairness import Fairness
from ledger.scoring.policy import Policy
from ledger.scoring.recent import recent_of
from ledger.scoring.reliability import Stratum
from ledger.scoring.rows import Book
from ledger.scoring.score import Caution, Grade, Score, score
from ledger.scoring.tallies import fold, peers_shares, update
from ledger.units import WHOLE, ZERO_DIGEST, Address, BlockNumber, Timestamp, show_hex
from scripts.score_vectors import START, Story
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_policy, a_standing

REAL = 258
"""Customers of the firm, of whom somebody trusted vouches."""
LISTED = {"customers": sorted(show_hex(a_customer(number)) for number in range(REAL))}
STRICT = a_policy("strict", **LISTED)
STANDARD = Policy.named("standard")
TRUSTING = a_policy("strict", unlisted_ppm=WHOLE)


def scored(standings: Iterable[Standing], policy: Policy, *peers: Iterable[Standing], as_of: int = NOON) -> Score:
    book, market = fold(standings, Timestamp(as_of), policy), Book()
    for each in (book, *[fold(peer, Timestamp(as_of), policy) for peer in peers]):
        market.put(update(market, peers_shares({}, each.rows), policy))
    return score(book, market, BlockNumber(1), Timestamp(as_of), policy)


def firm(kept_of_ten: int = 6, count: int = REAL) -> list[Standing]:
    """A firm that keeps so many of ten promises, each to a customer of its own, who countersigned it."""
    return [
        a_standing(
            0 if n % 10 < kept_of_ten else None,
            customer=a_customer(n),
            confirmed=n % 10 < kept_of_ten,
            countersigned=True,
        )
        for n in range(count)
    ]


def fakes(sybils: int, each: int, **fields: Any) -> list[Standing]:
    """Promises to customers that the firm made up, all kept and confirmed."""
    return [
        a_standing(0, customer=a_customer(10_000 + sybil), confirmed=True, **fields)
        for sybil in range(sybils)
        for _ in range(each)
    ]


def test_a_hundred_made_up_customers_add_what_their_word_weighs_and_no_more() -> None:
    honest, padded = scored(firm(), STRICT), scored([*firm(), *fakes(100, 1000)], STRICT)
    # Sybils · κ/ρ.
    most = 1000 * 100 * 5 // 10
    assert padded.reliability.evidence.milli - honest.reliability.evidence.milli <= most
    both = scored([*firm(), *fakes(100, 1000), *fakes(100, 1000, stakes=3)], STRICT).strata
    assert both[Stratum.ROUTINE].evidence == padded.strata[Stratum.ROUTINE].evidence
    assert both[Stratum.CRITICAL].evidence.milli <= most
    assert padded.floor is not None
    assert padded.floor <= 630_000
    assert scored([*firm(), *fakes(100, 1000)], TRUSTING).reliability.credited.rate > 860_000


@pytest.mark.parametrize("sybils", [40, 400, 4000])
def test_made_up_customers_alone_make_no_badge_green_under_the_strict_policy(sybils: int) -> None:
    """Under the standard one they do, as the documentation says: it takes every customer's word for a half."""
    assert scored(fakes(sybils, 1), STRICT).grade in (Grade.GREY, Grade.AMBER)
    assert scored(fakes(sybils, 1), STANDARD).grade is Grade.GREEN


def test_a_thousand_promises_to_one_made_up_customer_move_the_floor_by_a_point_at_the_most() -> None:
    honest = scored(firm(count=300), TRUSTING)
    for services in (["delivery"], [f"delivery {number}" for number in range(1000)]):
        split = [fakes(1, 1, service=service)[0] for service in services for _ in range(1000 // len(services))]
        padded = scored([*firm(count=300), *split], TRUSTING)
        assert honest.floor is not None
        assert padded.floor is not None
        assert 0 <= padded.floor - honest.floor <= 10_000


def test_what_the_firm_alone_says_is_done_never_earns_the_top_badge() -> None:
    said = [a_standing(0, customer=a_customer(n)) for n in range(5000)]
    result = scored(said, STRICT)
    assert result.floor is not None
    assert result.floor >= STRICT.green_from_ppm
    assert result.grade is not Grade.GREEN


def test_one_customer_s_bad_word_moves_the_rate_by_its_capped_share_at_the_most() -> None:
    before = scored(firm(9), STRICT)
    slandered = [*firm(9), *[a_standing(None, customer=a_customer(0), countersigned=True) for _ in range(1000)]]
    after = scored(slandered, STRICT)
    assert before.reliability.credited.rate - after.reliability.credited.rate <= 5 * WHOLE // REAL
    stranger = [*firm(9), *[a_standing(None, customer=a_customer(99_999)) for _ in range(1000)]]
    moved = before.reliability.credited.rate - scored(stranger, STRICT).reliability.credited.rate
    assert moved <= WHOLE // (2 * REAL)


@pytest.mark.parametrize("policy", [STRICT, TRUSTING, STANDARD], ids=["strict", "trusting", "standard"])
def test_a_new_name_stands_below_any_that_has_shown_itself(policy: Policy) -> None:
    fresh = scored([], policy)
    assert (fresh.floor, fresh.reliability.credited.low, fresh.grade) == (None, 0, Grade.GREY)
    known = scored(firm(5, 2 * policy.min_evidence * WHOLE // policy.unlisted_ppm), policy)
    assert known.floor is not None
    assert known.floor > 0


def paced(company: int, count: int, stretch: int, random: Random) -> list[Standing]:
    """Promises that take as long as anybody's, with deadlines `stretch` times as far off as others give."""
    made = []
    for n in range(count):
        takes, duration = random.randint(1800, 7200), 4500 * stretch
        due = NOON - 20 * DAY + n * 60
        made.append(
            a_standing(takes - duration, customer=a_customer(company * 100_000 + n), due_at=due, duration=duration)
        )
    return made


def test_doubling_every_deadline_keeps_more_and_dares_less() -> None:
    random = Random(7)
    peers = [paced(number, 400, 1, random) for number in range(1, 12)]
    usual = scored(paced(20, 2000, 1, random), TRUSTING, *peers)
    doubled = scored(paced(21, 2000, 2, random), TRUSTING, *peers)
    assert doubled.reliability.strict.rate > usual.reliability.strict.rate + 400_000
    assert usual.ambition.ratio is not None
    assert doubled.ambition.ratio is not None
    assert usual.ambition.ratio == pytest.approx(WHOLE, rel=0.05)
    # Within chance, not above what it was.
    assert doubled.ambition.ratio <= usual.ambition.ratio * 105 // 100
    assert Caution.PADDED in doubled.cautions
    assert Caution.PADDED not in usual.cautions
    kept_all = [standing for standing in paced(22, 2000, 3, random) if standing.fulfilled_at]
    assert Caution.PADDED in scored(kept_all, TRUSTING, *peers).cautions


def test_who_is_as_quick_as_its_peers_within_tighter_deadlines_pads_nothing() -> None:
    random = Random(8)
    peers = [paced(number, 400, 2, random) for number in range(1, 12)]
    assert Caution.PADDED not in scored(paced(20, 2000, 1, random), TRUSTING, *peers).cautions


def test_impossible_promises_are_not_amended_away() -> None:
    """Forty of a hundred can't be kept: the firm puts easier ones in their place, alone, and keeps those."""
    kept = [a_standing(0, customer=a_customer(n), countersigned=True) for n in range(60)]
    broken = [a_standing(None, customer=a_customer(n), countersigned=True) for n in range(60, 100)]
    amended = [a_standing(0, customer=a_customer(n), unilateral=True) for n in range(60, 100)]
    honest, clever = scored([*kept, *broken], STANDARD), scored([*kept, *amended], STANDARD)
    assert honest.floor == clever.floor
    assert clever.counts.kept == 60
    agreed = [a_standing(0, customer=a_customer(n), unilateral=True, confirmed=True) for n in range(60, 100)]
    assert scored([*kept, *agreed], STANDARD).counts.kept == 100


def test_amending_what_a_listed_customer_countersigned_makes_it_weigh_no_less() -> None:
    """As above, under a policy by which the customers' own signatures make their promises weigh ten times as much."""
    story, clever = Story(), Story()
    for number in range(100):
        for each in (story, clever):
            promise = each.accept(each.make(customer=a_customer(number)), START - 600)
            if number < 60:
                each.fulfil(promise)
            elif each is clever:
                each.fulfil(each.amend(promise, START - 60, due_at=Timestamp(START + DAY)))
    honest, gained = (scored(lives_of(each.told()).values(), STRICT, as_of=START + 2 * DAY) for each in (story, clever))
    assert honest.floor == gained.floor
    assert honest.reliability.evidence.milli == gained.reliability.evidence.milli


def test_naming_a_listed_customer_who_does_not_know_earns_no_weight() -> None:
    named = [a_standing(0, customer=a_customer(n)) for n in range(REAL)]
    signed = [each._replace(countersigned=True) for each in named]
    ignorant, aware = scored(named, STRICT), scored(signed, STRICT)
    assert ignorant.reliability.evidence.milli * 9 < aware.reliability.evidence.milli


def test_a_puppet_s_confirmations_do_not_make_a_badge_green() -> None:
    said = [a_standing(0, customer=a_customer(n), countersigned=True) for n in range(REAL)]
    puppet = [each._replace(confirmed_at=NOON, confirmed_by_arbiter=True) for each in said]
    sybil = [*said, *fakes(1, 1000)]
    real = [each._replace(confirmed_at=NOON) for each in said]
    for history, grade in ((said, Grade.AMBER), (puppet, Grade.AMBER), (sybil, Grade.AMBER), (real, Grade.GREEN)):
        result = scored(history, STRICT)
        assert result.floor is not None
        assert result.floor >= STRICT.green_from_ppm
        assert result.grade is grade


def test_a_handful_of_made_up_critical_promises_does_not_lift_the_floor() -> None:
    real = [a_standing(0 if n % 39 < 31 else None, customer=a_customer(n)) for n in range(39)]
    fake = [a_standing(0, customer=a_customer(1000 + n)) for n in range(40)]
    together = scored([*real, *fake], STANDARD).floor
    apart = scored([*real, *[each._replace(stakes=3) for each in fake]], STANDARD).floor
    assert together is not None
    assert apart is not None
    assert apart <= together


def test_a_puppet_does_not_hide_that_disputes_were_never_answered() -> None:
    late = NOON + STANDARD.answer_s
    open_: dict[str, Any] = {"status": Status.DISPUTED, "disputed_at": NOON}
    settled: dict[str, Any] = {
        "status": Status.DISMISSED,
        "dismissed": True,
        "disputed_at": NOON,
        "settled_at": Timestamp(late),
    }
    for fields in (open_, settled, open_ | {"answered_at": Timestamp(late)}):
        result = scored(
            [a_standing(0, customer=a_customer(n), **fields) for n in range(40)], STANDARD, as_of=late + DAY
        )
        assert result.counts.broken == 40
        assert result.fairness.conduct["unanswered"].bad == 40
        assert result.reliability.credited.high < 300_000


def test_a_ruling_at_once_leaves_the_company_nothing_to_answer() -> None:
    fields: dict[str, Any] = {"status": Status.UPHELD, "upheld": True, "disputed_at": NOON, "settled_at": NOON}
    result = scored([a_standing(0, customer=a_customer(n), **fields) for n in range(40)], STANDARD)
    assert result.fairness.conduct["unanswered"].cases == 0


def test_a_puppet_s_thanks_for_a_remedy_to_the_public_earn_nothing() -> None:
    public = [a_standing(None, due_at=NOON - n * DAY, accepted=True, owned=True) for n in range(60)]
    assert scored(public, STANDARD).reliability.credited.rate == 0
    listed = a_policy(arbiters=[show_hex(ARBITER)])
    assert scored(public, listed).reliability.credited.rate == 300_000


@pytest.mark.parametrize(
    "labels",
    [
        lambda n: {"cohort": 2, "service": "another"},
        lambda n: {"cohort": 0},
        lambda n: {"cohort": 8},
        lambda n: {"cohort": 3 + n % 11},
    ],
    ids=["a service of their own", "no cohort", "a cohort that is not compared", "many small cohorts"],
)
def test_who_treats_customers_worse_is_not_fair_by_any_labels(labels: Callable[[int], dict[str, Any]]) -> None:
    good = [a_standing(0, cohort=cohort, customer=a_customer(n)) for cohort in (1, 2) for n in range(2000)]
    bad = [a_standing(0 if n % 2 else None, customer=a_customer(9000 + n), owned=True, **labels(n)) for n in range(600)]
    assert scored(good, STANDARD).fairness.state is Fairness.FAIR
    assert scored([*good, *bad], STANDARD).fairness.state is not Fairness.FAIR


@pytest.mark.parametrize("tokens", [1, 30, 150])
@pytest.mark.parametrize("late", [0, None])
def test_a_few_promises_to_the_others_do_not_make_a_service_comparable(tokens: int, late: int | None) -> None:
    """A service is for one cohort, half of it broken; so that it counts as shared, some of the other get it too."""
    good = [a_standing(0, cohort=cohort, customer=a_customer(n)) for cohort in (1, 2) for n in range(2000)]
    bad = [
        a_standing(0 if n % 2 else None, cohort=2, service="another", customer=a_customer(9000 + n), owned=True)
        for n in range(600)
    ]
    token = [a_standing(late, cohort=1, service="another", customer=a_customer(99_000 + n)) for n in range(tokens)]
    assert scored([*good, *bad, *token], STANDARD).fairness.outcome[0].state is not Fairness.FAIR


def test_one_customer_tips_no_gap_either_way() -> None:
    def cohort(number: int, kept_of_ten: int) -> list[Standing]:
        return [
            a_standing(0 if n % 10 < kept_of_ten else None, cohort=number, customer=a_customer(1000 * number + n))
            for n in range(400)
        ]

    unlike, alike = [*cohort(1, 9), *cohort(2, 5)], [*cohort(1, 9), *cohort(2, 9)]
    made_up = [a_standing(0, cohort=2, customer=a_customer(9)) for _ in range(5000)]
    slander = [a_standing(None, cohort=2, customer=a_customer(9), owned=True) for _ in range(5000)]
    assert scored([*unlike, *made_up], STANDARD).fairness.outcome[0].state is Fairness.UNFAIR
    before, after = (scored(history, STANDARD).fairness.outcome[0] for history in (alike, [*alike, *slander]))
    assert after.state is not Fairness.UNFAIR
    assert abs(after.estimate - before.estimate) <= 5 * WHOLE // 400


def test_gaps_do_not_give_away_a_cohort_that_is_hidden() -> None:
    sizes = ((1, 12), (2, 30), (3, 90))
    history = [a_standing(0, cohort=cohort, customer=a_customer(n)) for cohort, size in sizes for n in range(size)]
    figure = scored(history, STANDARD).fairness
    assert [each.cohort for each in figure.cohorts if each.kept] == [3]
    assert (figure.outcome, figure.remedy) == ((), ())


def rings(history: list[Standing], as_of: int) -> bool:
    now = Timestamp(as_of)
    rows = fold(history, now, STANDARD)
    return any(burn.rings for burn in burns(rows, recent_of(rows, now, STANDARD).counts, now, STANDARD))


@pytest.mark.parametrize("fails_of_ten, within", [(10, 10), (5, 70)])
def test_who_milks_a_good_name_is_found_out_within_so_many_failures(fails_of_ten: int, within: int) -> None:
    """Ninety days of twenty promises with one in twenty broken; then so many of ten are."""
    for seed in range(20):
        random = Random(seed)
        history = [
            a_standing(
                0 if random.random() < 0.95 else None, customer=a_customer(day * 20 + n), due_at=NOON + day * DAY
            )
            for day in range(90)
            for n in range(20)
        ]
        assert not rings(history, NOON + 89 * DAY)
        failures = number = 0
        while failures <= within:
            day = 90 + number // 20
            broken = random.randrange(10) < fails_of_ten
            failures += broken
            number += 1
            customer = a_customer(1_000_000 + number)
            history.append(a_standing(None if broken else 0, customer=customer, due_at=NOON + day * DAY))
            if broken and rings(history, NOON + day * DAY):
                break
        assert failures <= within, f"seed {seed}"


def test_who_treats_one_cohort_worse_is_unfair() -> None:
    favoured = [
        a_standing(0 if n % 100 < kept else None, cohort=cohort, customer=a_customer(n), owned=True)
        for cohort, kept in ((1, 90), (2, 75))
        for n in range(1000)
    ]
    assert scored(favoured, STRICT).fairness.state is Fairness.UNFAIR


def test_an_arbiter_of_one_s_own_decides_nothing_for_the_floor() -> None:
    """The firm's puppet dismisses all disputes; unless the policy lists it, they stay open."""
    ruled: dict[str, Any] = {"status": Status.DISMISSED, "dismissed": True, "disputed_at": NOON, "answered_at": NOON}
    dismissed = [a_standing(0, customer=a_customer(n), countersigned=True, **ruled) for n in range(REAL)]
    alone = scored(dismissed, STRICT)
    assert (alone.floor, alone.reliability.credited.low) == (0, 0)
    assert alone.reliability.credited.high == WHOLE
    trusted = scored(dismissed, a_policy("strict", arbiters=[show_hex(ARBITER)], **LISTED))
    assert trusted.reliability.credited.low > 980_000


def test_an_unlisted_arbiter_s_public_promises_weigh_as_little_as_made_up_customers() -> None:
    due = [NOON + day * DAY for day in range(10) for _ in range(1000)]
    public = [a_standing(0, customer=ZERO_DIGEST, due_at=due_at, confirmed=True) for due_at in due]
    result = scored(public, a_policy("strict"), as_of=NOON + 9 * DAY)
    # Days · κ/ρ.
    assert result.reliability.evidence.milli <= 1000 * 10 * 5 // 10


A, B, C, D = (Address(bytes([number]) * 20) for number in range(1, 5))


def test_companies_that_confirm_each_other_are_flagged() -> None:
    graph = {A: {B}, B: {A, C}, C: {B}, D: {A}}
    assert ring(graph, A).mutual == (B,)
    assert ring(graph, A).component == (B, C)
    assert ring(graph, D).component == ring(graph, D).mutual == ()
    round_about = {A: {B}, B: {C}, C: {A}}
    assert (ring(round_about, A).mutual, ring(round_about, A).component) == ((), (B, C))
