"""Bundles: files that hold all that is needed to check a claim, but for one block's hash.

A bundle is gzip (RFC 1952) of JSON, and its name is keccak256 of the JSON's bytes. Reading one checks its form alone;
whether what it says is so, `verification` finds out.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ledger.decoding import log_of
from ledger.errors import HistoryTooLong, InvalidBundle, InvalidInput, InvalidReceipt, MalformedLog
from ledger.events import Log
from ledger.receipts import Receipt, read_receipt
from ledger.strict import parse
from ledger.units import (
    MOST_NUMBER,
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    digest_of,
    parse_address,
    parse_bytes,
    show_address,
    show_hex,
)

VERSION = 1

MOST_BYTES = 32 * 1024 * 1024
"""Of a bundle's JSON: some 35,000 events."""

_EVENT_BYTES = 30
"""Of the JSON of an event, beside its words: brackets, quotes, commas, and the time."""

_OTHER_BYTES = 128 * 1024
"""Left for all that is no event: policy, statement, proofs."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the anchor of a statement stands: the log of a transaction of a block."""

    header: bytes
    """RLP."""
    transaction: int
    """Its index in the block."""
    log: int
    """Its index in the transaction."""
    nodes: tuple[bytes, ...]
    """From the root of the block's receipts down to the transaction's."""


@dataclass(frozen=True, slots=True)
class State:
    """What a slot of the contract held after a block."""

    header: bytes
    """RLP."""
    account: tuple[bytes, ...]
    """From the root of the state down to the contract's account."""
    storage: tuple[bytes, ...]
    """From the root of the contract's storage down to the slot."""


@dataclass(frozen=True, slots=True)
class ScoreBundle:
    """A company's whole history to a head, and the statement about it."""

    ledger: str
    company: Address
    logs: list[Log]
    """Their places are ordinals: nothing proves in which blocks they stood."""
    policy: dict[str, Any]
    statement: dict[str, Any]
    basis: Anchor | State
    """What shows that the head was the company's: that somebody anchored it, or the slot that holds it."""


@dataclass(frozen=True, slots=True)
class ReceiptBundle:
    """A promise with its terms, and what the contract held of it after a block."""

    receipt: Receipt
    state: State
    """Of the promise's slot."""


Bundle = ScoreBundle | ReceiptBundle


def require_fit(logs: Sequence[Log]) -> None:
    """Raises HistoryTooLong if a company's log is too long for one bundle."""
    if sum(_EVENT_BYTES + 2 * (len(log.topics) + len(log.data)) for log in logs) > MOST_BYTES - _OTHER_BYTES:
        raise HistoryTooLong(show_address(logs[0].company), len(logs), MOST_BYTES)


def encode_bundle(bundle: Bundle) -> tuple[Digest, bytes]:
    """A bundle's name, and its file's content."""
    match bundle:
        case ScoreBundle():
            words: dict[str, Any] = {
                "bundle": "score",
                "version": VERSION,
                "ledger": bundle.ledger,
                "company": show_address(bundle.company),
                "policy": bundle.policy,
                "statement": bundle.statement,
                **_shown(bundle.basis),
                "events": [[log.time, show_hex(log.topics), show_hex(log.data)] for log in bundle.logs],
            }
        case ReceiptBundle():
            words = {
                "bundle": "receipt",
                "version": VERSION,
                "receipt": bundle.receipt.encode(),
                **_shown(bundle.state),
            }
    content = orjson.dumps(words)
    # Without a time, so that the same bundle is the same file.
    return digest_of(content), gzip.compress(content, compresslevel=9, mtime=0)


def _shown(basis: Anchor | State) -> dict[str, Any]:
    if isinstance(basis, State):
        shown = {name: [show_hex(node) for node in getattr(basis, name)] for name in ("account", "storage")}
        return {"state": {"header": show_hex(basis.header), **shown}}
    nodes = [show_hex(node) for node in basis.nodes]
    place = {"transaction": basis.transaction, "log": basis.log}
    return {"anchor": {"header": show_hex(basis.header), **place, "nodes": nodes}}


def read_bundle(content: bytes) -> tuple[Digest, Bundle]:
    """A bundle's name and what it holds. Raises InvalidBundle."""
    inside = _inflated(content)
    try:
        words = parse(inside)
    except ValueError as error:
        raise InvalidBundle(f"it is not JSON ({error})") from error
    if not isinstance(words, dict):
        raise InvalidBundle("it is not a JSON object")
    if type(words.get("version")) is not int or words["version"] != VERSION:
        raise InvalidBundle(f"its version is {str(words.get('version'))[:20]}, and this program reads {VERSION}")
    match words.get("bundle"):
        case "score":
            return digest_of(inside), _score(words)
        case "receipt":
            return digest_of(inside), _receipt(words)
    raise InvalidBundle(
        f"it is a bundle of {str(words.get('bundle'))[:20]!r}, and this program reads score and receipt"
    )


def _inflated(content: bytes) -> bytes:
    """What is in a gzip file, never more than allowed in memory."""
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        inside = stream.decompress(content, MOST_BYTES + 1)
    except zlib.error as error:
        raise InvalidBundle(f"it is not a gzip file ({error})") from error
    if len(inside) > MOST_BYTES:
        raise InvalidBundle(f"it holds more than {MOST_BYTES:,} bytes")
    if not stream.eof:
        raise InvalidBundle("it is cut off")
    if stream.unused_data:
        raise InvalidBundle("something comes after its end")
    return inside


def _score(words: Mapping[str, Any]) -> ScoreBundle:
    basis = "state" if "state" in words else "anchor"
    _require_keys(words, f"bundle version ledger company policy statement {basis} events")
    if not isinstance(words["events"], list) or not isinstance(words["ledger"], str):
        raise InvalidBundle("its events are no list, or its ledger is no text")
    for name in ("policy", "statement"):
        if not isinstance(words[name], dict):
            raise InvalidBundle(f"its {name} is no object")
    try:
        return ScoreBundle(
            ledger=words["ledger"],
            company=parse_address(words["company"]),
            logs=[_log(place, event) for place, event in enumerate(words["events"])],
            policy=words["policy"],
            statement=words["statement"],
            basis=_state(words["state"]) if basis == "state" else _anchor(words["anchor"]),
        )
    except InvalidInput as error:
        raise error if isinstance(error, InvalidBundle) else InvalidBundle(error.what.removesuffix(".")) from error


def _receipt(words: Mapping[str, Any]) -> ReceiptBundle:
    _require_keys(words, "bundle version receipt state")
    try:
        if not isinstance(words["receipt"], str):
            raise InvalidBundle("its receipt is no text")
        return ReceiptBundle(read_receipt(words["receipt"], "in the bundle"), _state(words["state"]))
    except InvalidReceipt as error:
        raise InvalidBundle(error.what.removesuffix(".")) from error
    except InvalidInput as error:
        raise error if isinstance(error, InvalidBundle) else InvalidBundle(error.what.removesuffix(".")) from error


def _anchor(words: Any) -> Anchor:
    _require_keys(words, "header transaction log nodes")
    place = (_number(words["transaction"]), _number(words["log"]))
    return Anchor(parse_bytes(words["header"]), *place, _nodes(words["nodes"]))


def _state(words: Any) -> State:
    _require_keys(words, "header account storage")
    return State(parse_bytes(words["header"]), _nodes(words["account"]), _nodes(words["storage"]))


def _require_keys(words: Any, names: str) -> None:
    if not isinstance(words, Mapping) or words.keys() != set(names.split()):
        raise InvalidBundle(f"a part of it is not a JSON object of {', '.join(names.split())}")


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_NUMBER:
        raise InvalidBundle(f"{str(value)[:40]} is no number from 0 to {MOST_NUMBER}")
    return value


def _nodes(values: Any) -> tuple[bytes, ...]:
    if not isinstance(values, list):
        raise InvalidBundle("the nodes of a trie are no list")
    return tuple(map(parse_bytes, values))


def _log(place: int, event: Any) -> Log:
    try:
        time, topics, data = event
        at = Timestamp(_number(time))
        return log_of(BlockNumber(0), place, at, ZERO_DIGEST, _hex(topics), _hex(data))
    except (TypeError, ValueError, MalformedLog) as error:
        raise InvalidBundle(f"event {place + 1} is not a time, topics and data of ours") from error


def _hex(text: Any) -> bytes:
    found = bytes.fromhex(text[2:])
    # It takes spaces too.
    if text[:2] != "0x" or len(text) != 2 + 2 * len(found):
        raise ValueError(text)
    return found
