"""The promise: what a company commits itself to, and the id that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from ledger.errors import InvalidPromise
from ledger.units import Address, Digest, PromiseId, Timestamp, digest_of

FIELDS: tuple[tuple[str, str], ...] = (
    ("company", "address"),
    ("customer", "bytes32"),
    ("terms", "bytes32"),
    ("dueAt", "uint40"),
    ("disputeWindow", "uint32"),
    ("arbiter", "address"),
    ("service", "bytes8"),
    ("experience", "uint8"),
    ("stage", "uint8"),
    ("stakes", "uint8"),
    ("cohort", "uint16"),
    ("nonce", "uint64"),
)
"""Name and Solidity type of each field, in the contract's order."""

TYPES = tuple(kind for _, kind in FIELDS)
TYPEHASH = digest_of(f"Promise({','.join(f'{kind} {name}' for name, kind in FIELDS)})".encode())


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised; each field means what the contract's struct `Promise` says of it."""

    company: Address
    customer: Digest
    """`customer_of` the customer's signer and its salt; zero for a promise to the public."""
    terms: Digest
    """Digest of the terms document, which stays off chain."""
    due_at: Timestamp
    dispute_window: int
    """Seconds."""
    arbiter: Address
    service: bytes
    """First 8 bytes of keccak256 of the service's published name."""
    experience: int
    stage: int
    stakes: int
    cohort: int
    nonce: int

    def __post_init__(self) -> None:
        """Raises InvalidPromise where a value does not fit: packed, it would spill into its neighbour."""
        for (name, kind), value in zip(FIELDS, values_of(self), strict=True):
            if not fits(kind, value):
                raise InvalidPromise(name, kind, value)


values_of = attrgetter(*Promise.__slots__)
"""A promise's values in the order of its fields. `dataclasses.astuple` copies each, and takes ten times as long."""


def fits(kind: str, value: object) -> bool:
    """Whether a value is one of a Solidity type: an integer, an address or fixed bytes."""
    if kind.startswith("uint"):
        return isinstance(value, int) and 0 <= value < 1 << int(kind.removeprefix("uint"))
    return isinstance(value, bytes) and len(value) == (20 if kind == "address" else int(kind.removeprefix("bytes")))


def promise_id(promise: Promise) -> PromiseId:
    """The id: the EIP-712 struct hash of the promise (EIP-712, `hashStruct`), the same on every chain."""
    return PromiseId(digest_of(TYPEHASH + encode_promise(promise)))


def packed(promise: Promise) -> tuple[int, int]:
    """The small fields as the contract takes and logs them: the words `schedule` and `labels`."""
    schedule = int.from_bytes(promise.arbiter, "big") | promise.due_at << 160 | promise.dispute_window << 200
    schedule |= promise.cohort << 232 | promise.stakes << 248
    labels = promise.nonce | int.from_bytes(promise.service, "big") << 64
    labels |= promise.experience << 128 | promise.stage << 136
    return schedule, labels


def unpacked(company: Address, customer: Digest, terms: Digest, schedule: int, labels: int) -> Promise:
    """The promise in the contract's five words. Raises ValueError where a bit is set that means nothing."""
    if labels >> 144:
        raise ValueError(f"its labels {labels:#x} do not fit 144 bits")
    return Promise(
        company=company,
        customer=customer,
        terms=terms,
        due_at=Timestamp(_bits(schedule, 160, 40)),
        dispute_window=_bits(schedule, 200, 32),
        arbiter=Address(_bits(schedule, 0, 160).to_bytes(20, "big")),
        service=_bits(labels, 64, 64).to_bytes(8, "big"),
        experience=_bits(labels, 128, 8),
        stage=_bits(labels, 136, 8),
        stakes=_bits(schedule, 248, 8),
        cohort=_bits(schedule, 232, 16),
        nonce=_bits(labels, 0, 64),
    )


def _bits(word: int, lowest: int, count: int) -> int:
    return word >> lowest & (1 << count) - 1


def encode_promise(promise: Promise) -> bytes:
    """The ABI encoding of the twelve fields, which is their EIP-712 encoding too: one word each."""
    return b"".join(map(_word, values_of(promise), TYPES))


def _word(value: bytes | int, kind: str) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return value.rjust(32, b"\0") if kind == "address" else value.ljust(32, b"\0")


def service_code(name: str) -> bytes:
    """The code of a service: the first 8 bytes of keccak256 of its published name, the same at every company."""
    return digest_of(name.encode())[:8]


def customer_of(salt: bytes, signer: bytes) -> Digest:
    """How a promise names its customer: keccak256(salt ‖ keccak256(signer)), which tells nobody who it is."""
    return digest_of(salt + signer_hash(signer))


@lru_cache(maxsize=4096)
def signer_hash(signer: bytes) -> Digest:
    """What the log calls an actor by: keccak256 of its ERC-7913 signer; an account's signer is its 20 bytes."""
    return digest_of(signer)
