"""The facts of the log: one frozen type for each action, in the words that everything above speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple

from ledger.promises import Promise
from ledger.units import Address, BlockNumber, Digest, PromiseId, Timestamp, digest_of


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
class Header(Block):
    """A block, and the one it continues."""

    parent: Digest
    bloom: bytes
    """The Bloom filter of its logs' addresses and topics: 256 bytes."""


class Log(NamedTuple):
    """One entry of the log as the chain has it, not yet decoded: a tuple of bytes and numbers, since there are many."""

    block: BlockNumber
    log_index: int
    """Its index in its block."""
    time: Timestamp
    """The block's."""
    transaction: Digest
    topics: bytes
    """One after the other, 32 bytes each."""
    data: bytes
    company: Address
    promise: PromiseId | None
    """None where it is about the company itself."""

    @property
    def at(self) -> Position:
        """Where in the chain it stands."""
        return Position(self.block, self.log_index, self.transaction, self.time)

    @property
    def topic(self) -> Digest:
        """The first of its topics, which tells its kind."""
        return Digest(self.topics[:32])


class Matter(IntEnum):
    """What a counterparty confirms or disputes."""

    MISS = 0
    """That the due time passed without fulfilment."""
    FULFILMENT = 1
    REMEDY = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """How an event stands in the log: name and Solidity type of each field."""

    topic: Digest
    topics: tuple[tuple[str, str], ...]
    """The fields in its topics, after the first."""
    data: tuple[tuple[str, str], ...]
    """The fields in its data."""


def _shape(declaration: str) -> Shape:
    """Reads an event's declaration as it stands in the contract's interface, its fields named as here."""
    name, _, inside = declaration.removesuffix(")").partition("(")
    fields = [field.split() for field in inside.split(", ")]
    return Shape(
        topic=digest_of(f"{name}({','.join(field[0] for field in fields)})".encode()),
        topics=tuple((field[-1], field[0]) for field in fields if "indexed" in field),
        data=tuple((field[-1], field[0]) for field in fields if "indexed" not in field),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """What every event says."""

    SHAPE: ClassVar[Shape]

    at: Position
    company: Address
    actor: Digest
    """keccak256 of the signer that acted."""
    head: Digest
    """The company's head after this event."""


@dataclass(frozen=True, slots=True)
class PromiseEvent(Event):
    """What every event of a promise's own history says."""

    id: PromiseId


@dataclass(frozen=True, slots=True)
class Registered(Event):
    """A company published a profile."""

    SHAPE: ClassVar[Shape] = _shape(
        "Registered(address indexed company, bytes32 actor, bytes32 profile, string uri, bytes32 head)"
    )

    profile: Digest
    uri: str
    """Empty where it is not UTF-8."""


@dataclass(frozen=True, slots=True)
class Appointed(Event):
    """A company let a delegate act for it, changed what it may do, or dismissed it."""

    SHAPE: ClassVar[Shape] = _shape(
        "Appointed(address indexed company, bytes32 indexed delegate, bytes32 actor, uint8 actions, uint40 until,"
        " bytes32 head)"
    )

    delegate: Digest
    """keccak256 of its signer."""
    actions: int
    """Bit 0: make. Bit 1: hand off. Bit 2: fulfil."""
    until: Timestamp


@dataclass(frozen=True, slots=True)
class Made(PromiseEvent):
    """A company made a promise."""

    SHAPE: ClassVar[Shape] = _shape(
        "Made(bytes32 indexed id, address indexed company, bytes32 indexed customer, bytes32 actor, bytes32 terms,"
        " uint256 schedule, uint256 labels, bytes32 head)"
    )

    promise: Promise


@dataclass(frozen=True, slots=True)
class Accepted(PromiseEvent):
    """The customer countersigned a promise."""

    SHAPE: ClassVar[Shape] = _shape(
        "Accepted(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 head)"
    )


@dataclass(frozen=True, slots=True)
class HandedOff(PromiseEvent):
    """Work on a promise passed from one unit of the company to another."""

    SHAPE: ClassVar[Shape] = _shape(
        "HandedOff(bytes32 indexed id, address indexed company, bytes32 actor, uint16 giver, uint16 taker,"
        " uint8 channel, bytes32 head)"
    )

    giver: int
    taker: int
    channel: int


@dataclass(frozen=True, slots=True)
class Amended(PromiseEvent):
    """A promise was replaced by another, whose `Made` follows in the same transaction."""

    SHAPE: ClassVar[Shape] = _shape(
        "Amended(bytes32 indexed id, address indexed company, bytes32 indexed successor, bytes32 actor,"
        " bool consented, bytes32 head)"
    )

    successor: PromiseId
    consented: bool
    """Whether the customer agreed."""


@dataclass(frozen=True, slots=True)
class Withdrawn(PromiseEvent):
    """A company took a promise back before it was due."""

    SHAPE: ClassVar[Shape] = _shape(
        "Withdrawn(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 reason, bool consented,"
        " bytes32 head)"
    )

    reason: Digest
    consented: bool
    """Whether the customer agreed."""


@dataclass(frozen=True, slots=True)
class Fulfilled(PromiseEvent):
    """A company said that it has done what it promised."""

    SHAPE: ClassVar[Shape] = _shape(
        "Fulfilled(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 evidence, bytes32 head)"
    )

    evidence: Digest
    """Digest of the evidence; zero for none."""


@dataclass(frozen=True, slots=True)
class Confirmed(PromiseEvent):
    """The customer or the arbiter agreed."""

    SHAPE: ClassVar[Shape] = _shape(
        "Confirmed(bytes32 indexed id, address indexed company, bytes32 actor, bool by_arbiter, uint8 matter,"
        " uint8 rating, bytes32 head)"
    )

    by_arbiter: bool
    matter: Matter
    """To a fulfilment or a remedy."""
    rating: int
    """1 to 5, or 0 for none."""


@dataclass(frozen=True, slots=True)
class Disputed(PromiseEvent):
    """The customer, or the arbiter of a promise to the public, disagreed."""

    SHAPE: ClassVar[Shape] = _shape(
        "Disputed(bytes32 indexed id, address indexed company, bytes32 actor, uint8 matter, bytes32 reason,"
        " bytes32 head)"
    )

    matter: Matter
    reason: Digest


@dataclass(frozen=True, slots=True)
class Answered(PromiseEvent):
    """The company answered a dispute."""

    SHAPE: ClassVar[Shape] = _shape(
        "Answered(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 response, bytes32 head)"
    )

    response: Digest


@dataclass(frozen=True, slots=True)
class Ruled(PromiseEvent):
    """The arbiter decided a dispute."""

    SHAPE: ClassVar[Shape] = _shape(
        "Ruled(bytes32 indexed id, address indexed company, bytes32 actor, bool upheld, bytes32 ruling, bytes32 head)"
    )

    upheld: bool
    """For the customer if so, else for the company."""
    ruling: Digest


@dataclass(frozen=True, slots=True)
class Remedied(PromiseEvent):
    """A company made good for a failure, as it says."""

    SHAPE: ClassVar[Shape] = _shape(
        "Remedied(bytes32 indexed id, address indexed company, bytes32 actor, uint8 kind, bytes32 remedy, bytes32 head)"
    )

    kind: int
    """0 apology, 1 redone, 2 refund, 3 compensation beyond."""
    remedy: Digest


KINDS: tuple[type[Event], ...] = (
    Registered,
    Appointed,
    Made,
    Accepted,
    HandedOff,
    Amended,
    Withdrawn,
    Fulfilled,
    Confirmed,
    Disputed,
    Answered,
    Ruled,
    Remedied,
)
"""All events that companies' chains consist of."""

ASIDE: frozenset[Digest] = frozenset(
    digest_of(signature)
    for signature in (
        b"Checkpoint(address,bytes32)",
        b"Anchored(address,address,bytes32,bytes32,bytes32)",
        b"ItemFailed(uint256,bytes)",
    )
)
"""Topics of what the contract also emits, and no company's chain holds: anybody can call them forth."""
