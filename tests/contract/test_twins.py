"""Python and the contract agree: ids, calldata, logs, links."""

from pathlib import Path

import pytest
from ape.api import AccountAPI, ProviderAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager

from ledger.chain import contract
from ledger.chain.contract import SENDER, UNSIGNED, Auth, Once, artifact
from ledger.chain.logs import read_logs
from ledger.chain.node import Node
from ledger.decoding import decode
from ledger.errors import TrothError
from ledger.events import ASIDE, KINDS, Confirmed, Event, Fulfilled, Made, Matter, Registered
from ledger.links import replay
from ledger.promises import Promise, promise_id
from ledger.units import Address, BlockNumber, Digest, Timestamp, digest_of
from scripts.compile import SOURCES, compile_contract
from tests.contract.conftest import address_of, words


@pytest.mark.parametrize("name", SOURCES)
def test_the_committed_artifacts_are_what_the_sources_compile_to(name: str) -> None:
    assert compile_contract(name) == artifact(name)


def test_event_topics_are_the_abi_s() -> None:
    declared = {
        entry["name"]: digest_of(f"{entry['name']}({','.join(i['type'] for i in entry['inputs'])})".encode())
        for entry in artifact()["abi"]
        if entry["type"] == "event"
    }
    aside = {name: declared.pop(name) for name in ("Checkpoint", "Anchored", "ItemFailed")}
    assert declared == {kind.__name__: kind.SHAPE.topic for kind in KINDS}
    assert set(aside.values()) == ASIDE


def test_a_history_read_from_the_node_replays_to_the_contract_s_head(
    registered: ContractInstance,
    company: AccountAPI,
    customer: AccountAPI,
    promise: Promise,
    salt: bytes,
    provider: ProviderAPI,
    chain: ChainManager,
) -> None:
    registered.make(words(promise), sender=company)
    registered.fulfil(promise_id(promise), digest_of(b"evidence"), sender=company)
    registered.confirm(SENDER, words(promise), salt, Matter.FULFILMENT, 4, sender=customer)
    registered.register(SENDER, company, digest_of(b"another"), "data:,", UNSIGNED, sender=company)

    node = Node(provider.http_uri)
    address = Address(bytes.fromhex(registered.address[2:]))
    last = BlockNumber(chain.blocks.height)
    logs = read_logs(node.logs(address, BlockNumber(0), last)[2], address, BlockNumber(0), last)
    events: list[Event] = [decode(log) for log in logs]
    assert [type(event) for event in events] == [Registered, Made, Fulfilled, Confirmed, Registered]
    made = events[1]
    assert isinstance(made, Made)
    assert made.promise == promise
    heads: dict[Address, Digest] = {}
    replay(heads, logs, node.chain_id, address)
    assert heads == {address_of(company): bytes(registered.headOf(company))}
    assert contract.heads(node, address, [address_of(company)], last) == list(heads.values())


def test_calldata_is_what_ape_encodes(registered: ContractInstance, promise: Promise, salt: bytes) -> None:
    id_, digest = promise_id(promise), digest_of(b"x")
    auth, once = Auth(b"signer", b"signature"), Once(7, Timestamp(8))
    ours_and_theirs = [
        (
            contract.register(auth, promise.company, digest, "ipfs://x", once),
            registered.register.encode_input(auth, promise.company, digest, "ipfs://x", once),
        ),
        (contract.make(promise), registered.make.encode_input(words(promise))),
        (contract.make_all([promise] * 2), registered.makeAll.encode_input([words(promise)] * 2)),
        (contract.make_by(auth, promise), registered.makeBy.encode_input(auth, words(promise))),
        (contract.accept(auth, promise, salt), registered.accept.encode_input(auth, words(promise), salt)),
        (contract.fulfil(id_, digest), registered.fulfil.encode_input(id_, digest)),
        (contract.fulfil_all([(id_, digest)]), registered.fulfilAll.encode_input([(id_, digest)])),
        (contract.fulfil_by(auth, id_, digest), registered.fulfilBy.encode_input(auth, id_, digest)),
        (
            contract.confirm(auth, promise, salt, Matter.REMEDY, 3),
            registered.confirm.encode_input(auth, words(promise), salt, 2, 3),
        ),
        (contract.multicall([b"a", b"b"]), registered.multicall.encode_input([b"a", b"b"])),
    ]
    for ours, theirs in ours_and_theirs:
        assert ours == bytes(theirs)


def test_a_profile_of_any_length_is_decoded(
    ledger: ContractInstance, company: AccountAPI, provider: ProviderAPI, chain: ChainManager
) -> None:
    address = Address(bytes.fromhex(ledger.address[2:]))
    for length in (0, 1, 31, 32, 33, 1000):
        uri = "é" * (length // 2) + "x" * (length % 2)
        receipt = ledger.register(SENDER, company, digest_of(b""), uri, UNSIGNED, sender=company)
        block = BlockNumber(receipt.block_number)
        (log,) = read_logs(Node(provider.http_uri).logs(address, block, block)[2], address, block, block)
        event = decode(log)
        assert isinstance(event, Registered)
        assert event.uri == uri


def test_errors_have_a_root_that_says_what_to_do() -> None:
    source = (Path(__file__).parents[2] / "ledger" / "errors.py").read_text()
    for kind in TrothError.__subclasses__():
        assert f"── {kind.__name__}" in source
