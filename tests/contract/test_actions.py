"""The life of a promise on a real chain: each way through it, what is recorded, and who is turned away."""

from dataclasses import replace
from typing import Any

import ape
import pytest
from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager

from ledger.chain.contract import SENDER, UNSIGNED
from ledger.events import Matter
from ledger.outcomes import Status
from ledger.promises import Promise, packed, promise_id, signer_hash
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Timestamp, digest_of
from tests.contract.conftest import DAY, address_of, words

EVIDENCE = digest_of(b"evidence")
REASON = digest_of(b"reason")
NO_CONSENT = (False, ZERO_DIGEST, SENDER)
COUNTERSIGNED, ANSWERED, REMEDIED, DISPUTED, BY_ARBITER = (1 << bit for bit in range(5))


def state(ledger: ContractInstance, promise: Promise) -> tuple[int, int, int, int]:
    """Status, fulfilledAt, lastAt, flags."""
    found = ledger.stateOf(promise_id(promise))
    return found.status, found.fulfilledAt, found.lastAt, found.flags


def only_event(receipt: ReceiptAPI, kind: Any) -> Any:
    (event,) = receipt.decode_logs(kind)
    return event


def fulfil(ledger: ContractInstance, company: AccountAPI, promise: Promise) -> ReceiptAPI:
    return ledger.fulfil(promise_id(promise), EVIDENCE, sender=company)


@pytest.fixture
def done(registered: ContractInstance, company: AccountAPI, made: Promise) -> Promise:
    """`promise`, after it was fulfilled."""
    fulfil(registered, company, made)
    return made


def test_register_opens_a_history_and_goes_on_with_it(ledger: ContractInstance, company: AccountAPI) -> None:
    assert bytes(ledger.headOf(company)) == ZERO_DIGEST
    receipt = ledger.register(SENDER, company, digest_of(b"profile"), "ipfs://profile", UNSIGNED, sender=company)
    event = only_event(receipt, ledger.Registered)
    assert (event.company, event.uri) == (company.address, "ipfs://profile")
    assert bytes(event.actor) == signer_hash(address_of(company))
    assert bytes(event.head) == bytes(ledger.headOf(company)) != ZERO_DIGEST
    ledger.register(SENDER, company, digest_of(b"profile"), "ipfs://profile", UNSIGNED, sender=company)
    assert bytes(event.head) != bytes(ledger.headOf(company))


def test_nobody_registers_another(ledger: ContractInstance, company: AccountAPI, stranger: AccountAPI) -> None:
    with ape.reverts(ledger.NotTheCompany, actor=signer_hash(address_of(stranger)), company=company.address):
        ledger.register(SENDER, company, ZERO_DIGEST, "", UNSIGNED, sender=stranger)


def test_make_opens_the_promise(registered: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    receipt = registered.make(words(promise), sender=company)
    event = only_event(receipt, registered.Made)
    assert bytes(event.id) == promise_id(promise) == bytes(registered.idOf(words(promise)))
    assert (event.schedule, event.labels) == packed(promise)
    assert bytes(event.head) == bytes(registered.headOf(company))
    assert state(registered, promise) == (Status.OPEN, 0, receipt.timestamp, 0)
    assert registered.stateOf(promise_id(promise)).company == company.address


def test_make_refuses_an_unregistered_company(ledger: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    with ape.reverts(ledger.NotRegistered, company=company.address):
        ledger.make(words(promise), sender=company)


def test_make_refuses_the_same_promise_twice(registered: ContractInstance, company: AccountAPI, made: Promise) -> None:
    with ape.reverts(registered.AlreadyDone, id=promise_id(made), status=Status.OPEN):
        registered.make(words(made), sender=company)


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
    schedule, labels = packed(wrong)
    with ape.reverts(registered.CodeOutOfRange, schedule=schedule, labels=labels):
        registered.make(words(wrong), sender=company)


def test_a_delegate_acts_while_it_may(
    registered: ContractInstance,
    company: AccountAPI,
    stranger: AccountAPI,
    promise: Promise,
    chain: ChainManager,
) -> None:
    delegate, refusal = signer_hash(address_of(stranger)), {"company": company.address}
    until = chain.pending_timestamp + 1000
    registered.appoint(SENDER, company, delegate, 1, until, UNSIGNED, sender=company)
    assert tuple(registered.rightsOf(company, delegate)) == (until, 1)
    event = only_event(registered.make(words(promise), sender=stranger), registered.Made)
    assert bytes(event.actor) == delegate
    with ape.reverts(registered.NotTheCompany, actor=delegate, **refusal):
        fulfil(registered, stranger, promise)
    registered.appoint(SENDER, company, delegate, 0, 0, UNSIGNED, sender=company)
    with ape.reverts(registered.NotTheCompany, actor=delegate, **refusal):
        registered.make(words(replace(promise, nonce=2)), sender=stranger)


def test_a_promise_is_countersigned_handed_off_kept_and_confirmed(
    registered: ContractInstance, company: AccountAPI, customer: AccountAPI, made: Promise, salt: bytes
) -> None:
    registered.accept(SENDER, words(made), salt, sender=customer)
    receipt = registered.handOff(SENDER, promise_id(made), 3, 4, 5, UNSIGNED, sender=company)
    event = only_event(receipt, registered.HandedOff)
    assert (event["from"], event.to, event.channel) == (3, 4, 5)
    kept_at = fulfil(registered, company, made).timestamp
    assert state(registered, made) == (Status.FULFILLED, kept_at, kept_at, COUNTERSIGNED)
    receipt = registered.confirm(SENDER, words(made), salt, Matter.FULFILMENT, 5, sender=customer)
    event = only_event(receipt, registered.Confirmed)
    assert (event.byArbiter, event.matter, event.rating) == (False, Matter.FULFILMENT, 5)
    assert bytes(event.head) == bytes(registered.headOf(company))
    assert state(registered, made) == (Status.CONFIRMED, kept_at, receipt.timestamp, COUNTERSIGNED | 5 << 5)


def test_a_promise_to_the_public_is_confirmed_by_its_arbiter(
    registered: ContractInstance, company: AccountAPI, arbiter: AccountAPI, to_public: Promise
) -> None:
    registered.make(words(to_public), sender=company)
    fulfil(registered, company, to_public)
    registered.confirm(SENDER, words(to_public), ZERO_DIGEST, Matter.FULFILMENT, 0, sender=arbiter)
    assert state(registered, to_public)[0::3] == (Status.CONFIRMED, BY_ARBITER)


def test_a_dispute_is_answered_ruled_remedied_and_the_remedy_taken(
    registered: ContractInstance,
    company: AccountAPI,
    customer: AccountAPI,
    arbiter: AccountAPI,
    done: Promise,
    salt: bytes,
) -> None:
    registered.dispute(SENDER, words(done), salt, Matter.FULFILMENT, REASON, sender=customer)
    assert state(registered, done)[0::3] == (Status.DISPUTED, DISPUTED)
    registered.answer(SENDER, promise_id(done), digest_of(b"answer"), UNSIGNED, sender=company)
    receipt = registered.rule(SENDER, words(done), True, digest_of(b"ruling"), UNSIGNED, sender=arbiter)
    assert only_event(receipt, registered.Ruled).upheld
    assert state(registered, done)[0::3] == (Status.UPHELD, DISPUTED | ANSWERED)
    registered.remedy(SENDER, words(done), 2, digest_of(b"refund"), sender=company)
    assert state(registered, done)[0::3] == (Status.REMEDIED, DISPUTED | ANSWERED | REMEDIED)
    registered.confirm(SENDER, words(done), salt, Matter.REMEDY, 3, sender=customer)
    assert state(registered, done)[0] == Status.CONFIRMED


def test_a_missed_promise_stays_missed(
    registered: ContractInstance,
    company: AccountAPI,
    customer: AccountAPI,
    made: Promise,
    salt: bytes,
    chain: ChainManager,
) -> None:
    chain.pending_timestamp = made.due_at + 1
    refusal = {"id": promise_id(made), "dueAt": made.due_at}
    later = replace(made, due_at=Timestamp(made.due_at + DAY))
    with ape.reverts(registered.AlreadyMissed, **refusal):
        registered.withdraw(SENDER, words(made), REASON, NO_CONSENT, sender=company)
    with ape.reverts(registered.AlreadyMissed, **refusal):
        registered.amend(SENDER, words(made), words(later), NO_CONSENT, sender=company)
    late = fulfil(registered, company, made).timestamp
    assert late > made.due_at
    assert state(registered, made)[:2] == (Status.FULFILLED, late)
    # A late fulfilment does not void the customer's dispute of the miss.
    registered.dispute(SENDER, words(made), salt, Matter.MISS, REASON, sender=customer)
    assert state(registered, made)[0] == Status.DISPUTED


def test_a_promise_is_amended_and_its_successor_withdrawn(
    registered: ContractInstance, company: AccountAPI, made: Promise
) -> None:
    later = replace(made, due_at=Timestamp(made.due_at + DAY))
    receipt = registered.amend(SENDER, words(made), words(later), NO_CONSENT, sender=company)
    assert [log.event_name for log in receipt.events] == ["Amended", "Made"]
    assert bytes(receipt.events[0].successor) == promise_id(later)
    assert (state(registered, made)[0], state(registered, later)[0]) == (Status.SUPERSEDED, Status.OPEN)
    receipt = registered.withdraw(SENDER, words(later), REASON, NO_CONSENT, sender=company)
    assert not only_event(receipt, registered.Withdrawn).consented
    assert state(registered, later)[0] == Status.WITHDRAWN


def test_confirm_refuses_company_stranger_and_a_wrong_salt(
    registered: ContractInstance,
    company: AccountAPI,
    customer: AccountAPI,
    stranger: AccountAPI,
    done: Promise,
    salt: bytes,
) -> None:
    for caller, shown in [(company, salt), (stranger, salt), (customer, ZERO_DIGEST)]:
        with ape.reverts(registered.NotTheCounterparty, actor=signer_hash(address_of(caller)), id=promise_id(done)):
            registered.confirm(SENDER, words(done), shown, Matter.FULFILMENT, 5, sender=caller)


def test_confirm_refuses_terms_that_were_not_made(
    registered: ContractInstance, stranger: AccountAPI, done: Promise
) -> None:
    forged = replace(done, arbiter=address_of(stranger))
    with ape.reverts(registered.WrongStatus, id=promise_id(forged), status=Status.NONE):
        registered.confirm(SENDER, words(forged), ZERO_DIGEST, Matter.FULFILMENT, 5, sender=stranger)


def test_multicall_does_all_or_nothing(registered: ContractInstance, company: AccountAPI, promise: Promise) -> None:
    before = registered.headOf(company)
    calls = [registered.make.encode_input(words(promise))] * 2
    with ape.reverts(registered.AlreadyDone, id=promise_id(promise), status=Status.OPEN):
        registered.multicall(calls, sender=company)
    assert state(registered, promise)[0] == Status.NONE
    assert registered.headOf(company) == before


def test_a_relayer_s_batch_reports_a_bad_item_and_does_the_rest(
    registered: ContractInstance, company: AccountAPI, promise: Promise
) -> None:
    good = registered.make.encode_input(words(promise))
    bad = registered.fulfil.encode_input(ZERO_DIGEST, EVIDENCE)
    receipt = registered.tryEach([(200_000, bad), (200_000, good), (200_000, good)], sender=company)
    failed = only_event(receipt, registered.ItemFailed)
    assert failed.index == 0
    assert bytes(failed.reason)[:4] == digest_of(b"WrongStatus(bytes32,uint8)")[:4]
    assert state(registered, promise)[0] == Status.OPEN


def test_a_statement_is_anchored_at_the_head_alone(
    registered: ContractInstance, company: AccountAPI, stranger: AccountAPI
) -> None:
    head = registered.headOf(company)
    assert only_event(registered.checkpoint(company, sender=stranger), registered.Checkpoint).head == head
    receipt = registered.anchor(company, head, digest_of(b"policy"), digest_of(b"statement"), sender=stranger)
    event = only_event(receipt, registered.Anchored)
    assert (event.sender, event.head) == (stranger.address, head)
    with ape.reverts(registered.NotTheHead, company=company.address, given=EVIDENCE, head=bytes(head)):
        registered.anchor(company, EVIDENCE, ZERO_DIGEST, ZERO_DIGEST, sender=stranger)
