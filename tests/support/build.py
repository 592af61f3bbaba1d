"""Promises, standings and events, made with as little as a test has to say."""

from __future__ import annotations

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
from ledger.outcomes import Standing
from ledger.promises import Promise, promise_id, service_code, signer_hash
from ledger.units import (
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    digest_of,
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
    cohort: int = 1,
    service: str = "delivery",
    due_at: int = NOON,
    duration: int = 3600,
    confirmed: bool = False,
) -> Standing:
    """A promise fulfilled `late` seconds after its due time, or not at all."""
    fulfilled_at = None if late is None else Timestamp(due_at + late)
    return Standing(
        id=PromiseId(number.to_bytes(32, "big")),
        company=COMPANY,
        service=service_code(service),
        cohort=cohort,
        made_at=Timestamp(due_at - duration),
        due_at=Timestamp(due_at),
        changed_in=BlockNumber(1),
        fulfilled_at=fulfilled_at,
        confirmed_at=fulfilled_at if confirmed else None,
        confirmed_by_arbiter=confirmed,
    )


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
