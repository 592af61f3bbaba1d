"""What a step's events make of companies and promises. Pure: no input or output."""

from __future__ import annotations

from collections.abc import Iterable
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
    amended: dict[PromiseId, Amended] = {}
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
            before = after.standings.get(event.id) or standings.get(event.id)
            try:
                standing = advance(before, event)
            except ValueError as error:
                raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
            if isinstance(event, Amended):
                amended[event.successor] = event
            elif isinstance(event, Made) and (amendment := amended.pop(event.id, None)):
                # Both stand in one transaction, and so in one step.
                standing = succeed(standing, after.standings[amendment.id], amendment.consented)
            after.standings[event.id] = standing
    return after


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
