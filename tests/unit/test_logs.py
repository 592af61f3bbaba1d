"""Only what the contract can have emitted becomes an event."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.logs import read_logs
from ledger.chain.node import without_secrets
from ledger.decoding import decode
from ledger.errors import MalformedLog
from ledger.events import ASIDE, Block, Confirmed, Fulfilled, Log, Made, Matter, Position, Registered
from ledger.promises import packed, promise_id
from ledger.units import ZERO_DIGEST, BlockNumber, Digest, PromiseId, Timestamp, show_hex
from tests.support.build import COMPANY, CONTRACT, NOON, a_promise

AT = Position(BlockNumber(7), 3, ZERO_DIGEST, NOON)
PROMISE = a_promise()
ID = promise_id(PROMISE)
COMPANY_WORD = Digest(bytes(12) + COMPANY)
ACTOR, HEAD = Digest(b"\x01" * 32), Digest(b"\x02" * 32)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def a_log(topics: tuple[bytes, ...], data: bytes, promise: PromiseId | None = ID) -> Log:
    return Log(AT.block, AT.log_index, AT.time, AT.transaction, b"".join(topics), data, COMPANY, promise)


SCHEDULE, LABELS = map(word, packed(PROMISE))
MADE = a_log((Made.SHAPE.topic, ID, COMPANY_WORD, ZERO_DIGEST), ACTOR + PROMISE.terms + SCHEDULE + LABELS + HEAD)
FULFILLED = a_log((Fulfilled.SHAPE.topic, ID, COMPANY_WORD), ACTOR + ZERO_DIGEST + HEAD)
CONFIRMED = a_log((Confirmed.SHAPE.topic, ID, COMPANY_WORD), ACTOR + word(1) + word(2) + word(5) + HEAD)
REGISTERED = a_log(
    (Registered.SHAPE.topic, COMPANY_WORD),
    ACTOR + ZERO_DIGEST + word(128) + HEAD + word(2) + b"hi" + bytes(30),
    promise=None,
)
OURS = Block(AT.block, Digest(b"\x0b" * 32), AT.time)


def read(*logs: dict[str, Any], known: tuple[Block, ...] = ()) -> list[Log]:
    return read_logs(logs, CONTRACT, BlockNumber(5), BlockNumber(9), known)


def topics_of(log: Log) -> list[str]:
    return [show_hex(log.topics[start : start + 32]) for start in range(0, len(log.topics), 32)]


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "address": "0x" + CONTRACT.hex(),
        "blockNumber": "0x7",
        "logIndex": "0x3",
        "transactionHash": "0x" + "00" * 32,
        "blockHash": "0x" + "0b" * 32,
        "blockTimestamp": hex(NOON),
        "topics": topics_of(FULFILLED),
        "data": "0x" + FULFILLED.data.hex(),
    } | changes


@pytest.mark.parametrize("log", [MADE, FULFILLED, CONFIRMED, REGISTERED])
def test_a_node_s_log_is_read(log: Log) -> None:
    assert read(raw(topics=topics_of(log), data=show_hex(log.data))) == [log]


def test_logs_are_put_into_the_chain_s_order() -> None:
    before, after = raw(logIndex="0x2"), raw(logIndex="0x10")
    assert [log.log_index for log in read(after, raw(), before)] == [2, 3, 16]


@pytest.mark.parametrize("topic", sorted(ASIDE))
def test_what_no_company_s_chain_holds_is_left_aside(topic: Digest) -> None:
    assert read(raw(topics=[show_hex(topic)])) == []


def test_a_log_of_another_block_is_refused() -> None:
    assert read(raw(), known=(OURS,)) == [FULFILLED]
    with pytest.raises(MalformedLog, match=r"its block is 0x0c0c.*, and it says 0x0b0b"):
        read(raw(), known=(replace(OURS, hash=Digest(b"\x0c" * 32)),))
    with pytest.raises(MalformedLog, match=r"its block is 0x0b0b.* at 0x"):
        read(raw(), known=(replace(OURS, time=Timestamp(1)),))


@pytest.mark.parametrize("changes", [{"blockHash": "0x" + "0c" * 32}, {"blockTimestamp": "0x1"}])
def test_logs_of_one_block_agree_on_its_hash_and_time(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedLog, match="in another log"):
        read(raw(), raw(logIndex="0x4", **changes))


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
        {"topics": []},
        {"topics": ["0x" + "ab" * 32]},
        {"topics": topics_of(FULFILLED)[:2]},
        {"topics": [*topics_of(FULFILLED), "0x" + "00" * 32]},
        {"topics": [*topics_of(FULFILLED)[:2], "0x" + "00" * 31]},
        {"logIndex": "-0x1"},
        {"blockNumber": "0x4"},
        {"blockNumber": "0xa"},
        {"transactionHash": "0x12"},
    ],
)
def test_a_log_that_is_not_the_contract_s_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedLog):
        read(raw(**changes))


def test_a_log_without_a_field_is_refused() -> None:
    log = raw()
    del log["transactionHash"]
    with pytest.raises(MalformedLog, match="transactionHash"):
        read(log)


@pytest.mark.parametrize(
    "log, why",
    [
        (FULFILLED._replace(topics=b""), "its topic  is not one of ours"),
        (FULFILLED._replace(topics=HEAD + FULFILLED.topics[32:]), "is not one of ours"),
        (FULFILLED._replace(topics=FULFILLED.topics[:64]), "shorter"),
        (FULFILLED._replace(topics=FULFILLED.topics[:64] + HEAD), "is not an address"),
        (FULFILLED._replace(data=FULFILLED.data[:-1]), "95 bytes, not 96"),
        (FULFILLED._replace(data=FULFILLED.data + bytes(32)), "128 bytes, not 96"),
        (CONFIRMED._replace(data=ACTOR + word(2) + word(1) + word(5) + HEAD), "does not fit 1 bits"),
        (CONFIRMED._replace(data=ACTOR + word(1) + word(1) + word(256) + HEAD), "does not fit 8 bits"),
        (MADE._replace(data=MADE.data[:63] + b"\x09" + MADE.data[64:]), "do not hash to its id"),
        (MADE._replace(data=MADE.data[:96] + b"\x01" + MADE.data[97:]), "do not fit 144 bits"),
        (MADE._replace(topics=MADE.topics[:96] + HEAD), "do not hash to its id"),
        (REGISTERED._replace(data=REGISTERED.data[:64] + word(2**70) + REGISTERED.data[96:]), "does not fit"),
        (REGISTERED._replace(data=REGISTERED.data[:64] + word(129) + REGISTERED.data[96:]), "does not begin at a word"),
        (REGISTERED._replace(data=REGISTERED.data[:128] + word(99) + REGISTERED.data[160:]), "cut off"),
    ],
)
def test_a_log_that_the_contract_can_t_have_emitted_is_refused(log: Log, why: str) -> None:
    with pytest.raises(MalformedLog, match=why) as caught:
        decode(log)
    assert "Log 3 of block 7" in str(caught.value)


def test_a_uri_that_is_no_text_is_empty() -> None:
    """Anybody can register anything."""
    event = decode(REGISTERED._replace(data=REGISTERED.data[:160] + b"\xff\xff" + bytes(30)))
    assert isinstance(event, Registered)
    assert event.uri == ""


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
    (log,) = read(raw(blockTimestamp="0x1"))
    assert decode(log).at.time == Timestamp(1)
