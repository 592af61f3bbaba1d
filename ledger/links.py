"""The links of a company's hash chain: the twin of contracts/libraries/Link.sol."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import BrokenLink
from ledger.events import Confirmed, Event, Fulfilled, Made, Registered
from ledger.units import ZERO_DIGEST, Address, Digest, digest_of, show_address


def genesis(chain_id: int, contract: Address, company: Address) -> Digest:
    """What a company's first link binds: the chain, the contract, the company."""
    return digest_of(_word(chain_id) + _left_padded(contract) + _left_padded(company))


def extend(head: Digest, event: Event) -> Digest:
    """The head after `event`, given the head before it."""
    subject, detail = _subject_and_detail(event)
    return digest_of(head + event.TOPIC + _word(event.at.time) + event.actor + subject + detail)


def replay(start: Digest, events: Iterable[Event]) -> Digest:
    """Follows one company's events from the head `start`, and gives the head they end at.

    Raises BrokenLink at the first event whose own head is not what its content gives.
    """
    head = start
    for event in events:
        head = extend(head, event)
        if head != event.head:
            raise BrokenLink(show_address(event.company), event.at.block, event.at.log_index)
    return head


def _subject_and_detail(event: Event) -> tuple[bytes, bytes]:
    match event:
        case Registered():
            return event.profile, digest_of(event.uri.encode())
        case Made():
            return event.id, ZERO_DIGEST
        case Fulfilled():
            return event.id, event.evidence
        case Confirmed():
            return event.id, _word(event.by_arbiter << 8 | event.rating)
        case _:
            raise TypeError(f"no link is defined for {type(event).__name__}")


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _left_padded(address: Address) -> bytes:
    return bytes(12) + address
