"""One promise: what was promised, what happened, and where each step is proven."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.decoding import decode
from ledger.documents import Document, Profile, text_of
from ledger.errors import UnknownPromise
from ledger.events import Answered, Disputed, Fulfilled, Made, PromiseEvent, Remedied, Ruled, Withdrawn
from ledger.outcomes import Outcome, Standing, lateness, outcome
from ledger.promises import Promise
from ledger.services.companies import cohort_name, profile_of, service_name
from ledger.store.reading import Reader
from ledger.store.records import Company
from ledger.units import Digest, PromiseId, Timestamp, show_hex


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a promise's history, with its document where we have it."""

    event: PromiseEvent
    final: bool
    """Whether the chain can't give it up any more."""
    text: str | None
    """What the document says, checked against the digest on chain; None if it is not kept here."""


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise with its history."""

    id: PromiseId
    company: Company
    profile: Profile | None
    promise: Promise
    standing: Standing
    outcome: Outcome
    late_by: int | None
    """Seconds; 0 if in time, None if not fulfilled."""
    as_of: Timestamp
    history: list[Entry]

    @property
    def final(self) -> bool:
        """Whether the chain can't give up any of its events."""
        return all(entry.final for entry in self.history)

    @property
    def service_name(self) -> str:
        """The name to show for its service."""
        return service_name(self.profile, self.promise.service)

    @property
    def cohort_name(self) -> str:
        """The name to show for its customer's cohort."""
        return cohort_name(self.profile, self.promise.cohort)

    @property
    def text(self) -> str | None:
        """The promise in its own words; None where the terms are not kept here."""
        return self.history[0].text


def view_promise(reader: Reader, id_: PromiseId) -> PromiseView:
    """A promise by its id. Raises UnknownPromise."""
    cursor = reader.require_cursor()
    as_of = cursor.block.time
    standing = reader.standings([id_]).get(id_)
    events = [event for event in map(decode, reader.logs_of(id_)) if isinstance(event, PromiseEvent)]
    if standing is None or not events or not isinstance(events[0], Made):
        raise UnknownPromise(show_hex(id_))
    company = reader.company(standing.company)
    if company is None:
        raise UnknownPromise(show_hex(id_))
    documents = reader.documents([digest for event in events if (digest := _digest(event)) is not None])
    return PromiseView(
        id=id_,
        company=company,
        profile=profile_of(company),
        promise=events[0].promise,
        standing=standing,
        outcome=outcome(standing, as_of),
        late_by=lateness(standing),
        as_of=as_of,
        history=[Entry(event, event.at.block <= cursor.final, _text(documents, _digest(event))) for event in events],
    )


def _digest(event: PromiseEvent) -> Digest | None:
    match event:
        case Made():
            return event.promise.terms
        case Fulfilled():
            return event.evidence
        case Withdrawn() | Disputed():
            return event.reason
        case Answered():
            return event.response
        case Ruled():
            return event.ruling
        case Remedied():
            return event.remedy
        case _:
            return None


def _text(documents: dict[Digest, Document], digest: Digest | None) -> str | None:
    return text_of(documents[digest]) if digest in documents else None
