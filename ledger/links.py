"""The links of a company's hash chain: as the contract links them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.errors import BrokenLink
from ledger.events import Event, Made
from ledger.promises import packed
from ledger.units import Address, Digest, digest_of, show_address


def genesis(chain_id: int, contract: Address, company: Address) -> Digest:
    """What a company's first link binds: the chain, the contract, the company."""
    return digest_of(_word(chain_id) + _left_padded(contract) + _left_padded(company))


def extend(head: Digest, event: Event) -> Digest:
    """The head after `event`, given the head before it."""
    return digest_of(head + _word(event.at.time) + event.SHAPE.topic + _content(event))


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
    shape = event.SHAPE
    return b"".join(
        _encoded(kind, _field(event, name)) for name, kind in (*shape.topics, *shape.data) if name != "head"
    )


def _field(event: Event, name: str) -> Any:
    if isinstance(event, Made) and name in ("customer", "terms"):
        return getattr(event.promise, name)
    if isinstance(event, Made) and name in ("schedule", "labels"):
        return packed(event.promise)[name == "labels"]
    return getattr(event, name)


def _encoded(kind: str, value: Any) -> bytes:
    match kind:
        case "bytes32":
            return bytes(value)
        case "address":
            return _left_padded(value)
        case "string":
            return digest_of(value.encode())
        case _:
            return _word(value)


def _word(value: int) -> bytes:
    return int(value).to_bytes(32, "big")


def _left_padded(address: Address) -> bytes:
    return bytes(12) + address
