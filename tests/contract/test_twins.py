"""Python and the contract agree: ids, calldata, logs, links."""

from pathlib import Path

from ape.api import AccountAPI, ProviderAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager

from ledger.chain import contract
from ledger.chain.contract import artifact
from ledger.chain.logs import decode, parse_log
from ledger.chain.node import Node
from ledger.errors import TrothError
from ledger.events import Confirmed, Event, Fulfilled, Made, Registered
from ledger.links import genesis, replay
from ledger.promises import Promise, promise_id
from ledger.units import Address, BlockNumber, digest_of
from scripts.compile import compile_ledger
from tests.contract.conftest import address_of, words


def test_the_committed_artifact_is_what_the_source_compiles_to() -> None:
    assert compile_ledger() == artifact()


def test_event_topics_are_the_abi_s() -> None:
    declared = {
        entry["name"]: digest_of(f"{entry['name']}({','.join(i['type'] for i in entry['inputs'])})".encode())
        for entry in artifact()["abi"]
        if entry["type"] == "event"
    }
    assert declared == {kind.__name__: kind.TOPIC for kind in (Registered, Made, Fulfilled, Confirmed)}


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
    registered.confirm(words(promise), salt, 4, sender=customer)
    registered.register(digest_of(b"another"), "data:,", sender=company)

    node = Node(provider.http_uri)
    address = Address(bytes.fromhex(registered.address[2:]))
    last = BlockNumber(chain.blocks.height)
    events: list[Event] = [decode(parse_log(log, address)) for log in node.logs(address, BlockNumber(0), last)]
    assert [type(event) for event in events] == [Registered, Made, Fulfilled, Confirmed, Registered]
    made = events[1]
    assert isinstance(made, Made)
    assert made.promise == promise
    head = replay(genesis(node.chain_id, address, address_of(company)), events)
    assert head == bytes(registered.headOf(company))
    assert contract.heads(node, address, [address_of(company)], last) == [head]


def test_calldata_is_what_ape_encodes(registered: ContractInstance, promise: Promise, salt: bytes) -> None:
    id_, digest = promise_id(promise), digest_of(b"x")
    ours_and_theirs = [
        (contract.register(digest, "ipfs://x"), registered.register.encode_input(digest, "ipfs://x")),
        (contract.make(promise), registered.make.encode_input(words(promise))),
        (contract.fulfil(id_, digest), registered.fulfil.encode_input(id_, digest)),
        (contract.confirm(promise, salt, 3), registered.confirm.encode_input(words(promise), salt, 3)),
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
        receipt = ledger.register(digest_of(b""), uri, sender=company)
        block = BlockNumber(receipt.block_number)
        (log,) = Node(provider.http_uri).logs(address, block, block)
        event = decode(parse_log(log, address))
        assert isinstance(event, Registered)
        assert event.uri == uri


def test_errors_have_a_root_that_says_what_to_do() -> None:
    source = (Path(__file__).parents[2] / "ledger" / "errors.py").read_text()
    for kind in TrothError.__subclasses__():
        assert f"── {kind.__name__}" in source
