"""The Python twin meets the shared examples, and its decoder reads their history."""

from __future__ import annotations

import json
from typing import Any

from eth_account.messages import encode_typed_data

from ledger.chain.logs import read_logs
from ledger.decoding import decode
from ledger.events import KINDS, Log
from ledger.links import genesis, replay
from ledger.promises import packed, promise_id, unpacked
from ledger.signing import ACTIONS, typed_data
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Digest, digest_of, parse_address, parse_digest, show_hex
from scripts import vectors

VECTORS: dict[str, Any] = json.loads(vectors.FILE.read_text())


def test_the_file_is_what_the_code_gives() -> None:
    assert vectors.FILE.read_text() == vectors.content(), "Run: python scripts/vectors.py"


def test_a_promise_comes_back_from_its_words() -> None:
    for example, promise in zip(VECTORS["promises"], vectors.PROMISES, strict=True):
        words = (int(example[name], 16) for name in ("schedule", "labels"))
        assert unpacked(promise.company, promise.customer, promise.terms, *words) == promise
        assert packed(promise) == (int(example["schedule"], 16), int(example["labels"], 16))


def test_the_ids_are_those_of_different_promises() -> None:
    ids = {example["id"] for example in VECTORS["promises"]}
    assert ids == {"0x" + promise_id(promise).hex() for promise in vectors.PROMISES}
    assert len(ids) == 12


def test_an_independent_implementation_gives_the_digests() -> None:
    """eth_account's, from the file alone and the types."""
    types = {action: typed_data(vectors.DOMAIN, action, vectors.message_of(action, 0)) for action in ACTIONS}
    for example in VECTORS["promises"]:
        for action, signed in example["signed"].items():
            full = types[action] | {"message": in_full(action, signed["message"])}
            signable = encode_typed_data(full_message=full)
            assert signable.header.hex() == VECTORS["domainSeparator"][2:]
            assert signable.body.hex() == signed["structHash"][2:]
            digest = digest_of(b"\x19" + signable.version + signable.header + signable.body)
            assert digest.hex() == signed["digest"][2:]


def test_the_history_has_every_kind_of_event_and_replays_to_its_head() -> None:
    history = VECTORS["history"]
    company, contract = parse_address(history["company"]), parse_address(VECTORS["contract"])
    logs = [read_log(log) for log in history["logs"]]
    events = [decode(log) for log in logs]
    assert {type(event) for event in events} == set(KINDS)
    assert [type(event).__name__ for event in events] == [log["event"] for log in history["logs"]]
    start = genesis(VECTORS["chainId"], contract, company)
    assert start == parse_digest(history["genesis"])
    heads: dict[Address, Digest] = {}
    replay(heads, logs, VECTORS["chainId"], contract)
    assert heads == {company: parse_digest(history["logs"][-1]["head"])}


def read_log(log: dict[str, Any]) -> Log:
    known = {
        "blockNumber": "0x0",
        "logIndex": "0x0",
        "blockHash": show_hex(ZERO_DIGEST),
        "transactionHash": show_hex(ZERO_DIGEST),
        "blockTimestamp": hex(log["time"]),
        "address": VECTORS["contract"],
    }
    (read,) = read_logs([log | known], parse_address(VECTORS["contract"]), BlockNumber(0), BlockNumber(0))
    return read


def in_full(action: str, message: dict[str, Any]) -> dict[str, Any]:
    kinds = dict(ACTIONS[action])
    return {
        name: VECTORS["promises"][value]["fields"] if kinds[name] == "Promise" else value
        for name, value in message.items()
    }
