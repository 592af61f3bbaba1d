"""What becomes of promises in all the ways that the contract allows."""

from collections.abc import Mapping
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
from ledger.promises import Promise, promise_id, signer_hash
from ledger.scoring.policy import Policy
from ledger.scoring.tallies import tally
from ledger.units import ZERO_DIGEST, PromiseId, Timestamp
from tests.support.build import COMPANY, DAY, NOON, History, a_promise

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


def test_a_company_that_is_its_own_customer_witnesses_nothing() -> None:
    own = lived(FULFILMENT, (Confirmed, {**THANKS[1], "actor": signer_hash(COMPANY)}))
    assert (own.status, own.confirmed_at) == (Status.CONFIRMED, None)
    assert tally([own], AFTER, Policy.standard()).total().confirmed == 0
    theirs = lived(FULFILMENT, THANKS)
    assert tally([theirs], AFTER, Policy.standard()).total().confirmed == 1


@pytest.mark.parametrize(
    "events, status, expected",
    [
        ([(Accepted, {})], Status.OPEN, Outcome.BROKEN),
        ([(HandedOff, {"giver": 1, "taker": 2, "channel": 3}), FULFILMENT], Status.FULFILLED, Outcome.KEPT),
        ([(Withdrawn, {"reason": ZERO_DIGEST, "consented": False})], Status.WITHDRAWN, Outcome.BROKEN),
        ([(Withdrawn, {"reason": ZERO_DIGEST, "consented": True})], Status.WITHDRAWN, Outcome.RELEASED),
        ([FULFILMENT, DISPUTE], Status.DISPUTED, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, ANSWER], Status.DISPUTED, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, UPHELD], Status.UPHELD, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, DISMISSED], Status.DISMISSED, Outcome.KEPT),
        ([FULFILMENT, DISPUTE, REMEDY], Status.DISPUTED, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, REMEDY, TAKEN], Status.CONFIRMED, Outcome.BROKEN),
        ([FULFILMENT, DISPUTE, UPHELD, REMEDY, TAKEN], Status.CONFIRMED, Outcome.BROKEN),
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


def test_what_was_released_counts_for_nothing() -> None:
    found, _, _ = amended(consented=False)
    counted = tally(found.values(), AFTER, Policy.standard())
    assert (counted.released, counted.open, counted.total().matured) == (1, 0, 1)


def test_a_disputed_fulfilment_has_no_credit() -> None:
    total = tally([lived(FULFILMENT, DISPUTE)], AFTER, Policy.standard()).total()
    assert (total.broken, total.credit_bp, total.confirmed) == (1, 0, 0)
