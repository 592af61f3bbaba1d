"""The facts of the log: one frozen type for each action, in the words that everything above speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.promises import Promise
from ledger.units import Address, BlockNumber, Digest, PromiseId, Timestamp, digest_of


def _topic(name: str, *types: str) -> Digest:
    return digest_of(f"{name}({','.join(types)})".encode())


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the chain an event stands."""

    block: BlockNumber
    log_index: int
    """The log's index in its block."""
    transaction: Digest
    time: Timestamp
    """The block's."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block, as far as facts about the log need it."""

    number: BlockNumber
    hash: Digest
    time: Timestamp


@dataclass(frozen=True, slots=True)
class Log:
    """One entry of the log as the chain has it, not yet decoded."""

    at: Position
    topics: tuple[Digest, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """What every event says."""

    TOPIC: ClassVar[Digest]

    at: Position
    company: Address
    actor: Digest
    """keccak256 of the signer that acted."""
    head: Digest
    """The company's head after this event."""


@dataclass(frozen=True, slots=True)
class Registered(Event):
    """A company published a profile."""

    TOPIC: ClassVar[Digest] = _topic("Registered", "address", "bytes32", "bytes32", "string", "bytes32")

    profile: Digest
    uri: str


@dataclass(frozen=True, slots=True)
class Made(Event):
    """A company made a promise."""

    TOPIC: ClassVar[Digest] = _topic(
        "Made", "bytes32", "address", "bytes32", "bytes32", "bytes32", "uint256", "uint256", "bytes32"
    )

    id: PromiseId
    promise: Promise


@dataclass(frozen=True, slots=True)
class Fulfilled(Event):
    """A company said that it has done what it promised."""

    TOPIC: ClassVar[Digest] = _topic("Fulfilled", "bytes32", "address", "bytes32", "bytes32", "bytes32")

    id: PromiseId
    evidence: Digest
    """Digest of the evidence; zero for none."""


@dataclass(frozen=True, slots=True)
class Confirmed(Event):
    """The customer or the arbiter agreed that a promise was fulfilled."""

    TOPIC: ClassVar[Digest] = _topic("Confirmed", "bytes32", "address", "bytes32", "bool", "uint8", "bytes32")

    id: PromiseId
    by_arbiter: bool
    rating: int
    """1 to 5, or 0 for none."""


PromiseEvent = Made | Fulfilled | Confirmed
"""The events that a promise's own history consists of."""
