"""Each action: what it records, what it moves, and what it refuses."""

from dataclasses import replace
from typing import Any

import ape
import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager

from ledger.promises import Promise, packed, promise_id, signer_hash
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Timestamp, digest_of
from tests.contract.conftest import address_of, words

NONE, OPEN, FULFILLED, CONFIRMED = range(4)
DAY = 86_400
EVIDENCE = digest_of(b"evidence")


def state(ledger: ContractInstance, promise: Promise) -> tuple[int, int, int, int]:
    """Status, fulfilledAt, lastAt, flags."""
    found = ledger.stateOf(promise_id(promise))
    return found.status, found.fulfilledAt, found.lastAt, found.flags


def test_register_opens_a_history(ledger: ContractInstance, company: AccountAPI) -> None:
    assert bytes(ledger.headOf(company)) == ZERO_DIGEST
    receipt = ledger.register(digest_of(b"profile"), "ipfs://profile", sender=company)
    (event,) = receipt.decode_logs(ledger.Registered)
    assert event.company == company.address
    assert bytes(event.actor) == signer_hash(address_of(company))
    assert bytes(event.profile) == digest_of(b"profile")
    assert event.uri == "ipfs://profile"
    assert bytes(event.head) == bytes(ledger.headOf(company)) != ZERO_DIGEST


def test_register_again_continues_the_history(registered: ContractInstance, company: AccountAPI) -> None:
    before = registered.headOf(company)
    registered.register(digest_of(b"profile"), "ipfs://profile", sender=company)
    assert registered.headOf(company) != before


def test_make_opens_the_promise(registered: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    receipt = registered.make(words(promise), sender=company)
    (event,) = receipt.decode_logs(registered.Made)
    assert bytes(event.id) == promise_id(promise) == bytes(registered.idOf(words(promise)))
    assert (event.schedule, event.labels) == packed(promise)
    assert bytes(event.head) == bytes(registered.headOf(company))
    assert state(registered, promise) == (OPEN, 0, receipt.timestamp, 0)
    assert registered.stateOf(promise_id(promise)).company == company.address


def test_make_refuses_an_unregistered_company(ledger: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    with ape.reverts(ledger.NotRegistered, company=company.address):
        ledger.make(words(promise), sender=company)


def test_make_refuses_another_company(
    registered: ContractInstance, company: AccountAPI, stranger: AccountAPI, promise: Promise
) -> None:
    with ape.reverts(registered.NotTheCompany, actor=signer_hash(address_of(stranger)), company=company.address):
        registered.make(words(promise), sender=stranger)


def test_make_refuses_the_same_promise_twice(registered: ContractInstance, company: AccountAPI, made: Promise) -> None:
    with ape.reverts(registered.WrongStatus, id=promise_id(made), actual=OPEN, needed=NONE):
        registered.make(words(made), sender=company)


@pytest.mark.parametrize("seconds", [0, 1, 10_000])
def test_make_refuses_a_due_time_that_is_not_ahead(
    registered: ContractInstance, company: AccountAPI, promise: Promise, chain: ChainManager, seconds: int
) -> None:
    moment = chain.pending_timestamp + 20_000
    chain.pending_timestamp = moment
    late = replace(promise, due_at=Timestamp(moment - seconds))
    with ape.reverts(registered.DueInThePast, dueAt=late.due_at, blockTime=moment):
        registered.make(words(late), sender=company)


def test_make_refuses_a_dispute_window_under_a_day(
    registered: ContractInstance, company: AccountAPI, promise: Promise
) -> None:
    with ape.reverts(registered.DisputeWindowTooShort, disputeWindow=DAY - 1, minimum=DAY):
        registered.make(words(replace(promise, dispute_window=DAY - 1)), sender=company)


def test_make_refuses_the_company_as_its_own_arbiter(
    registered: ContractInstance, company: AccountAPI, promise: Promise
) -> None:
    with ape.reverts(registered.ArbiterIsCompany, company=company.address):
        registered.make(words(replace(promise, arbiter=promise.company)), sender=company)


def test_make_refuses_a_promise_that_nobody_could_contest(
    registered: ContractInstance, company: AccountAPI, to_public: Promise
) -> None:
    alone = replace(to_public, arbiter=ZERO_ADDRESS)
    with ape.reverts(registered.Uncontestable, id=promise_id(alone)):
        registered.make(words(alone), sender=company)


@pytest.mark.parametrize("field", ["experience", "stage", "stakes"])
@pytest.mark.parametrize("code", [4, 255])
def test_make_refuses_a_code_above_three(
    registered: ContractInstance, company: AccountAPI, promise: Promise, field: str, code: int
) -> None:
    change: dict[str, Any] = {field: code}
    wrong = replace(promise, **change)
    with ape.reverts(registered.CodeOutOfRange, experience=wrong.experience, stage=wrong.stage, stakes=wrong.stakes):
        registered.make(words(wrong), sender=company)


def test_fulfil_records_the_time_and_the_evidence(
    registered: ContractInstance, company: AccountAPI, made: Promise
) -> None:
    receipt = registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    (event,) = receipt.decode_logs(registered.Fulfilled)
    assert (bytes(event.id), bytes(event.evidence)) == (promise_id(made), EVIDENCE)
    assert bytes(event.head) == bytes(registered.headOf(company))
    assert state(registered, made) == (FULFILLED, receipt.timestamp, receipt.timestamp, 0)


def test_fulfil_after_the_due_time_is_recorded_as_late(
    registered: ContractInstance, company: AccountAPI, made: Promise, chain: ChainManager
) -> None:
    chain.pending_timestamp = made.due_at + 1
    receipt = registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    assert receipt.timestamp == made.due_at + 1
    assert state(registered, made)[:2] == (FULFILLED, made.due_at + 1)


def test_fulfil_refuses_a_promise_never_made(
    registered: ContractInstance, company: AccountAPI, promise: Promise
) -> None:
    with ape.reverts(registered.WrongStatus, id=promise_id(promise), actual=NONE, needed=OPEN):
        registered.fulfil(promise_id(promise), EVIDENCE, sender=company)


def test_fulfil_refuses_a_stranger(
    registered: ContractInstance, company: AccountAPI, stranger: AccountAPI, made: Promise
) -> None:
    with ape.reverts(registered.NotTheCompany, actor=signer_hash(address_of(stranger)), company=company.address):
        registered.fulfil(promise_id(made), EVIDENCE, sender=stranger)


def test_fulfil_refuses_a_second_time(registered: ContractInstance, company: AccountAPI, made: Promise) -> None:
    registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    with ape.reverts(registered.WrongStatus, id=promise_id(made), actual=FULFILLED, needed=OPEN):
        registered.fulfil(promise_id(made), EVIDENCE, sender=company)


def test_confirm_by_the_customer_keeps_the_rating(
    registered: ContractInstance, company: AccountAPI, customer: AccountAPI, made: Promise, salt: bytes
) -> None:
    fulfilled_at = registered.fulfil(promise_id(made), EVIDENCE, sender=company).timestamp
    receipt = registered.confirm(words(made), salt, 5, sender=customer)
    (event,) = receipt.decode_logs(registered.Confirmed)
    assert (event.byArbiter, event.rating) == (False, 5)
    assert bytes(event.actor) == signer_hash(address_of(customer))
    assert bytes(event.head) == bytes(registered.headOf(company))
    assert state(registered, made) == (CONFIRMED, fulfilled_at, receipt.timestamp, 5 << 5)


def test_confirm_by_the_arbiter_of_a_promise_to_the_public(
    registered: ContractInstance, company: AccountAPI, arbiter: AccountAPI, to_public: Promise
) -> None:
    registered.make(words(to_public), sender=company)
    registered.fulfil(promise_id(to_public), EVIDENCE, sender=company)
    receipt = registered.confirm(words(to_public), ZERO_DIGEST, 0, sender=arbiter)
    (event,) = receipt.decode_logs(registered.Confirmed)
    assert (event.byArbiter, event.rating) == (True, 0)
    assert state(registered, to_public)[0::3] == (CONFIRMED, 1 << 4)


def test_confirm_refuses_before_the_fulfilment(
    registered: ContractInstance, customer: AccountAPI, made: Promise, salt: bytes
) -> None:
    with ape.reverts(registered.WrongStatus, id=promise_id(made), actual=OPEN, needed=FULFILLED):
        registered.confirm(words(made), salt, 5, sender=customer)


def test_confirm_refuses_a_second_time(
    registered: ContractInstance, company: AccountAPI, customer: AccountAPI, made: Promise, salt: bytes
) -> None:
    registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    registered.confirm(words(made), salt, 5, sender=customer)
    with ape.reverts(registered.WrongStatus, id=promise_id(made), actual=CONFIRMED, needed=FULFILLED):
        registered.confirm(words(made), salt, 1, sender=customer)


def test_confirm_refuses_company_stranger_and_a_wrong_salt(
    registered: ContractInstance,
    company: AccountAPI,
    customer: AccountAPI,
    stranger: AccountAPI,
    made: Promise,
    salt: bytes,
) -> None:
    registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    for caller, shown in [(company, salt), (stranger, salt), (customer, ZERO_DIGEST)]:
        with ape.reverts(registered.NotACounterparty, actor=signer_hash(address_of(caller)), id=promise_id(made)):
            registered.confirm(words(made), shown, 5, sender=caller)


def test_confirm_refuses_terms_that_were_not_made(
    registered: ContractInstance, company: AccountAPI, stranger: AccountAPI, made: Promise
) -> None:
    registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    forged = replace(made, arbiter=address_of(stranger))
    with ape.reverts(registered.WrongStatus, id=promise_id(forged), actual=NONE, needed=FULFILLED):
        registered.confirm(words(forged), ZERO_DIGEST, 5, sender=stranger)


def test_confirm_refuses_a_rating_above_five(
    registered: ContractInstance, company: AccountAPI, customer: AccountAPI, made: Promise, salt: bytes
) -> None:
    registered.fulfil(promise_id(made), EVIDENCE, sender=company)
    with ape.reverts(registered.RatingOutOfRange, rating=6):
        registered.confirm(words(made), salt, 6, sender=customer)


def test_multicall_equals_the_same_actions_one_by_one(
    registered: ContractInstance, company: AccountAPI, promise: Promise
) -> None:
    other = replace(promise, nonce=2)
    calls = [
        registered.make.encode_input(words(promise)),
        registered.make.encode_input(words(other)),
        registered.fulfil.encode_input(promise_id(other), EVIDENCE),
    ]
    receipt = registered.multicall(calls, sender=company)
    assert [log.event_name for log in receipt.events] == ["Made", "Made", "Fulfilled"]
    assert state(registered, promise)[0] == OPEN
    assert state(registered, other)[0] == FULFILLED
    assert bytes(receipt.events[-1].head) == bytes(registered.headOf(company))


def test_multicall_does_all_or_nothing(registered: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    before = registered.headOf(company)
    calls = [registered.make.encode_input(words(promise))] * 2
    with ape.reverts(registered.WrongStatus, id=promise_id(promise), actual=OPEN, needed=NONE):
        registered.multicall(calls, sender=company)
    assert state(registered, promise)[0] == NONE
    assert registered.headOf(company) == before
