"""What the store takes and gives, beside the events and standings of the floors below."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.events import Block
from ledger.units import Address, BlockNumber, Digest, Timestamp


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which ledger the database follows, and how far."""

    account: str
    """CAIP-10 name of the contract."""
    block: Block
    """The last block indexed."""
    final: BlockNumber
    """The last block that the chain can't give up any more: what is after it is provisional."""

    checked: Block
    """The last block at which all heads were seen to be the contract's."""
    policy: Digest
    """The policy that the score rows are made by."""

    @property
    def is_final(self) -> bool:
        """Whether all that is indexed is."""
        return self.block.number <= self.final


@dataclass(frozen=True, slots=True)
class Company:
    """A company as of the last block indexed."""

    address: Address
    registered_at: Timestamp
    head: Digest
    head_block: BlockNumber
    """The block of its last event."""
    profile: Digest
    uri: str
    handle: str | None
    """What it calls itself, in lower case; None where its profile can't be read."""
