"""Promises, standings and events, made with as little as a test has to say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ledger.documents import Document, data_uri, document
from ledger.events import (
    Accepted,
    Amended,
    Confirmed,
    Disputed,
    Event,
    Fulfilled,
    Made,
    Matter,
    Position,
    PromiseEvent,
    Registered,
    Ruled,
)
from ledger.links import extend, genesis, replay
from ledger.outcomes import Standing, Status
from ledger.promises import Promise, promise_id, service_code, signer_hash
from ledger.scoring.decay import table_digest
from ledger.scoring.policy import Policy
from ledger.units import (
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    digest_of,
    show_hex,
)
from scripts.vectors import log_of

COMPANY = Address(b"\xc0" * 20)
ARBITER = Address(b"\xab" * 20)
CUSTOMER = Address(b"\xcc" * 20)
CONTRACT = Address(b"\x1e" * 20)
CHAIN_ID = 31337
DAY = 86_400
NOON = Timestamp(1_359_028_800)
"""2013-01-24 12:00 UTC."""


_COUNTERPARTYS = {Accepted, Confirmed, Disputed, Ruled}


def a_promise(nonce: int = 0, due_at: int = NOON, cohort: int = 1, service: str = "delivery") -> Promise:
    """A sound promise to the public."""
    return Promise(
        company=COMPANY,
        customer=ZERO_DIGEST,
        terms=digest_of(b"terms"),
        due_at=Timestamp(due_at),
        dispute_window=DAY,
        arbiter=ARBITER,
        service=service_code(service),
        experience=0,
        stage=2,
        stakes=0,
        cohort=cohort,
        nonce=nonce,
    )


def a_standing(
    late: int | None = 0,
    *,
    number: int = 0,
    customer: Digest = ZERO_DIGEST,
    arbiter: Address = ARBITER,
    cohort: int = 1,
    service: str = "delivery",
    stakes: int = 0,
    due_at: int = NOON,
    duration: int = 3600,
    confirmed: bool = False,
    **more: Any,
) -> Standing:
    """A promise fulfilled `late` seconds after its due time, or not at all; `more` are other fields."""
    fulfilled_at = None if late is None else Timestamp(due_at + late)
    status = Status.OPEN if late is None else Status.CONFIRMED if confirmed else Status.FULFILLED
    fields: dict[str, Any] = {
        "id": PromiseId(number.to_bytes(32, "big")),
        "company": COMPANY,
        "customer": customer,
        "arbiter": arbiter,
        "service": service_code(service),
        "cohort": cohort,
        "stakes": stakes,
        "made_at": Timestamp(due_at - duration),
        "due_at": Timestamp(due_at),
        "changed_in": BlockNumber(1),
        "fulfilled_at": fulfilled_at,
        "confirmed_at": fulfilled_at if confirmed else None,
        "confirmed_by_arbiter": confirmed and not any(customer),
        "status": status,
    }
    return Standing(**fields | more)


def a_customer(number: int) -> Digest:
    """A customer as promises name it."""
    return digest_of(b"customer %d" % number)


def disputed(late: int | None, at: int, answered_at: int | None = None, **more: Any) -> Standing:
    """A promise under a dispute since a time."""
    fields = {"status": Status.DISPUTED, "disputed_at": Timestamp(at), "answered_at": answered_at}
    return a_standing(late, **fields | more)


def remedied(**more: Any) -> Standing:
    """A promise that was not kept, whose remedy was taken."""
    return a_standing(None, **{"status": Status.CONFIRMED, "accepted": True, "owned": True} | more)


def a_policy(name: str = "standard", **changes: object) -> Policy:
    """A published policy with other values."""
    document = Policy.named(name).model_dump() | changes
    used = {document["half_life_days"], *document["half_life_days_by_service"].values()}
    document["decay_tables"] = {str(days): show_hex(table_digest(days)) for days in used}
    return Policy.parse(json.dumps(document).encode(), "a test's")


def a_profile(handle: str = "acme", **more: object) -> Document:
    """A profile document."""
    return document({"handle": handle, "name": f"{handle} Ltd", **more})


class History:
    """A company's events as the contract would emit them, each linked to the one before."""

    def __init__(self, company: Address = COMPANY) -> None:
        self.company = company
        self.head = genesis(CHAIN_ID, CONTRACT, company)
        self.events: list[Event] = []

    def register(self, profile: Document | None = None) -> Registered:
        doc = profile or a_profile()
        event = Registered(**self._common(), profile=doc.digest, uri=data_uri(doc))
        self._append(event)
        return event

    def make(self, promise: Promise) -> Made:
        event = Made(**self._common(), id=promise_id(promise), promise=promise)
        self._append(event)
        return event

    def fulfil(self, promise: Promise) -> Fulfilled:
        event = Fulfilled(**self._common(), id=promise_id(promise), evidence=ZERO_DIGEST)
        self._append(event)
        return event

    def confirm(self, promise: Promise, matter: Matter = Matter.FULFILMENT) -> PromiseEvent:
        return self.add(Confirmed, promise, by_arbiter=True, matter=matter, rating=0)

    def amend(self, promise: Promise, successor: Promise, consented: bool) -> Amended:
        """Both events of it."""
        event = Amended(**self._common(), id=promise_id(promise), successor=promise_id(successor), consented=consented)
        self._append(event)
        self.make(successor)
        return event

    def add(self, event_type: type[PromiseEvent], promise: Promise, **fields: Any) -> PromiseEvent:
        """Any event of a promise, by its own fields; what a counterparty says, by somebody else than the company."""
        actor = {"actor": signer_hash(CUSTOMER)} if event_type in _COUNTERPARTYS else {}
        event = event_type(**self._common() | actor | fields, id=promise_id(promise))
        self._append(event)
        return event

    def _common(self) -> dict[str, Any]:
        block = len(self.events) + 1
        at = Position(BlockNumber(block), 0, Digest(block.to_bytes(32, "big")), Timestamp(NOON - DAY + block))
        return {"at": at, "company": self.company, "actor": signer_hash(self.company), "head": ZERO_DIGEST}

    def _append(self, event: Event) -> None:
        self.head = extend(self.head, log_of(event))
        self.events.append(replace(event, head=self.head))


def replayed(events: Iterable[Event], chain_id: int = CHAIN_ID, contract: Address = CONTRACT) -> dict[Address, Digest]:
    """The heads at which the logs of events end. Raises BrokenLink."""
    heads: dict[Address, Digest] = {}
    replay(heads, map(log_of, events), chain_id, contract)
    return heads


def interleaved(*histories: Iterable[Event]) -> list[Event]:
    """Events of several companies in the order of their blocks."""
    return sorted((event for history in histories for event in history), key=lambda event: event.at.block)
