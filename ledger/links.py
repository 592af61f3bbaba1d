"""The links of a company's hash chain: as the contract links them.

They are made of the log's own bytes: there are very many, and what was never decoded can't have been decoded wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.errors import BrokenLink
from ledger.events import Log, Registered
from ledger.units import Address, Digest, digest_of, show_address

_REGISTERED = Registered.SHAPE.topic


def genesis(chain_id: int, contract: Address, company: Address) -> Digest:
    """What a company's first link binds: the chain, the contract, the company."""
    return digest_of(chain_id.to_bytes(32, "big") + _left_padded(contract) + _left_padded(company))


def extend(head: Digest, log: Log) -> Digest:
    """The head after an event, given the head before it."""
    return digest_of(b"".join((head, log.time.to_bytes(32, "big"), log.topics, _linked(log))))


def head_in(log: Log) -> Digest:
    """The head that an event carries: what the contract says it is after it."""
    return Digest(log.data[96:128] if log.topic == _REGISTERED else log.data[-32:])


def replay(heads: dict[Address, Digest], logs: Iterable[Log], chain_id: int, contract: Address) -> None:
    """Follows events, in the chain's order, from the companies' heads before them, and leaves in `heads` those after.

    Raises BrokenLink at the first event whose own head is not what its content gives.
    """
    for log in logs:
        company = log.company
        head = extend(heads.get(company) or genesis(chain_id, contract, company), log)
        if head != head_in(log):
            raise BrokenLink(show_address(company), log.block, log.log_index)
        heads[company] = head


def _linked(log: Log) -> bytes:
    """The words of an event's data without its head; a string by its keccak256."""
    if log.topic != _REGISTERED:
        return log.data[:-32]
    length = int.from_bytes(log.data[128:160], "big")
    return log.data[:64] + digest_of(log.data[160 : 160 + length])


def _left_padded(address: Address) -> bytes:
    return bytes(12) + address
