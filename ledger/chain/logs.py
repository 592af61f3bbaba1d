"""From raw logs to events: each word where the contract puts it, and nothing else accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.errors import InvalidInput, MalformedLog
from ledger.events import Confirmed, Event, Fulfilled, Log, Made, Position, Registered
from ledger.promises import Promise, promise_id
from ledger.units import (
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    parse_address,
    parse_bytes,
    parse_digest,
    parse_quantity,
    show_address,
)


def parse_log(log: dict[str, Any], contract: Address) -> Log:
    """Reads a log from a node's JSON. Raises MalformedLog, also when it is another contract's."""
    try:
        at = Position(
            BlockNumber(parse_quantity(log["blockNumber"])),
            parse_quantity(log["logIndex"]),
            parse_digest(log["transactionHash"]),
            Timestamp(parse_quantity(log["blockTimestamp"])),
        )
        parsed = Log(at, tuple(map(parse_digest, log["topics"])), parse_bytes(log["data"]))
        address = parse_address(log["address"])
    except (InvalidInput, KeyError, TypeError) as error:
        raise MalformedLog(0, 0, f"it can't be read ({error})") from error
    if address != contract:
        raise MalformedLog(at.block, at.log_index, f"{show_address(address)} emitted it")
    if log.get("removed"):
        raise MalformedLog(at.block, at.log_index, "the node marks it as removed by a reorganisation")
    return parsed


def decode(log: Log) -> Event:
    """The event that a log records. Raises MalformedLog."""
    try:
        decoder = _DECODERS[log.topics[0]]
    except (IndexError, KeyError):
        topic = log.topics[0].hex() if log.topics else "none"
        raise MalformedLog(log.at.block, log.at.log_index, f"its topic {topic} is not one of ours") from None
    try:
        return decoder(log, _Words(log.data))
    except (IndexError, ValueError) as error:
        raise MalformedLog(log.at.block, log.at.log_index, str(error)) from error


class _Words:
    """The data of a log, word by word, as the ABI encodes static types."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def expect(self, count: int) -> None:
        if len(self.data) != 32 * count:
            raise ValueError(f"its data has {len(self.data)} bytes, not {32 * count}")

    def word(self, index: int) -> bytes:
        word = self.data[32 * index : 32 * index + 32]
        if len(word) != 32:
            raise IndexError(f"its data has {len(self.data)} bytes, which is too few")
        return word

    def digest(self, index: int) -> Digest:
        return Digest(self.word(index))

    def uint(self, index: int, bits: int) -> int:
        value = int.from_bytes(self.word(index), "big")
        if value >> bits:
            raise ValueError(f"word {index} does not fit {bits} bits")
        return value

    def packed(self, index: int, *bits: int) -> list[int]:
        """The fields that a word holds, from its lowest bit on; nothing may stand above them."""
        value = self.uint(index, sum(bits))
        fields = []
        for width in bits:
            fields.append(value & (1 << width) - 1)
            value >>= width
        return fields

    def text(self, index: int) -> str:
        start = self.uint(index, 64)
        if start % 32:
            raise ValueError("its text does not begin at a word")
        length = self.uint(start // 32, 64)
        content = self.data[start + 32 : start + 32 + length]
        if len(content) != length:
            raise ValueError("its text is cut off")
        return content.decode("utf-8")


def _address(word: bytes) -> Address:
    if any(word[:12]):
        raise ValueError(f"0x{word.hex()} is not an address")
    return Address(word[12:])


def _registered(log: Log, words: _Words) -> Event:
    _, company = log.topics
    return Registered(
        at=log.at,
        company=_address(company),
        actor=words.digest(0),
        profile=words.digest(1),
        uri=words.text(2),
        head=words.digest(3),
    )


def _made(log: Log, words: _Words) -> Event:
    _, claimed, company, customer = log.topics
    words.expect(5)
    arbiter, due_at, dispute_window, cohort, stakes = words.packed(2, 160, 40, 32, 16, 8)
    nonce, service, experience, stage = words.packed(3, 64, 64, 8, 8)
    promise = Promise(
        company=_address(company),
        customer=customer,
        terms=words.digest(1),
        due_at=Timestamp(due_at),
        dispute_window=dispute_window,
        arbiter=Address(arbiter.to_bytes(20, "big")),
        service=service.to_bytes(8, "big"),
        experience=experience,
        stage=stage,
        stakes=stakes,
        cohort=cohort,
        nonce=nonce,
    )
    id_ = promise_id(promise)
    if id_ != PromiseId(claimed):
        raise ValueError(f"its terms do not hash to its id 0x{claimed.hex()}")
    return Made(
        at=log.at,
        company=promise.company,
        actor=words.digest(0),
        head=words.digest(4),
        id=id_,
        promise=promise,
    )


def _fulfilled(log: Log, words: _Words) -> Event:
    _, id_, company = log.topics
    words.expect(3)
    return Fulfilled(
        at=log.at,
        company=_address(company),
        actor=words.digest(0),
        head=words.digest(2),
        id=PromiseId(id_),
        evidence=words.digest(1),
    )


def _confirmed(log: Log, words: _Words) -> Event:
    _, id_, company = log.topics
    words.expect(4)
    return Confirmed(
        at=log.at,
        company=_address(company),
        actor=words.digest(0),
        head=words.digest(3),
        id=PromiseId(id_),
        by_arbiter=bool(words.uint(1, 1)),
        rating=words.uint(2, 8),
    )


_DECODERS: dict[Digest, Callable[[Log, _Words], Event]] = {
    Registered.TOPIC: _registered,
    Made.TOPIC: _made,
    Fulfilled.TOPIC: _fulfilled,
    Confirmed.TOPIC: _confirmed,
}
