"""Tries, headers and receipts: what is there is proven, and nothing else, whatever is given as its proof."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.errors import InvalidProof
from ledger.proofs.blocks import encode_receipt, log_in, logs_of, read_header, receipts_proof
from ledger.proofs.trie import value_in
from ledger.units import Digest, digest_of
from tests.support.blocks import HEADER, receipt

keys = st.binary(min_size=1, max_size=4)
tries = st.dictionaries(keys, st.binary(min_size=1, max_size=80), min_size=1, max_size=40)


def proof_of(content: dict[bytes, bytes], key: bytes) -> tuple[Digest, list[bytes]]:
    trie = HexaryTrie({})
    for each, value in content.items():
        trie[each] = value
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return Digest(trie.root_hash), [nodes[0], *(node for node in nodes[1:] if len(node) >= 32)]


# ── tries ──


@settings(max_examples=500, deadline=None)
@given(tries, st.data())
def test_what_a_trie_holds_is_proven(content: dict[bytes, bytes], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(content)))
    root, nodes = proof_of(content, key)
    assert value_in(root, key, nodes) == content[key]


@settings(max_examples=500, deadline=None)
@given(tries, keys)
def test_what_a_trie_does_not_hold_is_not(content: dict[bytes, bytes], key: bytes) -> None:
    content.pop(key, None)
    if content:
        root, nodes = proof_of(content, key)
        with pytest.raises(InvalidProof):
            value_in(root, key, nodes)


@settings(max_examples=500, deadline=None)
@given(tries, st.data())
def test_a_proof_with_a_node_changed_missing_or_too_many_is_refused(
    content: dict[bytes, bytes], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(content)))
    root, nodes = proof_of(content, key)
    place = data.draw(st.integers(0, len(nodes) - 1))
    bit = data.draw(st.integers(0, 8 * len(nodes[place]) - 1))
    flipped = (int.from_bytes(nodes[place], "big") ^ 1 << bit).to_bytes(len(nodes[place]), "big")
    for other in (
        [*nodes[:place], flipped, *nodes[place + 1 :]],
        [*nodes[:place], *nodes[place + 1 :]],
        [*nodes[:place], nodes[place], *nodes[place:]],
        [*nodes, rlp.encode([b"", b""])],
    ):
        with pytest.raises(InvalidProof):
            value_in(root, key, other)
    with pytest.raises(InvalidProof):
        value_in(digest_of(b"another root"), key, nodes)


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=32), st.lists(st.binary(max_size=100), max_size=4))
def test_anything_else_is_refused_by_name(key: bytes, nodes: list[bytes]) -> None:
    root = digest_of(nodes[0]) if nodes else digest_of(b"")
    with pytest.raises(InvalidProof):
        value_in(root, key, nodes)


@pytest.mark.parametrize(
    "node, why",
    [
        (rlp.encode([b"\x20", b""]), "holds nothing"),
        (rlp.encode([b"\x40", b"v"]), "path begins with 0x40"),
        (rlp.encode([b"\x21", b"v"]), "path begins with 0x21"),
        (rlp.encode([b"", b"v"]), "no path"),
        (rlp.encode([[b"\x20"], b"v"]), "no path"),
        (rlp.encode([b"\x20", [b"v"]]), "holds nothing"),
        (rlp.encode([b"\x20", b"v", b"w"]), "3 parts"),
        (rlp.encode(b"v"), "no list"),
        (rlp.encode([b"\x20", b"v"]) + b"\x00", "not RLP"),
        (bytes.fromhex("c4812076"), "not RLP"),
        (b"\xc1" * 200 + b"\xc0", "not RLP"),
    ],
)
def test_a_malformed_node_says_what_it_lacks(node: bytes, why: str) -> None:
    with pytest.raises(InvalidProof, match=why):
        value_in(digest_of(node), b"", [node])


def test_no_trie_is_so_deep() -> None:
    with pytest.raises(InvalidProof, match="65 trie nodes"):
        value_in(digest_of(b""), b"", [b""] * 65)


# ── headers ──


@pytest.mark.parametrize("fields", [15, 16, 17, 20, 21])
def test_a_header_of_each_fork_is_read(fields: int) -> None:
    content = rlp.encode(HEADER[:fields])
    header = read_header(content)
    assert (header.number, header.time, header.hash) == (5, 0x65000000, digest_of(content))
    assert header.receipts == HEADER[5]


@pytest.mark.parametrize("fields", [0, 14, 18, 19, 22])
def test_a_header_of_no_known_fork_is_refused(fields: int) -> None:
    with pytest.raises(InvalidProof, match="of a fork that is not known"):
        read_header(rlp.encode([*HEADER, b""][:fields]))


@pytest.mark.parametrize(
    "place, value, why",
    [
        (0, bytes(31), "parentHash has 31 bytes"),
        (2, bytes(21), "miner has 21 bytes"),
        (5, b"", "receiptsRoot has 0 bytes"),
        (6, bytes(255), "logsBloom has 255 bytes"),
        (8, b"\x00\x05", "number is 0x0005"),
        (8, b"\x20" + bytes(6), "number is 0x20000000000000"),
        (11, b"\x01" * 9, "timestamp is 0x01"),
        # After the last of calendars: a score as of then would take as long.
        (11, b"\x3b" + bytes(4), "timestamp is 0x3b00000000"),
        (12, bytes(33), "extraData has 33 bytes"),
        (14, b"", "nonce has 0 bytes"),
        (15, b"\x01" * 33, "baseFeePerGas is"),
        (5, [b""], "receiptsRoot is a list"),
    ],
)
def test_a_header_s_field_that_does_not_fit_is_named(place: int, value: Any, why: str) -> None:
    fields: list[Any] = [*HEADER]
    fields[place] = value
    with pytest.raises(InvalidProof, match=why):
        read_header(rlp.encode(fields))


# ── receipts ──


@pytest.mark.parametrize("kind", range(5))
def test_a_receipt_of_each_type_is_read(kind: int) -> None:
    (log,) = logs_of(encode_receipt(receipt(kind)))
    assert (log.address, log.topics, log.data) == (b"\x1e" * 20, (digest_of(b"topic"),), b"\x01\x02")


def test_a_type_to_come_is_refused_by_name() -> None:
    with pytest.raises(InvalidProof, match="type 5"):
        encode_receipt(receipt(5))
    for kind in (0, 5, 0x7F):
        with pytest.raises(InvalidProof, match=f"type {kind}, which is not known"):
            logs_of(bytes([kind]) + encode_receipt(receipt(2))[1:])


def test_a_failed_transaction_proves_nothing() -> None:
    with pytest.raises(InvalidProof, match="the transaction failed"):
        logs_of(encode_receipt(receipt(status=0)))


def test_a_receipt_from_before_byzantium_is_refused_by_name() -> None:
    old = receipt(0)
    del old["status"]
    with pytest.raises(InvalidProof, match="before Byzantium"):
        encode_receipt(old)


FIELDS: list[Any] = [b"\x01", b"\x52\x08", bytes(256), [[b"\x1e" * 20, [digest_of(b"topic")], b""]]]


@pytest.mark.parametrize(
    "place, value, why",
    [
        (0, bytes(32), "neither success nor failure"),
        (0, [], "neither success nor failure"),
        (1, b"", "gas is no number"),
        (1, b"\x00\x01", "gas is no number"),
        (2, bytes(255), "no bloom filter"),
        (3, b"", "no bloom filter, or no logs"),
        (3, [b""], "does not have three fields"),
        (3, [[bytes(19), [], b""]], "no address"),
        (3, [[bytes(20), b"", b""]], "no address"),
        (3, [[bytes(20), [bytes(31)], b""]], "a topic that is none"),
        (3, [[bytes(20), [bytes(32)] * 5, b""]], "a topic that is none"),
    ],
)
def test_a_receipt_s_field_that_does_not_fit_is_named(place: int, value: Any, why: str) -> None:
    fields = [*FIELDS]
    fields[place] = value
    with pytest.raises(InvalidProof, match=why):
        logs_of(rlp.encode(fields))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=200), st.data())
def test_a_log_of_any_transaction_of_a_block_is_proven(shapes: list[tuple[int, int]], data: st.DataObject) -> None:
    receipts = [encode_receipt(receipt(kind, logs=logs)) for kind, logs in shapes]
    transaction = data.draw(st.integers(0, len(shapes) - 1))
    root, nodes = receipts_proof(receipts, transaction)
    header = read_header(rlp.encode([*HEADER[:5], root, *HEADER[6:]]))
    for index in range(shapes[transaction][1]):
        assert log_in(header, transaction, index, nodes).data == b"\x01\x02"
    for place in ((transaction, shapes[transaction][1]), (len(shapes), 0), (-1, 0), (transaction, -1)):
        with pytest.raises(InvalidProof):
            log_in(header, *place, nodes)
