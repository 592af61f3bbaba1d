"""Proving: anchors a company's figures, and makes the files by which anybody checks them, or a promise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.chain import contract
from ledger.chain.deployment import Deployment, verify_code
from ledger.chain.node import Node
from ledger.chain.sending import Prepared, send
from ledger.errors import (
    CannotRead,
    HourTurned,
    IndexBehind,
    InvalidBundle,
    InvalidInput,
    InvalidProof,
    NodeRefused,
    NotChecked,
    ProverBusy,
    UnknownBundle,
    UnknownPromise,
    WrongChain,
)
from ledger.events import Block, Log
from ledger.files import write_private
from ledger.keys import Key
from ledger.proofs.anchors import ANCHORED
from ledger.proofs.blocks import encode_receipt, read_header, receipts_proof
from ledger.proofs.bundles import (
    Anchor,
    Bundle,
    ReceiptBundle,
    ScoreBundle,
    State,
    encode_bundle,
    read_bundle,
    require_fit,
)
from ledger.proofs.statements import Statement, judged_at, statement_of
from ledger.proofs.verification import (
    Ledger,
    ProvenReceipt,
    ProvenScore,
    head_slot_of,
    require_block,
    slot_of,
    verify_receipt,
    verify_score,
)
from ledger.receipts import Receipt
from ledger.scoring.policy import Policy
from ledger.services.acting import Desk, open_desk
from ledger.services.companies import find_company
from ledger.signing import Domain
from ledger.store.reading import Reader
from ledger.store.records import Company
from ledger.units import Address, BlockNumber, Digest, Timestamp, parse_digest, show_address, show_hex

Proven = ProvenScore | ProvenReceipt

FOLDER = "anchored"
"""Of the home folder, where bundles of anchored figures are kept: they are public."""

FRESH_S = 300
"""How old a proof may be that is made on demand."""

LONGEST_WAIT_S = 10
"""While others' proofs are made: a node that falls silent is not to keep everybody waiting."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement that is ready to be anchored, and the log that it follows from."""

    statement: Statement
    logs: list[Log]
    policy: Policy


def ledger_of(deployment: Deployment) -> Ledger:
    """What a verifier pins of a ledger."""
    return Ledger(deployment.account, deployment.chain_id, deployment.address, deployment.code_hash)


def draft(reader: Reader, desk: Desk, text: str, policy: Policy) -> Draft:
    """The statement about a company, by its address or handle, to be anchored in the next block. Raises as
    `find_company` does, and HistoryTooLong.
    """
    logs = reader.history_of(find_company(reader, text).address)
    require_fit(logs)
    as_of = judged_at(logs[-1].time, desk.node.next_time())
    return Draft(statement_of(desk.deployment.account, logs, as_of, policy), logs, policy)


def prepare_anchor(desk: Desk, key: Key, drafted: Draft) -> Prepared:
    """The transaction that anchors a statement. Raises Refused where the company has acted since, and as `Desk.prepare`
    does.
    """
    said = drafted.statement
    return desk.prepare(key, contract.anchor(said.company, said.head, said.policy, said.digest))


def anchor(desk: Desk, prepared: Prepared, drafted: Draft) -> ScoreBundle:
    """Sends an anchor, and makes the bundle, verified. Raises as `send` does, HourTurned where its block came too late
    for its statement, and NodeRefused where the node gives no proof.
    """
    number = send(desk.node, prepared)
    header, receipts = desk.node.sealed(number)
    if drafted.statement.as_of != judged_at(drafted.logs[-1].time, read_header(header).time):
        raise HourTurned(number)
    basis = _anchor(desk.node, prepared.hash, number, header, receipts)
    bundle = _bundle(desk.deployment, drafted, basis)
    verify_score(bundle, ledger_of(desk.deployment), {drafted.policy.hash})
    return bundle


def prove_score(reader: Reader, desk: Desk, text: str, policy: Policy) -> ScoreBundle:
    """A company's score as of the latest block, by its address or handle, with the proof that its log is whole,
    verified. Raises as `find_company` does, HistoryTooLong, IndexBehind where the company has done what is not indexed
    yet, and NodeRefused where the node gives no proof.
    """
    company = find_company(reader, text)
    logs = reader.history_of(company.address)
    require_fit(logs)
    block, value, proven = _proven(desk, head_slot_of(company.address))
    if value != int.from_bytes(company.head, "big"):
        raise IndexBehind(show_address(company.address), block.number)
    drafted = Draft(statement_of(desk.deployment.account, logs, block.time, policy), logs, policy)
    bundle = _bundle(desk.deployment, drafted, proven)
    verify_score(bundle, ledger_of(desk.deployment), {policy.hash})
    return bundle


def _bundle(deployment: Deployment, drafted: Draft, basis: Anchor | State) -> ScoreBundle:
    said = drafted.statement
    return ScoreBundle(deployment.account, said.company, drafted.logs, drafted.policy.model_dump(), said.words, basis)


def _anchor(
    node: Node, transaction: Digest, block: BlockNumber, header: bytes, receipts: list[dict[str, Any]]
) -> Anchor:
    with node.understanding("eth_getBlockReceipts"):
        place = [receipt["transactionHash"] for receipt in receipts].index(show_hex(transaction))
        topics = [log["topics"][:1] for log in receipts[place]["logs"]]
        root, nodes = receipts_proof([encode_receipt(receipt) for receipt in receipts], place)
        log = topics.index([show_hex(ANCHORED)])
    if root != read_header(header).receipts:
        raise NodeRefused(node.url, "eth_getBlockReceipts", f"its receipts are not those of block {block}")
    return Anchor(header, place, log, tuple(nodes))


def _proven(desk: Desk, slot: bytes) -> tuple[Block, int, State]:
    """The latest block, and what a slot of the ledger holds after it, with the proof."""
    latest = desk.node.block("latest")
    if latest is None:
        raise NodeRefused(desk.node.url, "eth_getBlockByNumber", "it has no latest block")
    header, _ = desk.node.sealed(latest.number)
    value, account, storage = desk.node.proof(desk.deployment.address, slot, latest.number)
    return latest, value, State(header, account, storage)


def prove_receipt(desk: Desk, receipt: Receipt) -> ReceiptBundle:
    """What the contract holds of a promise after the latest block, with the proof, verified. Raises UnknownPromise, and
    NodeRefused where the node gives none.
    """
    _, value, proven = _proven(desk, slot_of(receipt.id))
    if not value:
        raise UnknownPromise(show_hex(receipt.id))
    bundle = ReceiptBundle(receipt, proven)
    verify_receipt(bundle, ledger_of(desk.deployment))
    return bundle


@dataclass(frozen=True, slots=True)
class Stored:
    """A bundle of anchored figures, as a gateway keeps it."""

    name: Digest
    block: BlockNumber
    path: Path


class Prover:
    """Proves a company's figures on demand, and keeps the bundles of those that were anchored."""

    def __init__(self, node: Node, deployment: Callable[[], Deployment], policy: Policy, home: Path) -> None:
        self._node = node
        self._deployment = deployment
        self._policy = policy
        self._home = home
        self._made: dict[Address, tuple[Digest, Timestamp, Digest, bytes]] = {}
        self._making = threading.Lock()

    def current(self, reader: Reader, text: str) -> tuple[Digest, bytes]:
        """A company's bundle as of a block not older than `FRESH_S` seconds, and its name. Raises as `prove_score`
        does, and ProverBusy.
        """
        company = find_company(reader, text)
        now = reader.require_cursor().block.time
        if (made := self._fresh(company, now)) is None:
            # One at a time, and once for all who ask meanwhile: each costs the node's work, and ours.
            if not self._making.acquire(timeout=LONGEST_WAIT_S):
                raise ProverBusy(show_address(company.address))
            try:
                if (made := self._fresh(company, now)) is None:
                    bundle = prove_score(reader, open_desk(self._node, self._deployment()), text, self._policy)
                    time, made = read_header(bundle.basis.header).time, encode_bundle(bundle)
                    self._made[company.address] = company.head, time, *made
            finally:
                self._making.release()
        return made

    def _fresh(self, company: Company, now: Timestamp) -> tuple[Digest, bytes] | None:
        """The bundle that was made of a company, where it may still be given."""
        made = self._made.get(company.address)
        if made is None:
            return None
        head, time, name, content = made
        return (name, content) if head == company.head and now - time <= FRESH_S else None

    def keep(self, bundle: ScoreBundle) -> Stored:
        """Keeps the bundle of an anchor. Raises CannotWrite."""
        name, content = encode_bundle(bundle)
        block = read_header(bundle.basis.header).number
        path = self._folder(bundle.company) / f"{block}-{show_hex(name)}.json.gz"
        if not path.exists():
            write_private(path, content)
        return Stored(name, block, path)

    def read(self, stored: Stored) -> ScoreBundle:
        """One that is kept. Raises InvalidBundle, CannotRead."""
        try:
            _, bundle = read_bundle(stored.path.read_bytes())
        except OSError as error:
            raise CannotRead(str(stored.path), error.strerror or str(error)) from error
        if not isinstance(bundle, ScoreBundle):
            raise InvalidBundle(f"{stored.path} is of a receipt")
        return bundle

    def forget(self, stored: Stored) -> None:
        """Keeps one no longer: the chain has given up its block."""
        stored.path.unlink(missing_ok=True)

    def anchored(self, company: Address) -> list[Stored]:
        """Those that are kept of a company, the latest first."""
        found = []
        for path in self._folder(company).glob("*.json.gz"):
            block, _, name = path.name.removesuffix(".json.gz").partition("-")
            if block.isdecimal():
                found.append(Stored(parse_digest(name), BlockNumber(int(block)), path))
        return sorted(found, key=lambda each: (each.block, each.name), reverse=True)

    def bundle(self, name: Digest) -> bytes:
        """One that is kept, by its name. Raises UnknownBundle."""
        for path in (self._home / FOLDER).glob(f"*/*-{show_hex(name)}.json.gz"):
            return path.read_bytes()
        raise UnknownBundle(show_hex(name))

    def _folder(self, company: Address) -> Path:
        return self._home / FOLDER / show_address(company)


def ledger_named(account: str) -> Ledger:
    """The ledger with a CAIP-10 name, where it has the address that it has on every chain. Raises InvalidProof."""
    try:
        domain = Domain.of(account)
    except (ValueError, InvalidInput) as error:
        raise InvalidProof(f"its ledger is none ({error})") from error
    if domain.contract != contract.created_address():
        ours = show_address(contract.created_address())
        raise InvalidProof(f"it is about the ledger {account}, and on every chain ours is at {ours}")
    return Ledger(account, domain.chain_id, domain.contract, contract.code_hash())


def verify(bundle: Bundle, ledger: Ledger, policies: Collection[Digest]) -> Proven:
    """What a bundle proves if its block is on the chain. Raises InvalidProof."""
    if isinstance(bundle, ReceiptBundle):
        return verify_receipt(bundle, ledger)
    return verify_score(bundle, ledger, policies)


def require_on_chain(proven: Proven, nodes: Sequence[Node], ledger: Ledger) -> bool:
    """Checks that nodes have the block, all of them, and gives whether the company's head is still what it was then.

    Raises InvalidProof where all have another block, NotChecked where some do, and what a node raises that can't be
    asked.
    """
    still = True
    others = []
    for node in nodes:
        if node.chain_id != ledger.chain_id:
            raise WrongChain(node.url, f"eip155:{ledger.chain_id}", f"eip155:{node.chain_id}")
        verify_code(node, ledger.contract)
        header, latest = node.blocks([proven.block.number, "latest"])
        if header is None or latest is None:
            raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {proven.block.number}")
        if header.hash != proven.block.hash:
            others.append((node.url, header.hash))
        elif isinstance(proven, ProvenScore):
            [head] = contract.heads(node, ledger.contract, [proven.company], latest.number)
            still &= head == proven.head
    if len(others) == len(nodes):
        require_block(proven, others[0][1])
    elif others:
        url, hash_ = others[0]
        raise NotChecked(
            f"Block {proven.block.number}",
            f"the nodes do not agree: {url} has the hash {show_hex(hash_)}, and others {show_hex(proven.block.hash)}",
        )
    return still
