"""Only what the contract can have emitted becomes an event."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.logs import decode, parse_log
from ledger.chain.node import without_secrets
from ledger.errors import MalformedLog
from ledger.events import Confirmed, Fulfilled, Log, Made, Matter, Position, Registered
from ledger.promises import packed, promise_id
from ledger.units import ZERO_DIGEST, BlockNumber, Digest, Timestamp
from tests.support.build import COMPANY, CONTRACT, NOON, a_promise

AT = Position(BlockNumber(7), 3, ZERO_DIGEST, NOON)
PROMISE = a_promise()
ID = Digest(promise_id(PROMISE))
COMPANY_WORD = Digest(bytes(12) + COMPANY)
ACTOR, HEAD = Digest(b"\x01" * 32), Digest(b"\x02" * 32)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


SCHEDULE, LABELS = map(word, packed(PROMISE))
MADE = Log(AT, (Made.SHAPE.topic, ID, COMPANY_WORD, ZERO_DIGEST), ACTOR + PROMISE.terms + SCHEDULE + LABELS + HEAD)
FULFILLED = Log(AT, (Fulfilled.SHAPE.topic, ID, COMPANY_WORD), ACTOR + ZERO_DIGEST + HEAD)
CONFIRMED = Log(AT, (Confirmed.SHAPE.topic, ID, COMPANY_WORD), ACTOR + word(1) + word(2) + word(5) + HEAD)
REGISTERED = Log(
    AT, (Registered.SHAPE.topic, COMPANY_WORD), ACTOR + ZERO_DIGEST + word(128) + HEAD + word(2) + b"hi" + bytes(30)
)


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "address": "0x" + CONTRACT.hex(),
        "blockNumber": "0x7",
        "logIndex": "0x3",
        "transactionHash": "0x" + "00" * 32,
        "blockHash": "0x" + "0b" * 32,
        "blockTimestamp": hex(NOON),
        "topics": ["0x" + topic.hex() for topic in FULFILLED.topics],
        "data": "0x" + FULFILLED.data.hex(),
    } | changes


def test_a_node_s_log_is_read() -> None:
    assert parse_log(raw(), CONTRACT) == FULFILLED


def test_a_log_of_another_block_is_refused() -> None:
    ours, other = Digest(b"\x0b" * 32), Digest(b"\x0c" * 32)
    assert parse_log(raw(), CONTRACT, ours) == FULFILLED
    with pytest.raises(MalformedLog, match=r"it stands in block 0x0b0b.* not 0x0c0c"):
        parse_log(raw(), CONTRACT, other)


def test_each_kind_is_decoded() -> None:
    made, fulfilled, confirmed, registered = map(decode, (MADE, FULFILLED, CONFIRMED, REGISTERED))
    assert isinstance(made, Made)
    assert made.promise == PROMISE
    assert isinstance(fulfilled, Fulfilled)
    assert isinstance(confirmed, Confirmed)
    assert (confirmed.by_arbiter, confirmed.matter, confirmed.rating) == (True, Matter.REMEDY, 5)
    assert isinstance(registered, Registered)
    assert registered.uri == "hi"
    for event in (made, fulfilled, confirmed, registered):
        assert (event.at, event.company, event.actor, event.head) == (AT, COMPANY, ACTOR, HEAD)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "0x" + "99" * 20},
        {"removed": True},
        {"blockNumber": None},
        {"blockNumber": "seven"},
        {"data": "0x0"},
        {"topics": None},
    ],
)
def test_a_log_that_is_not_the_contract_s_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedLog):
        parse_log(raw(**changes), CONTRACT)


def test_a_log_without_a_field_is_refused() -> None:
    log = raw()
    del log["transactionHash"]
    with pytest.raises(MalformedLog, match="transactionHash"):
        parse_log(log, CONTRACT)


@pytest.mark.parametrize(
    "log, why",
    [
        (replace(FULFILLED, topics=()), "its topic none is not one of ours"),
        (replace(FULFILLED, topics=(HEAD, *FULFILLED.topics[1:])), "is not one of ours"),
        (replace(FULFILLED, topics=FULFILLED.topics[:2]), "shorter"),
        (replace(FULFILLED, topics=(*FULFILLED.topics[:2], HEAD)), "is not an address"),
        (replace(FULFILLED, data=FULFILLED.data[:-1]), "95 bytes, not 96"),
        (replace(FULFILLED, data=FULFILLED.data + bytes(32)), "128 bytes, not 96"),
        (replace(CONFIRMED, data=ACTOR + word(2) + word(1) + word(5) + HEAD), "does not fit 1 bits"),
        (replace(CONFIRMED, data=ACTOR + word(1) + word(1) + word(256) + HEAD), "does not fit 8 bits"),
        (replace(MADE, data=MADE.data[:63] + b"\x09" + MADE.data[64:]), "do not hash to its id"),
        (replace(MADE, data=MADE.data[:96] + b"\x01" + MADE.data[97:]), "do not fit 144 bits"),
        (replace(MADE, topics=(*MADE.topics[:3], HEAD)), "do not hash to its id"),
        (replace(REGISTERED, data=REGISTERED.data[:64] + word(2**70) + REGISTERED.data[96:]), "does not fit"),
        (replace(REGISTERED, data=REGISTERED.data[:64] + word(129) + REGISTERED.data[96:]), "does not begin at a word"),
        (replace(REGISTERED, data=REGISTERED.data[:128] + word(99) + REGISTERED.data[160:]), "cut off"),
        (replace(REGISTERED, data=REGISTERED.data[:160] + b"\xff\xff" + bytes(30)), "utf-8"),
    ],
)
def test_a_log_that_the_contract_can_t_have_emitted_is_refused(log: Log, why: str) -> None:
    with pytest.raises(MalformedLog, match=why) as caught:
        decode(log)
    assert "Log 3 of block 7" in str(caught.value)


@pytest.mark.parametrize(
    "url, shown",
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("https://rpc.example.org/v2/secret", "https://rpc.example.org/…"),
        ("https://user:secret@rpc.example.org", "https://rpc.example.org"),
        ("https://rpc.example.org/?key=secret", "https://rpc.example.org/…"),
    ],
)
def test_a_node_s_url_is_shown_without_its_key(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_times_are_the_block_s() -> None:
    assert parse_log(raw(blockTimestamp="0x1"), CONTRACT).at.time == Timestamp(1)
