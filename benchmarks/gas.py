"""What each action costs in gas, beside the Ethereum Attestation Service and beside what no contract can go below.

One run on a fresh chain (Osaka, with its cap on a transaction's gas), with fixed keys and times, so that every run
gives the same figures. Steady state: the actor has acted before, and what it acts on was written in an earlier block.

The peer is EAS 1.9.0 as its package compiled it. There, what we record is attestations: a promise is one, with the
same fields in its data; its fulfilment is another that refers to it, with the digest of the evidence; a confirmation is
a third, signed by the customer and sent by a relayer, with the rating; an anchor is one with head, policy and
statement. A batch is one `multiAttest`, of as many as its cost lets into one transaction: 100 do not fit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from rich.console import Console
from rich.table import Table
from web3 import Web3

from benchmarks.report import RESULTS
from ledger.chain import contract
from ledger.chain.anvil import TRANSACTION_GAS_CAP, LocalChain, run_anvil
from ledger.chain.deployment import Deployment
from ledger.events import Matter
from ledger.promises import Promise, customer_of, promise_id, service_code
from ledger.signing import Message
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, Timestamp, digest_of, show_hex
from tests.support.chain import deploy, free_port

START = Timestamp(1_700_000_000)
DAY_S = 86_400
BATCH = 100
LARGE_BATCH = 300
PEER_BATCH = 30
CUSTOMER = Account.from_key(digest_of(b"customer"))
SALT = digest_of(b"salt")
PEER = "@ethereum-attestation-service/eas-contracts@1.9.0"
SNAPSHOT = Path(__file__).parent / "gas.json"
"""What our actions cost, committed: a change shows in review."""

BASE = 21_000
NEW_SLOT = 22_100
"""A cold slot from zero (EIP-2200, EIP-2929)."""
CHANGED_SLOT = 5_000
"""A cold slot from another value."""
ECRECOVER = 3_000

Figures = dict[str, int]


def calldata_gas(data: bytes) -> int:
    """What the bytes of a transaction cost (EIP-2028)."""
    zeros = data.count(0)
    return 4 * zeros + 16 * (len(data) - zeros)


def log_gas(topics: int, words: int) -> int:
    """What an event costs (Yellow Paper, appendix G)."""
    return 375 + 375 * topics + 8 * 32 * words


class Bench:
    """A chain on which transactions are sent one to a block, and their gas is read."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._time = START
        accounts = chain.accounts()
        self.company, self.arbiter, self.relayer = accounts[1:4]
        self.chain_id = chain.chain_id

    def deploy_ours(self) -> Deployment:
        """Puts our contract on the chain."""
        return deploy(self._chain, self._tick())

    def send(self, sender: Address, to: Address | None, data: bytes) -> tuple[int, dict[str, Any]]:
        """Sends a transaction in a block of its own. Gives the gas it used and its receipt."""
        fields = {"from": show_hex(sender), "data": show_hex(data), "gas": hex(TRANSACTION_GAS_CAP), "gasPrice": "0x0"}
        sent = self._chain.request("eth_sendTransaction", fields | ({"to": show_hex(to)} if to else {}))
        self._chain.request("evm_mine", {"timestamp": int(self._tick())})
        receipt = self._chain.request("eth_getTransactionReceipt", sent)
        if receipt["status"] != "0x1":
            sys.exit(f"A transaction that was to be measured failed: {sent}")
        return int(receipt["gasUsed"], 16), receipt

    def call(self, to: Address, data: bytes) -> bytes:
        """What a view answers."""
        answer = self._chain.request("eth_call", {"to": show_hex(to), "data": show_hex(data)}, "latest")
        return bytes.fromhex(answer[2:])

    def _tick(self) -> Timestamp:
        self._time = Timestamp(self._time + 12)
        return self._time


def a_promise(bench: Bench, number: int) -> Promise:
    """A promise to a customer with an arbiter, with a digest and a nonce of its own."""
    return Promise(
        company=bench.company,
        customer=customer_of(SALT, bytes.fromhex(CUSTOMER.address[2:])),
        terms=digest_of(b"terms %d" % number),
        due_at=Timestamp(START + 7 * DAY_S),
        dispute_window=14 * DAY_S,
        arbiter=bench.arbiter,
        service=service_code("delivery"),
        experience=1,
        stage=2,
        stakes=1,
        cohort=7,
        nonce=number,
    )


def evidence(number: int) -> Digest:
    """A digest of its own for each."""
    return digest_of(b"evidence %d" % number)


def measure_ours(bench: Bench) -> tuple[Figures, Figures]:
    """What ours costs, and what it could not go below, for each item."""
    deployment = bench.deploy_ours()
    ledger = deployment.address

    def send(sender: Address, data: bytes) -> int:
        return bench.send(sender, ledger, data)[0]

    def made(*numbers: int) -> bytes:
        return contract.make([a_promise(bench, number) for number in numbers])

    def fulfilled(*numbers: int) -> bytes:
        return contract.fulfil([(promise_id(a_promise(bench, number)), evidence(number)) for number in numbers])

    many = range(1000, 1000 + BATCH)
    large = range(2000, 2000 + LARGE_BATCH)
    promise = a_promise(bench, 1)
    message = Message("Confirm", (promise, Matter.FULFILMENT, 5)).digest(bench.chain_id, ledger)
    auth = contract.Auth(bytes.fromhex(CUSTOMER.address[2:]), Account.unsafe_sign_hash(message, CUSTOMER.key).signature)
    confirmation = contract.confirm(auth, promise, SALT, Matter.FULFILMENT, 5)

    send(bench.company, contract.register(contract.SENDER, bench.company, digest_of(b"profile"), "", contract.UNSIGNED))
    send(bench.company, made(0))
    ours = {
        "make": send(bench.company, made(1)),
        "make_batch100": send(bench.company, made(*many)) // BATCH,
        "fulfil": send(bench.company, fulfilled(1)),
        "fulfil_batch100": send(bench.company, fulfilled(*many)) // BATCH,
        "confirm_relayed": send(bench.relayer, confirmation),
        "make_batch300_whole": send(bench.company, made(*large)),
    }
    head = Digest(bench.call(ledger, contract.head_of(bench.company)))
    anchor = contract.anchor(bench.company, head, digest_of(b"policy"), digest_of(b"statement"))
    ours["anchor"] = send(bench.relayer, anchor)

    make_log, short_log = log_gas(4, 5), log_gas(3, 3)
    floor = {
        "make": BASE + calldata_gas(made(1)) + NEW_SLOT + CHANGED_SLOT + make_log,
        "make_batch100": (BASE + calldata_gas(made(*many)) + CHANGED_SLOT) // BATCH + NEW_SLOT + make_log,
        "fulfil": BASE + calldata_gas(fulfilled(1)) + 2 * CHANGED_SLOT + short_log,
        "fulfil_batch100": (BASE + calldata_gas(fulfilled(*many)) + CHANGED_SLOT) // BATCH + CHANGED_SLOT + short_log,
        "confirm_relayed": BASE + calldata_gas(confirmation) + 2 * CHANGED_SLOT + ECRECOVER + log_gas(3, 5),
        "make_batch300_whole": BASE + calldata_gas(made(*large)) + CHANGED_SLOT + LARGE_BATCH * (NEW_SLOT + make_log),
        # A cold slot read.
        "anchor": BASE + calldata_gas(anchor) + 2_100 + log_gas(3, 3),
    }
    return ours, floor


def measure_peer(bench: Bench, artifacts: Callable[[str], dict[str, Any]]) -> Figures:
    """What EAS costs for the same, for each item."""
    built = artifacts("EAS")
    eas = Web3().eth.contract(abi=built["abi"])
    registry_built = artifacts("SchemaRegistry")
    registry_abi = Web3().eth.contract(abi=registry_built["abi"])
    deployer = bench.relayer
    registry = _created(bench.send(deployer, None, bytes.fromhex(registry_built["bytecode"][2:]))[1])
    init_code = bytes.fromhex(built["bytecode"][2:]) + encode(["address"], [registry])
    service = _created(bench.send(deployer, None, init_code)[1])

    def schema(fields: str) -> bytes:
        data = registry_abi.encode_abi("register", [fields, show_hex(ZERO_ADDRESS), True])
        return bytes.fromhex(bench.send(deployer, registry, bytes.fromhex(data[2:]))[1]["logs"][0]["topics"][1][2:])

    kinds = ["bytes32", "bytes32", "uint40", "uint32", "address", "bytes8", "uint8", "uint8", "uint8", "uint16"]
    kinds.append("uint64")
    promised = schema(
        "bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,bytes8 service,"
        "uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce"
    )
    done = schema("bytes32 evidence")
    agreed = schema("uint8 rating")
    anchored = schema("address company,bytes32 head,bytes32 policy,bytes32 statement")

    def item(reference: bytes, data: bytes) -> tuple[Any, ...]:
        return (show_hex(ZERO_ADDRESS), 0, False, reference, data, 0)

    def promise_data(number: int) -> bytes:
        promise = a_promise(bench, number)
        return encode(kinds, [getattr(promise, name) for name in Promise.__slots__[1:]])

    def one(sender: Address, uid: bytes, reference: bytes, data: bytes) -> tuple[int, bytes]:
        call = eas.encode_abi("attest", [(uid, item(reference, data))])
        gas, receipt = bench.send(sender, service, bytes.fromhex(call[2:]))
        return gas, bytes.fromhex(receipt["logs"][0]["data"][2:])

    def batch(uid: bytes, items: list[tuple[Any, ...]]) -> tuple[int, list[bytes]]:
        call = eas.encode_abi("multiAttest", [[(uid, items)]])
        gas, receipt = bench.send(bench.company, service, bytes.fromhex(call[2:]))
        return gas // PEER_BATCH, [bytes.fromhex(log["data"][2:]) for log in receipt["logs"]]

    one(bench.company, promised, ZERO_DIGEST, promise_data(0))
    make, first = one(bench.company, promised, ZERO_DIGEST, promise_data(1))
    many = range(1000, 1000 + PEER_BATCH)
    make_batch, uids = batch(promised, [item(ZERO_DIGEST, promise_data(number)) for number in many])
    fulfil, fulfilment = one(bench.company, done, first, evidence(1))
    pairs = zip(uids, many, strict=True)
    fulfil_batch, _ = batch(done, [item(uid, evidence(number)) for uid, number in pairs])

    # Its customer has attested before, as its nonce then has a slot.
    for number in (0, 1):
        confirm = _delegated(bench, eas, service, agreed, item(fulfilment, encode(["uint8"], [5])), number)
    anchor_data = encode(
        ["address", "bytes32", "bytes32", "bytes32"],
        [bench.company, digest_of(b"head"), digest_of(b"policy"), digest_of(b"statement")],
    )
    anchor, _ = one(bench.relayer, anchored, ZERO_DIGEST, anchor_data)
    return {
        "make": make,
        "make_batch100": make_batch,
        "fulfil": fulfil,
        "fulfil_batch100": fulfil_batch,
        "confirm_relayed": confirm,
        "anchor": anchor,
    }


def _delegated(bench: Bench, eas: Any, service: Address, schema: bytes, item: tuple[Any, ...], nonce: int) -> int:
    """The gas of an attestation that the customer has signed and a relayer sends."""
    recipient, expires, revocable, reference, data, value = item
    type_hash = bench.call(service, bytes.fromhex(eas.encode_abi("getAttestTypeHash", [])[2:]))
    domain = bench.call(service, bytes.fromhex(eas.encode_abi("getDomainSeparator", [])[2:]))
    struct = encode(
        ["bytes32", "address", "bytes32", "address", "uint64", "bool", "bytes32", "bytes32", "uint256", "uint256"],
        [type_hash, CUSTOMER.address, schema, recipient, expires, revocable, reference, digest_of(data), value, nonce],
    )
    digest = digest_of(b"\x19\x01" + domain + digest_of(struct + bytes(32)))
    signed = Account.unsafe_sign_hash(digest, CUSTOMER.key)
    signature = (signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
    call = eas.encode_abi("attestByDelegation", [(schema, item, signature, CUSTOMER.address, 0)])
    return bench.send(bench.relayer, service, bytes.fromhex(call[2:]))[0]


def _created(receipt: dict[str, Any]) -> Address:
    return Address(bytes.fromhex(receipt["contractAddress"][2:]))


def run_ours() -> tuple[Figures, Figures]:
    """`measure_ours` on a chain of its own."""
    with tempfile.TemporaryDirectory() as folder, run_anvil(free_port(), START, Path(folder) / "log") as chain:
        return measure_ours(Bench(chain))


def run_peer() -> Figures:
    """`measure_peer` on a chain of its own, with EAS fetched by npm."""
    with tempfile.TemporaryDirectory() as folder:
        # Packed alone: its dependencies are for its authors.
        npm = shutil.which("npm") or sys.exit("npm is not on the PATH: it fetches the peer's package.")
        subprocess.run([npm, "pack", "--silent", PEER], cwd=folder, check=True, capture_output=True)  # noqa: S603  # ours
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")

        def artifacts(name: str) -> dict[str, Any]:
            path = Path(folder) / "package" / "artifacts" / "contracts" / f"{name}.sol" / f"{name}.json"
            built: dict[str, Any] = json.loads(path.read_text())
            return built

        with run_anvil(free_port(), START, Path(folder) / "log") as chain:
            return measure_peer(Bench(chain), artifacts)


def main() -> None:
    """Measures, prints a table and writes results/gas.json; with `--snapshot`, writes what ours costs instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--snapshot", action="store_true", help=f"write our figures to {SNAPSHOT.name}, to be committed"
    )
    if parser.parse_args().snapshot:
        SNAPSHOT.write_text(json.dumps(run_ours()[0], indent=2) + "\n")
        return
    ours, floor = run_ours()
    peer = run_peer()
    figures = {
        name: {"ours": ours[name], "peer": peer.get(name), "floor": floor[name]}
        for name in [*peer, "make_batch300_whole"]
    }
    table = Table(title="gas")
    for column in ("action", "ours", "EAS 1.9.0", "floor", "above the floor"):
        table.add_column(column, justify="left" if column == "action" else "right")
    for name, row in figures.items():
        shown = [f"{value:,}" if value is not None else "–" for value in row.values()]
        table.add_row(name, *shown, f"{100 * (ours[name] - floor[name]) / floor[name]:.1f} %")
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gas.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
