"""From raw logs to events: each word where the contract puts it, and nothing else accepted."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from eth_bloom.bloom import BloomFilter

from ledger.errors import InvalidInput, MalformedLog
from ledger.events import ASIDE, KINDS, Block, Event, Header, Log, Made, Matter, PromiseEvent, Registered
from ledger.promises import promise_id, unpacked
from ledger.units import (
    MAX_QUANTITY,
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    parse_digest,
    parse_quantity,
    show_hex,
)


def read_logs(
    raw: Iterable[dict[str, Any]], contract: Address, first: BlockNumber, last: BlockNumber, known: Iterable[Block] = ()
) -> list[Log]:
    """Reads a contract's logs of some blocks from a node's JSON, into the chain's order; those that no company's chain
    holds are left out. Raises MalformedLog, also where a log is another contract's, stands elsewhere than in these
    blocks, twice, or in a block of another hash or time than the block that is `known`, or than its neighbours'.
    """
    reading = _Reading(contract, first, last, {block.number: (block.hash, block.time) for block in known})
    logs = sorted(log for entry in raw if (log := reading.read(entry)) is not None)
    for one, other in pairwise(logs):
        if one[:2] == other[:2]:
            raise MalformedLog(other.block, other.log_index, "another log stands at the same place")
    return logs


class _Reading:
    """What one answer of a node has said of its blocks so far."""

    def __init__(
        self, contract: Address, first: BlockNumber, last: BlockNumber, known: dict[BlockNumber, tuple[Digest, int]]
    ) -> None:
        self._contract = show_hex(contract)
        self._first = first
        self._last = last
        self._known = known
        self._blocks: dict[Any, tuple[Any, Any, BlockNumber, Timestamp]] = {}

    def read(self, log: dict[str, Any]) -> Log | None:
        """One log; None where it is none of any company's chain."""
        try:
            block, time = self._block(log)
            index = parse_quantity(log["logIndex"])
            topics, transaction = log["topics"], bytes.fromhex(log["transactionHash"][2:])
            joined, data = bytes.fromhex("".join([topic[2:] for topic in topics])), bytes.fromhex(log["data"][2:])
            if not (len(joined) == 32 * len(topics) and len(transaction) == 32 and 0 <= index <= MAX_QUANTITY):
                raise ValueError("a topic or a hash is not of 32 bytes")
            address = log["address"].lower()
        except (InvalidInput, ValueError, AttributeError, KeyError, TypeError) as error:
            raise MalformedLog(0, 0, f"it can't be read ({error!r})") from error
        if address != self._contract:
            raise MalformedLog(block, index, f"{log['address']} emitted it")
        if log.get("removed"):
            raise MalformedLog(block, index, "the node marks it as removed by a reorganisation")
        topic = Digest(joined[:32])
        if topic in ASIDE:
            return None
        if len(topics) != _TOPICS.get(topic):
            said = f"its topic {topic.hex()} is not one of ours" if topic not in _TOPICS else "its topics are not ours"
            raise MalformedLog(block, index, said if topics else "it has no topic")
        company, promise = (joined[32:64], None) if topic in _OF_COMPANIES else (joined[64:96], joined[32:64])
        return Log(
            block,
            index,
            time,
            Digest(transaction),
            joined,
            data,
            Address(company[12:]),
            None if promise is None else PromiseId(promise),
        )

    def _block(self, log: dict[str, Any]) -> tuple[BlockNumber, Timestamp]:
        said, hash_, time = log["blockNumber"], log["blockHash"], log["blockTimestamp"]
        seen = self._blocks.get(said)
        if seen is None:
            number = BlockNumber(parse_quantity(said))
            seen = self._blocks[said] = hash_, time, number, Timestamp(parse_quantity(time))
            if not self._first <= number <= self._last:
                raise MalformedLog(number, 0, f"blocks {self._first} to {self._last} were asked for")
            known = self._known.get(number)
            if known is not None and known != (parse_digest(hash_), seen[3]):
                raise MalformedLog(number, 0, f"its block is {show_hex(known[0])}, and it says {hash_} at {time}")
        if (hash_, time) != seen[:2]:
            raise MalformedLog(seen[2], 0, f"its block has the hash {seen[0]} and the time {seen[1]} in another log")
        return seen[2], seen[3]


def may_hold(header: Header, contract: Address) -> bool:
    """Whether a block may hold logs of a contract: by its Bloom filter, which says it of some that hold none."""
    return bytes(contract) in BloomFilter(int.from_bytes(header.bloom, "big"))


def decode(log: Log) -> Event:
    """The event that a log records. Raises MalformedLog."""
    kind = _KINDS.get(log.topic)
    if kind is None:
        raise MalformedLog(log.block, log.log_index, f"its topic {log.topic.hex()} is not one of ours")
    try:
        return _build(kind, log, _fields(kind, log))
    except (IndexError, ValueError) as error:
        raise MalformedLog(log.block, log.log_index, str(error)) from error


def _fields(kind: type[Event], log: Log) -> dict[str, Any]:
    shape = kind.SHAPE
    words = [log.topics[start : start + 32] for start in range(32, len(log.topics), 32)]
    fields = {name: _value(type_, word) for (name, type_), word in zip(shape.topics, words, strict=True)}
    if kind is not Registered and len(log.data) != 32 * len(shape.data):
        raise ValueError(f"its data has {len(log.data)} bytes, not {32 * len(shape.data)}")
    for index, (name, type_) in enumerate(shape.data):
        word = _word(log.data, index)
        fields[name] = _text(log.data, word) if type_ == "string" else _value(type_, word)
    return fields


def _build(kind: type[Event], log: Log, fields: dict[str, Any]) -> Event:
    if "matter" in fields:
        fields["matter"] = Matter(fields["matter"])
    if kind is not Made:
        return kind(at=log.at, **fields)
    words = [fields.pop(name) for name in ("customer", "terms", "schedule", "labels")]
    promise = unpacked(fields["company"], *words)
    if promise_id(promise) != fields["id"]:
        raise ValueError(f"its terms do not hash to its id 0x{fields['id'].hex()}")
    return Made(at=log.at, promise=promise, **fields)


def _word(data: bytes, index: int) -> bytes:
    word = data[32 * index : 32 * index + 32]
    if len(word) != 32:
        raise IndexError(f"its data has {len(data)} bytes, which is too few")
    return word


def _value(type_: str, word: bytes) -> Any:
    if type_ == "bytes32":
        return word
    if type_ == "address":
        if any(word[:12]):
            raise ValueError(f"0x{word.hex()} is not an address")
        return word[12:]
    value = int.from_bytes(word, "big")
    bits = 1 if type_ == "bool" else int(type_.removeprefix("uint"))
    if value >> bits:
        raise ValueError(f"the word 0x{word.hex()} does not fit {bits} bits")
    return bool(value) if type_ == "bool" else value


def _text(data: bytes, offset: bytes) -> str:
    """A string as the ABI encodes it: its offset in place, then its length and its bytes. Empty where it is no text."""
    start = _value("uint64", offset)
    if start % 32:
        raise ValueError("its text does not begin at a word")
    length = _value("uint64", _word(data, start // 32))
    content = data[start + 32 : start + 32 + length]
    if len(content) != length:
        raise ValueError("its text is cut off")
    try:
        return content.decode()
    except UnicodeDecodeError:
        # Anybody can register anything: Solidity does not look into its strings.
        return ""


_KINDS = {kind.SHAPE.topic: kind for kind in KINDS}
_TOPICS = {kind.SHAPE.topic: 1 + len(kind.SHAPE.topics) for kind in KINDS}
_OF_COMPANIES = {kind.SHAPE.topic for kind in KINDS if not issubclass(kind, PromiseEvent)}
