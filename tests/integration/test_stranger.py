"""A stranger verifies every company's history from docs/protocol.md alone: nothing of ours is used but the chain."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any
from urllib.request import Request, urlopen

from eth_hash.auto import keccak

from tests.support.chain import Loaded

PROMISE = (
    "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
    "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
)
REGISTERED = keccak(b"Registered(address,bytes32,bytes32,string,bytes32)")
MADE = keccak(b"Made(bytes32,address,bytes32,bytes32,bytes32,uint256,uint256,bytes32)")


def ask(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as response:
        return json.load(response)["result"]


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def data(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def linked_words(topics: list[bytes], body: bytes) -> tuple[bytes, bytes]:
    """The words that a link binds, and the event's own head."""
    if topics[0] != REGISTERED:
        return b"".join(topics) + body[:-32], body[-32:]
    actor, profile, offset, head = (body[at : at + 32] for at in range(0, 128, 32))
    start = int.from_bytes(offset, "big")
    length = int.from_bytes(body[start : start + 32], "big")
    uri = body[start + 32 : start + 32 + length]
    return b"".join(topics) + actor + profile + keccak(uri), head


def promise_id(topics: list[bytes], body: bytes) -> bytes:
    """The struct hash of the fields that `Made` carries."""
    schedule, labels = int.from_bytes(body[64:96], "big"), int.from_bytes(body[96:128], "big")

    def field(value: int, start: int, bits: int) -> int:
        return value >> start & (1 << bits) - 1

    words = [
        topics[2],
        topics[3],
        body[32:64],
        word(field(schedule, 160, 40)),
        word(field(schedule, 200, 32)),
        word(field(schedule, 0, 160)),
        field(labels, 64, 64).to_bytes(8, "big") + bytes(24),
        word(field(labels, 128, 8)),
        word(field(labels, 136, 8)),
        word(field(schedule, 248, 8)),
        word(field(schedule, 232, 16)),
        word(field(labels, 0, 64)),
    ]
    return keccak(keccak(PROMISE.encode()) + b"".join(words))


def test_every_history_replays_to_the_head_on_chain(loaded: Loaded) -> None:
    url, contract = loaded.chain.url, "0x" + loaded.deployment.address.hex()
    chain_id = int(ask(url, "eth_chainId"), 16)
    histories: defaultdict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for log in ask(url, "eth_getLogs", {"address": contract, "fromBlock": "0x0", "toBlock": "latest"}):
        topic = 1 if data(log["topics"][0]) == REGISTERED else 2
        histories[data(log["topics"][topic])].append(log)
    assert len(histories) == 16
    promises = 0
    for company, logs in histories.items():
        head = keccak(word(chain_id) + bytes(12) + data(contract) + company)
        for log in logs:
            topics, body = [data(topic) for topic in log["topics"]], data(log["data"])
            time = int(ask_time(url, log), 16)
            words, own_head = linked_words(topics, body)
            head = keccak(head + word(time) + words)
            assert head == own_head
            if topics[0] == MADE:
                assert promise_id(topics, body) == topics[1]
                promises += 1
        call = {"to": contract, "data": "0x" + (keccak(b"headOf(address)")[:4] + company).hex()}
        assert data(ask(url, "eth_call", call, "latest")) == head
    assert promises == len(loaded.flights)


_times: dict[str, str] = {}


def ask_time(url: str, log: dict[str, Any]) -> str:
    """The time of a log's block, from its header."""
    number = log["blockNumber"]
    if number not in _times:
        _times[number] = ask(url, "eth_getBlockByNumber", number, False)["timestamp"]
    return _times[number]
