"""What a step's events make of companies and promises. Pure: no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.documents import URI_LIMIT, read_profile
from ledger.errors import InvalidProfile, MalformedLog
from ledger.events import Amended, Event, Made, PromiseEvent, Registered
from ledger.links import genesis, replay
from ledger.outcomes import Standing, advance, succeed
from ledger.store.records import Company
from ledger.units import Address, PromiseId, show_address


@dataclass(frozen=True, slots=True)
class Projection:
    """The companies and promises that a step changed, as they are after it."""

    companies: dict[Address, Company]
    standings: dict[PromiseId, Standing]


def project(
    events: Iterable[Event],
    companies: dict[Address, Company],
    standings: dict[PromiseId, Standing],
    chain_id: int,
    contract: Address,
) -> Projection:
    """Replays events, in the chain's order, onto the companies and promises as they were before.

    Raises BrokenLink or MalformedLog at the first event that does not follow from what was before it.
    """
    after = Projection({}, {})
    lives = _Lives(standings, after.standings)
    for event in events:
        company = after.companies.get(event.company) or companies.get(event.company)
        head = company.head if company else genesis(chain_id, contract, event.company)
        head = replay(head, [event])
        if isinstance(event, Registered):
            company = _registered(company, event)
        elif company is None:
            raise MalformedLog(
                event.at.block, event.at.log_index, f"{show_address(event.company)} acts before it registered"
            )
        after.companies[event.company] = replace(company, head=head, head_block=event.at.block)
        if isinstance(event, PromiseEvent):
            lives.go_on(event)
    return after


def lives_of(events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises stand after all their events, in the chain's order, from the first. Raises MalformedLog."""
    after: dict[PromiseId, Standing] = {}
    lives = _Lives({}, after)
    for event in events:
        lives.go_on(event)
    return after


def company_of(events: Sequence[Event], last: Event) -> Company:
    """A company after its last event, given all events that are about no promise, in the chain's order."""
    company: Company | None = None
    for event in events:
        if isinstance(event, Registered):
            company = _registered(company, event)
    if company is None:
        raise MalformedLog(last.at.block, last.at.log_index, f"{show_address(last.company)} never registered")
    return replace(company, head=last.head, head_block=last.at.block)


class _Lives:
    """Promises going through their events."""

    def __init__(self, before: Mapping[PromiseId, Standing], after: dict[PromiseId, Standing]) -> None:
        self._before = before
        self._after = after
        self._amended: dict[PromiseId, Amended] = {}

    def go_on(self, event: PromiseEvent) -> None:
        before = self._after.get(event.id) or self._before.get(event.id)
        try:
            standing = advance(before, event)
        except ValueError as error:
            raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
        if isinstance(event, Amended):
            self._amended[event.successor] = event
        elif isinstance(event, Made) and (amendment := self._amended.pop(event.id, None)):
            # Both stand in one transaction, and so in one step.
            standing = succeed(standing, self._after[amendment.id], amendment.consented)
        self._after[event.id] = standing


def _registered(company: Company | None, event: Registered) -> Company:
    try:
        handle = read_profile(event.uri, event.profile).handle.lower()
    except InvalidProfile:
        # A company may publish what it likes; it then goes by its address.
        handle = None
    return Company(
        address=event.company,
        registered_at=company.registered_at if company else event.at.time,
        head=event.head,
        head_block=event.at.block,
        profile=event.profile,
        # A URI that is too long to be read is left to the log.
        uri=event.uri if len(event.uri) <= URI_LIMIT else "",
        handle=handle,
    )
