"""The links of a company's hash chain: as the contract links them."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import BrokenLink
from ledger.events import Confirmed, Event, Fulfilled, Made, Registered
from ledger.promises import packed
from ledger.units import Address, Digest, digest_of, show_address


def genesis(chain_id: int, contract: Address, company: Address) -> Digest:
    """What a company's first link binds: the chain, the contract, the company."""
    return digest_of(_word(chain_id) + _left_padded(contract) + _left_padded(company))


def extend(head: Digest, event: Event) -> Digest:
    """The head after `event`, given the head before it."""
    return digest_of(head + _word(event.at.time) + event.TOPIC + _content(event))


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


def _content(event: Event) -> bytes:
    """The words of an event as the log has them, topics first, without its head; a string by its keccak256."""
    match event:
        case Registered():
            return _left_padded(event.company) + event.actor + event.profile + digest_of(event.uri.encode())
        case Made():
            promise = event.promise
            words = event.id + _left_padded(event.company) + promise.customer + event.actor + promise.terms
            return words + b"".join(map(_word, packed(promise)))
        case Fulfilled():
            return event.id + _left_padded(event.company) + event.actor + event.evidence
        case Confirmed():
            said = _word(event.by_arbiter) + _word(event.rating)
            return event.id + _left_padded(event.company) + event.actor + said
        case _:
            raise TypeError(f"no link is defined for {type(event).__name__}")


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _left_padded(address: Address) -> bytes:
    return bytes(12) + address
