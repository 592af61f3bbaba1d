"""Proving: anchors a company's figures, and makes the files by which anybody checks them, or a promise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.chain import contract
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.sending import Prepared, send
from ledger.errors import HourTurned, IndexBehind, NodeRefused, UnknownPromise
from ledger.events import Block, Log
from ledger.keys import Key
from ledger.proofs.blocks import encode_receipt, read_header, receipts_proof
from ledger.proofs.bundles import Anchor, ReceiptBundle, ScoreBundle, State, read_bundle
from ledger.proofs.statements import Statement, judged_at, statement_of
from ledger.proofs.verification import (
    ANCHORED,
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
from ledger.services.acting import Desk
from ledger.services.companies import find_company
from ledger.store.reading import Reader
from ledger.units import BlockNumber, Digest, show_address, show_hex

Proven = ProvenScore | ProvenReceipt


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
    `find_company` does.
    """
    logs = reader.history_of(find_company(reader, text).address)
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
    verified. Raises as `find_company` does, NotIndexed where the company has done what is not indexed yet, and
    NodeRefused where the node gives no proof.
    """
    company = find_company(reader, text)
    block, value, proven = _proven(desk, head_slot_of(company.address))
    if value != int.from_bytes(company.head, "big"):
        raise IndexBehind(show_address(company.address), block.number)
    logs = reader.history_of(company.address)
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


def verify(content: bytes, deployment: Deployment, policies: Collection[Policy]) -> tuple[Digest, Proven]:
    """The name of a bundle, and what it proves if its block is on the chain. Raises InvalidBundle, InvalidProof."""
    name, bundle = read_bundle(content)
    ledger = ledger_of(deployment)
    if isinstance(bundle, ReceiptBundle):
        return name, verify_receipt(bundle, ledger)
    return name, verify_score(bundle, ledger, {policy.hash for policy in policies})


def require_on_chain(proven: Proven, nodes: Sequence[Node], deployment: Deployment) -> bool:
    """Checks that nodes have the block, all of them, and gives whether the company's head is still what it was then.

    Raises InvalidProof where one has another block, and what a node raises that can't be asked.
    """
    still = True
    for node in nodes:
        deployment.verify(node)
        header, latest = node.blocks([proven.block.number, "latest"])
        if header is None or latest is None:
            raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {proven.block.number}")
        require_block(proven, header.hash)
        if isinstance(proven, ProvenScore):
            [head] = contract.heads(node, deployment.address, [proven.company], latest.number)
            still &= head == proven.head
    return still
