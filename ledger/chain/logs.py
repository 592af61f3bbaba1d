"""From raw logs to events: each word where the contract puts it, and nothing else accepted."""

from __future__ import annotations

from typing import Any

from eth_bloom.bloom import BloomFilter

from ledger.errors import InvalidInput, MalformedLog
from ledger.events import KINDS, Event, Header, Log, Made, Matter, Position, Registered
from ledger.promises import promise_id, unpacked
from ledger.units import (
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    parse_address,
    parse_bytes,
    parse_digest,
    parse_quantity,
    show_address,
    show_hex,
)


def parse_log(log: dict[str, Any], contract: Address, block: Digest | None = None) -> Log:
    """Reads a log from a node's JSON. Raises MalformedLog, also when it is another contract's, or another block's."""
    try:
        at = Position(
            BlockNumber(parse_quantity(log["blockNumber"])),
            parse_quantity(log["logIndex"]),
            parse_digest(log["transactionHash"]),
            Timestamp(parse_quantity(log["blockTimestamp"])),
        )
        parsed = Log(at, tuple(map(parse_digest, log["topics"])), parse_bytes(log["data"]))
        address, stands_in = parse_address(log["address"]), parse_digest(log["blockHash"])
    except (InvalidInput, KeyError, TypeError) as error:
        raise MalformedLog(0, 0, f"it can't be read ({error})") from error
    if address != contract:
        raise MalformedLog(at.block, at.log_index, f"{show_address(address)} emitted it")
    if block is not None and stands_in != block:
        raise MalformedLog(at.block, at.log_index, f"it stands in block {show_hex(stands_in)}, not {show_hex(block)}")
    if log.get("removed"):
        raise MalformedLog(at.block, at.log_index, "the node marks it as removed by a reorganisation")
    return parsed


def may_hold(header: Header, contract: Address) -> bool:
    """Whether a block may hold logs of a contract: by its Bloom filter, which says it of some that hold none."""
    return bytes(contract) in BloomFilter(int.from_bytes(header.bloom, "big"))


def decode(log: Log) -> Event:
    """The event that a log records. Raises MalformedLog."""
    kind = _KINDS.get(log.topics[0]) if log.topics else None
    if kind is None:
        topic = log.topics[0].hex() if log.topics else "none"
        raise MalformedLog(log.at.block, log.at.log_index, f"its topic {topic} is not one of ours")
    try:
        return _build(kind, log, _fields(kind, log))
    except (IndexError, ValueError) as error:
        raise MalformedLog(log.at.block, log.at.log_index, str(error)) from error


def _fields(kind: type[Event], log: Log) -> dict[str, Any]:
    shape = kind.SHAPE
    fields = {name: _value(type_, word) for (name, type_), word in zip(shape.topics, log.topics[1:], strict=True)}
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
    """A string as the ABI encodes it: its offset in place, then its length and its bytes."""
    start = _value("uint64", offset)
    if start % 32:
        raise ValueError("its text does not begin at a word")
    length = _value("uint64", _word(data, start // 32))
    content = data[start + 32 : start + 32 + length]
    if len(content) != length:
        raise ValueError("its text is cut off")
    return content.decode("utf-8")


_KINDS = {kind.SHAPE.topic: kind for kind in KINDS}
