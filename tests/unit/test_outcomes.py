"""What becomes of promises in all the ways that the contract allows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from ledger.errors import MalformedLog
from ledger.events import (
    Accepted,
    Answered,
    Confirmed,
    Disputed,
    Fulfilled,
    HandedOff,
    Matter,
    PromiseEvent,
    Remedied,
    Ruled,
    Withdrawn,
)
from ledger.indexer.project import project
from ledger.outcomes import Outcome, Standing, Status, outcome
from ledger.promises import Promise, promise_id, service_code, signer_hash
from ledger.scoring.policy import Policy
from ledger.scoring.rows import ALL, PENDING, Counts
from ledger.scoring.tallies import fold
from ledger.units import ZERO_DIGEST, PromiseId, Timestamp
from tests.support.build import COMPANY, DAY, NOON, History, a_customer, a_promise

POLICY = Policy.named("standard")
AFTER = Timestamp(NOON + 1)
DISPUTE = (Disputed, {"matter": Matter.FULFILMENT, "reason": ZERO_DIGEST})
UPHELD = (Ruled, {"upheld": True, "ruling": ZERO_DIGEST})
DISMISSED = (Ruled, {"upheld": False, "ruling": ZERO_DIGEST})
ANSWER = (Answered, {"response": ZERO_DIGEST})
REMEDY = (Remedied, {"kind": 2, "remedy": ZERO_DIGEST})
FULFILMENT = (Fulfilled, {"evidence": ZERO_DIGEST})
TAKEN = (Confirmed, {"by_arbiter": False, "matter": Matter.REMEDY, "rating": 3})
THANKS = (Confirmed, {"by_arbiter": False, "matter": Matter.FULFILMENT, "rating": 5})

Told = tuple[type[PromiseEvent], Mapping[str, object]]


def standings(history: History) -> dict[PromiseId, Standing]:
    return project(history.events, {}, {}).standings


def lived(*events: Told) -> Standing:
    history, promise = History(), a_promise()
    history.register()
    history.make(promise)
    for kind, fields in events:
        history.add(kind, promise, **fields)
    return standings(history)[promise_id(promise)]


def counted(promises: Iterable[Standing]) -> Counts:
    return Counts(*fold(promises, AFTER, POLICY).rows[ALL])


def test_a_company_that_is_its_own_customer_witnesses_nothing() -> None:
    own = lived(FULFILMENT, (Confirmed, {**THANKS[1], "actor": signer_hash(COMPANY)}))
    assert (own.status, own.confirmed_at) == (Status.CONFIRMED, None)
    assert counted([own]).confirmed == 0
    theirs = lived(FULFILMENT, THANKS)
    assert counted([theirs]).confirmed == 1


@pytest.mark.parametrize(
    "events, status, expected",
    [
        ([(Accepted, {})], Status.OPEN, Outcome.BROKEN),
        ([(HandedOff, {"giver": 1, "taker": 2, "channel": 3}), FULFILMENT], Status.FULFILLED, Outcome.KEPT),
        ([(Withdrawn, {"reason": ZERO_DIGEST, "consented": False})], Status.WITHDRAWN, Outcome.BROKEN),
        ([(Withdrawn, {"reason": ZERO_DIGEST, "consented": True})], Status.WITHDRAWN, Outcome.RELEASED),
        ([FULFILMENT, DISPUTE], Status.DISPUTED, Outcome.DISPUTED),
        ([FULFILMENT, DISPUTE, ANSWER], Status.DISPUTED, Outcome.DISPUTED),
        ([FULFILMENT, DISPUTE, UPHELD], Status.UPHELD, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, DISMISSED], Status.DISMISSED, Outcome.KEPT),
        ([FULFILMENT, DISPUTE, REMEDY], Status.DISPUTED, Outcome.DISPUTED),
        ([FULFILMENT, DISPUTE, REMEDY, TAKEN], Status.CONFIRMED, Outcome.REMEDIED),
        ([FULFILMENT, DISPUTE, UPHELD, REMEDY, TAKEN], Status.CONFIRMED, Outcome.REMEDIED),
        ([REMEDY], Status.REMEDIED, Outcome.BROKEN),
        ([FULFILMENT, THANKS], Status.CONFIRMED, Outcome.KEPT),
    ],
)
def test_each_way_through_life_has_its_outcome(events: list[Told], status: Status, expected: Outcome) -> None:
    standing = lived(*events)
    assert standing.status is status
    assert outcome(standing, AFTER) is expected


def test_an_arbiter_s_confirmation_falls_with_the_customer_s_dispute() -> None:
    by_arbiter: Told = (Confirmed, {"by_arbiter": True, "matter": Matter.FULFILMENT, "rating": 0})
    confirmed = lived(FULFILMENT, by_arbiter)
    assert confirmed.confirmed_at is not None
    assert confirmed.confirmed_by_arbiter
    disputed = lived(FULFILMENT, by_arbiter, DISPUTE)
    assert (disputed.confirmed_at, disputed.confirmed_by_arbiter) == (None, False)


@pytest.mark.parametrize(
    "events",
    [
        [FULFILMENT, FULFILMENT],
        [THANKS],
        [ANSWER],
        [UPHELD],
        [FULFILMENT, (Withdrawn, {"reason": ZERO_DIGEST, "consented": False})],
        [FULFILMENT, REMEDY],
        [(Withdrawn, {"reason": ZERO_DIGEST, "consented": False}), FULFILMENT],
        [FULFILMENT, DISPUTE, DISPUTE],
    ],
)
def test_what_the_contract_refuses_is_refused_of_a_node(events: list[Told]) -> None:
    with pytest.raises(MalformedLog, match="does not follow from"):
        lived(*events)


def amended(consented: bool) -> tuple[dict[PromiseId, Standing], Promise, Promise]:
    history, first = History(), a_promise()
    later = replace(first, due_at=Timestamp(NOON + DAY))
    history.register()
    history.make(first)
    history.amend(first, later, consented)
    return standings(history), first, later


def test_a_promise_that_the_company_alone_put_off_is_judged_by_its_first_due_time() -> None:
    found, first, later = amended(consented=False)
    assert outcome(found[promise_id(first)], AFTER) is Outcome.RELEASED
    assert found[promise_id(later)].due_at == first.due_at
    assert found[promise_id(later)].made_at == found[promise_id(first)].made_at
    assert outcome(found[promise_id(later)], AFTER) is Outcome.BROKEN


def test_a_promise_that_was_put_off_by_agreement_is_judged_by_its_own_due_time() -> None:
    found, first, later = amended(consented=True)
    assert outcome(found[promise_id(first)], AFTER) is Outcome.RELEASED
    assert found[promise_id(later)].due_at == later.due_at
    assert outcome(found[promise_id(later)], AFTER) is Outcome.OPEN


def test_a_company_can_t_relabel_a_promise_alone() -> None:
    history, first = History(), replace(a_promise(), stakes=3)
    history.register()
    history.make(first)
    other = replace(first, stakes=0, cohort=9, service=service_code("repair"))
    history.amend(first, other, consented=False)
    found = standings(history)[promise_id(other)]
    assert (found.stakes, found.cohort, found.service) == (3, first.cohort, first.service)
    assert found.unilateral


def test_a_promise_that_the_company_alone_put_in_another_s_place_weighs_what_that_did() -> None:
    history, first = History(), replace(a_promise(), customer=a_customer(1))
    other = replace(first, nonce=9)
    history.register()
    history.make(first)
    history.add(Accepted, first)
    history.amend(first, other, consented=False)
    found = standings(history)[promise_id(other)]
    assert found.countersigned
    assert found.unilateral


def test_what_the_customer_accepts_afterwards_was_not_changed_by_the_company_alone() -> None:
    history, first = History(), replace(a_promise(), customer=a_customer(1))
    other = replace(first, due_at=Timestamp(NOON + DAY))
    history.register()
    history.make(first)
    history.amend(first, other, consented=False)
    history.add(Accepted, other)
    history.fulfil(other)
    found = standings(history)[promise_id(other)]
    assert (found.countersigned, found.unilateral, found.due_at) == (True, False, first.due_at)
    assert counted([found]).kept == 1


def test_a_customer_who_accepts_what_has_fallen_due_does_not_make_it_weigh_more() -> None:
    for made_due, countersigned in ((NOON, True), (NOON - DAY + 3, False)):
        history, promise = History(), replace(a_promise(), customer=a_customer(1), due_at=Timestamp(made_due))
        history.register()
        history.make(promise)
        # The third event, a second after the second.
        assert history.add(Accepted, promise).at.time == NOON - DAY + 3
        assert standings(history)[promise_id(promise)].countersigned is countersigned


def test_what_was_released_counts_for_nothing() -> None:
    found, _, _ = amended(consented=False)
    rows = fold(found.values(), AFTER, POLICY).rows
    assert (rows[PENDING], rows[ALL][0]) == ((0, 1), 1)


def test_a_disputed_fulfilment_has_no_credit_at_the_least() -> None:
    total = counted([lived(FULFILMENT, DISPUTE)])
    assert (total.disputed, total.credit, total.confirmed) == (1, 0, 0)


def test_the_arbiter_s_word_takes_a_remedy_for_the_public_alone() -> None:
    by_arbiter: Told = (Confirmed, {"by_arbiter": True, "matter": Matter.REMEDY, "rating": 0})
    assert outcome(lived(REMEDY, by_arbiter), AFTER) is Outcome.REMEDIED
    history, promise = History(), replace(a_promise(), customer=a_customer(1))
    history.register()
    history.make(promise)
    for kind, fields in (REMEDY, by_arbiter):
        history.add(kind, promise, **fields)
    assert outcome(standings(history)[promise_id(promise)], AFTER) is Outcome.BROKEN
    history.add(Confirmed, promise, by_arbiter=False, matter=Matter.REMEDY, rating=0)
    assert outcome(standings(history)[promise_id(promise)], AFTER) is Outcome.REMEDIED


def test_a_remedy_before_any_dispute_is_owned_and_one_under_it_answers() -> None:
    assert lived(REMEDY).owned
    under = lived(FULFILMENT, DISPUTE, REMEDY)
    assert (under.owned, under.answered_at is not None) == (False, True)
    assert not lived(FULFILMENT, DISPUTE, UPHELD, REMEDY).owned


def test_a_second_dispute_has_times_of_its_own() -> None:
    first = lived(FULFILMENT, DISPUTE, ANSWER)
    again = (Disputed, {"matter": Matter.REMEDY, "reason": ZERO_DIGEST})
    second = lived(FULFILMENT, DISPUTE, ANSWER, UPHELD, REMEDY, again)
    assert first.answered_at is not None
    assert second.answered_at is None
    assert second.disputed_at is not None
    assert first.disputed_at is not None
    assert second.disputed_at > first.disputed_at


def test_work_that_comes_back_to_the_unit_that_gave_it_is_noted() -> None:
    def handed(*ways: tuple[int, int]) -> bool:
        return lived(*[(HandedOff, {"giver": giver, "taker": taker, "channel": 0}) for giver, taker in ways]).returned

    assert not handed((0, 1), (1, 2), (2, 3))
    assert handed((0, 1), (1, 0))
    assert handed((0, 1), (1, 2), (2, 1), (1, 3))
    assert not handed((0, 0))


def test_a_dispute_that_an_unlisted_arbiter_dismissed_stays_open_until_the_customer_confirms() -> None:
    assert counted([lived(FULFILMENT, DISPUTE, DISMISSED)]).disputed == 1
