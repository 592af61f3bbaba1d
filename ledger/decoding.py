"""From raw logs to events: each word where the contract puts it, and nothing else accepted."""

from __future__ import annotations

from typing import Any

from ledger.errors import MalformedLog
from ledger.events import KINDS, Event, Log, Made, Matter, PromiseEvent, Registered
from ledger.promises import promise_id, unpacked
from ledger.units import Address, BlockNumber, Digest, PromiseId, Timestamp


def log_of(block: BlockNumber, index: int, time: Timestamp, transaction: Digest, topics: bytes, data: bytes) -> Log:
    """A log of ours by where it stands and what it says. Raises MalformedLog where its topics are not ours."""
    topic = Digest(topics[:32])
    if len(topics) != _TOPICS.get(topic):
        said = f"its topic {topic.hex()} is not one of ours" if topic not in _TOPICS else "its topics are not ours"
        raise MalformedLog(block, index, said if topics else "it has no topic")
    company, promise = (topics[32:64], None) if topic in _OF_COMPANIES else (topics[64:96], PromiseId(topics[32:64]))
    return Log(block, index, time, transaction, topics, data, Address(company[12:]), promise)


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
_TOPICS = {kind.SHAPE.topic: 32 * (1 + len(kind.SHAPE.topics)) for kind in KINDS}
"""Bytes of each kind's topics."""

_OF_COMPANIES = {kind.SHAPE.topic for kind in KINDS if not issubclass(kind, PromiseEvent)}
