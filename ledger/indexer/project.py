"""What a step's events make of companies and promises. Pure: no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.documents import URI_LIMIT, read_profile
from ledger.errors import InvalidProfile, MalformedLog
from ledger.events import Event, PromiseEvent, Registered
from ledger.lives import lives_from
from ledger.outcomes import Standing
from ledger.store.records import Company
from ledger.units import Address, PromiseId, show_address


@dataclass(frozen=True, slots=True)
class Projection:
    """The companies and promises that a step changed, as they are after it."""

    companies: dict[Address, Company]
    standings: dict[PromiseId, Standing]


def project(
    events: Iterable[Event], companies: Mapping[Address, Company], standings: Mapping[PromiseId, Standing]
) -> Projection:
    """Goes through events, in the chain's order, from what their companies and promises were before.

    Raises MalformedLog at the first event that does not follow from what was before it.
    """
    changed: dict[Address, Company] = {}
    last: dict[Address, Event] = {}

    def about_promises() -> Iterator[PromiseEvent]:
        for event in events:
            last[event.company] = event
            if isinstance(event, PromiseEvent):
                yield event
            elif isinstance(event, Registered):
                before = changed.get(event.company) or companies.get(event.company)
                changed[event.company] = _registered(before, event)

    after = lives_from(standings, about_promises())
    for address, event in last.items():
        company = changed.get(address) or companies.get(address)
        if company is None:
            why = f"{show_address(address)} acts before it registered"
            raise MalformedLog(event.at.block, event.at.log_index, why)
        changed[address] = replace(company, head=event.head, head_block=event.at.block)
    return Projection(changed, after)


def company_of(events: Sequence[Event], last: Event) -> Company:
    """A company after its last event, given all events that are about no promise, in the chain's order."""
    company: Company | None = None
    for event in events:
        if isinstance(event, Registered):
            company = _registered(company, event)
    if company is None:
        raise MalformedLog(last.at.block, last.at.log_index, f"{show_address(last.company)} never registered")
    return replace(company, head=last.head, head_block=last.at.block)


def _registered(company: Company | None, event: Registered) -> Company:
    try:
        handle = read_profile(event.uri, event.profile).handle.lower()
    except InvalidProfile:
        # A company may publish what it likes; it then goes by its address.
        handle = None
    # What can't be a profile, or can't be kept by every database, is left to the log.
    keeps = len(event.uri) <= URI_LIMIT and "\0" not in event.uri
    return Company(
        address=event.company,
        registered_at=company.registered_at if company else event.at.time,
        head=event.head,
        head_block=event.at.block,
        profile=event.profile,
        uri=event.uri if keeps else "",
        handle=handle,
    )
