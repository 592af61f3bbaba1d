"""What geth makes is read as geth means it: every fork's headers, a block's receipts, and proofs of its state.

The vectors are from ethereum/execution-apis (CC0), whose chain has each fork from Frontier to Osaka.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rlp

from ledger.errors import InvalidProof
from ledger.proofs.blocks import (
    FORKS,
    ProvenLog,
    encode_receipt,
    log_in,
    logs_of,
    read_header,
    receipts_proof,
    stored_in,
)
from ledger.units import parse_address, parse_bytes, parse_digest

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "geth.json").read_text())
HEADERS = [parse_bytes(header) for header in VECTORS["headers"]]


def logs_in(receipt: dict[str, Any]) -> list[ProvenLog]:
    return [
        ProvenLog(parse_address(log["address"]), tuple(map(parse_digest, log["topics"])), parse_bytes(log["data"]))
        for log in receipt["logs"]
    ]


def test_every_header_hashes_to_what_the_next_one_names() -> None:
    read = [read_header(header) for header in HEADERS]
    assert [header.number for header in read] == list(range(1, len(HEADERS) + 1))
    for before, after in zip(read, HEADERS[1:], strict=False):
        assert rlp.decode(after)[0] == before.hash
    assert {len(rlp.decode(header)) for header in HEADERS} == set(FORKS)


def test_a_block_s_receipts_lead_to_its_header_and_each_log_is_proven() -> None:
    [block] = VECTORS["receipts"]
    header = read_header(HEADERS[block["block"] - 1])
    encoded = [encode_receipt(receipt) for receipt in block["receipts"]]
    for place, receipt in enumerate(block["receipts"]):
        root, nodes = receipts_proof(encoded, place)
        assert root == header.receipts
        for index, log in enumerate(logs_in(receipt)):
            assert log_in(header, place, index, nodes) == log
    assert sum(len(receipt["logs"]) for receipt in block["receipts"]) > 1


@pytest.mark.parametrize("receipt", VECTORS["typed"], ids=lambda receipt: f"type {receipt['type']}")
def test_a_receipt_of_each_type_has_its_logs(receipt: dict[str, Any]) -> None:
    encoded = encode_receipt(receipt)
    assert encoded[0] == int(receipt["type"], 16)
    assert logs_of(encoded) == logs_in(receipt) != []


def test_a_slot_is_proven_by_its_account() -> None:
    state = VECTORS["state"]
    header = read_header(HEADERS[state["block"] - 1])
    account, storage = ([parse_bytes(node) for node in state[name]] for name in ("account", "storage"))
    where = (header, parse_address(state["address"]), parse_bytes(state["slot"]))
    code, value = stored_in(*where, account, storage)
    assert (code, value) == (parse_digest(state["codeHash"]), int(state["value"], 16))
    with pytest.raises(InvalidProof):
        stored_in(*where, account, [*storage[:-1], storage[0]])
    earlier = read_header(HEADERS[state["block"] - 2])
    with pytest.raises(InvalidProof):
        stored_in(earlier, *where[1:], account, storage)
